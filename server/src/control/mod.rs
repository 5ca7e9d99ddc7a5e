//! The studio: the page, and the API that it and other programs use. Never captured.

mod authority_api;
mod guard;
mod inputs_api;
mod instances_api;
mod lessons_api;
mod live;
mod page;
mod problem;
mod processor_time_api;
mod runs_api;
mod serialization_api;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use trace::http1::Version;
use trace::studio::{Lab, Origins};

use crate::authority::Authority;
use crate::caps::Caps;
use crate::config::Config;
use crate::instances::Switches;
use crate::labs;
use crate::link;
use crate::listen::{Service, TLS};
use crate::names::Names;
use crate::refusal::Refusal;
use crate::runs::Runs;
use guard::Caller;
use problem::Refused;

/// What the studio's handlers share.
#[derive(Debug)]
pub struct Studio {
    /// The runs.
    pub runs: Arc<Runs>,
    /// The lab services.
    pub services: Vec<Service>,
    /// Which of them listen.
    pub switches: Arc<Switches>,
    /// Who vouches for this server over TLS.
    pub authority: Authority,
    /// Ends everything.
    pub stop: CancellationToken,
    /// Let in one at a time: who measures is not to be disturbed by who else does.
    measuring: Arc<Semaphore>,
    addr: SocketAddr,
    lab_urls: BTreeMap<String, String>,
    /// Under which it answers.
    names: Names,
    page: page::Page,
}

/// What the studio shares with the labs.
#[derive(Debug)]
pub struct Known {
    /// The lab services.
    pub services: Vec<Service>,
    /// The runs.
    pub runs: Arc<Runs>,
    /// Which services listen.
    pub switches: Arc<Switches>,
    /// Who vouches for this server over TLS.
    pub authority: Authority,
}

/// The name among a run's addresses of the HTTP/1.0 service over TLS: it takes both on one port.
pub const HTTP10_TLS: &str = "http10_tls";

impl Studio {
    /// The studio of a server that listens.
    pub fn new(
        config: &Config,
        addr: SocketAddr,
        known: Known,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let Known { services, runs, switches, authority } = known;
        let lab_urls = config.overrides();
        let names = Names::of(config);
        let page = page::Page::load();
        let measuring = Arc::new(Semaphore::new(1));
        Arc::new(Self {
            runs,
            services,
            switches,
            authority,
            stop,
            measuring,
            addr,
            lab_urls,
            names,
            page,
        })
    }

    /// Every address by name, under the host name that the caller used.
    pub fn origins(&self, caller: &Caller) -> BTreeMap<String, String> {
        let all = self.services.iter().map(|service| (service.name.clone(), service.addr.port()));
        std::iter::once(("studio".to_owned(), self.addr.port()))
            .chain(all)
            .map(|(id, port)| {
                let scheme = if id == TLS { "https" } else { "http" };
                let url = self.told(&id, (scheme, port), caller);
                (id, url)
            })
            .collect()
    }

    /// The address of the HTTP/1.0 service over TLS.
    pub fn http10_tls(&self, caller: &Caller) -> Option<String> {
        let http10 = self.services.iter().find(|service| service.name == "http10")?;
        Some(self.told(HTTP10_TLS, ("https", http10.addr.port()), caller))
    }

    /// An address as browsers are told it.
    fn told(&self, id: &str, (scheme, port): (&str, u16), caller: &Caller) -> String {
        let direct = || format!("{scheme}://{}:{port}", caller.host_name);
        self.lab_urls.get(id).cloned().unwrap_or_else(direct)
    }

    /// Whether calls that change a run need no key: the caller is on this machine and calls it so,
    /// and no proxy that would make everybody look so was announced.
    pub fn trusts(&self, caller: &Caller) -> bool {
        let host = caller.host_name.trim_matches(['[', ']']);
        let of_this_machine = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        of_this_machine && caller.peer.ip().to_canonical().is_loopback() && self.lab_urls.is_empty()
    }
}

/// Serves the studio until the server stops. Gives the connections that are still open.
pub async fn accept(
    listener: TcpListener,
    studio: Arc<Studio>,
    stop: CancellationToken,
) -> TaskTracker {
    let caps = studio.runs.caps;
    let app = router(studio);
    let tasks = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return tasks,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "the studio cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        if tasks.len() as u64 >= caps.studio_connections {
            tracing::warn!(%peer, "too many connections to the studio: closed");
            continue;
        }
        let _ = stream.set_nodelay(true);
        tasks.spawn(connection(stream, peer, (app.clone(), caps), stop.clone()));
    }
}

/// A connection to the studio, to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    (app, caps): (Router, Caps),
    stop: CancellationToken,
) {
    let service =
        TowerToHyperService::new(app.map_request(move |mut request: http::Request<_>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        }));
    let mut conn = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(caps.head_s))
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let result = tokio::select! {
        result = &mut conn => result,
        () = stop.cancelled() => {
            Pin::new(&mut conn).graceful_shutdown();
            (&mut conn).await
        }
    };
    let Err(error) = result else { return };
    tracing::debug!(%peer, %error, "studio connection ended");
    // Of a head that never became whole hyper says nothing.
    let parts = if error.is_timeout() { conn.into_parts() } else { None };
    if let Some(parts) = parts.filter(|parts| !parts.read_buf.is_empty()) {
        let mut stream = parts.io.into_inner();
        let _ = stream.write_all(&Refusal::HeadTimeout.bytes(Version::Http11)).await;
        link::close(&mut stream).await;
    }
}

fn router(studio: Arc<Studio>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/authority.pem", get(authority_api::certificate))
        .route("/api/authority", get(authority_api::about))
        .route("/api/origins", get(origins))
        .route("/api/labs", get(all_labs))
        .route("/api/lessons/{lab}", get(lessons_api::lesson))
        .route("/api/processor_time", get(processor_time_api::measure))
        .route("/api/serialization", get(serialization_api::measure))
        .route("/api/runs", get(runs_api::list).post(runs_api::create))
        .route("/api/runs/{id}", get(runs_api::summary).delete(runs_api::delete))
        .route("/api/instances/{name}/{act}", post(instances_api::turn))
        .route("/api/runs/{id}/inputs", post(inputs_api::input))
        .route("/api/runs/{id}/log", get(runs_api::log))
        .route("/api/runs/{id}/export/{format}", get(runs_api::export))
        .route("/api/runs/{id}/live", get(live::live))
        .fallback(page::serve)
        .method_not_allowed_fallback(|| async { Refused::method() })
        .layer(middleware::from_fn_with_state(Arc::clone(&studio), guard::check))
        .with_state(studio)
}

async fn origins(State(studio): State<Arc<Studio>>, caller: Caller) -> Json<Origins> {
    Json(Origins { origins: studio.origins(&caller), proxied: !studio.lab_urls.is_empty() })
}

async fn all_labs() -> Json<Vec<Lab>> {
    Json(labs::listed())
}

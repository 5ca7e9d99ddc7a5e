//! The listening half of Lifeline: real services whose sockets are heard, and the studio that shows
//! them. It never draws, and it decodes nothing by itself (that is `wire`).
//!
//! Open first: [`serve()`] (everything that starts), `listen` (a connection's way through tap,
//! lobby, run, link and service), `control` (the studio's API).

mod activity;
mod agent;
mod answer;
mod archive;
mod authority;
mod caps;
mod clock;
pub mod config;
mod content;
mod control;
mod cost;
mod decode;
pub mod error;
mod gate;
mod h2;
mod held;
pub mod instance;
mod instances;
mod labs;
mod lessons;
mod link;
mod listen;
mod lobby;
mod log;
mod names;
mod refusal;
pub mod run;
mod runs;
pub mod serve_conn;
pub mod store;
mod streamed;
mod tap;
pub mod webhooks;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trace::http1::Version;
use trace::time::Micros;

use archive::Archive;
use authority::{Authority, Door, Doors};
use config::Config;
use error::StartError;
use instances::Switches;
use labs::webhook::{BANK1, BANK2, PAYMENTS, SITE};
use listen::{Labs, Service, StudioOrigin, TLS};
use names::Names;
use runs::Runs;
use store::Choice;
use webhooks::guard::{Guard, Own};
use webhooks::{Setup, Webhooks};

/// Names of services after the instances, in the order of their ports.
const AFTER_INSTANCES: [&str; 6] = ["http10", SITE, TLS, PAYMENTS, BANK1, BANK2];

/// A server that listens and has not begun to serve.
#[derive(Debug)]
pub struct Server {
    /// Where the studio listens.
    pub studio: SocketAddr,
    config: Config,
    store: Choice,
    studio_listener: TcpListener,
    services: Vec<(TcpListener, Service)>,
    authority: Authority,
    archive: Option<Archive>,
    webhooks: Arc<Webhooks>,
}

/// Opens every port.
///
/// # Errors
/// A port that is taken, by name; something that is kept and cannot be used.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    let store = config::store(&config.store).map_err(StartError::Store)?;
    config.data.as_deref().map(archive::folder).transpose()?;
    let (authority, doors) = authority::open(config.data.as_deref(), config.host)?;
    let studio_listener = listen_on(&config, "studio", 0).await?;
    let studio = address_of(&studio_listener, "studio")?;
    let mut services = Vec::new();
    let instances = (1..=config.instances).map(|number| format!("instance{number}"));
    let others = AFTER_INSTANCES.iter().map(|&name| name.to_owned());
    for (offset, name) in (1..).zip(instances.chain(others)) {
        let (version, door) = spoken(&name, &doors);
        let listener = listen_on(&config, &name, offset).await?;
        let addr = address_of(&listener, &name)?;
        services.push((listener, Service { name, addr, version, door }));
    }
    let archive = config.data.as_deref().map(Archive::open).transpose()?;
    let setup = callbacks(&config, &services, &doors);
    let webhooks = Webhooks::open(setup)?;
    Ok(Server { studio, config, store, studio_listener, services, authority, archive, webhooks })
}

/// Where webhooks may go, and how.
fn callbacks(config: &Config, services: &[(TcpListener, Service)], doors: &Doors) -> Setup {
    let site = services.iter().find(|(_, service)| service.name == webhooks::SITE);
    let own = site.map(|(_, service)| Own {
        name: service.name.clone(),
        addr: service.addr,
        names: Names::of(config),
        told: config.told(&service.name),
    });
    // Nobody else is called unless a flag names them.
    let others = !config.callback_allow.is_empty();
    Setup {
        data: config.data.clone(),
        guard: Guard::asking(own.into_iter().collect(), config.callback_allow.clone(), here),
        tls: others.then(webhooks::roots::client).flatten(),
        own_tls: Some(Arc::clone(&doors.beside.client)),
        ..Setup::default()
    }
}

/// The addresses that this machine has now.
fn here() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(if_addrs::Interface::ip).collect()
}

/// What a service speaks.
fn spoken(name: &str, doors: &Doors) -> (Version, Option<Door>) {
    match name {
        "http10" => (Version::Http10, Some(doors.beside.clone())),
        TLS => (Version::Http11, Some(doors.only.clone())),
        SITE => (Version::Http11, Some(doors.stranger.clone())),
        _ => (Version::Http11, None),
    }
}

async fn listen_on(config: &Config, name: &str, offset: u16) -> Result<TcpListener, StartError> {
    let port = if config.port == 0 { 0 } else { config.port + offset };
    let addr = SocketAddr::new(config.host, port);
    TcpListener::bind(addr).await.map_err(|why| StartError::Listen {
        name: name.to_owned(),
        addr,
        why,
    })
}

fn address_of(listener: &TcpListener, name: &str) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|why| StartError::Address { name: name.to_owned(), why })
}

/// Serves until `stop` is cancelled, then finishes what is in flight.
pub async fn serve(server: Server, stop: CancellationToken) {
    let caps = server.config.caps();
    let runs = Arc::new(Runs::new(caps, server.store.clone()));
    let stop = after(&runs, stop);
    if let Some(archive) = server.archive {
        runs.keep_in(archive);
        tokio::spawn(archive::watch(Arc::clone(&runs), stop.clone()));
    }
    let webhooks = server.webhooks;
    let _ = runs.webhooks.set(Arc::clone(&webhooks));
    webhooks.start(&runs, stop.clone());
    let told = server.config.overrides().remove("studio");
    let origin = StudioOrigin { port: server.studio.port(), told };
    let services: Vec<Service> =
        server.services.iter().map(|(_, service)| service.clone()).collect();
    let switches = Arc::new(Switches::new(&services));
    let labs = Labs::new(Arc::clone(&runs), Arc::clone(&switches), origin, stop.clone());
    let labs = Arc::new(labs);
    for (listener, service) in server.services {
        tokio::spawn(listen::accept(Arc::clone(&labs), listener, service));
    }
    let until = server.authority.until.clone();
    tokio::spawn(Arc::clone(&runs).sweep(stop.clone(), until));
    let all = Arc::clone(&runs);
    let authority = server.authority;
    let known = control::Known { services, runs, switches, authority };
    let studio = control::Studio::new(&server.config, server.studio, known, stop.clone());
    let studio_tasks = control::accept(server.studio_listener, studio, stop).await;
    // The studio has stopped accepting: the token is cancelled.
    for run in all.all() {
        run.gate.open_for_good();
    }
    labs.tasks.close();
    studio_tasks.close();
    let both = async { tokio::join!(labs.tasks.wait(), studio_tasks.wait()) };
    let until = clock::now().plus(Micros::from_millis(caps.shutdown_s * 1_000));
    let whole = Duration::from_secs(caps.shutdown_s);
    // Where runs are kept, what is left is for writing the last of them.
    let limit = if all.archive.get().is_some() { whole * 3 / 5 } else { whole };
    if tokio::time::timeout(limit, both).await.is_err() {
        tracing::warn!("not everything was finished within {} s", limit.as_secs());
    }
    webhooks.flush().await;
    all.end(until).await;
}

/// Is cancelled when the server stops, once its runs know: else who drives one would say that it failed.
fn after(runs: &Arc<Runs>, stop: CancellationToken) -> CancellationToken {
    let told = CancellationToken::new();
    let (runs, tell) = (Arc::clone(runs), told.clone());
    tokio::spawn(async move {
        stop.cancelled().await;
        runs.stop();
        tell.cancel();
    });
    told
}

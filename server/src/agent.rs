//! Clients inside the server, for where a browser cannot be the peer or need not be. Their lane
//! says so: an agent's traffic is never called the browser's.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Parts, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::{Http1, Version};
use trace::http2::{self, Http2};
use trace::ids::{ConnId, Seq};
use trace::participant::{Participant, Role};
use trace::span::Side;
use trace::studio::RunState;

use crate::authority::Door;
use crate::run::Run;

/// How this program's own clients name themselves.
pub const AGENT: &str = concat!("lifeline-agent/", env!("CARGO_PKG_VERSION"));

/// How long the close of TCP may take behind that of TLS.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(5);

/// What HTTP is spoken on: TCP, or TLS on it.
type Line = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// One connection of an agent's.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    conn: JoinHandle<hyper::Result<Parts<TokioIo<Line>>>>,
}

impl Client {
    /// Connects to a lab service. The run is told the address first, so that it knows its own.
    ///
    /// # Errors
    /// Those of the system's.
    pub async fn connect(run: &Run, service: SocketAddr, who: Participant) -> anyhow::Result<Self> {
        let (stream, host) = dial(run, service, who).await?;
        Self::on(Either::Left(stream), host).await
    }

    /// The same over TLS, to a service that takes it.
    ///
    /// # Errors
    /// Those of the system's, and of the handshake.
    pub async fn connect_tls(
        run: &Run,
        (service, door): (SocketAddr, &Door),
        who: Participant,
    ) -> anyhow::Result<Self> {
        let (stream, host) = dial(run, service, who).await?;
        let name = name_of(reachable(service).ip());
        let handshake = TlsConnector::from(Arc::clone(&door.client)).connect(name, stream);
        let stream = Box::pin(handshake).await.context("the handshake failed")?;
        Self::on(Either::Right(Box::new(stream)), host).await
    }

    async fn on(stream: Line, host: String) -> anyhow::Result<Self> {
        let (sender, conn) = hyper::client::conn::http1::Builder::new()
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self { sender, host, conn: tokio::spawn(conn.without_shutdown()) })
    }

    /// Whether it can still be asked on.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Asks, and reads the answer to its end.
    ///
    /// # Errors
    /// An answer that is none, or no success.
    pub async fn get(&mut self, path: &str, version: Version) -> anyhow::Result<Bytes> {
        let version = match version {
            Version::Http10 => http::Version::HTTP_10,
            Version::Http11 => http::Version::HTTP_11,
        };
        let request = Request::get(path).version(version);
        let (_, body) = self.whole(request, Bytes::new()).await?;
        Ok(body)
    }

    /// Sends JSON, and reads the answer to its end.
    ///
    /// # Errors
    /// An answer that is none, or no success.
    pub async fn post(&mut self, path: &str, json: Bytes) -> anyhow::Result<Bytes> {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let (_, body) = self.whole(request, json).await?;
        Ok(body)
    }

    /// Asks, and gives the answer's content as it comes.
    ///
    /// # Errors
    /// An answer that is none, or no success.
    pub async fn ask(
        &mut self,
        request: http::request::Builder,
        body: Bytes,
    ) -> anyhow::Result<Response<Incoming>> {
        self.sender.ready().await.context("the connection is closed")?;
        let request = request
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, AGENT)
            .body(Full::new(body))?;
        let response = self.sender.send_request(request).await.context("no answer came")?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), Refused(status.as_u16()));
        Ok(response)
    }

    /// Asks, and reads the answer to its end.
    ///
    /// # Errors
    /// An answer that is none, or no success.
    pub async fn whole(
        &mut self,
        request: http::request::Builder,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let response = self.ask(request, body).await?;
        let status = response.status();
        let body = response.into_body().collect().await.context("the answer was cut off")?;
        Ok((status, body.to_bytes()))
    }

    /// Waits until the server has closed the connection.
    ///
    /// # Errors
    /// A connection that was cut off.
    pub async fn closed(self) -> anyhow::Result<()> {
        // hyper ends once nobody can ask any more, so the way to ask is kept until then. It would
        // close by itself after an answer that says so; here the server is to close first.
        let parts = self.conn.await?.context("the connection was cut off")?;
        drop(self.sender);
        let mut stream = parts.io.into_inner();
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.context("cut off")?;
        if let Either::Right(tls) = &mut stream {
            // Goodbye was said inside; the close of what is outside comes behind it.
            let (outside, _) = tls.get_mut();
            let mut nowhere = tokio::io::sink();
            let end = tokio::io::copy(outside, &mut nowhere);
            let _ = tokio::time::timeout(GOODBYE, end).await;
        }
        // TLS says goodbye from both sides; the server may be gone by now.
        let _ = stream.shutdown().await;
        Ok(())
    }
}

/// An answer that is no success, by its status.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the answer was {0}")]
pub struct Refused(pub u16);

/// An address from which a client of ours is about to connect; forgotten where it does not.
struct Expected<'a> {
    run: &'a Run,
    from: SocketAddr,
    connected: bool,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        if !self.connected {
            self.run.forget_agent(self.from);
        }
    }
}

/// Connects to a lab service as somebody whom the run then knows. Gives the name for `Host` too.
///
/// # Errors
/// Those of the system's.
pub async fn dial(
    run: &Run,
    service: SocketAddr,
    who: Participant,
) -> anyhow::Result<(TcpStream, String)> {
    let target = reachable(service);
    let socket = match target.ip() {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Bound first, it has its name before it connects; the service is on this very machine, so
    // the service's own address serves for both.
    socket.bind(SocketAddr::new(target.ip(), 0))?;
    let from = socket.local_addr()?;
    run.expect_agent(from, who);
    let mut expected = Expected { run, from, connected: false };
    let stream = socket.connect(target).await.context("the agent cannot connect")?;
    expected.connected = true;
    stream.set_nodelay(true)?;
    Ok((stream, target.to_string()))
}

/// The name by which a server's certificate is to know it.
fn name_of(ip: IpAddr) -> ServerName<'static> {
    match ServerName::try_from("localhost") {
        Ok(localhost) if ip.is_loopback() => localhost,
        _ => ServerName::from(ip),
    }
}

/// Where a listener can be reached from here.
pub fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, addr.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, addr.port()).into(),
        _ => addr,
    }
}

/// How long a page is waited for that does not say before that it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until its answers have come and its connections are closed.
    Closed,
    /// Until its answers are whole: a browser keeps a connection of HTTP/2 for as long as it likes.
    Answered,
}

impl Until {
    /// Whether an event is an answer that is waited for.
    const fn counts(self, event: &Event) -> bool {
        let whole = matches!(self, Self::Answered);
        match &event.kind {
            Kind::Http1(Http1::Response(response)) => !whole && response.status >= 200,
            Kind::Http2(Http2::Head(head)) => !whole && matches!(head.role, http2::Role::Response),
            Kind::Http1(Http1::Body(_)) | Kind::Http2(Http2::Content(_)) => {
                whole && matches!(event.from, Side::Server)
            }
            _ => false,
        }
    }
}

/// Waits until the page has had so many answers; then the run is over. What the page did is read from
/// the log, as everybody else does.
pub async fn wait_for_page(run: &Run, wanted: u64, until: Until) {
    let (mut seen, mut answered) = (Seq(0), 0);
    let (mut pages, mut open) = (BTreeSet::<ConnId>::new(), BTreeSet::<ConnId>::new());
    let mut last = run.log.last();
    let mut state = run.watch_state();
    loop {
        for kept in run.log.after(seen, usize::MAX) {
            seen = kept.entry.seq;
            match &kept.entry.what {
                What::Opened(opened) => {
                    // What is inside TLS closes with what is outside.
                    if opened.inside.is_none() {
                        open.insert(opened.conn);
                    }
                    if opened.client.role == Role::Browser {
                        pages.insert(opened.conn);
                    }
                }
                What::Closed(closed) => {
                    open.remove(&closed.conn);
                }
                What::Event(event) if pages.contains(&event.conn) => {
                    answered += u64::from(until.counts(event));
                }
                _ => {}
            }
        }
        if answered >= wanted && (open.is_empty() || until == Until::Answered) {
            run.go_to(RunState::Finished, "");
            return;
        }
        tokio::select! {
            changed = last.changed() => if changed.is_err() { return },
            _ = state.wait_for(|state| !state.serves()) => return,
            () = run.until_page_done() => {
                run.go_to(RunState::Finished, "");
                return;
            }
        }
    }
}

/// Waits, for a bounded time, until every connection of a run is closed in its log.
pub async fn wait_all_closed(run: &Run) {
    let mut last = run.log.last();
    let all_closed = async {
        loop {
            if run.log.open_conns() == 0 || last.changed().await.is_err() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), all_closed).await;
}

//! A request on a bound connection, from its head to the head of its answer: whether it is this
//! run's, which service answers, and what every answer says of the connection.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use trace::http1::Version;
use trace::note::{Act, What};
use trace::time::Micros;

use crate::activity::{Activity, Exchange};
use crate::content::{Content, Tracked};
use crate::labs::chat::socket::{self, Joins, Socket};
use crate::labs::{pages, services};
use crate::link;
use crate::lobby::{TRUST, run_of};
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::serve_conn::Dialect;
use crate::streamed::{Ends, Streamed};

/// Where an answer leaves what goes on without hyper: it then gives the stream back.
pub type Slot = Arc<Mutex<Option<Next>>>;

/// What goes on without hyper.
pub enum Next {
    /// WebSocket, after an answer 101.
    Socket(Joins),
    /// An answer that is written while it comes into being.
    Stream(Streamed),
    /// No answer: the connection is closed.
    Close(Exchange),
}

impl Next {
    /// Takes the stream over, with what hyper had read of it. Gives what is left to do.
    pub async fn begin<S>(
        self,
        (bound, activity, ends): (Arc<Bound>, Arc<Activity>, Ends),
        stream: S,
        read: Bytes,
    ) -> BoxFuture<'static, ()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self {
            Self::Socket(joins) => {
                let Ends { stop, killed, .. } = ends;
                Socket { bound, joins, activity, stop, killed }.begin(stream, read).await
            }
            Self::Stream(streamed) => streamed.begin(bound, ends, stream),
            Self::Close(exchange) => Box::pin(async move {
                let mut stream = stream;
                link::close(&mut stream).await;
                drop((bound, exchange));
            }),
        }
    }
}

/// Whether the answer goes on without hyper.
pub fn is_stream(next: &Slot) -> bool {
    matches!(*next.lock(), Some(Next::Stream(_) | Next::Close(_)))
}

/// The idle seconds that this run's connections have; a lab without the knob closes by itself.
pub fn keep_alive(bound: &Bound) -> Micros {
    let seconds = bound.run.log.header.number("keep_alive_s").unwrap_or(10);
    Micros::from_millis(seconds * 1_000)
}

/// Answers a request on a bound connection.
pub async fn answer(
    bound: &Bound,
    dialect: Dialect,
    request: Request<Incoming>,
    exchange: Exchange,
    next: &Slot,
) -> Result<Response<Tracked>, Infallible> {
    // Outside any run, whoever's connection it is: it waits nowhere.
    if dialect.is_tls && request.method() == Method::GET && request.uri().path() == TRUST {
        let mut response = services::nothing();
        speak(dialect, bound, persistence(&request), &mut response);
        return Ok(response.map(|_| Tracked::whole(Full::default(), exchange)));
    }
    bound.run.touch();
    bound.run.end_if_full();
    let (persistence, version) = (persistence(&request), request.version());
    let (mut response, switched) = respond(bound, request).await;
    let act = awaited_act(response.body());
    if let Some(act) = act {
        bound.run.gate.pass(bound.conn, act).await;
    }
    // Only now: who left while the 101 was held never joined.
    if let Some(joins) = switched {
        joins.come(bound);
        *next.lock() = Some(Next::Socket(joins));
    }
    speak(dialect, bound, persistence, &mut response);
    let (head, content) = response.into_parts();
    match content {
        Content::Whole(whole) => Ok(Response::from_parts(head, Tracked::whole(whole, exchange))),
        Content::Call(call) => Ok(Response::from_parts(head, Tracked::call(call, exchange))),
        Content::Gone => {
            *next.lock() = Some(Next::Close(exchange));
            std::future::pending().await
        }
        Content::Stream(feed) => {
            let head = Response::from_parts(head, ());
            let streamed = Streamed::new(version, &head, feed, exchange);
            *next.lock() = Some(Next::Stream(streamed));
            // The connection's loop sees it, and lets go of hyper.
            std::future::pending().await
        }
    }
}

/// With what an answer has to wait at the gate. Who answers a call has waited there.
pub const fn awaited_act(content: &Content) -> Option<Act> {
    match content {
        Content::Call(_) => None,
        Content::Gone => Some(Act::Close),
        Content::Whole(_) | Content::Stream(_) => Some(Act::Answer),
    }
}

/// What the run's services, or the reason why none does, answer; and who joins by a 101.
async fn respond(
    bound: &Bound,
    mut request: Request<Incoming>,
) -> (Response<Content>, Option<Joins>) {
    let asked = run_of(&request.uri().to_string());
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts != 1 && request.version() == http::Version::HTTP_11 {
        return (refuse(bound, Refusal::BadRequest), None);
    }
    if asked.as_ref() != Some(&bound.run.id) {
        return (refuse(bound, Refusal::Misdirected), None);
    }
    if !bound.run.state().serves() {
        return (refuse(bound, Refusal::RunOver), None);
    }
    match socket::switch(bound, &mut request) {
        Some(switched) => switched,
        None => match services::answer(bound, request).await {
            Ok(response) => (response, None),
            Err(refusal) => (refuse(bound, refusal), None),
        },
    }
}

/// An answer that refuses, noted in the run, after which the connection closes.
fn refuse(bound: &Bound, refusal: Refusal) -> Response<Content> {
    let (status, reason, why) = refusal.parts();
    bound.run.note(Some(bound.conn), What::Refused { status: Some(status), why: why.to_owned() });
    let mut response = pages::problem(&refusal.problem());
    // hyper's own words for some statuses are those of older specifications.
    response.extensions_mut().insert(ReasonPhrase::from_static(reason.as_bytes()));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether a client wants its connection to go on (RFC 9112, section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Persistence {
    Wanted,
    Close,
}

fn persistence(request: &Request<Incoming>) -> Persistence {
    let options = request.headers().get_all(header::CONNECTION);
    let says = |option: &str| {
        options
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|member| member.trim().eq_ignore_ascii_case(option)))
    };
    let wanted = match request.version() {
        http::Version::HTTP_11 => !says("close"),
        _ => says("keep-alive") && !says("close"),
    };
    if wanted { Persistence::Wanted } else { Persistence::Close }
}

/// Lets pages of every origin read an answer, and nobody keep it.
pub fn share(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("timing-allow-origin", HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Puts on the headers of every answer, and the version that the listener speaks.
fn speak(
    dialect: Dialect,
    bound: &Bound,
    persistence: Persistence,
    response: &mut Response<Content>,
) {
    // A switch of protocols has its own Connection, and no answer to keep.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let streams = matches!(response.body(), Content::Stream(_));
    let headers = response.headers_mut();
    share(headers);
    let closes = dialect.version == Version::Http10
        || streams
        || persistence == Persistence::Close
        || headers.contains_key(header::CONNECTION);
    // Who is to upgrade is told to what (RFC 9110, sections 7.8 and 15.5.22).
    let connection = match (headers.contains_key(header::UPGRADE), closes) {
        (true, true) => "upgrade, close",
        (true, false) => "upgrade, keep-alive",
        (false, true) => "close",
        (false, false) => "keep-alive",
    };
    headers.insert(header::CONNECTION, HeaderValue::from_static(connection));
    if !closes {
        let seconds = keep_alive(bound).0 / 1_000_000;
        if let Ok(timeout) = HeaderValue::from_str(&format!("timeout={seconds}")) {
            headers.insert("keep-alive", timeout);
        }
    }
    if dialect.version == Version::Http10 {
        *response.version_mut() = http::Version::HTTP_10;
    }
}

//! A bound connection's life: hyper speaks HTTP/1 on it, and the loop here keeps the times that
//! hyper does not know (keep-alive, a head half come) and closes through the run's gate.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;
use trace::http1::Version;
use trace::note::{Act, What};
use trace::time::Micros;

use crate::activity::{Activity, Doing, Watched};
use crate::answer::{Slot, answer, is_stream, keep_alive};
use crate::clock;
use crate::link;
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::streamed::Ends;

/// How long an answer that is under way when its run ends is waited for.
const PATIENCE: Micros = Micros(15_000_000);

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The version of its answers.
    pub version: Version,
    /// Whether it is spoken inside TLS.
    pub is_tls: bool,
}

/// Why a connection's loop ended.
enum End {
    /// hyper is done: the answer said close, the client left, or the answer goes on without it.
    Over,
    /// The keep-alive time ran out.
    KeepAlive(Micros),
    /// A head began and never became whole.
    HalfHead,
    /// The client cut the connection off.
    Cut,
    /// The instance was killed.
    Killed,
    /// The run is over, or the server stops.
    Stop,
}

/// A connection that became a run's.
pub struct Conn {
    /// Its place there.
    pub bound: Bound,
    /// What its listener speaks.
    pub dialect: Dialect,
    /// Why its first request is refused, if it is.
    pub refusal: Option<Refusal>,
    /// Ends it.
    pub stop: CancellationToken,
    /// The link says that the client cut it off.
    pub cut: CancellationToken,
    /// The instance is killed: nothing more is said.
    pub killed: CancellationToken,
}

impl Conn {
    /// Serves until it is closed, or switches to another protocol: what is then left to do is given
    /// back, to be done without what HTTP needed. `first` was read from the stream already.
    pub async fn serve<S>(self, first: Bytes, mut stream: S) -> Option<BoxFuture<'static, ()>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if let Some(refusal) = self.refusal {
            self.refuse(&mut stream, refusal).await;
            link::close(&mut stream).await;
            return None;
        }
        let Self { bound, dialect, stop, cut, killed, .. } = self;
        let bound = Arc::new(bound);
        let activity = Activity::new();
        let stream = Watched::new(first, stream, Arc::clone(&activity));
        let next: Slot = Arc::default();
        let service = {
            let (bound, activity) = (Arc::clone(&bound), Arc::clone(&activity));
            let next = Arc::clone(&next);
            hyper::service::service_fn(move |request| {
                let (bound, exchange) = (Arc::clone(&bound), activity.begin());
                let next = Arc::clone(&next);
                Box::pin(async move { answer(&bound, dialect, request, exchange, &next).await })
            })
        };
        let mut conn = hyper::server::conn::http1::Builder::new()
            .title_case_headers(true)
            .max_buf_size(wire::http1::HEAD_MAX)
            .max_headers(wire::http1::FIELDS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let end = {
            let mut over = pin!(poll_fn(|cx| match conn.poll_without_shutdown(cx) {
                // What hyper has written before must have left it.
                Poll::Pending if activity.flushed() && is_stream(&next) => Poll::Ready(Ok(())),
                polled => polled,
            }));
            tokio::select! {
                end = wait_for_end(&bound, &activity, &stop, &mut over) => end,
                () = cut.cancelled() => End::Cut,
                () = killed.cancelled() => End::Killed,
            }
        };
        let parts = conn.into_parts();
        let mut stream = parts.io.into_inner();
        let next = next.lock().take();
        if let (Some(next), End::Over) = (next, &end) {
            let with = (bound, activity, Ends { stop, cut, killed });
            return Some(next.begin(with, stream, parts.read_buf).await);
        }
        // Bytes that hyper has not used are the beginning of another head.
        let end = match end {
            End::KeepAlive(_) if !parts.read_buf.is_empty() => End::HalfHead,
            end => end,
        };
        // A close that waits is none yet: an instance that is killed meanwhile resets.
        tokio::select! {
            biased;
            () = killed.cancelled() => {}
            () = close(&bound, dialect, end, &activity, &mut stream) => {}
        }
        None
    }

    async fn refuse<S: AsyncWrite + Unpin>(&self, stream: &mut S, refusal: Refusal) {
        self.bound.run.gate.pass(self.bound.conn, Act::Answer).await;
        refuse_raw(&self.bound, self.dialect, stream, refusal).await;
        self.bound.run.gate.pass(self.bound.conn, Act::Close).await;
    }
}

/// What is done between a connection's last answer and its close, and the close.
async fn close<S>(bound: &Bound, dialect: Dialect, end: End, activity: &Activity, stream: &mut S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match end {
        End::Over if !activity.client_done() => {
            // A client that closes meanwhile is not kept waiting for our close.
            tokio::select! {
                () = bound.run.gate.pass(bound.conn, Act::Close) => {}
                () = link::until_end(stream) => {}
            }
        }
        // Dropping it resets it.
        End::Killed => return,
        End::Over | End::Cut | End::Stop => {}
        End::KeepAlive(after_us) => {
            bound.run.note(Some(bound.conn), What::KeepAliveOver { after_us });
        }
        End::HalfHead => refuse_raw(bound, dialect, stream, Refusal::HeadTimeout).await,
    }
    link::close(stream).await;
}

/// Refuses beside hyper, and notes it in the run.
async fn refuse_raw<S>(bound: &Bound, dialect: Dialect, stream: &mut S, refusal: Refusal)
where
    S: AsyncWrite + Unpin,
{
    let (status, _, why) = refusal.parts();
    bound.run.note(Some(bound.conn), What::Refused { status: Some(status), why: why.to_owned() });
    let _ = stream.write_all(&refusal.bytes(dialect.version)).await;
}

/// Lets hyper work until it is done or one of our own times runs out.
async fn wait_for_end<F>(
    bound: &Bound,
    activity: &Activity,
    stop: &CancellationToken,
    over: &mut Pin<&mut F>,
) -> End
where
    F: Future<Output = hyper::Result<()>>,
{
    let keep_alive = keep_alive(bound);
    let (mut stopping, mut late) = (false, Micros(u64::MAX));
    loop {
        let deadline = match activity.doing() {
            Doing::Busy => clock::now().plus(keep_alive.min(Micros::from_millis(1_000))),
            Doing::Idle(since) => since.plus(keep_alive),
            Doing::HalfHead(since) => since.plus(head_time(bound)),
        };
        tokio::select! {
            biased;
            result = over.as_mut() => {
                if let Err(error) = result {
                    note_hyper(bound, &error);
                }
                return End::Over;
            }
            () = tokio::time::sleep_until(clock::deadline(deadline)) => {}
            () = bound.run.until_over(), if !stopping => {
                (stopping, late) = (true, clock::now().plus(PATIENCE));
            }
            () = stop.cancelled(), if !stopping => {
                (stopping, late) = (true, clock::now().plus(PATIENCE));
            }
        }
        match activity.doing() {
            // What is in flight is finished; the timer above looks again.
            Doing::Busy if stopping && clock::now() >= late => return End::Stop,
            Doing::Busy => {}
            _ if stopping => return End::Stop,
            Doing::Idle(since) if clock::now() >= since.plus(keep_alive) => {
                if wait_at_gate(bound, activity, over).await == Gone::Yes {
                    return End::Over;
                }
                if activity.doing() == Doing::Idle(since) {
                    return End::KeepAlive(keep_alive);
                }
            }
            Doing::HalfHead(since) if clock::now() >= since.plus(head_time(bound)) => {
                return End::HalfHead;
            }
            Doing::Idle(_) | Doing::HalfHead(_) => {}
        }
    }
}

/// Notes a head that hyper refused by itself, as it does with the second and later ones.
fn note_hyper(bound: &Bound, error: &hyper::Error) {
    let why = error.to_string();
    if error.is_parse() {
        let status = if error.is_parse_too_large() { 431 } else { 400 };
        bound.run.note(Some(bound.conn), What::Refused { status: Some(status), why });
    } else {
        tracing::debug!(run = %bound.run.id, conn = %bound.conn, why, "connection ended");
    }
}

/// Whether a connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// What served it is done.
    Yes,
    /// It goes on.
    No,
}

/// Waits at the gate before the close of an idle connection, while the connection goes on working.
pub(crate) async fn wait_at_gate<F, E>(
    bound: &Bound,
    activity: &Activity,
    over: &mut Pin<&mut F>,
) -> Gone
where
    F: Future<Output = Result<(), E>>,
{
    let asked_again = async {
        while matches!(activity.doing(), Doing::Idle(_)) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        biased;
        _ = over.as_mut() => Gone::Yes,
        () = bound.run.gate.pass(bound.conn, Act::Close) => Gone::No,
        () = asked_again => Gone::No,
    }
}

/// How long a head may take from its first byte.
fn head_time(bound: &Bound) -> Micros {
    Micros::from_millis(bound.run.caps.head_s * 1_000)
}

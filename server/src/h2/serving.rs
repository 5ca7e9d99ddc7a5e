//! The life of a run's connection of HTTP/2: hyper speaks on it, and the loop here ends it: with its
//! run, with the server, with its instance, or when nothing was asked for long.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2::{Builder, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use trace::note::What;
use trace::time::Micros;

use super::answer::{self, NoAnswer};
use super::{Seat, Whose};
use crate::activity::{Activity, Doing};
use crate::clock;
use crate::content::Tracked;
use crate::link::ServiceEnd;
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::serve_conn::{Gone, wait_at_gate};

/// The most streams that a client may have open at once (RFC 9113, section 5.1.2).
const STREAMS: u32 = 200;

/// Bytes of an answer that may wait for its stream's window.
const WAITING: usize = 64 * 1024;

/// How long a connection is kept on which nothing is asked. Clients of HTTP/2 rely on theirs: longer
/// than with HTTP/1, but not for as long as a run may last.
const IDLE: Micros = Micros(300_000_000);

/// How long what is under way when the run ends is waited for.
const PATIENCE: Micros = Micros(15_000_000);

/// The same when the server stops.
const HURRY: Micros = Micros(3_000_000);

/// The connection as hyper has it.
pub type Served = Pin<Box<Connection<TokioIo<ServiceEnd>, Requests, TokioExecutor>>>;

/// Begins to speak HTTP/2. Who asks learns at the seat whose the connection is.
pub fn begin(far: ServiceEnd, seat: &Seat, activity: &Arc<Activity>) -> Served {
    Box::pin(speak(far, seat, activity))
}

/// The same on any stream.
pub fn speak<S>(
    stream: S,
    seat: &Seat,
    activity: &Arc<Activity>,
) -> Connection<TokioIo<S>, Requests, TokioExecutor>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let requests = Requests { seat: Arc::clone(seat), activity: Arc::clone(activity) };
    Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(64 * 1024)
        .max_send_buf_size(WAITING)
        .serve_connection(TokioIo::new(stream), requests)
}

/// Where the requests of a connection go.
#[derive(Debug)]
pub struct Requests {
    seat: Seat,
    activity: Arc<Activity>,
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<Tracked>;
    /// Ends its stream, and nothing else of the connection.
    type Error = NoAnswer;
    type Future = BoxFuture<'static, Result<Self::Response, NoAnswer>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (seat, exchange) = (Arc::clone(&self.seat), self.activity.begin());
        Box::pin(async move {
            let response = match seat.get() {
                Some(Whose::Run(bound)) => answer::answer(bound, request, exchange).await?,
                Some(Whose::Nobody(refusal)) => answer::turn_away(&request, *refusal, exchange),
                // Our decoder has not found the request that hyper has.
                None => answer::turn_away(&request, Refusal::NoRun, exchange),
            };
            Ok(response)
        })
    }
}

/// What is to be done with a connection whose time is over.
enum Look {
    /// Nothing: it is busy, or was a moment ago.
    On,
    Close,
    /// It has ended by itself.
    Gone,
}

/// A connection that became a run's.
pub struct Serving {
    /// As hyper has it.
    pub conn: Served,
    /// Its place in the run.
    pub bound: Arc<Bound>,
    /// What it is doing.
    pub activity: Arc<Activity>,
    /// When the service may begin: its first bytes are still on the link.
    pub begins: Micros,
    /// Cancelled when the client has cut it off.
    pub cut: CancellationToken,
    /// Cancelled when the instance is killed.
    pub killed: CancellationToken,
}

impl Serving {
    /// Serves until it is closed. Dropping hyper's connection ends all of its streams.
    pub async fn live(mut self) {
        // A first request that hyper itself refuses must not keep it busy.
        drop(self.activity.begin());
        tokio::select! {
            () = tokio::time::sleep_until(clock::deadline(self.begins)) => {}
            () = self.killed.cancelled() => return,
        }
        let mut closes = None;
        loop {
            let due = closes.unwrap_or_else(|| self.idle_until());
            tokio::select! {
                biased;
                () = self.killed.cancelled() => return,
                () = self.cut.cancelled() => return,
                ended = self.conn.as_mut() => return self.over(ended),
                () = until_over(&self.bound), if closes.is_none() => {
                    closes = Some(self.shut(PATIENCE));
                }
                () = self.bound.stop.cancelled(), if closes.is_none() => {
                    closes = Some(self.shut(HURRY));
                }
                () = tokio::time::sleep_until(clock::deadline(due)) => {
                    if closes.is_some() {
                        return;
                    }
                    match self.look().await {
                        Look::On => {}
                        Look::Close => closes = Some(self.shut(PATIENCE)),
                        Look::Gone => return,
                    }
                }
            }
        }
    }

    /// Looks whether it was idle for as long as is borne, and then waits at the gate.
    async fn look(&mut self) -> Look {
        let Doing::Idle(since) = self.activity.doing() else { return Look::On };
        if clock::now() < since.plus(IDLE) {
            return Look::On;
        }
        let mut conn = self.conn.as_mut();
        if wait_at_gate(&self.bound, &self.activity, &mut conn).await == Gone::Yes {
            return Look::Gone;
        }
        if self.activity.doing() != Doing::Idle(since) {
            return Look::On;
        }
        self.bound.run.note(Some(self.bound.conn), What::KeepAliveOver { after_us: IDLE });
        Look::Close
    }

    /// Until when it may be idle. A busy one is looked at again.
    fn idle_until(&self) -> Micros {
        match self.activity.doing() {
            Doing::Idle(since) => since.plus(IDLE),
            Doing::Busy | Doing::HalfHead(_) => clock::now().plus(IDLE),
        }
    }

    /// Says that no new streams are taken (RFC 9113, section 6.8), and until when those that are open
    /// are waited for.
    fn shut(&mut self, patience: Micros) -> Micros {
        self.conn.as_mut().graceful_shutdown();
        clock::now().plus(patience)
    }

    fn over(&self, ended: hyper::Result<()>) {
        if let Err(error) = ended {
            let (run, conn) = (&self.bound.run.id, self.bound.conn);
            tracing::debug!(%run, %conn, %error, "connection ended");
        }
    }
}

/// Resolves once nobody uses a connection any more: its run is over, and all that share it.
async fn until_over(bound: &Bound) {
    match &bound.sharing {
        Some(sharing) => sharing.until_all_over(&bound.run).await,
        None => bound.run.until_over().await,
    }
}

//! TLS at a lab service. It is two connections in a run's log: the records outside, and what is said
//! inside, each with a tap of its own.
//!
//! **An agent of ours** is known by its address before it says a word. The link then lies under TLS and
//! delays the handshake too; what is inside tells where among the outer bytes it was, and has no link.
//!
//! **Everybody else** is known when the first head is read, which lies inside: hands are shaken at once,
//! and what is inside goes its way as without TLS, through a link above it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use trace::ids::ConnId;
use trace::time::Micros;

use super::inside::{Budget, Carrying, Counted, Counts, Inside, Replay};
use super::{Came, Entered, Labs, Service, enter, find, talk};
use crate::authority::Door;
use crate::clock;
use crate::labs::webhook::SITE;
use crate::link::{self, Link};
use crate::lobby::{self, Asker, First};
use crate::run::{Arrival, Bound, Layer, Run};
use crate::serve_conn::{Conn, Dialect};
use crate::tap::{Ear, Hearing, Missed, Tap};

/// The type of a record that carries a handshake (RFC 8446, section 5.1). No method of HTTP begins so.
const HANDSHAKE: u8 = 0x16;

/// How often a handshake goes over the link, with TCP's own: there, back, there, back, there.
const WAYS: u32 = 5;

/// What lies under a connection that came.
pub enum Under {
    /// TCP, with HTTP on it.
    Tcp,
    /// TCP, with records of TLS on it.
    Records,
    /// TLS since that moment, with what was heard outside, and the bound of that.
    Tls(Micros, Hearing, Arc<Missed>, Arc<Budget>),
    /// TLS since that moment, where the outside is the run's already.
    Known(Micros, ConnId),
}

impl Under {
    /// Whether it is inside TLS.
    pub const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(..) | Self::Known(..))
    }
}

/// Whether a connection begins with TLS.
pub fn begins(first: &[u8]) -> bool {
    first.first() == Some(&HANDSHAKE)
}

/// Makes what came its run's, the outside first. None where the run has as many as it may.
pub fn bind(run: &Arc<Run>, arrival: Arrival, came: Came) -> Option<Bound> {
    let inside = |arrival: Arrival, accepted, outer| Arrival {
        accepted,
        layer: Layer::Inside(outer),
        ..arrival
    };
    let arrival = match came.under {
        Under::Tcp => arrival,
        Under::Records => Arrival { layer: Layer::Outside, ..arrival },
        // The link lies above TLS: the records go their way at once, and nothing is handed over of them.
        Under::Tls(since, heard, missed, budget) => {
            let layer = Layer::Outside;
            let outside = Arrival { layer, linked: None, handed: 0, ..arrival.clone() };
            // The two count as one connection: the inner one's place stays.
            let outer = run.bind(outside, heard, missed)?.conn;
            budget.lift();
            inside(arrival, since, outer)
        }
        // It lies under TLS, and has been told of.
        Under::Known(since, outer) => inside(Arrival { linked: None, ..arrival }, since, outer),
    };
    run.bind(arrival, came.heard, came.missed)
}

/// A connection that begins with TLS, of which these bytes were read.
pub async fn connection(
    labs: &Arc<Labs>,
    (tap, ear): (Tap<TcpStream>, Ear),
    came: Came,
    first: BytesMut,
    (service, door): (&Service, &Door),
) -> Option<BoxFuture<'static, ()>> {
    let first = first.freeze();
    // HTTP/2 has a link of its own, from its lounge on, and cannot have another one below.
    let expected = (!door.only).then(|| labs.runs.expecting(came.from));
    // What comes to the callback site may fail in the handshake, and is to be in the log all the same.
    let heard = |run: &Arc<Run>| {
        (run.link_delay().0 > 0 || service.name == SITE) && find(&labs.runs, &run.id).is_ok()
    };
    match expected.flatten().filter(heard) {
        Some(run) => Box::pin(of_agent(labs, (tap, ear), came, first, (&run, service, door))).await,
        None => {
            drop(ear);
            Box::pin(of_anybody(labs, tap, came, first, (service, door))).await
        }
    }
}

/// Whose it is lies inside.
async fn of_anybody(
    labs: &Arc<Labs>,
    tap: Tap<TcpStream>,
    came: Came,
    first: Bytes,
    (service, door): (&Service, &Door),
) -> Option<BoxFuture<'static, ()>> {
    let (accepted, from) = (came.accepted, came.from);
    let limit = Duration::from_secs(labs.caps.head_s);
    let budget = Arc::new(Budget::default());
    let below = Replay::new(first, tap, Arc::clone(&budget));
    let stream = shake(labs, below, (service, door), limit).await?;
    let under = Under::Tls(clock::now(), came.heard, came.missed, budget);
    let (ear, heard, missed) = Ear::new(labs.caps.queue_chunks);
    let mut tap = Tap::accepted(Inside::new(stream), ear.clone());
    let first = tokio::select! {
        () = labs.stop.cancelled() => return None,
        first = lobby::first_head(&mut tap, labs.caps) => first,
    };
    let came = Came { accepted, from, heard, missed, under };
    talk(labs, (tap, ear), came, first, service).await
}

/// A run's own client, over that run's link.
async fn of_agent(
    labs: &Arc<Labs>,
    (mut tap, ear): (Tap<TcpStream>, Ear),
    came: Came,
    first: Bytes,
    (run, service, door): (&Arc<Run>, &Service, &Door),
) -> Option<BoxFuture<'static, ()>> {
    let (accepted, from, delay) = (came.accepted, came.from, run.link_delay());
    let came = Came { under: Under::Records, ..came };
    let entered = enter(labs, &mut tap, came, Asker::default(), (run, service)).ok()?;
    let Entered { bound: outside, cut, killed } = entered;
    let link = Link { delay, accepted, first, cut: cut.clone(), killed: killed.clone() };
    let counts = Arc::new(Counts::default());
    let end = link.lay(tap, ear);
    end.rate().set(run.link_rate());
    let below = Counted::new(end, Arc::clone(&counts));
    let limit = Duration::from_secs(labs.caps.head_s) + clock::duration(delay) * WAYS;
    let Some(stream) = shake(labs, below, (service, door), limit).await else {
        run.forget_agent(from);
        return None;
    };
    let under = Under::Known(clock::now(), outside.conn);
    let (ear, heard, missed) = Ear::new(labs.caps.queue_chunks);
    let inside = Carrying::new(Inside::new(stream), ear.clone(), (outside.conn, counts));
    let mut stream = Tap::accepted(inside, ear);
    let first = tokio::select! {
        () = labs.stop.cancelled() => return None,
        first = lobby::first_head(&mut stream, labs.caps) => first,
    };
    let Ok(First::Head(mut head)) = first else {
        run.forget_agent(from);
        return None;
    };
    // The two count as one connection: the inner one's place stays.
    drop(outside);
    let came = Came { accepted, from, heard, missed, under };
    let entered = enter(labs, &mut stream, came, head.asker, (run, service)).ok()?;
    lobby::hide_expect(&mut head.bytes);
    let conn = Conn {
        bound: entered.bound,
        dialect: Dialect { version: service.version, is_tls: true },
        refusal: head.refusal,
        stop: labs.stop.clone(),
        cut,
        killed,
    };
    conn.serve(head.bytes.freeze(), stream).await
}

/// Shakes hands within a time. Where nothing comes of it the connection is closed.
async fn shake<S>(
    labs: &Labs,
    stream: S,
    (service, door): (&Service, &Door),
    limit: Duration,
) -> Option<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = TlsAcceptor::from(Arc::clone(&door.server)).accept(stream).into_fallible();
    let shaken = tokio::select! {
        () = labs.stop.cancelled() => return None,
        shaken = tokio::time::timeout(limit, handshake) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err((error, mut stream))) => {
            tracing::debug!(service = service.name, %error, "no handshake");
            // In order, so that the alert which says why arrives.
            link::close(&mut stream).await;
            None
        }
        Err(_) => {
            // Nobody can be told in words.
            tracing::info!(
                service = service.name,
                "closed without an answer: no handshake in its time"
            );
            None
        }
    }
}

//! HTTP/2, on the ports of the instances and inside TLS: a client begins with its preface (RFC 9113,
//! section 3.4), and hyper speaks on the connection.
//!
//! **Whose it is.** A connection belongs to the run of its first request, which the path names
//! (`/r/{run}/…`) or the header `lifeline-run`: gRPC has no room for a prefix. A later request may name
//! another run, which then shares the connection: it hears its own streams and counts the rest (see
//! `crate::run::Sharing`). The link and the set-up are the first's. A connection whose first request names
//! no run that is here is answered (INVALID_ARGUMENT or NOT_FOUND, else 404) and is in no log.
//!
//! **Who speaks first.** Most clients ask at once; then the service begins when the link hands it their
//! first bytes, as with HTTP/1. Some ask only when they have the server's SETTINGS (grpcio, grpc-js, Go's
//! gRPC). Whose link is to delay those nobody knows yet, so they are sent at once, and the link begins
//! with the read in which the first request lies. Until then each read goes on as it came.
//!
//! ```text
//! tap ─► lounge ─► near ═ far ─► hyper        until the first request is known
//! tap ─► link ───► near ═ far ─► hyper        from then on
//! ```

mod answer;
mod lounge;
mod serving;
mod told;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use trace::ids::RunId;
use trace::time::Micros;

use crate::activity::Activity;
use crate::clock;
use crate::link::{self, Link, Rate};
use crate::listen::{Came, Entered, Labs, Service, Turned, enter, find};
use crate::lobby::{Asker, run_named, run_of};
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::tap::{Ear, Stream, Tap};
use lounge::Lounge;
use serving::{Served, Serving};

pub use told::Told;

/// How long a client may take for its first request before it is greeted.
const EAGER: Duration = Duration::from_millis(25);

/// What a first request says of whose connection it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whose run it asks for.
    pub run: Option<RunId>,
    /// Who asks.
    pub asker: Asker,
}

/// Whose a connection is.
#[derive(Debug, Clone)]
pub enum Whose {
    /// A run's.
    Run(Arc<Bound>),
    /// Nobody's: all of its requests are refused.
    Nobody(Refusal),
}

/// Where the requests of a connection learn whose it is; empty until the first is known.
pub type Seat = Arc<OnceLock<Whose>>;

/// The run that a request names.
pub fn run_asked(path: &str, header: Option<&str>) -> Option<RunId> {
    run_of(path).or_else(|| run_named(header?.trim()))
}

/// Serves a connection that begins with the preface. What is given back serves it to its end.
pub async fn connection<S: Stream>(
    labs: &Arc<Labs>,
    (tap, ear): (Tap<S>, Ear),
    came: Came,
    first: BytesMut,
    service: &Service,
) -> Option<BoxFuture<'static, ()>> {
    let (near, far) = link::ends(ear.clone());
    let mut lounge = Lounge::new((tap, ear.clone()), near, first);
    let (seat, activity, rate) = (Seat::default(), Activity::new(), far.rate());
    let mut conn = serving::begin(far, &seat, &activity);
    let (asked, greeted) = match tokio::time::timeout(EAGER, lounge.hear()).await {
        Ok(asked) => (asked?, Greeted::No),
        Err(_) => match greet(labs, &mut lounge, &mut conn).await {
            Met::Asked(asked) => (asked, Greeted::Yes),
            Met::Nobody => {
                lounge.part(conn).await;
                return None;
            }
            Met::Over => {
                drop(conn);
                lounge.last_words().await;
                return None;
            }
        },
    };
    let accepted = came.accepted;
    let run = asked.run.ok_or(Refusal::NoRun).and_then(|id| find(&labs.runs, &id));
    let entered = run.map_err(Turned::Away).and_then(|run| {
        let asker = Asker { handed: lounge.handed(), ..asked.asker };
        enter(labs, lounge.tap(), came, asker, (&run, service))
    });
    match entered {
        Ok(entered) => {
            let held = Held { lounge, ear, accepted, greeted, rate };
            Some(Box::pin(serve(entered, held, conn, (&seat, activity)).live()))
        }
        Err(Turned::Reset) => None,
        Err(Turned::Away(refusal)) => {
            tracing::debug!(service = service.name, ?refusal, "refused");
            let _ = seat.set(Whose::Nobody(refusal));
            lounge.part(conn).await;
            None
        }
    }
}

/// Serves a run's connection as it comes, without tap, lounge and link: for measuring what the service
/// alone costs.
pub async fn bare(bound: Bound, stream: TcpStream) {
    let (seat, activity) = (Seat::default(), Activity::new());
    let _ = seat.set(Whose::Run(Arc::new(bound)));
    if let Err(error) = serving::speak(stream, &seat, &activity).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// Whether the service spoke before the first request was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeted {
    Yes,
    No,
}

/// What came of a greeting.
enum Met {
    /// The client has asked.
    Asked(Asked),
    /// It has not, and the connection is to be closed.
    Nobody,
    /// The service has closed it: the client broke the rules.
    Over,
}

/// Greets a client that waits for it, until it asks.
async fn greet<S: Stream>(labs: &Labs, lounge: &mut Lounge<Tap<S>>, conn: &mut Served) -> Met {
    let head_time = Duration::from_secs(labs.caps.head_s);
    let asked = tokio::select! {
        () = labs.stop.cancelled() => None,
        _ = conn.as_mut() => return Met::Over,
        asked = tokio::time::timeout(head_time, lounge.greet()) => asked.ok().flatten(),
    };
    asked.map_or(Met::Nobody, Met::Asked)
}

/// What waits for its run: a connection with the read in which its first request lies.
struct Held<S: Stream> {
    lounge: Lounge<Tap<S>>,
    ear: Ear,
    accepted: Micros,
    greeted: Greeted,
    /// The link's bound, which nobody knows before the run.
    rate: Rate,
}

/// Lays the link, which begins with what is held, and lets the service work.
fn serve<S: Stream>(
    entered: Entered,
    held: Held<S>,
    conn: Served,
    (seat, activity): (&Seat, Arc<Activity>),
) -> Serving {
    let Entered { bound, cut, killed } = entered;
    let Held { lounge, ear, accepted, greeted, rate } = held;
    let bound = Arc::new(bound);
    let delay = bound.run.link_delay();
    rate.set(bound.run.link_rate());
    let (tap, near, first, handed) = lounge.leave();
    let link = Link { delay, accepted, first, cut: cut.clone(), killed: killed.clone() };
    let begins = match greeted {
        Greeted::Yes => clock::now(),
        Greeted::No => link.first_lands(),
    };
    // Before the link hands anything over: whoever is asked must know whose it is.
    let _ = seat.set(Whose::Run(Arc::clone(&bound)));
    link.carry_on(tap, near, ear, handed);
    Serving { conn, bound, activity, begins, cut, killed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_in_the_path_or_beside_it() {
        let run = |path, header| run_asked(path, header).map(|run| run.0);
        assert_eq!(run("/r/abc/hello", Some("other")).as_deref(), Some("abc"));
        assert_eq!(run("/lifeline.v1.Chat/Send", Some("abc")).as_deref(), Some("abc"));
        assert_eq!(run("/lifeline.v1.Chat/Send", None), None);
        assert_eq!(run("/lifeline.v1.Chat/Send", Some("a b")), None);
    }
}

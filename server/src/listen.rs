//! The lab listeners: always captured, and nothing stands in front of them. Accepts, hears, waits in
//! the lobby, binds to a run, lays the link, serves. What begins with HTTP/2 goes on in `h2`, what
//! begins with TLS comes back from `tls`.

mod away;
mod inside;
mod tls;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use trace::http1::Version;
use trace::note;
use trace::participant::Participant;
use trace::time::Micros;

use crate::authority::Door;
use crate::caps::Caps;
use crate::clock;
use crate::h2;
use crate::instances::Switches;
use crate::link::Link;
use crate::lobby::{self, Asker, First, FirstHead, NoHead};
use crate::refusal::Refusal;
use crate::run::{Arrival, Bound, Layer, Run};
use crate::runs::Runs;
use crate::serve_conn::{Conn, Dialect};
use crate::tap::{Ear, Hearing, Missed, Stream, Tap};
use away::{refuse, turn_away};
use tls::Under;

/// The service on which TLS alone is spoken.
pub const TLS: &str = "tls";

/// The instance of which it is another door.
pub const BEHIND_TLS: &str = "instance1";

/// A lab service that listens.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name among the origins: `instance1`, `http10`.
    pub name: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The version of HTTP that it speaks.
    pub version: Version,
    /// How it takes TLS, if it does.
    pub door: Option<Door>,
}

/// What all lab listeners share.
#[derive(Debug)]
pub struct Labs {
    /// The runs.
    pub runs: Arc<Runs>,
    /// Ends everything.
    pub stop: CancellationToken,
    /// Every connection's task.
    pub tasks: TaskTracker,
    /// Which services listen.
    pub switches: Arc<Switches>,
    /// The bounds of each connection.
    pub caps: Caps,
    studio: StudioOrigin,
    conns: Mutex<BTreeMap<IpAddr, u64>>,
}

/// How a page of this studio's names itself in `Origin`.
#[derive(Debug, Clone)]
pub struct StudioOrigin {
    /// The studio's port.
    pub port: u16,
    /// The address that browsers are told, where a proxy stands between.
    pub told: Option<String>,
}

impl StudioOrigin {
    /// Whether an `Origin` is the studio's: its host name is whatever the caller used.
    fn is(&self, origin: &str) -> bool {
        let port = origin.parse::<http::Uri>().ok().and_then(|uri| uri.port_u16());
        self.told.as_deref() == Some(origin) || port.unwrap_or(80) == self.port
    }
}

impl Service {
    /// Its lane.
    #[must_use]
    pub fn participant(&self) -> Participant {
        crate::run::instance(&self.name, Some(self.addr.port()))
    }

    /// The lane in a run of whoever is behind it.
    fn lane(&self, run: &Run) -> Participant {
        if self.name == TLS { run.known(BEHIND_TLS) } else { self.participant() }
    }
}

impl Labs {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(
        runs: Arc<Runs>,
        switches: Arc<Switches>,
        studio: StudioOrigin,
        stop: CancellationToken,
    ) -> Self {
        let (caps, tasks) = (runs.caps, TaskTracker::new());
        Self { runs, switches, caps, studio, stop, tasks, conns: Mutex::default() }
    }

    /// A place for one more connection from an address, if there may be one.
    fn admit(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let mut conns = self.conns.lock();
        let all: u64 = conns.values().sum();
        let count = conns.entry(from).or_default();
        if all >= self.caps.connections || *count >= self.caps.address_connections {
            return None;
        }
        *count += 1;
        Some(Place { labs: Arc::clone(self), from })
    }
}

/// A connection's place among all; given back when dropped.
struct Place {
    labs: Arc<Labs>,
    from: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut conns = self.labs.conns.lock();
        if let Some(count) = conns.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                conns.remove(&self.from);
            }
        }
    }
}

/// Accepts connections to a lab service until the server stops.
pub async fn accept(labs: Arc<Labs>, listener: TcpListener, service: Service) {
    let mut listener = Some(listener);
    loop {
        let Some(open) = &listener else {
            tokio::select! {
                () = labs.stop.cancelled() => return,
                opened = labs.switches.reopened(&service) => if opened.is_some() {
                    listener = opened;
                    labs.switches.told(&labs.runs, &service, true);
                },
            }
            continue;
        };
        let accepted = tokio::select! {
            () = labs.stop.cancelled() => return,
            () = labs.switches.killed(&service) => {
                listener = None;
                labs.switches.told(&labs.runs, &service, false);
                continue;
            }
            accepted = open.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(service = service.name, %error, "cannot accept");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let place = labs.admit(from.ip());
        let (labs, service) = (Arc::clone(&labs), service.clone());
        let tasks = labs.tasks.clone();
        tasks.spawn(async move {
            let _ = stream.set_nodelay(true);
            match place {
                Some(place) => {
                    if let Some(rest) = connection(&labs, stream, from, &service).await {
                        // A task of its own, which holds no more than what is left to do.
                        labs.tasks.spawn(async move {
                            rest.await;
                            drop(place);
                        });
                    }
                }
                None => turn_away(stream, &service).await,
            }
        });
    }
}

/// A connection from its acceptance to its end.
async fn connection(
    labs: &Arc<Labs>,
    stream: TcpStream,
    from: SocketAddr,
    service: &Service,
) -> Option<BoxFuture<'static, ()>> {
    let accepted = clock::now();
    let (ear, heard, missed) = Ear::new(labs.caps.queue_chunks);
    let mut tap = Tap::accepted(stream, ear.clone());
    let first = tokio::select! {
        () = labs.stop.cancelled() => return None,
        first = lobby::first_bytes(&mut tap, labs.caps) => first,
    };
    let came = Came { accepted, from, heard, missed, under: Under::Tcp };
    let first = match (first, &service.door) {
        (Ok(bytes), Some(door)) if tls::begins(&bytes) => {
            return Box::pin(tls::connection(labs, (tap, ear), came, bytes, (service, door))).await;
        }
        (Ok(_), Some(door)) if door.only => Err(NoHead::Refused(Refusal::PlainOnTls)),
        (Ok(bytes), _) => tokio::select! {
            () = labs.stop.cancelled() => return None,
            first = lobby::whole_head(&mut tap, bytes, labs.caps) => first,
        },
        (Err(why), _) => Err(why),
    };
    talk(labs, (tap, ear), came, first, service).await
}

/// A connection on which HTTP is spoken, from its first head to its end.
async fn talk<S: Stream>(
    labs: &Arc<Labs>,
    (mut tap, ear): (Tap<S>, Ear),
    came: Came,
    first: Result<First, NoHead>,
    service: &Service,
) -> Option<BoxFuture<'static, ()>> {
    let from = came.from;
    let mut head = match first {
        Ok(First::Head(head)) => head,
        Ok(First::Http2(bytes)) if service.version == Version::Http11 => {
            return Box::pin(h2::connection(labs, (tap, ear), came, bytes, service)).await;
        }
        Ok(First::Http2(_)) => {
            refuse(&mut tap, service, Refusal::BadRequest).await;
            return None;
        }
        Ok(First::Trust) => {
            away::trust(&mut tap, service, &came.under).await;
            return None;
        }
        Err(NoHead::Refused(refusal)) => {
            refuse(&mut tap, service, refusal).await;
            return None;
        }
        Err(why) => {
            tracing::info!(service = service.name, %from, ?why, "closed without an answer");
            return None;
        }
    };
    let run = match find(&labs.runs, &head.run) {
        Ok(run) => run,
        Err(refusal) => {
            refuse(&mut tap, service, refusal).await;
            return None;
        }
    };
    if service.version == Version::Http10 {
        lobby::hide_expect(&mut head.bytes);
    }
    serve(labs, (tap, ear), came, head, (&run, service)).await
}

/// A connection that has come, and what was heard on it so far.
pub struct Came {
    /// When it was accepted.
    pub accepted: Micros,
    from: SocketAddr,
    heard: Hearing,
    missed: Arc<Missed>,
    under: Under,
}

/// A connection that became a run's.
pub struct Entered {
    /// Its place there.
    pub bound: Bound,
    /// Cancelled when the client has cut it off.
    pub cut: CancellationToken,
    /// Cancelled when its instance is killed.
    pub killed: CancellationToken,
}

/// Why a connection did not become a run's that it asked for.
pub enum Turned {
    /// It is refused in words.
    Away(Refusal),
    /// Nobody is there: dropping it resets it.
    Reset,
}

/// Makes a connection its run's.
///
/// # Errors
/// See [`Turned`].
pub fn enter<S: Stream>(
    labs: &Labs,
    tap: &mut Tap<S>,
    came: Came,
    asker: Asker,
    (run, service): (&Arc<Run>, &Service),
) -> Result<Entered, Turned> {
    let cut = CancellationToken::new();
    let killed = run.shared.named(&service.name).map(|instance| instance.killed());
    let killed = killed.unwrap_or_default();
    tap.dies_with(killed.clone());
    let arrival = Arrival {
        accepted: came.accepted,
        linked: Some(came.accepted),
        client: came.from,
        server: service.addr,
        service: service.lane(run),
        user_agent: asker.user_agent,
        from_page: asker.origin.is_some_and(|origin| labs.studio.is(&origin)),
        user: asker.user,
        stop: labs.stop.clone(),
        shares: asker.shares.then(|| Arc::clone(&labs.runs)),
        handed: asker.handed,
        layer: Layer::Plain,
    };
    let bound = tls::bind(run, arrival, came);
    let bound = bound.ok_or(Turned::Away(Refusal::TooMany))?;
    if bound.instance.as_ref().is_some_and(|instance| instance.is_down()) {
        let why = "this instance was killed, and for this run it takes no connections".to_owned();
        bound.run.note(Some(bound.conn), note::What::Refused { status: None, why });
        let dead = CancellationToken::new();
        dead.cancel();
        tap.dies_with(dead);
        return Err(Turned::Reset);
    }
    Ok(Entered { bound, cut, killed })
}

/// Binds a connection to its run and serves it.
async fn serve<S: Stream>(
    labs: &Arc<Labs>,
    (mut tap, ear): (Tap<S>, Ear),
    came: Came,
    head: FirstHead,
    (run, service): (&Arc<Run>, &Service),
) -> Option<BoxFuture<'static, ()>> {
    let (delay, rate, accepted) = (run.link_delay(), run.link_rate(), came.accepted);
    let is_tls = came.under.is_tls();
    let Entered { bound, cut, killed } =
        match enter(labs, &mut tap, came, head.asker, (run, service)) {
            Ok(entered) => entered,
            Err(Turned::Away(refusal)) => {
                refuse(&mut tap, service, refusal).await;
                return None;
            }
            Err(Turned::Reset) => return None,
        };
    let first = head.bytes.freeze();
    let link = Link { delay, accepted, first, cut: cut.clone(), killed: killed.clone() };
    let bound = Conn {
        bound,
        dialect: Dialect { version: service.version, is_tls },
        refusal: head.refusal,
        stop: labs.stop.clone(),
        cut,
        killed,
    };
    if delay.0 > 0 || rate > 0 {
        let stream = link.lay(tap, ear);
        stream.rate().set(rate);
        bound.serve(bytes::Bytes::new(), stream).await
    } else {
        drop(ear);
        bound.serve(link.first, tap).await
    }
}

/// The run of a first request, if its addresses answer.
///
/// # Errors
/// A run that is not known, or over.
pub fn find(runs: &Runs, id: &trace::ids::RunId) -> Result<Arc<Run>, Refusal> {
    let gone = || runs.find(id).map_or(Refusal::UnknownRun, |_| Refusal::RunOver);
    let run = runs.get(id).ok_or_else(gone)?;
    run.end_if_full();
    if run.state().serves() { Ok(run) } else { Err(Refusal::RunOver) }
}

//! The instance that is measured, with all of its tasks on one thread.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use cpu_time::ThreadTime;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trace::http1::Version;
use trace::ids::{ConnId, RunId};
use trace::log::{FORMAT, Header};
use trace::processor_time::Protocol;

use crate::caps::Caps;
use crate::clock;
use crate::h2;
use crate::instance::{Shared, Worker};
use crate::instances::Switches;
use crate::labs::chat::Message;
use crate::listen::{self, Labs, Service, StudioOrigin};
use crate::run::{Bound, Run};
use crate::runs::{Runs, new_id, new_key};
use crate::serve_conn::{Conn, Dialect};
use crate::store::{Choice, New};

/// The instance's name.
const INSTANCE: &str = "instance1";

/// Who sends, and who hears.
const FROM: &str = "A";
pub const TO: &str = "B";

/// Messages that the stateful chat keeps for a user: it looks through them with each new one, which is not
/// to grow dearer from round to round. One is under way at a time.
const INBOX: u64 = 4;

/// Messages that the store keeps, of which one is under way at a time: all of them would be much memory.
const ROWS: usize = 16;

/// How a protocol is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Nobody listens: what publishing takes.
    Nobody,
    /// The service on a bare socket: no tap, no link, no recorder.
    Alone,
    /// As in the labs: from the tap to the decoder.
    Heard,
}

impl Setting {
    /// All of them, in the order of their turns.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Alone, Self::Heard];
}

/// A protocol in a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub protocol: Protocol,
    pub setting: Setting,
}

impl Place {
    /// All of them, protocol by protocol.
    pub fn all() -> impl Iterator<Item = Self> {
        let with = |protocol| Setting::ALL.map(|setting| Self { protocol, setting });
        Protocol::ALL.into_iter().flat_map(with)
    }
}

/// Where a place's client connects.
#[derive(Debug, Clone)]
pub struct Door {
    pub place: Place,
    pub addr: SocketAddr,
    pub run: RunId,
}

/// What the house is told to do.
#[derive(Debug)]
pub enum Order {
    /// Put a message in, at the place of this index in [`Place::all`].
    Publish(usize),
    /// Tell the thread's processor time so far.
    Clock(oneshot::Sender<std::time::Duration>),
}

/// The instance before it listens.
#[derive(Debug)]
pub struct House {
    /// What each message says.
    pub text: String,
    /// Counts messages that were put in.
    pub published: Arc<AtomicU64>,
}

impl House {
    /// Opens its doors, and does what it is told for as long as there is somebody who tells.
    ///
    /// # Errors
    /// What the system refuses.
    pub async fn serve(
        self,
        mut orders: mpsc::Receiver<Order>,
        ready: oneshot::Sender<Vec<Door>>,
    ) -> anyhow::Result<()> {
        let (stages, doors) = open().await?;
        // Who is gone meanwhile gives no orders either.
        let _ = ready.send(doors);
        while let Some(order) = orders.recv().await {
            match order {
                Order::Publish(index) => {
                    let stage = stages.get(index).context("there is no such place")?;
                    stage.publish(&self.text).await?;
                    self.published.fetch_add(1, Ordering::Release);
                }
                Order::Clock(tell) => {
                    let now = ThreadTime::try_now().context("a thread has no clock here")?;
                    let _ = tell.send(now.as_duration());
                }
            }
        }
        Ok(())
    }
}

/// A run of its own for each place.
async fn open() -> anyhow::Result<(Vec<Stage>, Vec<Door>)> {
    let caps = Caps { inbox: INBOX, ..Caps::default() };
    let runs = Arc::new(Runs::new(caps, Choice::Memory));
    let heard = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let lab = service(heard.local_addr()?);
    let (mut stages, mut doors) = (Vec::new(), Vec::new());
    for place in Place::all() {
        let stage = Stage::new(&runs, place, &lab)?;
        let addr = if place.setting == Setting::Alone {
            let bare = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let addr = bare.local_addr()?;
            tokio::spawn(alone(bare, Arc::clone(&stage.worker.run), place.protocol));
            addr
        } else {
            lab.addr
        };
        doors.push(Door { place, addr, run: stage.worker.run.id.clone() });
        stages.push(stage);
    }
    let switches = Arc::new(Switches::new(std::slice::from_ref(&lab)));
    let studio = StudioOrigin { port: 0, told: None };
    let labs = Arc::new(Labs::new(runs, switches, studio, CancellationToken::new()));
    tokio::spawn(listen::accept(labs, heard, lab));
    Ok((stages, doors))
}

fn service(addr: SocketAddr) -> Service {
    Service { name: INSTANCE.to_owned(), addr, version: Version::Http11, door: None }
}

/// Serves one connection without anything that hears or delays it.
async fn alone(listener: TcpListener, run: Arc<Run>, protocol: Protocol) {
    let Ok((stream, _)) = listener.accept().await else { return };
    let _ = stream.set_nodelay(true);
    let mut bound = Bound::unheard(&run, ConnId(1));
    bound.instance = run.shared.named(INSTANCE).cloned();
    if protocol == Protocol::Grpc {
        return Box::pin(h2::bare(bound, stream)).await;
    }
    let conn = Conn {
        bound,
        dialect: Dialect { version: Version::Http11, is_tls: false },
        refusal: None,
        stop: CancellationToken::new(),
        cut: CancellationToken::new(),
        killed: CancellationToken::new(),
    };
    if let Some(rest) = Box::pin(conn.serve(Bytes::new(), stream)).await {
        rest.await;
    }
}

/// Where the messages of a place are put in.
struct Stage {
    place: Place,
    worker: Worker,
}

impl Stage {
    fn new(runs: &Runs, place: Place, lab: &Service) -> anyhow::Result<Self> {
        let header = Header {
            lifeline: FORMAT,
            run: new_id(),
            lab: place.protocol.id().to_owned(),
            params: params(place.protocol),
            seed: 0,
            participants: Vec::new(),
            started: clock::wall(),
        };
        let most = runs.caps.store_rows;
        let shared = Shared::new(std::slice::from_ref(lab), Choice::Memory, most);
        let shared = shared.forgetting(most, ROWS);
        let run = Run::new(header, new_key(), runs.caps, shared);
        let run = runs.add(run).context("there is no room for a run")?;
        let worker = Worker::of(&run, INSTANCE).context("there is no instance")?;
        Ok(Self { place, worker })
    }

    /// A message for who hears.
    async fn publish(&self, text: &str) -> anyhow::Result<()> {
        let (from, to, text) = (FROM.to_owned(), TO.to_owned(), text.to_owned());
        if self.place.protocol != Protocol::Websocket {
            let new = New { from: Some(from), to: Some(to), text, key: None };
            self.worker.append(None, new).await?;
            return Ok(());
        }
        let (hall, id) = (&self.worker.instance.hall, self.worker.run.shared.number());
        hall.keep(&self.worker, Message { id, from, to, text });
        if self.place.setting == Setting::Nobody {
            // Else it would be noted as lost when there is no more room.
            hall.wrote(TO, id);
        }
        Ok(())
    }
}

/// The knobs. All of them push at once: the stateless chat would ask the store, now and then.
fn params(protocol: Protocol) -> Map<String, Value> {
    let mut params = Map::new();
    if protocol == Protocol::Websocket {
        params.insert("mode".to_owned(), json!("stateful"));
        params.insert("ping_s".to_owned(), json!(60));
    }
    params
}

//! The log folded into what a ladder needs: lanes, connections, and steps in the order of their
//! moments. It grows with each entry and is never rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use trace::entry::{self, Entry, Report, What};
use trace::event::Event;
use trace::ids::{ConnId, Seq};
use trace::log::Header;
use trace::metrics::ways::Ways;
use trace::metrics::{Fold, Metrics};
use trace::moments::Moments;
use trace::participant::{Participant, Role};
use trace::span::Span;
use trace::studio::RunState;
use trace::time::Micros;

use crate::attacks::Attacks;
use crate::step::{Key, Step, StepKind};
use crate::tls::Records;
use crate::webhook;

/// A wait of the server's is a step of its own from this length on.
pub const HOLD_SHOWN: Micros = Micros(100_000);

/// An idle connection is a step of its own from this length on.
pub const IDLE_SHOWN: Micros = Micros(500_000);

/// A log and what it folds into.
#[derive(Debug, Clone)]
pub struct Model {
    /// The first line.
    pub header: Header,
    /// Every entry, in the order of its number.
    pub entries: Vec<Entry>,
    /// Who takes part.
    pub lanes: Vec<Participant>,
    /// The connections.
    pub conns: BTreeMap<ConnId, Conn>,
    /// The steps, in the order of their moments.
    pub steps: Vec<Step>,
    /// When what left and landed.
    pub moments: Moments,
    /// How far the run is.
    pub state: RunState,
    /// When it ended.
    pub ended: Option<Micros>,
    /// Why it ended, where that is not plain.
    pub ended_why: String,
    /// Places among the steps at which something was put in or changed after the fact.
    pub edits: Vec<usize>,
    /// How many letters the longest label between two lanes has, the lower lane first.
    pub labels: BTreeMap<(usize, usize), usize>,
    /// The highest place that a connection had beside others.
    pub most_slots: usize,
    /// The connections that are open.
    pub open: BTreeSet<ConnId>,
    /// What the application said that the state at a step is made of, in the order of its moments.
    pub notes: Vec<(Micros, Seq)>,
    /// What pages said of themselves: told beside the ladder, and never drawn.
    pub reports: Vec<(Seq, Micros, Report)>,
    /// The polls that were answered, in the order of their answers.
    pub polls: Vec<Poll>,
    /// When the last of all answers was whole at its client.
    pub(crate) last_answer: Option<Micros>,
    pub(crate) fold: Fold,
    /// What each way came to, in the lab where a job's end is learned of in several.
    pub(crate) ways: Option<Ways>,
    pub(crate) gates: BTreeMap<u64, Gate>,
    pub(crate) webhooks: webhook::Known,
    pub(crate) attacks: Attacks,
    /// How the messages that have a number came into the service.
    pub(crate) handed_in: BTreeMap<u64, HandedIn>,
    /// How many things could be folded: preflights, empty polls, reads of nothing, pings.
    pub(crate) housekeeping: u64,
}

/// A poll that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll {
    /// Its request.
    pub asked: Seq,
    /// The head of its answer.
    pub answered: Seq,
    /// When the answer stands.
    pub at: Micros,
    /// Whether there was nothing new.
    pub empty: bool,
}

/// A connection.
#[derive(Debug, Clone, Default)]
pub struct Conn {
    /// The entry that opened it.
    pub opened: Option<Seq>,
    /// The entry that closed it.
    pub closed: Option<Seq>,
    /// The client's lane.
    pub client: usize,
    /// The server's lane.
    pub server: usize,
    /// Its place among the connections that are open at once.
    pub slot: usize,
    /// The answers that it carried.
    pub served: Vec<Seq>,
    /// What the link says that the set-up cost.
    pub setup: Option<(Seq, Micros)>,
    /// The answer with which it went on in another protocol.
    pub upgraded: Option<Seq>,
    /// The connection of TLS inside which it is: its arrows stand on that one's ribbon.
    pub inside: Option<ConnId>,
    /// What is inside it, where it is a connection of TLS.
    pub inner: Option<ConnId>,
    /// Its records of TLS that may carry what is inside.
    pub(crate) tls: Records,
    /// Where its steps stand.
    pub(crate) keys: Vec<Key>,
    /// Its chunks by direction.
    pub(crate) chunks: [Vec<ChunkAt>; 2],
    /// Ends of messages by direction, with the step that shows them.
    pub(crate) messages: [Vec<(u64, Key)>; 2],
    /// Requests without an answer: by exchange, the entry with which each was whole.
    pub(crate) asked: BTreeMap<u64, Seq>,
    /// Exchanges that are preflights.
    pub preflights: BTreeSet<u64>,
    /// Requests that had no answer when it closed.
    pub unanswered: u64,
    /// The entry with which the last answer was whole, if the connection goes on after it.
    pub(crate) answered: Option<Seq>,
    /// How long gates held since the last request.
    pub(crate) gated: Micros,
    /// Requests that are polls: by exchange, their steps.
    pub(crate) polls: BTreeMap<u64, Key>,
    /// Requests that are gRPC calls: by exchange, their steps.
    pub(crate) calls: BTreeMap<u64, Key>,
    /// What HTTP/2 frames carry and is not whole: by direction and stream, its step.
    pub(crate) carrying: BTreeMap<(usize, u32), Key>,
    /// Commands to a store without a reply: by exchange, their steps.
    pub(crate) commands: BTreeMap<u64, Key>,
    /// Exchanges that brought nothing: polls, and reads of a store.
    pub(crate) empties: BTreeSet<u64>,
    /// Answers that are event streams: by exchange, their heads.
    pub(crate) streams: BTreeMap<Option<u64>, Key>,
    /// The event stream that runs.
    pub(crate) running: Option<Key>,
    /// The WebSocket messages under way, by direction.
    pub(crate) coming: [Option<Coming>; 2],
    /// When the server began to hold a poll, and when it let one go.
    pub(crate) held: Vec<(Micros, Seq)>,
    pub(crate) released: Vec<(Micros, Seq)>,
    /// The messages of the chat that its client sent.
    pub(crate) sent: Vec<Seq>,
    /// How many of them the instance gave a number.
    pub(crate) taken: usize,
}

/// A WebSocket message under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coming {
    /// Its step.
    pub key: Key,
    /// Whether its last frame has come.
    pub fin: bool,
}

/// How a message came into the service.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HandedIn {
    /// It was put into the shared store.
    Appended(Seq),
    /// It was taken from a client's own connection, as the one with this place among those.
    Taken(ConnId, usize),
}

/// A chunk's place.
#[derive(Debug, Clone, Copy)]
pub struct ChunkAt {
    /// Its entry.
    pub seq: Seq,
    /// Its bytes in the stream.
    pub span: Span,
}

/// A gate at which the server stopped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    pub held: Seq,
    pub at: Micros,
    /// The connection, where there is one by then.
    pub conn: Option<ConnId>,
}

impl Model {
    /// An empty log.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self {
            lanes: header.participants.clone(),
            header,
            entries: Vec::new(),
            conns: BTreeMap::new(),
            steps: Vec::new(),
            moments: Moments::default(),
            state: RunState::Ready,
            ended: None,
            ended_why: String::new(),
            edits: Vec::new(),
            webhooks: webhook::Known::default(),
            attacks: Attacks::default(),
            labels: BTreeMap::new(),
            most_slots: 0,
            open: BTreeSet::new(),
            notes: Vec::new(),
            reports: Vec::new(),
            polls: Vec::new(),
            last_answer: None,
            fold: Fold::default(),
            ways: None,
            gates: BTreeMap::new(),
            handed_in: BTreeMap::new(),
            housekeeping: 0,
        }
    }

    /// A whole log.
    #[must_use]
    pub fn of(header: Header, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut model = Self::new(header);
        for entry in entries {
            model.push(entry);
        }
        model
    }

    /// The number of the last entry.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.entries.last().map_or(Seq(0), |entry| entry.seq)
    }

    /// The figures so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.fold.figures()
    }

    /// An entry by its number.
    #[must_use]
    pub fn entry(&self, seq: Seq) -> Option<&Entry> {
        // Numbers mostly follow each other.
        let first = self.entries.first()?.seq;
        let near = usize::try_from(seq.0.checked_sub(first.0)?).ok()?;
        if let Some(entry) = self.entries.get(near).filter(|entry| entry.seq == seq) {
            return Some(entry);
        }
        let index = self.entries.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
        self.entries.get(index)
    }

    /// An event by its entry's number.
    #[must_use]
    pub fn event(&self, seq: Seq) -> Option<&Event> {
        match &self.entry(seq)?.what {
            What::Event(event) => Some(event),
            _ => None,
        }
    }

    /// How a connection was opened.
    #[must_use]
    pub fn opened(&self, conn: ConnId) -> Option<&entry::Opened> {
        match &self.entry(self.conns.get(&conn)?.opened?)?.what {
            What::Opened(opened) => Some(opened),
            _ => None,
        }
    }

    /// The place of a step among all.
    #[must_use]
    pub fn index_of(&self, key: Key) -> Option<usize> {
        self.steps.binary_search_by_key(&key, |step| step.key).ok()
    }

    /// The step that shows an entry.
    #[must_use]
    pub fn step_of(&self, seq: Seq) -> Option<usize> {
        let direct = self.steps.iter().position(|step| {
            step.seq() == seq
                || matches!(&step.what, StepKind::Message { events, .. } if events.contains(&seq))
        });
        let of_chunk = || {
            let chunk = self.entry(seq).filter(|entry| matches!(entry.what, What::Chunk(_)))?;
            let conn = chunk.what.conn();
            let carried = |step: &Step| self.chunks_of(step).iter().any(|chunk| chunk.seq == seq);
            self.steps.iter().position(|step| step.conn == conn && carried(step))
        };
        direct.or_else(of_chunk)
    }

    /// Where the last step of a connection stands.
    pub(crate) fn last_key(&self, conn: ConnId) -> Option<Key> {
        self.conns.get(&conn)?.keys.last().copied()
    }

    /// The first step's moment: the ladder's clock begins there.
    #[must_use]
    pub fn began(&self) -> Micros {
        self.steps.first().map_or(Micros(0), Step::at)
    }

    /// Whether nothing more is to be heard: the run is over and its connections are closed.
    #[must_use]
    pub fn settled(&self) -> bool {
        !self.state.serves() && self.open.is_empty()
    }

    /// From the first connection's opening to the last answer's landing.
    #[must_use]
    pub fn answered_in(&self) -> Option<Micros> {
        let last = self.last_answer?.max(self.answered_inside().unwrap_or_default());
        Some(last.since(self.began()))
    }

    /// Whether the server waits at a gate until Next is pressed.
    #[must_use]
    pub fn waits_at_gate(&self) -> bool {
        let open = |gate: &Gate| gate.conn.is_none_or(|conn| self.is_open(conn));
        self.state.serves() && self.gates.values().any(open)
    }

    /// A participant's name.
    #[must_use]
    pub fn lane_name(&self, lane: usize) -> &str {
        self.lanes.get(lane).map_or("?", |participant| participant.name.as_str())
    }

    /// The lane of a participant.
    #[must_use]
    pub fn lane_of(&self, id: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.id == id)
    }

    /// The lane of the shared store.
    #[must_use]
    pub fn store_lane(&self) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.role == Role::Store)
    }

    /// Whether there is housekeeping that may be folded.
    #[must_use]
    pub const fn folds(&self) -> bool {
        self.housekeeping > 0
    }

    /// Whether an exchange of a connection is a poll.
    #[must_use]
    pub fn is_poll(&self, conn: ConnId, exchange: Option<u64>) -> bool {
        let conn = self.conns.get(&conn);
        let polled = |exchange: u64| conn.is_some_and(|conn| conn.polls.contains_key(&exchange));
        exchange.is_some_and(polled)
    }

    /// When a message was stored, or left its sender where there is no store, and the entry that
    /// tells it.
    #[must_use]
    pub fn handed_in(&self, id: u64) -> Option<(Seq, Micros)> {
        match *self.handed_in.get(&id)? {
            HandedIn::Appended(seq) => Some((seq, self.entry(seq)?.at_us)),
            HandedIn::Taken(conn, place) => {
                let seq = *self.conns.get(&conn)?.sent.get(place)?;
                Some((seq, self.times(self.event(seq)?).stands()?))
            }
        }
    }

    /// The lane of one of a role's, for a connection whose opening was not heard.
    pub(crate) fn lane_for(&self, server: bool) -> usize {
        let fits = |participant: &Participant| match participant.role {
            Role::Server => server,
            Role::Browser | Role::Agent | Role::Client => !server,
            Role::Store => false,
        };
        self.lanes.iter().position(fits).unwrap_or(usize::from(server))
    }
}

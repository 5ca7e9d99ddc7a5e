//! The log folded into what a ladder needs: lanes, connections, and steps in the order of their
//! moments. It grows with each entry and is never rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use trace::entry::{self, Entry, What};
use trace::event::Event;
use trace::ids::{ConnId, Seq};
use trace::log::Header;
use trace::metrics::{Fold, Metrics};
use trace::moments::{Moments, Times};
use trace::participant::{Participant, Role};
use trace::span::{Dir, Span};
use trace::studio::RunState;
use trace::time::Micros;

use crate::step::{Key, Step, StepKind};

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
    /// How many letters the longest label has.
    pub longest_label: usize,
    /// The highest place that a connection had beside others.
    pub most_slots: usize,
    /// The connections that are open.
    pub open: BTreeSet<ConnId>,
    /// When the last of all answers was whole at its client.
    pub(crate) last_answer: Option<Micros>,
    pub(crate) fold: Fold,
    pub(crate) gates: BTreeMap<u64, Gate>,
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
    pub conn: ConnId,
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
            longest_label: 0,
            most_slots: 0,
            open: BTreeSet::new(),
            last_answer: None,
            fold: Fold::default(),
            gates: BTreeMap::new(),
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

    /// When an event left and landed.
    #[must_use]
    pub fn times(&self, event: &Event) -> Times {
        self.moments.of(event.conn, event.dir(), &event.evidence)
    }

    /// The bytes of a piece of a connection's stream, as far as they were kept.
    #[must_use]
    pub fn bytes(&self, conn: ConnId, dir: Dir, span: Span) -> Vec<u8> {
        let Some(conn) = self.conns.get(&conn) else { return Vec::new() };
        let chunks = &conn.chunks[dir.index()];
        let first = chunks.partition_point(|chunk| chunk.span.end() <= span.start);
        let mut bytes = Vec::new();
        for at in chunks.iter().skip(first).take_while(|chunk| chunk.span.start < span.end()) {
            let Some(What::Chunk(chunk)) = self.entry(at.seq).map(|entry| &entry.what) else {
                continue;
            };
            let from =
                usize::try_from(span.start.saturating_sub(at.span.start)).unwrap_or(usize::MAX);
            let upto = usize::try_from(span.end().min(at.span.end()) - at.span.start).unwrap_or(0);
            bytes.extend_from_slice(chunk.bytes.get(from..upto).unwrap_or_default());
        }
        bytes
    }

    /// The bytes of a piece of a stream, each in its place; none where it was not kept.
    #[must_use]
    pub fn bytes_at(&self, conn: ConnId, dir: Dir, span: Span) -> Vec<Option<u8>> {
        let whole = self.bytes(conn, dir, span);
        if whole.len() as u64 == span.len {
            return whole.into_iter().map(Some).collect();
        }
        let one =
            |offset: u64| self.bytes(conn, dir, Span { start: offset, len: 1 }).first().copied();
        (span.start..span.end()).map(one).collect()
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

    /// The chunks that carried a step's message, or that came before a connection said anything.
    #[must_use]
    pub fn chunks_of(&self, step: &Step) -> Vec<ChunkAt> {
        let Some(conn) = step.conn.and_then(|conn| self.conns.get(&conn)) else {
            return Vec::new();
        };
        match &step.what {
            StepKind::Message { dir, events } => {
                let messages = &conn.messages[dir.index()];
                let chunks = &conn.chunks[dir.index()];
                let event = |seq: Option<&Seq>| seq.and_then(|seq| self.event(*seq));
                let (Some(head), Some(last)) = (event(events.first()), event(events.last())) else {
                    return Vec::new();
                };
                // What no event covers yet stands with the last message.
                let newest = messages.last().is_some_and(|(_, key)| *key == step.key);
                let upto = if newest { u64::MAX } else { last.evidence.end() };
                let start = head.evidence.start();
                // What no event covers stands with the message after it.
                let before = messages.partition_point(|(end, _)| *end <= start).checked_sub(1);
                let from =
                    before.and_then(|before| messages.get(before)).map_or(0, |(end, _)| *end);
                let begin = chunks.partition_point(|chunk| chunk.span.start < from);
                chunks
                    .iter()
                    .skip(begin)
                    .take_while(|chunk| chunk.span.start < upto)
                    .copied()
                    .collect()
            }
            StepKind::Open => {
                let silent = |dir: &usize| conn.messages[*dir].is_empty();
                [0, 1].into_iter().filter(silent).flat_map(|dir| conn.chunks[dir].clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether nothing more is to be heard: the run is over and its connections are closed.
    #[must_use]
    pub fn settled(&self) -> bool {
        !self.state.serves() && self.open.is_empty()
    }

    /// From the first connection's opening to the last answer's landing.
    #[must_use]
    pub fn answered_in(&self) -> Option<Micros> {
        Some(self.last_answer?.since(self.began()))
    }

    /// Whether the server waits at a gate until Next is pressed.
    #[must_use]
    pub fn waits_at_gate(&self) -> bool {
        let open = |gate: &Gate| self.open.contains(&gate.conn);
        self.state.serves() && self.gates.values().any(open)
    }

    /// A participant's name.
    #[must_use]
    pub fn lane_name(&self, lane: usize) -> &str {
        self.lanes.get(lane).map_or("?", |participant| participant.name.as_str())
    }

    /// The lane of one of a role's, for a connection whose opening was not heard.
    pub(crate) fn lane_for(&self, server: bool) -> usize {
        let is_server = |participant: &Participant| participant.role == Role::Server;
        self.lanes.iter().position(|lane| is_server(lane) == server).unwrap_or(usize::from(server))
    }
}

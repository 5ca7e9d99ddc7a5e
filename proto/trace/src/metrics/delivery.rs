//! Which message is delivered when: from its append, or its sending, to its landing.

use std::collections::{BTreeMap, VecDeque};

use crate::entry::Chunk;
use crate::event::Event;
use crate::field::Name;
use crate::ids::ConnId;
use crate::note::{Note, What};
use crate::span::{Dir, Span};
use crate::time::Micros;

/// The most of an answer that is looked at.
const LOOKED_AT: usize = 1 << 20;

/// When messages began and how long they took.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    /// When each message began.
    began: BTreeMap<u64, Micros>,
    /// Messages that were heard on a client's socket and have no number yet.
    sent: BTreeMap<ConnId, VecDeque<Option<Micros>>>,
    /// Messages that have a number and were not heard yet.
    taken: BTreeMap<ConnId, VecDeque<u64>>,
    /// Landings of messages whose beginning the log does not have yet: a store may tell others of
    /// a message before it answers the one who brought it.
    early: BTreeMap<u64, Vec<Micros>>,
    /// In order, so that figures can be had at any moment.
    delays: Vec<u64>,
}

impl Deliveries {
    /// What the application says of a message.
    pub fn note(&mut self, at: Micros, note: &Note) {
        match (&note.what, note.conn) {
            (What::StoreAppended { id, .. }, _) => self.begin(*id, at),
            // What there is to learn of a job is how far it is.
            (What::JobProgress { done, .. }, _) => self.begin(*done, at),
            // The recorder and the application are two: either may be first.
            (What::MessageTaken { id, .. }, Some(conn)) => {
                match self.sent.get_mut(&conn).and_then(VecDeque::pop_front) {
                    Some(Some(left)) => self.begin(*id, left),
                    Some(None) => {}
                    None => self.taken.entry(conn).or_default().push_back(*id),
                }
            }
            _ => {}
        }
    }

    /// A client's message was heard on its socket.
    pub fn sent(&mut self, conn: ConnId, left: Option<Micros>) {
        match self.taken.get_mut(&conn).and_then(VecDeque::pop_front) {
            Some(id) => {
                if let Some(left) = left {
                    self.begin(id, left);
                }
            }
            None => {
                let waiting = self.sent.entry(conn).or_default();
                // With a store they get their numbers there, and nobody asks for these.
                if waiting.len() < 1_000 {
                    waiting.push_back(left);
                }
            }
        }
    }

    /// A message landed at a client.
    pub fn landed(&mut self, id: Option<u64>, landed: Option<Micros>) {
        let (Some(id), Some(landed)) = (id, landed) else { return };
        match self.began.get(&id) {
            Some(began) => self.took(landed.since(*began)),
            None => self.early.entry(id).or_default().push(landed),
        }
    }

    fn begin(&mut self, id: u64, at: Micros) {
        self.began.insert(id, at);
        for landed in self.early.remove(&id).unwrap_or_default() {
            self.took(landed.since(at));
        }
    }

    /// Something took so long.
    pub fn took(&mut self, delay: Micros) {
        let place = self.delays.partition_point(|other| *other <= delay.0);
        self.delays.insert(place, delay.0);
    }

    /// All of them, the shortest first.
    pub fn delays(&self) -> &[u64] {
        &self.delays
    }
}

/// The bytes of answers to polls, for as long as they are looked at.
#[derive(Debug, Clone, Default)]
pub struct Pages(BTreeMap<ConnId, Kept>);

#[derive(Debug, Clone, Default)]
struct Kept {
    /// Answers that are still to come.
    expected: u64,
    /// Where the first kept byte lies.
    start: u64,
    bytes: Vec<u8>,
}

impl Pages {
    /// An answer is to come.
    pub fn expect(&mut self, conn: ConnId) {
        self.0.entry(conn).or_default().expected += 1;
    }

    /// Bytes came.
    pub fn chunk(&mut self, chunk: &Chunk) {
        let Some(kept) = self.0.get_mut(&chunk.conn).filter(|_| chunk.dir == Dir::ToClient) else {
            return;
        };
        if kept.start + kept.bytes.len() as u64 != chunk.offset {
            kept.bytes.clear();
            kept.start = chunk.offset;
        }
        if kept.bytes.len() < LOOKED_AT {
            kept.bytes.extend_from_slice(&chunk.bytes);
        }
    }

    /// An answer is over.
    pub fn done(&mut self, conn: ConnId, upto: u64) {
        let Some(kept) = self.0.get_mut(&conn) else { return };
        kept.expected = kept.expected.saturating_sub(1);
        if kept.expected == 0 {
            self.0.remove(&conn);
            return;
        }
        let used = usize::try_from(upto.saturating_sub(kept.start)).unwrap_or(usize::MAX);
        let used = used.min(kept.bytes.len());
        kept.bytes.drain(..used);
        kept.start += used as u64;
    }

    /// The content of a body, if its bytes were looked at; they are not any more.
    pub fn content(&mut self, body: &Event) -> Option<Vec<u8>> {
        let kept = self.0.get(&body.conn)?;
        let cut = |span: Span| {
            let from = usize::try_from(span.start.checked_sub(kept.start)?).ok()?;
            kept.bytes.get(from..from + usize::try_from(span.len).ok()?)
        };
        let pieces = body
            .fields
            .iter()
            .filter(|field| matches!(field.name, Name::Content | Name::ChunkData));
        let content: Option<Vec<&[u8]>> = pieces.map(|field| cut(field.span)).collect();
        let content = content.map(|pieces| pieces.concat());
        self.done(body.conn, body.evidence.end());
        content
    }

    /// The connection is over.
    pub fn forget(&mut self, conn: ConnId) {
        self.0.remove(&conn);
    }
}

//! A connection that several runs share: one decoder hears all of it, since header blocks build upon
//! each other, and each run is told of its own streams and of the connection's frames. What is another
//! run's is counted there and neither kept nor shown.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use trace::entry::{Chunk, Loss, Lost, What};
use trace::event::{Event, Kind};
use trace::grpc::{self, Call, Grpc};
use trace::http2::{Frame, FrameKind, Http2, Role};
use trace::ids::ConnId;
use trace::span::Dir;
use trace::time::Micros;

use super::Unsaid;
use crate::h2::run_asked;
use crate::log::Log;
use crate::run::Sharing;

/// The most events that wait until it is known whose they are: a header block in many frames.
const WAITING_MOST: usize = 64;

/// The most bytes that are held until it is known whose they are.
const HELD_MOST: usize = 256 * 1024;

/// The flag that ends a header block (RFC 9113, section 6.2).
const END_HEADERS: u8 = 0x4;

/// A run that hears the connection.
struct Branch {
    conn: ConnId,
    log: Arc<Log>,
    began: Micros,
    /// Of each direction, what was kept or counted.
    said: [u64; 2],
    /// Of each direction, bytes that were counted and not yet said.
    unsaid: [Option<Unsaid>; 2],
}

/// Bytes as they were read, whose owner is not known yet.
struct Piece {
    at: Micros,
    offset: u64,
    bytes: Bytes,
}

/// One direction.
#[derive(Default)]
struct Way {
    pieces: VecDeque<Piece>,
    waiting: VecDeque<Event>,
}

/// Whose something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The connection's: everybody's.
    All,
    /// That branch's.
    One(usize),
}

/// Who hears what of a connection.
pub struct Shared {
    sharing: Arc<Sharing>,
    /// The first is the run whose connection it is.
    branches: Vec<Branch>,
    /// The branch of each stream.
    streams: BTreeMap<u32, usize>,
    ways: [Way; 2],
    /// Whether there is more than one branch.
    split: bool,
}

impl Shared {
    /// A connection that may come to be shared.
    pub fn new(sharing: Arc<Sharing>, conn: ConnId, log: Arc<Log>, began: Micros) -> Self {
        let first = Branch { conn, log, began, said: [0; 2], unsaid: [None, None] };
        let ways = [Way::default(), Way::default()];
        Self { sharing, branches: vec![first], streams: BTreeMap::new(), ways, split: false }
    }

    /// Whether more than one run hears it.
    pub const fn is_split(&self) -> bool {
        self.split
    }

    /// Remembers what was read and belongs to no whole frame yet, while there is one run.
    pub fn remember(
        &mut self,
        dir: Dir,
        (at, offset): (Micros, u64),
        bytes: &[u8],
        events: &[Event],
    ) {
        let end = offset + bytes.len() as u64;
        self.branches.iter_mut().for_each(|first| first.said[dir.index()] = end);
        let way = &mut self.ways[dir.index()];
        let whole = events.iter().rev().find(|event| !event.kind.is_upper());
        let whole = whole.map(|event| event.evidence.end());
        if let Some(whole) = whole {
            way.pieces.clear();
            let skipped = usize::try_from(whole.saturating_sub(offset)).unwrap_or(usize::MAX);
            let rest = bytes.get(skipped..).unwrap_or_default();
            way.add(at, offset.max(whole), rest);
        } else {
            way.add(at, offset, bytes);
        }
        if way.held() > HELD_MOST {
            way.pieces.clear();
        }
    }

    /// Whether a request in these names another run than the first: from then on each hears its own.
    pub fn splits(&mut self, events: &[Event]) -> bool {
        for event in events {
            let Some((stream, run)) = requested(event) else { continue };
            let Some(run) = run.filter(|run| *run != self.sharing.first) else { continue };
            // One that is refused is the first run's to hear.
            let Ok(bound) = self.sharing.of(&run) else { continue };
            let known =
                self.branches.iter().position(|branch| Arc::ptr_eq(&branch.log, &bound.run.log));
            let branch = known.unwrap_or_else(|| {
                self.branches.push(Branch {
                    conn: bound.conn,
                    log: Arc::clone(&bound.run.log),
                    began: bound.run.began(),
                    said: [0; 2],
                    unsaid: [None, None],
                });
                self.branches.len() - 1
            });
            self.streams.insert(stream, branch);
            self.split = true;
        }
        self.split
    }

    /// Takes what was read, and tells each run what is its own.
    pub fn hear(
        &mut self,
        dir: Dir,
        (at, offset): (Micros, u64),
        bytes: &[u8],
        events: Vec<Event>,
    ) {
        let way = &mut self.ways[dir.index()];
        way.add(at, offset, bytes);
        way.waiting.extend(events);
        while let Some(event) = self.ways[dir.index()].waiting.front() {
            let Some(owner) = self.owner(dir, event) else { break };
            let Some(event) = self.ways[dir.index()].waiting.pop_front() else { break };
            if !event.kind.is_upper() {
                self.tell(dir, event.evidence.end(), owner);
            }
            self.say(at, &event, owner);
        }
        // What decoding has stopped for is not held for ever.
        if self.ways[dir.index()].held() > HELD_MOST {
            self.tell(dir, offset + bytes.len() as u64, Owner::One(0));
        }
    }

    /// An entry for every run, by the number that each has for the connection.
    pub fn all(&self, at: Micros, what: impl Fn(ConnId) -> What) {
        for branch in &self.branches {
            branch.log.append(at.since(branch.began), what(branch.conn));
        }
    }

    /// A direction ends, or is not decoded any more: what waits is the first run's.
    pub fn end(&mut self, dir: Dir, at: Micros, events: Vec<Event>) {
        let way = &mut self.ways[dir.index()];
        way.waiting.extend(events);
        while let Some(event) = self.ways[dir.index()].waiting.pop_front() {
            let owner = self.owner(dir, &event).unwrap_or(Owner::One(0));
            if !event.kind.is_upper() {
                self.tell(dir, event.evidence.end(), owner);
            }
            self.say(at, &event, owner);
        }
        let rest = self.ways[dir.index()].pieces.back().map(Piece::end);
        if let Some(end) = rest {
            self.tell(dir, end, Owner::One(0));
        }
        for branch in &mut self.branches {
            branch.say_unsaid(dir, at);
        }
    }

    /// The next bytes of a direction were not heard.
    pub fn missed(&mut self, dir: Dir, at: Micros, len: u64) {
        for branch in &mut self.branches {
            let (conn, offset) = (branch.conn, branch.said[dir.index()]);
            let lost = Lost { conn, dir, offset, len, why: Loss::Queue };
            branch.log.append(at.since(branch.began), What::Lost(lost));
            branch.said[dir.index()] += len;
        }
    }

    /// Whose an event is; none where that is not known yet.
    fn owner(&self, dir: Dir, event: &Event) -> Option<Owner> {
        let stream = match stream_of(event) {
            None => return Some(Owner::All),
            Some(stream) => stream,
        };
        if let Some(branch) = self.streams.get(&stream) {
            return Some(Owner::One(*branch));
        }
        let way = &self.ways[dir.index()];
        let begins =
            |frame: &Frame| matches!(frame.kind, FrameKind::Headers | FrameKind::Continuation);
        let waits = match &event.kind {
            Kind::Http2(Http2::Frame(frame)) if dir == Dir::ToServer && begins(frame) => {
                let ended = way.waiting.iter().any(|event| match &event.kind {
                    Kind::Http2(Http2::Frame(frame)) => {
                        begins(frame) && frame.flags & END_HEADERS != 0
                    }
                    _ => false,
                });
                !ended && way.waiting.len() < WAITING_MOST
            }
            _ => false,
        };
        (!waits).then_some(Owner::One(0))
    }

    /// Tells everything of a direction up to an offset: kept by its owner, counted by the others.
    fn tell(&mut self, dir: Dir, end: u64, owner: Owner) {
        let way = &mut self.ways[dir.index()];
        for (index, branch) in self.branches.iter_mut().enumerate() {
            if owner == Owner::All || owner == Owner::One(index) {
                branch.keep(dir, end, &way.pieces);
            } else {
                branch.count(dir, end);
            }
        }
        way.drop_before(end);
    }

    fn say(&self, at: Micros, event: &Event, owner: Owner) {
        for (index, branch) in self.branches.iter().enumerate() {
            if owner == Owner::All || owner == Owner::One(index) {
                let event = Event { conn: branch.conn, ..event.clone() };
                branch.log.append(at.since(branch.began), What::Event(event));
            }
        }
    }
}

impl Branch {
    /// Keeps what lies in these pieces up to an offset.
    fn keep(&mut self, dir: Dir, end: u64, pieces: &VecDeque<Piece>) {
        for piece in pieces {
            let from = self.said[dir.index()].max(piece.offset);
            let upto = end.min(piece.end());
            if from >= upto {
                continue;
            }
            // Pieces that are gone were another's.
            self.count(dir, from);
            if self.log.is_full() {
                self.lose(dir, upto, Loss::Run);
                continue;
            }
            self.say_unsaid(dir, piece.at);
            let bytes = piece.bytes_of(from, upto).to_vec();
            let chunk = Chunk { conn: self.conn, dir, offset: from, bytes };
            self.log.append(piece.at.since(self.began), What::Chunk(chunk));
            self.said[dir.index()] = upto;
        }
        self.count(dir, end);
    }

    /// Counts what was not told up to an offset as another run's.
    fn count(&mut self, dir: Dir, end: u64) {
        self.lose(dir, end, Loss::OtherRun);
    }

    fn lose(&mut self, dir: Dir, end: u64, why: Loss) {
        let said = &mut self.said[dir.index()];
        if *said >= end {
            return;
        }
        let len = end - *said;
        match &mut self.unsaid[dir.index()] {
            Some(unsaid) => unsaid.len += len,
            none => *none = Some(Unsaid { offset: *said, len, why }),
        }
        *said = end;
    }

    fn say_unsaid(&mut self, dir: Dir, at: Micros) {
        let Some(Unsaid { offset, len, why }) = self.unsaid[dir.index()].take() else { return };
        let lost = Lost { conn: self.conn, dir, offset, len, why };
        self.log.append(at.since(self.began), What::Lost(lost));
    }
}

impl Piece {
    const fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    fn bytes_of(&self, from: u64, upto: u64) -> &[u8] {
        let place = |offset: u64| usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
        self.bytes.get(place(from)..place(upto)).unwrap_or_default()
    }
}

impl Way {
    fn add(&mut self, at: Micros, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.pieces.push_back(Piece { at, offset, bytes: Bytes::copy_from_slice(bytes) });
        }
    }

    /// How many bytes it holds.
    fn held(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    fn drop_before(&mut self, end: u64) {
        while self.pieces.front().is_some_and(|piece| piece.end() <= end) {
            self.pieces.pop_front();
        }
    }
}

/// The stream to which an event belongs; none for the connection's own.
fn stream_of(event: &Event) -> Option<u32> {
    let stream = match &event.kind {
        Kind::Http2(Http2::Frame(frame)) => frame.stream,
        Kind::Http2(Http2::Head(head)) => head.stream,
        Kind::Http2(Http2::Content(content)) => content.stream,
        Kind::Grpc(
            Grpc::Message(grpc::Message { call: Call::Stream(stream), .. })
            | Grpc::Trailers(grpc::Trailers { call: Call::Stream(stream), .. })
            | Grpc::Partial(Call::Stream(stream)),
        ) => *stream,
        _ => 0,
    };
    (stream > 0).then_some(stream)
}

/// The stream of a request, and the run that it names.
fn requested(event: &Event) -> Option<(u32, Option<trace::ids::RunId>)> {
    let Kind::Http2(Http2::Head(head)) = &event.kind else { return None };
    let path = head.value(":path").unwrap_or_default();
    (head.role == Role::Request).then(|| (head.stream, run_asked(path, head.value("lifeline-run"))))
}

//! A connection that several runs share: one decoder hears all of it, since header blocks build upon
//! each other, and each run is told of its own streams and of the connection's frames. What is another
//! run's is counted there and neither kept nor shown.

mod branch;
#[cfg(test)]
mod tests;
mod way;
mod whose;

use std::sync::Arc;

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http2::{Frame, FrameKind, Http2};
use trace::ids::ConnId;
use trace::span::Dir;
use trace::sse::Sse;
use trace::time::Micros;

use crate::log::Log;
use crate::refusal::Refusal;
use crate::run::{Place, Sharing};
use branch::Branch;
use way::Way;
use whose::{Asks, Owner, Streams, is_farewell, requested, stream_of};

/// The most events that wait until it is known whose they are: a header block in many frames.
const WAITING_MOST: usize = 64;

/// The most bytes that are held until it is known whose they are.
const HELD_MOST: usize = 256 * 1024;

/// The flag that ends a header block (RFC 9113, section 6.2).
const END_HEADERS: u8 = 0x4;

/// Who hears what of a connection.
pub struct Shared {
    sharing: Arc<Sharing>,
    /// The first is the run whose connection it is.
    branches: Vec<Branch>,
    streams: Streams,
    ways: [Way; 2],
    /// Whether not all of it is the first run's.
    split: bool,
}

impl Shared {
    /// A connection that may come to be shared.
    pub fn new(sharing: Arc<Sharing>, conn: ConnId, log: &Arc<Log>, began: Micros) -> Self {
        let (run, state) = (sharing.first.clone(), sharing.state());
        let first = Place { run, conn, began, log: Arc::downgrade(log), state };
        let (branches, ways) = (vec![Branch::new(first)], [Way::default(), Way::default()]);
        Self { sharing, branches, streams: Streams::default(), ways, split: false }
    }

    /// Whether something of it is not the first run's.
    pub const fn is_split(&self) -> bool {
        self.split
    }

    /// Remembers what was read and belongs to no whole frame yet, while all is the first run's.
    pub fn remember(
        &mut self,
        dir: Dir,
        (at, offset): (Micros, u64),
        bytes: &[u8],
        events: &[Event],
    ) {
        let end = offset + bytes.len() as u64;
        if let Some(first) = self.branches.first_mut() {
            first.was_told(dir, offset, end);
        }
        events.iter().for_each(|event| self.streams.frame(event));
        let way = &mut self.ways[dir.index()];
        way.add(at, offset, bytes);
        let whole = events.iter().rev().find(|event| !event.kind.is_upper());
        if let Some(whole) = whole.map(|event| event.evidence.end()) {
            way.tell(whole);
        }
        if way.held() > HELD_MOST {
            way.tell(end);
        }
    }

    /// Whether these name another run than the first: from then on each hears its own.
    pub fn splits(&mut self, events: &[Event]) -> bool {
        for event in events {
            if let Some((stream, asks)) = requested(event) {
                let owner = self.asked(asks);
                self.streams.begin(stream, owner);
            } else if self.streams.is_strange(event) {
                // By now the service knows whose it is.
                self.catch_up();
            }
        }
        self.split
    }

    /// Whose a request is.
    fn asked(&mut self, asks: Asks) -> Owner {
        let run = match asks {
            Asks::Run(run) if run != self.sharing.first => run,
            Asks::Run(_) | Asks::NoRun => return Owner::One(0),
            Asks::Unreadable => return Owner::Nobody,
        };
        let refusal = self.sharing.of(&run).err();
        // A name that is nobody's is the first run's to hear.
        if refusal == Some(Refusal::UnknownRun) {
            return Owner::One(0);
        }
        let before = self.branches.len();
        self.catch_up();
        self.split = true;
        let branch = self.branches.iter().position(|branch| branch.is(&run));
        // A call of a run that is over is not in its log, but for one that came with its end.
        let branch = branch.filter(|branch| refusal.is_none() || *branch >= before);
        branch.map_or(Owner::Nobody, Owner::One)
    }

    /// Takes in who shares the connection by now, heard or not.
    pub fn catch_up(&mut self) {
        for place in self.sharing.places() {
            self.split = true;
            // The first is never gone: its log is the recorder's too.
            match self.branches.iter().position(Branch::is_gone) {
                Some(index) => {
                    self.streams.disown(index);
                    self.ways.iter_mut().for_each(|way| way.disown(index));
                    if let Some(gone) = self.branches.get_mut(index) {
                        *gone = Branch::new(place);
                    }
                }
                None => self.branches.push(Branch::new(place)),
            }
        }
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
            self.deliver(dir, at, &event, owner);
        }
        // What is too long, or behind the point where decoding stopped, is not held for ever.
        if self.ways[dir.index()].held() > HELD_MOST {
            self.tell_rest(dir, at);
        }
    }

    /// Bytes up to an offset passed the link's other end.
    pub fn passed(&mut self, dir: Dir, at: Micros, mark: u64) {
        self.ways[dir.index()].passed(at, mark);
        if self.split {
            self.branches.iter_mut().for_each(|branch| branch.passed(dir, at, mark));
        } else if let Some(first) = self.branches.first_mut() {
            first.mark(dir, at, mark);
        }
    }

    /// An entry for every run, by the number that each has for the connection.
    pub fn all(&self, at: Micros, what: impl Fn(ConnId) -> What) {
        for branch in &self.branches {
            branch.append(at, what(branch.conn()));
        }
    }

    /// A direction ends, or is not decoded any more.
    pub fn end(&mut self, dir: Dir, at: Micros, events: Vec<Event>) {
        let way = &mut self.ways[dir.index()];
        way.waiting.extend(events);
        while let Some(event) = self.ways[dir.index()].waiting.pop_front() {
            let owner = self.owner(dir, &event);
            // What still waits is of a head that never became whole.
            let owner = owner.unwrap_or_else(|| {
                stream_of(&event).map_or(Owner::All, |stream| self.streams.or_first(stream))
            });
            self.deliver(dir, at, &event, owner);
        }
        if !self.ways[dir.index()].pieces.is_empty() {
            self.tell_rest(dir, at);
        }
        let end = self.ways[dir.index()].end;
        for branch in &mut self.branches {
            branch.count(dir, at, end);
            branch.say_unsaid(dir, at);
        }
        if dir == Dir::ToServer {
            self.streams.deafen();
        }
    }

    /// The next bytes of a direction were not heard; who shares the connection says so.
    pub fn missed(&mut self, dir: Dir, at: Micros, offset: u64, len: u64) {
        for branch in &mut self.branches {
            branch.missed(dir, at, offset, len);
        }
    }

    /// The same, where the first run has said it.
    pub fn skip(&mut self, dir: Dir, end: u64) {
        let way = &mut self.ways[dir.index()];
        way.end = end;
        way.tell(end);
        if let Some(first) = self.branches.first_mut() {
            first.was_told(dir, end, end);
        }
        if dir == Dir::ToServer {
            self.streams.deafen();
        }
    }

    /// Whose an event is; none where that is not known yet.
    fn owner(&self, dir: Dir, event: &Event) -> Option<Owner> {
        let start = event.evidence.start();
        match &event.kind {
            // It does not say of which stream it is.
            Kind::Sse(Sse::Unfinished) => return Some(self.ways[dir.index()].owner_at(start)),
            Kind::Http2(Http2::Partial | Http2::Rest) => return Some(self.cut_off(dir, start)),
            _ => {}
        }
        let Some(stream) = stream_of(event) else { return Some(Owner::All) };
        let known = self.streams.known(stream);
        known.or_else(|| (!self.waits(dir, event)).then(|| self.streams.or_first(stream)))
    }

    /// Whether an event of a stream that is not known waits for the head that it is part of.
    fn waits(&self, dir: Dir, event: &Event) -> bool {
        let begins =
            |frame: &Frame| matches!(frame.kind, FrameKind::Headers | FrameKind::Continuation);
        match &event.kind {
            Kind::Http2(Http2::Frame(frame)) if dir == Dir::ToServer && begins(frame) => {
                let waiting = &self.ways[dir.index()].waiting;
                let ended = waiting.iter().any(|event| match &event.kind {
                    Kind::Http2(Http2::Frame(frame)) => {
                        begins(frame) && frame.flags & END_HEADERS != 0
                    }
                    _ => false,
                });
                !ended && waiting.len() < WAITING_MOST
            }
            _ => false,
        }
    }

    /// Whose a frame is of which only its beginning can be told.
    fn cut_off(&self, dir: Dir, start: u64) -> Owner {
        let way = &self.ways[dir.index()];
        match way.stream_at(start) {
            Some(0) => Owner::All,
            Some(stream) => self.streams.or_first(stream),
            None => way.cut.unwrap_or(Owner::Nobody),
        }
    }

    /// Tells what is held, though its frame is not whole.
    fn tell_rest(&mut self, dir: Dir, at: Micros) {
        let way = &self.ways[dir.index()];
        let (told, end) = (way.told, way.end);
        let owner = way.cut.unwrap_or_else(|| self.cut_off(dir, told));
        self.ways[dir.index()].cut = Some(owner);
        let hears = self.hears(owner, false);
        self.tell(dir, at, end, &hears);
    }

    /// Which branches hear what is somebody's.
    fn hears(&mut self, owner: Owner, farewell: bool) -> Vec<bool> {
        let branches = self.branches.iter_mut().enumerate();
        let hears = branches.map(|(index, branch)| match owner {
            Owner::All => branch.hears_connection(farewell),
            Owner::One(own) if own == index => {
                branch.hears_own();
                true
            }
            Owner::One(_) | Owner::Nobody => false,
        });
        hears.collect()
    }

    /// Tells an event, and what lies before its end, to whose it is.
    fn deliver(&mut self, dir: Dir, at: Micros, event: &Event, owner: Owner) {
        let hears = self.hears(owner, is_farewell(event));
        if !event.kind.is_upper() {
            let (start, end) = (event.evidence.start(), event.evidence.end());
            self.tell(dir, at, end, &hears);
            let way = &mut self.ways[dir.index()];
            way.cut = None;
            if has_data(&event.kind) {
                way.data(start, end, owner);
            }
        }
        for (branch, _) in self.branches.iter().zip(hears).filter(|(_, hears)| *hears) {
            branch.say(at, event);
        }
        self.streams.frame(event);
    }

    /// Tells everything of a direction up to an offset: kept by who hears it, counted by the others.
    fn tell(&mut self, dir: Dir, at: Micros, end: u64, hears: &[bool]) {
        let way = &mut self.ways[dir.index()];
        for (branch, hears) in self.branches.iter_mut().zip(hears) {
            if *hears {
                branch.keep(dir, at, end, way);
            } else {
                branch.count(dir, at, end);
            }
        }
        way.tell(end);
    }
}

/// Whether content may lie in it.
const fn has_data(kind: &Kind) -> bool {
    matches!(kind, Kind::Http2(Http2::Frame(Frame { kind: FrameKind::Data, .. }) | Http2::Partial))
}

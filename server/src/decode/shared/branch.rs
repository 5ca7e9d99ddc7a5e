//! A run that hears a shared connection: what it keeps of it, and what it only counts.

use trace::entry::{Chunk, Loss, Lost, Passed, What};
use trace::event::Event;
use trace::ids::{ConnId, RunId};
use trace::span::Dir;
use trace::time::Micros;

use super::way::Way;
use crate::decode::Unsaid;
use crate::log::Appended;
use crate::run::Place;

/// The most frames of the connection that a run hears without one of its own in between: what another
/// run does must not fill its log.
const ALONE_MOST: u64 = 256;

/// How often a full log still tells its own loss from what was another's.
const TURNS_MOST: u64 = 64;

/// A run that hears the connection.
#[derive(Debug)]
pub struct Branch {
    place: Place,
    /// Of each direction, what was kept or counted.
    said: [u64; 2],
    /// Of each direction, bytes that were counted and not yet said.
    unsaid: [Option<Unsaid>; 2],
    /// Of each direction, the last moment at the link's other end that was said.
    marked: [u64; 2],
    /// Of each direction, the bytes for which such a moment is still to be said.
    owed: [Option<(u64, u64)>; 2],
    /// Frames of the connection since the last of its own.
    alone: u64,
    /// How often its full log has told one loss from another.
    turns: u64,
}

impl Branch {
    /// Nothing was said to it.
    pub const fn new(place: Place) -> Self {
        Self {
            place,
            said: [0; 2],
            unsaid: [None, None],
            marked: [0; 2],
            owed: [None, None],
            alone: 0,
            turns: 0,
        }
    }

    /// Whether it is this run.
    pub fn is(&self, run: &RunId) -> bool {
        self.place.run == *run
    }

    /// The connection's number there.
    pub const fn conn(&self) -> ConnId {
        self.place.conn
    }

    /// Whether its run is forgotten.
    pub fn is_gone(&self) -> bool {
        self.place.log.strong_count() == 0
    }

    /// Whether it hears a frame of the connection.
    pub fn hears_connection(&mut self, farewell: bool) -> bool {
        let hears = self.place.state.borrow().serves() && self.alone < ALONE_MOST;
        self.alone += u64::from(hears);
        hears || farewell
    }

    /// It hears a frame of its own.
    pub const fn hears_own(&mut self) {
        self.alone = 0;
    }

    /// Everything up to an offset was said to it otherwise; of that the bytes from another on just now.
    pub fn was_told(&mut self, dir: Dir, from: u64, upto: u64) {
        self.said[dir.index()] = upto;
        self.owe(dir, from, upto);
    }

    /// Says something to it.
    pub fn append(&self, at: Micros, what: What) -> Appended {
        match self.place.log.upgrade() {
            Some(log) => log.append(at.since(self.place.began), what),
            None => Appended::Full,
        }
    }

    /// Says an event to it, by its own number for the connection.
    pub fn say(&self, at: Micros, event: &Event) {
        let event = Event { conn: self.conn(), ..event.clone() };
        self.append(at, What::Event(event));
    }

    /// Keeps what lies in the direction's pieces up to an offset.
    pub fn keep(&mut self, dir: Dir, at: Micros, end: u64, way: &Way) {
        for piece in &way.pieces {
            // A piece may begin with what was another's.
            let from = self.said[dir.index()].max(piece.offset).max(way.told);
            let upto = end.min(piece.end());
            if from >= upto {
                continue;
            }
            // Pieces that are gone were another's.
            self.count(dir, piece.at, from);
            if self.is_full() {
                self.lose(dir, at, upto, Loss::Run);
                continue;
            }
            self.say_unsaid(dir, piece.at);
            self.lend(dir, from, upto, way);
            let (conn, bytes) = (self.conn(), piece.bytes_of(from, upto).to_vec());
            let chunk = Chunk { conn, dir, offset: from, bytes };
            if self.append(piece.at, What::Chunk(chunk)) == Appended::Full {
                self.lose(dir, at, upto, Loss::Run);
                continue;
            }
            self.said[dir.index()] = upto;
        }
        self.count(dir, at, end);
    }

    /// Counts what was not told up to an offset as another run's.
    pub fn count(&mut self, dir: Dir, at: Micros, end: u64) {
        self.lose(dir, at, end, Loss::OtherRun);
    }

    fn lose(&mut self, dir: Dir, at: Micros, end: u64, why: Loss) {
        let offset = self.said[dir.index()];
        if offset >= end {
            return;
        }
        let turns = self.unsaid[dir.index()].as_ref().is_some_and(|unsaid| unsaid.why != why);
        if turns && self.may_turn() {
            self.say_unsaid(dir, at);
        }
        let len = end - offset;
        match &mut self.unsaid[dir.index()] {
            Some(unsaid) => unsaid.len += len,
            none => *none = Some(Unsaid { offset, len, why }),
        }
        self.said[dir.index()] = end;
    }

    /// Losses are kept in a full log too: they must not come without end.
    fn may_turn(&mut self) -> bool {
        if !self.is_full() {
            return true;
        }
        self.turns += 1;
        self.turns <= TURNS_MOST
    }

    /// The next bytes of a direction were not heard.
    pub fn missed(&mut self, dir: Dir, at: Micros, offset: u64, len: u64) {
        self.count(dir, at, offset);
        self.say_unsaid(dir, at);
        let lost = Lost { conn: self.conn(), dir, offset, len, why: Loss::Queue };
        self.append(at, What::Lost(lost));
        self.said[dir.index()] = offset + len;
    }

    /// Says what was counted.
    pub fn say_unsaid(&mut self, dir: Dir, at: Micros) {
        let Some(Unsaid { offset, len, why }) = self.unsaid[dir.index()].take() else { return };
        let lost = Lost { conn: self.conn(), dir, offset, len, why };
        self.append(at, What::Lost(lost));
    }

    fn is_full(&self) -> bool {
        self.place.log.upgrade().is_none_or(|log| log.is_full())
    }

    /// Says when these bytes passed the link's other end. Where that is yet to come, it is owed.
    fn lend(&mut self, dir: Dir, from: u64, upto: u64, way: &Way) {
        for (at, mark) in way.marks.iter().filter(|(_, mark)| *mark > from) {
            self.mark(dir, *at, *mark);
            if *mark >= upto {
                return;
            }
        }
        self.owe(dir, from, upto);
    }

    fn owe(&mut self, dir: Dir, from: u64, upto: u64) {
        if self.marked[dir.index()] < upto {
            let owed = &mut self.owed[dir.index()];
            *owed = Some((owed.map_or(from, |(first, _)| first), upto));
        }
    }

    /// Bytes up to an offset passed the link's other end; said where it is owed.
    pub fn passed(&mut self, dir: Dir, at: Micros, mark: u64) {
        if self.owed[dir.index()].is_some_and(|(from, _)| from < mark) {
            self.mark(dir, at, mark);
        }
    }

    /// Says that bytes up to an offset passed the link's other end.
    pub fn mark(&mut self, dir: Dir, at: Micros, mark: u64) {
        let index = dir.index();
        if mark <= self.marked[index] {
            return;
        }
        self.marked[index] = mark;
        self.owed[index] = self.owed[index]
            .filter(|(_, upto)| mark < *upto)
            .map(|(from, upto)| (from.max(mark), upto));
        self.append(at, What::Passed(Passed { conn: self.conn(), dir, offset: mark }));
    }
}

//! One direction of a shared connection: what was read and is not told yet.

use std::collections::VecDeque;

use bytes::Bytes;
use trace::event::Event;
use trace::time::Micros;

use super::whose::Owner;

/// The most moments at the link's other end that are remembered.
const MARKS_MOST: usize = 4_096;

/// The most pieces of content whose owner is remembered.
const DATA_MOST: usize = 256;

/// What precedes a frame's payload, up to the number of its stream (RFC 9113, section 4.1).
const BEFORE_STREAM: usize = 5;

/// Bytes as they were read, whose owner is not known yet.
#[derive(Debug)]
pub struct Piece {
    pub at: Micros,
    pub offset: u64,
    bytes: Bytes,
}

/// One direction.
#[derive(Debug, Default)]
pub struct Way {
    pub pieces: VecDeque<Piece>,
    /// Events whose owner is not known yet, and those behind them.
    pub waiting: VecDeque<Event>,
    /// When bytes up to an offset passed the link's other end, for bytes that are not told yet.
    pub marks: VecDeque<(Micros, u64)>,
    /// The end of the last frame that was told.
    pub told: u64,
    /// The end of what was read.
    pub end: u64,
    /// Whose a frame is that was too long to be held to its end.
    pub cut: Option<Owner>,
    /// Where the content of streams lay: from, upto, whose.
    data: VecDeque<(u64, u64, Owner)>,
}

impl Piece {
    pub const fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    pub fn bytes_of(&self, from: u64, upto: u64) -> &[u8] {
        let place = |at: u64| usize::try_from(at.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        self.bytes.get(place(from)..place(upto)).unwrap_or_default()
    }
}

impl Way {
    pub fn add(&mut self, at: Micros, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.end = offset + bytes.len() as u64;
            self.pieces.push_back(Piece { at, offset, bytes: Bytes::copy_from_slice(bytes) });
        }
    }

    /// How many bytes it holds.
    pub fn held(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    /// Everything before an offset is told.
    pub fn tell(&mut self, end: u64) {
        self.told = self.told.max(end);
        while self.pieces.front().is_some_and(|piece| piece.end() <= end) {
            self.pieces.pop_front();
        }
        while self.marks.front().is_some_and(|(_, mark)| *mark <= end) {
            self.marks.pop_front();
        }
    }

    /// Bytes up to an offset passed the link's other end.
    pub fn passed(&mut self, at: Micros, mark: u64) {
        if mark <= self.told {
            return;
        }
        self.marks.push_back((at, mark));
        if self.marks.len() > MARKS_MOST {
            self.marks.pop_front();
        }
    }

    /// The stream of the frame that begins at an offset: 0 where its number has not come. None where
    /// its bytes are gone.
    pub fn stream_at(&self, start: u64) -> Option<u32> {
        self.pieces.front().filter(|first| first.offset <= start)?;
        let bytes = self.pieces.iter().flat_map(|piece| piece.bytes_of(start, piece.end()));
        let number: Vec<u8> = bytes.skip(BEFORE_STREAM).take(4).copied().collect();
        let number = <[u8; 4]>::try_from(number.as_slice());
        // The highest bit is reserved.
        Some(number.map_or(0, |number| u32::from_be_bytes(number) & (u32::MAX >> 1)))
    }

    /// Content lay there.
    pub fn data(&mut self, from: u64, upto: u64, owner: Owner) {
        self.data.push_back((from, upto, owner));
        if self.data.len() > DATA_MOST {
            self.data.pop_front();
        }
    }

    /// Whose the content at an offset is.
    pub fn owner_at(&self, offset: u64) -> Owner {
        let found = self.data.iter().find(|(from, upto, _)| (*from..*upto).contains(&offset));
        found.map_or(Owner::Nobody, |(_, _, owner)| *owner)
    }

    /// What was a branch's is nobody's any more.
    pub fn disown(&mut self, branch: usize) {
        for (_, _, owner) in self.data.iter_mut().filter(|data| data.2 == Owner::One(branch)) {
            *owner = Owner::Nobody;
        }
        self.cut = self.cut.map(|cut| if cut == Owner::One(branch) { Owner::Nobody } else { cut });
    }
}

//! A message, or a block of trailers, as it comes piece by piece: five bytes before it, then
//! itself.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};

use super::pieces::Pieces;

/// Bytes before each message: its flag, and its length in four.
pub const PREFIX: usize = 5;

/// The parts of the prefix, and their bytes.
pub const PREFIX_PARTS: [(Name, u64); 2] = [(Name::GrpcFlag, 1), (Name::GrpcLength, 4)];

/// The longest message that is kept and read; a longer one is counted.
pub const KEPT: u64 = 64 * 1024;

/// A message that is declared longer than this is a fault.
pub const LEN_MAX: u64 = 4 * 1024 * 1024;

/// The bit of the flag that says that it is compressed.
const COMPRESSED: u8 = 0x01;

/// The bit of the flag that says that it is no message, but the trailers (gRPC Web).
const TRAILERS: u8 = 0x80;

/// What is under way.
#[derive(Debug, Default)]
pub struct Open {
    prefix: [u8; PREFIX],
    /// How much of the prefix has come.
    prefix_len: usize,
    /// How much has come behind it.
    came: u64,
    /// The bytes behind it, where they are kept.
    pub kept: Vec<u8>,
    /// Where all of it lies.
    pub pieces: Pieces,
    /// Why nothing can be read any more, from some point on.
    pub bad: Option<Bad>,
}

/// Why a content cannot be read any further.
#[derive(Debug)]
pub struct Bad {
    fault: Fault,
    /// How much of the pieces could be read.
    good: u64,
}

impl Open {
    /// Takes as many of the next bytes as belong to the part that is under way, at least one, and
    /// says how many. Behind the flag it stops, so that the flag can be judged.
    pub fn take(&mut self, bytes: &[u8]) -> usize {
        if self.bad.is_some() {
            return bytes.len();
        }
        if self.prefix_len < PREFIX {
            let due = if self.prefix_len == 0 { 1 } else { PREFIX - self.prefix_len };
            let len = due.min(bytes.len());
            let room = self.prefix.iter_mut().skip(self.prefix_len).take(len);
            for (slot, byte) in room.zip(bytes) {
                *slot = *byte;
            }
            self.prefix_len += len;
            return len;
        }
        let due = usize::try_from(self.len() - self.came).unwrap_or(usize::MAX);
        let len = due.min(bytes.len());
        if self.is_kept() {
            self.kept.extend_from_slice(bytes.get(..len).unwrap_or_default());
        }
        self.came += len as u64;
        len
    }

    /// The flag, where nothing else has come yet.
    pub const fn fresh_flag(&self) -> Option<u8> {
        if self.prefix_len == 1 && self.bad.is_none() { Some(self.flag()) } else { None }
    }

    /// Nothing can be read from here on.
    pub fn go_bad(&mut self, fault: Fault) {
        self.bad = Some(Bad { fault, good: self.pieces.len() });
        self.kept = Vec::new();
    }

    /// Whether the last byte has come.
    pub fn is_whole(&self) -> bool {
        self.prefix_len == PREFIX && self.came == self.len() && self.bad.is_none()
    }

    /// Whether nothing has come.
    pub const fn is_untouched(&self) -> bool {
        self.prefix_len == 0 && self.pieces.is_empty() && self.bad.is_none()
    }

    /// Bytes behind the prefix, as it declares them; 0 while it is not whole.
    pub fn len(&self) -> u64 {
        if self.prefix_len < PREFIX {
            return 0;
        }
        let [_, a, b, c, d] = self.prefix;
        u64::from(u32::from_be_bytes([a, b, c, d]))
    }

    /// Whether it declares more than it may.
    pub fn is_too_large(&self) -> bool {
        self.len() > LEN_MAX
    }

    pub const fn is_compressed(&self) -> bool {
        self.flag() & COMPRESSED != 0
    }

    pub const fn is_trailers(&self) -> bool {
        self.flag() & TRAILERS != 0
    }

    /// Whether its bytes are kept, to be read when it is whole.
    pub fn is_kept(&self) -> bool {
        !self.is_compressed() && self.len() <= KEPT
    }

    /// Why it did not become whole.
    pub fn why_unfinished(&self) -> Fault {
        let incomplete = Fault { code: Code::Incomplete, span: None };
        self.bad.as_ref().map_or(incomplete, |bad| bad.fault.clone())
    }

    /// The fields of what did not become whole. What could be read of it is `readable`; without
    /// that name, it is flag and length and payload.
    pub fn unfinished(&self, readable: Option<Name>) -> Vec<Field> {
        match (&self.bad, readable) {
            (Some(bad), _) => {
                let name = readable.unwrap_or(Name::GrpcFlag);
                self.pieces.fields(&[(name, bad.good)], Name::Undecoded)
            }
            (None, Some(name)) => self.pieces.fields(&[], name),
            (None, None) => self.pieces.fields(&PREFIX_PARTS, Name::GrpcPayload),
        }
    }

    const fn flag(&self) -> u8 {
        let [flag, ..] = self.prefix;
        flag
    }
}

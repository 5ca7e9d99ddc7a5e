//! Cuts a header block into its parts. Those of a representation count only when it is whole: of
//! one that cannot be read, everything stays undecoded.

use trace::fault::Code;
use trace::field::Name;

use super::integer::{self, Bad};
use super::string::Text;
use super::{PARTS, Part, huffman};

/// Why decoding ends: code, place and length within the block.
pub type Flaw = (Code, usize, usize);

/// A place in a block.
#[derive(Debug)]
pub struct Cursor<'a> {
    block: &'a [u8],
    at: usize,
    /// Where the open representation begins.
    start: usize,
    /// The parts of the open representation.
    open: Vec<Part>,
    /// The parts of those before it.
    parts: Vec<Part>,
}

impl<'a> Cursor<'a> {
    /// The beginning of a block.
    pub const fn new(block: &'a [u8]) -> Self {
        Self { block, at: 0, start: 0, open: Vec::new(), parts: Vec::new() }
    }

    /// Closes the open representation, which is whole, and says the first byte of the next.
    pub fn step(&mut self) -> Option<u8> {
        self.start = self.at;
        for part in self.open.drain(..) {
            list(&mut self.parts, part);
        }
        self.rest().first().copied()
    }

    /// All parts, after the last representation or the first that could not be read.
    pub fn end(mut self) -> Vec<Part> {
        let len = self.block.len().saturating_sub(self.start);
        if len > 0 {
            self.parts.push(Part { name: Name::Undecoded, at: self.start, len });
        }
        self.parts
    }

    /// A flaw of what has been read of the open representation.
    pub const fn flaw(&self, code: Code) -> Flaw {
        (code, self.start, self.at.saturating_sub(self.start))
    }

    /// A flaw of the representation that is due: of its first byte.
    pub const fn flaw_ahead(&self, code: Code) -> Flaw {
        (code, self.start, 1)
    }

    /// Reads an integer with a prefix of so many bits.
    pub fn integer(&mut self, prefix: u8, name: Name) -> Result<u64, Flaw> {
        match integer::read(self.rest(), prefix) {
            Ok((value, len)) => {
                self.part(name, len);
                Ok(value)
            }
            Err(Bad::Truncated) => Err(self.truncated()),
            Err(Bad::TooLong) => Err((Code::HpackBadInteger, self.at, integer::LONGEST)),
        }
    }

    /// Reads a string and its length (RFC 7541, section 5.2).
    pub fn text(&mut self, name: Name) -> Result<Text, Flaw> {
        let in_huffman = self.rest().first().is_some_and(|first| first & 0x80 != 0);
        let len = self.integer(7, Name::HpackLength)?;
        let rest = self.rest();
        let Some(bytes) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
            return Err(self.truncated());
        };
        let at = self.at;
        self.part(name, bytes.len());
        if !in_huffman {
            return Ok(Text::told(bytes));
        }
        match huffman::decode(bytes) {
            Some(plain) => Ok(Text::told(&plain)),
            None => Err((Code::HpackBadHuffman, at, bytes.len())),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.block.get(self.at..).unwrap_or_default()
    }

    /// The block ends within the open representation.
    const fn truncated(&self) -> Flaw {
        (Code::HpackTruncated, self.start, self.block.len().saturating_sub(self.start))
    }

    /// The next `len` bytes are `name`; nothing where `len` is 0.
    fn part(&mut self, name: Name, len: usize) {
        if len > 0 {
            self.open.push(Part { name, at: self.at, len });
            self.at += len;
        }
    }
}

/// Lists a part, or makes it one with those that are too many. Room is left for `Undecoded`.
fn list(parts: &mut Vec<Part>, part: Part) {
    let listed = parts.len();
    match parts.last_mut() {
        Some(last) if last.name == Name::MoreLines => last.len += part.len,
        _ if listed + 2 >= PARTS => parts.push(Part { name: Name::MoreLines, ..part }),
        _ => parts.push(part),
    }
}

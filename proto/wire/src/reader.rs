//! The only place that cuts bytes off a stream. Bytes wait here until a decoder can use them whole
//! (incomplete input consumes nothing, law 2).

use trace::field::{Field, Name};
use trace::span::Span;

/// One direction of a connection: bytes that came and are not yet used.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// How much of the buffer's beginning is used up.
    used: usize,
    /// Offset in the stream of the first byte not yet used.
    offset: u64,
}

impl Reader {
    /// Adds bytes at the end.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.used == self.buffer.len() {
            self.buffer.clear();
            self.used = 0;
        } else if self.used > 4_096 && self.used * 2 > self.buffer.len() {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// What waits.
    #[must_use]
    pub fn peek(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    /// What waits, up to so many bytes.
    #[must_use]
    pub fn first(&self, most: u64) -> &[u8] {
        let waiting = self.peek();
        let len = usize::try_from(most).map_or(waiting.len(), |most| most.min(waiting.len()));
        waiting.get(..len).unwrap_or_default()
    }

    /// Gives back the room of what is used up: most connections are idle most of the time.
    pub fn settle(&mut self) {
        if self.used == self.buffer.len() {
            self.buffer = Vec::new();
            self.used = 0;
        }
    }

    /// Offset in the stream of the first byte that waits.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Uses up to `len` of the bytes that wait and says which.
    pub fn take(&mut self, len: u64) -> Span {
        let len = len.min(self.peek().len() as u64);
        self.used += usize::try_from(len).unwrap_or(0);
        let span = Span { start: self.offset, len };
        self.offset += len;
        span
    }

    /// The first line that waits, its end included.
    #[must_use]
    pub fn line(&self) -> Option<&[u8]> {
        let bytes = self.peek();
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        bytes.get(..=end)
    }
}

/// The most fields of a head that are listed one by one; what follows is one field `MoreLines`.
const LISTED: usize = 2_048;

/// The most faults that are listed of one event.
pub const FAULTS: usize = 64;

/// Cuts a piece of a stream into fields, one after the other, without gap or overlap.
#[derive(Debug)]
pub struct Tiler {
    at: u64,
    /// The fields so far.
    pub fields: Vec<Field>,
}

impl Tiler {
    /// Begins at an offset of the stream.
    #[must_use]
    pub const fn at(offset: u64) -> Self {
        Self { at: offset, fields: Vec::new() }
    }

    /// The next `len` bytes are `name`; nothing where `len` is 0.
    pub fn tile(&mut self, name: Name, len: usize) -> Span {
        let span = Span { start: self.at, len: len as u64 };
        if len == 0 {
            return span;
        }
        self.at = span.end();
        let listed = self.fields.len();
        match self.fields.last_mut() {
            Some(last) if last.name == Name::MoreLines => last.span.len += span.len,
            _ if listed >= LISTED => self.fields.push(Field { name: Name::MoreLines, span }),
            _ => self.fields.push(Field { name, span }),
        }
        span
    }
}

/// A line without its end, and the length of that end: 2 for CR LF, 1 for LF alone, 0 for none.
#[must_use]
pub fn split_line_end(line: &[u8]) -> (&[u8], usize) {
    match line {
        [text @ .., b'\r', b'\n'] => (text, 2),
        [text @ .., b'\n'] => (text, 1),
        text => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_on_over_pushes() {
        let mut reader = Reader::default();
        reader.push(b"one\ntw");
        assert_eq!(reader.line(), Some(&b"one\n"[..]));
        assert_eq!(reader.take(4), Span { start: 0, len: 4 });
        assert_eq!(reader.line(), None);
        reader.push(b"o\n");
        assert_eq!(reader.peek(), b"two\n");
        assert_eq!((reader.first(2), reader.first(99)), (&b"tw"[..], &b"two\n"[..]));
        reader.settle();
        assert_eq!(reader.take(99), Span { start: 4, len: 4 });
        assert_eq!(reader.offset(), 8);
        reader.settle();
        reader.push(b"x");
        assert_eq!((reader.offset(), reader.peek()), (8, &b"x"[..]));
    }
}

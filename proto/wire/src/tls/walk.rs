//! Goes through the body of a handshake message and cuts it into fields.

use trace::field::Name;
use trace::span::Span;
use trace::tls::Message;

use crate::reader::Tiler;

/// The most of a list that is kept beside its bytes.
const KEPT: usize = 64;

/// How far the body is read.
#[derive(Debug)]
pub struct Walk<'a, 't> {
    /// What is still to be read, up to the end of what is under way.
    pub rest: &'a [u8],
    tiler: &'t mut Tiler,
    /// What the message says so far.
    pub said: Message,
    /// The first place where something does not fit.
    pub bad: Option<Span>,
}

impl<'a, 't> Walk<'a, 't> {
    /// At the beginning of a body.
    pub fn new(kind: u8, body: &'a [u8], tiler: &'t mut Tiler) -> Self {
        let said = Message { kind, len: body.len() as u64, ..Message::default() };
        Self { rest: body, tiler, said, bad: None }
    }

    /// The next `len` bytes, if there are as many.
    pub fn take(&mut self, name: Name, len: usize) -> Option<&'a [u8]> {
        let (piece, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        self.tiler.tile(name, len);
        Some(piece)
    }

    /// All that is left.
    pub fn opaque(&mut self, name: Name) -> Option<()> {
        self.take(name, self.rest.len())?;
        Some(())
    }

    /// A number of two bytes.
    pub fn number(&mut self, name: Name) -> Option<u16> {
        let bytes = self.take(name, 2)?;
        Some(u16::from_be_bytes(*bytes.first_chunk()?))
    }

    /// The length, in so many bytes, of what follows (RFC 8446, section 3.4).
    pub fn length(&mut self, wide: usize) -> Option<usize> {
        let bytes = self.take(Name::TlsLength, wide)?;
        Some(bytes.iter().fold(0, |len, byte| (len << 8) | usize::from(*byte)))
    }

    /// Reads what lies in the next `len` bytes; what does not fit there is told, and left out.
    pub fn within(&mut self, len: usize, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let (inner, after) = self.rest.split_at_checked(len)?;
        self.rest = inner;
        let read = read(self).is_some();
        if !read || !self.rest.is_empty() {
            let span = self.tiler.tile(Name::Undecoded, self.rest.len());
            self.bad = self.bad.or(Some(span));
        }
        self.rest = after;
        Some(())
    }

    /// A vector whose length stands in so many bytes before it, read item by item.
    pub fn vector(
        &mut self,
        wide: usize,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        let len = self.length(wide)?;
        self.within(len, |walk| {
            while !walk.rest.is_empty() {
                item(walk)?;
            }
            Some(())
        })
    }
}

/// Adds to a list, up to what is kept of one.
pub fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() < KEPT {
        list.push(item);
    }
}

//! Finds the fields in Protocol Buffers by their tags and lengths. It has no bytes for where the message
//! itself or a list begins, none for an end, and none for a value that is as it always is. What cannot be
//! read ends the scan.

use super::{Count, Part, Pieces, Span, join, nth};
use crate::contract::{Field, Kind, MESSAGE, numbered};

/// The pieces of a message in Protocol Buffers.
pub(super) fn pieces(bytes: &[u8]) -> Pieces {
    let mut scan = Scan { bytes, at: 0, pieces: Pieces::default() };
    let _ = scan.inside("", &MESSAGE, bytes.len());
    scan.pieces
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    pieces: Pieces,
}

impl Scan<'_> {
    /// The fields of a message up to its end.
    fn inside(&mut self, path: &str, fields: &'static [Field], end: usize) -> Option<()> {
        let mut count = Count::default();
        while self.at < end {
            let tag = self.varint()?;
            let field = numbered(fields, tag >> 3)?;
            let mut inner = join(path, field.name);
            if field.repeated {
                inner = nth(&inner, count.index(field.name));
            }
            self.field(&inner, field, tag & 7)?;
        }
        Some(())
    }

    /// A field whose tag was read; of this wire type (Protocol Buffers encoding, "message structure").
    fn field(&mut self, path: &str, field: &Field, wire: u64) -> Option<()> {
        let start = self.at;
        let value = match wire {
            0 => {
                self.varint()?;
                Span::between(start, self.at)
            }
            1 => self.take(8)?,
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                if let Kind::Message(fields) = field.kind {
                    let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len())?;
                    self.pieces.mark(path, Part::Begin, self.at);
                    return self.inside(path, fields, end);
                }
                self.take(len)?
            }
            5 => self.take(4)?,
            _ => return None,
        };
        self.pieces.push(path, Part::Value, value, self.at);
        Some(())
    }

    /// The next so many bytes.
    fn take(&mut self, len: usize) -> Option<Span> {
        let start = self.at;
        self.at = start.checked_add(len).filter(|end| *end <= self.bytes.len())?;
        Some(Span { start, len })
    }

    /// A number of seven bits a byte, the lowest first.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

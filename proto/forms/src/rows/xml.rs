//! Finds the fields in XML as our own serializer writes it: elements alone, without attributes and without
//! space between them. What cannot be read ends the scan.

use super::{Count, Part, Pieces, Span, join, nth};
use crate::contract::{Field, Kind, MESSAGE, named};

/// The pieces of a message in XML.
pub(super) fn pieces(bytes: &[u8]) -> Pieces {
    let mut scan = Scan { bytes, at: 0, pieces: Pieces::default() };
    let _ = scan.root();
    scan.pieces
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    pieces: Pieces,
}

/// A tag at which an element begins.
struct Tag<'a> {
    name: &'a str,
    /// Whether it ends at once: `<text/>`.
    empty: bool,
}

impl<'a> Scan<'a> {
    fn root(&mut self) -> Option<()> {
        self.open()?;
        self.pieces.mark("", Part::Begin, self.at);
        self.inside("", &MESSAGE)
    }

    /// The elements of a message, up to its closing tag.
    fn inside(&mut self, path: &str, fields: &'static [Field]) -> Option<()> {
        let mut count = Count::default();
        while !self.closes() {
            let tag = self.open()?;
            let field = named(fields, tag.name)?;
            let mut inner = join(path, field.name);
            if field.repeated {
                inner = nth(&inner, count.index(field.name));
            }
            self.element(&inner, field, tag.empty)?;
        }
        self.close()?;
        self.pieces.mark(path, Part::End, self.at);
        Some(())
    }

    /// An element whose first tag was read.
    fn element(&mut self, path: &str, field: &Field, empty: bool) -> Option<()> {
        if let Kind::Message(fields) = field.kind {
            self.pieces.mark(path, Part::Begin, self.at);
            if empty {
                return Some(());
            }
            return self.inside(path, fields);
        }
        let start = self.at;
        let mut end = start;
        if !empty {
            self.seek(b'<')?;
            end = self.at;
            self.close()?;
        }
        self.pieces.push(path, Part::Value, Span::between(start, end), self.at);
        Some(())
    }

    /// Whether a closing tag stands here.
    fn closes(&self) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"</"))
    }

    /// Reads the tag that begins an element.
    fn open(&mut self) -> Option<Tag<'a>> {
        let start = self.at;
        self.close()?;
        let tag = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        let inside = tag.strip_prefix('<')?.strip_suffix('>')?;
        let name = inside.strip_suffix('/');
        Some(Tag { name: name.unwrap_or(inside), empty: name.is_some() })
    }

    /// Behind the tag that stands here.
    fn close(&mut self) -> Option<()> {
        self.seek(b'>')?;
        self.at += 1;
        Some(())
    }

    /// To the next such byte.
    fn seek(&mut self, byte: u8) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        self.at += rest.iter().position(|other| *other == byte)?;
        Some(())
    }
}

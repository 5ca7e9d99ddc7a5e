//! Finds the fields in JSON as our own serializer writes it: without spaces. What cannot be read ends the
//! scan.

use super::{Part, Pieces, Span, join, nth};

/// The pieces of a message in JSON.
pub(super) fn pieces(bytes: &[u8]) -> Pieces {
    let mut scan = Scan { bytes, at: 0, pieces: Pieces::default() };
    let _ = scan.value("");
    scan.pieces
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    pieces: Pieces,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// A value; the comma and the name that stand before it belong to it.
    fn value(&mut self, path: &str) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(path),
            b'[' => self.list(path),
            b'"' => {
                let value = self.string()?;
                self.pieces.push(path, Part::Value, value, self.at);
                Some(())
            }
            _ => {
                let start = self.at;
                while !matches!(self.peek()?, b',' | b'}' | b']') {
                    self.at += 1;
                }
                let value = Span::between(start, self.at);
                if value.len == 0 {
                    return None;
                }
                self.pieces.push(path, Part::Value, value, self.at);
                Some(())
            }
        }
    }

    fn object(&mut self, path: &str) -> Option<()> {
        self.begin(path);
        while !self.ends(path, b'}')? {
            let name = self.string()?.cut(self.bytes);
            let inner = join(path, std::str::from_utf8(name).ok()?);
            // The colon.
            self.at += 1;
            self.value(&inner)?;
        }
        Some(())
    }

    fn list(&mut self, path: &str) -> Option<()> {
        self.begin(path);
        let mut index = 0;
        while !self.ends(path, b']')? {
            self.value(&nth(path, index))?;
            index += 1;
        }
        Some(())
    }

    fn begin(&mut self, path: &str) {
        self.at += 1;
        self.pieces.mark(path, Part::Begin, self.at);
    }

    /// Whether what is under way ends here; steps over a comma.
    fn ends(&mut self, path: &str, mark: u8) -> Option<bool> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        let ends = self.peek()? == mark;
        if ends {
            self.at += 1;
            self.pieces.mark(path, Part::End, self.at);
        }
        Some(ends)
    }

    /// What stands between two quotes.
    fn string(&mut self) -> Option<Span> {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let inside = Span::between(start, self.at);
        self.at += 1;
        Some(inside)
    }
}

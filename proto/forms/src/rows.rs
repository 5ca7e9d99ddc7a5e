//! Where each field of a message lies in each of its encodings, so that they can be put beside each other.
//!
//! Laws: the cells of one encoding stand in order and tile it, without gap or overlap; a cell's value lies
//! within it; the rest of the cell is what the encoding needs besides: names, tags, lengths, marks.

mod json;
mod protobuf;
mod xml;

use crate::message::Message;
use crate::{Form, encode};

/// Bytes of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// How many.
    pub len: usize,
}

impl Span {
    /// The bytes from one place up to another.
    const fn between(start: usize, end: usize) -> Self {
        Self { start, len: end.saturating_sub(start) }
    }

    /// Behind its last byte.
    #[must_use]
    pub const fn end(self) -> usize {
        self.start.saturating_add(self.len)
    }

    /// These bytes of an encoding.
    #[must_use]
    pub fn cut(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end()).unwrap_or_default()
    }
}

/// A field in one encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// All of its bytes.
    pub all: Span,
    /// Those that say its value, escapes included; none where it begins or ends something.
    pub value: Span,
}

impl Cell {
    /// What stands before the value.
    #[must_use]
    pub const fn before(self) -> Span {
        Span::between(self.all.start, self.value.start)
    }

    /// What stands behind it.
    #[must_use]
    pub const fn after(self) -> Span {
        Span::between(self.value.end(), self.all.end())
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A message or a list begins.
    Begin,
    /// A value.
    Value,
    /// A message or a list ends.
    End,
}

/// A field in all three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it is: `from`, `tags[0]`, `replies[3].text`; nothing for the message itself.
    pub path: String,
    /// What of it.
    pub part: Part,
    /// How deep it lies.
    pub depth: usize,
    /// Its bytes in each, in the order of [`Form::ALL`]; nothing where an encoding has none for it.
    pub cells: [Option<Cell>; 3],
}

/// A message, written in each encoding and put side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aligned {
    /// The rows, in the order of the message.
    pub rows: Vec<Row>,
    encoded: [Vec<u8>; 3],
}

impl Aligned {
    /// A message's.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let encoded = Form::ALL.map(|form| encode(form, message));
        let [json, xml, protobuf] = &encoded;
        let rows = merge(json::pieces(json), xml::pieces(xml), protobuf::pieces(protobuf));
        Self { rows, encoded }
    }

    /// The message in one of them.
    #[must_use]
    pub fn bytes(&self, form: Form) -> &[u8] {
        self.encoded.get(form.index()).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many of its bytes say values.
    #[must_use]
    pub fn values(&self, form: Form) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.cell(form));
        cells.map(|cell| cell.value.len).sum()
    }
}

impl Row {
    /// Its bytes in one of them.
    #[must_use]
    pub fn cell(&self, form: Form) -> Option<Cell> {
        self.cells.get(form.index()).copied().flatten()
    }
}

/// What a scan of one encoding finds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    path: String,
    part: Part,
    cell: Cell,
}

/// What is found in an encoding, piece by piece: each begins where the last one ended.
#[derive(Debug, Default)]
struct Pieces {
    all: Vec<Piece>,
    from: usize,
}

impl Pieces {
    /// The next one ends here; its value is this.
    fn push(&mut self, path: &str, part: Part, value: Span, end: usize) {
        let cell = Cell { all: Span::between(self.from, end), value };
        self.all.push(Piece { path: path.to_owned(), part, cell });
        self.from = end;
    }

    /// Something begins or ends here, and says no value.
    fn mark(&mut self, path: &str, part: Part, end: usize) {
        self.push(path, part, Span::between(end, end), end);
    }
}

/// The path of a field in something.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The path of one of many.
fn nth(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// Counts the fields of one name that follow each other: which of many the next one is.
#[derive(Debug, Default)]
struct Count {
    name: &'static str,
    next: usize,
}

impl Count {
    fn index(&mut self, name: &'static str) -> usize {
        if self.name != name {
            *self = Self { name, next: 0 };
        }
        self.next += 1;
        self.next - 1
    }
}

/// JSON marks everything, also where lists begin and end and what is as it always is; the two others have
/// some of it, in the same order.
fn merge(json: Pieces, xml: Pieces, protobuf: Pieces) -> Vec<Row> {
    let mut others = [xml, protobuf].map(|pieces| pieces.all.into_iter().peekable());
    let rows = json.all.into_iter().map(|Piece { path, part, cell }| {
        let same = |piece: &Piece| piece.path == path && piece.part == part;
        let [xml, protobuf] = others.each_mut().map(|pieces| pieces.next_if(same));
        let cells = [Some(cell), xml.map(|piece| piece.cell), protobuf.map(|piece| piece.cell)];
        let depth = path.matches(['.', '[']).count();
        Row { path, part, depth, cells }
    });
    rows.collect()
}

#[cfg(test)]
mod tests;

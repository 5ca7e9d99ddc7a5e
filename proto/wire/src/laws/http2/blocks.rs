//! What a side of HTTP/2 needs in order to speak: frames, and header blocks by a small encoder with a
//! dynamic table of its own.

use crate::hpack::static_entry;

/// A header field.
pub type Line = (&'static str, &'static str);

/// A value that can be told in the Huffman code (RFC 7541, appendix C.4.1).
pub const HOST: &str = "www.example.com";
const HOST_IN_HUFFMAN: &[u8] = b"\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";

/// What an entry of the dynamic table counts beside its name and its value.
const OVERHEAD: usize = 32;

/// Decisions, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Lot(pub u64);

impl Lot {
    /// One of so many.
    pub fn of(&mut self, count: usize) -> usize {
        let count = count as u64;
        let drawn = self.0 % count;
        self.0 /= count;
        usize::try_from(drawn).unwrap()
    }

    /// Whether this is the one case among so many.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.of(count) == count - 1
    }
}

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A payload with so much padding.
pub fn padded(payload: &[u8], padding: u8) -> Vec<u8> {
    [&[padding][..], payload, &vec![0; usize::from(padding)]].concat()
}

/// One direction's encoding context.
#[derive(Debug, Clone)]
pub struct Encoder {
    /// The newest first.
    table: Vec<Line>,
    limit: usize,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { table: Vec::new(), limit: 4_096 }
    }
}

impl Encoder {
    /// A header block, sometimes with a new limit of the table before its fields.
    pub fn block(&mut self, lines: &[Line], lot: &mut Lot) -> Vec<u8> {
        let mut block = Vec::new();
        if lot.one_in(6) {
            self.limit = [0, 100, 4_096][lot.of(3)];
            block.extend(integer(0x20, 5, self.limit));
            self.make_room(0);
        }
        for line in lines {
            self.tell(*line, lot, &mut block);
        }
        block
    }

    /// A header field by its number, or told: kept, not kept, or never to be.
    fn tell(&mut self, line: Line, lot: &mut Lot, block: &mut Vec<u8>) {
        let number = self.number(|other| other == line);
        if number > 0 && !lot.one_in(4) {
            block.extend(integer(0x80, 7, number));
            return;
        }
        let (name, value) = line;
        let by_number = !lot.one_in(4);
        let number = if by_number { self.number(|(other, _)| other == name) } else { 0 };
        let (first, prefix) = [(0x40, 6), (0x40, 6), (0x00, 4), (0x10, 4)][lot.of(4)];
        block.extend(integer(first, prefix, number));
        if number == 0 {
            text(name, lot, block);
        }
        text(value, lot, block);
        if first == 0x40 {
            self.make_room(size(&line));
            if size(&line) <= self.limit {
                self.table.insert(0, line);
            }
        }
    }

    /// The number of the first such entry of both tables; 0 where there is none.
    fn number(&self, is_such: impl Fn(Line) -> bool) -> usize {
        let fixed = (1..).map_while(static_entry);
        let mut all = fixed.chain(self.table.iter().copied());
        all.position(is_such).map_or(0, |place| place + 1)
    }

    /// Lets the oldest entries go until there is room for so many bytes.
    fn make_room(&mut self, len: usize) {
        let most = self.limit.saturating_sub(len);
        while self.table.iter().map(size).sum::<usize>() > most {
            self.table.pop();
        }
    }
}

fn size((name, value): &Line) -> usize {
    name.len() + value.len() + OVERHEAD
}

/// A header field that is told and not kept, of up to 126 letters.
pub fn plain(name: &str, value: &str) -> Vec<u8> {
    let len = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, len(name)][..], name.as_bytes(), &[len(value)], value.as_bytes()].concat()
}

fn text(text: &str, lot: &mut Lot, block: &mut Vec<u8>) {
    if text == HOST && lot.one_in(2) {
        block.extend_from_slice(HOST_IN_HUFFMAN);
        return;
    }
    block.extend(integer(0, 7, text.len()));
    block.extend_from_slice(text.as_bytes());
}

/// An integer behind the bits that stand before its prefix (RFC 7541, section 5.1).
fn integer(before: u8, prefix: u32, value: usize) -> Vec<u8> {
    let most = (1_usize << prefix) - 1;
    let low = |value: usize| u8::try_from(value & 0x7f).unwrap();
    if value < most {
        return vec![before | low(value)];
    }
    let mut bytes = vec![before | low(most)];
    let mut rest = value - most;
    while rest > 0x7f {
        bytes.push(0x80 | low(rest));
        rest >>= 7;
    }
    bytes.push(low(rest));
    bytes
}

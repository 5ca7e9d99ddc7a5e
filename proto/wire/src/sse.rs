//! Server-Sent Events, in the content of an HTTP answer.
//!
//! Hears: blocks of lines with `id`, `event`, `data` and `retry`, comments, one byte order mark; lines
//! that end in CR LF, LF or CR.
//! Spec: WHATWG HTML, section 9.2.5 (grammar) and 9.2.6 (meaning).
//! Whole: a block is said as soon as its empty line is. Where that ends in CR, this is when the next
//! byte has come, for LF may follow, or when the stream ends. An empty line with no block before it
//! is a block of its own, which nobody hears of.
//! Bounded: a text is kept up to [`TEXT_KEPT`] bytes, and only counted beyond; fields and pieces are
//! listed up to a number (`tiles.rs`).
//! Laws: 2 (nothing fails, incomplete input says nothing), 3 (fields tile the pieces), 4 (however the
//! content is cut, the events are the same).
//!
//! ```text
//! Lead ──► Start ──► Name ──► Colon ──► Value ──┐
//!           ▲ ├────► Comment ───────────────────┤
//!           │ └──── (an empty line) ────────────┤
//!           └────── AfterCr ◄───────────────────┘
//! ```

mod line;
mod tiles;

#[cfg(test)]
mod tests;

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::ids::ConnId;
use trace::span::{Side, Span, Spans};
use trace::spoken::TEXT_KEPT;
use trace::sse::{Block, Sse as Said};

use crate::reader::FAULTS;
use line::{Line, Part};
use tiles::Tiles;

/// The mark that may stand at the beginning of a stream, once.
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// The decoder of one event stream.
#[derive(Debug)]
pub struct Sse {
    conn: ConnId,
    exchange: Option<u64>,
    state: State,
    /// Where the first bytes of a byte order mark lie, until it is known whether it is one.
    lead: Vec<u64>,
    line: Line,
    open: Open,
}

/// Where in a line the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of the stream.
    Lead,
    /// At the beginning of a line.
    Start,
    Comment,
    Name,
    /// Behind the colon: one space is not part of the value.
    Colon,
    Value,
    /// Behind a CR: LF may belong to it. `empty` says whether the line was.
    AfterCr {
        empty: bool,
    },
}

/// The block under way.
#[derive(Debug, Default)]
struct Open {
    tiles: Tiles,
    faults: Vec<Fault>,
    block: Block,
    data_lines: u64,
    /// Its data, as long as that is no longer than is kept.
    data: Vec<u8>,
}

/// Whether a `Content-Type` is that of event streams.
#[must_use]
pub fn is_event_stream(kind: &str) -> bool {
    let media = kind.split(';').next().unwrap_or_default();
    media.trim().eq_ignore_ascii_case("text/event-stream")
}

impl Sse {
    /// A stream from its first byte, in the answer of this exchange.
    #[must_use]
    pub fn new(conn: ConnId, exchange: Option<u64>) -> Self {
        Self {
            conn,
            exchange,
            state: State::Lead,
            lead: Vec::new(),
            line: Line::default(),
            open: Open::default(),
        }
    }

    /// Takes the next bytes of the content, which lie at `start` of the server's direction, and adds
    /// the blocks that they complete to `events`.
    pub fn content(&mut self, bytes: &[u8], start: u64, events: &mut Vec<Event>) {
        let (mut rest, mut at) = (bytes, start);
        while let Some(first) = rest.first() {
            let used = self.step(*first, rest, at, events);
            at += used as u64;
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// The content is over: what no empty line ended, a client throws away.
    pub fn end(&mut self, events: &mut Vec<Event>) {
        match self.state {
            State::Lead => self.release(),
            State::AfterCr { empty } => self.line_over(empty, events),
            _ => {}
        }
        let open = std::mem::take(&mut self.open);
        (self.line, self.state) = (Line::default(), State::Start);
        if !open.tiles.fields.is_empty() {
            self.say(Said::Unfinished, open.tiles, Vec::new(), events);
        }
    }

    /// Reads one piece of a line and says how many bytes it has: none where only the state changes.
    fn step(&mut self, first: u8, rest: &[u8], at: u64, events: &mut Vec<Event>) -> usize {
        match (self.state, first) {
            (State::Lead, _) => self.lead(first, at),
            (State::AfterCr { empty }, b'\n') => {
                self.tile(line_end(empty), at, 1);
                self.line_over(empty, events);
                1
            }
            (State::AfterCr { empty }, _) => {
                self.line_over(empty, events);
                0
            }
            (state, b'\r' | b'\n') => {
                let empty = state == State::Start;
                self.tile(line_end(empty), at, 1);
                if first == b'\n' {
                    self.line_over(empty, events);
                } else {
                    self.state = State::AfterCr { empty };
                }
                1
            }
            _ => self.text(first, rest, at),
        }
    }

    /// The beginning of the stream: a byte order mark is not part of the first line.
    fn lead(&mut self, byte: u8, at: u64) -> usize {
        if BYTE_ORDER_MARK.get(self.lead.len()) != Some(&byte) {
            self.release();
            return 0;
        }
        self.lead.push(at);
        if self.lead.len() == BYTE_ORDER_MARK.len() {
            for at in std::mem::take(&mut self.lead) {
                self.tile(Name::ByteOrderMark, at, 1);
            }
            self.state = State::Start;
        }
        1
    }

    /// There is no mark: what looked like one begins the first line.
    fn release(&mut self) {
        self.state = State::Start;
        for (byte, at) in BYTE_ORDER_MARK.into_iter().zip(std::mem::take(&mut self.lead)) {
            self.text(byte, &[byte], at);
        }
    }

    /// Reads a piece of a line's text: at least one byte, and no line end.
    fn text(&mut self, first: u8, rest: &[u8], at: u64) -> usize {
        match (self.state, first) {
            (State::Start, b':') => {
                self.state = State::Comment;
                self.line.comment = true;
            }
            (State::Start, _) => self.state = State::Name,
            (State::Name, b':') => {
                self.state = State::Colon;
                return self.tile(Name::Colon, at, 1);
            }
            (State::Colon, b' ') => {
                self.state = State::Value;
                return self.tile(Name::Whitespace, at, 1);
            }
            (State::Colon, _) => self.state = State::Value,
            _ => {}
        }
        let in_name = self.state == State::Name;
        let over = |byte: &u8| matches!(byte, b'\r' | b'\n') || (in_name && *byte == b':');
        let len = rest.iter().position(over).unwrap_or(rest.len());
        let bytes = rest.get(..len).unwrap_or_default();
        let span = Span { start: at, len: len as u64 };
        let part = if in_name { &mut self.line.name } else { &mut self.line.value };
        part.push(bytes, span);
        let name = match self.state {
            State::Comment => Name::Comment,
            State::Name => Name::EventFieldName,
            _ => Name::EventFieldValue,
        };
        self.tile(name, at, len)
    }

    /// A line is over, its end included; an empty one ends the block.
    fn line_over(&mut self, empty: bool, events: &mut Vec<Event>) {
        self.state = State::Start;
        if empty {
            self.say_block(events);
        } else {
            self.open.line(&self.line);
            self.line = Line::default();
        }
    }

    fn say_block(&mut self, events: &mut Vec<Event>) {
        let Open { tiles, faults, mut block, data_lines, data } = std::mem::take(&mut self.open);
        block.exchange = self.exchange;
        // Even `data` alone is a line feed in the data buffer, so the block is dispatched.
        block.dispatched = data_lines > 0;
        if block.dispatched && block.data_len <= TEXT_KEPT as u64 {
            block.data = Some(String::from_utf8_lossy(&data).into_owned());
        }
        self.say(Said::Block(block), tiles, faults, events);
    }

    /// The next bytes are `name`. Says how many.
    fn tile(&mut self, name: Name, start: u64, len: usize) -> usize {
        let span = Span { start, len: len as u64 };
        self.open.tiles.tile(Field { name, span });
        len
    }

    fn say(&self, said: Said, tiles: Tiles, faults: Vec<Fault>, events: &mut Vec<Event>) {
        events.push(Event {
            conn: self.conn,
            from: Side::Server,
            evidence: Spans(tiles.pieces),
            kind: Kind::Sse(said),
            fields: tiles.fields,
            faults,
        });
    }
}

impl Open {
    /// Understands a line that is not empty.
    fn line(&mut self, line: &Line) {
        for part in [&line.name, &line.value] {
            if !part.is_utf8() {
                self.fault(Code::EventNotUtf8, part.span);
            }
        }
        let value = &line.value;
        match line.name.kept() {
            _ if line.comment => self.block.comments += 1,
            b"data" => self.data(value),
            b"event" => self.block.event = Some(value.text()),
            b"id" if value.has_nul => self.fault(Code::EventIdNul, value.span),
            b"id" => self.block.id = Some(value.text()),
            b"retry" => match value.number() {
                Some(ms) => self.block.retry_ms = Some(ms),
                None => self.fault(Code::BadRetry, value.span.or(line.name.span)),
            },
            _ => self.fault(Code::UnknownEventField, line.name.span),
        }
    }

    /// A further line of data; LF stands between two.
    fn data(&mut self, value: &Part) {
        let joint = u64::from(self.data_lines > 0);
        self.data_lines += 1;
        self.block.data_len += joint + value.len;
        if self.block.data_len > TEXT_KEPT as u64 {
            self.data = Vec::new();
            return;
        }
        if joint > 0 {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value.kept());
    }

    fn fault(&mut self, code: Code, span: Option<Span>) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { code, span });
        }
    }
}

/// What the end of a line is: that of an empty one ends the block.
const fn line_end(empty: bool) -> Name {
    if empty { Name::EventEnd } else { Name::LineEnd }
}

//! One value of RESP as it comes. It is read as far as it goes, each byte once, and its parts are
//! counted down on a stack of our own: nesting costs no calls.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::resp::ValueKind;
use trace::span::{Dir, Span};

use super::shape::{Shape, is_whole_number, number};
use super::short::shortened;
use crate::reader::split_line_end;

/// The longest value that is read, in bytes.
pub const SIZE_MAX: usize = 16 * 1024 * 1024;

/// The longest line that is read: what Redis takes of a command as a plain line.
pub const LINE_MAX: usize = 64 * 1024;

/// The most values within a value.
pub const ELEMENTS_MAX: u64 = 100_000;

/// How deep values may lie in one another.
pub const DEPTH_MAX: usize = 32;

/// The most fields that are listed one by one; what follows is one field `MoreElements`.
const LISTED: usize = 512;

/// A value longer than this is kept like a body: only so far.
const LONG: usize = 64 * 1024;

/// The first words that are kept: a name, and eight more.
const WORDS: usize = 9;

/// A value under way.
#[derive(Debug)]
pub struct Parser {
    pub fields: Vec<Field>,
    pub value: Value,
    /// Where it begins in its direction.
    start: u64,
    /// How many of its bytes are read.
    at: usize,
    /// How many bytes behind them hold no line end.
    searched: usize,
    /// The string whose bytes are awaited.
    string: Option<Bulk>,
    /// The aggregates that are open, the outermost first.
    open: Vec<Aggregate>,
    /// Values within it so far, those still to come included.
    elements: u64,
}

/// What is kept of a value.
#[derive(Debug)]
pub struct Value {
    pub kind: ValueKind,
    /// Whether it is a push of version 3.
    pub push: bool,
    /// The value itself, shortened; of an aggregate, the number of its elements.
    pub text: String,
    /// The first elements of an aggregate, or words of a plain line, shortened.
    pub words: Vec<String>,
    /// How many elements or words there are.
    pub count: u64,
}

/// A string of known length.
#[derive(Debug, Clone, Copy)]
struct Bulk {
    kind: ValueKind,
    len: usize,
    /// Whether the first four bytes tell its format.
    verbatim: bool,
}

/// An aggregate of which so many elements are to come.
#[derive(Debug, Clone, Copy)]
struct Aggregate {
    left: u64,
    /// Whether it only says something about the value that follows it.
    attribute: bool,
}

/// What a step came to.
#[derive(Debug)]
pub enum Step {
    /// More bytes are needed.
    Wait,
    /// It went on.
    Again,
    /// The value is whole.
    Whole,
    /// Nothing after this can be trusted.
    Bad(Fault),
}

impl Parser {
    /// Begins at an offset of a direction.
    pub const fn at(start: u64) -> Self {
        let value = Value {
            kind: ValueKind::Null,
            push: false,
            text: String::new(),
            words: Vec::new(),
            count: 0,
        };
        Self {
            fields: Vec::new(),
            value,
            start,
            at: 0,
            searched: 0,
            string: None,
            open: Vec::new(),
            elements: 0,
        }
    }

    /// How many of its bytes are read.
    pub const fn read_len(&self) -> u64 {
        self.at as u64
    }

    /// Whether it is known to be long.
    pub const fn is_long(&self) -> bool {
        match self.string {
            Some(string) if string.len > LONG => true,
            _ => self.at > LONG,
        }
    }

    /// Reads on. `bytes` are those of the value that have come, from its first.
    pub fn run(&mut self, bytes: &[u8], dir: Dir) -> Step {
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let step = match self.string {
                Some(string) => self.string(string, rest),
                None => self.line(rest, dir),
            };
            if !matches!(step, Step::Again) {
                return step;
            }
        }
    }

    /// The stream ends within it; `all` are its bytes.
    pub fn cut_off(mut self, all: Span) -> Vec<Field> {
        let unread = Span::between(self.start + self.at as u64, all.end());
        self.tile(Name::Undecoded, usize::try_from(unread.len).unwrap_or_default());
        self.fields
    }

    /// A line: a short value, a length or a number of elements.
    fn line(&mut self, rest: &[u8], dir: Dir) -> Step {
        let Some(first) = rest.first() else { return Step::Wait };
        if self.at >= SIZE_MAX {
            return self.bad(Code::RespTooLarge, 1);
        }
        let Some(shape) = self.shape(*first, dir) else { return self.bad(Code::BadRespType, 1) };
        let window = rest.get(..rest.len().min(LINE_MAX)).unwrap_or_default();
        let unsearched = window.get(self.searched..).unwrap_or_default();
        let Some(place) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = window.len();
            let too_long = window.len() == LINE_MAX;
            return if too_long { self.bad(Code::RespTooLarge, LINE_MAX) } else { Step::Wait };
        };
        let line = window.get(..=self.searched + place).unwrap_or_default();
        self.searched = 0;
        let (content, end) = split_line_end(line);
        let text = content.get(1..).unwrap_or_default();
        match shape {
            Shape::Plain => self.plain(content, end),
            _ if end != 2 => self.bad(Code::BadRespEnd, line.len()),
            Shape::Line(kind) => self.short(kind, text),
            Shape::Bulk(kind) => self.bulk(kind, *first, text, dir),
            Shape::Many { kind, each } => self.many(kind, each, *first, text, dir),
        }
    }

    /// What a first byte announces, where it may stand.
    fn shape(&self, first: u8, dir: Dir) -> Option<Shape> {
        let outermost = self.open.is_empty();
        match (dir, first) {
            (Dir::ToServer, b'*') if outermost => Shape::of(first),
            (Dir::ToServer, _) if outermost => Some(Shape::Plain),
            (Dir::ToServer, b'$') => Shape::of(first),
            (Dir::ToServer, _) => None,
            // A push never stands within another value.
            (Dir::ToClient, b'>') if !outermost => None,
            (Dir::ToClient, _) => Shape::of(first),
        }
    }

    /// A command as a plain line.
    fn plain(&mut self, content: &[u8], end: usize) -> Step {
        let mut words = content.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        self.value.words = words.by_ref().take(WORDS).map(shortened).collect();
        self.value.count = (self.value.words.len() + words.count()) as u64;
        if self.value.count == 0 {
            // The server passes over an empty line.
            self.tile(Name::EmptyLine, content.len() + end);
            return Step::Again;
        }
        self.tile(Name::RespValue, content.len());
        self.tile(Name::LineEnd, end);
        Step::Whole
    }

    /// A value that stands in its line.
    fn short(&mut self, kind: ValueKind, text: &[u8]) -> Step {
        let good = match kind {
            ValueKind::Integer | ValueKind::BigNumber => is_whole_number(text),
            ValueKind::Double => {
                std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
            }
            ValueKind::Boolean => matches!(text, b"t" | b"f"),
            ValueKind::Null => text.is_empty(),
            _ => true,
        };
        if !good {
            let null = kind == ValueKind::Null;
            let code = if null { Code::BadRespEnd } else { Code::BadRespLength };
            return self.bad(code, text.len() + 3);
        }
        self.tile_line(Name::RespValue, text);
        match text {
            b"t" if kind == ValueKind::Boolean => self.keep(kind, b"true"),
            b"f" if kind == ValueKind::Boolean => self.keep(kind, b"false"),
            text => self.keep(kind, text),
        }
        self.over()
    }

    /// The length of a string.
    fn bulk(&mut self, kind: ValueKind, first: u8, text: &[u8], dir: Dir) -> Step {
        let line_len = text.len() + 3;
        if text == b"-1" && first == b'$' && dir == Dir::ToClient {
            self.tile_line(Name::RespLength, text);
            self.keep(ValueKind::Null, b"");
            return self.over();
        }
        let Some(len) = number(text) else { return self.bad(Code::BadRespLength, line_len) };
        let room = SIZE_MAX.saturating_sub(self.at + line_len + 2);
        let Some(len) = usize::try_from(len).ok().filter(|len| *len <= room) else {
            return self.bad(Code::RespTooLarge, line_len);
        };
        self.tile_line(Name::RespLength, text);
        self.string = Some(Bulk { kind, len, verbatim: first == b'=' });
        Step::Again
    }

    /// The bytes of a string, and CR LF.
    fn string(&mut self, string: Bulk, rest: &[u8]) -> Step {
        let Some((data, end)) = rest.split_at_checked(string.len) else { return Step::Wait };
        if matches!(end, [] | [b'\r']) {
            return Step::Wait;
        }
        self.tile(Name::RespData, string.len);
        match end {
            [b'\r', b'\n', ..] => self.tile(Name::LineEnd, 2),
            [b'\r', ..] => return self.bad(Code::BadRespEnd, 2),
            _ => return self.bad(Code::BadRespEnd, 1),
        };
        self.string = None;
        let format = if string.verbatim && data.get(3) == Some(&b':') { 4 } else { 0 };
        self.keep(string.kind, data.get(format..).unwrap_or_default());
        self.over()
    }

    /// The number of an aggregate's elements.
    fn many(&mut self, kind: ValueKind, each: u64, first: u8, text: &[u8], dir: Dir) -> Step {
        let line_len = text.len() + 3;
        let null = text == b"-1" && first == b'*';
        let count = if null { Some(0) } else { number(text) };
        let Some(count) = count else { return self.bad(Code::BadRespLength, line_len) };
        let left = count.saturating_mul(each);
        self.elements = self.elements.saturating_add(left);
        let too_deep = left > 0 && self.open.len() >= DEPTH_MAX;
        if too_deep || self.elements > ELEMENTS_MAX {
            return self.bad(Code::RespTooLarge, line_len);
        }
        self.tile_line(Name::RespLength, text);
        if dir == Dir::ToServer && count == 0 {
            // The server passes over a command of nothing, and answers nothing.
            return Step::Again;
        }
        let attribute = first == b'|';
        if !attribute {
            self.value.push |= first == b'>';
            if self.open.is_empty() {
                self.value.count = count;
            }
            let (kind, text) = if null { (ValueKind::Null, &b""[..]) } else { (kind, text) };
            self.keep(kind, text);
        }
        if left > 0 {
            self.open.push(Aggregate { left, attribute });
            return Step::Again;
        }
        if attribute { Step::Again } else { self.over() }
    }

    /// A value is over, and with it each aggregate whose last it is.
    fn over(&mut self) -> Step {
        while let Some(aggregate) = self.open.last_mut() {
            aggregate.left = aggregate.left.saturating_sub(1);
            if aggregate.left > 0 {
                return Step::Again;
            }
            let attribute = aggregate.attribute;
            self.open.pop();
            if attribute {
                // It is no element: the value that it speaks of follows.
                return Step::Again;
            }
        }
        Step::Whole
    }

    /// Keeps what is said of the value itself and of its first elements.
    fn keep(&mut self, kind: ValueKind, text: &[u8]) {
        match self.open.as_slice() {
            [] => {
                self.value.kind = kind;
                self.value.text = shortened(text);
            }
            [outermost] if !outermost.attribute && self.value.words.len() < WORDS => {
                self.value.words.push(shortened(text));
            }
            _ => {}
        }
    }

    fn bad(&mut self, code: Code, len: usize) -> Step {
        let span = Some(self.tile(Name::BadLine, len));
        Step::Bad(Fault { code, span })
    }

    /// A line: its first byte, the rest and CR LF.
    fn tile_line(&mut self, name: Name, text: &[u8]) {
        self.tile(Name::RespType, 1);
        self.tile(name, text.len());
        self.tile(Name::LineEnd, 2);
    }

    /// The next `len` bytes are `name`.
    fn tile(&mut self, name: Name, len: usize) -> Span {
        let span = Span { start: self.start + self.at as u64, len: len as u64 };
        self.at += len;
        if len == 0 {
            return span;
        }
        let listed = self.fields.len();
        match self.fields.last_mut() {
            Some(last) if last.name == Name::MoreElements => last.span.len += span.len,
            _ if listed >= LISTED => self.fields.push(Field { name: Name::MoreElements, span }),
            _ => self.fields.push(Field { name, span }),
        }
        span
    }
}

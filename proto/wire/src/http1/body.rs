//! Chunked bodies: RFC 9112, section 7.1.
//!
//! ```text
//! Size ──► Data ──► DataEnd ──► Size …      Size (0) ──► Trailers ──► done
//! ```

use trace::event::Event;
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::span::Span;

use super::HEAD_MAX;
use super::head::tile_header;
use crate::listener::Listener;
use crate::reader::{FAULTS, Reader, Tiler, split_line_end};

/// The longest line with a chunk's length that is read, extension included.
const SIZE_LINE_MAX: usize = 4_096;

/// The most fields that are listed one by one; what follows is one field `MoreChunks`.
const FIELDS_LISTED: usize = 4_096;

/// Takes up to `most` bytes of a body's content; who listens hears them as they come.
pub fn take_content(
    reader: &mut Reader,
    most: u64,
    listener: Option<&mut Listener>,
    events: &mut Vec<Event>,
) {
    let content = reader.first(most);
    if let Some(listener) = listener.filter(|_| !content.is_empty()) {
        listener.content(content, reader.offset(), events);
    }
    reader.take(most);
}

/// A chunked body under way.
#[derive(Debug)]
pub struct Chunked {
    pub exchange: Option<u64>,
    pub fields: Vec<Field>,
    pub faults: Vec<Fault>,
    pub content_len: u64,
    pub chunks: u64,
    start: u64,
    end: u64,
    phase: Phase,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Size,
    Data { start: u64, end: u64 },
    DataEnd,
    Trailers { start: u64 },
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    Wait,
    /// It went on.
    Again,
    /// The body is over.
    Done { in_sync: bool },
}

impl Chunked {
    pub const fn new(start: u64, exchange: Option<u64>) -> Self {
        Self {
            exchange,
            fields: Vec::new(),
            faults: Vec::new(),
            content_len: 0,
            chunks: 0,
            start,
            end: start,
            phase: Phase::Size,
        }
    }

    /// All bytes of the body so far.
    pub const fn span(&self) -> Span {
        Span::between(self.start, self.end)
    }

    pub fn step(
        &mut self,
        reader: &mut Reader,
        listener: Option<&mut Listener>,
        events: &mut Vec<Event>,
    ) -> Step {
        match self.phase {
            Phase::Size => self.size(reader),
            Phase::Data { start, end } => {
                let due = end.saturating_sub(reader.offset());
                take_content(reader, due, listener, events);
                if reader.offset() < end {
                    return Step::Wait;
                }
                self.tile(Name::ChunkData, Span::between(start, end));
                self.content_len += end - start;
                self.chunks += 1;
                self.phase = Phase::DataEnd;
                Step::Again
            }
            Phase::DataEnd => self.data_end(reader),
            Phase::Trailers { start } => self.trailer(reader, start),
        }
    }

    /// The stream ends here; `pending` are bytes that wait for more.
    pub fn cut_off(&mut self, pending: Span, faults: &[Fault]) {
        if let Phase::Data { start, .. } = self.phase {
            let span = Span::between(start, pending.end());
            self.content_len += span.len;
            self.tile(Name::ChunkData, span);
        } else {
            self.tile(Name::Undecoded, pending);
        }
        self.faults.extend_from_slice(faults);
    }

    fn size(&mut self, reader: &mut Reader) -> Step {
        let Some(line) = reader.line().filter(|line| line.len() <= SIZE_LINE_MAX) else {
            if reader.peek().len() < SIZE_LINE_MAX {
                return Step::Wait;
            }
            return self.bad_line(reader, SIZE_LINE_MAX, Code::BadChunkSize);
        };
        let (content, end) = split_line_end(line);
        let digits = content.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (hex, extension) = content.split_at(digits);
        // White space before ";" is bad but tolerated (RFC 9112, section 7.1.1).
        let understood = extension.is_empty() || extension.trim_ascii_start().starts_with(b";");
        let size = std::str::from_utf8(hex)
            .ok()
            .filter(|hex| hex.len() <= 16)
            .and_then(|hex| u64::from_str_radix(hex, 16).ok())
            .filter(|size| *size < u64::MAX / 2);
        let Some(size) = size.filter(|_| understood) else {
            let len = line.len();
            return self.bad_line(reader, len, Code::BadChunkSize);
        };
        let extension_len = extension.len();
        self.tile(Name::ChunkSize, reader.take(digits as u64));
        self.tile(Name::ChunkExtension, reader.take(extension_len as u64));
        self.line_end(reader, end, Name::LineEnd);
        let start = reader.offset();
        self.phase = match size {
            0 => Phase::Trailers { start },
            _ => Phase::Data { start, end: start + size },
        };
        Step::Again
    }

    fn data_end(&mut self, reader: &mut Reader) -> Step {
        let len = match reader.peek() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'\r'] => return Step::Wait,
            _ => {
                self.faults.push(Fault {
                    code: Code::BadChunkEnd,
                    span: Some(Span { start: reader.offset(), len: 1 }),
                });
                return Step::Done { in_sync: false };
            }
        };
        self.line_end(reader, len, Name::LineEnd);
        self.phase = Phase::Size;
        Step::Again
    }

    fn trailer(&mut self, reader: &mut Reader, start: u64) -> Step {
        let room =
            HEAD_MAX - usize::try_from(reader.offset() - start).unwrap_or(HEAD_MAX).min(HEAD_MAX);
        let Some(line) = reader.line().filter(|line| line.len() <= room) else {
            if reader.peek().len() <= room {
                return Step::Wait;
            }
            return self.bad_line(reader, room, Code::BadTrailer);
        };
        let (content, end) = split_line_end(line);
        if content.is_empty() {
            self.line_end(reader, end, Name::BodyEnd);
            return Step::Done { in_sync: true };
        }
        let mut tiler = Tiler::at(reader.offset());
        if content.iter().position(|byte| *byte == b':').is_some_and(|at| at > 0) {
            tile_header(&mut tiler, content);
        } else {
            let span = tiler.tile(Name::BadLine, content.len());
            self.fault(Code::BadTrailer, span);
        }
        reader.take(content.len() as u64);
        for field in tiler.fields {
            self.tile(field.name, field.span);
        }
        self.line_end(reader, end, Name::LineEnd);
        Step::Again
    }

    fn bad_line(&mut self, reader: &mut Reader, len: usize, code: Code) -> Step {
        let span = reader.take(len as u64);
        self.tile(Name::BadLine, span);
        self.faults.push(Fault { code, span: Some(span) });
        Step::Done { in_sync: false }
    }

    fn fault(&mut self, code: Code, span: Span) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { code, span: Some(span) });
        }
    }

    fn line_end(&mut self, reader: &mut Reader, len: usize, name: Name) {
        let span = reader.take(len as u64);
        self.tile(name, span);
        if len == 1 {
            self.fault(Code::BareLf, span);
        }
    }

    fn tile(&mut self, name: Name, span: Span) {
        if span.is_empty() {
            return;
        }
        self.end = span.end();
        let listed = self.fields.len();
        match self.fields.last_mut() {
            Some(last) if last.name == Name::MoreChunks => last.span.len += span.len,
            _ if listed >= FIELDS_LISTED => {
                self.fields.push(Field { name: Name::MoreChunks, span });
            }
            _ => self.fields.push(Field { name, span }),
        }
    }
}

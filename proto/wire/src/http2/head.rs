//! Header blocks: RFC 9113, section 4.3. Their fragments are gathered over HEADERS or PUSH_PROMISE
//! and the CONTINUATIONs behind it, decoded as one, and what HPACK tells of the block is put back on
//! the pieces of the stream.
//!
//! A block is decoded even where nobody asks for what it says, since every one changes the context
//! of those behind it. Where one cannot be read (it is too large, its padding is too long, another
//! frame comes in its place), the context is lost: later heads of the direction are said without
//! header fields, and without further faults.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::{FrameKind, Head, Header as HeaderField, Role};
use trace::span::{Span, Spans};

use super::frame::{END_HEADERS, END_STREAM, Header};
use super::rules;
use crate::hpack::{Block, Hpack, Part};
use crate::reader::FAULTS;

/// The longest header block that is decoded.
pub const BLOCK_MAX: usize = 64 * 1024;

/// The most fragments of a header block that is decoded, empty ones aside.
pub const FRAGMENTS: usize = 1_024;

/// The header blocks of one direction.
#[derive(Debug, Default)]
pub struct Blocks {
    pub(super) hpack: Hpack,
    /// Whether a block could not be read.
    lost: bool,
    open: Option<Gathering>,
}

/// A block under way.
#[derive(Debug)]
struct Gathering {
    /// The stream of its frames.
    carrier: u32,
    promised: Option<u32>,
    promises: bool,
    ends: bool,
    bytes: Vec<u8>,
    pieces: Vec<Span>,
    frames: u64,
    /// Bytes of all fragments, those that are not kept included.
    len: u64,
    too_large: bool,
    unreadable: bool,
}

/// A block that is whole.
pub struct Whole {
    /// Its stream: of a promise, the promised one.
    pub stream: u32,
    pub promises: bool,
    ends: bool,
    pieces: Vec<Span>,
    frames: u64,
    len: u64,
    /// Where its last frame ends.
    end: u64,
    /// What it says, where it can be decoded.
    block: Option<Block>,
    too_large: bool,
}

/// What is said of a block.
pub struct Heard {
    pub head: Head,
    pub evidence: Spans,
    pub fields: Vec<Field>,
    pub faults: Vec<Fault>,
}

impl Blocks {
    /// The sender's dynamic table may have so many bytes.
    pub fn allow(&mut self, bytes: u32) {
        self.hpack.allow(bytes);
    }

    /// What is wrong with a frame that comes now, for a header block goes on until its end (RFC
    /// 9113, section 4.3).
    pub fn interrupted_by(&self, header: &Header) -> Option<Code> {
        let goes_on = header.kind == FrameKind::Continuation;
        match &self.open {
            Some(open) if goes_on && open.carrier == header.stream => None,
            Some(_) => Some(Code::HeadInterrupted),
            None => goes_on.then_some(Code::LoneContinuation),
        }
    }

    /// A frame has come, with its piece of a header block. Gives the block that it ends.
    pub fn frame(
        &mut self,
        header: &Header,
        promised: Option<u32>,
        fragment: Option<(&[u8], Span)>,
    ) -> Option<Whole> {
        match header.kind {
            FrameKind::Headers | FrameKind::PushPromise => {
                // One that never became whole has done to the context what nobody knows.
                self.lost |= self.open.is_some();
                self.open = Some(Gathering::new(header, promised));
            }
            FrameKind::Continuation if self.interrupted_by(header).is_none() => {}
            FrameKind::Continuation => {
                self.lost = true;
                return None;
            }
            _ => return None,
        }
        if let Some(open) = &mut self.open {
            open.add(header, fragment);
        }
        if !header.has(END_HEADERS) {
            return None;
        }
        self.open.take().map(|open| self.decode(open, header.span().end()))
    }

    fn decode(&mut self, open: Gathering, end: u64) -> Whole {
        let too_large = open.too_large && !self.lost;
        self.lost |= open.too_large || open.unreadable;
        let block = (!self.lost).then(|| self.hpack.block(&open.bytes));
        // What HPACK finds is its own fault; from here on it is the same.
        self.lost |= block.as_ref().is_some_and(|block| !block.in_sync);
        Whole {
            stream: open.promised.unwrap_or(open.carrier),
            promises: open.promises,
            ends: open.ends,
            pieces: open.pieces,
            frames: open.frames,
            len: open.len,
            end,
            block,
            too_large,
        }
    }
}

impl Gathering {
    fn new(header: &Header, promised: Option<u32>) -> Self {
        Self {
            carrier: header.stream,
            promised,
            promises: header.kind == FrameKind::PushPromise,
            ends: header.kind == FrameKind::Headers && header.has(END_STREAM),
            bytes: Vec::new(),
            pieces: Vec::new(),
            frames: 0,
            len: 0,
            too_large: false,
            unreadable: false,
        }
    }

    /// The fragment of one of its frames; none where that cannot be known.
    fn add(&mut self, header: &Header, fragment: Option<(&[u8], Span)>) {
        self.frames += 1;
        let Some((bytes, span)) = fragment else {
            self.len += u64::from(header.len);
            // One that did not wait was too large for it.
            self.too_large |= !header.waits();
            self.unreadable = true;
            return;
        };
        self.len += span.len;
        let full = self.bytes.len() + bytes.len() > BLOCK_MAX || self.pieces.len() >= FRAGMENTS;
        self.too_large |= full && !span.is_empty();
        if !span.is_empty() && !self.too_large {
            self.bytes.extend_from_slice(bytes);
            self.pieces.push(span);
        }
    }
}

impl Whole {
    /// Its header fields, as far as they are known.
    pub fn headers(&self) -> &[HeaderField] {
        self.block.as_ref().map(|block| block.headers.as_slice()).unwrap_or_default()
    }

    /// What is said of it, now that it is known what it is the head of.
    pub fn said(self, role: Role) -> Heard {
        let Self { stream, ends, pieces, frames, len, end, block, too_large, .. } = self;
        let (fields, mut faults) = match &block {
            Some(block) => (fields(&block.parts, &pieces), faults(block, role, &pieces)),
            None => {
                let name = Name::HeaderFragment;
                (pieces.iter().map(|span| Field { name, span: *span }).collect(), Vec::new())
            }
        };
        if too_large {
            faults.push(Fault { code: Code::HeaderListTooLarge, span: None });
        }
        let (plain_len, table_size) =
            block.as_ref().map(|block| (block.plain_len, block.table_size)).unwrap_or_default();
        let headers = block.map(|block| block.headers).unwrap_or_default();
        // An empty block has its place too.
        let evidence =
            if pieces.is_empty() { Spans::one(Span { start: end, len: 0 }) } else { Spans(pieces) };
        let head = Head { stream, role, headers, ends, frames, len, plain_len, table_size };
        Heard { head, evidence, fields, faults }
    }
}

/// The parts of a block, put on its pieces: one over a gap is two.
fn fields(parts: &[Part], pieces: &[Span]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut pieces = pieces.iter().copied();
    let mut piece = Span { start: 0, len: 0 };
    for part in parts {
        let mut due = part.len as u64;
        while due > 0 {
            if piece.is_empty() {
                let Some(next) = pieces.next() else { return fields };
                piece = next;
                continue;
            }
            let span = Span { start: piece.start, len: due.min(piece.len) };
            fields.push(Field { name: part.name, span });
            piece = Span::between(span.end(), piece.end());
            due -= span.len;
        }
    }
    fields
}

/// Where a part of a block begins in the stream, as far as it goes in one piece.
fn place(at: usize, len: usize, pieces: &[Span]) -> Option<Span> {
    let mut before = at as u64;
    for piece in pieces {
        if before < piece.len {
            let start = piece.start + before;
            return Some(Span { start, len: (len as u64).min(piece.end() - start) });
        }
        before -= piece.len;
    }
    None
}

/// What is wrong with a block: what HPACK found, then what HTTP/2 forbids.
fn faults(block: &Block, role: Role, pieces: &[Span]) -> Vec<Fault> {
    let place = |(at, len)| place(at, len, pieces);
    let hpack = block.faults.iter().map(|(code, at, len)| (*code, place((*at, *len))));
    let lines = lines(&block.parts);
    let broken = rules::broken(role, &block.headers).into_iter();
    let broken = broken.map(|(code, index)| (code, lines.get(index).copied().and_then(place)));
    // Where not all header fields are known, none can be missed.
    let missing = block.faults.is_empty() && rules::is_incomplete(role, &block.headers);
    let missing = missing.then_some((Code::BadPseudoHeader, None));
    let all = hpack.chain(broken).chain(missing).take(FAULTS);
    all.map(|(code, span)| Fault { code, span }).collect()
}

/// Where each header field stands in a block, and how long it is.
fn lines(parts: &[Part]) -> Vec<(usize, usize)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for part in parts {
        match part.name {
            Name::HpackIndexed | Name::HpackLiteral => lines.push((part.at, part.len)),
            Name::HpackLength | Name::HpackName | Name::HpackValue => {
                if let Some(line) = lines.last_mut() {
                    line.1 += part.len;
                }
            }
            _ => {}
        }
    }
    lines
}

//! Messages over their frames: RFC 6455, section 5.4.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::span::{Span, Spans};
use trace::spoken::TEXT_KEPT;
use trace::websocket::{Message, Opcode};

use super::frame::Header;
use crate::utf8::Utf8;

/// The most pieces of a message that are listed one by one; what follows is one piece, headers
/// included.
pub const PIECES_LISTED: usize = 4_096;

/// A message under way.
#[derive(Debug)]
pub struct Building {
    opcode: Opcode,
    frames: u64,
    len: u64,
    pieces: Vec<Field>,
    /// Whether its bytes can be read: where a reserved bit is set, only an extension knows how.
    plain: bool,
    /// The text so far; none where there is none to keep.
    text: Option<Vec<u8>>,
    utf8: Utf8,
}

/// A message that is whole.
#[derive(Debug)]
pub struct Built {
    pub evidence: Spans,
    pub message: Message,
    pub fields: Vec<Field>,
    pub faults: Vec<Fault>,
}

impl Building {
    /// Begins with its first frame.
    pub fn new(header: &Header) -> Self {
        let plain = header.rsv == 0;
        Self {
            opcode: header.opcode,
            frames: 1,
            len: 0,
            pieces: Vec::new(),
            plain,
            text: (plain && header.opcode == Opcode::Text).then(Vec::new),
            utf8: Utf8::default(),
        }
    }

    /// Goes on with a continuation.
    pub fn go_on(&mut self, header: &Header) {
        self.frames += 1;
        if header.rsv != 0 {
            self.plain = false;
            self.text = None;
        }
    }

    /// Reads bytes as they come, unmasked; the first lies at offset `at`.
    pub fn read(&mut self, bytes: impl Iterator<Item = u8>, at: u64) {
        if !self.is_text() {
            return;
        }
        for (byte, at) in bytes.zip(at..) {
            self.utf8.push(byte, at);
            match &mut self.text {
                Some(text) if text.len() < TEXT_KEPT => text.push(byte),
                text => *text = None,
            }
        }
    }

    /// The payload of one of its frames, whole.
    pub fn add(&mut self, payload: Span) {
        self.len += payload.len;
        if payload.is_empty() {
            return;
        }
        let listed = self.pieces.len();
        match self.pieces.last_mut() {
            Some(last) if last.name == Name::MoreElements => {
                last.span = Span::between(last.span.start, payload.end());
            }
            _ if listed >= PIECES_LISTED => {
                self.pieces.push(Field { name: Name::MoreElements, span: payload });
            }
            _ => self.pieces.push(Field { name: Name::Payload, span: payload }),
        }
    }

    /// Its last frame ended at `end`.
    pub fn finish(self, end: u64) -> Built {
        let bad = if self.is_text() { self.utf8.bad() } else { None };
        let fault = |at| Fault { code: Code::BadUtf8, span: Some(Span { start: at, len: 1 }) };
        // An empty message has its place too.
        let evidence = if self.pieces.is_empty() {
            Spans::one(Span { start: end, len: 0 })
        } else {
            Spans(self.pieces.iter().map(|piece| piece.span).collect())
        };
        let text = self.text.filter(|_| bad.is_none());
        Built {
            evidence,
            message: Message {
                opcode: self.opcode,
                frames: self.frames,
                len: self.len,
                text: text.and_then(|text| String::from_utf8(text).ok()),
            },
            fields: self.pieces,
            faults: bad.map(fault).into_iter().collect(),
        }
    }

    fn is_text(&self) -> bool {
        self.plain && self.opcode == Opcode::Text
    }
}

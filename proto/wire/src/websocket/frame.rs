//! Frames: RFC 6455, section 5.2. A header is read when it is whole, a payload as it comes.
//!
//! ```text
//! FIN RSV1-3 opcode │ MASK length │ length (2 or 8 bytes) │ masking key (4) │ payload
//! ```

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::span::{Dir, Span};
use trace::websocket::{Close, Frame, Opcode};

use super::message::Building;
use crate::reader::Tiler;
use crate::utf8::Utf8;

/// The most bytes of a control frame's payload (RFC 6455, section 5.5).
const CONTROL_MAX: usize = 125;

/// The longest payload: the highest bit of eight bytes must not be set.
const LEN_MAX: u64 = u64::MAX / 2;

/// A frame's header.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    pub fin: bool,
    pub rsv: u8,
    pub opcode: Opcode,
    masked: bool,
    mask: Option<[u8; 4]>,
    /// Bytes of the payload.
    len: u64,
    /// Bytes of the extended length.
    extended: usize,
}

/// The header that lies at the beginning, if it is whole. Of one whose length cannot be, the key is
/// not looked at: nobody knows what follows.
pub fn read(bytes: &[u8]) -> Option<Header> {
    let [first, second, rest @ ..] = bytes else { return None };
    let extended = extended(*second);
    let len = match extended {
        0 => u64::from(second & 0x7f),
        2 => u64::from(u16::from_be_bytes(*rest.first_chunk()?)),
        _ => u64::from_be_bytes(*rest.first_chunk()?),
    };
    let masked = second & 0x80 != 0;
    let mask = if masked && len <= LEN_MAX {
        Some(*rest.get(extended..)?.first_chunk::<4>()?)
    } else {
        None
    };
    Some(Header {
        fin: first & 0x80 != 0,
        rsv: (first >> 4) & 0b111,
        opcode: Opcode::of(first & 0x0f),
        masked,
        mask,
        len,
        extended,
    })
}

/// How many bytes of length follow the byte with the mask bit.
const fn extended(second: u8) -> usize {
    match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

/// What is known of a header that never became whole.
pub fn cut_off(bytes: &[u8], start: u64) -> Vec<Field> {
    let mut tiler = Tiler::at(start);
    tiler.tile(Name::FinAndOpcode, bytes.len().min(1));
    if let [_, second, rest @ ..] = bytes {
        tiler.tile(Name::MaskAndLength, 1);
        let length = Some(extended(*second)).filter(|length| rest.len() >= *length).unwrap_or(0);
        tiler.tile(Name::ExtendedLength, length);
        tiler.tile(Name::Undecoded, rest.len() - length);
    }
    tiler.fields
}

impl Header {
    /// Bytes of the header itself.
    pub const fn size(&self) -> u64 {
        2 + self.extended as u64 + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Whether nobody knows where the frame ends.
    pub const fn is_endless(&self) -> bool {
        self.len > LEN_MAX
    }

    /// Whether it carries a piece of a message.
    pub const fn is_data(&self) -> bool {
        matches!(self.opcode, Opcode::Continuation | Opcode::Text | Opcode::Binary)
    }

    /// The fields of the header.
    pub fn fields(&self, start: u64) -> Vec<Field> {
        let mut tiler = Tiler::at(start);
        tiler.tile(Name::FinAndOpcode, 1);
        tiler.tile(Name::MaskAndLength, 1);
        tiler.tile(Name::ExtendedLength, self.extended);
        tiler.tile(Name::MaskingKey, if self.mask.is_some() { 4 } else { 0 });
        tiler.fields
    }

    /// What is wrong with the header, whatever came before it. Where an extension was agreed on, the
    /// reserved bits are its own.
    pub fn faults(&self, dir: Dir, start: u64, extensions: bool) -> Vec<Fault> {
        let first = Span { start, len: 1 };
        let second = Span { start: start + 1, len: 1 };
        let length = Span { start: start + 2, len: self.extended as u64 };
        let control = self.opcode.is_control();
        let minimal = match self.extended {
            0 => true,
            2 => self.len > CONTROL_MAX as u64,
            _ => self.len > u64::from(u16::MAX),
        };
        let masks = dir == Dir::ToServer;
        let rules = [
            (self.rsv != 0 && !extensions, Code::ReservedBits, first),
            (matches!(self.opcode, Opcode::Reserved(_)), Code::UnknownOpcode, first),
            (control && !self.fin, Code::ControlFragmented, first),
            (masks && !self.masked, Code::NotMasked, second),
            (!masks && self.masked, Code::Masked, second),
            (control && self.len > CONTROL_MAX as u64, Code::ControlTooLong, second),
            (!minimal, Code::LengthNotMinimal, length),
            (self.is_endless(), Code::LengthTooLarge, length),
        ];
        let broken = rules.into_iter().filter(|(broken, ..)| *broken);
        broken.map(|(_, code, span)| Fault { code, span: Some(span) }).collect()
    }

    /// A piece of the payload, `index` bytes into it, unmasked (RFC 6455, section 5.3).
    fn unmasked(self, piece: &[u8], index: u64) -> impl Iterator<Item = u8> {
        let key = self.mask.unwrap_or_default();
        piece.iter().zip(index..).map(move |(byte, index)| byte ^ key[(index % 4) as usize])
    }
}

/// A frame whose payload is under way.
#[derive(Debug)]
pub struct Open {
    pub header: Header,
    /// Where the frame begins.
    pub start: u64,
    pub payload: Span,
    pub faults: Vec<Fault>,
    /// What a close says so far, unmasked.
    close: Vec<u8>,
    reason: Utf8,
}

impl Open {
    pub fn new(header: Header, start: u64, faults: Vec<Fault>) -> Self {
        let payload = Span { start: start + header.size(), len: header.len };
        Self { header, start, payload, faults, close: Vec::new(), reason: Utf8::default() }
    }

    /// Reads a piece of the payload that lies at offset `at`, `index` bytes into the payload.
    pub fn read(&mut self, piece: &[u8], at: u64, index: u64, message: Option<&mut Building>) {
        let bytes = self.header.unmasked(piece, index);
        if self.header.opcode == Opcode::Close {
            for (byte, at) in bytes.zip(at..) {
                if self.close.len() < CONTROL_MAX {
                    self.close.push(byte);
                }
                if at >= self.payload.start + 2 {
                    self.reason.push(byte, at);
                }
            }
        } else if let Some(message) = message.filter(|_| self.header.is_data()) {
            message.read(bytes, at);
        }
    }

    /// The fields of the frame, of whose payload came what lies before `end`.
    pub fn fields(&self, end: u64) -> Vec<Field> {
        let mut fields = self.header.fields(self.start);
        let payload = Span::between(self.payload.start, end);
        let mut push = |name, span: Span| {
            if !span.is_empty() {
                fields.push(Field { name, span });
            }
        };
        if self.header.opcode == Opcode::Close && payload.len >= 2 {
            let code = Span { start: payload.start, len: 2 };
            push(Name::CloseCode, code);
            push(Name::CloseReason, Span::between(code.end(), payload.end()));
        } else {
            push(Name::Payload, payload);
        }
        fields
    }

    /// What the frame says, now that it is whole.
    pub fn said(&mut self) -> Frame {
        let Header { fin, rsv, opcode, mask, len, .. } = self.header;
        Frame { fin, rsv, opcode, mask, len, close: self.close() }
    }

    fn close(&mut self) -> Option<Close> {
        let (bytes, payload) = (std::mem::take(&mut self.close), self.payload);
        let mut fault = |code, span| self.faults.push(Fault { code, span: Some(span) });
        match bytes.as_slice() {
            [] => None,
            [_] => {
                fault(Code::CloseTooShort, payload);
                None
            }
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !may_be_sent(code) {
                    fault(Code::BadCloseCode, Span { start: payload.start, len: 2 });
                }
                if let Some(at) = self.reason.bad() {
                    fault(Code::BadUtf8, Span { start: at, len: 1 });
                }
                let reason = String::from_utf8_lossy(reason).into_owned();
                Some(Close { code, reason })
            }
        }
    }
}

/// Whether a close may say this code: RFC 6455, section 7.4, and IANA's registry for 1012 to 1014.
/// 1005, 1006 and 1015 are for what is never sent.
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

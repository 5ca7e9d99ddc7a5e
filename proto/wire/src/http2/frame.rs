//! Frames' headers: RFC 9113, section 4.1. Nine bytes say how long the payload is, what it is, and
//! whose.
//!
//! ```text
//! length (3) │ type │ flags │ R, stream (4) │ payload
//! ```

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::{Frame, FrameKind, Says, Windows};
use trace::span::{Dir, Span};

use crate::reader::Tiler;

/// Bytes of a frame's header.
pub const HEADER_LEN: usize = 9;

/// The longest payload that waits until it is whole. DATA and unknown kinds never wait; of the others
/// a longer one is passed by unread.
pub const BUFFERED: u32 = 64 * 1024;

/// The stream's direction ends: DATA and HEADERS.
pub const END_STREAM: u8 = 0x01;
/// An answer: SETTINGS and PING.
pub const ACK: u8 = 0x01;
/// The header block ends: HEADERS, PUSH_PROMISE and CONTINUATION.
pub const END_HEADERS: u8 = 0x04;
/// There is padding: DATA, HEADERS and PUSH_PROMISE.
pub const PADDED: u8 = 0x08;
/// There is a priority: HEADERS.
pub const PRIORITY: u8 = 0x20;

/// A number of 31 bits, without the reserved one.
pub const NUMBER: u32 = 0x7fff_ffff;

/// The fields of a header, with their lengths.
const PARTS: [(Name, usize); 4] =
    [(Name::FrameLength, 3), (Name::FrameType, 1), (Name::FrameFlags, 1), (Name::FrameStream, 4)];

/// A frame's header.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    pub kind: FrameKind,
    pub flags: u8,
    pub stream: u32,
    /// Bytes of the payload.
    pub len: u32,
    /// Where the frame begins.
    pub start: u64,
}

/// The header that lies at the beginning, if it is whole.
pub fn read(bytes: &[u8], start: u64) -> Option<Header> {
    let [high, middle, low, kind, flags, rest @ ..] = bytes else { return None };
    let stream = u32::from_be_bytes(*rest.first_chunk()?) & NUMBER;
    let len = u32::from_be_bytes([0, *high, *middle, *low]);
    Some(Header { kind: FrameKind::of(*kind), flags: *flags, stream, len, start })
}

/// What is known of a frame that never became whole.
pub fn cut_off(bytes: &[u8], start: u64) -> Vec<Field> {
    let mut tiler = Tiler::at(start);
    let mut left = bytes.len();
    for (name, len) in PARTS {
        if left < len {
            break;
        }
        tiler.tile(name, len);
        left -= len;
    }
    let in_payload = bytes.len() >= HEADER_LEN;
    tiler.tile(if in_payload { Name::FramePayload } else { Name::Undecoded }, left);
    tiler.fields
}

impl Header {
    /// The payload.
    pub const fn payload(&self) -> Span {
        Span { start: self.start + HEADER_LEN as u64, len: self.len as u64 }
    }

    /// The whole frame.
    pub const fn span(&self) -> Span {
        Span { start: self.start, len: HEADER_LEN as u64 + self.len as u64 }
    }

    /// Where the length stands.
    pub const fn length_at(&self) -> Span {
        Span { start: self.start, len: 3 }
    }

    /// Where the type stands.
    pub const fn kind_at(&self) -> Span {
        Span { start: self.start + 3, len: 1 }
    }

    /// Where the stream stands.
    pub const fn stream_at(&self) -> Span {
        Span { start: self.start + 5, len: 4 }
    }

    /// Whether a flag is set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether it says settings, and does not answer to them.
    pub fn is_settings(&self) -> bool {
        self.kind == FrameKind::Settings && !self.has(ACK)
    }

    /// Whether its payload begins with the length of its padding.
    pub const fn is_padded(&self) -> bool {
        let may_be =
            matches!(self.kind, FrameKind::Data | FrameKind::Headers | FrameKind::PushPromise);
        may_be && self.has(PADDED)
    }

    /// Whether its payload passes by as it comes, however long it is.
    pub const fn passes(&self) -> bool {
        matches!(self.kind, FrameKind::Data | FrameKind::Unknown(_))
    }

    /// Whether its payload waits until it is whole.
    pub const fn waits(&self) -> bool {
        !self.passes() && self.len <= BUFFERED
    }

    /// Whether its kind can have a payload of this length (RFC 9113, section 6).
    pub fn fits(&self) -> bool {
        let pad = u32::from(self.is_padded());
        match self.kind {
            FrameKind::Data => self.len >= pad,
            FrameKind::Headers => self.len >= pad + if self.has(PRIORITY) { 5 } else { 0 },
            FrameKind::PushPromise => self.len >= pad + 4,
            FrameKind::Priority => self.len == 5,
            FrameKind::RstStream | FrameKind::WindowUpdate => self.len == 4,
            FrameKind::Settings if self.has(ACK) => self.len == 0,
            FrameKind::Settings => self.len.is_multiple_of(6),
            FrameKind::Ping => self.len == 8,
            FrameKind::Goaway => self.len >= 8,
            FrameKind::Continuation | FrameKind::Unknown(_) => true,
        }
    }

    /// Whether its kind belongs to a stream, or to the connection, as it does (RFC 9113, section 6).
    const fn is_at_home(&self) -> bool {
        match self.kind {
            FrameKind::Settings | FrameKind::Ping | FrameKind::Goaway => self.stream == 0,
            FrameKind::WindowUpdate | FrameKind::Unknown(_) => true,
            _ => self.stream != 0,
        }
    }

    /// What is wrong with the header, whatever came before it. One that is too long to wait is said
    /// to be too large, even where the other side would take it.
    pub fn faults(&self, dir: Dir, max_frame: u32) -> Vec<Fault> {
        let is_large = self.len > max_frame || !(self.passes() || self.waits());
        // A client cannot push (RFC 9113, section 8.4).
        let pushes = self.kind == FrameKind::PushPromise && dir == Dir::ToServer;
        let rules = [
            (is_large, Code::FrameTooLarge, self.length_at()),
            (!self.fits(), Code::BadFrameSize, self.length_at()),
            (pushes, Code::BadStreamId, self.kind_at()),
            (!self.is_at_home(), Code::BadStreamId, self.stream_at()),
        ];
        let broken = rules.into_iter().filter(|(broken, ..)| *broken);
        broken.map(|(_, code, span)| Fault { code, span: Some(span) }).collect()
    }

    /// Cuts the payload, behind the fields of the header.
    pub fn tiler(&self) -> Tiler {
        let mut tiler = Tiler::at(self.start);
        for (name, len) in PARTS {
            tiler.tile(name, len);
        }
        tiler
    }

    /// What the frame says, now that it is whole.
    pub fn said(&self, padding: Option<u8>, says: Says, windows: Option<Windows>) -> Frame {
        let Self { kind, flags, stream, len, .. } = *self;
        Frame { kind, flags, stream, len, padding, says, windows }
    }
}

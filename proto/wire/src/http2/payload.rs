//! Payloads that wait until they are whole: RFC 9113, section 6. What a kind has no place for is
//! `FramePayload`.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::{FrameKind, Says};
use trace::span::{Dir, Span};

use super::frame::{ACK, Header, NUMBER, PRIORITY};
use super::windows;
use crate::reader::{FAULTS, Tiler};

/// The most settings that a frame's event says.
const SETTINGS: usize = 64;

/// The most letters of a GOAWAY's words that its event says.
const DEBUG: usize = 256;

/// A payload, understood.
#[derive(Debug)]
pub struct Payload<'a> {
    /// The fields of the whole frame.
    pub fields: Vec<Field>,
    pub says: Says,
    pub padding: Option<u8>,
    /// Its piece of a header block; none where it cannot be known.
    pub fragment: Option<(&'a [u8], Span)>,
    pub faults: Vec<Fault>,
}

/// Understands the payload behind a header.
pub fn read<'a>(header: &Header, payload: &'a [u8], dir: Dir) -> Payload<'a> {
    let mut reading = Reading {
        tiler: header.tiler(),
        rest: payload,
        says: Says::Nothing,
        padding: None,
        fragment: None,
        faults: Vec::new(),
    };
    match header.kind {
        FrameKind::Settings if !header.has(ACK) => reading.settings(dir),
        _ if !header.fits() => {}
        FrameKind::Headers | FrameKind::PushPromise | FrameKind::Continuation => {
            reading.block(header);
        }
        FrameKind::Priority => {
            reading.cut(Name::Priority, 5);
        }
        FrameKind::RstStream => reading.says = Says::Reset(reading.number(Name::ErrorCode).0),
        FrameKind::Ping => {
            reading.cut(Name::PingData, 8);
        }
        FrameKind::Goaway => reading.goaway(),
        FrameKind::WindowUpdate => reading.increment(),
        FrameKind::Settings | FrameKind::Data | FrameKind::Unknown(_) => {}
    }
    let left = reading.rest.len();
    reading.cut(Name::FramePayload, left);
    let Reading { tiler, says, padding, fragment, faults, .. } = reading;
    Payload { fields: tiler.fields, says, padding, fragment, faults }
}

/// The numbers and values of a SETTINGS frame, all of them (RFC 9113, section 6.5.1).
pub fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    payload.chunks_exact(6).filter_map(|setting| match setting {
        [high, low, value @ ..] => {
            let value = u32::from_be_bytes(*value.first_chunk()?);
            Some((u16::from_be_bytes([*high, *low]), value))
        }
        _ => None,
    })
}

/// A payload under way.
struct Reading<'a> {
    tiler: Tiler,
    /// What is not cut yet.
    rest: &'a [u8],
    says: Says,
    padding: Option<u8>,
    fragment: Option<(&'a [u8], Span)>,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    /// Cuts up to `len` bytes off.
    fn cut(&mut self, name: Name, len: usize) -> (&'a [u8], Span) {
        let whole = self.rest;
        let (piece, rest) = whole.split_at(len.min(whole.len()));
        self.rest = rest;
        (piece, self.tiler.tile(name, piece.len()))
    }

    /// Cuts a number of four bytes off.
    fn number(&mut self, name: Name) -> (u32, Span) {
        let (piece, span) = self.cut(name, 4);
        (piece.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes)), span)
    }

    fn fault(&mut self, code: Code, span: Span) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { code, span: Some(span) });
        }
    }

    fn settings(&mut self, dir: Dir) {
        let mut said = Vec::new();
        let all = self.rest;
        for (id, value) in settings(all) {
            self.cut(Name::SettingId, 2);
            let (_, span) = self.cut(Name::SettingValue, 4);
            if windows::is_bad_setting(id, value, dir) {
                self.fault(Code::BadSetting, span);
            }
            if said.len() < SETTINGS {
                said.push((id, value));
            }
        }
        self.says = Says::Settings(said);
    }

    /// A piece of a header block: HEADERS, PUSH_PROMISE or CONTINUATION.
    fn block(&mut self, header: &Header) {
        let mut pad_at = header.payload();
        if header.is_padded() {
            let (byte, span) = self.cut(Name::PadLength, 1);
            self.padding = byte.first().copied();
            pad_at = span;
        }
        if header.kind == FrameKind::Headers && header.has(PRIORITY) {
            self.cut(Name::Priority, 5);
        }
        if header.kind == FrameKind::PushPromise {
            let (stream, _) = self.number(Name::PromisedStream);
            self.says = Says::Promised(stream & NUMBER);
        }
        let pad = usize::from(self.padding.unwrap_or_default());
        match self.rest.len().checked_sub(pad) {
            Some(len) => {
                self.fragment = Some(self.cut(Name::HeaderFragment, len));
                self.cut(Name::Padding, pad);
            }
            None => self.fault(Code::BadPadding, pad_at),
        }
    }

    fn goaway(&mut self) {
        let (last, _) = self.number(Name::LastStream);
        let (error, _) = self.number(Name::ErrorCode);
        let (debug, _) = self.cut(Name::DebugData, self.rest.len());
        let debug = std::str::from_utf8(debug).unwrap_or_default();
        let debug = debug.chars().take(DEBUG).collect();
        self.says = Says::Goaway { last: last & NUMBER, error, debug };
    }

    fn increment(&mut self) {
        let (by, span) = self.number(Name::WindowIncrement);
        let by = by & NUMBER;
        // Nothing more is no reason to say so (RFC 9113, section 6.9).
        if by == 0 {
            self.fault(Code::ZeroIncrement, span);
        }
        self.says = Says::Increment(by);
    }
}

//! Records: RFC 8446, section 5.1.
//!
//! ```text
//! content type (1) │ version (2) │ length (2) │ fragment
//! ```

use trace::fault::{Code, Fault};
use trace::field::Name;
use trace::span::Span;
use trace::tls::{ContentType, Message, Tls as Said};

use super::gathering::{Gathering, LONGEST};
use super::hello;
use crate::reader::{FAULTS, Tiler};

/// Bytes of a record's head.
pub const HEAD: usize = 5;

/// Bytes of a handshake message's header: its type and its length.
pub const MESSAGE_HEAD: usize = 4;

/// The most bytes of a fragment, its protection included (RFC 8446, section 5.2).
const FRAGMENT_MAX: u16 = (1 << 14) + 256;

/// The most handshake messages of a record that are told.
const TOLD: usize = 16;

/// The type of the message with which a server takes a version.
const SERVER_HELLO: u8 = 2;

/// A record's head.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    content: u8,
    version: u16,
    len: u16,
}

impl Head {
    /// The head that lies at the beginning, if it is whole.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [content, high, low, len @ ..] = bytes else { return None };
        let len = u16::from_be_bytes(*len.first_chunk()?);
        Some(Self { content: *content, version: u16::from_be_bytes([*high, *low]), len })
    }

    /// What the record carries.
    pub const fn content(&self) -> ContentType {
        content(self.content)
    }

    /// Bytes of the whole record.
    pub fn size(&self) -> u64 {
        HEAD as u64 + u64::from(self.len)
    }

    /// Whether this can be a record at all: from SSL 3.0 on, the high byte of every version is 3.
    pub const fn is_tls(&self) -> bool {
        self.version >> 8 == 3
    }

    fn said(&self) -> Said {
        Said {
            content: self.content(),
            version: self.version,
            len: u64::from(self.len),
            messages: Vec::new(),
            alert: None,
            protected: false,
        }
    }
}

/// What a content type is by its number (RFC 8446, appendix B.1).
const fn content(number: u8) -> ContentType {
    match number {
        20 => ContentType::ChangeCipherSpec,
        21 => ContentType::Alert,
        22 => ContentType::Handshake,
        23 => ContentType::ApplicationData,
        other => ContentType::Other(other),
    }
}

/// A record, as far as it is read.
#[derive(Debug)]
pub struct Record {
    pub said: Said,
    pub tiler: Tiler,
    pub faults: Vec<Fault>,
    /// The version that a `ServerHello` in it takes.
    taken: Option<u16>,
}

impl Record {
    fn new(said: Said, start: u64) -> Self {
        Self { said, tiler: Tiler::at(start), faults: Vec::new(), taken: None }
    }

    /// A record that begins at an offset: its head.
    pub fn of(head: &Head, start: u64) -> Self {
        let mut record = Self::new(head.said(), start);
        let content = record.tiler.tile(Name::TlsContentType, 1);
        record.tiler.tile(Name::TlsRecordVersion, 2);
        let length = record.tiler.tile(Name::TlsRecordLength, 2);
        if matches!(head.content(), ContentType::Other(_)) {
            record.fault(Code::TlsBadContentType, content);
        }
        if head.len > FRAGMENT_MAX {
            record.fault(Code::TlsRecordTooLong, length);
        }
        record
    }

    /// A head that is none: nobody knows what follows.
    pub fn no_tls(head: &Head, start: u64) -> Self {
        let mut record = Self::new(head.said(), start);
        record.tiler.tile(Name::TlsContentType, 1);
        let version = record.tiler.tile(Name::TlsRecordVersion, 2);
        record.tiler.tile(Name::TlsRecordLength, 2);
        record.fault(Code::TlsBadVersion, version);
        record
    }

    /// What is known of a record that never became whole; nothing where there is no byte of it.
    pub fn cut_off(bytes: &[u8], start: u64, protected: bool, why: Code) -> Self {
        let head = Head::read(bytes).unwrap_or_else(|| {
            let version = match bytes {
                [_, high, low, ..] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            };
            Head { content: bytes.first().copied().unwrap_or_default(), version, len: 0 }
        });
        let mut record = Self::new(head.said(), start);
        let data = head.content() == ContentType::ApplicationData;
        record.said.protected = protected || data;
        let mut rest = bytes.len();
        let parts = [
            (Name::TlsContentType, 1),
            (Name::TlsRecordVersion, 2),
            (Name::TlsRecordLength, 2),
            (Name::TlsFragment, usize::from(u16::MAX)),
        ];
        for (name, len) in parts {
            let is_part = rest >= len || name == Name::TlsFragment;
            let tiled = rest.min(len);
            record.tiler.tile(if is_part { name } else { Name::Undecoded }, tiled);
            rest -= tiled;
        }
        record.faults.push(Fault { code: why, span: None });
        record
    }

    /// What is not decoded any more.
    pub fn rest(span: Span) -> Self {
        let head = Head { content: 0, version: 0, len: 0 };
        let mut record = Self::new(Said { len: span.len, ..head.said() }, span.start);
        record.tiler.tile(Name::Undecoded, usize::try_from(span.len).unwrap_or(usize::MAX));
        record
    }

    /// The version that a `ServerHello` in it takes.
    pub const fn taken(&self) -> Option<u16> {
        self.taken
    }

    /// A fragment that is not looked into.
    pub fn opaque(&mut self, len: usize) {
        self.tiler.tile(Name::TlsFragment, len);
    }

    /// A `ChangeCipherSpec`: one byte, 1 (RFC 8446, section 5).
    pub fn change(&mut self, fragment: &[u8]) {
        if let [1] = fragment {
            self.tiler.tile(Name::TlsChangeCipherSpec, 1);
        } else {
            self.odd(fragment.len());
        }
    }

    /// An alert: a level and a description (RFC 8446, section 6).
    pub fn alert(&mut self, fragment: &[u8]) {
        if let [level, description] = fragment {
            self.tiler.tile(Name::TlsAlertLevel, 1);
            self.tiler.tile(Name::TlsAlertDescription, 1);
            self.said.alert = Some((*level, *description));
        } else {
            self.odd(fragment.len());
        }
    }

    /// Handshake messages, or pieces of them (RFC 8446, section 4).
    pub fn handshake(&mut self, mut rest: &[u8], open: &mut Option<Box<Gathering>>) {
        if rest.is_empty() {
            self.odd(0);
        }
        while !rest.is_empty() {
            let used = match open {
                Some(gathering) => self.go_on(gathering, rest),
                None => match self.whole(rest) {
                    Some(used) => used,
                    None => self.begin(open.insert(Box::default()), rest),
                },
            };
            if open.as_ref().is_some_and(|gathering| gathering.is_whole())
                && let Some(gathering) = open.take()
            {
                self.gathered(&gathering);
            }
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// A message that lies in this record as a whole: how long it is.
    fn whole(&mut self, rest: &[u8]) -> Option<usize> {
        let [kind, a, b, c, body @ ..] = rest else { return None };
        let len = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).ok()?;
        let body = body.get(..len)?;
        self.tiler.tile(Name::TlsMessageType, 1);
        self.tiler.tile(Name::TlsMessageLength, 3);
        let (message, bad) = hello::read(*kind, body, &mut self.tiler);
        if let Some(span) = bad {
            self.misfit(span);
        }
        self.tell(message);
        Some(MESSAGE_HEAD + len)
    }

    /// A message that goes on in the next record.
    fn begin(&mut self, gathering: &mut Gathering, rest: &[u8]) -> usize {
        let mut pieces = rest.len();
        if pieces >= MESSAGE_HEAD {
            self.tiler.tile(Name::TlsMessageType, 1);
            let length = self.tiler.tile(Name::TlsMessageLength, 3);
            gathering.take(rest.get(..MESSAGE_HEAD).unwrap_or_default());
            pieces -= MESSAGE_HEAD;
            if gathering.is_too_long() {
                self.fault(Code::TlsHandshakeTooLong, length);
            }
        }
        let piece = rest.get(rest.len() - pieces..).unwrap_or_default();
        gathering.take(piece);
        self.tiler.tile(Name::TlsMessagePiece, pieces);
        rest.len()
    }

    /// More of a message that began in an earlier record: how much of it is here.
    fn go_on(&mut self, gathering: &mut Gathering, rest: &[u8]) -> usize {
        let knew = gathering.is_too_long();
        let used = gathering.take(rest);
        let piece = self.tiler.tile(Name::TlsMessagePiece, used);
        if gathering.is_too_long() && !knew {
            self.fault(Code::TlsHandshakeTooLong, piece);
        }
        used
    }

    /// A message that began in an earlier record is whole.
    fn gathered(&mut self, gathering: &Gathering) {
        let (kind, len, body) = gathering.message();
        if len + MESSAGE_HEAD as u64 > LONGEST as u64 {
            self.tell(Message { kind, len, ..Message::default() });
            return;
        }
        // Its fields lie in several records, and are told as pieces.
        let (message, bad) = hello::read(kind, body, &mut Tiler::at(0));
        if bad.is_some() {
            self.faults.push(Fault { code: Code::TlsBadMessage, span: None });
        }
        self.tell(message);
    }

    fn tell(&mut self, message: Message) {
        if message.kind == SERVER_HELLO {
            self.taken = message.versions.first().copied().or(self.taken);
        }
        if self.said.messages.len() < TOLD {
            self.said.messages.push(message);
        }
    }

    /// A fragment that is not what its type says.
    fn odd(&mut self, len: usize) {
        let span = self.tiler.tile(Name::Undecoded, len);
        self.misfit(span);
    }

    /// Something in it does not fit.
    pub fn misfit(&mut self, span: Span) {
        self.fault(Code::TlsBadMessage, span);
    }

    fn fault(&mut self, code: Code, span: Span) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { code, span: Some(span) });
        }
    }
}

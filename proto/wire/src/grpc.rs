//! gRPC: length-prefixed messages, in the content of HTTP exchanges.
//!
//! Hears: messages of one direction of a call, and gRPC-web's trailers, each as soon as its last
//! byte has come; native, gRPC-web, and gRPC-web text, whose content is base64 all over.
//! Spec: gRPC over HTTP2 ("Length-Prefixed-Message"); gRPC Web (trailers, text). What a message
//! says: `protobuf.rs`.
//! Incomplete support: compressed messages are not undone; of contents, only Protocol Buffers are
//! read.
//! Bounded: a message of up to 64 KiB is kept and read, a longer one is counted. Up to 1,024 pieces
//! of one are told apart; in more than these, a message is read but not cut into its parts, and its
//! last piece goes over the gaps.
//! Laws: 2 (nothing fails, incomplete input says nothing), 3 (fields tile the pieces), 4 (however
//! the content is cut, the events are the same).
//!
//! ```text
//! Flag ──► Length ──► Payload ──► Flag …
//!  └──► Bad (a flag that is none, or letters that are no base64: the rest is not read)
//! ```
//!
//! In text, an event's evidence is the quanta (four letters, three bytes) whose first byte is its
//! own.

mod open;
mod payload;
mod pieces;
mod quantum;
mod trailers;

#[cfg(test)]
mod tests;

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::grpc::{Call, Grpc, Message, Trailers};
use trace::ids::ConnId;
use trace::span::{Side, Span};

use crate::protobuf::{self, contract};
use open::{Open, PREFIX, PREFIX_PARTS};
use quantum::Quantum;

pub use payload::payload;

/// The most letters of a call's path that are kept.
const PATH_KEPT: usize = 256;

/// How messages stand in a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One after the other; the trailers are HTTP/2's.
    Native,
    /// One after the other, then the trailers.
    Web,
    /// As in [`Form::Web`], all of it in base64.
    WebText,
}

/// What contents are called, with Protocol Buffers in the messages.
const FORMS: [(&str, Form); 6] = [
    ("application/grpc", Form::Native),
    ("application/grpc+proto", Form::Native),
    ("application/grpc-web", Form::Web),
    ("application/grpc-web+proto", Form::Web),
    ("application/grpc-web-text", Form::WebText),
    ("application/grpc-web-text+proto", Form::WebText),
];

/// The decoder of one direction of a call.
#[derive(Debug)]
pub struct Messages {
    conn: ConnId,
    from: Side,
    call: Call,
    path: Box<str>,
    kind: Option<&'static contract::Message>,
    form: Form,
    /// Messages said so far.
    said: u64,
    /// Where the content stands in the stream.
    place: u64,
    open: Open,
    /// Letters that wait for more, in text.
    quantum: Quantum,
    #[cfg(test)]
    mutation: Option<crate::laws::Mutation>,
}

/// What a whole message, or a block of trailers, says.
struct Told {
    said: Grpc,
    /// What it is cut into behind its prefix.
    parts: Vec<(Name, u64)>,
    /// What is wrong, where behind its prefix.
    faults: Vec<(Code, usize, usize)>,
}

impl Form {
    /// The form of a content of this type; none where it is no gRPC that can be read.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        let known = FORMS.iter().find(|(name, _)| media.eq_ignore_ascii_case(name));
        known.map(|(_, form)| *form)
    }

    /// Whether a flag can stand before a message.
    const fn has(self, flag: u8) -> bool {
        match self {
            Self::Native => matches!(flag, 0x00 | 0x01),
            Self::Web | Self::WebText => matches!(flag, 0x00 | 0x01 | 0x80 | 0x81),
        }
    }
}

/// As much of a call's path as is kept.
#[must_use]
pub fn kept_path(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    let end = path.char_indices().nth(PATH_KEPT).map_or(path.len(), |(end, _)| end);
    path.get(..end).unwrap_or_default()
}

impl Messages {
    /// A content from its first byte, in this direction of this call.
    #[must_use]
    pub fn new(conn: ConnId, from: Side, call: Call, path: &str, form: Form) -> Self {
        let path = kept_path(path);
        Self {
            conn,
            from,
            call,
            path: path.into(),
            kind: contract::message(path, from),
            form,
            said: 0,
            place: 0,
            open: Open::default(),
            quantum: Quantum::default(),
            #[cfg(test)]
            mutation: None,
        }
    }

    /// Takes the next bytes of the content, which begin at an offset of the connection's stream,
    /// and adds the messages that they complete to `events`.
    pub fn content(&mut self, bytes: &[u8], at: u64, events: &mut Vec<Event>) {
        #[cfg(test)]
        if self.mutation == Some(crate::laws::Mutation::ForgetMessage) {
            self.open = Open::default();
        }
        self.place = at + bytes.len() as u64;
        if self.form == Form::WebText {
            self.letters(bytes, at, events);
        } else {
            self.bytes(bytes, Some(at), events);
        }
    }

    /// The content is over: what is under way will not become whole.
    pub fn end(&mut self, events: &mut Vec<Event>) {
        for place in std::mem::take(&mut self.quantum).places() {
            self.open.pieces.add(place);
        }
        let open = std::mem::take(&mut self.open);
        if open.is_untouched() {
            return;
        }
        let mut faults = self.length_fault(&open);
        faults.push(open.why_unfinished());
        let readable = (self.form == Form::WebText).then_some(Name::GrpcBase64);
        let fields = open.unfinished(readable);
        self.say(open, Grpc::Partial(self.call), fields, faults, events);
    }

    /// Takes letters of base64, each quantum as soon as it is whole.
    fn letters(&mut self, letters: &[u8], at: u64, events: &mut Vec<Event>) {
        let (mut rest, mut at) = (letters, at);
        while let Some((letter, others)) = rest.split_first() {
            if self.open.bad.is_some() {
                self.open.pieces.add(Span { start: at, len: rest.len() as u64 });
                return;
            }
            if self.quantum.push(*letter, at) {
                self.whole_quantum(events);
            }
            (rest, at) = (others, at + 1);
        }
    }

    /// A quantum belongs to what its first byte belongs to.
    fn whole_quantum(&mut self, events: &mut Vec<Event>) {
        let quantum = std::mem::take(&mut self.quantum);
        let bytes = quantum.bytes();
        if bytes.is_none() {
            let span = Some(quantum.span());
            self.open.go_bad(Fault { code: Code::GrpcBadBase64, span });
        }
        for place in quantum.places() {
            self.open.pieces.add(place);
        }
        if let Some((bytes, len)) = bytes {
            self.bytes(bytes.get(..len).unwrap_or_default(), None, events);
        }
    }

    /// Takes bytes as they are, and where they begin, if each of them lies somewhere by itself.
    fn bytes(&mut self, bytes: &[u8], at: Option<u64>, events: &mut Vec<Event>) {
        let (mut rest, mut at) = (bytes, at);
        while !rest.is_empty() {
            let used = self.open.take(rest);
            let span = at.map(|start| Span { start, len: used as u64 });
            if let Some(span) = span {
                self.open.pieces.add(span);
            }
            if self.open.fresh_flag().is_some_and(|flag| !self.form.has(flag)) {
                self.open.go_bad(Fault { code: Code::GrpcBadFlag, span });
            }
            if self.open.is_whole() {
                self.whole(events);
            }
            rest = rest.get(used..).unwrap_or_default();
            at = span.map(Span::end);
        }
    }

    /// The last byte of a message has come.
    fn whole(&mut self, events: &mut Vec<Event>) {
        let open = std::mem::take(&mut self.open);
        let told = if open.is_trailers() { self.trailers(&open) } else { self.message(&open) };
        let mut faults = self.length_fault(&open);
        for (code, at, len) in told.faults {
            faults.push(Fault { code, span: self.span_of(&open, PREFIX + at, len) });
        }
        let fields = if self.form == Form::WebText {
            open.pieces.fields(&[], Name::GrpcBase64)
        } else {
            let mut parts = PREFIX_PARTS.to_vec();
            if open.pieces.is_exact() {
                parts.extend(told.parts);
            }
            open.pieces.fields(&parts, Name::GrpcPayload)
        };
        self.say(open, told.said, fields, faults, events);
    }

    /// What is wrong with the length that a message declares.
    fn length_fault(&self, open: &Open) -> Vec<Fault> {
        let span = self.span_of(open, 1, PREFIX - 1);
        let fault = Fault { code: Code::GrpcTooLarge, span };
        Vec::from_iter(open.is_too_large().then_some(fault))
    }

    /// Where bytes of a message lie, if each of them lies somewhere by itself.
    fn span_of(&self, open: &Open, at: usize, len: usize) -> Option<Span> {
        let by_itself = self.form != Form::WebText;
        open.pieces.place(at as u64, len as u64).filter(|_| by_itself)
    }

    /// Reads a whole message.
    fn message(&mut self, open: &Open) -> Told {
        self.said += 1;
        let read = if open.is_kept() {
            protobuf::read(&open.kept, self.kind)
        } else {
            protobuf::Read::default()
        };
        let said = Grpc::Message(Message {
            call: self.call,
            path: self.path.to_string(),
            number: self.said,
            compressed: open.is_compressed(),
            len: open.len(),
            base64: self.form == Form::WebText,
            values: read.values,
        });
        let parts = read.parts.iter().map(|part| (part.name, part.len as u64)).collect();
        Told { said, parts, faults: read.faults }
    }

    /// Reads a whole block of trailers. Where it is not kept, it is as if it were empty.
    fn trailers(&self, open: &Open) -> Told {
        let lines = trailers::read(&open.kept);
        let said = Grpc::Trailers(Trailers {
            call: self.call,
            len: open.len(),
            status: lines.status,
            message: lines.message,
        });
        Told { said, parts: lines.parts, faults: lines.faults }
    }

    fn say(
        &self,
        open: Open,
        said: Grpc,
        fields: Vec<Field>,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        events.push(Event {
            conn: self.conn,
            from: self.from,
            evidence: open.pieces.into_evidence(self.place),
            kind: Kind::Grpc(said),
            fields,
            faults,
        });
    }
}

#[cfg(test)]
impl Messages {
    /// For the mutations of `laws.rs`.
    pub(crate) fn mutated(self, mutation: Option<crate::laws::Mutation>) -> Self {
        Self { mutation, ..self }
    }
}

//! What is counted of HTTP/2 and gRPC.

use std::collections::BTreeMap;

use super::Fold;
use super::landing::Then;
use crate::event::Event;
use crate::field::Name;
use crate::grpc::{Grpc, Message, Value};
use crate::http2::{Content, Head, Http2, Role};
use crate::ids::ConnId;
use crate::span::Dir;
use crate::time::Micros;

/// So many letters of a value are read at most.
const LETTERS: usize = 256;

/// Streams whose answer is still to come or under way.
#[derive(Debug, Clone, Default)]
pub struct Streams(BTreeMap<(ConnId, u32), Under>);

/// How far a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    /// Asked, and not answered.
    Asked,
    /// A preflight.
    Preflight,
    /// A good answer is under way, which left then.
    Carrying(Option<Micros>),
}

impl Fold {
    pub(super) fn http2(&mut self, event: &Event, http2: &Http2) {
        match http2 {
            Http2::Head(head) => self.head(event, head),
            Http2::Content(content) if event.dir() == Dir::ToClient => {
                self.content(event, content);
            }
            Http2::Content(_) | Http2::Preface | Http2::Frame(_) | Http2::Partial | Http2::Rest => {
            }
        }
    }

    fn head(&mut self, event: &Event, head: &Head) {
        let key = (event.conn, head.stream);
        match head.role {
            Role::Request => {
                let preflight = head.value(":method") == Some("OPTIONS")
                    && head.value("access-control-request-method").is_some();
                if preflight {
                    self.figures.preflights += 1;
                } else {
                    self.figures.requests += 1;
                    self.load(event.conn, |load| load.requests += 1);
                }
                let under = if preflight { Under::Preflight } else { Under::Asked };
                self.streams.0.insert(key, under);
            }
            Role::Response => {
                let asked = self.streams.0.remove(&key);
                if asked == Some(Under::Preflight) {
                    return;
                }
                self.figures.responses += 1;
                let good = head.value(":status").is_some_and(|status| status.starts_with('2'));
                if good && !head.ends {
                    let left = self.moments.of(event.conn, event.dir(), &event.evidence).left;
                    self.streams.0.insert(key, Under::Carrying(left));
                }
            }
            Role::Trailers if event.dir() == Dir::ToClient => {
                self.streams.0.remove(&key);
            }
            Role::Trailers | Role::Interim | Role::Promise => {}
        }
    }

    /// All of a page's content; that of a gRPC call is told message by message.
    fn content(&mut self, event: &Event, content: &Content) {
        let under = self.streams.0.remove(&(event.conn, content.stream));
        let (Some(Under::Carrying(left)), true) = (under, content.complete) else { return };
        self.figures.messages += 1;
        self.figures.payload_bytes += content.len;
        if let Some(left) = left {
            self.lands(event, Then::Took(left));
        }
    }

    pub(super) fn grpc(&mut self, event: &Event, grpc: &Grpc) {
        let Grpc::Message(message) = grpc else { return };
        self.load(event.conn, |load| load.messages += 1);
        if event.dir() == Dir::ToServer {
            return;
        }
        match message.delivered() {
            // An answer that only says that something was done carries no message.
            None if message.path.contains("lifeline.v1.Chat/") => {}
            None => self.payload(message.len),
            Some((id, read)) => {
                self.payload(text_len(event, message, read));
                self.lands(event, Then::Delivered(Some(id)));
            }
        }
    }

    fn payload(&mut self, len: u64) {
        self.figures.messages += 1;
        self.figures.payload_bytes += len;
    }
}

/// How long the text of a message is. Of a long one the reading has only the beginning; its fields have
/// all of it, beside the message's other texts.
fn text_len(event: &Event, message: &Message, read: u64) -> u64 {
    let is_text = |value: &&Value| value.depth == 0 && value.name.as_deref() == Some("text");
    let reading = |value: &Value| value.readings.first().cloned();
    let own = message.values.iter().find(is_text).and_then(reading);
    if own.is_none_or(|own| own.text.chars().count() < LETTERS) {
        return read;
    }
    let texts = event.fields.iter().filter(|field| field.name == Name::ProtoText);
    let all: u64 = texts.map(|field| field.span.len).sum();
    let others = message.values.iter().filter(|value| !is_text(value)).filter_map(reading);
    let others = others.filter(|other| other.kind == "string");
    let others: u64 = others.map(|other| other.text.len() as u64).sum();
    all.saturating_sub(others).max(read)
}

impl Message {
    /// The number of the chat's message that it delivers, and how long that one's text is.
    #[must_use]
    pub fn delivered(&self) -> Option<(u64, u64)> {
        // Their answers have a number too, and deliver nothing.
        if self.path.ends_with("/Send") || self.path.ends_with("/Upload") {
            return None;
        }
        let value = |name: &str| {
            let named = |value: &&Value| value.depth == 0 && value.name.as_deref() == Some(name);
            self.values.iter().find(named)?.readings.first().map(|reading| reading.text.as_str())
        };
        let id = value("id")?.parse().ok()?;
        // An empty text is not written.
        Some((id, value("text").map_or(0, str::len) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Entry, What};
    use crate::event::Kind;
    use crate::field::Field;
    use crate::grpc::{Call, Reading, Wire};
    use crate::ids::Seq;
    use crate::span::{Side, Span, Spans};

    fn value(number: u32, name: &str, kind: &str, text: &str) -> Value {
        let reading = Reading { kind: kind.to_owned(), text: text.to_owned() };
        let (name, wire) = (Some(name.to_owned()), Wire::Len);
        Value { number, name, depth: 0, wire, readings: vec![reading] }
    }

    fn payload(text: &str, len: u64) -> u64 {
        let values = vec![
            value(1, "id", "uint64", "7"),
            value(2, "from", "string", "A"),
            value(3, "text", "string", text),
        ];
        let message = Message {
            call: Call::Stream(1),
            path: "/lifeline.v1.Chat/Subscribe".to_owned(),
            number: 1,
            compressed: false,
            len: len + 20,
            base64: false,
            values,
        };
        let field = |start, len| Field { name: Name::ProtoText, span: Span { start, len } };
        // The text lies in two pieces of the stream.
        let fields = vec![field(10, 1), field(20, len / 2), field(90_000, len - len / 2)];
        let event = Event {
            conn: ConnId(1),
            from: Side::Server,
            evidence: Spans::one(Span { start: 0, len: 100_000 }),
            kind: Kind::Grpc(Grpc::Message(message)),
            fields,
            faults: Vec::new(),
        };
        let mut fold = Fold::default();
        fold.push(&Entry { seq: Seq(1), at_us: Micros(1), what: What::Event(event) });
        fold.figures().payload_bytes
    }

    #[test]
    fn a_long_text_counts_with_all_its_bytes() {
        assert_eq!(payload("hi", 2), 2);
        assert_eq!(payload(&"x".repeat(256), 70_000), 70_000);
        assert_eq!(payload(&"x".repeat(256), 256), 256);
    }
}

//! Protocol Buffers: the bytes of one message.
//!
//! Hears: fields of every wire type, messages in messages. What the contract knows is read as it
//! says (`contract.rs`). What it does not know is read in every way in which it can be: the
//! ambiguity is told, not resolved.
//! Spec: Protocol Buffers Documentation, "Encoding".
//! Incomplete support: groups, which proto3 has no more, are listed, but it is not judged whether
//! their beginnings and ends match; packed numbers are bytes, for no contract here has them.
//! Bounded: [`VALUES`] values, [`DEPTH`] messages deep; what follows is not looked into. Bytes that
//! can be a message are walked once at each depth, whatever else they can be, so the work is
//! linear.
//! Laws: 2 (nothing fails), 3 (the parts tile the message).

pub mod against;
pub mod changed;
pub mod contract;
mod cut;
mod readings;

#[cfg(test)]
mod tests;

use trace::fault::Code;
use trace::field::Name;
use trace::grpc::{Reading, Value, Wire};

use crate::reader::FAULTS;
use contract::{Kind, Message};
use cut::Cut;

/// The most values of a message that are read, inner ones included.
pub const VALUES: usize = 64;

/// The deepest that a value may lie: so many messages around it beside the outermost.
pub const DEPTH: u8 = 8;

/// A message as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Its values, inner ones after their outer one.
    pub values: Vec<Value>,
    /// Its parts: they tile it.
    pub parts: Vec<Part>,
    /// What is wrong, where in the message, and in how many bytes.
    pub faults: Vec<(Code, usize, usize)>,
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: Name,
    /// Its offset in the message.
    pub at: usize,
    /// Its bytes.
    pub len: usize,
}

/// Reads a message, of this kind if that is known.
#[must_use]
pub fn read(message: &[u8], kind: Option<&Message>) -> Read {
    let mut walker = Walker { bytes: message, read: Read::default() };
    walker.walk(0, message.len(), kind, 0);
    walker.read
}

#[derive(Debug)]
struct Walker<'a> {
    bytes: &'a [u8],
    read: Read,
}

impl Walker<'_> {
    /// Reads the fields of the message that lies here.
    fn walk(&mut self, start: usize, end: usize, kind: Option<&Message>, depth: u8) {
        let mut at = start;
        // Groups that are open: what lies in them is numbered for itself.
        let mut groups = 0_u8;
        while at < end {
            if self.read.values.len() >= VALUES {
                self.part(Name::GrpcPayload, at, end - at);
                return;
            }
            let field = match cut::cut(self.bytes.get(at..end).unwrap_or_default()) {
                Ok(field) => field,
                Err((code, within, len)) => {
                    self.fault(code, at + within, len);
                    self.part(Name::Undecoded, at, end - at);
                    return;
                }
            };
            if field.wire == Wire::EndGroup {
                groups = groups.saturating_sub(1);
            }
            let level = depth.saturating_add(groups).min(DEPTH);
            self.field(at, field, kind.filter(|_| groups == 0), level);
            if field.wire == Wire::StartGroup {
                groups = groups.saturating_add(1);
            }
            at += field.whole();
        }
    }

    /// Reads a field.
    fn field(&mut self, at: usize, field: Cut, kind: Option<&Message>, depth: u8) {
        let known = kind.and_then(|kind| kind.field(field.number));
        let kind = known.map(|known| known.kind).filter(|kind| kind.wire() == field.wire);
        if known.is_some() && kind.is_none() {
            self.fault(Code::ProtoWrongWire, at, field.tag);
        }
        let index = self.read.values.len();
        self.read.values.push(Value {
            number: field.number,
            name: known.map(|known| known.name.to_owned()),
            depth,
            wire: field.wire,
            readings: Vec::new(),
        });
        self.part(Name::ProtoTag, at, field.tag);
        self.part(Name::ProtoLength, at + field.tag, field.length);
        let start = at + field.tag + field.length;
        let readings = match field.wire {
            Wire::Len => self.prefixed(start, field.value, kind, depth),
            wire => {
                let name = if wire == Wire::Varint { Name::ProtoVarint } else { Name::ProtoFixed };
                self.part(name, start, field.value);
                readings::of_number(wire, self.slice(start, field.value), kind)
            }
        };
        if let Some(value) = self.read.values.get_mut(index) {
            value.readings = readings;
        }
    }

    /// Reads a value with a length before it.
    fn prefixed(&mut self, at: usize, len: usize, kind: Option<Kind>, depth: u8) -> Vec<Reading> {
        match kind {
            None => self.unknown(at, len, depth),
            Some(Kind::Message(inner)) => {
                if depth < DEPTH {
                    self.walk(at, at + len, Some(inner), depth + 1);
                } else {
                    self.part(Name::GrpcPayload, at, len);
                }
                let numbers = cut::numbers(self.slice(at, len)).unwrap_or_default();
                vec![readings::reading("message", &numbers)]
            }
            Some(Kind::String) => {
                self.part(Name::ProtoText, at, len);
                if let Ok(text) = std::str::from_utf8(self.slice(at, len)) {
                    return vec![readings::reading("string", text)];
                }
                self.fault(Code::ProtoBadUtf8, at, len);
                vec![readings::of_bytes(self.slice(at, len))]
            }
            Some(_) => {
                self.part(Name::ProtoBytes, at, len);
                vec![readings::of_bytes(self.slice(at, len))]
            }
        }
    }

    /// Reads a value with a length before it that may be several things.
    fn unknown(&mut self, at: usize, len: usize, depth: u8) -> Vec<Reading> {
        let numbers = cut::numbers(self.slice(at, len));
        if numbers.is_some() && depth < DEPTH {
            // Its bytes stay one part: they may as well be something else.
            let parts = self.read.parts.len();
            self.walk(at, at + len, None, depth + 1);
            self.read.parts.truncate(parts);
        }
        self.part(Name::ProtoBytes, at, len);
        readings::of_unknown(self.slice(at, len), numbers.as_deref())
    }

    fn slice(&self, at: usize, len: usize) -> &[u8] {
        self.bytes.get(at..at + len).unwrap_or_default()
    }

    /// The next bytes are `name`. What is not looked into is one part, however it came about.
    fn part(&mut self, name: Name, at: usize, len: usize) {
        match self.read.parts.last_mut() {
            _ if len == 0 => {}
            Some(last) if last.name == name && name == Name::GrpcPayload => last.len += len,
            _ => self.read.parts.push(Part { name, at, len }),
        }
    }

    fn fault(&mut self, code: Code, at: usize, len: usize) {
        if self.read.faults.len() < FAULTS {
            self.read.faults.push((code, at, len));
        }
    }
}

//! What the bytes of a Protocol Buffers message say. A field is given without the bytes around it:
//! which value it belongs to is found by counting tags, and held against what the bytes say.

use trace::event::Event;
use trace::field::{Field, Name};
use trace::grpc::{Value, Wire};

use super::message;
use crate::explain::bits::{Bits, sevens, top};
use crate::explain::{Explained, explained, shorten, sized};

/// No part is looked for behind so many of them.
const PARTS: usize = 4_096;

const STRUCTURE: &str = "Protocol Buffers encoding, Message structure";

/// Explains a field of a message; none for any other.
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, said: &[u8]) -> Option<Explained> {
    let len = field.span.len;
    let (key, sentence, source) = match field.name {
        Name::ProtoTag => ("explain-proto-tag", tag(event, field, said), STRUCTURE),
        Name::ProtoLength => ("explain-proto-length", length(said), "Protocol Buffers encoding, Length-delimited records"),
        Name::ProtoVarint => ("explain-proto-varint", varint_of(event, field, said), "Protocol Buffers encoding, Base 128 varints"),
        Name::ProtoFixed => ("explain-proto-fixed", fixed(event, field), "Protocol Buffers encoding, Non-varint numbers"),
        Name::ProtoText => ("explain-proto-text", text_of(said), "Protocol Buffers encoding, Length-delimited records"),
        Name::ProtoBytes => ("explain-proto-bytes", with_readings(sized("explain-proto-bytes", len), event, field, &[Wire::Len]), "Protocol Buffers encoding, Length-delimited records"),
        _ => return None,
    };
    Some(explained(key, sentence, source))
}

/// The bits of a tag, a length or a number; none for any other field.
pub fn bits(field: &Field, bytes: &[u8]) -> Vec<Bits> {
    match field.name {
        Name::ProtoLength | Name::ProtoVarint => sevens(bytes, 0, 0),
        Name::ProtoTag => {
            let Some(first) = bytes.first() else { return Vec::new() };
            let top = top(bytes, 0);
            let more =
                if first & 0x80 == 0 { "explain-bit-more-not" } else { "explain-bit-more-set" };
            let (number, wire) = (((*first >> 3) & 0xf).to_string(), first & 0x7);
            let number = text::say("explain-bit-tag", &[("number", (&number).into())]);
            let digits = wire.to_string();
            let wire = text::say(
                "explain-bit-wire",
                &[("wire", (&digits).into()), ("name", wire_name(wire).into())],
            );
            let mut all = vec![
                Bits::of(bytes, top, 1, "explain-bit-more", text::say(more, &[])),
                Bits::of(bytes, top - 1, 4, "explain-bit-tag", number),
                Bits::of(bytes, top - 5, 3, "explain-bit-wire", wire),
            ];
            all.extend(sevens(bytes, 1, 4));
            all
        }
        _ => Vec::new(),
    }
}

/// The short name of a wire type.
const fn wire_name(wire: u8) -> &'static str {
    match wire {
        0 => "VARINT",
        1 => "I64",
        2 => "LEN",
        3 => "SGROUP",
        4 => "EGROUP",
        5 => "I32",
        _ => "unassigned",
    }
}

/// The value to which a field belongs: the one of the last tag up to it. A part over a gap in the
/// evidence is two fields, of which the second begins nothing. Bytes of which the contract says
/// nothing are one field, though values may have been read in them.
fn value<'a>(event: &'a Event, field: &Field) -> Option<&'a Value> {
    let mut coming = message(event)?.values.iter().peekable();
    let (mut outer, mut before): (Option<&Value>, Option<&Field>) = (None, None);
    for part in event.fields.iter().take(PARTS) {
        let is_rest =
            |before: &Field| before.name == part.name && before.span.end() < part.span.start;
        match (part.name, outer) {
            // More than are kept.
            (Name::ProtoTag, _) if !before.is_some_and(is_rest) => outer = Some(coming.next()?),
            (Name::ProtoBytes, Some(outer)) => {
                while coming.next_if(|inner| inner.depth > outer.depth).is_some() {}
            }
            _ => {}
        }
        if part.span == field.span {
            return outer;
        }
        before = Some(part);
    }
    None
}

/// A number in pieces of seven bits, if these are all its bytes.
fn varint(said: &[u8]) -> Option<u64> {
    let (last, others) = said.split_last()?;
    let is_whole = last & 0x80 == 0 && others.iter().all(|byte| byte & 0x80 != 0);
    let number = said.iter().rev().fold(0_u64, |all, byte| (all << 7) | u64::from(byte & 0x7f));
    (is_whole && said.len() <= 10).then_some(number)
}

fn tag(event: &Event, field: &Field, said: &[u8]) -> String {
    let Some(tag) = varint(said) else { return sized("explain-proto-piece", field.span.len) };
    let number = tag >> 3;
    let known = value(event, field).filter(|value| u64::from(value.number) == number);
    let shown = match known.and_then(|value| value.name.as_ref()) {
        Some(name) => format!("{number} ({name})"),
        None => number.to_string(),
    };
    let id = match tag & 0x7 {
        0 => "explain-proto-tag-varint",
        1 => "explain-proto-tag-fixed64",
        2 => "explain-proto-tag-len",
        3 => "explain-proto-tag-group",
        4 => "explain-proto-tag-group-end",
        5 => "explain-proto-tag-fixed32",
        _ => "explain-proto-tag-odd",
    };
    text::say(id, &[("field", (&shown).into())])
}

fn length(said: &[u8]) -> String {
    match varint(said) {
        Some(len) => sized("explain-proto-length", len),
        None => sized("explain-proto-piece", said.len() as u64),
    }
}

fn varint_of(event: &Event, field: &Field, said: &[u8]) -> String {
    let Some(number) = varint(said) else { return sized("explain-proto-piece", field.span.len) };
    let digits = number.to_string();
    let told = text::say("explain-proto-varint", &[("number", (&digits).into())]);
    with_readings(told, event, field, &[Wire::Varint])
}

fn fixed(event: &Event, field: &Field) -> String {
    let wires = [Wire::Fixed32, Wire::Fixed64];
    with_readings(sized("explain-proto-fixed", field.span.len), event, field, &wires)
}

fn text_of(said: &[u8]) -> String {
    let shown = shorten(&String::from_utf8_lossy(said));
    text::say("explain-proto-text", &[("text", (&shown).into())])
}

/// A sentence, and as what a value can be read that stands so on the wire.
fn with_readings(told: String, event: &Event, field: &Field, wires: &[Wire]) -> String {
    let value = value(event, field).filter(|value| wires.contains(&value.wire));
    let readings = value.map(|value| value.readings.as_slice()).unwrap_or_default();
    let all: Vec<String> = readings
        .iter()
        .map(|reading| format!("{} “{}”", reading.kind, shorten(&reading.text)))
        .collect();
    if all.is_empty() {
        return told;
    }
    let all = all.join("; ");
    let read = text::say("explain-proto-readings", &[("readings", (&all).into())]);
    format!("{told} {read}")
}

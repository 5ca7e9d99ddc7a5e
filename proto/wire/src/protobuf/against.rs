//! The bytes of a message held against a contract, as a library reads them that was made from it: a
//! number that it does not know it skips, a field that is not there has its default, and at one
//! that cannot be what the contract says it stops, whatever follows.

use trace::grpc::{Reading, Wire};

use super::VALUES;
use super::contract::{Kind, Message};
use super::cut::{self, Cut};
use super::readings;

/// A message as a reader takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Its own fields, in their order on the wire, up to [`VALUES`]; what lies in them is not
    /// looked into.
    pub fields: Vec<Field>,
    /// What the contract has and the bytes have not, where the reader came to their end.
    pub missing: Vec<Missing>,
    /// The offset at which the reader stops, if it does.
    pub stops: Option<usize>,
    /// Bytes behind the fields that are listed: more fields than that, or none that can be cut.
    pub rest: usize,
}

/// A field on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number, from the tag.
    pub number: u32,
    /// How it stands on the wire, from the tag.
    pub wire: Wire,
    /// Its offset in the message.
    pub at: usize,
    /// Bytes of its tag.
    pub tag: usize,
    /// Bytes of all of it.
    pub len: usize,
    /// Its name, where the contract knows the number.
    pub name: Option<&'static str>,
    /// What the reader makes of it.
    pub how: How,
}

/// What a reader makes of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The contract knows it.
    Read(Reading),
    /// The contract does not know its number.
    Skipped,
    /// It stands on the wire in another way than it must: this type, that way.
    Impossible(&'static str, Wire),
    /// It is not what it says: a text that is not UTF-8, or the end of nothing.
    Bad,
    /// The reader stopped before it.
    Unreached,
}

/// A field that is not on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// What it therefore is.
    pub default: Reading,
}

/// The short name of a wire type (Protocol Buffers encoding, "message structure").
#[must_use]
pub const fn short(wire: Wire) -> &'static str {
    match wire {
        Wire::Varint => "VARINT",
        Wire::Fixed64 => "I64",
        Wire::Len => "LEN",
        Wire::StartGroup => "SGROUP",
        Wire::EndGroup => "EGROUP",
        Wire::Fixed32 => "I32",
    }
}

/// Reads a message as one does who has this contract of it.
#[must_use]
pub fn take(message: &[u8], contract: &Message) -> Taken {
    let mut taken = Taken::default();
    // What lies in groups, which no contract here has, is skipped with them.
    let (mut at, mut groups) = (0, 0_usize);
    while at < message.len() && taken.fields.len() < VALUES {
        let rest = message.get(at..).unwrap_or_default();
        let Ok(cut) = cut::cut(rest) else {
            taken.stops.get_or_insert(at);
            break;
        };
        let known = contract.field(cut.number).filter(|_| groups == 0);
        let how = match (taken.stops, known) {
            (Some(_), _) => How::Unreached,
            (None, Some(known)) => how(rest, cut, known.kind),
            (None, None) if cut.wire == Wire::EndGroup && groups == 0 => How::Bad,
            (None, None) => How::Skipped,
        };
        if matches!(how, How::Impossible(..) | How::Bad) {
            taken.stops = Some(at);
        }
        match cut.wire {
            Wire::StartGroup => groups += 1,
            Wire::EndGroup => groups = groups.saturating_sub(1),
            _ => {}
        }
        let name = known.map(|known| known.name);
        let Cut { number, wire, tag, .. } = cut;
        taken.fields.push(Field { number, wire, at, tag, len: cut.whole(), name, how });
        at += cut.whole();
    }
    taken.rest = message.len() - at;
    if taken.stops.is_none() && taken.rest == 0 {
        taken.missing = missing(&taken.fields, contract);
    }
    taken
}

/// What a field says that the contract knows, and that begins these bytes.
fn how(bytes: &[u8], cut: Cut, kind: Kind) -> How {
    if cut.wire != kind.wire() {
        return How::Impossible(kind.name(), kind.wire());
    }
    let start = cut.tag + cut.length;
    let value = bytes.get(start..start + cut.value).unwrap_or_default();
    let reading = match kind {
        Kind::String => {
            std::str::from_utf8(value).ok().map(|text| readings::reading("string", text))
        }
        Kind::Message(_) => {
            let numbers = cut::numbers(value).unwrap_or_default();
            Some(readings::reading("message", &numbers))
        }
        Kind::Bytes => Some(readings::of_bytes(value)),
        _ => readings::of_number(cut.wire, value, Some(kind)).pop(),
    };
    reading.map_or(How::Bad, How::Read)
}

/// Fields of the contract that no field on the wire is.
fn missing(fields: &[Field], contract: &Message) -> Vec<Missing> {
    let is_there = |number: u32| fields.iter().any(|field| field.number == number);
    let absent = contract.fields.iter().filter(|field| !is_there(field.number));
    let missing = absent.map(|field| {
        let default = match field.kind {
            Kind::String | Kind::Bytes | Kind::Message(_) => "",
            Kind::Bool => "false",
            Kind::Enum(names) => names.first().copied().unwrap_or("0"),
            _ => "0",
        };
        let default = readings::reading(field.kind.name(), default);
        Missing { number: field.number, name: field.name, default }
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use trace::span::Side;

    use super::super::changed;
    use super::*;

    /// How somebody reads what somebody says in a call who has the changed contract.
    fn changed(method: &str, from: Side, message: &[u8]) -> Taken {
        let both = changed::both(&format!("/lifeline.v1.Chat/{method}")).unwrap();
        take(message, both.second.unwrap().said(from))
    }

    /// The same by the first contract.
    fn first(method: &str, from: Side, message: &[u8]) -> Taken {
        let both = changed::both(&format!("/lifeline.v1.Chat/{method}")).unwrap();
        take(message, both.first.said(from))
    }

    /// Each field in a line: where it lies, what it is, what is made of it; then what is missing.
    fn said(taken: &Taken) -> Vec<String> {
        let line = |field: &Field| {
            let Field { number, wire, at, tag, len, name, how } = field;
            let how = match how {
                How::Read(reading) => format!("{} {}", reading.kind, reading.text),
                How::Skipped => "skipped".to_owned(),
                How::Impossible(kind, wire) => format!("not {kind}, {}", short(*wire)),
                How::Bad => "bad".to_owned(),
                How::Unreached => "unreached".to_owned(),
            };
            let name = name.unwrap_or("?");
            format!("{at}+{tag}..{len} {number} {} {name}: {how}", short(*wire))
        };
        let missing = |missing: &Missing| {
            let Missing { number, name, default } = missing;
            format!("{number} {name}: {} {:?}", default.kind, default.text)
        };
        let missing = taken.missing.iter().map(missing);
        taken.fields.iter().map(line).chain(missing).collect()
    }

    #[test]
    fn a_field_that_was_added_is_missing_or_skipped() {
        let taken = changed("Send", Side::Client, b"\x0a\x01A\x12\x01B\x1a\x02hi");
        assert_eq!(
            said(&taken),
            [
                "0+1..3 1 LEN from: string A",
                "3+1..3 2 LEN to: string B",
                "6+1..4 3 LEN text: string hi",
                "4 priority: uint32 \"0\"",
            ]
        );
        assert_eq!((taken.stops, taken.rest), (None, 0));
        let answer = b"\x08\x07\x10\x96\x01";
        let whole = ["0+1..2 1 VARINT id: uint64 7", "2+1..3 2 VARINT sent_at_ms: uint64 150"];
        assert_eq!(said(&changed("Send", Side::Server, answer)), whole);
        let taken = first("Send", Side::Server, answer);
        assert_eq!(said(&taken), [whole[0], "2+1..3 2 VARINT ?: skipped"]);
        assert_eq!(taken.stops, None);
    }

    #[test]
    fn a_type_that_was_changed_stops_the_reader_where_it_is_written() {
        let taken = changed("Subscribe", Side::Client, b"\x0a\x01B\x18\x04");
        assert_eq!(
            said(&taken),
            ["0+1..3 1 LEN user: string B", "3+1..2 3 VARINT max: not string, LEN"]
        );
        assert_eq!(taken.stops, Some(3));
        let taken = changed("Subscribe", Side::Client, b"\x0a\x01B\x10\x07\x18\x04");
        assert_eq!(
            said(&taken)[1..],
            ["3+1..2 2 VARINT after: not string, LEN", "5+1..2 3 VARINT max: unreached"]
        );
        assert_eq!(taken.stops, Some(3));
        // What has its default is not written, and so it does not matter.
        let taken = changed("Subscribe", Side::Client, b"\x0a\x01B");
        assert_eq!(said(&taken)[1..], ["2 after: string \"\"", "3 max: string \"\""]);
        assert_eq!(taken.stops, None);
    }

    #[test]
    fn a_field_with_another_number_is_skipped_and_missing() {
        let taken = changed("Converse", Side::Client, b"\x0a\x01C\x1a\x03one");
        assert_eq!(
            said(&taken),
            [
                "0+1..3 1 LEN from: string C",
                "3+1..5 3 LEN ?: skipped",
                "2 to: string \"\"",
                "5 text: string \"\"",
            ]
        );
    }

    #[test]
    fn what_nobody_can_read_stops_every_reader() {
        let cases: [(&[u8], usize, usize, &str); 5] = [
            (b"\x0a\x01A\x1a\x09hi", 3, 4, "0+1..3 1 LEN from: string A"),
            (b"\x0a\x01A\x07", 3, 1, "0+1..3 1 LEN from: string A"),
            (b"\x0a\x01\xff\x12\x01B", 0, 0, "3+1..3 2 LEN to: unreached"),
            (b"\x0c", 0, 0, "0+1..1 1 EGROUP from: not string, LEN"),
            (b"\x4c", 0, 0, "0+1..1 9 EGROUP ?: bad"),
        ];
        for (bytes, stops, rest, last) in cases {
            let taken = first("Send", Side::Client, bytes);
            assert_eq!((taken.stops, taken.rest), (Some(stops), rest), "{bytes:x?}");
            assert_eq!(said(&taken).last().unwrap(), last, "{bytes:x?}");
        }
        // In a group numbers are its own.
        let taken = first("Send", Side::Client, b"\x4b\x0a\x01x\x4c\x12\x01B");
        let lines = said(&taken);
        assert_eq!(lines[1], "1+1..3 1 LEN ?: skipped");
        assert_eq!(lines[3], "5+1..3 2 LEN to: string B");
    }

    #[test]
    fn many_fields_are_listed_only_so_far() {
        let taken = first("Send", Side::Server, &b"\x08\x01".repeat(1_000));
        assert_eq!((taken.fields.len(), taken.rest), (VALUES, 2 * (1_000 - VALUES)));
        assert!(taken.missing.is_empty() && taken.stops.is_none());
        assert_eq!(first("Send", Side::Server, b"").missing.len(), 1);
    }
}

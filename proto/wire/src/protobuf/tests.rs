//! What messages say, with a contract and without, and that their parts tile them.

use std::fmt::Write as _;

use trace::span::Side;

use super::contract::Field;
use super::*;

static INNER: Message = Message {
    name: "Inner",
    fields: &[
        Field { number: 1, name: "on", kind: Kind::Bool },
        Field { number: 2, name: "inner", kind: Kind::Message(&INNER) },
    ],
};

static OUTER: Message = Message {
    name: "Outer",
    fields: &[
        Field { number: 1, name: "text", kind: Kind::String },
        Field { number: 2, name: "inner", kind: Kind::Message(&INNER) },
        Field { number: 3, name: "raw", kind: Kind::Bytes },
        Field { number: 4, name: "weight", kind: Kind::Double },
    ],
};

/// Reads a message; its parts tile it, and its values and faults are bounded.
fn tiled(message: &[u8], kind: Option<&Message>) -> Read {
    let read = read(message, kind);
    let mut at = 0;
    for part in &read.parts {
        assert_eq!(part.at, at, "{message:x?}: {:?}", read.parts);
        assert!(part.len > 0, "{message:x?}: {:?}", read.parts);
        at += part.len;
    }
    assert_eq!(at, message.len(), "{message:x?}: {:?}", read.parts);
    assert!(read.values.len() <= VALUES && read.faults.len() <= FAULTS);
    for (_, at, len) in &read.faults {
        assert!(*len > 0 && at + len <= message.len(), "{message:x?}: {:?}", read.faults);
    }
    read
}

/// Each value in a line: as deep as it lies, its number, its name, its readings.
fn said(read: &Read) -> Vec<String> {
    let line = |value: &Value| {
        let name = value.name.as_deref().unwrap_or("?");
        let mut line = format!("{}{} {name}", " ".repeat(value.depth.into()), value.number);
        for Reading { kind, text } in &value.readings {
            write!(line, " | {kind} {text}").unwrap();
        }
        line
    };
    read.values.iter().map(line).collect()
}

fn names(read: &Read) -> Vec<(Name, usize)> {
    read.parts.iter().map(|part| (part.name, part.len)).collect()
}

/// A field with a length before its value.
fn prefixed(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    let mut len = value.len();
    while len > 0x7f {
        bytes.push(((len & 0x7f) as u8) | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend_from_slice(value);
    bytes
}

#[test]
fn a_message_of_the_contract_is_read_by_name() {
    let kind = contract::message("/lifeline.v1.Chat/Send", Side::Client);
    let read = tiled(b"\x0a\x01A\x12\x01B\x1a\x02hi", kind);
    assert_eq!(said(&read), ["1 from | string A", "2 to | string B", "3 text | string hi"]);
    let field = |len| [(Name::ProtoTag, 1), (Name::ProtoLength, 1), (Name::ProtoText, len)];
    assert_eq!(names(&read), [field(1), field(1), field(2)].concat());
    assert!(read.faults.is_empty());
    let kind = contract::message("/grpc.health.v1.Health/Check", Side::Server);
    let read = tiled(b"\x08\x01", kind);
    assert_eq!(said(&read), ["1 status | enum SERVING"]);
    assert_eq!(names(&read), [(Name::ProtoTag, 1), (Name::ProtoVarint, 1)]);
    // Empty, and a field that a later contract may have.
    assert_eq!(tiled(b"", kind), Read::default());
    assert_eq!(said(&tiled(b"\x10\x05", kind)), ["2 ? | uint64 5 | sint64 -3"]);
}

#[test]
fn a_message_in_a_message_is_walked() {
    let message = [
        &b"\x0a\x01a"[..],
        &prefixed(2, b"\x08\x01\x12\x02\x08\x00"),
        b"\x1a\x01\xff",
        b"\x21\0\0\0\0\0\0\xf8\x3f",
        b"\x12\x00",
    ]
    .concat();
    let read = tiled(&message, Some(&OUTER));
    assert_eq!(
        said(&read),
        [
            "1 text | string a",
            "2 inner | message 1, 2",
            " 1 on | bool true",
            " 2 inner | message 1",
            "  1 on | bool false",
            "3 raw | bytes ff",
            "4 weight | double 1.5",
            "2 inner | message ",
        ]
    );
    assert!(read.faults.is_empty());
    assert_eq!(
        names(&read)[3..8],
        [
            (Name::ProtoTag, 1),
            (Name::ProtoLength, 1),
            (Name::ProtoTag, 1),
            (Name::ProtoVarint, 1),
            (Name::ProtoTag, 1),
        ]
    );
}

#[test]
fn without_a_contract_every_reading_is_told() {
    let message = [&prefixed(1, b"\x08\x07")[..], b"\x12\x02hi\x1d\0\0\xc0\x3f"].concat();
    let read = tiled(&message, None);
    assert_eq!(
        said(&read),
        [
            "1 ? | message 1 | bytes 0807",
            " 1 ? | uint64 7 | sint64 -4",
            // It happens to be a message too.
            "2 ? | string hi | message 13 | bytes 6869",
            " 13 ? | uint64 105 | sint64 -53",
            "3 ? | float 1.5 | fixed32 1069547520",
        ]
    );
    // What may be a text is not cut into a message's parts.
    let parts = [(Name::ProtoTag, 1), (Name::ProtoLength, 1), (Name::ProtoBytes, 2)];
    assert_eq!(names(&read)[..3], parts);
    assert!(read.faults.is_empty());
}

#[test]
fn what_is_wrong_is_said_and_ends_its_message_alone() {
    let cases: [(&[u8], Code, usize, usize); 7] = [
        (b"\x00\x01", Code::ProtoBadTag, 0, 1),
        (b"\x0a\x01a\x0f\x01", Code::ProtoBadTag, 3, 1),
        (b"\x0a\x05abc", Code::ProtoTruncated, 0, 5),
        (b"\x0a\x01a\x12", Code::ProtoTruncated, 3, 1),
        (b"\x0a\x02\xff\xfe", Code::ProtoBadUtf8, 2, 2),
        (b"\x08\x01", Code::ProtoWrongWire, 0, 1),
        (b"\x28\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", Code::ProtoBadVarint, 1, 10),
    ];
    for (message, code, at, len) in cases {
        let read = tiled(message, Some(&OUTER));
        assert_eq!(read.faults, [(code, at, len)], "{message:x?}");
    }
    let read = tiled(b"\x12\x03\x08\x01\x07\x0a\x01a", Some(&OUTER));
    assert_eq!(read.faults, [(Code::ProtoBadTag, 4, 1)]);
    assert_eq!(said(&read), ["2 inner | message ", " 1 on | bool true", "1 text | string a"]);
    assert_eq!(names(&read)[4], (Name::Undecoded, 1));
    // A field that stands otherwise on the wire keeps its name, but nothing is known of its value.
    let read = tiled(b"\x08\x01", Some(&OUTER));
    assert_eq!(said(&read), ["1 text | uint64 1 | sint64 -1 | bool true"]);
}

#[test]
fn groups_are_listed() {
    let read = tiled(b"\x0b\x0a\x01a\x0c\x0a\x01b", Some(&OUTER));
    assert_eq!(
        said(&read),
        ["1 text", " 1 ? | string a | bytes 61", "1 text", "1 text | string b"]
    );
    assert_eq!(read.faults, [(Code::ProtoWrongWire, 0, 1), (Code::ProtoWrongWire, 4, 1)]);
    let deep = tiled(&[0x0b; 100], None);
    assert!(deep.values.iter().all(|value| value.depth <= DEPTH));
}

#[test]
fn many_values_are_listed_only_so_far() {
    let read = tiled(&b"\x08\x01".repeat(1_000), None);
    assert_eq!((read.values.len(), read.parts.len()), (VALUES, 2 * VALUES + 1));
    assert_eq!(read.parts.last().unwrap().name, Name::GrpcPayload);
    // Within a known message, what is left of it and what follows it are one part.
    let inner = prefixed(2, &b"\x08\x01".repeat(100));
    let read = tiled(&[&inner[..], b"\x0a\x01a"].concat(), Some(&OUTER));
    assert_eq!((read.values.len(), read.parts.len()), (VALUES, 2 + 2 * (VALUES - 1) + 1));
    assert_eq!(read.parts.last().unwrap().len, 2 * (100 - VALUES + 1) + 3);
}

#[test]
fn a_message_nested_very_deeply_is_walked_only_so_far() {
    let mut message = b"\x08\x01".to_vec();
    while message.len() < 20_000 {
        message = prefixed(2, &message);
    }
    for kind in [None, Some(&INNER)] {
        let read = tiled(&message, kind);
        assert_eq!(read.values.len(), usize::from(DEPTH) + 1);
        assert_eq!(read.values.last().unwrap().depth, DEPTH);
        assert!(read.faults.is_empty());
    }
    assert_eq!(tiled(&message, Some(&INNER)).parts.last().unwrap().name, Name::GrpcPayload);
}

#[test]
fn bytes_that_can_be_anything_cost_no_more_than_their_length() {
    // Each is a message of messages, wherever it is begun.
    let mut message = b"\x08\x01".to_vec();
    while message.len() < 30_000 {
        message = [prefixed(1, &message), prefixed(2, &message)].concat();
    }
    let read = tiled(&message, None);
    assert_eq!(read.values.len(), VALUES);
    let mut seed = 1_u32;
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..200)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Small bytes, so that many of them are tags and lengths.
                ((seed >> 24) as u8) & 0x1f
            })
            .collect();
        tiled(&bytes, None);
        tiled(&bytes, Some(&OUTER));
    }
}

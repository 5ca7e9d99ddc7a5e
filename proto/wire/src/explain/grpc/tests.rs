//! Every field, bit, status and fault of gRPC has its sentence, and that says what is there.

use super::*;
use crate::transcript::escape;
use trace::grpc::{Call, Reading, Trailers, Value, Wire};
use trace::ids::ConnId;
use trace::span::{Side, Span, Spans};

fn event(said: Grpc, fields: Vec<Field>) -> Event {
    let evidence = Spans(fields.iter().map(|field| field.span).collect());
    let (conn, from, kind) = (ConnId(1), Side::Client, Kind::Grpc(said));
    Event { conn, from, evidence, kind, fields, faults: Vec::new() }
}

fn message_of(values: Vec<Value>) -> Message {
    Message {
        call: Call::Stream(1),
        path: "/lifeline.v1.Chat/Send".to_owned(),
        number: 1,
        compressed: false,
        len: 9,
        base64: false,
        values,
    }
}

fn value(number: u32, name: Option<&str>, depth: u8, wire: Wire, reading: (&str, &str)) -> Value {
    let (kind, text) = reading;
    let readings = vec![Reading { kind: kind.to_owned(), text: text.to_owned() }];
    Value { number, name: name.map(str::to_owned), depth, wire, readings }
}

fn sentence(event: &Event, name: Name, bytes: &[u8]) -> String {
    let field = Field { name, span: Span { start: 0, len: bytes.len() as u64 } };
    crate::explain::field(event, &field, &escape(bytes), None).sentence
}

#[test]
fn every_field_has_a_sentence_wherever_it_stands() {
    let trailers =
        Trailers { call: Call::Exchange(0), len: 16, status: None, message: String::new() };
    let compressed = Message { compressed: true, ..message_of(Vec::new()) };
    let all = [
        Grpc::Message(message_of(Vec::new())),
        Grpc::Message(compressed),
        Grpc::Trailers(trailers),
        Grpc::Partial(Call::Stream(1)),
    ];
    for said in all {
        let event = event(said, Vec::new());
        for name in Name::ALL {
            for bytes in [&b"abc"[..], b"\x80\0\0\x03", b"\xff", b""] {
                let said = sentence(&event, name, bytes);
                let whole = said.ends_with('.') && !said.contains("{$");
                assert!(whole, "{name:?}: {said}");
            }
        }
    }
}

#[test]
fn sentences_say_what_the_five_bytes_say() {
    let said = event(Grpc::Message(message_of(Vec::new())), Vec::new());
    assert_eq!(sentence(&said, Name::GrpcFlag, b"\0"), "0: the message is not compressed.");
    assert_eq!(sentence(&said, Name::GrpcLength, b"\0\0\0\x17"), "The message has 23 bytes.");
    assert_eq!(
        sentence(&said, Name::GrpcLength, b"\0\0"),
        "A piece of the message's length, which has four bytes."
    );
    assert_eq!(
        sentence(&said, Name::GrpcPayload, b"abc"),
        "A piece of the message: 3 bytes of 9 bytes."
    );
    let trailers =
        Trailers { call: Call::Stream(1), len: 16, status: None, message: String::new() };
    let said = event(Grpc::Trailers(trailers), Vec::new());
    assert_eq!(sentence(&said, Name::GrpcLength, b"\0\0\0\x10"), "The trailers have 16 bytes.");
    let field = Field { name: Name::FieldValue, span: Span { start: 0, len: 2 } };
    let told = crate::explain::field(&said, &field, "12", Some("Grpc-Status"));
    assert_eq!(told.sentence, "12, UNIMPLEMENTED: this server has no such method.");
    assert_eq!(told.title, "Field value");
}

#[test]
fn a_value_belongs_to_the_tag_before_it() {
    // from: "A"; a field that no contract knows, in which a message was read; count: 150.
    let values = vec![
        value(1, Some("from"), 0, Wire::Len, ("string", "A")),
        value(9, None, 0, Wire::Len, ("message", "1")),
        value(1, None, 1, Wire::Varint, ("uint64", "1")),
        value(2, Some("count"), 0, Wire::Varint, ("uint64", "150")),
    ];
    let parts: [(Name, u64, &[u8]); 9] = [
        (Name::ProtoTag, 5, b"\x0a"),
        (Name::ProtoLength, 6, b"\x01"),
        (Name::ProtoText, 7, b"A"),
        (Name::ProtoTag, 8, b"\x4a"),
        (Name::ProtoLength, 9, b"\x02"),
        (Name::ProtoBytes, 10, b"\x08"),
        // The rest of it, in the next frame.
        (Name::ProtoBytes, 20, b"\x01"),
        (Name::ProtoTag, 21, b"\x10"),
        (Name::ProtoVarint, 22, b"\x96\x01"),
    ];
    let fields = parts.iter().map(|(name, start, bytes)| {
        let span = Span { start: *start, len: bytes.len() as u64 };
        Field { name: *name, span }
    });
    let event = event(Grpc::Message(message_of(values)), fields.collect());
    let told = event.fields.iter().zip(&parts).map(|(field, (.., bytes))| {
        crate::explain::field(&event, field, &escape(bytes), None).sentence
    });
    let told: Vec<String> = told.collect();
    assert_eq!(told[0], "Field 1 (from), length-delimited: a length follows, then so many bytes.");
    assert_eq!((told[1].as_str(), told[2].as_str()), ("The value has 1 byte.", "The text “A”."));
    assert_eq!(told[3], "Field 9, length-delimited: a length follows, then so many bytes.");
    assert_eq!(told[5], "1 byte of which the contract says nothing more. Read as: message “1”.");
    assert_eq!(told[7], "Field 2 (count): a number in pieces of seven bits follows.");
    assert_eq!(
        told[8],
        "A number in pieces of seven bits, the lowest first: 150. Read as: uint64 “150”."
    );
}

#[test]
fn bits_are_opened() {
    let opened = |name, bytes: &[u8]| {
        let field = Field { name, span: Span { start: 0, len: bytes.len() as u64 } };
        let all = bits(&field, bytes);
        all.into_iter().map(|bits| (bits.name, bits.from, bits.len, bits.value)).collect::<Vec<_>>()
    };
    let named = |name: &str, from: u8, len: u8, value: u64| (name.to_owned(), from, len, value);
    assert_eq!(
        opened(Name::GrpcFlag, &[0x80]),
        [named("Trailers", 7, 1, 1), named("Spare", 6, 6, 0), named("Compressed", 0, 1, 0)]
    );
    assert_eq!(
        opened(Name::ProtoTag, &[0x1a]),
        [named("More", 7, 1, 0), named("Field number", 6, 4, 3), named("Wire type", 2, 3, 2)]
    );
    assert_eq!(opened(Name::ProtoTag, &[0x82, 0x01]).len(), 5);
    assert_eq!(opened(Name::ProtoVarint, &[0x96, 0x01]).len(), 4);
    assert!(opened(Name::ProtoText, b"a").is_empty());
}

#[test]
fn every_status_and_fault_has_its_words() {
    let names: Vec<&str> = (0..=17).map(grpc_status).collect();
    assert_eq!((names[0], names[16], names[17]), ("OK", "UNAUTHENTICATED", "unassigned"));
    for code in 0..=17 {
        let told = grpc_code(code);
        let begins = told.sentence.starts_with(&code.to_string());
        assert!(begins && told.sentence.ends_with('.'), "{told:?}");
    }
    for code in [
        Code::GrpcBadFlag,
        Code::GrpcTooLarge,
        Code::GrpcBadBase64,
        Code::ProtoBadTag,
        Code::ProtoTruncated,
        Code::ProtoBadVarint,
        Code::ProtoBadUtf8,
        Code::ProtoWrongWire,
    ] {
        let (key, source) = fault(code).unwrap();
        assert!(text::has(key) && text::has(&format!("{key}-title")), "{key}");
        assert!(!source.is_empty(), "{key}");
    }
}

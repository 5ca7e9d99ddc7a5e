//! What contents say in each form, and that they say the same however they are cut.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trace::grpc::Reading;

use super::open::KEPT;
use super::pieces::PIECES;
use super::*;

const SEND: &str = "/lifeline.v1.Chat/Send";

/// `SendRequest` from A to B: "hi".
const HI: &[u8] = b"\x0a\x01A\x12\x01B\x1a\x02hi";

/// A message with its prefix.
fn message(flag: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flag][..], &len, payload].concat()
}

fn coded(bytes: &[u8]) -> Vec<u8> {
    STANDARD.encode(bytes).into_bytes()
}

fn decoder(form: Form) -> Messages {
    Messages::new(ConnId(1), Side::Client, Call::Stream(1), SEND, form)
}

/// The content in pieces of these lengths, over and over, with `gap` bytes of framing between them.
fn decode_cut(form: Form, content: &[u8], lengths: &[usize], gap: u64) -> Vec<Event> {
    let mut messages = decoder(form);
    let mut events = Vec::new();
    let (mut rest, mut at) = (content, 100);
    for len in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, others) = rest.split_at((*len).min(rest.len()));
        messages.content(piece, at, &mut events);
        at += piece.len() as u64 + gap;
        rest = others;
    }
    messages.end(&mut events);
    let said = events.len();
    messages.end(&mut events);
    assert_eq!(events.len(), said, "an end says nothing twice");
    events
}

fn decode(form: Form, content: &[u8]) -> Vec<Event> {
    decode_cut(form, content, &[content.len().max(1)], 0)
}

/// Fields tile the pieces, and the pieces of all events follow each other. Says how long they are.
fn tiled(events: &[Event]) -> u64 {
    let (mut total, mut at) = (0, 0);
    for event in events {
        let mut fields = event.fields.iter();
        for piece in &event.evidence.0 {
            assert!(piece.start >= at, "{event:?}");
            at = piece.start;
            while at < piece.end() {
                let field = fields.next().unwrap();
                assert_eq!(field.span.start, at, "{event:?}");
                assert!(!field.span.is_empty(), "{event:?}");
                at = field.span.end();
            }
            assert_eq!(at, piece.end(), "{event:?}");
            total += piece.len;
        }
        assert!(fields.next().is_none(), "{event:?}");
    }
    total
}

fn codes(events: &[Event]) -> Vec<Code> {
    events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

fn kinds(events: &[Event]) -> Vec<Kind> {
    events.iter().map(|event| event.kind.clone()).collect()
}

fn said(event: &Event) -> &Message {
    let Kind::Grpc(Grpc::Message(message)) = &event.kind else { panic!("no message: {event:?}") };
    message
}

fn places(event: &Event) -> Vec<(Name, u64, u64)> {
    event.fields.iter().map(|field| (field.name, field.span.start, field.span.len)).collect()
}

fn contents() -> Vec<(Form, Vec<u8>)> {
    let hi = message(0, HI);
    let empty = message(0, b"");
    let trailers = message(0x80, b"grpc-status: 0\r\ngrpc-message:\r\n");
    let two = [&hi[..], &empty, &message(1, b"zzz"), &message(0, b"\x0a\x02\xff\xff")].concat();
    let web = [&hi[..], &message(0, b"\x0a\x01A"), &trailers, &message(0x81, b"z")].concat();
    let mut contents = vec![
        (Form::Native, Vec::new()),
        (Form::Native, two),
        (Form::Native, hi[..1].to_vec()),
        (Form::Native, hi[..4].to_vec()),
        (Form::Native, hi[..9].to_vec()),
        (Form::Native, [&hi[..], b"\x07\0\0\0\0more"].concat()),
        (Form::Native, [&hi[..], &trailers].concat()),
        (Form::Native, b"\0\0\x40\0\x01declared".to_vec()),
        (Form::Web, web.clone()),
        (Form::Web, [&hi[..], b"\x82\0\0\0\0more"].concat()),
        (Form::WebText, coded(&web)),
        (Form::WebText, [coded(&hi), coded(&empty), coded(&trailers)].concat()),
        (Form::WebText, web.chunks(7).flat_map(coded).collect()),
        (Form::WebText, [&coded(&hi)[..], b"!!!!", &coded(&hi)].concat()),
        (Form::WebText, [&coded(&hi[..10])[..], b"AA", b"=A", &coded(&hi)].concat()),
        (Form::WebText, [&coded(&web)[..], b"AA"].concat()),
        (Form::WebText, coded(&[&hi[..], b"\x05oh"].concat())),
    ];
    // Ends and bad flags at each place in a quantum.
    for cut in 0..16 {
        contents.push((Form::WebText, coded(&web[..web.len() - cut])));
        contents.push((Form::WebText, coded(&[&web[..cut + 4], &hi].concat())));
    }
    contents
}

#[test]
fn however_it_is_cut_the_events_are_the_same() {
    for (form, content) in contents() {
        let whole = decode(form, &content);
        assert_eq!(tiled(&whole), content.len() as u64, "{form:?} {whole:?}");
        for lengths in [&[1][..], &[2], &[3], &[1, 4], &[7, 2, 1]] {
            assert_eq!(decode_cut(form, &content, lengths, 0), whole, "{form:?} {lengths:?}");
        }
        for first in 1..content.len() {
            let lengths = [first, content.len()];
            assert_eq!(decode_cut(form, &content, &lengths, 0), whole, "{form:?} {first}");
        }
    }
}

#[test]
fn framing_between_the_pieces_changes_places_alone() {
    for (form, content) in contents() {
        let whole = decode(form, &content);
        for lengths in [&[1][..], &[2], &[5, 1]] {
            let events = decode_cut(form, &content, lengths, 6);
            assert_eq!((kinds(&events), codes(&events)), (kinds(&whole), codes(&whole)));
            assert_eq!(tiled(&events), content.len() as u64, "{form:?} {events:?}");
        }
    }
}

#[test]
fn the_first_bytes_say_nothing_that_the_rest_takes_back() {
    for (form, content) in contents() {
        let (mut messages, mut whole) = (decoder(form), Vec::new());
        messages.content(&content, 0, &mut whole);
        for kept in 0..content.len() {
            let (mut messages, mut events) = (decoder(form), Vec::new());
            messages.content(&content[..kept], 0, &mut events);
            assert!(whole.starts_with(&events), "{form:?} {kept}");
        }
    }
}

#[test]
fn a_message_is_there_with_its_last_byte() {
    let content = message(0, HI);
    for (form, content) in [(Form::Native, content.clone()), (Form::WebText, coded(&content))] {
        let (mut messages, mut events) = (decoder(form), Vec::new());
        let (first, last) = content.split_at(content.len() - 1);
        messages.content(first, 0, &mut events);
        assert!(events.is_empty());
        messages.content(last, first.len() as u64, &mut events);
        assert_eq!(events.len(), 1);
    }
}

#[test]
fn a_message_of_the_contract_is_read() {
    let events = decode(Form::Native, &[message(0, HI), message(0, b"")].concat());
    let first = said(&events[0]);
    assert_eq!((first.path.as_str(), first.number, first.len), (SEND, 1, 10));
    let values: Vec<_> = first
        .values
        .iter()
        .map(|value| (value.name.as_deref().unwrap(), value.readings[0].text.as_str()))
        .collect();
    assert_eq!(values, [("from", "A"), ("to", "B"), ("text", "hi")]);
    assert_eq!(
        places(&events[0])[..5],
        [
            (Name::GrpcFlag, 100, 1),
            (Name::GrpcLength, 101, 4),
            (Name::ProtoTag, 105, 1),
            (Name::ProtoLength, 106, 1),
            (Name::ProtoText, 107, 1),
        ]
    );
    assert_eq!((said(&events[1]).number, said(&events[1]).len), (2, 0));
    assert_eq!(places(&events[1]), [(Name::GrpcFlag, 115, 1), (Name::GrpcLength, 116, 4)]);
    // Over a gap within the length, and within a text.
    let events = decode_cut(Form::Native, &message(0, HI), &[3, 11, 9], 50);
    assert_eq!(events[0].evidence.0.len(), 3);
    let parts = places(&events[0]);
    assert_eq!(parts[1..3], [(Name::GrpcLength, 101, 2), (Name::GrpcLength, 153, 2)]);
    assert_eq!(parts[parts.len() - 2..], [(Name::ProtoText, 163, 1), (Name::ProtoText, 214, 1)]);
}

#[test]
fn what_is_wrong_in_a_message_has_its_place() {
    let events = decode(Form::Native, &message(0, b"\x0a\x02\xff\xff"));
    let span = Some(Span { start: 107, len: 2 });
    assert_eq!(events[0].faults, [Fault { code: Code::ProtoBadUtf8, span }]);
    assert_eq!(said(&events[0]).values[0].readings[0].kind, "bytes");
    let events = decode(Form::WebText, &coded(&message(0, b"\x0a\x02\xff\xff")));
    assert_eq!(events[0].faults, [Fault { code: Code::ProtoBadUtf8, span: None }]);
}

#[test]
fn without_a_contract_every_reading_is_told() {
    let call = Call::Exchange(7);
    let mut messages = Messages::new(ConnId(1), Side::Server, call, "/a.B/C?d", Form::Web);
    let mut events = Vec::new();
    messages.content(&message(0, b"\x08\x01"), 0, &mut events);
    let message = said(&events[0]);
    assert_eq!((message.call, message.path.as_str()), (call, "/a.B/C"));
    assert_eq!(events[0].from, Side::Server);
    let reading = |kind: &str, text: &str| Reading { kind: kind.to_owned(), text: text.to_owned() };
    let readings = [reading("uint64", "1"), reading("sint64", "-1"), reading("bool", "true")];
    assert_eq!((&message.values[0].name, &message.values[0].readings[..]), (&None, &readings[..]));
}

#[test]
fn trailers_are_lines() {
    let block = b"grpc-status:13\r\ngrpc-message: out%20of%20ink\r\n";
    let content = [message(0, HI), message(0x80, block)].concat();
    let events = decode(Form::Web, &content);
    let trailers = Trailers {
        call: Call::Stream(1),
        len: block.len() as u64,
        status: Some(13),
        message: "out of ink".to_owned(),
    };
    assert_eq!(events[1].kind, Kind::Grpc(Grpc::Trailers(trailers.clone())));
    assert_eq!(
        places(&events[1])[..6],
        [
            (Name::GrpcFlag, 115, 1),
            (Name::GrpcLength, 116, 4),
            (Name::FieldName, 120, 11),
            (Name::Colon, 131, 1),
            (Name::FieldValue, 132, 2),
            (Name::LineEnd, 134, 2),
        ]
    );
    let events = decode(Form::WebText, &coded(&content));
    assert_eq!(events[1].kind, Kind::Grpc(Grpc::Trailers(trailers)));
    // Native gRPC has no such flag.
    let events = decode(Form::Native, &content);
    assert_eq!(codes(&events), [Code::GrpcBadFlag]);
    assert_eq!(events[1].faults[0].span, Some(Span { start: 115, len: 1 }));
    let rest = content.len() as u64 - 16;
    assert_eq!(places(&events[1]), [(Name::GrpcFlag, 115, 1), (Name::Undecoded, 116, rest)]);
}

#[test]
fn a_quantum_belongs_to_what_its_first_byte_belongs_to() {
    // Eight bytes each: the third quantum holds two of the first, and one of the second.
    let one = message(0, b"\x0a\x01A");
    for content in [coded(&[&one[..], &one].concat()), [coded(&one), coded(&one)].concat()] {
        let events = decode(Form::WebText, &content);
        assert_eq!(places(&events[0]), [(Name::GrpcBase64, 100, 12)]);
        assert_eq!(places(&events[1]), [(Name::GrpcBase64, 112, 12)]);
        assert!(said(&events[1]).base64 && codes(&events).is_empty());
        assert_eq!(said(&events[1]).values[0].readings[0].text, "A");
    }
    // The first byte of a message that has no quantum of its own.
    let events = decode(Form::WebText, &coded(&[&one[..], b"\0"].concat()));
    assert_eq!(events[1].kind, Kind::Grpc(Grpc::Partial(Call::Stream(1))));
    assert_eq!(events[1].evidence.0, [Span { start: 112, len: 0 }]);
    assert_eq!(codes(&events), [Code::Incomplete]);
    // Letters of a quantum may lie apart.
    let events = decode_cut(Form::WebText, &coded(&one), &[2, 99], 10);
    assert_eq!(places(&events[0]), [(Name::GrpcBase64, 100, 2), (Name::GrpcBase64, 112, 10)]);
}

#[test]
fn what_cannot_be_read_ends_it() {
    let one = message(0, b"\x0a\x01A");
    let content = [&coded(&one)[..], &coded(&one)[..4], b"A*AA", b"more, and not read"].concat();
    let events = decode(Form::WebText, &content);
    assert_eq!((events.len(), codes(&events)), (2, vec![Code::GrpcBadBase64]));
    assert_eq!(events[1].faults[0].span, Some(Span { start: 116, len: 4 }));
    assert_eq!(places(&events[1]), [(Name::GrpcBase64, 112, 4), (Name::Undecoded, 116, 22)]);
    let events = decode(Form::Web, b"\x02\0\0\0\0");
    assert_eq!((events.len(), codes(&events)), (1, vec![Code::GrpcBadFlag]));
    // Two letters are no quantum.
    let events = decode(Form::WebText, b"AA");
    assert_eq!((events.len(), codes(&events)), (1, vec![Code::Incomplete]));
    assert_eq!(places(&events[0]), [(Name::GrpcBase64, 100, 2)]);
}

#[test]
fn what_is_cut_off_says_what_is_known() {
    let content = message(0, HI);
    for (len, fields) in [(1, 1), (2, 2), (5, 2), (6, 3), (14, 3)] {
        let events = decode(Form::Native, &content[..len]);
        assert_eq!(events[0].kind, Kind::Grpc(Grpc::Partial(Call::Stream(1))));
        assert_eq!((events[0].fields.len(), codes(&events)), (fields, vec![Code::Incomplete]));
    }
    assert!(decode(Form::Native, b"").is_empty());
}

#[test]
fn a_long_message_is_counted_and_not_kept() {
    let long = message(0, &vec![0; usize::try_from(KEPT).unwrap() + 1]);
    let packed = message(1, HI);
    for (content, compressed) in [(&long, false), (&packed, true)] {
        let events = decode(Form::Native, content);
        let said = said(&events[0]);
        assert_eq!((said.compressed, said.len), (compressed, content.len() as u64 - 5));
        assert!(said.values.is_empty() && codes(&events).is_empty());
        let names: Vec<Name> = events[0].fields.iter().map(|field| field.name).collect();
        assert_eq!(names, [Name::GrpcFlag, Name::GrpcLength, Name::GrpcPayload]);
    }
    // Of what is declared to be enormous nothing waits.
    let (mut messages, mut events) = (decoder(Form::Native), Vec::new());
    let declared = 5 * 1024 * 1024_u32;
    messages.content(&[&[0][..], &declared.to_be_bytes()].concat(), 0, &mut events);
    for piece in 0..80 {
        assert!(events.is_empty());
        messages.content(&[0; 64 * 1024], 5 + piece * 64 * 1024, &mut events);
        assert_eq!(messages.open.kept.capacity(), 0);
    }
    assert_eq!((events.len(), said(&events[0]).len), (1, u64::from(declared)));
    let span = Some(Span { start: 1, len: 4 });
    assert_eq!(events[0].faults, [Fault { code: Code::GrpcTooLarge, span }]);
    let events = decode(Form::Native, b"\0\xff\xff\xff\xffx");
    assert_eq!(codes(&events), [Code::GrpcTooLarge, Code::Incomplete]);
}

#[test]
fn a_message_in_very_many_pieces_is_read_but_not_cut() {
    let text = [&b"\x1a\x88\x27"[..], &[b'x'; 5_000]].concat();
    for (form, content) in
        [(Form::Native, message(0, &text)), (Form::WebText, coded(&message(0, &text)))]
    {
        let events = decode_cut(form, &content, &[1], 9);
        assert_eq!((events.len(), codes(&events)), (1, Vec::new()));
        assert_eq!(said(&events[0]).values[0].readings[0].kind, "string");
        let (pieces, fields) = (&events[0].evidence.0, &events[0].fields);
        assert_eq!((pieces.len(), fields.len()), (PIECES, PIECES));
        assert_eq!(pieces[PIECES - 1].end(), 100 + (content.len() as u64 - 1) * 10 + 1);
        tiled(&events);
    }
}

#[test]
fn a_form_is_told_by_the_content_type() {
    for (content_type, form) in [
        ("application/grpc", Some(Form::Native)),
        ("application/grpc+proto", Some(Form::Native)),
        ("Application/gRPC-Web ; charset=utf-8", Some(Form::Web)),
        ("application/grpc-web+proto", Some(Form::Web)),
        ("application/grpc-web-text", Some(Form::WebText)),
        ("application/grpc-web-text+proto", Some(Form::WebText)),
        ("application/grpc+json", None),
        ("application/grpcish", None),
        ("text/plain", None),
        ("", None),
    ] {
        assert_eq!(Form::of(content_type), form, "{content_type}");
    }
    let long = "\u{E4}".repeat(1_000);
    assert_eq!(kept_path(&long).chars().count(), PATH_KEPT);
    assert_eq!(kept_path("/a.B/C?d=e?f"), "/a.B/C");
}

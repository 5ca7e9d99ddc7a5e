//! Every field, bit and fault of HTTP/2 has its sentence, and that says what is there.

use super::*;
use crate::hpack::{Hpack, Part};
use crate::transcript::escape;
use trace::http2::{Head, Role, Windows};
use trace::ids::ConnId;
use trace::span::{Side, Span, Spans};

fn event(said: Http2, fields: Vec<Field>) -> Event {
    let evidence = Spans(fields.iter().map(|field| field.span).collect());
    let (conn, from, kind) = (ConnId(1), Side::Client, Kind::Http2(said));
    Event { conn, from, evidence, kind, fields, faults: Vec::new() }
}

fn sentence(event: &Event, name: Name, bytes: &[u8]) -> String {
    let field = Field { name, span: Span { start: 0, len: bytes.len() as u64 } };
    crate::explain::field(event, &field, &escape(bytes), None).sentence
}

fn frame_of(kind: FrameKind, flags: u8, stream: u32, says: Says) -> Frame {
    Frame { kind, flags, stream, len: 5, padding: None, says, windows: None }
}

fn frame_event(kind: FrameKind, flags: u8, stream: u32, says: Says) -> Event {
    event(Http2::Frame(frame_of(kind, flags, stream, says)), Vec::new())
}

fn head(headers: Vec<trace::http2::Header>) -> Head {
    Head {
        stream: 1,
        role: Role::Request,
        headers,
        ends: true,
        frames: 2,
        len: 20,
        plain_len: 60,
        table_size: 57,
    }
}

/// What the fields of a head are said to be whose block lies in two frames, cut at a place, each with
/// its bytes.
fn told(block: &[u8], cut: usize) -> Vec<(Vec<u8>, String)> {
    let read = Hpack::default().block(block);
    let (mut fields, mut pieces) = (Vec::new(), Vec::new());
    for Part { name, at, len } in read.parts {
        let middle = cut.clamp(at, at + len);
        for (from, upto) in [(at, middle), (middle, at + len)] {
            if from < upto {
                let start = from as u64 + if from < cut { 0 } else { 9 };
                fields.push(Field { name, span: Span { start, len: (upto - from) as u64 } });
                pieces.push(block[from..upto].to_vec());
            }
        }
    }
    let event = event(Http2::Head(head(read.headers)), fields);
    let sentences = event.fields.iter().zip(&pieces).map(|(field, piece)| {
        let told = crate::explain::field(&event, field, &escape(piece), None);
        (piece.clone(), told.sentence)
    });
    sentences.collect()
}

#[test]
fn every_field_has_a_sentence_wherever_it_stands() {
    let content = Content { stream: 3, len: 7, frames: 2, complete: true };
    let settings = frame_of(FrameKind::Settings, 0, 0, Says::Settings(vec![(4, 65_535)]));
    let all = [
        Http2::Preface,
        Http2::Frame(settings),
        Http2::Head(head(Vec::new())),
        Http2::Content(content),
        Http2::Partial,
        Http2::Rest,
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
fn sentences_say_what_a_frame_says() {
    let windows = Some(Windows { connection: 65_530, stream: Some(-3) });
    let data = frame_of(FrameKind::Data, 0x9, 3, Says::Nothing);
    let data = event(Http2::Frame(Frame { windows, ..data }), Vec::new());
    let rows: [(Name, &[u8], &str); 6] = [
        (
            Name::FrameLength,
            b"\0\x01\0",
            "The payload has 256 bytes; the nine of the frame's header do not count.",
        ),
        (Name::FrameType, b"\0", "Type 0, DATA: content."),
        (
            Name::FrameFlags,
            b"\x09",
            "PADDED is set: padding stands at the frame's end. END_STREAM is set: this side says \
             nothing more on the stream.",
        ),
        (Name::FrameStream, b"\x80\0\0\x03", "Stream 3, opened by the client: its number is odd."),
        (
            Name::FrameData,
            b"hello",
            "5 bytes of content. After this frame the connection's window is 65530, the stream's -3.",
        ),
        (Name::PadLength, b"\x02", "2 bytes of padding stand at the frame's end."),
    ];
    for (name, bytes, said) in rows {
        assert_eq!(sentence(&data, name, bytes), said);
    }
    let goaway = Says::Goaway { last: 0, error: 0xb, debug: "too_many_pings".to_owned() };
    let goaway = frame_event(FrameKind::Goaway, 0, 0, goaway);
    assert_eq!(
        sentence(&goaway, Name::ErrorCode, b"\0\0\0\x0b"),
        "11, ENHANCE_YOUR_CALM: the other side asks too much of this one."
    );
    assert_eq!(
        sentence(&goaway, Name::DebugData, b"too_many_pings"),
        "Beside the error code, in words for people: “too_many_pings”."
    );
    let update = frame_event(FrameKind::WindowUpdate, 0, 0, Says::Increment(1_000));
    assert_eq!(
        sentence(&update, Name::WindowIncrement, b"\0\0\x03\xe8"),
        "The other side may send 1000 bytes more on the connection, all streams together."
    );
    let headers = frame_event(FrameKind::Headers, 0, 1, Says::Nothing);
    assert_eq!(
        sentence(&headers, Name::FrameFlags, b"\0"),
        "END_HEADERS is not set: a CONTINUATION follows with more of the header block."
    );
    assert_eq!(
        sentence(&headers, Name::Priority, b"\x80\0\0\x05\xff"),
        "An outdated wish, mostly ignored: after stream 5, with weight 256."
    );
}

#[test]
fn a_value_belongs_to_the_setting_before_it() {
    let says = Says::Settings(vec![(2, 0), (3, 100), (0xabc, 7)]);
    let mut event = frame_event(FrameKind::Settings, 0, 0, says);
    for start in [11, 17, 23] {
        event.fields.push(Field { name: Name::SettingValue, span: Span { start, len: 4 } });
    }
    let said = |index: usize, text| field(&event, &event.fields[index], text).unwrap();
    assert_eq!(said(0, "\\x00\\x00\\x00\\x00").sentence, "0: the server may push nothing.");
    assert_eq!(
        said(1, "\\x00\\x00\\x00d").sentence,
        "So many streams may the other side have open at once: 100."
    );
    assert_eq!(said(2, "\\x00\\x00\\x00\\x07").sentence, "7: what that means is not known here.");
    assert_eq!(
        sentence(&event, Name::SettingId, b"\0\x04"),
        "Setting 4, INITIAL_WINDOW_SIZE: its value follows."
    );
    assert_eq!((setting(0x8), setting(0x7)), (Some("ENABLE_CONNECT_PROTOCOL"), None));
    assert_eq!((error_code(0xd), error_code(0xe)), ("HTTP_1_1_REQUIRED", "unassigned"));
}

/// RFC 7541, section C.4.1.
const REQUEST: &[u8] = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";

#[test]
fn sentences_say_what_a_header_block_says() {
    let said: Vec<String> = told(REQUEST, 0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(
        said[0],
        "Header field 2 of the static table: “:method: GET”. What is to be done with the resource; in \
         HTTP/1 it begins the request line."
    );
    assert_eq!(
        said[3],
        "A header field whose name is that of number 1 in the static table, :authority; its value \
         follows. Both sides keep it in the dynamic table."
    );
    assert_eq!(said[4], "A string of 12 bytes follows, in Huffman code.");
    assert!(
        said[5].starts_with(
            "The value of :authority: “www.example.com”. It is told in Huffman code: 12 bytes for 15."
        ),
        "{}",
        said[5]
    );
    // Not in Huffman code, with a new name, never to be kept; then kept, and told by its number.
    let said: Vec<String> =
        told(b"\x10\x01k\x01v\x40\x01a\x01b\xbe", 0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(
        said[0],
        "A header field whose name and value follow. It may never be kept in a table, by nobody on \
         its way: so secrets are told."
    );
    assert_eq!(said[2], "The name: “k”.");
    assert!(said[4].starts_with("The value of k: “v”. "), "{}", said[4]);
    assert!(
        said[10].starts_with(
            "Header field 62, in the dynamic table, where it was put before: “a: b”. "
        ),
        "{}",
        said[10]
    );
}

#[test]
fn a_part_over_a_gap_does_not_put_the_count_out() {
    // A number in two bytes (31, content-type), a value, and two indexed header fields.
    let block = b"\x82\x0f\x10\x03a/b\x84\x86";
    for cut in 0..=block.len() {
        let said = told(block, cut);
        let of = |byte: u8| {
            let found = said.iter().find(|(bytes, _)| bytes.first() == Some(&byte)).unwrap();
            found.1.as_str()
        };
        assert!(of(0x82).contains("“:method: GET”"), "{cut}: {said:?}");
        assert!(of(0x0f).contains("number 31 in the static table, content-type;"), "{cut}");
        assert!(of(0x84).contains("“:path: /”"), "{cut}: {said:?}");
        assert!(of(0x86).contains("“:scheme: http”"), "{cut}: {said:?}");
    }
    let piece = "1 byte of a part that lies in more than one frame.";
    assert_eq!(told(block, 2)[2], (vec![0x10], piece.to_owned()));
}

#[test]
fn bits_are_opened() {
    let headers = frame_event(FrameKind::Headers, 0x25, 1, Says::Nothing);
    let opened = |event: &Event, name, bytes: &[u8]| {
        let field = Field { name, span: Span { start: 0, len: bytes.len() as u64 } };
        let all = crate::explain::bits(event, &field, bytes);
        all.into_iter().map(|bits| (bits.name, bits.from, bits.len, bits.value)).collect::<Vec<_>>()
    };
    let named = |name: &str, from: u8, len: u8, value: u64| (name.to_owned(), from, len, value);
    assert_eq!(
        opened(&headers, Name::FrameFlags, &[0x25]),
        [
            named("No meaning", 7, 2, 0),
            named("PRIORITY", 5, 1, 1),
            named("No meaning", 4, 1, 0),
            named("PADDED", 3, 1, 0),
            named("END_HEADERS", 2, 1, 1),
            named("No meaning", 1, 1, 0),
            named("END_STREAM", 0, 1, 1),
        ]
    );
    let goaway = frame_event(FrameKind::Goaway, 0, 0, Says::Nothing);
    assert_eq!(opened(&goaway, Name::FrameFlags, &[1]), [named("No meaning", 7, 8, 1)]);
    assert_eq!(
        opened(&headers, Name::FrameStream, &[0x80, 0, 0, 1]),
        [named("Reserved", 31, 1, 1), named("Stream", 30, 31, 1)]
    );
    assert_eq!(
        opened(&headers, Name::HpackIndexed, &[0x82]),
        [named("Pattern", 7, 1, 1), named("Index", 6, 7, 2)]
    );
    assert_eq!(
        opened(&headers, Name::HpackLiteral, &[0x0f, 0x10]),
        [
            named("Pattern", 15, 4, 0),
            named("Index", 11, 4, 15),
            named("More", 7, 1, 0),
            named("Number", 6, 7, 16),
        ]
    );
    assert_eq!(
        opened(&headers, Name::HpackLength, &[0x8c]),
        [named("H", 7, 1, 1), named("Length", 6, 7, 12)]
    );
    assert!(opened(&headers, Name::FrameData, &[1]).is_empty());
}

#[test]
fn every_fault_has_its_words() {
    for code in [
        Code::BadPreface,
        Code::FrameTooLarge,
        Code::BadFrameSize,
        Code::BadStreamId,
        Code::BadPadding,
        Code::HeadInterrupted,
        Code::LoneContinuation,
        Code::ZeroIncrement,
        Code::WindowOverflow,
        Code::WindowExceeded,
        Code::BadSetting,
        Code::NoSettings,
        Code::IdleStream,
        Code::StreamClosed,
        Code::HpackBadIndex,
        Code::HpackBadInteger,
        Code::HpackBadHuffman,
        Code::HpackBadSizeUpdate,
        Code::HpackTruncated,
        Code::HeaderListTooLarge,
        Code::BadPseudoHeader,
        Code::UppercaseFieldName,
        Code::ConnectionHeader,
    ] {
        let (key, source) = fault(code).unwrap();
        assert!(text::has(key) && text::has(&format!("{key}-title")), "{key}");
        assert!(source.starts_with("RFC "), "{key}");
    }
}

#[test]
fn a_last_stream_is_one_of_the_other_side() {
    let said = last_stream;
    assert!(said(Side::Server, 0).contains("No stream of the client"));
    assert!(said(Side::Client, 0).contains("the server opened, and none"));
    assert!(said(Side::Server, 5).starts_with("Streams up to 5"));
    assert!(said(Side::Client, 2).contains("up to 2"));
    assert!(said(Side::Server, 0x7fff_ffff).contains("graceful shutdown"));
}

//! Conversations in bytes made by hand: what they say, and that they keep the laws however they are
//! cut.

mod faults;
mod windows;

use trace::event::Kind;
use trace::grpc::{Call, Grpc};
use trace::http2::{Content, Frame, Head, Role};
use trace::span::Span;
use trace::sse::Sse;

use super::*;
use crate::transcript::{self, Script};

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const PRIORITY: u8 = 0x2;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PUSH_PROMISE: u8 = 0x5;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const WINDOW_UPDATE: u8 = 0x8;
const CONTINUATION: u8 = 0x9;

const ENDS: u8 = 0x1;
const WHOLE: u8 = 0x4;
const PADDED: u8 = 0x8;

/// `:method: GET`, `:scheme: http`, `:path: /`
const GET: &[u8] = &[0x82, 0x86, 0x84];
/// `:status: 200`
const OK: &[u8] = &[0x88];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = len[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A header field that is told and not kept, of up to 126 letters.
fn line(name: &str, value: &str) -> Vec<u8> {
    let len = |text: &str| u8::try_from(text.len()).unwrap();
    let parts = [&[0, len(name)][..], name.as_bytes(), &[len(value)], value.as_bytes()];
    parts.concat()
}

fn client(frames: &[Vec<u8>]) -> (Dir, Vec<u8>) {
    (Dir::ToServer, frames.concat())
}

fn server(frames: &[Vec<u8>]) -> (Dir, Vec<u8>) {
    (Dir::ToClient, frames.concat())
}

/// A conversation behind the prefaces of both sides.
fn begun(said: &[(Dir, Vec<u8>)]) -> Script {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let mut script = vec![client(&[PREFACE.to_vec(), settings.clone()]), server(&[settings])];
    script.extend_from_slice(said);
    script
}

/// The events of a conversation, without the three of its beginning. They keep the laws.
fn heard(said: &[(Dir, Vec<u8>)]) -> Vec<Event> {
    let events = decode(&begun(said));
    events[3..].to_vec()
}

/// The events of a conversation, however it is cut.
fn decode(script: &Script) -> Vec<Event> {
    let events = transcript::decode(script);
    for dir in [Dir::ToServer, Dir::ToClient] {
        tiled(dir, transcript::stream(script, dir).len() as u64, &events);
    }
    for len in [1, 2, 5, 64] {
        let cut = |(dir, bytes): &(Dir, Vec<u8>)| -> Script {
            bytes.chunks(len).map(|piece| (*dir, piece.to_vec())).collect()
        };
        let pieces: Script = script.iter().flat_map(cut).collect();
        assert_eq!(transcript::decode(&pieces), events, "cut in pieces of {len}");
    }
    events
}

/// The events of a direction tile its stream, and the fields of each tile its pieces.
fn tiled(dir: Dir, len: u64, events: &[Event]) {
    let mut at = 0;
    for event in events.iter().filter(|event| event.dir() == dir) {
        let mut fields = event.fields.iter();
        for piece in &event.evidence.0 {
            if !event.kind.is_upper() {
                assert_eq!(piece.start, at, "{event:?}");
                at = piece.end();
            }
            assert!(piece.end() <= len, "{event:?}");
            let mut from = piece.start;
            while from < piece.end() {
                let span = fields.next().unwrap().span;
                assert!(span.start == from && !span.is_empty(), "{event:?}");
                from = span.end();
            }
            assert_eq!(from, piece.end(), "{event:?}");
        }
        assert_eq!(fields.next(), None, "{event:?}");
    }
    assert_eq!(at, len);
}

fn said(event: &Event) -> &Said {
    let Kind::Http2(said) = &event.kind else { panic!("{event:?}") };
    said
}

fn frames(events: &[Event]) -> Vec<&Frame> {
    let frames = events.iter().filter_map(|event| match &event.kind {
        Kind::Http2(Said::Frame(frame)) => Some(frame),
        _ => None,
    });
    frames.collect()
}

fn heads(events: &[Event]) -> Vec<&Head> {
    let heads = events.iter().filter_map(|event| match &event.kind {
        Kind::Http2(Said::Head(head)) => Some(head),
        _ => None,
    });
    heads.collect()
}

fn contents(events: &[Event]) -> Vec<(Dir, &Content)> {
    let contents = events.iter().filter_map(|event| match &event.kind {
        Kind::Http2(Said::Content(content)) => Some((event.dir(), content)),
        _ => None,
    });
    contents.collect()
}

fn codes(events: &[Event]) -> Vec<Code> {
    events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

/// The names of an event's fields, behind the four of a frame's header.
fn names(event: &Event) -> Vec<Name> {
    let names: Vec<Name> = event.fields.iter().map(|field| field.name).collect();
    let header = [Name::FrameLength, Name::FrameType, Name::FrameFlags, Name::FrameStream];
    assert_eq!(names[..4], header);
    names[4..].to_vec()
}

#[test]
fn each_side_begins_with_its_settings() {
    let asks =
        client(&[PREFACE.to_vec(), frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\x07\0\x99\0\0\0\x01")]);
    let events = decode(&vec![asks, server(&[frame(SETTINGS, 0, 0, &[])])]);
    assert_eq!(said(&events[0]), &Said::Preface);
    assert_eq!(events[0].fields, [Field { name: Name::Preface, span: Span { start: 0, len: 24 } }]);
    let settings = frames(&events);
    assert_eq!(settings[0].says, Says::Settings(vec![(4, 7), (0x99, 1)]));
    let pair = [Name::SettingId, Name::SettingValue];
    assert_eq!(names(&events[1]), [pair, pair].concat());
    assert_eq!(settings[1].says, Says::Settings(Vec::new()));
    assert_eq!((events.len(), codes(&events)), (3, Vec::new()));
}

#[test]
fn a_server_may_speak_first() {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let asks = [PREFACE.to_vec(), settings.clone(), frame(HEADERS, ENDS | WHOLE, 1, GET)];
    let events = decode(&vec![server(std::slice::from_ref(&settings)), client(&asks)]);
    assert_eq!((events[0].dir(), said(&events[1])), (Dir::ToClient, &Said::Preface));
    assert_eq!((events.len(), codes(&events)), (5, Vec::new()));
    // The preface may come in two reads, with the server's settings between.
    let pieces = [(Dir::ToServer, PREFACE[..5].to_vec()), (Dir::ToServer, PREFACE[5..].to_vec())];
    let [first, second] = pieces;
    let events =
        decode(&vec![first, server(std::slice::from_ref(&settings)), second, client(&[settings])]);
    assert_eq!((events.len(), codes(&events)), (3, Vec::new()));
}

#[test]
fn each_kind_of_frame_says_what_it_says() {
    let opens = frame(HEADERS, WHOLE, 1, GET);
    let cases: [(Vec<u8>, Says, &[Name]); 8] = [
        (frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 9]), Says::Nothing, &[Name::Priority]),
        (frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]), Says::Reset(8), &[Name::ErrorCode]),
        (frame(SETTINGS, ENDS, 0, &[]), Says::Nothing, &[]),
        (frame(PING, 0, 0, b"12345678"), Says::Nothing, &[Name::PingData]),
        (
            frame(GOAWAY, 0, 0, b"\x80\0\0\x03\0\0\0\x01bye"),
            Says::Goaway { last: 3, error: 1, debug: "bye".to_owned() },
            &[Name::LastStream, Name::ErrorCode, Name::DebugData],
        ),
        (
            frame(WINDOW_UPDATE, 0, 1, &[0x80, 0, 0, 9]),
            Says::Increment(9),
            &[Name::WindowIncrement],
        ),
        (frame(0xbe, 0xff, 77, b"grease"), Says::Nothing, &[Name::FramePayload]),
        (frame(DATA, 0, 1, b""), Says::Nothing, &[]),
    ];
    for (bytes, says, expected) in cases {
        let events = heard(&[client(&[opens.clone(), bytes])]);
        let frame = frames(&events)[1];
        assert_eq!(frame.says, says);
        assert_eq!(names(&events[2]), expected);
        assert_eq!(events[2].evidence.len(), u64::from(frame.len) + 9);
        assert!(codes(&events).is_empty(), "{frame:?}");
    }
}

#[test]
fn heads_know_what_they_are_the_heads_of() {
    let interim = [&[0x08, 3][..], b"103"].concat();
    let promise = [&[0, 0, 0, 2][..], GET].concat();
    let sum = line("x-sum", "7");
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE, 1, GET), frame(HEADERS, WHOLE | ENDS, 1, &sum)]),
        server(&[frame(HEADERS, WHOLE, 1, &interim), frame(PUSH_PROMISE, WHOLE, 1, &promise)]),
        server(&[frame(HEADERS, WHOLE, 1, OK), frame(HEADERS, WHOLE, 2, OK)]),
        server(&[frame(HEADERS, WHOLE | ENDS, 1, &sum), frame(DATA, ENDS, 2, b"pushed")]),
    ]);
    let heads = heads(&events);
    let roles: Vec<_> = heads.iter().map(|head| (head.stream, head.role, head.ends)).collect();
    let expected = [
        (1, Role::Request, false),
        (1, Role::Trailers, true),
        (1, Role::Interim, false),
        (2, Role::Promise, false),
        (1, Role::Response, false),
        (2, Role::Response, false),
        (1, Role::Trailers, true),
    ];
    assert_eq!(roles, expected);
    assert!(codes(&events).is_empty());
    assert_eq!((heads[0].value(":path"), heads[1].value("x-sum")), (Some("/"), Some("7")));
    assert_eq!(heads[0].plain_len, 14 + 15 + 10);
    let content = Content { stream: 2, len: 6, frames: 1, complete: true };
    assert_eq!(contents(&events), [(Dir::ToClient, &content)]);
    // The head stands right behind its frame, and its evidence is the block.
    assert_eq!(said(&events[0]), &Said::Frame(frames(&events)[0].clone()));
    assert_eq!(events[1].evidence, Spans::one(Span { start: 24 + 9 + 9, len: 3 }));
}

#[test]
fn a_block_in_fragments_is_one_head() {
    let [first, second] = [[GET, &[0, 2, b'a'][..]].concat(), b"b\x01c".to_vec()];
    let events = heard(&[client(&[
        frame(HEADERS, ENDS, 1, &first),
        frame(CONTINUATION, 0, 1, b""),
        frame(CONTINUATION, WHOLE, 1, &second),
    ])]);
    assert_eq!((events.len(), codes(&events)), (4, Vec::new()));
    let Said::Head(head) = said(&events[3]) else { panic!("{:?}", events[3]) };
    assert_eq!((head.value("ab"), head.frames, head.len, head.ends), (Some("c"), 3, 9, true));
    let pieces = vec![Span { start: 42, len: 6 }, Span { start: 66, len: 3 }];
    assert_eq!(events[3].evidence, Spans(pieces));
    // The name lies over the gap.
    let names: Vec<_> =
        events[3].fields.iter().map(|field| (field.name, field.span.start)).collect();
    let expected = [
        (Name::HpackIndexed, 42),
        (Name::HpackIndexed, 43),
        (Name::HpackIndexed, 44),
        (Name::HpackLiteral, 45),
        (Name::HpackLength, 46),
        (Name::HpackName, 47),
        (Name::HpackName, 66),
        (Name::HpackLength, 67),
        (Name::HpackValue, 68),
    ];
    assert_eq!(names, expected);
}

#[test]
fn padding_and_priority_are_put_aside() {
    let block = [&[2, 0, 0, 0, 0, 9][..], GET, &[0, 0]].concat();
    let promise = [&[1, 0, 0, 0, 2][..], GET, &[0]].concat();
    let events = heard(&[
        client(&[frame(HEADERS, 0x20 | PADDED | WHOLE, 1, &block)]),
        client(&[
            frame(DATA, PADDED, 1, b"\x02ab\0\0"),
            frame(DATA, ENDS | PADDED, 1, b"\x03\0\0\0"),
        ]),
        server(&[frame(PUSH_PROMISE, PADDED | WHOLE, 1, &promise)]),
    ]);
    assert!(codes(&events).is_empty());
    let paddings: Vec<_> = frames(&events).iter().map(|frame| frame.padding).collect();
    assert_eq!(paddings, [Some(2), Some(2), Some(3), Some(1)]);
    let [pad, fragment, padding] = [Name::PadLength, Name::HeaderFragment, Name::Padding];
    assert_eq!(names(&events[0]), [pad, Name::Priority, fragment, padding]);
    assert_eq!(names(&events[2]), [pad, Name::FrameData, padding]);
    assert_eq!(names(&events[3]), [pad, padding]);
    let content = Content { stream: 1, len: 2, frames: 2, complete: true };
    assert_eq!(said(&events[4]), &Said::Content(content));
    assert_eq!(events[4].evidence.len(), 2);
    assert_eq!(names(&events[5]), [pad, Name::PromisedStream, fragment, padding]);
    assert_eq!(heads(&events)[1].value(":method"), Some("GET"));
}

#[test]
fn a_reset_ends_both_directions() {
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE, 1, GET), frame(DATA, 0, 1, b"ab"), frame(DATA, 0, 1, b"c")]),
        server(&[frame(HEADERS, WHOLE, 1, OK), frame(DATA, 0, 1, b"")]),
        server(&[frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])]),
        client(&[frame(DATA, 0, 1, b"under way")]),
    ]);
    let of = |len, frames| Content { stream: 1, len, frames, complete: false };
    let expected = [(Dir::ToServer, &of(3, 2)), (Dir::ToClient, &of(0, 1))];
    assert_eq!(contents(&events), expected);
    // What the client sent before it knew is no fault.
    assert_eq!((events.len(), codes(&events)), (11, Vec::new()));
}

#[test]
fn grpc_is_heard_in_the_content_s_place() {
    let kind = [&[0x0f, 0x10, 16][..], b"application/grpc"].concat();
    let asks = [&[0x83, 0x86, 0x04, 6][..], b"/a.B/C", &kind].concat();
    let answer = [OK, &kind].concat();
    let status = line("grpc-status", "0");
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE, 1, &asks)]),
        client(&[frame(DATA, PADDED, 1, b"\x01\0\0\0\0\0"), frame(DATA, ENDS, 1, b"\x02\x08\x01")]),
        server(&[frame(HEADERS, WHOLE, 1, &answer), frame(DATA, 0, 1, b"\0\0\0\0\0")]),
        server(&[frame(HEADERS, WHOLE | ENDS, 1, &status)]),
    ]);
    assert_eq!((contents(&events), codes(&events)), (Vec::new(), Vec::new()));
    let messages: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Grpc(Grpc::Message(message)) => Some((event.dir(), message)),
            _ => None,
        })
        .collect();
    assert_eq!(messages.len(), 2);
    let (dir, message) = messages[0];
    assert_eq!((dir, message.call, message.len), (Dir::ToServer, Call::Stream(1), 2));
    assert_eq!((message.path.as_str(), message.number), ("/a.B/C", 1));
    let (dir, message) = messages[1];
    assert_eq!((dir, message.path.as_str(), message.len), (Dir::ToClient, "/a.B/C", 0));
}

#[test]
fn events_are_heard_over_the_borders_of_frames() {
    let kind = [&[0x0f, 0x10, 17][..], b"text/event-stream"].concat();
    let answer = [OK, &kind].concat();
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE | ENDS, 1, GET)]),
        server(&[frame(HEADERS, WHOLE, 1, &answer), frame(DATA, 0, 1, b"id: 7\nda")]),
        server(&[frame(DATA, 0, 1, b"ta: x\n\n"), frame(DATA, ENDS, 1, b"data: cut")]),
    ]);
    let said: Vec<&Sse> = events
        .iter()
        .filter_map(|event| if let Kind::Sse(said) = &event.kind { Some(said) } else { None })
        .collect();
    let [Sse::Block(block), Sse::Unfinished] = said[..] else { panic!("{said:?}") };
    assert_eq!((block.exchange, block.id.as_deref()), (Some(1), Some("7")));
    assert_eq!((contents(&events), codes(&events)), (Vec::new(), Vec::new()));
}

#[test]
fn more_streams_than_are_followed_are_frames_and_heads() {
    let last = u32::try_from(streams::LIVE).unwrap() * 2 + 1;
    let opens = (1..=last).step_by(2).map(|id| frame(HEADERS, WHOLE | ENDS, id, GET));
    let opens: Vec<Vec<u8>> = opens.collect();
    let answer = |id| [frame(HEADERS, WHOLE, id, OK), frame(DATA, ENDS, id, b"x")].concat();
    let script = begun(&[client(&opens), server(&[answer(last), answer(1)])]);
    let events = transcript::decode(&script);
    let content = Content { stream: 1, len: 1, frames: 1, complete: true };
    assert_eq!(contents(&events), [(Dir::ToClient, &content)]);
    assert_eq!((heads(&events).len(), codes(&events)), (streams::LIVE + 3, Vec::new()));
}

//! What the laws do not ask: what frames and messages say, and what is kept of them.

use trace::spoken::TEXT_KEPT;
use trace::websocket::{Close, Frame, Message};

use super::*;
use crate::conn::Conn;

fn decoder() -> Websocket {
    Websocket::new(ConnId(1), [Some(Reader::default()), Some(Reader::default())], false)
}

fn heard(dir: Dir, bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    decoder().feed(dir, bytes, &mut events);
    events
}

fn codes(events: &[Event]) -> Vec<Code> {
    events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

fn message(event: &Event) -> &Message {
    let Kind::Websocket(Said::Message(message)) = &event.kind else { panic!("{event:?}") };
    message
}

#[test]
fn a_masked_text_is_read() {
    let events = heard(Dir::ToServer, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    let frame = Frame {
        fin: true,
        rsv: 0,
        opcode: Opcode::Text,
        mask: Some([0x37, 0xfa, 0x21, 0x3d]),
        len: 5,
        close: None,
    };
    assert_eq!(events[0].kind, Kind::Websocket(Said::Frame(frame)));
    assert_eq!(message(&events[1]).text.as_deref(), Some("Hello"));
    assert_eq!(events[1].evidence, Spans::one(Span { start: 6, len: 5 }));
    assert_eq!((events.len(), codes(&events)), (2, Vec::new()));
}

#[test]
fn a_message_points_at_the_pieces_of_its_frames() {
    let events = heard(Dir::ToClient, b"\x01\x03Hel\x89\x01p\x80\x02lo\x82\x00");
    assert_eq!(events.len(), 6);
    let hello = message(&events[3]);
    assert_eq!((hello.frames, hello.len, hello.text.as_deref()), (2, 5, Some("Hello")));
    let pieces = vec![Span { start: 2, len: 3 }, Span { start: 10, len: 2 }];
    assert_eq!(events[3].evidence, Spans(pieces));
    // An empty message lies where its frame ends.
    assert_eq!(events[5].evidence, Spans::one(Span { start: 14, len: 0 }));
    assert_eq!((events[5].fields.len(), message(&events[5]).text.as_deref()), (0, None));
}

#[test]
fn a_close_says_why() {
    let events = heard(Dir::ToClient, b"\x88\x05\x03\xe8bye\x8a\x00\x81\x00");
    let Kind::Websocket(Said::Frame(frame)) = &events[0].kind else { panic!() };
    assert_eq!(frame.close, Some(Close { code: 1000, reason: "bye".to_owned() }));
    let names: Vec<Name> = events[0].fields.iter().map(|field| field.name).collect();
    let head = [Name::FinAndOpcode, Name::MaskAndLength];
    assert_eq!(names, [head[0], head[1], Name::CloseCode, Name::CloseReason]);
    // A pong may still come, a text may not, and nobody hears it.
    assert_eq!((events.len(), codes(&events)), (3, vec![Code::AfterClose]));
}

#[test]
fn a_long_payload_is_not_kept() {
    let mut websocket = decoder();
    let mut events = Vec::new();
    let len = 64 * 64 * 1024_u64;
    websocket.feed(Dir::ToClient, &[0x81, 127], &mut events);
    websocket.feed(Dir::ToClient, &len.to_be_bytes(), &mut events);
    for _ in 0..64 {
        assert_eq!(websocket.open_body(Dir::ToClient), Some(0));
        websocket.feed(Dir::ToClient, &[b'a'; 64 * 1024], &mut events);
        assert!(websocket.halves.to_client.reader.peek().is_empty());
    }
    assert_eq!(websocket.open_body(Dir::ToClient), None);
    assert_eq!((message(&events[1]).len, &message(&events[1]).text), (len, &None));
    // The longest text that is kept, and one that is a byte too long.
    for (len, kept) in [(TEXT_KEPT, true), (TEXT_KEPT + 1, false)] {
        let size = u16::try_from(len).unwrap().to_be_bytes();
        let bytes = [&[0x81, 126][..], &size, &vec![b'a'; len]].concat();
        let events = heard(Dir::ToClient, &bytes);
        assert_eq!(message(&events[1]).text.is_some(), kept);
    }
}

#[test]
fn a_message_in_tiny_pieces_is_listed_only_so_far() {
    let mut bytes = b"\x01\x01a".to_vec();
    for _ in 0..100_000 {
        bytes.extend_from_slice(b"\x00\x01b");
    }
    bytes.extend_from_slice(b"\x80\x01c");
    let events = heard(Dir::ToClient, &bytes);
    let last = events.last().unwrap();
    assert_eq!((message(last).frames, message(last).len), (100_002, 100_002));
    assert_eq!(last.fields.len(), message::PIECES_LISTED + 1);
    assert_eq!(last.evidence.end(), bytes.len() as u64);
}

#[test]
fn what_is_cut_off_says_what_is_known() {
    let cases: [(&[u8], usize); 7] = [
        (b"\x81", 1),
        (b"\x81\x85", 2),
        (b"\x81\x85ab", 3),
        (b"\x82\x7e\x01", 3),
        (b"\x81\x85abcd", 3),
        (b"\x81\x85abcdef", 4),
        (b"\x88\x85abcdefg", 5),
    ];
    for (bytes, fields) in cases {
        let mut websocket = decoder();
        let mut events = Vec::new();
        websocket.feed(Dir::ToServer, bytes, &mut events);
        assert!(events.is_empty(), "{bytes:?}");
        websocket.lost(Dir::ToServer, &mut events);
        websocket.end(Dir::ToServer, &mut events);
        assert_eq!(events.len(), 1, "{bytes:?}");
        assert_eq!(events[0].kind, Kind::Websocket(Said::Partial));
        assert_eq!(events[0].evidence.len(), bytes.len() as u64);
        assert_eq!(events[0].fields.len(), fields, "{bytes:?}");
        assert_eq!(codes(&events).last(), Some(&Code::AfterLoss));
    }
}

#[test]
fn an_extension_owns_the_reserved_bits() {
    let readers = || [Some(Reader::default()), Some(Reader::default())];
    for (extensions, expected) in [(false, vec![Code::ReservedBits]), (true, Vec::new())] {
        let mut websocket = Websocket::new(ConnId(1), readers(), extensions);
        let mut events = Vec::new();
        websocket.feed(Dir::ToClient, b"\xc1\x02\xff\xff", &mut events);
        assert_eq!(codes(&events), expected);
        // Nobody here can read it, so it is not called bad.
        assert_eq!(message(&events[1]).text, None);
    }
}

/// What the client says before it has the answer waits, and is decoded when that came.
#[test]
fn what_came_early_is_handed_over() {
    let asks = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02ok";
    let mut conn = Conn::http1(ConnId(1));
    let mut events = Vec::new();
    conn.feed(Dir::ToServer, &[&asks[..], b"\x81\x81abcd\x00\x89"].concat(), &mut events);
    assert_eq!(events.len(), 1);
    conn.feed(Dir::ToClient, answer, &mut events);
    conn.feed(Dir::ToServer, b"\x80abcd", &mut events);
    assert_eq!((events.len(), codes(&events)), (7, Vec::new()));
    assert_eq!(message(&events[3]).text.as_deref(), Some("a"));
    assert_eq!(message(&events[5]).text.as_deref(), Some("ok"));
    assert_eq!(events[6].evidence.start(), asks.len() as u64 + 7);
    conn.end(Dir::ToServer, &mut events);
    conn.end(Dir::ToClient, &mut events);
    assert_eq!(events.len(), 7);
}

#[test]
fn a_side_that_is_over_stays_so() {
    let mut conn = Conn::http1(ConnId(1));
    let mut events = Vec::new();
    let asks = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";
    conn.feed(Dir::ToServer, asks, &mut events);
    conn.lost(Dir::ToServer, &mut events);
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00";
    conn.feed(Dir::ToClient, answer, &mut events);
    conn.end(Dir::ToServer, &mut events);
    // Without a key no answer is right.
    assert_eq!((events.len(), codes(&events)), (4, vec![Code::BadAccept]));
}

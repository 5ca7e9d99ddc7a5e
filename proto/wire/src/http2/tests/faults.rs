//! What breaks the rules, and what only looks like it.

use super::*;
use crate::conn::Conn;

fn opens() -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, GET)
}

/// A request and its answer, both over.
fn closed() -> [(Dir, Vec<u8>); 2] {
    let asks = client(&[frame(HEADERS, WHOLE | ENDS, 1, GET)]);
    [asks, server(&[frame(HEADERS, WHOLE | ENDS, 1, OK)])]
}

fn check(said: &[(Dir, Vec<u8>)], expected: &[Code]) {
    assert_eq!(codes(&heard(said)), expected, "{said:?}");
}

#[test]
fn frames_keep_their_own_rules() {
    let cases = [
        (frame(0xbe, 0, 0, &[0; 16_385]), Code::FrameTooLarge),
        (frame(PING, 0, 0, b"1234567"), Code::BadFrameSize),
        (frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\x07\0"), Code::BadFrameSize),
        (frame(SETTINGS, ENDS, 0, b"\0\x04\0\0\0\x07"), Code::BadFrameSize),
        (frame(GOAWAY, 0, 0, b"1234567"), Code::BadFrameSize),
        (frame(RST_STREAM, 0, 1, b"12345"), Code::BadFrameSize),
        (frame(PRIORITY, 0, 1, b"1234"), Code::BadFrameSize),
        (frame(WINDOW_UPDATE, 0, 1, b""), Code::BadFrameSize),
        (frame(DATA, PADDED, 1, b""), Code::BadFrameSize),
        (frame(SETTINGS, 0, 1, b""), Code::BadStreamId),
        (frame(DATA, 0, 0, b"x"), Code::BadStreamId),
        (frame(HEADERS, WHOLE, 2, GET), Code::BadStreamId),
        (frame(PUSH_PROMISE, WHOLE, 1, &[&[0, 0, 0, 2][..], GET].concat()), Code::BadStreamId),
        (frame(DATA, PADDED, 1, b"\x03ab"), Code::BadPadding),
        (frame(HEADERS, PADDED | WHOLE, 1, b"\x09\x82"), Code::BadPadding),
        (frame(CONTINUATION, WHOLE, 1, GET), Code::LoneContinuation),
        (frame(WINDOW_UPDATE, 0, 0, &[0x80, 0, 0, 0]), Code::ZeroIncrement),
        (frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), Code::WindowOverflow),
        (frame(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff]), Code::WindowOverflow),
        (frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2]), Code::BadSetting),
        (frame(DATA, 0, 5, b"x"), Code::IdleStream),
        (frame(WINDOW_UPDATE, 0, 2, &[0, 0, 0, 1]), Code::IdleStream),
    ];
    for (bytes, code) in cases {
        check(&[client(&[opens(), bytes])], &[code]);
    }
}

#[test]
fn a_fault_has_its_place() {
    let at = |bytes: Vec<u8>| {
        let events = heard(&[client(&[bytes])]);
        let faults: Vec<_> = events.iter().flat_map(|event| &event.faults).collect();
        let span = faults[0].span.unwrap();
        (span.start - 33, span.len)
    };
    assert_eq!(at(frame(PING, 0, 0, b"")), (0, 3));
    assert_eq!(at(frame(DATA, 0, 1, b"")), (5, 4));
    assert_eq!(at(frame(CONTINUATION, 0, 1, b"")), (3, 1));
    assert_eq!(at(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1, 0, 5, 0, 0, 0, 1])), (17, 4));
    // The header field, from its first byte on.
    let block = [GET, &line("Upgrade", "x")].concat();
    assert_eq!(at(frame(HEADERS, WHOLE, 1, &block)), (12, 11));
}

#[test]
fn streams_have_their_states() {
    let data = frame(DATA, 0, 1, b"x");
    let reset = frame(RST_STREAM, 0, 1, &[0; 4]);
    let update = frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]);
    let priority = frame(PRIORITY, 0, 1, &[0; 5]);
    let [asks, answers] = closed();
    let late = [asks.clone(), answers.clone(), client(&[update, reset.clone(), priority])];
    check(&late, &[]);
    check(&[asks.clone(), client(std::slice::from_ref(&data))], &[Code::StreamClosed]);
    check(
        &[asks.clone(), answers.clone(), server(std::slice::from_ref(&data))],
        &[Code::StreamClosed],
    );
    check(&[asks, answers, client(&[opens()])], &[Code::StreamClosed]);
    // A stream that was passed over is closed.
    let third = frame(HEADERS, WHOLE | ENDS, 3, GET);
    check(&[client(&[third, opens()])], &[Code::StreamClosed]);
    // Who resets a stream must be silent; the other side may not know yet.
    let both = [client(&[opens(), reset.clone()]), server(&[frame(HEADERS, WHOLE, 1, OK)])];
    check(&both, &[]);
    check(&[client(&[opens(), reset.clone(), data.clone()])], &[Code::StreamClosed]);
    let [asks, answers] = both;
    let twice = [asks, answers, server(&[reset, data])];
    check(&twice, &[Code::StreamClosed]);
}

#[test]
fn only_servers_promise_and_each_stream_once() {
    let promise = |id: u8| frame(PUSH_PROMISE, WHOLE, 1, &[&[0, 0, 0, id][..], GET].concat());
    let asks = client(&[opens()]);
    check(&[asks.clone(), server(&[promise(2), promise(4)])], &[]);
    check(&[asks.clone(), server(&[promise(3)])], &[Code::BadStreamId]);
    check(&[asks.clone(), server(&[promise(4), promise(4)])], &[Code::BadStreamId]);
    // A client cannot speak on a stream that was promised to it.
    let data = client(&[frame(DATA, 0, 2, b"x")]);
    check(&[asks.clone(), server(&[promise(2)]), data], &[Code::StreamClosed]);
    check(&[asks, server(&[frame(HEADERS, WHOLE, 2, OK)])], &[Code::IdleStream]);
}

#[test]
fn a_header_block_is_not_interrupted() {
    let begins = frame(HEADERS, 0, 1, &GET[..1]);
    let goes_on = |id| frame(CONTINUATION, WHOLE, id, &GET[1..]);
    let ping = frame(PING, 0, 0, b"12345678");
    let said = [client(&[begins.clone(), ping, goes_on(1)])];
    check(&said, &[Code::HeadInterrupted]);
    assert_eq!(heads(&heard(&said))[0].value(":path"), Some("/"));
    // Another block in its place, and what follows cannot be read.
    let third = frame(HEADERS, WHOLE, 3, GET);
    let said = [client(&[begins.clone(), third.clone(), frame(HEADERS, WHOLE, 5, GET)])];
    check(&said, &[Code::HeadInterrupted]);
    let heads_of = heard(&said);
    let heads = heads(&heads_of);
    assert_eq!(heads.len(), 2);
    assert!(heads.iter().all(|head| head.headers.is_empty() && head.role == Role::Request));
    check(&[client(&[begins, goes_on(3), third])], &[Code::HeadInterrupted, Code::HeadInterrupted]);
}

#[test]
fn header_fields_keep_the_rules() {
    let cases = [
        (line("connection", "close"), vec![Code::ConnectionHeader]),
        (line("te", "trailers"), vec![]),
        (line("Te", "gzip"), vec![Code::UppercaseFieldName, Code::ConnectionHeader]),
        (line(":path", "/"), vec![Code::BadPseudoHeader]),
        (line(":status", "200"), vec![Code::BadPseudoHeader]),
        (vec![0xff, 0x7f], vec![Code::HpackBadIndex]),
    ];
    for (more, expected) in cases {
        let block = [GET, &more].concat();
        check(&[client(&[frame(HEADERS, WHOLE, 1, &block)])], &expected);
    }
    check(&[client(&[frame(HEADERS, WHOLE, 1, &GET[1..])])], &[Code::BadPseudoHeader]);
    check(&[client(&[frame(HEADERS, WHOLE, 1, &[])])], &[Code::BadPseudoHeader]);
}

#[test]
fn behind_a_block_that_cannot_be_read_heads_are_empty() {
    let piece = vec![0_u8; 16_000];
    let block = [
        frame(HEADERS, ENDS, 1, &piece),
        frame(CONTINUATION, 0, 1, &piece).repeat(3),
        frame(CONTINUATION, WHOLE, 1, &piece),
    ];
    let flood = [
        frame(HEADERS, 0, 1, GET),
        frame(CONTINUATION, 0, 1, b"\x84").repeat(head::FRAGMENTS),
        frame(CONTINUATION, WHOLE, 1, b""),
    ];
    for (block, frames, kept) in [(block, 5, 4), (flood, head::FRAGMENTS + 2, head::FRAGMENTS)] {
        let next = frame(HEADERS, WHOLE | ENDS, 3, GET);
        let events = heard(&[client(&[block.concat(), next])]);
        assert_eq!(codes(&events), [Code::HeaderListTooLarge]);
        let head = events.iter().find(|event| matches!(said(event), Said::Head(_))).unwrap();
        assert_eq!((head.evidence.0.len(), head.fields.len()), (kept, kept));
        let heads = heads(&events);
        assert_eq!((heads.len(), heads[0].frames), (2, frames as u64));
        assert!(heads.iter().all(|head| head.headers.is_empty()));
    }
    // The other direction has a context of its own.
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE | ENDS, 1, &[0xff, 0x7f])]),
        server(&[frame(HEADERS, WHOLE | ENDS, 1, OK)]),
    ]);
    assert_eq!(heads(&events)[1].value(":status"), Some("200"));
}

#[test]
fn a_frame_that_is_too_long_to_wait_passes_by() {
    let events = heard(&[client(&[
        opens(),
        frame(SETTINGS, 0, 0, &[0; 70_002]),
        frame(HEADERS, WHOLE | ENDS, 3, &[0; 70_000]),
        frame(HEADERS, WHOLE | ENDS, 5, GET),
    ])]);
    let expected = [Code::FrameTooLarge, Code::FrameTooLarge, Code::HeaderListTooLarge];
    assert_eq!(codes(&events), expected);
    assert_eq!(names(&events[2]), [Name::FramePayload]);
    let heads = heads(&events);
    assert_eq!((heads[1].stream, heads[1].len, heads[1].ends), (3, 70_000, true));
    assert!(heads[2].headers.is_empty());
}

#[test]
fn settings_come_first() {
    let ping = frame(PING, 0, 0, b"12345678");
    let ack = frame(SETTINGS, ENDS, 0, &[]);
    for first in [ping, ack] {
        let said = client(&[PREFACE.to_vec(), first.clone()]);
        assert_eq!(codes(&decode(&vec![said, server(&[first])])), [Code::NoSettings; 2]);
    }
}

#[test]
fn what_is_no_http_2_is_not_read() {
    let bad = [BEGINNING, b"XX\r\n\r\n\0\0\0"].concat();
    let events = decode(&vec![(Dir::ToServer, bad.clone())]);
    assert_eq!((events.len(), said(&events[0])), (1, &Said::Rest));
    assert_eq!(codes(&events), [Code::BadPreface]);
    assert_eq!(events[0].evidence.len(), bad.len() as u64);
    let mut conn = Conn::http1(ConnId(1));
    conn.feed(Dir::ToServer, &bad, &mut Vec::new());
    assert_eq!(conn.open_body(Dir::ToServer), Some(0));
    // A server that speaks HTTP/1 alone.
    let answer = (Dir::ToClient, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    let asks = client(&[PREFACE.to_vec(), frame(SETTINGS, 0, 0, &[])]);
    let events = decode(&vec![asks, answer]);
    assert_eq!((events.len(), said(&events[2])), (3, &Said::Rest));
    assert_eq!(codes(&events), [Code::NoSettings]);
}

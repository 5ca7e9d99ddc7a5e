//! Windows, and what passes by.

use trace::http2::Windows;

use super::*;

fn update(stream: u32, by: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes())
}

#[test]
fn frames_say_what_may_still_be_sent() {
    let events = heard(&[
        client(&[frame(HEADERS, WHOLE, 1, GET), frame(DATA, PADDED, 1, b"\x02abc\0\0")]),
        server(&[frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\x64"), update(1, 50), update(0, 6)]),
        client(&[frame(SETTINGS, ENDS, 0, &[]), frame(DATA, ENDS, 1, b"0123456789")]),
        server(&[update(1, 1), update(0, 1)]),
    ]);
    assert!(codes(&events).is_empty());
    let windows: Vec<_> = frames(&events).iter().map(|frame| frame.windows).collect();
    let both = |connection, stream| Some(Windows { connection, stream });
    let expected = [
        None,
        both(65_529, Some(65_529)),
        both(65_529, None),
        both(65_529, Some(144)),
        both(65_535, None),
        None,
        both(65_525, Some(134)),
        // The way back is open, so the stream is there; what its end may no longer use is not added.
        both(65_525, Some(134)),
        both(65_526, None),
    ];
    assert_eq!(windows, expected);
}

#[test]
fn more_than_the_window_is_a_fault() {
    let full = frame(DATA, 0, 1, &[b'x'; 16_384]);
    let opens = frame(HEADERS, WHOLE, 1, GET);
    let data = [opens.clone(), full.clone(), full.clone(), full.clone(), full].concat();
    let events = heard(&[client(&[data])]);
    assert_eq!(codes(&events), [Code::WindowExceeded]);
    assert_eq!(events[5].faults[0].span.unwrap().len, 3);
    // Nothing can be sent without a window.
    let events = heard(&[
        server(&[frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\0")]),
        client(&[opens.clone(), frame(SETTINGS, ENDS, 0, &[]), frame(DATA, ENDS, 1, b"")]),
    ]);
    assert!(codes(&events).is_empty());
    // What is sent before the settings are acknowledged may not know them.
    let small = [server(&[frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\x02")]), client(&[opens])];
    let [settings, opens] = small;
    // The first acknowledges the settings of the beginning.
    let acks = [frame(SETTINGS, ENDS, 0, &[]), frame(SETTINGS, ENDS, 0, &[])].concat();
    let data = frame(DATA, 0, 1, b"123");
    let before = [settings.clone(), opens.clone(), client(&[data.clone(), acks.clone()])];
    assert!(codes(&heard(&before)).is_empty());
    let after = [settings, opens, client(&[acks, data])];
    assert_eq!(codes(&heard(&after)), [Code::WindowExceeded]);
}

fn decoder() -> Http2 {
    let readers = [Some(Reader::default()), Some(Reader::default())];
    let mut http2 = Http2::new(ConnId(1), readers);
    http2.feed(Dir::ToServer, PREFACE, &mut Vec::new());
    http2
}

#[test]
fn data_is_not_kept() {
    let mut http2 = decoder();
    let mut events = Vec::new();
    http2.feed(Dir::ToServer, &frame(SETTINGS, 0, 0, &[]), &mut events);
    http2.feed(Dir::ToServer, &frame(HEADERS, WHOLE, 1, GET), &mut events);
    let start = 24 + 9 + 12;
    http2.feed(Dir::ToServer, &[0xff, 0xff, 0xff, DATA, ENDS, 0, 0, 0, 1], &mut events);
    let mut left = 0xff_ffff;
    while left > 0 {
        assert_eq!(http2.open_body(Dir::ToServer), Some(start));
        let len = left.min(64 * 1024);
        http2.feed(Dir::ToServer, &vec![b'x'; len], &mut events);
        assert!(http2.halves.to_server.reader.peek().is_empty());
        left -= len;
    }
    assert_eq!(http2.open_body(Dir::ToServer), None);
    assert_eq!(codes(&events), [Code::FrameTooLarge, Code::WindowExceeded]);
    let content = Content { stream: 1, len: 0xff_ffff, frames: 1, complete: true };
    assert_eq!(contents(&events), [(Dir::ToServer, &content)]);
}

#[test]
fn what_is_cut_off_says_what_is_known() {
    let header = 4;
    let cases: [(&[u8], usize); 6] = [
        (b"\0\0", 1),
        (b"\0\0\x08\x06\0", 3),
        (b"\0\0\x08\x06\0\0\0\0\0", header),
        (b"\0\0\x08\x06\0\0\0\0\x00123", header + 1),
        (b"\0\0\x08\0\x08\0\0\0\x01", header),
        (b"\0\0\x08\0\x08\0\0\0\x01\x02abcdef", header + 3),
    ];
    for (bytes, fields) in cases {
        let events = heard(&[(Dir::ToClient, bytes.to_vec())]);
        let partial = events.iter().find(|event| said(event) == &Said::Partial).unwrap();
        assert_eq!(partial.fields.len(), fields, "{bytes:?}");
        assert_eq!(codes(&events).last(), Some(&Code::Incomplete), "{bytes:?}");
    }
    let events = decode(&vec![(Dir::ToServer, PREFACE[..20].to_vec())]);
    assert_eq!((events.len(), said(&events[0])), (1, &Said::Partial));
}

#[test]
fn a_content_ends_with_its_direction() {
    let opens = frame(HEADERS, WHOLE, 1, GET);
    let half = [frame(DATA, 0, 1, b"ab"), b"\0\0\x04\0\0\0\0\0\x01cd".to_vec()].concat();
    let events = heard(&[client(&[opens, half])]);
    let content = Content { stream: 1, len: 4, frames: 2, complete: false };
    assert_eq!(said(events.last().unwrap()), &Said::Content(content));
    assert_eq!(codes(&events), [Code::Incomplete]);
}

#[test]
fn behind_a_loss_nothing_is_blamed() {
    let mut http2 = decoder();
    let mut events = Vec::new();
    http2.lost(Dir::ToServer, &mut events);
    http2.feed(Dir::ToServer, b"more", &mut events);
    let answers = [frame(SETTINGS, 0, 0, &[]), frame(HEADERS, WHOLE, 9, OK)].concat();
    http2.feed(Dir::ToClient, &answers, &mut events);
    http2.feed(Dir::ToClient, &frame(DATA, ENDS, 9, &[0; 16_384]).repeat(5), &mut events);
    http2.end(Dir::ToServer, &mut events);
    http2.end(Dir::ToClient, &mut events);
    assert_eq!((events.len(), codes(&events)), (8, Vec::new()));
    assert_eq!(heads(&events)[0].role, Role::Response);
}

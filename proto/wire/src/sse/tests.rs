//! What an event stream means, and that it means the same however it is cut.

use super::*;

/// The content in pieces of these lengths, over and over, with `gap` bytes of framing between them.
fn decode_cut(content: &[u8], lengths: &[usize], gap: u64) -> Vec<Event> {
    let mut sse = Sse::new(ConnId(1), Some(0));
    let mut events = Vec::new();
    let (mut rest, mut at) = (content, 100);
    for len in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, others) = rest.split_at((*len).min(rest.len()));
        sse.content(piece, at, &mut events);
        at += piece.len() as u64 + gap;
        rest = others;
    }
    sse.end(&mut events);
    events
}

fn decode(content: &[u8]) -> Vec<Event> {
    decode_cut(content, &[content.len().max(1)], 0)
}

fn blocks(content: &[u8]) -> Vec<Block> {
    let blocks = decode(content).into_iter().filter_map(|event| match event.kind {
        Kind::Sse(Said::Block(block)) => Some(block),
        _ => None,
    });
    blocks.collect()
}

/// What listeners hear: the data of each event.
fn heard(content: &[u8]) -> Vec<String> {
    let heard = blocks(content).into_iter().filter(|block| block.dispatched);
    heard.map(|block| block.data.unwrap()).collect()
}

fn names(event: &Event) -> Vec<Name> {
    event.fields.iter().map(|field| field.name).collect()
}

fn codes(content: &[u8]) -> Vec<Code> {
    decode(content).iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

/// Fields tile the pieces, and the pieces of all events are those that came.
fn tiled(events: &[Event]) -> u64 {
    let mut total = 0;
    let mut at = 0;
    for event in events {
        let mut fields = event.fields.iter();
        for piece in &event.evidence.0 {
            assert!(piece.start >= at && !piece.is_empty(), "{event:?}");
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

const STREAMS: [&[u8]; 16] = [
    b"data: YHOO\ndata: +2\ndata: 10\n\n",
    b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    b"data\n\ndata\ndata\n\ndata:",
    b"data:test\n\ndata: test\n\n",
    b"\xEF\xBB\xBFdata: a\r\rdata: b\r\n\r\ndata: c\n\r",
    b"\xEF\xBBdata: a\n\n",
    b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n",
    b"\r\r\n\n\n\rdata: a\r",
    b"id: 7\nevent: message\nretry: 1000\ndata: {\"id\":7}\n\n: still here\n\n",
    b"id: a\0b\nretry: soon\nretry\nfoo: bar\n foo\ndata: x\n\n",
    b"data: \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\n\ndata: \xC3\n\xE2\x82: x\n:\xFF\n\n",
    b"data: unfinished",
    b"data: unfinished\r\nid: 3\r\n",
    b"",
    b"\xEF\xBB\xBF",
    b"data: a\r\n\r",
];

#[test]
fn however_it_is_cut_the_events_are_the_same() {
    for stream in STREAMS {
        let whole = decode(stream);
        assert_eq!(tiled(&whole), stream.len() as u64);
        for lengths in [&[1][..], &[2], &[3], &[1, 4], &[7, 2, 1]] {
            assert_eq!(decode_cut(stream, lengths, 0), whole, "{stream:?} {lengths:?}");
        }
        for first in 1..stream.len() {
            let lengths = [first, stream.len()];
            assert_eq!(decode_cut(stream, &lengths, 0), whole, "{stream:?} {first}");
        }
    }
}

#[test]
fn framing_between_the_pieces_changes_places_alone() {
    let said =
        |events: &[Event]| -> Vec<Kind> { events.iter().map(|event| event.kind.clone()).collect() };
    let faults = |events: &[Event]| -> Vec<Code> {
        events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
    };
    for stream in STREAMS {
        let whole = decode(stream);
        for lengths in [&[1][..], &[2], &[5, 1]] {
            let events = decode_cut(stream, lengths, 6);
            assert_eq!(said(&events), said(&whole), "{stream:?}");
            assert_eq!(faults(&events), faults(&whole), "{stream:?}");
            assert_eq!(tiled(&events), stream.len() as u64, "{stream:?}");
        }
    }
}

#[test]
fn the_first_bytes_say_nothing_that_the_rest_takes_back() {
    for stream in STREAMS {
        let mut sse = Sse::new(ConnId(1), None);
        let mut whole = Vec::new();
        sse.content(stream, 0, &mut whole);
        for kept in 0..stream.len() {
            let mut sse = Sse::new(ConnId(1), None);
            let mut events = Vec::new();
            sse.content(&stream[..kept], 0, &mut events);
            assert!(whole.starts_with(&events), "{stream:?} {kept}");
        }
    }
}

#[test]
fn the_specification_s_own_examples() {
    assert_eq!(heard(STREAMS[0]), ["YHOO\n+2\n10"]);
    assert_eq!(heard(STREAMS[1]), ["first event", "second event", " third event"]);
    let ids: Vec<_> = blocks(STREAMS[1]).into_iter().map(|block| block.id).collect();
    assert_eq!(ids, [None, Some("1".to_owned()), Some(String::new()), None]);
    assert_eq!(heard(STREAMS[2]), ["", "\n"]);
    assert_eq!(decode(STREAMS[2]).last().unwrap().kind, Kind::Sse(Said::Unfinished));
    assert_eq!(heard(STREAMS[3]), ["test", "test"]);
    assert_eq!(heard(b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n").len(), 2);
}

#[test]
fn a_block_says_what_its_lines_say() {
    let said = blocks(STREAMS[8]);
    let [block, comment] = &said[..] else { panic!("two blocks") };
    let expected = Block {
        exchange: Some(0),
        dispatched: true,
        id: Some("7".to_owned()),
        event: Some("message".to_owned()),
        data: Some("{\"id\":7}".to_owned()),
        data_len: 8,
        retry_ms: Some(1_000),
        comments: 0,
    };
    assert_eq!(*block, expected);
    assert_eq!(*comment, Block { exchange: Some(0), comments: 1, ..Block::default() });
}

#[test]
fn lines_end_in_three_ways() {
    assert_eq!(heard(STREAMS[4]), ["a", "b", "c"]);
    // CR LF is one end, LF CR are two.
    assert_eq!(blocks(b"data: a\r\n\r\ndata: b\n\rdata: c\n\n").len(), 3);
    let events = decode(b"data: a\r\n\r\n");
    assert_eq!(
        names(&events[0]),
        [
            Name::EventFieldName,
            Name::Colon,
            Name::Whitespace,
            Name::EventFieldValue,
            Name::LineEnd,
            Name::EventEnd,
        ]
    );
    assert_eq!(events[0].fields.last().unwrap().span, Span { start: 109, len: 2 });
}

#[test]
fn an_event_is_there_with_its_last_line_feed() {
    let mut sse = Sse::new(ConnId(1), None);
    let mut events = Vec::new();
    sse.content(b"data: a\r\n\r", 0, &mut events);
    assert!(events.is_empty(), "LF may still come");
    sse.content(b"\n", 10, &mut events);
    assert_eq!(events.len(), 1);
    sse.content(b"data: b\r\r", 11, &mut events);
    assert_eq!(events.len(), 1);
    sse.content(b"d", 20, &mut events);
    assert_eq!((events.len(), events[1].evidence.end()), (2, 20));
}

#[test]
fn the_mark_is_taken_off_once() {
    let events = decode(STREAMS[4]);
    assert_eq!(names(&events[0])[..2], [Name::ByteOrderMark, Name::EventFieldName]);
    assert_eq!(codes(STREAMS[5]), [Code::EventNotUtf8, Code::UnknownEventField]);
    assert_eq!(codes(STREAMS[6]), [Code::UnknownEventField]);
    assert_eq!(heard(STREAMS[6]), Vec::<String>::new());
}

#[test]
fn empty_lines_are_blocks_of_their_own() {
    let blocks = blocks(STREAMS[7]);
    assert_eq!(blocks.len(), 5);
    assert!(blocks.iter().all(|block| !block.dispatched));
}

#[test]
fn what_is_wrong_is_said_and_ignored() {
    assert_eq!(
        codes(STREAMS[9]),
        [
            Code::EventIdNul,
            Code::BadRetry,
            Code::BadRetry,
            Code::UnknownEventField,
            Code::UnknownEventField,
        ]
    );
    let blocks = blocks(STREAMS[9]);
    assert_eq!((&blocks[0].id, blocks[0].retry_ms), (&None, None));
    assert_eq!(heard(STREAMS[9]), ["x"]);
}

#[test]
fn bytes_that_are_no_utf8_are_replaced() {
    assert_eq!(heard(STREAMS[10]), ["\u{E4}\u{20AC}\u{1F600}", "\u{FFFD}"]);
    assert_eq!(
        codes(STREAMS[10]),
        [Code::EventNotUtf8, Code::EventNotUtf8, Code::UnknownEventField, Code::EventNotUtf8]
    );
}

#[test]
fn a_long_block_is_counted() {
    let line = [&b"data: "[..], &[b'x'; 1_000], b"\n"].concat();
    let mut content = line.repeat(5_000);
    content.extend_from_slice(b"id: 1\n\n");
    let events = decode(&content);
    assert_eq!((events.len(), tiled(&events)), (1, content.len() as u64));
    let Kind::Sse(Said::Block(block)) = &events[0].kind else { panic!("a block") };
    assert_eq!((block.dispatched, &block.data, block.data_len), (true, &None, 5_004_999));
    assert_eq!(block.id.as_deref(), Some("1"));
    assert_eq!(events[0].fields.last().unwrap().name, Name::MoreLines);
    assert_eq!(decode_cut(&content, &[4_096, 1], 0), events);
}

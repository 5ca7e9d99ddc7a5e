//! What a RESP conversation says, and that it says the same however it is cut.

use super::value::{DEPTH_MAX, ELEMENTS_MAX, LINE_MAX, SIZE_MAX};
use super::*;

/// A piece of a conversation.
type Told<'a> = (Dir, &'a [u8]);

const ASK: Dir = Dir::ToServer;
const TELL: Dir = Dir::ToClient;

/// What was said, in pieces of these lengths, over and over; then both directions end.
fn decode_cut(script: &[Told<'_>], lengths: &[usize]) -> Vec<Event> {
    let mut resp = Resp::new(ConnId(1));
    let mut events = Vec::new();
    let mut lengths = lengths.iter().cycle();
    for (dir, bytes) in script {
        let mut rest = *bytes;
        while !rest.is_empty() {
            let len = lengths.next().copied().unwrap_or(rest.len()).min(rest.len());
            let (piece, others) = rest.split_at(len);
            resp.feed(*dir, piece, &mut events);
            rest = others;
        }
    }
    resp.end(Dir::ToServer, &mut events);
    resp.end(Dir::ToClient, &mut events);
    events
}

fn decode(script: &[Told<'_>]) -> Vec<Event> {
    decode_cut(script, &[usize::MAX])
}

fn said(script: &[Told<'_>]) -> Vec<Said> {
    let said = decode(script).into_iter().filter_map(|event| match event.kind {
        Kind::Resp(said) => Some(said),
        _ => None,
    });
    said.collect()
}

fn codes(events: &[Event]) -> Vec<Code> {
    events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

/// Events tile each direction, fields tile each event.
fn tiled(script: &[Told<'_>], events: &[Event]) {
    for dir in [ASK, TELL] {
        let mut at = 0;
        for event in events.iter().filter(|event| event.dir() == dir) {
            assert_eq!(event.evidence.start(), at, "{event:?}");
            for field in &event.fields {
                assert!(field.span.start == at && !field.span.is_empty(), "{event:?}");
                at = field.span.end();
            }
            assert_eq!(event.evidence.end(), at, "{event:?}");
        }
        let said = script.iter().filter(|(way, _)| *way == dir);
        assert_eq!(at, said.map(|(_, bytes)| bytes.len() as u64).sum::<u64>());
    }
}

fn command(exchange: u64, name: &str, args: &[&str]) -> Said {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Said::Command(Command { exchange, name: name.to_owned(), args })
}

fn reply(exchange: u64, kind: ValueKind, text: &str) -> Said {
    Said::Reply(Reply { exchange: Some(exchange), kind, text: text.to_owned() })
}

fn push(name: &str, args: &[&str]) -> Said {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Said::Push(Push { name: name.to_owned(), args })
}

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
const HELLO: &[u8] = b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n";
const VERSION_3: &[u8] = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n";
const SUBSCRIBE: &[u8] = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n$1\r\nb\r\n";

/// Conversations right and wrong.
const SCRIPTS: [&[Told<'static>]; 14] = [
    &[(ASK, HELLO), (TELL, VERSION_3), (ASK, PING), (TELL, b"+PONG\r\n")],
    &[(ASK, PING), (ASK, b"PING\r\n\r\nping hello\n"), (TELL, b"+PONG\r\n+PONG\r\n$5\r\nhello\r\n")],
    &[(ASK, b"*0\r\n*-1\r\n*1\r\n$0\r\n\r\n"), (TELL, b"-ERR unknown command ''\r\n")],
    &[(TELL, b"*2\r\n*2\r\n$3\r\n0-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$-1\r\n*0\r\n*-1\r\n_\r\n")],
    &[(TELL, b"#t\r\n#f\r\n,1.5\r\n,inf\r\n(123456789012345678901\r\n:-7\r\n:+7\r\n~1\r\n:1\r\n")],
    &[(TELL, b"!5\r\nERR a\r\n=7\r\ntxt:a\nb\r\n|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n|0\r\n+OK\r\n")],
    &[(ASK, HELLO), (TELL, VERSION_3), (ASK, SUBSCRIBE), (ASK, PING), (TELL, b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n+PONG\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n")],
    &[(ASK, SUBSCRIBE), (TELL, b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"), (ASK, PING), (TELL, b"*2\r\n$4\r\npong\r\n$0\r\n\r\n")],
    &[(ASK, b"*1\r\n+PING\r\n*1\r\n"), (TELL, b"?what\r\nmore")],
    &[(ASK, b"*1\r\n$-1\r\n"), (TELL, b":1x\r\nmore")],
    &[(ASK, b"*1\r\n$4\r\nPINGPONG\r\n"), (TELL, b"+OK\nmore")],
    &[(ASK, b"*2\r\n$3\r\nGET\r\n$5\r\nab"), (TELL, b"$10\r\nabc")],
    &[(ASK, b"PING"), (TELL, b"*2\r\n:1\r\n")],
    &[(ASK, b"*1\r\n$2\r\nab\rx"), (TELL, b"*1\r\n>1\r\n:1\r\n")],
];

#[test]
fn however_it_is_cut_the_events_are_the_same() {
    for script in SCRIPTS {
        let whole = decode(script);
        tiled(script, &whole);
        for lengths in [&[1][..], &[2], &[3, 1], &[7, 64]] {
            assert_eq!(decode_cut(script, lengths), whole, "{lengths:?}");
        }
        let longest = script.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or(0);
        for first in 1..longest {
            assert_eq!(decode_cut(script, &[first, longest]), whole, "{first}");
        }
    }
}

#[test]
fn the_first_bytes_say_nothing_that_the_rest_takes_back() {
    let fed = |script: &[Told<'_>], mut kept: usize| -> Vec<Event> {
        let mut resp = Resp::new(ConnId(1));
        let mut events = Vec::new();
        for (dir, bytes) in script {
            let len = bytes.len().min(kept);
            resp.feed(*dir, &bytes[..len], &mut events);
            kept -= len;
        }
        events
    };
    for script in SCRIPTS {
        let total = script.iter().map(|(_, bytes)| bytes.len()).sum();
        let whole = fed(script, total);
        for kept in 0..total {
            assert!(whole.starts_with(&fed(script, kept)), "{script:?} {kept}");
        }
    }
}

#[test]
fn replies_go_with_their_commands() {
    assert_eq!(
        said(SCRIPTS[0]),
        [
            command(0, "HELLO", &["3"]),
            reply(0, ValueKind::Map, "2"),
            command(1, "PING", &[]),
            reply(1, ValueKind::Simple, "PONG"),
        ]
    );
    assert_eq!(
        said(SCRIPTS[1]),
        [
            command(0, "PING", &[]),
            command(1, "PING", &[]),
            command(2, "PING", &["hello"]),
            reply(0, ValueKind::Simple, "PONG"),
            reply(1, ValueKind::Simple, "PONG"),
            reply(2, ValueKind::Bulk, "hello"),
        ]
    );
    // An empty command is passed over and has no reply.
    let error = reply(0, ValueKind::Error, "ERR unknown command ''");
    assert_eq!(said(SCRIPTS[2]), [command(0, "", &[]), error]);
}

#[test]
fn every_type_is_read() {
    let told = |script: &[Told<'_>]| -> Vec<(ValueKind, String)> {
        let replies = said(script).into_iter().map(|said| match said {
            Said::Reply(reply) => (reply.kind, reply.text),
            other => panic!("{other:?}"),
        });
        replies.collect()
    };
    let expected = |pairs: &[(ValueKind, &str)]| -> Vec<(ValueKind, String)> {
        pairs.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect()
    };
    let null = (ValueKind::Null, "");
    assert_eq!(
        told(SCRIPTS[3]),
        expected(&[(ValueKind::Array, "2"), (ValueKind::Array, "0"), null, null])
    );
    assert_eq!(
        told(SCRIPTS[4]),
        expected(&[
            (ValueKind::Boolean, "true"),
            (ValueKind::Boolean, "false"),
            (ValueKind::Double, "1.5"),
            (ValueKind::Double, "inf"),
            (ValueKind::BigNumber, "123456789012345678901"),
            (ValueKind::Integer, "-7"),
            (ValueKind::Integer, "+7"),
            (ValueKind::Set, "1"),
        ])
    );
    assert_eq!(
        told(SCRIPTS[5]),
        expected(&[
            (ValueKind::Error, "ERR a"),
            (ValueKind::Bulk, "a\\nb"),
            (ValueKind::Array, "2"),
            (ValueKind::Simple, "OK"),
        ])
    );
}

#[test]
fn a_push_is_no_reply() {
    let subscribe = |exchange| command(exchange, "SUBSCRIBE", &["a", "b"]);
    let [first, second] = [push("subscribe", &["a", "1"]), push("subscribe", &["b", "2"])];
    let message = push("message", &["a", "hi"]);
    assert_eq!(
        said(SCRIPTS[6])[2..],
        [
            subscribe(1),
            command(2, "PING", &[]),
            first.clone(),
            second.clone(),
            reply(2, ValueKind::Simple, "PONG"),
            message.clone(),
        ]
    );
    assert_eq!(
        said(SCRIPTS[7]),
        [
            subscribe(0),
            first,
            second,
            message,
            command(1, "PING", &[]),
            reply(1, ValueKind::Array, "2"),
        ]
    );
    // Without a subscription it is a reply like any other, and an error answers the command.
    let array = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
    assert_eq!(said(&[(ASK, PING), (TELL, array)])[1], reply(0, ValueKind::Array, "3"));
    let refused = [(ASK, SUBSCRIBE), (TELL, &b"-NOPERM no\r\n"[..])];
    assert_eq!(said(&refused)[1], reply(0, ValueKind::Error, "NOPERM no"));
}

#[test]
fn what_breaks_the_rules_is_not_trusted() {
    for (script, code) in [
        (SCRIPTS[8], Code::BadRespType),
        (SCRIPTS[9], Code::BadRespLength),
        (SCRIPTS[10], Code::BadRespEnd),
        (SCRIPTS[11], Code::Incomplete),
        (SCRIPTS[12], Code::Incomplete),
    ] {
        assert_eq!(codes(&decode(script)), [code, code], "{script:?}");
    }
    assert_eq!(codes(&decode(SCRIPTS[13])), [Code::BadRespEnd, Code::BadRespType]);
    let malformed = [Said::Malformed, Said::Malformed, Said::Rest, Said::Rest];
    assert_eq!(said(SCRIPTS[8]), malformed);
    for line in [
        "$x\r\n",
        "$\r\n",
        "$-2\r\n",
        "$+1\r\n",
        "*99999999999999999999\r\n",
        "#x\r\n",
        ",a\r\n",
        ":\r\n",
    ] {
        assert_eq!(codes(&decode(&[(TELL, line.as_bytes())])), [Code::BadRespLength], "{line}");
    }
    assert_eq!(codes(&decode(&[(TELL, b"_x\r\n")])), [Code::BadRespEnd]);
}

#[test]
fn what_is_too_large_is_not_read() {
    let deep = |depth: usize| format!("{}:1\r\n", "*1\r\n".repeat(depth));
    let many = |count: u64| format!("*{count}\r\n{}", ":1\r\n".repeat(count as usize));
    let long = |len: usize| format!("+{}\r\n", "x".repeat(len));
    let string = |len: usize| format!("${len}\r\n{}\r\n", "x".repeat(len));
    let largest = SIZE_MAX - "$16777204\r\n\r\n".len();
    for (fits, too_large) in [
        (deep(DEPTH_MAX), deep(DEPTH_MAX + 1)),
        (many(ELEMENTS_MAX), many(ELEMENTS_MAX + 1)),
        (long(LINE_MAX - 3), long(LINE_MAX - 2)),
        (string(largest), string(largest + 1)),
    ] {
        let [fits, too_large] = [[(TELL, fits.as_bytes())], [(TELL, too_large.as_bytes())]];
        let events = decode(&fits);
        assert!(codes(&events).is_empty());
        tiled(&fits, &events);
        let events = decode(&too_large);
        assert_eq!(codes(&events), [Code::RespTooLarge]);
        tiled(&too_large, &events);
        assert_eq!(decode_cut(&too_large, &[60_000, 1]), events);
    }
}

#[test]
fn a_large_reply_is_listed_only_so_far() {
    let bytes = format!("*50000\r\n{}", ":12\r\n".repeat(50_000));
    let events = decode(&[(TELL, bytes.as_bytes())]);
    let last = events[0].fields.last().unwrap();
    assert_eq!((events.len(), events[0].fields.len(), last.name), (1, 513, Name::MoreElements));
}

#[test]
fn a_long_value_is_kept_like_a_body() {
    let mut resp = Resp::new(ConnId(1));
    let mut events = Vec::new();
    resp.feed(TELL, b"+OK\r\n$100000\r\nabc", &mut events);
    assert_eq!((events.len(), resp.open_body(TELL), resp.open_body(ASK)), (1, Some(5), None));
    resp.feed(TELL, &[b'x'; 99_997], &mut events);
    resp.feed(TELL, b"\r\n+OK\r\n", &mut events);
    assert_eq!((events.len(), events[1].evidence.start()), (3, 5));
    assert_eq!(resp.open_body(TELL), None);
}

#[test]
fn what_is_lost_ends_the_value() {
    let mut resp = Resp::new(ConnId(1));
    let mut events = Vec::new();
    resp.feed(TELL, b"*2\r\n:1\r\n", &mut events);
    resp.lost(TELL, &mut events);
    resp.end(TELL, &mut events);
    assert_eq!((events.len(), codes(&events)), (1, vec![Code::AfterLoss]));
    assert_eq!(events[0].kind, Kind::Resp(Said::Partial));
    resp.feed(TELL, b":2\r\n", &mut events);
    assert_eq!(events.len(), 1);
}

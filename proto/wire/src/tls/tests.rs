//! What the laws do not ask: what records and hellos say, and what is kept of them.

use trace::field::Name;
use trace::tls::Message;
use trace::tls::Tls as Said;

use super::*;
use crate::conn::Conn;
use crate::transcript::{self, Script};

const TLS13: &str = include_str!("../../../../tests/fixtures/tls/ok/tls13.txt");
const TLS12: &str = include_str!("../../../../tests/fixtures/tls/ok/tls12.txt");
const RETRY: &str = include_str!("../../../../tests/fixtures/tls/ok/hello_retry.txt");

fn events(text: &str) -> Vec<Event> {
    transcript::decode_on(Conn::tls(ConnId(1)), &transcript::parse(text).unwrap())
}

fn heard(dir: Dir, bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    Tls::new(ConnId(1)).feed(dir, bytes, &mut events);
    events
}

fn said(event: &Event) -> &Said {
    let Kind::Tls(said) = &event.kind else { panic!("{event:?}") };
    said
}

fn codes(events: &[Event]) -> Vec<Code> {
    events.iter().flat_map(|event| &event.faults).map(|fault| fault.code).collect()
}

fn names(event: &Event) -> Vec<Name> {
    event.fields.iter().map(|field| field.name).collect()
}

/// The messages of this kind, in order.
fn messages(events: &[Event], kind: u8) -> Vec<&Message> {
    let all = events.iter().flat_map(|event| &said(event).messages);
    all.filter(|message| message.kind == kind).collect()
}

fn record(number: u8, fragment: &[u8]) -> Vec<u8> {
    let len = u16::try_from(fragment.len()).unwrap().to_be_bytes();
    [&[number, 3, 3][..], &len, fragment].concat()
}

#[test]
fn a_real_hello_is_read() {
    let events = events(TLS13);
    let hello = messages(&events, 1)[0];
    assert_eq!(hello.server_name.as_deref(), Some("lab.test"));
    assert_eq!(hello.alpn, ["h2", "http/1.1"]);
    assert_eq!(hello.versions, [0x0304, 0x0303]);
    assert!(hello.suites.contains(&0x1301) && !hello.retry);
    let answer = messages(&events, 2)[0];
    assert_eq!((answer.versions.as_slice(), answer.suites.len()), (&[0x0304][..], 1));
    assert!(!answer.retry && answer.server_name.is_none());
    // All that comes after both hellos is protected, but for what is there for old boxes.
    let data = |event: &&Event| said(event).content == ContentType::ApplicationData;
    assert!(events.iter().filter(data).count() > 5);
    assert!(events.iter().filter(data).all(|event| said(event).protected));
    assert!(codes(&events).is_empty());
    for name in [
        Name::TlsServerName,
        Name::TlsProtocolName,
        Name::TlsVersion,
        Name::TlsKeyShare,
        Name::TlsCipherSuite,
    ] {
        assert!(names(&events[0]).contains(&name), "{name:?}");
    }
}

#[test]
fn before_tls_13_a_change_of_keys_hides_the_handshake() {
    let events = events(TLS12);
    assert_eq!(messages(&events, 2)[0].versions, [0x0303]);
    // Certificate, ServerKeyExchange, ServerHelloDone, ClientKeyExchange.
    for kind in [11, 12, 14, 16] {
        assert_eq!(messages(&events, kind).len(), 1, "{kind}");
    }
    let hidden = |event: &&Event| said(event).protected && said(event).messages.is_empty();
    let finished = |event: &&Event| said(event).content == ContentType::Handshake;
    assert_eq!(events.iter().filter(hidden).filter(finished).count(), 2);
    assert!(events.iter().all(|event| said(event).alert.is_none()), "close_notify is protected");
    assert!(codes(&events).is_empty());
}

#[test]
fn a_server_may_ask_for_another_hello() {
    let events = events(RETRY);
    assert_eq!(messages(&events, 1).len(), 2);
    let answers: Vec<bool> = messages(&events, 2).iter().map(|message| message.retry).collect();
    assert_eq!((answers, codes(&events)), (vec![true, false], Vec::new()));
}

#[test]
fn a_message_is_told_with_its_last_record() {
    let script: Script = transcript::parse(TLS13).unwrap();
    let hello = &script[0].1[HEAD..];
    let pieces = [&hello[..2], &hello[2..100], &hello[100..]].map(|piece| record(22, piece));
    let events = heard(Dir::ToServer, &pieces.concat());
    let told: Vec<usize> = events.iter().map(|event| said(event).messages.len()).collect();
    assert_eq!((told, codes(&events)), (vec![0, 0, 1], Vec::new()));
    assert_eq!(said(&events[2]).messages[0].server_name.as_deref(), Some("lab.test"));
    assert_eq!(names(&events[1])[3..], [Name::TlsMessagePiece]);
    // Two messages in a record, and the beginning of a third.
    let two = [&[14_u8, 0, 0, 0][..], &[20, 0, 0, 1, 7], &[11, 0, 0, 9, 1]].concat();
    let events = heard(Dir::ToClient, &record(22, &two));
    let kinds: Vec<u8> = said(&events[0]).messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [14, 20]);
    let head = [Name::TlsMessageType, Name::TlsMessageLength];
    let expected = [
        head[0],
        head[1],
        head[0],
        head[1],
        Name::TlsMessageBody,
        head[0],
        head[1],
        Name::TlsMessagePiece,
    ];
    assert_eq!(names(&events[0])[3..], expected);
}

#[test]
fn a_message_that_is_too_long_is_only_counted() {
    let mut tls = Tls::new(ConnId(1));
    let mut events = Vec::new();
    let len = 20 * 16_000_u32 - 4;
    let head = [&[11][..], &len.to_be_bytes()[1..]].concat();
    let first = [&head[..], &[7; 15_996]].concat();
    tls.feed(Dir::ToClient, &record(22, &first), &mut events);
    assert_eq!(codes(&events), [Code::TlsHandshakeTooLong]);
    for _ in 1..20 {
        assert!(tls.halves.to_client.open.as_ref().unwrap().message().2.len() < 64 * 1024);
        tls.feed(Dir::ToClient, &record(22, &[7; 16_000]), &mut events);
    }
    assert!(tls.halves.to_client.open.is_none());
    assert_eq!(codes(&events).len(), 1);
    let told = &said(&events[19]).messages;
    assert_eq!((told.len(), told[0].kind, told[0].len), (1, 11, u64::from(len)));
}

#[test]
fn what_breaks_the_rules_is_told() {
    let hello = [&[1_u8, 0, 0, 3][..], &[3, 3, 9]].concat();
    let cases: [(Vec<u8>, Code); 7] = [
        (record(24, b"abc"), Code::TlsBadContentType),
        (record(23, &[0; 16_641]), Code::TlsRecordTooLong),
        (b"GET /".to_vec(), Code::TlsBadVersion),
        (record(21, b"abc"), Code::TlsBadMessage),
        (record(20, &[2]), Code::TlsBadMessage),
        (record(22, &hello), Code::TlsBadMessage),
        (record(22, &[]), Code::TlsBadMessage),
    ];
    for (bytes, code) in cases {
        let events = heard(Dir::ToServer, &bytes);
        assert_eq!((events.len(), codes(&events)), (1, vec![code]), "{code:?}");
    }
    // A record may be as long as that, and no longer.
    assert!(codes(&heard(Dir::ToServer, &record(23, &[0; 16_640]))).is_empty());
    // Nothing may come between the records of a message.
    let between = [record(22, &[11, 0, 0, 9, 1]), record(21, &[1, 0])].concat();
    let events = heard(Dir::ToClient, &between);
    assert_eq!((codes(&events), said(&events[1]).alert), (vec![Code::TlsBadMessage], Some((1, 0))));
}

#[test]
fn what_is_no_tls_is_not_decoded() {
    let mut tls = Tls::new(ConnId(1));
    let mut events = Vec::new();
    tls.feed(Dir::ToServer, b"GET / HTTP/1.1\r\n\r\n", &mut events);
    assert_eq!((events.len(), tls.open_body(Dir::ToServer)), (1, Some(5)));
    tls.end(Dir::ToServer, &mut events);
    assert_eq!((events.len(), tls.open_body(Dir::ToServer)), (2, None));
    let rest = said(&events[1]);
    assert_eq!((rest.content, rest.version, rest.len), (ContentType::Other(0), 0, 13));
    assert_eq!(names(&events[1]), [Name::Undecoded]);
}

#[test]
fn what_is_cut_off_says_what_is_known() {
    let whole = record(22, &[1, 0, 0, 9]);
    for (len, fields) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)] {
        let mut tls = Tls::new(ConnId(1));
        let mut events = Vec::new();
        tls.feed(Dir::ToServer, &whole[..len], &mut events);
        assert!(events.is_empty(), "{len}");
        tls.lost(Dir::ToServer, &mut events);
        tls.end(Dir::ToServer, &mut events);
        assert_eq!((events.len(), codes(&events)), (1, vec![Code::AfterLoss]), "{len}");
        assert_eq!(events[0].evidence.len(), len as u64);
        assert_eq!(events[0].fields.len(), fields, "{len}");
        assert_eq!(said(&events[0]).content, ContentType::Handshake);
    }
}

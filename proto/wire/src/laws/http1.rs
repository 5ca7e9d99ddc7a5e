//! Conversations in HTTP/1, event streams and calls in gRPC-web included.

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use trace::event::Kind;
use trace::field::Name;
use trace::grpc::{Call, Grpc};
use trace::span::Dir;

use super::{
    Ended, Mutation, RandomSeed as _, Start, all_laws, blow_up, decode, fixed, law_2, law_3, law_4,
    run,
};
use crate::transcript::{self, Script};

/// Requests and answers of every framing, right and wrong ones. `{}` is where a body goes.
const ASKED: [&str; 14] = [
    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\nAccept:  */* \r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{body}",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{hex};a=\"b\"\r\n{body}\r\n2\nok\n0\r\nX-Sum: 1\r\n\r\n",
    "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n{hex} \r\n{body}\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{body}",
    "GET / HTTP/1.1\r\nBad Name: x\r\n\r\n",
    "OPTIONS / HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "POST /lifeline.v1.Chat/Send HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web+proto\r\n\
     Content-Length: 20\r\n\r\n\0\0\0\0\n\n\x01A\x12\x01B\x1a\x02hi\0\0\0\0\0",
    "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web-text\r\n\
     Transfer-Encoding: chunked\r\n\r\n7\r\nAAAAAAA\r\n2\r\n=A\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
];
const ANSWERED: [&str; 15] = [
    "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nKeep-Alive: timeout=10\r\n\r\n{body}",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x02{body}",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other/1\r\n\r\n{body}",
    "HTTP/1.0 200 OK\r\n\r\n{body}",
    "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    "garbage that is no answer {body}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 19\r\n\r\n: hi\ndata: x\n\nid: 7",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n\
     6\r\ndata: \r\n{hex}\r\n{body}\r\n3\r\n\r\n\r\r\n1\r\n\n\r\n5\r\nid: 7\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: {body}\r\rretry: 5\r\n\r\ndata: cut",
    "HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web-text+proto\r\nTransfer-Encoding: chunked\r\n\r\n\
     a\r\nAAAAAAIIAY\r\n1a\r\nAAAAAPZ3JwYy1zdGF0dXM6MA0K\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Type: application/grpc-web\r\n\r\n\0\0\0\0\x02\x08\x01\0\0\0\x01\x01{body}",
];

fn conversation() -> impl Strategy<Value = Script> {
    let exchange = (0..ASKED.len(), 0..ANSWERED.len(), 0..400_usize);
    let blow = proptest::option::weighted(0.4, (any::<u16>(), any::<u8>()));
    (proptest::collection::vec(exchange, 1..4), any::<bool>(), blow).prop_map(
        |(exchanges, pipelined, blow)| {
            let fill = |template: &str, len: usize| {
                let text = template
                    .replace("{len}", &len.to_string())
                    .replace("{hex}", &format!("{len:x}"))
                    .replace("{body}", &"lifeline".repeat(50)[..len]);
                text.into_bytes()
            };
            let mut asked: Script = Vec::new();
            let mut answered: Script = Vec::new();
            for (ask, answer, len) in exchanges {
                asked.push((Dir::ToServer, fill(ASKED[ask], len)));
                answered.push((Dir::ToClient, fill(ANSWERED[answer], len)));
            }
            let mut script: Script = if pipelined {
                asked.into_iter().chain(answered).collect()
            } else {
                asked.into_iter().zip(answered).flat_map(|(ask, answer)| [ask, answer]).collect()
            };
            if let Some((place, byte)) = blow {
                blow_up(&mut script, place, byte);
            }
            script
        },
    )
}

const REAL: Start = Start::Http1(None);

#[test]
fn ten_thousand_conversations_with_the_fixed_seed_keep_the_laws() {
    run(fixed(), 10_000, REAL, conversation()).unwrap();
}

#[test]
fn ten_thousand_conversations_with_a_random_seed_keep_the_laws() {
    run(TestRng::from_rng_seed(), 10_000, REAL, conversation()).unwrap();
}

#[test]
fn each_law_is_broken_by_its_mutation() {
    let script = transcript::parse(
        "> GET /hello HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\n< HTTP/1.1 204 No Content\\r\\n\\r\\n",
    )
    .unwrap();
    let mutated = |mutation| Start::Http1(Some(mutation));
    assert_eq!(all_laws(REAL, &script, &[1]), Ok(()));
    assert!(law_2(mutated(Mutation::Eager), &script, 99).is_err());
    assert!(law_3(mutated(Mutation::ShortField), &script).is_err());
    assert!(law_4(mutated(Mutation::ForgetWaiting), &script, &[1]).is_err());
    for mutation in [Mutation::Eager, Mutation::ShortField, Mutation::ForgetWaiting] {
        let unseen = run(fixed(), 500, mutated(mutation), conversation()).is_ok();
        assert!(!unseen, "{mutation:?} goes unnoticed");
    }
}

#[test]
fn a_body_in_tiny_chunks_is_listed_only_so_far() {
    let mut body = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100_000 {
        body.extend_from_slice(b"1\r\nx\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let script = vec![(Dir::ToServer, body)];
    law_3(REAL, &script).unwrap();
    law_4(REAL, &script, &[5_000]).unwrap();
    let events = decode(REAL, &script, Ended::Yes);
    let last = events[1].fields.last().unwrap();
    assert_eq!((events[1].fields.len(), last.name), (4_097, Name::MoreChunks));
}

/// An event stream is heard while its answer is under way, and its end before the answer's.
#[test]
fn the_events_of_a_stream_come_as_they_are_said() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; x=y\r\nTransfer-Encoding: chunked\r\n\r\n";
    let said = |text: &str| (Dir::ToClient, text.as_bytes().to_vec());
    let asks = (Dir::ToServer, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec());
    let mut script = vec![asks, said(head), said("9\r\ndata: a\n"), said("\n")];
    let heard = |script: &Script, ended| {
        let events = decode(REAL, script, ended);
        events.iter().map(|event| event.kind.is_upper()).collect::<Vec<bool>>()
    };
    // Its chunk has not ended.
    assert_eq!(heard(&script, Ended::No), [false, false, true]);
    script.extend(["\r\n7\r\nda", "ta: b", "\r\n0\r\n\r\n"].map(said));
    assert_eq!(heard(&script, Ended::No), [false, false, true, true, false]);
    all_laws(REAL, &script, &[1]).unwrap();
    // What is compressed cannot be read.
    script[1].1 = head.replace("\r\n\r\n", "\r\nContent-Encoding: br\r\n\r\n").into_bytes();
    assert_eq!(heard(&script, Ended::Yes), [false, false, false]);
}

/// Messages are heard while their request, or their answer, is under way.
#[test]
fn the_messages_of_a_call_come_as_they_are_said() {
    let said = |dir, bytes: &[u8]| (dir, bytes.to_vec());
    let (asks, answers) = (Dir::ToServer, Dir::ToClient);
    let script = vec![
        said(asks, b"OPTIONS /lifeline.v1.Chat/Send HTTP/1.1\r\nHost: a\r\n\r\n"),
        said(asks, b"POST /r/x/lifeline.v1.Chat/Send HTTP/1.1\r\nHost: a\r\n"),
        said(asks, b"Content-Type: application/grpc-web+proto\r\nContent-Length: 9\r\n\r\n"),
        said(asks, b"\0\0\0\0\x03\x0a\x01A"),
        said(answers, b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n"),
        said(
            answers,
            b"Content-Type: application/grpc-web-text\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        said(answers, b"b\r\nAAAAAAIIAQ=\r\n1\r\n="),
        said(answers, b"\r\n1c\r\ngAAAAA9ncnBjLXN0YXR1czowDQo=\r\n0\r\n\r\n"),
        said(asks, b"\x07"),
    ];
    let messages = |kept: usize| -> Vec<Grpc> {
        let events = decode(REAL, &script[..kept].to_vec(), Ended::No).into_iter();
        let messages = events.filter_map(|event| match event.kind {
            Kind::Grpc(grpc) => Some(grpc),
            _ => None,
        });
        messages.collect()
    };
    let whole = messages(script.len());
    let [
        Grpc::Message(asked),
        Grpc::Message(answered),
        Grpc::Trailers(trailers),
        Grpc::Partial(cut),
    ] = &whole[..]
    else {
        panic!("{whole:?}")
    };
    for (message, name, text) in [(asked, "from", "A"), (answered, "id", "1")] {
        assert_eq!((message.call, message.number), (Call::Exchange(1), 1));
        assert_eq!(message.path, "/r/x/lifeline.v1.Chat/Send");
        assert_eq!(message.values[0].name.as_deref(), Some(name));
        assert_eq!(message.values[0].readings[0].text, text);
    }
    assert_eq!((trailers.status, *cut), (Some(0), Call::Exchange(1)));
    assert_eq!([4, 6, 7, 8].map(|kept| messages(kept).len()), [1, 1, 2, 3]);
    all_laws(REAL, &script, &[1]).unwrap();
}

#[test]
fn a_length_beyond_every_stream_is_no_overflow() {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\nabc", u64::MAX);
    let script = vec![(Dir::ToServer, head.into_bytes())];
    all_laws(REAL, &script, &[1]).unwrap();
    assert_eq!(decode(REAL, &script, Ended::Yes).len(), 2);
}

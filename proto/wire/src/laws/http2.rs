//! Conversations in HTTP/2, from the preface on, with calls of gRPC in some of their streams. What is
//! said by the rules is told in `talk.rs`, what is against them in `flaws.rs`.

mod blocks;
mod flaws;
mod talk;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use trace::event::Kind;
use trace::grpc::{Call, Grpc};
use trace::http2::Http2;
use trace::span::Dir;

use super::websocket::join;
use super::{
    Ended, Mutation, RandomSeed as _, Start, all_laws, blow_up, decode, fixed, law_2, law_3, law_4,
    run,
};
use crate::transcript::Script;
use blocks::{Encoder, HOST, Line, Lot, frame};
use talk::{Heard, PREFACE, Step, Talk};

const REAL: Start = Start::Http1(None);

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

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const WITH_PRIORITY: u8 = 0x20;

fn step(flawed: u8) -> impl Strategy<Value = Step> {
    let stream = proptest::option::weighted(0.75, 0..4_usize);
    let flaw = (0..100_u8, 0..10_u8).prop_map(move |(lot, flaw)| (lot < flawed).then_some(flaw));
    (any::<bool>(), stream, 0..100_usize, any::<u64>(), flaw).prop_map(
        |(client, stream, len, lot, flaw)| Step {
            dir: if client { Dir::ToServer } else { Dir::ToClient },
            stream,
            len,
            lot: Lot(lot),
            flaw,
        },
    )
}

/// Conversations of which so many steps in a hundred break a rule.
fn talk(flawed: u8) -> impl Strategy<Value = Talk> {
    let steps = proptest::collection::vec(step(flawed), 0..16);
    (steps, any::<bool>()).prop_map(|(steps, joined)| {
        let mut talk = Talk::begun();
        for step in &steps {
            talk.say(step);
        }
        talk.finish();
        if joined {
            talk.script = join(talk.script);
        }
        talk
    })
}

fn script() -> impl Strategy<Value = Script> {
    let blow = proptest::option::weighted(0.3, (any::<u16>(), any::<u8>()));
    let talks = prop_oneof![2 => talk(0), 3 => talk(20)];
    (talks, blow).prop_map(|(Talk { mut script, .. }, blow)| {
        if let Some((place, byte)) = blow {
            blow_up(&mut script, place, byte);
        }
        script
    })
}

/// What the events of a conversation say, as [`Talk::heard`] tells it. None of them has a fault.
fn heard(script: &Script) -> Result<Heard, TestCaseError> {
    let mut heard = Heard::default();
    for event in decode(REAL, script, Ended::Yes) {
        prop_assert!(event.faults.is_empty(), "{event:?}");
        let dir = event.dir();
        match event.kind {
            Kind::Http2(Http2::Head(head)) => {
                let lines = head.headers.into_iter().map(|header| (header.name, header.value));
                heard.heads.push((dir, head.stream, lines.collect()));
            }
            Kind::Http2(Http2::Content(content)) => {
                let sum = (content.len, content.frames, content.complete);
                heard.contents.push((dir, content.stream, sum));
            }
            Kind::Grpc(Grpc::Message(message)) => {
                let Call::Stream(stream) = message.call else {
                    return Err(TestCaseError::fail(format!("{message:?}")));
                };
                heard.messages.push((dir, stream, message.len));
            }
            _ => {}
        }
    }
    heard.contents.sort_unstable();
    heard.messages.sort_unstable();
    Ok(heard)
}

#[test]
fn ten_thousand_conversations_with_the_fixed_seed_keep_the_laws() {
    run(fixed(), 10_000, REAL, script()).unwrap();
}

#[test]
fn ten_thousand_conversations_with_a_random_seed_keep_the_laws() {
    run(TestRng::from_rng_seed(), 10_000, REAL, script()).unwrap();
}

#[test]
fn what_is_said_by_the_rules_is_heard_as_it_was_said() {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_rng_seed());
    let result = runner.run(&talk(0), |talk| {
        let heard = heard(&talk.script)?;
        prop_assert_eq!(heard, talk.heard());
        Ok(())
    });
    result.unwrap();
}

/// A call in two DATA frames.
fn call() -> Script {
    let lines: [Line; 5] = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/a.B/C"),
        (":authority", HOST),
        ("content-type", "application/grpc"),
    ];
    let block = Encoder::default().block(&lines, &mut Lot(0));
    let asks = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    vec![
        (Dir::ToServer, asks),
        (Dir::ToClient, frame(SETTINGS, 0, 0, b"")),
        (Dir::ToServer, frame(HEADERS, END_HEADERS, 1, &block)),
        (Dir::ToServer, frame(DATA, 0, 1, b"\0\0\0\0\x06\x0a")),
        (Dir::ToServer, frame(DATA, END_STREAM, 1, b"\x04abcd")),
    ]
}

#[test]
fn each_law_is_broken_by_its_mutation() {
    let script = call();
    let mutated = |mutation| Start::Http1(Some(mutation));
    assert_eq!(all_laws(REAL, &script, &[1]), Ok(()));
    let total = script.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(law_2(mutated(Mutation::EagerFrame), &script, total).is_err());
    for mutation in [Mutation::ShortFrame, Mutation::ShortPart] {
        assert!(law_3(mutated(mutation), &script).is_err(), "{mutation:?}");
    }
    for mutation in [Mutation::ForgetPlace, Mutation::ForgetMessage] {
        assert!(law_4(mutated(mutation), &script, &[1]).is_err(), "{mutation:?}");
    }
    for mutation in [
        Mutation::EagerFrame,
        Mutation::ShortFrame,
        Mutation::ShortPart,
        Mutation::ForgetPlace,
        Mutation::ForgetMessage,
    ] {
        let unseen = run(fixed(), 500, mutated(mutation), self::script()).is_ok();
        assert!(!unseen, "{mutation:?} goes unnoticed");
    }
}

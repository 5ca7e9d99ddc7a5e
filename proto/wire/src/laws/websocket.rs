//! Conversations in WebSocket, from the upgrade on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use trace::event::Kind;
use trace::span::Dir;
use trace::websocket::Websocket;

use super::{
    Ended, Mutation, RandomSeed as _, Start, all_laws, blow_up, decode, fixed, law_2, law_3, law_4,
    run,
};
use crate::transcript::Script;

const REAL: Start = Start::Http1(None);

const ASKS: &[u8] =
    b"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ANSWERS: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
const FIN: u8 = 0x80;

/// Something that one side says.
#[derive(Debug, Clone)]
struct Said {
    dir: Dir,
    opcode: u8,
    /// The lengths of its frames.
    lens: Vec<usize>,
    key: [u8; 4],
    /// Which rule its last frame breaks.
    flaw: Option<u8>,
}

/// A conversation, and the messages that are to be heard of it.
#[derive(Debug, Clone)]
struct Talk {
    script: Script,
    messages: Vec<(Dir, u64, Option<String>)>,
}

fn said(flawed: u8) -> impl Strategy<Value = Said> {
    let opcode = prop_oneof![
        5 => Just(TEXT), 2 => Just(BINARY), 1 => Just(PING), 1 => Just(PONG),
    ];
    let lens = proptest::collection::vec(0..160_usize, 1..4);
    let flaw = (0..100_u8, 0..8_u8).prop_map(move |(lot, flaw)| (lot < flawed).then_some(flaw));
    (any::<bool>(), opcode, lens, any::<[u8; 4]>(), flaw).prop_map(
        |(client, opcode, lens, key, flaw)| Said {
            dir: if client { Dir::ToServer } else { Dir::ToClient },
            opcode,
            lens,
            key,
            flaw,
        },
    )
}

/// Conversations of which so many pieces in a hundred have a flaw. `early` lets the client speak
/// before it may.
fn talk(flawed: u8, early: bool) -> impl Strategy<Value = Talk> {
    let close = proptest::option::of((any::<bool>(), 990..1_020_u16, 0..60_usize));
    let said = proptest::collection::vec(said(flawed), 0..7);
    (said, close, any::<bool>()).prop_map(move |(said, close, joined)| {
        let mut talk = Talk { script: Vec::new(), messages: Vec::new() };
        for said in &said {
            talk.say(said);
        }
        if let Some((client, code, len)) = close {
            let dir = if client { Dir::ToServer } else { Dir::ToClient };
            let code = if flawed > 0 { code } else { 1000 };
            let payload = [&code.to_be_bytes()[..], &words(len)].concat();
            talk.script.push((dir, frame(FIN | CLOSE, &payload, key_of(dir, [7, 0, 255, 1]), 0)));
        }
        let answer = usize::from(early && talk.script.first().is_some_and(is_client));
        talk.script.insert(answer, (Dir::ToClient, ANSWERS.to_vec()));
        talk.script.insert(0, (Dir::ToServer, ASKS.to_vec()));
        if joined {
            talk.script = join(talk.script);
        }
        talk
    })
}

fn is_client((dir, _): &(Dir, Vec<u8>)) -> bool {
    *dir == Dir::ToServer
}

fn script() -> impl Strategy<Value = Script> {
    let blow = proptest::option::weighted(0.3, (any::<u16>(), any::<u8>()));
    let talks = prop_oneof![talk(0, false), talk(20, false), talk(10, true)];
    (talks, blow).prop_map(|(Talk { mut script, .. }, blow)| {
        if let Some((place, byte)) = blow {
            blow_up(&mut script, place, byte);
        }
        script
    })
}

impl Talk {
    fn say(&mut self, said: &Said) {
        let Said { dir, opcode, key, .. } = *said;
        if opcode == PING || opcode == PONG {
            let len = said.lens[0].min(125);
            self.push(said, FIN | opcode, &words(len), true);
            return;
        }
        let content = words(said.lens.iter().sum());
        let mut rest = &content[..];
        for (index, len) in said.lens.iter().enumerate() {
            let (payload, others) = rest.split_at(*len);
            let last = index + 1 == said.lens.len();
            let fin = if last { FIN } else { 0 };
            let first = fin | if index == 0 { opcode } else { CONTINUATION };
            self.push(said, first, payload, last);
            rest = others;
            if !last && key[0] % 2 == 0 {
                self.script.push((dir, frame(FIN | PING, b"?", key_of(dir, key), 0)));
            }
        }
        let text = (opcode == TEXT).then(|| String::from_utf8(content.clone()).unwrap());
        self.messages.push((dir, content.len() as u64, text));
    }

    /// A frame, which breaks a rule if it is the last.
    fn push(&mut self, said: &Said, mut first: u8, payload: &[u8], last: bool) {
        let mut payload = payload.to_vec();
        let mut key = key_of(said.dir, said.key);
        let mut least = 0;
        match said.flaw.filter(|_| last) {
            Some(0) => key = if key.is_some() { None } else { Some(said.key) },
            Some(1) => first |= 0x20,
            Some(2) => first |= 0x03,
            Some(3) => least = 8,
            Some(4) => first &= !FIN,
            Some(5) => first &= 0xf0,
            Some(6) => payload.push(0xff),
            Some(_) => payload.extend([b'x'; 126]),
            None => {}
        }
        let mut bytes = frame(first, &payload, key, least);
        if said.flaw == Some(3) && last && said.key[1].is_multiple_of(4) {
            // A length with its highest bit set.
            bytes[2] = 0x80;
        }
        self.script.push((said.dir, bytes));
    }
}

/// A client's frames are masked.
fn key_of(dir: Dir, key: [u8; 4]) -> Option<[u8; 4]> {
    (dir == Dir::ToServer).then_some(key)
}

/// A frame whose length takes 0, 2 or 8 bytes more, at least `least`.
fn frame(first: u8, payload: &[u8], key: Option<[u8; 4]>, least: usize) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let needed = match payload.len() {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    };
    let mut bytes = vec![first];
    match needed.max(least) {
        0 => bytes.push(mask | u8::try_from(payload.len()).unwrap()),
        2 => {
            bytes.push(mask | 126);
            bytes.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(key.into_iter().flatten());
    let turns = key.unwrap_or_default().into_iter().cycle();
    bytes.extend(payload.iter().zip(turns).map(|(byte, key)| byte ^ key));
    bytes
}

/// So many bytes of text, in letters of one to four bytes.
pub(super) fn words(len: usize) -> Vec<u8> {
    let mut text = String::new();
    for char in "Grüße, 世界 🌍 ".chars().cycle() {
        if text.len() + char.len_utf8() > len {
            break;
        }
        text.push(char);
    }
    let missing = len - text.len();
    text.push_str(&"x".repeat(missing));
    text.into_bytes()
}

/// What a side says in one go comes in one read.
pub(super) fn join(script: Script) -> Script {
    let mut joined: Script = Vec::new();
    for (dir, bytes) in script {
        match joined.last_mut() {
            Some((before, all)) if *before == dir => all.extend(bytes),
            _ => joined.push((dir, bytes)),
        }
    }
    joined
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
    let result = runner.run(&talk(0, false), |talk| {
        let mut heard = Vec::new();
        for event in decode(REAL, &talk.script, Ended::Yes) {
            prop_assert!(event.faults.is_empty(), "{event:?}");
            let dir = event.dir();
            if let Kind::Websocket(Websocket::Message(message)) = event.kind {
                heard.push((dir, message.len, message.text));
            }
        }
        prop_assert_eq!(heard, talk.messages);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn each_law_is_broken_by_its_mutation() {
    let text = frame(FIN | TEXT, &words(40), Some([1, 2, 3, 4]), 0);
    let script = vec![
        (Dir::ToServer, ASKS.to_vec()),
        (Dir::ToClient, ANSWERS.to_vec()),
        (Dir::ToServer, text),
    ];
    let mutated = |mutation| Start::Http1(Some(mutation));
    assert_eq!(all_laws(REAL, &script, &[1]), Ok(()));
    let total = script.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(law_2(mutated(Mutation::EagerFrame), &script, total).is_err());
    assert!(law_3(mutated(Mutation::ShortFrame), &script).is_err());
    assert!(law_4(mutated(Mutation::ForgetTurn), &script, &[1]).is_err());
    for mutation in [Mutation::EagerFrame, Mutation::ShortFrame, Mutation::ForgetTurn] {
        let unseen = run(fixed(), 500, mutated(mutation), self::script()).is_ok();
        assert!(!unseen, "{mutation:?} goes unnoticed");
    }
}

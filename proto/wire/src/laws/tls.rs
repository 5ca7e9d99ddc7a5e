//! Conversations in TLS, as they are heard from outside.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use trace::event::Kind;
use trace::span::Dir;
use trace::tls::ContentType;

use super::websocket::join;
use super::{
    Ended, Mutation, RandomSeed as _, Start, all_laws, blow_up, decode, fixed, law_2, law_3, law_4,
    run,
};
use crate::transcript::Script;

const REAL: Start = Start::Tls(None);

const CHANGE: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;

const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;

/// What is to be heard of a record: its type, whether it is protected, and the messages in it.
type Heard = (Dir, ContentType, bool, Vec<(u8, u64)>);

/// Something that one side says.
#[derive(Debug, Clone)]
struct Step {
    dir: Dir,
    what: u8,
    len: usize,
    /// Over how many records it goes.
    pieces: usize,
    /// Which rule it breaks.
    flaw: Option<u8>,
}

/// A conversation, and what is to be heard of it.
#[derive(Debug, Clone)]
struct Talk {
    script: Script,
    heard: Vec<Heard>,
    version: u16,
    changed: [bool; 2],
}

fn step(flawed: u8) -> impl Strategy<Value = Step> {
    let flaw = (0..100_u8, 0..8_u8).prop_map(move |(lot, flaw)| (lot < flawed).then_some(flaw));
    (any::<bool>(), 0..4_u8, 0..200_usize, 1..4_usize, flaw).prop_map(
        |(client, what, len, pieces, flaw)| Step {
            dir: if client { Dir::ToServer } else { Dir::ToClient },
            what,
            len,
            pieces,
            flaw,
        },
    )
}

/// Conversations of which so many steps in a hundred break a rule.
fn talk(flawed: u8) -> impl Strategy<Value = Talk> {
    let steps = proptest::collection::vec(step(flawed), 0..12);
    let hello = (any::<u8>(), 0..200_usize, 1..4_usize);
    (steps, hello, any::<bool>(), any::<bool>()).prop_map(
        |(steps, (lot, len, pieces), newer, joined)| {
            let version = if newer { TLS_1_3 } else { TLS_1_2 };
            let (script, heard) = (Vec::new(), Vec::new());
            let mut talk = Talk { script, heard, version, changed: [false; 2] };
            talk.message(Dir::ToServer, CLIENT_HELLO, &client_hello(lot, len), pieces);
            talk.message(Dir::ToClient, SERVER_HELLO, &server_hello(lot, version), 1);
            for step in &steps {
                talk.say(step);
            }
            if joined {
                talk.script = join(talk.script);
            }
            talk
        },
    )
}

fn script() -> impl Strategy<Value = Script> {
    let blow = proptest::option::weighted(0.3, (any::<u16>(), any::<u8>()));
    (prop_oneof![talk(0), talk(25)], blow).prop_map(|(Talk { mut script, .. }, blow)| {
        if let Some((place, byte)) = blow {
            blow_up(&mut script, place, byte);
        }
        script
    })
}

impl Talk {
    fn say(&mut self, step: &Step) {
        let Step { dir, what, len, pieces, flaw } = *step;
        if let Some(flaw) = flaw {
            self.flawed(dir, flaw, len);
            return;
        }
        match what {
            0 => {
                self.record(dir, CHANGE, &[1], Vec::new());
                self.changed[dir.index()] = true;
            }
            1 => self.record(dir, ALERT, &[1, 0], Vec::new()),
            2 => self.message(dir, CERTIFICATE, &vec![7; len], pieces),
            _ => self.record(dir, DATA, &vec![9; len], Vec::new()),
        }
    }

    fn flawed(&mut self, dir: Dir, flaw: u8, len: usize) {
        let mut bytes = match flaw {
            0 => record(99, &vec![1; len]),
            1 | 2 => record(DATA, &vec![1; len]),
            3 => record(ALERT, &[2, 40, 0]),
            4 => record(HANDSHAKE, &message(CLIENT_HELLO, &vec![3; len])),
            5 => record(CHANGE, &[1, 1]),
            6 => record(HANDSHAKE, &[CERTIFICATE, 1, 0, 1, 7, 7]),
            _ => record(HANDSHAKE, &[]),
        };
        match flaw {
            1 => bytes[1] = 9,
            // What follows is taken for the end of this one.
            2 => bytes[4] += 1,
            _ => {}
        }
        self.script.push((dir, bytes));
    }

    fn record(&mut self, dir: Dir, number: u8, fragment: &[u8], messages: Vec<(u8, u64)>) {
        let changed = self.changed[dir.index()] && self.version < TLS_1_3;
        let protected = number == DATA || (changed && number != CHANGE);
        let content = match number {
            CHANGE => ContentType::ChangeCipherSpec,
            ALERT => ContentType::Alert,
            HANDSHAKE => ContentType::Handshake,
            _ => ContentType::ApplicationData,
        };
        let messages = if protected { Vec::new() } else { messages };
        self.script.push((dir, record(number, fragment)));
        self.heard.push((dir, content, protected, messages));
    }

    fn message(&mut self, dir: Dir, kind: u8, body: &[u8], pieces: usize) {
        let said = message(kind, body);
        let size = said.len().div_ceil(pieces);
        let mut left = said.len();
        for piece in said.chunks(size) {
            left -= piece.len();
            let told = if left == 0 { vec![(kind, body.len() as u64)] } else { Vec::new() };
            self.record(dir, HANDSHAKE, piece, told);
        }
    }
}

fn record(number: u8, fragment: &[u8]) -> Vec<u8> {
    [&[number, 3, 3][..], &with_length(fragment)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind][..], &len[1..], body].concat()
}

/// Bytes behind their length in two bytes.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn extension(kind: u8, data: &[u8]) -> Vec<u8> {
    [&[0, kind][..], &with_length(data)].concat()
}

fn client_hello(lot: u8, len: usize) -> Vec<u8> {
    let session = vec![lot; usize::from(lot % 33)];
    let name = [&[0][..], &with_length(b"lab.test")].concat();
    let share = [&[0, 29][..], &with_length(&[lot; 32])].concat();
    let extensions = [
        extension(0, &with_length(&name)),
        extension(16, &with_length(b"\x02h2\x08http/1.1")),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(51, &with_length(&share)),
        extension(21, &vec![0; len]),
    ];
    [
        &[3, 3][..],
        &[lot; 32],
        &[lot % 33],
        &session,
        &with_length(&[0x13, 0x01, 0xc0, 0x2b]),
        &[1, 0],
        &with_length(&extensions.concat()),
    ]
    .concat()
}

fn server_hello(lot: u8, version: u16) -> Vec<u8> {
    let mut body = [&[3, 3][..], &[lot; 32], &[0, 0x13, 0x01, 0]].concat();
    if version == TLS_1_3 {
        let share = [&[0, 29][..], &with_length(&[lot; 32])].concat();
        let extensions = [extension(43, &version.to_be_bytes()), extension(51, &share)].concat();
        body.extend(with_length(&extensions));
    }
    body
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
        let mut heard = Vec::new();
        for event in decode(REAL, &talk.script, Ended::Yes) {
            let dir = event.dir();
            let Kind::Tls(said) = &event.kind else { panic!("no record: {event:?}") };
            let messages = said.messages.iter().map(|message| (message.kind, message.len));
            heard.push((dir, said.content, said.protected, messages.collect::<Vec<_>>()));
            prop_assert!(event.faults.is_empty(), "{:?}", event.faults);
        }
        prop_assert_eq!(heard, talk.heard);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn each_law_is_broken_by_its_mutation() {
    let hello = message(CLIENT_HELLO, &client_hello(7, 20));
    let (first, second) = hello.split_at(50);
    let said = [record(HANDSHAKE, first), record(HANDSHAKE, second)].concat();
    let script = vec![(Dir::ToServer, said)];
    let mutated = |mutation| Start::Tls(Some(mutation));
    assert_eq!(all_laws(REAL, &script, &[1]), Ok(()));
    let total = script.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(law_2(mutated(Mutation::EagerFrame), &script, total).is_err());
    assert!(law_3(mutated(Mutation::ShortFrame), &script).is_err());
    assert!(law_4(mutated(Mutation::ForgetMessage), &script, &[1]).is_err());
    for mutation in [Mutation::EagerFrame, Mutation::ShortFrame, Mutation::ForgetMessage] {
        let unseen = run(fixed(), 500, mutated(mutation), self::script()).is_ok();
        assert!(!unseen, "{mutation:?} goes unnoticed");
    }
}

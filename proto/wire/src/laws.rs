//! The laws of all decoders, each shown to hold for the real one and to fail for a mutated one:
//! on all fixtures, and on 10,000 conversations made with one fixed seed and one random.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use trace::event::Event;
use trace::field::{Field, Name};
use trace::ids::ConnId;
use trace::span::Dir;

use crate::http1::{Found, Http1};
use crate::transcript::{self, Script};

/// A deliberate mistake in the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Takes what has come of a head for the whole: breaks law 2.
    Eager,
    /// Makes the last field of a head too short: breaks law 3.
    ShortField,
    /// Does not look back over the border between two reads: breaks law 4.
    ForgetWaiting,
}

/// The mistake `Eager`, where the decoder looks for the end of a head.
pub fn mutate_found(mutation: Option<Mutation>, waiting: &[u8], found: Found) -> Found {
    let a_line_came = waiting.contains(&b'\n');
    match (mutation, found) {
        (Some(Mutation::Eager), Found::No) if a_line_came => Found::Yes(waiting.len()),
        (_, found) => found,
    }
}

/// The mistake `ShortField`, where the decoder has cut a head into fields.
pub fn mutate_fields(mutation: Option<Mutation>, fields: &mut [Field]) {
    if let (Some(Mutation::ShortField), Some(last)) = (mutation, fields.last_mut()) {
        last.span.len -= 1;
    }
}

fn decoder(mutation: Option<Mutation>) -> Http1 {
    let mut http1 = Http1::new(ConnId(1));
    http1.mutation = mutation;
    http1
}

fn decode(mutation: Option<Mutation>, script: &Script, ended: Ended) -> Vec<Event> {
    let mut http1 = decoder(mutation);
    let mut events = Vec::new();
    for (dir, bytes) in script {
        http1.feed(*dir, bytes, &mut events);
    }
    if ended == Ended::Yes {
        http1.end(Dir::ToServer, &mut events);
        http1.end(Dir::ToClient, &mut events);
    }
    events
}

#[derive(PartialEq)]
enum Ended {
    Yes,
    No,
}

/// Law 2: what has come so far gives the first events of the whole, and not one that the rest of
/// the bytes would change.
fn law_2(mutation: Option<Mutation>, script: &Script, steps: usize) -> Result<(), String> {
    let whole = decode(mutation, &one_by_one(script, &[0]), Ended::No);
    let total: usize = script.iter().map(|(_, bytes)| bytes.len()).sum();
    for kept in (0..total).step_by((total / steps).max(1)) {
        let events = decode(mutation, &prefix(script, kept), Ended::No);
        if !whole.starts_with(&events) {
            return Err(format!("the first {kept} bytes give other events than the whole"));
        }
    }
    Ok(())
}

/// Law 3: events tile each stream, fields tile each event.
fn law_3(mutation: Option<Mutation>, script: &Script) -> Result<(), String> {
    let events = decode(mutation, script, Ended::Yes);
    for dir in [Dir::ToServer, Dir::ToClient] {
        let mut at = 0;
        for event in events.iter().filter(|event| event.dir() == dir) {
            if event.evidence.start() != at {
                return Err(format!("{dir:?}: an event begins at {}", event.evidence.start()));
            }
            for field in &event.fields {
                if field.span.start != at || field.span.is_empty() {
                    return Err(format!("{dir:?}: field {field:?} where {at} is due"));
                }
                at = field.span.end();
            }
            if at != event.evidence.end() {
                return Err(format!("{dir:?}: fields end at {at} in {event:?}"));
            }
        }
        let len = transcript::stream(script, dir).len() as u64;
        if at != len {
            return Err(format!("{dir:?}: {at} of {len} bytes are in events"));
        }
    }
    Ok(())
}

/// Law 4: however the stream is cut, the events are the same.
fn law_4(mutation: Option<Mutation>, script: &Script, cuts: &[usize]) -> Result<(), String> {
    let expected = decode(mutation, script, Ended::Yes);
    let events = decode(mutation, &one_by_one(script, cuts), Ended::Yes);
    if events == expected {
        return Ok(());
    }
    Err(format!("cut after {cuts:?}:\n{events:?}\ninstead of\n{expected:?}"))
}

/// The script cut into pieces of these lengths, over and over; 0 leaves it whole.
fn one_by_one(script: &Script, lengths: &[usize]) -> Script {
    let mut lengths = lengths.iter().cycle();
    let mut pieces = Script::new();
    for (dir, bytes) in script {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let len = lengths.next().copied().filter(|len| *len > 0).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(len.min(rest.len()));
            pieces.push((*dir, piece.to_vec()));
            rest = after;
        }
    }
    pieces
}

fn prefix(script: &Script, mut kept: usize) -> Script {
    let mut first = Script::new();
    for (dir, bytes) in script {
        let len = bytes.len().min(kept);
        first.push((*dir, bytes[..len].to_vec()));
        kept -= len;
    }
    first
}

fn all_laws(mutation: Option<Mutation>, script: &Script, cuts: &[usize]) -> Result<(), String> {
    law_2(mutation, script, 12)?;
    law_3(mutation, script)?;
    law_4(mutation, script, cuts)
}

/// Requests and answers of every framing, right and wrong ones. `{}` is where a body goes.
const ASKED: [&str; 12] = [
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
];
const ANSWERED: [&str; 9] = [
    "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nKeep-Alive: timeout=10\r\n\r\n{body}",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x02{body}",
    "HTTP/1.0 200 OK\r\n\r\n{body}",
    "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    "garbage that is no answer {body}\r\n\r\n",
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
                let piece = usize::from(place) % script.len();
                let bytes = &mut script[piece].1;
                let index = usize::from(place) % bytes.len();
                bytes[index] = byte;
            }
            script
        },
    )
}

fn run(rng: TestRng, cases: u32, mutation: Option<Mutation>) -> Result<(), String> {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let cuts = proptest::collection::vec(1..40_usize, 1..6);
    let result = TestRunner::new_with_rng(config, rng)
        .run(&(conversation(), cuts), |(script, cuts)| {
            all_laws(mutation, &script, &cuts).map_err(TestCaseError::fail)
        });
    result.map_err(|error| match error {
        TestError::Fail(why, (script, cuts)) => {
            let said: Vec<String> = script
                .iter()
                .map(|(dir, bytes)| format!("{dir:?} {}", transcript::escape(bytes)))
                .collect();
            format!("{why}\ncuts {cuts:?}\n{}", said.join("\n"))
        }
        TestError::Abort(why) => why.to_string(),
    })
}

fn fixed() -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, b"lifeline keeps law two, three, 4")
}

#[test]
fn ten_thousand_conversations_with_the_fixed_seed_keep_the_laws() {
    run(fixed(), 10_000, None).unwrap();
}

#[test]
fn ten_thousand_conversations_with_a_random_seed_keep_the_laws() {
    run(TestRng::from_rng_seed(), 10_000, None).unwrap();
}

trait RandomSeed {
    fn from_rng_seed() -> Self;
}

impl RandomSeed for TestRng {
    #[expect(clippy::print_stdout, reason = "a failure must be had again")]
    /// A seed from the hasher's keys, which the standard library draws by lot; it is printed, so
    /// that a failure can be had again.
    fn from_rng_seed() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let mut seed = [0; 32];
        for piece in seed.chunks_mut(8) {
            piece.copy_from_slice(&RandomState::new().hash_one(1).to_le_bytes());
        }
        println!("seed {seed:?}");
        Self::from_seed(RngAlgorithm::ChaCha, &seed)
    }
}

#[test]
fn each_law_is_broken_by_its_mutation() {
    let script = transcript::parse(
        "> GET /hello HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\n< HTTP/1.1 204 No Content\\r\\n\\r\\n",
    )
    .unwrap();
    assert_eq!(all_laws(None, &script, &[1]), Ok(()));
    assert!(law_2(Some(Mutation::Eager), &script, 99).is_err());
    assert!(law_3(Some(Mutation::ShortField), &script).is_err());
    assert!(law_4(Some(Mutation::ForgetWaiting), &script, &[1]).is_err());
    for mutation in [Mutation::Eager, Mutation::ShortField, Mutation::ForgetWaiting] {
        assert!(run(fixed(), 500, Some(mutation)).is_err(), "{mutation:?} goes unnoticed");
    }
}

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/http1").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 5, "{kind}: only {} fixtures", paths.len());
    paths
}

#[expect(clippy::disallowed_methods, reason = "a test may read its fixtures")]
/// Each fixture keeps the laws, cut at every byte, and gives the events that lie beside it.
/// `UPDATE_GOLDENS=1` writes them anew.
#[test]
fn fixtures_give_their_events() {
    for (kind, faulty) in [("ok", false), ("err", true)] {
        for path in fixtures(kind) {
            let shown = path.display();
            let script = transcript::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let steps = script.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            law_2(None, &script, steps.min(2_000)).unwrap_or_else(|why| panic!("{shown}: {why}"));
            law_3(None, &script).unwrap_or_else(|why| panic!("{shown}: {why}"));
            for cuts in [&[1][..], &[2], &[3, 1], &[7, 64]] {
                law_4(None, &script, cuts).unwrap_or_else(|why| panic!("{shown}: {why}"));
            }
            let events = decode(None, &script, Ended::Yes);
            let with_fault = events.iter().any(|event| !event.faults.is_empty());
            assert_eq!(with_fault, faulty, "{shown}: faults");
            let golden = path.with_extension("events");
            let text = transcript::render(&script, &events);
            if std::env::var("UPDATE_GOLDENS").is_ok() {
                std::fs::write(&golden, &text).unwrap();
            }
            let expected = std::fs::read_to_string(&golden)
                .unwrap_or_else(|_| panic!("{shown}: no golden; UPDATE_GOLDENS=1 writes it"));
            assert_eq!(text, expected, "{shown}");
        }
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
    law_3(None, &script).unwrap();
    law_4(None, &script, &[5_000]).unwrap();
    let events = decode(None, &script, Ended::Yes);
    let last = events[1].fields.last().unwrap();
    assert_eq!((events[1].fields.len(), last.name), (4_097, Name::MoreChunks));
}

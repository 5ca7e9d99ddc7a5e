//! The laws of all decoders, each shown to hold for the real one and to fail for a mutated one:
//! on all fixtures, and on 10,000 conversations made with one fixed seed and one random. A
//! connection is decoded from its first byte on, so that handing over keeps the laws too.

mod fixtures;
mod http1;
mod http2;
mod tls;
mod websocket;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use trace::event::Event;
use trace::field::Field;
use trace::ids::ConnId;
use trace::span::Dir;

use crate::conn::Conn;
use crate::hpack::Block;
use crate::http1::{Found, Http1};
use crate::tls::Tls;
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
    /// Takes what has come of a payload, or of a record, for the whole: breaks law 2.
    EagerFrame,
    /// Makes the last field of a frame, or of a record, too short: breaks law 3.
    ShortFrame,
    /// Begins the masking key anew with every read: breaks law 4.
    ForgetTurn,
    /// Makes the last part of a header block too short: breaks law 3.
    ShortPart,
    /// Takes the data of every read for the first of its frame: breaks law 4.
    ForgetPlace,
    /// Forgets what has come of a message of gRPC or of TLS with every read: breaks law 4.
    ForgetMessage,
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

/// The mistake `EagerFrame`, where the decoder has read some of a payload.
pub fn mutate_whole(mutation: Option<Mutation>, came: u64) -> bool {
    mutation == Some(Mutation::EagerFrame) && came > 0
}

/// The mistake `ShortFrame`, where the decoder has cut a frame into fields.
pub fn mutate_frame(mutation: Option<Mutation>, mut fields: Vec<Field>) -> Vec<Field> {
    if let (Some(Mutation::ShortFrame), Some(last)) = (mutation, fields.last_mut()) {
        last.span.len -= 1;
    }
    fields
}

/// The mistake `ShortPart`, where the decoder has cut a header block into parts.
pub fn mutate_block(mutation: Option<Mutation>, mut block: Block) -> Block {
    if let (Some(Mutation::ShortPart), Some(last)) = (mutation, block.parts.last_mut()) {
        last.len -= 1;
    }
    block
}

/// The mistake `ForgetPlace`, where data lies at an offset, and that of its frame begins at another.
pub fn mutate_place(mutation: Option<Mutation>, at: u64, begins: u64) -> u64 {
    if mutation == Some(Mutation::ForgetPlace) { begins } else { at }
}

/// The mistake `ForgetTurn`, where the decoder is `index` bytes into a payload.
pub fn mutate_index(mutation: Option<Mutation>, index: u64) -> u64 {
    if mutation == Some(Mutation::ForgetTurn) { 0 } else { index }
}

/// What a connection begins with.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// HTTP/1, with this mistake.
    Http1(Option<Mutation>),
    Resp,
    /// TLS, with this mistake.
    Tls(Option<Mutation>),
}

impl Start {
    fn conn(self) -> Conn {
        match self {
            Self::Http1(mutation) => {
                let mut http1 = Http1::new(ConnId(1));
                http1.mutation = mutation;
                Conn::Http1(Box::new(http1))
            }
            Self::Resp => Conn::resp(ConnId(1)),
            Self::Tls(mutation) => {
                let mut tls = Tls::new(ConnId(1));
                tls.mutation = mutation;
                Conn::Tls(Box::new(tls))
            }
        }
    }
}

fn decode(start: Start, script: &Script, ended: Ended) -> Vec<Event> {
    let mut conn = start.conn();
    let mut events = Vec::new();
    for (dir, bytes) in script {
        conn.feed(*dir, bytes, &mut events);
    }
    if ended == Ended::Yes {
        conn.end(Dir::ToServer, &mut events);
        conn.end(Dir::ToClient, &mut events);
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
fn law_2(start: Start, script: &Script, steps: usize) -> Result<(), String> {
    let whole = decode(start, &one_by_one(script, &[0]), Ended::No);
    let total: usize = script.iter().map(|(_, bytes)| bytes.len()).sum();
    for kept in (0..total).step_by((total / steps).max(1)) {
        let events = decode(start, &prefix(script, kept), Ended::No);
        if !whole.starts_with(&events) {
            return Err(format!("the first {kept} bytes give other events than the whole"));
        }
    }
    Ok(())
}

/// Law 3: events tile each stream, fields tile each event. An event of an upper layer has its pieces
/// in the stream, and its fields tile them.
fn law_3(start: Start, script: &Script) -> Result<(), String> {
    let events = decode(start, script, Ended::Yes);
    for dir in [Dir::ToServer, Dir::ToClient] {
        let len = transcript::stream(script, dir).len() as u64;
        let mut at = 0;
        for event in events.iter().filter(|event| event.dir() == dir) {
            if event.kind.is_upper() {
                upper(event, len)?;
                continue;
            }
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
        if at != len {
            return Err(format!("{dir:?}: {at} of {len} bytes are in events"));
        }
    }
    Ok(())
}

/// Law 3 for an event of an upper layer, in a stream of so many bytes.
fn upper(event: &Event, len: u64) -> Result<(), String> {
    let mut fields = event.fields.iter().map(|field| field.span);
    let mut before = 0;
    for piece in &event.evidence.0 {
        if piece.start < before || piece.end() > len {
            return Err(format!("a piece at {} of {len} bytes: {event:?}", piece.start));
        }
        before = piece.end();
        let mut at = piece.start;
        while at < piece.end() {
            let field = fields.next().filter(|field| field.start == at && !field.is_empty());
            let Some(field) = field.filter(|field| field.end() <= piece.end()) else {
                return Err(format!("no field where {at} is due: {event:?}"));
            };
            at = field.end();
        }
    }
    match fields.next() {
        Some(field) => Err(format!("a field beside the pieces, at {}: {event:?}", field.start)),
        None => Ok(()),
    }
}

/// Law 4: however the stream is cut, the events are the same.
fn law_4(start: Start, script: &Script, cuts: &[usize]) -> Result<(), String> {
    let expected = decode(start, script, Ended::Yes);
    let events = decode(start, &one_by_one(script, cuts), Ended::Yes);
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

fn all_laws(start: Start, script: &Script, cuts: &[usize]) -> Result<(), String> {
    law_2(start, script, 12)?;
    law_3(start, script)?;
    law_4(start, script, cuts)
}

/// Changes a byte of the script.
fn blow_up(script: &mut Script, place: u16, byte: u8) {
    let piece = usize::from(place) % script.len();
    let bytes = &mut script[piece].1;
    let index = usize::from(place) % bytes.len();
    bytes[index] = byte;
}

/// Holds the laws against so many conversations of a kind.
fn run(
    rng: TestRng,
    cases: u32,
    start: Start,
    conversation: impl Strategy<Value = Script>,
) -> Result<(), String> {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let cuts = proptest::collection::vec(1..40_usize, 1..6);
    let result = TestRunner::new_with_rng(config, rng)
        .run(&(conversation, cuts), |(script, cuts)| {
            all_laws(start, &script, &cuts).map_err(TestCaseError::fail)
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

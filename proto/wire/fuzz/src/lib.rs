//! What the fuzz targets share: how an input is read as a conversation, and the laws of all decoders
//! (ARCHITECTURE.md), asserted of it. From `proto/wire`:
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds     # the corpus, from tests/fixtures
//! cargo +nightly fuzz run -s none http1 -- -max_total_time=600  # or websocket, sse, http2, grpc, resp, tls
//! ```
//!
//! An input is a number, that many bytes which cut, and the bytes that are said. A byte which cuts
//! has the direction in its highest bit and the piece's length in the others; what is left behind
//! the last piece is one more of its direction.

use trace::event::{Event, Kind};
use trace::ids::ConnId;
use trace::span::Dir;
use wire::conn::Conn;
use wire::transcript::{self, Script};

/// Both ways.
pub const DIRS: [Dir; 2] = [Dir::ToServer, Dir::ToClient];

/// With what a client of HTTP/2 begins.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the contents of the calls are called that the target `grpc` makes.
pub const CALLS: [&str; 4] = [
    "application/grpc",
    "application/grpc-web",
    "application/grpc-web-text",
    "application/grpc+proto",
];

/// The bit of a byte which cuts that stands for the direction.
const TO_CLIENT: u8 = 0x80;

/// The longest piece that such a byte can tell.
const LONGEST: u8 = 0x7f;

/// How a connection begins.
pub type Begin = fn(ConnId) -> Conn;

/// Reads an input.
#[must_use]
pub fn script(input: &[u8]) -> Script {
    let (number, rest) = input.split_first().unwrap_or((&0, &[]));
    let (cuts, mut rest) = rest.split_at(usize::from(*number).min(rest.len()));
    let mut script = Script::new();
    let mut dir = Dir::ToServer;
    for cut in cuts {
        dir = if cut & TO_CLIENT == 0 { Dir::ToServer } else { Dir::ToClient };
        let (piece, after) = rest.split_at(usize::from(cut & LONGEST).min(rest.len()));
        script.push((dir, piece.to_vec()));
        rest = after;
    }
    script.push((dir, rest.to_vec()));
    script
}

/// The input that [`script`] reads as this conversation, as far as there are bytes to cut it.
#[must_use]
pub fn input(script: &Script) -> Vec<u8> {
    let (mut cuts, mut said) = (Vec::new(), Vec::new());
    for (dir, bytes) in script {
        let way = if *dir == Dir::ToServer { 0 } else { TO_CLIENT };
        for piece in bytes.chunks(usize::from(LONGEST)) {
            if cuts.len() < usize::from(u8::MAX) {
                cuts.push(way | piece.len() as u8);
                said.extend_from_slice(piece);
            }
        }
    }
    [&[cuts.len() as u8][..], &cuts, &said].concat()
}

/// A stream in pieces of one length; 0 leaves it whole.
#[must_use]
pub fn cut(dir: Dir, bytes: &[u8], len: usize) -> Script {
    let len = if len == 0 { bytes.len().max(1) } else { len };
    bytes.chunks(len).map(|piece| (dir, piece.to_vec())).collect()
}

/// Asserts every law of a conversation.
pub fn hold(begin: Begin, script: &Script) {
    let joined = joined(script);
    let events = decode(begin, script, true);
    assert_eq!(events, decode(begin, &joined, true), "law 4: cut, or in one piece");
    let whole = decode(begin, &joined, false);
    let total = total(script);
    for quarter in 1..4 {
        let first = decode(begin, &prefix(script, total * quarter / 4), false);
        assert!(whole.starts_with(&first), "law 2: {quarter}/4 give what the whole does not");
    }
    for dir in DIRS {
        conserved(&events, dir, transcript::stream(script, dir).len() as u64);
    }
    bounded(&events, total);
    bounded(&with_a_loss(begin, script), total);
}

/// The events of a conversation, whose directions then end or not.
#[must_use]
pub fn decode(begin: Begin, script: &Script, ends: bool) -> Vec<Event> {
    let mut conn = begin(ConnId(1));
    let mut events = Vec::new();
    let mut fed = [0; 2];
    for (dir, bytes) in script {
        conn.feed(*dir, bytes, &mut events);
        fed[dir.index()] += bytes.len() as u64;
        for dir in DIRS {
            let open = conn.open_body(dir);
            assert!(open.is_none_or(|start| start <= fed[dir.index()]), "{dir:?}: {open:?}");
        }
    }
    for dir in DIRS.into_iter().filter(|_| ends) {
        conn.end(dir, &mut events);
        assert_eq!(conn.open_body(dir), None, "{dir:?} is over");
    }
    events
}

/// The events where bytes are lost half way: nothing is asked but that it goes on.
fn with_a_loss(begin: Begin, script: &Script) -> Vec<Event> {
    let mut conn = begin(ConnId(1));
    let mut events = Vec::new();
    for (index, (dir, bytes)) in script.iter().enumerate() {
        if index == script.len() / 2 {
            conn.lost(*dir, &mut events);
        }
        conn.feed(*dir, bytes, &mut events);
    }
    for dir in DIRS {
        conn.end(dir, &mut events);
    }
    events
}

/// What one side says until the other speaks, in one piece.
fn joined(script: &Script) -> Script {
    let mut joined = Script::new();
    for (dir, bytes) in script.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        match joined.last_mut() {
            Some((before, all)) if before == dir => all.extend_from_slice(bytes),
            _ => joined.push((*dir, bytes.clone())),
        }
    }
    joined
}

fn prefix(script: &Script, mut kept: usize) -> Script {
    let mut first = Script::new();
    for (dir, bytes) in script {
        let (piece, _) = bytes.split_at(bytes.len().min(kept));
        first.push((*dir, piece.to_vec()));
        kept -= piece.len();
    }
    first
}

fn total(script: &Script) -> usize {
    script.iter().map(|(_, bytes)| bytes.len()).sum()
}

/// Law 3: events tile a stream of so many bytes, and fields tile each event.
fn conserved(events: &[Event], dir: Dir, len: u64) {
    let mut at = 0;
    for event in events.iter().filter(|event| event.dir() == dir) {
        if event.kind.is_upper() {
            within(event, len);
            continue;
        }
        assert_eq!(event.evidence.start(), at, "law 3, {dir:?}: {event:?}");
        for field in &event.fields {
            assert!(field.span.start == at && !field.span.is_empty(), "law 3, {at}: {event:?}");
            at = field.span.end();
        }
        assert_eq!(event.evidence.end(), at, "law 3, {dir:?}: {event:?}");
    }
    assert_eq!(at, len, "law 3, {dir:?}: bytes that are in no event");
}

/// Law 3 for an upper layer: its pieces lie in the stream, in order, and its fields tile them.
fn within(event: &Event, len: u64) {
    let mut fields = event.fields.iter().map(|field| field.span);
    let mut before = 0;
    for piece in &event.evidence.0 {
        assert!(piece.start >= before && piece.end() <= len, "law 3, {piece:?}: {event:?}");
        before = piece.end();
        let mut at = piece.start;
        while at < piece.end() {
            let field = fields.next().filter(|field| field.start == at && !field.is_empty());
            let field = field.filter(|field| field.end() <= piece.end());
            at = field.unwrap_or_else(|| panic!("law 3, no field at {at}: {event:?}")).end();
        }
    }
    assert_eq!(fields.next(), None, "law 3, a field beside the pieces: {event:?}");
}

/// What is said of so many bytes is no more than a few times as much.
fn bounded(events: &[Event], len: usize) {
    let most = 8 * len + 64;
    let sum = |count: fn(&Event) -> usize| events.iter().map(count).sum::<usize>();
    assert!(events.len() <= most, "{} events of {len} bytes", events.len());
    for (what, count) in [
        ("fields", sum(|event| event.fields.len())),
        ("pieces", sum(|event| event.evidence.0.len())),
        ("faults", sum(|event| event.faults.len())),
    ] {
        assert!(count <= most, "{count} {what} of {len} bytes");
    }
}

/// What the event streams of a conversation say, wherever that lies.
#[must_use]
pub fn blocks(begin: Begin, script: &Script) -> Vec<Kind> {
    let events = decode(begin, script, true).into_iter();
    events.map(|event| event.kind).filter(|kind| matches!(kind, Kind::Sse(_))).collect()
}

/// What the calls of a conversation say in a direction, wherever that lies.
#[must_use]
pub fn messages(begin: Begin, script: &Script, dir: Dir) -> Vec<Kind> {
    let events = decode(begin, script, true).into_iter().filter(|event| event.dir() == dir);
    events.map(|event| event.kind).filter(|kind| matches!(kind, Kind::Grpc(_))).collect()
}

//! Logs: held against the schema and against the laws, and cut into connections and streams.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;
use trace::entry::{Entry, Opened, What};
use trace::event::{Event, Kind};
use trace::http1::{Http1, Request, Response};
use trace::ids::{ConnId, Seq};
use trace::log::Header;
use trace::note;
use trace::participant::Role;
use trace::span::Dir;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/log.schema.json");

/// Both ways.
pub const DIRS: [Dir; 2] = [Dir::ToServer, Dir::ToClient];

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let text = std::fs::read_to_string(SCHEMA).expect("proto/log.schema.json can be read");
        let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
        jsonschema::validator_for(&schema).expect("the schema is a schema")
    })
}

/// What the schema has against a line, if anything.
pub fn refusal(line: &str) -> Option<String> {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => return Some(error.to_string()),
    };
    let why: Vec<String> = validator().iter_errors(&value).map(|error| error.to_string()).collect();
    (!why.is_empty()).then(|| why.join("; "))
}

/// Reads a log, each `every`th of its lines held against the schema. The header always is.
pub fn read(text: &str, every: usize) -> (Header, Vec<Entry>) {
    for (index, line) in text.lines().enumerate().step_by(every) {
        if let Some(why) = refusal(line) {
            panic!("the schema refuses line {}: {why}\n{line}", index + 1);
        }
    }
    trace::log::parse(text).unwrap_or_else(|bad| panic!("{bad}"))
}

/// Holds that the entries are numbered from `first` on without a hole.
pub fn assert_numbered(entries: &[Entry], first: u64) {
    for (entry, number) in entries.iter().zip(first..) {
        assert_eq!(entry.seq, Seq(number), "a hole before {entry:?}");
    }
}

/// The connections of a log, in the order of their opening.
pub fn conns(entries: &[Entry]) -> Vec<&Opened> {
    let mut conns = Vec::new();
    for entry in entries {
        if let What::Opened(opened) = &entry.what {
            conns.push(opened);
        }
    }
    conns
}

/// The entries of each connection.
pub fn by_conn(entries: Vec<Entry>) -> BTreeMap<ConnId, Vec<Entry>> {
    let mut conns: BTreeMap<ConnId, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(conn) = entry.what.conn() {
            conns.entry(conn).or_default().push(entry);
        }
    }
    conns
}

/// The bytes of one direction, whose chunks must follow each other without gap or overlap.
pub fn stream(entries: &[Entry], conn: ConnId, dir: Dir) -> Vec<u8> {
    let mut stream = Vec::new();
    for entry in entries {
        if let What::Chunk(chunk) = &entry.what
            && chunk.conn == conn
            && chunk.dir == dir
        {
            assert_eq!(chunk.offset, stream.len() as u64, "{conn} {dir:?}, entry {}", entry.seq);
            stream.extend_from_slice(&chunk.bytes);
        }
    }
    stream
}

/// The events of a connection.
pub fn events(entries: &[Entry], conn: ConnId) -> Vec<&Event> {
    let mut events = Vec::new();
    for entry in entries {
        if let What::Event(event) = &entry.what
            && event.conn == conn
        {
            events.push(event);
        }
    }
    events
}

/// The request that an entry tells.
pub fn request(entry: &Entry) -> Option<&Request> {
    let What::Event(event) = &entry.what else { return None };
    if let Kind::Http1(Http1::Request(request)) = &event.kind { Some(request) } else { None }
}

/// The answer that an entry tells.
pub fn response(entry: &Entry) -> Option<&Response> {
    let What::Event(event) = &entry.what else { return None };
    if let Kind::Http1(Http1::Response(response)) = &event.kind { Some(response) } else { None }
}

/// The note that an entry is.
pub fn note(entry: &Entry) -> Option<&note::What> {
    if let What::Note(note) = &entry.what { Some(&note.what) } else { None }
}

/// What holds for every log that is whole: no hole, and laws 1 and 3 on each connection.
pub fn assert_sound(entries: &[Entry]) {
    assert_numbered(entries, 1);
    for opened in conns(entries) {
        assert_tiled(entries, opened.conn);
        assert_decoded_again(entries, opened.conn);
    }
}

/// Law 3: the events of the lowest layer tile each direction's stream, and fields tile each event.
pub fn assert_tiled(entries: &[Entry], conn: ConnId) {
    for dir in DIRS {
        let mut at = 0;
        let lowest = |event: &&Event| event.dir() == dir && !event.kind.is_upper();
        for event in events(entries, conn).into_iter().filter(lowest) {
            assert_eq!(event.evidence.start(), at, "{conn} {dir:?}: {event:?}");
            for field in &event.fields {
                assert_eq!(field.span.start, at, "{conn} {dir:?}: {field:?}");
                at = field.span.end();
            }
            assert_eq!(event.evidence.end(), at, "{conn} {dir:?}: {event:?}");
        }
        assert_eq!(at, stream(entries, conn, dir).len() as u64, "{conn} {dir:?}: all is decoded");
    }
}

/// Whether a connection is TLS from outside: it begins with a handshake's record.
pub fn is_tls(entries: &[Entry], conn: ConnId) -> bool {
    let first = entries.iter().find_map(|entry| match &entry.what {
        What::Chunk(chunk) if chunk.conn == conn && chunk.dir == Dir::ToServer => Some(chunk),
        _ => None,
    });
    first.is_some_and(|chunk| chunk.bytes.first() == Some(&0x16))
}

/// Law 1: whoever decodes the log's chunks has the log's events.
pub fn assert_decoded_again(entries: &[Entry], conn: ConnId) {
    let to_store = |opened: &&Opened| opened.conn == conn && opened.server.role == Role::Store;
    let mut decoder = match conns(entries).into_iter().find(to_store) {
        Some(_) => wire::conn::Conn::resp(conn),
        None if is_tls(entries, conn) => wire::conn::Conn::tls(conn),
        None => wire::conn::Conn::http1(conn),
    };
    let mut again = Vec::new();
    for entry in entries.iter().filter(|entry| entry.what.conn() == Some(conn)) {
        match &entry.what {
            What::Chunk(chunk) => decoder.feed(chunk.dir, &chunk.bytes, &mut again),
            What::Closed(_) => decoder.end(Dir::ToClient, &mut again),
            _ => {}
        }
    }
    decoder.end(Dir::ToServer, &mut again);
    let logged: Vec<Event> = events(entries, conn).into_iter().cloned().collect();
    assert_eq!(again, logged, "{conn}: decoded again");
}

//! The picture is the log's: what holds for every ladder.

use std::collections::BTreeSet;

use trace::entry::{Chunk, Closed, Ending, Entry, Input, Opened, Passed, What};
use trace::ids::{ConnId, RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::note::{self, Act, Note, Release};
use trace::participant::{Participant, Role};
use trace::span::{Dir, Side};
use trace::time::Micros;
use wire::conn::Conn;

use crate::bytes::{self, Coding};
use crate::columns::Columns;
use crate::ladder::{Picture, View, WHOLE, picture};
use crate::look::{Clock, Layer, Look};
use crate::model::Model;
use crate::rows::{ROW, Rows};
use crate::shape::{Kind, Shape, Stroke};
use crate::step::StepKind;
use crate::story::tell;
use crate::told::Piece;

const GET: &[u8] = b"GET /r/abc/hello HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 7\r\n\r\nHello.\n";

fn participant(id: &str, role: Role) -> Participant {
    Participant { id: id.to_owned(), name: id.to_owned(), role, detail: String::new() }
}

fn header() -> Header {
    Header {
        lifeline: FORMAT,
        run: RunId("abc".to_owned()),
        lab: "http11".to_owned(),
        params: serde_json::Map::new(),
        seed: 0,
        participants: vec![
            participant("agent", Role::Agent),
            participant("instance1", Role::Server),
        ],
        started: String::new(),
    }
}

/// Writes a log as the server does.
struct Writer {
    entries: Vec<Entry>,
    decoder: Conn,
    sent: [u64; 2],
}

impl Writer {
    fn new() -> Self {
        Self { entries: Vec::new(), decoder: Conn::http1(ConnId(1)), sent: [0, 0] }
    }

    fn add(&mut self, at: u64, what: What) {
        let seq = Seq(self.entries.len() as u64 + 1);
        self.entries.push(Entry { seq, at_us: Micros(at), what });
    }

    fn open(&mut self, at: u64) {
        let opened = Opened {
            conn: ConnId(1),
            client: participant("agent", Role::Agent),
            server: participant("instance1", Role::Server),
            client_addr: "127.0.0.1:5".to_owned(),
            server_addr: "127.0.0.1:6".to_owned(),
            inside: None,
        };
        self.add(at, What::Opened(opened));
        self.note(at, note::What::LinkSetup { held_us: Micros(80_000), from: 0 });
    }

    fn note(&mut self, at: u64, what: note::What) {
        self.add(at, What::Note(Note { conn: Some(ConnId(1)), what }));
    }

    fn say(&mut self, at: u64, dir: Dir, bytes: &[u8]) {
        let way = usize::from(dir == Dir::ToClient);
        let offset = self.sent[way];
        self.sent[way] += bytes.len() as u64;
        let passed = Passed { conn: ConnId(1), dir, offset: self.sent[way] };
        if dir == Dir::ToClient {
            self.add(at - 40_000, What::Passed(passed));
        }
        self.add(at, What::Chunk(Chunk { conn: ConnId(1), dir, offset, bytes: bytes.to_vec() }));
        let mut events = Vec::new();
        self.decoder.feed(dir, bytes, &mut events);
        for event in events {
            self.add(at, What::Event(event));
        }
        if dir == Dir::ToServer {
            self.add(at + 40_000, What::Passed(passed));
        }
    }

    fn close(&mut self, at: u64) {
        let closed = Closed { conn: ConnId(1), by: Side::Server, how: Ending::Fin };
        self.add(at, What::Closed(closed));
    }
}

/// Two requests, the second paused at the gate, then the keep-alive time runs out.
fn a_run() -> Vec<Entry> {
    let mut log = Writer::new();
    log.add(0, What::Input(Input { input: "start".to_owned(), ..Input::default() }));
    log.open(1_000);
    log.say(82_000, Dir::ToServer, GET);
    log.say(500_000, Dir::ToClient, OK);
    log.say(500_100, Dir::ToServer, &GET[..9]);
    log.say(500_200, Dir::ToServer, &GET[9..]);
    let limit_us = Micros(120_000_000);
    log.note(540_300, note::What::GateHeld { gate: 1, act: Act::Answer, limit_us });
    log.note(940_300, note::What::GateReleased { gate: 1, act: Act::Answer, by: Release::Next });
    log.say(980_400, Dir::ToClient, OK);
    log.note(2_940_400, note::What::KeepAliveOver { after_us: Micros(2_000_000) });
    log.close(2_980_400);
    log.entries
}

/// Every layer by every clock.
fn looks() -> Vec<Look> {
    let clocks = [Clock::Steps, Clock::Time];
    let of = |layer| clocks.map(|clock| Look { layer, clock, ..Look::default() });
    [Layer::Message, Layer::Frame, Layer::Bytes].into_iter().flat_map(of).collect()
}

fn drawn(model: &Model, look: &Look, view: View) -> Picture {
    let columns = Columns::of(model, &look.lanes, 900.0);
    picture(model, &Rows::of(model, look, &columns), &columns, view)
}

fn shapes_by(entries: &[Entry], look: &Look) -> Vec<Shape> {
    drawn(&Model::of(header(), entries.to_vec()), look, WHOLE).shapes
}

fn shapes(entries: &[Entry]) -> Vec<Shape> {
    shapes_by(entries, &Look::default())
}

fn seqs(shapes: &[Shape]) -> BTreeSet<Seq> {
    shapes.iter().map(|shape| shape.seq).collect()
}

#[test]
fn the_steps_are_those_of_the_log() {
    let model = Model::of(header(), a_run());
    let said: Vec<String> = model.steps.iter().map(|step| tell(&model, step).title).collect();
    assert_eq!(
        said,
        [
            "TCP connection established",
            "GET …/hello HTTP/1.1",
            "The server works",
            "HTTP/1.1 200 OK",
            "GET …/hello HTTP/1.1",
            "Paused: the real server waits",
            "HTTP/1.1 200 OK",
            "The connection is idle",
            "Keep-alive time is over",
            "Connection closed",
        ]
    );
}

#[test]
fn each_mark_is_an_entry_and_goes_with_it() {
    let entries = a_run();
    let known: BTreeSet<Seq> = entries.iter().map(|entry| entry.seq).collect();
    for look in looks() {
        let all = seqs(&shapes_by(&entries, &look));
        assert!(all.is_subset(&known), "every mark is of an entry: {look:?}");
        for removed in &entries {
            let rest: Vec<Entry> =
                entries.iter().filter(|entry| entry.seq != removed.seq).cloned().collect();
            let mut expected = all.clone();
            expected.remove(&removed.seq);
            let left = seqs(&shapes_by(&rest, &look));
            match look.layer {
                // What was hidden behind the entry may come to light, but nothing of the entry.
                Layer::Bytes => {
                    assert!(left.is_subset(&known) && !left.contains(&removed.seq), "{removed:?}");
                }
                _ => assert_eq!(left, expected, "without {removed:?}: {look:?}"),
            }
        }
    }
}

#[test]
fn live_and_replayed_ladders_are_the_same() {
    let entries = a_run();
    for look in looks() {
        let (mut live, mut rows) = (Model::new(header()), Rows::default());
        for (index, entry) in entries.iter().enumerate() {
            live.push(entry.clone());
            let whole = Model::of(header(), entries[..=index].to_vec());
            let columns = Columns::of(&live, &look.lanes, 900.0);
            rows.update(&live, &look, &columns);
            assert_eq!(rows.all, Rows::of(&whole, &look, &columns).all, "{look:?}");
            let grown = picture(&live, &rows, &columns, WHOLE);
            assert_eq!(grown, drawn(&whole, &look, WHOLE), "{look:?}");
            live.push(entry.clone());
            assert_eq!(live.entries.len(), index + 1, "an entry that comes twice is taken once");
        }
    }
}

#[test]
fn an_arrow_slants_only_where_both_moments_are_known() {
    let slants = |entries: &[Entry]| -> Vec<bool> {
        let arrow = |shape: &Shape| match shape.kind {
            Kind::Arrow { from, to, stroke: Stroke::Request | Stroke::Success } => {
                Some(to.1 > from.1)
            }
            _ => None,
        };
        shapes(entries).iter().filter_map(arrow).collect()
    };
    let entries = a_run();
    assert_eq!(slants(&entries), [true; 4]);
    let no_link: Vec<Entry> =
        entries.into_iter().filter(|entry| !matches!(entry.what, What::Passed(_))).collect();
    assert_eq!(slants(&no_link), [false; 4]);
}

#[test]
fn equal_moments_keep_the_order_of_the_log() {
    let mut log = Writer::new();
    log.open(5);
    for _ in 0..2_500 {
        log.say(500_000, Dir::ToServer, GET);
        log.say(500_000, Dir::ToClient, OK);
    }
    for entry in &mut log.entries {
        entry.at_us = Micros(7);
    }
    let model = Model::of(header(), log.entries);
    assert_eq!(model.steps.len(), 5_001);
    assert!(model.steps.is_sorted_by_key(|step| step.seq()));
}

#[test]
fn every_number_in_a_story_names_its_entries() {
    let model = Model::of(header(), a_run());
    for step in &model.steps {
        let story = tell(&model, step);
        for piece in &story.pieces {
            match piece {
                Piece::Text(text) => {
                    let rest =
                        text.replace("HTTP/1.0", "").replace("HTTP/1.1", "").replace("HTTP/1", "");
                    let rest = rest.replace("instance1", "");
                    assert!(!rest.contains(|char: char| char.is_ascii_digit()), "{text:?}");
                }
                Piece::Number { text, from } => {
                    assert!(!from.is_empty(), "{text} comes from nowhere in {}", story.text());
                    assert!(from.iter().all(|seq| model.entry(*seq).is_some()), "{text}");
                }
            }
        }
    }
}

#[test]
fn bytes_and_fields_cover_the_event() {
    let model = Model::of(header(), a_run());
    let event = |model: &Model, step: usize| match &model.steps[step].what {
        StepKind::Message { events, .. } => events[0],
        other => panic!("{other:?}"),
    };
    let seq = event(&model, 1);
    let shown = bytes::of(&model, seq, 16, Coding::Encoded).unwrap();
    let rows = shown.rows(&model, 0..shown.count());
    let text: Vec<u8> =
        rows.iter().flat_map(|row| row.cells.iter().filter_map(|cell| cell.0)).collect();
    assert_eq!((text.as_slice(), shown.len), (GET, GET.len() as u64));
    assert_eq!(shown.all(&model), GET);
    assert_eq!(shown.fields[0].title, "Method");
    let headers = bytes::headers(&model, model.event(seq).unwrap());
    assert_eq!(headers, [("Host".to_owned(), "a".to_owned())]);
    // A message that came in two reads is whole all the same.
    let second = model.event(event(&model, 4)).unwrap();
    assert_eq!(model.bytes(second.conn, second.dir(), second.evidence.0[0]), GET);
    assert_eq!(model.chunks_of(&model.steps[4]).len(), 2);
}

#[test]
fn only_what_is_in_view_is_drawn() {
    let mut log = Writer::new();
    log.open(5);
    for index in 0..1_000 {
        log.say(500_000 + index * 200_000, Dir::ToServer, GET);
        log.say(590_000 + index * 200_000, Dir::ToClient, OK);
    }
    let model = Model::of(header(), log.entries);
    let view = View { top: 700.0 * ROW, bottom: 719.0 * ROW, now: None };
    let seen = drawn(&model, &Look::default(), view);
    assert!((19..=21).contains(&seen.rows.len()), "{} rows", seen.rows.len());
    assert!(seen.shapes.len() < 200, "{} shapes", seen.shapes.len());
    assert!(seen.height > 2_000.0 * ROW);
    assert!(seen.shapes.iter().any(|shape| matches!(shape.kind, Kind::Ribbon { .. })));
}

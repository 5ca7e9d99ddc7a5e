//! Lanes of hand-made logs: pipelined over HTTP/1.1, and over HTTP/2.

use std::collections::BTreeSet;

use trace::entry::{Chunk, Entry, Passed, What};
use trace::event::Kind;
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::{ConnId, Seq};
use trace::lesson::Figure;
use trace::span::Dir;
use trace::time::Micros;
use wire::conn::Conn;

use super::{Axis, Ends, Means, On, Part, Protocol, Streams, of, together};
use crate::figures;
use crate::lab_log::{LINK, Log, header};
use crate::model::Model;
use crate::standing::{self, Phase};
use crate::step::StepKind;
use crate::story::tell;
use crate::timing::{self, Spent};

const ID: ConnId = ConnId(1);

/// Writes a connection's log from its bytes.
struct Wire {
    log: Log,
    decoder: Conn,
    sent: [u64; 2],
}

impl Wire {
    fn new() -> Self {
        let mut log = Log::default();
        log.open(0, ID.0, "browser", "instance1");
        Self { log, decoder: Conn::http1(ID), sent: [0, 0] }
    }

    /// Bytes leave at a moment, and land when the link has carried them.
    fn say(&mut self, at: u64, dir: Dir, bytes: &[u8]) {
        let offset = self.sent[dir.index()];
        self.sent[dir.index()] += bytes.len() as u64;
        let passed = What::Passed(Passed { conn: ID, dir, offset: self.sent[dir.index()] });
        let chunk = What::Chunk(Chunk { conn: ID, dir, offset, bytes: bytes.to_vec() });
        let mut events = Vec::new();
        self.decoder.feed(dir, bytes, &mut events);
        let heard = if dir == Dir::ToClient { at + LINK } else { at };
        if dir == Dir::ToClient {
            self.log.add(at, passed.clone());
        }
        self.log.add(heard, chunk);
        for event in events {
            self.log.add(heard, What::Event(event));
        }
        if dir == Dir::ToServer {
            self.log.add(at + LINK, passed);
        }
    }
}

fn get(path: &str) -> String {
    format!("GET /r/abc/page/{path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd";

/// Three requests in one write; the second takes two seconds.
fn pipelined() -> Vec<Entry> {
    let mut wire = Wire::new();
    let all = [get("index.html"), get("dog.png?delay_ms=2000"), get("style.css")].concat();
    wire.say(1_000, Dir::ToServer, all.as_bytes());
    wire.say(42_000, Dir::ToClient, OK);
    wire.say(2_041_000, Dir::ToClient, OK);
    wire.say(2_041_500, Dir::ToClient, OK);
    wire.log.entries
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    [&[0, 0, len, kind, flags, 0, 0, 0, stream][..], payload].concat()
}

fn asks(stream: u8, path: &str) -> Vec<u8> {
    let len = u8::try_from(path.len()).unwrap();
    frame(1, 5, stream, &[&[0x82, 0x86, 0x04, len][..], path.as_bytes()].concat())
}

/// Two requests at once, and what makes answers.
fn two_streams() -> (Wire, impl Fn(u8) -> Vec<u8>) {
    let mut wire = Wire::new();
    let mut asked = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    asked.extend(frame(4, 0, 0, &[]));
    asked.extend(asks(1, "/r/abc/page/dog.png"));
    asked.extend(asks(3, "/r/abc/page/style.css"));
    wire.say(1_000, Dir::ToServer, &asked);
    let answer = |stream| [frame(1, 4, stream, &[0x88]), frame(0, 1, stream, b"abcd")].concat();
    wire.say(41_500, Dir::ToClient, &frame(4, 0, 0, &[]));
    (wire, answer)
}

/// Who asked first is answered last, or not at all.
fn multiplexed(cancels: bool) -> Vec<Entry> {
    let (mut wire, answer) = two_streams();
    wire.say(42_000, Dir::ToClient, &answer(3));
    if cancels {
        wire.say(500_000, Dir::ToServer, &frame(3, 0, 1, &[0, 0, 0, 8]));
    } else {
        wire.say(2_041_000, Dir::ToClient, &answer(1));
    }
    wire.log.entries
}

fn model(entries: Vec<Entry>) -> Model {
    Model::of(header("http2", &["browser", "instance1"]), entries)
}

fn waits(streams: &Streams, lane: usize) -> Vec<(On, u64, u64)> {
    let waits = streams.lanes[lane].waits.iter();
    waits.map(|wait| (wait.on, wait.from.0, wait.until.0)).collect()
}

#[test]
fn a_pipelined_answer_waits_for_those_before_it() {
    let streams = of(&model(pipelined()), ID).unwrap();
    assert_eq!((streams.protocol, streams.lanes.len()), (Protocol::Http1, 3));
    let labels: Vec<&str> = streams.lanes.iter().map(|lane| lane.label.as_str()).collect();
    assert_eq!(labels, ["/page/index.html", "/page/dog.png", "/page/style.css"]);
    assert_eq!(waits(&streams, 0), [(On::Server, 41_000, 42_000)]);
    assert_eq!(
        waits(&streams, 2),
        [
            (On::Lane(0), 41_000, 42_000),
            (On::Lane(1), 42_000, 2_041_000),
            (On::Server, 2_041_000, 2_041_500),
        ]
    );
    let last = &streams.lanes[2];
    assert_eq!((last.longest(), last.behind()), (Some((1, Micros(1_999_000))), Micros(2_000_000)));
    assert_eq!((last.asked, last.arrived), (Some(Micros(1_000)), Some(Micros(41_000))));
    let landed = Some(Micros(2_081_500));
    assert_eq!((last.first, last.last, last.ends), (landed, landed, Ends::Whole));
    let parts: Vec<Part> = last.pieces.iter().map(|piece| piece.part).collect();
    assert_eq!((parts, last.bytes), (vec![Part::Head, Part::Body], OK.len() as u64));
    assert_eq!(last.pieces[0].span.start, 2 * OK.len() as u64);
}

#[test]
fn streams_wait_for_nobody() {
    let streams = of(&model(multiplexed(false)), ID).unwrap();
    assert_eq!(streams.protocol, Protocol::Http2);
    let numbers: Vec<u64> = streams.lanes.iter().map(|lane| lane.number).collect();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(waits(&streams, 0), [(On::Server, 41_000, 2_041_000)]);
    assert_eq!(waits(&streams, 1), [(On::Server, 41_000, 42_000)]);
    assert_eq!((streams.lanes[0].name(), streams.lanes[0].pieces.len()), ("dog.png", 2));
    assert!(streams.lanes.iter().all(|lane| lane.ends == Ends::Whole));
    let cut = of(&model(multiplexed(true)), ID).unwrap();
    assert_eq!((cut.lanes[0].ends, cut.lanes[0].bytes), (Ends::Cut, 0));
}

#[test]
fn predictions_are_reckoned_from_the_lanes() {
    let figure = |entries, figure| figures::of(&model(entries), figure);
    assert_eq!(figure(pipelined(), Figure::LongestBehindMs), 2_000);
    assert_eq!(figure(multiplexed(false), Figure::LongestBehindMs), 0);
    assert_eq!(figure(multiplexed(false), Figure::RequestsOnBusiestConnection), 2);
    assert_eq!(figure(pipelined(), Figure::RequestsOnBusiestConnection), 3);
    assert_eq!(figure(multiplexed(false), Figure::LongestWaitMs), 2_000);
}

/// The stories of all steps as one text.
fn stories(model: &Model) -> String {
    model.steps.iter().map(|step| tell(model, step).text()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_story_says_for_whom_an_answer_waited() {
    let told = stories(&model(pipelined()));
    let behind = "It waited 2,000 ms behind earlier answers, 1,999 ms of that behind /page/dog.png";
    assert!(told.contains(behind), "{told}");
    assert!(told.contains("and its answer waited 1,999 ms of that behind /page/dog.png"), "{told}");
    let told = stories(&model(multiplexed(false)));
    let beside = "At that moment 1 other stream was open: 1 dog.png. HTTP/2 does not make it wait";
    assert!(told.contains(beside), "{told}");
    assert!(told.contains("No other stream was open at that moment."), "{told}");
    assert!(!told.contains("It waited 2"), "{told}");
}

#[test]
fn streams_have_phases_too() {
    let model = model(multiplexed(false));
    let is_answer = |what: &StepKind| matches!(what, StepKind::Message { dir: Dir::ToClient, events } if events.len() == 2);
    let step = model.steps.iter().find(|step| is_answer(&step.what)).unwrap();
    let phases = timing::of(&model, step);
    let spent: Vec<(Spent, u64, u64)> =
        phases.iter().map(|phase| (phase.spent, phase.from.0, phase.until.0)).collect();
    assert_eq!(
        spent,
        [
            (Spent::Request, 1_000, 41_000),
            (Spent::Server, 41_000, 42_000),
            (Spent::Answer, 42_000, 82_000),
        ]
    );
}

#[test]
fn a_connection_stands_as_its_open_streams_do() {
    let phases = |entries| {
        let model = model(entries);
        let at = |step| standing::at(&model, step).open[0].phase;
        (0..model.steps.len()).map(at).collect::<Vec<Phase>>()
    };
    let whole = phases(multiplexed(false));
    assert_eq!((whole[0], whole.last()), (Phase::Fresh, Some(&Phase::Idle)));
    let asked = whole.iter().filter(|phase| **phase == Phase::Asked).count();
    assert!(asked > 2, "stream 1 is still open when stream 3 is over: {whole:?}");
    assert_eq!(phases(multiplexed(true)).last(), Some(&Phase::Idle), "a cancel ends a stream");
    let pipelined = phases(pipelined());
    let idle = pipelined.iter().filter(|phase| **phase == Phase::Idle).count();
    assert_eq!((idle, pipelined.last()), (1, Some(&Phase::Idle)), "{pipelined:?}");
}

fn drawn(entries: Vec<Entry>, axis: Axis) -> Vec<super::Figure> {
    let model = model(entries);
    let together = together(&model, None);
    assert_eq!(together.more, 0);
    let all: Vec<Streams> = together.conns.into_iter().filter_map(|id| of(&model, id)).collect();
    super::figures(&all, axis, together.chosen)
}

fn marks(figures: &[super::Figure]) -> BTreeSet<Seq> {
    figures.iter().flat_map(|figure| &figure.marks).map(|mark| mark.seq).collect()
}

#[test]
fn each_mark_is_an_entry_and_goes_with_it() {
    for entries in [pipelined(), multiplexed(false), multiplexed(true), apart(3)] {
        let known: BTreeSet<Seq> = entries.iter().map(|entry| entry.seq).collect();
        for axis in [Axis::Time, Axis::Bytes] {
            let all = marks(&drawn(entries.clone(), axis));
            assert!(!all.is_empty() && all.is_subset(&known));
            for removed in &entries {
                let rest: Vec<Entry> =
                    entries.iter().filter(|entry| entry.seq != removed.seq).cloned().collect();
                let left = marks(&drawn(rest, axis));
                assert!(left.is_subset(&known) && !left.contains(&removed.seq), "{removed:?}");
                // Without bytes, moments or heads the others stand otherwise or not at all.
                if !bears_others(removed) {
                    let mut expected = all.clone();
                    expected.remove(&removed.seq);
                    assert_eq!(left, expected, "{axis:?}: without {removed:?}");
                }
            }
        }
    }
}

/// Whether what others are drawn from is told by an entry.
fn bears_others(entry: &Entry) -> bool {
    match &entry.what {
        What::Chunk(_) | What::Passed(_) => true,
        What::Event(event) => matches!(
            event.kind,
            Kind::Http1(Http1::Request(_) | Http1::Response(_)) | Kind::Http2(Http2::Head(_))
        ),
        _ => false,
    }
}

/// So many connections with one request each; the second answer takes two seconds.
fn apart(count: u64) -> Vec<Entry> {
    let mut log = Log::default();
    for conn in 1..=count {
        log.open(conn, conn, "browser", "instance1");
        log.get(1_000 + conn, conn, &format!("/page/{conn}.png"), None);
    }
    for conn in 1..=count {
        log.answer(if conn == 2 { 2_041_000 } else { 42_000 + conn }, conn, 200);
    }
    log.entries
}

#[test]
fn connections_with_one_request_each_share_a_figure() {
    let figures = drawn(apart(3), Axis::Time);
    let [figure] = &figures[..] else { panic!("{figures:?}") };
    let labels: Vec<&str> = figure.lines.iter().map(|line| line.label.as_str()).collect();
    let expected =
        ["connection 1 · /page/1.png", "connection 2 · /page/2.png", "connection 3 · /page/3.png"];
    assert_eq!(labels, expected);
    assert_eq!(figure.lines[1].waits, "server works · 2,000 ms");
    assert!(figure.marks.iter().all(|mark| mark.means != Means::Strip), "nothing is shared");
    assert!(figure.title.ends_with("3 connections with one request each"), "{}", figure.title);
    let streams = of(&model(pipelined()), ID).unwrap();
    let other = Streams { conn: ConnId(2), ..streams.clone() };
    let all = [streams, other];
    let first = |chosen| super::figures(&all, Axis::Time, chosen)[0].conn;
    assert_eq!((first(None), first(Some(ConnId(2)))), (ID, ConnId(2)));
}

#[test]
fn whoever_goes_on_stays_with_the_same_connections() {
    let model = model(apart(14));
    let conns = |chosen| {
        let together = together(&model, Some(ConnId(chosen)));
        (together.conns.first().map(|conn| conn.0), together.conns.len(), together.more)
    };
    assert_eq!([conns(1), conns(12)], [(Some(1), 12, 2); 2]);
    assert_eq!([conns(13), conns(14)], [(Some(13), 2, 12); 2]);
}

#[test]
fn a_stream_that_was_taken_back_is_not_open() {
    let cancelled = model(later(true));
    let cut = of(&cancelled, ID).unwrap();
    assert_eq!(waits(&cut, 0), [(On::Server, 41_000, 500_000)]);
    assert!(cut.lanes[0].is_open(Micros(499_999)) && !cut.lanes[0].is_open(Micros(500_000)));
    let told = stories(&cancelled);
    assert_eq!(told.matches("No other stream was open at that moment.").count(), 1, "{told}");
    let told = stories(&model(later(false)));
    assert_eq!(told.matches("other stream was open: 1 dog.png.").count(), 2, "{told}");
}

/// Two requests, the second of them answered at once; then a third one with its answer.
fn later(cancels: bool) -> Vec<Entry> {
    let (mut wire, answer) = two_streams();
    wire.say(42_000, Dir::ToClient, &answer(3));
    if cancels {
        wire.say(500_000, Dir::ToServer, &frame(3, 0, 1, &[0, 0, 0, 8]));
    }
    wire.say(600_000, Dir::ToServer, &asks(5, "/r/abc/page/logo.svg"));
    wire.say(700_000, Dir::ToClient, &answer(5));
    wire.log.entries
}

#[test]
fn of_tls_the_connection_inside_has_the_exchanges() {
    let mut entries = apart(2);
    for entry in &mut entries {
        if let What::Opened(opened) = &mut entry.what
            && opened.conn == ConnId(2)
        {
            opened.inside = Some(ID);
        }
    }
    let model = model(entries);
    for chosen in [None, Some(ID), Some(ConnId(2))] {
        assert_eq!(together(&model, chosen).conns, [ConnId(2)], "{chosen:?}");
    }
}

#[test]
fn a_figure_says_who_waits_and_keeps_within_its_edges() {
    let figure = drawn(pipelined(), Axis::Time).remove(0);
    assert_eq!(figure.lines[2].waits, "waits for dog.png · 1,999 ms");
    assert_eq!(figure.lines[1].waits, "server works · 1,999 ms");
    assert_eq!(figure.sum, "1 answer waited behind others, 2,000 ms.");
    let behind = figure.marks.iter().filter(|mark| mark.means == Means::Behind).count();
    assert_eq!(behind, 3);
    for mark in &figure.marks {
        assert!(mark.x >= 0.0 && mark.x + mark.width <= figure.size.0, "{mark:?}");
        assert!(mark.y + mark.height <= figure.size.1, "{mark:?}");
    }
    let svg = figure.svg();
    assert!(svg.contains(r#"role="button""#) && svg.matches(r#"tabindex="0""#).count() == 1);
    let bytes = drawn(pipelined(), Axis::Bytes).remove(0);
    assert!(bytes.marks.iter().all(|mark| matches!(mark.means, Means::Block | Means::Strip)));
    assert_eq!(bytes.end, format!("{} bytes", 3 * OK.len()));
}

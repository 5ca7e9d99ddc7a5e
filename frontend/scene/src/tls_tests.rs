//! TLS on the ladder: two connections and one ribbon, records that are folded, and what the handshake
//! cost. The logs are written by hand, the link above TLS, as a browser's are.

use std::collections::BTreeSet;

use trace::entry::{Carried, Chunk, Ending, Entry, Opened, What};
use trace::event::{Event, Kind as Said};
use trace::ids::{ConnId, Seq};
use trace::log::Header;
use trace::participant::Role;
use trace::span::{Dir, Side, Span, Spans};
use trace::time::Micros;
use trace::tls::{ContentType, Message, Tls};

use crate::fold::extent;
use crate::lab_log::{LINK, Log, header, participant};
use crate::lab_tests::{drawn, holds, labels, lines};
use crate::ladder::{View, picture};
use crate::list;
use crate::look::{Layer, Look};
use crate::model::Model;
use crate::rows::{Folded, Part, Rows};
use crate::shape::{Kind, Shape};
use crate::standing::{self, Phase};
use crate::step::StepKind;
use crate::story::{tell, tell_row};
use crate::timing::{self, Spent};
use crate::tls::{Carrier, TlsSide};

/// The connection outside, and the one inside it.
const OUTER: u64 = 1;
const INNER: u64 = 2;

/// When the client's second flight left, and the first request with it.
const ASKED: u64 = 165_000;

/// A record: what it says of itself, and all its bytes.
type Record = (Tls, u64);

fn record(content: ContentType, len: u64, messages: Vec<Message>, protected: bool) -> Record {
    (Tls { content, version: 0x0303, len: len - 5, messages, alert: None, protected }, len)
}

fn hello(kind: u8, len: u64) -> Record {
    let message = Message { kind, len: len - 9, ..Message::default() };
    record(ContentType::Handshake, len, vec![message], false)
}

fn change() -> Record {
    record(ContentType::ChangeCipherSpec, 6, Vec::new(), false)
}

fn protected(len: u64) -> Record {
    record(ContentType::ApplicationData, len, Vec::new(), true)
}

/// Writes what goes over outside.
#[derive(Default)]
struct Outside {
    log: Log,
    sent: [u64; 2],
}

impl Outside {
    /// Records in one read or write; the link is above.
    fn records(&mut self, at: u64, dir: Dir, records: Vec<Record>) {
        let conn = ConnId(OUTER);
        let mut start = self.sent[dir.index()];
        let len: u64 = records.iter().map(|(_, len)| *len).sum();
        self.sent[dir.index()] += len;
        let bytes = vec![0; usize::try_from(len).unwrap()];
        self.log.add(at, What::Chunk(Chunk { conn, dir, offset: start, bytes }));
        for (tls, len) in records {
            let span = Span { start, len };
            start += len;
            let (from, evidence) = (dir.speaker(), Spans::one(span));
            let (kind, fields, faults) = (Said::Tls(tls), Vec::new(), Vec::new());
            self.log.add(at, What::Event(Event { conn, from, evidence, kind, fields, faults }));
        }
    }

    fn opens_inside(&mut self, at: u64) {
        let opened = Opened {
            conn: ConnId(INNER),
            client: participant("browser", "Browser", Role::Browser),
            server: participant("instance1", "Instance 1", Role::Server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: Some(ConnId(OUTER)),
        };
        self.log.add(at, What::Opened(opened));
    }

    /// The handshake of TLS 1.3, and the record with the first request, which has so many bytes.
    fn handshake(&mut self, asks: u64) {
        self.log.open(0, OUTER, "browser", "instance1");
        self.records(1_000, Dir::ToServer, vec![hello(1, 517)]);
        self.records(3_000, Dir::ToClient, vec![hello(2, 127), change(), protected(2_175)]);
        let last = vec![change(), protected(74), protected(asks)];
        self.records(ASKED, Dir::ToServer, last);
        // Tickets, before anything is said inside.
        self.records(ASKED + 100, Dir::ToClient, vec![protected(255)]);
        self.opens_inside(ASKED + 200);
    }
}

/// One request inside TLS, and its answer.
fn a_page() -> (Header, Log) {
    let mut out = Outside::default();
    out.handshake(51);
    out.log.get(ASKED + 200, INNER, "/hello", None);
    out.log.answer(207_000, INNER, 200);
    out.records(207_000 + LINK - 10, Dir::ToClient, vec![protected(41)]);
    out.records(300_000, Dir::ToServer, vec![protected(24)]);
    out.log.close(300_500, OUTER, Side::Client, Ending::Fin);
    (header("http10", &["browser", "instance1"]), out.log)
}

/// Polls that bring nothing, inside TLS.
fn polls() -> (Header, Log) {
    let mut out = Outside::default();
    out.handshake(62);
    for poll in 0..6 {
        let at = ASKED + 200 + 200_000 * poll;
        if poll > 0 {
            out.records(at - 100, Dir::ToServer, vec![protected(62)]);
        }
        out.log.get(at, INNER, "/messages?after=0", None);
        out.log.answer(at + LINK + 100, INNER, 204);
        out.records(at + 2 * LINK + 90, Dir::ToClient, vec![protected(41)]);
    }
    (header("short_polling", &["browser", "instance1"]), out.log)
}

fn model_of((header, log): (Header, Log)) -> Model {
    Model::of(header, log.entries)
}

fn said(model: &Model, look: &Look) -> Vec<String> {
    labels(&drawn(model, look).1).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn the_handshake_has_rows_and_what_carries_the_rest_is_folded() {
    let (header, log) = a_page();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let look = Look::default();
    assert_eq!(
        said(&model, &look),
        [
            "Establish TCP connection",
            "ClientHello · 517 bytes",
            "ServerHello · 127 bytes",
            "Change cipher spec · 6 bytes",
            "Protected · 2,175 bytes",
            "Change cipher spec · 6 bytes",
            "Protected · 74 bytes",
            "Protected · 255 bytes",
            "GET …/hello HTTP/1.1",
            "HTTP/1.1 200 OK",
            "Close · Browser first",
        ]
    );
    let (rows, _) = drawn(&model, &look);
    let folds: Vec<_> = rows.all.iter().filter(|row| matches!(row.part, Part::Fold(_))).collect();
    let [row] = folds[..] else { panic!("{folds:?}") };
    let Part::Fold(fold) = row.part else { panic!("{row:?}") };
    let step = &model.steps[row.step];
    assert_eq!((fold.kind, extent(&model, step, fold).0), (Folded::Records, 3));
    assert_eq!(model.carrier(step), Some(Carrier::First));
    assert_eq!(list::line(&model, row), "3 TLS records that carry what is inside, folded");
    let story = tell_row(&model, row).unwrap().text();
    assert!(story.starts_with("3 records of TLS that carry what is inside, from "), "{story}");
    assert!(story.contains("taken 75 bytes for 29 bytes inside so far"), "{story}");
    assert!(model.folds());
}

#[test]
fn unfolded_and_at_the_next_layer_each_record_has_a_row() {
    let model = model_of(a_page());
    let open = Look { folded: false, ..Look::default() };
    let frames = Look { layer: Layer::Frame, ..Look::default() };
    for look in [open, frames] {
        let all = said(&model, &look);
        for record in ["Protected · 51 bytes", "Protected · 41 bytes", "Protected · 24 bytes"] {
            assert!(all.contains(&record.to_owned()), "{record} in {all:?}");
        }
    }
    let bytes = Look { layer: Layer::Bytes, ..Look::default() };
    let all = said(&model, &bytes);
    assert!(all.contains(&"Outside: 517 bytes, 0 to 516".to_owned()), "{all:?}");
    assert!(all.contains(&"Inside TLS: 29 bytes, 0 to 28".to_owned()), "{all:?}");
    let all = lines(&model, &bytes);
    let inside = "Browser to Instance 1, one read or write inside TLS, 29 bytes";
    assert!(all.contains(&inside.to_owned()), "{all:?}");
}

#[test]
fn inside_is_on_the_ribbon_of_outside() {
    let model = model_of(a_page());
    let steps = |what: StepKind| model.steps.iter().filter(|step| step.what == what).count();
    assert_eq!((steps(StepKind::Open), steps(StepKind::Close)), (1, 1));
    assert_eq!(model.conns[&ConnId(INNER)].slot, model.conns[&ConnId(OUTER)].slot);
    assert!(model.open.is_empty());
    let ribbon = |shape: &&Shape| matches!(shape.kind, Kind::Ribbon { .. });
    let (rows, all) = drawn(&model, &Look::default());
    assert_eq!(all.shapes.iter().filter(ribbon).count(), 2, "one at each of its two lanes");
    assert_eq!(model.side_of_tls(ConnId(INNER)), Some(TlsSide::Inside));
    // Who was at the request comes back to it from each layer.
    let asked = model.steps.iter().find(|step| step.conn == Some(ConnId(INNER))).unwrap();
    let at = rows.find(&model, asked.seq()).unwrap();
    assert_eq!(model.steps[rows.all[at].step].key, asked.key);
    for layer in [Layer::Frame, Layer::Bytes] {
        let look = Look { layer, ..Look::default() };
        let (deeper, _) = drawn(&model, &look);
        let place = deeper.find(&model, asked.seq()).unwrap();
        assert_eq!(deeper.all[place].conn, Some(ConnId(INNER)), "{look:?}");
        let back = deeper.seq(&model, place).unwrap();
        assert_eq!(rows.find(&model, back), Some(at), "{look:?}");
    }
}

#[test]
fn the_story_says_what_the_handshake_cost() {
    let model = model_of(a_page());
    let story = |label: &str| {
        let step = model.steps.iter().find(|step| tell(&model, step).title == label);
        tell(&model, step.unwrap()).text()
    };
    let cost = "The handshake took 2 flights to the server and 1 back, 2,905 bytes, 164 ms, before \
                the first request could go.";
    for label in ["TCP connection established", "ClientHello · 517 bytes", "GET …/hello HTTP/1.1"]
    {
        let story = story(label);
        assert!(story.contains(cost), "{label}: {story}");
        assert!(story.contains("The link did not delay it"), "{label}: {story}");
    }
    assert!(story("Protected · 74 bytes").contains("only its size"));
    let carrier = story("Protected · 41 bytes");
    assert!(carrier.contains("taken 41 bytes for 19 bytes inside so far: TLS added 22 bytes"));
    assert!(story("Connection closed").contains("1 answer"), "{}", story("Connection closed"));
    let asked = model.steps.iter().find(|step| step.conn == Some(ConnId(INNER))).unwrap();
    let phases = timing::of(&model, asked);
    assert_eq!(phases[0].spent, Spent::Tls);
    assert_eq!((phases[0].from, phases[0].until), (Micros(1_000), Micros(ASKED)));
    assert_eq!(phases[1].spent, Spent::Request);
}

#[test]
fn how_things_stand_is_told_of_the_connection_outside() {
    let model = model_of(a_page());
    let at = |title: &str| {
        let step = model.steps.iter().position(|step| tell(&model, step).title == title).unwrap();
        standing::at(&model, step)
    };
    assert_eq!(at("ServerHello · 127 bytes").open[0].phase, Phase::Handshake);
    let asked = at("GET …/hello HTTP/1.1");
    assert_eq!((asked.open.len(), asked.opened), (1, 1));
    let (open, phase) = (asked.open[0].conn, asked.open[0].phase);
    assert_eq!((open, phase, asked.open[0].requests), (ConnId(OUTER), Phase::Asked, 1));
    assert_eq!(at("Connection closed").closed, 1);
}

#[test]
fn records_part_no_fold_of_what_is_inside() {
    let (header, log) = polls();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (rows, _) = drawn(&model, &Look::default());
    let folds = rows.all.iter().filter_map(|row| match row.part {
        Part::Fold(fold) => Some((fold.kind, extent(&model, &model.steps[row.step], fold).0)),
        _ => None,
    });
    let folds: Vec<(Folded, u64)> = folds.collect();
    assert_eq!(folds, [(Folded::Records, 12), (Folded::Polls, 6)]);
}

#[test]
fn a_folded_record_is_found_at_its_fold() {
    for log in [a_page(), polls()] {
        let model = model_of(log);
        let (rows, _) = drawn(&model, &Look::default());
        let is_fold = |part: Part| matches!(part, Part::Fold(fold) if fold.kind == Folded::Records);
        let carriers = model.steps.iter().filter(|step| model.carrier(step).is_some());
        for record in carriers {
            let row = rows.all[rows.find(&model, record.seq()).unwrap()];
            assert!(is_fold(row.part) && row.conn == record.conn, "{record:?}: {row:?}");
        }
    }
}

#[test]
fn what_is_waited_for_inside_is_drawn() {
    let mut out = Outside::default();
    out.handshake(51);
    out.log.get(ASKED + 200, INNER, "/hello", None);
    let model = Model::of(header("http10", &["browser", "instance1"]), out.log.entries);
    let look = Look::default();
    let columns = crate::columns::Columns::of(&model, &look.lanes, 900.0);
    let rows = Rows::of(&model, &look, &columns);
    let view = View { top: 0.0, bottom: f64::INFINITY, now: Some(Micros(3_000_000)) };
    let drawn = picture(&model, &rows, &columns, view);
    assert!(drawn.shapes.iter().any(|shape| matches!(shape.kind, Kind::Wait { .. })));
    assert!(model.is_open(ConnId(INNER)) && model.open.len() == 1);
}

#[test]
fn what_carries_is_told_by_the_log_where_it_says_so() {
    let mut out = Outside::default();
    out.handshake(51);
    out.log.get(ASKED + 200, INNER, "/hello", None);
    // A second request was read along with the first one.
    out.records(ASKED + 150, Dir::ToServer, vec![protected(300)]);
    let carried = Carried {
        conn: ConnId(INNER),
        dir: Dir::ToServer,
        offset: 29,
        outer: ConnId(OUTER),
        outer_offset: 648,
    };
    out.log.add(ASKED + 200, What::Carried(carried));
    let model = Model::of(header("http10", &["browser", "instance1"]), out.log.entries);
    let carriers = model.steps.iter().filter(|step| model.carrier(step).is_some());
    let titles: Vec<String> = carriers.map(|step| tell(&model, step).title).collect();
    assert_eq!(titles, ["Protected · 51 bytes", "Protected · 300 bytes"]);
}

#[test]
fn each_mark_of_tls_is_an_entry_and_goes_with_it() {
    let seqs = |header: &Header, entries: Vec<Entry>, look: &Look| -> BTreeSet<Seq> {
        let model = Model::of(header.clone(), entries);
        drawn(&model, look).1.shapes.iter().map(|shape| shape.seq).collect()
    };
    let (header, log) = a_page();
    for layer in [Layer::Message, Layer::Frame] {
        let look = Look { layer, folded: false, ..Look::default() };
        let all = seqs(&header, log.entries.clone(), &look);
        for removed in &log.entries {
            let rest = log.entries.iter().filter(|entry| entry.seq != removed.seq).cloned();
            let left = seqs(&header, rest.collect(), &look);
            let mut expected = all.clone();
            expected.remove(&removed.seq);
            assert_eq!(left, expected, "{look:?}: without {removed:?}");
        }
    }
}

#[test]
fn half_a_log_breaks_nothing() {
    let (header, log) = a_page();
    let of = |entry: &Entry| entry.what.conn();
    for missing in [OUTER, INNER] {
        let rest = log.entries.iter().filter(|entry| of(entry) != Some(ConnId(missing)));
        let rest: Vec<Entry> = rest.cloned().collect();
        holds(&header, &rest);
        let model = Model::of(header.clone(), rest);
        for (index, step) in model.steps.iter().enumerate() {
            let _ = (tell(&model, step), standing::at(&model, index), timing::of(&model, step));
        }
    }
    // A connection cannot be inside itself.
    let mut log = Log::default();
    let mut entries = a_page().1.entries;
    for entry in &mut entries {
        if let What::Opened(opened) = &mut entry.what {
            opened.inside = Some(opened.conn);
        }
        log.add(entry.at_us.0, entry.what.clone());
    }
    holds(&header, &log.entries);
}

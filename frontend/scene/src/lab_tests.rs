//! The labs in which a server reaches its clients: what their logs look like.

use std::collections::BTreeSet;

use trace::entry::{Entry, What};
use trace::event::{Event, Kind as Said};
use trace::ids::Seq;
use trace::log::Header;
use trace::span::Dir;
use trace::websocket::Websocket;

use crate::bytes::{self, Coding};
use crate::columns::Columns;
use crate::lab_log::header;
use crate::lab_runs::{chat, events, killed, long_polling, redis, short_polling};
use crate::ladder::{Picture, WHOLE, picture};
use crate::list;
use crate::look::{Clock, Layer, Look};
use crate::model::Model;
use crate::rows::{Folded, Part, Rows};
use crate::seek::{self, Found, Sought, Way};
use crate::shape::{Kind, Shape, Stroke, Tone};
use crate::step::StepKind;
use crate::story::{tell, tell_row};

pub fn drawn(model: &Model, look: &Look) -> (Rows, Picture) {
    let columns = Columns::of(model, &look.lanes, 900.0);
    let rows = Rows::of(model, look, &columns);
    let picture = picture(model, &rows, &columns, WHOLE);
    (rows, picture)
}

pub fn lines(model: &Model, look: &Look) -> Vec<String> {
    drawn(model, look).0.all.iter().map(|row| list::line(model, row)).collect()
}

pub fn labels(picture: &Picture) -> Vec<(Stroke, String)> {
    let label = |shape: &Shape| match &shape.kind {
        Kind::Label { stroke, text, .. } => Some((*stroke, text.clone())),
        _ => None,
    };
    picture.shapes.iter().filter_map(label).collect()
}

fn remarks(picture: &Picture) -> Vec<(String, Tone)> {
    let remark = |shape: &Shape| match &shape.kind {
        Kind::Note { text, tone, .. } => Some((text.clone(), *tone)),
        _ => None,
    };
    picture.shapes.iter().filter_map(remark).collect()
}

fn looks() -> Vec<Look> {
    let mut looks = Vec::new();
    for layer in [Layer::Message, Layer::Frame, Layer::Bytes] {
        for clock in [Clock::Steps, Clock::Time] {
            for folded in [true, false] {
                looks.push(Look { layer, clock, folded, ..Look::default() });
            }
        }
    }
    looks
}

/// However a log comes, its ladder is the same, and each chunk is with one row.
pub fn holds(header: &Header, entries: &[Entry]) {
    for look in looks() {
        let (mut live, mut rows) = (Model::new(header.clone()), Rows::default());
        for (index, entry) in entries.iter().enumerate() {
            live.push(entry.clone());
            // At the deeper layers all is laid out anew each time.
            if look.layer == Layer::Message || index % 16 == 0 || index + 1 == entries.len() {
                let columns = Columns::of(&live, &look.lanes, 900.0);
                rows.update(&live, &look, &columns);
            }
        }
        let whole = Model::of(header.clone(), entries.to_vec());
        assert_eq!(live.steps, whole.steps);
        let (made, drawn) = drawn(&whole, &look);
        assert_eq!(rows.all, made.all, "{look:?}");
        let columns = Columns::of(&live, &look.lanes, 900.0);
        assert_eq!(picture(&live, &rows, &columns, WHOLE), drawn, "{look:?}");
        let chunks = whole.steps.iter().flat_map(|step| whole.chunks_of(step));
        let chunks: Vec<Seq> = chunks.map(|chunk| chunk.seq).collect();
        let once: BTreeSet<Seq> = chunks.iter().copied().collect();
        assert_eq!(chunks.len(), once.len(), "a chunk is with one step");
        for row in &made.all {
            assert!(!list::line(&whole, row).is_empty(), "{row:?}");
        }
    }
}

#[test]
fn empty_polls_are_one_row_with_their_count() {
    let (header, log) = short_polling();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (rows, picture) = drawn(&model, &Look::default());
    let fold = rows.all.iter().find_map(|row| match row.part {
        Part::Fold(fold) => Some(fold),
        _ => None,
    });
    let fold = fold.unwrap();
    assert_eq!((fold.kind, fold.count, fold.reads), (Folded::Polls, 58, 0));
    let row = rows.all.iter().find(|row| matches!(row.part, Part::Fold(_)));
    let story = tell_row(&model, row.unwrap()).unwrap();
    assert_eq!(story.title, "58 empty polls, folded");
    let said = story.text();
    assert!(said.starts_with("58 empty polls from 1.000 s to 58."), "{said}");
    assert!(said.contains(", folded into one row. What follows is about the first"), "{said}");
    assert_eq!(rows.all.len(), 7, "{:?}", lines(&model, &Look::default()));
    let text = picture.shapes.iter().find_map(|shape| match &shape.kind {
        Kind::Fold { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text.unwrap(), "58 empty polls folded, 57.08 s");
    assert_eq!(lines(&model, &Look::default())[1], "58 empty polls, folded");
    let last = model.steps.last().unwrap();
    let story = tell(&model, last);
    assert!(story.text().contains("So far 59 polls have come back with nothing"), "{story:?}");
    let (stroke, label) = labels(&picture).pop().unwrap();
    assert_eq!((stroke, label.as_str()), (Stroke::Success, "HTTP/1.1 204 OK · nothing new"));
    let open = Look { folded: false, ..Look::default() };
    assert_eq!(drawn(&model, &open).0.all.len(), model.steps.len());
    assert!(model.folds());
}

#[test]
fn who_jumps_beyond_the_last_comes_to_the_first() {
    let (header, log) = events();
    let model = Model::of(header, log.entries);
    let (rows, _) = drawn(&model, &Look::default());
    let jump = |from, sought, way| seek::next(&model, &rows, from, sought, way);
    let is_open = |row: &usize| model.steps[rows.all[*row].step].what == StepKind::Open;
    let opens: Vec<usize> = (0..rows.all.len()).filter(is_open).collect();
    let [first, second] = opens[..] else { panic!("{opens:?}") };
    assert_eq!(jump(first, Sought::Connect, Way::On), Some(Found::Ahead(second)));
    assert_eq!(jump(second, Sought::Connect, Way::On), Some(Found::Round(first)));
    assert_eq!(jump(first, Sought::Connect, Way::Back), Some(Found::Round(second)));
    let Some(Found::Ahead(fault)) = jump(0, Sought::Fault, Way::On) else { panic!("no fault") };
    assert_eq!(jump(fault, Sought::Fault, Way::On), Some(Found::Only));
}

#[test]
fn a_held_poll_says_how_long_and_what_let_it_go() {
    let (header, log) = long_polling();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (_, picture) = drawn(&model, &Look::default());
    let wait = |shape: &Shape| match &shape.kind {
        Kind::Wait { text, .. } => Some(text.clone()),
        _ => None,
    };
    let waits: Vec<String> = picture.shapes.iter().filter_map(wait).collect();
    assert_eq!(waits[0], "Held 3.20 s");
    let remarks = remarks(&picture);
    let said: Vec<&str> = remarks.iter().map(|(text, _)| text.as_str()).collect();
    assert!(said.contains(&"woken by the store"), "{said:?}");
    assert!(said.contains(&"nothing") && said.contains(&"#1"), "{said:?}");
    let labels = labels(&picture);
    for call in ["Append #1", "Anything after #0?", "There is #1"] {
        let call = format!("{call} · in this process");
        assert!(labels.contains(&(Stroke::Call, call.clone())), "{call} in {labels:?}");
    }
    let pill = picture
        .shapes
        .iter()
        .any(|shape| matches!(&shape.kind, Kind::Payload { text, .. } if text == "48 bytes · #1"));
    assert!(pill);
    let held = model.steps.iter().find(|step| matches!(step.what, StepKind::Hold { .. })).unwrap();
    let story = tell(&model, held);
    assert_eq!(story.title, "The server holds the poll");
    assert!(story.text().contains("come in through Instance 2"), "{}", story.text());
    let answer = model.steps.iter().rev().find_map(|step| {
        let story = tell(&model, step);
        story.title.starts_with("HTTP/1.1 200").then(|| story.text())
    });
    assert!(answer.unwrap().contains("It left 10.0 ms after message #1 had been stored."));
}

#[test]
fn a_chat_is_messages_at_one_layer_and_frames_at_the_next() {
    let (header, log) = chat();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let idle = model.steps.iter().any(|step| matches!(step.what, StepKind::Idle { .. }));
    assert!(!idle, "a WebSocket is not idle");
    let open = Look { folded: false, ..Look::default() };
    let (_, picture) = drawn(&model, &open);
    let labels = labels(&picture);
    let has = |stroke: Stroke, text: &str| labels.contains(&(stroke, text.to_owned()));
    assert!(has(Stroke::Request, "to B: hi"), "{labels:?}");
    assert!(has(Stroke::Success, "#1 from A: hi"), "{labels:?}");
    assert!(has(Stroke::Success, "“abc”"), "{labels:?}");
    assert!(has(Stroke::Control, "close 1000, normal closure"), "{labels:?}");
    assert_eq!(labels.iter().filter(|(_, text)| text == "ping").count(), 3);
    let frames = lines(&model, &Look { layer: Layer::Frame, ..Look::default() });
    let of = |words: &str| frames.iter().filter(|line| line.contains(words)).count();
    assert_eq!((of("text frame"), of("continuation")), (3, 1), "{frames:?}");
    let folded = lines(&model, &Look::default());
    assert!(folded.contains(&"2 pings, folded".to_owned()), "{folded:?}");
    let sent = model.steps.iter().find(|step| tell(&model, step).title == "#1 from A: hi");
    let story = tell(&model, sent.unwrap()).text();
    assert!(story.contains("Message #1 was here 80.2 ms after its sender had sent it."), "{story}");
}

#[test]
fn a_message_of_which_a_part_has_come_is_seen_when_it_is_whole() {
    let (header, log) = chat();
    let rows = |model: &Model| drawn(model, &Look::default()).0.all.len();
    let mut model = Model::new(header);
    let mut seen = Vec::new();
    for entry in log.entries {
        model.push(entry);
        let half = model.steps.iter().position(|step| model.is_coming(step));
        let coming =
            model.conns.values().map(|conn| model.coming(conn, Dir::ToClient)).sum::<u64>();
        seen.push((half, coming, rows(&model)));
    }
    let begins = seen.iter().position(|(half, ..)| half.is_some()).unwrap();
    let ends = seen.iter().rposition(|(half, ..)| half.is_some()).unwrap();
    assert_eq!(seen[begins].2, seen[begins - 1].2, "no row for half a message");
    assert_eq!(seen[begins].1, 4, "its bytes are counted");
    assert_eq!(seen[ends + 1].2, seen[ends].2 + 1, "a row for the whole one");
}

#[test]
fn a_mask_is_taken_off() {
    let (header, log) = chat();
    let model = Model::of(header, log.entries);
    let sent = model.steps.iter().find(|step| tell(&model, step).title == "to B: hi").unwrap();
    let StepKind::Message { events, .. } = &sent.what else { panic!("{sent:?}") };
    for seq in events {
        let plain = bytes::of(&model, *seq, 8, Coding::Decoded).unwrap();
        assert_eq!(plain.all(&model), br#"{"to":"B","text":"hi"}"#, "{seq}");
        let heard = bytes::of(&model, *seq, 8, Coding::Encoded).unwrap();
        assert!(heard.coded && heard.all(&model) != plain.all(&model));
    }
}

#[test]
fn an_event_stream_is_its_head_its_events_and_its_end() {
    let (header, log) = events();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (_, picture) = drawn(&model, &Look::default());
    let words: Vec<String> = labels(&picture).into_iter().map(|(_, text)| text).collect();
    let expected = [
        "Establish TCP connection",
        "GET …/events HTTP/1.1",
        "HTTP/1.1 200 OK",
        "#1 message: one",
        "#2 message: two",
        "Instance 1 cut the connection off",
        "Establish TCP connection",
        "GET …/events HTTP/1.1 · Last-Event-ID: 2",
        "HTTP/1.1 200 OK",
        "#3 message: three",
        "#4 message: four",
        "Stream ends",
        "GET …/hello HTTP/1.1",
    ];
    assert_eq!(words, expected);
    let remarks = remarks(&picture);
    assert!(remarks.contains(&("Stream ends".to_owned(), Tone::Plain)), "{remarks:?}");
    let cut = "the lab cuts the stream off after #2".to_owned();
    assert!(remarks.contains(&(cut, Tone::Fault)), "{remarks:?}");
    let idle = model.steps.iter().filter(|step| matches!(step.what, StepKind::Idle { .. }));
    assert_eq!(idle.count(), 1, "a stream that runs is not idle, a connection after it is");
    let stories: Vec<String> = model.steps.iter().map(|step| tell(&model, step).text()).collect();
    let told = |words: &str| stories.iter().any(|story| story.contains(words));
    assert!(told("So far 3 to 4 followed."), "{stories:?}");
    assert!(told("ended the answer in order, after 2 events"), "{stories:?}");
    assert!(told("broke off after 2 events"), "{stories:?}");
}

#[test]
fn a_store_is_a_lane_right_of_the_servers() {
    let (header, log) = redis();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let lanes: Vec<&str> = model.lanes.iter().map(|lane| lane.id.as_str()).collect();
    assert_eq!(lanes, ["browser", "instance1", "store", "service"]);
    let (rows, picture) = drawn(&model, &Look::default());
    let Part::Fold(fold) = rows.all[1].part else { panic!("{:?}", rows.all) };
    assert_eq!((fold.kind, fold.count), (Folded::Reads, 3));
    let labels = labels(&picture);
    assert!(labels.contains(&(Stroke::Request, "XRANGE lifeline:… (0-0 +".to_owned())));
    assert!(labels.contains(&(Stroke::Success, "1 element".to_owned())), "{labels:?}");
    let waits = model.steps.iter().filter(|step| step.wait().is_some());
    assert_eq!(waits.count(), 0, "no waits on a connection to the store");
}

#[test]
fn a_call_in_this_process_needs_a_store_to_be_drawn() {
    let (_, log) = long_polling();
    let lanes = ["browser", "instance1", "instance2"];
    let model = Model::of(header("short_polling", &lanes), log.entries);
    let notes = model.steps.iter().filter(|step| step.what == StepKind::Note);
    assert_eq!(notes.count(), 0);
    assert!(!model.notes.is_empty());
}

#[test]
fn a_killed_instance_is_marked_on_its_lane() {
    let (header, log) = killed();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (_, picture) = drawn(&model, &Look::default());
    let remarks = remarks(&picture);
    let has = |text: &str, tone| remarks.contains(&(text.to_owned(), tone));
    assert!(has("killed", Tone::Fault) && has("started again", Tone::Plain), "{remarks:?}");
    assert!(has("keeps #7 for B in its memory", Tone::Plain), "{remarks:?}");
    assert!(has("#7 for B is lost: Instance 2 is down", Tone::Fault), "{remarks:?}");
    let lane = picture.lanes.iter().find(|lane| lane.name == "Instance 2").unwrap().x;
    let down = picture.shapes.iter().find_map(|shape| match &shape.kind {
        Kind::Note { at, text, .. } if text == "killed" => Some(at.0),
        _ => None,
    });
    assert!((down.unwrap() - lane - 14.0).abs() < 0.01, "at the lane of the instance");
    let labels = labels(&picture);
    assert!(labels.iter().any(|(stroke, _)| *stroke == Stroke::Reset), "{labels:?}");
    let stories: Vec<String> = model.steps.iter().map(|step| tell(&model, step).text()).collect();
    let told = |words: &str| stories.iter().any(|story| story.contains(words));
    assert!(told("1 connection was cut off with it."), "{stories:?}");
    assert!(told("Instance 2 was killed, and this connection with it."), "{stories:?}");
}

#[test]
fn each_mark_of_the_labs_is_an_entry_and_goes_with_it() {
    let seqs = |header: &Header, entries: Vec<Entry>, look: &Look| -> BTreeSet<Seq> {
        let model = Model::of(header.clone(), entries);
        drawn(&model, look).1.shapes.iter().map(|shape| shape.seq).collect()
    };
    // Of what is folded the first stands for the others.
    let look = Look { folded: false, ..Look::default() };
    for (header, log) in [long_polling(), chat(), events(), redis(), killed()] {
        let all = seqs(&header, log.entries.clone(), &look);
        for removed in &log.entries {
            let rest = log.entries.iter().filter(|entry| entry.seq != removed.seq).cloned();
            let left = seqs(&header, rest.collect(), &look);
            let mut expected = all.clone();
            expected.remove(&removed.seq);
            match &removed.what {
                // Frames that stood behind the first of a message may come to light.
                What::Event(Event { kind: Said::Websocket(Websocket::Frame(_)), .. }) => {
                    assert!(left.is_superset(&expected) && !left.contains(&removed.seq));
                }
                _ => assert_eq!(left, expected, "{}: without {removed:?}", header.lab),
            }
        }
    }
}

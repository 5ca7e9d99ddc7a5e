//! What steps say: two runs that differ in one knob differ in the numbers of their explanations,
//! and each number is found in that run's log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use scene::amount;
use scene::model::Model;
use scene::story::tell;
use scene::told::Piece;
use serde_json::{Value, json};
use tests::run::Run;
use tests::server::Server;
use trace::entry::{Entry, What};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::note::{Note, What as NoteKind};
use trace::studio::RunState;
use trace::time::Micros;

/// Every whole number that stands somewhere in a value.
fn numbers_in(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Number(number) => found.extend(number.as_u64()),
        Value::Array(all) => all.iter().for_each(|value| numbers_in(value, found)),
        Value::Object(all) => all.values().for_each(|value| numbers_in(value, found)),
        _ => {}
    }
}

/// The moments at which a message's first and last bytes moved, at both ends of the link, and until
/// when its connection's set-up was held.
fn moments_of(entries: &[Entry], event: &Event) -> BTreeSet<u64> {
    let (first, end) = (event.evidence.start() + 1, event.evidence.end());
    let mut moments = BTreeSet::new();
    let mut held = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.what.conn() == Some(event.conn)) {
        let (side, dir, upto) = match &entry.what {
            What::Chunk(chunk) => ("socket", chunk.dir, chunk.offset + chunk.bytes.len() as u64),
            What::Passed(passed) => ("service", passed.dir, passed.offset),
            What::Note(Note { what: NoteKind::LinkSetup { held_us, .. }, .. }) => {
                moments.insert(entry.at_us.plus(*held_us).0);
                continue;
            }
            _ => continue,
        };
        for byte in [first, end] {
            if dir == event.dir() && upto >= byte {
                held.entry((side, byte)).or_insert(entry.at_us.0);
            }
        }
    }
    moments.extend(held.into_values());
    moments
}

/// Every way in which a number can be read from the entries that it cites: as it stands there, as a
/// time between two of their moments, as the size of a message, or as a part of that.
fn readings(model: &Model, from: &[trace::ids::Seq]) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    let cited: Vec<&Entry> = from.iter().filter_map(|seq| model.entry(*seq)).collect();
    for entry in &cited {
        numbers_in(&serde_json::to_value(entry).unwrap(), &mut numbers);
    }
    numbers.insert(from.len() as u64);
    let (mut total, mut content) = (0, 0);
    for event in from.iter().filter_map(|seq| model.event(*seq)) {
        total += event.evidence.len();
        let Kind::Http1(said) = &event.kind else { continue };
        match said {
            Http1::Body(body) => content += body.content_len,
            Http1::Request(request) => {
                numbers.insert(request.exchange + 1);
            }
            _ => {}
        }
    }
    numbers.insert(total);
    // How many answers a connection carried is counted between its opening and its close.
    if let Some(What::Closed(closed)) = cited.last().map(|entry| &entry.what) {
        let answers = model.entries.iter().filter(|entry| matches!(
            &entry.what,
            What::Event(event) if event.conn == closed.conn
                && matches!(&event.kind, Kind::Http1(Http1::Response(answer)) if answer.status >= 200)
        ));
        numbers.insert(answers.count() as u64);
    }
    let mut moments: BTreeSet<u64> = cited.iter().map(|entry| entry.at_us.0).collect();
    for event in from.iter().filter_map(|seq| model.event(*seq)) {
        moments.extend(moments_of(&model.entries, event));
    }
    let gaps = moments.iter().flat_map(|late| moments.range(..late).map(move |early| late - early));
    let mut readings: BTreeSet<String> = gaps.map(|gap| amount::time(Micros(gap))).collect();
    for number in numbers {
        readings.insert(number.to_string());
        readings.insert(amount::count(number));
        readings.insert(amount::bytes(number));
        readings.insert(amount::time(Micros(number)));
        readings.insert(format!("{number} s"));
    }
    readings.insert(amount::share(content, total));
    readings
}

/// All numbers of a run's explanations, each found in its log.
async fn numbers(server: &Server, params: Value) -> Vec<String> {
    let run = Run::create(server, "http11", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, Duration::from_secs(10)).await;
    let (header, entries) = run.log().await;
    let model = Model::of(header, entries);
    assert!(model.steps.len() >= 8, "{} steps", model.steps.len());
    let mut numbers = Vec::new();
    for step in &model.steps {
        for piece in tell(&model, step).pieces {
            let Piece::Number { text, from } = piece else { continue };
            let readings = readings(&model, &from);
            assert!(readings.contains(&text), "{text}, of {from:?}, is not in the log");
            // Times that are a little off are not: the check can fail. One of three may be another
            // true gap by chance.
            if let Some(Ok(millis)) = text.strip_suffix(" ms").map(str::parse::<f64>) {
                let off = |by: f64| amount::time(Micros((millis * by) as u64));
                let wrong = [1_100.0, 1_170.0, 1_260.0].map(off);
                let passes = wrong.iter().filter(|wrong| readings.contains(*wrong)).count();
                assert!(passes <= 1, "{passes} of {wrong:?} pass for {text}, of {from:?}");
            }
            numbers.push(text);
        }
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knob_shows_in_the_numbers_of_the_explanations() {
    let server = Server::start(&[]).await;
    let base = json!({ "peer": "agent", "keep_alive_s": 1, "requests": 2 });
    let with = |name: &str, value: u64| {
        let mut params = base.clone();
        params[name] = json!(value);
        params
    };
    let plain = numbers(&server, base.clone()).await;
    for (name, value, told, before) in [
        ("keep_alive_s", 2, "2.00 s", "1.00 s"),
        ("link_ms", 100, "200 ms", "80.0 ms"),
        ("requests", 3, "3", "2"),
    ] {
        let other = numbers(&server, with(name, value)).await;
        let has = |all: &[String], text: &str| all.iter().any(|number| number == text);
        assert!(has(&plain, before), "{before} in {plain:?}");
        assert!(has(&other, told), "{name}: {told} in {other:?}");
        assert!(!has(&plain, told), "{name}: {told} in {plain:?}");
    }
}

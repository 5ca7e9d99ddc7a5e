//! What steps say: two runs that differ in one knob differ in the numbers of their explanations,
//! and each number is found in that run's log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use scene::amount;
use scene::model::Model;
use scene::story::tell;
use scene::told::Piece;
use serde_json::{Value, json};
use tests::run::Run;
use tests::server::Server;
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::http1::Http1;
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

/// The moments of a log, and those until which the link held a set-up.
fn moments(entries: &[Entry]) -> BTreeSet<u64> {
    let mut moments: BTreeSet<u64> = entries.iter().map(|entry| entry.at_us.0).collect();
    for entry in entries {
        if let What::Note(note) = &entry.what
            && let trace::note::What::LinkSetup { held_us } = note.what
        {
            moments.insert(entry.at_us.plus(held_us).0);
        }
    }
    moments
}

/// Every way in which a number of the log can be read: as it stands, as a time between two of its
/// moments, as the size of a cited message, or as a part of that.
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
        let Kind::Http1(said) = &event.kind;
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
    let moments = moments(&model.entries);
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
            assert!(
                readings(&model, &from).contains(&text),
                "{text}, of {from:?}, is not in the log"
            );
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

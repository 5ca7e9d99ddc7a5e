//! Endpoints of webhooks: disabled when too much failed in a row, enabled again by hand; how many a run may
//! have; each with secrets of its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::callbacks::{
    Service, by_agent, dead, notes, outcomes, receiver, registered, status, verdicts,
};
use tests::run::Run;
use tests::server::{Answer, Server};
use tests::within;
use trace::entry::Entry;
use trace::note::What as Note;
use trace::webhook::{Dead, EndpointState, Outcome, Verdict};

const LIMIT: Duration = Duration::from_secs(20);

/// So many attempts that fail in a row disable an endpoint.
const DISABLED_AFTER: usize = 10;

/// How many endpoints a run may have.
const ENDPOINTS: usize = 50;

/// The states of endpoints, as they changed.
fn states(entries: &[Entry]) -> Vec<(EndpointState, u64)> {
    let state = |note: &Note| match note {
        Note::EndpointState { state, failures, .. } => Some((*state, *failures)),
        _ => None,
    };
    notes(entries).filter_map(state).collect()
}

/// Whether what changed last is that an endpoint is well.
fn is_well(entries: &[Entry]) -> bool {
    states(entries).last() == Some(&(EndpointState::Healthy, 0))
}

/// How many deliveries arrived.
fn arrived(entries: &[Entry]) -> usize {
    outcomes(entries).iter().filter(|outcome| **outcome == Outcome::Delivered).count()
}

/// How often the endpoints were disabled.
fn disabled(entries: &[Entry]) -> usize {
    states(entries).iter().filter(|(state, _)| *state == EndpointState::Disabled).count()
}

/// Holds that each delivery that was given up was tried as often as its note says.
fn assert_counted(entries: &[Entry]) {
    for note in notes(entries) {
        let Note::DeliveryDead { delivery: dead, attempts, .. } = note else { continue };
        let is_try =
            |it: &&Note| matches!(it, Note::DeliveryEnded { delivery, .. } if delivery == dead);
        assert_eq!(notes(entries).filter(is_try).count() as u64, *attempts, "{dead}");
    }
}

/// The only endpoint of a run, as its service lists it.
async fn listed(payments: &Service) -> Value {
    let (status, list) = payments.get("webhooks").await;
    let all = list.as_array().filter(|all| all.len() == 1);
    all.unwrap_or_else(|| panic!("{status}: one endpoint, and not {list}"))[0].clone()
}

/// The names on the dead-letter list.
async fn letters(payments: &Service) -> Vec<String> {
    let (_, list) = payments.get("dead").await;
    let all = list.as_array().expect("a list").iter();
    all.map(|letter| letter["id"].as_str().expect("a name").to_owned()).collect()
}

async fn pay(payments: &Service, times: usize) {
    for _ in 0..times {
        assert_eq!(payments.post("payments", json!({ "amount": 5 })).await.0, 202);
    }
}

/// What waits for an endpoint that is disabled is given up at once and kept; nothing more is sent until
/// somebody enables it, or a letter that is sent by hand arrives.
#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_endpoint_keeps_what_it_is_owed_and_can_be_enabled() {
    let (healed, came) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (heals, counted) = (Arc::clone(&healed), Arc::clone(&came));
    let to = receiver(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let well = heals.load(Ordering::SeqCst);
        status(if well { "204 No Content" } else { "500 Internal Server Error" })
    });
    let to = to.await;
    let server = Server::start(&["--callback-allow", &to.to_string()]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 50 });
    let run = Run::create(&server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    let (_, endpoint) = payments.post("webhooks", json!({ "url": format!("http://{to}/") })).await;
    let id = endpoint["id"].as_str().expect("its name");

    pay(&payments, 20).await;
    let log = run.wait_log(LIMIT, "all given up", |log| dead(log).len() == 20).await;
    assert!(dead(&log).iter().all(|(_, why)| *why == Dead::Disabled), "{:?}", dead(&log));
    assert_counted(&log);
    assert_eq!(states(&log).last(), Some(&(EndpointState::Disabled, DISABLED_AFTER as u64)));
    pay(&payments, 1).await;
    run.wait_log(LIMIT, "what is new is given up too", |log| dead(log).len() == 21).await;
    assert_eq!(letters(&payments).await.len(), 21);
    let now = listed(&payments).await;
    assert_eq!((&now["state"], &now["waiting"]), (&json!("disabled"), &json!(0)));
    assert_eq!(came.load(Ordering::SeqCst), DISABLED_AFTER, "nothing is sent any more");

    // By the route: what is owed from now on is sent.
    assert_eq!(payments.post("webhooks/nothing/enable", json!({})).await.0, 404);
    let enabled = payments.post(&format!("webhooks/{id}/enable"), json!({})).await;
    assert_eq!(enabled.0, 204, "{}", enabled.1);
    let now = listed(&payments).await;
    assert_eq!((&now["state"], &now["failures"]), (&json!("healthy"), &json!(0)));
    pay(&payments, 3).await;
    let log = run.wait_log(LIMIT, "disabled again", |log| dead(log).len() == 24).await;
    assert_eq!((disabled(&log), came.load(Ordering::SeqCst)), (2, 2 * DISABLED_AFTER));
    assert_counted(&log);

    // By the button, and it takes what it is told.
    run.press_with(json!({ "input": "enable" })).await;
    healed.store(true, Ordering::SeqCst);
    run.wait_log(LIMIT, "enabled", is_well).await;
    pay(&payments, 1).await;
    run.wait_log(LIMIT, "an arrival", |log| arrived(log) == 1).await;
    for letter in letters(&payments).await {
        let replayed = payments.post(&format!("dead/{letter}/replay"), json!({})).await;
        assert_eq!(replayed.0, 202, "{letter}: {}", replayed.1);
    }
    run.wait_log(LIMIT, "everything arrived", |log| arrived(log) == 25).await;
    assert_eq!(letters(&payments).await, Vec::<String>::new());
}

/// A letter that is sent by hand goes out also to who is disabled, and if it is taken all is well again.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_arrives_heals() {
    let server = Server::start(&[]).await;
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "retries": 0, "backoff_ms": 50, "site": "error",
    });
    let (run, payments, _) = registered(&server, knobs).await;
    pay(&payments, 12).await;
    let log = run.wait_log(LIMIT, "all given up", |log| dead(log).len() == 12).await;
    let whys = dead(&log);
    let of = |wanted: Dead| whys.iter().filter(|(_, why)| *why == wanted).count();
    // What fails for the tenth time in a row has no attempt left either.
    assert_eq!(of(Dead::Attempts) + of(Dead::Disabled), 12, "{whys:?}");
    assert!(of(Dead::Attempts) >= 9 && of(Dead::Disabled) >= 2, "{whys:?}");
    assert_counted(&log);
    let delivery = whys[0].0.clone();
    run.press_with(json!({ "input": "replay", "delivery": delivery })).await;
    let more = |log: &[Entry]| outcomes(log).len() == DISABLED_AFTER + 1;
    run.wait_log(LIMIT, "it is tried, in vain", more).await;
    let again = |log: &[Entry]| dead(log).len() == 13;
    run.wait_log(LIMIT, "it is given up again", again).await;
    assert_eq!(listed(&payments).await["state"], json!("disabled"));
    run.press_with(json!({ "input": "site", "behaviour": "up" })).await;
    run.press_with(json!({ "input": "replay", "delivery": delivery })).await;
    let log = run.wait_log(LIMIT, "it is well", is_well).await;
    assert_eq!(outcomes(&log).last(), Some(&Outcome::Delivered));
    assert_eq!(letters(&payments).await.len(), 11);
    pay(&payments, 1).await;
    run.wait_log(LIMIT, "the next one arrives by itself", |log| arrived(log) == 2).await;
}

/// The agent does not wait for what is not sent any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_agents_run_ends_when_its_endpoint_is_disabled() {
    let server = Server::start(&[]).await;
    let knobs = json!({
        "site": "error", "payments": 5, "retries": 8, "backoff_ms": 50, "bank_ms": 0, "link_ms": 0,
    });
    let entries = by_agent(&server, knobs, 7).await;
    assert_eq!(outcomes(&entries).len(), DISABLED_AFTER);
    let dead = dead(&entries);
    assert!(dead.iter().all(|(_, why)| *why == Dead::Disabled), "{dead:?}");
    let names: BTreeSet<&String> = dead.iter().map(|(delivery, _)| delivery).collect();
    assert_eq!((dead.len(), names.len()), (5, 5), "each is told once: {dead:?}");
    assert_counted(&entries);
}

/// The address of a run's callback, with a query of its own.
fn callback(run: &Run<'_>, number: usize) -> Value {
    json!({ "url": format!("{}/callback?merchant={number}", run.created.urls["site.com"]) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_fifty_endpoints_and_who_wants_more_comes_later() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "webhook", json!({ "link_ms": 0, "bank_ms": 0 })).await;
    let payments = Service::of(&run, "payments");
    let mut ids = Vec::new();
    for number in 0..ENDPOINTS {
        let (status, said) = payments.post("webhooks", callback(&run, number)).await;
        assert_eq!(status, 201, "{number}: {said}");
        ids.push(said["id"].as_str().expect("its name").to_owned());
    }
    let more = Some(callback(&run, ENDPOINTS));
    let full = payments.send(Method::POST, "webhooks", more.clone()).await.expect("an answer");
    assert_eq!(full.status().as_u16(), 503);
    let header = |name: &str| full.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("retry-after"), "10");
    assert_eq!(header("content-type"), "application/problem+json");
    // Each has a secret of its own, and site.com knows them all.
    pay(&payments, 1).await;
    let all = |log: &[Entry]| outcomes(log).len() == ENDPOINTS;
    let log = run.wait_log(LIMIT, "all are told", all).await;
    assert!(outcomes(&log).iter().all(|outcome| *outcome == Outcome::Delivered));
    assert_eq!(verdicts(&log), [Verdict::Good; ENDPOINTS]);

    let removed = payments.ask(Method::DELETE, &format!("webhooks/{}", ids[0]), None).await;
    assert_eq!(removed.0, 204, "{}", removed.1);
    let (status, said) = payments.ask(Method::POST, "webhooks", more).await;
    assert_eq!(status, 201, "there is room again: {said}");
    let bad = payments.post("webhooks", json!({ "url": "http://127.0.0.1:22/" })).await;
    assert_eq!(bad.0, 422, "{}", bad.1);
    for (path, status) in [("webhooks/none/rotate", 404), ("dead/none/replay", 404)] {
        let (found, said) = payments.post(path, json!({})).await;
        assert_eq!(found, status, "{path}: {said}");
    }
}

/// However often one endpoint's secret is rotated, the others' hold.
#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_has_its_own_secrets_whatever_its_query() {
    let server = Server::start(&[]).await;
    let (run, payments, _) = registered(&server, json!({ "link_ms": 0, "bank_ms": 0 })).await;
    let (status, other) = payments.post("webhooks", callback(&run, 1)).await;
    assert_eq!(status, 201, "{other}");
    let id = other["id"].as_str().expect("its name");
    for _ in 0..20 {
        let rotated = payments.post(&format!("webhooks/{id}/rotate"), json!({})).await;
        assert_eq!(rotated.0, 200, "{}", rotated.1);
    }
    pay(&payments, 1).await;
    let log = run.wait_log(LIMIT, "both are told", |log| outcomes(log).len() == 2).await;
    assert_eq!(outcomes(&log), [Outcome::Delivered, Outcome::Delivered]);
    assert_eq!(verdicts(&log), [Verdict::Good, Verdict::Good]);
}

/// A run with as many endpoints as it may have, for each of which something waits.
async fn filled(server: &Server) -> Run<'_> {
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 10_000, "site": "error",
    });
    let run = Run::create(server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    for number in 0..ENDPOINTS {
        let (status, said) = payments.post("webhooks", callback(&run, number)).await;
        assert_eq!(status, 201, "{number}: {said}");
    }
    pay(&payments, 1).await;
    let settled = async {
        while payments.get("payments").await.1["settled"] != json!(1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within(LIMIT, "its deliveries are kept", settled).await;
    run
}

/// Runs that are over leave nothing that would keep others out.
#[tokio::test(flavor = "multi_thread")]
async fn what_runs_leave_behind_makes_room() {
    let server = Server::start(&[]).await;
    let runs = join_all((0..20).map(|_| filled(&server))).await;
    let late = Run::create(&server, "webhook", json!({ "link_ms": 0, "bank_ms": 0 })).await;
    let payments = Service::of(&late, "payments");
    let (status, said) = payments.post("webhooks", callback(&late, 1)).await;
    assert_eq!(status, 503, "all places are taken: {said}");
    for run in runs {
        let deleted = Answer::to(server.ask(Method::DELETE, &run.api(""))).await;
        assert_eq!(deleted.status, 204, "{}", deleted.body);
    }
    let room = async {
        loop {
            match payments.post("webhooks", callback(&late, 1)).await {
                (201, _) => break,
                (status, said) => assert_eq!(status, 503, "{said}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    within(Duration::from_secs(5), "there is room", room).await;
    pay(&payments, 1).await;
    let log = late.wait_log(LIMIT, "it is told", |log| outcomes(log).len() == 1).await;
    assert_eq!(outcomes(&log), [Outcome::Delivered]);
}

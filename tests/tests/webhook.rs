//! The lab `webhook`: what a run with a seed does, what site.com makes of deliveries true and false, what PyPI's
//! `standardwebhooks` makes of them, and what a receiver that fails costs the others.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::callbacks::{
    Does, Received, Service, by_agent, notes, outcomes, receiver, registered, sent, verdicts,
};
use tests::client::python;
use tests::log::{assert_sound, conns, note, stream};
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;
use trace::entry::{Entry, What};
use trace::note::{PollRelease, What as Note};
use trace::span::Dir;
use trace::time::Micros;
use trace::webhook::{Outcome, Planned, Verdict};

const LIMIT: Duration = Duration::from_secs(40);

/// What happened to the deliveries, without what differs from run to run.
fn steps(entries: &[Entry]) -> Vec<String> {
    let step = |note: &Note| match note {
        Note::DeliveryPlanned { attempt, wait_us, why, .. } => {
            Some(format!("planned {attempt} {why:?} after {} us", wait_us.0))
        }
        Note::DeliverySent { attempt, payment, .. } => Some(format!("sent {attempt} of {payment}")),
        Note::DeliveryEnded { attempt, outcome, .. } => {
            Some(format!("ended {attempt} {outcome:?}"))
        }
        Note::DeliveryDead { attempts, .. } => Some(format!("dead after {attempts}")),
        _ => None,
    };
    notes(entries).filter_map(step).collect()
}

/// The waits before retries, each with the time that really passed until the delivery was sent.
fn waits(entries: &[Entry]) -> Vec<(Micros, Micros)> {
    let mut planned = None;
    let mut waits = Vec::new();
    for entry in entries {
        match note(entry) {
            Some(Note::DeliveryPlanned { wait_us, why: Planned::Retry, .. }) => {
                planned = Some((*wait_us, entry.at_us));
            }
            Some(Note::DeliverySent { .. }) => {
                let wait = planned.take().map(|(wait, from)| (wait, entry.at_us.since(from)));
                waits.extend(wait);
            }
            _ => {}
        }
    }
    waits
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_makes_the_same_steps_twice() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "fail_first": 2, "bank_ms": 100 });
    let one = by_agent(&server, knobs.clone(), 7).await;
    let other = by_agent(&server, knobs.clone(), 7).await;
    assert_eq!(steps(&one), steps(&other));
    let broken = Outcome::Refused { status: 500 };
    assert_eq!(outcomes(&one), [broken.clone(), broken, Outcome::Delivered]);
    let drawn = waits(&one);
    assert_eq!(drawn.len(), 2, "{drawn:?}");
    for (index, (wait, passed)) in drawn.iter().enumerate() {
        let whole = 500_000 << index;
        assert!((whole / 2..=whole * 3 / 2).contains(&wait.0), "{drawn:?}");
        let late = passed.0.saturating_sub(wait.0);
        assert!(passed.0 + 50_000 >= wait.0 && late < 400_000, "{drawn:?}");
    }
    let eighth = by_agent(&server, knobs, 8).await;
    let of = |drawn: Vec<(Micros, Micros)>| drawn.into_iter().map(|(wait, _)| wait);
    assert!(of(waits(&eighth)).zip(of(drawn)).all(|(one, other)| one != other));
    assert_eq!(outcomes(&eighth).len(), 3);
}

/// The payments by the names of their deliveries, without the run's.
fn payments(entries: &[Entry]) -> BTreeMap<String, String> {
    let sent = |note: &Note| match note {
        Note::DeliverySent { delivery, payment, .. } => Some((nameless(delivery), payment.clone())),
        _ => None,
    };
    notes(entries).filter_map(sent).collect()
}

/// A delivery's name without the run's: `1_3` of `msg_k4r9q9yf_1_3`.
fn nameless(delivery: &str) -> String {
    delivery.splitn(3, '_').nth(2).expect("it has three parts at least").to_owned()
}

/// The wait before each attempt that is none's first, by payment and attempt.
fn waits_of_payments(entries: &[Entry]) -> BTreeMap<(String, u64), u64> {
    let payments = payments(entries);
    let planned = |note: &Note| match note {
        Note::DeliveryPlanned { delivery, attempt, wait_us, why: Planned::Retry, .. } => {
            Some(((payments[&nameless(delivery)].clone(), *attempt), wait_us.0))
        }
        _ => None,
    };
    notes(entries).filter_map(planned).collect()
}

/// Which payment is settled first is a race; what each of them then waits is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_seed_draws_each_payments_waits_however_the_banks_race() {
    let server = Server::start(&[]).await;
    let knobs = |more: Value| {
        let mut knobs = json!({ "bank_ms": 0, "link_ms": 0, "backoff_ms": 50 });
        knobs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        knobs
    };
    // Nine failures: one more would disable the endpoint.
    let failing = knobs(json!({ "payments": 3, "site": "error", "retries": 2 }));
    let runs = join_all([7, 7, 7, 8].map(|seed| by_agent(&server, failing.clone(), seed))).await;
    let waits: Vec<_> = runs.iter().map(|entries| waits_of_payments(entries)).collect();
    assert!(waits.iter().all(|waits| waits.len() == 6), "{waits:?}");
    assert!(waits[0] == waits[1] && waits[0] == waits[2], "{waits:?}");
    for ((payment, attempt), wait) in &waits[0] {
        let same = waits[0].values().filter(|other| *other == wait).count();
        assert_eq!(same, 1, "each is drawn by itself: {waits:?}");
        assert_ne!(waits[3][&(payment.clone(), *attempt)], *wait, "seed 8 is another: {waits:?}");
    }

    let many = knobs(json!({ "payments": 12, "fail_first": 5, "retries": 6 }));
    let runs = join_all([7, 7, 7].map(|seed| by_agent(&server, many.clone(), seed))).await;
    let named: Vec<_> = runs.iter().map(|entries| payments(entries)).collect();
    assert_eq!(named[0].len(), 12);
    assert!(named[0] == named[1] && named[0] == named[2], "{named:?}");
    // Who fails is who comes first; what waits in both runs waits as long in both.
    let mut known = BTreeMap::new();
    for (which, wait) in runs.iter().flat_map(|entries| waits_of_payments(entries)) {
        assert_eq!(*known.entry(which.clone()).or_insert(wait), wait, "{which:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failures_make_four_deliveries() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "fail_first": 3, "backoff_ms": 50, "bank_ms": 0, "link_ms": 0 });
    let entries = by_agent(&server, knobs, 7).await;
    let outcomes = outcomes(&entries);
    assert_eq!((outcomes.len(), outcomes.last()), (4, Some(&Outcome::Delivered)));
}

/// The money's way, and who is told when: site.com first, and only then who asks there.
#[tokio::test(flavor = "multi_thread")]
async fn the_site_is_told_and_only_then_its_user() {
    let server = Server::start(&[]).await;
    let entries = by_agent(&server, json!({ "payments": 2 }), 1).await;
    let lanes: Vec<(&str, &str)> = conns(&entries)
        .into_iter()
        .map(|opened| (opened.client.id.as_str(), opened.server.id.as_str()))
        .collect();
    for (who, whom, times) in [
        ("agent", "payments", 1),
        ("payments", "bank1", 2),
        ("bank1", "bank2", 2),
        ("payments", "site.com", 2),
        ("agent", "site.com", 1),
    ] {
        let found = lanes.iter().filter(|lane| **lane == (who, whom)).count();
        assert_eq!(found, times, "{who} to {whom}: {lanes:?}");
    }
    let place = |like: &dyn Fn(&Note) -> bool| {
        entries.iter().position(|entry| note(entry).is_some_and(like)).expect("it is there")
    };
    let accepted = place(&|note| matches!(note, Note::PaymentAccepted { .. }));
    let settled = place(&|note| matches!(note, Note::PaymentSettled { .. }));
    let told = place(&|note| matches!(note, Note::DeliveryVerified { .. }));
    let woken = place(&|note| matches!(note, Note::PollReleased { by: PollRelease::Woken, .. }));
    assert!(accepted < settled && settled < told && told < woken);
    let moved = notes(&entries).filter(|note| matches!(note, Note::PaymentMoved { .. })).count();
    assert_eq!(moved, 4, "each of two payments from hand to hand twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_is_told_apart() {
    let server = Server::start(&[]).await;
    for (site, outcome) in [
        ("error", Outcome::Refused { status: 500 }),
        ("close", Outcome::Reset),
        ("bad_certificate", Outcome::BadCertificate),
    ] {
        for link_ms in [0, 20] {
            let knobs = json!({
                "site": site, "retries": 1, "backoff_ms": 50, "bank_ms": 0, "link_ms": link_ms,
            });
            let entries = by_agent(&server, knobs, 3).await;
            assert_eq!(outcomes(&entries), [outcome.clone(), outcome.clone()], "{site}");
            let dead = |note: &&Note| matches!(note, Note::DeliveryDead { attempts: 2, .. });
            assert_eq!(notes(&entries).filter(dead).count(), 1, "{site}");
            let called = conns(&entries).into_iter().filter(|opened| {
                (opened.client.id.as_str(), opened.server.id.as_str()) == ("payments", "site.com")
            });
            assert_eq!(called.count(), 2, "{site}: each attempt is heard");
        }
    }
}

/// It has taken what it answered too late: the second delivery is known to it by its id.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_too_late_comes_again_and_is_recognised() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "site": "slow", "timeout_ms": 400, "bank_ms": 0, "backoff_ms": 100 });
    let entries = by_agent(&server, knobs, 3).await;
    assert_eq!(outcomes(&entries), [Outcome::TimedOut, Outcome::Delivered]);
    assert_eq!(verdicts(&entries), [Verdict::Good, Verdict::Duplicate]);
    let knobs = json!({ "duplicate": true, "bank_ms": 0, "backoff_ms": 100, "link_ms": 0 });
    let entries = by_agent(&server, knobs, 3).await;
    assert_eq!(outcomes(&entries), [Outcome::Delivered, Outcome::Delivered]);
    assert_eq!(verdicts(&entries), [Verdict::Good, Verdict::Duplicate]);
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_refused_and_seen_why() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0 });
    let (run, payments, _) = registered(&server, knobs).await;
    let early = server.ask(Method::POST, &run.api("/inputs"));
    let early = early.json(&json!({ "input": "attack", "kind": "altered" }));
    tests::server::Answer::to(early).await.assert_refused(409, "overheard", "before any delivery");
    assert_eq!(payments.post("payments", json!({ "amount": 5 })).await.0, 202);
    run.wait_log(LIMIT, "a delivery", |log| outcomes(log) == [Outcome::Delivered]).await;
    for (index, (kind, verdict)) in (1..).zip([
        ("altered", Verdict::BadSignature),
        ("old", Verdict::TooOld),
        ("replayed", Verdict::Duplicate),
        ("unsigned", Verdict::NoSignature),
    ]) {
        run.press_with(json!({ "input": "attack", "kind": kind })).await;
        let log = run.wait_log(LIMIT, kind, |log| verdicts(log).len() > index).await;
        assert_eq!(verdicts(&log)[index], verdict, "{kind}");
    }
    let (_, entries) = run.settled().await;
    assert_sound(&entries);
    let by = conns(&entries).into_iter().filter(|opened| opened.client.id == "attacker");
    let answers: Vec<String> = by
        .map(|opened| {
            let said = stream(&entries, opened.conn, Dir::ToClient);
            String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned()
        })
        .collect();
    let wanted = ["401 Unauthorized", "401 Unauthorized", "200 OK", "401 Unauthorized"];
    assert_eq!(answers, wanted.map(|status| format!("HTTP/1.1 {status}")));
}

/// What PyPI's `standardwebhooks` makes of deliveries.
async fn judged(secret: &Value, deliveries: &[(&Received, String)]) -> Vec<bool> {
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let of = |received: &Received| -> serde_json::Map<String, Value> {
        let value = |name: &str| json!(received.header(name).expect("a header"));
        headers.into_iter().map(|name| (name.to_owned(), value(name))).collect()
    };
    let deliveries: Vec<Value> = deliveries
        .iter()
        .map(|(received, body)| json!({ "headers": of(received), "body": body }))
        .collect();
    let asked = json!({ "secret": secret, "deliveries": deliveries }).to_string();
    let mut judge = python("webhooks.py");
    let judge = judge.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut judge = judge.spawn().expect("Python starts");
    let mut stdin = judge.stdin.take().expect("its input is ours");
    stdin.write_all(asked.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = within(LIMIT, "its verdict", judge.wait_with_output()).await;
    let output = output.expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    let verdict = |line: &str| -> Value { serde_json::from_str(line).expect("JSON") };
    text.lines().map(|line| verdict(line)["good"] == json!(true)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_verifies_what_we_send_and_refuses_what_is_altered() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0 });
    let (run, payments, endpoint) = registered(&server, knobs).await;
    let (id, first) = (endpoint["id"].as_str().expect("its name"), &endpoint["secret"]);
    assert!(first.as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{endpoint}");
    payments.post("payments", json!({ "amount": 5 })).await;
    run.wait_log(LIMIT, "a delivery", |log| outcomes(log).len() == 1).await;
    let (status, rotated) = payments.post(&format!("webhooks/{id}/rotate"), json!({})).await;
    assert_eq!(status, 200, "{rotated}");
    payments.post("payments", json!({ "amount": 6 })).await;
    run.wait_log(LIMIT, "another", |log| outcomes(log).len() == 2).await;

    let (_, entries) = run.settled().await;
    assert_eq!(verdicts(&entries), [Verdict::Good, Verdict::Good]);
    let sent = sent(&entries);
    let [before, after] = &sent[..] else { panic!("two deliveries: {sent:?}") };
    let body = |received: &Received| String::from_utf8(received.body.clone()).expect("text");
    let altered = body(before).replace("5", "5000");
    assert_ne!(altered, body(before));
    let all = [(before, body(before)), (before, altered), (after, body(after))];
    assert_eq!(judged(first, &all).await, [true, false, true], "the old secret still fits");
    let newest = judged(&rotated["secret"], &all).await;
    assert_eq!(newest, [false, false, true], "and so does the new one, from then on");
    let signatures = after.header("webhook-signature").expect("signatures");
    assert_eq!(signatures.split(' ').filter(|it| it.starts_with("v1,")).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_replayed_by_hand() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 0, "site": "error" });
    let (run, payments, _) = registered(&server, knobs).await;
    payments.post("payments", json!({ "amount": 5 })).await;
    let dead = |note: &Note| match note {
        Note::DeliveryDead { delivery, .. } => Some(delivery.clone()),
        _ => None,
    };
    let log =
        run.wait_log(LIMIT, "a dead one", |log| notes(log).any(|it| dead(it).is_some())).await;
    let delivery = notes(&log).find_map(dead).expect("it is told");
    let (_, list) = payments.get("dead").await;
    assert!(list.to_string().contains(&delivery), "{list}");
    run.press_with(json!({ "input": "site", "behaviour": "up" })).await;
    run.press_with(json!({ "input": "replay", "delivery": delivery })).await;
    let log = run.wait_log(LIMIT, "its arrival", |log| outcomes(log).len() == 2).await;
    assert_eq!(outcomes(&log)[1], Outcome::Delivered);
    let replayed =
        |note: &&Note| matches!(note, Note::DeliveryPlanned { why: Planned::Replay, .. });
    assert_eq!(notes(&log).filter(replayed).count(), 1);
    let (_, list) = payments.get("dead").await;
    assert!(!list.to_string().contains(&delivery), "{list}");
    assert_eq!(payments.get("orders/none").await.0, 404);
}

/// One that never answers holds its own deliveries up, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_never_answers_delays_no_other() {
    let silent = receiver(|_| Does::Nothing).await;
    let server = Server::start(&["--callback-allow", &silent.to_string()]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "timeout_ms": 10_000 });
    let run = Run::create(&server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    let url = format!("http://{silent}/");
    assert_eq!(payments.post("webhooks", json!({ "url": url })).await.0, 201);
    let url = format!("{}/callback", run.created.urls["site.com"]);
    assert_eq!(payments.post("webhooks", json!({ "url": url })).await.0, 201);
    let began = Instant::now();
    for amount in 1..=20 {
        assert_eq!(payments.post("payments", json!({ "amount": amount })).await.0, 202);
    }
    let all = |log: &[Entry]| verdicts(log).len() == 20;
    let log = run.wait_log(Duration::from_secs(6), "all at site.com", all).await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert!(outcomes(&log).iter().all(|outcome| *outcome == Outcome::Delivered));
    let waiting = log.iter().filter(|entry| {
        matches!(note(entry), Some(Note::DeliveryPlanned { why: Planned::First, .. }))
    });
    assert_eq!(waiting.count(), 40, "as many are owed to who never answers");
    assert!(log.iter().all(|entry| !matches!(&entry.what, What::Lost(_))));
}

//! Callbacks: deliveries with their attempts, the waits between them, and how they stand.

use std::collections::BTreeSet;

use trace::entry::{Chunk, Entry, What};
use trace::ids::{ConnId, Seq};
use trace::log::Header;
use trace::note::{self, Act, Release};
use trace::span::Dir;
use trace::time::Micros;
use trace::webhook::{Dead, EndpointState, Outcome, Planned, Verdict};
use wire::conn::Conn;

use crate::lab_log::{Log, header};
use crate::lab_tests::{drawn, holds, labels};
use crate::look::Look;
use crate::model::Model;
use crate::shape::{Kind, Tone, Wait};
use crate::standing;
use crate::standing::webhook::{Stage, Webhooks};
use crate::step::{Step, StepKind};
use crate::story::tell;

pub const MILLI: u64 = 1_000;

/// The delivery of all attempts.
const DELIVERY: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";

pub fn named(id: &str) -> String {
    id.to_owned()
}

/// An exchange on a connection of its own.
pub fn exchange(log: &mut Log, conn: u64, ends: [&str; 2], said: [(u64, &str); 2]) {
    log.open(said[0].0 - 100, conn, ends[0], ends[1]);
    let mut decoder = Conn::http1(ConnId(conn));
    for (dir, (at, text)) in [Dir::ToServer, Dir::ToClient].into_iter().zip(said) {
        let bytes = text.as_bytes().to_vec();
        let mut events = Vec::new();
        decoder.feed(dir, &bytes, &mut events);
        log.add(at, What::Chunk(Chunk { conn: ConnId(conn), dir, offset: 0, bytes }));
        events.into_iter().for_each(|event| log.add(at, What::Event(event)));
    }
}

pub fn answer(status: u16) -> String {
    format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n")
}

/// An attempt, on a connection that is named after it, which takes two milliseconds.
fn attempt(log: &mut Log, at: u64, number: u64, status: u16) {
    let (delivery, payment) = (named(DELIVERY), named("pay_1"));
    log.note(at, None, note::What::DeliverySent { delivery, attempt: number, payment });
    let asks = format!(
        "POST /r/abc/callback HTTP/1.1\r\nHost: a\r\nWebhook-Id: {DELIVERY}\r\n\
         Webhook-Timestamp: 1674087231\r\nWebhook-Signature: v1,abc=\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let answer = answer(status);
    let said = [(at + 500, asks.as_str()), (at + 2 * MILLI, answer.as_str())];
    exchange(log, 10 + number, ["payments", "site.com"], said);
    let (delivery, service) = (named(DELIVERY), named("site.com"));
    let good = note::What::DeliveryVerified { delivery, verdict: Verdict::Good, service };
    log.note(at + MILLI, Some(10 + number), good);
    let outcome = match status {
        200 => Outcome::Delivered,
        status => Outcome::Refused { status },
    };
    let took_us = Micros(2 * MILLI);
    let ended =
        note::What::DeliveryEnded { delivery: named(DELIVERY), attempt: number, outcome, took_us };
    log.note(at + 3 * MILLI, None, ended);
}

fn planned(log: &mut Log, at: u64, number: u64, wait: u64) {
    let why = if number == 1 { Planned::First } else { Planned::Retry };
    let what = note::What::DeliveryPlanned {
        delivery: named(DELIVERY),
        endpoint: named("ep_1"),
        attempt: number,
        due_us: Micros(at + wait),
        wait_us: Micros(wait),
        why,
    };
    log.note(at, None, what);
}

pub fn does(log: &mut Log, at: u64, state: EndpointState, failures: u64) {
    let endpoint = named("ep_1");
    log.note(at, None, note::What::EndpointState { endpoint, state, failures });
}

/// A payment that takes Bank 1 400 ms, and of which site.com is told at the third attempt.
pub fn paid() -> (Header, Log) {
    let mut log = Log::default();
    let (endpoint, url) = (named("ep_1"), named("http://127.0.0.1:1/r/abc/callback"));
    let service = named("payments");
    log.note(MILLI, None, note::What::EndpointRegistered { endpoint, url, service });
    let pays = "POST /r/abc/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let taken = answer(202);
    let said = [(10 * MILLI, pays), (12 * MILLI, taken.as_str())];
    exchange(&mut log, 1, ["browser", "payments"], said);
    let payment = named("pay_1");
    log.note(11 * MILLI, Some(1), note::What::PaymentAccepted { payment, amount: 4_200 });
    let moves = "POST /r/abc/transfers HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let done = answer(200);
    let said = [(20 * MILLI, moves), (420 * MILLI, done.as_str())];
    exchange(&mut log, 2, ["payments", "bank1"], said);
    let (payment, took_us) = (named("pay_1"), Micros(400 * MILLI));
    let (from, to) = (named("payments"), named("bank1"));
    log.note(421 * MILLI, None, note::What::PaymentMoved { payment, from, to, took_us });
    log.note(422 * MILLI, None, note::What::PaymentSettled { payment: named("pay_1") });
    planned(&mut log, 500 * MILLI, 1, 0);
    attempt(&mut log, 501 * MILLI, 1, 500);
    does(&mut log, 505 * MILLI, EndpointState::Failing, 1);
    planned(&mut log, 510 * MILLI, 2, 700 * MILLI);
    attempt(&mut log, 1_211 * MILLI, 2, 500);
    does(&mut log, 1_215 * MILLI, EndpointState::Failing, 2);
    planned(&mut log, 1_220 * MILLI, 3, 1_300 * MILLI);
    attempt(&mut log, 2_521 * MILLI, 3, 200);
    does(&mut log, 2_526 * MILLI, EndpointState::Healthy, 0);
    let mut header = header("webhook", &["browser", "payments", "bank1", "site.com"]);
    header.params.insert("backoff_ms".to_owned(), 500.into());
    (header, log)
}

pub fn stories(model: &Model) -> Vec<String> {
    model.steps.iter().map(|step| tell(model, step).text()).collect()
}

pub fn is_backoff(step: &Step) -> bool {
    matches!(step.what, StepKind::Backoff { .. })
}

#[test]
fn attempts_are_numbered_and_waits_are_measured() {
    let (header, log) = paid();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let (_, picture) = drawn(&model, &Look::default());
    let labels: Vec<String> = labels(&picture).into_iter().map(|(_, text)| text).collect();
    for number in 1..=3 {
        let label = format!("attempt {number} · POST …/callback HTTP/1.1");
        assert_eq!(labels.iter().filter(|text| **text == label).count(), 1, "{labels:?}");
    }
    let waits = picture.shapes.iter().filter_map(|shape| match &shape.kind {
        Kind::Wait { wait: Wait::Backoff, text, .. } => Some(text.as_str()),
        _ => None,
    });
    let waits: Vec<&str> = waits.collect();
    let expected = ["Backed off 701 ms before attempt 2", "Backed off 1.30 s before attempt 3"];
    assert_eq!(waits, expected);
    let remarks = picture.shapes.iter().filter_map(|shape| match &shape.kind {
        Kind::Note { text, tone, .. } => Some((text.as_str(), *tone)),
        _ => None,
    });
    let remarks: Vec<(&str, Tone)> = remarks.collect();
    for remark in [
        ("700 ms were planned", Tone::Plain),
        ("Bank 1 kept pay_1 for 400 ms", Tone::Plain),
        ("attempt 2 refused with 500, 2.0 ms", Tone::Fault),
        ("attempt 3 delivered, 2.0 ms", Tone::Plain),
        ("endpoint failing: 2 attempts in a row failed", Tone::Fault),
        ("signature fits, id is new", Tone::Plain),
    ] {
        assert!(remarks.contains(&remark), "{remark:?} in {remarks:?}");
    }
    let lane = picture.lanes.iter().find(|lane| lane.name == "site.com").unwrap().x;
    let judged = picture.shapes.iter().find_map(|shape| match &shape.kind {
        Kind::Note { at, text, .. } if text == "signature fits, id is new" => Some(at.0),
        _ => None,
    });
    assert!((judged.unwrap() - lane - 14.0).abs() < 0.01, "at the lane of who judges");
}

#[test]
fn a_back_off_says_how_it_came_about() {
    let (header, log) = paid();
    let model = Model::of(header, log.entries);
    let backoff = model.steps.iter().find(|step| is_backoff(step)).unwrap();
    let story = tell(&model, backoff);
    let head = (story.title.as_str(), story.between.as_str());
    assert_eq!(head, ("Back-off before attempt 2", "Payment service"));
    let said = story.text();
    for words in [
        "Payment service waited 701 ms before attempt 2; 700 ms were planned.",
        "The first wait is 500 ms here and doubles with each attempt, so this one is 500 ms",
        "by the schedule of Standard Webhooks, it would be 5 s.",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let told = stories(&model);
    for words in [
        "This is attempt 3 at delivery msg …pPJ85f4W. webhook-id names the delivery",
        "The payment was done 411 ms after it had been accepted.",
        "The answer was 500, and anything but 2xx counts as not delivered.",
        "Bank 1 has done its part.",
        "reckoned the signature again",
        "Bank 1 had payment pay_1 from Payment service, and kept it for 400 ms",
        "The id is new to it. It did not take it in all the same: its answer was 500",
        "The id is new to it. It took it in: its answer was 200.",
        "2 attempts in a row at this endpoint have failed.",
    ] {
        assert!(told.iter().any(|story| story.contains(words)), "{words} in {told:?}");
    }
    assert!(told.iter().all(|story| !story.contains('$')));
}

#[test]
fn how_deliveries_stand_is_told_at_each_step() {
    let (header, log) = paid();
    let model = Model::of(header, log.entries);
    let step = model.steps.iter().position(is_backoff).unwrap();
    let told = standing::at(&model, step).webhooks;
    let due = Stage::Due { attempt: 2, at: Micros(1_210 * MILLI) };
    assert_eq!((told.deliveries[0].stage, told.deliveries[0].attempts), (due, 1));
    assert_eq!(told.next("ep_1").map(|(_, attempt, _)| attempt), Some(2));
    assert_eq!(told.endpoints[0].said(), "endpoint failing: 1 attempt failed");
    assert!(!told.at_rest());
    let told = Webhooks::now(&model);
    assert!(told.at_rest() && told.dead().next().is_none());
    assert_eq!(told.deliveries[0].stage, Stage::Delivered);
    let waits: Vec<u64> =
        told.deliveries[0].waits.iter().filter_map(|wait| Some(wait.took?.0)).collect();
    assert_eq!(waits, [MILLI, 701 * MILLI, 1_301 * MILLI]);
    assert_eq!((told.endpoints[0].state, told.payments[0].amount), (EndpointState::Healthy, 4_200));
    assert_eq!(told.payments[0].at.as_deref(), Some("Bank 1"));
    assert_eq!(told.verdicts[&Verdict::Good].len(), 3);
}

#[test]
fn what_was_given_up_can_be_sent_again() {
    let (header, mut log) = paid();
    let why = Dead::Attempts;
    let dead = note::What::DeliveryDead { delivery: named(DELIVERY), attempts: 3, why };
    log.note(3_000 * MILLI, None, dead);
    let told = Webhooks::now(&Model::of(header.clone(), log.entries.clone()));
    assert_eq!(told.dead().map(|it| it.attempts).collect::<Vec<u64>>(), [3]);
    let again = note::What::DeliveryPlanned {
        delivery: named(DELIVERY),
        endpoint: named("ep_1"),
        attempt: 4,
        due_us: Micros(4_000 * MILLI),
        wait_us: Micros(0),
        why: Planned::Replay,
    };
    log.note(4_000 * MILLI, None, again);
    let model = Model::of(header, log.entries);
    assert!(Webhooks::now(&model).dead().next().is_none());
    assert_eq!(model.steps.iter().filter(|step| is_backoff(step)).count(), 2, "it is due at once");
    assert!(stories(&model).iter().any(|story| story.contains("by hand")));
}

#[test]
fn why_a_delivery_was_given_up_is_told() {
    for (why, attempts, said) in [
        (Dead::Attempts, 3, "After 3 attempts"),
        (Dead::Disabled, 0, "before it was tried: the endpoint is disabled"),
        (Dead::Disabled, 1, "after 1 attempt: the endpoint is disabled"),
        (Dead::RunOver, 1, "The run ended"),
        (Dead::Removed, 1, "The endpoint was removed"),
    ] {
        let (header, mut log) = paid();
        let dead = note::What::DeliveryDead { delivery: named(DELIVERY), attempts, why };
        log.note(3_000 * MILLI, None, dead);
        let model = Model::of(header, log.entries);
        assert!(stories(&model).iter().any(|story| story.contains(said)), "{said}");
        assert!(Webhooks::now(&model).dead().next().is_some(), "{said}");
    }
}

#[test]
fn a_delivery_waits_at_the_gate_before_there_is_a_connection() {
    let (header, mut log) = paid();
    let (act, limit_us) = (Act::Deliver, Micros(60_000 * MILLI));
    log.note(3_000 * MILLI, None, note::What::GateHeld { gate: 1, act, limit_us });
    let model = Model::of(header.clone(), log.entries.clone());
    let step = model.steps.last().unwrap();
    assert_eq!(step.what, StepKind::Gate { released: None });
    assert_eq!(tell(&model, step).between, "Payment service");
    let by = Release::Next;
    log.note(3_500 * MILLI, None, note::What::GateReleased { gate: 1, act, by });
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    assert!(model.steps.last().unwrap().wait().is_some());
}

#[test]
fn who_sends_a_copy_makes_no_attempt() {
    let (header, mut log) = paid();
    let copy =
        format!("POST /r/abc/callback HTTP/1.1\r\nHost: a\r\nWebhook-Id: {DELIVERY}\r\n\r\n");
    let refused = answer(400);
    let said = [(3_000 * MILLI, copy.as_str()), (3_001 * MILLI, refused.as_str())];
    exchange(&mut log, 20, ["service", "site.com"], said);
    let model = Model::of(header, log.entries);
    let labels = labels(&drawn(&model, &Look::default()).1);
    assert_eq!(labels.iter().filter(|(_, text)| text.contains("attempt")).count(), 3);
    assert!(stories(&model).iter().any(|story| story.contains("somebody else sends")));
}

#[test]
fn each_mark_of_a_callback_is_an_entry_and_goes_with_it() {
    let (header, log) = paid();
    let seqs = |entries: Vec<Entry>| -> BTreeSet<Seq> {
        let model = Model::of(header.clone(), entries);
        let (_, picture) = drawn(&model, &Look { folded: false, ..Look::default() });
        picture.shapes.iter().map(|shape| shape.seq).collect()
    };
    let all = seqs(log.entries.clone());
    for removed in &log.entries {
        let rest = log.entries.iter().filter(|entry| entry.seq != removed.seq).cloned();
        let mut expected = all.clone();
        expected.remove(&removed.seq);
        assert_eq!(seqs(rest.collect()), expected, "without {removed:?}");
    }
}

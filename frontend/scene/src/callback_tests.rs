//! Callbacks at their edges: what waits for its turn, what is sent twice, what is given up, and who says what
//! of it.

use trace::log::Header;
use trace::note;
use trace::time::Micros;
use trace::webhook::{Dead, EndpointState, Outcome, Planned, Verdict};

use crate::lab_log::{Log, header};
use crate::lab_tests::{drawn, holds, labels};
use crate::ladder::{View, WHOLE, picture};
use crate::look::Look;
use crate::model::Model;
use crate::shape::{Kind, Wait};
use crate::standing::webhook::{Stage, Webhooks};
use crate::story::tell;
use crate::told::Piece;
use crate::webhook_tests::{MILLI, answer, does, exchange, is_backoff, named, paid, stories};
use crate::words::webhook::id;

fn plan(log: &mut Log, at: u64, (delivery, attempt): (&str, u64), wait: u64, why: Planned) {
    let (delivery, endpoint) = (named(delivery), named("ep_1"));
    let (due_us, wait_us) = (Micros(at + wait), Micros(wait));
    log.note(
        at,
        None,
        note::What::DeliveryPlanned { delivery, endpoint, attempt, due_us, wait_us, why },
    );
}

/// An attempt from its beginning to its end.
fn tried(
    log: &mut Log,
    (from, to): (u64, u64),
    (delivery, attempt): (&str, u64),
    outcome: Outcome,
) {
    let payment = named("pay_1");
    log.note(from, None, note::What::DeliverySent { delivery: named(delivery), attempt, payment });
    let (delivery, took_us) = (named(delivery), Micros(to - from));
    log.note(to, None, note::What::DeliveryEnded { delivery, attempt, outcome, took_us });
}

fn webhook() -> Header {
    header("webhook", &["browser", "payments", "bank1", "site.com"])
}

/// The waits that are drawn, and how.
fn waits(model: &Model) -> Vec<(Wait, String)> {
    let (_, picture) = drawn(model, &Look::default());
    let wait = |kind: &Kind| match kind {
        Kind::Wait { wait, text, .. } => Some((*wait, text.clone())),
        _ => None,
    };
    picture.shapes.iter().filter_map(|shape| wait(&shape.kind)).collect()
}

/// The story of the last wait, each of whose numbers names its entries.
fn last_wait(model: &Model) -> String {
    let step = model.steps.iter().rfind(|step| is_backoff(step)).unwrap();
    let story = tell(model, step);
    for piece in &story.pieces {
        if let Piece::Number { text, from } = piece {
            let there = |seq: &trace::ids::Seq| seq.0 == 0 || model.entry(*seq).is_some();
            assert!(!from.is_empty() && from.iter().all(there), "{text} in {story:?}");
        }
    }
    story.text()
}

/// Three deliveries are due at once, and the endpoint takes a second for each.
fn crowded() -> (Header, Log) {
    let mut log = Log::default();
    for delivery in ["msg_a_1_1", "msg_a_1_2", "msg_a_1_3"] {
        plan(&mut log, MILLI, (delivery, 1), 0, Planned::First);
    }
    for (second, delivery) in (0..).zip(["msg_a_1_1", "msg_a_1_2", "msg_a_1_3"]) {
        let from = (second * 1_000 + 2) * MILLI;
        tried(&mut log, (from, from + 999 * MILLI), (delivery, 1), Outcome::Delivered);
    }
    (webhook(), log)
}

#[test]
fn what_waits_for_its_turn_says_what_came_first() {
    let (header, log) = crowded();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let expected = ["1.00 s", "2.00 s"]
        .map(|took| (Wait::Hold, format!("Waited {took} for its turn: attempt 1")));
    assert_eq!(waits(&model), expected);
    let said = last_wait(&model);
    for words in [
        "The delivery was due at once, and attempt 1 went out 2.00 s later.",
        "2.00 s later than planned: 2 attempts at other deliveries came first",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
}

#[test]
fn a_retry_behind_others_says_so() {
    let mut log = Log::default();
    plan(&mut log, MILLI, ("msg_a_1_1", 2), 600 * MILLI, Planned::Retry);
    plan(&mut log, 2 * MILLI, ("msg_a_1_2", 1), 0, Planned::First);
    tried(&mut log, (3 * MILLI, 2_001 * MILLI), ("msg_a_1_2", 1), Outcome::TimedOut);
    tried(&mut log, (2_001 * MILLI, 2_003 * MILLI), ("msg_a_1_1", 2), Outcome::Delivered);
    let model = Model::of(webhook(), log.entries);
    let said = last_wait(&model);
    for words in [
        "waited 2.00 s before attempt 2; 600 ms were planned.",
        "That is 1.40 s later than planned: 1 attempt at another delivery came first",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
}

#[test]
fn what_has_arrived_and_is_sent_twice_is_no_trouble() {
    let mut log = Log::default();
    plan(&mut log, MILLI, ("msg_a_1_1", 1), 0, Planned::First);
    tried(&mut log, (2 * MILLI, 3 * MILLI), ("msg_a_1_1", 1), Outcome::Delivered);
    plan(&mut log, 4 * MILLI, ("msg_a_1_1", 2), 699 * MILLI, Planned::Twice);
    tried(&mut log, (703 * MILLI, 704 * MILLI), ("msg_a_1_1", 2), Outcome::Delivered);
    let header = webhook();
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    assert_eq!(waits(&model), [(Wait::Hold, "Sent once more 699 ms later: attempt 2".to_owned())]);
    let said = last_wait(&model);
    assert!(said.contains("had arrived") && !said.contains("trouble"), "{said}");
    let told = stories(&model);
    let of = |words: &str| told.iter().filter(|story| story.contains(words)).count();
    assert_eq!((of("to be sent once more"), of("struck off the list")), (1, 1), "{told:?}");
}

#[test]
fn what_is_given_up_waits_no_more() {
    let (header, mut log) = paid();
    plan(&mut log, 3_000 * MILLI, ("msg_a_1_2", 2), 900 * MILLI, Planned::Retry);
    let view = View { now: Some(Micros(3_400 * MILLI)), ..WHOLE };
    let pending = |model: &Model| {
        let columns = crate::columns::Columns::of(model, &Look::default().lanes, 900.0);
        let rows = crate::rows::Rows::of(model, &Look::default(), &columns);
        let shapes = picture(model, &rows, &columns, view).shapes;
        shapes.into_iter().any(|shape| match shape.kind {
            Kind::Wait { text, .. } => text == "0.400 s of 900 ms until attempt 2",
            _ => false,
        })
    };
    assert!(pending(&Model::of(header.clone(), log.entries.clone())), "it counts up");
    does(&mut log, 3_500 * MILLI, EndpointState::Disabled, 10);
    let told = Webhooks::now(&Model::of(header.clone(), log.entries.clone()));
    assert_eq!(told.deliveries[1].stage, Stage::Halted);
    assert!(told.next("ep_1").is_none() && !told.pends() && told.at_rest());
    let (delivery, why) = (named("msg_a_1_2"), Dead::Disabled);
    let dead = note::What::DeliveryDead { delivery, attempts: 1, why };
    log.note(3_501 * MILLI, None, dead);
    holds(&header, &log.entries);
    let model = Model::of(header, log.entries);
    let last = waits(&model).pop().unwrap();
    assert_eq!(last, (Wait::Backoff, "Backed off 501 ms, then given up".to_owned()));
    assert!(last_wait(&model).contains("had waited 501 ms of the 900 ms before attempt 2"));
    assert!(!pending(&model));
    assert_eq!(Webhooks::now(&model).dead().count(), 1);
}

#[test]
fn what_is_asked_for_by_hand_goes_out_to_a_disabled_endpoint() {
    let mut log = Log::default();
    let (endpoint, url, service) = (named("ep_1"), named("http://a/"), named("payments"));
    log.note(MILLI, None, note::What::EndpointRegistered { endpoint, url, service });
    does(&mut log, 2 * MILLI, EndpointState::Disabled, 10);
    plan(&mut log, 3 * MILLI, ("msg_a_1_1", 1), 0, Planned::First);
    plan(&mut log, 4 * MILLI, ("msg_a_1_2", 9), 0, Planned::Replay);
    let told = Webhooks::now(&Model::of(webhook(), log.entries));
    assert_eq!(told.deliveries[0].stage, Stage::Halted);
    assert!(told.pends() && !told.at_rest());
    assert_eq!(told.next("ep_1").map(|(_, attempt, _)| attempt), Some(9));
    assert_eq!(told.endpoints[0].said(), "endpoint disabled after 10 failed attempts in a row");
}

#[test]
fn names_are_told_apart_by_their_ends() {
    assert_eq!(id("msg_rhbzu6hj2kaa_1_2"), "msg …_1_2");
    assert_eq!(id("ep_rhbzu6hj2kaa_1"), "ep …_1");
    assert_eq!((id("pay_1"), id("pay_rhbzu6hj2kaa")), (named("pay_1"), named("pay …u6hj2kaa")));
    assert_eq!(id("a name without any end"), "a n… … any end");
    let (_, log) = crowded();
    let model = Model::of(webhook(), log.entries);
    let titles = model.steps.iter().map(|step| tell(&model, step).title);
    assert!(titles.clone().any(|title| title == "Delivery msg_a_1_1 is due at once"));
    assert!(titles.clone().all(|title| !title.contains("Msg")), "a name is never written anew");
}

#[test]
fn who_asks_is_called_by_name() {
    let (header, mut log) = paid();
    let taken = answer(202);
    let ask = |method: &str, path: &str, headers: &str| {
        format!("{method} /r/abc/{path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")
    };
    let asks = [
        ("payments", ask("POST", "webhooks/ep_1/rotate", "")),
        ("payments", ask("POST", "dead/msg_1/replay", "")),
        ("payments", ask("POST", "webhooks/ep_1/enable", "")),
        ("site.com", ask("GET", "orders/pay_1", "")),
        ("site.com", ask("POST", "callback", "Webhook-Id: msg_1\r\nWebhook-Timestamp: 1\r\n")),
    ];
    for ((conn, at), (server, asks)) in (30..).zip((4_000..).step_by(10)).zip(&asks) {
        let said = [(at * MILLI, asks.as_str()), ((at + 2) * MILLI, taken.as_str())];
        exchange(&mut log, conn, ["service", *server], said);
    }
    let told = stories(&Model::of(header, log.entries));
    for words in [
        "Another service asks the payment service, as any client does.",
        "Another service asks Payment service for a new secret.",
        "Another service asks Payment service to take a delivery off the dead-letter list",
        "Another service says that the endpoint may be called again",
        "Another service asks site.com what became of the payment.",
        "Another service asks site.com about the order, and is told what is known there by now.",
        "It has no webhook-signature.",
    ] {
        assert!(told.iter().any(|story| story.contains(words)), "{words} in {told:?}");
    }
}

#[test]
fn what_was_signed_too_long_ago_says_nothing_of_its_signature() {
    let mut log = Log::default();
    for (conn, verdict, status) in [(1, Verdict::TooOld, 401), (2, Verdict::Duplicate, 200)] {
        let at = conn * 100 * MILLI;
        let asks = "POST /r/abc/callback HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = answer(status);
        let said = [(at, asks), (at + 2 * MILLI, answer.as_str())];
        exchange(&mut log, conn, ["service", "site.com"], said);
        let (delivery, service) = (named("msg_1"), named("site.com"));
        let looked = note::What::DeliveryVerified { delivery, verdict, service };
        log.note(at + MILLI, Some(conn), looked);
    }
    let model = Model::of(webhook(), log.entries);
    let told = stories(&model);
    for words in [
        "Whatever its signature is worth: it says that it was signed more than five minutes ago",
        "somebody may have recorded it. Its answer was 401.",
        "Its answer was 200: it has it, and does nothing twice.",
    ] {
        assert!(told.iter().any(|story| story.contains(words)), "{words} in {told:?}");
    }
    assert!(told.iter().all(|story| !story.contains("The signature fits, but")), "{told:?}");
    let (_, picture) = drawn(&model, &Look::default());
    assert!(labels(&picture).iter().all(|(_, text)| !text.contains("attempt")));
}

//! What stands behind a callback: which attack it is, how many signed it, who else was told, and whether it was
//! taken in without an answer.

use trace::entry::{Ending, Input, What};
use trace::ids::Seq;
use trace::lesson::Figure;
use trace::note;
use trace::span::Side;
use trace::webhook::Verdict;

use crate::figures;
use crate::lab_log::{LINK, Log, header};
use crate::lab_tests::{drawn, labels};
use crate::look::Look;
use crate::model::Model;
use crate::story::tell;
use crate::told::Piece;
use crate::webhook_tests::{MILLI, answer, exchange, named, stories};

const LANES: [&str; 4] = ["attacker", "payments", "bank1", "site.com"];

fn presses(log: &mut Log, at: u64, kind: &str) {
    let (input, kind) = (named("attack"), Some(named(kind)));
    log.add(at, What::Input(Input { input, kind, ..Input::default() }));
}

fn found(log: &mut Log, at: u64, conn: u64, verdict: Verdict) {
    let (delivery, service) = (named("msg_1"), named("site.com"));
    let found = note::What::DeliveryVerified { delivery, verdict, service };
    log.note(at, Some(conn), found);
}

/// A callback on a connection of its own, with so many signatures.
fn called(log: &mut Log, (at, conn): (u64, u64), client: &str, verdict: Verdict, signed: &str) {
    let asks = format!(
        "POST /r/abc/callback HTTP/1.1\r\nHost: a\r\nWebhook-Id: msg_1\r\n\
         Webhook-Timestamp: 1\r\nWebhook-Signature: {signed}\r\n\r\n"
    );
    let answer = answer(200);
    let said = [(at, asks.as_str()), (at + 2 * MILLI, answer.as_str())];
    exchange(log, conn, [client, "site.com"], said);
    found(log, at + MILLI, conn, verdict);
}

#[test]
fn an_attack_says_which_it_is_and_what_was_changed() {
    let mut log = Log::default();
    for (conn, (kind, verdict)) in (1..).zip([
        ("altered", Verdict::BadSignature),
        ("old", Verdict::TooOld),
        ("replayed", Verdict::Duplicate),
        ("unsigned", Verdict::NoSignature),
    ]) {
        presses(&mut log, conn * 100 * MILLI, kind);
        called(&mut log, (conn * 100 * MILLI + MILLI, conn), "attacker", verdict, "v1,a=");
    }
    let model = Model::of(header("webhook", &LANES), log.entries);
    let told = stories(&model);
    for words in [
        "It is Altered body: id, time and signature are those of a delivery that was overheard",
        "the amount is a thousand times as much",
        "It is Old timestamp: id and content",
        "It is Recorded and sent again: id, time, signature and content",
        "It is Not signed: id, time and content",
    ] {
        assert_eq!(told.iter().filter(|story| story.contains(words)).count(), 1, "{words}");
    }
    let mut pieces = model.steps.iter().flat_map(|step| tell(&model, step).pieces);
    let cited = Piece::Number { text: named("Altered body"), from: vec![Seq(1)] };
    assert!(pieces.any(|piece| piece == cited), "what was pressed");
    let (_, picture) = drawn(&model, &Look::default());
    let label = "Old timestamp · POST …/callback HTTP/1.1";
    assert!(labels(&picture).iter().any(|(_, text)| text == label));
}

#[test]
fn an_attack_that_cannot_be_that_one_is_not_named() {
    let mut log = Log::default();
    presses(&mut log, MILLI, "unsigned");
    presses(&mut log, MILLI, "replayed");
    called(&mut log, (10 * MILLI, 1), "attacker", Verdict::Duplicate, "v1,a=");
    let told = stories(&Model::of(header("webhook", &LANES), log.entries));
    assert!(told.iter().any(|story| story.contains("somebody else sends")));
    assert!(told.iter().all(|story| !story.contains("overheard")), "{told:?}");
}

#[test]
fn two_signatures_are_counted() {
    let mut log = Log::default();
    called(&mut log, (10 * MILLI, 1), "payments", Verdict::Good, "v1,a= v1,b=");
    called(&mut log, (20 * MILLI, 2), "payments", Verdict::Good, "v1,a=");
    let told = stories(&Model::of(header("webhook", &LANES), log.entries));
    for words in ["It has 2 signatures", "it is among the 2 that came", "and it is the same."] {
        assert_eq!(told.iter().filter(|story| story.contains(words)).count(), 1, "{words}");
    }
}

#[test]
fn what_is_taken_in_too_late_is_taken_in() {
    for (site, words) in [
        ("slow", "It took it in: it is set to slow"),
        ("close", "It did not take it in: it is set to close"),
    ] {
        let mut log = Log::default();
        log.open(MILLI, 1, "payments", "site.com");
        log.get(2 * MILLI, 1, "/callback", None);
        found(&mut log, 2 * MILLI + LINK, 1, Verdict::Good);
        log.close(500 * MILLI, 1, Side::Client, Ending::Fin);
        let mut header = header("webhook", &LANES);
        header.params.insert(named("site"), site.into());
        let told = stories(&Model::of(header, log.entries));
        let silent = format!("The connection ended before it had answered. {words}");
        assert!(told.iter().any(|story| story.contains(&silent)), "{silent} in {told:?}");
    }
}

#[test]
fn a_second_endpoint_is_told_too() {
    let mut log = Log::default();
    for (at, delivery) in [(MILLI, "msg_1_1"), (2 * MILLI, "msg_2_2")] {
        let (delivery, payment) = (named(delivery), named("pay_1"));
        log.note(at, None, note::What::DeliverySent { delivery, attempt: 1, payment });
    }
    let told = stories(&Model::of(header("webhook", &LANES), log.entries));
    let words = "Of payment pay_1 delivery msg_1_1 tells too, and that is another endpoint's.";
    assert_eq!(told.iter().filter(|story| story.contains(words)).count(), 1, "{told:?}");
}

#[test]
fn what_nobody_answers_is_not_among_the_waits_for_an_answer() {
    let mut log = Log::default();
    log.open(MILLI, 1, "payments", "site.com");
    log.get(2 * MILLI, 1, "/callback", None);
    log.open(3 * MILLI, 2, "browser", "site.com");
    log.get(4 * MILLI, 2, "/orders/pay_1", None);
    log.answer(9 * MILLI + LINK, 2, 200);
    log.close(2_000 * MILLI, 1, Side::Client, Ending::Fin);
    let model = Model::of(header("webhook", &LANES), log.entries);
    assert_eq!(figures::of(&model, Figure::LongestWaitMs), 5);
}

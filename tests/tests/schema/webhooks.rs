//! Lines of webhooks and of a long job, and what they must not become.

use serde_json::{from_value, json};
use tests::log::refusal;
use trace::entry::What;
use trace::ids::ConnId;
use trace::note::{Act, Note, What as Noted};
use trace::time::Micros;
use trace::webhook::{Dead, EndpointState, Outcome, Planned, Verdict};

use super::{assert_all_taken, assert_refused, line, words};

const ENDPOINT: &str = "ep_k4r9q9yf_1";
const DELIVERY: &str = "msg_k4r9q9yf_1_1";
const PAYMENT: &str = "pay_k4r9q9yf_1";

fn told(what: Noted) -> String {
    line(What::Note(Note { conn: Some(ConnId(1)), what }))
}

fn state(state: EndpointState) -> Noted {
    Noted::EndpointState { endpoint: ENDPOINT.to_owned(), state, failures: 0 }
}

fn planned(why: Planned) -> Noted {
    let (delivery, endpoint) = (DELIVERY.to_owned(), ENDPOINT.to_owned());
    let (due_us, wait_us) = (Micros(900), Micros(0));
    Noted::DeliveryPlanned { delivery, endpoint, attempt: 1, due_us, wait_us, why }
}

fn ended(outcome: Outcome) -> Noted {
    Noted::DeliveryEnded { delivery: DELIVERY.to_owned(), attempt: 1, outcome, took_us: Micros(7) }
}

fn dead(why: Dead) -> Noted {
    Noted::DeliveryDead { delivery: DELIVERY.to_owned(), attempts: 4, why }
}

fn verified(delivery: &str, verdict: Verdict) -> Noted {
    let (delivery, service) = (delivery.to_owned(), "site.com".to_owned());
    Noted::DeliveryVerified { delivery, verdict, service }
}

/// Every note of webhooks and of a job.
pub fn notes() -> Vec<Noted> {
    let (endpoint, payment) = (|| ENDPOINT.to_owned(), || PAYMENT.to_owned());
    let (delivery, job) = (|| DELIVERY.to_owned(), || "job_1".to_owned());
    let (url, service) = ("http://localhost/callback".to_owned(), "payments".to_owned());
    let (from, to) = ("payments".to_owned(), "bank1".to_owned());
    vec![
        Noted::EndpointRegistered { endpoint: endpoint(), url, service },
        state(EndpointState::Healthy),
        Noted::PaymentAccepted { payment: payment(), amount: 0 },
        Noted::PaymentMoved { payment: payment(), from, to, took_us: Micros(400_000) },
        Noted::PaymentSettled { payment: payment() },
        planned(Planned::First),
        Noted::DeliverySent { delivery: delivery(), attempt: 1, payment: payment() },
        Noted::DeliverySent { delivery: delivery(), attempt: 2, payment: String::new() },
        ended(Outcome::Delivered),
        dead(Dead::Attempts),
        verified(DELIVERY, Verdict::Good),
        verified("", Verdict::NoSignature),
        Noted::JobProgress { job: job(), done: 0, of: 5 },
        Noted::JobDone { job: job() },
    ]
}

fn outcomes() -> Vec<String> {
    let why = "127.0.0.1 is a loopback address".to_owned();
    let all = [
        Outcome::Delivered,
        Outcome::Refused { status: 500 },
        Outcome::TimedOut,
        Outcome::Reset,
        Outcome::NoConnection,
        Outcome::NotAllowed { why },
        Outcome::BadCertificate,
    ];
    all.into_iter().map(|outcome| told(ended(outcome))).collect()
}

#[test]
fn every_word_of_webhooks_is_taken() {
    let states = [EndpointState::Healthy, EndpointState::Failing, EndpointState::Disabled];
    let lines = states.map(|it| told(state(it)));
    assert_all_taken(&lines, "/state", &words(from_value::<EndpointState>(json!("?"))));
    let reasons = [Planned::First, Planned::Retry, Planned::Replay, Planned::Twice];
    let lines = reasons.map(|it| told(planned(it)));
    assert_all_taken(&lines, "/why", &words(from_value::<Planned>(json!("?"))));
    let whys = [Dead::Attempts, Dead::Disabled, Dead::RunOver, Dead::Removed];
    let lines = whys.map(|it| told(dead(it)));
    assert_all_taken(&lines, "/why", &words(from_value::<Dead>(json!("?"))));
    assert_all_taken(&outcomes(), "/outcome", &words(from_value::<Outcome>(json!("?"))));
    let verdicts = [
        Verdict::Good,
        Verdict::BadSignature,
        Verdict::TooOld,
        Verdict::TooNew,
        Verdict::NoSignature,
        Verdict::Duplicate,
    ];
    let lines = verdicts.map(|it| told(verified(DELIVERY, it)));
    assert_all_taken(&lines, "/verdict", &words(from_value::<Verdict>(json!("?"))));
    for act in [Act::Deliver, Act::Transfer] {
        let held = Noted::GateHeld { gate: 1, act, limit_us: Micros(9) };
        assert_eq!(refusal(&line(What::Note(Note { conn: None, what: held }))), None);
    }
}

#[test]
#[rustfmt::skip] // a table is read line by line
fn wrong_lines_of_webhooks_are_refused() {
    let (waits, sent) = (told(planned(Planned::First)), told(ended(Outcome::Refused { status: 500 })));
    let (looked, job) = (told(verified(DELIVERY, Verdict::Good)), told(Noted::JobProgress { job: "job_1".to_owned(), done: 1, of: 5 }));
    let given_up = told(dead(Dead::RunOver));
    let shut = told(ended(Outcome::NotAllowed { why: "no".to_owned() }));
    for (line, from, to, why) in [
        (&waits, r#""attempt":1"#, r#""attempt":0"#, "attempts are counted from 1"),
        (&waits, r#","wait_us":0"#, "", "a plan without its wait"),
        (&waits, r#""why":"first""#, r#""why":"fist""#, "an unknown reason"),
        (&waits, r#""delivery":"msg_k4r9q9yf_1_1""#, r#""delivery":"""#, "a delivery without name"),
        (&given_up, r#""why":"run_over""#, r#""why":"run_out""#, "given up for an unknown reason"),
        (&given_up, r#","why":"run_over""#, "", "given up for no reason"),
        (&sent, r#"{"refused":{"status":500}}"#, r#""refused""#, "a refusal without status"),
        (&sent, r#""status":500"#, r#""status":500,"reason":"no""#, "a key too many"),
        (&sent, r#""status":500"#, r#""status":50"#, "a status that is none"),
        (&shut, r#"{"why":"no"}"#, "{}", "a refusal without reason"),
        (&looked, r#""verdict":"good""#, r#""verdict":"fine""#, "an unknown verdict"),
        (&looked, r#","service":"site.com""#, "", "nobody looked"),
        (&job, r#""of":5"#, r#""of":0"#, "a job without parts"),
    ] {
        assert_eq!(refusal(line), None, "{line}");
        assert_refused(line, from, to, why);
    }
}

//! The words of payments, deliveries and jobs: what services tell of them, and which attempt a request
//! is.

use text::{Arg, say};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::note;
use trace::webhook::{Dead, EndpointState, Outcome, Planned, Verdict};

use super::shorten;
use crate::amount;
use crate::model::Model;
use crate::shape::Tone;

/// A name of more letters is shown by its beginning and its end.
const ID: usize = 12;

/// So many letters of its end at most.
const END: usize = 8;

/// So many letters of a reason are shown.
const WHY: usize = 60;

/// The name of an endpoint, a payment, a delivery or a job, shortened: what it is, and the end by which it
/// differs from others. What lies between is mostly the run's name.
#[must_use]
pub fn id(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= ID {
        return shorten(name, ID);
    }
    let end: String = name.chars().skip(letters - END).collect();
    let end = end.find('_').and_then(|at| end.get(at..)).unwrap_or(&end);
    let kind = name.split('_').next().unwrap_or_default();
    shorten(&format!("{} …{end}", shorten(kind, ID - END)), ID + 2)
}

/// What a request says, and where it carries a delivery, which attempt or which attack it is.
#[must_use]
pub fn attempt(model: &Model, event: &Event, said: String) -> String {
    let asks = matches!(event.kind, Kind::Http1(Http1::Request(_)));
    if let Some((_, attack)) = model.attacks.of(event.conn).filter(|_| asks) {
        let attack = attack.name();
        return say("ladder-attack", &[("said", (&said).into()), ("attack", (&attack).into())]);
    }
    let Some(attempt) = model.attempt(event) else { return said };
    let number = attempt.number.to_string();
    say("ladder-attempt", &[("said", (&said).into()), ("attempt", (&number).into())])
}

/// What a service tells, in few words, and how they are meant.
#[must_use]
pub fn remark(model: &Model, what: &note::What) -> Option<(String, Tone)> {
    Some(match what {
        note::What::EndpointRegistered { endpoint, .. } => {
            plain("ladder-hook-registered", &[("endpoint", (&id(endpoint)).into())])
        }
        note::What::EndpointState { state, failures, .. } => endpoint(*state, *failures),
        note::What::PaymentAccepted { payment, amount } => {
            let (payment, amount) = (id(payment), amount::count(*amount));
            let args = [("payment", (&payment).into()), ("amount", (&amount).into())];
            plain("ladder-payment-accepted", &args)
        }
        note::What::PaymentMoved { payment, to, took_us, .. } => {
            let (payment, to, took) = (id(payment), model.name_of(to), amount::time(*took_us));
            let args =
                [("payment", (&payment).into()), ("to", (&to).into()), ("took", (&took).into())];
            plain("ladder-payment-moved", &args)
        }
        note::What::PaymentSettled { payment } => {
            plain("ladder-payment-settled", &[("payment", (&id(payment)).into())])
        }
        note::What::JobProgress { done, of, .. } => {
            let (done, of) = (amount::count(*done), amount::count(*of));
            plain("ladder-job-progress", &[("done", (&done).into()), ("of", (&of).into())])
        }
        note::What::JobDone { .. } => plain("ladder-job-done", &[]),
        what => return delivery(what),
    })
}

/// What the sender and the receiver tell of a delivery.
fn delivery(what: &note::What) -> Option<(String, Tone)> {
    Some(match what {
        note::What::DeliveryPlanned { delivery, attempt, wait_us, why, .. } => {
            let (delivery, attempt) = (id(delivery), attempt.to_string());
            let wait = amount::time(*wait_us);
            let args = [
                ("delivery", (&delivery).into()),
                ("attempt", (&attempt).into()),
                ("wait", (&wait).into()),
            ];
            let id = match why {
                Planned::First => "ladder-delivery-first",
                Planned::Retry => "ladder-delivery-retry",
                Planned::Replay => "ladder-delivery-replay",
                Planned::Twice => "ladder-delivery-twice",
            };
            plain(id, &args)
        }
        note::What::DeliverySent { delivery, attempt, .. } => {
            let (delivery, attempt) = (id(delivery), attempt.to_string());
            let args = [("delivery", (&delivery).into()), ("attempt", (&attempt).into())];
            plain("ladder-delivery-sent", &args)
        }
        note::What::DeliveryEnded { attempt, outcome, took_us, .. } => {
            let (attempt, took) = (attempt.to_string(), amount::time(*took_us));
            let (said, tone) = ended(outcome);
            let args = [
                ("attempt", (&attempt).into()),
                ("said", (&said).into()),
                ("took", (&took).into()),
            ];
            (say("ladder-delivery-ended", &args), tone)
        }
        note::What::DeliveryDead { delivery, attempts, why } => {
            let delivery = id(delivery);
            let args = [("delivery", (&delivery).into()), ("attempts", (*attempts).into())];
            let id = match why {
                Dead::Attempts => "ladder-delivery-dead",
                Dead::Disabled => "ladder-dead-disabled",
                Dead::RunOver => "ladder-dead-run-over",
                Dead::Removed => "ladder-dead-removed",
            };
            (say(id, &args), Tone::Fault)
        }
        note::What::DeliveryVerified { verdict, .. } => judged(*verdict),
        _ => return None,
    })
}

fn plain(id: &str, args: &[(&str, Arg<'_>)]) -> (String, Tone) {
    (say(id, args), Tone::Plain)
}

/// How an endpoint does.
#[must_use]
pub fn endpoint(state: EndpointState, failures: u64) -> (String, Tone) {
    let args = [("failures", failures.into())];
    match state {
        EndpointState::Healthy => plain("ladder-endpoint-healthy", &[]),
        EndpointState::Failing => (say("ladder-endpoint-failing", &args), Tone::Fault),
        EndpointState::Disabled => (say("ladder-endpoint-disabled", &args), Tone::Fault),
    }
}

/// How an attempt ended.
#[must_use]
pub fn ended(outcome: &Outcome) -> (String, Tone) {
    let id = match outcome {
        Outcome::Delivered => return plain("ladder-outcome-delivered", &[]),
        Outcome::Refused { status } => {
            let status = status.to_string();
            let args = [("status", (&status).into())];
            return (say("ladder-outcome-refused", &args), Tone::Fault);
        }
        Outcome::NotAllowed { why } => {
            let why = shorten(why, WHY);
            return (say("ladder-outcome-not-allowed", &[("why", (&why).into())]), Tone::Fault);
        }
        Outcome::TimedOut => "ladder-outcome-timed-out",
        Outcome::Reset => "ladder-outcome-reset",
        Outcome::NoConnection => "ladder-outcome-no-connection",
        Outcome::BadCertificate => "ladder-outcome-certificate",
    };
    (say(id, &[]), Tone::Fault)
}

/// What the receiver made of a delivery. One that came before is no trouble: it is expected.
#[must_use]
pub fn judged(verdict: Verdict) -> (String, Tone) {
    let (id, tone) = match verdict {
        Verdict::Good => ("ladder-verdict-good", Tone::Plain),
        Verdict::Duplicate => ("ladder-verdict-duplicate", Tone::Plain),
        Verdict::BadSignature => ("ladder-verdict-signature", Tone::Fault),
        Verdict::TooOld => ("ladder-verdict-old", Tone::Fault),
        Verdict::TooNew => ("ladder-verdict-new", Tone::Fault),
        Verdict::NoSignature => ("ladder-verdict-unsigned", Tone::Fault),
    };
    (say(id, &[]), tone)
}

//! site.com: the site that is called back. It verifies each delivery, keeps the ids of those it has taken,
//! answers as it is told to behave, and tells who asks for an order as soon as that is paid.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use trace::ids::ConnId;
use trace::note::{PollRelease, What};
use trace::time::Micros;
use trace::webhook::Verdict;

use super::trusted::Trusted;
use super::{BODY_MOST, SITE, segments, unknown};
use crate::content::Content;
use crate::instance::shortened;
use crate::labs::sent;
use crate::labs::services::{BadNumber, json, nothing, number, problem};
use crate::refusal::Refusal;
use crate::run::{Bound, Run};
use crate::webhooks::sign::{ID, SIGNATURE, Secret, TIMESTAMP};
use crate::webhooks::verify::{self, Seen};

/// The longest that a question for an order is held, in seconds.
const HOLD_MOST: u64 = 60;

/// The most orders that it keeps.
const ORDERS: usize = 10_000;

/// How site.com behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It takes what is good, and says so at once.
    Up,
    /// It takes what is good, and says so when the caller has long given up.
    Slow,
    /// It answers that it broke.
    Error,
    /// It closes the connection without an answer.
    Close,
}

impl Behaviour {
    /// Those that it can be told.
    pub const WORDS: [(&str, Self); 4] =
        [("up", Self::Up), ("slow", Self::Slow), ("error", Self::Error), ("close", Self::Close)];

    /// The one of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, behaviour)| behaviour)
    }
}

/// What it knows in a run.
#[derive(Debug, Default)]
pub struct Site {
    known: Mutex<Known>,
    /// The payments of which it was told.
    paid: watch::Sender<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Known {
    behaviour: Option<Behaviour>,
    secrets: Trusted,
    seen: Seen,
    /// How many good deliveries came of a payment of which the first are to fail.
    came: BTreeMap<String, u64>,
    last: Option<Overheard>,
}

/// A good delivery, as somebody on the way would have it.
#[derive(Debug, Clone)]
pub struct Overheard {
    /// The three headers and the content's type.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// What it does with a delivery.
enum Answer {
    Taken,
    TakenLate,
    Known,
    Broken,
    Nothing,
    Refused,
}

impl Site {
    /// Gives it the secret of an endpoint, as its owner would who has registered it.
    pub fn trust(&self, endpoint: &str, secret: Secret) {
        self.known.lock().secrets.take(endpoint, secret);
    }

    /// Gives it the new secret of an endpoint, if it is one of its own.
    pub fn renew(&self, endpoint: &str, secret: Secret) {
        self.known.lock().secrets.renew(endpoint, secret);
    }

    /// Takes the secrets of an endpoint from it.
    pub fn forget(&self, endpoint: &str) {
        self.known.lock().secrets.forget(endpoint);
    }

    /// Lets it behave otherwise from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.known.lock().behaviour = Some(behaviour);
    }

    /// The last delivery that it has taken, if there was one.
    pub fn overheard(&self) -> Option<Overheard> {
        self.known.lock().last.clone()
    }

    /// Whether it was told of a payment.
    pub fn knows(&self, payment: &str) -> bool {
        self.paid.borrow().contains(payment)
    }

    /// The newest secret.
    pub fn secret(&self) -> Option<Secret> {
        self.known.lock().secrets.newest().cloned()
    }

    /// Looks at a delivery, and decides what to do with it.
    fn judge(&self, run: &Run, headers: &HeaderMap, body: &Bytes) -> (Verdict, Answer) {
        let mut known = self.known.lock();
        let verdict = verify::verify(&known.secrets.all(), headers, body);
        if verdict != Verdict::Good {
            return (verdict, Answer::Refused);
        }
        let id = verify::id(headers);
        let behaviour = known
            .behaviour
            .or_else(|| Behaviour::named(run.word("site")))
            // Its certificate is bad; behind it all is well.
            .unwrap_or(Behaviour::Up);
        let taken = known.seen.has(id);
        let fails = !taken && known.fails(run, body);
        let kept = [ID, TIMESTAMP, SIGNATURE, "content-type"];
        let mut overheard = Overheard { headers: HeaderMap::new(), body: body.clone() };
        for (name, value) in headers.iter().filter(|(name, _)| kept.contains(&name.as_str())) {
            overheard.headers.insert(name.clone(), value.clone());
        }
        let verdict = if taken { Verdict::Duplicate } else { verdict };
        let answer = match behaviour {
            Behaviour::Error => Answer::Broken,
            Behaviour::Close => Answer::Nothing,
            // There is nothing left to do for it, so that is quick whatever the site is.
            Behaviour::Up | Behaviour::Slow if taken => Answer::Known,
            _ if fails => Answer::Broken,
            Behaviour::Up => Answer::Taken,
            Behaviour::Slow => Answer::TakenLate,
        };
        if matches!(answer, Answer::Taken | Answer::TakenLate) {
            known.seen.take(id);
            // What it refused nobody could replay: it would be taken.
            known.last = Some(overheard);
        }
        (verdict, answer)
    }

    /// It was told of a payment.
    fn told(&self, body: &[u8]) {
        let Some(payment) = payment_of(body) else { return };
        self.paid.send_if_modified(|paid| paid.len() < ORDERS && paid.insert(payment));
    }
}

impl Known {
    /// Whether a delivery that comes now is one of the first of its payment, which are to fail.
    fn fails(&mut self, run: &Run, body: &[u8]) -> bool {
        let Some(payment) = payment_of(body) else { return false };
        let fail = share(&payment, run.number("payments"), run.number("fail_first"));
        if fail == 0 {
            return false;
        }
        let came = self.came.entry(payment).or_default();
        *came += 1;
        *came <= fail
    }
}

/// How many deliveries of a payment are to fail, of those that fail in all: they are dealt out to the payments
/// in turn, so that it is the same ones whichever comes first.
fn share(payment: &str, payments: u64, all: u64) -> u64 {
    let number = payment.strip_prefix("pay_").and_then(|number| number.parse::<u64>().ok());
    let payments = payments.max(1);
    match number {
        Some(number) if (1..=payments).contains(&number) => {
            all / payments + u64::from(number <= all % payments)
        }
        _ => 0,
    }
}

/// The payment of which a delivery tells.
fn payment_of(body: &[u8]) -> Option<String> {
    let said = serde_json::from_slice::<Said>(body).ok()?;
    Some(shortened(&said.data.payment))
}

/// How long a caller waits for an answer: where the run pauses, its answers wait too, and the caller knows.
fn patience(run: &Run) -> Duration {
    let own = Duration::from_millis(run.number("timeout_ms"));
    let paused = if run.flag("pause") { run.number("pause_limit_s") } else { 0 };
    own + Duration::from_secs(paused)
}

/// A delivery's content, as far as the site reads it.
#[derive(Deserialize)]
struct Said {
    data: SaidData,
}

#[derive(Deserialize)]
struct SaidData {
    payment: String,
}

/// Answers a request to site.com.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let (head, body) = request.into_parts();
    let path = segments(&bound.run, head.uri.path());
    match (head.method, path.as_slice()) {
        (Method::POST, ["callback"]) => callback(bound, &head.headers, body).await,
        (Method::GET, ["orders", payment]) => {
            Ok(order(bound, payment, head.uri.query().unwrap_or_default()).await)
        }
        _ => Ok(unknown(SITE, "POST /callback and GET /orders/{payment}")),
    }
}

/// Takes a delivery, or does not.
async fn callback(
    bound: &Bound,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Response<Content>, Refusal> {
    let (len, body) = sent::read(body, bound.run.caps, BODY_MOST).await?;
    if len > BODY_MOST as u64 {
        let why = format!("A delivery may have {BODY_MOST} bytes here.");
        return Ok(problem(413, "Content Too Large", &why));
    }
    let (run, body) = (&bound.run, Bytes::from(body));
    let site = &run.shared.callbacks.site;
    let (verdict, answer) = site.judge(run, headers, &body);
    let (delivery, service) = (shortened(verify::id(headers)), SITE.to_owned());
    run.note(Some(bound.conn), What::DeliveryVerified { delivery, verdict, service });
    Ok(match answer {
        Answer::Taken => {
            site.told(&body);
            nothing()
        }
        Answer::TakenLate => {
            site.told(&body);
            let late = patience(run) + Duration::from_millis(run.number("timeout_ms") / 2);
            tokio::select! {
                () = tokio::time::sleep(late) => {}
                () = run.until_over() => {}
            }
            nothing()
        }
        Answer::Known => json(StatusCode::OK, &json!({ "known": true })),
        Answer::Broken => {
            problem(500, "Internal Server Error", "site.com broke before it had taken this in.")
        }
        Answer::Nothing => Response::new(Content::Gone),
        Answer::Refused => problem(401, "Unauthorized", why(verdict)),
    })
}

/// Why a delivery is not taken.
const fn why(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoSignature => {
            "A delivery has the headers webhook-id, webhook-timestamp and webhook-signature."
        }
        Verdict::TooOld => "webhook-timestamp is more than five minutes ago.",
        Verdict::TooNew => "webhook-timestamp is more than five minutes ahead.",
        Verdict::BadSignature | Verdict::Good | Verdict::Duplicate => {
            "No signature fits the id, the timestamp and the content."
        }
    }
}

/// Tells whether an order is paid: at once, or when site.com has learned of it.
async fn order(bound: &Bound, payment: &str, query: &str) -> Response<Content> {
    let wait = match number(query, "wait", HOLD_MOST) {
        Ok(wait) => Duration::from_secs(wait.unwrap_or(0)),
        Err(BadNumber(why)) => return problem(422, "Unprocessable Content", &why),
    };
    let mut paid = bound.run.shared.callbacks.site.paid.subscribe();
    let is_paid = paid.borrow_and_update().contains(payment);
    if is_paid || (!wait.is_zero() && hold(bound, payment, &mut paid, wait).await) {
        return json(StatusCode::OK, &json!({ "payment": payment, "state": "paid" }));
    }
    nothing()
}

/// Holds a question until the payment is told. Says whether it was.
async fn hold(
    bound: &Bound,
    payment: &str,
    paid: &mut watch::Receiver<BTreeSet<String>>,
    wait: Duration,
) -> bool {
    let limit_us = Micros(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
    let (run, conn) = (&bound.run, bound.conn);
    run.note(Some(conn), What::PollHeld { instance: SITE.to_owned(), limit_us });
    let mut held = Held { run, conn, by: PollRelease::Abandoned };
    held.by = tokio::select! {
        told = paid.wait_for(|paid| paid.contains(payment)) => match told {
            Ok(_) => PollRelease::Woken,
            Err(_) => PollRelease::RunEnded,
        },
        () = tokio::time::sleep(wait) => PollRelease::Limit,
        () = run.until_over() => PollRelease::RunEnded,
    };
    held.by == PollRelease::Woken
}

/// A question that is held. Whatever ends that is noted, also that nobody waits any more.
struct Held<'a> {
    run: &'a Run,
    conn: ConnId,
    by: PollRelease,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let what = What::PollReleased { instance: SITE.to_owned(), by: self.by };
        self.run.note(Some(self.conn), what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_fail_is_dealt_out_to_the_payments() {
        let dealt = |payments, all| -> Vec<u64> {
            (1..=payments).map(|number| share(&format!("pay_{number}"), payments, all)).collect()
        };
        assert_eq!(dealt(1, 3), [3]);
        assert_eq!(dealt(3, 2), [1, 1, 0]);
        assert_eq!(dealt(2, 5), [3, 2]);
        for other in ["pay_4", "pay_0", "pay_", "job_x", ""] {
            assert_eq!(share(other, 3, 5), 0, "{other}");
        }
    }
}

//! The payment service: takes on payments, hands the money to the banks, and calls back whoever has
//! registered for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use trace::note::What;

use super::banks::{Transfer, hand_on};
use super::outbox::{self, Undone};
use super::{BANK1, PAYMENTS, json_of, segments, unknown};
use crate::clock;
use crate::content::Content;
use crate::labs::services::{json, nothing, problem};
use crate::refusal::Refusal;
use crate::run::{Bound, Run};

/// What it has, for who asks for something else.
const HAS: &str = "POST and GET /webhooks, POST /webhooks/{id}/rotate and /webhooks/{id}/enable, \
                   DELETE /webhooks/{id}, POST and GET /payments, GET /payments/{id}, GET /dead and POST \
                   /dead/{delivery}/replay";

/// The most payments of a run.
const MOST: usize = 10_000;

/// How many of them are with the banks at once.
const AT_ONCE: usize = 8;

/// The most that can be paid.
const AMOUNT_MOST: u64 = 1_000_000_000_000;

/// After how many seconds it may be asked again, where there is no room.
const AGAIN_S: u64 = 10;

/// How long it takes to begin with a payment: the answer, which says only that, goes first.
const BOOKED: Duration = Duration::from_millis(30);

/// The payments of a run.
#[derive(Debug)]
pub struct Ledger {
    book: Mutex<BTreeMap<String, Payment>>,
    turns: Semaphore,
}

/// A payment.
#[derive(Debug, Clone, Copy)]
struct Payment {
    amount: u64,
    state: PaymentState,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaymentState {
    Accepted,
    Settled,
    Failed,
}

impl PaymentState {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Settled => "settled",
            Self::Failed => "failed",
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self { book: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

impl Ledger {
    /// Whether no payment is under way.
    pub fn is_done(&self) -> bool {
        self.book.lock().values().all(|payment| payment.state != PaymentState::Accepted)
    }

    /// Takes a payment on. None where there are as many as there may be.
    fn accept(&self, amount: u64) -> Option<String> {
        let mut book = self.book.lock();
        if book.len() >= MOST {
            return None;
        }
        let id = format!("pay_{}", book.len() + 1);
        book.insert(id.clone(), Payment { amount, state: PaymentState::Accepted });
        Some(id)
    }

    fn end(&self, id: &str, state: PaymentState) {
        if let Some(payment) = self.book.lock().get_mut(id) {
            payment.state = state;
        }
    }

    fn get(&self, id: &str) -> Option<Payment> {
        self.book.lock().get(id).copied()
    }

    /// How many payments are in each state.
    fn counts(&self) -> serde_json::Value {
        let book = self.book.lock();
        let count =
            |state: PaymentState| book.values().filter(|payment| payment.state == state).count();
        json!({
            "accepted": book.len(),
            "settled": count(PaymentState::Settled),
            "failed": count(PaymentState::Failed),
        })
    }
}

/// Answers a request to the payment service.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let (head, body) = request.into_parts();
    let path = segments(&bound.run, head.uri.path());
    let run = &bound.run;
    Ok(match (head.method, path.as_slice()) {
        (Method::POST, ["webhooks"]) => register(bound, body).await?,
        (Method::GET, ["webhooks"]) => json(StatusCode::OK, &outbox::list(run)),
        (Method::POST, ["webhooks", id, "rotate"]) => match outbox::rotate(run, id).await {
            Ok(secret) => json(StatusCode::OK, &json!({ "secret": secret })),
            Err(not) => undone(bound, not, "endpoint", id),
        },
        (Method::POST, ["webhooks", id, "enable"]) => match outbox::enable(run, id).await {
            Ok(()) => nothing(),
            Err(not) => undone(bound, not, "endpoint", id),
        },
        (Method::DELETE, ["webhooks", id]) => match outbox::remove(run, id).await {
            Ok(()) => nothing(),
            Err(not) => undone(bound, not, "endpoint", id),
        },
        (Method::POST, ["payments"]) => pay(bound, body).await?,
        (Method::GET, ["payments"]) => json(StatusCode::OK, &run.shared.callbacks.ledger.counts()),
        (Method::GET, ["payments", id]) => match run.shared.callbacks.ledger.get(id) {
            Some(Payment { amount, state }) => {
                let said = json!({ "id": id, "amount": amount, "state": state.word() });
                json(StatusCode::OK, &said)
            }
            None => no_such("payment", id),
        },
        (Method::GET, ["dead"]) => json(StatusCode::OK, &outbox::dead(run)),
        (Method::POST, ["dead", delivery, "replay"]) => match outbox::replay(run, delivery).await {
            Ok(()) => json(StatusCode::ACCEPTED, &json!({ "id": delivery })),
            Err(not) => undone(bound, not, "dead delivery", delivery),
        },
        _ => unknown("The payment service", HAS),
    })
}

fn no_such(what: &str, id: &str) -> Response<Content> {
    let id: String = id.chars().take(80).collect();
    problem(404, "Not Found", &format!("This run has no {what} {id}."))
}

/// An answer to what was not done, noted in the run unless only its name was wrong. Where there may be room
/// later it says when.
fn undone(bound: &Bound, not: Undone, what: &str, id: &str) -> Response<Content> {
    let (status, title, why) = match not {
        Undone::Unknown => return no_such(what, id),
        Undone::Bad(why) => (422, "Unprocessable Content", why),
        Undone::Later(why) => (503, "Service Unavailable", why),
    };
    let mut response = problem(status, title, &why);
    if status == 503 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(AGAIN_S));
    }
    bound.run.note(Some(bound.conn), What::Refused { status: Some(status), why });
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    url: String,
}

/// Registers a callback: who pays is told once what signs its deliveries.
async fn register(bound: &Bound, body: Incoming) -> Result<Response<Content>, Refusal> {
    let form = "{\"url\": \"http://…\"}";
    let url = match json_of::<Registration>(bound, body, form).await? {
        Ok(Registration { url }) => url,
        Err(answer) => return Ok(answer),
    };
    Ok(match outbox::register(&bound.run, &url).await {
        Ok((id, secret)) => json(StatusCode::CREATED, &json!({ "id": id, "secret": secret })),
        Err(not) => undone(bound, not, "callback", &url),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    amount: u64,
}

/// Takes a payment on, and says so before anything has moved.
async fn pay(bound: &Bound, body: Incoming) -> Result<Response<Content>, Refusal> {
    let order = match json_of::<Order>(bound, body, "{\"amount\": 100}").await? {
        Ok(order) => order,
        Err(answer) => return Ok(answer),
    };
    let amount = order.amount;
    if !(1..=AMOUNT_MOST).contains(&amount) {
        let why = format!("amount takes a whole number from 1 to {AMOUNT_MOST}.");
        return Ok(problem(422, "Unprocessable Content", &why));
    }
    let Some(payment) = bound.run.shared.callbacks.ledger.accept(amount) else {
        let why = format!("A run takes {MOST} payments on; make a new one.");
        return Ok(problem(429, "Too Many Requests", &why));
    };
    let accepted = What::PaymentAccepted { payment: payment.clone(), amount };
    bound.run.note(Some(bound.conn), accepted);
    tokio::spawn(settle(Arc::clone(&bound.run), Transfer { payment: payment.clone(), amount }));
    Ok(json(StatusCode::ACCEPTED, &json!({ "id": payment })))
}

/// Sees a payment through the banks, and plans its deliveries.
async fn settle(run: Arc<Run>, transfer: Transfer) {
    let moved = async {
        tokio::time::sleep(BOOKED + clock::duration(run.link_delay())).await;
        let _turn = run.shared.callbacks.ledger.turns.acquire().await?;
        hand_on(&run, (PAYMENTS, BANK1), &transfer).await
    };
    let moved = tokio::select! {
        moved = moved => moved,
        () = run.until_over() => return,
    };
    let state = match moved {
        Ok(()) => {
            let payment = transfer.payment.clone();
            run.note(None, What::PaymentSettled { payment });
            // Whoever reads that it is settled may rely on its deliveries being kept.
            outbox::publish(&run, &transfer.payment, transfer.amount).await;
            PaymentState::Settled
        }
        Err(error) => {
            let why = format!("{} was not moved: {error:#}", transfer.payment);
            run.note(None, What::Refused { status: None, why });
            PaymentState::Failed
        }
    };
    run.shared.callbacks.ledger.end(&transfer.payment, state);
}

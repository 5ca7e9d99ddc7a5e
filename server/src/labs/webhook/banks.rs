//! The banks: money takes as long as it takes. A transfer is held for a time that the run's seed draws, then
//! the first bank passes it on to the second, over a connection that is heard like any other.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trace::ids::ConnId;
use trace::note::{Act, What};

use super::{BANK1, BANK2, PAYMENTS, drawn, json_of, segments, unknown};
use crate::agent::Client;
use crate::clock;
use crate::content::Content;
use crate::instance::shortened;
use crate::labs::services::{json, problem};
use crate::refusal::Refusal;
use crate::run::{Bound, Run};

/// Money on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// For which payment.
    pub payment: String,
    /// How much.
    pub amount: u64,
}

/// Answers a request to a bank.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    bank: &str,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let (head, body) = request.into_parts();
    let path = segments(&bound.run, head.uri.path());
    if head.method != Method::POST || path != ["transfers"] {
        return Ok(unknown(bank, "POST /transfers"));
    }
    let form = "{\"payment\": \"pay_1\", \"amount\": 100}";
    let transfer = match json_of::<Transfer>(bound, body, form).await? {
        Ok(transfer) if !transfer.payment.is_empty() => transfer,
        Ok(_) => return Ok(problem(422, "Unprocessable Content", "payment takes its name.")),
        Err(answer) => return Ok(answer),
    };
    let payment = shortened(&transfer.payment);
    let began = clock::now();
    tokio::time::sleep(delay(&bound.run, &payment, bank)).await;
    let from = if bank == BANK1 { PAYMENTS } else { BANK1 };
    let (took_us, from) = (clock::now().since(began), from.to_owned());
    let moved = What::PaymentMoved { payment, from, to: bank.to_owned(), took_us };
    bound.run.note(Some(bound.conn), moved);
    if bank == BANK1
        && let Err(error) = hand_on(&bound.run, (BANK1, BANK2), &transfer).await
    {
        let why = format!("{BANK2} does not take it: {error:#}");
        return Ok(problem(502, "Bad Gateway", &why));
    }
    Ok(json(StatusCode::OK, &json!({ "payment": transfer.payment, "state": "moved" })))
}

/// How long a bank needs for a payment.
fn delay(run: &Run, payment: &str, bank: &str) -> Duration {
    let mut lot = drawn(run.log.header.seed, &format!("{payment} {bank}"));
    Duration::from_millis(run.number("bank_ms")).mul_f64(lot.random_range(0.5..1.5))
}

/// Gives money from one service to another, and waits until that has passed it on.
///
/// # Errors
/// A bank that does not answer, or refuses.
pub async fn hand_on(
    run: &Run,
    (from, to): (&str, &str),
    transfer: &Transfer,
) -> anyhow::Result<()> {
    run.gate.pass(None::<ConnId>, Act::Transfer).await;
    let bank = run.shared.named(to).ok_or_else(|| anyhow::anyhow!("there is no {to}"))?.addr;
    let mut client = Client::connect(run, bank, run.known(from)).await?;
    let body = serde_json::to_vec(transfer)?;
    client.post(&format!("/r/{}/transfers", run.id), body.into()).await?;
    Ok(())
}

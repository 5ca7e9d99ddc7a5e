//! The page as the browser of the lab `webhook`: as the merchant's page it registers where site.com is to
//! be called, as a customer's it pays, and then it asks site.com what became of that. It never learns it
//! from the payment service: nobody can call a browser.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use gloo_net::http::{Method, RequestBuilder};
use leptos::prelude::WithUntracked as _;
use scene::standing::webhook::Webhooks;
use serde::Deserialize;
use serde_json::{Value, json};
use web_sys::AbortController;

use super::part::{Part, now};
use super::{NoAnswer, answered, plain};

/// For how many seconds site.com is to hold a question.
const WAIT_S: u64 = 10;

/// How long until a question is asked again that came to nothing.
const AGAIN_MS: u64 = 500;

/// How often the page looks how things stand.
const LOOK_MS: u64 = 100;

/// For how long nothing has to happen before the run is over, so that a person can interfere.
const STAYS_MS: f64 = 10_000.0;

/// For how long nothing has to happen while a payment is with the banks until it is given up.
const LOST_MS: f64 = 60_000.0;

/// How often an order is asked about at most.
const ASKS: u64 = 200;

/// What the first payment is about; each further one is as much more.
const AMOUNT: u64 = 100;

/// What the payment service gives of a payment.
#[derive(Deserialize)]
struct Accepted {
    id: String,
}

/// Registers, pays in turn, asks about all orders at once, and stays for a person's buttons.
pub(crate) async fn drive(part: &Part) {
    let urls = &part.active.urls;
    let (Some(payments), Some(site)) = (urls.get("payments"), urls.get("site.com")) else {
        return answered(part, Err(NoAnswer));
    };
    // Over TLS site.com has a certificate for which nobody vouches.
    let vouched = part.header.word("site") != Some("bad_certificate");
    let called = if vouched { site.clone() } else { site.replacen("http://", "https://", 1) };
    let hook = json!({ "url": format!("{called}/callback") });
    if post(&format!("{payments}/webhooks"), &hook).await.is_err() {
        return answered(part, Err(NoAnswer));
    }
    let mut paid = Vec::new();
    for number in 1..=part.number("payments") {
        if part.is_over() {
            return;
        }
        match pay(payments, AMOUNT * number).await {
            Ok(payment) => paid.push(payment),
            Err(failed) => return answered(part, Err(failed)),
        }
    }
    join_all(paid.iter().map(|payment| learns(part, site, payment))).await;
    let mut known: BTreeSet<String> = paid.into_iter().collect();
    stays(part, site, &mut known).await;
}

/// Stays until nothing has happened for a while, and asks about the payments that others make meanwhile.
async fn stays(part: &Part, site: &str, known: &mut BTreeSet<String>) {
    let (mut entries, mut since) = (0, now());
    while part.rest(LOOK_MS).await {
        let (count, told) = part.state.model.with_untracked(|model| {
            let count = model.as_ref().map_or(0, |model| model.notes.len() + model.steps.len());
            (count, model.as_ref().map(Webhooks::now).unwrap_or_default())
        });
        let others = told.payments.iter().map(|payment| payment.id.clone());
        let new: Vec<String> = others.filter(|id| known.insert(id.clone())).collect();
        join_all(new.iter().map(|payment| learns(part, site, payment))).await;
        if count != entries || told.pends() {
            (entries, since) = (count, now());
        }
        let stays = if told.at_rest() { STAYS_MS } else { LOST_MS };
        if now() - since >= stays {
            return part.done();
        }
        part.waits(told.at_rest());
    }
}

/// Asks about an order until it was told of, or never will be by itself.
async fn learns(part: &Part, site: &str, payment: &str) {
    let url = format!("{site}/orders/{payment}");
    for _ in 0..ASKS {
        match ask(part, &url).await {
            // Held until the time was over: the next one follows at once.
            Ok(204) => {}
            Ok(_) => return,
            Err(NoAnswer) => {
                part.rest(AGAIN_MS).await;
            }
        }
        if part.is_over() || is_given_up(part, payment) {
            return;
        }
    }
}

/// Whether no more attempts are made to tell site.com of a payment.
fn is_given_up(part: &Part, payment: &str) -> bool {
    part.state.model.with_untracked(|model| {
        let told = model.as_ref().map(Webhooks::now).unwrap_or_default();
        told.dead().any(|delivery| delivery.payment.as_deref() == Some(payment))
    })
}

/// Asks to be told when there is something to tell. Gives the status. Nobody waits for the answer once
/// something else is shown.
async fn ask(part: &Part, url: &str) -> Result<u16, NoAnswer> {
    let abort = AbortController::new().ok();
    let signal = abort.as_ref().map(AbortController::signal);
    let request = plain(url, &[("wait", WAIT_S)]).abort_signal(signal.as_ref());
    let asked = pin!(status(request));
    match select(asked, pin!(part.left())).await {
        Either::Left((status, _)) => status,
        Either::Right(_) => {
            if let Some(abort) = abort {
                abort.abort();
            }
            Err(NoAnswer)
        }
    }
}

async fn status(request: RequestBuilder) -> Result<u16, NoAnswer> {
    let response = request.send().await.map_err(|_| NoAnswer)?;
    let status = response.status();
    response.binary().await.map(|_| status).map_err(|_| NoAnswer)
}

/// Asks for a payment. Gives its number.
async fn pay(payments: &str, amount: u64) -> Result<String, NoAnswer> {
    let answer = post(&format!("{payments}/payments"), &json!({ "amount": amount })).await?;
    serde_json::from_slice::<Accepted>(&answer).map(|paid| paid.id).map_err(|_| NoAnswer)
}

/// Hands something in. Gives the answer's content, of which what others are to know is in the log.
async fn post(url: &str, content: &Value) -> Result<Vec<u8>, NoAnswer> {
    let request = plain(url, &[]).method(Method::POST).json(content).map_err(|_| NoAnswer)?;
    let response = request.send().await.map_err(|_| NoAnswer)?;
    let is_taken = response.ok();
    let content = response.binary().await.map_err(|_| NoAnswer)?;
    if is_taken { Ok(content) } else { Err(NoAnswer) }
}

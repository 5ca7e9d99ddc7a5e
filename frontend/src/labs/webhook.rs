//! The page as the browser of the lab `webhook`: as the merchant's page it registers where site.com is to
//! be called, as a customer's it pays, and then it asks site.com what became of that. It never learns it
//! from the payment service: nobody can call a browser.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};
use gloo_net::http::{Method, RequestBuilder};
use leptos::prelude::{GetUntracked as _, WithUntracked as _, untrack};
use leptos::task::spawn_local;
use scene::model::Model;
use scene::standing::webhook::{Stage, Webhooks};
use serde::Deserialize;
use serde_json::{Value, json};
use trace::entry::{Entry, What};
use trace::note;
use trace::participant::Role;
use trace::time::Micros;
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
const STAYS_MS: u64 = 10_000;

/// For how long nothing has to happen while a payment is with the banks, or behind the moment at which a
/// delivery was due, until it is given up.
const LOST_MS: u64 = 60_000;

/// How often an order is asked about at most.
const ASKS: u64 = 200;

/// What the first payment is about; each further one is as much more.
const AMOUNT: u64 = 100;

/// What the payment service gives of a payment.
#[derive(Deserialize)]
struct Accepted {
    id: String,
}

/// The payments whose orders are asked about, or need not be any more.
type Asked = Rc<RefCell<BTreeSet<String>>>;

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
    let asked = Asked::default();
    for payment in paid {
        follow(part, site, payment, &asked);
    }
    stays(part, site, &asked).await;
}

/// Stays until nothing has happened for a while, and asks about the payments that others make meanwhile.
/// What the page asks itself keeps no run alive: a question may be held for as long as that lasts.
async fn stays(part: &Part, site: &str, asked: &Asked) {
    let (mut stirs, mut since) = (Stirs::default(), now());
    while part.rest(LOOK_MS).await {
        let told = told(part);
        let new = told.payments.iter().map(|payment| payment.id.clone());
        for payment in new.filter(|id| !is_given_up(&told, id)) {
            follow(part, site, payment, asked);
        }
        let read = |model: &Option<Model>| model.as_ref().is_some_and(|model| stirs.read(model));
        let stirred = part.state.model.with_untracked(read);
        if stirred || pends(part, &told) || untrack(|| part.state.server_waits()) {
            since = now();
        }
        let stays = if told.at_rest() { STAYS_MS } else { LOST_MS };
        let left = stays as f64 - (now() - since);
        if left <= 0.0 {
            part.stays(None);
            return part.done();
        }
        part.stays(told.at_rest().then_some((left / 1_000.0).ceil() as u64));
        part.waits(told.at_rest());
    }
    part.stays(None);
}

/// How webhooks stand by the log.
fn told(part: &Part) -> Webhooks {
    let now = |model: &Option<Model>| model.as_ref().map(Webhooks::now).unwrap_or_default();
    part.state.model.with_untracked(now)
}

/// How far the log was read for what others did.
#[derive(Default)]
struct Stirs(usize);

impl Stirs {
    /// Reads what is new. Says whether somebody did something other than the page.
    fn read(&mut self, model: &Model) -> bool {
        let stirred = model.entries.iter().skip(self.0).any(stirs);
        self.0 = model.entries.len();
        stirred
    }
}

fn stirs(entry: &Entry) -> bool {
    match &entry.what {
        What::Input(_) => true,
        What::Opened(opened) => opened.client.role != Role::Browser,
        // That the page's own question is held, or its connection closed for its idleness, is no stir.
        What::Note(note) => !matches!(
            note.what,
            note::What::PollHeld { .. }
                | note::What::PollReleased { .. }
                | note::What::KeepAliveOver { .. }
                | note::What::LinkSetup { .. }
        ),
        _ => false,
    }
}

/// Whether a delivery is under way, or due at a moment that is not long gone.
fn pends(part: &Part, told: &Webhooks) -> bool {
    let now = part.state.now.get_untracked().unwrap_or_default();
    told.deliveries.iter().any(|delivery| match delivery.stage {
        Stage::UnderWay { .. } => true,
        Stage::Due { at, .. } => at.plus(Micros::from_millis(LOST_MS)) > now,
        _ => false,
    })
}

/// Asks about an order, unless that is asked already. One that was given up is asked about again should
/// its delivery be sent again.
fn follow(part: &Part, site: &str, payment: String, asked: &Asked) {
    if !asked.borrow_mut().insert(payment.clone()) {
        return;
    }
    let (part, site, asked) = (part.clone(), site.to_owned(), Rc::clone(asked));
    spawn_local(async move {
        if !learns(&part, &site, &payment).await {
            asked.borrow_mut().remove(&payment);
        }
    });
}

/// Asks about an order until it was told of. Says false where its delivery was given up before.
async fn learns(part: &Part, site: &str, payment: &str) -> bool {
    let url = format!("{site}/orders/{payment}");
    for _ in 0..ASKS {
        match ask(part, &url).await {
            // Held until the time was over: the next one follows at once.
            Ok(204) => {}
            Ok(_) => return true,
            Err(NoAnswer) => {
                part.rest(AGAIN_MS).await;
            }
        }
        if part.is_over() {
            return true;
        }
        if is_given_up(&told(part), payment) {
            return false;
        }
    }
    true
}

/// Whether no more attempts are made to tell site.com of a payment.
fn is_given_up(told: &Webhooks, payment: &str) -> bool {
    told.dead().any(|delivery| delivery.payment.as_deref() == Some(payment))
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

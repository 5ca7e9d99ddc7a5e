//! The client inside the server: registers the callback, pays, and asks site.com, which alone can tell it that
//! the money has come.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{PAYMENTS, SITE, outbox};
use crate::agent::{Client, reachable};
use crate::listen::Service;
use crate::run::{Run, agent};

/// How long site.com may hold a question, in seconds.
const HOLD_S: u64 = 10;

/// How often is looked whether anything is still under way.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Registers, pays, asks; until every delivery has arrived or was given up.
///
/// # Errors
/// Answers that are none, or no success.
pub async fn ask(run: &Arc<Run>, services: &[Service]) -> anyhow::Result<()> {
    let named = |name: &str| {
        let service = services.iter().find(|service| service.name == name);
        service.with_context(|| format!("there is no {name}"))
    };
    let (payments, site) = (named(PAYMENTS)?, named(SITE)?);
    // Over TLS that site has a certificate for which nobody vouches.
    let scheme = if run.word("site") == "bad_certificate" { "https" } else { "http" };
    let url = format!("{scheme}://{}/r/{}/callback", reachable(site.addr), run.id);
    let mut client = Client::connect(run, payments.addr, agent()).await?;
    let body = json!({ "url": url }).to_string();
    client.post(&format!("/r/{}/webhooks", run.id), body.into()).await.context("not registered")?;
    let mut orders = Vec::new();
    for number in 1..=run.number("payments") {
        let body = json!({ "amount": number * 100 }).to_string();
        let answer = client.post(&format!("/r/{}/payments", run.id), body.into()).await?;
        let Made { id } = serde_json::from_slice(&answer).context("an answer that is none")?;
        orders.push(id);
    }
    let mut open: Option<Client> = None;
    for order in &orders {
        let path = format!("/r/{}/orders/{order}?wait={HOLD_S}", run.id);
        loop {
            let mut asker = match open.take().filter(Client::is_open) {
                Some(asker) => asker,
                None => Client::connect(run, site.addr, agent()).await?,
            };
            let told = tokio::select! {
                asked = asker.whole(Request::get(&path), Bytes::new()) => {
                    asked?.0 != StatusCode::NO_CONTENT
                }
                () = given_up(run, order) => break,
            };
            open = Some(asker);
            if told {
                break;
            }
        }
    }
    while !is_quiet(run) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Whether no payment and no delivery is under way.
fn is_quiet(run: &Arc<Run>) -> bool {
    run.shared.callbacks.ledger.is_done() && !outbox::pends(run)
}

/// Resolves once nothing is under way that could tell site.com of a payment.
async fn given_up(run: &Arc<Run>, payment: &str) {
    while !is_quiet(run) || run.shared.callbacks.site.knows(payment) {
        tokio::time::sleep(LOOK).await;
    }
}

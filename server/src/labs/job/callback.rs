//! The fourth way: site.com is told. It registers its callback with the payment service, over a connection
//! that is heard like any other, and what keeps and sends deliveries there does the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::spoken;

use super::{PAYMENTS, SITE};
use crate::agent::{Client, reachable};
use crate::labs::webhook::outbox;
use crate::listen::Service;
use crate::run::Run;

/// How much is paid.
const AMOUNT: u64 = 100;

/// How often is looked whether site.com is still being told.
const LOOK: Duration = Duration::from_millis(50);

/// How long the log may take until site.com's answer is in it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lets site.com register its callback.
///
/// # Errors
/// A service that is not there, or does not take it.
pub async fn register(run: &Run, services: &[Service]) -> anyhow::Result<()> {
    let named = |name: &str| {
        let service = services.iter().find(|service| service.name == name);
        service.with_context(|| format!("there is no {name}"))
    };
    let (payments, site) = (named(PAYMENTS)?, named(SITE)?);
    let url = format!("http://{}/r/{}/callback", reachable(site.addr), run.id);
    let mut client = Client::connect(run, payments.addr, run.known(SITE)).await?;
    let body = json!({ "url": url }).to_string();
    client.post(&format!("/r/{}/webhooks", run.id), body.into()).await?;
    Ok(())
}

/// Lets site.com be told that the job is done.
pub async fn tell(run: &Arc<Run>) {
    outbox::publish(run, &spoken::job_of(&run.id), AMOUNT).await;
}

/// Waits until site.com has answered what it was told, or that was given up. The answer is read from the
/// log, as everybody else does.
pub async fn heard(run: &Arc<Run>) {
    run.shared.job.published().await;
    while outbox::pends(run) {
        tokio::time::sleep(LOOK).await;
    }
    let _ = tokio::time::timeout(PATIENCE, answered(run)).await;
}

async fn answered(run: &Run) {
    let mut last = run.log.last();
    let (mut seen, mut told) = (Seq(0), BTreeSet::<ConnId>::new());
    loop {
        for kept in run.log.after(seen, usize::MAX) {
            seen = kept.entry.seq;
            match &kept.entry.what {
                What::Opened(opened)
                    if opened.server.id == SITE && opened.client.id == PAYMENTS =>
                {
                    told.insert(opened.conn);
                }
                What::Event(event) if told.contains(&event.conn) && is_answer(event) => return,
                _ => {}
            }
        }
        if last.changed().await.is_err() {
            return;
        }
    }
}

fn is_answer(event: &Event) -> bool {
    matches!(&event.kind, Kind::Http1(Http1::Response(response)) if response.status >= 200)
}

//! The lab `webhook`: a payment service that calls back. Its services are real and listen on ports of
//! their own: the payment service, two banks through which the money passes, and site.com, which is called.
//! How deliveries are kept, signed and sent is in [`crate::webhooks`]; [`outbox`] is the way there.

mod agent;
mod attack;
mod banks;
pub mod outbox;
mod payments;
mod press;
mod site;
mod trusted;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, Request, Response};
use hyper::body::Incoming;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::de::DeserializeOwned;
use trace::studio::{Lab, ParamKind};

use super::services::problem;
use super::{choice, common, integer, lab, pages, param, sent};
use crate::content::Content;
use crate::listen::Service;
use crate::refusal::Refusal;
use crate::run::{Bound, Run};

pub use press::{Unpressed, press};

/// The payment service.
pub const PAYMENTS: &str = "payments";

/// The bank to which the payment service gives the money.
pub const BANK1: &str = "bank1";

/// The bank to which that one passes it on.
pub const BANK2: &str = "bank2";

/// The site that is called back.
pub const SITE: &str = "site.com";

/// Its services.
pub const SERVICES: [&str; 4] = [SITE, PAYMENTS, BANK1, BANK2];

/// The inputs that its runs take beside those of every lab.
pub const INPUTS: [&str; 6] = ["pay", "replay", "rotate", "enable", "site", "attack"];

/// The most bytes of a request that are read as JSON.
const BODY_MOST: usize = 64 << 10;

/// What the services of a run know.
#[derive(Debug, Default)]
pub struct State {
    /// The payment service's book.
    pub ledger: payments::Ledger,
    /// site.com.
    pub site: site::Site,
    /// Whether somebody sees to what still waits when the run is over.
    withdraws: AtomicBool,
}

impl State {
    /// Whether somebody sees to what waits at the run's end. From now on somebody does.
    fn withdraws(&self) -> bool {
        self.withdraws.swap(true, Ordering::Relaxed)
    }
}

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("payments", [1, 1, 20], ""),
        integer("bank_ms", [0, 400, 5_000], "ms"),
        choice("site", &["up", "slow", "error", "close", "bad_certificate"]),
        integer("fail_first", [0, 0, 5], ""),
        integer("retries", [0, 3, 8], ""),
        integer("backoff_ms", [50, 500, 10_000], "ms"),
        integer("timeout_ms", [200, 2_000, 10_000], "ms"),
        param("duplicate", ParamKind::Boolean { default: false }),
    ];
    params.extend(common());
    lab("webhook", "callbacks", params)
}

/// Answers a request to one of its services.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    service: &str,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    if request.method() == Method::OPTIONS {
        return Ok(pages::preflight());
    }
    match service {
        PAYMENTS => payments::answer(bound, request).await,
        SITE => site::answer(bound, request).await,
        bank => banks::answer(bound, bank, request).await,
    }
}

/// Lets a run go on until it is over: the agent registers, pays and asks, or a page does.
///
/// # Errors
/// Answers that are none, or no success.
pub async fn drive(run: &Arc<Run>, services: &[Service]) -> anyhow::Result<()> {
    if run.word("peer") != "agent" {
        run.until_page_done().await;
        return Ok(());
    }
    tokio::select! {
        done = agent::ask(run, services) => done?,
        () = run.until_over() => {}
    }
    crate::agent::wait_all_closed(run).await;
    Ok(())
}

/// The segments of a request's path behind its run: `webhooks`, `ep_1`, `rotate`.
fn segments<'a>(run: &Run, path: &'a str) -> Vec<&'a str> {
    let rest = path.strip_prefix(&format!("/r/{}/", run.id)).unwrap_or_default();
    rest.split('/').collect()
}

/// A request's body as JSON.
///
/// # Errors
/// A body that is too long or too slow. What is none is an answer that says so.
async fn json_of<T: DeserializeOwned>(
    bound: &Bound,
    body: Incoming,
    form: &str,
) -> Result<Result<T, Response<Content>>, Refusal> {
    let (len, body) = sent::read(body, bound.run.caps, BODY_MOST).await?;
    if len > BODY_MOST as u64 {
        let why = format!("A request may have {BODY_MOST} bytes here.");
        return Ok(Err(problem(413, "Content Too Large", &why)));
    }
    Ok(serde_json::from_slice(&body).map_err(|error| {
        let why = format!("What is wanted is {form}: {error}.");
        problem(422, "Unprocessable Content", &why)
    }))
}

/// An answer for a path that a service does not have, or not for this method.
fn unknown(service: &str, has: &str) -> Response<Content> {
    problem(404, "Not Found", &format!("{service} has {has}."))
}

/// What is drawn by lot for something that has a name: the same for the same run's seed.
fn drawn(seed: u64, name: &str) -> StdRng {
    // FNV-1a: only that different names differ matters.
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    StdRng::seed_from_u64(name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, mix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn lots_are_the_same_for_the_same_seed_and_name() {
        let lot = |seed, name| drawn(seed, name).random::<u64>();
        assert_eq!(lot(7, "pay_1 bank1"), lot(7, "pay_1 bank1"));
        assert_ne!(lot(7, "pay_1 bank1"), lot(8, "pay_1 bank1"));
        assert_ne!(lot(7, "pay_1 bank1"), lot(7, "pay_1 bank2"));
    }

    #[test]
    fn it_has_the_knobs_that_the_page_sets() {
        let names: Vec<String> = describe().params.into_iter().map(|param| param.name).collect();
        for name in ["bank_ms", "fail_first", "site", "retries", "backoff_ms", "duplicate", "peer"]
        {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}

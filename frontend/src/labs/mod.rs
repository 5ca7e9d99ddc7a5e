//! What the page does as a lab's browser. It asks and throws away what it hears: the picture comes
//! from the log alone (law 10).

pub(crate) mod cast;
mod grpc;
mod http10;
mod http11;
mod http2;
mod job;
mod long_polling;
pub(crate) mod part;
mod poll;
mod short_polling;
mod sse;
mod stream;
mod user;
mod webhook;
pub mod websocket;

use futures_util::future::try_join_all;
use gloo_net::http::RequestBuilder;
use part::Part;
use trace::log::Header;
use web_sys::{ReferrerPolicy, RequestCache, RequestCredentials, RequestMode};

use crate::session;
use crate::state::Active;

/// Drives a started run.
pub(crate) async fn drive(part: &Part) {
    match part.header.lab.as_str() {
        "http10" => http10::drive(part).await,
        "http11" => http11::drive(part).await,
        "http2" => http2::drive(part).await,
        "short_polling" => short_polling::drive(part).await,
        "long_polling" => long_polling::drive(part).await,
        "websocket" => websocket::drive(part).await,
        "sse" => sse::drive(part).await,
        "job" => job::drive(part).await,
        "grpc" => grpc::drive(part).await,
        "webhook" => webhook::drive(part).await,
        _ => {}
    }
    part.waits(true);
}

/// A request without an answer ends the run, unless that was over.
fn answered(part: &Part, done: Result<(), NoAnswer>) {
    if done.is_err() && !part.is_over() {
        part.state.say(text::say("trouble-no-answer", &[]));
        session::press(part.state, "stop");
    }
}

/// The browser says that a request came to nothing; it does not say why.
pub(crate) struct NoAnswer;

/// Whether the browser trusts a port that speaks TLS. It does not say why it has no answer, so it is
/// asked for something that is in no run.
async fn is_trusted(part: &Part, service: &str) -> bool {
    let Some(url) = part.active.urls.get(service) else { return false };
    let origin = url.split_once("/r/").map_or(url.as_str(), |(origin, _)| origin);
    plain(&format!("{origin}/trust"), &[]).send().await.is_ok()
}

/// Asks for a lab's address and reads the answer to its end.
async fn fetch(target: &Target) -> Result<(), NoAnswer> {
    let response = plain(&target.url, &target.query).send().await.map_err(|_| NoAnswer)?;
    response.binary().await.map(|_| ()).map_err(|_| NoAnswer)
}

/// A request with nothing of the browser's own about it: no cache, no cookies, no referrer.
pub(crate) fn plain(url: &str, query: &[(&str, u64)]) -> RequestBuilder {
    RequestBuilder::new(url)
        .query(query.iter().map(|(name, value)| (*name, value.to_string())))
        .mode(RequestMode::Cors)
        .cache(RequestCache::NoStore)
        .credentials(RequestCredentials::Omit)
        .referrer_policy(ReferrerPolicy::NoReferrer)
}

/// What is asked for.
pub(crate) struct Target {
    url: String,
    query: Vec<(&'static str, u64)>,
}

/// The address of the lab's resource for one of its requests, and how long its answer is to take.
pub(crate) fn target(
    header: &Header,
    active: &Active,
    service: &str,
    request: u64,
    delay_ms: u64,
) -> Target {
    let base = active.urls.get(service).cloned().unwrap_or_default();
    let resource = header.word("resource").unwrap_or("hello");
    // The addresses differ, because Chromium lets equal ones wait for each other.
    let mut query = vec![("n", request)];
    if delay_ms > 0 {
        query.push(("delay_ms", delay_ms));
    }
    Target { url: format!("{base}/{resource}"), query }
}

/// Asks for all, in turn or all at once.
pub(crate) async fn fetch_all(header: &Header, targets: &[Target]) -> Result<(), NoAnswer> {
    if header.word("order") == Some("parallel") {
        return try_join_all(targets.iter().map(fetch)).await.map(|_| ());
    }
    for target in targets {
        fetch(target).await?;
    }
    Ok(())
}

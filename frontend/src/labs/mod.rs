//! What the page does as a lab's browser. It asks and throws away what it hears: the picture comes
//! from the log alone (law 10).

mod http10;
mod http11;

use futures_util::future::try_join_all;
use gloo_net::http::RequestBuilder;
use leptos::prelude::*;
use trace::log::Header;
use web_sys::{ReferrerPolicy, RequestCache, RequestCredentials, RequestMode};

use crate::session;
use crate::state::{Active, State};

/// Drives a started run.
pub async fn drive(state: State, active: &Active) {
    let header =
        state.model.with_untracked(|model| model.as_ref().map(|model| model.header.clone()));
    let Some(header) = header else { return };
    let done = match header.lab.as_str() {
        "http10" => http10::drive(&header, active).await,
        "http11" => http11::drive(&header, active).await,
        _ => Ok(()),
    };
    if let Err(NoAnswer) = done {
        let stopped = state
            .model
            .with_untracked(|model| model.as_ref().is_none_or(|model| !model.state.serves()));
        if !stopped {
            state.say(text::say("trouble-no-answer", &[]));
            session::press(state, "stop");
        }
    }
}

/// The browser says that a request came to nothing; it does not say why.
pub(crate) struct NoAnswer;

/// Asks for a lab's address and reads the answer to its end.
async fn fetch(target: &Target) -> Result<(), NoAnswer> {
    let query = target.query.iter().map(|(name, value)| (*name, value.to_string()));
    let response = RequestBuilder::new(&target.url)
        .query(query)
        .mode(RequestMode::Cors)
        .cache(RequestCache::NoStore)
        .credentials(RequestCredentials::Omit)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .send()
        .await
        .map_err(|_| NoAnswer)?;
    response.binary().await.map(|_| ()).map_err(|_| NoAnswer)
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

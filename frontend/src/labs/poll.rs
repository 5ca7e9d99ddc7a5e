//! A poll as the page sends it: a plain request, for which a browser asks no leave beforehand.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web_sys::AbortController;

use super::part::Part;
use super::{NoAnswer, plain};

/// What a poll came to.
pub enum Polled {
    /// There were messages; the next poll asks for what is after this number.
    News(u64),
    /// There were none.
    Nothing,
}

/// What of an answer the next poll needs. The messages are drawn from the log.
#[derive(Deserialize)]
struct Answer {
    next: u64,
}

/// Asks an instance for what is new.
pub async fn poll(part: &Part, base: &str, query: &[(&str, u64)]) -> Result<Polled, NoAnswer> {
    let answer = ask::<Answer>(part, &format!("{base}/messages"), query).await?;
    Ok(answer.map_or(Polled::Nothing, |answer| Polled::News(answer.next)))
}

/// Asks for what is new at an address; none where there is nothing. Nobody waits for the answer once
/// something else is shown.
pub async fn ask<T: DeserializeOwned>(
    part: &Part,
    url: &str,
    query: &[(&str, u64)],
) -> Result<Option<T>, NoAnswer> {
    let abort = AbortController::new().ok();
    let signal = abort.as_ref().map(AbortController::signal);
    let request = plain(url, query).abort_signal(signal.as_ref());
    let asked = pin!(async {
        let response = request.send().await.map_err(|_| NoAnswer)?;
        read::<T>(&response).await
    });
    match select(asked, pin!(part.left())).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            if let Some(abort) = abort {
                abort.abort();
            }
            Err(NoAnswer)
        }
    }
}

async fn read<T: DeserializeOwned>(response: &Response) -> Result<Option<T>, NoAnswer> {
    match response.status() {
        204 => Ok(None),
        200 => response.json::<T>().await.map(Some).map_err(|_| NoAnswer),
        _ => Err(NoAnswer),
    }
}

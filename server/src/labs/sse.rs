//! The lab `sse`: one answer that never ends, and events in it.

use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use http::Request;
use http_body_util::BodyExt as _;
use trace::studio::Lab;

use super::{common, integer, lab};
use crate::agent::Client;
use crate::listen::Service;
use crate::run::{Run, agent};

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("events", [1, 10, 1_000], ""),
        integer("every_ms", [1, 500, 60_000], "ms"),
        integer("drop_after", [0, 5, 1_000], ""),
        integer("retry_ms", [100, 1_000, 60_000], "ms"),
        integer("streams", [1, 1, 8], ""),
    ];
    params.extend(common());
    lab("sse", "notifications", params)
}

/// The agent listens on as many streams as the knob says, until each has had every event.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let one = |number| listen(run, service, number);
    try_join_all((1..=run.number("streams")).map(one)).await.map(|_| ())
}

/// Listens, and comes back with the last event's id whenever the stream broke off.
async fn listen(run: &Run, service: &Service, number: u64) -> anyhow::Result<()> {
    let wanted = run.number("events");
    let mut retry = Duration::from_millis(run.number("retry_ms"));
    let mut last = String::new();
    loop {
        if let Err(error) = once(run, service, number, &mut last, &mut retry).await {
            tracing::debug!(run = %run.id, %error, "the stream broke off");
        }
        if last.parse::<u64>().is_ok_and(|last| last >= wanted) {
            return Ok(());
        }
        tokio::time::sleep(retry).await;
    }
}

async fn once(
    run: &Run,
    service: &Service,
    number: u64,
    last: &mut String,
    retry: &mut Duration,
) -> anyhow::Result<()> {
    let mut client = Client::connect(run, service.addr, agent()).await?;
    let mut request = Request::get(format!("/r/{}/events?n={number}", run.id))
        .header(http::header::ACCEPT, "text/event-stream");
    if !last.is_empty() {
        request = request.header("Last-Event-ID", last.as_str());
    }
    let response = client.ask(request, Bytes::new()).await?;
    let mut events = response.into_body().into_data_stream().eventsource();
    while let Some(event) = events.next().await {
        let event = event?;
        *last = event.id;
        *retry = event.retry.unwrap_or(*retry);
        if last.parse::<u64>().is_ok_and(|last| last >= run.number("events")) {
            break;
        }
    }
    Ok(())
}

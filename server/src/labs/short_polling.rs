//! The lab `short_polling`: the client asks for what is new over and over, and mostly there is
//! nothing.

use std::time::Duration;

use trace::studio::Lab;

use super::poller::Poller;
use super::{common, integer, lab};
use crate::listen::Service;
use crate::run::Run;

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("polls", [1, 10, 600], ""),
        integer("interval_ms", [50, 1_000, 60_000], "ms"),
        integer("messages", [0, 1, 1_000], ""),
        integer("message_every_ms", [10, 3_000, 60_000], "ms"),
    ];
    params.extend(common());
    lab("short_polling", "notifications", params)
}

/// The agent asks, at even distances.
pub async fn ask(run: &Run, services: &[Service]) -> anyhow::Result<()> {
    let mut poller = Poller::new(run, services);
    let mut turns = tokio::time::interval(Duration::from_millis(run.number("interval_ms").max(1)));
    for number in 1..=run.number("polls") {
        turns.tick().await;
        let query = format!("max=10&n={number}");
        // A poll that comes to nothing is not made up for: the next one asks for the same.
        if let Err(error) = poller.poll(0, &query).await {
            tracing::debug!(run = %run.id, %error, "a poll came to nothing");
        }
    }
    Ok(())
}

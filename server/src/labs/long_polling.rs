//! The lab `long_polling`: an instance holds the question until there is something to say.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use trace::studio::Lab;

use super::poller::{Polled, Poller};
use super::{choice, common, integer, lab};
use crate::listen::Service;
use crate::run::Run;

/// How long until another instance is asked where one did not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("hold_s", [1, 10, 60], "s"),
        integer("messages", [1, 3, 10_000], ""),
        integer("message_every_ms", [1, 4_000, 60_000], "ms"),
        integer("instances", [1, 2, 32], ""),
        choice("hop", &["in_turn", "random", "never"]),
        choice("wake", &["store", "pull"]),
        integer("pull_ms", [10, 500, 10_000], "ms"),
        integer("batch", [1, 10, 100], ""),
        integer("poll_delay_ms", [0, 0, 10_000], "ms"),
    ];
    params.extend(common());
    lab("long_polling", "notifications", params)
}

/// The agent polls until it has every message and nothing more came for as long as a hold lasts.
pub async fn ask(run: &Run, services: &[Service]) -> anyhow::Result<()> {
    let mut poller = Poller::new(run, services);
    let mut rng = StdRng::seed_from_u64(run.log.header.seed ^ 2);
    let (hold, batch) = (run.number("hold_s"), run.number("batch"));
    let delay = Duration::from_millis(run.number("poll_delay_ms"));
    let mut instance = 0;
    for number in 1_u64.. {
        let query = format!("max={batch}&wait={hold}&n={number}");
        match poller.poll(instance, &query).await {
            Ok(Polled::Nothing) if poller.after >= run.number("messages") => break,
            Ok(_) => tokio::time::sleep(delay).await,
            Err(error) => {
                tracing::debug!(run = %run.id, instance, %error, "another instance is asked");
                tokio::time::sleep(AGAIN).await;
                instance = (instance + 1) % services.len().max(1);
                continue;
            }
        }
        instance = match run.word("hop") {
            "random" => rng.random_range(0..services.len().max(1)),
            "never" => instance,
            _ => (instance + 1) % services.len().max(1),
        };
    }
    Ok(())
}

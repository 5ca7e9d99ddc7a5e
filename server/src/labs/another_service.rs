//! Another service: a client inside the server that sends messages through an instance, at moments
//! that the run's seed draws.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use tokio::time::Instant;
use trace::note::What;

use crate::agent::{Client, Refused};
use crate::listen::Service;
use crate::run::{Run, another_service};

/// How long until a message is tried again that no instance took.
const AGAIN: Duration = Duration::from_millis(100);

/// When each of the messages is sent, from the start: about evenly, each drawn around its turn.
pub fn moments(seed: u64, count: u64, every: Duration) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(seed);
    let at = |number: u64| {
        let turn = number as f64 + rng.random_range(0.6..1.0);
        every.mul_f64(turn)
    };
    (0..count).map(at).collect()
}

/// Sends the run's messages, one after the other.
pub async fn speak(run: Arc<Run>, services: Vec<Service>, every: Duration, count: u64) {
    tokio::select! {
        () = say_all(&run, services, every, count) => {}
        () = run.until_over() => {}
    }
}

async fn say_all(run: &Arc<Run>, services: Vec<Service>, every: Duration, count: u64) {
    let began = Instant::now();
    let mut speaker = Speaker::new(run, services);
    for (number, at) in (1_u64..).zip(moments(run.log.header.seed, count, every)) {
        tokio::time::sleep_until(began + at).await;
        let text = format!("Message {number}");
        speaker.say(&text, None, &format!("\"{number}\"")).await;
    }
    // Its connection stays for as long as the run does.
    run.until_over().await;
}

/// Sends one message, through an instance that is named or any.
pub async fn send(run: Arc<Run>, services: Vec<Service>, text: String, through: Option<String>) {
    let mut speaker = Speaker::new(&run, services);
    let key = format!("\"{}\"", crate::runs::new_key());
    speaker.say(&text, through.as_deref(), &key).await;
}

/// The other service's connections.
struct Speaker<'a> {
    run: &'a Arc<Run>,
    services: Vec<Service>,
    rng: StdRng,
    open: Option<(String, Client)>,
}

impl<'a> Speaker<'a> {
    fn new(run: &'a Arc<Run>, services: Vec<Service>) -> Self {
        let rng = StdRng::seed_from_u64(run.log.header.seed ^ 1);
        Self { run, services, rng, open: None }
    }

    /// Sends until an instance has taken it, or the run is over.
    async fn say(&mut self, text: &str, through: Option<&str>, key: &str) {
        let run = Arc::clone(self.run);
        let taken = async {
            while let Err(error) = self.try_say(text, through, key).await {
                tracing::debug!(run = %run.id, %error, "another service tries again");
                self.open = None;
                let refused = error.downcast_ref::<Refused>();
                let for_good = refused.is_some_and(|Refused(status)| *status != 503);
                if for_good || through.is_some() {
                    let why = format!("another service's message was not taken: {error}");
                    return run.note(None, What::Refused { status: None, why });
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::select! {
            () = taken => {}
            () = run.until_over() => {}
        }
    }

    /// One attempt. The key says that it is the same message as before (the header
    /// `Idempotency-Key`, an Internet-Draft of the HTTPAPI group).
    async fn try_say(
        &mut self,
        text: &str,
        through: Option<&str>,
        key: &str,
    ) -> anyhow::Result<()> {
        let service = self.choose(through).ok_or_else(|| anyhow::anyhow!("no instance is up"))?;
        let keeps = |(name, client): &(String, Client)| *name == service.name && client.is_open();
        let mut client = match self.open.take().filter(keeps) {
            Some((_, client)) => client,
            None => Client::connect(self.run, service.addr, another_service()).await?,
        };
        let path = format!("/r/{}/messages", self.run.id);
        let body = json!({ "text": text }).to_string();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key);
        client.whole(request, body.into()).await?;
        self.open = Some((service.name.clone(), client));
        Ok(())
    }

    /// The instance that is named, else one that is up and holds no poll: a message is to come in
    /// where nobody waits for it.
    fn choose(&mut self, through: Option<&str>) -> Option<Service> {
        if let Some(name) = through {
            return self.services.iter().find(|service| service.name == name).cloned();
        }
        let instance = |service: &&Service| self.run.shared.named(&service.name);
        let up = |service: &&Service| instance(service).is_some_and(|it| !it.is_down());
        let up: Vec<Service> = self.services.iter().filter(up).cloned().collect();
        let free = |service: &&Service| instance(service).is_some_and(|it| !it.holds());
        let free: Vec<Service> = up.iter().filter(free).cloned().collect();
        let among = if free.is_empty() { &up } else { &free };
        among.choose(&mut self.rng).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_draws_the_moments() {
        let every = Duration::from_secs(1);
        let seven = moments(7, 20, every);
        assert_eq!(seven, moments(7, 20, every));
        assert_ne!(seven, moments(8, 20, every));
        assert!(seven.windows(2).all(|pair| pair[0] < pair[1]), "{seven:?}");
    }
}

//! What is kept of an endpoint and of a delivery, and how an endpoint's state follows from its attempts.

use serde::{Deserialize, Serialize};
use trace::time::Micros;
use trace::webhook::EndpointState;

use super::schedule::{Draw, wait};
use super::sign::Secret;
use crate::clock;
use crate::run::Run;

/// So many attempts that failed in a row disable an endpoint.
pub const DISABLED_AFTER: u64 = 10;

/// For how long the secret that was is still signed with, once there is a new one.
const ROTATION_MS: u64 = 24 * 60 * 60 * 1_000;

/// An address that is called when something happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name: `ep_…`.
    pub id: String,
    /// The run whose it is.
    pub run: String,
    /// Its number in that run.
    pub number: u64,
    /// Where it is.
    pub url: String,
    /// Whether that is this server's own site.com, as the run calls it.
    #[serde(default)]
    pub own: bool,
    /// How it fares.
    pub state: EndpointState,
    /// Attempts that failed in a row.
    pub failures: u64,
    secrets: Vec<Secret>,
    /// When the first of them was made, in milliseconds since 1970.
    drawn_ms: u64,
}

impl Endpoint {
    pub(super) fn new(id: String, run: String, number: u64, url: String, own: bool) -> Self {
        let secrets = vec![Secret::draw()];
        let (state, failures) = (EndpointState::Healthy, 0);
        Self { id, run, number, url, own, state, failures, secrets, drawn_ms: clock::wall_ms() }
    }

    /// What its deliveries are signed with, the newest first: two while it is being rotated.
    #[must_use]
    pub fn secrets(&self) -> &[Secret] {
        let over = clock::wall_ms() > self.drawn_ms.saturating_add(ROTATION_MS);
        match self.secrets.split_first() {
            Some((newest, _)) if over => std::slice::from_ref(newest),
            _ => &self.secrets,
        }
    }

    /// Draws a new secret; the one before holds for a while.
    pub(super) fn rotate(&mut self) -> Secret {
        let new = Secret::draw();
        self.secrets.truncate(1);
        self.secrets.insert(0, new.clone());
        self.drawn_ms = clock::wall_ms();
        new
    }

    /// A secret that was drawn is none after all.
    pub(super) fn unrotate(&mut self, drawn: &Secret) {
        self.secrets.retain(|secret| secret != drawn);
    }

    /// Whether nothing is sent there but by hand.
    pub(super) fn is_disabled(&self) -> bool {
        self.state == EndpointState::Disabled
    }

    /// Takes in how an attempt ended. Says whether anything changed.
    pub(super) fn took(&mut self, delivered: bool) -> bool {
        let before = (self.state, self.failures);
        if delivered {
            (self.state, self.failures) = (EndpointState::Healthy, 0);
        } else {
            self.failures += 1;
            let disabled = self.failures >= DISABLED_AFTER;
            self.state = if disabled { EndpointState::Disabled } else { EndpointState::Failing };
        }
        before != (self.state, self.failures)
    }

    /// Lets it be called again.
    pub(super) fn enable(&mut self) -> bool {
        let disabled = self.is_disabled();
        if disabled {
            (self.state, self.failures) = (EndpointState::Healthy, 0);
        }
        disabled
    }
}

/// How a run's deliveries are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The run's seed, which draws the waits.
    pub seed: u64,
    /// How often a delivery is tried again.
    pub retries: u64,
    /// The first wait, in milliseconds.
    pub backoff_ms: u64,
    /// How long an answer is waited for, in milliseconds.
    pub timeout_ms: u64,
    /// Whether what was delivered is sent once more, as after a lost answer.
    pub twice: bool,
}

impl Policy {
    /// As the knobs of a run say.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let header = &run.log.header;
        Self {
            seed: header.seed,
            retries: header.number("retries").unwrap_or(3).min(20),
            backoff_ms: header.number("backoff_ms").unwrap_or(400).max(1),
            timeout_ms: header.number("timeout_ms").unwrap_or(10_000).clamp(100, 10_000),
            twice: run.flag("duplicate"),
        }
    }

    pub(super) const fn first_wait(self) -> Micros {
        Micros::from_millis(self.backoff_ms)
    }
}

/// Something that an endpoint is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its name, and its `webhook-id`: `msg_…`.
    pub id: String,
    /// To where.
    pub endpoint: String,
    /// The run in which it was emitted.
    pub run: String,
    /// What it tells of.
    pub payment: String,
    /// Its content.
    pub payload: String,
    /// Its number at the endpoint: its payment's, where that has one.
    pub number: u64,
    /// The endpoint's number in the run.
    pub endpoint_number: u64,
    /// The attempt that is next, or was the last, counted from 1; 0 where it was given up before any.
    pub attempt: u64,
    /// When it is due, in milliseconds since 1970.
    pub due_ms: u64,
    /// How it is tried.
    pub policy: Policy,
    /// Whether somebody asked for it by hand: then it is tried once.
    pub by_hand: bool,
}

impl Delivery {
    pub(super) const fn draw(&self) -> Draw {
        Draw { seed: self.policy.seed, endpoint: self.endpoint_number, delivery: self.number }
    }

    /// Makes it due after a wait. Gives the moment.
    pub(super) fn due_in(&mut self, wait: Micros) -> Micros {
        self.due_ms = clock::wall_ms().saturating_add(wait.0.div_ceil(1_000));
        clock::now().plus(wait)
    }

    /// The moment at which it is due, as this program counts: after no longer than it was to wait, however the
    /// time of day was set meanwhile.
    pub(super) fn due(&self) -> Micros {
        let left = Micros::from_millis(self.due_ms.saturating_sub(clock::wall_ms()));
        let most = wait(self.draw(), self.attempt.saturating_sub(1), self.policy.first_wait());
        clock::now().plus(left.min(most))
    }

    /// It is given up before the attempt that is next: the one before was the last.
    pub(super) fn untried(mut self) -> Self {
        self.attempt = self.attempt.saturating_sub(1);
        self
    }

    /// How much its content is.
    pub(super) const fn bytes(&self) -> u64 {
        self.payload.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        let url = "http://localhost:4006/r/a/callback".to_owned();
        Endpoint::new("ep_a_1".to_owned(), "a".to_owned(), 1, url, true)
    }

    #[test]
    fn failures_in_a_row_disable_it_and_a_success_heals() {
        let mut endpoint = endpoint();
        assert!(!endpoint.took(true));
        for failures in 1..DISABLED_AFTER {
            assert!(endpoint.took(false));
            assert_eq!((endpoint.state, endpoint.failures), (EndpointState::Failing, failures));
        }
        assert!(endpoint.took(true));
        assert_eq!((endpoint.state, endpoint.failures), (EndpointState::Healthy, 0));
        for _ in 0..DISABLED_AFTER {
            endpoint.took(false);
        }
        assert_eq!(endpoint.state, EndpointState::Disabled);
        assert!(endpoint.enable() && !endpoint.enable());
    }

    #[test]
    fn two_secrets_hold_while_it_is_rotated() {
        let mut endpoint = endpoint();
        let old = endpoint.secrets().to_vec();
        let new = endpoint.rotate();
        assert_eq!(endpoint.secrets(), [new.clone(), old[0].clone()]);
        let newest = endpoint.rotate();
        assert_eq!(endpoint.secrets(), [newest.clone(), new.clone()]);
        endpoint.drawn_ms -= ROTATION_MS + 1;
        assert_eq!(endpoint.secrets(), std::slice::from_ref(&newest));
        endpoint.drawn_ms = clock::wall_ms();
        endpoint.unrotate(&newest);
        assert_eq!(endpoint.secrets(), [new]);
    }
}

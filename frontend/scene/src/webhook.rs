//! Webhooks in the model: which delivery waits for its next attempt, which attempt a request carries,
//! and on whose lane stands what services tell of them.

use std::collections::BTreeMap;

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::Seq;
use trace::note::{self, Act, Note};
use trace::time::Micros;
use trace::webhook::{EndpointState, Outcome, Planned, Verdict};

use crate::bytes::headers;
use crate::model::Model;
use crate::step::{Key, Step, StepKind};

/// The participant that sends callbacks.
pub const PAYMENTS: &str = "payments";

/// The header that names a delivery (Standard Webhooks 1.0).
const ID: &str = concat!("webhook", "-id");

/// What is known of deliveries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The waits that are not over: by delivery and attempt, their steps.
    waits: BTreeMap<(String, u64), Key>,
    /// The attempts at each delivery.
    sent: BTreeMap<String, Vec<Sent>>,
}

/// An attempt that went out.
#[derive(Debug, Clone, Copy)]
struct Sent {
    attempt: u64,
    at: Micros,
    seq: Seq,
}

/// A delivery that is due.
pub(crate) struct Due<'a> {
    pub delivery: &'a str,
    pub attempt: u64,
    pub wait: Micros,
    pub why: Planned,
}

/// Whose attempt a request is.
pub(crate) struct Attempt {
    pub delivery: String,
    pub number: u64,
    /// The entry that tells of it.
    pub seq: Seq,
}

impl Model {
    /// Takes in what a service tells of payments and deliveries. It stands on the lane of who tells it,
    /// whatever connection it is about; a wait until the next attempt is a step that lasts.
    pub(crate) fn told_of_webhooks(&mut self, seq: Seq, at: Micros, what: &note::What) {
        let key = (at, seq, 0);
        match what {
            note::What::DeliveryPlanned { delivery, attempt, wait_us, why, .. }
                if *why != Planned::First && *wait_us > Micros(0) =>
            {
                self.webhooks.waits.insert((delivery.clone(), *attempt), key);
                return self.step(key, None, StepKind::Backoff { sent: None });
            }
            note::What::DeliverySent { delivery, attempt, .. } => {
                let sent = Sent { attempt: *attempt, at, seq };
                self.webhooks.sent.entry(delivery.clone()).or_default().push(sent);
                self.backoff_over(delivery, *attempt, (seq, at));
            }
            _ => {}
        }
        self.step(key, None, StepKind::Note);
    }

    /// What was waited for goes out.
    fn backoff_over(&mut self, delivery: &str, attempt: u64, sent: (Seq, Micros)) {
        let Some(key) = self.webhooks.waits.remove(&(delivery.to_owned(), attempt)) else { return };
        let index = self.index_of(key);
        if let Some(step) = index.and_then(|index| self.steps.get_mut(index)) {
            step.what = StepKind::Backoff { sent: Some(sent) };
        }
        self.edits.extend(index);
    }

    /// What was planned in a step.
    pub(crate) fn due(&self, step: &Step) -> Option<Due<'_>> {
        match &self.entry(step.seq())?.what {
            What::Note(Note {
                what: note::What::DeliveryPlanned { delivery, attempt, wait_us, why, .. },
                ..
            }) => Some(Due { delivery, attempt: *attempt, wait: *wait_us, why: *why }),
            _ => None,
        }
    }

    /// Which attempt at which delivery a request is: the one that was told of nearest to it.
    pub(crate) fn attempt(&self, event: &Event) -> Option<Attempt> {
        if self.webhooks.sent.is_empty() || !matches!(event.kind, Kind::Http1(Http1::Request(_))) {
            return None;
        }
        // Whoever sends a copy of a delivery makes no attempt at it.
        let client = self.conns.get(&event.conn)?.client;
        self.lane_of(PAYMENTS).filter(|lane| *lane == client)?;
        let delivery = self.delivery(event)?;
        let at = self.times(event).stands()?;
        let sent = self.webhooks.sent.get(&delivery)?;
        let sent = sent.iter().min_by_key(|sent| sent.at.since(at).max(at.since(sent.at)))?;
        Some(Attempt { delivery, number: sent.attempt, seq: sent.seq })
    }

    /// The delivery that a request names.
    pub(crate) fn delivery(&self, event: &Event) -> Option<String> {
        let named = headers(self, event);
        named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(ID)).map(|(_, value)| value)
    }
}

/// The participant that tells something of payments, deliveries or jobs.
pub(crate) fn teller(what: &note::What) -> Option<&str> {
    match what {
        note::What::DeliveryVerified { service, .. } => Some(service.as_str()),
        note::What::PaymentMoved { from, .. } => Some(from.as_str()),
        note::What::EndpointRegistered { .. }
        | note::What::EndpointState { .. }
        | note::What::PaymentAccepted { .. }
        | note::What::PaymentSettled { .. }
        | note::What::DeliveryPlanned { .. }
        | note::What::DeliverySent { .. }
        | note::What::DeliveryEnded { .. }
        | note::What::DeliveryDead { .. }
        | note::What::JobProgress { .. }
        | note::What::JobDone { .. }
        | note::What::GateHeld { act: Act::Deliver | Act::Transfer, .. } => Some(PAYMENTS),
        _ => None,
    }
}

/// Whether what is told is that something went wrong.
pub(crate) fn is_trouble(what: &note::What) -> bool {
    match what {
        note::What::EndpointState { state, .. } => *state == EndpointState::Disabled,
        note::What::DeliveryEnded { outcome, .. } => *outcome != Outcome::Delivered,
        note::What::DeliveryVerified { verdict, .. } => {
            !matches!(verdict, Verdict::Good | Verdict::Duplicate)
        }
        _ => false,
    }
}

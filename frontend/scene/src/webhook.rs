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
use crate::model::{HOLD_SHOWN, Model};
use crate::shape::Wait;
use crate::step::{Key, Step, StepKind};

/// The participant that sends callbacks.
pub const PAYMENTS: &str = "payments";

/// The headers that a delivery has, the first of which names it (Standard Webhooks 1.0).
const HEADERS: [&str; 3] =
    [concat!("webhook", "-id"), concat!("webhook", "-timestamp"), concat!("webhook", "-signature")];

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
    /// The endpoint to which it goes.
    pub endpoint: &'a str,
    /// The moment that was planned.
    pub at: Micros,
    pub wait: Micros,
    pub why: Planned,
}

impl Due<'_> {
    /// How its wait is drawn: trouble is only what follows from a failure.
    pub(crate) const fn drawn(&self) -> Wait {
        match self.why {
            Planned::Retry => Wait::Backoff,
            Planned::First | Planned::Replay | Planned::Twice => Wait::Hold,
        }
    }
}

/// How a wait before an attempt came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// It goes on.
    Not,
    /// The attempt went out.
    Sent,
    /// The delivery was given up.
    Dead,
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
            note::What::DeliveryPlanned { delivery, attempt, wait_us, why, .. } => {
                self.webhooks.waits.insert((delivery.clone(), *attempt), key);
                if *why != Planned::First && *wait_us > Micros(0) {
                    return self.step(key, None, StepKind::Backoff { sent: None });
                }
            }
            note::What::DeliverySent { delivery, attempt, .. } => {
                let sent = Sent { attempt: *attempt, at, seq };
                self.webhooks.sent.entry(delivery.clone()).or_default().push(sent);
                self.wait_over(delivery, *attempt, (seq, at));
            }
            note::What::DeliveryDead { delivery, .. } => self.waits_over(delivery, (seq, at)),
            _ => {}
        }
        self.step(key, None, StepKind::Note);
    }

    /// What was waited for goes out. What was due at once and had to wait for its turn lasts too.
    fn wait_over(&mut self, delivery: &str, attempt: u64, sent: (Seq, Micros)) {
        let Some(key) = self.webhooks.waits.remove(&(delivery.to_owned(), attempt)) else { return };
        let turn = sent.1.since(key.0) >= HOLD_SHOWN && self.gated(key.0, sent.1).is_none();
        let Some(index) = self.index_of(key) else { return };
        let lasts = |step: &&mut Step| turn || step.what != StepKind::Note;
        if let Some(step) = self.steps.get_mut(index).filter(lasts) {
            step.what = StepKind::Backoff { sent: Some(sent) };
            self.edits.push(index);
        }
    }

    /// A delivery is given up: nothing more is waited for.
    fn waits_over(&mut self, delivery: &str, dead: (Seq, Micros)) {
        let waits = std::mem::take(&mut self.webhooks.waits);
        let (over, waits): (BTreeMap<_, _>, BTreeMap<_, _>) =
            waits.into_iter().partition(|((its, _), _)| its == delivery);
        self.webhooks.waits = waits;
        for key in over.into_values() {
            let Some(index) = self.index_of(key) else { continue };
            let open = |step: &&mut Step| step.what == StepKind::Backoff { sent: None };
            if let Some(step) = self.steps.get_mut(index).filter(open) {
                step.what = StepKind::Backoff { sent: Some(dead) };
                self.edits.push(index);
            }
        }
    }

    /// The gate before a delivery at which the server stood between two moments.
    pub(crate) fn gated(&self, from: Micros, until: Micros) -> Option<Seq> {
        let first = self.steps.partition_point(|step| step.at() < from);
        let mut steps = self.steps.iter().skip(first).take_while(|step| step.at() <= until);
        let gate = steps.find(|step| match self.entry(step.seq()).map(|entry| &entry.what) {
            Some(What::Note(note)) => {
                matches!(note.what, note::What::GateHeld { act: Act::Deliver, .. })
            }
            _ => false,
        });
        gate.map(Step::seq)
    }

    /// What was planned in a step.
    pub(crate) fn due(&self, step: &Step) -> Option<Due<'_>> {
        match &self.entry(step.seq())?.what {
            What::Note(Note {
                what:
                    note::What::DeliveryPlanned { delivery, endpoint, attempt, due_us, wait_us, why },
                ..
            }) => Some(Due {
                delivery,
                attempt: *attempt,
                endpoint,
                at: *due_us,
                wait: *wait_us,
                why: *why,
            }),
            _ => None,
        }
    }

    /// The waits that are not over: their steps.
    pub(crate) fn waits(&self) -> impl Iterator<Item = &Step> {
        let steps = self.webhooks.waits.values().filter_map(move |key| self.index_of(*key));
        let steps = steps.filter_map(move |index| self.steps.get(index));
        steps.filter(|step| matches!(step.what, StepKind::Backoff { .. }))
    }

    /// How a wait came to its end.
    pub(crate) fn wait_is_over(&self, sent: Option<(Seq, Micros)>) -> Over {
        let by = sent.and_then(|(by, _)| self.entry(by)).map(|entry| &entry.what);
        match by {
            None => Over::Not,
            Some(What::Note(Note { what: note::What::DeliveryDead { .. }, .. })) => Over::Dead,
            Some(_) => Over::Sent,
        }
    }

    /// The attempts at other deliveries of an endpoint that were under way from when one was due until a
    /// moment.
    pub(crate) fn others(&self, due: &Due<'_>, until: Micros) -> Vec<Seq> {
        let mut endpoints: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open: BTreeMap<&str, Seq> = BTreeMap::new();
        let mut others = Vec::new();
        for (at, seq) in self.notes.iter().take_while(|(at, _)| *at <= until) {
            let Some(What::Note(note)) = self.entry(*seq).map(|entry| &entry.what) else {
                continue;
            };
            match &note.what {
                note::What::DeliveryPlanned { delivery, endpoint, .. } => {
                    endpoints.insert(delivery, endpoint);
                }
                note::What::DeliverySent { delivery, .. } => {
                    let same = endpoints.get(delivery.as_str()) == Some(&due.endpoint);
                    if same && delivery != due.delivery {
                        open.insert(delivery, *seq);
                    }
                }
                note::What::DeliveryEnded { delivery, .. } => {
                    let sent = open.remove(delivery.as_str());
                    others.extend(sent.filter(|_| *at > due.at));
                }
                _ => {}
            }
        }
        others.extend(open.into_values());
        others
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
        let [id, ..] = HEADERS;
        let named = headers(self, event);
        named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(id)).map(|(_, value)| value)
    }

    /// How many signatures a request has: they stand one after the other.
    pub(crate) fn signatures(&self, event: &Event) -> usize {
        let [.., signature] = HEADERS;
        let named = headers(self, event);
        let its = named.iter().filter(|(name, _)| name.eq_ignore_ascii_case(signature));
        its.map(|(_, value)| value.split_ascii_whitespace().count()).sum()
    }

    /// The first of a delivery's headers that a request does not have.
    pub(crate) fn lacks(&self, event: &Event) -> Option<&'static str> {
        let named = headers(self, event);
        let is_there =
            |header: &&str| named.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
        HEADERS.into_iter().find(|header| !is_there(header))
    }
}

/// The participant that tells something of payments, deliveries or jobs.
pub(crate) fn teller(what: &note::What) -> Option<&str> {
    match what {
        note::What::DeliveryVerified { service, .. } => Some(service.as_str()),
        // What was with somebody is told by whom it was with.
        note::What::PaymentMoved { to, .. } => Some(to.as_str()),
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

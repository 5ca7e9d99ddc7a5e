//! How payments, endpoints and deliveries stand, by what the services tell of them.

use std::collections::BTreeMap;

use trace::entry::What;
use trace::ids::Seq;
use trace::note;
use trace::time::Micros;
use trace::webhook::{EndpointState, Outcome, Planned, Verdict};

use crate::model::Model;
use crate::{amount, words};

/// How webhooks stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Webhooks {
    /// The endpoints, in the order in which they were told of.
    pub endpoints: Vec<Endpoint>,
    /// The payments, in the order of their acceptance.
    pub payments: Vec<Payment>,
    /// The deliveries, in the order in which they were told of.
    pub deliveries: Vec<Delivery>,
    /// How often the receiver came to each verdict, and the entries that say so.
    pub verdicts: BTreeMap<Verdict, Vec<Seq>>,
    /// When the ladder's clock begins.
    began: Micros,
}

/// An address to which deliveries go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The entry that told of it last.
    pub seq: Seq,
    /// Its name.
    pub id: String,
    /// Where its callbacks go, where that is known.
    pub url: String,
    /// How it does.
    pub state: EndpointState,
    /// How many attempts failed in a row.
    pub failures: u64,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The entry that told of it last.
    pub seq: Seq,
    /// Its name.
    pub id: String,
    /// What it is about.
    pub amount: u64,
    /// The name of the service where it is.
    pub at: Option<String>,
    /// Whether it is done.
    pub settled: bool,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The entry that told of it last.
    pub seq: Seq,
    /// Its name, the same for every attempt.
    pub id: String,
    /// The endpoint to which it goes.
    pub endpoint: String,
    /// The payment that it tells of, once it went out.
    pub payment: Option<String>,
    /// How many attempts went out.
    pub attempts: u64,
    /// How far it is.
    pub stage: Stage,
    /// How the last attempt ended.
    pub last: Option<Outcome>,
    /// Its waits until now.
    pub waits: Vec<Waited>,
    /// Why the next attempt is planned.
    why: Option<Planned>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// An attempt is due.
    Due {
        /// Which.
        attempt: u64,
        /// When.
        at: Micros,
    },
    /// An attempt was due, and the endpoint was disabled meanwhile: it is not made by itself.
    Halted,
    /// An attempt is under way.
    UnderWay {
        /// Which.
        attempt: u64,
    },
    /// The last attempt failed, and nothing is planned.
    Failed,
    /// It arrived.
    Delivered,
    /// No more attempts are made.
    Dead,
}

/// The wait before an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// Which attempt.
    pub attempt: u64,
    /// How long it was to be.
    pub planned: Micros,
    /// How long it was, if it is over.
    pub took: Option<Micros>,
    /// The entries that tell of it.
    pub from: Vec<Seq>,
    since: Micros,
}

/// A name as far as it is shown.
#[must_use]
pub fn short(id: &str) -> String {
    words::webhook::id(id)
}

/// A verdict in words.
#[must_use]
pub fn judged(verdict: Verdict) -> String {
    words::webhook::judged(verdict).0
}

impl Endpoint {
    /// How it does, in words.
    #[must_use]
    pub fn said(&self) -> String {
        words::webhook::endpoint(self.state, self.failures).0
    }
}

impl Delivery {
    /// How its last attempt ended, in words.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.last.as_ref().map(|outcome| words::webhook::ended(outcome).0)
    }
}

impl Webhooks {
    /// How its endpoints and dead letters stand, in a line.
    #[must_use]
    pub fn said(&self) -> String {
        let endpoints = match self.endpoints.as_slice() {
            [] => text::say("webhook-said-none", &[]),
            [one] => one.said(),
            many => {
                let ill = many.iter().filter(|it| it.state != EndpointState::Healthy).count();
                let args = [("count", (many.len() as u64).into()), ("ill", (ill as u64).into())];
                text::say("webhook-said-many", &args)
            }
        };
        let dead = self.dead().count() as u64;
        let args = [("endpoints", (&endpoints).into()), ("dead", dead.into())];
        text::say("webhook-said", &args)
    }

    /// A moment as the ladder's left edge has it.
    #[must_use]
    pub fn clock(&self, at: Micros) -> String {
        amount::clock(at.since(self.began))
    }

    /// How they stand by now.
    #[must_use]
    pub fn now(model: &Model) -> Self {
        upto(model, model.notes.len())
    }

    /// The deliveries of which no more attempts are made.
    pub fn dead(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(|delivery| delivery.stage == Stage::Dead)
    }

    /// The next attempt at an endpoint, and its delivery.
    #[must_use]
    pub fn next(&self, endpoint: &str) -> Option<(&Delivery, u64, Micros)> {
        let due = |delivery: &&Delivery| delivery.endpoint == endpoint;
        let due = self.deliveries.iter().filter(due).filter_map(|delivery| match delivery.stage {
            Stage::Due { attempt, at } => Some((delivery, attempt, at)),
            _ => None,
        });
        due.min_by_key(|(.., at)| *at)
    }

    /// Whether a delivery is due or under way.
    #[must_use]
    pub fn pends(&self) -> bool {
        let pends = |stage: Stage| matches!(stage, Stage::Due { .. } | Stage::UnderWay { .. });
        self.deliveries.iter().any(|delivery| pends(delivery.stage))
    }

    /// Whether no payment is under way, and no delivery waits for anything. What waits for a disabled
    /// endpoint does not move.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        let over = |stage| matches!(stage, Stage::Delivered | Stage::Dead | Stage::Halted);
        self.payments.iter().all(|payment| payment.settled)
            && self.deliveries.iter().all(|delivery| over(delivery.stage))
    }

    fn endpoint(&mut self, seq: Seq, id: &str) -> Option<&mut Endpoint> {
        if !self.endpoints.iter().any(|endpoint| endpoint.id == id) {
            let (id, url) = (id.to_owned(), String::new());
            let state = EndpointState::Healthy;
            self.endpoints.push(Endpoint { seq, id, url, state, failures: 0 });
        }
        let found = self.endpoints.iter_mut().find(|endpoint| endpoint.id == id)?;
        found.seq = seq;
        Some(found)
    }

    fn payment(&mut self, seq: Seq, id: &str) -> Option<&mut Payment> {
        if !self.payments.iter().any(|payment| payment.id == id) {
            let id = id.to_owned();
            self.payments.push(Payment { seq, id, amount: 0, at: None, settled: false });
        }
        let found = self.payments.iter_mut().find(|payment| payment.id == id)?;
        found.seq = seq;
        Some(found)
    }

    fn delivery(&mut self, seq: Seq, id: &str) -> Option<&mut Delivery> {
        if !self.deliveries.iter().any(|delivery| delivery.id == id) {
            self.deliveries.push(Delivery {
                seq,
                id: id.to_owned(),
                endpoint: String::new(),
                payment: None,
                attempts: 0,
                stage: Stage::Failed,
                last: None,
                waits: Vec::new(),
                why: None,
            });
        }
        let found = self.deliveries.iter_mut().find(|delivery| delivery.id == id)?;
        found.seq = seq;
        Some(found)
    }

    /// Takes in what is told. None where it is about something else.
    fn take(&mut self, model: &Model, (seq, at): (Seq, Micros), what: &note::What) -> Option<()> {
        match what {
            note::What::EndpointRegistered { endpoint, url, .. } => {
                self.endpoint(seq, endpoint)?.url.clone_from(url);
            }
            note::What::EndpointState { endpoint, state, failures } => {
                let known = self.endpoint(seq, endpoint)?;
                (known.state, known.failures) = (*state, *failures);
                if *state == EndpointState::Disabled {
                    self.halt(endpoint);
                }
            }
            note::What::PaymentAccepted { payment, amount } => {
                self.payment(seq, payment)?.amount = *amount;
            }
            note::What::PaymentMoved { payment, to, .. } => {
                self.payment(seq, payment)?.at = Some(model.name_of(to));
            }
            note::What::PaymentSettled { payment } => {
                self.payment(seq, payment)?.settled = true;
            }
            note::What::DeliveryVerified { verdict, .. } => {
                self.verdicts.entry(*verdict).or_default().push(seq);
            }
            what => return self.deliver((seq, at), what),
        }
        Some(())
    }

    /// An endpoint is disabled: what waits for it does so no more, unless somebody asked for it.
    fn halt(&mut self, endpoint: &str) {
        let its = self.deliveries.iter_mut().filter(|delivery| delivery.endpoint == endpoint);
        for delivery in its.filter(|delivery| delivery.why != Some(Planned::Replay)) {
            if matches!(delivery.stage, Stage::Due { .. }) {
                delivery.stage = Stage::Halted;
            }
        }
    }

    fn is_disabled(&self, endpoint: &str) -> bool {
        let disabled = |it: &Endpoint| it.id == endpoint && it.state == EndpointState::Disabled;
        self.endpoints.iter().any(disabled)
    }

    fn deliver(&mut self, (seq, at): (Seq, Micros), what: &note::What) -> Option<()> {
        match what {
            note::What::DeliveryPlanned { delivery, endpoint, attempt, due_us, wait_us, why } => {
                let halted = *why != Planned::Replay && self.is_disabled(endpoint);
                let known = self.delivery(seq, delivery)?;
                known.endpoint.clone_from(endpoint);
                let due = Stage::Due { attempt: *attempt, at: *due_us };
                (known.stage, known.why) = (if halted { Stage::Halted } else { due }, Some(*why));
                let (planned, from) = (*wait_us, vec![seq]);
                let wait = Waited { attempt: *attempt, planned, took: None, from, since: at };
                known.waits.push(wait);
            }
            note::What::DeliverySent { delivery, attempt, payment } => {
                let known = self.delivery(seq, delivery)?;
                known.attempts += 1;
                known.payment = Some(payment.clone());
                known.stage = Stage::UnderWay { attempt: *attempt };
                let open = known.waits.last_mut();
                if let Some(wait) = open.filter(|it| it.took.is_none() && it.attempt == *attempt) {
                    wait.took = Some(at.since(wait.since));
                    wait.from.push(seq);
                }
            }
            note::What::DeliveryEnded { delivery, outcome, .. } => {
                let known = self.delivery(seq, delivery)?;
                let arrived = *outcome == Outcome::Delivered;
                known.stage = if arrived { Stage::Delivered } else { Stage::Failed };
                known.last = Some(outcome.clone());
            }
            note::What::DeliveryDead { delivery, .. } => {
                self.delivery(seq, delivery)?.stage = Stage::Dead;
            }
            _ => return None,
        }
        Some(())
    }
}

/// How they stand when so many notes were heard.
pub(super) fn upto(model: &Model, notes: usize) -> Webhooks {
    let mut webhooks = Webhooks { began: model.began(), ..Webhooks::default() };
    for (at, seq) in model.notes.iter().take(notes) {
        if let Some(What::Note(note)) = model.entry(*seq).map(|entry| &entry.what) {
            webhooks.take(model, (*seq, *at), &note.what);
        }
    }
    webhooks
}

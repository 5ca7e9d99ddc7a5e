//! An endpoint in memory, with what waits for it, is under way, or was given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Notify;
use trace::time::Micros;

use super::caps;
use super::endpoint::{Delivery, Endpoint};
use crate::clock;

/// An endpoint and its deliveries.
#[derive(Debug)]
pub(super) struct Slot {
    pub endpoint: Endpoint,
    /// By the moment at which it is due, and then by its number.
    pending: BTreeMap<(Micros, u64), Delivery>,
    /// What was given up, by its name.
    pub dead: BTreeMap<String, Delivery>,
    /// How many are being written or tried.
    pub out: u64,
    /// Bytes of the contents of all these.
    pub bytes: u64,
    /// The numbers that deliveries to it have had.
    numbers: BTreeSet<u64>,
    /// Its run is over.
    pub gone: bool,
    /// Tells its worker, if it has one.
    wake: Option<Arc<Notify>>,
}

/// What a worker does next.
#[derive(Debug)]
pub(super) enum Next {
    /// It tries this one.
    Try(Box<(Delivery, Endpoint)>),
    /// It waits until then.
    At(Micros),
    /// Nothing waits: it ends.
    Nothing,
}

impl Slot {
    pub fn new(endpoint: Endpoint, gone: bool) -> Self {
        Self {
            endpoint,
            pending: BTreeMap::new(),
            dead: BTreeMap::new(),
            out: 0,
            bytes: 0,
            numbers: BTreeSet::new(),
            gone,
            wake: None,
        }
    }

    /// Deliveries that wait or are under way.
    pub fn waiting(&self) -> u64 {
        self.out + self.pending.len() as u64
    }

    /// The same, and those that were given up.
    pub fn places(&self) -> u64 {
        self.waiting() + self.dead.len() as u64
    }

    /// A number for a delivery: its payment's, so that the same run numbers the same whatever is settled
    /// first. What is told twice, or of something else, gets the next.
    pub fn number(&mut self, payment: &str) -> u64 {
        let own = payment.strip_prefix("pay_").and_then(|number| number.parse::<u64>().ok());
        let own = own.filter(|own| *own <= caps::PENDING && !self.numbers.contains(own));
        let next = self.numbers.last().map_or(1, |last| last + 1);
        let number = own.unwrap_or(next);
        self.numbers.insert(number);
        number
    }

    /// Lets a delivery wait for its moment.
    pub fn push(&mut self, delivery: Delivery, due: Micros) {
        self.pending.insert((due, delivery.number), delivery);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake.notify_one();
        }
    }

    /// What tells a new worker, if one is needed.
    pub fn worker(&mut self) -> Option<Arc<Notify>> {
        if self.wake.is_some() || self.pending.is_empty() {
            return None;
        }
        let wake = Arc::new(Notify::new());
        self.wake = Some(Arc::clone(&wake));
        Some(wake)
    }

    /// What its worker does next; it ends with [`Next::Nothing`].
    pub fn next(&mut self) -> Next {
        let first = self.pending.first_key_value().map(|((due, _), _)| *due);
        if let Some(due) = first.filter(|due| *due > clock::now()) {
            return Next::At(due);
        }
        match self.pending.pop_first() {
            Some((_, delivery)) => {
                self.out += 1;
                Next::Try(Box::new((delivery, self.endpoint.clone())))
            }
            None => {
                self.wake = None;
                Next::Nothing
            }
        }
    }

    /// Gives up what waits, but for what somebody asks for by hand. Gives that.
    pub fn bury(&mut self) -> Vec<Delivery> {
        let waiting = self.pending.extract_if(.., |_, delivery| !delivery.by_hand);
        let buried: Vec<Delivery> = waiting.map(|(_, delivery)| delivery.untried()).collect();
        for delivery in &buried {
            self.dead.insert(delivery.id.clone(), delivery.clone());
        }
        buried
    }

    /// Takes it apart, and ends its worker: what waited, and what was given up.
    pub fn end(self) -> (Vec<Delivery>, Vec<Delivery>) {
        self.wake();
        let waited = self.pending.into_values().map(Delivery::untried).collect();
        (waited, self.dead.into_values().collect())
    }
}

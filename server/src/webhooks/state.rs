//! Endpoints and deliveries as the engine has them in memory: what is due when, and how much of it there may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;
use trace::ids::RunId;
use trace::time::Micros;
use trace::webhook::{EndpointState, Planned};

use super::endpoint::{Delivery, Endpoint};
use super::queue::{Change, Kept};
use super::schedule::wait;
use super::{NotTaken, caps};
use crate::clock;

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub slots: BTreeMap<String, Slot>,
    /// What was given up, by its name.
    pub dead: BTreeMap<String, Delivery>,
    /// Deliveries and bytes of them that wait, at all endpoints.
    waiting: u64,
    bytes: u64,
}

/// An endpoint and what waits for it.
#[derive(Debug)]
pub(super) struct Slot {
    pub endpoint: Endpoint,
    /// By the moment at which it is due, and then by its number.
    pending: BTreeMap<(Micros, u64), Delivery>,
    /// With those that are being written or tried.
    count: u64,
    emitted: u64,
    /// Until then nothing is tried: what was tried last failed.
    hold: Micros,
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
    /// Nothing waits, or nothing may be sent: it ends.
    Nothing,
}

/// What follows from an attempt.
#[derive(Debug, Default)]
pub(super) struct Follows {
    pub changes: Vec<Change>,
    /// The endpoint, where how it fares has changed.
    pub endpoint: Option<Endpoint>,
    /// The next attempt, and how long it waits.
    pub planned: Option<(Delivery, Micros, Planned)>,
    /// It is given up.
    pub dead: Option<Delivery>,
}

impl Slot {
    pub fn new(endpoint: Endpoint) -> Self {
        let (pending, hold) = (BTreeMap::new(), Micros(0));
        Self { endpoint, pending, count: 0, emitted: 0, hold, wake: None }
    }

    /// Deliveries that wait or are under way.
    pub const fn count(&self) -> u64 {
        self.count
    }

    fn push(&mut self, delivery: Delivery, due: Micros) {
        self.pending.insert((due, delivery.number), delivery);
        if let Some(wake) = &self.wake {
            wake.notify_one();
        }
    }

    fn sends(&self) -> bool {
        self.endpoint.state != EndpointState::Disabled && !self.pending.is_empty()
    }

    /// What tells a new worker, if one is needed.
    fn worker(&mut self) -> Option<Arc<Notify>> {
        if self.wake.is_some() || !self.sends() {
            return None;
        }
        let wake = Arc::new(Notify::new());
        self.wake = Some(Arc::clone(&wake));
        Some(wake)
    }
}

impl State {
    /// What was kept when the program ended.
    pub fn of(kept: Kept) -> Self {
        let mut state = Self::default();
        for endpoint in kept.endpoints {
            state.slots.insert(endpoint.id.clone(), Slot::new(endpoint));
        }
        for delivery in kept.pending {
            state.waiting += 1;
            state.bytes += delivery.payload.len() as u64;
            if let Some(slot) = state.slots.get_mut(&delivery.endpoint) {
                slot.count += 1;
                slot.emitted = slot.emitted.max(delivery.number);
                let due = delivery.due();
                slot.push(delivery, due);
            }
        }
        for delivery in kept.dead {
            if let Some(slot) = state.slots.get_mut(&delivery.endpoint) {
                slot.emitted = slot.emitted.max(delivery.number);
            }
            state.dead.insert(delivery.id.clone(), delivery);
        }
        state
    }

    /// A run's endpoint.
    pub fn of_run(&mut self, endpoint: &str, run: &RunId) -> Result<&mut Endpoint, NotTaken> {
        let slot = self.slots.get_mut(endpoint).filter(|slot| slot.endpoint.run == run.0);
        slot.map(|slot| &mut slot.endpoint).ok_or(NotTaken::NoEndpoint)
    }

    /// Keeps a place for a delivery of so many bytes. Gives its number, and its endpoint's in its run.
    pub fn reserve(&mut self, endpoint: &str, bytes: u64) -> Result<(u64, u64), NotTaken> {
        if self.waiting >= caps::PENDING || self.bytes + bytes > caps::PENDING_BYTES {
            return Err(NotTaken::Full);
        }
        let slot = self.slots.get_mut(endpoint).ok_or(NotTaken::NoEndpoint)?;
        if slot.count >= caps::ENDPOINT_PENDING {
            return Err(NotTaken::EndpointFull);
        }
        slot.count += 1;
        slot.emitted += 1;
        self.waiting += 1;
        self.bytes += bytes;
        Ok((slot.emitted, slot.endpoint.number))
    }

    /// Gives a delivery's place back.
    pub fn release(&mut self, delivery: &Delivery) {
        self.waiting = self.waiting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(delivery.payload.len() as u64);
        if let Some(slot) = self.slots.get_mut(&delivery.endpoint) {
            slot.count = slot.count.saturating_sub(1);
        }
    }

    /// Lets a delivery wait for its moment. Gives it back where its endpoint is gone.
    pub fn plan(&mut self, delivery: Delivery, due: Micros) -> Result<(), Box<Delivery>> {
        match self.slots.get_mut(&delivery.endpoint) {
            Some(slot) => slot.push(delivery, due),
            None => {
                self.release(&delivery);
                return Err(Box::new(delivery));
            }
        }
        Ok(())
    }

    /// What tells a new worker of an endpoint, if it needs one.
    pub fn worker(&mut self, endpoint: &str) -> Option<Arc<Notify>> {
        self.slots.get_mut(endpoint)?.worker()
    }

    /// What the worker of an endpoint does next; it ends with [`Next::Nothing`].
    pub fn next(&mut self, endpoint: &str) -> Next {
        let Some(slot) = self.slots.get_mut(endpoint) else { return Next::Nothing };
        let first = slot.pending.first_key_value().map(|((due, _), _)| *due);
        let (Some(due), true) = (first, slot.sends()) else {
            slot.wake = None;
            return Next::Nothing;
        };
        let at = due.max(slot.hold);
        if at > clock::now() {
            return Next::At(at);
        }
        match slot.pending.pop_first() {
            Some((_, delivery)) => Next::Try(Box::new((delivery, slot.endpoint.clone()))),
            None => Next::Nothing,
        }
    }

    /// What follows from an attempt's end.
    pub fn settle(&mut self, mut delivery: Delivery, delivered: bool) -> Follows {
        let mut follows = Follows::default();
        let Some(slot) = self.slots.get_mut(&delivery.endpoint) else {
            follows.changes.push(Change::Done(delivery.id.clone()));
            self.release(&delivery);
            return follows;
        };
        if slot.endpoint.took(delivered) {
            follows.endpoint = Some(slot.endpoint.clone());
            follows.changes.push(Change::Endpoint(slot.endpoint.clone()));
        }
        let (first, attempts) = (delivery.policy.first_wait(), delivery.attempt);
        // Who fails is left alone for a while, whatever else waits for it.
        slot.hold = if delivered {
            Micros(0)
        } else {
            clock::now().plus(wait(delivery.draw(), slot.endpoint.failures, first))
        };
        let again = if delivered {
            std::mem::take(&mut delivery.policy.twice)
        } else {
            !delivery.by_hand && attempts <= delivery.policy.retries
        };
        if again {
            let waits = wait(delivery.draw(), attempts, first);
            delivery.attempt += 1;
            let due = delivery.due_in(waits);
            follows.changes.push(Change::Pending(delivery.clone()));
            follows.planned = Some((delivery.clone(), waits, Planned::Retry));
            slot.push(delivery, due);
            return follows;
        }
        self.release(&delivery);
        if delivered {
            follows.changes.push(Change::Done(delivery.id));
        } else {
            follows.changes.push(Change::Dead(delivery.clone()));
            self.bury(delivery.clone(), &mut follows.changes);
            follows.dead = Some(delivery);
        }
        follows
    }

    /// Puts a delivery on the dead-letter list; the oldest makes room.
    fn bury(&mut self, delivery: Delivery, changes: &mut Vec<Change>) {
        self.dead.insert(delivery.id.clone(), delivery);
        if self.dead.len() as u64 <= caps::DEAD {
            return;
        }
        let oldest = self.dead.values().min_by_key(|dead| dead.due_ms).map(|dead| dead.id.clone());
        if let Some(oldest) = oldest {
            tracing::warn!(delivery = oldest, "forgotten, to make room on the dead-letter list");
            self.dead.remove(&oldest);
            changes.push(Change::Done(oldest));
        }
    }

    /// Takes a delivery off the dead-letter list, to be tried once more at once.
    pub fn revive(&mut self, id: &str) -> Result<Delivery, NotTaken> {
        let dead = self.dead.get(id).ok_or(NotTaken::NoDelivery)?;
        let slot = self.slots.get_mut(&dead.endpoint).ok_or(NotTaken::NoEndpoint)?;
        if slot.count >= caps::ENDPOINT_PENDING {
            return Err(NotTaken::EndpointFull);
        }
        let mut delivery = self.dead.remove(id).ok_or(NotTaken::NoDelivery)?;
        slot.count += 1;
        slot.hold = Micros(0);
        self.waiting += 1;
        self.bytes += delivery.payload.len() as u64;
        delivery.attempt += 1;
        delivery.by_hand = true;
        delivery.due_in(Micros(0));
        Ok(delivery)
    }

    /// Forgets an endpoint, and all that waits for it or was given up.
    pub fn forget(&mut self, endpoint: &str) -> Vec<Change> {
        let Some(slot) = self.slots.remove(endpoint) else { return Vec::new() };
        if let Some(wake) = &slot.wake {
            wake.notify_one();
        }
        let mut changes = vec![Change::NoEndpoint(endpoint.to_owned())];
        for delivery in slot.pending.into_values() {
            self.release(&delivery);
            changes.push(Change::Done(delivery.id));
        }
        let of = self.dead.extract_if(.., |_, dead| dead.endpoint == endpoint);
        changes.extend(of.map(|(id, _)| Change::Done(id)));
        changes
    }
}

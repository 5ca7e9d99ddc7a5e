//! Endpoints and deliveries as the engine has them in memory. Whatever changes here is handed on to be written
//! in the same step, so that both change in the same order.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;
use trace::ids::RunId;
use trace::time::Micros;
use trace::webhook::{Dead, Planned};

use super::endpoint::{Delivery, Endpoint, Policy};
use super::queue::{Change, Kept, Queue, Written};
use super::schedule::wait;
use super::sign::Secret;
use super::slot::{Next, Slot};
use super::{NotRegistered, NotTaken, caps};
use crate::clock;
use crate::run::Run;

/// Everything.
#[derive(Debug)]
pub(super) struct State {
    pub slots: BTreeMap<String, Slot>,
    pub queue: Queue,
}

/// A delivery that waits.
#[derive(Debug)]
pub(super) struct Plan {
    pub delivery: Delivery,
    pub due: Micros,
    pub wait: Micros,
    pub why: Planned,
}

/// What follows from something, and is to be told.
#[derive(Debug, Default)]
pub(super) struct Follows {
    /// The endpoint, where how it fares has changed.
    pub endpoint: Option<Endpoint>,
    /// The next attempt.
    pub planned: Option<Plan>,
    /// What is given up.
    pub dead: Vec<(Delivery, Dead)>,
}

/// A delivery whose endpoint is gone.
pub(super) type Gone = Box<Delivery>;

impl State {
    /// What was kept when the program ended. All its runs are over: what would go to their own site is
    /// forgotten, since nobody is there any more.
    pub fn of(kept: Kept, queue: Queue) -> Self {
        let slots = kept.endpoints.into_iter();
        let slots = slots.map(|endpoint| (endpoint.id.clone(), Slot::new(endpoint, true)));
        let mut state = Self { slots: slots.collect(), queue };
        let waiting = kept.pending.into_iter().map(|delivery| (delivery, false));
        let dead = kept.dead.into_iter().map(|delivery| (delivery, true));
        let mut orphans = 0_u64;
        for (delivery, dead) in waiting.chain(dead) {
            let Some(slot) = state.slots.get_mut(&delivery.endpoint) else {
                orphans += 1;
                state.queue.soon(Change::Done(delivery.id));
                continue;
            };
            slot.bytes += delivery.bytes();
            if dead {
                slot.dead.insert(delivery.id.clone(), delivery);
            } else {
                let due = delivery.due();
                slot.push(delivery, due);
            }
        }
        if orphans > 0 {
            tracing::warn!(orphans, "deliveries without an endpoint are forgotten");
        }
        let own = state.slots.extract_if(.., |_, slot| slot.endpoint.own);
        let own: Vec<Slot> = own.map(|(_, slot)| slot).collect();
        let count: u64 = own.iter().map(Slot::places).sum();
        for slot in own {
            state.end(slot);
        }
        if count > 0 {
            tracing::info!(count, "deliveries to the own site of runs that are over are forgotten");
        }
        for slot in state.slots.values_mut().filter(|slot| slot.endpoint.is_disabled()) {
            for buried in slot.bury() {
                state.queue.soon(Change::Dead(buried));
            }
        }
        state.tidy();
        state
    }

    /// A run's endpoint.
    fn of_run(&mut self, run: &RunId, endpoint: &str) -> Result<&mut Slot, NotTaken> {
        let slot = self.slots.get_mut(endpoint).filter(|slot| slot.endpoint.run == run.0);
        slot.ok_or(NotTaken::NoEndpoint)
    }

    /// Takes a new endpoint of a run in.
    pub fn register(&mut self, run: &Run, endpoint: Endpoint) -> Result<Written, NotRegistered> {
        // Looked at here, since what is left of a run is withdrawn once, after its end.
        if !run.state().serves() {
            return Err(NotRegistered::Over);
        }
        let of_run = self.slots.values().filter(|slot| slot.endpoint.run == run.id.0).count();
        if of_run >= caps::RUN_ENDPOINTS || !self.makes_room() {
            return Err(NotRegistered::Full);
        }
        let written = self.queue.write(Change::Endpoint(endpoint.clone()));
        self.slots.insert(endpoint.id.clone(), Slot::new(endpoint, false));
        Ok(written)
    }

    /// Whether there is room for an endpoint: one of a run that is over, to which nothing is sent any more,
    /// makes some.
    fn makes_room(&mut self) -> bool {
        if self.slots.len() < caps::ENDPOINTS {
            return true;
        }
        let over = self.slots.values().filter(|slot| slot.gone && slot.waiting() == 0);
        let last = |slot: &&Slot| slot.dead.values().map(|dead| dead.due_ms).max();
        let Some(oldest) = over.min_by_key(last) else { return false };
        let (endpoint, dead) = (oldest.endpoint.id.clone(), oldest.dead.len());
        tracing::warn!(endpoint, dead, "forgotten with its dead letters, to make room");
        self.forget(&endpoint);
        true
    }

    /// Takes in what an endpoint of a run is to be told. It has its place, and is being written.
    pub fn take_on(
        &mut self,
        run: &Run,
        endpoint: &str,
        payload: String,
        payment: &str,
    ) -> Result<(Delivery, Written), NotTaken> {
        let (len, mut all, mut own) = (payload.len() as u64, (0, 0), (0, 0));
        for slot in self.slots.values() {
            all = (all.0 + slot.places(), all.1 + slot.bytes);
            if slot.endpoint.run == run.id.0 {
                own = (own.0 + slot.places(), own.1 + slot.bytes);
            }
        }
        let slot = self.of_run(&run.id, endpoint)?;
        let full = |(places, bytes): (u64, u64), share: u64| {
            places >= caps::PENDING / share || bytes + len > caps::PENDING_BYTES / share
        };
        if full(all, 1) || full(own, caps::RUN_SHARE) {
            return Err(NotTaken::Full);
        }
        let (number, endpoint_number) = (slot.number(payment), slot.endpoint.number);
        let mut delivery = Delivery {
            id: format!("msg_{}_{endpoint_number}_{number}", run.id),
            endpoint: endpoint.to_owned(),
            run: run.id.0.clone(),
            payment: payment.to_owned(),
            payload,
            number,
            endpoint_number,
            attempt: 1,
            due_ms: 0,
            policy: Policy::of(run),
            by_hand: false,
        };
        delivery.due_in(Micros(0));
        slot.out += 1;
        slot.bytes += len;
        let written = self.queue.write(Change::Pending(delivery.clone()));
        Ok((delivery, written))
    }

    /// Takes a delivery off a run's dead-letter list, to be tried once more at once. It keeps its place, and is
    /// being written.
    pub fn revive(&mut self, run: &RunId, id: &str) -> Result<(Delivery, Written), NotTaken> {
        let mut of_run = self.slots.values_mut().filter(|slot| slot.endpoint.run == run.0);
        let found = of_run.find_map(|slot| slot.dead.remove(id).map(|dead| (slot, dead)));
        let (slot, mut delivery) = found.ok_or(NotTaken::NoDelivery)?;
        slot.out += 1;
        delivery.attempt += 1;
        delivery.by_hand = true;
        delivery.due_in(Micros(0));
        let written = self.queue.write(Change::Pending(delivery.clone()));
        Ok((delivery, written))
    }

    /// A delivery could not be written: it is as it was before.
    pub fn give_back(&mut self, delivery: Delivery) {
        let Some(slot) = self.slots.get_mut(&delivery.endpoint) else { return };
        slot.out = slot.out.saturating_sub(1);
        if delivery.by_hand {
            slot.dead.insert(delivery.id.clone(), delivery.untried());
        } else {
            slot.bytes = slot.bytes.saturating_sub(delivery.bytes());
        }
    }

    /// A delivery is written: from now on it waits for its moment, which is now. To a disabled endpoint it
    /// goes by hand alone.
    pub fn arrive(&mut self, delivery: Delivery, why: Planned) -> Result<Follows, Gone> {
        let mut follows = Follows::default();
        let Some(slot) = self.slots.get_mut(&delivery.endpoint) else {
            self.queue.soon(Change::Done(delivery.id.clone()));
            return Err(Box::new(delivery.untried()));
        };
        slot.out = slot.out.saturating_sub(1);
        let due = clock::now();
        slot.push(delivery.clone(), due);
        if slot.endpoint.is_disabled() {
            self.bury(&delivery.endpoint, &mut follows);
        }
        if follows.dead.is_empty() {
            follows.planned = Some(Plan { delivery, due, wait: Micros(0), why });
        }
        Ok(follows)
    }

    /// What tells a new worker of an endpoint, if it needs one.
    pub fn worker(&mut self, endpoint: &str) -> Option<Arc<Notify>> {
        self.slots.get_mut(endpoint)?.worker()
    }

    /// What the worker of an endpoint does next.
    pub fn next(&mut self, endpoint: &str) -> Next {
        self.slots.get_mut(endpoint).map_or(Next::Nothing, Slot::next)
    }

    /// What follows from an attempt's end.
    pub fn settle(&mut self, mut delivery: Delivery, delivered: bool) -> Result<Follows, Gone> {
        let mut follows = Follows::default();
        let Some(slot) = self.slots.get_mut(&delivery.endpoint) else {
            self.queue.soon(Change::Done(delivery.id.clone()));
            return if delivered { Ok(follows) } else { Err(Box::new(delivery)) };
        };
        slot.out = slot.out.saturating_sub(1);
        if slot.endpoint.took(delivered) {
            self.queue.soon(Change::Endpoint(slot.endpoint.clone()));
            follows.endpoint = Some(slot.endpoint.clone());
        }
        let again = if delivered {
            std::mem::take(&mut delivery.policy.twice)
        } else {
            !delivery.by_hand && delivery.attempt <= delivery.policy.retries
        };
        let disabled = slot.endpoint.is_disabled();
        if again && !disabled {
            let wait = wait(delivery.draw(), delivery.attempt, delivery.policy.first_wait());
            delivery.attempt += 1;
            let due = delivery.due_in(wait);
            self.queue.soon(Change::Pending(delivery.clone()));
            slot.push(delivery.clone(), due);
            let why = if delivered { Planned::Twice } else { Planned::Retry };
            follows.planned = Some(Plan { delivery, due, wait, why });
            return Ok(follows);
        }
        let endpoint = delivery.endpoint.clone();
        if delivered {
            slot.bytes = slot.bytes.saturating_sub(delivery.bytes());
            self.queue.soon(Change::Done(delivery.id));
        } else {
            slot.dead.insert(delivery.id.clone(), delivery.clone());
            self.queue.soon(Change::Dead(delivery.clone()));
            follows.dead.push((delivery, if again { Dead::Disabled } else { Dead::Attempts }));
        }
        if disabled {
            self.bury(&endpoint, &mut follows);
        }
        self.tidy();
        Ok(follows)
    }

    /// An endpoint is disabled: what waits for it is given up.
    fn bury(&mut self, endpoint: &str, follows: &mut Follows) {
        let Some(slot) = self.slots.get_mut(endpoint) else { return };
        for buried in slot.bury() {
            self.queue.soon(Change::Dead(buried.clone()));
            follows.dead.push((buried, Dead::Disabled));
        }
    }

    /// Makes a run's disabled endpoint healthy again; without a name, all of them.
    pub fn enable(
        &mut self,
        run: &RunId,
        endpoint: Option<&str>,
    ) -> Result<Vec<Endpoint>, NotTaken> {
        if let Some(endpoint) = endpoint {
            self.of_run(run, endpoint)?;
        }
        let mut enabled = Vec::new();
        for slot in self.slots.values_mut().filter(|slot| slot.endpoint.run == run.0) {
            let is_meant = endpoint.is_none_or(|endpoint| endpoint == slot.endpoint.id);
            if is_meant && slot.endpoint.enable() {
                self.queue.soon(Change::Endpoint(slot.endpoint.clone()));
                enabled.push(slot.endpoint.clone());
            }
        }
        Ok(enabled)
    }

    /// Draws a new secret for an endpoint.
    pub fn rotate(&mut self, run: &RunId, endpoint: &str) -> Result<(Secret, Written), NotTaken> {
        let slot = self.of_run(run, endpoint)?;
        let (secret, endpoint) = (slot.endpoint.rotate(), slot.endpoint.clone());
        Ok((secret, self.queue.write(Change::Endpoint(endpoint))))
    }

    /// A new secret could not be written: nothing is signed with it.
    pub fn unrotate(&mut self, endpoint: &str, secret: &Secret) {
        if let Some(slot) = self.slots.get_mut(endpoint) {
            slot.endpoint.unrotate(secret);
            self.queue.soon(Change::Endpoint(slot.endpoint.clone()));
        }
    }

    /// Forgets a run's endpoint, and all that waits for it or was given up. Gives what waited.
    pub fn remove(&mut self, run: &RunId, endpoint: &str) -> Result<Vec<Delivery>, NotTaken> {
        self.of_run(run, endpoint)?;
        Ok(self.forget(endpoint))
    }

    /// The same, whosever it is.
    pub fn forget(&mut self, endpoint: &str) -> Vec<Delivery> {
        self.slots.remove(endpoint).map(|slot| self.end(slot)).unwrap_or_default()
    }

    fn end(&mut self, slot: Slot) -> Vec<Delivery> {
        self.queue.soon(Change::NoEndpoint(slot.endpoint.id.clone()));
        let (waited, dead) = slot.end();
        for delivery in waited.iter().chain(&dead) {
            self.queue.soon(Change::Done(delivery.id.clone()));
        }
        waited
    }

    /// A run is over: what is its own site's is forgotten. Gives what waited of that.
    pub fn withdraw(&mut self, run: &RunId) -> Vec<Delivery> {
        let mut own = Vec::new();
        for slot in self.slots.values_mut().filter(|slot| slot.endpoint.run == run.0) {
            slot.gone = true;
            if slot.endpoint.own {
                own.push(slot.endpoint.id.clone());
            }
        }
        let waited = own.iter().flat_map(|endpoint| self.forget(endpoint)).collect();
        self.tidy();
        waited
    }

    /// Bounds what is kept of runs that are over: so many dead letters, and no endpoint without any.
    fn tidy(&mut self) {
        let gone = self.slots.values().filter(|slot| slot.gone);
        let dead: usize = gone.clone().map(|slot| slot.dead.len()).sum();
        if dead > caps::DEAD {
            let all = gone.flat_map(|slot| slot.dead.values());
            let all = all.map(|dead| (dead.due_ms, dead.endpoint.clone(), dead.id.clone()));
            let mut oldest: Vec<(u64, String, String)> = all.collect();
            oldest.sort_unstable();
            oldest.truncate(dead - caps::DEAD);
            tracing::warn!(count = oldest.len(), "the oldest dead letters are forgotten");
            for (_, endpoint, id) in oldest {
                if let Some(slot) = self.slots.get_mut(&endpoint)
                    && let Some(dead) = slot.dead.remove(&id)
                {
                    slot.bytes = slot.bytes.saturating_sub(dead.bytes());
                    self.queue.soon(Change::Done(id));
                }
            }
        }
        let empty = self.slots.extract_if(.., |_, slot| slot.gone && slot.places() == 0);
        for (endpoint, _) in empty {
            self.queue.soon(Change::NoEndpoint(endpoint));
        }
    }
}

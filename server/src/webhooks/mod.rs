//! Webhooks: endpoints are registered, deliveries to them are kept before they are sent, signed, sent, and
//! tried again until they are taken or given up. What waits outlasts the program: a delivery is
//! forgotten only after an answer with 2xx, so that each arrives at least once.
//!
//! Open first: [`Webhooks`] (what services call), `deliver` (one attempt), [`guard`] (where callbacks may
//! go), [`verify`] (what a receiver makes of one).

mod addresses;
pub mod connect;
mod deliver;
pub mod endpoint;
pub mod guard;
mod queue;
mod schedule;
pub mod sign;
mod state;
pub mod verify;
mod work;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;
use rustls::ClientConfig;
use tokio_util::sync::CancellationToken;
use trace::ids::RunId;
use trace::note;
use trace::webhook::{EndpointState, Planned};

use crate::error::StartError;
use crate::run::Run;
use crate::runs::Runs;
use connect::Net;
use deliver::Way;
use endpoint::{Delivery, Endpoint, Policy};
use guard::{Guard, NotAllowed};
use queue::{Change, Queue};
use sign::Secret;
use state::{Slot, State};

/// The service that calls back, as a participant.
pub const CALLER: &str = "payments";

/// The service to which callbacks may always go.
pub const SITE: &str = "site.com";

/// How much may wait.
mod caps {
    /// Endpoints, and those of one run.
    pub const ENDPOINTS: usize = 1_000;
    pub const RUN_ENDPOINTS: usize = 50;
    /// Deliveries that wait: for one endpoint, for all, and how many bytes their contents are.
    pub const ENDPOINT_PENDING: u64 = 10_000;
    pub const PENDING: u64 = 100_000;
    pub const PENDING_BYTES: u64 = 256 * 1024 * 1024;
    /// Deliveries on the dead-letter list.
    pub const DEAD: u64 = 10_000;
    /// Bytes of one content.
    pub const PAYLOAD: usize = 64 * 1024;
}

/// What the engine needs.
#[derive(Debug, Default)]
pub struct Setup {
    /// The folder in which it keeps what waits; without one that is kept in memory.
    pub data: Option<PathBuf>,
    /// Where callbacks may go.
    pub guard: Guard,
    /// Who resolves and dials.
    pub net: Net,
    /// Whom it trusts over TLS.
    pub tls: Option<Arc<ClientConfig>>,
}

/// Why an endpoint could not be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRegistered {
    /// Callbacks may not go there.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// There are as many as there may be.
    #[error("there are as many endpoints as there may be")]
    Full,
    /// It could not be kept.
    #[error("the endpoint could not be kept")]
    Unwritten,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There is no such endpoint in this run.
    #[error("there is no such endpoint")]
    NoEndpoint,
    /// There is no such delivery on the run's dead-letter list.
    #[error("there is no such delivery on the dead-letter list")]
    NoDelivery,
    /// For this endpoint as many deliveries wait as may.
    #[error("10,000 deliveries wait for this endpoint, and more are not taken")]
    EndpointFull,
    /// As many deliveries wait as may.
    #[error("as many deliveries wait as may, and more are not taken")]
    Full,
    /// The content is too long.
    #[error("the content of a delivery may have 64 KiB")]
    TooLong,
    /// It could not be kept.
    #[error("the delivery could not be kept")]
    Unwritten,
}

/// An endpoint as everybody may know it: without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// Its name.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// How it fares.
    pub state: EndpointState,
    /// Attempts that failed in a row.
    pub failures: u64,
    /// Deliveries that wait for it, or are under way.
    pub waiting: u64,
}

/// The engine.
#[derive(Debug)]
pub struct Webhooks {
    state: Mutex<State>,
    queue: Queue,
    way: Way,
    started: OnceLock<Started>,
}

#[derive(Debug)]
struct Started {
    runs: Weak<Runs>,
    stop: CancellationToken,
}

impl Webhooks {
    /// Opens what is kept. Nothing is sent before [`Webhooks::start`].
    ///
    /// # Errors
    /// What is kept cannot be used.
    pub fn open(setup: Setup) -> Result<Arc<Self>, StartError> {
        let Setup { data, guard, net, tls } = setup;
        let opened = Queue::open(data.as_deref());
        let (queue, kept) = opened.map_err(|(file, why)| StartError::Webhooks { file, why })?;
        let waiting = kept.pending.len();
        if waiting > 0 {
            tracing::info!(waiting, "deliveries of the time before go on");
        }
        let (state, way) = (Mutex::new(State::of(kept)), Way { guard, net, tls });
        Ok(Arc::new(Self { state, queue, way, started: OnceLock::new() }))
    }

    /// Begins to send, also what was kept, until the server stops.
    pub fn start(self: &Arc<Self>, runs: &Arc<Runs>, stop: CancellationToken) {
        let _ = self.started.set(Started { runs: Arc::downgrade(runs), stop });
        let endpoints: Vec<String> = self.state.lock().slots.keys().cloned().collect();
        for endpoint in endpoints {
            self.work(&endpoint);
        }
    }

    /// Waits until everything is written that is to be kept.
    pub async fn flush(&self) {
        // Changes are written in their order; this one changes nothing.
        let _ = self.queue.written(Change::Done(String::new())).await;
    }

    /// A run, if it is still there and serves.
    #[must_use]
    pub fn run(&self, id: &RunId) -> Option<Arc<Run>> {
        let runs = self.started.get()?.runs.upgrade()?;
        runs.get(id).filter(|run| run.state().serves())
    }

    /// Writes a note into a run, if it is still there.
    pub fn note(&self, run: &RunId, what: note::What) {
        if let Some(run) = self.run(run) {
            run.note(None, what);
        }
    }

    /// Registers an address of a run. Its secret is in the answer, and is told this once.
    ///
    /// # Errors
    /// See [`NotRegistered`].
    pub async fn register(&self, run: &Run, url: &str) -> Result<Endpoint, NotRegistered> {
        self.way.guard.check(url, &run.id.0)?;
        let number = run.next_endpoint();
        let id = format!("ep_{}_{number}", run.id);
        let endpoint = Endpoint::new(id, run.id.0.clone(), number, url.to_owned());
        let changes = self.make_room();
        self.soon(changes).await;
        {
            let mut state = self.state.lock();
            let slots = &mut state.slots;
            let of_run = slots.values().filter(|slot| slot.endpoint.run == run.id.0).count();
            if slots.len() >= caps::ENDPOINTS || of_run >= caps::RUN_ENDPOINTS {
                return Err(NotRegistered::Full);
            }
            slots.insert(endpoint.id.clone(), Slot::new(endpoint.clone()));
        }
        if self.queue.written(Change::Endpoint(endpoint.clone())).await.is_err() {
            self.state.lock().slots.remove(&endpoint.id);
            return Err(NotRegistered::Unwritten);
        }
        let (endpoint_id, url) = (endpoint.id.clone(), endpoint.url.clone());
        let service = CALLER.to_owned();
        run.note(None, note::What::EndpointRegistered { endpoint: endpoint_id, url, service });
        Ok(endpoint)
    }

    /// Where there are too many endpoints, forgets those of runs that are over and for which nothing waits.
    fn make_room(&self) -> Vec<Change> {
        let mut state = self.state.lock();
        if state.slots.len() < caps::ENDPOINTS {
            return Vec::new();
        }
        let over = |slot: &&Slot| {
            slot.count() == 0 && self.run(&RunId(slot.endpoint.run.clone())).is_none()
        };
        let over: Vec<String> =
            state.slots.values().filter(over).map(|slot| slot.endpoint.id.clone()).collect();
        over.iter().flat_map(|endpoint| state.forget(endpoint)).collect()
    }

    /// Tells an endpoint of a run something. It is kept when this returns its name, and sent some time after.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn emit(
        self: &Arc<Self>,
        run: &Run,
        endpoint: &str,
        payload: String,
        payment: &str,
    ) -> Result<String, NotTaken> {
        if payload.len() > caps::PAYLOAD {
            return Err(NotTaken::TooLong);
        }
        let (number, endpoint_number) = {
            let mut state = self.state.lock();
            state.of_run(endpoint, &run.id)?;
            state.reserve(endpoint, payload.len() as u64)?
        };
        let delivery = Delivery {
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
        let id = delivery.id.clone();
        self.keep(delivery, Planned::First).await?;
        Ok(id)
    }

    /// Tries a delivery of the dead-letter list once more, at once. A disabled endpoint is called again.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn replay(self: &Arc<Self>, run: &Run, delivery: &str) -> Result<(), NotTaken> {
        let (delivery, enabled) = {
            let mut state = self.state.lock();
            let dead = state.dead.get(delivery).filter(|dead| dead.run == run.id.0);
            let endpoint = dead.map(|dead| dead.endpoint.clone()).ok_or(NotTaken::NoDelivery)?;
            let delivery = state.revive(delivery)?;
            let endpoint = state.of_run(&endpoint, &run.id)?;
            (delivery, endpoint.enable().then(|| endpoint.clone()))
        };
        if let Some(endpoint) = enabled {
            self.fares(endpoint).await;
        }
        self.keep(delivery, Planned::Replay).await
    }

    /// Calls a disabled endpoint again, with all that waits for it.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn enable(self: &Arc<Self>, run: &Run, endpoint: &str) -> Result<(), NotTaken> {
        let enabled = {
            let mut state = self.state.lock();
            let endpoint = state.of_run(endpoint, &run.id)?;
            endpoint.enable().then(|| endpoint.clone())
        };
        if let Some(endpoint) = enabled {
            self.fares(endpoint).await;
        }
        self.work(endpoint);
        Ok(())
    }

    /// Draws a new secret for an endpoint. Until [`Webhooks::retire`], and for a day at most, the one before
    /// is signed with too.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn rotate(&self, run: &Run, endpoint: &str) -> Result<Secret, NotTaken> {
        let (secret, endpoint) = {
            let mut state = self.state.lock();
            let endpoint = state.of_run(endpoint, &run.id)?;
            (endpoint.rotate(), endpoint.clone())
        };
        let written = self.queue.written(Change::Endpoint(endpoint)).await;
        written.map(|()| secret).map_err(|_| NotTaken::Unwritten)
    }

    /// Signs no longer with the secret that was.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn retire(&self, run: &Run, endpoint: &str) -> Result<(), NotTaken> {
        let endpoint = {
            let mut state = self.state.lock();
            let endpoint = state.of_run(endpoint, &run.id)?;
            endpoint.retire();
            endpoint.clone()
        };
        self.queue.written(Change::Endpoint(endpoint)).await.map_err(|_| NotTaken::Unwritten)
    }

    /// Forgets an endpoint, and all that waits for it or was given up.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn remove(&self, run: &Run, endpoint: &str) -> Result<(), NotTaken> {
        let changes = {
            let mut state = self.state.lock();
            state.of_run(endpoint, &run.id)?;
            state.forget(endpoint)
        };
        self.soon(changes).await;
        Ok(())
    }

    /// The endpoints of a run.
    #[must_use]
    pub fn states(&self, run: &RunId) -> Vec<Standing> {
        let state = self.state.lock();
        let of_run = state.slots.values().filter(|slot| slot.endpoint.run == run.0);
        let standing = |slot: &Slot| Standing {
            id: slot.endpoint.id.clone(),
            url: slot.endpoint.url.clone(),
            state: slot.endpoint.state,
            failures: slot.endpoint.failures,
            waiting: slot.count(),
        };
        of_run.map(standing).collect()
    }

    /// The dead-letter list of a run.
    #[must_use]
    pub fn dead(&self, run: &RunId) -> Vec<Delivery> {
        let state = self.state.lock();
        state.dead.values().filter(|dead| dead.run == run.0).cloned().collect()
    }

    /// Deliveries of a run that wait, or are under way.
    #[must_use]
    pub fn waiting(&self, run: &RunId) -> u64 {
        self.states(run).iter().map(|standing| standing.waiting).sum()
    }
}

#[cfg(test)]
mod tests;

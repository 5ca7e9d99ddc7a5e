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
pub mod roots;
mod schedule;
pub mod sign;
mod slot;
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
use endpoint::{Delivery, Endpoint};
use guard::{Guard, NotAllowed};
use queue::{Change, Queue, Written};
use sign::Secret;
use slot::Slot;
use state::State;

/// The service that calls back, as a participant.
pub const CALLER: &str = "payments";

/// The service to which callbacks may always go.
pub const SITE: &str = "site.com";

/// How much may wait.
mod caps {
    /// Endpoints, and those of one run.
    pub const ENDPOINTS: usize = 1_000;
    pub const RUN_ENDPOINTS: usize = 50;
    /// Deliveries that wait or were given up, and how many bytes their contents are. A run may have one part
    /// of so many.
    pub const PENDING: u64 = 100_000;
    pub const PENDING_BYTES: u64 = 256 * 1024 * 1024;
    pub const RUN_SHARE: u64 = 10;
    /// Deliveries given up, of runs that are over.
    pub const DEAD: usize = 10_000;
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
    /// Whom it trusts over TLS, at other hosts.
    pub tls: Option<Arc<ClientConfig>>,
    /// And at this server's own site.com.
    pub own_tls: Option<Arc<ClientConfig>>,
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
    /// The run is over.
    #[error("the run is over")]
    Over,
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
    /// As many deliveries wait or were given up as may.
    #[error("as many deliveries wait or were given up as may, and more are not taken")]
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
        let Setup { data, guard, net, tls, own_tls } = setup;
        let opened = Queue::open(data.as_deref());
        let (queue, kept) = opened.map_err(|(file, why)| StartError::Webhooks { file, why })?;
        let state = State::of(kept, queue);
        let waiting: u64 = state.slots.values().map(Slot::waiting).sum();
        if waiting > 0 {
            tracing::info!(waiting, "deliveries of the time before go on");
        }
        let (state, way) = (Mutex::new(state), Way { guard, net, tls, own_tls });
        Ok(Arc::new(Self { state, way, started: OnceLock::new() }))
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
        let _ = self.all_written().await;
    }

    /// Changes are written in their order; this one changes nothing.
    fn all_written(&self) -> Written {
        self.state.lock().queue.write(Change::Done(String::new()))
    }

    /// A run, if it is still there.
    fn listed(&self, id: &RunId) -> Option<Arc<Run>> {
        self.started.get()?.runs.upgrade()?.get(id)
    }

    /// A run, if it is still there and serves.
    #[must_use]
    pub fn run(&self, id: &RunId) -> Option<Arc<Run>> {
        self.listed(id).filter(|run| run.state().serves())
    }

    /// Registers an address of a run. Its secret is in the answer, and is told this once: whoever calls this lets
    /// it come to its end, and so with [`Webhooks::rotate`].
    ///
    /// # Errors
    /// See [`NotRegistered`].
    pub async fn register(&self, run: &Run, url: &str) -> Result<Endpoint, NotRegistered> {
        let own = self.way.guard.check(url, &run.id.0)?.own.is_some();
        let number = run.next_endpoint();
        let id = format!("ep_{}_{number}", run.id);
        let endpoint = Endpoint::new(id, run.id.0.clone(), number, url.to_owned(), own);
        let written = self.state.lock().register(run, endpoint.clone())?;
        if written.await.is_err() {
            self.state.lock().forget(&endpoint.id);
            return Err(NotRegistered::Unwritten);
        }
        let (endpoint_id, url) = (endpoint.id.clone(), endpoint.url.clone());
        let service = CALLER.to_owned();
        run.note(None, note::What::EndpointRegistered { endpoint: endpoint_id, url, service });
        Ok(endpoint)
    }

    /// Tells an endpoint of a run something. It is kept when this returns its name, and sent some time after;
    /// where the endpoint is disabled it is a dead letter at once.
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
        let taken = self.state.lock().take_on(run, endpoint, payload, payment);
        let (delivery, written) = taken?;
        let id = delivery.id.clone();
        self.keep(delivery, written, Planned::First).await?;
        Ok(id)
    }

    /// Tries a delivery of the dead-letter list once more, at once, also where its endpoint is disabled.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn replay(self: &Arc<Self>, run: &Run, delivery: &str) -> Result<(), NotTaken> {
        let revived = self.state.lock().revive(&run.id, delivery);
        let (delivery, written) = revived?;
        self.keep(delivery, written, Planned::Replay).await
    }

    /// Lets a disabled endpoint be called again; without its name, all of the run's.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn enable(&self, run: &Run, endpoint: Option<&str>) -> Result<(), NotTaken> {
        {
            let mut state = self.state.lock();
            for endpoint in state.enable(&run.id, endpoint)? {
                work::fares(run, &endpoint);
            }
        }
        self.all_written().await.map_err(|_| NotTaken::Unwritten)
    }

    /// Draws a new secret for an endpoint. For a day the one before is signed with too.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn rotate(&self, run: &Run, endpoint: &str) -> Result<Secret, NotTaken> {
        let rotated = self.state.lock().rotate(&run.id, endpoint);
        let (secret, written) = rotated?;
        if written.await.is_err() {
            self.state.lock().unrotate(endpoint, &secret);
            return Err(NotTaken::Unwritten);
        }
        Ok(secret)
    }

    /// Forgets an endpoint, and all that was given up of it. What waits for it is told as dead.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn remove(&self, run: &Run, endpoint: &str) -> Result<(), NotTaken> {
        {
            let mut state = self.state.lock();
            for delivery in state.remove(&run.id, endpoint)? {
                self.forgotten(&delivery);
            }
        }
        self.all_written().await.map_err(|_| NotTaken::Unwritten)
    }

    /// A run is over: what waits for its own site.com is told as dead, and forgotten with all that was given
    /// up of it. What goes to other hosts goes on.
    pub async fn withdraw(&self, run: &Run) {
        self.over(&run.id);
        self.flush().await;
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
            waiting: slot.waiting(),
        };
        of_run.map(standing).collect()
    }

    /// The dead-letter list of a run.
    #[must_use]
    pub fn dead(&self, run: &RunId) -> Vec<Delivery> {
        let state = self.state.lock();
        let of_run = state.slots.values().filter(|slot| slot.endpoint.run == run.0);
        of_run.flat_map(|slot| slot.dead.values()).cloned().collect()
    }

    /// Whether a delivery of a run waits, or is under way.
    #[must_use]
    pub fn pends(&self, run: &Run) -> bool {
        self.states(&run.id).iter().any(|standing| standing.waiting > 0)
    }
}

#[cfg(test)]
mod dead_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;

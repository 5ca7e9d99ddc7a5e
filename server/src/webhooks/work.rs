//! One worker an endpoint, as long as something waits for it: an endpoint that never answers holds up nobody
//! else's deliveries.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use trace::ids::{ConnId, RunId};
use trace::note::{self, Act};
use trace::time::Micros;
use trace::webhook::{Outcome, Planned};

use super::endpoint::{Delivery, Endpoint};
use super::queue::Change;
use super::state::{Follows, Next};
use super::{NotTaken, Webhooks};
use crate::clock;
use crate::run::Run;

impl Webhooks {
    /// Sees to it that an endpoint has a worker, if something waits for it.
    pub(super) fn work(self: &Arc<Self>, endpoint: &str) {
        let Some(started) = self.started.get() else { return };
        let wake = self.state.lock().worker(endpoint);
        if let Some(wake) = wake {
            let hooks = Arc::clone(self);
            tokio::spawn(worker(hooks, started.stop.clone(), endpoint.to_owned(), wake));
        }
    }

    /// Keeps a delivery that has its place, and lets it wait for its moment, which is now.
    pub(super) async fn keep(
        self: &Arc<Self>,
        delivery: Delivery,
        why: Planned,
    ) -> Result<(), NotTaken> {
        let hooks = Arc::clone(self);
        // A task of its own: who asks may go away meanwhile.
        let kept = tokio::spawn(async move { hooks.kept(delivery, why).await });
        kept.await.unwrap_or(Err(NotTaken::Unwritten))
    }

    async fn kept(self: Arc<Self>, mut delivery: Delivery, why: Planned) -> Result<(), NotTaken> {
        let due = delivery.due_in(Micros(0));
        if self.queue.written(Change::Pending(delivery.clone())).await.is_err() {
            self.state.lock().release(&delivery);
            return Err(NotTaken::Unwritten);
        }
        if let Some(run) = self.run(&RunId(delivery.run.clone())) {
            run.touch();
            plan(&run, &delivery, Micros(0), why);
        }
        let endpoint = delivery.endpoint.clone();
        let planned = self.state.lock().plan(delivery, due);
        if let Err(gone) = planned {
            self.queue.soon(Change::Done(gone.id)).await;
            return Err(NotTaken::NoEndpoint);
        }
        self.work(&endpoint);
        Ok(())
    }

    pub(super) async fn soon(&self, changes: Vec<Change>) {
        for change in changes {
            self.queue.soon(change).await;
        }
    }

    /// How an endpoint fares has changed.
    pub(super) async fn fares(&self, endpoint: Endpoint) {
        if let Some(run) = self.run(&RunId(endpoint.run.clone())) {
            fares(&run, &endpoint);
        }
        self.queue.soon(Change::Endpoint(endpoint)).await;
    }

    async fn attempt(&self, delivery: Delivery, endpoint: Endpoint) {
        let id = RunId(delivery.run.clone());
        if let Some(run) = self.run(&id) {
            run.gate.pass(None::<ConnId>, Act::Deliver).await;
            run.touch();
        }
        // It may be over by now.
        let run = self.run(&id);
        let outcome = self.way.attempt(&delivery, &endpoint, run.as_deref()).await;
        tracing::debug!(delivery = delivery.id, attempt = delivery.attempt, ?outcome, "tried");
        let follows = self.state.lock().settle(delivery, outcome == Outcome::Delivered);
        if let Some(run) = &run {
            tell(run, &follows);
        }
        self.soon(follows.changes).await;
    }
}

/// What follows from an attempt, as the run is told.
fn tell(run: &Run, follows: &Follows) {
    if let Some(endpoint) = &follows.endpoint {
        fares(run, endpoint);
    }
    if let Some((delivery, wait, why)) = &follows.planned {
        plan(run, delivery, *wait, *why);
    }
    if let Some(dead) = &follows.dead {
        let (delivery, attempts) = (dead.id.clone(), dead.attempt);
        run.note(None, note::What::DeliveryDead { delivery, attempts });
    }
}

fn fares(run: &Run, endpoint: &Endpoint) {
    let (state, failures) = (endpoint.state, endpoint.failures);
    let endpoint = endpoint.id.clone();
    run.note(None, note::What::EndpointState { endpoint, state, failures });
}

fn plan(run: &Run, delivery: &Delivery, wait_us: Micros, why: Planned) {
    let due_us = clock::now().since(run.began()).plus(wait_us);
    let (endpoint, attempt) = (delivery.endpoint.clone(), delivery.attempt);
    let delivery = delivery.id.clone();
    let what = note::What::DeliveryPlanned { delivery, endpoint, attempt, due_us, wait_us, why };
    run.note(None, what);
}

/// Delivers what waits for an endpoint, one after the other, until nothing does or the server stops.
async fn worker(
    hooks: Arc<Webhooks>,
    stop: CancellationToken,
    endpoint: String,
    wake: Arc<Notify>,
) {
    loop {
        let next = hooks.state.lock().next(&endpoint);
        let step = async {
            match next {
                Next::Try(both) => {
                    let (delivery, endpoint) = *both;
                    Box::pin(hooks.attempt(delivery, endpoint)).await;
                }
                Next::At(at) => tokio::select! {
                    () = tokio::time::sleep_until(clock::deadline(at)) => {}
                    () = wake.notified() => {}
                },
                Next::Nothing => return false,
            }
            true
        };
        let goes_on = tokio::select! {
            () = stop.cancelled() => false,
            goes_on = step => goes_on,
        };
        if !goes_on {
            return;
        }
    }
}

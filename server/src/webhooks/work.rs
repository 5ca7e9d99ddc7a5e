//! One worker an endpoint, as long as something waits for it: an endpoint that never answers holds up nobody
//! else's deliveries. What the engine does is told to the run under the lock under which it was done, so that
//! the log has it in that order.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use trace::ids::{ConnId, RunId};
use trace::note::{self, Act};
use trace::webhook::{Dead, Outcome, Planned};

use super::endpoint::{Delivery, Endpoint};
use super::queue::Written;
use super::slot::Next;
use super::state::{Follows, Plan};
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

    /// Waits until a delivery is written, and then lets it wait for its moment, which is now.
    pub(super) async fn keep(
        self: &Arc<Self>,
        delivery: Delivery,
        written: Written,
        why: Planned,
    ) -> Result<(), NotTaken> {
        let hooks = Arc::clone(self);
        // A task of its own: who asks may go away meanwhile.
        let kept = tokio::spawn(async move {
            let is_written = written.await.is_ok();
            hooks.kept(delivery, is_written, why)
        });
        kept.await.unwrap_or(Err(NotTaken::Unwritten))
    }

    fn kept(
        self: &Arc<Self>,
        delivery: Delivery,
        is_written: bool,
        why: Planned,
    ) -> Result<(), NotTaken> {
        let run = self.run(&RunId(delivery.run.clone()));
        let endpoint = delivery.endpoint.clone();
        {
            let mut state = self.state.lock();
            if !is_written {
                state.give_back(delivery);
                return Err(NotTaken::Unwritten);
            }
            match state.arrive(delivery, why) {
                Ok(follows) => tell(run.as_deref(), &follows),
                Err(gone) => {
                    self.forgotten(&gone);
                    return Err(NotTaken::NoEndpoint);
                }
            }
        }
        self.work(&endpoint);
        Ok(())
    }

    async fn attempt(&self, mut delivery: Delivery, endpoint: Endpoint) {
        let id = RunId(delivery.run.clone());
        if let Some(run) = self.run(&id) {
            run.gate.pass(None::<ConnId>, Act::Deliver).await;
            run.touch();
        }
        // Run and endpoint may be gone by now.
        let run = self.run(&id);
        if endpoint.own && run.is_none() {
            self.over(&id);
        }
        let is_there = self.state.lock().slots.contains_key(&endpoint.id);
        let mut outcome = None;
        if is_there {
            outcome = Some(self.way.attempt(&delivery, &endpoint, run.as_deref()).await);
            tracing::debug!(delivery = delivery.id, attempt = delivery.attempt, ?outcome, "tried");
        } else {
            delivery = delivery.untried();
        }
        let mut state = self.state.lock();
        match state.settle(delivery, outcome == Some(Outcome::Delivered)) {
            Ok(follows) => tell(run.as_deref(), &follows),
            Err(gone) => self.forgotten(&gone),
        }
    }

    /// What is left of a run that is over.
    pub(super) fn over(&self, run: &RunId) {
        let mut state = self.state.lock();
        for delivery in state.withdraw(run) {
            self.forgotten(&delivery);
        }
    }

    /// A delivery whose endpoint is gone will never be sent. That is told also where the run is over.
    pub(super) fn forgotten(&self, delivery: &Delivery) {
        if let Some(run) = self.listed(&RunId(delivery.run.clone())) {
            let why = if run.state().serves() { Dead::Removed } else { Dead::RunOver };
            dead(&run, delivery, why);
        }
    }
}

/// What follows from something, as the run is told. It is not idle.
fn tell(run: Option<&Run>, follows: &Follows) {
    let Some(run) = run else { return };
    run.touch();
    if let Some(endpoint) = &follows.endpoint {
        fares(run, endpoint);
    }
    if let Some(planned) = &follows.planned {
        plan(run, planned);
    }
    for (delivery, why) in &follows.dead {
        dead(run, delivery, *why);
    }
}

/// How an endpoint fares has changed.
pub(super) fn fares(run: &Run, endpoint: &Endpoint) {
    let (state, failures) = (endpoint.state, endpoint.failures);
    let endpoint = endpoint.id.clone();
    run.note(None, note::What::EndpointState { endpoint, state, failures });
}

fn plan(run: &Run, plan: &Plan) {
    let (delivery, endpoint) = (plan.delivery.id.clone(), plan.delivery.endpoint.clone());
    let (attempt, wait_us, why) = (plan.delivery.attempt, plan.wait, plan.why);
    let due_us = plan.due.since(run.began());
    let what = note::What::DeliveryPlanned { delivery, endpoint, attempt, due_us, wait_us, why };
    run.note(None, what);
}

fn dead(run: &Run, delivery: &Delivery, why: Dead) {
    let (delivery, attempts) = (delivery.id.clone(), delivery.attempt);
    run.note(None, note::What::DeliveryDead { delivery, attempts, why });
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

//! The payment service's way to what keeps, signs and sends its deliveries.

use std::sync::Arc;

use serde_json::{Value, json};
use trace::note::What;
use trace::webhook::EndpointState;

use crate::clock;
use crate::run::Run;
use crate::webhooks::sign::Secret;
use crate::webhooks::{NotRegistered, NotTaken, Standing, Webhooks};

/// Why the payment service does not do what it is asked, in sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// There is nothing of this name.
    Unknown,
    /// It cannot be done.
    Bad(String),
    /// There is no room, or nothing can be kept: it may be done later.
    Later(String),
}

impl Undone {
    /// What calls endpoints is not there: it is in a server that serves.
    fn away() -> Self {
        Self::Later("Nothing is there that would send.".to_owned())
    }
}

impl From<NotTaken> for Undone {
    fn from(not: NotTaken) -> Self {
        match not {
            NotTaken::NoEndpoint | NotTaken::NoDelivery => Self::Unknown,
            other => Self::Later(format!("This is not done: {other}.")),
        }
    }
}

impl From<NotRegistered> for Undone {
    fn from(not: NotRegistered) -> Self {
        let why = format!("This callback is not registered: {not}.");
        match not {
            NotRegistered::NotAllowed(_) => Self::Bad(why),
            _ => Self::Later(why),
        }
    }
}

fn webhooks(run: &Run) -> Result<Arc<Webhooks>, Undone> {
    run.webhooks().cloned().ok_or_else(Undone::away)
}

/// Does something to its end, also where who asked for it leaves meanwhile.
async fn to_its_end<T: Send + 'static>(
    task: impl Future<Output = Result<T, Undone>> + Send + 'static,
) -> Result<T, Undone> {
    let done = tokio::spawn(task).await;
    done.unwrap_or_else(|_| Err(Undone::Later("This broke off.".to_owned())))
}

/// Registers a callback of a run's. Gives its name and its secret.
///
/// # Errors
/// See [`Undone`].
pub async fn register(run: &Arc<Run>, url: &str) -> Result<(String, String), Undone> {
    let (run, url) = (Arc::clone(run), url.to_owned());
    to_its_end(async move {
        let webhooks = webhooks(&run)?;
        let endpoint = webhooks.register(&run, &url).await?;
        let secret = endpoint.secrets().first().cloned().unwrap_or_else(|| Secret::of(""));
        if endpoint.own {
            // As the owner of the site would, who has registered it.
            run.shared.callbacks.site.trust(&endpoint.id, secret.clone());
        }
        withdraw_later(&run);
        Ok::<_, Undone>((endpoint.id, secret.text().to_owned()))
    })
    .await
}

/// Sees to it, once a run, that what waits for its own site is given up when it is over: nobody answers
/// there any more.
fn withdraw_later(run: &Arc<Run>) {
    if run.shared.callbacks.withdraws() {
        return;
    }
    let run = Arc::clone(run);
    tokio::spawn(async move {
        run.over().await;
        if let Some(webhooks) = run.webhooks() {
            webhooks.withdraw(&run).await;
        }
    });
}

/// A new secret of an endpoint, beside which the one before holds for a while.
///
/// # Errors
/// See [`Undone`].
pub async fn rotate(run: &Arc<Run>, endpoint: &str) -> Result<String, Undone> {
    let (run, endpoint) = (Arc::clone(run), endpoint.to_owned());
    to_its_end(async move {
        let secret = webhooks(&run)?.rotate(&run, &endpoint).await?;
        run.shared.callbacks.site.renew(&endpoint, secret.clone());
        Ok::<_, Undone>(secret.text().to_owned())
    })
    .await
}

/// Forgets an endpoint.
///
/// # Errors
/// See [`Undone`].
pub async fn remove(run: &Arc<Run>, endpoint: &str) -> Result<(), Undone> {
    let (run, endpoint) = (Arc::clone(run), endpoint.to_owned());
    to_its_end(async move {
        webhooks(&run)?.remove(&run, &endpoint).await?;
        run.shared.callbacks.site.forget(&endpoint);
        Ok::<_, Undone>(())
    })
    .await
}

/// Calls a disabled endpoint again.
///
/// # Errors
/// See [`Undone`].
pub async fn enable(run: &Arc<Run>, endpoint: &str) -> Result<(), Undone> {
    let (run, endpoint) = (Arc::clone(run), endpoint.to_owned());
    to_its_end(async move {
        webhooks(&run)?.enable(&run, Some(endpoint.as_str())).await?;
        Ok::<_, Undone>(())
    })
    .await
}

/// Tries a delivery of the dead-letter list once more.
///
/// # Errors
/// See [`Undone`].
pub async fn replay(run: &Arc<Run>, delivery: &str) -> Result<(), Undone> {
    let (run, delivery) = (Arc::clone(run), delivery.to_owned());
    to_its_end(async move {
        webhooks(&run)?.replay(&run, &delivery).await?;
        Ok::<_, Undone>(())
    })
    .await
}

/// The endpoints of a run.
fn standings(run: &Run) -> Vec<Standing> {
    run.webhooks().map(|webhooks| webhooks.states(&run.id)).unwrap_or_default()
}

/// The same, without their secrets, as they are told.
pub fn list(run: &Run) -> Value {
    serde_json::to_value(standings(run)).unwrap_or_default()
}

/// The names of a run's endpoints.
pub fn endpoints(run: &Run) -> Vec<String> {
    standings(run).into_iter().map(|endpoint| endpoint.id).collect()
}

/// The names of those that are disabled.
pub fn disabled(run: &Run) -> Vec<String> {
    let all = standings(run).into_iter();
    let disabled = all.filter(|endpoint| endpoint.state == EndpointState::Disabled);
    disabled.map(|endpoint| endpoint.id).collect()
}

/// Whether a delivery of a run's waits, or is under way.
pub fn pends(run: &Arc<Run>) -> bool {
    run.webhooks().is_some_and(|webhooks| webhooks.pends(run))
}

/// Tells every endpoint of a run that a payment has arrived. What is to be told is kept when this returns.
pub async fn publish(run: &Arc<Run>, payment: &str, amount: u64) {
    let Some(webhooks) = run.webhooks() else { return };
    let said = json!({
        "type": "payment.settled",
        "timestamp": clock::wall(),
        "data": { "payment": payment, "amount": amount },
    });
    let payload = said.to_string();
    for endpoint in endpoints(run) {
        let emitted = webhooks.emit(run, &endpoint, payload.clone(), payment).await;
        // One that was taken away meanwhile is told nothing.
        if let Err(error) = emitted
            && error != NotTaken::NoEndpoint
        {
            let why = format!("{endpoint} is not told of {payment}: {error}");
            run.note(None, What::Refused { status: None, why });
        }
    }
}

/// The dead-letter list of a run.
pub fn dead(run: &Run) -> Value {
    let all = run.webhooks().map(|webhooks| webhooks.dead(&run.id)).unwrap_or_default();
    let told = all.into_iter().map(|dead| {
        json!({
            "id": dead.id,
            "endpoint": dead.endpoint,
            "payment": dead.payment,
            "attempts": dead.attempt,
        })
    });
    told.collect()
}

/// The names of the deliveries on it.
pub fn dead_ids(run: &Run) -> Vec<String> {
    let all = run.webhooks().map(|webhooks| webhooks.dead(&run.id)).unwrap_or_default();
    all.into_iter().map(|dead| dead.id).collect()
}

//! The payment service's way to what keeps, signs and sends its deliveries.

use std::sync::Arc;

use serde_json::{Value, json};
use trace::note::What;
use trace::webhook::EndpointState;

use crate::clock;
use crate::run::Run;
use crate::webhooks::NotTaken;
use crate::webhooks::sign::Secret;

/// Registers a callback of a run's. Gives its name and its secret.
///
/// # Errors
/// Why it is not taken, in words.
pub async fn register(run: &Arc<Run>, url: &str) -> Result<(String, String), String> {
    let refused = |why: &dyn std::fmt::Display| format!("This callback is not registered: {why}.");
    let webhooks = run.webhooks().ok_or_else(|| refused(&"nothing is there that would send"))?;
    let endpoint = webhooks.register(run, url).await.map_err(|why| refused(&why))?;
    let secret = endpoint.secrets().first().cloned().unwrap_or_else(|| Secret::of(""));
    if is_of_site(run, url) {
        // As the owner of the site would, who has registered it.
        run.shared.callbacks.site.trust(secret.clone());
        tokio::spawn(withdraw(Arc::clone(run), endpoint.id.clone()));
    }
    Ok((endpoint.id, secret.text().to_owned()))
}

/// Whether an address is the one at which site.com is called in a run.
fn is_of_site(run: &Run, url: &str) -> bool {
    url.ends_with(&format!("/r/{}/callback", run.id))
}

/// Forgets an endpoint once its run is over: nobody answers there any more.
async fn withdraw(run: Arc<Run>, endpoint: String) {
    run.over().await;
    if let Some(webhooks) = run.webhooks()
        && let Err(error) = webhooks.remove(&run, &endpoint).await
    {
        tracing::debug!(run = %run.id, endpoint, %error, "not withdrawn");
    }
}

/// A new secret of an endpoint, beside which the one before holds for a while.
pub async fn rotate(run: &Run, endpoint: &str) -> Option<String> {
    let webhooks = run.webhooks()?;
    let secret = webhooks.rotate(run, endpoint).await.ok()?;
    let known = webhooks.states(&run.id).into_iter().find(|known| known.id == endpoint)?;
    if is_of_site(run, &known.url) {
        run.shared.callbacks.site.trust(secret.clone());
    }
    Some(secret.text().to_owned())
}

/// Forgets an endpoint. Says whether there was one.
pub async fn remove(run: &Run, endpoint: &str) -> bool {
    match run.webhooks() {
        Some(webhooks) => webhooks.remove(run, endpoint).await.is_ok(),
        None => false,
    }
}

/// The endpoints of a run, without their secrets.
pub fn list(run: &Run) -> Value {
    let all = run.webhooks().map(|webhooks| webhooks.states(&run.id)).unwrap_or_default();
    serde_json::to_value(all).unwrap_or_default()
}

/// The names of a run's endpoints.
pub fn endpoints(run: &Run) -> Vec<String> {
    let all = run.webhooks().map(|webhooks| webhooks.states(&run.id)).unwrap_or_default();
    all.into_iter().map(|endpoint| endpoint.id).collect()
}

/// Whether a delivery of a run's waits, or is under way. What waits for a disabled endpoint does not move.
pub fn pends(run: &Run) -> bool {
    let all = run.webhooks().map(|webhooks| webhooks.states(&run.id)).unwrap_or_default();
    all.iter().any(|endpoint| endpoint.waiting > 0 && endpoint.state != EndpointState::Disabled)
}

/// Tells every endpoint of a run that a payment has arrived. What is to be told is kept when this returns.
pub async fn publish(run: &Run, payment: &str, amount: u64) {
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

/// Tries a delivery of the dead-letter list once more. Says whether there is one.
pub async fn replay(run: &Run, delivery: &str) -> bool {
    match run.webhooks() {
        Some(webhooks) => webhooks.replay(run, delivery).await.is_ok(),
        None => false,
    }
}

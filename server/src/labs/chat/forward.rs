//! The stateful chat: an instance hands a message for somebody else's user to the instance where
//! that user is, over a real connection, `POST /forward`.

use http::{Request, Response};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use trace::note::{Vanished, What};

use super::Message;
use crate::agent::{Client, Refused};
use crate::content::Content;
use crate::instance::Worker;
use crate::labs::sent;
use crate::labs::services::{nothing, problem};
use crate::refusal::Refusal;
use crate::run::Bound;

/// Messages that may wait for another instance.
const WAITING: usize = 1_024;

/// A message on its way to another instance.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    id: u64,
    from: String,
    to: String,
    text: String,
}

/// Brings a message to where its user is.
pub async fn route(worker: &Worker, message: Message) {
    let home = worker.run.shared.homes.lock().get(&message.to).cloned();
    let Some(home) = home else {
        worker.instance.hall.0.lock().under_way.remove(&message.id);
        return lost(worker, &worker.name(), &message.to, message.id, Vanished::NobodyThere);
    };
    if home == worker.instance.name {
        worker.instance.hall.0.lock().under_way.remove(&message.id);
        return worker.instance.hall.keep(worker, message);
    }
    let Message { id, from, to, text } = message;
    // Until it is answered it is this instance's to lose.
    worker.instance.hall.0.lock().under_way.insert(id, to.clone());
    let forward = Forward { id, from, to, text };
    let way = way(worker, &home);
    if let Err(mpsc::error::SendError(forward)) = way.send(forward).await {
        worker.instance.hall.0.lock().under_way.remove(&forward.id);
        lost(worker, &home, &forward.to, forward.id, Vanished::Unreachable);
    }
}

/// The way to another instance: a task that has a connection to it, and keeps the order.
fn way(worker: &Worker, home: &str) -> mpsc::Sender<Forward> {
    let mut inner = worker.instance.hall.0.lock();
    if let Some(way) = inner.ways.get(home).filter(|way| !way.is_closed()) {
        return way.clone();
    }
    let (way, messages) = mpsc::channel(WAITING);
    inner.ways.insert(home.to_owned(), way.clone());
    let (worker, home) = (worker.clone(), home.to_owned());
    tokio::spawn(async move {
        let (killed, over) = (worker.instance.killed(), worker.run.over());
        tokio::select! {
            () = carry(&worker, &home, messages) => {}
            () = killed.cancelled() => {}
            () = over => {}
        }
    });
    way
}

async fn carry(worker: &Worker, home: &str, mut messages: mpsc::Receiver<Forward>) {
    let mut client = None;
    while let Some(forward) = messages.recv().await {
        // The user may have moved while it waited.
        let now = worker.run.shared.homes.lock().get(&forward.to).cloned();
        let handed = match now {
            Some(now) if now == *home => hand_over(worker, home, &mut client, &forward).await,
            Some(_) => {
                let Forward { id, from, to, text } = forward;
                Box::pin(route(worker, Message { id, from, to, text })).await;
                continue;
            }
            None => Err(anyhow::Error::from(Refused(404))),
        };
        worker.instance.hall.0.lock().under_way.remove(&forward.id);
        if let Err(error) = handed {
            tracing::debug!(run = %worker.run.id, home, %error, "not forwarded");
            let nobody = error.downcast_ref::<Refused>().is_some_and(|refused| refused.0 == 404);
            let why = if nobody { Vanished::NobodyThere } else { Vanished::Unreachable };
            lost(worker, home, &forward.to, forward.id, why);
        }
    }
}

/// Sends a message, on the connection that there is or on a new one.
async fn hand_over(
    worker: &Worker,
    home: &str,
    client: &mut Option<Client>,
    forward: &Forward,
) -> anyhow::Result<()> {
    let path = format!("/r/{}/forward", worker.run.id);
    let body = serde_json::to_vec(forward)?;
    if let Some(open) = client.as_mut().filter(|client| client.is_open())
        && open.post(&path, body.clone().into()).await.is_ok()
    {
        return Ok(());
    }
    *client = None;
    let other = worker.run.shared.named(home);
    let addr = other.map(|other| other.addr).ok_or_else(|| anyhow::anyhow!("no such instance"))?;
    let who = worker.run.known(&worker.instance.name);
    let mut fresh = Client::connect(&worker.run, addr, who).await?;
    fresh.post(&path, body.into()).await?;
    *client = Some(fresh);
    Ok(())
}

fn lost(worker: &Worker, instance: &str, user: &str, id: u64, why: Vanished) {
    let (instance, user) = (instance.to_owned(), user.to_owned());
    worker.run.note(None, What::MessagesLost { instance, user, ids: vec![id], why });
}

/// Takes a message that another instance hands over.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn take(
    bound: &Bound,
    worker: &Worker,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let most = usize::try_from(bound.run.caps.message_bytes).unwrap_or(usize::MAX);
    let keep = most.saturating_mul(6) + 256;
    let (_, body) = sent::read(request.into_body(), bound.run.caps, keep).await?;
    if !bound.internal {
        let why = "Only the instances of this run forward messages to each other.";
        return Ok(problem(403, "Forbidden", why));
    }
    match serde_json::from_slice::<Forward>(&body) {
        Ok(Forward { to, .. }) if !worker.instance.hall.is_home(worker, &to) => {
            Ok(problem(404, "Not Found", "This user is not at this instance."))
        }
        Ok(Forward { id, from, to, text }) => {
            worker.instance.hall.keep(worker, Message { id, from, to, text });
            Ok(nothing())
        }
        Err(error) => Ok(problem(422, "Unprocessable Content", &error.to_string())),
    }
}

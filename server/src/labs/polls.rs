//! Polls and messages: `GET /messages` asks for what is new and may be held, `POST /messages` is
//! what another service calls.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use trace::ids::ConnId;
use trace::note::{PollRelease, What};
use trace::time::Micros;

use super::sent;
use super::services::{BadNumber, json, no_store, nothing, number, problem};
use crate::content::Content;
use crate::instance::Worker;
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::store::{New, READ_MOST, Row, StoreError};

/// The longest hold, in seconds.
pub const HOLD_MOST: u64 = 60;

/// How many messages a poll gets that names no number.
const BATCH: u64 = 10;

/// What a poll asks for.
struct Asked {
    after: u64,
    most: usize,
    wait: Option<Duration>,
}

/// Answers a poll: with what is new, or with nothing, at once or when the hold is over.
pub async fn poll(
    bound: &Bound,
    worker: &Worker,
    request: &Request<Incoming>,
) -> Response<Content> {
    let asked = match asked(request.uri().query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(BadNumber(why)) => return problem(422, "Unprocessable Content", &why),
    };
    let rows = match asked.wait {
        None => worker.read(asked.after, asked.most).await,
        Some(wait) => hold(bound, worker, &asked, wait).await,
    };
    match rows {
        Ok(rows) if rows.is_empty() => nothing(),
        Ok(rows) => batch(&rows, asked.after),
        Err(error) => no_store(&error),
    }
}

fn asked(query: &str) -> Result<Asked, BadNumber> {
    let after = number(query, "after", u64::MAX)?.unwrap_or(0);
    let most = number(query, "max", READ_MOST as u64)?.unwrap_or(BATCH).max(1);
    let wait = number(query, "wait", HOLD_MOST)?.map(Duration::from_secs);
    Ok(Asked { after, most: usize::try_from(most).unwrap_or(READ_MOST), wait })
}

fn batch(rows: &[Row], after: u64) -> Response<Content> {
    let message = |row: &Row| json!({"id": row.id, "text": row.message.text});
    let messages: Vec<_> = rows.iter().map(message).collect();
    let next = rows.last().map_or(after, |row| row.id);
    json(StatusCode::OK, &json!({"messages": messages, "next": next}))
}

/// Holds a poll until there is something new, or its time is over.
async fn hold(
    bound: &Bound,
    worker: &Worker,
    asked: &Asked,
    wait: Duration,
) -> Result<Vec<Row>, StoreError> {
    let pulls = worker.run.word("wake") == "pull";
    // Asked to be told before it looks: what comes in between is not missed.
    let mut told = if pulls { None } else { Some(worker.told().await?) };
    let rows = worker.read(asked.after, asked.most).await?;
    if !rows.is_empty() || wait.is_zero() {
        return Ok(rows);
    }
    let mut held = Held::new(worker, bound.conn, wait);
    let limit = tokio::time::sleep(wait);
    tokio::pin!(limit);
    loop {
        tokio::select! {
            () = &mut limit => {
                held.by = PollRelease::Limit;
                return Ok(Vec::new());
            }
            () = worker.run.until_over() => {
                held.by = PollRelease::RunEnded;
                return Ok(Vec::new());
            }
            by = news(worker, told.as_mut()) => {
                // Asked anew: a store that was away tells on a new connection.
                held.by = PollRelease::StoreAway;
                if told.is_some() {
                    told = Some(worker.told().await?);
                }
                let rows = worker.read(asked.after, asked.most).await?;
                held.by = PollRelease::Abandoned;
                if !rows.is_empty() {
                    held.by = by;
                    return Ok(rows);
                }
            }
        }
    }
}

/// Waits for what may be news: the store tells, or it is time to ask again.
async fn news(worker: &Worker, told: Option<&mut watch::Receiver<u64>>) -> PollRelease {
    match told {
        Some(told) => {
            worker.woken(told).await;
            PollRelease::Woken
        }
        None => {
            tokio::time::sleep(Duration::from_millis(worker.run.number("pull_ms").max(1))).await;
            PollRelease::Pulled
        }
    }
}

/// A poll that is held. Whatever ends that is noted, also that nobody waits any more.
pub struct Held<'a> {
    worker: &'a Worker,
    conn: ConnId,
    /// What lets it go.
    pub by: PollRelease,
}

impl<'a> Held<'a> {
    /// Begins to hold a poll.
    pub fn new(worker: &'a Worker, conn: ConnId, limit: Duration) -> Self {
        let limit_us = Micros(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX));
        let what = What::PollHeld { instance: worker.name(), limit_us };
        worker.run.note(Some(conn), what);
        worker.instance.held.fetch_add(1, Ordering::Relaxed);
        Self { worker, conn, by: PollRelease::Abandoned }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.worker.instance.held.fetch_sub(1, Ordering::Relaxed);
        let dead = self.by == PollRelease::Abandoned && self.worker.instance.is_down();
        let by = if dead { PollRelease::Killed } else { self.by };
        let what = What::PollReleased { instance: self.worker.name(), by };
        self.worker.run.note(Some(self.conn), what);
    }
}

/// What another service sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    text: String,
}

/// Takes a message from another service.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn append(
    bound: &Bound,
    worker: &Worker,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let caps = bound.run.caps;
    let most = usize::try_from(caps.message_bytes).unwrap_or(usize::MAX);
    // A text may need six bytes of JSON for each of its own.
    let keep = most.saturating_mul(6) + 64;
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.filter(|key| key.len() <= 64).map(str::to_owned);
    let (sent, body) = sent::read(request.into_body(), caps, keep).await?;
    if sent > keep as u64 {
        let why = format!("A message's text may have {most} bytes.");
        return Ok(problem(413, "Content Too Large", &why));
    }
    let text = match serde_json::from_slice::<Sent>(&body) {
        Ok(sent) => sent.text,
        Err(error) => {
            let why = format!("A message is {{\"text\": \"…\"}}: {error}.");
            return Ok(problem(422, "Unprocessable Content", &why));
        }
    };
    if text.len() > most {
        let why = format!("A message's text may have {most} bytes; this one has {}.", text.len());
        return Ok(problem(413, "Content Too Large", &why));
    }
    let new = New { text, key, ..New::default() };
    Ok(match worker.append(Some(bound.conn), new).await {
        Ok(id) => json(StatusCode::CREATED, &json!({ "id": id })),
        Err(error) => no_store(&error),
    })
}

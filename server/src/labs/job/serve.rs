//! What an instance answers about the job: `GET /job?after=N` says how far it is, if that is further
//! than N; with `wait=S` it is held until then; `GET /job/events` is a stream of all of it.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::sync::watch;
use trace::note::PollRelease;

use crate::content::Content;
use crate::instance::Worker;
use crate::labs::polls::{HOLD_MOST, Held};
use crate::labs::services::{BadNumber, json, not_allowed, nothing, number, problem};
use crate::labs::{Kind, events, pages};
use crate::run::{Bound, Run};

/// What is asked about the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// How far it is.
    State,
    /// All that happens to it.
    Events,
}

/// What a path asks about a run's job; none in other labs, and for other paths.
pub fn path(run: &Run, path: &str) -> Option<Asked> {
    let has_job = run.log.header.lab == Kind::Job.id();
    let rest = path.strip_prefix("/r/")?.strip_prefix(run.id.0.as_str()).filter(|_| has_job)?;
    match rest {
        "/job" => Some(Asked::State),
        "/job/events" => Some(Asked::Events),
        _ => None,
    }
}

/// Answers what is asked about the job.
pub async fn answer(
    bound: &Bound,
    worker: Worker,
    request: &Request<Incoming>,
    asked: Asked,
) -> Response<Content> {
    match (asked, request.method()) {
        (_, &Method::OPTIONS) => pages::preflight(),
        (Asked::State, &Method::GET | &Method::HEAD) => {
            let query = request.uri().query().unwrap_or_default();
            match wanted(query) {
                Ok((after, wait)) => state(bound, &worker, after, wait).await,
                Err(BadNumber(why)) => problem(422, "Unprocessable Content", &why),
            }
        }
        (Asked::Events, &Method::GET) => {
            let last = events::last(request);
            // Who has it all is told not to come back (WHATWG HTML, section 9.2.3).
            if last >= worker.run.number("parts") {
                return nothing();
            }
            events::of_job(bound, worker, last)
        }
        (Asked::State, _) => not_allowed("job"),
        (Asked::Events, _) => not_allowed("job/events"),
    }
}

fn wanted(query: &str) -> Result<(u64, Duration), BadNumber> {
    let after = number(query, "after", u64::MAX)?.unwrap_or(0);
    let wait = number(query, "wait", HOLD_MOST)?.unwrap_or(0);
    Ok((after, Duration::from_secs(wait)))
}

/// How far the job is, at once or when it is further than the client knows; or nothing.
async fn state(bound: &Bound, worker: &Worker, after: u64, wait: Duration) -> Response<Content> {
    let run = &worker.run;
    let mut told = run.shared.job.told();
    let done = *told.borrow_and_update();
    if done > after {
        return json(StatusCode::OK, &super::state(run, done));
    }
    if wait.is_zero() {
        return nothing();
    }
    let mut held = Held::new(worker, bound.conn, wait);
    tokio::select! {
        () = tokio::time::sleep(wait) => held.by = PollRelease::Limit,
        () = run.until_over() => held.by = PollRelease::RunEnded,
        done = further(&mut told, after) => {
            held.by = PollRelease::Woken;
            return json(StatusCode::OK, &super::state(run, done));
        }
    }
    nothing()
}

/// Waits until more steps are done than a client knows of.
async fn further(told: &mut watch::Receiver<u64>, after: u64) -> u64 {
    let done = told.wait_for(|done| *done > after).await.map(|done| *done).ok();
    match done {
        Some(done) => done,
        None => std::future::pending().await,
    }
}

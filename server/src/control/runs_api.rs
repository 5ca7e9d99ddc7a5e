//! Runs over the API: make, list, look at, read, delete.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use trace::ids::{RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::note::Reach;
use trace::studio::{Created, NewRun, Summary};

use super::guard::Caller;
use super::problem::Refused;
use super::{HTTP10_TLS, Studio};
use crate::clock;
use crate::instance::Shared;
use crate::labs::{self, Kind, serialization};
use crate::listen::{BEHIND_TLS, TLS};
use crate::run::{Run, urls};
use crate::runs::{Found, new_id, new_key, upto};

/// How many entries are read from a log at once.
const PAGE: usize = 512;

/// What a call gives.
pub type Answer<T> = Result<T, Refused>;

/// `POST /api/runs`
pub async fn create(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    body: Result<Json<NewRun>, JsonRejection>,
) -> Answer<Response> {
    let Json(new) = body.map_err(bad_json)?;
    let kind = Kind::named(&new.lab).ok_or_else(|| no_runs(&new.lab))?;
    let params = labs::fill(&kind.describe(), new.params)
        .map_err(|bad| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, bad.to_string()))?;
    let services = kind.services(&studio.services);
    let engine = studio.runs.store.engine();
    let header = Header {
        lifeline: FORMAT,
        run: new_id(),
        lab: new.lab,
        participants: kind.participants(&params, &services, engine),
        params,
        seed: new.seed.unwrap_or(0),
        started: clock::wall(),
    };
    let caps = studio.runs.caps;
    let shared = Shared::new(&services, studio.runs.store.clone(), caps.store_rows);
    let run = studio.runs.add(Run::new(header, new_key(), caps, shared)).ok_or_else(|| {
        Refused::too_many(format!(
            "{} runs are under way{}; end or delete one.",
            studio.runs.caps.runs,
            if studio.runs.archive.get().is_some() { " or wait to be kept" } else { "" }
        ))
    })?;
    tokio::spawn(Arc::clone(&run).end_when_full());
    for service in services.iter().filter(|service| !studio.switches.is_up(&service.name)) {
        run.kill(&service.name, Reach::Everybody);
    }
    tracing::info!(run = %run.id, lab = run.log.header.lab, "made");
    let created = Created {
        id: run.id.clone(),
        key: run.key.clone(),
        urls: run_urls(&studio, &caller, &run.log.header),
        participants: run.log.header.participants.clone(),
    };
    let place = HeaderValue::from_str(&format!("/api/runs/{}", run.id));
    let mut response = (StatusCode::CREATED, Json(created)).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Why there are no runs of a lab.
fn no_runs(lab: &str) -> Refused {
    let known = labs::ALL.map(Kind::id).join(", ");
    let detail = if lab == serialization::ID {
        format!("{lab} has no runs: GET /api/{lab} measures. lab takes one of {known}")
    } else {
        format!("lab takes one of {known}")
    };
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// What is wrong with a body: its size, its type, its JSON or its shape.
pub fn bad_json(rejection: JsonRejection) -> Refused {
    let detail = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "The body may have 1 MiB.".to_owned(),
        _ => rejection.body_text(),
    };
    Refused::new(rejection.status(), detail)
}

fn run_urls(
    studio: &Studio,
    caller: &Caller,
    header: &Header,
) -> std::collections::BTreeMap<String, String> {
    let services =
        Kind::named(&header.lab).map(|kind| kind.services(&studio.services)).unwrap_or_default();
    let mut names: Vec<String> = services.into_iter().map(|service| service.name).collect();
    let mut origins = studio.origins(caller);
    if names.iter().any(|name| name == BEHIND_TLS) {
        names.push(TLS.to_owned());
    } else if names.iter().any(|name| name == "http10")
        && let Some(origin) = studio.http10_tls(caller)
    {
        names.push(HTTP10_TLS.to_owned());
        origins.insert(HTTP10_TLS.to_owned(), origin);
    }
    urls(&origins, &names, &header.run)
}

pub fn find(studio: &Studio, id: &str) -> Answer<Found> {
    studio.runs.find(&RunId(id.to_owned())).ok_or_else(|| Refused::unknown_run(id))
}

/// `GET /api/runs`
pub async fn list(State(studio): State<Arc<Studio>>, caller: Caller) -> Json<Vec<Summary>> {
    let summaries = studio.runs.listed();
    Json(summaries.iter().map(|run| summarise(&studio, &caller, run)).collect())
}

/// `GET /api/runs/{id}`
pub async fn summary(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Json<Summary>> {
    Ok(Json(summarise(&studio, &caller, &find(&studio, &id)?)))
}

fn summarise(studio: &Studio, caller: &Caller, run: &Found) -> Summary {
    let header = run.header();
    Summary {
        id: header.run.clone(),
        lab: header.lab.clone(),
        params: header.params.clone(),
        seed: header.seed,
        state: run.state(),
        started: header.started.clone(),
        last_seq: run.last_seq(),
        urls: run_urls(studio, caller, header),
        metrics: run.metrics(),
    }
}

/// `DELETE /api/runs/{id}`
pub async fn delete(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let run = find(&studio, &id)?;
    caller.check_key(&studio, &run)?;
    let deleted = studio.runs.delete(run.id()).await;
    deleted.map_err(|why| {
        let why = format!("The run may still be kept: {why}. Try again.");
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    })?;
    tracing::info!(run = %run.id(), "deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// From where a log is read.
#[derive(Debug, Deserialize)]
pub struct After {
    #[serde(default)]
    pub after: Seq,
}

/// `GET /api/runs/{id}/log`
pub async fn log(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    from: Result<Query<After>, QueryRejection>,
) -> Answer<Response> {
    Ok(lines(find(&studio, &id)?, after(from)?))
}

/// The number from which a log is read.
pub fn after(from: Result<Query<After>, QueryRejection>) -> Answer<Seq> {
    let why = "after takes the number of an entry, 0 for all.";
    from.map(|Query(from)| from.after)
        .map_err(|_| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why))
}

/// `GET /api/runs/{id}/export/{format}`
pub async fn export(
    State(studio): State<Arc<Studio>>,
    Path((id, format)): Path<(String, String)>,
) -> Answer<Response> {
    let run = find(&studio, &id)?;
    if format != "ndjson" {
        return Err(Refused::new(StatusCode::NOT_FOUND, "This version exports ndjson."));
    }
    let name =
        format!("attachment; filename=\"lifeline-{}-{}.ndjson\"", run.header().lab, run.id());
    let mut response = lines(run, Seq(0));
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// The log as it now is, line by line, in bounded pieces. It ends early where the disk cannot be read, and the
/// caller sees that its end is missing.
fn lines(run: Found, after: Seq) -> Response {
    let last = run.last_seq();
    let mut first = run.header_line().to_vec();
    first.push(b'\n');
    let head = stream::iter([Ok::<_, io::Error>(Bytes::from(first))]);
    let rest = stream::try_unfold((run, after), move |(run, after)| async move {
        let mut lines = run.lines(after, PAGE).await.inspect_err(|error| {
            tracing::error!(run = %run.id(), %error, "a log could not be read");
        })?;
        let left = usize::try_from(last.0.saturating_sub(after.0)).unwrap_or(usize::MAX);
        lines.truncate(left);
        if lines.is_empty() {
            return Ok::<_, io::Error>(None);
        }
        let upto = upto(after, &lines);
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
        }
        Ok(Some((Bytes::from(bytes), (run, upto))))
    });
    let body = Body::from_stream(futures_util::StreamExt::chain(head, rest));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

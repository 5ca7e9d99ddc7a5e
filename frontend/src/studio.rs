//! The only road to the studio's API.

use forms::timing::Report;
use gloo_net::http::{Method, RequestBuilder, Response};
use serde_json::{Map, Value};
use trace::ids::RunId;
use trace::lesson::Lesson;
use trace::processor_time::ProcessorTime;
use trace::studio::{Authority, Created, Lab, NewRun, Origins, Press, Problem, Summary};

/// Where the authority's certificate can be had as a file.
pub const AUTHORITY_PEM: &str = "/authority.pem";

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The studio does not answer.
    Away,
    /// It refused: with this status, and why.
    Refused(u16, String),
}

impl Failed {
    /// What a person is told.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Away => text::say("trouble-away-short", &[]),
            Self::Refused(_, why) => why.clone(),
        }
    }
}

/// Every lab.
///
/// # Errors
/// See [`Failed`].
pub async fn labs() -> Result<Vec<Lab>, Failed> {
    let response = call(RequestBuilder::new("/api/labs"), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Makes a run.
///
/// # Errors
/// See [`Failed`].
pub async fn create(lab: &str, params: Map<String, Value>, seed: u64) -> Result<Created, Failed> {
    let new = NewRun { lab: lab.to_owned(), params, seed: Some(seed) };
    let body = serde_json::to_value(new).unwrap_or_default();
    let response = call(RequestBuilder::new("/api/runs").method(Method::POST), Some(body)).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Whether the studio still has a run.
///
/// # Errors
/// See [`Failed`].
pub async fn summary(id: &RunId) -> Result<Summary, Failed> {
    let response = call(RequestBuilder::new(&format!("/api/runs/{id}")), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Presses a button of a run.
///
/// # Errors
/// See [`Failed`].
pub async fn input(id: &RunId, key: Option<&str>, press: &Press) -> Result<(), Failed> {
    let request = RequestBuilder::new(&format!("/api/runs/{id}/inputs")).method(Method::POST);
    let body = serde_json::to_value(press).unwrap_or_default();
    call(keyed(request, key), Some(body)).await.map(|_| ())
}

/// The runs that the studio keeps.
///
/// # Errors
/// See [`Failed`].
pub async fn runs() -> Result<Vec<Summary>, Failed> {
    let response = call(RequestBuilder::new("/api/runs"), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Deletes a run.
///
/// # Errors
/// See [`Failed`].
pub async fn delete(id: &RunId, key: Option<&str>) -> Result<(), Failed> {
    let request = RequestBuilder::new(&format!("/api/runs/{id}")).method(Method::DELETE);
    call(keyed(request, key), None).await.map(|_| ())
}

/// The lesson of a lab.
///
/// # Errors
/// See [`Failed`].
pub async fn lesson(lab: &str) -> Result<Lesson, Failed> {
    let response = call(RequestBuilder::new(&format!("/api/lessons/{lab}")), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Lets the studio write and read a message in three forms, and say how long it takes.
///
/// # Errors
/// See [`Failed`].
pub async fn measure(message: &str, repeats: u64) -> Result<Report, Failed> {
    let query = [("message", message.to_owned()), ("repeats", repeats.to_string())];
    let response = call(RequestBuilder::new("/api/serialization").query(query), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Lets the studio measure what a message costs it by three protocols.
///
/// # Errors
/// See [`Failed`].
pub async fn processor_time(messages: u64, bytes: u64) -> Result<ProcessorTime, Failed> {
    let query = [("messages", messages.to_string()), ("bytes", bytes.to_string())];
    let response = call(RequestBuilder::new("/api/processor_time").query(query), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// Every address by name.
///
/// # Errors
/// See [`Failed`].
pub async fn origins() -> Result<Origins, Failed> {
    let response = call(RequestBuilder::new("/api/origins"), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

/// The authority that signed the certificates of the TLS ports.
///
/// # Errors
/// See [`Failed`].
pub async fn authority() -> Result<Authority, Failed> {
    let response = call(RequestBuilder::new("/api/authority"), None).await?;
    response.json().await.map_err(|_| Failed::Away)
}

fn keyed(request: RequestBuilder, key: Option<&str>) -> RequestBuilder {
    match key {
        Some(key) => request.header("lifeline-key", key),
        None => request,
    }
}

/// Where a run's log can be had as a file.
#[must_use]
pub fn export_url(id: &RunId) -> String {
    format!("/api/runs/{id}/export/ndjson")
}

/// Where a run's live feed is, from the number after `after` on.
#[must_use]
pub fn live_url(id: &RunId, after: u64) -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |get: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
        location.as_ref().and_then(|location| get(location).ok()).unwrap_or_default()
    };
    let scheme = if part(web_sys::Location::protocol) == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{}/api/runs/{id}/live?after={after}", part(web_sys::Location::host))
}

async fn call(request: RequestBuilder, body: Option<Value>) -> Result<Response, Failed> {
    let sent = match body {
        Some(body) => match request.json(&body) {
            Ok(request) => request.send().await,
            Err(error) => return Err(Failed::Refused(0, error.to_string())),
        },
        None => request.send().await,
    };
    let response = sent.map_err(|_| Failed::Away)?;
    if response.ok() {
        return Ok(response);
    }
    let why = match response.json::<Problem>().await {
        Ok(problem) => problem.detail,
        Err(_) => response.status_text(),
    };
    Err(Failed::Refused(response.status(), why))
}

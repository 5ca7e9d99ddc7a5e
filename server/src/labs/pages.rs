//! The resources that the HTTP labs serve: a greeting, a page, and what the page needs.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use trace::studio::Problem;

use super::sent;
use crate::content::Content;
use crate::refusal::Refusal;
use crate::run::Bound;

/// The longest delay that may be asked for, in milliseconds.
const DELAY_MAX: u64 = 10_000;

/// The methods that the resources take.
const ALLOWED: &str = "GET, HEAD, POST, PUT, OPTIONS";

/// The files of the page: name, type, content.
const FILES: [(&str, &str, &[u8]); 6] = [
    ("index.html", HTML, include_bytes!("../../../assets/labs/index.html")),
    ("dog.png", "image/png", include_bytes!("../../../assets/labs/dog.png")),
    ("style.css", "text/css; charset=utf-8", include_bytes!("../../../assets/labs/style.css")),
    ("script.js", SCRIPT, include_bytes!("../../../assets/labs/script.js")),
    ("logo.svg", "image/svg+xml", include_bytes!("../../../assets/labs/logo.svg")),
    ("about.html", HTML, include_bytes!("../../../assets/labs/about.html")),
];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Answers a request to a lab's address.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let (parts, body) = request.into_parts();
    let (sent, _) = sent::read(body, bound.run.caps, 0).await?;
    let prefix = format!("/r/{}", bound.run.id);
    let path = parts.uri.path().strip_prefix(&prefix).unwrap_or_default();
    if parts.method == Method::OPTIONS {
        return Ok(preflight());
    }
    if ![Method::GET, Method::HEAD, Method::POST, Method::PUT].contains(&parts.method) {
        return Ok(method_not_allowed());
    }
    let response = match path {
        "/hello" => hello(sent),
        _ => match file(path) {
            Some(response) => response,
            None => return Ok(unknown_path(path)),
        },
    };
    match delay(parts.uri.query().unwrap_or_default()) {
        Ok(delay) => tokio::time::sleep(delay).await,
        Err(problem) => return Ok(self::problem(&problem)),
    }
    Ok(response)
}

fn hello(sent: u64) -> Response<Content> {
    let text = match sent {
        0 => "Hello.\n".to_owned(),
        sent => format!("Hello. You sent {sent} bytes.\n"),
    };
    content("text/plain; charset=utf-8", Bytes::from(text))
}

/// A file of the page, if there is one.
fn file(path: &str) -> Option<Response<Content>> {
    let name = path.strip_prefix("/page/")?;
    let (_, kind, bytes) = FILES.into_iter().find(|(known, ..)| *known == name)?;
    Some(content(kind, Bytes::from_static(bytes)))
}

pub fn content(kind: &'static str, bytes: Bytes) -> Response<Content> {
    let mut response = Response::new(Content::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The answer to a browser that asks whether a page of another origin may ask.
pub fn preflight() -> Response<Content> {
    let mut response = Response::new(Content::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn method_not_allowed() -> Response<Content> {
    let mut response = problem(&Problem {
        kind: "about:blank".to_owned(),
        title: "Method Not Allowed".to_owned(),
        status: 405,
        detail: format!("This lab takes {ALLOWED}."),
    });
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(ALLOWED));
    response
}

fn unknown_path(path: &str) -> Response<Content> {
    let files = FILES.map(|(name, ..)| format!("/page/{name}"));
    problem(&Problem {
        kind: "about:blank".to_owned(),
        title: "Not Found".to_owned(),
        status: 404,
        detail: format!("This lab has /hello and {}, but not {path}.", files.join(", ")),
    })
}

/// A problem as an answer.
pub fn problem(problem: &Problem) -> Response<Content> {
    let bytes = Bytes::from(serde_json::to_vec(problem).unwrap_or_default());
    let mut response = content("application/problem+json", bytes);
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// `delay_ms` of a query.
fn delay(query: &str) -> Result<Duration, Problem> {
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("delay_ms="));
    let millis = asked.map_or(Some(0), |text| text.parse().ok());
    match millis.filter(|millis| *millis <= DELAY_MAX) {
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err(Problem {
            kind: "about:blank".to_owned(),
            title: "Unprocessable Content".to_owned(),
            status: 422,
            detail: format!("delay_ms takes a whole number from 0 to {DELAY_MAX}."),
        }),
    }
}

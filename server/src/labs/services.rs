//! What the instances serve: polls, event streams, sockets, calls, and the pages of the HTTP labs.

use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use trace::studio::Problem;

use super::grpc::web;
use super::{Kind, chat, events, job, pages, polls, webhook};
use crate::content::Content;
use crate::instance::Worker;
use crate::refusal::Refusal;
use crate::run::Bound;
use crate::store::StoreError;

/// Answers a request to a lab's address.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    request: Request<Incoming>,
) -> Result<Response<Content>, Refusal> {
    let kind = Kind::named(&bound.run.log.header.lab);
    // The job's webhook comes from the payment service too.
    let calls_back = |name: &str| match kind {
        Some(Kind::Webhook) => true,
        Some(Kind::Job) => webhook::SERVICES.contains(&name),
        _ => false,
    };
    if let Some(service) = bound.instance.as_ref().filter(|service| calls_back(&service.name)) {
        return Box::pin(webhook::answer(bound, &service.name, request)).await;
    }
    let notifies = kind.is_some_and(Kind::notifies);
    let Some(instance) = bound.instance.clone().filter(|_| notifies) else {
        return pages::answer(bound, request).await;
    };
    let worker = Worker { run: bound.run.clone(), instance };
    let whole = request.uri().path().to_owned();
    if let Some(call) = web::path(&bound.run.id, &whole) {
        return Box::pin(web::answer(bound, worker, request, call)).await;
    }
    if let Some(asked) = job::serve::path(&bound.run, &whole) {
        return Ok(job::serve::answer(bound, worker, &request, asked).await);
    }
    let path = whole.rsplit('/').next().unwrap_or_default().to_owned();
    match (path.as_str(), request.method()) {
        ("messages" | "events" | "socket", &Method::OPTIONS) => Ok(pages::preflight()),
        ("socket", _) if request.version() == Version::HTTP_2 => Ok(not_over_http2()),
        ("messages", &Method::GET | &Method::HEAD) => {
            Ok(polls::poll(bound, &worker, &request).await)
        }
        ("messages", &Method::POST) => polls::append(bound, &worker, request).await,
        ("forward", &Method::POST) => chat::forward::take(bound, &worker, request).await,
        ("events", &Method::GET) => Ok(events::stream(bound, worker, &request)),
        ("socket", &Method::GET) => Ok(upgrade_required()),
        ("messages" | "events" | "socket" | "forward", _) => Ok(not_allowed(&path)),
        _ => pages::answer(bound, request).await,
    }
}

/// An answer to a method that an address does not take.
pub fn not_allowed(path: &str) -> Response<Content> {
    let allowed = match path {
        "messages" => "GET, POST",
        "forward" => "POST",
        _ => "GET",
    };
    let mut response = problem(405, "Method Not Allowed", &format!("/{path} takes {allowed}."));
    if let Ok(allowed) = http::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(http::header::ALLOW, allowed);
    }
    response
}

fn not_over_http2() -> Response<Content> {
    let why = "A WebSocket over HTTP/2 needs extended CONNECT (RFC 8441), which this server does not \
               offer. Ask with HTTP/1.1: browsers then open a connection of their own for it, and \
               agree on http/1.1 there by ALPN.";
    problem(501, "Not Implemented", why)
}

fn upgrade_required() -> Response<Content> {
    let why = "/socket is a WebSocket: ask for that upgrade, version 13 (RFC 6455, section 4.1).";
    let mut response = problem(426, "Upgrade Required", why);
    let headers = response.headers_mut();
    headers.insert(http::header::UPGRADE, http::HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-version", http::HeaderValue::from_static("13"));
    response
}

/// An answer that says what is wrong.
pub fn problem(status: u16, title: &str, detail: &str) -> Response<Content> {
    pages::problem(&Problem {
        kind: "about:blank".to_owned(),
        title: title.to_owned(),
        status,
        detail: detail.to_owned(),
    })
}

/// An answer for a store that does not do what it is asked.
pub fn no_store(error: &StoreError) -> Response<Content> {
    // What is full stays so: only who is away comes back.
    if let StoreError::Full(_) = error {
        return problem(507, "Insufficient Storage", &error.to_string());
    }
    let mut response = problem(503, "Service Unavailable", &error.to_string());
    let soon = http::HeaderValue::from_static("1");
    response.headers_mut().insert(http::header::RETRY_AFTER, soon);
    response
}

/// JSON as an answer.
pub fn json(status: StatusCode, value: &serde_json::Value) -> Response<Content> {
    let mut response = pages::content("application/json", value.to_string().into());
    *response.status_mut() = status;
    response
}

/// An answer without content.
pub fn nothing() -> Response<Content> {
    let mut response = Response::new(Content::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// What is wrong with a number in a query.
#[derive(Debug, PartialEq, Eq)]
pub struct BadNumber(pub String);

/// A whole number in a query, if it is there.
///
/// # Errors
/// A value that is none, or out of its range.
pub fn number(query: &str, name: &str, most: u64) -> Result<Option<u64>, BadNumber> {
    let value = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    });
    let Some(value) = value else { return Ok(None) };
    let number = value.parse().ok().filter(|number| *number <= most);
    let bad = || BadNumber(format!("{name} takes a whole number from 0 to {most}."));
    number.map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_query_is_read_or_refused() {
        assert_eq!(number("after=3&max=5", "max", 100), Ok(Some(5)));
        assert_eq!(number("after=3", "max", 100), Ok(None));
        let bad = BadNumber("wait takes a whole number from 0 to 60.".to_owned());
        assert_eq!(number("wait=61", "wait", 60), Err(bad));
        assert!(number("wait", "wait", 60).is_err());
    }
}

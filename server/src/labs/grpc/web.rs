//! gRPC-web: calls as pages can make them, over HTTP/1.1 or HTTP/2. The path of a call stands behind the
//! run's prefix, and what gRPC says in trailers lies at the content's end.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _};
use trace::ids::RunId;

use super::calls;
use super::talk::Talk;
use crate::content::Content;
use crate::instance::Worker;
use crate::labs::pages;
use crate::labs::sent;
use crate::labs::services::problem;
use crate::refusal::Refusal;
use crate::run::Bound;

/// The services whose calls pages can make.
const SERVICES: [&str; 2] = ["lifeline.v1.Chat", "grpc.health.v1.Health"];

/// The headers that a page's call may have (Fetch standard, "CORS protocol"); `*` is its own metadata.
const TAKEN: &str = "content-type, x-grpc-web, x-user-agent, grpc-timeout, *";

/// The headers that the page may read: where there is no content, they tell how the call went.
const SHOWN: &str = "grpc-status, grpc-message";

/// The path of a call behind the prefix of its run.
pub fn path<'a>(run: &RunId, path: &'a str) -> Option<&'a str> {
    let path = path.strip_prefix("/r/")?.strip_prefix(run.0.as_str())?;
    let service = path.strip_prefix('/')?.split('/').next()?;
    SERVICES.contains(&service).then_some(path)
}

/// Answers a call, or the question whether it may be made.
///
/// # Errors
/// A body that is too long or too slow.
pub async fn answer(
    bound: &Bound,
    worker: Worker,
    request: Request<Incoming>,
    path: &str,
) -> Result<Response<Content>, Refusal> {
    match *request.method() {
        Method::OPTIONS => return Ok(preflight()),
        Method::POST => {}
        _ => return Ok(not_allowed()),
    }
    let (mut parts, body) = request.into_parts();
    let Some(form) = form(parts.headers.get(header::CONTENT_TYPE)) else {
        let why = "A call takes application/grpc-web+proto or application/grpc-web-text+proto; native \
                   gRPC needs HTTP/2.";
        return Ok(problem(415, "Unsupported Media Type", why));
    };
    let accepted = self::form(parts.headers.get(header::ACCEPT)).unwrap_or(form);
    // The library knows no other spelling.
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form));
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static(accepted));
    parts.uri = path.parse().map_err(|_| Refusal::BadRequest)?;
    // A page sends one message: it is read whole, with the bounds of any body.
    let most = usize::try_from(bound.run.caps.lab_body_bytes).unwrap_or(usize::MAX);
    let talk = Talk::at(bound, worker);
    let ends = talk.ends(&parts.headers);
    let mut part = bound.held.part();
    let sent = tokio::select! {
        sent = sent::whole(body, bound.run.caps, most, &mut part) => sent?,
        over = ends.come() => {
            let mut response = over.into_http();
            let kind = HeaderValue::from_static(accepted);
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            return Ok(shown(response.map(Content::Call)));
        }
    };
    let request = Request::from_parts(parts, Full::new(Bytes::from(sent)));
    let calls = tower::service_fn(move |request: Request<Body>| {
        let (talk, ends) = (talk.clone(), ends.clone());
        async move { Ok::<_, Infallible>(calls::dispatch(talk, ends, request).await) }
    });
    let Ok(response) = GrpcWebLayer::new().layer(calls).oneshot(request).await;
    Ok(shown(response.map(Content::Call)))
}

/// Lets the page read how the call went.
fn shown(mut response: Response<Content>) -> Response<Content> {
    let names = HeaderValue::from_static(SHOWN);
    response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
    response
}

/// The form of gRPC-web in a content type, in one spelling.
fn form(kind: Option<&HeaderValue>) -> Option<&'static str> {
    let kind = kind?.to_str().ok()?.trim().to_ascii_lowercase();
    let rest = kind.strip_prefix("application/grpc-web")?;
    let kind = rest.split([';', ',']).next().unwrap_or_default().trim();
    match kind {
        "" | "+proto" => Some("application/grpc-web+proto"),
        "-text" | "-text+proto" => Some("application/grpc-web-text+proto"),
        _ => None,
    }
}

/// The answer to a browser that asks whether a page may call.
fn preflight() -> Response<Content> {
    let mut response = pages::preflight();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    response
}

fn not_allowed() -> Response<Content> {
    let mut response = problem(405, "Method Not Allowed", "A call is a POST.");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_by_its_path() {
        let run = RunId("abc".to_owned());
        let call = |text| path(&run, text);
        assert_eq!(call("/r/abc/lifeline.v1.Chat/Send"), Some("/lifeline.v1.Chat/Send"));
        assert_eq!(
            call("/r/abc/grpc.health.v1.Health/Check"),
            Some("/grpc.health.v1.Health/Check")
        );
        for none in ["/r/abc/messages", "/r/abcd/lifeline.v1.Chat/Send", "/lifeline.v1.Chat/Send"] {
            assert_eq!(call(none), None, "{none}");
        }
    }

    #[test]
    fn the_form_is_told_by_the_content_type() {
        let form = |kind| form(Some(&HeaderValue::from_static(kind)));
        assert_eq!(form("application/grpc-web"), Some("application/grpc-web+proto"));
        assert_eq!(form("Application/gRPC-Web-Text"), Some("application/grpc-web-text+proto"));
        assert_eq!(form("application/grpc-web+proto; charset=x").map(str::len), Some(26));
        for none in ["application/grpc", "application/grpc-web+json", "*/*"] {
            assert_eq!(form(none), None, "{none}");
        }
    }
}

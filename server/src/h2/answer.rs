//! A request over HTTP/2, from its head to the head of its answer. Calls of gRPC go to the services of
//! the contract; everything else is answered as over HTTP/1, without what only HTTP/1 says of its
//! connection (RFC 9113, section 8.2.2).

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use tonic::{Code, Status};
use trace::note::{Act, What};

use super::{Told, run_asked};
use crate::activity::Exchange;
use crate::answer::{awaited_act, share};
use crate::content::{Content, Tracked};
use crate::labs::grpc::calls;
use crate::labs::{pages, services};
use crate::lobby::TRUST;
use crate::refusal::Refusal;
use crate::run::{Bound, cancelled};

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A call of gRPC.
    Call,
    /// Anything else, gRPC-web too.
    Page,
}

impl Form {
    fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.strip_prefix("application/grpc"));
        if kind.is_some_and(|kind| !kind.starts_with("-web")) { Self::Call } else { Self::Page }
    }
}

/// No answer at all: the stream is reset, before a head that a client could take for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service closes without an answer")]
pub struct NoAnswer;

/// Answers a request on a run's connection.
///
/// # Errors
/// A service that does not answer.
pub async fn answer(
    bound: &Arc<Bound>,
    request: Request<Incoming>,
    exchange: Exchange,
) -> Result<Response<Tracked>, NoAnswer> {
    // Outside any run, whoever's connection it is: it waits nowhere and is no answer to that run's page.
    if is_trust(request.uri()) {
        return Ok(finish(Form::Page, services::nothing(), exchange, None));
    }
    let (form, heads_only) = (Form::of(request.headers()), request.method() == Method::HEAD);
    let (shared, mut refusal) = asked(bound, &request);
    let bound = shared.as_ref().unwrap_or(bound);
    let open = bound.asking();
    bound.run.touch();
    bound.run.end_if_full();
    if refusal.is_none() {
        refusal = (!bound.run.state().serves()).then_some(Refusal::RunOver);
    }
    let answered = match (refusal, form) {
        (Some(refusal), _) => Err(refusal),
        (None, Form::Call) => Ok(calls::answer(bound, request).await),
        (None, Form::Page) => {
            let killed = bound.killed();
            tokio::select! {
                answered = services::answer(bound, request) => answered,
                () = cancelled(killed.as_ref()) => Err(Refusal::Down),
            }
        }
    };
    let mut response = answered.unwrap_or_else(|refusal| refuse(bound, form, refusal));
    let act = awaited_act(response.body());
    if let Some(act) = act {
        bound.run.gate.pass(bound.conn, act).await;
    }
    if act == Some(Act::Close) {
        return Err(NoAnswer);
    }
    if heads_only {
        leave_head(&mut response);
    }
    Ok(finish(form, response, exchange, Some(bound)).map(|content| content.during(open)))
}

/// The place of the run that a request names, where that is not the connection's first; and why it is
/// refused.
fn asked(first: &Bound, request: &Request<Incoming>) -> (Option<Arc<Bound>>, Option<Refusal>) {
    let header = request.headers().get("lifeline-run").and_then(|run| run.to_str().ok());
    let Some(run) = run_asked(request.uri().path(), header) else {
        return (None, Some(Refusal::NoRun));
    };
    if run == first.run.id {
        return (None, None);
    }
    let sharing = first.sharing.as_ref().ok_or(Refusal::Misdirected);
    match sharing.and_then(|sharing| sharing.of(&run)) {
        Ok(bound) => {
            // Its killed instance has no connection of its own here that could be cut off.
            let down = bound.instance.as_ref().is_some_and(|instance| instance.is_down());
            (Some(bound), down.then_some(Refusal::Down))
        }
        Err(refusal) => (None, Some(refusal)),
    }
}

/// Answers a request on a connection that is nobody's.
pub fn turn_away(
    request: &Request<Incoming>,
    refusal: Refusal,
    exchange: Exchange,
) -> Response<Tracked> {
    let form = Form::of(request.headers());
    if refusal == Refusal::NoRun && is_trust(request.uri()) {
        return finish(form, services::nothing(), exchange, None);
    }
    finish(form, refused(form, refusal), exchange, None)
}

/// Whether a page asks for nothing but to learn whether its browser trusts this server.
fn is_trust(uri: &http::Uri) -> bool {
    uri.scheme_str() == Some("https") && uri.path() == TRUST
}

/// An answer that refuses, noted in the run.
fn refuse(bound: &Bound, form: Form, refusal: Refusal) -> Response<Content> {
    let (status, _, why) = refusal.parts();
    // A call's own status is no status of HTTP.
    let status = (form == Form::Page).then_some(status);
    bound.run.note(Some(bound.conn), What::Refused { status, why: why.to_owned() });
    refused(form, refusal)
}

fn refused(form: Form, refusal: Refusal) -> Response<Content> {
    match form {
        Form::Call => status(refusal).into_http::<tonic::body::Body>().map(Content::Call),
        Form::Page => pages::problem(&refusal.problem()),
    }
}

/// A refusal as gRPC says it.
fn status(refusal: Refusal) -> Status {
    let code = match refusal {
        Refusal::BadRequest | Refusal::PlainOnTls | Refusal::NoRun | Refusal::HeadTooLarge => {
            Code::InvalidArgument
        }
        Refusal::UnknownRun => Code::NotFound,
        Refusal::RunOver | Refusal::Misdirected => Code::FailedPrecondition,
        Refusal::BodyTooLarge => Code::ResourceExhausted,
        Refusal::HeadTimeout | Refusal::SlowBody => Code::DeadlineExceeded,
        Refusal::TooMany | Refusal::Down => Code::Unavailable,
    };
    let why = match refusal {
        Refusal::NoRun => {
            "Say whose call it is in the metadata key lifeline-run: make a run with POST /api/runs on \
             the studio."
        }
        other => other.parts().2,
    };
    Status::new(code, why)
}

/// The answer to HEAD has no content, and says how long that would be.
fn leave_head(response: &mut Response<Content>) {
    if let Content::Whole(whole) = response.body()
        && let Some(len) = whole.size_hint().exact()
    {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    }
    *response.body_mut() = Content::default();
}

/// What every answer says, and nothing of the connection.
fn finish(
    form: Form,
    response: Response<Content>,
    exchange: Exchange,
    bound: Option<&Arc<Bound>>,
) -> Response<Tracked> {
    let (mut head, content) = response.into_parts();
    if form == Form::Page {
        share(&mut head.headers);
    }
    for name in [header::CONNECTION, header::UPGRADE] {
        head.headers.remove(name);
    }
    let paced = bound.is_some_and(|bound| bound.run.link_rate() > 0);
    let body = match (content, bound) {
        (Content::Whole(whole), _) if paced => Tracked::cut(whole, exchange),
        (Content::Whole(whole), _) => Tracked::whole(whole, exchange),
        (Content::Call(call), _) => Tracked::call(call, exchange),
        (Content::Stream(feed), Some(bound)) => Tracked::told(Told::begin(bound, feed), exchange),
        // Nobody's run has a feed, and who does not answer was told apart before.
        (Content::Stream(_), None) | (Content::Gone, _) => {
            Tracked::whole(Full::default(), exchange)
        }
    };
    Response::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_by_their_content_type() {
        let form = |kind| {
            let kind = HeaderValue::from_static(kind);
            Form::of(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]))
        };
        assert_eq!(form("application/grpc"), Form::Call);
        assert_eq!(form("application/grpc+proto"), Form::Call);
        assert_eq!(form("application/grpc-web+proto"), Form::Page);
        assert_eq!(form("text/html"), Form::Page);
        assert_eq!(Form::of(&HeaderMap::new()), Form::Page);
    }

    #[test]
    fn trust_is_asked_over_tls_alone() {
        let trust = |uri: &'static str| is_trust(&http::Uri::from_static(uri));
        assert!(trust("https://host:4006/trust"));
        for other in ["http://host:4006/trust", "/trust", "https://host:4006/r/abc/trust"] {
            assert!(!trust(other), "{other}");
        }
    }

    #[test]
    fn a_refusal_is_said_in_the_asker_s_words() {
        let call = refused(Form::Call, Refusal::UnknownRun);
        assert_eq!((call.status().as_u16(), &call.headers()["grpc-status"] == "5"), (200, true));
        assert_eq!(refused(Form::Call, Refusal::NoRun).headers()["grpc-status"], "3");
        assert_eq!(refused(Form::Page, Refusal::UnknownRun).status(), 404);
    }
}

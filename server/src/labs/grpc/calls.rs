//! Where a call goes: to the chat, to the question whether it is well, to the contract itself. The same
//! services answer native gRPC and gRPC-web.

use bytes::Bytes;
use futures_util::future::ready;
use futures_util::stream;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use rpc::v1::chat_server::ChatServer;
use tokio::sync::OnceCell;
use tonic::Status;
use tonic::body::Body;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tonic_reflection::server::Builder;
use tower::Service as _;
use trace::note::Act;

use super::ends::Ends;
use super::talk::{Fail, Talk};
use super::{changed, web};
use crate::content::Content;
use crate::held::Counted;
use crate::instance::Worker;
use crate::labs::Kind;
use crate::run::Bound;

/// The largest message that is read, in bytes.
pub const MESSAGE_MOST: usize = 4 << 20;

/// What of an answer's head tells how the call went.
const STATUS: [&str; 3] = ["grpc-status", "grpc-message", "grpc-status-details-bin"];

/// The same for all runs: whoever asks is answered, so it is well.
static HEALTH: OnceCell<HealthServer<HealthService>> = OnceCell::const_new();

/// Answers a call of native gRPC.
pub async fn answer(bound: &Bound, request: Request<Incoming>) -> Response<Content> {
    let notifies = Kind::named(&bound.run.log.header.lab).is_some_and(Kind::notifies);
    let Some(instance) = bound.instance.clone().filter(|_| notifies) else {
        let none = Status::unimplemented("the lab of this run has no calls");
        return none.into_http::<Body>().map(Content::Call);
    };
    let worker = Worker { run: bound.run.clone(), instance };
    let (mut parts, body) = request.into_parts();
    // A prefix is not needed here, and does no harm.
    let path = web::path(&bound.run.id, parts.uri.path()).and_then(|path| path.parse::<Uri>().ok());
    parts.uri = path.unwrap_or(parts.uri);
    let talk = Talk::at(bound, worker);
    let ends = talk.ends(&parts.headers);
    let request = Request::from_parts(parts, Body::new(Counted::new(body, &bound.held)));
    dispatch(talk, ends, request).await.map(Content::Call)
}

/// Lets the service of a path answer, until the call is over.
pub async fn dispatch(talk: Talk, ends: Ends, request: Request<Body>) -> Response<Body> {
    ends.around(Box::pin(serve(talk, request))).await
}

async fn serve(talk: Talk, request: Request<Body>) -> Response<Body> {
    let service = request.uri().path().trim_start_matches('/').split('/').next();
    let service = service.unwrap_or_default().to_owned();
    if service == "lifeline.v1.Chat" {
        return chat(talk, request).await;
    }
    let response = match service.as_str() {
        "grpc.health.v1.Health" => {
            let Ok(response) = health().await.call(request).await;
            response
        }
        "grpc.reflection.v1.ServerReflection" => match contract().build_v1() {
            Ok(mut reflection) => {
                let Ok(response) = reflection.call(request).await;
                response
            }
            Err(error) => Status::internal(error.to_string()).into_http(),
        },
        "grpc.reflection.v1alpha.ServerReflection" => match contract().build_v1alpha() {
            Ok(mut reflection) => {
                let Ok(response) = reflection.call(request).await;
                response
            }
            Err(error) => Status::internal(error.to_string()).into_http(),
        },
        _ => Status::unimplemented("there is no such service here").into_http(),
    };
    // The chat's calls wait by themselves.
    talk.pass(Act::Answer).await;
    response
}

async fn chat(talk: Talk, request: Request<Body>) -> Response<Body> {
    let fail = talk.fail();
    let response = if changed::is(&talk.worker.run) {
        changed::answer(talk, request).await
    } else {
        let mut chat = ChatServer::new(talk).max_decoding_message_size(MESSAGE_MOST);
        let Ok(response) = chat.call(request).await;
        response
    };
    if fail == Fail::Status { behind(response) } else { response }
}

/// A status in the answer's head goes behind it: headers, then trailers.
fn behind(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let mut trailers = HeaderMap::new();
    for name in STATUS {
        if let Some(value) = head.headers.remove(name) {
            trailers.insert(name, value);
        }
    }
    if trailers.is_empty() {
        return Response::from_parts(head, body);
    }
    let only = stream::once(ready(Ok::<_, Status>(Frame::<Bytes>::trailers(trailers))));
    Response::from_parts(head, Body::new(StreamBody::new(only)))
}

async fn health() -> HealthServer<HealthService> {
    let begin = || async {
        let reporter = HealthReporter::new();
        reporter.set_serving::<ChatServer<Talk>>().await;
        HealthServer::new(HealthService::from_health_reporter(reporter))
    };
    HEALTH.get_or_init(begin).await.clone()
}

/// What is told of the services to who asks by reflection.
fn contract() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(rpc::CONTRACT)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http_body_util::BodyExt as _;

    fn said(value: &'static str) -> HeaderValue {
        HeaderValue::from_static(value)
    }

    #[tokio::test]
    async fn a_status_goes_behind_the_headers() {
        let failed = Status::failed_precondition("so").into_http::<Body>();
        assert!(failed.headers().contains_key("grpc-status"));
        let mut late = behind(failed);
        assert_eq!(late.headers().keys().collect::<Vec<_>>(), ["content-type"]);
        let trailers = late.body_mut().frame().await.unwrap().unwrap().into_trailers().unwrap();
        assert_eq!(
            (&trailers["grpc-status"], &trailers["grpc-message"]),
            (&said("9"), &said("so"))
        );
        assert!(late.body_mut().frame().await.is_none());
    }

    #[test]
    fn the_contract_can_be_told() {
        assert!(contract().build_v1().is_ok() && contract().build_v1alpha().is_ok());
    }
}

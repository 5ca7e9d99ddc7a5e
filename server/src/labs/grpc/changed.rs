//! The service `lifeline.v2.Chat`: the chat behind a contract that was changed, for clients that have the
//! old one. It does nothing itself: what is asked is put into the words of the first contract, the answers
//! into its own, and `talk.rs` does the work. What an old client's bytes no longer say, or say otherwise,
//! is what the library that reads them makes of it.

use std::str::FromStr;

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use http::Uri;
use rpc::v1;
use rpc::v1::chat_server::Chat as _;
use rpc::v2::chat_server::{Chat, ChatServer};
use rpc::v2::{Message, SayRequest, SendRequest, SendResponse, SubscribeRequest};
use tonic::body::Body;
use tonic::{Request, Response, Status, Streaming};
use tower::Service as _;

use super::calls::MESSAGE_MOST;
use super::talk::Talk;
use super::telling;
use crate::clock;
use crate::run::Run;

/// Where clients find the service, and what it is called in its own contract.
const CALLED: &str = "/lifeline.v1.Chat/";
const OWN: &str = "/lifeline.v2.Chat/";

/// What the contract has no more.
const REMOVED: &str = "Upload";

/// The messages of an answer.
type Told = BoxStream<'static, Result<Message, Status>>;

/// An instance's part in the calls of one connection, by the changed contract.
#[derive(Debug, Clone)]
struct Changed(Talk);

/// Whether the services of a run have the changed contract.
pub fn is(run: &Run) -> bool {
    run.word("contract") == "v2"
}

/// Answers a call that was made by the old contract.
pub async fn answer(talk: Talk, mut request: http::Request<Body>) -> http::Response<Body> {
    let method = request.uri().path().strip_prefix(CALLED).unwrap_or_default();
    if method == REMOVED {
        let why = format!("contract v2 has no method {REMOVED}");
        return Status::unimplemented(why).into_http();
    }
    let path = format!("{OWN}{method}").parse::<Uri>();
    if let Ok(path) = path {
        *request.uri_mut() = path;
    }
    let mut chat = ChatServer::new(Changed(talk)).max_decoding_message_size(MESSAGE_MOST);
    let Ok(response) = chat.call(request).await;
    response
}

#[tonic::async_trait]
impl Chat for Changed {
    type SubscribeStream = Told;
    type ConverseStream = Told;

    async fn send(&self, request: Request<SendRequest>) -> Result<Response<SendResponse>, Status> {
        let answer = self.0.send(request.map(sent)).await?;
        let sent_at_ms = clock::wall_ms();
        Ok(answer.map(|v1::SendResponse { id }| SendResponse { id, sent_at_ms }))
    }

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Told>, Status> {
        let (metadata, extensions, asked) = request.into_parts();
        let asked = self::asked(asked)?;
        let told = self.0.subscribe(Request::from_parts(metadata, extensions, asked)).await?;
        Ok(told.map(heard))
    }

    async fn converse(
        &self,
        request: Request<Streaming<SayRequest>>,
    ) -> Result<Response<Told>, Status> {
        let told = self.0.conversation(request.map(|said| said.map_ok(self::said))).await?;
        Ok(told.map(heard))
    }
}

/// The chat's messages all matter alike.
fn sent(SendRequest { from, to, text, priority: _ }: SendRequest) -> v1::SendRequest {
    v1::SendRequest { from, to, text }
}

fn said(SayRequest { from, to, text }: SayRequest) -> v1::SendRequest {
    v1::SendRequest { from, to, text }
}

fn asked(asked: SubscribeRequest) -> Result<v1::SubscribeRequest, Status> {
    let SubscribeRequest { user, after, max } = asked;
    let (after, max) = (number("after", &after)?, number("max", &max)?);
    Ok(v1::SubscribeRequest { user, after, max })
}

fn heard(told: telling::Told) -> Told {
    let message = |v1::Message { id, from, to, text }: v1::Message| Message { id, from, to, text };
    told.map_ok(message).boxed()
}

/// A number that is written out; none is 0.
fn number<T: FromStr + Default>(name: &str, text: &str) -> Result<T, Status> {
    if text.is_empty() {
        return Ok(T::default());
    }
    text.parse().map_err(|_| Status::invalid_argument(format!("{name} takes a number as a text")))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use tonic::Code;

    use super::*;

    fn first() -> v1::SubscribeRequest {
        v1::SubscribeRequest { user: "B".to_owned(), after: 0, max: 4 }
    }

    #[test]
    fn what_an_old_client_says_is_read_by_the_new_contract() {
        let (from, to, text) = ("A".to_owned(), "B".to_owned(), "hi".to_owned());
        let old = v1::SendRequest { from, to, text };
        // A field that is not there has its default.
        let new = SendRequest::decode(old.encode_to_vec().as_slice()).unwrap();
        assert_eq!((new.text.as_str(), new.priority), ("hi", 0));
        assert_eq!(sent(new), old);
        // Under its old number it is unknown.
        let new = SayRequest::decode(old.encode_to_vec().as_slice()).unwrap();
        assert_eq!(said(new), v1::SendRequest { text: String::new(), ..old });
    }

    #[test]
    fn a_type_that_changed_matters_where_the_field_is_written() {
        let refused = |old: v1::SubscribeRequest| {
            let new = SubscribeRequest::decode(old.encode_to_vec().as_slice());
            new.err().map(|error| error.to_string())
        };
        let wrong = "invalid wire type: Varint (expected LengthDelimited)";
        let why = refused(first()).unwrap();
        assert!(why.contains("SubscribeRequest.max") && why.ends_with(wrong), "{why}");
        let why = refused(v1::SubscribeRequest { after: 7, ..first() }).unwrap();
        assert!(why.contains("SubscribeRequest.after") && why.ends_with(wrong), "{why}");
        // What has its default is not written.
        assert_eq!(refused(v1::SubscribeRequest { max: 0, ..first() }), None);
    }

    #[test]
    fn an_answer_is_read_by_the_old_contract() {
        let new = SendResponse { id: 7, sent_at_ms: 1_700_000_000_000 };
        let old = v1::SendResponse::decode(new.encode_to_vec().as_slice()).unwrap();
        assert_eq!(old, v1::SendResponse { id: 7 });
    }

    #[test]
    fn numbers_are_texts_by_the_new_contract() {
        let of = |after: &str, max: &str| {
            let (user, after, max) = ("B".to_owned(), after.to_owned(), max.to_owned());
            asked(SubscribeRequest { user, after, max })
        };
        assert_eq!(of("", "4").unwrap(), first());
        assert_eq!(of("7", "").unwrap(), v1::SubscribeRequest { after: 7, max: 0, ..first() });
        for (after, max) in [("x", ""), ("", "4294967296"), ("-1", "")] {
            assert_eq!(of(after, max).unwrap_err().code(), Code::InvalidArgument);
        }
    }
}

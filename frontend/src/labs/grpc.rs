//! The page as the browser of the lab `grpc`: calls over gRPC-web, which is as much of gRPC as a page's
//! `fetch` can carry. A request has one message, an answer any number; what comes is thrown away.

use std::cell::Cell;
use std::error::Error as _;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use rpc::v1::chat_client::ChatClient;
use rpc::v1::{SendRequest, SubscribeRequest};
use tonic::{Request, Status};
use tonic_web_wasm_client::options::{Cache, Credentials, FetchOptions, Mode, ReferrerPolicy};
use tonic_web_wasm_client::{Client, Error};
use trace::entry::Says;

use super::part::{Part, now};
use super::sse::client;

/// Who sends, and to whom. The one who is written to is also the one who listens.
const NAMES: (&str, &str) = ("A", "B");

/// How often the page looks whether the run goes on.
const LOOK_MS: u64 = 100;

/// How much later than the server the page gives a call up itself, so that the server can say so first.
const GRACE_MS: u64 = 1_000;

/// How long a request has to reach the service before its caller does not want the answer any more.
const ARRIVES_MS: u64 = 50;

/// How long the closing has to be heard before the run is over.
const CLOSES_MS: u64 = 200;

/// Makes the calls that the knobs say. Those that stream requests cannot be made from a page.
pub async fn drive(part: &Part) {
    let Some(base) = part.instance(0) else { return };
    let caller = Caller::new(part, base);
    match part.header.word("call") {
        Some("client_stream") => return cannot(part, "Upload"),
        Some("bidi") => return cannot(part, "Converse"),
        Some("server_stream") => caller.subscribe().await,
        Some("parallel") => {
            join_all((1..=part.number("parallel")).map(|number| caller.send(number))).await;
        }
        _ => caller.in_turn().await,
    }
    if part.rest(CLOSES_MS).await {
        part.done();
    }
}

fn cannot(part: &Part, method: &str) {
    part.report(&client(part), Says::CannotStream { method: method.to_owned() });
    part.done();
}

/// A client of the chat.
struct Caller<'a> {
    part: &'a Part,
    chat: ChatClient<Client>,
    /// Whether the caller takes its calls back.
    cancels: bool,
    /// Whether it was told that the browser has no answers.
    told: Cell<bool>,
}

impl<'a> Caller<'a> {
    /// Calls go to this address, the service's path behind it.
    fn new(part: &'a Part, base: &str) -> Self {
        let mut options = FetchOptions::new()
            .mode(Mode::Cors)
            .cache(Cache::NoStore)
            .credentials(Credentials::Omit)
            .referrer_policy(ReferrerPolicy::NoReferrer);
        if let Some(deadline) = deadline(part) {
            let way_back = 2 * part.number("link_ms") + GRACE_MS;
            options = options.timeout(deadline + Duration::from_millis(way_back));
        }
        let chat = ChatClient::new(Client::new_with_options(base.to_owned(), options));
        let cancels = part.header.word("fail") == Some("cancel");
        Self { part, chat, cancels, told: Cell::new(false) }
    }

    /// Sends message after message, each at its turn and when the one before it is answered.
    async fn in_turn(&self) {
        let every = self.part.number("message_every_ms") as f64;
        let began = now();
        for number in 0..self.part.number("messages") {
            if !self.part.until(began + every * number as f64).await {
                return;
            }
            self.send(number + 1).await;
        }
    }

    /// Sends a message: one request, one answer.
    async fn send(&self, number: u64) {
        let (from, to) = NAMES;
        let text = format!("Message {number}");
        let message = SendRequest { from: from.to_owned(), to: to.to_owned(), text };
        let mut chat = self.chat.clone();
        let sending = async { chat.send(self.request(message)).await.map(|_| ()) };
        let patience = self.cancels.then(|| self.part.number("link_ms") + ARRIVES_MS);
        self.hear("Send", sending, patience).await;
    }

    /// Hears messages: one request, many answers. Who cancels has enough with the first of them.
    async fn subscribe(&self) {
        let max = u32::try_from(self.part.number("messages")).unwrap_or(u32::MAX);
        let request = SubscribeRequest { user: NAMES.1.to_owned(), after: 0, max };
        let mut chat = self.chat.clone();
        let hearing = async {
            let mut messages = chat.subscribe(self.request(request)).await?.into_inner();
            while messages.message().await?.is_some() {
                if self.cancels {
                    break;
                }
            }
            Ok::<(), Status>(())
        };
        self.hear("Subscribe", hearing, None).await;
    }

    /// A request, with the deadline that the server is to keep.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(deadline) = deadline(self.part) {
            request.set_timeout(deadline);
        }
        request
    }

    /// Waits for a call, as long as the run goes on and the patience lasts: a call that is dropped is
    /// taken back.
    async fn hear(
        &self,
        method: &str,
        call: impl Future<Output = Result<(), Status>>,
        patience: Option<u64>,
    ) {
        let unwanted = async {
            match patience {
                Some(millis) => {
                    self.part.rest(millis).await;
                }
                None => while self.part.rest(LOOK_MS).await {},
            }
        };
        match select(pin!(call), pin!(unwanted)).await {
            Either::Left((Ok(()), _)) => self.told.set(false),
            Either::Left((Err(status), _)) => self.tell(method, &status),
            Either::Right(_) => {}
        }
    }

    /// Tells what nothing on the wire shows: that the browser has no answer for its page. A status is
    /// on the wire.
    fn tell(&self, method: &str, status: &Status) {
        let why = status.source().and_then(|error| error.downcast_ref::<Error>());
        if !matches!(why, Some(Error::JsError(_))) || self.part.is_over() || self.told.replace(true)
        {
            return;
        }
        self.part.report(&client(self.part), Says::CallBroke { method: method.to_owned() });
    }
}

/// How long the caller waits for an answer, if not for ever.
fn deadline(part: &Part) -> Option<Duration> {
    let millis = part.number("deadline_ms");
    (millis > 0).then(|| Duration::from_millis(millis))
}

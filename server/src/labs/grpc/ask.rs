//! The agent of the lab: calls of native gRPC over HTTP/2, which a page cannot make.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join, join_all};
use futures_util::stream;
use hyper_util::rt::TokioIo;
use rpc::v1::chat_client::ChatClient;
use rpc::v1::{SendRequest, SubscribeRequest};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{CancellationHandle, Code, Request, Status};

use crate::agent::{AGENT, dial, reachable};
use crate::clock;
use crate::listen::Service;
use crate::run::{Run, agent};

/// Who sends, and to whom.
const NAMES: (&str, &str) = ("A", "B");

/// How long until a subscription is tried again that broke.
const AGAIN: Duration = Duration::from_millis(500);

/// How much longer than its way to the instance a call is waited for that is then cancelled.
const ARRIVES: Duration = Duration::from_millis(50);

/// How long the closing has to be heard before the run is over, beside its way.
const CLOSES: Duration = Duration::from_millis(100);

/// Makes the calls that the knobs say, all on one connection.
///
/// # Errors
/// An address that is none.
pub fn ask(run: Arc<Run>, service: Service) -> BoxFuture<'static, anyhow::Result<()>> {
    Box::pin(async move {
        let caller = Caller::new(run, &service)?;
        match caller.run.word("call") {
            "server_stream" => caller.subscribe().await,
            "client_stream" => caller.upload().await,
            "bidi" => caller.converse().await,
            "parallel" => caller.at_once().await,
            _ => caller.in_turn().await,
        }
        let way = caller.way();
        // The last that has a channel closes its connection.
        drop(caller);
        tokio::time::sleep(way * 2 + CLOSES).await;
        Ok(())
    })
}

/// A client of the chat.
struct Caller {
    run: Arc<Run>,
    chat: ChatClient<Channel>,
    /// The run, as each call names it.
    named: AsciiMetadataValue,
    count: u64,
    every: Duration,
    deadline: Option<Duration>,
}

impl Caller {
    /// A client that connects when it first calls, and again if its connection is lost.
    fn new(run: Arc<Run>, service: &Service) -> anyhow::Result<Self> {
        let (ours, addr) = (Arc::clone(&run), service.addr);
        let connector = tower::service_fn(move |_: Uri| {
            let run = Arc::clone(&ours);
            async move { dial(&run, addr, agent()).await.map(|(stream, _)| TokioIo::new(stream)) }
        });
        let endpoint = Endpoint::from_shared(format!("http://{}", reachable(addr)))?;
        let channel = endpoint.user_agent(AGENT)?.connect_with_connector_lazy(connector);
        let millis = run.number("deadline_ms");
        Ok(Self {
            chat: ChatClient::new(channel),
            named: run.id.0.parse()?,
            count: run.number("messages"),
            every: Duration::from_millis(run.number("message_every_ms").max(1)),
            deadline: (millis > 0).then(|| Duration::from_millis(millis)),
            run,
        })
    }

    /// A request of this run, with its deadline.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("lifeline-run", self.named.clone());
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        request
    }

    /// How long one way of the link takes.
    fn way(&self) -> Duration {
        clock::duration(self.run.link_delay())
    }

    fn cancels(&self) -> bool {
        self.run.word("fail") == "cancel"
    }

    /// Message after message, each a call of its own.
    async fn in_turn(&self) {
        let mut turns = tokio::time::interval(self.every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 1..=self.count {
            turns.tick().await;
            self.send(number).await;
        }
    }

    /// Many calls at once, on one connection.
    async fn at_once(&self) {
        join_all((1..=self.run.number("parallel")).map(|number| self.send(number))).await;
    }

    /// One request, one answer.
    async fn send(&self, number: u64) {
        let (mut chat, request) = (self.chat.clone(), self.request(message(number)));
        self.hear(async move { chat.send(request).await.map(|_| ()) }, None).await;
    }

    /// Many requests, one answer.
    async fn upload(&self) {
        let (says, said) = mpsc::channel(1);
        let messages = stream::unfold(said, |mut said: mpsc::Receiver<SendRequest>| async move {
            said.recv().await.map(|next| (next, said))
        });
        // Moved in, so that its end is the end of the requests.
        let speak = async move {
            for number in 1..=self.count {
                if says.send(message(number)).await.is_err() {
                    return;
                }
                if number < self.count {
                    tokio::time::sleep(self.every).await;
                }
            }
        };
        let (mut chat, mut request) = (self.chat.clone(), self.request(messages));
        let cancel = request.cancellation_handle();
        let call = async move { chat.upload(request).await.map(|_| ()) };
        join(speak, self.hear(call, Some(cancel))).await;
    }

    /// Waits for an answer, or until the call has arrived and its caller takes it back: a call that
    /// is dropped is cancelled, and one whose request goes on needs its handle for that.
    async fn hear(
        &self,
        call: impl Future<Output = Result<(), Status>> + Send,
        cancel: Option<CancellationHandle>,
    ) {
        // A new connection is set up first.
        let arrives = self.way() * 3 + ARRIVES;
        let answered = if self.cancels() {
            tokio::select! {
                answered = call => answered,
                () = tokio::time::sleep(arrives) => {
                    if let Some(cancel) = cancel {
                        cancel.cancel();
                    }
                    return;
                }
            }
        } else {
            call.await
        };
        if let Err(status) = answered {
            tracing::debug!(run = %self.run.id, %status, "a call came to nothing");
        }
    }

    /// One request, many answers. It goes on after the last message that it has, if it broke.
    async fn subscribe(&self) {
        let (mut heard, mut after) = (0, 0);
        while heard < self.count {
            match Box::pin(self.hear_some(&mut heard, &mut after)).await {
                Ok(()) if self.cancels() => return,
                Ok(()) => {}
                Err(status) => {
                    tracing::debug!(run = %self.run.id, %status, "the subscription ended");
                    if self.is_last(&status) {
                        return;
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn hear_some(&self, heard: &mut u64, after: &mut u64) -> Result<(), Status> {
        let max = u32::try_from(self.count - *heard).unwrap_or(u32::MAX);
        let asked = SubscribeRequest { user: NAMES.1.to_owned(), after: *after, max };
        let mut chat = self.chat.clone();
        let mut messages = chat.subscribe(self.request(asked)).await?.into_inner();
        while let Some(message) = messages.message().await? {
            (*heard, *after) = (*heard + 1, message.id);
            if self.cancels() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether there is nothing to come back for.
    fn is_last(&self, status: &Status) -> bool {
        let wanted = self.deadline.is_some() || self.run.word("fail") != "none";
        let refused = matches!(
            status.code(),
            Code::InvalidArgument
                | Code::NotFound
                | Code::FailedPrecondition
                | Code::ResourceExhausted
                | Code::Unimplemented
        );
        // What breaks on the way has its cause with it; without one it is what the service said itself.
        let said = status.code() == Code::Internal && status.source().is_none();
        wanted || refused || said
    }

    /// Many requests, many answers: who speaks hears what another service says, as many messages as
    /// they send themselves, and then says no more.
    async fn converse(&self) {
        let (says, said) = mpsc::channel(1);
        let messages = stream::unfold(said, |mut said: mpsc::Receiver<SendRequest>| async move {
            said.recv().await.map(|next| (next, said))
        });
        let speak = async {
            for number in 1..=self.count {
                if says.send(message(number)).await.is_err() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(self.every) => {}
                    () = says.closed() => return,
                }
            }
        };
        let hear = async {
            let (mut chat, mut request) = (self.chat.clone(), self.request(messages));
            let cancel = request.cancellation_handle();
            let mut heard = chat.converse(request).await?.into_inner();
            for _ in 0..self.count {
                if heard.message().await?.is_none() {
                    return Ok(None);
                }
                if self.cancels() {
                    cancel.cancel();
                    return Ok(None);
                }
            }
            Ok::<_, Status>(Some(heard))
        };
        let (_, heard) = join(speak, hear).await;
        drop(says);
        let rest = async {
            if let Some(mut heard) = heard? {
                while heard.message().await?.is_some() {}
            }
            Ok::<_, Status>(())
        };
        if let Err(status) = rest.await {
            tracing::debug!(run = %self.run.id, %status, "the conversation broke off");
        }
    }
}

fn message(number: u64) -> SendRequest {
    let (from, to) = NAMES;
    SendRequest { from: from.to_owned(), to: to.to_owned(), text: format!("Message {number}") }
}

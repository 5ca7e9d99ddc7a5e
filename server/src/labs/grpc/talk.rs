//! The service `lifeline.v1.Chat` at an instance: the chat of the other labs in the four shapes that a
//! call can have. Messages are in the shared store, as in the stateless chat.

use std::time::Duration;

use futures_util::stream::Stream;
use http::HeaderMap;
use rpc::v1::chat_server::Chat;
use rpc::v1::{SendRequest, SendResponse, SubscribeRequest, UploadResponse};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use trace::ids::ConnId;
use trace::note::Act;

use super::ends::{Ends, deadline};
use super::telling::{Speaks, Telling, Told};
use crate::instance::Worker;
use crate::run::Bound;
use crate::store::{New, StoreError};

/// The longest name of a user, in bytes.
const NAME_MOST: usize = 64;

/// How long an answer takes that its caller is to cancel.
const SLOW: Duration = Duration::from_secs(3);

/// An instance's part in the calls of one connection.
#[derive(Debug, Clone)]
pub struct Talk {
    /// The instance at work for the run.
    pub worker: Worker,
    /// The connection.
    pub conn: ConnId,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// Cancelled when the instance is killed, where that does not cut the connection off.
    pub killed: Option<CancellationToken>,
}

/// How the run's knob wants its calls to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fail {
    /// Not at all.
    None,
    /// With a status behind the answer: headers, perhaps messages, then trailers.
    Status,
    /// With a status in the answer's place: headers alone.
    NoBody,
    /// Their callers cancel them.
    Cancel,
}

impl Talk {
    /// The instance that has a connection.
    pub fn at(bound: &Bound, worker: Worker) -> Self {
        Self { worker, conn: bound.conn, stop: bound.stop.clone(), killed: bound.killed() }
    }

    /// What the knob says.
    pub fn fail(&self) -> Fail {
        match self.worker.run.word("fail") {
            "status" => Fail::Status,
            "no_body" => Fail::NoBody,
            "cancel" => Fail::Cancel,
            _ => Fail::None,
        }
    }

    /// Waits until an act may happen.
    pub async fn pass(&self, act: Act) {
        self.worker.run.gate.pass(self.conn, act).await;
    }

    /// What ends a call whose head has come now.
    pub fn ends(&self, headers: &HeaderMap) -> Ends {
        let (run, stop, killed) = (self.worker.run.clone(), self.stop.clone(), self.killed.clone());
        Ends { run, stop, killed, deadline: deadline(headers) }
    }

    /// Puts a message into the store, and gives its number.
    pub async fn append(&self, sent: SendRequest) -> Result<u64, Status> {
        let SendRequest { from, to, text } = sent;
        check(&[from.as_str(), to.as_str()])?;
        let most = self.worker.run.caps.message_bytes;
        if text.len() as u64 > most {
            let why = format!("text takes up to {most} bytes; this one has {}", text.len());
            return Err(Status::invalid_argument(why));
        }
        let name = |name: String| (!name.is_empty()).then_some(name);
        let new = New { from: name(from), to: name(to), text, key: None };
        self.worker.append(Some(self.conn), new).await.map_err(|error| no_store(&error))
    }

    /// One message, and its number for an answer.
    async fn send_one(&self, sent: SendRequest) -> Result<u64, Status> {
        if matches!(self.fail(), Fail::Status | Fail::NoBody) {
            self.pass(Act::Answer).await;
            return Err(as_wanted());
        }
        let id = self.append(sent).await?;
        self.answer().await?;
        Ok(id)
    }

    /// Message after message, and one answer.
    async fn take_all(&self, mut sent: Streaming<SendRequest>) -> Result<UploadResponse, Status> {
        if self.fail() == Fail::NoBody {
            self.pass(Act::Answer).await;
            return Err(as_wanted());
        }
        let mut all = UploadResponse::default();
        while let Some(next) = sent.message().await? {
            all.last_id = self.append(next).await?;
            all.count = all.count.saturating_add(1);
        }
        self.answer().await?;
        Ok(all)
    }

    /// Hears and answers who speaks in these messages.
    pub async fn conversation<S>(&self, request: Request<S>) -> Result<Response<Told>, Status>
    where
        S: Stream<Item = Result<SendRequest, Status>> + Send + Unpin + 'static,
    {
        self.begin().await?;
        let speaks = Speaks::begin(self.clone(), request.into_inner());
        Ok(Response::new(Telling::to_speaker(self.clone(), speaks).stream()))
    }

    /// Waits until the one answer of a call may be given.
    async fn answer(&self) -> Result<(), Status> {
        if self.fail() == Fail::Cancel {
            tokio::time::sleep(SLOW).await;
        }
        self.pass(Act::Answer).await;
        if self.fail() == Fail::Status { Err(as_wanted()) } else { Ok(()) }
    }

    /// Waits until an answer of many messages may begin.
    async fn begin(&self) -> Result<(), Status> {
        self.pass(Act::Answer).await;
        if self.fail() == Fail::NoBody { Err(as_wanted()) } else { Ok(()) }
    }
}

#[tonic::async_trait]
impl Chat for Talk {
    type SubscribeStream = Told;
    type ConverseStream = Told;

    async fn send(&self, request: Request<SendRequest>) -> Result<Response<SendResponse>, Status> {
        let id = self.send_one(request.into_inner()).await?;
        Ok(Response::new(SendResponse { id }))
    }

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Told>, Status> {
        let asked = request.into_inner();
        check(&[asked.user.as_str()])?;
        self.begin().await?;
        Ok(Response::new(Telling::asked_by(self.clone(), asked).stream()))
    }

    async fn upload(
        &self,
        request: Request<Streaming<SendRequest>>,
    ) -> Result<Response<UploadResponse>, Status> {
        let all = self.take_all(request.into_inner()).await?;
        Ok(Response::new(all))
    }

    async fn converse(
        &self,
        request: Request<Streaming<SendRequest>>,
    ) -> Result<Response<Told>, Status> {
        self.conversation(request).await
    }
}

/// Whether users may have these names.
fn check(names: &[&str]) -> Result<(), Status> {
    if names.iter().all(|name| name.len() <= NAME_MOST) {
        return Ok(());
    }
    Err(Status::invalid_argument(format!("a user's name takes up to {NAME_MOST} bytes")))
}

/// The failure that the knob wants.
pub fn as_wanted() -> Status {
    Status::failed_precondition("the run's knob Failure wants this call to fail")
}

/// What a store says that does not do what it is asked.
pub fn no_store(error: &StoreError) -> Status {
    match error {
        // What is full stays so: only who is away comes back.
        StoreError::Full(_) => Status::resource_exhausted(error.to_string()),
        StoreError::Away(_) => Status::unavailable(error.to_string()),
    }
}

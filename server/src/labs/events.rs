//! Event streams: `GET /events` is one answer that never ends (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use tokio::io::AsyncWrite;
use tokio::sync::watch;
use trace::ids::ConnId;
use trace::note::{Act, What};

use super::job;
use super::services::number;
use crate::content::Content;
use crate::instance::Worker;
use crate::run::Bound;
use crate::store::{READ_MOST, Row};
use crate::streamed::{Over, Pieces};

/// How long a client has to take what was written, before the stream is cut off: browsers throw away
/// what comes together with the error.
const LEAVES: Duration = Duration::from_millis(30);

/// How long a stream is silent before a comment says that it is still there.
const SILENCE: Duration = Duration::from_secs(15);

/// Answers with a stream of all messages after the last that the client has.
pub fn stream(bound: &Bound, worker: Worker, request: &Request<Incoming>) -> Response<Content> {
    answer(bound, worker, last(request), Topic::Messages)
}

/// The last event that a client has.
pub fn last(request: &Request<Incoming>) -> u64 {
    let said = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    // An id that is none of ours tells nothing: all messages are sent.
    let resumed = said.and_then(|id| id.parse().ok());
    let asked = number(request.uri().query().unwrap_or_default(), "after", u64::MAX);
    resumed.or(asked.ok().flatten()).unwrap_or(0)
}

/// Answers with a stream of what the run's job does, after the step that the client has last.
pub fn of_job(bound: &Bound, worker: Worker, after: u64) -> Response<Content> {
    answer(bound, worker, after, Topic::Job)
}

fn answer(bound: &Bound, worker: Worker, after: u64, topic: Topic) -> Response<Content> {
    let drops = worker.run.shared.drops.subscribe();
    let feed = Feed { worker, conn: bound.conn, after, drops, topic };
    let mut response = Response::new(Content::Stream(Box::new(feed)));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What an event stream tells.
#[derive(Debug)]
pub struct Feed {
    worker: Worker,
    conn: ConnId,
    /// The last message that was written.
    after: u64,
    drops: watch::Receiver<u64>,
    topic: Topic,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    /// The store's messages.
    Messages,
    /// How far the run's job is.
    Job,
}

impl Feed {
    /// Writes the stream for as long as there is somebody who reads it.
    pub async fn write<S: AsyncWrite + Unpin + Send>(&mut self, out: &mut Pieces<'_, S>) -> Over {
        match self.told(out).await {
            Ok(never) => match never {},
            Err(over) => over,
        }
    }

    async fn told<S>(&mut self, out: &mut Pieces<'_, S>) -> Result<Infallible, Over>
    where
        S: AsyncWrite + Unpin + Send,
    {
        if self.topic == Topic::Job {
            // In a box, so that it costs the other streams nothing.
            return Box::pin(self.job(out)).await;
        }
        let retry = self.worker.run.number("retry_ms");
        if retry > 0 {
            out.push(&format!("retry: {retry}\n\n")).await?;
        }
        loop {
            // Asked to be told before it looks: what comes in between is not missed.
            let told = Box::pin(self.worker.told()).await;
            let mut told = told.map_err(|_| self.no_store())?;
            self.all_new(out).await?;
            tokio::select! {
                () = self.worker.woken(&mut told) => {}
                _ = self.drops.changed() => return Err(self.cut_off().await),
                () = tokio::time::sleep(SILENCE) => out.push(": still here\n\n").await?,
            }
        }
    }

    /// Tells each step of the job, and ends in order when all is told. A browser comes back to a stream
    /// that ends, unless its page closes it; then it is told that there is nothing more.
    async fn job<S>(&mut self, out: &mut Pieces<'_, S>) -> Result<Infallible, Over>
    where
        S: AsyncWrite + Unpin + Send,
    {
        let mut told = self.worker.run.shared.job.told();
        loop {
            let done = *told.borrow_and_update();
            if done > self.after {
                let run = &self.worker.run;
                run.gate.pass(self.conn, Act::Push).await;
                let state = job::state(run, done);
                out.push(&format!("id: {done}\nevent: message\ndata: {state}\n\n")).await?;
                self.after = done;
            }
            if self.after >= self.worker.run.number("parts") {
                return Err(Over::Done);
            }
            tokio::select! {
                changed = told.changed() => if changed.is_err() { return Err(Over::Done) },
                () = tokio::time::sleep(SILENCE) => out.push(": still here\n\n").await?,
            }
        }
    }

    /// Writes what the store has. In a box: it is soon over, and then its room is given back.
    fn all_new<'a, S>(&'a mut self, out: &'a mut Pieces<'_, S>) -> BoxFuture<'a, Result<(), Over>>
    where
        S: AsyncWrite + Unpin + Send,
    {
        Box::pin(async move {
            loop {
                let rows = self.worker.read(self.after, READ_MOST).await;
                let rows = rows.map_err(|_| self.no_store())?;
                for row in &rows {
                    self.event(row, out).await?;
                }
                if rows.is_empty() {
                    return Ok(());
                }
            }
        })
    }

    async fn event<S>(&mut self, row: &Row, out: &mut Pieces<'_, S>) -> Result<(), Over>
    where
        S: AsyncWrite + Unpin + Send,
    {
        self.worker.run.gate.pass(self.conn, Act::Push).await;
        let mut text = format!("id: {}\nevent: message\n", row.id);
        for line in row.message.text.replace("\r\n", "\n").split(['\n', '\r']) {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        out.push(&text).await?;
        self.after = row.id;
        let (run, drop_after) = (&self.worker.run, self.worker.run.number("drop_after"));
        // The knob cuts one stream off, once.
        if drop_after > 0 && row.id == drop_after && run.shared.drop_once() {
            return Err(self.cut_off().await);
        }
        Ok(())
    }

    /// Breaks the stream off after what was written, without its end.
    async fn cut_off(&self) -> Over {
        tokio::time::sleep(LEAVES).await;
        self.worker.run.note(Some(self.conn), What::StreamDropped { after: self.after });
        Over::Broken
    }

    /// A client that comes back finds what it missed.
    fn no_store(&self) -> Over {
        let why = "the shared store does not answer: the stream breaks off".to_owned();
        self.worker.run.note(Some(self.conn), What::Refused { status: None, why });
        Over::Broken
    }
}

//! Event streams: `GET /events` is one answer that never ends (WHATWG HTML, section 9.2).

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use trace::ids::ConnId;
use trace::note::{Act, What};

use super::services::number;
use crate::content::Content;
use crate::instance::Worker;
use crate::run::Bound;
use crate::store::{READ_MOST, Row};

/// How long a stream is silent before a comment says that it is still there.
const SILENCE: Duration = Duration::from_secs(15);

/// How long what was written has to leave before the stream is cut off.
const LEAVES: Duration = Duration::from_millis(30);

/// How long a client may take to read a piece.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pieces that may wait for a slow client.
const WAITING: usize = 8;

/// Answers with a stream of all messages after the last that the client has.
pub fn stream(bound: &Bound, worker: Worker, request: &Request<Incoming>) -> Response<Content> {
    let (queue, pieces) = mpsc::channel(WAITING);
    let said = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    // An id that is none of ours tells nothing: all messages are sent.
    let resumed = said.and_then(|id| id.parse().ok());
    let asked = number(request.uri().query().unwrap_or_default(), "after", u64::MAX);
    let after = resumed.or(asked.ok().flatten()).unwrap_or(0);
    let drops = worker.run.shared.drops.subscribe();
    let (conn, cut) = (bound.conn, bound.cut.clone());
    let feed = Feed { worker, conn, cut, queue, after, drops };
    tokio::spawn(feed.run());
    let mut response = Response::new(Content::Stream(pieces));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Writes a stream.
struct Feed {
    worker: Worker,
    conn: ConnId,
    /// Ends the connection.
    cut: CancellationToken,
    queue: mpsc::Sender<io::Result<Bytes>>,
    /// The last message that was written.
    after: u64,
    drops: watch::Receiver<u64>,
}

/// The stream is over, one way or the other.
struct Over;

impl Feed {
    async fn run(mut self) {
        let killed = self.worker.instance.killed();
        let run = self.worker.run.clone();
        let queue = self.queue.clone();
        tokio::select! {
            _ = self.write() => {}
            // Its connection dies with it: the stream gets no end before that.
            () = killed.cancelled() => queue.closed().await,
            // A run that is over ends its streams in order.
            () = run.until_over() => {}
            // The client left.
            () = queue.closed() => {}
        }
    }

    async fn write(&mut self) -> Result<(), Over> {
        let retry = self.worker.run.number("retry_ms");
        if retry > 0 {
            self.push(format!("retry: {retry}\n\n")).await?;
        }
        loop {
            // Asked to be told before it looks: what comes in between is not missed.
            let Ok(mut told) = self.worker.told().await else { return self.no_store().await };
            let Ok(rows) = self.worker.read(self.after, READ_MOST).await else {
                return self.no_store().await;
            };
            for row in &rows {
                self.event(row).await?;
            }
            if rows.is_empty() {
                let worker = self.worker.clone();
                tokio::select! {
                    () = worker.woken(&mut told) => {}
                    _ = self.drops.changed() => return self.cut_off().await,
                    () = tokio::time::sleep(SILENCE) => self.push(": still here\n\n".to_owned()).await?,
                }
            }
        }
    }

    async fn event(&mut self, row: &Row) -> Result<(), Over> {
        self.worker.run.gate.pass(self.conn, Act::Push).await;
        let mut text = format!("id: {}\nevent: message\n", row.id);
        for line in row.message.text.replace("\r\n", "\n").split(['\n', '\r']) {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        self.push(text).await?;
        self.after = row.id;
        let (run, drop_after) = (&self.worker.run, self.worker.run.number("drop_after"));
        // The knob cuts one stream off, once.
        if drop_after > 0 && row.id == drop_after && run.shared.drop_once() {
            return self.cut_off().await;
        }
        Ok(())
    }

    async fn push(&self, text: String) -> Result<(), Over> {
        let sent = self.queue.send(Ok(Bytes::from(text)));
        match tokio::time::timeout(PATIENCE, sent).await {
            Ok(sent) => sent.map_err(|_| Over),
            Err(_) => {
                let why = "the client does not read its event stream".to_owned();
                self.worker.run.note(Some(self.conn), What::Refused { status: None, why });
                self.cut.cancel();
                Err(Over)
            }
        }
    }

    /// Breaks the stream off after what was written, without its end.
    async fn cut_off(&self) -> Result<(), Over> {
        tokio::time::sleep(LEAVES).await;
        self.worker.run.note(Some(self.conn), What::StreamDropped { after: self.after });
        let _ = self.queue.send(Err(io::Error::other("cut off by the lab"))).await;
        Err(Over)
    }

    /// A client that comes back finds what it missed.
    async fn no_store(&self) -> Result<(), Over> {
        let why = "the shared store does not answer: the stream breaks off".to_owned();
        self.worker.run.note(Some(self.conn), What::Refused { status: None, why });
        let _ = self.queue.send(Err(io::Error::other("no store"))).await;
        Err(Over)
    }
}

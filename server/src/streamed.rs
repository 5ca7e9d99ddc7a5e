//! An answer that is written while it comes into being. hyper has taken the request and then gives
//! its connection away: it would keep its buffers for as long as the answer runs, which is most of
//! what a silent stream costs. Such an answer is the last of its connection.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Response, Version, header};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;
use trace::note::{Act, What};

use crate::activity::Exchange;
use crate::clock;
use crate::labs::events::Feed;
use crate::link;
use crate::run::{Bound, cancelled};

/// What is left to do of an exchange that hyper began.
#[derive(Debug)]
pub struct Streamed {
    /// The answer's head, as it goes over the wire.
    head: Bytes,
    coding: Coding,
    feed: Box<Feed>,
    _exchange: Exchange,
}

/// How the content's end is told (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Chunked,
    UntilClose,
}

/// What ends a connection from outside.
#[derive(Debug)]
pub struct Ends {
    /// The server stops.
    pub stop: CancellationToken,
    /// The client cut it off.
    pub cut: CancellationToken,
    /// The instance is killed.
    pub killed: CancellationToken,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// In order.
    Done,
    /// It broke off, by our doing.
    Broken,
    /// Nobody reads it any more.
    Gone,
}

impl Streamed {
    /// An answer with this head to a request of this version.
    pub fn new(asked: Version, head: &Response<()>, feed: Box<Feed>, exchange: Exchange) -> Self {
        let coding = if asked == Version::HTTP_11 { Coding::Chunked } else { Coding::UntilClose };
        Self { head: written(head, coding), coding, feed, _exchange: exchange }
    }

    /// What is given back writes the answer until it is over.
    pub fn begin<S>(mut self, bound: Arc<Bound>, ends: Ends, stream: S) -> BoxFuture<'static, ()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut from, to) = tokio::io::split(stream);
        // A block, not a function: what a function is given lies twice in its future.
        Box::pin(async move {
            let mut out = Pieces { to, bound: &bound, coding: self.coding, whole: true };
            let killed = ends.killed.clone();
            // Whatever ends it, its head goes first: there is no answer without one.
            let work = async {
                let head = std::mem::take(&mut self.head);
                let over = match Box::pin(out.all(&head)).await {
                    Err(over) => over,
                    Ok(()) => tokio::select! {
                        over = self.feed.write(&mut out) => over,
                        () = bound.run.until_over() => Over::Done,
                        () = ends.stop.cancelled() => Over::Done,
                        () = ends.cut.cancelled() => Over::Gone,
                        () = link::until_end(&mut from) => Over::Gone,
                    },
                };
                Box::pin(end(over, &bound, from, out)).await;
            };
            // Dropping it resets it.
            tokio::select! {
                biased;
                () = killed.cancelled() => {}
                () = work => {}
            }
        })
    }
}

/// Writes a feed to a stream whose head somebody else writes, as with HTTP/2, until it is over.
pub async fn tell<S>(bound: &Bound, mut feed: Box<Feed>, stream: S) -> Over
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (mut from, to) = tokio::io::split(stream);
    let mut out = Pieces { to, bound, coding: Coding::UntilClose, whole: true };
    let killed = bound.killed();
    let over = tokio::select! {
        over = feed.write(&mut out) => over,
        // Who is dead waits for nothing.
        () = cancelled(killed.as_ref()) => return Over::Broken,
        () = bound.run.until_over() => Over::Done,
        () = bound.stop.cancelled() => Over::Done,
        () = link::until_end(&mut from) => Over::Gone,
    };
    match over {
        Over::Done if !out.whole => Over::Broken,
        Over::Broken => tokio::select! {
            () = bound.run.gate.pass(bound.conn, Act::Close) => Over::Broken,
            () = link::until_end(&mut from) => Over::Gone,
        },
        over => over,
    }
}

/// Ends the stream as it should, and closes.
async fn end<S>(over: Over, bound: &Bound, mut from: ReadHalf<S>, mut out: Pieces<'_, S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    match over {
        Over::Done => out.finish().await,
        Over::Broken => tokio::select! {
            () = bound.run.gate.pass(bound.conn, Act::Close) => {}
            () = link::until_end(&mut from) => {}
        },
        Over::Gone => {}
    }
    link::close(&mut from.unsplit(out.to)).await;
}

/// The way to the client.
pub struct Pieces<'a, S> {
    to: WriteHalf<S>,
    bound: &'a Bound,
    coding: Coding,
    /// Whether nothing is half written.
    whole: bool,
}

impl<S: AsyncWrite + Unpin + Send> Pieces<'_, S> {
    /// Writes a piece of the content.
    ///
    /// # Errors
    /// The client is gone, or does not read.
    pub async fn push(&mut self, piece: &str) -> Result<(), Over> {
        match self.coding {
            Coding::Chunked => {
                let chunk = format!("{:X}\r\n{piece}\r\n", piece.len());
                self.all(chunk.as_bytes()).await
            }
            Coding::UntilClose => self.all(piece.as_bytes()).await,
        }
    }

    async fn all(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.whole = false;
        let written = async {
            self.to.write_all(bytes).await?;
            // TLS may hold back what the socket did not take.
            self.to.flush().await
        };
        let written: Result<io::Result<()>, _> =
            tokio::time::timeout(link::PATIENCE, written).await;
        match written {
            Ok(Ok(())) => {
                self.whole = true;
                Ok(())
            }
            Ok(Err(_)) => Err(Over::Gone),
            Err(_) => {
                let why = "the client does not read its event stream".to_owned();
                self.bound.run.note(Some(self.bound.conn), What::Refused { status: None, why });
                Err(Over::Gone)
            }
        }
    }

    /// Tells the content's end (RFC 9112, section 7.1).
    async fn finish(&mut self) {
        if self.coding == Coding::Chunked && self.whole {
            // Who does not read by now is not waited for.
            let _ = tokio::time::timeout(link::LINGER, self.to.write_all(b"0\r\n\r\n")).await;
        }
    }
}

/// An answer's head on the wire, its names in the spelling that hyper gives those of other answers.
fn written(head: &Response<()>, coding: Coding) -> Bytes {
    let status = head.status();
    let version = if coding == Coding::Chunked { "HTTP/1.1" } else { "HTTP/1.0" };
    let reason = status.canonical_reason().unwrap_or_default();
    let mut text = format!("{version} {} {reason}\r\n", status.as_str()).into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        let mut after_dash = true;
        text.extend(name.bytes().map(|byte| {
            let upper = std::mem::replace(&mut after_dash, byte == b'-');
            if upper { byte.to_ascii_uppercase() } else { byte }
        }));
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n");
    };
    for (name, value) in head.headers() {
        line(name.as_str(), value.as_bytes());
    }
    if coding == Coding::Chunked {
        line(header::TRANSFER_ENCODING.as_str(), b"chunked");
    }
    line(header::DATE.as_str(), clock::http_date().as_bytes());
    text.extend_from_slice(b"\r\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_as_hyper_would() {
        let head = Response::builder()
            .header(header::CONTENT_TYPE, "text/event-stream")
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .body(())
            .unwrap();
        let text = |coding| String::from_utf8(written(&head, coding).to_vec()).unwrap();
        let (before, date) = text(Coding::Chunked).split_once("Date: ").map(own).unwrap();
        assert_eq!(
            before,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
             Access-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\n"
        );
        assert!(date.ends_with(" GMT\r\n\r\n"), "{date}");
        let old = text(Coding::UntilClose);
        assert!(old.starts_with("HTTP/1.0 200 OK\r\n") && !old.contains("chunked"), "{old}");
    }

    fn own((before, after): (&str, &str)) -> (String, String) {
        (before.to_owned(), after.to_owned())
    }
}

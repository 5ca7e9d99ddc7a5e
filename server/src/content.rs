//! The content of answers: whole, made while it is written, or a stream, which over HTTP/1 is written
//! without hyper.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tonic::Status;

use crate::activity::Exchange;
use crate::h2::Told;
use crate::labs::events::Feed;
use crate::run::Open;

/// Bytes of a frame where content is cut into frames. h2 keeps smaller ones together, and takes the
/// next of another stream only when one of this size has left.
const FRAME: usize = 1_024;

/// The content of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Full<Bytes>),
    /// What a call answers, message after message; hyper writes it. The service that makes it waits
    /// at the gate by itself.
    Call(tonic::body::Body),
    /// Piece after piece; over HTTP/1 without hyper: see [`crate::streamed`].
    Stream(Box<Feed>),
    /// No answer at all: the connection is closed, over HTTP/2 the stream reset.
    Gone,
}

impl Default for Content {
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }
}

/// Content that keeps its exchange open until the last byte is written.
#[derive(Debug)]
pub struct Tracked {
    content: Written,
    _exchange: Exchange,
    _open: Option<Open>,
}

/// What hyper writes.
#[derive(Debug)]
enum Written {
    Whole(Full<Bytes>),
    /// The same in frames of [`FRAME`]: what is cut off, and what is not yet.
    Cut(Bytes, Full<Bytes>),
    Call(tonic::body::Body),
    Told(Told),
}

impl Tracked {
    /// All of an answer. The exchange is over when this is dropped.
    pub const fn whole(content: Full<Bytes>, exchange: Exchange) -> Self {
        Self { content: Written::Whole(content), _exchange: exchange, _open: None }
    }

    /// All of an answer in small frames, so that those of other streams come in between.
    pub const fn cut(content: Full<Bytes>, exchange: Exchange) -> Self {
        Self { content: Written::Cut(Bytes::new(), content), _exchange: exchange, _open: None }
    }

    /// What an event stream tells. The exchange is over when this is dropped.
    pub const fn told(content: Told, exchange: Exchange) -> Self {
        Self { content: Written::Told(content), _exchange: exchange, _open: None }
    }

    /// What a call answers. The exchange is over when this is dropped.
    pub const fn call(content: tonic::body::Body, exchange: Exchange) -> Self {
        Self { content: Written::Call(content), _exchange: exchange, _open: None }
    }

    /// The same, for which something is open until the last byte is written.
    #[must_use]
    pub fn during(self, open: Option<Open>) -> Self {
        Self { _open: open, ..self }
    }
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut self.content {
            Written::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Written::Cut(rest, whole) => {
                if rest.is_empty() {
                    match ready!(Pin::new(whole).poll_frame(cx)) {
                        Some(Ok(frame)) => *rest = frame.into_data().unwrap_or_default(),
                        Some(Err(never)) => match never {},
                        None => return Poll::Ready(None),
                    }
                }
                let frame = rest.split_to(rest.len().min(FRAME));
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Written::Call(call) => Pin::new(call).poll_frame(cx),
            Written::Told(told) => told.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Written::Whole(whole) => whole.is_end_stream(),
            Written::Cut(rest, whole) => rest.is_empty() && whole.is_end_stream(),
            Written::Call(call) => call.is_end_stream(),
            Written::Told(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Written::Whole(whole) => whole.size_hint(),
            Written::Cut(rest, whole) => {
                SizeHint::with_exact(rest.len() as u64 + whole.size_hint().exact().unwrap_or(0))
            }
            Written::Call(call) => call.size_hint(),
            Written::Told(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Activity;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn content_is_cut_into_frames() {
        let content = Full::new(Bytes::from(vec![7; 2_500]));
        let mut cut = Tracked::cut(content, Activity::new().begin());
        let mut frames = Vec::new();
        while !cut.is_end_stream() {
            assert_eq!(cut.size_hint().exact(), Some(2_500 - frames.iter().sum::<u64>()));
            let frame = cut.frame().await.unwrap().unwrap().into_data().unwrap();
            frames.push(frame.len() as u64);
        }
        assert_eq!(frames, [1_024, 1_024, 452]);
        assert!(cut.frame().await.is_none());
    }
}

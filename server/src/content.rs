//! The content of answers: whole, or a stream that is written while it comes into being.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use crate::activity::Exchange;
use crate::labs::events::Feed;

/// The content of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Full<Bytes>),
    /// Piece after piece, without hyper: see [`crate::streamed`].
    Stream(Box<Feed>),
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
    content: Full<Bytes>,
    _exchange: Exchange,
}

impl Tracked {
    /// The exchange is over when this is dropped.
    pub const fn new(content: Full<Bytes>, exchange: Exchange) -> Self {
        Self { content, _exchange: exchange }
    }
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.content).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

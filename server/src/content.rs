//! The content of answers: whole, made while it is written, or a stream that is written without hyper.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tonic::Status;

use crate::activity::Exchange;
use crate::labs::events::Feed;

/// The content of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Full<Bytes>),
    /// What a call answers, message after message; hyper writes it. The service that makes it waits
    /// at the gate by itself.
    Call(tonic::body::Body),
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
    content: Written,
    _exchange: Exchange,
}

/// What hyper writes.
#[derive(Debug)]
enum Written {
    Whole(Full<Bytes>),
    Call(tonic::body::Body),
}

impl Tracked {
    /// All of an answer. The exchange is over when this is dropped.
    pub const fn whole(content: Full<Bytes>, exchange: Exchange) -> Self {
        Self { content: Written::Whole(content), _exchange: exchange }
    }

    /// What a call answers. The exchange is over when this is dropped.
    pub const fn call(content: tonic::body::Body, exchange: Exchange) -> Self {
        Self { content: Written::Call(content), _exchange: exchange }
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
            Written::Call(call) => Pin::new(call).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Written::Whole(whole) => whole.is_end_stream(),
            Written::Call(call) => call.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Written::Whole(whole) => whole.size_hint(),
            Written::Call(call) => call.size_hint(),
        }
    }
}

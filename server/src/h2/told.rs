//! An event stream over HTTP/2: one stream among others of its connection, so hyper keeps that and asks
//! for what is to be said. The feed writes in a task of its own, as it does over HTTP/1.1, and stops
//! when this is dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::io::{AsyncRead as _, DuplexStream, ReadBuf};
use tokio::sync::oneshot;
use tonic::Status;

use crate::labs::events::Feed;
use crate::run::Bound;
use crate::streamed::{self, Over};

/// Bytes that may wait for hyper: what does not fit waits at the feed.
const ROOM: usize = 4 * 1024;

/// What a feed tells.
#[derive(Debug)]
pub struct Told {
    pieces: DuplexStream,
    /// How it ended; none once that was said.
    over: Option<oneshot::Receiver<Over>>,
}

impl Told {
    /// Lets a feed of this connection's run begin.
    pub fn begin(bound: &Arc<Bound>, feed: Box<Feed>) -> Self {
        let (ours, pieces) = tokio::io::duplex(ROOM);
        let (says, over) = oneshot::channel();
        let bound = Arc::clone(bound);
        tokio::spawn(async move {
            let _ = says.send(streamed::tell(&bound, feed, ours).await);
        });
        Self { pieces, over: Some(over) }
    }

    /// The next piece. A feed that broke off ends in an error: its stream is then reset.
    pub fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(over) = &mut self.over else { return Poll::Ready(None) };
        let mut room = [0; ROOM];
        let mut read = ReadBuf::new(&mut room);
        let came = ready!(Pin::new(&mut self.pieces).poll_read(cx, &mut read));
        if came.is_ok() && !read.filled().is_empty() {
            let bytes = Bytes::copy_from_slice(read.filled());
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let over = ready!(Pin::new(over).poll(cx));
        self.over = None;
        Poll::Ready(match over {
            Ok(Over::Done) => None,
            _ => Some(Err(Status::aborted("the event stream broke off"))),
        })
    }
}

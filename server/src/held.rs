//! What a connection's requests make the server hold at once: each body is bounded by itself, and all
//! of a connection together here, since HTTP/2 carries hundreds of them side by side.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tonic::Status;

/// The most bytes of bodies that are held for one connection.
pub const MOST: u64 = 16 << 20;

/// The most that one stream of messages counts for: it holds one message at a time.
const MESSAGE_MOST: u64 = 4 << 20;

/// Bytes held for a connection.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<AtomicU64>);

/// A request's part of them; given back when dropped.
#[derive(Debug)]
pub struct Part {
    all: Held,
    own: u64,
}

/// There is no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Held {
    /// A request's part, of nothing yet.
    #[must_use]
    pub fn part(&self) -> Part {
        Part { all: self.clone(), own: 0 }
    }
}

impl Part {
    /// Holds so many more.
    ///
    /// # Errors
    /// [`Full`], where the connection then held too much.
    pub fn take(&mut self, len: u64) -> Result<(), Full> {
        let before = self.all.0.fetch_add(len, Ordering::Relaxed);
        self.own += len;
        if before + len > MOST { Err(Full) } else { Ok(()) }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.own, Ordering::Relaxed);
    }
}

/// The messages that a client sends with a call, counted.
#[derive(Debug)]
pub struct Counted {
    body: Incoming,
    part: Part,
}

impl Counted {
    /// A body whose bytes are a connection's.
    pub fn new(body: Incoming, held: &Held) -> Self {
        Self { body, part: held.part() }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        let len = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => 0,
        };
        let more = len.min(MESSAGE_MOST - self.part.own.min(MESSAGE_MOST));
        if self.part.take(more).is_err() {
            let why = format!("the calls of this connection hold more than {MOST} bytes");
            return Poll::Ready(Some(Err(Status::resource_exhausted(why))));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|error| Status::from_error(Box::new(error)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_s_requests_share_their_room() {
        let held = Held::default();
        let (mut one, mut two) = (held.part(), held.part());
        assert_eq!((one.take(MOST - 1), two.take(1)), (Ok(()), Ok(())));
        assert_eq!(two.take(1), Err(Full));
        drop(one);
        assert_eq!(two.take(1), Ok(()));
        drop(two);
        assert_eq!(held.part().take(MOST), Ok(()));
    }
}

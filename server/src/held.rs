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

/// Bytes before each message.
const HEAD: usize = 5;

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
        if len > 0 && before + len > MOST { Err(Full) } else { Ok(()) }
    }

    /// Holds so many now.
    ///
    /// # Errors
    /// [`Full`], where that is more than before and the connection then held too much.
    pub fn hold(&mut self, now: u64) -> Result<(), Full> {
        if let Some(more) = now.checked_sub(self.own) {
            return self.take(more);
        }
        self.all.0.fetch_sub(self.own - now, Ordering::Relaxed);
        self.own = now;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.own, Ordering::Relaxed);
    }
}

/// How far a stream of messages has come, each behind five bytes that tell its length (gRPC over HTTP2,
/// "Requests": `Length-Prefixed-Message`).
#[derive(Debug, Default)]
struct Framing {
    head: [u8; HEAD],
    /// How much of that has come.
    have: usize,
    /// How much of the message has come, and how much is still to come.
    came: u64,
    left: u64,
}

impl Framing {
    /// Takes what came in, and gives how much has come of the message under way: whoever reads takes
    /// each out once it is whole.
    fn take(&mut self, mut data: &[u8]) -> u64 {
        while !data.is_empty() {
            if self.have < HEAD {
                let (now, rest) = data.split_at(data.len().min(HEAD - self.have));
                let place = self.head.iter_mut().skip(self.have);
                place.zip(now).for_each(|(place, byte)| *place = *byte);
                self.have += now.len();
                data = rest;
                if self.have == HEAD {
                    let [_, len @ ..] = self.head;
                    self.left = u64::from(u32::from_be_bytes(len));
                }
            } else {
                let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(data.len());
                let (now, rest) = data.split_at(len);
                self.came += now.len() as u64;
                self.left -= now.len() as u64;
                data = rest;
            }
            if self.have == HEAD && self.left == 0 {
                (self.have, self.came) = (0, 0);
            }
        }
        self.have as u64 + self.came
    }
}

/// The messages that a client sends with a call, counted.
#[derive(Debug)]
pub struct Counted {
    body: Incoming,
    part: Part,
    framing: Framing,
}

impl Counted {
    /// A body whose bytes are a connection's.
    pub fn new(body: Incoming, held: &Held) -> Self {
        Self { body, part: held.part(), framing: Framing::default() }
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
        let data: &[u8] = match &frame {
            Some(Ok(frame)) => frame.data_ref().map(Bytes::as_ref).unwrap_or_default(),
            _ => &[],
        };
        let now = self.framing.take(data).min(MESSAGE_MOST);
        if self.part.hold(now).is_err() {
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

    fn message(len: u32) -> Vec<u8> {
        let mut message = vec![0];
        message.extend(len.to_be_bytes());
        message.resize(message.len() + usize::try_from(len).unwrap(), 7);
        message
    }

    #[test]
    fn only_the_message_under_way_is_held() {
        let stream = [message(300), message(0), message(70_000), message(2)].concat();
        for step in [1, 3, 5, 6, 1_000, stream.len()] {
            let (mut framing, mut came) = (Framing::default(), 0);
            for piece in stream.chunks(step) {
                came += piece.len();
                let begun = [0, 305, 310, 70_315, 70_322];
                let begun = begun.into_iter().rfind(|begun| *begun <= came).unwrap();
                assert_eq!(framing.take(piece), (came - begun) as u64, "{came} by {step}");
            }
            assert_eq!(framing.take(&[]), 0);
        }
    }

    #[test]
    fn uploads_that_have_sent_much_hold_little() {
        let held = Held::default();
        let mut calls: Vec<(Part, Framing)> =
            (0..200).map(|_| (held.part(), Framing::default())).collect();
        for _ in 0..100 {
            for (part, framing) in &mut calls {
                let mut more = message(4_000);
                more.extend(&message(4_000)[..1_000]);
                let now = framing.take(&more);
                assert_eq!(part.hold(now), Ok(()));
                let now = framing.take(&message(4_000)[1_000..]);
                assert_eq!(part.hold(now), Ok(()));
            }
        }
        assert_eq!(held.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn who_is_full_fails_only_where_more_is_held() {
        let held = Held::default();
        let (mut one, mut two) = (held.part(), held.part());
        assert_eq!((one.hold(MOST - 1), two.hold(9)), (Ok(()), Err(Full)));
        assert_eq!((one.hold(MOST - 1), two.hold(9), two.hold(1)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(two.hold(2), Err(Full));
    }
}

//! The tap: wraps an accepted or dialled stream below every buffer, forwards every poll, and tells the run's
//! recorder exactly the bytes that the system call moved, with the moment after it. It never waits:
//! if the recorder's queue is full, the bytes are counted as lost and go their way all the same.

mod ear;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use trace::entry::Ending;
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::clock;
pub use ear::{Closed, Ear, Heard, Hearing, Missed};

/// A stream that can be cut off, so that the other side learns it as an error.
pub trait CutOff {
    /// From here on its closing is a reset.
    fn cut_off(&self);

    /// Tells what lies under it whose killing resets it.
    fn dies_too(&mut self, _killed: &CancellationToken) {}
}

/// What a connection can be served on.
pub trait Stream: AsyncRead + AsyncWrite + CutOff + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + CutOff + Unpin + Send + 'static> Stream for S {}

impl CutOff for TcpStream {
    fn cut_off(&self) {
        let _ = self.set_zero_linger();
    }
}

impl CutOff for DuplexStream {
    fn cut_off(&self) {}
}

/// A tap under TLS.
impl<S: CutOff> CutOff for Tap<S> {
    fn cut_off(&self) {
        self.stream.cut_off();
    }

    fn dies_too(&mut self, killed: &CancellationToken) {
        self.dies_with(killed.clone());
    }
}

/// A stream that is heard.
#[derive(Debug)]
pub struct Tap<S: CutOff> {
    stream: S,
    ear: Ear,
    /// Which side is ours.
    ours: Side,
    state: TapState,
    /// Cancelled when the service that has it is killed: its closing is then a reset.
    killed: CancellationToken,
    /// While it is set nothing is heard: a password goes over.
    secret: Option<Arc<AtomicBool>>,
}

/// How far the connection's life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TapState {
    Open,
    /// The other side sends no more, since then.
    OtherDone(Micros),
    Closed,
}

impl<S: CutOff> Tap<S> {
    /// Hears a stream that this program accepted: what is read goes to the server.
    pub fn accepted(stream: S, ear: Ear) -> Self {
        let (ours, killed) = (Side::Server, CancellationToken::new());
        Self { stream, ear, ours, state: TapState::Open, killed, secret: None }
    }

    /// Hears a stream that this program dialled: what is written goes to the server.
    pub fn dialled(stream: S, ear: Ear, killed: CancellationToken) -> Self {
        let ours = Side::Client;
        Self { stream, ear, ours, state: TapState::Open, killed, secret: None }
    }

    /// Hears nothing for as long as that is set.
    pub fn deaf_while(&mut self, secret: Arc<AtomicBool>) {
        self.secret = Some(secret);
    }

    fn hear(&self, dir: Dir, bytes: &[u8]) {
        if !self.secret.as_ref().is_some_and(|secret| secret.load(Ordering::Relaxed)) {
            self.ear.bytes(dir, bytes);
        }
    }

    /// Whose killing resets it.
    pub fn dies_with(&mut self, killed: CancellationToken) {
        self.stream.dies_too(&killed);
        self.killed = killed;
    }

    const fn others(&self) -> Side {
        match self.ours {
            Side::Server => Side::Client,
            Side::Client => Side::Server,
        }
    }

    fn close(&mut self, by: Side, how: Ending) {
        if self.state != TapState::Closed {
            self.state = TapState::Closed;
            self.ear.closed(Closed { at: clock::now(), by, how });
        }
    }

    /// Both sides are done, in order: whoever was first closed it, and then.
    fn close_in_order(&mut self) {
        match self.state {
            TapState::OtherDone(at) => {
                self.state = TapState::Closed;
                self.ear.closed(Closed { at, by: self.others(), how: Ending::Fin });
            }
            TapState::Open => self.close(self.ours, Ending::Fin),
            TapState::Closed => {}
        }
    }

    /// An error of the system's: the other side cut the connection off.
    fn failed<T>(&mut self, result: &io::Result<T>) {
        if let Err(error) = result
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.close(self.others(), Ending::Reset);
        }
    }
}

impl<S: AsyncRead + CutOff + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let room = buf.remaining();
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let bytes = buf.filled().get(before..).unwrap_or_default();
        if !bytes.is_empty() {
            self.hear(self.others().speaks(), bytes);
        } else if result.is_ok() && room > 0 && self.state == TapState::Open {
            self.state = TapState::OtherDone(clock::now());
        }
        self.failed(&result);
        Poll::Ready(result)
    }
}

impl<S: AsyncWrite + CutOff + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        if let Ok(len) = result {
            self.hear(self.ours.speaks(), buf.get(..len).unwrap_or_default());
        }
        self.failed(&result);
        Poll::Ready(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs));
        if let Ok(len) = result {
            // One system call is one chunk, whatever it was gathered from.
            let mut sent = Vec::with_capacity(len);
            for buf in bufs {
                let rest = len - sent.len();
                sent.extend_from_slice(buf.get(..rest.min(buf.len())).unwrap_or_default());
            }
            self.hear(self.ours.speaks(), &sent);
        }
        self.failed(&result);
        Poll::Ready(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_flush(cx));
        self.failed(&result);
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
        if result.is_ok() {
            self.close_in_order();
        }
        self.failed(&result);
        Poll::Ready(result)
    }
}

impl<S: CutOff> Drop for Tap<S> {
    fn drop(&mut self) {
        if self.killed.is_cancelled() {
            self.stream.cut_off();
            self.close(self.ours, Ending::Reset);
        }
        self.close_in_order();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: usize = 64;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn each_call_is_one_chunk_and_the_end_is_heard() {
        let (ear, mut heard, _) = Ear::new(QUEUE as u64);
        let (near, mut far) = tokio::io::duplex(64);
        let mut tap = Tap::accepted(near, ear);
        far.write_all(b"GET").await.unwrap();
        let mut buffer = [0; 9];
        assert_eq!(tap.read(&mut buffer).await.unwrap(), 3);
        tap.write_all(b"200").await.unwrap();
        drop(far);
        assert_eq!(tap.read(&mut buffer).await.unwrap(), 0);
        tap.shutdown().await.unwrap();
        drop(tap);
        let mut said = Vec::new();
        while let Some(heard) = heard.recv().await {
            said.push(match heard {
                Heard::Bytes { dir, bytes, .. } => format!("{dir:?} {bytes:?}"),
                Heard::Closed(closed) => format!("closed by {:?}", closed.by),
                other => format!("{other:?}"),
            });
        }
        assert_eq!(said, ["ToServer b\"GET\"", "ToClient b\"200\"", "closed by Client"]);
    }

    #[tokio::test]
    async fn what_was_taken_and_not_worked_on_waits_too() {
        let (ear, mut heard, missed) = Ear::new(4);
        for _ in 0..4 {
            ear.bytes(Dir::ToClient, b"a");
        }
        assert!(heard.recv().await.is_some());
        ear.bytes(Dir::ToClient, b"b");
        assert_eq!(missed.bytes(Dir::ToClient), 0);
        ear.bytes(Dir::ToClient, b"c");
        assert_eq!(missed.bytes(Dir::ToClient), 1, "five would wait");
    }

    #[tokio::test]
    async fn a_full_queue_loses_by_number_and_stops_no_byte() {
        let (ear, mut heard, missed) = Ear::new(QUEUE as u64);
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let mut tap = Tap::accepted(near, ear);
        for _ in 0..QUEUE + 5 {
            tap.write_all(b"ab").await.unwrap();
        }
        drop(tap);
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        assert_eq!(all.len(), 2 * (QUEUE + 5), "every byte went its way");
        assert_eq!(missed.bytes(Dir::ToClient), 10);
        assert!(missed.closed().is_some());
        let mut kept = 0;
        while let Some(Heard::Bytes { .. }) = heard.recv().await {
            kept += 1;
        }
        assert_eq!(kept, QUEUE);
    }
}

//! What lies around TLS: the bytes before it that were read already, the count of those that it was
//! given, the plain bytes inside it, and where among the outer ones they were.
//!
//! ```text
//! everybody: tap ─► Replay ─► TLS ─► Inside ─► tap ─► lobby, link, service
//! agents:    tap ─► link ─► Counted ─► TLS ─► Inside ─► Carrying ─► tap ─► lobby, service
//! ```

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use trace::ids::ConnId;
use trace::span::Dir;

use crate::link::ServiceEnd;
use crate::tap::{CutOff, Ear};

/// The most that is heard outside before it is known whose it is: a head, and the handshake before it.
/// Records may be padded, so that bytes inside are no bound of it.
const UNKNOWN_MOST: u64 = 256 * 1024;

/// How much may still be read outside before it is known whose it is.
#[derive(Debug)]
pub struct Budget(AtomicU64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU64::new(UNKNOWN_MOST))
    }
}

impl Budget {
    /// It is known whose it is: the run's own bounds hold.
    pub fn lift(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    /// Takes from it what was read. Only who reads does, and who lifts it reads no more by then.
    fn spend(&self, len: usize) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        let left = left.checked_sub(len as u64);
        self.0.store(left.unwrap_or_default(), Ordering::Relaxed);
        let too_much = || io::Error::other("too much came before it was known whose it is");
        left.map(|_| ()).ok_or_else(too_much)
    }
}

/// A stream that first gives bytes which were read from it before.
#[derive(Debug)]
pub struct Replay<S> {
    first: Bytes,
    stream: S,
    budget: Arc<Budget>,
}

impl<S> Replay<S> {
    /// A stream of which these bytes were read, and no more than that may be read.
    pub const fn new(first: Bytes, stream: S, budget: Arc<Budget>) -> Self {
        Self { first, stream, budget }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replay<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            return Poll::Ready(self.budget.spend(buf.filled().len() - before));
        }
        let len = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first.split_to(len));
        if self.first.is_empty() {
            // Else its buffer would be kept for as long as the connection.
            self.first = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replay<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: CutOff> CutOff for Replay<S> {
    fn cut_off(&self) {
        self.stream.cut_off();
    }

    fn dies_too(&mut self, killed: &CancellationToken) {
        self.stream.dies_too(killed);
    }
}

/// Outer bytes that TLS was given, and those that it gave, by direction.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; 2]);

impl Counts {
    fn add(&self, dir: Dir, len: usize) {
        self.0[dir.index()].fetch_add(len as u64, Ordering::Relaxed);
    }

    fn so_far(&self, dir: Dir) -> u64 {
        self.0[dir.index()].load(Ordering::Relaxed)
    }
}

/// The end of a link that lies under TLS. A kill ends the link, which resets.
#[derive(Debug)]
pub struct Counted {
    stream: ServiceEnd,
    counts: Arc<Counts>,
}

impl Counted {
    /// Counts what goes through.
    pub const fn new(stream: ServiceEnd, counts: Arc<Counts>) -> Self {
        Self { stream, counts }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.counts.add(Dir::ToServer, buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let len = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.counts.add(Dir::ToClient, len);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl CutOff for Counted {
    fn cut_off(&self) {}
}

/// What is said inside TLS.
#[derive(Debug)]
pub struct Inside<S> {
    stream: Box<TlsStream<S>>,
    /// The client says no more, and what is outside was not looked at since.
    ended: bool,
}

impl<S> Inside<S> {
    /// What is said behind a handshake.
    pub fn new(stream: TlsStream<S>) -> Self {
        Self { stream: Box::new(stream), ended: false }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Inside<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        let result = match ready!(Pin::new(&mut self.stream).poll_read(cx, buf)) {
            // The client closed without saying so inside: outside that is told.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            result => result,
        };
        if result.is_ok() && room > 0 && buf.filled().len() == before {
            self.ended = true;
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Inside<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.ended) {
            // Who says goodbye inside closes outside next: the tap is to hear that before our own close.
            let (outside, _) = self.stream.get_mut();
            let _ = Pin::new(outside).poll_read(cx, &mut ReadBuf::new(&mut [0; 1]));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: CutOff> CutOff for Inside<S> {
    fn cut_off(&self) {
        self.stream.get_ref().0.cut_off();
    }

    fn dies_too(&mut self, killed: &CancellationToken) {
        self.stream.get_mut().0.dies_too(killed);
    }
}

/// Tells where among the outer bytes the inner ones were: of what is read before the inner tap hears it, so
/// that its moments are known by then.
#[derive(Debug)]
pub struct Carrying<S> {
    stream: S,
    ear: Ear,
    outer: ConnId,
    counts: Arc<Counts>,
    read: u64,
    written: u64,
    /// Of what was written, so much has been told.
    told: u64,
}

impl<S> Carrying<S> {
    /// Below an inner tap, and inside that outer connection.
    pub fn new(stream: S, ear: Ear, (outer, counts): (ConnId, Arc<Counts>)) -> Self {
        Self { stream, ear, outer, counts, read: 0, written: 0, told: 0 }
    }

    fn tell(&self, dir: Dir, upto: u64) {
        self.ear.carried(dir, upto, (self.outer, self.counts.so_far(dir)));
    }

    /// All that was written is with the link.
    fn sent(&mut self) {
        if self.written > self.told {
            self.told = self.written;
            self.tell(Dir::ToClient, self.told);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Carrying<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let len = buf.filled().len() - before;
        if len > 0 {
            self.read += len as u64;
            self.tell(Dir::ToServer, self.read);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Carrying<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let len = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.written += len as u64;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.sent();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        self.sent();
        Poll::Ready(Ok(()))
    }
}

impl<S: CutOff> CutOff for Carrying<S> {
    fn cut_off(&self) {
        self.stream.cut_off();
    }

    fn dies_too(&mut self, killed: &CancellationToken) {
        self.stream.dies_too(killed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn what_was_read_before_comes_first() {
        let (mut far, near) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut far, b"lo").await.unwrap();
        drop(far);
        let first = Bytes::from_static(b"hel");
        let mut replay = Replay::new(first, near, Arc::new(Budget::default()));
        let mut two = [0; 2];
        assert_eq!(replay.read(&mut two).await.unwrap(), 2);
        let mut rest = Vec::new();
        replay.read_to_end(&mut rest).await.unwrap();
        assert_eq!((&two, rest.as_slice()), (b"he", b"llo".as_slice()));
    }

    #[test]
    fn what_nobody_owns_is_bounded_until_somebody_does() {
        let budget = Budget::default();
        for _ in 0..16 {
            budget.spend(16 * 1024).unwrap();
        }
        assert!(budget.spend(1).is_err() && budget.spend(1).is_err());
        budget.lift();
        assert!(budget.spend(16 * 1024 * 1024).is_ok());
        assert!(budget.spend(1).is_ok());
    }
}

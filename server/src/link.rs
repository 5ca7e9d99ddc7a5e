//! The link of a run: sits between the tap and the service, once, and delays the real bytes. Both
//! its ends are heard: the tap at the socket, `passed` at the service.
//!
//! ```text
//! socket ─► tap ─► read ─► (due, bytes) queue ─► hand over ─► service
//!        ◄─     ◄─ write ◄─ (due, bytes) queue ◄─ take    ◄─
//! ```

mod pace;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use trace::span::Dir;
use trace::time::Micros;

use crate::clock;
use crate::tap::Ear;
use pace::{PIECE_MOST, Pace};

pub use pace::Rate;

/// The most that one read takes.
pub const PIECE: usize = 16 * 1024;

/// Pieces that may be under way in a direction: the link's own back-pressure.
const UNDER_WAY: usize = 64;

/// How long a client may take to read a piece.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How long the other side is given to close too, once we have.
pub const LINGER: Duration = Duration::from_secs(1);

/// A link before it carries anything.
#[derive(Debug)]
pub struct Link {
    /// The delay of one way.
    pub delay: Micros,
    /// When the connection was accepted: its set-up costs a round trip from then on.
    pub accepted: Micros,
    /// Bytes that were read before the run was known.
    pub first: Bytes,
    /// Cancelled when the client has cut the connection off: nothing of that can be said in-band.
    pub cut: CancellationToken,
    /// Cancelled when the instance is killed: what is under way is lost with it.
    pub killed: CancellationToken,
}

/// The service's end of a link: what the service writes here has left it.
#[derive(Debug)]
pub struct ServiceEnd {
    stream: DuplexStream,
    ear: Ear,
    sent: u64,
    pace: Pace,
}

impl ServiceEnd {
    /// The bound of what the service writes.
    pub fn rate(&self) -> Rate {
        self.pace.rate().clone()
    }
}

impl AsyncRead for ServiceEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ServiceEnd {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = std::task::ready!(self.pace.poll_leave(cx, buf.len()));
        let piece = buf.get(..most).unwrap_or(buf);
        let len = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, piece))?;
        self.pace.leave(len);
        self.sent += len as u64;
        self.ear.passed(Dir::ToClient, clock::now(), self.sent);
        Poll::Ready(Ok(len))
    }

    /// What belongs together leaves in one piece: a frame's header and its payload.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut piece = Vec::new();
        for buf in bufs {
            let room = PIECE_MOST.saturating_sub(piece.len());
            piece.extend_from_slice(buf.get(..room).unwrap_or(buf));
        }
        self.poll_write(cx, &piece)
    }

    fn is_write_vectored(&self) -> bool {
        self.pace.is_bound()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The two ends of the way to a service: the link's, and the service's own.
pub fn ends(ear: Ear) -> (DuplexStream, ServiceEnd) {
    let (near, far) = tokio::io::duplex(PIECE * 4);
    (near, ServiceEnd { stream: far, ear, sent: 0, pace: Pace::new() })
}

/// Bytes under way, and when they arrive; none is the end of the direction.
type Piece = (Micros, Option<Bytes>);

impl Link {
    /// Carries bytes in a task of its own. Gives the service's end.
    pub fn lay<S>(self, stream: S, ear: Ear) -> ServiceEnd
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (near, far) = ends(ear.clone());
        self.carry_on(stream, near, ear, 0);
        far
    }

    /// The same between a stream and the near end of a service that is at work already: of the
    /// client's direction it has so many bytes, which no link has delayed.
    pub fn carry_on<S>(self, stream: S, service: DuplexStream, ear: Ear, handed: u64)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(self.carry(stream, service, ear, handed));
    }

    /// When a new connection is set up.
    const fn ready(&self) -> Micros {
        self.accepted.plus(self.delay).plus(self.delay)
    }

    /// When the first bytes land at the service, if they are sent on their way now.
    pub fn first_lands(&self) -> Micros {
        self.ready().max(clock::now()).plus(self.delay)
    }

    async fn carry<S>(self, stream: S, service: DuplexStream, ear: Ear, handed: u64)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (socket_read, socket_write) = tokio::io::split(stream);
        let (service_read, service_write) = tokio::io::split(service);
        let (in_queue, in_due) = mpsc::channel(UNDER_WAY);
        let (out_queue, out_due) = mpsc::channel(UNDER_WAY);
        let first = (self.first_lands(), Some(self.first.clone()));
        let inward = async {
            let _ = in_queue.send(first).await;
            take(socket_read, in_queue, self.delay, self.ready(), self.cut.clone()).await;
        };
        let passed = |at, upto| ear.passed(Dir::ToServer, at, upto);
        // Once our side is closed, or the client does not read, the rest is not waited for.
        let closed = CancellationToken::new();
        let outward = async {
            let (socket, delivered) = deliver(out_due, socket_write).await;
            if delivered == Delivered::GivenUp {
                ear.gave_up(clock::now(), Micros::from_millis(PATIENCE.as_secs() * 1_000));
            }
            closed.cancel();
            socket
        };
        let all = async {
            tokio::join!(
                inward,
                hand_over(in_due, service_write, handed, passed),
                take_out(service_read, out_queue, self.delay),
                outward,
            )
        };
        let late = async {
            closed.cancelled().await;
            tokio::time::sleep(LINGER + clock::duration(self.delay)).await;
        };
        tokio::select! {
            (_, _, _, socket) = all => drop(socket),
            () = self.killed.cancelled() => {}
            () = late => {}
        }
    }
}

/// Reads the socket and sends what came on its way.
async fn take<R: AsyncRead + Unpin>(
    mut from: R,
    queue: mpsc::Sender<Piece>,
    delay: Micros,
    ready: Micros,
    cut: CancellationToken,
) {
    let mut buffer = vec![0; PIECE];
    loop {
        let len = match from.read(&mut buffer).await {
            Ok(0) => break,
            Ok(len) => len,
            Err(_) => {
                cut.cancel();
                break;
            }
        };
        let bytes = Bytes::copy_from_slice(buffer.get(..len).unwrap_or_default());
        let due = clock::now().max(ready).plus(delay);
        if queue.send((due, Some(bytes))).await.is_err() {
            // The service is gone: what still comes is read, so that our close is no reset.
            linger(&mut from).await;
            return;
        }
    }
    let _ = queue.send((clock::now().max(ready).plus(delay), None)).await;
}

/// Takes what the service wrote and sends it on its way.
async fn take_out<R: AsyncRead + Unpin>(mut from: R, queue: mpsc::Sender<Piece>, delay: Micros) {
    let mut buffer = vec![0; PIECE];
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        let bytes = Bytes::copy_from_slice(buffer.get(..len).unwrap_or_default());
        if queue.send((clock::now().plus(delay), Some(bytes))).await.is_err() {
            return;
        }
    }
    let _ = queue.send((clock::now().plus(delay), None)).await;
}

/// Gives the service what has arrived, and says so.
async fn hand_over<W: AsyncWrite + Unpin>(
    mut due: mpsc::Receiver<Piece>,
    mut to: W,
    mut offset: u64,
    passed: impl Fn(Micros, u64),
) {
    while let Some((at, bytes)) = due.recv().await {
        tokio::time::sleep_until(clock::deadline(at)).await;
        let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { break };
        offset += bytes.len() as u64;
        // The moment is that before: the service may answer before this task runs again. It is told
        // only if the service was there to take the bytes.
        let at = clock::now();
        if to.write_all(&bytes).await.is_err() {
            return;
        }
        passed(at, offset);
    }
    let _ = to.shutdown().await;
}

/// How the writing to a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivered {
    /// All was written, or nobody is there any more.
    All,
    /// The client did not read.
    GivenUp,
}

/// Writes to the socket what has arrived there, then closes it.
async fn deliver<W: AsyncWrite + Unpin>(
    mut due: mpsc::Receiver<Piece>,
    mut to: W,
) -> (W, Delivered) {
    while let Some((at, bytes)) = due.recv().await {
        tokio::time::sleep_until(clock::deadline(at)).await;
        let Some(bytes) = bytes else { break };
        let written = async {
            to.write_all(&bytes).await?;
            to.flush().await
        };
        match tokio::time::timeout(PATIENCE, written).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return (to, Delivered::All),
            Err(_) => return (to, Delivered::GivenUp),
        }
    }
    // With TLS under it a close is bytes too, for which there may be no room.
    match tokio::time::timeout(PATIENCE, to.shutdown()).await {
        Ok(_) => (to, Delivered::All),
        Err(_) => (to, Delivered::GivenUp),
    }
}

/// Reads what still comes, for a bounded time, so that a close is in order and not a reset.
pub async fn linger<R: AsyncRead + Unpin>(from: &mut R) {
    let _ = tokio::time::timeout(LINGER, until_end(from)).await;
}

/// Reads until the other side sends no more, and throws it away.
pub async fn until_end<R: AsyncRead + Unpin>(from: &mut R) {
    // Small until something comes: it may be waited for as long as a stream runs.
    let mut buffer = vec![0; 64];
    while let Ok(1..) = from.read(&mut buffer).await {
        buffer.resize(PIECE, 0);
    }
}

/// Closes a stream in order: says that nothing more comes, then waits a little for the other side.
pub async fn close<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    if within_linger(stream.shutdown()).await.is_some() {
        linger(stream).await;
    }
}

async fn within_linger<T>(work: impl Future<Output = io::Result<T>>) -> Option<T> {
    tokio::time::timeout(LINGER, work).await.ok()?.ok()
}

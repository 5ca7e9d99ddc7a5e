//! What a connection is doing, for the timers that hyper does not have: idle since when, a head
//! half come since when. Shared by the stream, the service and the connection's loop.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use trace::time::Micros;

use crate::clock;

/// How long a client that sends no more is still worked for: it may have closed its half alone.
const HALF_CLOSED: std::time::Duration = std::time::Duration::from_secs(1);

/// What a connection is doing.
#[derive(Debug)]
pub struct Activity {
    /// Requests whose answers are not over. The first is on its way when a connection is bound, so
    /// that a link longer than the keep-alive time does not make it late.
    busy: AtomicU64,
    /// Whether the first has come.
    begun: AtomicBool,
    /// The end of the last answer.
    idle_since: AtomicU64,
    /// The first byte that came after the last answer; 0 for none.
    head_since: AtomicU64,
    /// The client sends no more.
    client_done: AtomicU64,
    /// Bytes that the service has written.
    written: AtomicU64,
    /// Whether all that was written has been flushed.
    flushed: AtomicBool,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It works on a request.
    Busy,
    /// Nothing was asked since this moment.
    Idle(Micros),
    /// A head began at this moment and is not whole.
    HalfHead(Micros),
}

impl Activity {
    /// A new connection, whose first request is on its way.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            busy: AtomicU64::new(1),
            begun: AtomicBool::new(false),
            idle_since: AtomicU64::new(clock::now().0),
            head_since: AtomicU64::new(0),
            client_done: AtomicU64::new(0),
            written: AtomicU64::new(0),
            flushed: AtomicBool::new(true),
        })
    }

    /// A request begins; its answer is over when this is dropped.
    pub fn begin(self: &Arc<Self>) -> Exchange {
        if self.begun.swap(true, Ordering::AcqRel) {
            self.busy.fetch_add(1, Ordering::AcqRel);
        }
        self.head_since.store(0, Ordering::Release);
        Exchange(Arc::clone(self))
    }

    /// What it waits for.
    pub fn doing(&self) -> Doing {
        if self.busy.load(Ordering::Acquire) > 0 {
            return Doing::Busy;
        }
        match self.head_since.load(Ordering::Acquire) {
            0 => Doing::Idle(Micros(self.idle_since.load(Ordering::Acquire))),
            since => Doing::HalfHead(Micros(since)),
        }
    }

    /// Whether the client said that it sends no more.
    pub fn client_done(&self) -> bool {
        self.client_done.load(Ordering::Acquire) > 0
    }

    /// Bytes that the service has written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Whether the service has nothing under way to the client: it flushes when it has written all.
    pub fn flushed(&self) -> bool {
        self.flushed.load(Ordering::Relaxed)
    }

    /// Counts what was written.
    fn went(&self, len: &Poll<io::Result<usize>>) {
        self.flushed.store(false, Ordering::Relaxed);
        if let Poll::Ready(Ok(len)) = len {
            self.written.fetch_add(*len as u64, Ordering::Relaxed);
        }
    }

    fn came(&self, len: usize) {
        if len == 0 {
            self.client_done.store(1, Ordering::Release);
        } else if self.busy.load(Ordering::Acquire) == 0 {
            let now = clock::now().0.max(1);
            let _ = self.head_since.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire);
        }
    }
}

/// A request that is being worked on.
#[derive(Debug)]
pub struct Exchange(Arc<Activity>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.idle_since.store(clock::now().0, Ordering::Release);
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A stream that first gives bytes read before, and tells what its connection is doing.
#[derive(Debug)]
pub struct Watched<S> {
    first: Bytes,
    stream: S,
    activity: Arc<Activity>,
    end: End,
}

/// How far the client's direction is.
#[derive(Debug)]
enum End {
    Open,
    /// It is over; hyper is told once the answer is, or this time.
    Held(Pin<Box<Sleep>>),
}

impl<S> Watched<S> {
    /// `first` was read from the stream already.
    pub const fn new(first: Bytes, stream: S, activity: Arc<Activity>) -> Self {
        Self { first, stream, activity, end: End::Open }
    }

    /// The end of the client's direction. hyper would drop the request that it is working on, but
    /// a client that closed its half alone still reads.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.activity.busy.load(Ordering::Acquire) == 0 {
            return Poll::Ready(Ok(()));
        }
        if matches!(self.end, End::Open) {
            self.end = End::Held(Box::pin(tokio::time::sleep(HALF_CLOSED)));
        }
        match &mut self.end {
            End::Held(sleep) => sleep.as_mut().poll(cx).map(Ok),
            End::Open => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.has_remaining() {
            let len = self.first.len().min(buf.remaining());
            buf.put_slice(&self.first.split_to(len));
            if self.first.is_empty() {
                // Else its buffer would be kept for as long as the connection.
                self.first = Bytes::new();
            }
            self.activity.came(len);
            return Poll::Ready(Ok(()));
        }
        if matches!(self.end, End::Held(_)) {
            return self.poll_end(cx);
        }
        let before = buf.filled().len();
        let room = buf.remaining();
        let result = std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let len = buf.filled().len() - before;
        if room == 0 {
            return Poll::Ready(result);
        }
        match result {
            Ok(()) => self.activity.came(len),
            // Cut off: nobody is there any more.
            Err(error) => {
                self.activity.came(0);
                return Poll::Ready(Err(error));
            }
        }
        if len == 0 { self.poll_end(cx) } else { Poll::Ready(Ok(())) }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.activity.went(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.activity.went(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.activity.flushed.store(true, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

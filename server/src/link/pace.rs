//! The bound of a link to the client: what the service writes leaves in pieces, each when the one before
//! it has left. It is the service that waits, so that nothing piles up behind the bound, and what HTTP/2
//! has to say on several streams it says in turns.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The most bytes that leave at once where there is a bound: as many as a segment has, about.
pub const PIECE_MOST: usize = 1_500;

/// The least: a slower link is still not drawn byte by byte.
const PIECE_LEAST: usize = 64;

/// So many pieces leave in a second, at least.
const PIECES: u64 = 50;

/// By how much a piece may leave late without those after it leaving late too: timers are that coarse.
const LATE: Duration = Duration::from_millis(5);

/// A bound in bits a second, which may be set once the link is at work; 0 for none.
#[derive(Debug, Clone, Default)]
pub struct Rate(Arc<AtomicU64>);

impl Rate {
    /// Sets it.
    pub fn set(&self, bits: u64) {
        self.0.store(bits, Ordering::Relaxed);
    }

    fn bits(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// When the next piece may leave.
#[derive(Debug)]
pub struct Pace {
    rate: Rate,
    /// When the last one has left.
    free: Instant,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Nothing has left yet.
    pub fn new() -> Self {
        Self { rate: Rate::default(), free: Instant::now(), wait: None }
    }

    /// What bounds it.
    pub const fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Whether it is bound.
    pub fn is_bound(&self) -> bool {
        self.rate.bits() > 0
    }

    /// How many of so many bytes may leave now; waits until any may.
    pub fn poll_leave(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<usize> {
        let rate = self.rate.bits();
        if rate == 0 {
            return Poll::Ready(len);
        }
        let free = self.free;
        if Instant::now() < free {
            let wait = self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(free)));
            std::task::ready!(wait.as_mut().poll(cx));
        }
        self.wait = None;
        Poll::Ready(len.min(piece(rate)))
    }

    /// So many bytes leave now.
    pub fn leave(&mut self, len: usize) {
        let rate = self.rate.bits();
        if rate == 0 {
            return;
        }
        let now = Instant::now();
        let since = now.checked_sub(LATE).unwrap_or(now);
        self.free = self.free.max(since) + takes(len, rate);
    }
}

/// The most bytes of a piece.
fn piece(rate: u64) -> usize {
    let bytes = usize::try_from(rate / 8 / PIECES).unwrap_or(usize::MAX);
    bytes.clamp(PIECE_LEAST, PIECE_MOST)
}

/// How long so many bytes take to leave.
fn takes(len: usize, rate: u64) -> Duration {
    let bits = u64::try_from(len).unwrap_or(u64::MAX).saturating_mul(8);
    Duration::from_nanos(bits.saturating_mul(1_000_000_000) / rate.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::link::Link;
    use crate::tap::{Ear, Heard};
    use bytes::Bytes;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_util::sync::CancellationToken;
    use trace::span::Dir;
    use trace::time::Micros;

    /// When each piece of so many bytes left, in milliseconds, and how long it was.
    async fn left(rate: u64, mut bytes: usize) -> Vec<(u128, usize)> {
        let mut pace = Pace::new();
        pace.rate().set(rate);
        let began = Instant::now();
        let mut left = Vec::new();
        while bytes > 0 {
            let len = poll_fn(|cx| pace.poll_leave(cx, bytes)).await;
            left.push((began.elapsed().as_millis(), len));
            pace.leave(len);
            bytes -= len;
        }
        left
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_bound_all_leaves_at_once() {
        assert_eq!(left(0, 1_000_000).await, [(0, 1_000_000)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_leaves_when_the_one_before_has_left() {
        // 1,000 kbit/s are 1,500 bytes in 12 ms.
        let left = left(1_000_000, 15_000).await;
        assert!(left.iter().all(|(_, len)| *len == 1_500), "{left:?}");
        assert_eq!(left.len(), 10);
        for (index, (at, _)) in left.iter().enumerate() {
            let due = index as u128 * 12;
            assert!(at.abs_diff(due) <= 6, "piece {index}: {at} ms, not {due}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_link_has_small_pieces() {
        let left = left(64_000, 8_000).await;
        assert!(left.iter().all(|(_, len)| *len <= 160), "{left:?}");
        let last = left.last().map(|(at, _)| *at).unwrap_or_default();
        assert!((970..=1_000).contains(&last), "8,000 bytes take a second: {last} ms");
        assert_eq!(piece(1_000), PIECE_LEAST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_service_writes_leaves_at_the_rate_of_the_link() {
        let (ear, mut heard, _) = Ear::new(64);
        let (mut client, socket) = tokio::io::duplex(64 * 1024);
        let link = Link {
            delay: Micros(0),
            accepted: clock::now(),
            first: Bytes::from_static(b"ask"),
            cut: CancellationToken::new(),
            killed: CancellationToken::new(),
        };
        let mut service = link.lay(socket, ear);
        service.rate().set(1_000_000);
        let began = Instant::now();
        let mut answer = vec![0; 15_000];
        let write = async { service.write_all(&[7; 15_000]).await.unwrap() };
        let (read, ()) = tokio::join!(client.read_exact(&mut answer), write);
        assert_eq!(read.unwrap(), 15_000);
        // The last of ten pieces leaves when nine have left, 12 ms each.
        let took = began.elapsed().as_millis();
        assert!((100..=115).contains(&took), "{took} ms");
        let mut pieces = 0;
        while pieces < 10 {
            let heard = heard.recv().await.unwrap();
            pieces += usize::from(matches!(heard, Heard::Passed { dir: Dir::ToClient, .. }));
        }
    }
}

//! The way from a tap to its connection's recorder: bounded, and never waited for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;
use trace::entry::Ending;
use trace::ids::ConnId;
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::clock;

/// What was heard on a connection.
#[derive(Debug)]
pub enum Heard {
    /// Bytes moved at the socket.
    Bytes { dir: Dir, at: Micros, bytes: Bytes },
    /// Bytes moved at the link's other end.
    Passed { dir: Dir, at: Micros, upto: u64 },
    /// The client has not read for so long that what is under way to it is thrown away.
    GaveUp { at: Micros, after: Micros },
    /// Bytes inside TLS were in bytes outside it: each up to an offset.
    Carried { dir: Dir, at: Micros, upto: u64, outer: ConnId, outer_upto: u64 },
    /// The connection closed.
    Closed(Closed),
}

/// How and when a connection closed.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    pub at: Micros,
    pub by: Side,
    pub how: Ending,
}

/// The way to a connection's recorder.
#[derive(Debug)]
pub struct Ear {
    way: Arc<Way>,
    missed: Arc<Missed>,
}

/// The recorder's end of it.
#[derive(Debug)]
pub struct Hearing {
    way: Arc<Way>,
    /// Taken from the queue all at once, and not yet worked on.
    taken: VecDeque<Heard>,
}

/// What lies between them. It has no memory of its own while nothing waits: most connections are
/// idle most of the time, and a channel's block would be the largest part of many of them.
#[derive(Debug)]
struct Way {
    queue: Mutex<VecDeque<Heard>>,
    /// For so many things there is room.
    room: usize,
    /// How much of what was taken out of the queue still waits.
    taken: AtomicUsize,
    /// Something waits, or nobody is left who would say something.
    wake: Notify,
    /// Who can say something.
    ears: AtomicUsize,
    /// Nobody listens any more.
    deaf: AtomicBool,
}

/// What the queue had no room for.
#[derive(Debug, Default)]
pub struct Missed {
    to_server: AtomicU64,
    to_client: AtomicU64,
    /// Moments at the link's other end were lost: later ones would be taken for theirs.
    passed: [AtomicBool; 2],
    closed: Mutex<Option<Closed>>,
    /// Bytes of each direction that moved at the socket, heard or not.
    moved: [AtomicU64; 2],
}

impl Missed {
    /// Bytes of a direction that were not heard, so far.
    pub fn bytes(&self, dir: Dir) -> u64 {
        self.counter(dir).load(Ordering::Relaxed)
    }

    /// Bytes of a direction that moved at the socket so far.
    pub fn moved(&self, dir: Dir) -> u64 {
        self.moved[dir.index()].load(Ordering::Relaxed)
    }

    /// How the connection closed, if the queue had no room for that.
    pub fn closed(&self) -> Option<Closed> {
        *self.closed.lock()
    }

    const fn counter(&self, dir: Dir) -> &AtomicU64 {
        match dir {
            Dir::ToServer => &self.to_server,
            Dir::ToClient => &self.to_client,
        }
    }
}

impl Ear {
    /// A way to a recorder for which so many things may wait, the recorder's end of it, and what it
    /// will have missed.
    pub fn new(room: u64) -> (Self, Hearing, Arc<Missed>) {
        let way = Arc::new(Way {
            queue: Mutex::default(),
            room: usize::try_from(room).unwrap_or(usize::MAX).max(1),
            taken: AtomicUsize::new(0),
            wake: Notify::new(),
            ears: AtomicUsize::new(1),
            deaf: AtomicBool::new(false),
        });
        let missed = Arc::new(Missed::default());
        let hearing = Hearing { way: Arc::clone(&way), taken: VecDeque::new() };
        (Self { way, missed: Arc::clone(&missed) }, hearing, missed)
    }

    pub(super) fn bytes(&self, dir: Dir, bytes: &[u8]) {
        let len = bytes.len() as u64;
        self.missed.moved[dir.index()].fetch_add(len, Ordering::Relaxed);
        let counter = self.missed.counter(dir);
        // Once bytes of a direction are missing, what follows cannot be placed: it is only counted.
        let missing = counter.load(Ordering::Relaxed) > 0;
        let heard = || Heard::Bytes { dir, at: clock::now(), bytes: Bytes::copy_from_slice(bytes) };
        if missing || !self.way.put(heard) {
            counter.fetch_add(len, Ordering::Relaxed);
        }
    }

    /// Bytes up to an offset went through the link.
    pub fn passed(&self, dir: Dir, at: Micros, upto: u64) {
        self.moment(dir, || Heard::Passed { dir, at, upto });
    }

    /// Bytes up to an offset were in an outer connection's bytes up to another.
    pub fn carried(&self, dir: Dir, upto: u64, (outer, outer_upto): (ConnId, u64)) {
        self.moment(dir, || Heard::Carried { dir, at: clock::now(), upto, outer, outer_upto });
    }

    fn moment(&self, dir: Dir, told: impl FnOnce() -> Heard) {
        let lost = match dir {
            Dir::ToServer => &self.missed.passed[0],
            Dir::ToClient => &self.missed.passed[1],
        };
        // After one moment that found no room none is told: it would be taken for the lost one's.
        if !lost.load(Ordering::Relaxed) && !self.way.put(told) {
            lost.store(true, Ordering::Relaxed);
        }
    }

    /// The link waits no longer for the client to read.
    pub fn gave_up(&self, at: Micros, after: Micros) {
        // Where the queue is full it says that itself.
        self.way.put(|| Heard::GaveUp { at, after });
    }

    pub(super) fn closed(&self, closed: Closed) {
        if !self.way.put(|| Heard::Closed(closed)) {
            *self.missed.closed.lock() = Some(closed);
        }
    }
}

impl Clone for Ear {
    fn clone(&self) -> Self {
        self.way.ears.fetch_add(1, Ordering::Relaxed);
        Self { way: Arc::clone(&self.way), missed: Arc::clone(&self.missed) }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if self.way.ears.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.way.wake.notify_one();
        }
    }
}

impl Way {
    /// Queues something, if there is room for it; says whether there was. Where nobody listens there
    /// always is.
    fn put(&self, heard: impl FnOnce() -> Heard) -> bool {
        if self.deaf.load(Ordering::Relaxed) {
            return true;
        }
        let mut queue = self.queue.lock();
        let room = queue.len() + self.taken.load(Ordering::Relaxed) < self.room;
        if room {
            queue.push_back(heard());
        }
        drop(queue);
        self.wake.notify_one();
        room
    }
}

impl Hearing {
    /// What was heard next; none once nobody is left who would say something.
    pub async fn recv(&mut self) -> Option<Heard> {
        loop {
            if let Some(next) = self.taken.pop_front() {
                self.way.taken.fetch_sub(1, Ordering::Relaxed);
                return Some(next);
            }
            // Asked before it looks: what was said last is not missed.
            let over = self.way.ears.load(Ordering::Acquire) == 0;
            {
                let mut queue = self.way.queue.lock();
                self.way.taken.store(queue.len(), Ordering::Relaxed);
                self.taken = std::mem::take(&mut *queue);
            }
            if self.taken.is_empty() {
                if over {
                    return None;
                }
                self.way.wake.notified().await;
            }
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.way.queue.lock().is_empty()
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.way.deaf.store(true, Ordering::Relaxed);
        self.way.queue.lock().clear();
    }
}

//! A run's log: append-only, numbered once, log and bus in one. A subscriber is a cursor: first
//! load, live tail, reconnect and replay are the same read from a number.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use trace::entry::{Entry, What};
use trace::ids::Seq;
use trace::log::Header;
use trace::metrics::{Fold, Metrics};
use trace::time::Micros;

/// The most entries that a run keeps.
pub const ENTRIES_MAX: usize = 100_000;

/// The most bytes of traffic that a run keeps.
pub const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Room past [`ENTRIES_MAX`] for the entries that say that the cap struck, and for endings.
const RESERVE: usize = 1_000;

/// An entry as it is kept, written out as a line once, when somebody first wants it.
#[derive(Debug)]
pub struct Kept {
    /// The entry.
    pub entry: Entry,
    line: OnceLock<Bytes>,
}

impl Kept {
    /// The entry as a line, without its end.
    pub fn line(&self) -> Bytes {
        let write = || Bytes::from(serde_json::to_vec(&self.entry).unwrap_or_default());
        self.line.get_or_init(write).clone()
    }
}

/// Whether an entry was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It has this number.
    Kept(Seq),
    /// The run keeps no more.
    Full,
}

/// The log of one run.
#[derive(Debug)]
pub struct Log {
    /// The first line.
    pub header: Header,
    inner: Mutex<Inner>,
    last: watch::Sender<Seq>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Arc<Kept>>,
    bytes: u64,
    fold: Fold,
}

impl Log {
    /// An empty log.
    pub fn new(header: Header) -> Self {
        Self { header, inner: Mutex::default(), last: watch::Sender::new(Seq(0)) }
    }

    /// Adds an entry, unless the run keeps no more.
    pub fn append(&self, at_us: Micros, what: What) -> Appended {
        let mut inner = self.inner.lock();
        let small = !matches!(what, What::Chunk(_) | What::Passed(_) | What::Event(_));
        let room = if small { ENTRIES_MAX + RESERVE } else { ENTRIES_MAX };
        let len = if let What::Chunk(chunk) = &what { chunk.bytes.len() as u64 } else { 0 };
        if inner.entries.len() >= room || inner.bytes + len > BYTES_MAX {
            return Appended::Full;
        }
        let seq = Seq(inner.entries.len() as u64 + 1);
        let entry = Entry { seq, at_us, what };
        inner.bytes += len;
        inner.fold.push(&entry);
        inner.entries.push(Arc::new(Kept { entry, line: OnceLock::new() }));
        drop(inner);
        self.last.send_replace(seq);
        Appended::Kept(seq)
    }

    /// Up to `most` entries whose number is greater than `after`.
    pub fn after(&self, after: Seq, most: usize) -> Vec<Arc<Kept>> {
        let inner = self.inner.lock();
        let from = usize::try_from(after.0).unwrap_or(usize::MAX).min(inner.entries.len());
        inner.entries.iter().skip(from).take(most).cloned().collect()
    }

    /// The figures so far.
    pub fn metrics(&self) -> Metrics {
        self.inner.lock().fold.figures()
    }

    /// The number of the last entry, now and whenever it changes.
    pub fn last(&self) -> watch::Receiver<Seq> {
        self.last.subscribe()
    }

    /// The first line, without its end.
    pub fn header_line(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(&self.header).unwrap_or_default())
    }
}

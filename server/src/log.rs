//! A run's log: append-only, numbered once, log and bus in one. A subscriber is a cursor: first
//! load, live tail, reconnect and replay are the same read from a number.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::grpc::{Grpc, Value};
use trace::http2::Http2;
use trace::ids::Seq;
use trace::log::Header;
use trace::metrics::{Fold, Metrics};
use trace::note;
use trace::time::Micros;

use crate::caps::Caps;

/// A line longer than this is written out anew for each reader: kept, it would weigh too much.
const LINE_KEPT: usize = 16 * 1024;

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
        if let Some(line) = self.line.get() {
            return line.clone();
        }
        let line = self.written();
        if line.len() <= LINE_KEPT {
            return self.line.get_or_init(|| line).clone();
        }
        line
    }

    /// The same for who reads it once, so that it is not held in memory for anybody else.
    pub fn line_once(&self) -> Bytes {
        self.line.get().cloned().unwrap_or_else(|| self.written())
    }

    fn written(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(&self.entry).unwrap_or_default())
    }
}

/// What an entry weighs in memory, roughly: its traffic, what was made of it, or what was said.
fn weight(what: &What) -> u64 {
    let more = match what {
        What::Chunk(chunk) => chunk.bytes.len(),
        What::Event(event) => {
            24 * event.fields.len() + 32 * event.faults.len() + unfolded(&event.kind)
        }
        What::Note(note) => note_weight(&note.what),
        _ => 0,
    };
    more as u64
}

/// What a few bytes may have been made into: HPACK tells whole header fields by a number, and Protocol
/// Buffers tell of a number what it could be.
fn unfolded(kind: &Kind) -> usize {
    match kind {
        Kind::Http2(Http2::Head(head)) => {
            let headers = head.headers.iter();
            headers.map(|header| 80 + header.name.len() + header.value.len()).sum()
        }
        Kind::Grpc(Grpc::Message(message)) => {
            let readings = |value: &Value| -> usize {
                value.readings.iter().map(|it| 64 + it.kind.len() + it.text.len()).sum()
            };
            message.path.len() + message.values.iter().map(|it| 80 + readings(it)).sum::<usize>()
        }
        _ => 0,
    }
}

/// What a note weighs beside the entry itself.
fn note_weight(what: &note::What) -> usize {
    match what {
        note::What::StoreRead { ids, .. } | note::What::MessagesLost { ids, .. } => 8 * ids.len(),
        note::What::StoreAppended { text, .. } | note::What::MessageKept { text, .. } => text.len(),
        note::What::Refused { why, .. } => why.len(),
        note::What::EndpointRegistered { url, .. } => url.len(),
        _ => 0,
    }
}

/// Whether an entry is kept in a full run, too: endings and losses, so that nothing stays open.
const fn ends(what: &What) -> bool {
    match what {
        What::Closed(_) | What::Lost(_) | What::Input(_) => true,
        What::Note(note) => matches!(
            note.what,
            note::What::State { .. }
                | note::What::Cap { .. }
                | note::What::GateReleased { .. }
                | note::What::PollReleased { .. }
                | note::What::UserLeft { .. }
                | note::What::InstanceDown { .. }
                | note::What::InstanceUp { .. }
                | note::What::DeliveryDead { .. }
        ),
        _ => false,
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
    caps: Caps,
    inner: Mutex<Inner>,
    last: watch::Sender<Seq>,
    /// Whether the run keeps no more, for who waits for that.
    filled: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Arc<Kept>>,
    bytes: u64,
    open: u64,
    full: bool,
    fold: Fold,
}

impl Log {
    /// An empty log.
    pub fn new(header: Header, caps: Caps) -> Self {
        let (last, filled) = (watch::Sender::new(Seq(0)), watch::Sender::new(false));
        Self { header, caps, inner: Mutex::default(), last, filled }
    }

    /// Adds an entry, unless the run keeps no more. Endings and losses are always kept: a full run
    /// takes nothing new on, so they are bounded by what is open or waits.
    pub fn append(&self, at_us: Micros, what: What) -> Appended {
        let mut inner = self.inner.lock();
        let weight = weight(&what);
        inner.full |= inner.entries.len() as u64 >= self.caps.run_entries
            || inner.bytes + weight > self.caps.run_bytes;
        if inner.full {
            self.filled.send_if_modified(|filled| !std::mem::replace(filled, true));
        }
        if inner.full && !ends(&what) {
            return Appended::Full;
        }
        match &what {
            What::Opened(_) => inner.open += 1,
            What::Closed(_) => inner.open = inner.open.saturating_sub(1),
            _ => {}
        }
        let seq = Seq(inner.entries.len() as u64 + 1);
        let entry = Entry { seq, at_us, what };
        inner.bytes += weight;
        inner.fold.push(&entry);
        inner.entries.push(Arc::new(Kept { entry, line: OnceLock::new() }));
        // Told under the lock, so that numbers are told in their order.
        self.last.send_replace(seq);
        Appended::Kept(seq)
    }

    /// Whether the run keeps no more.
    pub fn is_full(&self) -> bool {
        self.inner.lock().full
    }

    /// Resolves once the run keeps no more.
    pub async fn filled(&self) {
        let _ = self.filled.subscribe().wait_for(|filled| *filled).await;
    }

    /// What its entries weigh in memory, roughly.
    pub fn bytes(&self) -> u64 {
        self.inner.lock().bytes
    }

    /// Connections that were opened and not closed.
    pub fn open_conns(&self) -> u64 {
        self.inner.lock().open
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

    /// The number of the last entry. Read by itself: whoever held it while asking for more would
    /// wait for a writer that waits for them.
    pub fn last_seq(&self) -> Seq {
        *self.last.borrow()
    }

    /// The number of the last entry, whenever it changes.
    pub fn last(&self) -> watch::Receiver<Seq> {
        self.last.subscribe()
    }
}

/// A log's first line, without its end.
pub fn header_line(header: &Header) -> Bytes {
    Bytes::from(serde_json::to_vec(header).unwrap_or_default())
}

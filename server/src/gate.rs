//! The gate of a run: with `pause`, the server stops here before each act of its own (an answer, a
//! push, a close) until the input `next`, and after a limit goes on by itself and says so.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;
use trace::entry::What;
use trace::ids::ConnId;
use trace::note::{self, Act, Note, Release};
use trace::time::Micros;

use crate::clock;
use crate::log::Log;

/// Where the acts of a run wait.
#[derive(Debug)]
pub struct Gate {
    mode: Mode,
    log: Arc<Log>,
    began: Micros,
    count: AtomicU64,
    waiting: Mutex<VecDeque<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    gate: u64,
    go: oneshot::Sender<Release>,
}

/// Whether acts wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every act passes at once.
    Open,
    /// Every act waits, this long at most.
    Paused { limit: Micros },
}

impl Gate {
    /// The gate of a run that began at a moment.
    pub fn new(mode: Mode, log: Arc<Log>, began: Micros) -> Self {
        Self { mode, log, began, count: AtomicU64::new(0), waiting: Mutex::default() }
    }

    /// Waits until the act may happen.
    pub async fn pass(&self, conn: ConnId, act: Act) {
        let Mode::Paused { limit } = self.mode else { return };
        let gate = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let (go, gone) = oneshot::channel();
        // Noted before it can be released, so that the log has the two in order.
        self.note(conn, note::What::GateHeld { gate, act, limit_us: limit });
        self.waiting.lock().push_back(Waiting { gate, go });
        let left = Left { gate: self, number: gate };
        let by = match tokio::time::timeout(clock::duration(limit), gone).await {
            Ok(Ok(by)) => by,
            Ok(Err(_)) => Release::RunEnded,
            Err(_) => Release::Limit,
        };
        drop(left);
        self.note(conn, note::What::GateReleased { gate, act, by });
    }

    /// Whether an act waits.
    pub fn waits(&self) -> bool {
        !self.waiting.lock().is_empty()
    }

    /// Lets the act go on that has waited longest. Says whether one waited.
    pub fn next(&self) -> bool {
        loop {
            let Some(first) = self.waiting.lock().pop_front() else { return false };
            if first.go.send(Release::Next).is_ok() {
                return true;
            }
        }
    }

    /// Lets all go on: the run ended.
    pub fn release_all(&self) {
        for waiting in self.waiting.lock().drain(..) {
            let _ = waiting.go.send(Release::RunEnded);
        }
    }

    fn note(&self, conn: ConnId, what: note::What) {
        let at = clock::now().since(self.began);
        self.log.append(at, What::Note(Note { conn: Some(conn), what }));
    }
}

/// Takes an act off the list when its wait is over, also when its connection is gone.
struct Left<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.gate.waiting.lock().retain(|waiting| waiting.gate != self.number);
    }
}

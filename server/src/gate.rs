//! The gate of a run: with `pause`, the server stops here before each act of its own (an answer, a
//! push, a close) until the input `next`, and after a limit goes on by itself and says so.

use std::collections::VecDeque;
use std::sync::Arc;

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
    waiting: Mutex<Waiting>,
}

/// Who waits, in order.
#[derive(Debug, Default)]
struct Waiting {
    count: u64,
    acts: VecDeque<(u64, oneshot::Sender<Release>)>,
    /// The run is over: nobody waits any more.
    over: bool,
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
        Self { mode, log, began, waiting: Mutex::default() }
    }

    /// Waits until the act may happen. What has no connection yet waits without one.
    pub async fn pass(&self, conn: impl Into<Option<ConnId>>, act: Act) {
        let Mode::Paused { limit } = self.mode else { return };
        let conn = conn.into();
        let (go, gone) = oneshot::channel();
        let gate = {
            let mut waiting = self.waiting.lock();
            if waiting.over {
                return;
            }
            waiting.count += 1;
            let gate = waiting.count;
            // Noted before it can be released, so that the log has the two in order.
            self.note(conn, note::What::GateHeld { gate, act, limit_us: limit });
            waiting.acts.push_back((gate, go));
            gate
        };
        let mut held = Held { gate: self, number: gate, conn, act, by: Release::Abandoned };
        held.by = match tokio::time::timeout(clock::duration(limit), gone).await {
            Ok(Ok(by)) => by,
            Ok(Err(_)) => Release::RunEnded,
            Err(_) => Release::Limit,
        };
    }

    /// How long an act waits at most.
    pub const fn longest(&self) -> Micros {
        match self.mode {
            Mode::Open => Micros(0),
            Mode::Paused { limit } => limit,
        }
    }

    /// Whether an act waits.
    pub fn waits(&self) -> bool {
        !self.waiting.lock().acts.is_empty()
    }

    /// Lets the act go on that has waited longest.
    pub fn next(&self) {
        let first = self.waiting.lock().acts.pop_front();
        if let Some((_, go)) = first {
            let _ = go.send(Release::Next);
        }
    }

    /// Lets all go on, and whoever comes: the run ended.
    pub fn open_for_good(&self) {
        let mut waiting = self.waiting.lock();
        waiting.over = true;
        for (_, go) in waiting.acts.drain(..) {
            let _ = go.send(Release::RunEnded);
        }
    }

    fn note(&self, conn: Option<ConnId>, what: note::What) {
        let at = clock::now().since(self.began);
        self.log.append(at, What::Note(Note { conn, what }));
    }
}

/// An act that waits. When its wait is over, also because nobody wants it any more, it is off the
/// list and that is noted.
struct Held<'a> {
    gate: &'a Gate,
    number: u64,
    conn: Option<ConnId>,
    act: Act,
    by: Release,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.gate.waiting.lock().acts.retain(|(number, _)| *number != self.number);
        let what = note::What::GateReleased { gate: self.number, act: self.act, by: self.by };
        self.gate.note(self.conn, what);
    }
}

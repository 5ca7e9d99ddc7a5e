//! All runs of this server: those in memory, and beside them those that are kept.

mod found;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use trace::ids::RunId;
use trace::studio::RunState;
use trace::time::Micros;

use crate::archive::{Archive, Unwritten};
use crate::caps::Caps;
use crate::clock;
use crate::run::Run;
use crate::store::Choice;
use crate::webhooks::Webhooks;

pub use found::{Found, upto};

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// Why runs end with the server.
const STOPPED: &str = "the server stopped";

/// How long the logs of runs that are over must be quiet before the last of them are written: who records
/// a connection is a moment behind it.
const QUIET: Duration = Duration::from_millis(300);

/// All runs, in the order of their making.
#[derive(Debug)]
pub struct Runs {
    /// The bounds of each.
    pub caps: Caps,
    /// Where their shared stores are.
    pub store: Choice,
    /// What calls endpoints, where something does.
    pub webhooks: OnceLock<Arc<Webhooks>>,
    /// Where they are kept, with `--data`.
    pub archive: OnceLock<Archive>,
    all: Mutex<BTreeMap<u64, Arc<Run>>>,
    /// The next run's number: none is given twice, nor one that a kept run has.
    next: AtomicU64,
}

impl Runs {
    /// None yet.
    pub fn new(caps: Caps, store: Choice) -> Self {
        Self {
            caps,
            store,
            webhooks: OnceLock::new(),
            archive: OnceLock::new(),
            all: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// Runs are kept there from now on, and those that are there are known.
    pub fn keep_in(&self, archive: Archive) {
        self.next.store(archive.next(), Ordering::Relaxed);
        let _ = self.archive.set(archive);
    }

    /// The run of this name, in memory or kept.
    pub fn find(&self, id: &RunId) -> Option<Found> {
        let past = || self.archive.get()?.find(id).map(|(_, past)| Found::Past(past));
        self.get(id).map(Found::Live).or_else(past)
    }

    /// Runs in memory and kept ones, the newest first: all that are in memory, and of the others as many as
    /// there may be beside them.
    pub fn listed(&self) -> Vec<Found> {
        // Kept ones first: a run may go from memory meanwhile, but none comes back to it.
        let past = self.archive.get().map(Archive::all).unwrap_or_default();
        let live = self.numbered();
        let most = usize::try_from(self.caps.runs).unwrap_or(usize::MAX);
        let room = most.saturating_sub(live.len());
        let past = past.into_iter().rev().filter(|(number, _)| !live.contains_key(number));
        let past = past.take(room).map(|(number, past)| (number, Found::Past(past)));
        let mut all: BTreeMap<u64, Found> = past.collect();
        all.extend(live.iter().map(|(number, run)| (*number, Found::Live(Arc::clone(run)))));
        all.into_values().rev().collect()
    }

    /// The run of this name, if it is in memory.
    pub fn get(&self, id: &RunId) -> Option<Arc<Run>> {
        self.all.lock().values().find(|run| run.id == *id).cloned()
    }

    /// The run that expects one of this program's own clients from an address.
    pub fn expecting(&self, from: SocketAddr) -> Option<Arc<Run>> {
        self.all.lock().values().find(|run| run.expects(from)).cloned()
    }

    /// All runs in memory, by their numbers.
    pub fn numbered(&self) -> BTreeMap<u64, Arc<Run>> {
        self.all.lock().clone()
    }

    /// Whether the run of this number is in memory.
    pub fn has(&self, number: u64) -> bool {
        self.all.lock().contains_key(&number)
    }

    /// All runs in memory, the newest first.
    pub fn all(&self) -> Vec<Arc<Run>> {
        self.all.lock().values().rev().cloned().collect()
    }

    /// Adds a run; the oldest that is over makes room for it, where runs are kept the oldest of those that
    /// need not be written any more. None if there are as many as there may be and none of them can go.
    pub fn add(&self, run: Run) -> Option<Arc<Run>> {
        let mut runs = self.all.lock();
        if runs.len() as u64 >= self.caps.runs {
            let leaves = runs.iter().find(|(number, run)| self.may_leave(**number, run));
            // A full disk does not keep anybody from new runs.
            let lost = || runs.iter().find(|(number, run)| self.is_failing(**number, run));
            let leaves = leaves.or_else(lost).map(|(number, _)| *number)?;
            if let Some(dropped) = runs.remove(&leaves) {
                let kept = !self.is_failing(leaves, &dropped);
                tracing::info!(run = %dropped.id, kept, "forgotten, to make room for a new run");
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(webhooks) = self.webhooks.get() {
            run.calls_by(webhooks);
        }
        let run = Arc::new(run);
        runs.insert(number, Arc::clone(&run));
        Some(run)
    }

    /// Whether a run is over, and written where runs are kept.
    fn may_leave(&self, number: u64, run: &Run) -> bool {
        let settled = || self.archive.get().is_none_or(|archive| archive.is_settled(number, run));
        !run.state().serves() && settled()
    }

    /// Whether a run is over, and could not be written.
    fn is_failing(&self, number: u64, run: &Run) -> bool {
        let failing = || self.archive.get().is_some_and(|archive| archive.is_failing(number));
        !run.state().serves() && failing()
    }

    /// Forgets a run in memory, after ending it. Gives its number.
    pub fn remove(&self, id: &RunId) -> Option<u64> {
        let mut runs = self.all.lock();
        let number = runs.iter().find(|(_, run)| run.id == *id).map(|(number, _)| *number)?;
        let run = runs.remove(&number)?;
        run.go_to(RunState::Finished, "deleted");
        Some(number)
    }

    /// Forgets a run wherever it is.
    ///
    /// # Errors
    /// It is still kept.
    pub async fn delete(&self, id: &RunId) -> Result<(), Unwritten> {
        let live = self.remove(id);
        let Some(archive) = self.archive.get() else { return Ok(()) };
        let Some(number) = live.or_else(|| archive.find(id).map(|(number, _)| number)) else {
            return Ok(());
        };
        archive.forget(number).await
    }

    /// The server stops: where runs are kept, those under way are over now.
    pub fn stop(&self) {
        if self.archive.get().is_none() {
            return;
        }
        for run in self.all() {
            run.go_to(RunState::Finished, STOPPED);
        }
    }

    /// Nothing is under way any more: where runs are kept, all are written that can be until a moment.
    pub async fn end(self: &Arc<Self>, until: Micros) {
        let Some(archive) = self.archive.get() else { return };
        self.stop();
        quiet(&archive.unsettled(self), until).await;
        archive.flush(self, until).await;
    }

    /// Ends runs that nobody uses, until the server stops; and says once when its certificate, which
    /// holds until that moment, does so no more.
    pub async fn sweep(self: Arc<Self>, stop: CancellationToken, until: String) {
        let limit = Micros::from_millis(self.caps.run_idle_s * 1_000);
        let mut until = Some(until);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(10)) => {}
            }
            if let Some(until) = until.take_if(|until| *until <= clock::wall()) {
                tracing::warn!(until, "the certificate holds no more: start the server again");
            }
            for run in self.all() {
                if run.state().serves() && run.idle_for() >= limit {
                    let why = format!("{} s without driver or traffic", self.caps.run_idle_s);
                    run.go_to(RunState::Finished, &why);
                }
            }
        }
    }
}

/// Waits until the connections of runs are closed and nothing more is written into their logs, for half of the
/// time that is left at most.
async fn quiet(runs: &[Arc<Run>], until: Micros) {
    let now = clock::now();
    let limit = now.plus(Micros(until.since(now).0 / 2));
    let said = || runs.iter().map(|run| run.log.last_seq().0).sum::<u64>();
    let mut before = said();
    while !runs.is_empty() && clock::now() < limit {
        tokio::time::sleep(QUIET).await;
        let now = said();
        if now == before && runs.iter().all(|run| run.log.open_conns() == 0) {
            return;
        }
        before = now;
    }
}

/// A name that has not been given: 8 letters and digits drawn by lot.
pub fn new_id() -> RunId {
    RunId(draw(8))
}

/// A key: 160 bits drawn by lot.
pub fn new_key() -> String {
    draw(32)
}

fn draw(len: usize) -> String {
    let mut rng = rand::rng();
    let letter =
        |_| ALPHABET.get(rng.random_range(0..ALPHABET.len())).copied().map_or('2', char::from);
    (0..len).map(letter).collect()
}

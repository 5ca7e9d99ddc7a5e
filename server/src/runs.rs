//! All runs of this server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use trace::ids::RunId;
use trace::studio::RunState;
use trace::time::Micros;

use crate::caps::Caps;
use crate::clock;
use crate::run::Run;
use crate::store::Choice;
use crate::webhooks::Webhooks;

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// All runs, in the order of their making.
#[derive(Debug)]
pub struct Runs {
    /// The bounds of each.
    pub caps: Caps,
    /// Where their shared stores are.
    pub store: Choice,
    /// What calls endpoints, where something does.
    pub webhooks: OnceLock<Arc<Webhooks>>,
    all: Mutex<BTreeMap<u64, Arc<Run>>>,
}

impl Runs {
    /// None yet.
    pub fn new(caps: Caps, store: Choice) -> Self {
        Self { caps, store, webhooks: OnceLock::new(), all: Mutex::default() }
    }

    /// The run of this name.
    pub fn get(&self, id: &RunId) -> Option<Arc<Run>> {
        self.all.lock().values().find(|run| run.id == *id).cloned()
    }

    /// The run that expects one of this program's own clients from an address.
    pub fn expecting(&self, from: SocketAddr) -> Option<Arc<Run>> {
        self.all.lock().values().find(|run| run.expects(from)).cloned()
    }

    /// All runs, the newest first.
    pub fn all(&self) -> Vec<Arc<Run>> {
        self.all.lock().values().rev().cloned().collect()
    }

    /// Adds a run; the oldest that is over makes room for it. None if there are as many as there may be and none of them is over.
    pub fn add(&self, run: Run) -> Option<Arc<Run>> {
        let mut runs = self.all.lock();
        if runs.len() as u64 >= self.caps.runs {
            let over = runs.iter().find(|(_, run)| !run.state().serves()).map(|(at, _)| *at)?;
            if let Some(dropped) = runs.remove(&over) {
                tracing::info!(run = %dropped.id, "forgotten, to make room for a new run");
            }
        }
        let number = runs.last_key_value().map_or(0, |(number, _)| number + 1);
        if let Some(webhooks) = self.webhooks.get() {
            run.calls_by(webhooks);
        }
        let run = Arc::new(run);
        runs.insert(number, Arc::clone(&run));
        Some(run)
    }

    /// Forgets a run, after ending it.
    pub fn remove(&self, id: &RunId) -> Option<Arc<Run>> {
        let mut runs = self.all.lock();
        let number = runs.iter().find(|(_, run)| run.id == *id).map(|(number, _)| *number)?;
        let run = runs.remove(&number)?;
        run.go_to(RunState::Finished, "deleted");
        Some(run)
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

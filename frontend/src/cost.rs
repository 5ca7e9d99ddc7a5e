//! What a message costs the server by three protocols: the server measures it, and the page asks.

use leptos::prelude::*;
use leptos::task::spawn_local;
use trace::processor_time::ProcessorTime;

use crate::state::State;
use crate::studio;

/// How many messages are asked for, by each protocol.
const MESSAGES: u64 = 1_000;

/// How long a text can be chosen to be, in bytes; the second is chosen at first.
pub const BYTES: [u64; 4] = [16, 64, 1_024, 4_096];

/// How far the server is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Costed {
    /// Nobody has asked for it.
    #[default]
    Never,
    /// It is under way.
    Under,
    /// It is over.
    Done(ProcessorTime),
    /// It came to nothing.
    Failed(String),
}

/// What the server measured, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Costs {
    /// What it found.
    pub found: RwSignal<Costed>,
    /// The length of a message's text, in bytes.
    pub bytes: RwSignal<u64>,
}

impl Costs {
    /// Nothing is measured yet.
    #[must_use]
    pub fn new() -> Self {
        let [_, bytes, ..] = BYTES;
        Self { found: RwSignal::new(Costed::Never), bytes: RwSignal::new(bytes) }
    }

    /// Whether it is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.found.with(|found| *found == Costed::Under)
    }
}

impl Default for Costs {
    fn default() -> Self {
        Self::new()
    }
}

/// Asks the server to measure.
pub fn start(state: State) {
    let costs = state.costs;
    if untrack(|| costs.busy()) {
        return;
    }
    let bytes = costs.bytes.get_untracked();
    costs.found.set(Costed::Under);
    spawn_local(async move {
        costs.found.set(match studio::processor_time(MESSAGES, bytes).await {
            Ok(report) => Costed::Done(report),
            Err(failed) => Costed::Failed(failed.text()),
        });
    });
}

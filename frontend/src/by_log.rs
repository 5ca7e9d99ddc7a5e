//! What is read from a log once, as it grows.

use leptos::prelude::*;
use scene::model::Model;

use crate::state::State;

/// Something that a log tells, as far as it was read.
pub trait ByLog: Send + Sync + 'static {
    /// Nothing was read yet of the log that is shown since so many others.
    fn begin(epoch: u64) -> Self;

    /// Which log it is of.
    fn epoch(&self) -> u64;

    /// Reads what is new. Says whether that changed it.
    fn read(&mut self, model: &Model) -> bool;
}

/// What the log that is shown tells.
pub fn by_log<T: ByLog>(state: State) -> Memo<T> {
    Memo::new_owning(move |old: Option<T>| {
        let epoch = state.epoch.get();
        let same = old.filter(|old| old.epoch() == epoch);
        let mut changed = same.is_none();
        let mut known = same.unwrap_or_else(|| T::begin(epoch));
        state.model.with(|model| {
            if let Some(model) = model {
                changed |= known.read(model);
            }
        });
        (known, changed)
    })
}

//! The runs that the studio keeps: listed, and deleted after a moment in which that can be undone.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trace::ids::RunId;

use crate::state::{State, Toast};
use crate::{kept, studio};

/// How long a deletion can be undone.
const UNDO_MS: u32 = 8_000;

/// How many runs are listed.
pub const LISTED: usize = 12;

/// Asks the studio for its runs.
pub fn load(state: State) {
    spawn_local(async move {
        // A studio that is away is told elsewhere.
        if let Ok(runs) = studio::runs().await {
            state.recent.set(runs);
        }
    });
}

/// Takes a run off the list, and deletes it when it was not undone.
pub fn delete(state: State, run: RunId) {
    let shown =
        state.run.with_untracked(|active| active.as_ref().is_some_and(|active| active.id == run));
    let number =
        state.toast.with_untracked(|toast| toast.as_ref().map_or(1, |toast| toast.number + 1));
    state.deleting.update(|deleting| {
        deleting.insert(run.0.clone());
    });
    let text = text::say("recent-deleted", &[("run", (&run.0).into())]);
    state.toast.set(Some(Toast { number, text, undo: Some(run.clone()) }));
    if shown {
        state.clear();
    }
    spawn_local(async move {
        TimeoutFuture::new(UNDO_MS).await;
        state.toast.update(|toast| {
            if toast.as_ref().is_some_and(|toast| toast.number == number) {
                *toast = None;
            }
        });
        if !state.deleting.with_untracked(|deleting| deleting.contains(&run.0)) {
            return;
        }
        if let Err(failed) = studio::delete(&run, kept::key(&run).as_deref()).await {
            state.say(failed.text());
        }
        state.deleting.update(|deleting| {
            deleting.remove(&run.0);
        });
        load(state);
    });
}

/// Leaves a run where it is after all.
pub fn undo(state: State, run: &RunId) {
    state.deleting.update(|deleting| {
        deleting.remove(&run.0);
    });
    state.toast.set(None);
}

//! The runs that the studio keeps: listed, and deleted after a moment in which that can be undone.

use std::collections::BTreeMap;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::link::Link;
use scene::look::Look;
use trace::ids::RunId;
use trace::studio::Summary;

use crate::address::{self, Address};
use crate::pane::Which;
use crate::state::{Active, State, Undo};
use crate::{beside, kept, studio, toast};

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

/// Goes to a run. What the reader has set stays as far as it is about the same lab, and so does the run
/// beside.
pub fn visit(state: State, run: &Summary) {
    let now = untrack(|| address::now(state));
    let look = if now.link.lab == run.lab { now.link.look } else { Look::default() };
    let link = Link { lab: run.lab.clone(), run: Some(run.id.clone()), look, ..Link::default() };
    let address = Address { link, user: None, ..now };
    let _ = window().location().set_hash(&address.write());
}

/// Takes a run off the list, and deletes it when it was not undone.
pub fn delete(state: State, run: RunId) {
    let state = state.pane(Which::Main);
    let is_shown = |active: &Active| active.id == run;
    let shown = state.run.with_untracked(|active| active.as_ref().is_some_and(is_shown));
    let is_beside = state.beside.run.with_untracked(|beside| beside.as_ref() == Some(&run));
    let hash = (shown || is_beside).then(|| untrack(|| address::now(state)).write());
    let text = text::say("recent-deleted", &[("run", (&run.0).into())]);
    let number = toast::say(state, text, Some(Undo { run: run.clone(), shown: hash }));
    state.deleting.update(|deleting| {
        deleting.insert(run.0.clone(), number);
    });
    if shown {
        state.clear();
    }
    if is_beside {
        beside::close(state);
    }
    spawn_local(async move {
        TimeoutFuture::new(toast::SHOWN_MS).await;
        let mine = |deleting: &BTreeMap<String, u64>| deleting.get(&run.0) == Some(&number);
        if !state.deleting.with_untracked(mine) {
            return;
        }
        if let Err(failed) = studio::delete(&run, kept::key(&run).as_deref()).await {
            state.say(failed.text());
        }
        if let Ok(runs) = studio::runs().await {
            state.recent.set(runs);
        }
        state.deleting.update(|deleting| {
            deleting.remove(&run.0);
        });
    });
}

/// Leaves a run where it is after all.
pub fn undo(state: State, undo: &Undo) {
    state.deleting.update(|deleting| {
        deleting.remove(&undo.run.0);
    });
    state.toast.set(None);
    if let Some(hash) = &undo.shown {
        let _ = window().location().set_hash(hash);
        address::show(state);
    }
}

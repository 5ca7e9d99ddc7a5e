//! What is said for a moment.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::state::{State, Toast, Undo};

/// How long something is said, and how long it can be undone.
pub const SHOWN_MS: u32 = 8_000;

/// Says something. Gives its number.
pub fn say(state: State, text: String, undo: Option<Undo>) -> u64 {
    let number = state.turn();
    state.toast.set(Some(Toast { number, text, undo }));
    spawn_local(async move {
        TimeoutFuture::new(SHOWN_MS).await;
        state.toast.update(|toast| {
            if toast.as_ref().is_some_and(|toast| toast.number == number) {
                *toast = None;
            }
        });
    });
    number
}

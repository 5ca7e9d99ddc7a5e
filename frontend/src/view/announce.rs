//! What a screen reader hears of itself: the step that the reader moved to, and new steps of a live
//! run, unless that was quieted.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::list;
use scene::player::Place;

use crate::state::{State, state};

/// Steps that come faster are not read one by one.
const REST_MS: u32 = 400;

/// The live region.
#[component]
pub fn Announce() -> impl IntoView {
    let state = state();
    let said = RwSignal::new(String::new());
    let turn = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let line = line(state);
        if state.settings.with(|settings| settings.quiet) && state.place.get() == Place::Tail {
            return;
        }
        let mine = turn.get_value() + 1;
        turn.set_value(mine);
        spawn_local(async move {
            TimeoutFuture::new(REST_MS).await;
            if turn.try_get_value() == Some(mine) {
                said.set(line.unwrap_or_default());
            }
        });
    });
    view! { <div class="unseen" id="announced" aria-live="polite">{move || said.get()}</div> }
}

/// The reader's row in words, with its number.
fn line(state: State) -> Option<String> {
    let index = state.row()?;
    let row = state.rows.with(|rows| rows.all.get(index).copied())?;
    let words = state.model.with(|model| model.as_ref().map(|model| list::line(model, &row)))?;
    Some(format!("{}. {words}", index + 1))
}

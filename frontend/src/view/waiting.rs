//! For whom a run waits whose page has done its part: clients of others that are still connected, as the
//! log says.

use leptos::prelude::*;
use scene::model::Model;
use trace::participant::{Participant, Role};
use trace::studio::RunState;

use crate::state::{State, state};

/// So many are named.
const NAMED: usize = 6;

/// The line, where somebody is waited for.
#[component]
pub fn Waiting() -> impl IntoView {
    let state = state();
    let names = Memo::new(move |_| names(state));
    move || {
        let names = names.get();
        (!names.is_empty()).then(|| {
            let mut listed = names.iter().take(NAMED).cloned().collect::<Vec<String>>().join(", ");
            if names.len() > NAMED {
                listed.push_str(", …");
            }
            let args = [("count", (names.len() as u64).into()), ("names", (&listed).into())];
            let words = text::say("waiting-for", &args);
            view! { <p class="guests" id="waiting" role="status">{words}</p> }
        })
    }
}

fn names(state: State) -> Vec<String> {
    if !state.waits.get() {
        return Vec::new();
    }
    let mine = state.mine.get();
    state.model.with(|model| {
        let runs = |model: &&Model| model.state == RunState::Running;
        let Some(model) = model.as_ref().filter(runs) else { return Vec::new() };
        // Instances that call each other, and another service, go with the run.
        let is_guest = |client: &&Participant| {
            matches!(client.role, Role::Browser | Role::Client) && !mine.contains(&client.id)
        };
        let opened = model.open.iter().filter_map(|conn| model.opened(*conn));
        let guests = opened.map(|opened| &opened.client).filter(is_guest);
        let mut names: Vec<String> = guests.map(|client| client.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    })
}

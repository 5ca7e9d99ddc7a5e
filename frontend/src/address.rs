//! The page's address: what it says is shown, and what is shown it says, so that it can be shared.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::link::Link;
use scene::player::Place;
use wasm_bindgen::JsValue;

use crate::state::{State, Tab};
use crate::{session, studio};

/// How long the address waits for the reader to come to rest.
const REST_MS: u32 = 250;

/// What the address says.
#[must_use]
pub fn wanted() -> Link {
    let hash = window().location().hash().unwrap_or_default();
    Link::read(&hash)
}

/// Shows what the address says, as far as it is there.
pub fn show(state: State) {
    let link = wanted();
    let known = |id: &str| state.labs.with_untracked(|labs| labs.iter().any(|lab| lab.id == id));
    if !known(&link.lab) {
        return;
    }
    let run = state.run.with_untracked(|run| run.as_ref().map(|run| run.id.clone()));
    if state.lab.get_untracked() != link.lab {
        show_lab(state, &link.lab);
    } else if link.run.is_none() && state.model.with_untracked(Option::is_some) {
        // The same lab anew.
        state.show_lab(&link.lab);
    }
    let Some(id) = link.run.clone().filter(|id| Some(id) != run.as_ref()) else {
        return set(state, &link);
    };
    spawn_local(async move {
        if session::revisit(state, id).await {
            set(state, &link);
        }
    });
}

/// Shows a lab and fetches its lesson.
pub fn show_lab(state: State, id: &str) {
    state.show_lab(id);
    state.lesson.set(None);
    state.guesses.update(std::collections::BTreeMap::clear);
    state.tab.set(Tab::Lesson);
    let id = id.to_owned();
    spawn_local(async move {
        if let Ok(lesson) = studio::lesson(&id).await
            && state.lab.get_untracked() == id
        {
            state.lesson.set(Some(lesson));
        }
    });
}

fn set(state: State, link: &Link) {
    state.look.set(link.look.clone());
    if let Some(step) = link.step {
        state.place.set(Place::Step(step - 1));
    }
    if let Some(tab) = Tab::ALL.into_iter().find(|tab| tab.id() == link.tab) {
        state.tab.set(tab);
    }
    state.marked.set(link.marked);
}

/// Lets the address say what is shown.
pub fn keep(state: State) {
    let written = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let link = now(state);
        if link.lab.is_empty() || state.visiting.get() {
            return;
        }
        let turn = written.get_value() + 1;
        written.set_value(turn);
        spawn_local(async move {
            TimeoutFuture::new(REST_MS).await;
            if written.try_get_value() == Some(turn)
                && let Ok(history) = window().history()
            {
                let hash = format!("#{}", link.write());
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&hash));
            }
        });
    });
}

/// What is shown, as an address.
#[must_use]
pub fn now(state: State) -> Link {
    let run = state.run.with(|run| run.as_ref().map(|run| run.id.clone()));
    let step = match state.place.get() {
        Place::Tail => None,
        Place::Step(step) => run.as_ref().map(|_| step + 1),
    };
    let tab = state.tab.get();
    Link {
        lab: state.lab.get(),
        step,
        look: state.look.get(),
        tab: if tab == Tab::default() { String::new() } else { tab.id().to_owned() },
        marked: state.marked.get().filter(|_| run.is_some()),
        run,
    }
}

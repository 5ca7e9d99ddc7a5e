//! Stepping: next, back, first, last, play, pause, and the line of all steps.

use leptos::prelude::*;
use scene::model::StepKind;
use scene::player::{Move, Place};

use crate::session;
use crate::state::{State, state};

/// A step on. At the newest step of a paused run the server itself is let go on.
pub fn next(state: State) {
    let (step, count, waits) = untrack(|| (state.step(), state.count(), state.server_waits()));
    if waits && step.is_none_or(|step| step + 1 >= count) {
        state.place.set(Place::Tail);
        session::press(state, "next");
    } else {
        go(state, Move::Next);
    }
}

/// Moves the reader, who then is not carried on by the play button.
pub fn go(state: State, to: Move) {
    state.playing.set(false);
    state.go(to);
}

/// The bar below the ladder.
#[component]
pub fn Player() -> impl IntoView {
    let state = state();
    let waits = Memo::new(move |_| state.server_waits());
    let at_end = move || state.step().is_none_or(|step| step + 1 >= state.count());
    let next_text =
        move || if waits.get() && at_end() { "Next · lets the server go on" } else { "Next ▶" };
    let place = move || match state.step() {
        Some(step) => format!("step {} of {}", step + 1, state.count()),
        None => "no steps yet".to_owned(),
    };
    let none = move || state.count() == 0;
    view! {
        <footer class="player" aria-label="Steps">
            <button class="quiet" id="play" disabled=none on:click=move |_| toggle(state)>
                {move || if state.playing.get() { "❚❚ Pause" } else { "▶ Play" }}
            </button>
            <button class="quiet" id="first" disabled=none on:click=move |_| go(state, Move::First)>"First"</button>
            <button class="quiet" id="back" disabled=none on:click=move |_| go(state, Move::Back)>"◀ Back"</button>
            <button
                class="primary"
                id="next"
                class:gate=move || waits.get() && at_end()
                disabled=move || at_end() && !waits.get()
                on:click=move |_| next(state)
            >
                {next_text}
            </button>
            <button class="quiet" id="last" disabled=none on:click=move |_| go(state, Move::Last)>"Last"</button>
            <Scrub />
            <output class="place" id="place">{place}</output>
        </footer>
    }
}

/// Starts or stops going on by itself; from the end it begins again.
pub fn toggle(state: State) {
    let at_end = untrack(|| state.step().is_some_and(|step| step + 1 >= state.count()));
    if at_end && !state.playing.get_untracked() {
        state.go(Move::First);
    }
    state.playing.update(|playing| *playing = !*playing);
}

/// Every step as a mark on a line, and a handle to move along it.
#[component]
fn Scrub() -> impl IntoView {
    let state = state();
    let marks = Memo::new(move |_| {
        state.model.with(|model| {
            let steps = model.as_ref().map(|model| model.steps.as_slice()).unwrap_or_default();
            let every = steps.len().div_ceil(400).max(1);
            let mark = |(index, step): (usize, &scene::model::Step)| (index, kind(&step.what));
            (steps.len(), steps.iter().enumerate().step_by(every).map(mark).collect::<Vec<_>>())
        })
    });
    let mark = |count: usize| {
        move |(index, class): (usize, &'static str)| {
            let x = (index as f64 + 0.5) / count.max(1) as f64 * 1_000.0;
            view! { <rect class=class x=(x - 1.5).to_string() y="4" width="3" height="20" /> }
        }
    };
    view! {
        <div class="scrub">
            <svg viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">
                {move || marks.with(|(count, marks)| {
                    marks.iter().copied().map(mark(*count)).collect_view()
                })}
            </svg>
            <input
                type="range"
                id="scrub"
                aria-label="Step"
                min="1"
                max=move || state.count().max(1).to_string()
                disabled=move || state.count() == 0
                prop:value=move || state.step().map_or(1, |step| step + 1).to_string()
                on:input=move |event| {
                    let step = event_target_value(&event).parse::<usize>().unwrap_or(1);
                    go(state, Move::To(step.saturating_sub(1)));
                }
            />
        </div>
    }
}

const fn kind(what: &StepKind) -> &'static str {
    match what {
        StepKind::Open | StepKind::Close => "mark connection",
        StepKind::Message { dir: trace::span::Dir::ToServer, .. } => "mark request",
        StepKind::Message { .. } => "mark answer",
        StepKind::Hold { .. } | StepKind::Idle { .. } | StepKind::Gate { .. } => "mark waiting",
        StepKind::Note | StepKind::Lost => "mark other",
    }
}

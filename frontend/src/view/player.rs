//! Stepping: next, back, first, last, play, pause, how fast, and the line of all steps.

use leptos::prelude::*;
use scene::player::{Move, Place};
use scene::seek::{self, Found, Sought, Way};

use super::scrub::Scrub;
use super::t;
use crate::state::{State, state};
use crate::{session, toast};

/// How long a step is shown while the steps go on by themselves, at 100 %.
const STEP_MS: u32 = 1_200;

/// How often [`play`] is called.
const TICK_MS: u32 = 100;

/// Speeds in percent.
const SPEEDS: [u32; 5] = [25, 50, 100, 200, 400];

/// A step on. At the newest step of a paused run the server itself is let go on.
pub fn next(state: State) {
    let (row, count, waits) = untrack(|| (state.row(), state.count(), state.server_waits()));
    if waits && row.is_none_or(|row| row + 1 >= count) {
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

/// To the next step of a kind, round by the other end if need be. Says where that is odd, or that there
/// is none.
pub fn seek(state: State, sought: Sought, way: Way) {
    let found = untrack(|| {
        let row = state.row()?;
        state.model.with(|model| {
            state.rows.with(|rows| seek::next(model.as_ref()?, rows, row, sought, way))
        })
    });
    let said = match found {
        Some(Found::Ahead(row)) => return go(state, Move::To(row)),
        Some(Found::Round(row)) => {
            go(state, Move::To(row));
            if way == Way::On { "seek-round" } else { "seek-round-back" }
        }
        Some(Found::Only) => "seek-only",
        None => "seek-none",
    };
    let what = t(match sought {
        Sought::Connect => "seek-connect",
        Sought::Request => "seek-request",
        Sought::Push => "seek-push",
        Sought::Close => "seek-close",
        Sought::Fault => "seek-fault",
    });
    toast::say(state, text::say(said, &[("what", (&what).into())]), None);
}

/// A step on, when its time has come, while the steps go on by themselves.
pub fn play(state: State) {
    if !state.playing.get_untracked() {
        return;
    }
    let shown = state.played.with_value(|played| *played) + TICK_MS;
    if shown * state.speed.get_untracked() / 100 < STEP_MS {
        return state.played.set_value(shown);
    }
    state.played.set_value(0);
    let (row, count) = untrack(|| (state.row(), state.count()));
    match row {
        Some(row) if row + 1 < count => state.go(Move::To(row + 1)),
        _ => state.playing.set(false),
    }
}

/// Starts or stops going on by itself; from the end it begins again.
pub fn toggle(state: State) {
    let at_end = untrack(|| state.row().is_some_and(|row| row + 1 >= state.count()));
    if at_end && !state.playing.get_untracked() {
        state.go(Move::First);
    }
    state.played.set_value(0);
    state.playing.update(|playing| *playing = !*playing);
}

/// The bar below the ladder.
#[component]
pub fn Player() -> impl IntoView {
    let state = state();
    let waits = Memo::new(move |_| state.server_waits());
    let at_end = move || state.row().is_none_or(|row| row + 1 >= state.count());
    let next_text = move || t(if waits.get() && at_end() { "next-gate" } else { "next" });
    let place = move || match state.row() {
        Some(row) => {
            let (step, count) = ((row + 1).to_string(), state.count().to_string());
            text::say("place", &[("step", (&step).into()), ("count", (&count).into())])
        }
        None => t("place-none"),
    };
    let none = move || state.count() == 0;
    let at_begin = move || state.row().is_none_or(|row| row == 0);
    let play_text = move || t(if state.playing.get() { "pause" } else { "play" });
    let speed = move |percent: u32| {
        let chosen = move || state.speed.get() == percent;
        view! { <option value=percent.to_string() prop:selected=chosen>{times(percent)}</option> }
    };
    view! {
        <footer class="player" aria-label=t("player") on:mousedown=keep_focus>
            <button class="quiet" id="play" disabled=none on:click=move |_| toggle(state)>{play_text}</button>
            <button class="quiet" id="first" disabled=at_begin on:click=move |_| go(state, Move::First)>{t("first")}</button>
            <button class="quiet" id="back" disabled=at_begin on:click=move |_| go(state, Move::Back)>{t("back")}</button>
            <button
                class="primary"
                id="next"
                class:gate=move || waits.get() && at_end()
                disabled=move || at_end() && !waits.get()
                on:click=move |_| next(state)
            >
                {next_text}
            </button>
            <button class="quiet" id="last" disabled=none on:click=move |_| go(state, Move::Last)>{t("last")}</button>
            <select
                class="quiet"
                id="speed"
                aria-label=t("speed")
                on:change=move |event| state.speed.set(event_target_value(&event).parse().unwrap_or(100))
            >
                {SPEEDS.into_iter().map(speed).collect_view()}
            </select>
            <Jump />
            <Scrub />
            <output class="place" id="place">{place}</output>
            <button class="quiet" id="inspect" on:click=move |_| state.inspecting.update(|inspecting| *inspecting = !*inspecting)>
                {move || t(if state.inspecting.get() { "inspect-close" } else { "inspect" })}
            </button>
        </footer>
    }
}

/// A button that is clicked does not take the focus, so that Space goes on playing and pausing.
pub fn keep_focus(event: leptos::ev::MouseEvent) {
    use wasm_bindgen::JsCast as _;
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if target.is_some_and(|target| target.closest("button").ok().flatten().is_some()) {
        event.prevent_default();
    }
}

/// Jumps to the next step of a kind.
#[component]
fn Jump() -> impl IntoView {
    let state = state();
    let kinds = [
        (Sought::Connect, "connect", "seek-connect"),
        (Sought::Request, "request", "seek-request"),
        (Sought::Push, "push", "seek-push"),
        (Sought::Close, "close", "seek-close"),
        (Sought::Fault, "fault", "seek-fault"),
    ];
    let option = |(_, id, name): (Sought, &'static str, &'static str)| {
        view! { <option value=id>{t(name)}</option> }
    };
    view! {
        <select
            class="quiet"
            id="jump"
            aria-label=t("jump-label")
            disabled=move || state.count() == 0
            on:change=move |event| {
                let chosen = event_target_value(&event);
                event_target::<web_sys::HtmlSelectElement>(&event).set_value("");
                if let Some((sought, ..)) = kinds.into_iter().find(|(_, id, _)| *id == chosen) {
                    seek(state, sought, Way::On);
                }
            }
        >
            <option value="">{t("jump")}</option>
            {kinds.into_iter().map(option).collect_view()}
        </select>
    }
}

/// A speed as it is read: `0.5×`.
fn times(percent: u32) -> String {
    match percent {
        25 => "0.25×".to_owned(),
        50 => "0.5×".to_owned(),
        percent => format!("{}×", percent / 100),
    }
}

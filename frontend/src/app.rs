//! The page: its parts, its keys and its clock.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::player::Move;

use crate::session;
use crate::state::{State, Trouble};
use crate::studio;
use crate::view::{controls, inspector, ladder, metrics, player, sidebar, topbar};

/// How often a live run's clock is moved on.
const TICK_MS: u64 = 100;

/// How long a step is shown while the steps go on by themselves.
const PLAY: Duration = Duration::from_millis(1_200);

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    spawn_local(load(state));
    let keys = window_event_listener(ev::keydown, move |event| key(state, &event));
    let addresses = window_event_listener(ev::hashchange, move |_| show_wanted(state));
    let ticks = set_interval_with_handle(
        move || session::tick(state, TICK_MS),
        Duration::from_millis(TICK_MS),
    );
    let plays = set_interval_with_handle(move || play(state), PLAY);
    on_cleanup(move || {
        keys.remove();
        addresses.remove();
        for handle in [ticks, plays].into_iter().flatten() {
            handle.clear();
        }
    });
    view! {
        <div class="page">
            <topbar::Topbar />
            <sidebar::Sidebar />
            <main class="main">
                <controls::Controls />
                <Notice />
                <metrics::Metrics />
                <ladder::Ladder />
            </main>
            <inspector::Inspector />
            <player::Player />
        </div>
    }
}

/// Loads the labs, and asks again while the studio is away.
async fn load(state: State) {
    loop {
        match studio::labs().await {
            Ok(labs) => {
                let wanted = wanted_lab();
                let known = labs.iter().find(|lab| lab.id == wanted).or(labs.first());
                let id = known.map(|lab| lab.id.clone());
                state.labs.set(labs);
                // A log that was opened from a file meanwhile stays.
                if let Some(id) = id.filter(|_| state.model.with_untracked(Option::is_none)) {
                    state.show_lab(&id);
                }
                return;
            }
            Err(failed) => {
                if state.model.with_untracked(Option::is_none) {
                    state.trouble.set(Some(Trouble::Away));
                }
                leptos::logging::debug_warn!("{}", failed.text());
                TimeoutFuture::new(2_000).await;
            }
        }
    }
}

/// The lab that the address names: `/#http11`.
fn wanted_lab() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok());
    hash.unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Shows the lab that the address names. A run that is under way is not left behind unseen: it is
/// stopped.
fn show_wanted(state: State) {
    let wanted = wanted_lab();
    let known = state.labs.with_untracked(|labs| labs.iter().any(|lab| lab.id == wanted));
    if known && state.lab.get_untracked() != wanted {
        let serves = |model: &scene::model::Model| model.state.serves();
        if state.model.with_untracked(|model| model.as_ref().is_some_and(serves)) {
            session::press(state, "stop");
        }
        state.show_lab(&wanted);
    }
}

/// Keys for the steps, unless they are meant for a control.
fn key(state: State, event: &ev::KeyboardEvent) {
    use wasm_bindgen::JsCast as _;
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let tag = target.map(|element| element.tag_name()).unwrap_or_default();
    let typed = matches!(tag.as_str(), "INPUT" | "SELECT" | "TEXTAREA");
    let pressed = tag == "BUTTON" || tag == "A" || tag == "SUMMARY";
    if typed || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => player::next(state),
        "ArrowLeft" | "ArrowUp" => player::go(state, Move::Back),
        "Home" => player::go(state, Move::First),
        "End" => player::go(state, Move::Last),
        " " if !pressed => player::toggle(state),
        _ => return,
    }
    event.prevent_default();
}

/// A step on, while the steps go on by themselves.
fn play(state: State) {
    if !state.playing.get_untracked() {
        return;
    }
    let (step, count) = untrack(|| (state.step(), state.count()));
    match step {
        Some(step) if step + 1 < count => state.go(Move::To(step + 1)),
        _ => state.playing.set(false),
    }
}

/// What went wrong, until it is over or dismissed.
#[component]
fn Notice() -> impl IntoView {
    let state = crate::state::state();
    move || {
        state.trouble.get().map(|trouble| match trouble {
            Trouble::Away => view! {
                <p class="notice" role="status">
                    "The server does not answer. What was heard stays; the page asks again every second."
                </p>
            }
            .into_any(),
            Trouble::Said(text) => view! {
                <p class="notice" role="alert">
                    <span>{text}</span>
                    <button class="quiet" on:click=move |_| state.trouble.set(None)>"Dismiss"</button>
                </p>
            }
            .into_any(),
        })
    }
}

//! The page: its parts, its keys and its clock.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::pane::Which;
use crate::state::{State, Trouble};
use crate::view::{
    announce, beside, controls, inspector, keys as key_sheet, metrics, notice, player,
    processor_time, serialization, settings, sidebar, toolbar, topbar, trust, ways, webhook,
};
use crate::{address, keys, recent, session, studio};

/// How often a live run's clock is moved on.
const TICK_MS: u64 = 100;

/// How often the steps may go on by themselves.
const PLAY: Duration = Duration::from_millis(100);

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    Effect::new(move |_| state.settings.with(crate::kept::Settings::apply));
    crate::bench::offer(state);
    spawn_local(load(state));
    let keys = window_event_listener(ev::keydown, move |event| keys::pressed(state, &event));
    let addresses = window_event_listener(ev::hashchange, move |_| address::show(state));
    let ticks = set_interval_with_handle(
        move || {
            for which in Which::ALL {
                session::tick(state.pane(which), TICK_MS);
            }
        },
        Duration::from_millis(TICK_MS),
    );
    let plays = set_interval_with_handle(move || player::play(state.reading()), PLAY);
    on_cleanup(move || {
        keys.remove();
        addresses.remove();
        for handle in [ticks, plays].into_iter().flatten() {
            handle.clear();
        }
    });
    let runs = Memo::new(move |_| state.has_runs());
    view! {
        <topbar::Skip />
        <div class="page" class:inspecting=move || state.inspecting.get() class:two=move || state.beside.on.get()>
            <topbar::Topbar />
            <sidebar::Sidebar />
            <main class="main" id="main" tabindex="-1">
                {move || middle(runs.get())}
            </main>
            <beside::Reader>
                <inspector::Inspector />
                {move || runs.get().then(|| view! { <player::Player /> })}
            </beside::Reader>
        </div>
        <beside::Reader>
            <announce::Announce />
        </beside::Reader>
        <notice::Said />
        <key_sheet::Keys />
        <settings::Looks />
    }
}

/// What lies between the lists and the inspector: a lab's run, or what is measured.
fn middle(has_runs: bool) -> AnyView {
    if !has_runs {
        return view! { <serialization::Serialization /> }.into_any();
    }
    view! {
        <controls::Controls />
        <notice::Notice />
        <trust::Trust />
        <webhook::Webhook />
        <metrics::Metrics />
        <processor_time::ProcessorTime />
        <toolbar::Toolbar />
        <beside::Panes />
        <ways::Ways />
    }
    .into_any()
}

/// Loads the labs, and asks again while the studio is away.
async fn load(state: State) {
    loop {
        match studio::labs().await {
            Ok(labs) => {
                let wanted = address::wanted();
                let known = labs.iter().find(|lab| lab.id == wanted.link.lab).or(labs.first());
                let id = known.map(|lab| lab.id.clone());
                state.labs.set(labs);
                state.trouble.set(None);
                // A log that was opened from a file meanwhile stays.
                if let Some(id) = id.filter(|_| state.model.with_untracked(Option::is_none)) {
                    address::show_lab(state, &id);
                    address::show(state);
                }
                recent::load(state);
                address::keep(state);
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

//! The top: the name, the lab, whether it is live, and what is done with logs.

use leptos::prelude::*;
use leptos::task::spawn_local;
use trace::studio::RunState;

use crate::session;
use crate::state::{State, Trouble, state};
use crate::studio;

/// The largest file that is opened as a log, in bytes.
const FILE_MAX: f64 = 64.0 * 1024.0 * 1024.0;

/// The top of the page.
#[component]
pub fn Topbar() -> impl IntoView {
    let state = state();
    let title = move || state.current_lab().map(|lab| lab.title).unwrap_or_default();
    let export = move || state.run.with(|run| run.as_ref().map(|run| studio::export_url(&run.id)));
    view! {
        <header class="topbar">
            <a class="brand" href="/">
                <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
                    <path class="logo-lane" d="M6 2v20M18 2v20" />
                    <path class="logo-ask" d="M6 7l12 3" />
                    <path class="logo-answer" d="M18 14l-12 3" />
                </svg>
                <span>"Lifeline"</span>
            </a>
            <span class="pill lab-name">{title}</span>
            <Live />
            <span class="spring"></span>
            {move || export().map(|url| view! {
                <a class="pill button" href=url download="">"Export log"</a>
            })}
            <label class="pill button">
                "Open a log"
                <input
                    class="hidden-input"
                    type="file"
                    id="open-log"
                    accept=".ndjson"
                    on:change=move |event| open(state, &event_target(&event))
                />
            </label>
            <button class="pill button" id="theme" on:click=move |_| switch_theme()>
                "Light or dark"
            </button>
        </header>
    }
}

/// Whether what is shown goes on, and since when.
#[component]
fn Live() -> impl IntoView {
    let state = state();
    move || {
        let (run_state, began, stopped) = state.model.with(|model| {
            let model = model.as_ref()?;
            Some((model.state, model.began(), model.ended_why == "stopped"))
        })?;
        let away = state.trouble.with(|trouble| *trouble == Some(Trouble::Away));
        let (class, text) = if state.from_file.get() {
            ("pill", "From a file".to_owned())
        } else if state.run.with(Option::is_none) || away {
            ("pill failed", "Not connected".to_owned())
        } else {
            match run_state {
                RunState::Ready => ("pill", "Ready".to_owned()),
                RunState::Running => {
                    let now = state.now.get().unwrap_or(began).since(began);
                    let tenths = now.0 / 100_000;
                    ("pill live", format!("● Live · {}.{} s", tenths / 10, tenths % 10))
                }
                RunState::Finished if stopped => ("pill", "Stopped".to_owned()),
                RunState::Finished => ("pill", "Finished".to_owned()),
                RunState::Failed => ("pill failed", "Failed".to_owned()),
            }
        };
        Some(view! { <span class=class id="run-state">{text}</span> })
    }
}

/// Opens the file that was chosen.
fn open(state: State, input: &web_sys::HtmlInputElement) {
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    let Some(file) = file else { return };
    if file.size() > FILE_MAX {
        state.say("This file is larger than 64 MiB, the most that is opened.");
        return;
    }
    spawn_local(async move {
        match gloo_file::futures::read_as_text(&gloo_file::File::from(file)).await {
            Ok(text) => session::open(state, &text),
            Err(error) => state.say(format!("The file cannot be read: {error}.")),
        }
    });
}

/// Light to dark and back; without a choice the system's is taken.
fn switch_theme() {
    let root = document().document_element();
    let Some(root) = root else { return };
    let media = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let system_dark = media.is_some_and(|media| media.matches());
    let dark = root.get_attribute("data-theme").map_or(system_dark, |theme| theme == "dark");
    let _ = root.set_attribute("data-theme", if dark { "light" } else { "dark" });
}

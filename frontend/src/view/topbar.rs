//! The top: the name, the lab, whether it is live, and what is done with logs.

use leptos::prelude::*;
use leptos::task::spawn_local;
use trace::studio::RunState;

use super::{inspector, t};
use crate::state::{Sheet, State, Trouble, state};
use crate::{address, file, studio};

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
                <a class="pill button" href=url download="">{t("export")}</a>
            })}
            <label class="pill button">
                {t("open")}
                <input
                    class="hidden-input"
                    type="file"
                    id="open-log"
                    accept=".ndjson"
                    on:change=move |event| open(state, &event_target(&event))
                />
            </label>
            <button class="pill button" id="share" on:click=move |_| share(state)>{t("share")}</button>
            <button class="pill button" id="looks" on:click=move |_| state.sheet.set(Some(Sheet::Settings))>{t("looks")}</button>
            <button class="pill button" id="show-keys" aria-label=t("keys-title") on:click=move |_| state.sheet.set(Some(Sheet::Keys))>"?"</button>
        </header>
    }
}

/// The way past all that stands before the diagram, for those who go by keys; seen when it has the focus.
#[component]
pub fn Skip() -> impl IntoView {
    let skip = |event: leptos::ev::MouseEvent| {
        // The address is that of what is shown.
        event.prevent_default();
        let drawn = document().get_element_by_id("scroller").is_some();
        inspector::focus(if drawn { "scroller" } else { "main" });
    };
    view! { <a class="skip" href="#main" on:click=skip>{t("skip")}</a> }
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
            ("pill", t("live-file"))
        } else if state.run.with(Option::is_none) || away {
            ("pill failed", t("live-away"))
        } else {
            match run_state {
                RunState::Ready => ("pill", t("live-ready")),
                RunState::Running => {
                    let now = state.now.get().unwrap_or(began).since(began);
                    let tenths = now.0 / 100_000;
                    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
                    ("pill live", text::say("live", &[("seconds", (&seconds).into())]))
                }
                RunState::Finished if stopped => ("pill", t("live-stopped")),
                RunState::Finished => ("pill", t("live-finished")),
                RunState::Failed => ("pill failed", t("live-failed")),
            }
        };
        Some(view! { <span class=class id="run-state">{text}</span> })
    }
}

/// Opens the file that was chosen.
pub fn open(state: State, input: &web_sys::HtmlInputElement) {
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    let Some(file) = file else { return };
    if file.size() > FILE_MAX {
        state.say(t("trouble-file-large"));
        return;
    }
    spawn_local(async move {
        match gloo_file::futures::read_as_text(&gloo_file::File::from(file)).await {
            Ok(text) => file::open(state, text).await,
            Err(error) => {
                let why = error.to_string();
                state.say(text::say("trouble-file", &[("why", (&why).into())]));
            }
        }
    });
}

/// Copies the address of what is shown.
fn share(state: State) {
    let link = untrack(|| address::now(state)).write();
    let location = window().location();
    let origin = location.origin().unwrap_or_default();
    super::controls::copy(state, format!("{origin}/#{link}"), t("copied"));
}

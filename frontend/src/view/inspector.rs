//! The panel beside the ladder: the lab's lesson, and the reader's step from four sides.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::{bytes, explain, headers, lesson, streams, t, timing};
use crate::state::{State, Tab, state};

/// The panel; where there is no room beside the ladder it is a sheet before it.
#[component]
pub fn Inspector() -> impl IntoView {
    let state = state();
    // Where it is a sheet, the focus goes into it and comes back.
    Effect::new(move |was: Option<bool>| {
        let now = state.inspecting.get();
        if was.is_some_and(|was| was != now) {
            let id = if now { "panel" } else { "inspect" };
            request_animation_frame(move || focus(id));
        }
        now
    });
    let runs = Memo::new(move |_| state.has_runs());
    let open = Memo::new(move |_| shown(state));
    let empty = Memo::new(move |_| state.count() == 0);
    view! {
        <aside class="inspector" id="inspector" aria-label=t("inspector")>
            <div class="inspector-head">
                <div class="tabs" role="tablist" aria-label=t("inspector") on:keydown=move |event| arrows(state, &event)>
                    {move || {
                        let all = Tab::ALL.into_iter();
                        let all = all.filter(|tab| runs.get() || *tab == Tab::Lesson);
                        all.map(|tab| button(state, tab)).collect_view()
                    }}
                </div>
                <button class="quiet sheet-close" on:click=move |_| state.inspecting.set(false)>{t("close")}</button>
            </div>
            <div
                class="panel"
                id="panel"
                role="tabpanel"
                tabindex="0"
                aria-labelledby=move || format!("tab-{}", open.get().id())
            >
                {move || match open.get() {
                    Tab::Lesson => view! { <lesson::Lesson /> }.into_any(),
                    _ if empty.get() => view! { <explain::Head /> }.into_any(),
                    tab => view! { <explain::Head /> {side(tab)} }.into_any(),
                }}
            </div>
        </aside>
    }
}

/// The tab that is shown: where there are no runs there are no steps, of which the others tell.
fn shown(state: State) -> Tab {
    if state.has_runs() { state.tab.get() } else { Tab::Lesson }
}

/// The button of a tab.
fn button(state: State, tab: Tab) -> impl IntoView {
    let on = move || shown(state) == tab;
    view! {
        <button
            class="tab"
            role="tab"
            id=format!("tab-{}", tab.id())
            aria-controls="panel"
            aria-selected=move || on().to_string()
            tabindex=move || if on() { "0" } else { "-1" }
            on:click=move |event| {
                state.tab.set(tab);
                // Who points steps on with the arrows; who came by keys stays among the tabs.
                if event.detail() > 0 {
                    focus("panel");
                }
            }
        >
            {t(name(tab))}
        </button>
    }
}

fn side(tab: Tab) -> AnyView {
    match tab {
        Tab::Lesson | Tab::Explain => view! { <explain::Explain /> }.into_any(),
        Tab::Bytes => view! { <bytes::Bytes /> }.into_any(),
        Tab::Headers => view! { <headers::Headers /> }.into_any(),
        Tab::Timing => view! { <timing::Timing /> }.into_any(),
        Tab::Streams => view! { <streams::Streams /> }.into_any(),
    }
}

const fn name(tab: Tab) -> &'static str {
    match tab {
        Tab::Lesson => "tab-lesson",
        Tab::Explain => "tab-explain",
        Tab::Bytes => "tab-bytes",
        Tab::Headers => "tab-headers",
        Tab::Timing => "tab-timing",
        Tab::Streams => "tab-streams",
    }
}

/// Arrows, Home and End go from tab to tab.
fn arrows(state: State, event: &KeyboardEvent) {
    let now = state.tab.get_untracked();
    let index = Tab::ALL.iter().position(|tab| *tab == now).unwrap_or_default();
    let count = Tab::ALL.len();
    let to = match event.key().as_str() {
        "ArrowRight" => (index + 1) % count,
        "ArrowLeft" => (index + count - 1) % count,
        "Home" => 0,
        "End" => count - 1,
        _ => return,
    };
    event.prevent_default();
    state.tab.set(Tab::ALL[to]);
    focus(&format!("tab-{}", Tab::ALL[to].id()));
}

/// Puts the focus on an element.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    let element = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

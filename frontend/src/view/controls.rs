//! The knobs of the lab, and Run.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use trace::studio::{Param, ParamKind};

use super::chat::Chat;
use super::inputs::Inputs;
use super::own_client::OwnClient;
use super::t;
use super::waiting::Waiting;
use crate::state::{State, state};
use crate::{seed, session, toast};

/// Knobs that are seldom turned, and so stand behind "More knobs".
const SELDOM: [&str; 9] = [
    "resource",
    "peer",
    "pause_limit_s",
    "hop",
    "batch",
    "poll_delay_ms",
    "pull_ms",
    "ping_s",
    "retry_ms",
];

/// The knobs and the button.
#[component]
pub fn Controls() -> impl IntoView {
    let state = state();
    let knobs = move |seldom: bool| {
        let lab = state.current_lab();
        // Who the four are is what this lab is about.
        let shows_peer = lab.as_ref().is_some_and(|lab| lab.id == "job");
        let is_seldom = |name: &str| SELDOM.contains(&name) && !(shows_peer && name == "peer");
        let params = lab.map(|lab| lab.params).unwrap_or_default();
        let params = params.into_iter().filter(|param| is_seldom(&param.name) == seldom);
        params.map(|param| knob(state, param)).collect_view()
    };
    view! {
        <section class="controls" class:live=move || under_way(state) aria-label=t("run-section")>
            <div class="knobs">
                <RunButton />
                {move || knobs(false)}
                <label class="knob" for="start-paused" title=t("start-paused-title")>
                    <span>{t("start-paused")}</span>
                    <input
                        type="checkbox"
                        id="start-paused"
                        prop:checked=move || state.start_paused.get()
                        on:change=move |event| state.start_paused.set(event_target_checked(&event))
                    />
                </label>
                <details class="more">
                    <summary>{t("more-knobs")} " " <OfRun /></summary>
                    <div class="knobs">
                        {move || knobs(true)}
                        <Seed />
                    </div>
                </details>
            </div>
            <Inputs />
            <Chat />
            <OwnClient />
            <Waiting />
        </section>
    }
}

/// From where the next run's lots come.
#[component]
fn Seed() -> impl IntoView {
    let state = state();
    let wrong = Memo::new(move |_| state.seed.with(|typed| seed::read(typed).is_err()));
    view! {
        <label class="knob" for=seed::FIELD title=t("seed-help")>
            <span>{t("seed")}</span>
            <input
                type="text"
                id=seed::FIELD
                inputmode="numeric"
                autocomplete="off"
                maxlength="32"
                placeholder=t("seed-drawn")
                aria-invalid=move || wrong.get().to_string()
                aria-describedby="seed-wrong"
                disabled=move || under_way(state)
                prop:value=move || state.seed.get()
                on:input=move |event| state.seed.set(event_target_value(&event))
            />
        </label>
        <span class="seed-wrong" id="seed-wrong" role="status">
            {move || wrong.get().then(seed::wrong)}
        </span>
    }
}

/// The seed of the run that is shown.
#[component]
fn OfRun() -> impl IntoView {
    let state = state();
    let seed =
        Memo::new(move |_| state.model.with(|model| model.as_ref().map(|model| model.header.seed)));
    move || {
        seed.get().map(|seed| {
            let seed = seed.to_string();
            let words = text::say("seed-of-run", &[("seed", (&seed).into())]);
            view! { <span class="hint" id="run-seed" title=t("seed-help")>{words}</span> }
        })
    }
}

/// Whether a run is under way on the studio.
pub fn under_way(state: State) -> bool {
    state.making.get()
        || state.run.with(Option::is_some)
            && state.model.with(|model| model.as_ref().is_none_or(|model| model.state.serves()))
}

/// Copies a text and says so, or that the browser does not let it.
pub fn copy(state: State, text: String, copied: String) {
    // Where the page is not served securely there is no clipboard; the types do not say so.
    let navigator = window().navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into());
    if clipboard.map_or(true, |clipboard| clipboard.is_undefined()) {
        toast::say(state, t("copy-cannot"), None);
        return;
    }
    spawn_local(async move {
        let promise = navigator.clipboard().write_text(&text);
        let said = match wasm_bindgen_futures::JsFuture::from(promise).await {
            Ok(_) => copied,
            Err(_) => t("copy-refused"),
        };
        toast::say(state, said, None);
    });
}

#[component]
fn RunButton() -> impl IntoView {
    let state = state();
    move || {
        if under_way(state) {
            view! {
                <button class="primary stop" id="stop" on:click=move |_| session::press(state, "stop")>
                    {t("stop")}
                </button>
            }
            .into_any()
        } else {
            view! {
                <button
                    class="primary"
                    id="run"
                    disabled=move || state.lab.with(String::is_empty)
                    on:click=move |_| session::run(state)
                >
                    {t("run")}
                </button>
            }
            .into_any()
        }
    }
}

/// A knob of the lab that is shown.
pub fn knob(state: State, param: Param) -> AnyView {
    let Param { name, label, kind, help } = param;
    let id = format!("knob-{name}");
    let value = {
        let name = name.clone();
        move || state.params.with(|params| params.get(&name).cloned().unwrap_or_default())
    };
    let set = move |value: Value| {
        state.params.update(|params| {
            params.insert(name.clone(), value);
        });
    };
    let input = control(kind, id.clone(), value, set, move || under_way(state));
    view! {
        <label class="knob" for=id title=help>
            <span>{label}</span>
            {input}
        </label>
    }
    .into_any()
}

/// The input of a knob, by its type.
fn control(
    kind: ParamKind,
    id: String,
    value: impl Fn() -> Value + Send + Sync + 'static,
    set: impl Fn(Value) + Clone + 'static,
    disabled: impl Fn() -> bool + Send + Sync + 'static,
) -> AnyView {
    let typing = set.clone();
    match kind {
        ParamKind::Integer { min, max, unit, .. } => view! {
            <input
                type="number"
                id=id
                min=min.to_string()
                max=max.to_string()
                disabled=disabled
                prop:value=move || value().to_string()
                on:input=move |event| {
                    let typed = event_target_value(&event).parse::<u64>().ok();
                    if let Some(number) = typed.filter(|typed| (min..=max).contains(typed)) {
                        typing(Value::from(number));
                    }
                }
                on:change=move |event| {
                    let typed = event_target_value(&event).parse::<u64>().unwrap_or(min);
                    set(Value::from(typed.clamp(min, max)));
                }
            />
            <span class="unit">{unit}</span>
        }
        .into_any(),
        ParamKind::Boolean { .. } => view! {
            <input
                type="checkbox"
                id=id
                disabled=disabled
                prop:checked=move || value() == Value::Bool(true)
                on:change=move |event| set(Value::from(event_target_checked(&event)))
            />
        }
        .into_any(),
        ParamKind::Choice { options, .. } => {
            let option = |option: String| {
                let words = option.replace('_', " ");
                view! { <option value=option>{words}</option> }
            };
            view! {
                <select
                    id=id
                    disabled=disabled
                    prop:value=move || value().as_str().unwrap_or_default().to_owned()
                    on:change=move |event| set(Value::from(event_target_value(&event)))
                >
                    {options.into_iter().map(option).collect_view()}
                </select>
            }
            .into_any()
        }
    }
}

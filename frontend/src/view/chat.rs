//! The chat's box: a person lets one of the users speak whom this page plays, or joins as another.
//! What was said is shown by the ladder, when it was heard.

use leptos::prelude::*;
use scene::model::Model;
use trace::studio::RunState;

use super::t;
use super::text_input::{TextInput, said};
use crate::labs::{cast, websocket};
use crate::state::state;
use crate::toast;

/// The lab of which it is a part.
const LAB: &str = "websocket";

/// The box, while a chat is under way.
#[component]
pub fn Chat() -> impl IntoView {
    let state = state();
    let open = Memo::new(move |_| {
        let runs = |model: &Model| model.header.lab == LAB && model.state == RunState::Running;
        state.run.with(Option::is_some)
            && state.model.with(|model| model.as_ref().is_some_and(runs))
    });
    let users = Memo::new(move |_| state.model.with(|model| users(model.as_ref())));
    let played = cast::names();
    let mine = Memo::new(move |_| played.get());
    move || {
        open.get().then(|| {
            view! {
                <div class="inputs" id="chat" role="group" aria-label=t("chat")>
                    {move || (!mine.with(Vec::is_empty)).then(|| view! { <Speak mine=mine users=users /> })}
                    <Join mine=mine users=users />
                </div>
            }
        })
    }
}

/// The users whom the run knows, by name.
fn users(model: Option<&Model>) -> Vec<String> {
    let lanes = model.map(|model| model.lanes.as_slice()).unwrap_or_default();
    lanes.iter().filter_map(|lane| lane.id.strip_prefix("user-").map(str::to_owned)).collect()
}

/// Who speaks, to whom, and what.
#[component]
fn Speak(
    /// Whom this page plays.
    mine: Memo<Vec<String>>,
    /// All users.
    users: Memo<Vec<String>>,
) -> impl IntoView {
    let state = state();
    let (from, to) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let written = RwSignal::new(String::new());
    let speaker = Memo::new(move |_| mine.with(|mine| chosen(mine, &from.get())));
    let others = Memo::new(move |_| {
        let speaker = speaker.get();
        let mut others = users.get();
        others.retain(|user| *user != speaker);
        others
    });
    let hearer = Memo::new(move |_| others.with(|others| chosen(others, &to.get())));
    let say = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let said = said(written);
        let (speaker, hearer) = (speaker.get_untracked(), hearer.get_untracked());
        if cast::say(&speaker, &hearer, &said) {
            written.set(String::new());
        } else {
            let away = text::say("chat-away", &[("user", (&speaker).into())]);
            toast::say(state, away, None);
        }
    };
    view! {
        <form class="say" on:submit=say>
            {choice("chat-from", "chat-from-name", mine, speaker, from)}
            {choice("chat-to", "chat-to-name", others, hearer, to)}
            <TextInput id="chat-text" written=written />
            <button class="segment lone" id="chat-send" type="submit">{t("send")}</button>
        </form>
    }
}

/// The one who was chosen, if they are there, else the first.
fn chosen(known: &[String], wanted: &str) -> String {
    let found = known.iter().find(|user| *user == wanted).or(known.first());
    found.cloned().unwrap_or_default()
}

/// A choice among users.
fn choice(
    id: &'static str,
    name: &'static str,
    known: Memo<Vec<String>>,
    now: Memo<String>,
    set: RwSignal<String>,
) -> impl IntoView {
    let option = move |user: String| {
        let shown = user.clone();
        let on = move || now.with(|now| *now == shown);
        let value = user.clone();
        view! { <option value=value prop:selected=on>{user}</option> }
    };
    view! {
        <label class="knob" for=id>
            <span>{t(name)}</span>
            <select id=id on:change=move |event| set.set(event_target_value(&event))>
                {move || known.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

/// Joins as another user, here or in a second tab.
#[component]
fn Join(
    /// Whom this page plays.
    mine: Memo<Vec<String>>,
    /// All users.
    users: Memo<Vec<String>>,
) -> impl IntoView {
    let state = state();
    let typed = RwSignal::new(None::<String>);
    let free = Memo::new(move |_| users.with(|users| free(users)));
    let name = move || typed.get().unwrap_or_else(|| free.get());
    let join = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = untrack(name);
        if !websocket::is_name(&name) {
            toast::say(state, t("chat-no-name"), None);
            return;
        }
        let here = mine.with_untracked(|mine| mine.contains(&name));
        if let Some(active) = state.run.get_untracked().filter(|_| !here) {
            websocket::join(state, &active, &name);
        }
        typed.set(None);
    };
    let link = move || {
        let run =
            state.run.with(|run| run.as_ref().map(|run| run.id.0.clone())).unwrap_or_default();
        format!("#{LAB}?run={run}&as={}", name())
    };
    view! {
        <form class="say" on:submit=join>
            <label class="knob" for="chat-name">
                <span>{t("chat-name")}</span>
                <input
                    type="text"
                    id="chat-name"
                    class="short"
                    maxlength="16"
                    autocomplete="off"
                    prop:value=name
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                />
            </label>
            <button class="segment lone" id="chat-join" type="submit">{t("chat-join")}</button>
            <a class="segment lone" href=link target="_blank" rel="noopener" title=t("chat-tab-title")>{t("chat-tab")}</a>
        </form>
    }
}

/// The first letter that nobody is called.
fn free(users: &[String]) -> String {
    (0..26).map(websocket::name).find(|name| !users.contains(name)).unwrap_or_default()
}

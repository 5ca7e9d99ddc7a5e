//! The line of text that a person writes for somebody to say: a user of the chat, or another service.

use leptos::prelude::*;

use super::t;

/// The line, with its label.
#[component]
pub fn TextInput(
    /// Its id, and the message that is its label.
    id: &'static str,
    /// What is written there.
    written: RwSignal<String>,
) -> impl IntoView {
    view! {
        <label class="knob" for=id>
            <span>{t(id)}</span>
            <input
                type="text"
                id=id
                maxlength="200"
                autocomplete="off"
                placeholder=t("send-default")
                prop:value=move || written.get()
                on:input=move |event| written.set(event_target_value(&event))
            />
        </label>
    }
}

/// What is said: what was written, or the words that stand there while nothing is.
pub fn said(written: RwSignal<String>) -> String {
    let said = written.get_untracked();
    if said.trim().is_empty() { t("send-default") } else { said }
}

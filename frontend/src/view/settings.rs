//! How the page looks, and what it says aloud: chosen for good.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::keys::{closed, follow, head};
use super::t;
use crate::kept::Settings;
use crate::state::{Sheet, state};

/// The themes and their names in the catalogue.
const THEMES: [(&str, &str); 3] =
    [("", "theme-system"), ("light", "theme-light"), ("dark", "theme-dark")];

/// A choice that is on or off: its place, name and catalogue message.
type Choice = (fn(&mut Settings) -> &mut bool, &'static str, &'static str);

const CHOICES: [Choice; 5] = [
    (|settings| &mut settings.contrast, "contrast", "settings-contrast"),
    (|settings| &mut settings.large, "large", "settings-large"),
    (|settings| &mut settings.still, "still", "settings-still"),
    (|settings| &mut settings.quiet, "quieted", "settings-quiet"),
    (|settings| &mut settings.no_letters, "no-letters", "settings-no-letters"),
];

/// The dialogue.
#[component]
pub fn Looks() -> impl IntoView {
    let state = state();
    let dialog = NodeRef::<Dialog>::new();
    follow(state, dialog, Sheet::Settings);
    let theme = move |(id, name): (&'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="theme"
                    value=id
                    id=format!("theme-{}", if id.is_empty() { "system" } else { id })
                    prop:checked=move || state.settings.with(|settings| settings.theme == id)
                    on:change=move |_| state.settings.update(|settings| id.clone_into(&mut settings.theme))
                />
                {t(name)}
            </label>
        }
    };
    let choice = move |(pick, id, name): Choice| {
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    id=id
                    prop:checked=move || *pick(&mut state.settings.get())
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        state.settings.update(|settings| *pick(settings) = on);
                    }
                />
                {t(name)}
            </label>
        }
    };
    view! {
        <dialog class="sheet" id="settings" node_ref=dialog aria-labelledby="settings-title" on:close=move |_| closed(state, Sheet::Settings)>
            {head(state, "settings-title")}
            <fieldset>
                <legend>{t("settings-theme")}</legend>
                {THEMES.into_iter().map(theme).collect_view()}
            </fieldset>
            <div class="choices">{CHOICES.into_iter().map(choice).collect_view()}</div>
        </dialog>
    }
}

//! The sheet of keys.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::t;
use crate::keys::SHEET;
use crate::state::{Sheet, State, state};

/// Opens and closes a dialogue as the page says.
pub fn follow(state: State, dialog: NodeRef<Dialog>, sheet: Sheet) {
    Effect::new(move |_| {
        let Some(element) = dialog.get() else { return };
        let wanted = state.sheet.get() == Some(sheet);
        if wanted && !element.open() {
            let _ = element.show_modal();
        } else if !wanted && element.open() {
            element.close();
        }
    });
}

/// Says that a dialogue was closed, by its button or by Escape.
pub fn closed(state: State, sheet: Sheet) {
    if state.sheet.get_untracked() == Some(sheet) {
        state.sheet.set(None);
    }
}

/// A dialogue's title, by its message, which is its id too, and the button that closes it.
pub fn head(state: State, title: &'static str) -> impl IntoView {
    view! {
        <div class="sheet-head">
            <h2 id=title>{t(title)}</h2>
            <button class="quiet" on:click=move |_| state.sheet.set(None)>{t("close")}</button>
        </div>
    }
}

/// The sheet of keys.
#[component]
pub fn Keys() -> impl IntoView {
    let state = state();
    let dialog = NodeRef::<Dialog>::new();
    follow(state, dialog, Sheet::Keys);
    let line = |(key, does): (&'static str, &'static str)| {
        let keys = key.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! { <div class="key"><dt>{keys}</dt><dd>{t(does)}</dd></div> }
    };
    view! {
        <dialog class="sheet" id="keys" node_ref=dialog aria-labelledby="keys-title" on:close=move |_| closed(state, Sheet::Keys)>
            {head(state, "keys-title")}
            <dl class="keys">{SHEET.into_iter().map(line).collect_view()}</dl>
        </dialog>
    }
}

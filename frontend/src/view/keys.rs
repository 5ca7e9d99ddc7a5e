//! The sheet of keys, and of marks that have no words beside them.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::t;
use crate::keys::SHEET;
use crate::state::{Sheet, State, state};

/// A mark, by its class, and the message that says what it means.
type Mark = (&'static str, &'static str);

/// The marks on the line of all steps.
const LINE: [Mark; 5] = [
    ("mark connection", "legend-connection"),
    ("mark request", "legend-request"),
    ("mark answer", "legend-answer"),
    ("mark waiting", "legend-waiting"),
    ("mark other", "legend-other"),
];

/// The marks on the diagram.
const DIAGRAM: [Mark; 2] = [("ribbon open", "legend-ribbon"), ("chunk", "legend-chunk")];

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
            <h3>{t("legend-line")}</h3>
            <ul class="legend">{LINE.into_iter().map(mark).collect_view()}</ul>
            <h3>{t("legend-diagram")}</h3>
            <ul class="legend">{DIAGRAM.into_iter().map(mark).collect_view()}</ul>
        </dialog>
    }
}

fn mark((class, means): Mark) -> impl IntoView {
    view! {
        <li>
            <svg viewBox="0 0 8 16" aria-hidden="true"><g class=class><rect x="1" y="1" width="6" height="14" rx="1" /></g></svg>
            <span>{t(means)}</span>
        </li>
    }
}

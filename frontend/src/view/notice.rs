//! What went wrong, what the page says of itself, and what is said for a moment.

use leptos::prelude::*;

use super::reports::Reports;
use super::t;
use crate::recent;
use crate::state::{Trouble, state};

/// What went wrong, until it is over or dismissed, and what the page says of itself.
#[component]
pub fn Notice() -> impl IntoView {
    let state = state();
    let trouble = move || {
        state.trouble.get().map(|trouble| match trouble {
            Trouble::Away => {
                view! { <p class="notice" role="status">{t("trouble-away")}</p> }.into_any()
            }
            Trouble::Said(text) => view! {
                <p class="notice" role="alert">
                    <span>{text}</span>
                    <button class="quiet" on:click=move |_| state.trouble.set(None)>{t("dismiss")}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! { {trouble} <Reports /> }
}

/// What is said for a moment, and can be undone.
#[component]
pub fn Said() -> impl IntoView {
    let state = state();
    view! {
        <div class="toasts" role="status">
            {move || state.toast.get().map(|toast| {
                let undo = toast.undo.map(|undo| view! {
                    <button class="quiet" id="undo" on:click=move |_| recent::undo(state, &undo)>{t("undo")}</button>
                });
                view! { <p class="toast"><span>{toast.text}</span>{undo}</p> }
            })}
        </div>
    }
}

//! What may still be sent after the reader's step: the windows of HTTP/2's flow control that its frames
//! tell.

use leptos::prelude::*;
use scene::amount;
use scene::windows::{Window, after};

use super::t;
use crate::state::{State, state};

fn windows(state: State) -> Vec<Window> {
    let Some(step) = state.step() else { return Vec::new() };
    state.model.with(|model| {
        let Some(model) = model else { return Vec::new() };
        model.steps.get(step).map(|step| after(model, step)).unwrap_or_default()
    })
}

/// The windows; nothing where no frame tells any.
#[component]
pub fn Windows() -> impl IntoView {
    let state = state();
    let windows = Memo::new(move |_| windows(state));
    let line = |window: &Window| {
        let on = match window.stream {
            Some(stream) => {
                let stream = stream.to_string();
                text::say("windows-stream", &[("stream", (&stream).into())])
            }
            None => t("windows-connection"),
        };
        let from = window.from.to_string();
        let row = from.clone();
        view! {
            <tr data-from=row>
                <th scope="row">{window.sender.clone()}</th>
                <td>{on}</td>
                <td><b class="number" data-from=from>{amount::signed(window.left)}</b></td>
            </tr>
        }
    };
    move || {
        let lines = windows.with(|windows| windows.iter().map(line).collect::<Vec<_>>());
        (!lines.is_empty()).then(|| {
            view! {
                <h3>{t("windows")}</h3>
                <table class="state" id="windows" aria-label=t("windows")>
                    <thead><tr>
                        <th scope="col">{t("windows-sender")}</th>
                        <th scope="col">{t("windows-on")}</th>
                        <th scope="col">{t("windows-left")}</th>
                    </tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            }
        })
    }
}

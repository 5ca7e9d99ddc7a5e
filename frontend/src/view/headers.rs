//! The headers of the reader's step, as a table.

use leptos::prelude::*;
use scene::bytes::headers;
use scene::step::StepKind;
use trace::event::Kind;
use trace::http1::Http1;

use super::t;
use crate::state::{State, state};

/// The first line, and each header's name and value.
type Table = (String, Vec<(String, String)>);

fn table(state: State) -> Option<Table> {
    let step = state.step()?;
    state.model.with(|model| {
        let model = model.as_ref()?;
        let StepKind::Message { events, .. } = &model.steps.get(step)?.what else { return None };
        let event = model.event(*events.first()?)?;
        let Kind::Http1(said) = &event.kind else { return None };
        let line = match said {
            Http1::Request(request) => {
                format!("{} {} {}", request.method, request.target, request.version.text())
            }
            Http1::Response(response) => {
                format!("{} {} {}", response.version.text(), response.status, response.reason)
            }
            _ => return None,
        };
        Some((line, headers(model, event)))
    })
}

/// The headers.
#[component]
pub fn Headers() -> impl IntoView {
    let state = state();
    let table = Memo::new(move |_| table(state));
    move || match table.get() {
        Some((line, headers)) => {
            let row = |(name, value): (String, String)| {
                view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> }
            };
            view! {
                <p class="start-line"><code>{line}</code></p>
                <table class="headers">
                    <thead><tr><th scope="col">{t("headers-name")}</th><th scope="col">{t("headers-value")}</th></tr></thead>
                    <tbody>{headers.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
            .into_any()
        }
        None => view! { <p class="hint">{t("headers-none")}</p> }.into_any(),
    }
}

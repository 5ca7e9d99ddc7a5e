//! The headers of the reader's step, as tables.

use leptos::prelude::*;
use scene::bytes::headers;
use scene::model::Model;
use scene::step::StepKind;
use trace::event::{Event, Kind};
use trace::grpc::Grpc;
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::Seq;

use super::hpack::{self, Block};
use super::t;
use crate::state::{State, state};

/// What is shown of an event.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    /// What stands above, and each header's name and value.
    Lines(String, Vec<(String, String)>),
    /// A header block of HTTP/2.
    Block(Box<Block>),
}

fn shown(state: State) -> Vec<Shown> {
    let Some(step) = state.step() else { return Vec::new() };
    state.model.with(|model| {
        let Some(model) = model else { return Vec::new() };
        match model.steps.get(step).map(|step| &step.what) {
            Some(StepKind::Message { events, .. }) => {
                events.iter().filter_map(|seq| of(model, *seq)).collect()
            }
            _ => Vec::new(),
        }
    })
}

fn of(model: &Model, seq: Seq) -> Option<Shown> {
    let event = model.event(seq)?;
    match &event.kind {
        Kind::Http2(Http2::Head(head)) => {
            let (before, after) = scene::hpack::around(model, seq)?;
            Some(Shown::Block(Box::new(Block { seq, head: head.clone(), before, after })))
        }
        _ => Some(Shown::Lines(above(event)?, headers(model, event))),
    }
}

/// The start line of HTTP/1, or what stands for it.
fn above(event: &Event) -> Option<String> {
    match &event.kind {
        Kind::Http1(Http1::Request(request)) => {
            Some(format!("{} {} {}", request.method, request.target, request.version.text()))
        }
        Kind::Http1(Http1::Response(response)) => {
            Some(format!("{} {} {}", response.version.text(), response.status, response.reason))
        }
        Kind::Grpc(Grpc::Trailers(_)) => Some(t("headers-in-content")),
        _ => None,
    }
}

/// The headers.
#[component]
pub fn Headers() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| shown(state));
    move || {
        let shown = shown.get();
        if shown.is_empty() {
            return view! { <p class="hint">{t("headers-none")}</p> }.into_any();
        }
        let table = |shown: Shown| match shown {
            Shown::Lines(above, headers) => lines(above, headers),
            Shown::Block(block) => hpack::view(&block),
        };
        shown.into_iter().map(table).collect_view().into_any()
    }
}

fn lines(above: String, headers: Vec<(String, String)>) -> AnyView {
    let row = |(name, value): (String, String)| {
        view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> }
    };
    view! {
        <p class="start-line"><code>{above}</code></p>
        <table class="headers">
            <thead><tr><th scope="col">{t("headers-name")}</th><th scope="col">{t("headers-value")}</th></tr></thead>
            <tbody>{headers.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

//! The figures of the run: a fold over its log.

use leptos::prelude::*;
use scene::amount;
use trace::metrics::Metrics as Figures;
use trace::time::Micros;

use super::t;
use crate::state::state;

/// A figure: its name in the catalogue, its value, and a few words beside it.
type Figure = (&'static str, String, String);

/// The strip of figures.
#[component]
pub fn Metrics() -> impl IntoView {
    let state = state();
    let figures = Memo::new(move |_| {
        state.model.with(|model| {
            let model = model.as_ref();
            let figures = model.map(|model| model.metrics()).unwrap_or_default();
            (figures, model.and_then(|model| model.answered_in()))
        })
    });
    let open = RwSignal::new(None::<&'static str>);
    let cell = move |(id, value, beside): Figure| {
        let on = move || open.get() == Some(id);
        let toggle = move |_| open.update(|open| *open = (*open != Some(id)).then_some(id));
        view! {
            <div class="figure" id=format!("figure-{id}")>
                <dt>
                    <button
                        class="figure-name"
                        aria-expanded=move || on().to_string()
                        aria-controls="figure-help"
                        title=t("figure-how")
                        on:click=toggle
                    >
                        {t(id)}
                    </button>
                </dt>
                <dd>
                    <strong>{value}</strong>
                    <span>{beside}</span>
                </dd>
            </div>
        }
    };
    view! {
        <dl class="metrics" aria-label=t("figures")>
            {move || figures.with(|(figures, took)| all(figures, *took)).into_iter().map(cell).collect_view()}
        </dl>
        <p class="figure-help" id="figure-help" role="status">
            {move || open.get().map(|id| t(&format!("{id}-how")))}
        </p>
    }
}

fn all(figures: &Figures, took: Option<Micros>) -> [Figure; 5] {
    let took = took.map(|took| text::say("figure-in", &[("took", (&amount::time(took)).into())]));
    let open = figures.connections_opened.saturating_sub(figures.connections_closed);
    let bytes = figures.bytes_to_server + figures.bytes_to_client;
    let delay = figures.delivery_delay_us;
    let (delay, median) = if delay.count == 0 {
        ("–".to_owned(), String::new())
    } else {
        (amount::time(Micros(delay.p50)), t("figure-median"))
    };
    let answered = text::say("figure-answered", &[("count", figures.responses.into())]);
    let empty = figures.empty_responses;
    let empty = (empty > 0).then(|| text::say("figure-empty", &[("count", empty.into())]));
    let answered =
        [Some(answered), took, empty].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let ways = [("up", figures.bytes_to_server.into()), ("down", figures.bytes_to_client.into())];
    let content = amount::bytes(figures.payload_bytes);
    [
        (
            "figure-connections",
            amount::count(figures.connections_opened),
            text::say("figure-open", &[("count", open.into())]),
        ),
        ("figure-requests", amount::count(figures.requests), answered),
        ("figure-bytes", amount::count(bytes), text::say("figure-ways", &ways)),
        (
            "figure-share",
            amount::share(figures.payload_bytes, bytes),
            text::say("figure-content", &[("content", (&content).into())]),
        ),
        ("figure-delay", delay, median),
    ]
}

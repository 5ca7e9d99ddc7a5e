//! The figures of the run: a fold over its log.

use leptos::prelude::*;
use scene::amount;
use trace::metrics::Metrics as Figures;
use trace::time::Micros;

use crate::state::state;

/// A figure: its label, its value, a few words beside it, and how it is counted.
type Figure = (&'static str, String, String, &'static str);

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
    let cell = |(label, value, beside, help): Figure| {
        view! {
            <div class="figure" title=help>
                <dt>{label}</dt>
                <dd>
                    <strong>{value}</strong>
                    <span>{beside}</span>
                </dd>
            </div>
        }
    };
    view! {
        <dl class="metrics" aria-label="Figures">
            {move || figures.with(|(figures, took)| all(figures, *took)).into_iter().map(cell).collect_view()}
        </dl>
    }
}

fn all(figures: &Figures, took: Option<Micros>) -> [Figure; 5] {
    let took = took.map(|took| format!(" in {}", amount::time(took))).unwrap_or_default();
    let open = figures.connections_opened.saturating_sub(figures.connections_closed);
    let bytes = figures.bytes_to_server + figures.bytes_to_client;
    let delay = figures.delivery_delay_us;
    let delay_text = if delay.count == 0 {
        ("–".to_owned(), String::new())
    } else {
        (amount::time(Micros(delay.p50)), "median".to_owned())
    };
    [
        (
            "TCP connections",
            amount::count(figures.connections_opened),
            format!("{open} open"),
            "Connections that the labs accepted for this run, and how many of them are open.",
        ),
        (
            "Requests",
            amount::count(figures.requests),
            format!("{} answered{took}", amount::count(figures.responses)),
            "Requests that were heard whole, and answers; the time from the first connection to the last answer's landing. Preflights are counted apart.",
        ),
        (
            "Bytes",
            amount::count(bytes),
            format!(
                "{} up · {} down",
                amount::count(figures.bytes_to_server),
                amount::count(figures.bytes_to_client)
            ),
            "Every byte that moved at the labs' sockets, both ways, heads and bodies.",
        ),
        (
            "Payload share",
            amount::share(figures.payload_bytes, bytes),
            format!("{} of content", amount::bytes(figures.payload_bytes)),
            "How much of all bytes is content of successful answers.",
        ),
        (
            "Delivery delay",
            delay_text.0,
            delay_text.1,
            "From an answer's leaving the service to its last byte landed at the client's end of the link.",
        ),
    ]
}

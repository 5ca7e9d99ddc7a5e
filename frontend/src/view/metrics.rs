//! The figures of the run: a fold over its log.

use leptos::prelude::*;
use scene::amount;
use trace::lesson::Figure;
use trace::metrics::Metrics as Figures;
use trace::time::Micros;

use super::load::{self, Share};
use super::t;
use crate::state::{State, state};

/// A figure: its name in the catalogue, its value, and a few words beside it.
pub type Shown = (&'static str, String, String);

/// What the strip is made of.
#[derive(Debug, Clone, PartialEq, Default)]
struct Told {
    lab: String,
    figures: Figures,
    /// From the first connection to the last answer's landing.
    took: Option<Micros>,
    /// What each instance had to do.
    instances: Vec<Share>,
    /// Polls that were answered.
    polls: u64,
    /// Messages that are gone for good.
    lost: u64,
}

fn told(state: State) -> Told {
    state.model.with(|model| {
        let Some(model) = model else { return Told { lab: state.lab.get(), ..Told::default() } };
        let figures = model.metrics();
        let (lab, instances) = (model.header.lab.clone(), load::shares(model, &figures));
        let lost = scene::figures::of(model, Figure::MessagesLost);
        let polls = model.polls.len() as u64;
        Told { lab, took: model.answered_in(), instances, polls, lost, figures }
    })
}

/// The strip of figures.
#[component]
pub fn Metrics() -> impl IntoView {
    let state = state();
    let told = Memo::new(move |_| told(state));
    let open = RwSignal::new(None::<&'static str>);
    let cell = move |(id, value, beside): Shown| {
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
            {move || told.with(all).into_iter().map(cell).collect_view()}
        </dl>
        <p class="figure-help" id="figure-help" role="status">
            {move || open.get().map(|id| t(&format!("{id}-how")))}
        </p>
        {move || (open.get() == Some(load::FIGURE)).then(|| load::table(&told.with(|told| told.instances.clone())))}
    }
}

/// The figures of a lab, in the order in which they are shown.
fn all(told: &Told) -> Vec<Shown> {
    let Told { lab, figures, .. } = told;
    let polls = matches!(lab.as_str(), "short_polling" | "long_polling" | "job");
    let notifies = polls || matches!(lab.as_str(), "websocket" | "sse" | "grpc");
    if !notifies {
        return vec![
            connections(figures),
            requests(told),
            bytes(figures),
            share(figures),
            delay(figures, if lab == "webhook" { "figure-callback" } else { "figure-delay" }),
        ];
    }
    let mut shown = vec![connections(figures), requests(told)];
    shown.extend(polls.then(|| empty(told)));
    shown.extend([messages(told), share_of(figures), delay(figures, "figure-delivery")]);
    shown.extend(load::figure(&told.instances));
    shown
}

fn connections(figures: &Figures) -> Shown {
    let open = figures.connections_opened.saturating_sub(figures.connections_closed);
    let open = text::say("figure-open", &[("count", open.into())]);
    ("figure-connections", amount::count(figures.connections_opened), open)
}

fn requests(told: &Told) -> Shown {
    let figures = &told.figures;
    // A switch to another protocol is no answer yet.
    let silent = told.lab == "websocket" && figures.responses == 0;
    let answered =
        (!silent).then(|| text::say("figure-answered", &[("count", figures.responses.into())]));
    let took = told.took.map(amount::time);
    let took = took.map(|took| text::say("figure-in", &[("took", (&took).into())]));
    let empty = figures.empty_responses;
    let empty = (empty > 0).then(|| text::say("figure-empty", &[("count", empty.into())]));
    let beside = [answered, took, empty].into_iter().flatten().collect::<Vec<_>>().join(" ");
    ("figure-requests", amount::count(figures.requests), beside)
}

/// How many of the answered polls brought nothing.
fn empty(told: &Told) -> Shown {
    let figures = &told.figures;
    let part = amount::share(figures.empty_responses, told.polls);
    let beside = text::say("figure-of-polls", &[("part", (&part).into())]);
    ("figure-empties", amount::count(figures.empty_responses), beside)
}

fn messages(told: &Told) -> Shown {
    let content = amount::bytes(told.figures.payload_bytes);
    let beside = text::say("figure-content", &[("content", (&content).into())]);
    let lost = text::say("figure-lost", &[("count", told.lost.into())]);
    let beside = if told.lost > 0 { lost } else { beside };
    ("figure-messages", amount::count(told.figures.messages), beside)
}

fn bytes(figures: &Figures) -> Shown {
    let all = figures.bytes_to_server + figures.bytes_to_client;
    ("figure-bytes", amount::count(all), ways(figures))
}

fn share(figures: &Figures) -> Shown {
    let all = figures.bytes_to_server + figures.bytes_to_client;
    let content = amount::bytes(figures.payload_bytes);
    let beside = text::say("figure-content", &[("content", (&content).into())]);
    ("figure-share", amount::share(figures.payload_bytes, all), beside)
}

/// The same where the messages have said how much content there is: of how many bytes.
fn share_of(figures: &Figures) -> Shown {
    let (id, value, _) = share(figures);
    let ways = ways(figures);
    (id, value, text::say("figure-of-bytes", &[("ways", (&ways).into())]))
}

fn ways(figures: &Figures) -> String {
    let ways = [("up", figures.bytes_to_server.into()), ("down", figures.bytes_to_client.into())];
    text::say("figure-ways", &ways)
}

fn delay(figures: &Figures, id: &'static str) -> Shown {
    let delay = figures.delivery_delay_us;
    if delay.count == 0 {
        return (id, "–".to_owned(), String::new());
    }
    let p99 = amount::time(Micros(delay.p99));
    let beside = if id == "figure-delivery" {
        text::say("figure-median-p99", &[("p99", (&p99).into())])
    } else {
        t("figure-median")
    };
    (id, amount::time(Micros(delay.p50)), beside)
}

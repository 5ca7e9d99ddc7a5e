//! Two panes where two runs are compared: what each run is, wherein the two differ, and their figures in
//! one table. Where there is one run alone, its ladder stands as if there were no panes.

use leptos::prelude::*;
use scene::amount;
use scene::figures;
use scene::model::Model;
use serde_json::{Map, Value};
use trace::ids::RunId;
use trace::lesson::Figure;
use trace::studio::{Lab, Param, ParamKind, RunState};
use trace::time::Micros;

use super::{ladder, t, topbar};
use crate::beside;
use crate::pane::Which;
use crate::state::{State, Trouble, state};

/// So many knobs are named in which two runs differ.
const KNOBS: usize = 6;

/// The figures that are compared.
const FIGURES: [&str; 8] = [
    "figure-connections",
    "figure-requests",
    "compare-messages",
    "figure-bytes",
    "figure-share",
    "compare-median",
    "compare-slowest",
    "compare-lost",
];

/// What is about the step at which the reader is, made for the pane in which they are.
#[component]
pub fn Reader(
    /// What is made.
    children: ChildrenFn,
) -> impl IntoView {
    let state = state();
    let which = Memo::new(move |_| state.beside.reader.get());
    move || {
        // What is provided here is seen below here alone.
        provide_context(state.pane(which.get()));
        children()
    }
}

/// One pane, or two.
#[component]
pub fn Panes() -> impl IntoView {
    let state = state();
    let two = Memo::new(move |_| state.beside.on.get());
    beside::tie(state);
    view! {
        <div class="panes" class:two=move || two.get()>
            {move || two.get().then(|| view! { <Figures /> })}
            <Pane state=state.pane(Which::Main) />
            {move || two.get().then(|| view! { <Pane state=state.pane(Which::Beside) /> })}
        </div>
    }
}

#[component]
fn Pane(state: State) -> impl IntoView {
    let two = Memo::new(move |_| state.beside.on.get());
    let active = Memo::new(move |_| two.get() && state.beside.reader.get() == state.which);
    let enter = move || beside::enter(state, state.which);
    view! {
        <div
            class="pane"
            class:active=move || active.get()
            id=state.which.id("pane")
            on:pointerdown=move |_| enter()
            on:focusin=move |_| enter()
        >
            {move || two.get().then(|| view! { <Head state=state /> })}
            <div class="pane-body"><ladder::Ladder state=state /></div>
        </div>
    }
}

/// What a pane's ladder is called.
pub fn name(state: State) -> String {
    if !state.beside.on.get() {
        return t("ladder-name");
    }
    let run = state.model.with(|model| model.as_ref().map(|model| model.header.run.0.clone()));
    text::say("compare-ladder", &[("run", (&run.unwrap_or_default()).into())])
}

/// What a run was made with.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    run: RunId,
    lab: String,
    params: Map<String, Value>,
    seed: u64,
}

fn made(state: State) -> Option<Made> {
    state.model.with(|model| {
        let header = &model.as_ref()?.header;
        let (run, lab) = (header.run.clone(), header.lab.clone());
        Some(Made { run, lab, params: header.params.clone(), seed: header.seed })
    })
}

/// Above a pane: the run, how far it is, and wherein it differs from the other.
#[component]
fn Head(state: State) -> impl IntoView {
    let other = state.pane(state.which.other());
    let own = Memo::new(move |_| made(state));
    let others = Memo::new(move |_| made(other));
    let title = move || match own.get() {
        Some(own) => state.labs.with(|labs| lab_title(labs, &own.lab)),
        None => t("compare-none"),
    };
    let run = move || own.get().map(|own| named(&own.run));
    let knobs = move || {
        let (own, others) = own.get().zip(others.get())?;
        Some(state.labs.with(|labs| differing(labs, &own, &others)))
    };
    let trouble = move || match state.trouble.get().filter(|_| state.which == Which::Beside)? {
        Trouble::Said(why) => Some(why),
        Trouble::Away => Some(t("trouble-away-short")),
    };
    let close = move |_| {
        beside::close(state);
        beside::focus(state);
    };
    view! {
        <header class="pane-head">
            <h2 class="pane-title">{title} " " <span class="size">{run}</span></h2>
            {move || how_far(state).map(|(class, words)| view! { <span class=class>{words}</span> })}
            {(state.which == Which::Beside).then(|| view! {
                <button class="delete" id="close-beside" aria-label=t("compare-close") title=t("compare-close") on:click=close>"×"</button>
            })}
            <p class="pane-knobs" id=state.which.id("pane-knobs")>{knobs}</p>
            {move || trouble().map(|why| view! { <p class="pane-trouble" role="status">{why}</p> })}
        </header>
    }
}

/// A run by its name.
fn named(run: &RunId) -> String {
    text::say("compare-run", &[("run", (&run.0).into())])
}

fn lab_title(labs: &[Lab], id: &str) -> String {
    let known = labs.iter().find(|lab| lab.id == id);
    known.map_or_else(|| id.to_owned(), |lab| lab.title.clone())
}

/// How far a run is: a class, and words.
fn how_far(state: State) -> Option<(&'static str, String)> {
    let (run_state, stopped) = state
        .model
        .with(|model| model.as_ref().map(|model| (model.state, model.ended_why == "stopped")))?;
    let said = match run_state {
        _ if state.from_file.get() => ("pill", "live-file"),
        RunState::Running if state.run.with(Option::is_some) => ("pill live", "compare-live"),
        RunState::Ready => ("pill", "live-ready"),
        RunState::Running => ("pill failed", "live-away"),
        RunState::Finished if stopped => ("pill", "live-stopped"),
        RunState::Finished => ("pill", "live-finished"),
        RunState::Failed => ("pill failed", "live-failed"),
    };
    Some((said.0, t(said.1)))
}

/// The knobs of a run that stand otherwise than another's, in words.
fn differing(labs: &[Lab], own: &Made, other: &Made) -> String {
    let known = labs.iter().find(|lab| lab.id == own.lab);
    let known = known.map(|lab| lab.params.as_slice()).unwrap_or_default();
    let param = |name: &str| known.iter().find(|param| param.name == name);
    let differs = |name: &&str| match (own.params.get(*name), other.params.get(*name)) {
        (Some(here), Some(there)) => here != there,
        // A knob that the other lab does not have tells nothing.
        (here, there) => own.lab == other.lab && here != there,
    };
    // In the order in which the lab has them, then what it does not know any more.
    let listed = known.iter().map(|param| param.name.as_str());
    let rest = own.params.keys().map(String::as_str).filter(|name| param(name).is_none());
    let all: Vec<&str> = listed.chain(rest).filter(differs).collect();
    let word = |name: &&str| {
        let value = own.params.get(*name)?;
        let label = param(name).map_or_else(|| (*name).to_owned(), |param| param.label.clone());
        let value = set_to(param(name), value);
        Some(text::say("compare-knob", &[("knob", (&label).into()), ("value", (&value).into())]))
    };
    let mut words: Vec<String> = all.iter().take(KNOBS).filter_map(word).collect();
    let more = all.len().saturating_sub(KNOBS) as u64;
    if more > 0 {
        words.push(text::say("compare-more", &[("count", more.into())]));
    }
    if own.lab == other.lab {
        if words.is_empty() {
            words.push(t("compare-same"));
        }
        if own.seed != other.seed {
            let (seed, value) = (t("seed"), own.seed.to_string());
            let args = [("knob", (&seed).into()), ("value", (&value).into())];
            words.push(text::say("compare-knob", &args));
        }
    }
    words.join(" · ")
}

/// What a knob is set to, as its input shows it.
fn set_to(param: Option<&Param>, value: &Value) -> String {
    let unit = match param.map(|param| &param.kind) {
        Some(ParamKind::Integer { unit, .. }) => unit.as_str(),
        _ => "",
    };
    match value {
        Value::Bool(true) => t("compare-yes"),
        Value::Bool(false) => t("compare-no"),
        Value::String(word) => word.replace('_', " "),
        value => {
            let number = value.as_u64().map_or_else(|| value.to_string(), amount::count);
            format!("{number} {unit}").trim_end().to_owned()
        }
    }
}

/// The figures of both runs, one below the other.
#[component]
fn Figures() -> impl IntoView {
    let state = state();
    let line = move |which: Which| {
        let state = state.pane(which);
        let cells = Memo::new(move |_| {
            state.model.with(|model| {
                let model = model.as_ref()?;
                Some((model.header.run.clone(), cells(model)))
            })
        });
        move || {
            cells.get().map(|(run, cells)| {
                let name = named(&run);
                let cells = cells.into_iter().map(|cell| view! { <td>{cell}</td> });
                view! { <tr><th scope="row">{name}</th>{cells.collect_view()}</tr> }
            })
        }
    };
    let head = FIGURES.into_iter().map(|id| view! { <th scope="col">{t(id)}</th> }).collect_view();
    view! {
        <div class="compared" tabindex="0" role="region" aria-label=t("compare-figures")>
            <table id="compared">
                <thead><tr><th scope="col">{t("compare-of")}</th>{head}</tr></thead>
                <tbody>{Which::ALL.map(line).into_iter().collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A run's figures, in the order of [`FIGURES`].
fn cells(model: &Model) -> [String; 8] {
    let metrics = model.metrics();
    let bytes = metrics.bytes_to_server + metrics.bytes_to_client;
    let delay = metrics.delivery_delay_us;
    let took = |us: u64| {
        if delay.count == 0 { "–".to_owned() } else { amount::time(Micros(us)) }
    };
    [
        amount::count(metrics.connections_opened),
        amount::count(metrics.requests),
        amount::count(metrics.messages),
        amount::count(bytes),
        amount::share(metrics.payload_bytes, bytes),
        took(delay.p50),
        took(delay.p99),
        amount::count(figures::of(model, Figure::MessagesLost)),
    ]
}

/// What to do where there is no second run yet.
#[component]
pub fn Choose(
    /// The page, as the second pane has it.
    state: State,
) -> impl IntoView {
    let opening = move || {
        let failed = state.trouble.with(Option::is_some);
        let run = state.beside.run.get().filter(|_| !failed)?;
        Some(text::say("compare-opening", &[("run", (&run.0).into())]))
    };
    view! {
        <div class="empty">
            {move || match opening() {
                Some(words) => view! { <p role="status">{words}</p> }.into_any(),
                None => view! {
                    <p>{t("compare-choose")}</p>
                    <p>
                        <label class="pill button">
                            {t("compare-file")}
                            <input
                                class="hidden-input"
                                type="file"
                                id="open-beside"
                                accept=".ndjson"
                                on:change=move |event| {
                                    state.beside.run.set(None);
                                    topbar::open(state, &event_target(&event));
                                }
                            />
                        </label>
                    </p>
                }
                .into_any(),
            }}
        </div>
    }
}

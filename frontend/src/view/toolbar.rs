//! How the ladder looks: its clock, its layer, what is folded, how large, whether another stands beside
//! it, and the way back.

use leptos::prelude::*;
use scene::columns::Columns;
use scene::look::{Clock, Layer};
use scene::model::Model;
use scene::player::Place;

use super::t;
use crate::beside::{self, Align};
use crate::pane::Which;
use crate::state::{State, state};

/// The layers and their names.
const LAYERS: [(Layer, &str, &str); 3] = [
    (Layer::Message, "message", "layer-message"),
    (Layer::Frame, "frame", "layer-frame"),
    (Layer::Bytes, "bytes", "layer-bytes"),
];

const CLOCKS: [(Clock, &str, &str); 2] =
    [(Clock::Steps, "steps", "clock-steps"), (Clock::Time, "time", "clock-time")];

/// How two ladders are aligned.
const ALIGNS: [(Align, &str); 3] =
    [(Align::Start, "compare-start"), (Align::Step, "compare-step"), (Align::Time, "compare-time")];

/// Makes the ladder larger or smaller.
pub fn zoom(state: State, by: f64) {
    state.set_look(|look| {
        // Steps of the same ratio that meet 100 % again.
        let percent = f64::from(look.zoom) * by;
        let near = (percent - 100.0).abs() < 4.0;
        look.set_zoom(if near { 100.0 } else { percent });
    });
}

/// To how it was at the beginning, and to the reader's step or the tail.
pub fn way_back(state: State) {
    state.set_look(|look| {
        look.zoom = 100;
        look.lanes.hidden.clear();
    });
    let place = state.place.get_untracked();
    state.place.set(place);
}

/// Lanes that stand as close as they can need at least this, before any label is looked at.
const CLOSEST: f64 = 600.0;

/// Makes the ladder so small that all lanes are in view, and no larger than it is meant to be.
pub fn fit(state: State) {
    let width = document()
        .get_element_by_id(&state.which.id("scroller"))
        .map_or(0, |element| element.client_width());
    untrack(|| {
        let needed = state.model.with(|model| {
            let model = model.as_ref()?;
            Some(state.look.with(|look| Columns::of(model, &look.lanes, CLOSEST).width()))
        });
        if let Some(needed) = needed {
            let zoom = 100.0 * f64::from(width) / needed;
            state.set_look(|look| look.set_zoom(zoom.clamp(40.0, 100.0)));
        }
    });
}

/// The bar above the ladder.
#[component]
pub fn Toolbar() -> impl IntoView {
    let state = state();
    let clock = move |(clock, id, name): (Clock, &'static str, &'static str)| {
        let on = move || state.look.with(|look| look.clock == clock);
        let set = move |_| state.set_look(|look| look.clock = clock);
        segment(format!("clock-{id}"), name, on, set)
    };
    let layer = move |(layer, id, name): (Layer, &'static str, &'static str)| {
        let on = move || state.look.with(|look| look.layer == layer);
        let set = move |_| state.set_look(|look| look.layer = layer);
        segment(format!("layer-{id}"), name, on, set)
    };
    let folds = move || {
        let some = |model: &Option<Model>| model.as_ref().is_some_and(Model::folds);
        Which::ALL.into_iter().any(|which| state.pane(which).model.with(some))
    };
    view! {
        <div class="toolbar" role="group" aria-label=t("toolbar") on:mousedown=super::player::keep_focus class:idle=move || state.model.with(Option::is_none)>
            <div class="segments" role="group" aria-label=t("clock")>{CLOCKS.into_iter().map(clock).collect_view()}</div>
            <div class="segments" role="group" aria-label=t("layer")>{LAYERS.into_iter().map(layer).collect_view()}</div>
            {move || folds().then(|| {
                let on = move || state.look.with(|look| look.folded);
                let set = move |_| state.set_look(|look| look.folded = !look.folded);
                segment("fold".to_owned(), "fold", on, set)
            })}
            <Both />
            <span class="spring"></span>
            <Zoom />
            <Back />
        </div>
    }
}

/// Whether two ladders stand side by side, and how they are aligned.
#[component]
fn Both() -> impl IntoView {
    let state = state();
    let on = move || state.beside.on.get();
    let align = move |(align, name): (Align, &'static str)| {
        let chosen = move || state.align() == align;
        segment(format!("align-{}", align.id()), name, chosen, move |_| beside::align(state, align))
    };
    view! {
        {segment("beside".to_owned(), "compare", on, move |_| beside::toggle(state))}
        {move || on().then(|| view! {
            <div class="segments" role="group" aria-label=t("compare-align")>{ALIGNS.into_iter().map(align).collect_view()}</div>
        })}
    }
}

#[component]
fn Zoom() -> impl IntoView {
    let state = state();
    let percent = move || format!("{} %", state.look.with(|look| look.zoom));
    view! {
        <div class="segments" role="group" aria-label=t("zoom")>
            <button class="segment" id="zoom-out" aria-label=t("zoom-out") on:click=move |_| zoom(state, 0.8)>"−"</button>
            <button class="segment" id="zoom" title=t("zoom-reset") on:click=move |_| way_back(state.reading())>{percent}</button>
            <button class="segment" id="zoom-in" aria-label=t("zoom-in") on:click=move |_| zoom(state, 1.25)>"+"</button>
            <button class="segment" id="fit" title=t("fit-title") on:click=move |_| fit(state.reading())>{t("fit")}</button>
        </div>
    }
}

/// The way back: to the lanes that are hidden, and to the tail of a live run.
#[component]
fn Back() -> impl IntoView {
    let state = state();
    let reading = move || state.pane(state.beside.reader.get());
    let hidden = move || state.look.with(|look| look.lanes.hidden.len() as u64);
    let away = move || {
        let state = reading();
        state.now.with(Option::is_some) && state.place.get() != Place::Tail
    };
    view! {
        {move || (hidden() > 0).then(|| {
            let steps = reading().rows.with(|rows| rows.hidden as u64);
            let args = [("lanes", hidden().into()), ("steps", steps.into())];
            view! {
                <button class="segment lone" id="show-lanes" on:click=move |_| state.set_look(|look| look.lanes.hidden.clear())>
                    {text::say("show-lanes", &args)}
                </button>
            }
        })}
        {move || away().then(|| view! {
            <button class="segment lone" id="follow" on:click=move |_| state.reading().place.set(Place::Tail)>{t("follow")}</button>
        })}
    }
}

fn segment(
    id: String,
    name: &'static str,
    on: impl Fn() -> bool + Send + Sync + Clone + 'static,
    set: impl Fn(leptos::ev::MouseEvent) + 'static,
) -> AnyView {
    let pressed = on.clone();
    view! {
        <button class="segment" id=id title=t(&format!("{name}-title")) class:on=on aria-pressed=move || pressed().to_string() on:click=set>
            {t(name)}
        </button>
    }
    .into_any()
}

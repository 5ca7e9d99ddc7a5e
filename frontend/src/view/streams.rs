//! Who used the connection when: a lane for each answer of the reader's connection and of its client's
//! others, on one scale.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use scene::model::Model;
use scene::player::Move;
use scene::step::StepKind;
use scene::streams::{self, Axis, Figure, Means, Together};
use trace::ids::{RunId, Seq};
use wasm_bindgen::JsCast as _;

use super::t;
use crate::state::{State, state};

/// What the blocks can stand by, and the messages that say so.
const AXES: [(Axis, &str, &str, &str); 2] = [
    (Axis::Time, "streams-time", "streams-by-time", "streams-by-time-title"),
    (Axis::Bytes, "streams-bytes", "streams-by-bytes", "streams-by-bytes-title"),
];

/// What has changed is drawn again after so long, however much comes meanwhile.
const REFRESH: Duration = Duration::from_millis(250);

/// Which connections are shown, and of which run.
fn together(state: State) -> Option<(RunId, Together)> {
    let step = state.step();
    state.model.with(|model| {
        let model = model.as_ref()?;
        let chosen = step.and_then(|step| model.steps.get(step)).and_then(|step| step.conn);
        Some((model.header.run.clone(), streams::together(model, chosen)))
    })
}

/// The figures of connections, as far as the log goes now.
fn drawn(state: State, together: &Together, axis: Axis) -> Vec<Figure> {
    state.model.with_untracked(|model| {
        let Some(model) = model else { return Vec::new() };
        let all = together.conns.iter().filter_map(|conn| streams::of(model, *conn));
        streams::figures(&all.collect::<Vec<_>>(), axis, together.chosen)
    })
}

/// Goes on when the log has, and not more often than the figures are to be drawn.
fn beat(state: State) -> RwSignal<u64> {
    let beat = RwSignal::new(0);
    let waits = StoredValue::new(false);
    Effect::new(move |_| {
        state.model.track();
        if waits.get_value() {
            return;
        }
        waits.set_value(true);
        let go_on = move || {
            // The tab may have been left meanwhile.
            let _ = waits.try_set_value(false);
            let _ = beat.try_update(|beat| *beat += 1);
        };
        set_timeout(go_on, REFRESH);
    });
    beat
}

/// The lanes.
#[component]
pub fn Streams() -> impl IntoView {
    let state = state();
    let together = Memo::new(move |_| together(state));
    let beat = beat(state);
    // Whoever steps within the same connections looks at the same figures.
    let shown = Memo::new(move |_| {
        beat.track();
        let axis = state.axis.get();
        let figures = |known: &Option<(RunId, Together)>| {
            let (_, together) = known.as_ref()?;
            Some((drawn(state, together, axis), together.more))
        };
        together.with(figures).unwrap_or_default()
    });
    // What the block under the pointer or the focus says.
    let said = RwSignal::new(String::new());
    let axis = move |(axis, id, name, title): (Axis, &'static str, &'static str, &'static str)| {
        let on = move || state.axis.get() == axis;
        view! {
            <button class="segment" id=id title=t(title) class:on=on aria-pressed=move || on().to_string() on:click=move |_| state.axis.set(axis)>
                {t(name)}
            </button>
        }
    };
    move || {
        let (figures, more) = shown.get();
        hold_focus();
        if figures.is_empty() {
            return view! { <p class="hint">{t("streams-none")}</p> }.into_any();
        }
        let figures = figures.into_iter().map(|drawn| figure(state, drawn, said)).collect_view();
        view! {
            <p class="hint">{t("streams-lead")}</p>
            <div class="segments" role="group" aria-label=t("streams-axis")>{AXES.into_iter().map(axis).collect_view()}</div>
            <p class="streams-said" id="streams-said">{move || said.get()}</p>
            {figures}
            {note("streams-more-conns", more)}
        }
        .into_any()
    }
}

/// How many there are beside, where there are any.
fn note(id: &'static str, count: u64) -> Option<AnyView> {
    let words = || text::say(id, &[("count", count.into())]);
    (count > 0).then(|| view! { <p class="hint">{words()}</p> }.into_any())
}

/// A connection with its lanes.
fn figure(state: State, figure: Figure, said: RwSignal<String>) -> AnyView {
    let conn = figure.conn.to_string();
    let (width, height) = figure.size;
    let named = text::say("streams-group", &[("title", (&figure.title).into())]);
    let list = text::say("streams-list", &[("title", (&figure.title).into())]);
    let told = figure.told.iter().map(|told| view! { <li>{told.clone()}</li> }).collect_view();
    let (svg, title, sum) = (figure.svg(), figure.title.clone(), figure.sum.clone());
    let rest = (note("streams-more", figure.more), note("streams-more-pieces", figure.pieces));
    let point = move |target: Option<web_sys::EventTarget>| {
        let words = mark_at(target).and_then(|mark| mark.get_attribute("aria-label"));
        said.set(words.unwrap_or_default());
    };
    let now = move || state.model.with(|model| outlines(state, model.as_ref()?, &figure));
    view! {
        <figure class="streams-figure" data-conn=conn>
            <h3>{title}</h3>
            <p class="hint">{sum}</p>
            <div class="streams-scroll">
                <svg
                    viewBox=format!("0 0 {width} {height}")
                    role="group"
                    aria-label=named
                    on:pointerover=move |event| point(event.target())
                    on:focusin=move |event| point(event.target())
                    on:click=move |event| {
                        choose(state, event.target());
                    }
                    on:keydown=move |event| pressed(state, &event)
                >
                    <g inner_html=svg></g>
                    <g class="stream-now" inner_html=move || now().unwrap_or_default()></g>
                </svg>
            </div>
            <ol class="unseen" aria-label=list>{told}</ol>
            {rest.0}
            {rest.1}
        </figure>
    }
    .into_any()
}

/// What stands around the blocks of the reader's step.
fn outlines(state: State, model: &Model, figure: &Figure) -> Option<String> {
    let step = model.steps.get(state.step()?)?;
    let StepKind::Message { events, .. } = &step.what else { return None };
    let own = figure.marks.iter().filter(|mark| mark.means == Means::Block);
    let own = own.filter(|mark| events.contains(&mark.seq));
    let outline = |mark: &streams::Mark| {
        let (x, y) = (mark.x - 1.5, mark.y - 1.5);
        let (width, height) = (mark.width + 3.0, mark.height + 3.0);
        format!(r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2"/>"#)
    };
    Some(own.map(outline).collect())
}

/// What is drawn again has the focus where it was: on the mark of the same entry, if there is one.
fn hold_focus() {
    let active = || document().active_element();
    let held = mark_at(active().map(Into::into));
    let Some(seq) = held.and_then(|mark| mark.get_attribute("data-seq")) else { return };
    request_animation_frame(move || {
        // Somebody else may have taken it.
        if active().is_some_and(|element| element.tag_name() != "BODY") {
            return;
        }
        let mark = format!(".stream-mark[data-seq=\"{seq}\"]");
        if let Ok(Some(mark)) = document().query_selector(&mark) {
            let _ = mark.unchecked_into::<web_sys::HtmlElement>().focus();
        }
    });
}

/// The mark that was pointed at, pressed or focused.
fn mark_at(target: Option<web_sys::EventTarget>) -> Option<web_sys::Element> {
    let element = target?.dyn_into::<web_sys::Element>().ok()?;
    element.closest(".stream-mark[data-seq]").ok().flatten()
}

/// Brings the reader to the row of a mark's entry.
fn choose(state: State, target: Option<web_sys::EventTarget>) -> bool {
    let seq = mark_at(target).and_then(|mark| mark.get_attribute("data-seq"));
    let seq = seq.and_then(|seq| seq.parse().ok()).map(Seq);
    let row = seq.and_then(|seq| {
        let find = |model: &Option<Model>| state.rows.with(|rows| rows.find(model.as_ref()?, seq));
        untrack(|| state.model.with(find))
    });
    if let Some(row) = row {
        state.playing.set(false);
        state.go(Move::To(row));
    }
    row.is_some()
}

/// Enter and the space bar choose a mark; arrows, Home and End go from mark to mark.
fn pressed(state: State, event: &KeyboardEvent) {
    let key = event.key();
    let done = match key.as_str() {
        "Enter" | " " => choose(state, event.target()),
        "ArrowRight" | "ArrowDown" | "ArrowLeft" | "ArrowUp" | "Home" | "End" => {
            step(event.target(), &key).is_some()
        }
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

/// Gives the focus to another mark of the same figure.
fn step(target: Option<web_sys::EventTarget>, key: &str) -> Option<()> {
    let now = mark_at(target)?;
    let figure = now.closest("svg").ok().flatten()?;
    let marks = figure.query_selector_all(".stream-mark").ok()?;
    let count = marks.length();
    let is_now = |index: &u32| marks.item(*index).is_some_and(|mark| mark.is_same_node(Some(&now)));
    let place = (0..count).find(is_now)?;
    let to = match key {
        "ArrowRight" | "ArrowDown" => (place + 1).min(count - 1),
        "ArrowLeft" | "ArrowUp" => place.saturating_sub(1),
        "Home" => 0,
        _ => count - 1,
    };
    // An element of SVG takes the focus as one of HTML does.
    let mark = marks.item(to)?.unchecked_into::<web_sys::HtmlElement>();
    mark.focus().ok()
}

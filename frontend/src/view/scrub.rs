//! The scrub bar: the whole run on a line, by time, with a mark for each step and waits as bars.

use leptos::prelude::*;
use scene::player::Move;
use scene::step::StepKind;
use trace::span::Dir;
use trace::time::Micros;
use wasm_bindgen::JsCast as _;

use super::player::go;
use super::t;
use crate::state::{State, state};

/// The line's length in its own measure.
const LENGTH: f64 = 1_000.0;

/// Kinds of marks, each with its class, upper edge and height.
const KINDS: [(&str, u32, u32); 5] = [
    ("mark connection", 3, 18),
    ("mark request", 6, 15),
    ("mark answer", 9, 12),
    ("mark waiting", 23, 4),
    ("mark other", 3, 18),
];

/// Marks by kind: one path for all of a kind.
#[derive(Debug, Clone, PartialEq, Default)]
struct Marks {
    paths: [String; 5],
}

fn kind(what: &StepKind) -> usize {
    match what {
        StepKind::Open | StepKind::Close => 0,
        StepKind::Message { dir: Dir::ToServer, .. } => 1,
        StepKind::Message { .. } => 2,
        StepKind::Hold { .. }
        | StepKind::Idle { .. }
        | StepKind::Gate { .. }
        | StepKind::Backoff { .. } => 3,
        StepKind::Note | StepKind::Lost => 4,
    }
}

/// The first and the last row's moment.
fn ends(state: State) -> (Micros, Micros) {
    state.rows.with(|rows| {
        let at = |row: Option<&scene::rows::Row>| row.map(|row| row.at).unwrap_or_default();
        (at(rows.all.first()), at(rows.all.last()))
    })
}

/// Where a moment stands on the line.
fn x(at: Micros, (first, last): (Micros, Micros)) -> f64 {
    let whole = last.since(first).0.max(1) as f64;
    (at.since(first).0 as f64 / whole).min(1.0) * (LENGTH - 8.0) + 4.0
}

fn marks(state: State) -> Marks {
    let ends = ends(state);
    let mut marks = Marks::default();
    state.model.with(|model| {
        let Some(model) = model else { return };
        state.rows.with(|rows| {
            // One mark of a kind has room at a place.
            let mut last = [(u32::MAX, u32::MAX); 5];
            for row in &rows.all {
                let Some(step) = model.steps.get(row.step) else { continue };
                let until = match step.what {
                    StepKind::Hold { until, .. } | StepKind::Idle { until, .. } => Some(until),
                    StepKind::Gate { released: Some((_, at)) }
                    | StepKind::Backoff { sent: Some((_, at)) } => Some(at),
                    _ => None,
                };
                let kind = kind(&step.what);
                let (_, top, height) = KINDS[kind];
                let left = x(row.at, ends) as u32;
                let right = until.map_or(left + 2, |until| x(until, ends) as u32);
                if last[kind] == (left, right) {
                    continue;
                }
                last[kind] = (left, right);
                let width = right.saturating_sub(left).max(2);
                let path = format!("M{left} {top}h{width}v{height}h-{width}z");
                marks.paths[kind].push_str(&path);
            }
        });
    });
    marks
}

/// The bar. Pointers move by time; keys, and those who hear it, by steps.
#[component]
pub fn Scrub() -> impl IntoView {
    let state = state();
    let marks = Memo::new(move |_| marks(state));
    let path = move |(kind, (class, ..)): (usize, (&'static str, u32, u32))| {
        view! { <path class=class d=move || marks.with(|marks| marks.paths[kind].clone()) /> }
    };
    let handle = move || {
        let at =
            state.row().and_then(|row| state.rows.with(|rows| rows.all.get(row).map(|row| row.at)));
        at.map(|at| x(at, ends(state)).to_string())
    };
    let drag = move |event: leptos::ev::PointerEvent| {
        if event.buttons() & 1 == 1 {
            to(state, &event);
        }
    };
    view! {
        <div class="scrub" title=t("scrub-title") on:pointerdown=drag on:pointermove=drag>
            <svg viewBox="0 0 1000 30" preserveAspectRatio="none" aria-hidden="true">
                {KINDS.into_iter().enumerate().map(path).collect_view()}
                {move || handle().map(|x| view! { <line class="handle" x1=x.clone() x2=x y1="0" y2="30" /> })}
            </svg>
            <input
                type="range"
                id="scrub"
                class="unseen"
                aria-label=t("scrub")
                min="1"
                max=move || state.count().max(1).to_string()
                disabled=move || state.count() == 0
                prop:value=move || state.row().map_or(1, |row| row + 1).to_string()
                on:input=move |event| {
                    let step = event_target_value(&event).parse::<usize>().unwrap_or(1);
                    go(state, Move::To(step.saturating_sub(1)));
                }
            />
        </div>
    }
}

/// Moves the reader to the row whose moment is the nearest to the pointer.
fn to(state: State, event: &leptos::ev::PointerEvent) {
    let target =
        event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(place) = target.map(|target| target.get_bounding_client_rect()) else { return };
    let share = (f64::from(event.client_x()) - place.left()) / place.width().max(1.0);
    let wanted = share * LENGTH;
    let nearest = untrack(|| {
        let ends = ends(state);
        state.rows.with(|rows| {
            let next = rows.all.partition_point(|row| x(row.at, ends) < wanted);
            let off = |row: usize| rows.all.get(row).map(|row| (x(row.at, ends) - wanted).abs());
            match (next.checked_sub(1).and_then(off), off(next)) {
                (Some(before), Some(after)) if before <= after => Some(next - 1),
                (Some(_), None) => Some(next - 1),
                (_, Some(_)) => Some(next),
                (None, None) => None,
            }
        })
    });
    if let Some(row) = nearest {
        go(state, Move::To(row));
    }
}

//! The step that the reader is at: what it says, and its bytes.

use leptos::prelude::*;
use scene::amount;
use scene::model::{Model, Step, StepKind};
use scene::story::tell;
use scene::told::{Piece, Story};
use trace::ids::Seq;

use super::bytes::event_bytes;
use crate::state::state;

/// What the inspector shows of a step.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    number: usize,
    count: usize,
    at: String,
    story: Story,
    events: Vec<Seq>,
}

/// The panel beside the ladder.
#[component]
pub fn Inspector() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| {
        let step = state.step()?;
        state.model.with(|model| model.as_ref().and_then(|model| show(model, step)))
    });
    view! {
        <aside class="inspector" aria-label="Step">
            {move || match shown.get() {
                Some(shown) => step_view(shown).into_any(),
                None => view! {
                    <p class="hint">"Here you will read what happened at a step and why, and see its bytes."</p>
                }.into_any(),
            }}
        </aside>
    }
}

fn show(model: &Model, index: usize) -> Option<Shown> {
    let step: &Step = model.steps.get(index)?;
    let events = match &step.what {
        StepKind::Message { events, .. } => events.clone(),
        _ => Vec::new(),
    };
    Some(Shown {
        number: index + 1,
        count: model.steps.len(),
        at: amount::clock(step.at().since(model.began())),
        story: tell(model, step),
        events,
    })
}

fn step_view(shown: Shown) -> impl IntoView {
    let Shown { number, count, at, story, events } = shown;
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone().into_any(),
        Piece::Number { text, from } => {
            let from: Vec<String> = from.iter().map(ToString::to_string).collect();
            view! { <b class="number" data-from=from.join(" ")>{text.clone()}</b> }.into_any()
        }
    };
    let pieces = story.pieces.iter().map(piece).collect_view();
    view! {
        <h1 class="step-title" id="step-title">{story.title}</h1>
        <p class="between">{story.between}</p>
        <p class="between" id="step-place">{format!("Step {number} of {count} · {at} s")}</p>
        <h2>"Why this step"</h2>
        <p class="story" id="story" aria-live="polite">{pieces}</p>
        {events.into_iter().map(event_bytes).collect_view()}
    }
}

//! What happened at the reader's step and why, and how things stand after it.

use leptos::prelude::*;
use scene::amount;
use scene::list;
use scene::model::Model;
use scene::rows::Part;
use scene::story::{tell, tell_row};
use scene::told::{Piece, Story};
use trace::ids::Seq;

use super::{contracts, standing, t, values, windows};
use crate::state::{State, Tab, state};

/// What is shown of a step.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    number: usize,
    count: usize,
    at: String,
    story: Story,
    /// The part of it that the row shows, or the first of several steps.
    part: Option<String>,
}

fn shown(state: State) -> Option<Shown> {
    let index = state.row()?;
    let row = state.rows.with(|rows| rows.all.get(index).copied())?;
    state.model.with(|model| {
        let model: &Model = model.as_ref()?;
        let part = match row.part {
            Part::Whole => None,
            Part::Fold(_) => {
                let first = tell(model, model.steps.get(row.step)?).title;
                Some(text::say("fold-first", &[("first", (&first).into())]))
            }
            Part::Event(_) | Part::Chunk(_) => Some(list::line(model, &row)),
        };
        Some(Shown {
            number: index + 1,
            count: state.count(),
            at: amount::clock(row.at.since(model.began())),
            story: tell_row(model, &row)?,
            part,
        })
    })
}

/// The step's title and place, above every tab that is about it.
#[component]
pub fn Head() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| shown(state));
    move || match shown.get() {
        Some(Shown { number, count, at, story, part }) => {
            let (number, count) = (number.to_string(), count.to_string());
            let args =
                [("step", (&number).into()), ("count", (&count).into()), ("at", (&at).into())];
            view! {
                <h1 class="step-title" id="step-title">{story.title}</h1>
                <p class="between">{story.between}</p>
                <p class="between" id="step-place">{text::say("step-place", &args)}</p>
                {part.map(|part| view! { <p class="part" id="step-part">{part}</p> })}
            }
            .into_any()
        }
        None => view! { <p class="hint">{t(empty(state.tab.get()))}</p> }.into_any(),
    }
}

/// What a tab will tell once there is a step.
const fn empty(tab: Tab) -> &'static str {
    match tab {
        Tab::Lesson | Tab::Explain => "inspector-empty",
        Tab::Bytes => "inspector-empty-bytes",
        Tab::Headers => "inspector-empty-headers",
        Tab::Timing => "inspector-empty-timing",
        Tab::Streams => "inspector-empty-streams",
    }
}

/// The story of the step, and the state after it.
#[component]
pub fn Explain() -> impl IntoView {
    let state = state();
    let story = Memo::new(move |_| shown(state).map(|shown| shown.story));
    let stands = Memo::new(move |_| {
        let step = state.step()?;
        state.model.with(|model| Some(scene::standing::at(model.as_ref()?, step)))
    });
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone().into_any(),
        Piece::Number { text, from } => {
            let from: Vec<String> = from.iter().map(Seq::to_string).collect();
            view! { <b class="number" data-from=from.join(" ")>{text.clone()}</b> }.into_any()
        }
    };
    view! {
        {move || story.get().map(|story| {
            let pieces = story.pieces.iter().map(piece).collect_view();
            view! {
                <h2>{t("why")}</h2>
                <p class="story" id="story">{pieces}</p>
            }
        })}
        <values::Values />
        <contracts::Contracts />
        {move || stands.get().map(|stands| standing::view(&stands))}
        <windows::Windows />
    }
}

//! What happened at the reader's step and why, and how things stand after it.

use leptos::prelude::*;
use scene::amount;
use scene::list;
use scene::model::Model;
use scene::rows::Part;
use scene::standing::{self, Phase, Standing};
use scene::story::tell;
use scene::told::{Piece, Story};
use trace::ids::Seq;

use super::t;
use crate::state::{State, state};

/// The most connections that are listed.
const LISTED: usize = 12;

/// What is shown of a step.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    number: usize,
    count: usize,
    at: String,
    story: Story,
    /// The part of it that the row shows.
    part: Option<String>,
}

fn shown(state: State) -> Option<Shown> {
    let index = state.row()?;
    let row = state.rows.with(|rows| rows.all.get(index).copied())?;
    state.model.with(|model| {
        let model: &Model = model.as_ref()?;
        let step = model.steps.get(row.step)?;
        Some(Shown {
            number: index + 1,
            count: state.count(),
            at: amount::clock(row.at.since(model.began())),
            story: tell(model, step),
            part: (row.part != Part::Whole).then(|| list::line(model, &row)),
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
        None => view! { <p class="hint">{t("inspector-empty")}</p> }.into_any(),
    }
}

/// The story of the step, and the state after it.
#[component]
pub fn Explain() -> impl IntoView {
    let state = state();
    let story = Memo::new(move |_| shown(state).map(|shown| shown.story));
    let standing = Memo::new(move |_| {
        let step = state.step()?;
        state.model.with(|model| Some(standing::at(model.as_ref()?, step)))
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
        {move || standing.get().map(|standing| state_view(&standing))}
    }
}

fn state_view(standing: &Standing) -> impl IntoView + use<> {
    let args = [
        ("open", (standing.open.len() as u64).into()),
        ("opened", standing.opened.into()),
        ("closed", standing.closed.into()),
    ];
    let line = |conn: &standing::Standby| {
        let name = text::say("ladder-conn", &[("conn", (&conn.conn.to_string()).into())]);
        let between = format!("{} – {}", conn.client, conn.server);
        let phase = match conn.phase {
            Phase::Fresh => "phase-fresh",
            Phase::Asked => "phase-asked",
            Phase::Gated => "phase-gated",
            Phase::Idle => "phase-idle",
            Phase::Done => "phase-done",
        };
        let args = [("answers", conn.answers.into()), ("requests", conn.requests.into())];
        view! {
            <tr data-conn=conn.conn.to_string()>
                <th scope="row">{name} <span class="size">{between}</span></th>
                <td>{t(phase)} <span class="size">{text::say("state-carried", &args)}</span></td>
                <td>{amount::time(conn.age)}</td>
            </tr>
        }
    };
    let more = standing.open.len().saturating_sub(LISTED) as u64;
    let lines = standing.open.iter().take(LISTED).map(line).collect_view();
    let table = (!standing.open.is_empty()).then(|| view! {
        <table class="state">
            <thead><tr><th scope="col">{t("state-conn")}</th><th scope="col">{t("state-does")}</th><th scope="col">{t("state-age")}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    });
    view! {
        <h2>{t("state")}</h2>
        <p class="hint" id="state">{text::say("state-count", &args)}</p>
        {table}
        {(more > 0).then(|| view! { <p class="hint">{text::say("state-more", &[("count", more.into())])}</p> })}
    }
}

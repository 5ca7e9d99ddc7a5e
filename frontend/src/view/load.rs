//! What each instance had to do with clients, in numbers and in its share.

use leptos::prelude::*;
use scene::amount;
use scene::model::Model;
use trace::metrics::{Load, Metrics};
use trace::participant::Role;

use super::metrics::Shown;
use super::t;

/// The figure's name in the catalogue.
pub const FIGURE: &str = "figure-load";

/// What an instance had to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    name: String,
    load: Load,
}

/// All instances of a run, those too that had nothing to do.
pub fn shares(model: &Model, figures: &Metrics) -> Vec<Share> {
    let servers = model.lanes.iter().filter(|lane| lane.role == Role::Server);
    let share = |lane: &trace::participant::Participant| Share {
        name: lane.name.clone(),
        load: figures.load.get(&lane.id).copied().unwrap_or_default(),
    };
    servers.map(share).collect()
}

/// The part of the busiest; none where there is only one.
pub fn figure(shares: &[Share]) -> Option<Shown> {
    let busiest = shares.iter().max_by_key(|share| share.load.bytes)?;
    if shares.len() < 2 {
        return None;
    }
    let all: u64 = shares.iter().map(|share| share.load.bytes).sum();
    let beside = text::say("figure-load-at", &[("instance", (&busiest.name).into())]);
    Some((FIGURE, amount::share(busiest.load.bytes, all), beside))
}

/// A kind of work: what it is called, and how much of it there was.
type Kind = (&'static str, fn(&Load) -> u64);

const KINDS: [Kind; 4] = [
    ("load-connections", |load| load.connections),
    ("load-requests", |load| load.requests),
    ("load-messages", |load| load.messages),
    ("load-bytes", |load| load.bytes),
];

/// The numbers, and each instance's part of the whole.
pub fn table(shares: &[Share]) -> impl IntoView + use<> {
    let title = |(name, _): Kind| view! { <th scope="col">{t(name)}</th> };
    let head = KINDS.into_iter().map(title).collect_view();
    let whole = KINDS.map(|(_, of)| shares.iter().map(|share| of(&share.load)).sum::<u64>());
    let line = |share: &Share| {
        let cell = |((_, of), whole): (Kind, u64)| {
            let number = of(&share.load);
            view! {
                <td>{amount::count(number)} " " <span class="size">{amount::share(number, whole)}</span></td>
            }
        };
        let cells = KINDS.into_iter().zip(whole).map(cell).collect_view();
        view! { <tr><th scope="row">{share.name.clone()}</th>{cells}</tr> }
    };
    let lines = shares.iter().map(line).collect_view();
    view! {
        <div class="load" id="load" tabindex="0" role="region" aria-label=t(FIGURE)>
            <table>
                <thead><tr><th scope="col">{t("load-instance")}</th>{head}</tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

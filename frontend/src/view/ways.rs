//! Under the ladder of the lab `job`: who learned of the payment's end by which way, after how long, and what
//! it cost. A fold over the log, like the ladder.

use leptos::prelude::*;
use scene::amount;
use scene::ways::LAB;
use trace::metrics::ways::{Figures, Way};

use super::t;
use crate::state::{State, state};

/// The columns after the way and who learns.
const COLUMNS: [&str; 6] =
    ["ways-delay", "ways-requests", "ways-empty", "ways-connections", "ways-up", "ways-down"];

/// A window of so many pixels has room for the table under the ladder.
const ROOM: f64 = 860.0;

/// What is shown: the ways, and whether nothing more comes.
type Shown = (Vec<Figures>, bool);

fn shown(state: State) -> Shown {
    if state.lab.get() != LAB {
        return Shown::default();
    }
    state.model.with(|model| {
        model.as_ref().map(|model| (model.ways(), !model.state.serves())).unwrap_or_default()
    })
}

/// The table. It unfolds when the run is over, where that leaves the ladder its room.
#[component]
pub fn Ways() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| shown(state));
    let any = Memo::new(move |_| shown.with(|(ways, _)| !ways.is_empty()));
    move || any.get().then(|| view! { <Table shown=shown /> })
}

#[component]
fn Table(shown: Memo<Shown>) -> impl IntoView {
    let over = Memo::new(move |_| shown.with(|(_, over)| *over));
    let open = move || over.get() && window_height() >= ROOM;
    let head = |id: &'static str| {
        let sorted = (id == "ways-delay").then_some("ascending");
        view! { <th scope="col" class="number" aria-sort=sorted>{t(id)}</th> }
    };
    let heads = COLUMNS.into_iter().map(head).collect_view();
    let lines =
        move || shown.with(|(ways, over)| ways.iter().map(|way| line(way, *over)).collect_view());
    view! {
        <details class="ways" id="ways" open=open>
            <summary>
                <strong id="ways-caption">{t("ways-caption")}</strong>
                " "
                <span class="hint">{move || shown.with(|(ways, _)| extremes(ways))}</span>
            </summary>
            <div class="scrolls" tabindex="0" role="region" aria-labelledby="ways-caption">
                <table aria-labelledby="ways-caption">
                    <thead>
                        <tr>
                            <th scope="col">{t("ways-way")}</th>
                            <th scope="col">{t("ways-learner")}</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
                <p class="hint">{t("ways-how")}</p>
            </div>
        </details>
    }
}

/// Who was the first to learn, and who the last, while the table is folded.
fn extremes(ways: &[Figures]) -> Option<String> {
    let known = |way: &&Figures| way.delay_us.is_some();
    let (first, last) = (ways.iter().find(known)?, ways.iter().rev().find(known)?);
    let (first_took, last_took) = (amount::millis(first.delay_us?), amount::millis(last.delay_us?));
    let (first, last) = (t(name(first.way)), t(name(last.way)));
    let args = [
        ("first", (&first).into()),
        ("first_took", (&first_took).into()),
        ("last", (&last).into()),
        ("last_took", (&last_took).into()),
    ];
    Some(text::say("ways-extremes", &args))
}

fn window_height() -> f64 {
    window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default()
}

fn line(way: &Figures, over: bool) -> impl IntoView + use<> {
    let not = || t(if over { "ways-never" } else { "ways-not-yet" });
    let delay = way.delay_us.map_or_else(not, amount::millis);
    let counts =
        [way.requests, way.empty, way.connections, way.bytes_to_server, way.bytes_to_client];
    let cell = |number: u64| view! { <td class="number">{amount::count(number)}</td> };
    let cells = counts.into_iter().map(cell).collect_view();
    let (id, client) = (name(way.way), way.client.clone());
    view! {
        <tr data-way=id data-client=client>
            <th scope="row">{t(id)}</th>
            <td>{way.learner.clone()}</td>
            <td class="number"><strong>{delay}</strong></td>
            {cells}
        </tr>
    }
}

const fn name(way: Way) -> &'static str {
    match way {
        Way::ShortPolling => "ways-short-polling",
        Way::LongPolling => "ways-long-polling",
        Way::Events => "ways-events",
        Way::Webhook => "ways-webhook",
        Way::AskingSite => "ways-asking-site",
    }
}

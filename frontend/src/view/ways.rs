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

/// The table.
#[component]
pub fn Ways() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| shown(state));
    move || {
        let (ways, over) = shown.get();
        (!ways.is_empty()).then(|| table(&ways, over))
    }
}

fn table(ways: &[Figures], over: bool) -> impl IntoView + use<> {
    let head = |id: &'static str| {
        let sorted = (id == "ways-delay").then_some("ascending");
        view! { <th scope="col" class="number" aria-sort=sorted>{t(id)}</th> }
    };
    let heads = COLUMNS.into_iter().map(head).collect_view();
    let lines = ways.iter().map(|way| line(way, over)).collect_view();
    view! {
        <div class="ways" id="ways" tabindex="0" role="region" aria-labelledby="ways-caption">
            <table>
                <caption id="ways-caption">{t("ways-caption")}</caption>
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
    }
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

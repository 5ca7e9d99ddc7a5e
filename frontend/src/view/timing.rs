//! Where the time of the reader's exchange went, as bars on one line.

use leptos::prelude::*;
use scene::amount;
use scene::timing::{self, Phase};
use trace::ids::Seq;

use super::t;
use crate::state::{State, state};

/// The bars' length in their own measure.
const LENGTH: u64 = 1_000;

fn phases(state: State) -> Option<Vec<Phase>> {
    let step = state.step()?;
    state.model.with(|model| {
        let model = model.as_ref()?;
        Some(timing::of(model, model.steps.get(step)?))
    })
}

/// The bars.
#[component]
pub fn Timing() -> impl IntoView {
    let state = state();
    let phases = Memo::new(move |_| phases(state));
    move || {
        let phases = phases.get().unwrap_or_default();
        let first = phases.iter().map(|phase| phase.from).min();
        let last = phases.iter().map(|phase| phase.until).max();
        let (Some(first), Some(last)) = (first, last) else {
            return view! { <p class="hint">{t("timing-none")}</p> }.into_any();
        };
        let whole = last.since(first).0.max(1);
        let line = |phase: &Phase| {
            let x = phase.from.since(first).0 * LENGTH / whole;
            let width = (phase.until.since(phase.from).0 * LENGTH / whole).max(4);
            let from: Vec<String> = phase.cites.iter().map(Seq::to_string).collect();
            let id = phase.spent.id();
            view! {
                <tr>
                    <th scope="row">{t(id)}</th>
                    <td class="bar">
                        <svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
                            <rect class=id x=x.to_string() y="1" width=width.to_string() height="12" rx="2" />
                        </svg>
                    </td>
                    <td><b class="number" data-from=from.join(" ")>{amount::time(phase.until.since(phase.from))}</b></td>
                </tr>
            }
        };
        let lines = phases.iter().map(line).collect_view();
        let took = amount::time(last.since(first));
        let total = [("took", (&took).into())];
        view! {
            <table class="timing">
                <thead><tr><th scope="col">{t("timing-spent")}</th><th scope="col">{t("timing-when")}</th><th scope="col">{t("timing-took")}</th></tr></thead>
                <tbody>{lines}</tbody>
            </table>
            <p class="hint">{text::say("timing-total", &total)}</p>
        }
        .into_any()
    }
}

//! When a delivery is tried again: by Standard Webhooks, here, and as it was in this run.

use leptos::prelude::*;
use scene::amount;
use scene::schedule::{Line, lines, long};
use scene::standing::webhook::{Delivery, Waited, Webhooks, short};
use serde_json::Value;
use trace::ids::Seq;
use trace::time::Micros;

use crate::state::{State, state};
use crate::view::t;

/// The two schedules side by side.
#[component]
pub fn Schedule(
    /// How webhooks stand in the run that is shown.
    told: Memo<Webhooks>,
) -> impl IntoView {
    let state = state();
    let here = Memo::new(move |_| lines(number(state, "backoff_ms"), number(state, "retries")));
    // The delivery that was tried most often has the most to show.
    let most = Memo::new(move |_| {
        told.with(|told| told.deliveries.iter().max_by_key(|it| it.waits.len()).cloned())
    });
    let body = move || {
        most.with(|most| {
            let waits = most.as_ref().map(|most| most.waits.as_slice()).unwrap_or_default();
            here.with(|here| here.iter().map(|it| line(it, waits)).collect_view())
        })
    };
    let of = |most: &Option<Delivery>| most.as_ref().map(|most| short(&most.id));
    let of = Memo::new(move |_| most.with(of));
    view! {
        <details id="webhook-schedule">
            <summary>{t("webhook-schedule")}</summary>
            <p class="hint">{t("webhook-schedule-why")}</p>
            <div class="scrolls" tabindex="0" role="region" aria-label=t("webhook-schedule")>
                <table class="state" data-table="webhook-schedule" aria-label=t("webhook-schedule")>
                    <thead><tr>
                        <th scope="col">{t("webhook-schedule-attempt")}</th>
                        <th scope="col">{t("webhook-schedule-real")}</th>
                        <th scope="col">{t("webhook-schedule-here")}</th>
                        <th scope="col">{t("webhook-schedule-run")} <span class="size">{move || of.get()}</span></th>
                    </tr></thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
        </details>
    }
}

/// A knob of the run that is shown, or as it stands where there is none.
fn number(state: State, name: &str) -> u64 {
    let of_run = state.model.with(|model| model.as_ref().and_then(|it| it.header.number(name)));
    of_run
        .or_else(|| state.params.with(|params| params.get(name).and_then(Value::as_u64)))
        .unwrap_or_default()
}

fn line(line: &Line, waits: &[Waited]) -> AnyView {
    let real = match line.real {
        Some(Micros(0)) => t("webhook-schedule-at-once"),
        Some(wait) => text::say("webhook-schedule-after", &[("wait", (&long(wait)).into())]),
        None => t("webhook-schedule-given-up"),
    };
    let here = if line.most == Micros(0) {
        t("webhook-schedule-at-once")
    } else {
        let (least, most) = (amount::time(line.least), amount::time(line.most));
        let args = [("least", (&least).into()), ("most", (&most).into())];
        text::say("webhook-schedule-between", &args)
    };
    let waited = waits.iter().find(|wait| wait.attempt == line.attempt);
    let from: Vec<String> =
        waited.iter().flat_map(|wait| wait.from.iter().map(Seq::to_string)).collect();
    view! {
        <tr data-from=from.join(" ")>
            <th scope="row">{line.attempt.to_string()}</th>
            <td>{real}</td>
            <td>{here}</td>
            <td>{waited.and_then(measured)}</td>
        </tr>
    }
    .into_any()
}

/// How long a wait was, beside what was planned; nothing while it is not over.
fn measured(wait: &Waited) -> Option<String> {
    let took = wait.took?;
    if wait.planned == Micros(0) {
        return Some(t("webhook-schedule-at-once"));
    }
    let (took, planned) = (amount::time(took), amount::time(wait.planned));
    let args = [("took", (&took).into()), ("planned", (&planned).into())];
    Some(text::say("webhook-schedule-measured", &args))
}

//! What a page said of itself, beside the ladder: it was heard on no socket, so it is no mark of it
//! (law 5). It comes from the log, and so is there again when the log is replayed.

use std::collections::BTreeMap;

use leptos::prelude::*;
use scene::amount;
use scene::model::Model;
use trace::entry::{Report, Says};

use super::t;
use crate::state::state;

/// So many are shown, the newest of them.
const SHOWN: usize = 3;

/// The reports of the run that is shown.
#[component]
pub fn Reports() -> impl IntoView {
    let state = state();
    let told =
        Memo::new(move |_| state.model.with(|model| model.as_ref().map(told).unwrap_or_default()));
    let line = |text: String| view! { <li>{text}</li> };
    move || {
        let lines = told.get();
        (!lines.is_empty()).then(|| {
            let earlier = lines.len().saturating_sub(SHOWN) as u64;
            let shown = lines.into_iter().skip(earlier as usize).map(line).collect_view();
            view! {
                <section class="reports" id="reports" role="status" aria-label=t("reports")>
                    <h2>{t("reports")}</h2>
                    <ul>{shown}</ul>
                    {(earlier > 0).then(|| view! {
                        <p class="hint">{text::say("reports-earlier", &[("count", earlier.into())])}</p>
                    })}
                </section>
            }
        })
    }
}

/// Each report in words, in the order of the log. Of how many streams were answered only the last
/// word counts, and nothing is said where it was all of them.
fn told(model: &Model) -> Vec<String> {
    let mut streams: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, (.., report)) in model.reports.iter().enumerate() {
        if matches!(report.says, Says::StreamsOpened { .. }) {
            streams.insert(&report.client, index);
        }
    }
    let mut lines = Vec::new();
    for (index, (_, at, report)) in model.reports.iter().enumerate() {
        // What the end of a run does to a page is no news.
        if model.ended.is_some_and(|ended| *at > ended) {
            continue;
        }
        let older = streams.get(report.client.as_str()).is_some_and(|last| *last != index);
        if older && matches!(report.says, Says::StreamsOpened { .. }) {
            continue;
        }
        let at = amount::clock(at.since(model.began()));
        lines.extend(
            words(model, report).map(|said| {
                text::say("report-at", &[("at", (&at).into()), ("said", (&said).into())])
            }),
        );
    }
    lines
}

fn words(model: &Model, report: &Report) -> Option<String> {
    let lane = model.lanes.iter().find(|lane| lane.id == report.client);
    let who = lane.map_or(report.client.as_str(), |lane| lane.name.as_str());
    Some(match &report.says {
        Says::SocketClosed { code, .. } => {
            let (number, means) = (code.to_string(), wire::explain::close_code(*code).sentence);
            let args =
                [("who", who.into()), ("code", (&number).into()), ("means", (&means).into())];
            text::say("report-socket", &args)
        }
        Says::StreamsOpened { wanted, answered } if answered < wanted => {
            let missing = wanted - answered;
            let args = [
                ("wanted", (*wanted).into()),
                ("answered", (*answered).into()),
                ("missing", missing.into()),
            ];
            text::say("report-streams", &args)
        }
        Says::StreamsOpened { .. } => return None,
        Says::StreamBroke { last_event_id } if last_event_id.is_empty() => {
            text::say("report-broke-first", &[("who", who.into())])
        }
        Says::StreamBroke { last_event_id } => {
            text::say("report-broke", &[("who", who.into()), ("id", last_event_id.into())])
        }
        Says::CannotStream { method } => {
            text::say("report-cannot-stream", &[("method", method.into())])
        }
        Says::CallBroke { method } => {
            text::say("report-call-broke", &[("who", who.into()), ("method", method.into())])
        }
        Says::CannotPipeline => text::say("report-cannot-pipeline", &[("who", who.into())]),
        Says::NoTrust => text::say("report-no-trust", &[("who", who.into())]),
    })
}

//! The list of labs.

use leptos::prelude::*;
use trace::studio::{Lab, Summary};

use super::t;
use crate::address;
use crate::recent::{self, LISTED};
use crate::state::{State, state};

/// The labs, by group.
#[component]
pub fn Sidebar() -> impl IntoView {
    let state = state();
    let groups = move || {
        let mut groups: Vec<(String, Vec<Lab>)> = Vec::new();
        for lab in state.labs.get() {
            match groups.last_mut() {
                Some((group, labs)) if *group == lab.group => labs.push(lab),
                _ => groups.push((lab.group.clone(), vec![lab])),
            }
        }
        groups
    };
    let item = move |lab: Lab| {
        let shown = lab.id.clone();
        let current = move || (state.lab.get() == shown).then_some("page");
        let href = format!("#{}", lab.id);
        let id = lab.id.clone();
        view! {
            <li>
                <a
                    class="lab"
                    href=href
                    aria-current=current
                    on:click=move |_| anew(state, &id)
                >
                    {lab.title}
                </a>
            </li>
        }
    };
    view! {
        <nav class="sidebar" aria-label=t("labs")>
            {move || {
                groups()
                    .into_iter()
                    .map(|(group, labs)| view! {
                        <h2 class="group">{group}</h2>
                        <ul>{labs.into_iter().map(item).collect_view()}</ul>
                    })
                    .collect_view()
            }}
            <Recent />
        </nav>
    }
}

/// The lab that is shown, without the run or file that is shown: the address may not change by that.
fn anew(state: State, lab: &str) {
    if state.lab.get_untracked() == lab && state.model.with_untracked(Option::is_some) {
        address::show_lab(state, lab);
    }
}

/// The runs that the studio keeps, the newest first.
#[component]
fn Recent() -> impl IntoView {
    let state = state();
    let runs = move || {
        let deleting = state.deleting.get();
        let mut runs = state.recent.get();
        runs.retain(|run| !deleting.contains_key(&run.id.0));
        runs.sort_by(|a, b| b.started.cmp(&a.started));
        runs.truncate(LISTED);
        runs
    };
    let item = move |run: Summary| {
        let href = format!("#{}?run={}", run.lab, run.id);
        let id = run.id.clone();
        let shown = run.id.clone();
        let known = |lab: &Lab| (lab.id == run.lab).then(|| lab.title.clone());
        let title = state.labs.with(|labs| labs.iter().find_map(known)).unwrap_or(run.lab.clone());
        let current = move || {
            state.run.with(|run| run.as_ref().is_some_and(|run| run.id == shown)).then_some("true")
        };
        // The time of day, as the studio's clock had it in UTC.
        let time = run.started.get(11..16).unwrap_or_default().to_owned();
        let args = [("requests", run.metrics.requests.into()), ("time", (&time).into())];
        let delete = text::say("recent-delete", &[("run", (&run.id.0).into())]);
        view! {
            <li class="recent">
                <a class="lab" href=href aria-current=current>
                    <span>{title}</span>
                    <span class="size">{text::say("recent-run", &args)}</span>
                </a>
                <button class="delete" aria-label=delete.clone() title=delete on:click=move |_| recent::delete(state, id.clone())>"×"</button>
            </li>
        }
    };
    move || {
        let runs = runs();
        (!runs.is_empty()).then(|| {
            view! {
                <section class="runs" aria-label=t("recent")>
                    <h2 class="group">{t("recent")}</h2>
                    <ul id="recent">{runs.into_iter().map(item).collect_view()}</ul>
                </section>
            }
        })
    }
}

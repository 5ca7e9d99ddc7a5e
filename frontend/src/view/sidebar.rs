//! The list of labs.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use trace::ids::RunId;
use trace::studio::{Lab, Summary};

use super::t;
use crate::recent::{self, LISTED};
use crate::state::{State, state};
use crate::{address, beside};

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
    // On a small screen the labs stand in a row that is longer than the screen.
    Effect::new(move |_| {
        state.lab.track();
        state.labs.track();
        request_animation_frame(show_current);
    });
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

/// Scrolls the list so that the lab that is shown is in view.
fn show_current() {
    let current = document().query_selector("nav.sidebar a.lab[aria-current]").ok().flatten();
    let Some(current) = current else { return };
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
    current.scroll_into_view_with_scroll_into_view_options(&options);
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
        let words = text::say("recent-run", &args);
        let delete = text::say("recent-delete", &[("run", (&run.id.0).into())]);
        let compare = compare(state, run.id.clone());
        view! {
            <li class="recent">
                <a class="lab" href=href aria-current=current on:click=move |event| visit(state, &event, &run)>
                    <span>{title}</span>
                    <span class="size">{words}</span>
                </a>
                {compare}
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

/// Goes to a run; what opens another tab or window is the browser's.
fn visit(state: State, event: &MouseEvent, run: &Summary) {
    let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if !elsewhere {
        event.prevent_default();
        recent::visit(state, run);
    }
}

/// Puts a run beside the one that is shown, or takes it away again.
fn compare(state: State, run: RunId) -> impl IntoView {
    let label = text::say("compare-with", &[("run", (&run.0).into())]);
    let own = run.clone();
    let on = Memo::new(move |_| state.beside.run.with(|beside| beside.as_ref() == Some(&own)));
    let click = move |_| {
        if on.get_untracked() {
            beside::close(state);
        } else {
            beside::open(state, run.clone());
        }
    };
    view! {
        <button class="compare" class:on=move || on.get() aria-pressed=move || on.get().to_string() aria-label=label.clone() title=label on:click=click>
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 3h5v10H2zM9 3h5v10H9z" /></svg>
        </button>
    }
}

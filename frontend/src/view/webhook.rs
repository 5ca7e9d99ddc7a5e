//! The panel of the lab `webhook`: what a person may do to its services, how its endpoints do, what was
//! given up and can be sent again, and when a delivery is tried again.

mod schedule;
pub mod tables;

use leptos::prelude::*;
use scene::standing::webhook::Webhooks;
use trace::studio::Press;

use super::controls::under_way;
use super::t;
use crate::session;
use crate::state::{State, state};

/// The lab of which it is a part.
const LAB: &str = "webhook";

/// How site.com can be told to behave, and the words for it. Its certificate is a knob alone: that is
/// where callbacks go from the beginning.
const BEHAVIOURS: [(&str, &str); 4] = [
    ("up", "webhook-site-up"),
    ("slow", "webhook-site-slow"),
    ("error", "webhook-site-error"),
    ("close", "webhook-site-close"),
];

/// What an attacker can send to site.com.
const ATTACKS: [(&str, &str); 4] = [
    ("altered", "webhook-attack-altered"),
    ("old", "webhook-attack-old"),
    ("replayed", "webhook-attack-replayed"),
    ("unsigned", "webhook-attack-unsigned"),
];

/// The panel, in its lab.
#[component]
pub fn Webhook() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| state.lab.with(|lab| lab == LAB));
    move || shown.get().then(|| view! { <Panel /> })
}

#[component]
fn Panel() -> impl IntoView {
    let state = state();
    let told = Memo::new(move |_| {
        state.model.with(|model| model.as_ref().map(Webhooks::now).unwrap_or_default())
    });
    let taken = Memo::new(move |_| taken(state));
    view! {
        <section class="webhook" id="webhook" aria-labelledby="webhook-heading">
            <h2 id="webhook-heading">{t("webhook-panel")}</h2>
            {move || taken.get().then(|| view! { <Acts /> })}
            {move || told.with(|told| tables::dead(told, taken.get().then_some(state)))}
            <div class="folds">
                <details id="webhook-stand">
                    <summary>{move || told.with(Webhooks::said)}</summary>
                    {move || told.with(tables::endpoints)}
                </details>
                <schedule::Schedule told=told />
            </div>
        </section>
    }
}

/// Whether a run is under way that takes the lab's inputs.
fn taken(state: State) -> bool {
    let runs = state.run.with(Option::is_some) && !state.making.get() && under_way(state);
    let takes = |input: &String| input == "pay";
    runs && state.current_lab().is_some_and(|lab| lab.inputs.iter().any(takes))
}

/// An input that is about nothing but the run.
fn plain(input: &str) -> Press {
    Press { input: input.to_owned(), ..Press::default() }
}

/// Sends a delivery again.
fn replay(state: State, delivery: &str) {
    session::act(state, Press { delivery: Some(delivery.to_owned()), ..plain("replay") });
}

/// What a person may do while a run is under way. What came of it is shown by the ladder.
#[component]
fn Acts() -> impl IntoView {
    let state = state();
    let knob = state.model.with_untracked(|model| {
        let knob = model.as_ref().and_then(|model| model.header.word("site"));
        knob.unwrap_or_default().to_owned()
    });
    let option = |(value, words): (&'static str, &'static str)| {
        let selected = value == knob;
        view! { <option value=value selected=selected>{t(words)}</option> }
    };
    let behaviours = BEHAVIOURS.into_iter().map(option).collect_view();
    let behave = move |behaviour: String| {
        session::act(state, Press { behaviour: Some(behaviour), ..plain("site") });
    };
    let attack = move |(kind, words): (&'static str, &'static str)| {
        let press = move |_| {
            session::act(state, Press { kind: Some(kind.to_owned()), ..plain("attack") });
        };
        view! { <button class="segment" id=format!("attack-{kind}") on:click=press>{t(words)}</button> }
    };
    let attacks = ATTACKS.into_iter().map(attack).collect_view();
    view! {
        <div class="inputs" role="group" aria-label=t("webhook-acts")>
            <button class="segment lone" id="pay" title=t("webhook-pay-title") on:click=move |_| session::act(state, plain("pay"))>
                {t("webhook-pay")}
            </button>
            <button class="segment lone" id="rotate" title=t("webhook-rotate-title") on:click=move |_| session::act(state, plain("rotate"))>
                {t("webhook-rotate")}
            </button>
            <label class="knob" for="site">
                <span>{t("webhook-site")}</span>
                <select id="site" on:change=move |event| behave(event_target_value(&event))>{behaviours}</select>
            </label>
            <div class="segments" role="group" aria-label=t("webhook-attacks")>{attacks}</div>
        </div>
    }
}

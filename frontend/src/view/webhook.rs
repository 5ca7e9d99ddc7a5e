//! The panel of the lab `webhook`: what a person may do to its services, how its endpoints do, what was
//! given up and can be sent again, and when a delivery is tried again.

mod acted;
mod schedule;
pub mod tables;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::model::Model;
use scene::standing::webhook::{Stage, Webhooks, judged};
use trace::studio::Press;
use trace::webhook::{EndpointState, Verdict};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement, HtmlSelectElement};

use acted::Acted;

use super::controls::under_way;
use super::{inspector, t};
use crate::by_log::by_log;
use crate::state::{State, state};
use crate::{session, toast};

/// The lab of which it is a part.
const LAB: &str = "webhook";

/// How site.com behaves, and the words for it.
const BEHAVIOURS: [(&str, &str); 5] = [
    ("up", "webhook-site-up"),
    ("slow", "webhook-site-slow"),
    ("error", "webhook-site-error"),
    ("close", "webhook-site-close"),
    (BAD_CERTIFICATE, "webhook-site-bad-certificate"),
];

/// The behaviour that is a knob alone: that is where callbacks go from the beginning.
const BAD_CERTIFICATE: &str = "bad_certificate";

/// The heading of the panel, which takes the focus where what had it is gone.
const HEADING: &str = "webhook-heading";

/// How often is looked whether a button is gone that was pressed, and how often at most.
const LOOK_MS: u32 = 100;
const LOOKS: u32 = 200;

/// What an attacker can send to site.com.
const ATTACKS: [(&str, &str); 4] = [
    ("altered", "webhook-attack-altered"),
    ("old", "webhook-attack-old"),
    ("replayed", "webhook-attack-replayed"),
    ("unsigned", "webhook-attack-unsigned"),
];

/// Where what a person may do stands open, as in the style.
const WIDE: &str = "(min-width: 901px)";

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
        <section class="webhook" id="webhook" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t("webhook-panel")}</h2>
            {move || taken.get().then(|| view! {
                // A small screen has its room for the ladder.
                <details class="acts" open=wide()>
                    <summary>{t("webhook-acts")}</summary>
                    <Acts told=told />
                </details>
            })}
            {move || told.with(|told| tables::dead(told, taken.get().then_some(state)))}
            {move || state.stays.get().filter(|_| taken.get()).map(stays)}
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

/// Whether there is room for everything.
fn wide() -> bool {
    window().match_media(WIDE).ok().flatten().is_some_and(|media| media.matches())
}

/// When the run ends by itself.
fn stays(seconds: u64) -> AnyView {
    let words = text::say("webhook-stays", &[("seconds", seconds.into())]);
    view! { <p class="hint" id="webhook-stays">{words}</p> }.into_any()
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

/// Sends a delivery again, and says so once that is agreed to.
fn replay(state: State, delivery: String, said: String) {
    let pressed = document().active_element();
    spawn_local(async move {
        let press = Press { delivery: Some(delivery), ..plain("replay") };
        if session::acted(state, press).await {
            toast::say(state, said, None);
            keep_focus(pressed).await;
        }
    });
}

/// Lets endpoints be called again that are disabled.
fn enable(state: State) {
    let pressed = document().active_element();
    spawn_local(async move {
        if session::acted(state, plain("enable")).await {
            toast::say(state, t("webhook-enabled"), None);
            keep_focus(pressed).await;
        }
    });
}

/// Where a button that has the focus goes with what it was for, the focus goes on: to the next dead
/// letter, or to the panel.
async fn keep_focus(pressed: Option<Element>) {
    let Some(pressed) = pressed.filter(|it| it.tag_name() == "BUTTON") else { return };
    for _ in 0..LOOKS {
        TimeoutFuture::new(LOOK_MS).await;
        let active = document().active_element();
        if !pressed.is_connected() {
            if active.is_none_or(|active| active.tag_name() == "BODY") {
                focus_next();
            }
            return;
        }
        if active.as_ref() != Some(&pressed) {
            return;
        }
    }
}

fn focus_next() {
    let next = document().query_selector("#webhook [data-table='webhook-dead'] button");
    let next = next.ok().flatten().and_then(|next| next.dyn_into::<HtmlElement>().ok());
    match next {
        Some(next) => {
            let _ = next.focus();
        }
        None => inspector::focus(HEADING),
    }
}

/// What a person may do while a run is under way. What came of it is shown by the ladder.
#[component]
fn Acts(
    /// How webhooks stand.
    told: Memo<Webhooks>,
) -> impl IntoView {
    let state = state();
    let acted = by_log::<Acted>(state);
    let disabled = Memo::new(move |_| {
        let disabled = |it: &Webhooks| {
            it.endpoints.iter().any(|endpoint| endpoint.state == EndpointState::Disabled)
        };
        told.with(disabled)
    });
    view! {
        <div class="inputs" role="group" aria-label=t("webhook-acts")>
            <button class="segment lone" id="pay" title=t("webhook-pay-title") on:click=move |_| session::act(state, plain("pay"))>
                {t("webhook-pay")}
            </button>
            <button class="segment lone" id="rotate" title=t("webhook-rotate-title") on:click=move |_| session::act(state, plain("rotate"))>
                {t("webhook-rotate")}
            </button>
            {move || disabled.get().then(|| view! {
                <button class="segment lone" id="enable" title=t("webhook-enable-title") on:click=move |_| enable(state)>
                    {t("webhook-enable")}
                </button>
            })}
            <Behaviour acted=acted />
            <Attacks told=told />
        </div>
        <p class="attacked hint" id="attacked" role="status">{move || acted.with(attacked)}</p>
    }
}

/// How site.com behaves now, and the choice of another way.
#[component]
fn Behaviour(
    /// What the log says was done.
    acted: Memo<Acted>,
) -> impl IntoView {
    let state = state();
    let now = Memo::new(move |_| {
        let told = acted.with(|acted| acted.behaviour.clone());
        let knob = |model: &Option<Model>| {
            model.as_ref().and_then(|model| model.header.word("site")).map(str::to_owned)
        };
        told.or_else(|| state.model.with(knob)).unwrap_or_default()
    });
    let option = |(value, words): (&'static str, &'static str)| {
        let on = move || now.with(|now| now == value);
        let knob_alone = value == BAD_CERTIFICATE;
        view! { <option value=value disabled=knob_alone prop:selected=on>{t(words)}</option> }
    };
    let behave = move |event: Event| {
        let select: HtmlSelectElement = event_target(&event);
        let press = Press { behaviour: Some(select.value()), ..plain("site") };
        spawn_local(async move {
            if !session::acted(state, press).await {
                // It behaves as before, and so it is shown.
                select.set_value(&now.get_untracked());
            }
        });
    };
    view! {
        <label class="knob" for="site">
            <span>{t("webhook-site")}</span>
            <select id="site" on:change=behave>{BEHAVIOURS.into_iter().map(option).collect_view()}</select>
        </label>
    }
}

/// What somebody may try who has overheard a delivery.
#[component]
fn Attacks(
    /// How webhooks stand.
    told: Memo<Webhooks>,
) -> impl IntoView {
    let state = state();
    let overheard = Memo::new(move |_| told.with(overheard));
    let button = move |(kind, words): (&'static str, &'static str)| {
        let press = move |_| {
            session::act(state, Press { kind: Some(kind.to_owned()), ..plain("attack") });
        };
        let title = move || (!overheard.get()).then(|| t("webhook-attack-none"));
        view! {
            <button class="segment lone" id=format!("attack-{kind}") title=title disabled=move || !overheard.get() on:click=press>
                {t(words)}
            </button>
        }
    };
    view! {
        <div class="attacks" role="group" aria-label=t("webhook-attacks")>
            <span aria-hidden="true">{t("webhook-attacks-short")}</span>
            {ATTACKS.into_iter().map(button).collect_view()}
        </div>
    }
}

/// Whether site.com has taken a delivery that somebody could have overheard.
fn overheard(told: &Webhooks) -> bool {
    told.verdicts.contains_key(&Verdict::Duplicate)
        || told.deliveries.iter().any(|delivery| delivery.stage == Stage::Delivered)
}

/// What site.com made of each kind of attack, the last time.
fn attacked(acted: &Acted) -> String {
    let line = |(kind, words): (&str, &str)| {
        let verdict = acted.attacks.iter().rev().find(|it| it.kind == kind)?.verdict?;
        let (attack, verdict) = (t(words), judged(verdict));
        let args = [("attack", (&attack).into()), ("verdict", (&verdict).into())];
        Some(text::say("webhook-attacked", &args))
    };
    ATTACKS.into_iter().filter_map(line).collect::<Vec<String>>().join(" · ")
}

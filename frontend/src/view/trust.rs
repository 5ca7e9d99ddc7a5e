//! Whether this browser trusts the authority that signed the certificates here, and how it comes to.

use leptos::prelude::*;
use scene::model::Model;
use serde_json::Value;
use trace::studio::Authority;

use super::controls::under_way;
use super::t;
use crate::state::{State, state};
use crate::studio;
use crate::trust::{self, Trusted};

/// Where the authority is to be made known, and how.
const WAYS: [(&str, &str); 5] = [
    ("trust-chrome", "trust-chrome-steps"),
    ("trust-firefox", "trust-firefox-steps"),
    ("trust-macos", "trust-macos-steps"),
    ("trust-windows", "trust-windows-steps"),
    ("trust-linux", "trust-linux-steps"),
];

/// The panel, where a browser asks over HTTPS.
#[component]
pub fn Trust() -> impl IntoView {
    let state = state();
    let wanted = Memo::new(move |_| wanted(state));
    move || wanted.get().then(|| view! { <Panel /> })
}

fn wanted(state: State) -> bool {
    match state.lab.get().as_str() {
        "http2" => true,
        "http10" => {
            state.params.with(|params| params.get("tls").and_then(Value::as_bool)) == Some(true)
        }
        _ => false,
    }
}

#[component]
fn Panel() -> impl IntoView {
    let state = state();
    trust::check(state);
    let url = Memo::new(move |_| state.trust.url.get());
    // Who asks again still reads what to do.
    let wants = Memo::new(move |was: Option<&bool>| match state.trust.trusted.get() {
        Trusted::Yes => false,
        Trusted::No => true,
        Trusted::Never | Trusted::Asking => was.copied().unwrap_or(false),
    });
    // While a run is under way the diagram has the room.
    let apart = Memo::new(move |_| under_way(state) || by_agent(state));
    move || {
        let url = url.get().filter(|_| wants.get() && !apart.get())?;
        Some(view! {
            <section class="trust" id="trust" aria-label=t("trust-heading")>
                <Standing url=url.clone() />
                <How url=url />
            </section>
        })
    }
}

/// Whether an agent asks in the run that is shown, or would in the next one: it trusts by itself.
fn by_agent(state: State) -> bool {
    let shown = |model: &Option<Model>| {
        let header = &model.as_ref()?.header;
        header.word("peer").map(|peer| peer == "agent")
    };
    let next = || {
        let is_agent = |peer: &Value| peer.as_str() == Some("agent");
        state.params.with(|params| params.get("peer").is_some_and(is_agent))
    };
    state.model.with(shown).unwrap_or_else(next)
}

/// How this browser stands to the authority.
#[component]
fn Standing(url: String) -> impl IntoView {
    let trusted = state().trust.trusted;
    let said = move || match trusted.get() {
        Trusted::Never | Trusted::Asking => t("trust-asking"),
        Trusted::Yes => t("trust-yes"),
        Trusted::No => text::say("trust-no", &[("url", (&url).into())]),
    };
    let named = move || match trusted.get() {
        Trusted::Never | Trusted::Asking => "asking",
        Trusted::Yes => "yes",
        Trusted::No => "no",
    };
    view! {
        <p class="trust-state" id="trust-state" role="status" aria-live="polite" data-trust=named>{said}</p>
    }
}

/// How to trust it, and to find out whether that was done.
#[component]
fn How(url: String) -> impl IntoView {
    let state = state();
    let see = text::say("trust-see", &[("url", (&url).into())]);
    let tab = format!("{url}/trust");
    let authority = Memo::new(move |_| state.trust.authority.get());
    let way = |(name, steps): (&str, &str)| view! { <h3>{t(name)}</h3> <p>{t(steps)}</p> };
    view! {
        <details id="trust-how">
            <summary>{t("trust-how")}</summary>
            <p class="trust-acts">
                <button class="segment lone" id="trust-check" on:click=move |_| trust::check(state)>
                    {t("trust-check")}
                </button>
                <a class="segment lone" id="trust-see" href=tab target="_blank" rel="noopener noreferrer">{see}</a>
                <a class="segment lone" id="trust-download" href=studio::AUTHORITY_PEM download="authority.pem">
                    {t("trust-download")}
                </a>
            </p>
            <p>{t("trust-which")}</p>
            <p>{t("trust-why")}</p>
            {move || authority.get().map(told)}
            {WAYS.into_iter().map(way).collect_view()}
            <p>{t("trust-again")}</p>
        </details>
    }
}

/// What the studio says of the authority.
fn told(authority: Authority) -> impl IntoView {
    let Authority { name, fingerprint_sha256, kept, not_after } = authority;
    view! {
        <dl class="trust-authority">
            <dt>{t("trust-name")}</dt>
            <dd>{name}</dd>
            <dt>{t("trust-fingerprint")}</dt>
            <dd><code id="fingerprint" tabindex="0">{fingerprint_sha256}</code></dd>
            <dt>{t("trust-until")}</dt>
            <dd>{not_after}</dd>
        </dl>
        <p>{t("trust-compare")} " " {t(if kept { "trust-kept" } else { "trust-anew" })}</p>
    }
}

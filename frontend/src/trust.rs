//! Whether this browser trusts the authority that signed the certificates of the TLS ports. Browsers do
//! not tell a page; it asks for something over HTTPS, and sees whether that is answered.

use leptos::prelude::*;
use leptos::task::spawn_local;
use trace::studio::Authority;

use crate::state::State;
use crate::{labs, studio, toast};

/// What is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trusted {
    /// Nobody has asked.
    #[default]
    Never,
    /// The page asks.
    Asking,
    /// The answer came.
    Yes,
    /// None came: it is not trusted, or cannot be reached.
    No,
}

/// The authority, and how this browser stands to it.
#[derive(Debug, Clone, Copy)]
pub struct Trust {
    /// Where HTTPS is served; none where it is not.
    pub url: RwSignal<Option<String>>,
    /// The authority, as the studio tells it.
    pub authority: RwSignal<Option<Authority>>,
    /// Whether this browser trusts it.
    pub trusted: RwSignal<Trusted>,
}

impl Trust {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            url: RwSignal::new(None),
            authority: RwSignal::new(None),
            trusted: RwSignal::new(Trusted::Never),
        }
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self::new()
    }
}

/// Asks, unless that is under way.
pub fn check(state: State) {
    let trust = state.trust;
    if trust.trusted.get_untracked() == Trusted::Asking {
        return;
    }
    let again = trust.trusted.get_untracked() == Trusted::No;
    trust.trusted.set(Trusted::Asking);
    spawn_local(async move {
        let trusted = ask(trust).await;
        trust.trusted.set(trusted);
        // The panel that would say so goes away.
        if again && trusted == Trusted::Yes {
            toast::say(state, text::say("trust-yes", &[]), None);
        }
    });
}

async fn ask(trust: Trust) -> Trusted {
    // It may be another one since Lifeline was started again.
    trust.authority.set(studio::authority().await.ok());
    let origins = studio::origins().await.ok();
    let url = origins.and_then(|origins| origins.origins.get("tls").cloned());
    trust.url.set(url.clone());
    let Some(url) = url else { return Trusted::Never };
    match labs::plain(&format!("{url}/trust"), &[]).send().await {
        Ok(_) => Trusted::Yes,
        Err(_) => Trusted::No,
    }
}

//! The buttons of this lab. What a client could do itself, a client inside the server does, over a connection
//! that is heard.

use std::sync::Arc;

use anyhow::Context as _;
use serde_json::json;
use trace::entry::Input;
use trace::note::What;
use trace::studio::Press;

use super::attack::{self, Attack};
use super::site::Behaviour;
use super::{PAYMENTS, outbox};
use crate::agent::{Client, Refused};
use crate::run::{Run, agent};

/// What the button `pay` pays.
const AMOUNT: u64 = 100;

/// Why a button does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpressed {
    /// What it is to do is not said as it must be.
    Unclear(String),
    /// It cannot do that now.
    NotNow(&'static str),
}

/// Presses a button of this lab's.
///
/// # Errors
/// See [`Unpressed`].
pub fn press(run: &Arc<Run>, press: &Press) -> Result<(), Unpressed> {
    let mut pressed = Input { input: press.input.clone(), ..Input::default() };
    match press.input.as_str() {
        "pay" => ask(run, vec!["payments".to_owned()], json!({ "amount": AMOUNT })),
        "rotate" => {
            let endpoints = outbox::endpoints(run);
            let none = Unpressed::NotNow("No callback is registered yet.");
            let endpoint = endpoints.first().ok_or(none)?;
            ask(run, vec![format!("webhooks/{endpoint}/rotate")], json!({}));
        }
        "enable" => {
            let mut disabled = outbox::disabled(run);
            if let Some(named) = &press.endpoint {
                disabled.retain(|endpoint| endpoint == named);
            }
            if disabled.is_empty() {
                return Err(Unpressed::NotNow("No such endpoint is disabled."));
            }
            let paths = disabled.iter().map(|endpoint| format!("webhooks/{endpoint}/enable"));
            ask(run, paths.collect(), json!({}));
        }
        "replay" => {
            let dead = outbox::dead_ids(run);
            let named = match &press.delivery {
                Some(delivery) => dead.into_iter().find(|known| known == delivery),
                None => dead.into_iter().next(),
            };
            pressed.delivery.clone_from(&named);
            let none = Unpressed::NotNow("That is not on the dead-letter list.");
            ask(run, vec![format!("dead/{}/replay", named.ok_or(none)?)], json!({}));
        }
        "site" => {
            let words = Behaviour::WORDS.map(|(word, _)| word);
            let behaviour = told(press.behaviour.as_deref(), "behaviour", &words)?;
            pressed.behaviour = Some(behaviour.to_owned());
            let behaviour = Behaviour::named(behaviour).unwrap_or(Behaviour::Up);
            run.shared.callbacks.site.behave(behaviour);
        }
        _ => {
            let words = Attack::WORDS.map(|(word, _)| word);
            let attack = told(press.kind.as_deref(), "kind", &words)?;
            pressed.kind = Some(attack.to_owned());
            let attack = Attack::named(attack).unwrap_or(Attack::Replayed);
            let none = Unpressed::NotNow("site.com has taken no delivery yet: none was overheard.");
            let heard = run.shared.callbacks.site.overheard().ok_or(none)?;
            tokio::spawn(attack::attempt(Arc::clone(run), attack, heard));
        }
    }
    run.pressed(pressed);
    Ok(())
}

/// A word that must be one of some.
fn told<'a>(word: Option<&'a str>, name: &str, words: &[&str]) -> Result<&'a str, Unpressed> {
    let why = || Unpressed::Unclear(format!("{name} takes one of {}.", words.join(", ")));
    word.filter(|word| words.contains(word)).ok_or_else(why)
}

/// Lets a client inside the server ask the payment service for something, one thing after the other. Why that
/// refuses is in the run by then.
fn ask(run: &Arc<Run>, paths: Vec<String>, body: serde_json::Value) {
    let run = Arc::clone(run);
    tokio::spawn(async move {
        let asked = async {
            let payments = run.shared.named(PAYMENTS).context("there is no payment service")?;
            for path in paths {
                let mut client = Client::connect(&run, payments.addr, agent()).await?;
                client.post(&format!("/r/{}/{path}", run.id), body.to_string().into()).await?;
            }
            anyhow::Ok(())
        };
        if let Err(error) = asked.await
            && !error.is::<Refused>()
            && run.state().serves()
        {
            let why = format!("What was asked of the payment service came to nothing: {error:#}.");
            run.note(None, What::Refused { status: None, why });
        }
    });
}

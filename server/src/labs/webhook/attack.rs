//! What somebody may try who has overheard a delivery and does not have the secret: each is sent to site.com
//! for real, which refuses it and says why.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use trace::participant::{Participant, Role};

use super::SITE;
use super::site::{Overheard, Site};
use crate::agent::{Client, Refused};
use crate::clock;
use crate::run::Run;
use crate::webhooks::sign::{SIGNATURE, TIMESTAMP, signatures};
use crate::webhooks::verify;

/// How old the delivery is that was kept back: more than the five minutes that are tolerated.
const OLD_S: u64 = 600;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// The content says something else.
    Altered,
    /// A delivery of ten minutes ago, kept back until now.
    Old,
    /// The same delivery once more, at once.
    Replayed,
    /// No signature.
    Unsigned,
}

impl Attack {
    /// Those that there are.
    pub const WORDS: [(&str, Self); 4] = [
        ("altered", Self::Altered),
        ("old", Self::Old),
        ("replayed", Self::Replayed),
        ("unsigned", Self::Unsigned),
    ];

    /// The one of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, attack)| attack)
    }

    /// What is sent, made of a delivery that was overheard.
    fn made_of(self, site: &Site, heard: Overheard) -> anyhow::Result<(HeaderMap, Bytes)> {
        let Overheard { mut headers, mut body } = heard;
        match self {
            Self::Altered => {
                let mut said: serde_json::Value = serde_json::from_slice(&body)?;
                let amount = said.pointer_mut("/data/amount").context("it tells no amount")?;
                *amount = amount.as_u64().unwrap_or(0).saturating_mul(1_000).into();
                body = serde_json::to_vec(&said)?.into();
            }
            Self::Old => {
                // What the payment service would have sent then: rightly signed, only long ago.
                let secret = site.secret().context("no secret is known")?;
                let then = (clock::wall_ms() / 1_000).saturating_sub(OLD_S);
                let text = std::str::from_utf8(&body)?;
                let signed = signatures(&[secret], verify::id(&headers), then, text);
                headers.insert(TIMESTAMP, HeaderValue::from(then));
                headers.insert(SIGNATURE, HeaderValue::from_str(&signed)?);
            }
            Self::Replayed => {}
            Self::Unsigned => {
                headers.remove(SIGNATURE);
            }
        }
        Ok((headers, body))
    }
}

/// Somebody who has overheard a delivery.
fn attacker() -> Participant {
    Participant {
        id: "attacker".to_owned(),
        name: "Attacker".to_owned(),
        role: Role::Agent,
        detail: "a client in the server".to_owned(),
    }
}

/// Tries it, over a connection of the attacker's own.
pub async fn attempt(run: Arc<Run>, attack: Attack, heard: Overheard) {
    let tried = async {
        let site = run.shared.named(SITE).context("there is no site")?;
        let (headers, body) = attack.made_of(&run.shared.callbacks.site, heard)?;
        let mut client = Client::connect(&run, site.addr, attacker()).await?;
        let mut request = Request::post(format!("/r/{}/callback", run.id));
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        client.whole(request, body).await?;
        anyhow::Ok(())
    };
    let tried = tokio::select! {
        tried = tried => tried,
        () = run.until_over() => Ok(()),
    };
    if let Err(error) = tried
        && !error.is::<Refused>()
    {
        tracing::debug!(run = %run.id, ?attack, error = format!("{error:#}"), "not tried");
    }
}

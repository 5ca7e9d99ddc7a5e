//! How deliveries are signed (Standard Webhooks 1.0): `v1,` and HMAC-SHA256 over id, timestamp and content,
//! once for each secret that holds.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use standardwebhooks::Webhook;
pub use standardwebhooks::{
    HEADER_WEBHOOK_ID as ID, HEADER_WEBHOOK_SIGNATURE as SIGNATURE,
    HEADER_WEBHOOK_TIMESTAMP as TIMESTAMP,
};

/// Bytes of a secret; 24 to 64 are recommended.
const LEN: usize = 32;

/// What an endpoint and its caller share. It is written nowhere but where it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    #[must_use]
    pub fn draw() -> Self {
        let bytes: [u8; LEN] = rand::rng().random();
        Self(format!("whsec_{}", STANDARD.encode(bytes)))
    }

    /// One as it is told: `whsec_` and base64.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is told to who registers.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn key(&self) -> Option<Webhook> {
        Webhook::new(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The header `webhook-signature`: one signature a secret. Empty where no secret is one.
#[must_use]
pub fn signatures(secrets: &[Secret], id: &str, timestamp: u64, payload: &str) -> String {
    let timestamp = i64::try_from(timestamp).unwrap_or(i64::MAX);
    let keys = secrets.iter().filter_map(Secret::key);
    let signed = keys.filter_map(|key| key.sign(id, timestamp, payload.as_bytes()).ok());
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_signed_as_there() {
        let secret = Secret::of("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let payload = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signed =
            signatures(&[secret], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, payload);
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn a_secret_is_drawn_and_never_shown() {
        let (one, other) = (Secret::draw(), Secret::draw());
        assert_ne!(one, other);
        let bytes = one.text().strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        assert_eq!(bytes.map(|bytes| bytes.len()), Some(LEN));
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }

    #[test]
    fn two_secrets_sign_twice() {
        let secrets = [Secret::draw(), Secret::draw()];
        let both = signatures(&secrets, "msg_1", 1, "{}");
        let [one, other] = secrets.map(|secret| signatures(&[secret], "msg_1", 1, "{}"));
        assert_eq!(both, format!("{one} {other}"));
        assert_eq!(signatures(&[Secret::of("whsec_?")], "msg_1", 1, "{}"), "");
    }
}

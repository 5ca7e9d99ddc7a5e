//! What a receiver makes of a delivery: whether its signature fits, whether it is in time, and whether its id
//! was taken before.

use std::collections::{BTreeSet, VecDeque};

use http::HeaderMap;
use standardwebhooks::WebhookError;
use trace::webhook::Verdict;

use super::sign::{ID, SIGNATURE, Secret, TIMESTAMP};

/// The most ids that a receiver keeps; the oldest makes room.
const KEPT: usize = 100_000;

/// A receiver's list of ids.
#[derive(Debug, Default)]
pub struct Seen {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Takes an id. Says whether it is new.
    pub fn take(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    /// Whether an id was taken.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// How many were taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The delivery's name as it says it itself.
#[must_use]
pub fn id(headers: &HeaderMap) -> &str {
    headers.get(ID).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a delivery is signed with one of the secrets, and in time.
#[must_use]
pub fn verify(secrets: &[Secret], headers: &HeaderMap, payload: &[u8]) -> Verdict {
    if [ID, TIMESTAMP, SIGNATURE].into_iter().any(|name| !headers.contains_key(name)) {
        return Verdict::NoSignature;
    }
    // What is no moment is not handed on: it would be reckoned with.
    let moment = headers.get(TIMESTAMP).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_moment =
        (1..=12).contains(&moment.len()) && moment.bytes().all(|it| it.is_ascii_digit());
    if !is_moment {
        return Verdict::BadSignature;
    }
    for key in secrets.iter().filter_map(Secret::key) {
        match key.verify(payload, headers) {
            Ok(()) => return Verdict::Good,
            Err(WebhookError::TimestampTooOldError) => return Verdict::TooOld,
            Err(WebhookError::FutureTimestampError) => return Verdict::TooNew,
            Err(_) => {}
        }
    }
    Verdict::BadSignature
}

/// The same, and a delivery that fits is kept by its id, so that it is recognised.
pub fn receive(
    secrets: &[Secret],
    seen: &mut Seen,
    headers: &HeaderMap,
    payload: &[u8],
) -> Verdict {
    match verify(secrets, headers, payload) {
        Verdict::Good if !seen.take(id(headers)) => Verdict::Duplicate,
        verdict => verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sign::signatures;
    use super::*;
    use crate::clock;

    const PAYLOAD: &str = r#"{"type":"payment.settled"}"#;

    fn now() -> u64 {
        clock::wall_ms() / 1_000
    }

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)] {
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    fn signed(secrets: &[Secret], at: u64) -> HeaderMap {
        headers("msg_1", &at.to_string(), &signatures(secrets, "msg_1", at, PAYLOAD))
    }

    #[test]
    fn what_is_signed_is_good_and_what_is_altered_is_not() {
        let secret = [Secret::draw()];
        let headers = signed(&secret, now());
        assert_eq!(verify(&secret, &headers, PAYLOAD.as_bytes()), Verdict::Good);
        assert_eq!(verify(&secret, &headers, b"{}"), Verdict::BadSignature);
        assert_eq!(verify(&secret, &headers, b"\xFF"), Verdict::BadSignature);
        assert_eq!(verify(&[Secret::draw()], &headers, PAYLOAD.as_bytes()), Verdict::BadSignature);
        assert_eq!(verify(&[], &headers, PAYLOAD.as_bytes()), Verdict::BadSignature);
        let mut other = headers;
        other.insert(ID, "msg_2".parse().unwrap());
        assert_eq!(verify(&secret, &other, PAYLOAD.as_bytes()), Verdict::BadSignature);
    }

    #[test]
    fn while_a_secret_is_rotated_both_fit() {
        let (old, new) = (Secret::draw(), Secret::draw());
        let headers = signed(&[new.clone(), old.clone()], now());
        for secret in [&old, &new] {
            let secret = std::slice::from_ref(secret);
            assert_eq!(verify(secret, &headers, PAYLOAD.as_bytes()), Verdict::Good);
        }
        let headers = signed(std::slice::from_ref(&new), now());
        assert_eq!(
            verify(std::slice::from_ref(&old), &headers, PAYLOAD.as_bytes()),
            Verdict::BadSignature
        );
        assert_eq!(verify(&[old, new], &headers, PAYLOAD.as_bytes()), Verdict::Good);
    }

    #[test]
    fn five_minutes_are_tolerated() {
        let secret = [Secret::draw()];
        let at = |moment| verify(&secret, &signed(&secret, moment), PAYLOAD.as_bytes());
        let now = now();
        for (moment, verdict) in [
            (now - 290, Verdict::Good),
            (now + 290, Verdict::Good),
            (now - 310, Verdict::TooOld),
            (now + 310, Verdict::TooNew),
            (0, Verdict::TooOld),
            (999_999_999_999, Verdict::TooNew),
        ] {
            assert_eq!(at(moment), verdict, "{moment}");
        }
    }

    #[test]
    fn what_is_no_moment_or_not_there_is_refused() {
        let secret = [Secret::draw()];
        let now = now();
        let right = signatures(&secret, "msg_1", now, PAYLOAD);
        for moment in ["", "soon", "-9223372036854775808", "9223372036854775807", "1e9", "+1"] {
            let verdict = verify(&secret, &headers("msg_1", moment, &right), PAYLOAD.as_bytes());
            assert_eq!(verdict, Verdict::BadSignature, "{moment}");
        }
        let now = now.to_string();
        for signature in ["", "v1", "v1,", "v2,abc", &right[..9], &right[3..]] {
            let verdict = verify(&secret, &headers("msg_1", &now, signature), PAYLOAD.as_bytes());
            assert_eq!(verdict, Verdict::BadSignature, "{signature}");
        }
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut headers = headers("msg_1", &now, &right);
            headers.remove(name);
            assert_eq!(verify(&secret, &headers, PAYLOAD.as_bytes()), Verdict::NoSignature);
        }
    }

    #[test]
    fn an_id_is_taken_once() {
        let (secret, mut seen) = ([Secret::draw()], Seen::default());
        let headers = signed(&secret, now());
        let bad = receive(&secret, &mut seen, &headers, b"{}");
        assert_eq!((bad, seen.is_empty()), (Verdict::BadSignature, true));
        for verdict in [Verdict::Good, Verdict::Duplicate, Verdict::Duplicate] {
            assert_eq!(receive(&secret, &mut seen, &headers, PAYLOAD.as_bytes()), verdict);
        }
        assert!(seen.has("msg_1"));
        for number in 0..=KEPT {
            seen.take(&number.to_string());
        }
        assert_eq!((seen.len(), seen.has("msg_1")), (KEPT, false));
    }
}

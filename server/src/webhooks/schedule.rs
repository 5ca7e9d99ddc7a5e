//! When a delivery is tried again: each wait twice the one before, and half of it more or less, drawn by the
//! run's seed, so that the same run waits the same.

use sha2::{Digest as _, Sha256};
use trace::time::Micros;

/// The longest wait before it is drawn: a day, as in Standard Webhooks.
const LONGEST: Micros = Micros(24 * 60 * 60 * 1_000_000);

/// Which waits are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The run's seed.
    pub seed: u64,
    /// The endpoint's number in the run.
    pub endpoint: u64,
    /// The delivery's number at the endpoint.
    pub delivery: u64,
}

/// How long is waited after so many attempts, the first wait being `first`.
#[must_use]
pub fn wait(draw: Draw, attempts: u64, first: Micros) -> Micros {
    let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(40);
    let whole = first.0.saturating_mul(1 << doubled).min(LONGEST.0);
    // From a half to one and a half.
    let part = u128::from(whole) * u128::from(lot(draw, attempts)) / (1 << 32);
    Micros(whole / 2 + u64::try_from(part).unwrap_or(whole))
}

/// A number below 2^32, the same on every machine and in every version.
fn lot(draw: Draw, attempts: u64) -> u32 {
    let mut hash = Sha256::new();
    for number in [draw.seed, draw.endpoint, draw.delivery, attempts] {
        hash.update(number.to_be_bytes());
    }
    let first = hash.finalize().into_iter().take(4);
    first.fold(0, |number, byte| (number << 8) | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Micros = Micros(400_000);

    fn waits(seed: u64, delivery: u64) -> Vec<u64> {
        let draw = Draw { seed, endpoint: 1, delivery };
        (1..=8).map(|attempts| wait(draw, attempts, FIRST).0).collect()
    }

    #[test]
    fn the_seed_draws_the_waits() {
        assert_eq!(waits(7, 1), waits(7, 1));
        for (one, other) in waits(7, 1).into_iter().zip(waits(8, 1)) {
            assert_ne!(one, other);
        }
        assert_ne!(waits(7, 1), waits(7, 2));
    }

    #[test]
    fn each_is_about_twice_the_one_before() {
        for seed in 0..500 {
            for (doubled, wait) in (0..).zip(waits(seed, 3)) {
                let whole = FIRST.0 << doubled;
                assert!((whole / 2..whole * 3 / 2).contains(&wait), "{wait} of {whole}");
            }
        }
    }

    #[test]
    fn none_is_longer_than_a_day_and_a_half() {
        let draw = Draw { seed: 7, endpoint: 1, delivery: 1 };
        for attempts in [0, 1, 40, 41, 1_000, u64::MAX] {
            let wait = wait(draw, attempts, Micros(u64::MAX));
            assert!(wait.0 < LONGEST.0 * 3 / 2, "{wait:?}");
        }
    }
}

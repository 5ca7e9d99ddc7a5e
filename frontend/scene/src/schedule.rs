//! When a delivery is tried again: by Standard Webhooks, and shortened as a run does it.

use trace::time::Micros;
use trace::webhook::STANDARD_WAITS_S;

/// More attempts than so many are not listed.
const LISTED: u64 = 16;

/// An attempt in both schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which attempt, counted from 1.
    pub attempt: u64,
    /// The wait before it by Standard Webhooks; none where that has given up.
    pub real: Option<Micros>,
    /// The shortest wait before it in a run.
    pub least: Micros,
    /// The longest.
    pub most: Micros,
}

/// The attempts of a run with so many retries, whose first wait is so long.
#[must_use]
pub fn lines(backoff_ms: u64, retries: u64) -> Vec<Line> {
    let line = |attempt: u64| {
        let wait = base(backoff_ms, attempt);
        let (least, most) = (Micros(wait.0 / 2), wait.plus(Micros(wait.0 / 2)));
        Line { attempt, real: real(attempt), least, most }
    };
    (1..=retries.saturating_add(1).min(LISTED)).map(line).collect()
}

/// The wait before an attempt by Standard Webhooks.
#[must_use]
pub fn real(attempt: u64) -> Option<Micros> {
    let place = usize::try_from(attempt.checked_sub(1)?).ok()?;
    STANDARD_WAITS_S.get(place).map(|seconds| Micros::from_millis(seconds * 1_000))
}

/// The wait before an attempt in a run, before the lot: it doubles from the third attempt on.
#[must_use]
pub fn base(backoff_ms: u64, attempt: u64) -> Micros {
    let Some(doubled) = attempt.checked_sub(2) else { return Micros(0) };
    let times = 1_u64.checked_shl(u32::try_from(doubled).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
    Micros::from_millis(backoff_ms.saturating_mul(times))
}

/// A wait of the real schedule as people say it: `5 s`, `30 min`, `14 h`.
#[must_use]
pub fn long(wait: Micros) -> String {
    let seconds = wait.0 / 1_000_000;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_drawn_by_lot() {
        let lines = lines(500, 3);
        assert_eq!(lines.len(), 4);
        assert_eq!((lines[0].least, lines[0].most), (Micros(0), Micros(0)));
        assert_eq!((lines[1].least, lines[1].most), (Micros(250_000), Micros(750_000)));
        assert_eq!((lines[3].least, lines[3].most), (Micros(1_000_000), Micros(3_000_000)));
        assert_eq!(base(u64::MAX, 99), Micros(u64::MAX));
    }

    #[test]
    fn the_real_schedule_ends_after_ten_attempts() {
        let said: Vec<String> = (1..=11).filter_map(real).map(long).collect();
        let real = ["0 s", "5 s", "5 min", "30 min", "2 h", "5 h", "10 h", "14 h", "20 h", "24 h"];
        assert_eq!(said, real);
    }
}

//! The only clock. Moments are counted in microseconds from the program's start, on a clock that
//! never goes back.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use trace::time::Micros;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Now, since the first call.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Micros {
    let now = Instant::now();
    let origin = *ORIGIN.get_or_init(|| now);
    Micros(u64::try_from(now.saturating_duration_since(origin).as_micros()).unwrap_or(u64::MAX))
}

/// The same in nanoseconds, for what is too short to be counted in microseconds.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn nanos() -> u64 {
    let now = Instant::now();
    let origin = *ORIGIN.get_or_init(|| now);
    u64::try_from(now.saturating_duration_since(origin).as_nanos()).unwrap_or(u64::MAX)
}

/// The time of day in UTC, RFC 3339 with milliseconds.
pub fn wall() -> String {
    let now = jiff::Timestamp::now();
    format!("{now:.3}")
}

/// The same in milliseconds since 1970.
pub fn wall_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// Year, month and day, in UTC, so many days from today.
pub fn day(away: i64) -> (i32, u8, u8) {
    let now = jiff::Timestamp::now();
    let then = now.saturating_add(jiff::SignedDuration::from_hours(24 * away)).unwrap_or(now);
    let date = jiff::tz::Offset::UTC.to_datetime(then);
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    (i32::from(date.year()), part(date.month()), part(date.day()))
}

/// Year, month and day of a moment as RFC 3339 has it, in UTC.
pub fn day_of(moment: &str) -> Option<(i32, u8, u8)> {
    let date: jiff::civil::Date = moment.get(..10)?.parse().ok()?;
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    Some((i32::from(date.year()), part(date.month()), part(date.day())))
}

/// The time of day as HTTP writes it (RFC 9110, section 5.6.7).
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn http_date() -> String {
    httpdate::fmt_http_date(std::time::SystemTime::now())
}

/// A length of time for tokio's timers.
pub const fn duration(micros: Micros) -> Duration {
    Duration::from_micros(micros.0)
}

/// The timers' moment of one of ours.
pub fn deadline(at: Micros) -> tokio::time::Instant {
    tokio::time::Instant::now() + duration(at.since(now()))
}

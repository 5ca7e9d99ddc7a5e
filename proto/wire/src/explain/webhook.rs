//! The headers of a webhook (Standard Webhooks 1.0): which delivery it is, when it was signed, and by
//! what it is known to be genuine.

use trace::field::{Field, Name};

use super::{Explained, explained};

/// How the headers begin.
const PREFIX: &str = "webhook";

/// Where it is specified what they hold.
const HEADERS: &str = "Standard Webhooks 1.0, webhook headers";

/// Where it is specified how a webhook is signed.
const SCHEME: &str = "Standard Webhooks 1.0, signature scheme";

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Later moments are not dated: 31 December 9999.
const LAST: u64 = 253_402_300_799;

/// What one of the headers is for.
pub fn header(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name.strip_prefix(PREFIX)? {
        "-id" => ("explain-header-webhook-id", HEADERS),
        "-timestamp" => ("explain-header-webhook-timestamp", HEADERS),
        "-signature" => ("explain-header-webhook-signature", SCHEME),
        _ => return None,
    })
}

/// Explains what one of the headers says here.
pub fn field(field: &Field, text: &str, header: Option<&str>) -> Option<Explained> {
    if field.name != Name::FieldValue {
        return None;
    }
    let name = header?.to_ascii_lowercase();
    match name.strip_prefix(PREFIX)? {
        "-timestamp" => {
            let seconds = text.parse::<u64>().ok().filter(|seconds| *seconds <= LAST)?;
            let date = date(seconds);
            let said = text::say("explain-webhook-timestamp", &[("date", (&date).into())]);
            Some(explained("explain-field-value", said, HEADERS))
        }
        "-signature" => {
            let count = text.split(' ').filter(|signature| !signature.is_empty()).count() as u64;
            let said = text::say("explain-webhook-signature", &[("count", count.into())]);
            Some(explained("explain-field-value", said, SCHEME))
        }
        _ => None,
    }
}

/// Seconds since 1970 as a moment of UTC: `2026-11-22 22:05:39`.
fn date(seconds: u64) -> String {
    let (day, rest) = (seconds / DAY, seconds % DAY);
    let (mut year, mut left) = (1970, day);
    while left >= days(year) {
        left -= days(year);
        year += 1;
    }
    let february = if days(year) == 366 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02}", left + 1)
}

/// How many days a year has.
fn days(year: u64) -> u64 {
    let leaps = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leaps { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::span::Span;

    fn told(header: &str, value: &str) -> Option<Explained> {
        let span = Span { start: 0, len: value.len() as u64 };
        field(&Field { name: Name::FieldValue, span }, value, Some(header))
    }

    #[test]
    fn a_timestamp_is_a_moment() {
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(date(1_674_087_231), "2023-01-19 00:13:51");
        assert_eq!(date(LAST), "9999-12-31 23:59:59");
        let said = told("Webhook-Timestamp", "1674087231").unwrap();
        assert!(said.sentence.contains("2023-01-19 00:13:51"), "{}", said.sentence);
        assert_eq!(told("Webhook-Timestamp", "soon"), None);
        assert_eq!(told("Webhook-Timestamp", &u64::MAX.to_string()), None);
    }

    #[test]
    fn signatures_are_counted() {
        let one = told("Webhook-Signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=");
        let two = told("Webhook-Signature", "v1,abc= v1,def=");
        assert!(one.unwrap().sentence.starts_with("One signature"));
        assert!(two.unwrap().sentence.starts_with("2 signatures"));
        let known = |rest: &str| header(&format!("{PREFIX}{rest}")).is_some();
        assert!(known("-id") && !known("-x"));
    }
}

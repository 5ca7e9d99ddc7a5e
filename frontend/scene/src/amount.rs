//! Numbers as people read them.

use trace::time::Micros;

/// A length of time: `120 µs`, `41.6 ms`, `2.04 s`.
#[must_use]
pub fn time(micros: Micros) -> String {
    let us = micros.0;
    let tenths = |number: u64| format!("{}.{}", number / 10, number % 10);
    match us {
        0..=999 => format!("{us} µs"),
        1_000..=99_949 => format!("{} ms", tenths((us + 50) / 100)),
        99_950..=999_499 => format!("{} ms", (us + 500) / 1_000),
        _ => {
            let hundredths = (us + 5_000) / 10_000;
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
    }
}

/// A moment on the ladder's left edge: seconds with three places.
#[must_use]
pub fn clock(micros: Micros) -> String {
    format!("{}.{:03}", micros.0 / 1_000_000, micros.0 / 1_000 % 1_000)
}

/// A whole number with its thousands parted: `1,204`.
#[must_use]
pub fn count(number: u64) -> String {
    text::parted(number)
}

/// `1 byte`, `1,204 bytes`.
#[must_use]
pub fn bytes(number: u64) -> String {
    if number == 1 { "1 byte".to_owned() } else { format!("{} bytes", count(number)) }
}

/// A part of a whole in percent, with one place: `2.9 %`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part.saturating_mul(1_000).saturating_add(whole / 2) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        for (us, text) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.0 ms"),
            (41_568, "41.6 ms"),
            (99_960, "100 ms"),
            (999_499, "999 ms"),
            (2_041_000, "2.04 s"),
            (10_000_000, "10.00 s"),
        ] {
            assert_eq!(time(Micros(us)), text);
        }
        assert_eq!(
            (count(7), count(1_204), count(1_234_567)),
            ("7".into(), "1,204".into(), "1,234,567".into())
        );
        assert_eq!((share(7, 313), share(0, 0)), ("2.2 %".into(), "–".into()));
        assert_eq!(clock(Micros(13_214_900)), "13.214");
    }
}

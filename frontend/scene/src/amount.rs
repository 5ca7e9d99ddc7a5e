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

/// The same in milliseconds however long it is, so that waits compare: `41.6 ms`, `1,982 ms`.
#[must_use]
pub fn millis(micros: Micros) -> String {
    match micros.0 {
        0..=99_949 => time(micros),
        us => format!("{} ms", count((us + 500) / 1_000)),
    }
}

/// A length of time that may be shorter than a microsecond: `85 ns`, `1.52 µs`, `34.1 µs`.
#[must_use]
pub fn short_time(nanos: u64) -> String {
    match nanos {
        0..=999 => format!("{nanos} ns"),
        1_000..=9_994 => {
            let hundredths = (nanos + 5) / 10;
            format!("{}.{:02} µs", hundredths / 100, hundredths % 100)
        }
        9_995..=99_949 => {
            let tenths = (nanos + 50) / 100;
            format!("{}.{} µs", tenths / 10, tenths % 10)
        }
        _ => time(Micros((nanos + 500) / 1_000)),
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

/// The same of a number that may be less than nothing: `−1,204`.
#[must_use]
pub fn signed(number: i64) -> String {
    let digits = count(number.unsigned_abs());
    if number < 0 { format!("−{digits}") } else { digits }
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
        assert_eq!(millis(Micros(41_568)), "41.6 ms");
        assert_eq!(millis(Micros(1_981_800)), "1,982 ms");
        for (ns, text) in [
            (85, "85 ns"),
            (999, "999 ns"),
            (1_515, "1.52 µs"),
            (9_994, "9.99 µs"),
            (9_995, "10.0 µs"),
            (34_149, "34.1 µs"),
            (99_950, "100 µs"),
            (1_240_000, "1.2 ms"),
        ] {
            assert_eq!(short_time(ns), text);
        }
        assert_eq!(
            (count(7), count(1_204), count(1_234_567)),
            ("7".into(), "1,204".into(), "1,234,567".into())
        );
        assert_eq!((signed(-1_204), signed(7)), ("−1,204".into(), "7".into()));
        assert_eq!((share(7, 313), share(0, 0)), ("2.2 %".into(), "–".into()));
        assert_eq!(clock(Micros(13_214_900)), "13.214");
    }
}

//! The types of RESP by their first bytes, and how numbers are written.

use trace::resp::ValueKind;

/// What follows a first byte.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A command as a plain line: that byte is part of it.
    Plain,
    /// The value, in the line.
    Line(ValueKind),
    /// A length, and that many bytes.
    Bulk(ValueKind),
    /// A number, and that many elements, or pairs of them.
    Many { kind: ValueKind, each: u64 },
}

impl Shape {
    /// What each type is ("RESP protocol description").
    pub const fn of(first: u8) -> Option<Self> {
        Some(match first {
            b'+' => Self::Line(ValueKind::Simple),
            b'-' => Self::Line(ValueKind::Error),
            b':' => Self::Line(ValueKind::Integer),
            b'_' => Self::Line(ValueKind::Null),
            b'#' => Self::Line(ValueKind::Boolean),
            b',' => Self::Line(ValueKind::Double),
            b'(' => Self::Line(ValueKind::BigNumber),
            b'$' | b'=' => Self::Bulk(ValueKind::Bulk),
            b'!' => Self::Bulk(ValueKind::Error),
            b'*' | b'>' => Self::Many { kind: ValueKind::Array, each: 1 },
            b'~' => Self::Many { kind: ValueKind::Set, each: 1 },
            b'%' | b'|' => Self::Many { kind: ValueKind::Map, each: 2 },
            _ => return None,
        })
    }
}

/// A length: digits and nothing else.
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok()?;
    // `parse` would take a sign.
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.parse().ok()
}

/// Digits, with or without a sign.
pub fn is_whole_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_all_digits() {
        assert_eq!([number(b"0"), number(b"0042")], [Some(0), Some(42)]);
        for bad in [&b""[..], b"-1", b"+1", b" 1", b"1x", b"18446744073709551616"] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_whole_number_may_have_a_sign() {
        for good in [&b"0"[..], b"-1", b"+1", b"340282366920938463463374607431768211456"] {
            assert!(is_whole_number(good), "{good:?}");
        }
        for bad in [&b""[..], b"-", b"--1", b"1.0", b"1 "] {
            assert!(!is_whole_number(bad), "{bad:?}");
        }
    }
}

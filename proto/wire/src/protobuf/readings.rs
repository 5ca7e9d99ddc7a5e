//! How a value can be read: as the contract says, or else in every way in which it can be.

use std::fmt::Write as _;

use trace::grpc::{Reading, Wire};

use super::contract::Kind;
use super::cut::{LETTERS, varint};

/// A reading, cut to the letters that are said.
pub fn reading(kind: &str, text: &str) -> Reading {
    Reading { kind: kind.to_owned(), text: text.chars().take(LETTERS).collect() }
}

/// Readings of a value that is a number; none for the beginning or the end of a group.
pub fn of_number(wire: Wire, bytes: &[u8], kind: Option<Kind>) -> Vec<Reading> {
    match wire {
        Wire::Varint => {
            let value = varint(bytes, 0).map_or(0, |(value, _)| value);
            kind.map_or_else(|| varints(value), |kind| vec![known(kind, value)])
        }
        Wire::Fixed64 => {
            let value: [u8; 8] = bytes.try_into().unwrap_or_default();
            let double = reading("double", &format!("{:?}", f64::from_le_bytes(value)));
            if kind.is_some() {
                return vec![double];
            }
            let number = u64::from_le_bytes(value);
            let mut readings = vec![double, reading("fixed64", &number.to_string())];
            if number.cast_signed() < 0 {
                readings.push(reading("sfixed64", &number.cast_signed().to_string()));
            }
            readings
        }
        Wire::Fixed32 => {
            let value: [u8; 4] = bytes.try_into().unwrap_or_default();
            let number = u32::from_le_bytes(value);
            let mut readings = vec![
                reading("float", &format!("{:?}", f32::from_le_bytes(value))),
                reading("fixed32", &number.to_string()),
            ];
            if number.cast_signed() < 0 {
                readings.push(reading("sfixed32", &number.cast_signed().to_string()));
            }
            readings
        }
        Wire::Len | Wire::StartGroup | Wire::EndGroup => Vec::new(),
    }
}

/// Readings of a value with a length that no contract knows. `numbers` are those of its fields, if
/// it can be a message.
pub fn of_unknown(bytes: &[u8], numbers: Option<&str>) -> Vec<Reading> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(is_unprintable));
    let mut readings = Vec::from_iter(text.map(|text| reading("string", text)));
    readings.extend(numbers.map(|numbers| reading("message", numbers)));
    readings.push(of_bytes(bytes));
    readings
}

/// Bytes as they are, in hexadecimal.
pub fn of_bytes(bytes: &[u8]) -> Reading {
    let mut hex = String::new();
    for byte in bytes.iter().take(LETTERS / 2) {
        let _ = write!(hex, "{byte:02x}");
    }
    reading("bytes", &hex)
}

/// A number as the contract reads it.
fn known(kind: Kind, value: u64) -> Reading {
    let text = match kind {
        Kind::Uint32 => (value & u64::from(u32::MAX)).to_string(),
        Kind::Int64 => value.cast_signed().to_string(),
        Kind::Sint64 => zigzag(value).to_string(),
        Kind::Bool => (value != 0).to_string(),
        Kind::Enum(names) => {
            let name = usize::try_from(value).ok().and_then(|value| names.get(value));
            // A number that the contract does not name is still the field's value.
            name.map_or_else(|| value.to_string(), |name| (*name).to_owned())
        }
        _ => value.to_string(),
    };
    reading(kind.name(), &text)
}

/// A number as it can be read.
fn varints(value: u64) -> Vec<Reading> {
    let mut readings = vec![reading("uint64", &value.to_string())];
    if value.cast_signed() < 0 {
        readings.push(reading("int64", &value.cast_signed().to_string()));
    }
    readings.push(reading("sint64", &zigzag(value).to_string()));
    if value <= 1 {
        readings.push(reading("bool", &(value == 1).to_string()));
    }
    readings
}

/// The sign is the lowest bit.
const fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn is_unprintable(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURS: &[&str] = &["RED", "GREEN"];

    fn said(readings: &[Reading]) -> Vec<String> {
        readings.iter().map(|reading| format!("{} {}", reading.kind, reading.text)).collect()
    }

    #[test]
    fn a_number_without_contract_has_several_readings() {
        let varint = |bytes: &[u8]| said(&of_number(Wire::Varint, bytes, None));
        assert_eq!(varint(b"\x96\x01"), ["uint64 150", "sint64 75"]);
        assert_eq!(varint(b"\x01"), ["uint64 1", "sint64 -1", "bool true"]);
        assert_eq!(varint(b"\x00"), ["uint64 0", "sint64 0", "bool false"]);
        let least = varint(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        assert_eq!(
            least,
            ["uint64 18446744073709551615", "int64 -1", "sint64 -9223372036854775808"]
        );
        let fixed = |bytes: &[u8]| said(&of_number(Wire::Fixed64, bytes, None));
        assert_eq!(fixed(&1.5_f64.to_le_bytes())[0], "double 1.5");
        assert_eq!(
            fixed(&(-1_i64).to_le_bytes())[1..],
            ["fixed64 18446744073709551615", "sfixed64 -1"]
        );
        let fixed = |bytes: &[u8]| said(&of_number(Wire::Fixed32, bytes, None));
        assert_eq!(fixed(&1.5_f32.to_le_bytes()), ["float 1.5", "fixed32 1069547520"]);
        assert!(said(&of_number(Wire::StartGroup, b"", None)).is_empty());
    }

    #[test]
    fn a_number_with_a_contract_has_one() {
        let known = |kind, bytes: &[u8]| said(&of_number(Wire::Varint, bytes, Some(kind)));
        assert_eq!(known(Kind::Uint64, b"\x96\x01"), ["uint64 150"]);
        assert_eq!(known(Kind::Uint32, b"\x80\x80\x80\x80\x10"), ["uint32 0"]);
        assert_eq!(known(Kind::Int64, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ["int64 -1"]);
        assert_eq!(known(Kind::Sint64, b"\x03"), ["sint64 -2"]);
        assert_eq!(known(Kind::Bool, b"\x02"), ["bool true"]);
        assert_eq!(known(Kind::Enum(COLOURS), b"\x01"), ["enum GREEN"]);
        assert_eq!(known(Kind::Enum(COLOURS), b"\x02"), ["enum 2"]);
        let double = of_number(Wire::Fixed64, &1e300_f64.to_le_bytes(), Some(Kind::Double));
        assert_eq!(said(&double), ["double 1e300"]);
    }

    #[test]
    fn a_text_may_be_bytes_and_a_message_too() {
        assert_eq!(said(&of_unknown(b"testing", None)), ["string testing", "bytes 74657374696e67"]);
        assert_eq!(said(&of_unknown(b"\x08\x01", Some("1"))), ["message 1", "bytes 0801"]);
        assert_eq!(said(&of_unknown(b"\xff", None)), ["bytes ff"]);
        assert_eq!(said(&of_unknown(b"", None)), ["string ", "bytes "]);
        let long = of_unknown("\u{E4}".repeat(1_000).as_bytes(), None);
        assert!(long.iter().all(|reading| reading.text.chars().count() == LETTERS));
    }
}

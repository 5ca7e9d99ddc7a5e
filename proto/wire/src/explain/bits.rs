//! Fields in which single bits matter, opened: which bits, the number that they make, a sentence.

use trace::event::Event;
use trace::field::Field;

use super::{grpc, http2, title, websocket};

/// Longer fields are not opened: a number in pieces of seven bits takes up to ten bytes.
const LONGEST: usize = 10;

/// Some bits of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    /// The highest of them, counted from the field's last bit: 7 is the highest of a lone byte, 31 of
    /// four bytes.
    pub from: u8,
    /// How many they are.
    pub len: u8,
    /// Their name, in the words of the specification.
    pub name: String,
    /// The number that they make.
    pub value: u64,
    /// One plain sentence.
    pub sentence: String,
}

impl Bits {
    /// `len` bits of a field's `bytes`, the highest of them `from`. `key` is the title's, without
    /// `-title`.
    pub(super) fn of(bytes: &[u8], from: u8, len: u8, key: &str, sentence: String) -> Self {
        Self { from, len, name: title(key), value: value(bytes, from, len), sentence }
    }
}

/// Opens a field in which single bits matter; none for other fields. `bytes` are the field's own.
#[must_use]
pub fn bits(event: &Event, field: &Field, bytes: &[u8]) -> Vec<Bits> {
    if bytes.is_empty() || bytes.len() > LONGEST {
        return Vec::new();
    }
    // No name is opened by two of them.
    let mut bits = websocket::bits(event, field, bytes);
    bits.extend(http2::bits(event, field, bytes));
    bits.extend(grpc::bits(field, bytes));
    bits
}

/// The number that some bits make.
pub(super) fn value(bytes: &[u8], from: u8, len: u8) -> u64 {
    let all = bytes.iter().fold(0_u128, |all, byte| (all << 8) | u128::from(*byte));
    let low = (u32::from(from) + 1).saturating_sub(u32::from(len));
    let value = all.checked_shr(low).unwrap_or_default() & ((1_u128 << len.min(64)) - 1);
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// The place of the highest bit of the byte with this index.
pub(super) fn top(bytes: &[u8], index: usize) -> u8 {
    u8::try_from(bytes.len().saturating_sub(index) * 8).map_or(u8::MAX, |bits| bits.wrapping_sub(1))
}

/// The bytes behind the first `skip` of a number in pieces of seven bits, the lowest first: whether
/// more follow, and what each adds. `low` is the place of the first piece in the number.
pub(super) fn sevens(bytes: &[u8], skip: usize, low: u32) -> Vec<Bits> {
    let opened = bytes.iter().enumerate().skip(skip).zip((low..).step_by(7));
    let opened = opened.flat_map(|((index, byte), low)| {
        let top = top(bytes, index);
        let more = if byte & 0x80 == 0 { "explain-bit-more-not" } else { "explain-bit-more-set" };
        let adds = u128::from(byte & 0x7f).checked_shl(low).unwrap_or_default().to_string();
        let seven = text::say("explain-bit-seven", &[("adds", (&adds).into())]);
        [
            Bits::of(bytes, top, 1, "explain-bit-more", text::say(more, &[])),
            Bits::of(bytes, top - 1, 7, "explain-bit-seven", seven),
        ]
    });
    opened.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_last() {
        assert_eq!(value(&[0x80, 0, 0, 3], 31, 1), 1);
        assert_eq!(value(&[0x80, 0, 0, 3], 30, 31), 3);
        assert_eq!(value(&[0xab], 3, 4), 0xb);
        assert_eq!(value(&[0xff; 10], 79, 1), 1);
        assert_eq!((top(&[0; 4], 0), top(&[0; 4], 3), top(&[0; 10], 0)), (31, 7, 79));
    }

    #[test]
    fn a_number_in_pieces_of_seven_bits_is_opened() {
        // The example of the Protocol Buffers encoding, "Base 128 Varints": 150.
        let opened = sevens(&[0x96, 0x01], 0, 0);
        let places: Vec<_> = opened.iter().map(|bits| (bits.from, bits.len, bits.value)).collect();
        assert_eq!(places, [(15, 1, 1), (14, 7, 22), (7, 1, 0), (6, 7, 1)]);
        assert_eq!(opened[3].sentence, "Seven bits of the number; they add 128 to it.");
        assert_eq!(opened[0].sentence, "More bytes of the number follow.");
    }
}

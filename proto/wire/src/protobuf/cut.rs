//! One field of a message, cut but not read: its tag, its length, its value.

use trace::fault::Code;
use trace::grpc::Wire;

/// The longest number in pieces of seven bits.
const VARINT_MAX: usize = 10;

/// The highest number that a field may have.
const NUMBER_MAX: u32 = (1 << 29) - 1;

/// The most letters that are said of a value.
pub const LETTERS: usize = 256;

/// What is wrong, from where, and how many bytes of it.
pub type Wrong = (Code, usize, usize);

/// How long the parts of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub number: u32,
    pub wire: Wire,
    pub tag: usize,
    /// 0 where it has none.
    pub length: usize,
    pub value: usize,
}

impl Cut {
    /// Bytes of the whole field.
    pub const fn whole(self) -> usize {
        self.tag + self.length + self.value
    }
}

/// The field that begins here.
pub fn cut(bytes: &[u8]) -> Result<Cut, Wrong> {
    let (said, tag) = varint(bytes, 0)?;
    let number = u32::try_from(said >> 3).ok().filter(|number| (1..=NUMBER_MAX).contains(number));
    let (Some(number), Some(wire)) = (number, wire(said)) else {
        return Err((Code::ProtoBadTag, 0, tag));
    };
    let (length, value) = match wire {
        Wire::Varint => (0, varint(bytes, tag)?.1),
        Wire::Fixed64 => (0, 8),
        Wire::Fixed32 => (0, 4),
        Wire::Len => {
            let (len, length) = varint(bytes, tag)?;
            (length, usize::try_from(len).unwrap_or(usize::MAX))
        }
        Wire::StartGroup | Wire::EndGroup => (0, 0),
    };
    if value > bytes.len().saturating_sub(tag + length) {
        return Err((Code::ProtoTruncated, 0, bytes.len()));
    }
    Ok(Cut { number, wire, tag, length, value })
}

/// The number in pieces of seven bits that begins at an offset, and how many bytes it takes.
pub fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize), Wrong> {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut value = 0_u64;
    for (index, byte) in rest.iter().take(VARINT_MAX).enumerate() {
        // What is above 64 bits in the tenth byte falls away, as it does everywhere.
        value |= u64::from(*byte & 0x7f) << (7 * index);
        if *byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    if rest.len() < VARINT_MAX {
        Err((Code::ProtoTruncated, 0, bytes.len()))
    } else {
        Err((Code::ProtoBadVarint, at, VARINT_MAX))
    }
}

/// The numbers of its fields, if the bytes can be a message that is not empty. Its fields are not
/// looked into, so each byte is looked at once; groups, which proto3 has no more, are no sign of
/// one.
pub fn numbers(bytes: &[u8]) -> Option<String> {
    let mut said = String::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let field = cut(rest).ok()?;
        if matches!(field.wire, Wire::StartGroup | Wire::EndGroup) {
            return None;
        }
        if said.len() < LETTERS {
            said.push_str(if said.is_empty() { "" } else { ", " });
            said.push_str(&field.number.to_string());
        }
        rest = rest.get(field.whole()..).unwrap_or_default();
    }
    said.truncate(LETTERS);
    (!bytes.is_empty()).then_some(said)
}

const fn wire(tag: u64) -> Option<Wire> {
    Some(match tag & 7 {
        0 => Wire::Varint,
        1 => Wire::Fixed64,
        2 => Wire::Len,
        3 => Wire::StartGroup,
        4 => Wire::EndGroup,
        5 => Wire::Fixed32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        assert_eq!(varint(b"\x01", 0), Ok((1, 1)));
        assert_eq!(varint(b"\x96\x01", 0), Ok((150, 2)));
        assert_eq!(varint(b"x\x80\x00y", 1), Ok((0, 2)));
        let most = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(varint(most, 0), Ok((u64::MAX, 10)));
        assert_eq!(varint(b"x\x80\x80", 1), Err((Code::ProtoTruncated, 0, 3)));
        assert_eq!(varint(&[0x80; 10], 0), Err((Code::ProtoBadVarint, 0, 10)));
        assert_eq!(varint(b"", 7), Err((Code::ProtoTruncated, 0, 0)));
    }

    #[test]
    fn a_field_is_cut_by_its_wire_type() {
        let parts = |bytes: &[u8]| {
            let field = cut(bytes).unwrap();
            (field.number, field.wire, field.tag, field.length, field.value)
        };
        assert_eq!(parts(b"\x08\x96\x01"), (1, Wire::Varint, 1, 0, 2));
        assert_eq!(parts(b"\x12\x07testing"), (2, Wire::Len, 1, 1, 7));
        assert_eq!(parts(b"\x0d\x01\x02\x03\x04\x05"), (1, Wire::Fixed32, 1, 0, 4));
        assert_eq!(parts(b"\x09\x01\x02\x03\x04\x05\x06\x07\x08"), (1, Wire::Fixed64, 1, 0, 8));
        assert_eq!(parts(b"\x1b\x1c"), (3, Wire::StartGroup, 1, 0, 0));
        assert_eq!(parts(b"\x82\x01\x00"), (16, Wire::Len, 2, 1, 0));
    }

    #[test]
    fn what_is_no_field_is_said() {
        let cases: [(&[u8], Wrong); 9] = [
            (b"\x00\x01", (Code::ProtoBadTag, 0, 1)),
            (b"\x0e", (Code::ProtoBadTag, 0, 1)),
            (b"\x0f", (Code::ProtoBadTag, 0, 1)),
            (b"\x80\x80\x80\x80\x10\x00", (Code::ProtoBadTag, 0, 5)),
            (b"\x08", (Code::ProtoTruncated, 0, 1)),
            (b"\x12\x03ab", (Code::ProtoTruncated, 0, 4)),
            (b"\x0d\x01\x02\x03", (Code::ProtoTruncated, 0, 4)),
            (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a", (Code::ProtoTruncated, 0, 12)),
            (b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", (Code::ProtoBadVarint, 1, 10)),
        ];
        for (bytes, wrong) in cases {
            assert_eq!(cut(bytes), Err(wrong), "{bytes:x?}");
        }
    }

    #[test]
    fn a_message_is_told_by_its_fields_alone() {
        assert_eq!(numbers(b"\x08\x01\x12\x02hi").as_deref(), Some("1, 2"));
        for none in [&b""[..], b"testing", b"\x08", b"\x0b\x0c"] {
            assert_eq!(numbers(none), None, "{none:x?}");
        }
        assert_eq!(numbers(&[8_u8, 1].repeat(1_000)).unwrap().len(), LETTERS);
    }
}

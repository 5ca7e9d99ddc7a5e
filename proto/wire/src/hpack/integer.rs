//! Integers of RFC 7541, section 5.1.

/// The most bytes of an integer: 7 bits each behind the first, which no 64 bits overflow.
pub const LONGEST: usize = 10;

/// Why an integer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// The bytes end within it.
    Truncated,
    /// It has not ended after ten bytes.
    TooLong,
}

/// Reads an integer whose first byte has a prefix of 1 to 8 bits: the value, and how many bytes it
/// takes. Bytes that add nothing are allowed, as the RFC does not forbid them.
pub fn read(bytes: &[u8], prefix: u8) -> Result<(u64, usize), Bad> {
    let others = 8_u32.saturating_sub(u32::from(prefix));
    let mask = u8::MAX.checked_shr(others).unwrap_or_default();
    let (first, rest) = bytes.split_first().ok_or(Bad::Truncated)?;
    let small = *first & mask;
    if small < mask {
        return Ok((u64::from(small), 1));
    }
    let mut value = u64::from(small);
    for (place, byte) in rest.iter().enumerate().take(LONGEST - 1) {
        value += u64::from(*byte & 0x7f) << (7 * place);
        if *byte & 0x80 == 0 {
            return Ok((value, place + 2));
        }
    }
    Err(if bytes.len() < LONGEST { Bad::Truncated } else { Bad::TooLong })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7541, appendix C.1.
    #[test]
    fn the_rfcs_examples_are_read() {
        assert_eq!(read(&[0b0000_1010], 5), Ok((10, 1)));
        assert_eq!(read(&[0b1110_1010], 5), Ok((10, 1)));
        assert_eq!(read(&[0b0001_1111, 0b1001_1010, 0b0000_1010], 5), Ok((1_337, 3)));
        assert_eq!(read(&[0b0010_1010], 8), Ok((42, 1)));
    }

    #[test]
    fn what_follows_is_not_looked_at() {
        assert_eq!(read(&[0x7f, 0x00, 0xff], 7), Ok((127, 2)));
        assert_eq!(read(&[0xff, 0x80, 0x00, 0xff], 8), Ok((255, 3)));
        assert_eq!(read(&[0x05, 0xff], 4), Ok((5, 1)));
    }

    #[test]
    fn an_end_within_it_is_known_from_too_many_bytes() {
        assert_eq!(read(&[], 5), Err(Bad::Truncated));
        assert_eq!(read(&[0x1f], 5), Err(Bad::Truncated));
        assert_eq!(read(&[0xff; 9], 5), Err(Bad::Truncated));
        assert_eq!(read(&[0xff; 10], 5), Err(Bad::TooLong));
        assert_eq!(read(&[0xff; 64], 5), Err(Bad::TooLong));
    }

    #[test]
    fn the_greatest_of_ten_bytes_fits() {
        let mut bytes = [0xff; 10];
        bytes[9] = 0x7f;
        assert_eq!(read(&bytes, 8), Ok((255 + (1 << 63) - 1, 10)));
        assert_eq!(read(&bytes, 1), Ok((1 + (1 << 63) - 1, 10)));
    }

    #[test]
    fn no_prefix_panics() {
        for prefix in 0..=u8::MAX {
            assert!(read(&[0xff; 20], prefix).is_err());
            assert!(read(&[0x01, 0x01], prefix).is_ok());
        }
    }
}

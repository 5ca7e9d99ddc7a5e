//! The Huffman code of RFC 7541, appendix B. It is canonical: the codes of one length follow upon
//! each other, and those of a greater length upon them. So a code is known by its length, and by
//! its distance from the first of that length.

/// Bits of the longest codes.
const LONGEST: u32 = 30;

/// The symbols whose codes are of one length.
struct Group {
    bits: u32,
    /// The first symbol's code.
    first: u64,
    /// In the order of their codes.
    symbols: &'static [u8],
}

const fn group(bits: u32, first: u64, symbols: &'static [u8]) -> Group {
    Group { bits, first, symbols }
}

/// All codes but EOS, which is the last: 30 ones.
#[rustfmt::skip] // a table is read line by line
static GROUPS: [Group; 21] = [
    group(5, 0x0, b"012aceiost"),
    group(6, 0x14, b" %-./3456789=A_bdfghlmnpru"),
    group(7, 0x5c, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    group(8, 0xf8, b"&*,;XZ"),
    group(10, 0x3f8, b"!\"()?"),
    group(11, 0x7fa, b"'+|"),
    group(12, 0xffa, b"#>"),
    group(13, 0x1ff8, b"\0$@[]~"),
    group(14, 0x3ffc, b"^}"),
    group(15, 0x7ffc, b"<`{"),
    group(19, 0x7_fff0, &[92, 195, 208]),
    group(20, 0xf_ffe6, &[128, 130, 131, 162, 184, 194, 224, 226]),
    group(21, 0x1f_ffdc, &[
        153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230,
    ]),
    group(22, 0x3f_ffd2, &[
        129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186,
        187, 189, 190, 196, 198, 228, 232, 233,
    ]),
    group(23, 0x7f_ffd8, &[
        1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166,
        168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239,
    ]),
    group(24, 0xff_ffea, &[9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]),
    group(25, 0x1ff_ffec, &[199, 207, 234, 235]),
    group(26, 0x3ff_ffe0, &[
        192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255,
    ]),
    group(27, 0x7ff_ffde, &[
        203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253,
        254,
    ]),
    group(28, 0xfff_ffe2, &[
        2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29,
        30, 31, 127, 220, 249,
    ]),
    group(30, 0x3fff_fffc, &[10, 13, 22]),
];

/// The string behind the codes; none where EOS is among them, or what follows the last one is not
/// the beginning of EOS or longer than 7 bits.
pub fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    // The last `have` of these bits are still to be read; those before them are used up.
    let (mut bits, mut have) = (0_u64, 0_u32);
    loop {
        while have <= LONGEST
            && let Some(byte) = rest.next()
        {
            bits = (bits << 8) | u64::from(*byte);
            have += 8;
        }
        // No code of up to 7 bits is all ones.
        if have < 8 && window(bits, have) == ones(LONGEST) {
            return Some(plain);
        }
        let (symbol, used) = symbol(window(bits, have))?;
        have = have.checked_sub(used)?;
        plain.push(symbol);
    }
}

/// The next 30 bits, filled up with ones where fewer are there.
const fn window(bits: u64, have: u32) -> u64 {
    let next = if have >= LONGEST {
        bits >> (have - LONGEST)
    } else {
        let missing = LONGEST - have;
        (bits << missing) | ones(missing)
    };
    next & ones(LONGEST)
}

/// So many ones, at the end.
const fn ones(count: u32) -> u64 {
    (1 << count) - 1
}

/// The symbol whose code these 30 bits begin with, and how many bits that has; none for EOS.
fn symbol(window: u64) -> Option<(u8, u32)> {
    GROUPS.iter().find_map(|group| {
        let code = window >> (LONGEST - group.bits);
        let place = usize::try_from(code.checked_sub(group.first)?).ok()?;
        Some((*group.symbols.get(place)?, group.bits))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(plain: &[u8]) -> Vec<u8> {
        let mut bits = Vec::new();
        for byte in plain {
            let group = GROUPS.iter().find(|group| group.symbols.contains(byte)).unwrap();
            let place = group.symbols.iter().position(|symbol| symbol == byte).unwrap();
            let code = group.first + place as u64;
            bits.extend((0..group.bits).rev().map(|place| (code >> place) & 1 == 1));
        }
        let byte = |bits: &[bool]| {
            let bit = |place| u8::from(*bits.get(place).unwrap_or(&true));
            (0..8).fold(0_u8, |byte, place| (byte << 1) | bit(place))
        };
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn every_byte_has_one_code_and_no_code_is_free() {
        let mut symbols: Vec<u8> = GROUPS.iter().flat_map(|group| group.symbols).copied().collect();
        symbols.sort_unstable();
        assert_eq!(symbols, (0..=u8::MAX).collect::<Vec<_>>());
        // Each group begins where the one before it ended.
        let mut next = 0_u64;
        for group in &GROUPS {
            assert_eq!(group.first << (LONGEST - group.bits), next, "{}", group.bits);
            next += (group.symbols.len() as u64) << (LONGEST - group.bits);
        }
        assert_eq!(next, ones(LONGEST));
    }

    #[test]
    fn every_string_comes_back() {
        let all: Vec<u8> = (0..=u8::MAX).chain((0..=u8::MAX).rev()).collect();
        for len in 0..all.len() {
            let plain = &all[all.len() - len..];
            assert_eq!(decode(&encode(plain)).as_deref(), Some(plain));
        }
        for byte in 0..=u8::MAX {
            assert_eq!(decode(&encode(&[byte])), Some(vec![byte]));
        }
    }

    /// From RFC 7541, appendix C.4.1 and C.6.1.
    #[test]
    fn the_rfcs_strings_are_read() {
        let bytes = b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        assert_eq!(decode(bytes).as_deref(), Some(&b"www.example.com"[..]));
        assert_eq!(decode(b"\xae\xc3\x77\x1a\x4b").as_deref(), Some(&b"private"[..]));
    }

    #[test]
    fn padding_is_up_to_seven_ones() {
        // "a" is 00011.
        assert_eq!(decode(&[0b0001_1111]), Some(b"a".to_vec()));
        assert_eq!(decode(&[0b0001_1000]), None);
        assert_eq!(decode(&[0b0001_1110]), None);
        assert_eq!(decode(&[0b0001_1111, 0xff]), None);
        assert_eq!(decode(&[0xff]), None);
        assert_eq!(decode(&[]), Some(Vec::new()));
    }

    #[test]
    fn eos_is_no_symbol() {
        assert_eq!(decode(&[0xff; 4]), None);
        assert_eq!(decode(&[0xff; 5]), None);
        // "a", then EOS, then five bits of padding.
        assert_eq!(decode(&[0b0001_1111, 0xff, 0xff, 0xff, 0xff]), None);
        // A code of 30 bits that is cut short.
        assert_eq!(decode(&[0xff, 0xff, 0xff]), None);
    }
}

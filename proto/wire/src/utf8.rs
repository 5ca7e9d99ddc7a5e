//! UTF-8 that comes in pieces (RFC 3629, section 4): a text may be cut anywhere, so each byte is
//! judged by what may follow the ones before it.

/// Judges a text byte by byte.
#[derive(Debug, Clone, Copy, Default)]
pub struct Utf8 {
    /// How many bytes the letter under way still needs.
    needs: u8,
    /// What the next of them may be.
    low: u8,
    high: u8,
    /// Where the letter under way began, in the stream.
    began: u64,
    bad: Option<u64>,
}

impl Utf8 {
    /// The next byte, which lies at offset `at` of the stream.
    pub const fn push(&mut self, byte: u8, at: u64) {
        if self.bad.is_some() {
            return;
        }
        if self.needs > 0 {
            if byte < self.low || byte > self.high {
                self.bad = Some(self.began);
            }
            self.needs -= 1;
            (self.low, self.high) = (0x80, 0xbf);
            return;
        }
        self.began = at;
        // Neither longer than need be, nor half of a pair, nor beyond U+10FFFF.
        (self.needs, self.low, self.high) = match byte {
            0x00..=0x7f => (0, 0, 0),
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xe1..=0xec | 0xee | 0xef => (2, 0x80, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => {
                self.bad = Some(at);
                (0, 0, 0)
            }
        };
    }

    /// Where the first letter begins that is none, if the text ends here.
    pub const fn bad(&self) -> Option<u64> {
        match self.bad {
            None if self.needs > 0 => Some(self.began),
            bad => bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(bytes: &[u8]) -> Option<u64> {
        let mut utf8 = Utf8::default();
        for (byte, at) in bytes.iter().zip(0..) {
            utf8.push(*byte, at);
        }
        utf8.bad()
    }

    #[test]
    fn it_judges_as_the_standard_library_does() {
        // Every two bytes, alone and behind and before others.
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for bytes in [
                    &[first, second][..],
                    &[b'a', first, second, 0x80],
                    &[first, second, 0x80, 0xbf],
                    &[0xf0, first, second, 0x80],
                ] {
                    let expected = std::str::from_utf8(bytes).err();
                    let expected = expected.map(|error| error.valid_up_to() as u64);
                    assert_eq!(bad(bytes), expected, "{bytes:x?}");
                }
            }
        }
    }
}

//! A line of an event stream as it comes piece by piece: what is kept of it, and what is known of it.

use trace::span::Span;
use trace::spoken::TEXT_KEPT;

use crate::utf8::Utf8;

/// The line under way.
#[derive(Debug, Default)]
pub struct Line {
    /// Whether it begins with a colon.
    pub comment: bool,
    /// What stands before the colon.
    pub name: Part,
    /// What stands behind it, or the comment with its colon.
    pub value: Part,
}

/// A part of a line. It may be of any length; its beginning is kept.
#[derive(Debug, Default)]
pub struct Part {
    /// Its bytes, kept or not.
    pub len: u64,
    /// Where its first piece lies.
    pub span: Option<Span>,
    /// Whether there is a NUL in it.
    pub has_nul: bool,
    has_other_than_digits: bool,
    kept: Vec<u8>,
    utf8: Utf8,
}

impl Part {
    /// It goes on with these bytes, which lie at `span`.
    pub fn push(&mut self, bytes: &[u8], span: Span) {
        match &mut self.span {
            None => self.span = Some(span),
            Some(first) if first.end() == span.start => first.len += span.len,
            Some(_) => {}
        }
        let room = TEXT_KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.len += bytes.len() as u64;
        self.has_nul |= bytes.contains(&0);
        self.has_other_than_digits |= bytes.iter().any(|byte| !byte.is_ascii_digit());
        for (byte, at) in bytes.iter().zip(span.start..) {
            self.utf8.push(*byte, at);
        }
    }

    /// Its bytes, up to [`TEXT_KEPT`].
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// What is kept of it, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    /// Whether all of it is UTF-8, now that it is over.
    pub const fn is_utf8(&self) -> bool {
        self.utf8.bad().is_none()
    }

    /// The number that its digits are, or the largest that there is; none if they are not all digits.
    pub fn number(&self) -> Option<u64> {
        if self.len == 0 || self.has_other_than_digits {
            return None;
        }
        let whole =
            std::str::from_utf8(&self.kept).ok().filter(|kept| kept.len() as u64 == self.len);
        Some(whole.and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(pieces: &[&[u8]]) -> Part {
        let mut part = Part::default();
        let mut start = 0;
        for piece in pieces {
            part.push(piece, Span { start, len: piece.len() as u64 });
            start += piece.len() as u64;
        }
        part
    }

    #[test]
    fn a_character_may_come_in_pieces() {
        for cut in 1..4 {
            let (first, others) = "\u{1F600}".as_bytes().split_at(cut);
            assert!(part(&[b"a", first, others, b"b"]).is_utf8(), "{cut}");
            assert!(!part(&[b"a", first]).is_utf8(), "{cut}");
            assert!(!part(&[b"a", first, b"b", others]).is_utf8(), "{cut}");
        }
        assert!(!part(&[b"\xC0\x80"]).is_utf8());
        assert!(part(&[]).is_utf8());
    }

    #[test]
    fn a_number_is_all_digits() {
        assert_eq!(part(&[b"10", b"00"]).number(), Some(1_000));
        assert_eq!(part(&[b"0042"]).number(), Some(42));
        assert_eq!(part(&[b"99999999999999999999"]).number(), Some(u64::MAX));
        for bad in [&b""[..], b"-1", b"1.5", b" 1", b"1 ", b"\xD9\xA1"] {
            assert_eq!(part(&[bad]).number(), None, "{bad:?}");
        }
    }

    #[test]
    fn only_the_beginning_is_kept() {
        let long = part(&[&[b'x'; TEXT_KEPT], b"more"]);
        assert_eq!((long.kept().len(), long.len), (TEXT_KEPT, TEXT_KEPT as u64 + 4));
        assert_eq!(long.span, Some(Span { start: 0, len: TEXT_KEPT as u64 + 4 }));
    }
}

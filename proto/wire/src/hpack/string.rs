//! A name or a value, as it is kept: shared, and cut where it is long.

use std::sync::Arc;

use super::TEXT_KEPT;

/// A name or a value.
#[derive(Debug, Clone)]
pub struct Text {
    kept: Kept,
    /// Bytes of the whole.
    pub len: u64,
}

#[derive(Debug, Clone)]
enum Kept {
    /// Of the static table.
    Fixed(&'static str),
    /// As it was told. Shared, so that a number of the tables costs the same however long it is.
    Told(Arc<str>),
}

impl Text {
    /// Of the static table.
    pub const fn fixed(text: &'static str) -> Self {
        Self { kept: Kept::Fixed(text), len: text.len() as u64 }
    }

    /// As it was told; what is no UTF-8 is replaced by U+FFFD.
    pub fn told(bytes: &[u8]) -> Self {
        // A few bytes more, so that a letter at the edge is read whole: replacing makes no text
        // shorter, so these never come to stand before the edge.
        let beginning = bytes.get(..TEXT_KEPT + 4).unwrap_or(bytes);
        let text = String::from_utf8_lossy(beginning);
        let kept = text.get(..text.floor_char_boundary(TEXT_KEPT)).unwrap_or_default();
        Self { kept: Kept::Told(Arc::from(kept)), len: bytes.len() as u64 }
    }

    /// What is kept of it.
    pub fn kept(&self) -> &str {
        match &self.kept {
            Kept::Fixed(text) => text,
            Kept::Told(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let long = Text::told(&[b'x'; TEXT_KEPT + 1]);
        assert_eq!((long.kept().len(), long.len), (TEXT_KEPT, TEXT_KEPT as u64 + 1));

        let mut text = "x".repeat(TEXT_KEPT - 1);
        text.push('ö');
        let cut = Text::told(text.as_bytes());
        assert_eq!((cut.kept().len(), cut.len), (TEXT_KEPT - 1, TEXT_KEPT as u64 + 1));

        let mut text = "x".repeat(TEXT_KEPT - 2);
        text.push_str("öö");
        let whole = Text::told(text.as_bytes());
        assert_eq!((whole.kept().len(), whole.len), (TEXT_KEPT, TEXT_KEPT as u64 + 2));
        assert!(whole.kept().ends_with('ö'));
    }

    #[test]
    fn what_is_no_utf_8_is_replaced() {
        let bad = Text::told(b"a\xffb");
        assert_eq!((bad.kept(), bad.len), ("a\u{fffd}b", 3));
        let worse = Text::told(&[0xff; 2 * TEXT_KEPT]);
        assert_eq!((worse.kept().len(), worse.len), (TEXT_KEPT - 1, 2 * TEXT_KEPT as u64));
    }
}

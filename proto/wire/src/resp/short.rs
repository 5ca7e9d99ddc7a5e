//! Values as short texts, for labels.

/// The most letters of a value that are kept beside its bytes.
const LETTERS: usize = 64;

/// The bytes as text of at most [`LETTERS`] letters, with "…" for what does not fit. What is no UTF-8
/// reads as U+FFFD, a control character as its escape.
pub fn shortened(bytes: &[u8]) -> String {
    // No letter has more than four bytes, so a letter cut here is one that does not fit.
    let beginning = bytes.get(..bytes.len().min(4 * LETTERS + 4)).unwrap_or_default();
    let mut text = String::new();
    let mut letters = 0;
    let mut fits = 0;
    for char in String::from_utf8_lossy(beginning).chars() {
        let start = text.len();
        if char.is_control() {
            text.extend(char.escape_default());
        } else {
            text.push(char);
        }
        letters += text.get(start..).map_or(0, |shown| shown.chars().count());
        if letters > LETTERS {
            text.truncate(fits);
            text.push('…');
            return text;
        }
        if letters < LETTERS {
            fits = text.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_stays_as_it_is() {
        assert_eq!(shortened(b""), "");
        assert_eq!(shortened("a\u{20AC}b".as_bytes()), "a\u{20AC}b");
        assert_eq!(shortened(&[b'x'; LETTERS]), "x".repeat(LETTERS));
    }

    #[test]
    fn a_long_text_is_cut() {
        for letter in ["x", "\u{20AC}", "\u{1F600}"] {
            let cut = shortened(letter.repeat(LETTERS + 1).as_bytes());
            assert_eq!(cut, format!("{}…", letter.repeat(LETTERS - 1)));
        }
        assert_eq!(shortened(&[b'x'; 100_000]).chars().count(), LETTERS);
    }

    #[test]
    fn what_does_not_print_is_shown_escaped() {
        assert_eq!(shortened(b"a\r\n\t\0\x7F"), "a\\r\\n\\t\\u{0}\\u{7f}");
        assert_eq!(shortened(b"a\xFFb"), "a\u{FFFD}b");
        assert!(shortened(&[0; 100]).chars().count() <= LETTERS);
    }
}

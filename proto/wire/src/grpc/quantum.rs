//! gRPC-web text: base64 (RFC 4648, section 4), in quanta of four letters. Padding ends a segment,
//! and another may follow: whoever sends in pieces pads each of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trace::span::Span;

/// The letters of a quantum.
const LETTERS: usize = 4;

/// The quantum under way.
#[derive(Debug, Default)]
pub struct Quantum {
    letters: [u8; LETTERS],
    /// Where each of them lies: there may be gaps between them.
    places: [u64; LETTERS],
    len: usize,
}

impl Quantum {
    /// The next letter. Says whether the quantum is whole with it.
    pub fn push(&mut self, letter: u8, place: u64) -> bool {
        let room = self.letters.iter_mut().zip(&mut self.places).nth(self.len);
        if let Some((letter_here, place_here)) = room {
            (*letter_here, *place_here) = (letter, place);
            self.len += 1;
        }
        self.len == LETTERS
    }

    /// Where its letters lie that have come.
    pub fn places(&self) -> impl Iterator<Item = Span> {
        self.places.iter().take(self.len).map(|start| Span { start: *start, len: 1 })
    }

    /// The bytes that it stands for, and how many of the three they are.
    pub fn bytes(&self) -> Option<([u8; 3], usize)> {
        let mut bytes = [0; 3];
        let len = STANDARD.decode_slice(self.letters, &mut bytes).ok()?;
        Some((bytes, len))
    }

    /// Where it lies; its first letter, where it lies in pieces.
    pub fn span(&self) -> Span {
        let [first, .., last] = self.places;
        let together = last == first + (LETTERS as u64 - 1);
        Span { start: first, len: if together { LETTERS as u64 } else { 1 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantum(letters: &[u8; 4]) -> Quantum {
        let mut quantum = Quantum::default();
        for (index, letter) in letters.iter().enumerate() {
            assert_eq!(quantum.push(*letter, index as u64), index == 3);
        }
        quantum
    }

    #[test]
    fn a_quantum_is_up_to_three_bytes() {
        assert_eq!(quantum(b"TWFu").bytes(), Some((*b"Man", 3)));
        assert_eq!(quantum(b"TWE=").bytes(), Some((*b"Ma\0", 2)));
        assert_eq!(quantum(b"TQ==").bytes(), Some((*b"M\0\0", 1)));
        for bad in [b"TQ=M", b"T===", b"====", b"TW-u", b"TW\r\n", b"TWF=", b"TR=="] {
            assert_eq!(quantum(bad).bytes(), None, "{bad:?}");
        }
    }

    #[test]
    fn its_letters_may_lie_apart() {
        let mut quantum = quantum(b"TWFu");
        assert_eq!(quantum.span(), Span { start: 0, len: 4 });
        quantum.places = [3, 4, 9, 10];
        assert_eq!(quantum.span(), Span { start: 3, len: 1 });
        assert_eq!(quantum.places().map(|span| span.start).collect::<Vec<_>>(), [3, 4, 9, 10]);
    }
}

//! Pieces of a stream with gaps between them, and the fields that tile them.

use trace::field::{Field, Name};
use trace::span::Span;

/// The most fields of a block that are listed one by one; what follows is `MoreLines`.
const LISTED: usize = 2_048;

/// The most pieces that are told apart. Each brings a field of its own, so at this number the fields
/// are `MoreLines` already; from here on the last piece goes on over the gaps.
const PIECES: usize = 4_096;

/// What a block lies in, so far.
#[derive(Debug, Default)]
pub struct Tiles {
    /// The pieces, none next to another.
    pub pieces: Vec<Span>,
    /// The fields; one that goes on behind a gap is two.
    pub fields: Vec<Field>,
}

impl Tiles {
    /// The next bytes. A field of the same name right before it is the same field.
    pub fn tile(&mut self, field: Field) {
        let Field { name, span } = field;
        if span.is_empty() {
            return;
        }
        let full = self.pieces.len() >= PIECES;
        let joined = full || self.pieces.last().is_some_and(|last| last.end() == span.start);
        match self.pieces.last_mut() {
            Some(last) if joined => *last = Span::between(last.start, span.end()),
            _ => self.pieces.push(span),
        }
        let listed = self.fields.len();
        match self.fields.last_mut() {
            Some(last) if joined && (last.name == name || last.name == Name::MoreLines) => {
                last.span = Span::between(last.span.start, span.end());
            }
            _ if listed >= LISTED => self.fields.push(Field { name: Name::MoreLines, span }),
            _ => self.fields.push(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(tiles: &mut Tiles, name: Name, start: u64, len: u64) {
        tiles.tile(Field { name, span: Span { start, len } });
    }

    #[test]
    fn a_field_over_a_gap_is_two() {
        let mut tiles = Tiles::default();
        tile(&mut tiles, Name::EventFieldName, 10, 2);
        tile(&mut tiles, Name::EventFieldName, 12, 1);
        tile(&mut tiles, Name::EventFieldName, 20, 1);
        tile(&mut tiles, Name::Colon, 21, 1);
        assert_eq!(tiles.pieces, [Span { start: 10, len: 3 }, Span { start: 20, len: 2 }]);
        let fields: Vec<_> = tiles.fields.iter().map(|field| (field.name, field.span)).collect();
        assert_eq!(
            fields,
            [
                (Name::EventFieldName, Span { start: 10, len: 3 }),
                (Name::EventFieldName, Span { start: 20, len: 1 }),
                (Name::Colon, Span { start: 21, len: 1 }),
            ]
        );
    }

    #[test]
    fn a_block_in_very_many_pieces_is_bounded() {
        let mut tiles = Tiles::default();
        for piece in 0..100_000 {
            tile(&mut tiles, Name::EventFieldValue, piece * 6, 1);
        }
        assert_eq!(tiles.pieces.len(), PIECES);
        assert_eq!(tiles.fields.len(), PIECES);
        assert_eq!(tiles.pieces.last().unwrap().end(), 99_999 * 6 + 1);
        assert_eq!(tiles.fields.last().unwrap().span, *tiles.pieces.last().unwrap());
        assert_eq!(tiles.fields.last().unwrap().name, Name::MoreLines);
    }
}

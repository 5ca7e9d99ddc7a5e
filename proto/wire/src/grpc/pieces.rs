//! Where the bytes of a message lie in the connection's stream, and its parts there.

use trace::field::{Field, Name};
use trace::span::{Span, Spans};

/// The most pieces that are told apart; from here on the last one goes on over the gaps.
pub const PIECES: usize = 1_024;

/// The pieces of a message, so far.
#[derive(Debug, Default)]
pub struct Pieces {
    /// In order, none next to another.
    spans: Vec<Span>,
    /// Whether the last piece goes over gaps: what lies in it has no place of its own any more.
    over: bool,
}

impl Pieces {
    /// Goes on with the bytes that lie here.
    pub fn add(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        let full = self.spans.len() >= PIECES;
        match self.spans.last_mut() {
            Some(last) if last.end() == span.start => last.len += span.len,
            Some(last) if full => {
                *last = Span::between(last.start, span.end());
                self.over = true;
            }
            _ => self.spans.push(span),
        }
    }

    /// Bytes of all pieces, the gaps that the last one goes over included.
    pub fn len(&self) -> u64 {
        self.spans.iter().map(|span| span.len).sum()
    }

    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether each byte has a place of its own.
    pub const fn is_exact(&self) -> bool {
        !self.over
    }

    /// Cuts the pieces into parts of these lengths, one after the other; what is left is `rest`. A
    /// part over a gap is two fields.
    pub fn fields(&self, parts: &[(Name, u64)], rest: Name) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut parts = parts.iter().copied().filter(|(_, len)| *len > 0);
        let mut part = parts.next();
        for piece in &self.spans {
            let mut left = *piece;
            while !left.is_empty() {
                let (name, due) = part.unwrap_or((rest, u64::MAX));
                let len = due.min(left.len);
                fields.push(Field { name, span: Span { start: left.start, len } });
                left = Span::between(left.start + len, left.end());
                part = if due > len { part.map(|_| (name, due - len)) } else { parts.next() };
            }
        }
        fields
    }

    /// Where the bytes from an offset on lie, as far as they lie together.
    pub fn place(&self, at: u64, len: u64) -> Option<Span> {
        let mut before = 0;
        for piece in self.spans.iter().filter(|_| self.is_exact()) {
            if at < before + piece.len {
                let start = piece.start + (at - before);
                return Some(Span { start, len: len.min(piece.end() - start) });
            }
            before += piece.len;
        }
        None
    }

    /// The pieces as evidence. What has no byte of its own has its place, too.
    pub fn into_evidence(self, place: u64) -> Spans {
        if self.spans.is_empty() {
            return Spans::one(Span { start: place, len: 0 });
        }
        Spans(self.spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(spans: &[(u64, u64)]) -> Pieces {
        let mut pieces = Pieces::default();
        for (start, len) in spans {
            pieces.add(Span { start: *start, len: *len });
        }
        pieces
    }

    fn cut(pieces: &Pieces, parts: &[(Name, u64)]) -> Vec<(Name, u64, u64)> {
        let fields = pieces.fields(parts, Name::GrpcPayload);
        fields.iter().map(|field| (field.name, field.span.start, field.span.len)).collect()
    }

    #[test]
    fn a_part_over_a_gap_is_two_fields() {
        let pieces = pieces(&[(10, 1), (11, 1), (20, 4), (30, 5), (40, 0)]);
        assert_eq!(pieces.len(), 11);
        let parts = [(Name::GrpcFlag, 1), (Name::GrpcLength, 4), (Name::ProtoTag, 0)];
        assert_eq!(
            cut(&pieces, &parts),
            [
                (Name::GrpcFlag, 10, 1),
                (Name::GrpcLength, 11, 1),
                (Name::GrpcLength, 20, 3),
                (Name::GrpcPayload, 23, 1),
                (Name::GrpcPayload, 30, 5),
            ]
        );
        assert_eq!(cut(&pieces, &[(Name::GrpcFlag, 99)]).len(), 3);
        assert_eq!(cut(&pieces, &[(Name::GrpcFlag, 11)]).len(), 3);
        assert_eq!(pieces.place(1, 3), Some(Span { start: 11, len: 1 }));
        assert_eq!(pieces.place(3, 2), Some(Span { start: 21, len: 2 }));
        assert_eq!(pieces.place(11, 1), None);
    }

    #[test]
    fn very_many_pieces_are_bounded() {
        let mut pieces = Pieces::default();
        for piece in 0..100_000 {
            pieces.add(Span { start: piece * 6, len: 1 });
        }
        assert!(!pieces.is_exact());
        assert_eq!(pieces.place(0, 1), None);
        let fields = cut(&pieces, &[(Name::GrpcFlag, 1)]);
        assert_eq!((fields.len(), fields[0].0), (PIECES, Name::GrpcFlag));
        assert_eq!(fields[1].0, Name::GrpcPayload);
        let evidence = pieces.into_evidence(0);
        assert_eq!((evidence.0.len(), evidence.end()), (PIECES, 99_999 * 6 + 1));
    }
}

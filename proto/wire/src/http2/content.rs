//! The data of a stream's direction: pieces of DATA frames, padding left out.

use trace::event::{Event, Kind};
use trace::field::{Field, Name};
use trace::http2::{Content, Http2 as Said};
use trace::ids::ConnId;
use trace::span::{Dir, Span, Spans};

/// The most pieces of a content that are listed one by one; what follows is one more piece, what lies
/// between included.
pub const PIECES: usize = 1_024;

/// How a stream's direction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By its sender's word.
    Whole,
    /// By a reset, or with the connection's direction.
    Cut,
}

/// A content under way.
#[derive(Debug, Default)]
pub struct Gathered {
    frames: u64,
    len: u64,
    pieces: Vec<Field>,
    /// Where data was last due.
    at: u64,
}

impl Gathered {
    /// A frame begins whose data is due at an offset.
    pub const fn begin(&mut self, at: u64) {
        self.frames += 1;
        self.at = at;
    }

    /// The next data. Lists about `most` pieces.
    pub fn add(&mut self, span: Span, most: usize) {
        self.len += span.len;
        self.at = span.end();
        let listed = self.pieces.len();
        match self.pieces.last_mut() {
            Some(last) if last.name == Name::MoreElements || last.span.end() == span.start => {
                last.span = Span::between(last.span.start, span.end());
            }
            _ if listed >= most => self.pieces.push(Field { name: Name::MoreElements, span }),
            _ => self.pieces.push(Field { name: Name::FrameData, span }),
        }
    }

    /// How many pieces are listed.
    pub const fn listed(&self) -> usize {
        self.pieces.len()
    }

    /// Whether no frame has come.
    pub const fn is_none(&self) -> bool {
        self.frames == 0
    }

    /// All of it, now that it has ended.
    pub fn event(self, conn: ConnId, dir: Dir, stream: u32, ending: Ending) -> Event {
        // An empty content has its place too.
        let evidence = if self.pieces.is_empty() {
            Spans::one(Span { start: self.at, len: 0 })
        } else {
            Spans(self.pieces.iter().map(|piece| piece.span).collect())
        };
        let complete = ending == Ending::Whole;
        let content = Content { stream, len: self.len, frames: self.frames, complete };
        Event {
            conn,
            from: dir.speaker(),
            evidence,
            kind: Kind::Http2(Said::Content(content)),
            fields: self.pieces,
            faults: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_in_tiny_pieces_is_listed_only_so_far() {
        let mut content = Gathered::default();
        for frame in 0..5_000 {
            content.begin(frame * 11 + 9);
            content.add(Span { start: frame * 11 + 9, len: 1 }, PIECES);
            content.add(Span { start: frame * 11 + 10, len: 1 }, PIECES);
        }
        let event = content.event(ConnId(1), Dir::ToServer, 1, Ending::Whole);
        assert_eq!(event.evidence.0.len(), PIECES + 1);
        assert_eq!((event.evidence.start(), event.evidence.end()), (9, 55_000));
        assert_eq!(event.evidence.0[0], Span { start: 9, len: 2 });
        assert_eq!(event.fields[PIECES].name, Name::MoreElements);
        let content = Content { stream: 1, len: 10_000, frames: 5_000, complete: true };
        assert_eq!(event.kind, Kind::Http2(Said::Content(content)));
    }

    #[test]
    fn an_empty_content_has_its_place() {
        let mut content = Gathered::default();
        assert!(content.is_none());
        content.begin(18);
        let event = content.event(ConnId(1), Dir::ToClient, 3, Ending::Cut);
        assert_eq!(event.evidence, Spans::one(Span { start: 18, len: 0 }));
        assert!(event.fields.is_empty());
    }
}

//! What a step says, in pieces: words, and numbers that name the entries from which they come.

use trace::ids::Seq;

/// What a step says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// What happened, in a few words.
    pub title: String,
    /// Between whom.
    pub between: String,
    /// Why, in a few sentences.
    pub pieces: Vec<Piece>,
}

/// A piece of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// A number of this run's.
    Number {
        /// As it is read.
        text: String,
        /// The entries from which it comes; entry 0 is the header.
        from: Vec<Seq>,
    },
}

impl Story {
    /// All its sentences as one text.
    #[must_use]
    pub fn text(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::Number { text, .. } => text.clone(),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Adds words.
    pub(crate) fn say(&mut self, text: impl Into<String>) -> &mut Self {
        self.pieces.push(Piece::Text(text.into()));
        self
    }

    /// Adds a number, and the entries from which it comes.
    pub(crate) fn number(
        &mut self,
        text: impl Into<String>,
        from: impl Into<Vec<Seq>>,
    ) -> &mut Self {
        self.pieces.push(Piece::Number { text: text.into(), from: from.into() });
        self
    }
}

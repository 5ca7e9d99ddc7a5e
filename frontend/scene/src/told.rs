//! What a step says, in pieces: words, and numbers that name the entries from which they come. The
//! words are messages of `assets/text`.

use text::Arg;
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

/// What is put into a message.
pub(crate) enum Told<'a> {
    /// A name, or words of the run's own.
    Word(&'a str),
    /// A number as it is read, and the entries from which it comes.
    Number(String, Vec<Seq>),
    /// A number of things, by which plural rules choose, and the entries from which it comes.
    Count(u64, Vec<Seq>),
}

impl Told<'_> {
    fn arg(&self) -> Arg<'_> {
        match self {
            Self::Word(text) => Arg::Text(text),
            Self::Number(text, _) => Arg::Text(text),
            Self::Count(count, _) => Arg::Count(*count),
        }
    }
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

    /// Adds the message `id` of the catalogue.
    pub(crate) fn tell(&mut self, id: &str, args: &[(&str, Told<'_>)]) {
        let given: Vec<(&str, Arg<'_>)> =
            args.iter().map(|(name, told)| (*name, told.arg())).collect();
        self.part();
        for piece in text::pieces(id, &given) {
            match piece {
                text::Piece::Text(text) => self.words(text),
                text::Piece::Arg(index, text) => match args.get(index) {
                    Some((_, Told::Number(_, from) | Told::Count(_, from))) => {
                        self.pieces.push(Piece::Number { text, from: from.clone() });
                    }
                    _ => self.words(text),
                },
            }
        }
    }

    /// Adds a sentence of the run's own.
    pub(crate) fn quote(&mut self, sentence: &str) {
        self.part();
        self.words(sentence.to_owned());
    }

    /// Goes on with what another one says.
    pub(crate) fn go_on(&mut self, pieces: Vec<Piece>) {
        self.part();
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.words(text),
                number @ Piece::Number { .. } => self.pieces.push(number),
            }
        }
    }

    /// A space parts the sentences.
    fn part(&mut self) {
        if !self.pieces.is_empty() {
            self.words(" ".to_owned());
        }
    }

    fn words(&mut self, more: String) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push_str(&more),
            _ => self.pieces.push(Piece::Text(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_entries_and_sentences_are_parted() {
        let mut story = Story::default();
        story.quote("Hello.");
        let lost = Told::Number("7 bytes".to_owned(), vec![Seq(4)]);
        story.tell("story-lost", &[("bytes", lost)]);
        let from = vec![Seq(2), Seq(3)];
        story.tell("story-closed-cut", &[("requests", Told::Count(1_204, from.clone()))]);
        story.tell("story-closed-fin", &[("who", Told::Word("Agent"))]);
        assert_eq!(
            story.text(),
            "Hello. 7 bytes went over the connection and were counted, but not kept. \
             It cut off 1,204 requests that had no answer yet. Agent closed first."
        );
        assert_eq!(story.pieces[3], Piece::Number { text: "1,204".to_owned(), from });
        assert_eq!(story.pieces.len(), 5);
    }
}

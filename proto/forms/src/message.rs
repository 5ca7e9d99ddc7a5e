//! The message that is encoded: one of the chat's, with everything in it that a message may hold. What it
//! says is made from a fixed seed, so that page and server have the same bytes.

use serde::{Deserialize, Serialize};

/// A message of the chat, and what was answered to it.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename = "message")]
pub struct Message {
    /// Its number, from 1.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Who sent it.
    #[prost(string, tag = "2")]
    pub from: String,
    /// To whom.
    #[prost(string, tag = "3")]
    pub to: String,
    /// What it says.
    #[prost(string, tag = "4")]
    pub text: String,
    /// When it was sent: milliseconds since 1970.
    #[prost(uint64, tag = "5")]
    pub sent_at: u64,
    /// Whether it was read.
    #[prost(bool, tag = "6")]
    pub read: bool,
    /// Words by which it is found.
    #[prost(string, repeated, tag = "7")]
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where it was written.
    #[prost(message, optional, tag = "8")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What was answered to it.
    #[prost(message, repeated, tag = "9")]
    #[serde(default)]
    pub replies: Vec<Reply>,
}

/// A place.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
pub struct Place {
    /// What it is called.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Degrees to the north.
    #[prost(double, tag = "2")]
    pub latitude: f64,
    /// Degrees to the east.
    #[prost(double, tag = "3")]
    pub longitude: f64,
}

/// An answer to a message.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
pub struct Reply {
    /// Its number, from 1.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Who sent it.
    #[prost(string, tag = "2")]
    pub from: String,
    /// What it says.
    #[prost(string, tag = "3")]
    pub text: String,
    /// When it was sent: milliseconds since 1970.
    #[prost(uint64, tag = "4")]
    pub sent_at: u64,
    /// How many liked it.
    #[prost(uint32, tag = "5")]
    pub likes: u32,
    /// How long it took to write, in seconds.
    #[prost(double, tag = "6")]
    pub took_s: f64,
}

/// How large the message is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// The message alone.
    #[default]
    Small,
    /// With 20 answers.
    Medium,
    /// With 500 answers.
    Large,
}

impl Size {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Its name in the API.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.id() == id)
    }

    /// How many answers it has.
    const fn replies(self) -> u64 {
        match self {
            Self::Small => 0,
            Self::Medium => 20,
            Self::Large => 500,
        }
    }
}

/// When the message was sent.
const SENT_AT: u64 = 1_767_261_600_000;

/// Who answers.
const PEOPLE: [&str; 4] = ["B", "C", "D", "E"];

/// What answers are made of; some of it must be escaped in XML, some in JSON, and some is not ASCII.
const WORDS: [&str; 24] = [
    "hello", "and", "thanks", "the", "server", "says", "that", "it", "is", "late", "R&D", "knows",
    "\"soon\"", "means", "never", "a", "café", "opens", "at", "noon", "if", "x<y", "nobody",
    "minds",
];

/// The message of a size: always the same.
#[must_use]
pub fn sample(size: Size) -> Message {
    let mut draw = Draw(7);
    Message {
        id: 7,
        from: "A".to_owned(),
        to: "B".to_owned(),
        text: "Hello Bro!".to_owned(),
        sent_at: SENT_AT,
        read: false,
        tags: ["greeting", "Q&A"].map(str::to_owned).to_vec(),
        place: Some(Place {
            name: "Café Central".to_owned(),
            latitude: 48.2104,
            longitude: 16.3655,
        }),
        replies: (1..=size.replies()).map(|number| reply(number, &mut draw)).collect(),
    }
}

fn reply(number: u64, draw: &mut Draw) -> Reply {
    let words: Vec<&str> = (0..3 + draw.below(10)).map(|_| draw.one_of(&WORDS)).collect();
    Reply {
        id: 7 + number,
        from: draw.one_of(&PEOPLE).to_owned(),
        text: words.join(" "),
        sent_at: SENT_AT + 1_000 * number + draw.below(1_000),
        likes: u32::try_from(draw.below(12) * draw.below(30)).unwrap_or_default(),
        // Thousandths, so that there is something behind the point.
        took_s: (500 + draw.below(60_000)) as f64 / 1_000.0,
    }
}

/// Numbers that look drawn by lot and are the same each time (SplitMix64).
struct Draw(u64);

impl Draw {
    /// A number less than another.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(end).unwrap_or_default()
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(words.len() as u64)).unwrap_or_default();
        words.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_always_the_same_and_as_large_as_its_size() {
        for (size, replies) in Size::ALL.into_iter().zip([0, 20, 500]) {
            let message = sample(size);
            assert_eq!(message, sample(size));
            assert_eq!(message.replies.len(), replies);
            assert_eq!(Size::named(size.id()), Some(size));
        }
        assert_eq!(Size::named("huge"), None);
        let large = sample(Size::Large);
        assert_eq!(large.replies[..20], sample(Size::Medium).replies);
    }

    #[test]
    fn there_is_something_of_everything() {
        let large = sample(Size::Large);
        for odd in ['&', '<', '"', 'é'] {
            assert!(large.replies.iter().any(|reply| reply.text.contains(odd)), "{odd}");
        }
        assert!(large.replies.iter().any(|reply| reply.likes == 0), "a default is left out");
        assert!(large.replies.iter().any(|reply| reply.likes > 127), "and one has two bytes");
        // Tabs and line ends would not all come back from XML.
        let bare = |text: &str| text.trim() == text && !text.contains(['\r', '\n', '\t']);
        assert!(large.replies.iter().all(|reply| !reply.text.is_empty() && bare(&reply.text)));
    }
}

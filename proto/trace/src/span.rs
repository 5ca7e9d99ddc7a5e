//! Directions, sides, and pieces of a byte stream.

use serde::{Deserialize, Serialize};

/// Which way bytes travel on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dir {
    /// From the side that connected to the side that accepted.
    ToServer,
    /// From the side that accepted to the side that connected.
    ToClient,
}

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The side that connected.
    Client,
    /// The side that accepted.
    Server,
}

impl Side {
    /// The way in which this side's bytes travel.
    #[must_use]
    pub const fn speaks(self) -> Dir {
        match self {
            Self::Client => Dir::ToServer,
            Self::Server => Dir::ToClient,
        }
    }
}

impl Dir {
    /// Its place in a pair that is kept by direction.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ToServer => 0,
            Self::ToClient => 1,
        }
    }

    /// The side whose bytes travel this way.
    #[must_use]
    pub const fn speaker(self) -> Side {
        match self {
            Self::ToServer => Side::Client,
            Self::ToClient => Side::Server,
        }
    }
}

/// A piece of one direction's stream: `len` bytes from offset `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte in its direction, from 0.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

impl Span {
    /// The piece from `start` up to and without `end`; empty where `end` is not after `start`.
    #[must_use]
    pub const fn between(start: u64, end: u64) -> Self {
        Self { start, len: end.saturating_sub(start) }
    }

    /// Offset of the byte after the last.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start.saturating_add(self.len)
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Pieces of one direction's stream, in order. An event of an upper layer may have several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// One piece.
    #[must_use]
    pub fn one(span: Span) -> Self {
        Self(vec![span])
    }

    /// Number of bytes in all pieces.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|span| span.len).sum()
    }

    /// Whether there is no byte in any piece.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Offset of the first byte.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.0.first().map_or(0, |span| span.start)
    }

    /// Offset of the byte after the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |span| span.end())
    }
}

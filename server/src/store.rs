//! The shared store of a run: where instances of one service keep messages for each other. One
//! trait, two engines; the same tests are run on both.

pub mod memory;
pub mod redis;
#[cfg(test)]
mod tests;

use std::fmt;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use trace::note::Engine;

/// The most rows that are read at once.
pub const READ_MOST: usize = 100;

/// A message that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct New {
    /// Who sent it, in the chat.
    pub from: Option<String>,
    /// To whom it is, in the chat.
    pub to: Option<String>,
    /// What it says.
    pub text: String,
    /// What tells it from others where it is brought again.
    pub key: Option<String>,
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1, without a gap.
    pub id: u64,
    /// What is kept.
    pub message: New,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It keeps no more.
    #[error("the store keeps {0} messages of a run and no more")]
    Full(u64),
    /// It cannot be reached, or does not understand.
    #[error("the shared store does not answer: {0}")]
    Away(String),
}

/// What a call gives.
pub type Called<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A store as one instance calls it.
pub trait Store: fmt::Debug + Send + Sync {
    /// Which engine it is.
    fn engine(&self) -> Engine;

    /// Keeps a message and gives its number.
    fn append(&self, new: New) -> Called<'_, u64>;

    /// The number of a message that was kept with this key, among the newest.
    fn find(&self, key: String) -> Called<'_, Option<u64>>;

    /// The messages after a number, in order, so many at most.
    fn read(&self, after: u64, most: usize) -> Called<'_, Vec<Row>>;

    /// Changes whenever the store tells this instance that there is something new.
    fn told(&self) -> Called<'_, watch::Receiver<u64>>;
}

/// Which engine a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// In this process.
    Memory,
    /// Redis or Valkey.
    Redis(redis::Target),
}

impl Choice {
    /// Which engine it is.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Memory => Engine::Memory,
            Self::Redis(_) => Engine::Redis,
        }
    }
}

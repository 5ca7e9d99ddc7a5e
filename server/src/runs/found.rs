//! A run as it is looked at: in memory, or kept.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use trace::ids::{RunId, Seq};
use trace::log::Header;
use trace::metrics::Metrics;
use trace::studio::RunState;

use crate::archive::Past;
use crate::log;
use crate::run::Run;

/// A run that was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// It is in memory, and may still serve.
    Live(Arc<Run>),
    /// It is over, and its log is on the disk.
    Past(Past),
}

impl Found {
    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.header().run
    }

    /// Who has it may change the run.
    pub fn key(&self) -> &str {
        match self {
            Self::Live(run) => &run.key,
            Self::Past(past) => &past.kept.key,
        }
    }

    /// What it was made with.
    pub fn header(&self) -> &Header {
        match self {
            Self::Live(run) => &run.log.header,
            Self::Past(past) => &past.kept.header,
        }
    }

    /// Its log's first line, without its end.
    pub fn header_line(&self) -> Bytes {
        log::header_line(self.header())
    }

    /// How far it is.
    pub fn state(&self) -> RunState {
        match self {
            Self::Live(run) => run.state(),
            Self::Past(past) => past.kept.state,
        }
    }

    /// The number of its last entry.
    pub fn last_seq(&self) -> Seq {
        match self {
            Self::Live(run) => run.log.last_seq(),
            Self::Past(past) => past.kept.last_seq,
        }
    }

    /// The number of its last entry, whenever it changes; none where it changes no more.
    pub fn last(&self) -> Option<watch::Receiver<Seq>> {
        self.live().map(|run| run.log.last())
    }

    /// Its figures so far.
    pub fn metrics(&self) -> Metrics {
        match self {
            Self::Live(run) => run.log.metrics(),
            Self::Past(past) => past.kept.metrics.clone(),
        }
    }

    /// The run, while it is in memory.
    pub fn live(&self) -> Option<&Arc<Run>> {
        match self {
            Self::Live(run) => Some(run),
            Self::Past(_) => None,
        }
    }

    /// Lines after an entry, without their ends: the next entries, one each. From memory up to `most`, from
    /// the disk as many as lie together.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub async fn lines(&self, after: Seq, most: usize) -> io::Result<Vec<Bytes>> {
        match self {
            Self::Live(run) => {
                Ok(run.log.after(after, most).iter().map(|kept| kept.line()).collect())
            }
            Self::Past(past) => past.lines(after).await,
        }
    }
}

/// The number of the last of so many lines after an entry: numbers have no holes.
pub fn upto(after: Seq, lines: &[Bytes]) -> Seq {
    Seq(after.0.saturating_add(lines.len() as u64))
}

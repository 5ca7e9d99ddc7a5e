//! A step: something that happened, at a moment.

use trace::ids::{ConnId, Seq};
use trace::span::Dir;
use trace::time::Micros;

use crate::model::Model;

/// Where a step stands: its moment, the entry that it is about, and its place among several steps
/// about one entry.
pub type Key = (Micros, Seq, u8);

/// A step: one row of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it stands.
    pub key: Key,
    /// The connection, where there is one.
    pub conn: Option<ConnId>,
    /// What happens.
    pub what: StepKind,
}

/// What happens in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A connection is established.
    Open,
    /// A message goes over: a head, a body, or bytes that are neither.
    Message {
        /// The way it goes.
        dir: Dir,
        /// Its events: the head, then its body.
        events: Vec<Seq>,
    },
    /// The server has a request and takes its time.
    Hold {
        /// When it answered.
        until: Micros,
        /// The answer.
        by: Seq,
    },
    /// The connection is open and nothing is on it.
    Idle {
        /// When something was, or it closed.
        until: Micros,
        /// What that was.
        by: Seq,
    },
    /// The server stopped at the gate.
    Gate {
        /// The entry that let it go on.
        released: Option<(Seq, Micros)>,
    },
    /// The application says something of itself.
    Note,
    /// Bytes were not kept.
    Lost,
    /// The connection closes.
    Close,
}

impl Step {
    /// The entry that the step is about.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.key.1
    }

    /// When it stands.
    #[must_use]
    pub const fn at(&self) -> Micros {
        self.key.0
    }

    /// Until when it lasts, if it is a wait that is over.
    #[must_use]
    pub const fn wait(&self) -> Option<Micros> {
        match self.what {
            StepKind::Hold { until, .. } | StepKind::Idle { until, .. } => Some(until),
            StepKind::Gate { released: Some((_, at)) } => Some(at),
            _ => None,
        }
    }

    /// Until when it lasts: a wait, or a message that is under way.
    #[must_use]
    pub fn until(&self, model: &Model) -> Micros {
        let landed = match &self.what {
            StepKind::Message { events, .. } => {
                let last = events.last().and_then(|seq| model.event(*seq));
                last.and_then(|last| model.times(last).landed)
            }
            _ => self.wait(),
        };
        landed.unwrap_or_default().max(self.at())
    }
}

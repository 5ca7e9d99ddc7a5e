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
        /// Its events: the head, then its body; or the frames, then the message that they carry.
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
    /// A delivery failed, and waits for its next attempt.
    Backoff {
        /// The entry with which it went out.
        sent: Option<(Seq, Micros)>,
    },
    /// The application says something of itself.
    Note,
    /// Bytes were not kept.
    Lost,
    /// The connection closes.
    Close,
}

impl StepKind {
    /// Whether it goes from one lane to another.
    pub(crate) const fn goes_over(&self) -> bool {
        matches!(self, Self::Open | Self::Close | Self::Message { .. })
    }
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
            StepKind::Gate { released: Some((_, at)) }
            | StepKind::Backoff { sent: Some((_, at)) } => Some(at),
            _ => None,
        }
    }

    /// Until when it lasts: a wait, or a message that is under way.
    #[must_use]
    pub fn until(&self, model: &Model) -> Micros {
        let landed = match &self.what {
            StepKind::Message { events, .. } => model.travel(events).landed,
            _ => self.wait(),
        };
        landed.unwrap_or_default().max(self.at())
    }

    /// Until when it goes on, as far as its entries themselves tell: what comes later does not change
    /// it.
    pub(crate) fn reach(&self, model: &Model) -> Micros {
        let StepKind::Message { events, .. } = &self.what else {
            return self.wait().unwrap_or_default();
        };
        let carriers = model.carriers(events);
        let last = carriers.last().filter(|_| carriers.len() > 1).and_then(|seq| model.event(*seq));
        let begins = last.filter(|last| !last.evidence.is_empty());
        let begins = begins.and_then(|last| model.times(last).stands());
        begins.unwrap_or_default().max(self.at())
    }
}

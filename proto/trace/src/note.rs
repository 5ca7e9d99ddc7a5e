//! What the application itself says of its doing: gates, the link, refusals. Notes are evidence of
//! the application, drawn apart from what was heard on a socket.

use serde::{Deserialize, Serialize};

use crate::ids::ConnId;
use crate::time::Micros;

/// Something that the application did or waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The connection that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conn: Option<ConnId>,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What the application did or waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum What {
    /// The link holds a new connection's first bytes for one round trip.
    LinkSetup {
        /// How long, twice the delay of one way.
        held_us: Micros,
    },
    /// The server stops before an act until the input `next` comes.
    GateHeld {
        /// The gate's number in this run.
        gate: u64,
        /// What the server is about to do.
        act: Act,
        /// After how long it goes on by itself.
        limit_us: Micros,
    },
    /// The server goes on.
    GateReleased {
        /// The gate's number in this run.
        gate: u64,
        /// What the server now does.
        act: Act,
        /// What let it go on.
        by: Release,
    },
    /// The server closes a connection on which nothing was asked.
    KeepAliveOver {
        /// The keep-alive time that ran out.
        after_us: Micros,
    },
    /// The server refuses, or closes without an answer, and why.
    Refused {
        /// The status that it answers, if any.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<u16>,
        /// Why.
        why: String,
    },
    /// The run's state changed.
    State {
        /// The state from here on.
        state: crate::studio::RunState,
        /// Why, where it is not plain.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        why: String,
    },
    /// A knob's cap struck: from here on something is not kept.
    Cap {
        /// What is capped, and at what.
        why: String,
    },
}

/// An act of the server that waits at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Send an answer.
    Answer,
    /// Close a connection.
    Close,
}

/// What opened a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// The input `next`.
    Next,
    /// The limit: the server went on by itself.
    Limit,
    /// The run ended.
    RunEnded,
    /// Nobody waits for the act any more: the client left, or asked again before a close.
    Abandoned,
}

//! What a decoder made of the bytes of one connection.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::field::Field;
use crate::http1::Http1;
use crate::ids::ConnId;
use crate::span::{Dir, Side, Spans};

/// Something that was said on a connection. It has no time of its own: see [`crate::moments`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The connection.
    pub conn: ConnId,
    /// Who said it.
    pub from: Side,
    /// The bytes that say it, pieces of the speaker's direction.
    pub evidence: Spans,
    /// What was said.
    pub kind: Kind,
    /// The parts of the evidence, without gap or overlap.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<Fault>,
}

/// What was said, by protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// HTTP/1.0 or HTTP/1.1.
    Http1(Http1),
}

impl Event {
    /// The direction of its bytes.
    #[must_use]
    pub const fn dir(&self) -> Dir {
        self.from.speaks()
    }
}

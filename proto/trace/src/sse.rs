//! What the decoder of Server-Sent Events says (WHATWG HTML, section 9.2). Its events lie in the
//! content of an HTTP answer, and so may have several pieces of the stream as evidence.

use serde::{Deserialize, Serialize};

/// A piece of an event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sse {
    /// A block that an empty line ends.
    Block(Block),
    /// What came after the last empty line: a client throws it away.
    Unfinished,
}

/// A block of lines, up to and with the empty line that ends it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Block {
    /// The exchange whose answer it is part of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<u64>,
    /// Whether a client's listeners hear of it: only a block with data is dispatched.
    pub dispatched: bool,
    /// The last event id, where this block sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// The event's type, where this block sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<String>,
    /// Its data, up to [`crate::spoken::TEXT_KEPT`] bytes; none where it is longer or there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
    /// Bytes of its data, lines joined by LF.
    pub data_len: u64,
    /// Milliseconds after which a client comes back, where this block sets them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_ms: Option<u64>,
    /// How many comment lines it has.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub comments: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

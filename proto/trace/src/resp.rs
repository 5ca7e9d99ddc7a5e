//! What the decoder of RESP says: the protocol of Redis and Valkey, versions 2 and 3
//! (redis.io, "Redis serialization protocol specification").

use serde::{Deserialize, Serialize};

/// A piece of a RESP conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resp {
    /// A command.
    Command(Command),
    /// The reply to a command.
    Reply(Reply),
    /// Something that the store says by itself (RESP3).
    Push(Push),
    /// Bytes that break the rules, after which nothing can be trusted.
    Malformed,
    /// A value that never became whole.
    Partial,
    /// Everything after the point where decoding stopped.
    Rest,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Which command of its connection this is, from 0.
    pub exchange: u64,
    /// Its name in capitals: `XADD`.
    pub name: String,
    /// Its arguments as text, at most eight, each up to 64 letters.
    pub args: Vec<String>,
}

/// The reply to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The command that it answers; none where that was not heard whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<u64>,
    /// What kind of value it is.
    pub kind: ValueKind,
    /// The value as text, up to 64 letters; of an aggregate, how many elements it has.
    pub text: String,
}

/// Something that the store says by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// What it is about: `message`, `subscribe` …
    pub name: String,
    /// The other elements as text, at most eight, each up to 64 letters.
    pub args: Vec<String>,
}

/// What kind of value it is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// `+`
    Simple,
    /// `-` or `!`
    Error,
    /// `:`
    Integer,
    /// `$` or `=`
    Bulk,
    /// `*`
    Array,
    /// `_`, or a length of -1.
    Null,
    /// `#`
    Boolean,
    /// `,`
    Double,
    /// `(`
    BigNumber,
    /// `%`
    Map,
    /// `~`
    Set,
}

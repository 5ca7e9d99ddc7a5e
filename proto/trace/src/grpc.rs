//! What the gRPC decoder says: messages and trailers in the content of HTTP exchanges, over HTTP/2
//! (gRPC over HTTP2) or in gRPC-web's forms. They point at pieces of the connection's stream.

use serde::{Deserialize, Serialize};

/// A piece of a gRPC call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grpc {
    /// A message, whole: five bytes before it, then itself.
    Message(Message),
    /// The trailers of gRPC-web, which lie at the end of the content.
    Trailers(Trailers),
    /// A message that never became whole, or what cannot be one.
    Partial(Call),
}

/// To which call something belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// A stream of HTTP/2.
    Stream(u32),
    /// An exchange of HTTP/1.
    Exchange(u64),
}

/// A length-prefixed message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its call.
    pub call: Call,
    /// The path of the call's request: `/lifeline.v1.Chat/Send`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub path: String,
    /// Which message of its direction of the call it is, from 1.
    pub number: u64,
    /// Whether it is compressed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub compressed: bool,
    /// Bytes of it, without the five before it.
    pub len: u64,
    /// Whether the content is gRPC-web text: base64 all over.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub base64: bool,
    /// The message's fields, in their order on the wire; at most 64, inner ones after their outer one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub values: Vec<Value>,
}

/// A field of a Protocol Buffers message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Its number, from the tag.
    pub number: u32,
    /// Its name, where the contract knows the number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// How deep it lies: 0 for the message's own.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub depth: u8,
    /// How it stands on the wire.
    pub wire: Wire,
    /// What it says, up to 256 letters; where the contract does not know it and several readings are
    /// possible, all of them.
    pub readings: Vec<Reading>,
}

/// How a value stands on the wire (Protocol Buffers encoding, "message structure").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// In pieces of seven bits.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// A length, and so many bytes.
    Len,
    /// The beginning of a group, outdated.
    StartGroup,
    /// The end of a group, outdated.
    EndGroup,
    /// Four bytes.
    Fixed32,
}

/// One way to read a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// As what it is read: `string`, `uint64`, `sint64`, `bool`, `message`, `bytes`, `double` …
    pub kind: String,
    /// What it then says.
    pub text: String,
}

/// The trailers of gRPC-web.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailers {
    /// Its call.
    pub call: Call,
    /// Bytes of them, without the five before them.
    pub len: u64,
    /// `grpc-status`, where it is a number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u32>,
    /// `grpc-message`, its percent signs undone, up to 256 letters.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(depth: &u8) -> bool {
    *depth == 0
}

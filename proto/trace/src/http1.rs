//! What the HTTP/1 decoder says (RFC 9112).

use serde::{Deserialize, Serialize};

/// A piece of an HTTP/1 conversation. A head is an event when it is whole, a body at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Http1 {
    /// A request's head.
    Request(Request),
    /// An answer's head.
    Response(Response),
    /// The body that follows a head.
    Body(Body),
    /// A head that breaks the rules so that nothing after it can be trusted.
    Malformed,
    /// A head that never became whole.
    Partial,
    /// Everything after the point where decoding stopped.
    Rest(Rest),
}

/// A request's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which request of its connection this is, from 0.
    pub exchange: u64,
    /// `GET`, `POST` …
    pub method: String,
    /// The target as it was sent.
    pub target: String,
    /// The version that the client speaks.
    pub version: Version,
    /// How the body's end is told.
    pub framing: Framing,
    /// Whether the connection may carry another request after this (RFC 9112, section 9.3).
    pub persistent: bool,
    /// `User-Agent`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_agent: Option<String>,
    /// `Upgrade`: the protocol that the client would rather speak.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upgrade: Option<String>,
    /// `Sec-WebSocket-Extensions`: what the client offers beside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extensions: Option<String>,
    /// `Last-Event-ID`: the last event that the client has of a stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_event_id: Option<String>,
    /// A CORS preflight: the browser asks whether it may ask.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub preflight: bool,
}

/// An answer's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The request that this answers; none if the request was not heard whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<u64>,
    /// The status code.
    pub status: u16,
    /// The words beside it.
    pub reason: String,
    /// The version that the server speaks.
    pub version: Version,
    /// How the body's end is told.
    pub framing: Framing,
    /// Whether the connection may carry another request after this.
    pub persistent: bool,
    /// `Content-Type`, up to 128 letters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content_type: Option<String>,
    /// `Upgrade`: the protocol that is spoken from here on, if the status is 101.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upgrade: Option<String>,
    /// `Sec-WebSocket-Extensions`: what the server takes of the offer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extensions: Option<String>,
    /// Seconds of `Keep-Alive: timeout=`, where said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keep_alive_s: Option<u64>,
}

/// A body, from its first byte to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The exchange to which it belongs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<u64>,
    /// How its end was told.
    pub framing: Framing,
    /// Bytes of content, without what chunking wraps around them.
    pub content_len: u64,
    /// Number of chunks, the last empty one apart; 0 where it is not chunked.
    pub chunks: u64,
    /// Whether it came to its end.
    pub complete: bool,
}

/// What was not decoded, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// The connection speaks another protocol from here on (status 101, or CONNECT).
    Upgraded,
    /// A fault before made the framing unknown.
    Desynchronised,
    /// Bytes before were lost.
    AfterLoss,
}

/// The version on the start line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// HTTP/1.0
    #[serde(rename = "HTTP/1.0")]
    Http10,
    /// HTTP/1.1
    #[serde(rename = "HTTP/1.1")]
    Http11,
}

impl Version {
    /// As it stands on the wire.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// How a body's end is told (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// There is no body.
    None,
    /// After this many bytes.
    Length(u64),
    /// By an empty chunk.
    Chunked,
    /// When the connection closes.
    UntilClose,
}

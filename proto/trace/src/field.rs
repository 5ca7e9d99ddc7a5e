//! The parts into which a decoder cuts an event's bytes.

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// A named piece of an event. The fields of an event tile its evidence (law 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What the piece is.
    pub name: Name,
    /// Where it lies.
    #[serde(flatten)]
    pub span: Span,
}

/// What a piece of bytes is, in the words of the specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// An empty line before a request line (RFC 9112, section 2.2).
    EmptyLine,
    /// The request's method (RFC 9110, section 9).
    Method,
    /// The request's target (RFC 9112, section 3.2).
    RequestTarget,
    /// `HTTP/1.0` or `HTTP/1.1` (RFC 9112, section 2.3).
    HttpVersion,
    /// The three digits of the answer (RFC 9110, section 15).
    StatusCode,
    /// Words beside the status code, without meaning (RFC 9112, section 4).
    ReasonPhrase,
    /// A space that parts two pieces of a start line.
    Space,
    /// A header's name (RFC 9110, section 5.1).
    FieldName,
    /// The colon after a header's name.
    Colon,
    /// Optional white space around a header's value (RFC 9110, section 5.6.3).
    Whitespace,
    /// A header's value (RFC 9110, section 5.5).
    FieldValue,
    /// The end of a line, CR LF (RFC 9112, section 2.2).
    LineEnd,
    /// The empty line that ends the head (RFC 9112, section 2.1).
    HeadEnd,
    /// The body, where nothing is wrapped around it (RFC 9112, section 6.2).
    Content,
    /// A chunk's length in hexadecimal (RFC 9112, section 7.1).
    ChunkSize,
    /// A chunk's extension (RFC 9112, section 7.1.1).
    ChunkExtension,
    /// A chunk's bytes (RFC 9112, section 7.1).
    ChunkData,
    /// More chunks than are listed one by one.
    MoreChunks,
    /// The empty line that ends a chunked body (RFC 9112, section 7.1).
    BodyEnd,
    /// More of a head than is listed piece by piece.
    MoreLines,
    /// A line that could not be read.
    BadLine,
    /// Bytes that no decoder understood.
    Undecoded,
    /// FIN, the reserved bits and the opcode (RFC 6455, section 5.2).
    FinAndOpcode,
    /// The mask bit and the short length (RFC 6455, section 5.2).
    MaskAndLength,
    /// The length where the short one has no room (RFC 6455, section 5.2).
    ExtendedLength,
    /// The key that masks the payload (RFC 6455, section 5.3).
    MaskingKey,
    /// A frame's payload, or a piece of a message (RFC 6455, section 5.2).
    Payload,
    /// Why the conversation ends, as a number (RFC 6455, section 5.5.1).
    CloseCode,
    /// Why it ends, in words (RFC 6455, section 5.5.1).
    CloseReason,
    /// The byte order mark at the beginning of an event stream (WHATWG HTML, section 9.2.5).
    ByteOrderMark,
    /// `id`, `event`, `data`, `retry`, or a name that is ignored (WHATWG HTML, section 9.2.6).
    EventFieldName,
    /// A value in an event stream (WHATWG HTML, section 9.2.6).
    EventFieldValue,
    /// A comment in an event stream (WHATWG HTML, section 9.2.6).
    Comment,
    /// The empty line that ends a block (WHATWG HTML, section 9.2.6).
    EventEnd,
    /// The first byte of a value, which tells its type (RESP).
    RespType,
    /// A length, or a number of elements (RESP).
    RespLength,
    /// A value that stands in its line (RESP).
    RespValue,
    /// A string of known length (RESP).
    RespData,
    /// More elements than are listed one by one.
    MoreElements,
}

impl Name {
    /// Every name, for tests that ask whether each has its explanation.
    pub const ALL: [Self; 39] = [
        Self::EmptyLine,
        Self::Method,
        Self::RequestTarget,
        Self::HttpVersion,
        Self::StatusCode,
        Self::ReasonPhrase,
        Self::Space,
        Self::FieldName,
        Self::Colon,
        Self::Whitespace,
        Self::FieldValue,
        Self::LineEnd,
        Self::HeadEnd,
        Self::Content,
        Self::ChunkSize,
        Self::ChunkExtension,
        Self::ChunkData,
        Self::MoreChunks,
        Self::BodyEnd,
        Self::MoreLines,
        Self::BadLine,
        Self::Undecoded,
        Self::FinAndOpcode,
        Self::MaskAndLength,
        Self::ExtendedLength,
        Self::MaskingKey,
        Self::Payload,
        Self::CloseCode,
        Self::CloseReason,
        Self::ByteOrderMark,
        Self::EventFieldName,
        Self::EventFieldValue,
        Self::Comment,
        Self::EventEnd,
        Self::RespType,
        Self::RespLength,
        Self::RespValue,
        Self::RespData,
        Self::MoreElements,
    ];
}

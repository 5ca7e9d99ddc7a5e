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
    /// The 24 bytes with which an HTTP/2 client begins (RFC 9113, section 3.4).
    Preface,
    /// A frame's length, in three bytes (RFC 9113, section 4.1).
    FrameLength,
    /// What kind of frame it is (RFC 9113, section 4.1).
    FrameType,
    /// A frame's eight flags (RFC 9113, section 4.1).
    FrameFlags,
    /// The stream that a frame belongs to, under a reserved bit (RFC 9113, section 4.1).
    FrameStream,
    /// The data of a DATA frame (RFC 9113, section 6.1).
    FrameData,
    /// A header block, or a piece of one (RFC 9113, section 4.3).
    HeaderFragment,
    /// How much padding a frame has at its end (RFC 9113, section 6.1).
    PadLength,
    /// Padding, all zeros (RFC 9113, section 6.1).
    Padding,
    /// An outdated wish for an order (RFC 9113, section 5.3.2).
    Priority,
    /// Which setting it is (RFC 9113, section 6.5.1).
    SettingId,
    /// What a setting is set to (RFC 9113, section 6.5.1).
    SettingValue,
    /// Why a stream or a connection ends (RFC 9113, section 7).
    ErrorCode,
    /// The last stream that was or may yet be worked on (RFC 9113, section 6.8).
    LastStream,
    /// Words for people beside an error (RFC 9113, section 6.8).
    DebugData,
    /// How much more may be sent (RFC 9113, section 6.9).
    WindowIncrement,
    /// Eight bytes that the answer repeats (RFC 9113, section 6.7).
    PingData,
    /// The stream on which a push will come (RFC 9113, section 6.6).
    PromisedStream,
    /// The payload of a frame that is not looked into (RFC 9113, section 4.1).
    FramePayload,
    /// A whole header field, by its number in the tables (RFC 7541, section 6.1).
    HpackIndexed,
    /// How a header field is told, with the number of its name or 0 (RFC 7541, section 6.2).
    HpackLiteral,
    /// A new limit for the dynamic table (RFC 7541, section 6.3).
    HpackSizeUpdate,
    /// The Huffman bit and the length of a string (RFC 7541, section 5.2).
    HpackLength,
    /// A header field's name (RFC 7541, section 5.2).
    HpackName,
    /// A header field's value (RFC 7541, section 5.2).
    HpackValue,
    /// Whether a gRPC message is compressed, or is gRPC-web's trailers (gRPC over HTTP2).
    GrpcFlag,
    /// The length of a gRPC message, in four bytes (gRPC over HTTP2).
    GrpcLength,
    /// A gRPC message, or a piece of one, that is not looked into (gRPC over HTTP2).
    GrpcPayload,
    /// A gRPC-web message in base64 (gRPC Web).
    GrpcBase64,
    /// A field's number and wire type (Protocol Buffers encoding).
    ProtoTag,
    /// The length of a field's value (Protocol Buffers encoding).
    ProtoLength,
    /// A number in pieces of seven bits (Protocol Buffers encoding).
    ProtoVarint,
    /// A number of four or eight bytes (Protocol Buffers encoding).
    ProtoFixed,
    /// A text (Protocol Buffers encoding).
    ProtoText,
    /// Bytes of which the contract says nothing more (Protocol Buffers encoding).
    ProtoBytes,
    /// What a record carries (RFC 8446, section 5.1).
    TlsContentType,
    /// The version in a record's head (RFC 8446, section 5.1).
    TlsRecordVersion,
    /// The length of a record's fragment (RFC 8446, section 5.1).
    TlsRecordLength,
    /// A record's content that is not looked into, mostly because it is protected (RFC 8446, section 5.2).
    TlsFragment,
    /// The one byte of a `ChangeCipherSpec` (RFC 8446, section 5).
    TlsChangeCipherSpec,
    /// Whether an alert is a warning or fatal (RFC 8446, section 6).
    TlsAlertLevel,
    /// What an alert is about (RFC 8446, section 6).
    TlsAlertDescription,
    /// Which handshake message it is (RFC 8446, section 4).
    TlsMessageType,
    /// The length of a handshake message, in three bytes (RFC 8446, section 4).
    TlsMessageLength,
    /// A handshake message that is not looked into (RFC 8446, section 4).
    TlsMessageBody,
    /// A piece of a handshake message that goes over several records (RFC 8446, section 5.1).
    TlsMessagePiece,
    /// The version of a hello, which newer ones leave at TLS 1.2 (RFC 8446, section 4.1.2).
    TlsLegacyVersion,
    /// The 32 random bytes of a hello (RFC 8446, section 4.1.2).
    TlsRandom,
    /// The session id of a hello (RFC 8446, section 4.1.2).
    TlsSessionId,
    /// A cipher suite that is offered or taken (RFC 8446, appendix B.4).
    TlsCipherSuite,
    /// Compression methods, which TLS 1.3 has none of (RFC 8446, section 4.1.2).
    TlsCompression,
    /// The length of what follows it (RFC 8446, section 3.4).
    TlsLength,
    /// Which extension it is (RFC 8446, section 4.2).
    TlsExtensionType,
    /// What an extension says that is not looked into (RFC 8446, section 4.2).
    TlsExtensionData,
    /// What kind of name follows (RFC 6066, section 3).
    TlsNameType,
    /// The name of the server that is asked for (RFC 6066, section 3).
    TlsServerName,
    /// A protocol that may be spoken inside (RFC 7301, section 3.1).
    TlsProtocolName,
    /// A version that is offered or taken (RFC 8446, section 4.2.1).
    TlsVersion,
    /// A group in which keys are agreed on (RFC 8446, section 4.2.7).
    TlsGroup,
    /// A public key in a group (RFC 8446, section 4.2.8).
    TlsKeyShare,
}

impl Name {
    /// Every name, for tests that ask whether each has its explanation.
    pub const ALL: [Self; 99] = [
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
        Self::Preface,
        Self::FrameLength,
        Self::FrameType,
        Self::FrameFlags,
        Self::FrameStream,
        Self::FrameData,
        Self::HeaderFragment,
        Self::PadLength,
        Self::Padding,
        Self::Priority,
        Self::SettingId,
        Self::SettingValue,
        Self::ErrorCode,
        Self::LastStream,
        Self::DebugData,
        Self::WindowIncrement,
        Self::PingData,
        Self::PromisedStream,
        Self::FramePayload,
        Self::HpackIndexed,
        Self::HpackLiteral,
        Self::HpackSizeUpdate,
        Self::HpackLength,
        Self::HpackName,
        Self::HpackValue,
        Self::GrpcFlag,
        Self::GrpcLength,
        Self::GrpcPayload,
        Self::GrpcBase64,
        Self::ProtoTag,
        Self::ProtoLength,
        Self::ProtoVarint,
        Self::ProtoFixed,
        Self::ProtoText,
        Self::ProtoBytes,
        Self::TlsContentType,
        Self::TlsRecordVersion,
        Self::TlsRecordLength,
        Self::TlsFragment,
        Self::TlsChangeCipherSpec,
        Self::TlsAlertLevel,
        Self::TlsAlertDescription,
        Self::TlsMessageType,
        Self::TlsMessageLength,
        Self::TlsMessageBody,
        Self::TlsMessagePiece,
        Self::TlsLegacyVersion,
        Self::TlsRandom,
        Self::TlsSessionId,
        Self::TlsCipherSuite,
        Self::TlsCompression,
        Self::TlsLength,
        Self::TlsExtensionType,
        Self::TlsExtensionData,
        Self::TlsNameType,
        Self::TlsServerName,
        Self::TlsProtocolName,
        Self::TlsVersion,
        Self::TlsGroup,
        Self::TlsKeyShare,
    ];
}

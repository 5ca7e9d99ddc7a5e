//! What is wrong with bytes that were heard. A fault is data: decoding goes on or stops, it never
//! fails (law 2).

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// Something wrong in an event's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is wrong.
    pub code: Code,
    /// Where, if a place can be named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span: Option<Span>,
}

/// What is wrong, each with the rule that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The start line is not one (RFC 9112, sections 3 and 4).
    BadStartLine,
    /// A header's name holds a byte that is no token (RFC 9112, section 5.1).
    BadFieldName,
    /// A header's value holds a control byte (RFC 9110, section 5.5).
    BadFieldValue,
    /// A line ends in LF alone (RFC 9112, section 2.2).
    BareLf,
    /// The version is not 1.0 or 1.1 (RFC 9112, section 2.3).
    BadVersion,
    /// More headers than are kept (RFC 9110, section 5.4).
    TooManyFields,
    /// A head longer than is read (RFC 9110, section 5.4).
    HeadTooLarge,
    /// `Content-Length` is not a number (RFC 9112, section 6.3, rule 5).
    BadLength,
    /// Two `Content-Length` that differ: request smuggling (RFC 9112, section 11.2).
    ConflictingLengths,
    /// The same `Content-Length` twice (RFC 9110, section 8.6).
    RepeatedLength,
    /// `Content-Length` beside `Transfer-Encoding`: request smuggling (RFC 9112, section 6.1).
    LengthAndCoding,
    /// A transfer coding that is not understood, or chunked not last (RFC 9112, section 6.1).
    BadCoding,
    /// `Transfer-Encoding` in HTTP/1.0 (RFC 9112, section 6.1).
    CodingInHttp10,
    /// A chunk's length is not hexadecimal (RFC 9112, section 7.1).
    BadChunkSize,
    /// A chunk does not end where its length says (RFC 9112, section 7.1).
    BadChunkEnd,
    /// A trailer section that cannot be read (RFC 9112, section 7.1.2).
    BadTrailer,
    /// No `Host`, or more than one, in HTTP/1.1 (RFC 9112, section 3.2).
    BadHost,
    /// An answer without a request that was heard whole (RFC 9112, section 9.2).
    Unsolicited,
    /// The stream ended in the middle (RFC 9112, section 8).
    Incomplete,
    /// Bytes before were not recorded, so these are not decoded.
    AfterLoss,
    /// The accept key is not the one that the request's key asks for (RFC 6455, section 4.2.2).
    BadAccept,
    /// A reserved bit is set that no extension gave a meaning (RFC 6455, section 5.2).
    ReservedBits,
    /// An opcode that is kept for later use (RFC 6455, section 5.2).
    UnknownOpcode,
    /// A client's frame is not masked (RFC 6455, section 5.1).
    NotMasked,
    /// A server's frame is masked (RFC 6455, section 5.1).
    Masked,
    /// A control frame with more than 125 bytes (RFC 6455, section 5.5).
    ControlTooLong,
    /// A control frame in pieces (RFC 6455, section 5.5).
    ControlFragmented,
    /// A continuation of nothing (RFC 6455, section 5.4).
    UnexpectedContinuation,
    /// A new message within another (RFC 6455, section 5.4).
    ExpectedContinuation,
    /// A length in more bytes than it needs (RFC 6455, section 5.2).
    LengthNotMinimal,
    /// A length with the highest bit set (RFC 6455, section 5.2).
    LengthTooLarge,
    /// A text that is not UTF-8 (RFC 6455, section 8.1).
    BadUtf8,
    /// A close code that may not be sent (RFC 6455, section 7.4).
    BadCloseCode,
    /// A close of a single byte (RFC 6455, section 5.5.1).
    CloseTooShort,
    /// A frame after the close (RFC 6455, section 5.5.1).
    AfterClose,
    /// A line whose field name is none of the four (WHATWG HTML, section 9.2.6).
    UnknownEventField,
    /// An event id with a NUL, which is ignored (WHATWG HTML, section 9.2.6).
    EventIdNul,
    /// A retry time that is not all digits, which is ignored (WHATWG HTML, section 9.2.6).
    BadRetry,
    /// An event stream that is not UTF-8: the bytes are read as U+FFFD (WHATWG HTML, section 9.2.6).
    EventNotUtf8,
    /// A value's first byte is no type of RESP.
    BadRespType,
    /// A length or number of RESP that is none.
    BadRespLength,
    /// A value of RESP that does not end with CR LF where it must.
    BadRespEnd,
    /// A value of RESP that is nested or as long as no value may be.
    RespTooLarge,
    /// A client of HTTP/2 does not begin as one must (RFC 9113, section 3.4).
    BadPreface,
    /// A frame longer than the other side allows (RFC 9113, section 4.2).
    FrameTooLarge,
    /// A frame whose length its kind cannot have (RFC 9113, section 4.2).
    BadFrameSize,
    /// A frame on a stream on which its kind cannot be (RFC 9113, section 5.1.1).
    BadStreamId,
    /// Padding longer than its frame (RFC 9113, section 6.1).
    BadPadding,
    /// Another frame within a header block (RFC 9113, section 4.3).
    HeadInterrupted,
    /// A CONTINUATION without a header block before it (RFC 9113, section 6.10).
    LoneContinuation,
    /// A WINDOW_UPDATE of nothing (RFC 9113, section 6.9).
    ZeroIncrement,
    /// A window above 2^31-1 (RFC 9113, section 6.9.1).
    WindowOverflow,
    /// More data than the window allows (RFC 9113, section 6.9.1).
    WindowExceeded,
    /// A setting with a value that it cannot have (RFC 9113, section 6.5.2).
    BadSetting,
    /// A first frame that is no SETTINGS (RFC 9113, section 3.4).
    NoSettings,
    /// A frame on a stream that nobody has opened (RFC 9113, section 5.1).
    IdleStream,
    /// A frame on a stream whose direction has ended (RFC 9113, section 5.1).
    StreamClosed,
    /// A number that is in neither table (RFC 7541, section 2.3.3).
    HpackBadIndex,
    /// A number too large to be read (RFC 7541, section 5.1).
    HpackBadInteger,
    /// A Huffman string that does not end as one must (RFC 7541, section 5.2).
    HpackBadHuffman,
    /// A new table limit above the one agreed on, or not at the beginning (RFC 7541, section 4.2).
    HpackBadSizeUpdate,
    /// A header block that ends within a header field (RFC 7541, section 3.1).
    HpackTruncated,
    /// More header fields, or longer ones, than are read (RFC 9113, section 10.5.1).
    HeaderListTooLarge,
    /// A pseudo-header field that is unknown, repeated, missing or out of place (RFC 9113, section 8.3).
    BadPseudoHeader,
    /// A header field's name that is not in small letters (RFC 9113, section 8.2.1).
    UppercaseFieldName,
    /// A header field of HTTP/1's connections (RFC 9113, section 8.2.2).
    ConnectionHeader,
    /// A flag that is no message's (gRPC over HTTP2).
    GrpcBadFlag,
    /// A gRPC message longer than is read.
    GrpcTooLarge,
    /// gRPC-web text that is no base64 (gRPC Web).
    GrpcBadBase64,
    /// A tag that no field has (Protocol Buffers encoding).
    ProtoBadTag,
    /// A field that its message has no room for (Protocol Buffers encoding).
    ProtoTruncated,
    /// A number of more than ten bytes (Protocol Buffers encoding).
    ProtoBadVarint,
    /// A text that is not UTF-8 (Protocol Buffers, proto3).
    ProtoBadUtf8,
    /// A field that does not stand on the wire as the contract says (Protocol Buffers encoding).
    ProtoWrongWire,
    /// A record of a type that is none (RFC 8446, section 5.1).
    TlsBadContentType,
    /// A record longer than 2^14 + 256 bytes (RFC 8446, section 5.2).
    TlsRecordTooLong,
    /// A record's version that no version of TLS writes (RFC 8446, section 5.1).
    TlsBadVersion,
    /// A message that does not fit where it stands, or whose parts do not fit it (RFC 8446, section 4).
    TlsBadMessage,
    /// A handshake message longer than is read.
    TlsHandshakeTooLong,
}

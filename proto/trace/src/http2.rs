//! What the HTTP/2 decoder says (RFC 9113, RFC 7541). Frames tile the stream of a connection; a
//! head points at the pieces of its header block, a content at the data of its frames.

use serde::{Deserialize, Serialize};

/// A piece of an HTTP/2 connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Http2 {
    /// The 24 bytes with which a client begins (RFC 9113, section 3.4).
    Preface,
    /// A frame, whole.
    Frame(Frame),
    /// A header block, whole: it stands behind its last frame, and its evidence is their fragments.
    Head(Head),
    /// All data of a stream's direction: it stands behind its last frame, or its reset.
    Content(Content),
    /// A frame that never became whole.
    Partial,
    /// Everything after the point where decoding stopped.
    Rest,
}

/// A frame (RFC 9113, section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// What kind of frame it is.
    pub kind: FrameKind,
    /// Its eight flags, as they stand there.
    pub flags: u8,
    /// The stream that it belongs to; 0 for the connection.
    pub stream: u32,
    /// Bytes of its payload.
    pub len: u32,
    /// Bytes of padding at its end, where the flag PADDED is set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub padding: Option<u8>,
    /// What its payload says.
    #[serde(skip_serializing_if = "Says::is_nothing", default)]
    pub says: Says,
    /// What the sender of data may still send after this frame: set on DATA (its own direction) and
    /// on WINDOW_UPDATE and SETTINGS (the other side's).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub windows: Option<Windows>,
}

/// What kind of frame it is (RFC 9113, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// Content.
    Data,
    /// A header block, or its beginning.
    Headers,
    /// An outdated wish for an order.
    Priority,
    /// The end of a stream, at once.
    RstStream,
    /// What a side tells of itself, or that it has taken what the other told.
    Settings,
    /// A request that the server makes in the client's place.
    PushPromise,
    /// A question whether the other side is there, or the answer.
    Ping,
    /// The end of the connection: no new streams.
    Goaway,
    /// Leave to send more.
    WindowUpdate,
    /// More of a header block.
    Continuation,
    /// A kind that this specification does not know: to be ignored.
    Unknown(u8),
}

/// What a frame's payload says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Nothing beside what a head or a content says.
    #[default]
    Nothing,
    /// Numbers and values of settings (RFC 9113, section 6.5.2), at most 64 of them.
    Settings(Vec<(u16, u32)>),
    /// How much more may be sent.
    Increment(u32),
    /// Why a stream is reset (RFC 9113, section 7).
    Reset(u32),
    /// The last stream that was worked on, why, and up to 256 letters of what was said beside.
    Goaway {
        /// The highest stream that was or may yet be worked on.
        last: u32,
        /// Why (RFC 9113, section 7).
        error: u32,
        /// Words for people, where they are UTF-8.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        debug: String,
    },
    /// The stream on which a push will come.
    Promised(u32),
}

/// Flow-control windows after a frame (RFC 9113, section 5.2). They can be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// What may be sent on the connection.
    pub connection: i64,
    /// What may be sent on the frame's stream, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<i64>,
}

/// A header block (RFC 9113, section 4.3; RFC 7541).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its stream.
    pub stream: u32,
    /// What it is the head of.
    pub role: Role,
    /// The header fields in their order, pseudo-header fields included; at most 256.
    pub headers: Vec<Header>,
    /// Whether the stream's direction ends with it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub ends: bool,
    /// How many frames carry it.
    pub frames: u64,
    /// Bytes of the block on the wire.
    pub len: u64,
    /// Bytes that the same header fields would have as lines of HTTP/1.1: name, colon, space, value,
    /// line end.
    pub plain_len: u64,
    /// Bytes of the dynamic table after it, as RFC 7541, section 4.1 counts them.
    pub table_size: u64,
}

/// What a header block is the head of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A request.
    Request,
    /// An answer.
    Response,
    /// An answer before the answer (status 1xx).
    Interim,
    /// What follows the content.
    Trailers,
    /// A request that is promised to be answered unasked.
    Promise,
}

/// A header field and how HPACK told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name, in small letters; `:method` and the like for pseudo-header fields.
    pub name: String,
    /// Its value, up to 1,024 bytes; what is no UTF-8 is replaced by U+FFFD.
    pub value: String,
    /// How it stands on the wire.
    pub how: How,
    /// How many entries left the dynamic table for it.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub evicted: u64,
}

/// How a header field stands on the wire (RFC 7541, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Name and value by a number of the tables.
    Indexed(u64),
    /// Told, and kept in the dynamic table; the name by a number, or 0 for told too.
    Added(u64),
    /// Told and not kept; the name by a number, or 0.
    Plain(u64),
    /// Told, and never to be kept by anybody; the name by a number, or 0.
    Never(u64),
}

/// All data of a stream's direction, without the padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its stream.
    pub stream: u32,
    /// Bytes of it. The evidence lists up to 1,024 pieces.
    pub len: u64,
    /// How many frames carry it.
    pub frames: u64,
    /// Whether it came to its end.
    pub complete: bool,
}

impl Says {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl FrameKind {
    /// The kind of this number.
    #[must_use]
    pub const fn of(number: u8) -> Self {
        match number {
            0x0 => Self::Data,
            0x1 => Self::Headers,
            0x2 => Self::Priority,
            0x3 => Self::RstStream,
            0x4 => Self::Settings,
            0x5 => Self::PushPromise,
            0x6 => Self::Ping,
            0x7 => Self::Goaway,
            0x8 => Self::WindowUpdate,
            0x9 => Self::Continuation,
            other => Self::Unknown(other),
        }
    }

    /// Its name in the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "DATA",
            Self::Headers => "HEADERS",
            Self::Priority => "PRIORITY",
            Self::RstStream => "RST_STREAM",
            Self::Settings => "SETTINGS",
            Self::PushPromise => "PUSH_PROMISE",
            Self::Ping => "PING",
            Self::Goaway => "GOAWAY",
            Self::WindowUpdate => "WINDOW_UPDATE",
            Self::Continuation => "CONTINUATION",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Head {
    /// The value of the first header field of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

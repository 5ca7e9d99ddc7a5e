//! What the WebSocket decoder says (RFC 6455). Frames tile the stream; a message points at the
//! payloads of the frames that carry it.

use serde::{Deserialize, Serialize};

/// A piece of a WebSocket conversation, after the HTTP/1.1 upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Websocket {
    /// A frame, whole.
    Frame(Frame),
    /// A message, whole: it stands behind its last frame, and its evidence is their payloads.
    Message(Message),
    /// A frame that never became whole.
    Partial,
    /// Everything after the point where decoding stopped.
    Rest,
}

/// A frame (RFC 6455, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Whether it is the last of its message.
    pub fin: bool,
    /// The three reserved bits, RSV1 highest.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub rsv: u8,
    /// What kind of frame it is.
    pub opcode: Opcode,
    /// The key with which its payload is masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mask: Option<[u8; 4]>,
    /// Bytes of its payload.
    pub len: u64,
    /// What a close says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub close: Option<Close>,
}

/// What kind of frame it is (RFC 6455, section 11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opcode {
    /// More of a message that has begun.
    Continuation,
    /// A text, or its beginning.
    Text,
    /// Bytes, or their beginning.
    Binary,
    /// The end of the conversation.
    Close,
    /// A question whether the other side is still there.
    Ping,
    /// The answer to a ping.
    Pong,
    /// A number that is kept for later use.
    Reserved(u8),
}

/// What a close frame says (RFC 6455, section 5.5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// Why, as a number (RFC 6455, section 7.4).
    pub code: u16,
    /// Why, in words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
}

/// A message: one frame, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Text or Binary.
    pub opcode: Opcode,
    /// How many frames carry it.
    pub frames: u64,
    /// Bytes of it, without what framing wraps around them.
    pub len: u64,
    /// A text, unmasked, up to [`crate::spoken::TEXT_KEPT`] bytes; none where it is longer or no text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

impl Opcode {
    /// The opcode of this number.
    #[must_use]
    pub const fn of(number: u8) -> Self {
        match number {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            other => Self::Reserved(other),
        }
    }

    /// Whether it is a control frame (RFC 6455, section 5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        match self {
            Self::Close | Self::Ping | Self::Pong => true,
            Self::Reserved(number) => number >= 0x8,
            Self::Continuation | Self::Text | Self::Binary => false,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(bits: &u8) -> bool {
    *bits == 0
}

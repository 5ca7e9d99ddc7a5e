//! TLS as it is heard from outside: records and their sizes, and of the handshake what is in the clear
//! (RFC 8446). What the records carry is heard inside, on a connection of its own.

use serde::{Deserialize, Serialize};

/// A record (RFC 8446, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// What the record says that it carries. Under protection that is always application data.
    pub content: ContentType,
    /// The version in the record's head; for compatibility it is 0x0301 or 0x0303.
    pub version: u16,
    /// Bytes of its fragment, as the head says.
    pub len: u64,
    /// The handshake messages in it, where they are in the clear; one that goes over several records
    /// stands in the last.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub messages: Vec<Message>,
    /// Level and description of an alert, where it is in the clear.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alert: Option<(u8, u8)>,
    /// Whether its content cannot be read from outside.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub protected: bool,
}

/// What a record carries (RFC 8446, section 5.1, appendix B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    /// 20: kept for compatibility, and says nothing in TLS 1.3.
    ChangeCipherSpec,
    /// 21.
    Alert,
    /// 22.
    Handshake,
    /// 23.
    ApplicationData,
    /// Anything else.
    Other(u8),
}

/// A handshake message in the clear (RFC 8446, section 4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its type: 1 ClientHello, 2 ServerHello, and so on.
    pub kind: u8,
    /// Bytes of its body.
    pub len: u64,
    /// The versions that a ClientHello offers, or the one that a ServerHello takes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub versions: Vec<u16>,
    /// The cipher suites that are offered, or the one that is taken.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub suites: Vec<u16>,
    /// The name of the server that a ClientHello asks for (RFC 6066, section 3).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_name: Option<String>,
    /// The protocols that a ClientHello offers (RFC 7301).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub alpn: Vec<String>,
    /// Whether a ServerHello is a HelloRetryRequest (RFC 8446, section 4.1.4).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub retry: bool,
}

//! What a decoder made of the bytes of one connection.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::field::Field;
use crate::grpc::Grpc;
use crate::http1::Http1;
use crate::http2::Http2;
use crate::ids::ConnId;
use crate::resp::Resp;
use crate::span::{Dir, Side, Spans};
use crate::sse::Sse;
use crate::tls::Tls;
use crate::websocket::Websocket;

/// Something that was said on a connection. It has no time of its own: see [`crate::moments`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The connection.
    pub conn: ConnId,
    /// Who said it.
    pub from: Side,
    /// The bytes that say it, pieces of the speaker's direction.
    pub evidence: Spans,
    /// What was said.
    pub kind: Kind,
    /// The parts of the evidence, without gap or overlap; a part over a gap in it is two fields.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<Fault>,
}

/// What was said, by protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// HTTP/1.0 or HTTP/1.1.
    Http1(Http1),
    /// WebSocket.
    Websocket(Websocket),
    /// Server-Sent Events, in the content of an HTTP answer.
    Sse(Sse),
    /// RESP, the protocol of Redis and Valkey.
    Resp(Resp),
    /// HTTP/2.
    Http2(Http2),
    /// gRPC, in the content of HTTP exchanges.
    Grpc(Grpc),
    /// TLS, from outside.
    Tls(Tls),
}

impl Kind {
    /// Whether it points at pieces of a stream that events of a lower layer tile.
    #[must_use]
    pub const fn is_upper(&self) -> bool {
        matches!(
            self,
            Self::Sse(_)
                | Self::Grpc(_)
                | Self::Websocket(Websocket::Message(_))
                | Self::Http2(Http2::Head(_) | Http2::Content(_))
        )
    }
}

impl Event {
    /// The direction of its bytes.
    #[must_use]
    pub const fn dir(&self) -> Dir {
        self.from.speaks()
    }
}

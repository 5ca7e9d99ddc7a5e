//! What the bytes of gRPC say: messages with five bytes before each, gRPC-web's trailers, and what may
//! be wrong with them. The words are in `assets/text/en/explain_grpc.ftl`.

mod proto;

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::grpc::{Grpc, Message};

use super::bits::top;
use super::{Bits, Explained, bytes, explained, sized};
use crate::transcript::unescape;

/// Where the five bytes before a message are specified.
const PREFIX: &str = "gRPC over HTTP2, Length-Prefixed-Message";

/// Explains a field of gRPC or of Protocol Buffers; none for any other. `text` is its own text.
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, text: &str) -> Option<Explained> {
    let is_grpc = matches!(event.kind, Kind::Grpc(_));
    let said = unescape(text).unwrap_or_default();
    let len = field.span.len;
    let (key, sentence, source) = match field.name {
        Name::GrpcFlag => ("explain-grpc-flag", flag(said.first().copied().unwrap_or_default()), PREFIX),
        Name::GrpcLength => ("explain-grpc-length", length(event, &said), PREFIX),
        Name::GrpcPayload => ("explain-grpc-payload", payload(event, len), PREFIX),
        Name::GrpcBase64 => ("explain-grpc-base64", base64(event, len), "gRPC Web, Protocol differences"),
        Name::MoreElements | Name::MoreLines if is_grpc => ("explain-grpc-more", sized("explain-grpc-more", len), PREFIX),
        Name::Undecoded if is_grpc => ("explain-undecoded", sized("explain-undecoded", len), PREFIX),
        _ => return proto::field(event, field, &said),
    };
    Some(explained(key, sentence, source))
}

/// Explains the value of a header `grpc-status`, wherever it stands; none for any other field.
pub fn status_field(field: &Field, text: &str, header: Option<&str>) -> Option<Explained> {
    let is_status = header.is_some_and(|name| name.eq_ignore_ascii_case("grpc-status"));
    if field.name != Name::FieldValue || !is_status {
        return None;
    }
    let told = grpc_code(text.parse().ok()?);
    Some(explained("explain-field-value", told.sentence, told.source))
}

/// The bits of a field of gRPC or of Protocol Buffers; none where single bits mean nothing.
pub fn bits(field: &Field, bytes: &[u8]) -> Vec<Bits> {
    match (field.name, bytes) {
        (Name::GrpcFlag, [byte]) => {
            let say =
                |set: &'static str, not, is_set| text::say(if is_set { set } else { not }, &[]);
            let trailers =
                say("explain-bit-trailers-set", "explain-bit-trailers-not", byte & 0x80 != 0);
            let compressed =
                say("explain-bit-compressed-set", "explain-bit-compressed-not", byte & 1 != 0);
            let spare = text::say("explain-bit-spare", &[]);
            let top = top(bytes, 0);
            vec![
                Bits::of(bytes, top, 1, "explain-bit-trailers", trailers),
                Bits::of(bytes, top - 1, 6, "explain-bit-spare", spare),
                Bits::of(bytes, 0, 1, "explain-bit-compressed", compressed),
            ]
        }
        _ => proto::bits(field, bytes),
    }
}

/// What is wrong: the key of its words, and the rule.
#[rustfmt::skip] // a table is read line by line
pub const fn fault(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::GrpcBadFlag => ("explain-fault-grpc-flag", PREFIX),
        Code::GrpcTooLarge => ("explain-fault-grpc-large", "Lifeline's own caps"),
        Code::GrpcBadBase64 => ("explain-fault-grpc-base64", "gRPC Web, Protocol differences"),
        Code::ProtoBadTag => ("explain-fault-proto-tag", "Protocol Buffers encoding, Message structure"),
        Code::ProtoTruncated => ("explain-fault-proto-cut", "Protocol Buffers encoding, Message structure"),
        Code::ProtoBadVarint => ("explain-fault-proto-varint", "Protocol Buffers encoding, Base 128 varints"),
        Code::ProtoBadUtf8 => ("explain-fault-proto-utf8", "Protocol Buffers, proto3, Scalar value types"),
        Code::ProtoWrongWire => ("explain-fault-proto-wire", "Protocol Buffers encoding, Message structure"),
        _ => return None,
    })
}

/// What a header of a call is for; none for any other. `name` in small letters.
#[rustfmt::skip] // a table is read line by line
pub fn header(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "te" => ("explain-header-te", "RFC 9110, section 10.1.4"),
        "grpc-timeout" => ("explain-header-grpc-timeout", "gRPC over HTTP2, Requests"),
        "grpc-encoding" => ("explain-header-grpc-encoding", "gRPC over HTTP2, Requests"),
        "grpc-accept-encoding" => ("explain-header-grpc-accept", "gRPC over HTTP2, Requests"),
        "grpc-status" => ("explain-header-grpc-status", "gRPC over HTTP2, Responses"),
        "grpc-message" => ("explain-header-grpc-message", "gRPC over HTTP2, Responses"),
        "grpc-status-details-bin" => ("explain-header-grpc-details", "gRPC over HTTP2, Responses"),
        "x-grpc-web" => ("explain-header-grpc-web", "gRPC Web, Protocol differences"),
        "x-user-agent" => ("explain-header-grpc-agent", "gRPC Web, Protocol differences"),
        _ => return None,
    })
}

/// The name of a status of gRPC.
#[must_use]
pub const fn grpc_status(code: u32) -> &'static str {
    match code {
        0 => "OK",
        1 => "CANCELLED",
        2 => "UNKNOWN",
        3 => "INVALID_ARGUMENT",
        4 => "DEADLINE_EXCEEDED",
        5 => "NOT_FOUND",
        6 => "ALREADY_EXISTS",
        7 => "PERMISSION_DENIED",
        8 => "RESOURCE_EXHAUSTED",
        9 => "FAILED_PRECONDITION",
        10 => "ABORTED",
        11 => "OUT_OF_RANGE",
        12 => "UNIMPLEMENTED",
        13 => "INTERNAL",
        14 => "UNAVAILABLE",
        15 => "DATA_LOSS",
        16 => "UNAUTHENTICATED",
        _ => "unassigned",
    }
}

/// Explains a status of gRPC.
#[must_use]
pub fn grpc_code(code: u32) -> Explained {
    let id = match code {
        0 => "explain-grpc-status-ok",
        1 => "explain-grpc-status-cancelled",
        2 => "explain-grpc-status-unknown",
        3 => "explain-grpc-status-argument",
        4 => "explain-grpc-status-deadline",
        5 => "explain-grpc-status-not-found",
        6 => "explain-grpc-status-exists",
        7 => "explain-grpc-status-permission",
        8 => "explain-grpc-status-exhausted",
        9 => "explain-grpc-status-precondition",
        10 => "explain-grpc-status-aborted",
        11 => "explain-grpc-status-range",
        12 => "explain-grpc-status-unimplemented",
        13 => "explain-grpc-status-internal",
        14 => "explain-grpc-status-unavailable",
        15 => "explain-grpc-status-data-loss",
        16 => "explain-grpc-status-unauthenticated",
        _ => "explain-grpc-status-unassigned",
    };
    let digits = code.to_string();
    let sentence = text::say(id, &[("code", (&digits).into()), ("name", grpc_status(code).into())]);
    explained("explain-grpc-status", sentence, "gRPC status codes")
}

const fn message(event: &Event) -> Option<&Message> {
    match &event.kind {
        Kind::Grpc(Grpc::Message(message)) => Some(message),
        _ => None,
    }
}

fn flag(byte: u8) -> String {
    let id = match byte {
        0 => "explain-grpc-flag-plain",
        1 => "explain-grpc-flag-compressed",
        0x80 | 0x81 => "explain-grpc-flag-trailers",
        _ => "explain-grpc-flag-odd",
    };
    let digits = byte.to_string();
    text::say(id, &[("flag", (&digits).into())])
}

fn length(event: &Event, said: &[u8]) -> String {
    // A length that lies in two frames is two fields.
    let Ok(said) = <[u8; 4]>::try_from(said) else { return text::say("explain-grpc-length", &[]) };
    let len = u64::from(u32::from_be_bytes(said));
    match &event.kind {
        Kind::Grpc(Grpc::Trailers(_)) => sized("explain-grpc-length-trailers", len),
        _ => sized("explain-grpc-length-message", len),
    }
}

fn payload(event: &Event, len: u64) -> String {
    let Some(message) = message(event) else { return sized("explain-grpc-payload", len) };
    if message.compressed {
        return sized("explain-grpc-payload-compressed", len);
    }
    if message.len == len {
        return sized("explain-grpc-payload-whole", len);
    }
    let (size, all) = (bytes(len), bytes(message.len));
    text::say("explain-grpc-payload-piece", &[("size", (&size).into()), ("all", (&all).into())])
}

fn base64(event: &Event, len: u64) -> String {
    let said = sized("explain-grpc-base64", len);
    match message(event).filter(|_| event.fields.len() == 1) {
        Some(message) => format!("{said} {}", sized("explain-grpc-base64-holds", message.len)),
        None => said,
    }
}

#[cfg(test)]
mod tests;

//! The words of HTTP/2's frames and heads, and of gRPC's messages.

use text::say;
use trace::grpc::{Call, Grpc, Message, Trailers};
use trace::http2::{Frame, FrameKind, Head, Http2, Role, Says};

use super::{MOST, shorten};
use crate::amount;
use crate::shape::Stroke;

/// What HTTP/2 says.
pub fn http2(said: &Http2, stroke: Stroke, run: &str) -> (Stroke, String) {
    match said {
        Http2::Preface => (Stroke::Control, say("ladder-h2-preface", &[])),
        Http2::Frame(said) if is_carrier(said) => (stroke, frame(said)),
        Http2::Frame(said) => (Stroke::Control, frame(said)),
        Http2::Head(said) => head(said, stroke, run),
        Http2::Content(said) => {
            let words = say("ladder-h2-content", &[("bytes", (&amount::bytes(said.len)).into())]);
            let stroke = if said.complete { stroke } else { Stroke::Failure };
            (stroke, on_stream(&words, said.stream))
        }
        Http2::Partial => (Stroke::Unread, say("ladder-frame-partial", &[])),
        Http2::Rest => (Stroke::Unread, say("ladder-rest", &[])),
    }
}

const fn is_carrier(frame: &Frame) -> bool {
    matches!(frame.kind, FrameKind::Data | FrameKind::Headers | FrameKind::Continuation)
}

/// `…, stream 3`; the connection's own stream 0 needs no word.
fn on_stream(words: &str, stream: u32) -> String {
    if stream == 0 {
        return words.to_owned();
    }
    let number = stream.to_string();
    say("ladder-h2-stream", &[("said", words.into()), ("stream", (&number).into())])
}

fn frame(frame: &Frame) -> String {
    let name = frame.kind.name();
    let words = match &frame.says {
        Says::Increment(by) => format!("{name} +{}", amount::bytes(u64::from(*by))),
        Says::Reset(error) => format!("{name} {}", wire::explain::error_code(*error)),
        Says::Goaway { error, .. } => format!("{name} {}", wire::explain::error_code(*error)),
        Says::Settings(_) | Says::Nothing | Says::Promised(_) => match frame.kind {
            FrameKind::Settings | FrameKind::Ping if frame.flags & 1 == 1 => format!("{name} ACK"),
            FrameKind::Data if frame.len == 0 && frame.flags & 1 == 1 => {
                say("ladder-h2-half-closed", &[])
            }
            FrameKind::Data => format!("{name} {}", amount::bytes(u64::from(frame.len))),
            _ => name.to_owned(),
        },
    };
    on_stream(&words, frame.stream)
}

fn head(head: &Head, stroke: Stroke, run: &str) -> (Stroke, String) {
    let value = |name| head.value(name).unwrap_or_default();
    let (stroke, words) = match head.role {
        Role::Request | Role::Promise => {
            let path = value(":path").replacen(&format!("/r/{run}"), "…", 1);
            (Stroke::Request, shorten(&format!("{} {path}", value(":method")), MOST))
        }
        Role::Response | Role::Interim => {
            let failed = value(":status").parse::<u16>().is_ok_and(|status| status >= 400);
            let stroke = if failed { Stroke::Failure } else { stroke };
            // An answer without content may have gRPC's status in its only head.
            match ending(head.value("grpc-status")) {
                Some((stroke, words)) => (stroke, format!("{} {words}", value(":status"))),
                None => (stroke, value(":status").to_owned()),
            }
        }
        Role::Trailers => ending(head.value("grpc-status"))
            .unwrap_or_else(|| (stroke, say("ladder-h2-trailers", &[]))),
    };
    (stroke, on_stream(&words, head.stream))
}

/// How a call ended, by its status.
fn ending(status: Option<&str>) -> Option<(Stroke, String)> {
    let status: u32 = status?.parse().ok()?;
    let stroke = if status == 0 { Stroke::Success } else { Stroke::Failure };
    let name = wire::explain::grpc_status(status);
    let number = status.to_string();
    let args = [("status", (&number).into()), ("name", name.into())];
    Some((stroke, say("ladder-grpc-status", &args)))
}

/// What gRPC says.
pub fn grpc(said: &Grpc, stroke: Stroke) -> (Stroke, String) {
    match said {
        Grpc::Message(said) => {
            let words = message(said);
            // On a connection of many calls it must be told whose it is.
            let words = match said.call {
                Call::Stream(stream) => on_stream(&words, stream),
                Call::Exchange(_) => words,
            };
            (stroke, words)
        }
        Grpc::Trailers(Trailers { status, .. }) => {
            let status = status.map(|status| status.to_string());
            ending(status.as_deref()).unwrap_or_else(|| (stroke, say("ladder-h2-trailers", &[])))
        }
        Grpc::Partial(_) => (Stroke::Unread, say("ladder-grpc-partial", &[])),
    }
}

/// A message by what it says, where the contract knows that; else by its size.
fn message(message: &Message) -> String {
    let value = |name: &str| {
        let mut values = message.values.iter().filter(|value| value.depth == 0);
        let value = values.find(|value| value.name.as_deref() == Some(name))?;
        Some(shorten(&value.readings.first()?.text, MOST))
    };
    // An empty text is not written: what delivers, or has somebody to go to, has one all the same.
    let delivers = message.delivered().is_some();
    let text = value("text").unwrap_or_else(|| say("ladder-grpc-empty", &[]));
    match (value("id"), value("to")) {
        (Some(id), _) if delivers => {
            say("ladder-delivered", &[("id", (&id).into()), ("text", (&text).into())])
        }
        (None, Some(to)) => say("ladder-sent", &[("to", (&to).into()), ("text", (&text).into())]),
        (Some(id), _) => say("ladder-grpc-id", &[("id", (&id).into())]),
        _ => {
            let (number, bytes) = (message.number.to_string(), amount::bytes(message.len));
            let args = [("number", (&number).into()), ("bytes", (&bytes).into())];
            say("ladder-grpc-message", &args)
        }
    }
}

#[cfg(test)]
mod tests {
    use trace::grpc::{Reading, Value, Wire};

    use super::*;

    fn said(path: &str, values: &[(&str, &str)]) -> String {
        let value = |(name, text): &(&str, &str)| Value {
            number: 1,
            name: Some((*name).to_owned()),
            depth: 0,
            wire: Wire::Len,
            readings: vec![Reading { kind: "string".to_owned(), text: (*text).to_owned() }],
        };
        message(&Message {
            call: Call::Stream(1),
            path: format!("/lifeline.v1.Chat/{path}"),
            number: 2,
            compressed: false,
            len: 9,
            base64: false,
            values: values.iter().map(value).collect(),
        })
    }

    #[test]
    fn an_empty_text_is_a_message_all_the_same() {
        assert_eq!(said("Subscribe", &[("id", "7"), ("text", "hi")]), "#7: hi");
        assert_eq!(said("Subscribe", &[("id", "7"), ("from", "A")]), "#7: (empty)");
        assert_eq!(said("Converse", &[("from", "A"), ("to", "B")]), "to B: (empty)");
        assert_eq!(said("Send", &[("id", "7")]), "id 7");
        assert_eq!(said("Upload", &[("count", "7")]), "message 2, 9 bytes");
    }
}

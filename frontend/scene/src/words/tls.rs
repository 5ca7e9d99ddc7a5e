//! The words of TLS's records: what is in the clear, and their sizes.

use text::say;
use trace::tls::{ContentType, Message, Tls};
use wire::tls::names;

use crate::amount;
use crate::shape::Stroke;

/// An alert of this level ends the connection (RFC 8446, section 6).
const FATAL: u8 = 2;

/// A record. What is protected is not guessed at.
pub fn tls(said: &Tls, len: u64) -> (Stroke, String) {
    let stroke = match (said.alert, said.content) {
        (Some((FATAL, _)), _) => Stroke::Failure,
        (_, ContentType::Other(_)) => Stroke::Unread,
        _ => Stroke::Control,
    };
    let name = match said.content {
        _ if said.protected => say("ladder-tls-protected", &[]),
        ContentType::ChangeCipherSpec => say("ladder-tls-change", &[]),
        ContentType::Alert => match said.alert {
            Some((_, what)) => {
                let what = names::alert(what);
                say("ladder-tls-alert-of", &[("what", (&what).into())])
            }
            None => say("ladder-tls-alert", &[]),
        },
        ContentType::Handshake if said.messages.is_empty() => say("ladder-tls-handshake", &[]),
        ContentType::Handshake => {
            said.messages.iter().map(message).collect::<Vec<String>>().join(", ")
        }
        ContentType::ApplicationData => say("ladder-tls-data", &[]),
        // What is not decoded any more.
        ContentType::Other(0) => say("ladder-rest", &[]),
        ContentType::Other(kind) => {
            let kind = kind.to_string();
            say("ladder-tls-other", &[("kind", (&kind).into())])
        }
    };
    (stroke, sized(&name, len))
}

/// `ClientHello · 517 bytes`: all of the record, its head too.
fn sized(name: &str, len: u64) -> String {
    let bytes = amount::bytes(len);
    say("ladder-tls-record", &[("name", name.into()), ("bytes", (&bytes).into())])
}

/// A handshake message; the other kind of ServerHello has a name of its own (RFC 8446, section 4.1.4).
fn message(message: &Message) -> String {
    if message.retry { "HelloRetryRequest".to_owned() } else { names::message(message.kind) }
}

//! The handshake for WebSocket: RFC 6455, section 4. Who asks shows a key, who answers shows that
//! it was read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use trace::fault::{Code, Fault};
use trace::span::Span;

use super::framing::Headers;

/// What the key is joined with, so that only one who knows WebSocket can answer (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// 20 bytes in base64.
type Accept = [u8; 28];

/// A head's part of the handshake.
#[derive(Debug, Clone, Copy)]
pub struct Handshake {
    /// What `Sec-WebSocket-Accept` must say, in a request; what it says, in an answer.
    accept: Option<Accept>,
    /// Where it says so.
    span: Option<Span>,
    /// Whether an extension is asked for, or taken.
    pub extensions: bool,
}

/// A request's part, if it asks for WebSocket.
pub fn asked(headers: &Headers<'_>) -> Option<Handshake> {
    let key = headers.all("sec-websocket-key").next();
    named(headers).then(|| Handshake {
        accept: key.and_then(|key| accept(key.trim_ascii())),
        span: None,
        extensions: extensions(headers),
    })
}

/// An answer's part, if it turns to WebSocket. `span` is where its proof lies.
pub fn answered(headers: &Headers<'_>, span: Option<Span>) -> Option<Handshake> {
    let said = headers.all("sec-websocket-accept").next();
    named(headers).then(|| Handshake {
        accept: said.and_then(|said| said.trim_ascii().try_into().ok()),
        span,
        extensions: extensions(headers),
    })
}

/// What is wrong with the answer's proof. Without a key nothing is one.
pub fn judge(asked: &Handshake, answered: &Handshake) -> Option<Fault> {
    let is_proof = asked.accept.is_some() && asked.accept == answered.accept;
    (!is_proof).then_some(Fault { code: Code::BadAccept, span: answered.span })
}

fn named(headers: &Headers<'_>) -> bool {
    headers.list("upgrade").any(|member| member.eq_ignore_ascii_case(b"websocket"))
}

fn extensions(headers: &Headers<'_>) -> bool {
    headers.list("sec-websocket-extensions").next().is_some()
}

/// What proves that the key was read (section 4.2.2, point 5.4).
fn accept(key: &[u8]) -> Option<Accept> {
    let hash: [u8; 20] = Sha1::new().chain_update(key).chain_update(GUID).finalize().into();
    let mut accept = [0; 28];
    STANDARD.encode_slice(hash, &mut accept).ok()?;
    Some(accept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_the_one_of_the_rfc() {
        let accept = accept(b"dGhlIHNhbXBsZSBub25jZQ==").unwrap();
        assert_eq!(accept, *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}

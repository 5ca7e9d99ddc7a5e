//! What the bytes of WebSocket say: frames, their bits, closes, and what may be wrong with them.

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::span::Side;
use trace::websocket::{Frame, Opcode, Websocket};

use super::{Bits, Explained, bytes, explained, sized};
use crate::transcript::unescape;

/// Opens a field in which single bits matter; none for other fields. `bytes` are the field's own.
#[must_use]
pub fn bits(event: &Event, field: &Field, bytes: &[u8]) -> Vec<Bits> {
    let Some(byte) = bytes.first().copied() else { return Vec::new() };
    let bits = |from: u8, len: u8, key: &str, sentence: String| {
        Bits::of(&[byte], from, len, key, sentence)
    };
    match field.name {
        Name::FinAndOpcode => vec![
            bits(7, 1, "explain-bit-fin", fin(byte)),
            bits(6, 1, "explain-bit-rsv1", reserved(byte & 0x40 != 0)),
            bits(5, 1, "explain-bit-rsv2", reserved(byte & 0x20 != 0)),
            bits(4, 1, "explain-bit-rsv3", reserved(byte & 0x10 != 0)),
            bits(3, 4, "explain-bit-opcode", opcode(byte)),
        ],
        Name::MaskAndLength => vec![
            bits(7, 1, "explain-bit-mask", mask(byte, event.from)),
            bits(6, 7, "explain-bit-length", length(byte)),
        ],
        _ => Vec::new(),
    }
}

/// Explains a field of WebSocket; none for any other.
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, text: &str) -> Option<Explained> {
    let said = unescape(text).unwrap_or_default();
    let first = said.first().copied().unwrap_or_default();
    let len = field.span.len;
    let is_websocket = matches!(event.kind, Kind::Websocket(_));
    let (key, sentence, source) = match field.name {
        Name::FinAndOpcode => ("explain-fin-and-opcode", fin_and_opcode(first), "RFC 6455, section 5.2"),
        Name::MaskAndLength => ("explain-mask-and-length", format!("{} {}", mask(first, event.from), length(first)), "RFC 6455, section 5.2"),
        Name::ExtendedLength => ("explain-extended-length", extended_length(&said), "RFC 6455, section 5.2"),
        Name::MaskingKey => ("explain-masking-key", text::say("explain-masking-key", &[]), "RFC 6455, section 5.3"),
        Name::Payload => ("explain-payload", payload(event, len), "RFC 6455, section 5.2"),
        Name::CloseCode => return Some(said_code(event)),
        Name::CloseReason => ("explain-close-reason", close_reason(event), "RFC 6455, section 5.5.1"),
        Name::MoreElements if is_websocket => ("explain-more-pieces", sized("explain-more-pieces", len), "RFC 6455, section 5.4"),
        Name::Undecoded if is_websocket => ("explain-undecoded", sized("explain-undecoded", len), "RFC 6455, section 5.2"),
        _ => return None,
    };
    Some(explained(key, sentence, source))
}

/// What is wrong: the key of its words, and the rule.
#[rustfmt::skip] // a table is read line by line
pub const fn fault(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::BadAccept => ("explain-fault-accept", "RFC 6455, section 4.2.2"),
        Code::ReservedBits => ("explain-fault-reserved-bits", "RFC 6455, section 5.2"),
        Code::UnknownOpcode => ("explain-fault-opcode", "RFC 6455, section 5.2"),
        Code::NotMasked => ("explain-fault-not-masked", "RFC 6455, section 5.1"),
        Code::Masked => ("explain-fault-masked", "RFC 6455, section 5.1"),
        Code::ControlTooLong => ("explain-fault-control-long", "RFC 6455, section 5.5"),
        Code::ControlFragmented => ("explain-fault-control-pieces", "RFC 6455, section 5.5"),
        Code::UnexpectedContinuation => ("explain-fault-continuation", "RFC 6455, section 5.4"),
        Code::ExpectedContinuation => ("explain-fault-message-within", "RFC 6455, section 5.4"),
        Code::LengthNotMinimal => ("explain-fault-length-not-minimal", "RFC 6455, section 5.2"),
        Code::LengthTooLarge => ("explain-fault-length-too-large", "RFC 6455, section 5.2"),
        Code::BadUtf8 => ("explain-fault-utf8", "RFC 6455, section 8.1"),
        Code::BadCloseCode => ("explain-fault-close-code", "RFC 6455, section 7.4"),
        Code::CloseTooShort => ("explain-fault-close-short", "RFC 6455, section 5.5.1"),
        Code::AfterClose => ("explain-fault-after-close", "RFC 6455, section 5.5.1"),
        _ => return None,
    })
}

/// What a header of the handshake is for; none for any other. `name` in small letters.
#[rustfmt::skip] // a table is read line by line
pub fn header(name: &str, from: Side) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "upgrade" => ("explain-header-upgrade", "RFC 9110, section 7.8"),
        "sec-websocket-key" => ("explain-header-websocket-key", "RFC 6455, section 11.3.1"),
        "sec-websocket-accept" => ("explain-header-websocket-accept", "RFC 6455, section 11.3.3"),
        "sec-websocket-version" => ("explain-header-websocket-version", "RFC 6455, section 11.3.5"),
        "sec-websocket-protocol" => ("explain-header-websocket-protocol", "RFC 6455, section 11.3.4"),
        "sec-websocket-extensions" if from == Side::Client => ("explain-header-websocket-offer", "RFC 6455, section 9.1"),
        "sec-websocket-extensions" => ("explain-header-websocket-taken", "RFC 6455, section 9.1"),
        _ => return None,
    })
}

/// Explains the code of a close, also one that no frame says: 1005 and 1006 are what a side tells
/// its own program.
#[must_use]
pub fn close_code(code: u16) -> Explained {
    let id = match code {
        1000 => "explain-close-done",
        1001 => "explain-close-away",
        1002 => "explain-close-protocol",
        1003 => "explain-close-kind",
        1005 => "explain-close-none",
        1006 => "explain-close-abnormal",
        1007 => "explain-close-data",
        1008 => "explain-close-policy",
        1009 => "explain-close-big",
        1010 => "explain-close-extension",
        1011 => "explain-close-error",
        1012 => "explain-close-restart",
        1013 => "explain-close-later",
        1014 => "explain-close-gateway",
        1015 => "explain-close-tls",
        3000..=3999 => "explain-close-registered",
        4000..=4999 => "explain-close-private",
        _ => "explain-close-unknown",
    };
    let source = match code {
        1012..=1014 => "IANA, WebSocket close codes",
        3000..=4999 => "RFC 6455, section 7.4.2",
        _ => "RFC 6455, section 7.4.1",
    };
    let digits = code.to_string();
    explained("explain-close-code", text::say(id, &[("code", (&digits).into())]), source)
}

fn said_code(event: &Event) -> Explained {
    match frame(event).and_then(|frame| frame.close.as_ref()) {
        Some(close) => close_code(close.code),
        // The frame was cut off.
        None => {
            let sentence = text::say("explain-close-code", &[]);
            explained("explain-close-code", sentence, "RFC 6455, section 7.4")
        }
    }
}

fn close_reason(event: &Event) -> String {
    let close = frame(event).and_then(|frame| frame.close.as_ref());
    match close.map(|close| &close.reason) {
        Some(reason) => text::say("explain-close-reason-said", &[("reason", reason.into())]),
        None => text::say("explain-close-reason", &[]),
    }
}

const fn frame(event: &Event) -> Option<&Frame> {
    match &event.kind {
        Kind::Websocket(Websocket::Frame(frame)) => Some(frame),
        _ => None,
    }
}

fn fin_and_opcode(byte: u8) -> String {
    let mut sentence = format!("{} {}", fin(byte), opcode(byte));
    if byte & 0x70 != 0 {
        sentence.push(' ');
        sentence.push_str(&text::say("explain-reserved-bits", &[]));
    }
    sentence
}

fn fin(byte: u8) -> String {
    let is_set = byte & 0x80 != 0;
    let id = match Opcode::of(byte & 0x0f) {
        control if control.is_control() && is_set => "explain-fin-control",
        control if control.is_control() => "explain-fin-control-not",
        Opcode::Continuation if is_set => "explain-fin-last",
        _ if is_set => "explain-fin-whole",
        _ => "explain-fin-not",
    };
    text::say(id, &[])
}

fn opcode(byte: u8) -> String {
    let id = match Opcode::of(byte & 0x0f) {
        Opcode::Continuation => "explain-opcode-continuation",
        Opcode::Text => "explain-opcode-text",
        Opcode::Binary => "explain-opcode-binary",
        Opcode::Close => "explain-opcode-close",
        Opcode::Ping => "explain-opcode-ping",
        Opcode::Pong => "explain-opcode-pong",
        Opcode::Reserved(_) => "explain-opcode-reserved",
    };
    let digits = (byte & 0x0f).to_string();
    text::say(id, &[("opcode", (&digits).into())])
}

fn reserved(is_set: bool) -> String {
    text::say(if is_set { "explain-bit-reserved-set" } else { "explain-bit-reserved" }, &[])
}

fn mask(byte: u8, from: Side) -> String {
    let id = match (byte & 0x80 != 0, from) {
        (true, Side::Client) => "explain-mask-client",
        (true, Side::Server) => "explain-mask-server",
        (false, Side::Client) => "explain-mask-not-client",
        (false, Side::Server) => "explain-mask-not-server",
    };
    text::say(id, &[])
}

fn length(byte: u8) -> String {
    match byte & 0x7f {
        126 => text::say("explain-length-two", &[]),
        127 => text::say("explain-length-eight", &[]),
        len => sized("explain-length-here", u64::from(len)),
    }
}

fn extended_length(said: &[u8]) -> String {
    let len = said.iter().fold(0_u64, |len, byte| (len << 8) | u64::from(*byte));
    if len > u64::MAX / 2 {
        return text::say("explain-extended-length-odd", &[]);
    }
    sized("explain-extended-length", len)
}

fn payload(event: &Event, len: u64) -> String {
    if let Kind::Websocket(Websocket::Message(message)) = &event.kind {
        if message.len == len {
            return sized("explain-payload-message", len);
        }
        let (size, all) = (bytes(len), bytes(message.len));
        return text::say(
            "explain-payload-piece",
            &[("size", (&size).into()), ("all", (&all).into())],
        );
    }
    let frame = frame(event);
    let id = match frame.map(|frame| frame.opcode) {
        Some(Opcode::Ping) => "explain-payload-ping",
        Some(Opcode::Pong) => "explain-payload-pong",
        _ => "explain-payload",
    };
    let mut sentence = sized(id, len);
    if frame.is_some_and(|frame| frame.mask.is_some()) {
        sentence.push(' ');
        sentence.push_str(&text::say("explain-payload-masked", &[]));
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::ids::ConnId;
    use trace::span::{Dir, Span, Spans};

    use crate::both::Decoder as _;
    use crate::transcript::escape;
    use crate::websocket::Websocket as Decoder;

    /// The first event of a side's bytes, and what each of its fields is said to be.
    fn told(dir: Dir, said: &[u8]) -> (Event, Vec<String>) {
        let mut decoder =
            Decoder::new(ConnId(1), [Some(Default::default()), Some(Default::default())], false);
        let mut events = Vec::new();
        decoder.feed(dir, said, &mut events);
        let event = events.swap_remove(0);
        let sentences = event.fields.iter().map(|field| {
            let place = |offset: u64| usize::try_from(offset).unwrap();
            let cut = &said[place(field.span.start)..place(field.span.end())];
            super::super::field(&event, field, &escape(cut), None).sentence
        });
        let sentences = sentences.collect();
        (event, sentences)
    }

    #[test]
    fn sentences_say_what_these_bytes_say() {
        let (_, sentences) = told(Dir::ToServer, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(
            sentences[..2],
            [
                "FIN is set: the whole message is in this frame. Opcode 1: a text.",
                "MASK is set, as in every frame of a client. The payload has 5 bytes.",
            ]
        );
        assert_eq!(sentences[3], "5 bytes of payload. It is masked with the key before it.");
        let (_, sentences) = told(Dir::ToClient, b"\x88\x06\x0f\xa0done");
        let expected = "4000: a code that this application gives its own meaning.";
        assert_eq!(sentences[2], expected);
        assert_eq!(sentences[3], "Why, in words for people: “done”.");
        let long = [&b"\x02\x7e\x01\x00"[..], &[0; 256]].concat();
        let (_, sentences) = told(Dir::ToClient, &long);
        assert_eq!(sentences[2], "The payload has 256 bytes; the highest byte comes first.");
    }

    #[test]
    fn bits_are_opened() {
        let (event, _) = told(Dir::ToClient, b"\x41\x03abc");
        let opened = |index: usize, byte: u8| {
            let bits = bits(&event, &event.fields[index], &[byte]);
            let named = bits.into_iter().map(|bits| (bits.name, bits.from, bits.len, bits.value));
            named.collect::<Vec<(String, u8, u8, u64)>>()
        };
        let named = |name: &str, from: u8, len: u8, value: u64| (name.to_owned(), from, len, value);
        assert_eq!(
            opened(0, 0x41),
            [
                named("FIN", 7, 1, 0),
                named("RSV1", 6, 1, 1),
                named("RSV2", 5, 1, 0),
                named("RSV3", 4, 1, 0),
                named("Opcode", 3, 4, 1),
            ]
        );
        assert_eq!(opened(1, 0x03), [named("MASK", 7, 1, 0), named("Length", 6, 7, 3)]);
        assert!(opened(2, b'a').is_empty());
    }

    #[test]
    fn a_message_and_its_pieces_are_told_apart() {
        let message =
            trace::websocket::Message { opcode: Opcode::Text, frames: 2, len: 5, text: None };
        let event = Event {
            conn: ConnId(1),
            from: Side::Client,
            evidence: Spans::default(),
            kind: Kind::Websocket(Websocket::Message(message)),
            fields: Vec::new(),
            faults: Vec::new(),
        };
        let said = |name, len| {
            field(&event, &Field { name, span: Span { start: 0, len } }, "").unwrap().sentence
        };
        assert_eq!(said(Name::Payload, 5), "The whole message: 5 bytes.");
        assert_eq!(said(Name::Payload, 2), "A piece of the message: 2 bytes of 5 bytes.");
        assert_eq!(close_code(1013).source, "IANA, WebSocket close codes");
    }
}

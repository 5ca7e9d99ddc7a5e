//! What the bytes of HTTP/2 say: frames, their settings, windows and errors, and what may be wrong
//! with them. The words are in `assets/text/en/explain_http2.ftl`.

mod flags;
mod hpack;
mod names;

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::http2::{Content, Frame, FrameKind, Http2, Says};
use trace::span::Side;

use super::{Bits, Explained, bytes, explained, shorten, sized};
use crate::transcript::unescape;

pub use names::{error_code, http2_error, setting};

/// Explains a field of HTTP/2; none for any other. `text` is the field's own text.
pub fn field(event: &Event, field: &Field, text: &str) -> Option<Explained> {
    let said = unescape(text).unwrap_or_default();
    hpack::field(event, field, &said).or_else(|| of_frame(event, field, &said))
}

/// The bits of a field of HTTP/2; none where single bits mean nothing.
pub fn bits(event: &Event, field: &Field, bytes: &[u8]) -> Vec<Bits> {
    match (field.name, bytes) {
        (Name::FrameFlags, [byte]) => flags::bits(frame(event), *byte),
        (Name::FrameStream | Name::LastStream | Name::PromisedStream, [_, _, _, _]) => {
            reserved_and(bytes, "explain-bit-stream", field.name)
        }
        (Name::WindowIncrement, [_, _, _, _]) => {
            reserved_and(bytes, "explain-bit-increment", field.name)
        }
        (Name::Priority, [_, _, _, _, weight]) => {
            let exclusive = text::say("explain-bit-exclusive", &[]);
            let weight = (u16::from(*weight) + 1).to_string();
            let weight = text::say("explain-bit-weight", &[("weight", (&weight).into())]);
            let stream = text::say("explain-bit-depends", &[]);
            vec![
                Bits::of(bytes, 39, 1, "explain-bit-exclusive", exclusive),
                Bits::of(bytes, 38, 31, "explain-bit-depends", stream),
                Bits::of(bytes, 7, 8, "explain-bit-weight", weight),
            ]
        }
        _ => hpack::bits(event, field, bytes),
    }
}

/// A reserved bit, and a number in the 31 bits below it.
fn reserved_and(bytes: &[u8], key: &str, name: Name) -> Vec<Bits> {
    let number = number(bytes, 4).unwrap_or_default() & 0x7fff_ffff;
    let sentence = match name {
        Name::WindowIncrement => sized("explain-bit-increment", number),
        _ => stream(number),
    };
    let reserved = text::say("explain-bit-reserved-one", &[]);
    vec![
        Bits::of(bytes, 31, 1, "explain-bit-reserved-one", reserved),
        Bits::of(bytes, 30, 31, key, sentence),
    ]
}

/// Explains a field of a frame, or of a stream's content.
#[rustfmt::skip] // a table is read line by line
fn of_frame(event: &Event, field: &Field, said: &[u8]) -> Option<Explained> {
    let is_http2 = matches!(event.kind, Kind::Http2(_));
    let len = field.span.len;
    let (key, sentence, source) = match field.name {
        Name::Preface => ("explain-h2-preface", Some(text::say("explain-h2-preface", &[])), "RFC 9113, section 3.4"),
        Name::FrameLength => ("explain-h2-length", number(said, 3).map(|len| sized("explain-h2-length", len)), "RFC 9113, section 4.1"),
        Name::FrameType => ("explain-h2-type", said.first().map(|byte| frame_type(*byte)), section(said.first())),
        Name::FrameFlags => ("explain-h2-flags", said.first().map(|byte| flags::sentence(frame(event), *byte)), "RFC 9113, section 4.1"),
        Name::FrameStream => ("explain-h2-stream", id(said).map(stream), "RFC 9113, section 5.1.1"),
        Name::FrameData => ("explain-h2-data", Some(data(event, len)), "RFC 9113, section 6.1"),
        Name::HeaderFragment => ("explain-h2-fragment", Some(fragment(event, len)), "RFC 9113, section 4.3"),
        Name::PadLength => ("explain-h2-pad-length", number(said, 1).map(|len| sized("explain-h2-pad-length", len)), "RFC 9113, section 6.1"),
        Name::Padding => ("explain-h2-padding", Some(sized("explain-h2-padding", len)), "RFC 9113, section 6.1"),
        Name::Priority => ("explain-h2-priority", priority(said), "RFC 9113, section 5.3.2"),
        Name::SettingId => ("explain-h2-setting", number(said, 2).map(names::setting_id), "RFC 9113, section 6.5.1"),
        Name::SettingValue => return Some(names::setting_value(nth_setting(event, field), number(said, 4))),
        Name::ErrorCode => return Some(number(said, 4).map_or_else(|| odd("explain-h2-error", len, "RFC 9113, section 7"), names::error_of)),
        Name::LastStream => ("explain-h2-last", id(said).map(|last| last_stream(event.from, last)), "RFC 9113, section 6.8"),
        Name::DebugData => ("explain-h2-debug", Some(debug(event, len)), "RFC 9113, section 6.8"),
        Name::WindowIncrement => ("explain-h2-increment", id(said).map(|more| increment(event, more)), "RFC 9113, section 6.9"),
        Name::PingData => ("explain-h2-ping", Some(text::say(ping(event), &[])), "RFC 9113, section 6.7"),
        Name::PromisedStream => ("explain-h2-promised", id(said).map(|id| on_stream("explain-h2-promised", id)), "RFC 9113, section 6.6"),
        Name::FramePayload => ("explain-h2-payload", Some(sized("explain-h2-payload", len)), "RFC 9113, section 4.1"),
        Name::MoreElements | Name::MoreLines if is_http2 => ("explain-h2-more", Some(sized("explain-h2-more", len)), "RFC 9113, section 4.1"),
        Name::Undecoded if is_http2 => ("explain-undecoded", Some(sized("explain-undecoded", len)), "RFC 9113, section 4.1"),
        _ => return None,
    };
    Some(match sentence {
        Some(sentence) => explained(key, sentence, source),
        None => odd(key, len, source),
    })
}

/// A number that has not as many bytes as it must: nothing is read into it.
fn odd(key: &str, len: u64, source: &'static str) -> Explained {
    explained(key, sized("explain-h2-odd", len), source)
}

/// What is wrong: the key of its words, and the rule.
#[rustfmt::skip] // a table is read line by line
pub const fn fault(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::BadPreface => ("explain-fault-h2-preface", "RFC 9113, section 3.4"),
        Code::FrameTooLarge => ("explain-fault-h2-too-large", "RFC 9113, section 4.2"),
        Code::BadFrameSize => ("explain-fault-h2-size", "RFC 9113, section 4.2"),
        Code::BadStreamId => ("explain-fault-h2-stream", "RFC 9113, section 5.1.1"),
        Code::BadPadding => ("explain-fault-h2-padding", "RFC 9113, section 6.1"),
        Code::HeadInterrupted => ("explain-fault-h2-interrupted", "RFC 9113, section 4.3"),
        Code::LoneContinuation => ("explain-fault-h2-continuation", "RFC 9113, section 6.10"),
        Code::ZeroIncrement => ("explain-fault-h2-increment", "RFC 9113, section 6.9"),
        Code::WindowOverflow => ("explain-fault-h2-window", "RFC 9113, section 6.9.1"),
        Code::WindowExceeded => ("explain-fault-h2-exceeded", "RFC 9113, section 6.9.1"),
        Code::BadSetting => ("explain-fault-h2-setting", "RFC 9113, section 6.5.2"),
        Code::NoSettings => ("explain-fault-h2-no-settings", "RFC 9113, section 3.4"),
        Code::IdleStream => ("explain-fault-h2-idle", "RFC 9113, section 5.1"),
        Code::StreamClosed => ("explain-fault-h2-closed", "RFC 9113, section 5.1"),
        Code::HpackBadIndex => ("explain-fault-hpack-index", "RFC 7541, section 2.3.3"),
        Code::HpackBadInteger => ("explain-fault-hpack-integer", "RFC 7541, section 5.1"),
        Code::HpackBadHuffman => ("explain-fault-hpack-huffman", "RFC 7541, section 5.2"),
        Code::HpackBadSizeUpdate => ("explain-fault-hpack-update", "RFC 7541, section 4.2"),
        Code::HpackTruncated => ("explain-fault-hpack-cut", "RFC 7541, section 3.1"),
        Code::HeaderListTooLarge => ("explain-fault-h2-list", "RFC 9113, section 10.5.1"),
        Code::BadPseudoHeader => ("explain-fault-h2-pseudo", "RFC 9113, section 8.3"),
        Code::UppercaseFieldName => ("explain-fault-h2-uppercase", "RFC 9113, section 8.2.1"),
        Code::ConnectionHeader => ("explain-fault-h2-connection", "RFC 9113, section 8.2.2"),
        _ => return None,
    })
}

/// What a pseudo-header field is for; none for any other header. `name` in small letters.
#[rustfmt::skip] // a table is read line by line
pub fn header(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        ":method" => ("explain-header-pseudo-method", "RFC 9113, section 8.3.1"),
        ":scheme" => ("explain-header-pseudo-scheme", "RFC 9113, section 8.3.1"),
        ":authority" => ("explain-header-pseudo-authority", "RFC 9113, section 8.3.1"),
        ":path" => ("explain-header-pseudo-path", "RFC 9113, section 8.3.1"),
        ":status" => ("explain-header-pseudo-status", "RFC 9113, section 8.3.2"),
        ":protocol" => ("explain-header-pseudo-protocol", "RFC 8441, section 4"),
        _ => return None,
    })
}

const fn frame(event: &Event) -> Option<&Frame> {
    match &event.kind {
        Kind::Http2(Http2::Frame(frame)) => Some(frame),
        _ => None,
    }
}

/// The number that so many bytes make, the highest first.
fn number(said: &[u8], len: usize) -> Option<u64> {
    let number = || said.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    (said.len() == len).then(number)
}

/// The 31 bits of a stream's number or of an increment, without the reserved one above them.
fn id(said: &[u8]) -> Option<u64> {
    number(said, 4).map(|number| number & 0x7fff_ffff)
}

/// A sentence that names a stream.
fn on_stream(key: &str, stream: u64) -> String {
    text::say(key, &[("stream", (&stream.to_string()).into())])
}

fn frame_type(byte: u8) -> String {
    let kind = FrameKind::of(byte);
    let id = match kind {
        FrameKind::Data => "explain-h2-type-data",
        FrameKind::Headers => "explain-h2-type-headers",
        FrameKind::Priority => "explain-h2-type-priority",
        FrameKind::RstStream => "explain-h2-type-rst-stream",
        FrameKind::Settings => "explain-h2-type-settings",
        FrameKind::PushPromise => "explain-h2-type-push-promise",
        FrameKind::Ping => "explain-h2-type-ping",
        FrameKind::Goaway => "explain-h2-type-goaway",
        FrameKind::WindowUpdate => "explain-h2-type-window-update",
        FrameKind::Continuation => "explain-h2-type-continuation",
        FrameKind::Unknown(_) => "explain-h2-type-unknown",
    };
    let digits = byte.to_string();
    text::say(id, &[("number", (&digits).into()), ("name", kind.name().into())])
}

/// Where a kind of frame is specified.
fn section(number: Option<&u8>) -> &'static str {
    match number.map(|number| FrameKind::of(*number)) {
        Some(FrameKind::Data) => "RFC 9113, section 6.1",
        Some(FrameKind::Headers) => "RFC 9113, section 6.2",
        Some(FrameKind::Priority) => "RFC 9113, section 6.3",
        Some(FrameKind::RstStream) => "RFC 9113, section 6.4",
        Some(FrameKind::Settings) => "RFC 9113, section 6.5",
        Some(FrameKind::PushPromise) => "RFC 9113, section 6.6",
        Some(FrameKind::Ping) => "RFC 9113, section 6.7",
        Some(FrameKind::Goaway) => "RFC 9113, section 6.8",
        Some(FrameKind::WindowUpdate) => "RFC 9113, section 6.9",
        Some(FrameKind::Continuation) => "RFC 9113, section 6.10",
        Some(FrameKind::Unknown(_)) => "RFC 9113, section 5.5",
        None => "RFC 9113, section 4.1",
    }
}

/// Who opened a stream is in its number.
fn stream(number: u64) -> String {
    match number {
        0 => text::say("explain-h2-stream-zero", &[]),
        client if client % 2 == 1 => on_stream("explain-h2-stream-client", client),
        server => on_stream("explain-h2-stream-server", server),
    }
}

/// It counts the streams that the other side opened; a server opens streams only to push.
fn last_stream(from: Side, number: u64) -> String {
    match (number, from) {
        (0, Side::Server) => text::say("explain-h2-last-none", &[]),
        (0, Side::Client) => text::say("explain-h2-last-none-pushed", &[]),
        (0x7fff_ffff, _) => on_stream("explain-h2-last-all", number),
        (number, Side::Server) => on_stream("explain-h2-last", number),
        (number, Side::Client) => on_stream("explain-h2-last-pushed", number),
    }
}

fn data(event: &Event, len: u64) -> String {
    if let Kind::Http2(Http2::Content(Content { stream, len: all, .. })) = &event.kind {
        let id = if *all == len { "explain-h2-data-whole" } else { "explain-h2-data-piece" };
        let (size, all, stream) = (bytes(len), bytes(*all), stream.to_string());
        let args: [(&str, text::Arg<'_>); 3] =
            [("size", (&size).into()), ("all", (&all).into()), ("stream", (&stream).into())];
        return text::say(id, &args);
    }
    let mut sentence = sized("explain-h2-data", len);
    windows(event, &mut sentence);
    sentence
}

/// What may be sent after this frame, where that is known.
fn windows(event: &Event, sentence: &mut String) {
    let Some(windows) = frame(event).and_then(|frame| frame.windows) else { return };
    let connection = windows.connection.to_string();
    let said = match windows.stream.map(|stream| stream.to_string()) {
        Some(stream) => {
            let args: [(&str, text::Arg<'_>); 2] =
                [("connection", (&connection).into()), ("stream", (&stream).into())];
            text::say("explain-h2-windows-both", &args)
        }
        None => text::say("explain-h2-windows", &[("connection", (&connection).into())]),
    };
    sentence.push(' ');
    sentence.push_str(&said);
}

fn fragment(event: &Event, len: u64) -> String {
    const END_HEADERS: u8 = 0x4;
    let id = match frame(event).map(|frame| (frame.kind, frame.flags & END_HEADERS != 0)) {
        Some((FrameKind::Continuation, true)) => "explain-h2-fragment-last",
        Some((FrameKind::Continuation, false)) => "explain-h2-fragment-more",
        Some((_, true)) => "explain-h2-fragment-whole",
        Some((_, false)) => "explain-h2-fragment-first",
        None => "explain-h2-fragment",
    };
    sized(id, len)
}

fn priority(said: &[u8]) -> Option<String> {
    let (stream, weight) = said.split_at_checked(4)?;
    let (stream, weight) = (id(stream)?.to_string(), (number(weight, 1)? + 1).to_string());
    let args: [(&str, text::Arg<'_>); 2] =
        [("stream", (&stream).into()), ("weight", (&weight).into())];
    Some(text::say("explain-h2-priority", &args))
}

/// The number of the setting that this value is for.
fn nth_setting(event: &Event, field: &Field) -> Option<u16> {
    let Says::Settings(settings) = &frame(event)?.says else { return None };
    let values = event.fields.iter().filter(|other| other.name == Name::SettingValue);
    let before = values.take_while(|other| other.span.start < field.span.start);
    settings.get(before.take(settings.len()).count()).map(|(number, _)| *number)
}

fn debug(event: &Event, len: u64) -> String {
    match frame(event).map(|frame| &frame.says) {
        Some(Says::Goaway { debug, .. }) if !debug.is_empty() => {
            let shown = shorten(debug);
            text::say("explain-h2-debug-said", &[("said", (&shown).into())])
        }
        _ => sized("explain-h2-debug", len),
    }
}

fn increment(event: &Event, more: u64) -> String {
    let (size, stream) = (bytes(more), frame(event).map(|frame| frame.stream));
    let number = stream.unwrap_or_default().to_string();
    let id = match stream {
        _ if more == 0 => "explain-h2-increment-zero",
        Some(0) => "explain-h2-increment-connection",
        Some(_) => "explain-h2-increment-stream",
        None => "explain-h2-increment",
    };
    let mut sentence = text::say(id, &[("size", (&size).into()), ("stream", (&number).into())]);
    windows(event, &mut sentence);
    sentence
}

fn ping(event: &Event) -> &'static str {
    const ACK: u8 = 0x1;
    match frame(event).map(|frame| frame.flags & ACK != 0) {
        Some(true) => "explain-h2-ping-answer",
        _ => "explain-h2-ping",
    }
}

#[cfg(test)]
mod tests;

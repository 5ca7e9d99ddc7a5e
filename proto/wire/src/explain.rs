//! One plain sentence and the source for each field, each fault and each event. The words are in
//! `assets/text`, the sources here.

mod bits;
mod grpc;
mod http2;
mod stream;
mod tls;
mod webhook;
mod websocket;

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::http1::{Framing, Http1};
use trace::span::Side;

pub use bits::{Bits, bits};
pub use grpc::{grpc_code, grpc_status};
pub use http2::{error_code, http2_error, setting};
pub use websocket::close_code;

/// A text longer than this is not repeated in a sentence.
const LETTERS: usize = 64;

/// A sentence and where it is specified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The name of the thing, in the words of the specification.
    pub title: String,
    /// One plain sentence.
    pub sentence: String,
    /// The RFC and its section.
    pub source: &'static str,
}

/// `key` is the title's, without `-title`.
fn explained(key: &str, sentence: String, source: &'static str) -> Explained {
    Explained { title: title(key), sentence, source }
}

fn title(key: &str) -> String {
    text::say(&format!("{key}-title"), &[])
}

/// Explains a field of an event. `text` is the field's own text; `header` the name of the header
/// to which it belongs, where it belongs to one.
#[must_use]
pub fn field(event: &Event, field: &Field, text: &str, header: Option<&str>) -> Explained {
    // A name may stand in several protocols: the event's own says what it is there.
    let own = match event.kind {
        Kind::Http1(_) => {
            grpc::status_field(field, text, header).or_else(|| webhook::field(field, text, header))
        }
        Kind::Websocket(_) => websocket::field(event, field, text),
        Kind::Sse(_) | Kind::Resp(_) => stream::field(event, field, text),
        Kind::Http2(_) => http2::field(event, field, text),
        Kind::Grpc(_) => {
            grpc::field(event, field, text).or_else(|| grpc::status_field(field, text, header))
        }
        Kind::Tls(_) => tls::field(event, field, text),
    };
    own.or_else(|| of_http(event, field, text, header))
        .or_else(|| websocket::field(event, field, text))
        .or_else(|| stream::field(event, field, text))
        .or_else(|| http2::field(event, field, text))
        .or_else(|| grpc::field(event, field, text))
        .or_else(|| tls::field(event, field, text))
        .unwrap_or_else(|| {
            let sentence = text::say("explain-bad-line", &[]);
            explained("explain-bad-line", sentence, "RFC 9112, section 2.2")
        })
}

/// Explains a field of HTTP; none for any other.
#[rustfmt::skip] // a table is read line by line
fn of_http(event: &Event, field: &Field, text: &str, header: Option<&str>) -> Option<Explained> {
    let len = field.span.len;
    Some(match field.name {
        Name::Method => explained("explain-method", method(text), "RFC 9110, section 9"),
        Name::HttpVersion => explained("explain-version", version(text), "RFC 9112, section 2.3"),
        Name::StatusCode => explained("explain-status", status(text), "RFC 9110, section 15"),
        Name::FieldName => of_header("explain-field-name", text, event.from),
        Name::FieldValue => of_header("explain-field-value", header.unwrap_or_default(), event.from),
        Name::Content => explained("explain-content", content(event, len), "RFC 9112, section 6.3"),
        Name::ChunkSize => explained("explain-chunk-size", chunk_size(text), "RFC 9112, section 7.1"),
        name => {
            let (key, source) = plain(name, len)?;
            explained(key, sized(key, len), source)
        }
    })
}

/// Fields of which the same is to be said wherever they stand, but for their size.
#[rustfmt::skip] // a table is read line by line
const fn plain(name: Name, len: u64) -> Option<(&'static str, &'static str)> {
    Some(match name {
        Name::EmptyLine => ("explain-empty-line", "RFC 9112, section 2.2"),
        Name::RequestTarget => ("explain-target", "RFC 9112, section 3.2"),
        Name::ReasonPhrase => ("explain-reason", "RFC 9112, section 4"),
        Name::Space => ("explain-space", "RFC 9112, section 3"),
        Name::Colon => ("explain-colon", "RFC 9112, section 5.1"),
        Name::Whitespace => ("explain-white-space", "RFC 9110, section 5.6.3"),
        Name::LineEnd if len == 1 => ("explain-line-end-bare", "RFC 9112, section 2.2"),
        Name::LineEnd => ("explain-line-end", "RFC 9112, section 2.2"),
        Name::HeadEnd => ("explain-head-end", "RFC 9112, section 2.1"),
        Name::ChunkExtension => ("explain-chunk-extension", "RFC 9112, section 7.1.1"),
        Name::ChunkData => ("explain-chunk-data", "RFC 9112, section 7.1"),
        Name::MoreChunks => ("explain-more-chunks", "RFC 9112, section 7.1"),
        Name::BodyEnd => ("explain-body-end", "RFC 9112, section 7.1"),
        Name::MoreLines => ("explain-more-lines", "RFC 9112, section 2.1"),
        Name::Undecoded => ("explain-undecoded", "RFC 9112, section 2.2"),
        Name::BadLine => ("explain-bad-line", "RFC 9112, section 2.2"),
        _ => return None,
    })
}

fn of_header(key: &str, name: &str, from: Side) -> Explained {
    let (sentence, source) = about_header(name, from);
    explained(key, text::say(sentence, &[]), source)
}

/// A sentence that may name a size.
fn sized(id: &str, len: u64) -> String {
    text::say(id, &[("size", (&bytes(len)).into())])
}

/// The beginning of a long text.
fn shorten(text: &str) -> String {
    if text.chars().nth(LETTERS).is_none() {
        return text.to_owned();
    }
    text.chars().take(LETTERS).chain(['…']).collect()
}

fn chunk_size(text: &str) -> String {
    match u64::from_str_radix(text, 16) {
        Ok(0) => text::say("explain-chunk-size-last", &[]),
        Ok(size) => sized("explain-chunk-size", size),
        Err(_) => text::say("explain-chunk-size-odd", &[]),
    }
}

/// `1 byte`, `2 bytes`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let digits = count.to_string();
    text::say("explain-bytes", &[("count", count.into()), ("digits", (&digits).into())])
}

fn method(text: &str) -> String {
    let id = match text {
        "GET" => "explain-method-get",
        "HEAD" => "explain-method-head",
        "POST" => "explain-method-post",
        "PUT" => "explain-method-put",
        "DELETE" => "explain-method-delete",
        "OPTIONS" => "explain-method-options",
        "CONNECT" => "explain-method-connect",
        "TRACE" => "explain-method-trace",
        _ => "explain-method-other",
    };
    text::say(id, &[("method", text.into())])
}

fn version(text: &str) -> String {
    let id = match text {
        "HTTP/1.0" => "explain-version-10",
        "HTTP/1.1" => "explain-version-11",
        _ => "explain-version-other",
    };
    text::say(id, &[("version", text.into())])
}

fn status(text: &str) -> String {
    let id = match text.as_bytes().first() {
        Some(b'1') => "explain-status-interim",
        Some(b'2') => "explain-status-success",
        Some(b'3') => "explain-status-elsewhere",
        Some(b'4') => "explain-status-request",
        Some(b'5') => "explain-status-server",
        _ => "explain-status-other",
    };
    text::say(id, &[("status", text.into())])
}

fn content(event: &Event, len: u64) -> String {
    let Kind::Http1(Http1::Body(body)) = &event.kind else {
        return sized("explain-content", len);
    };
    let lost = event.faults.iter().any(|fault| fault.code == Code::AfterLoss);
    let (id, said) = match body.framing {
        Framing::Length(said) if lost => ("explain-content-lost", said),
        Framing::Length(said) if said == len => return sized("explain-content-whole", len),
        Framing::Length(said) => ("explain-content-short", said),
        Framing::UntilClose => return sized("explain-content-until-close", len),
        Framing::Chunked | Framing::None => return sized("explain-content", len),
    };
    let (size, said) = (bytes(len), said.to_string());
    text::say(id, &[("size", (&size).into()), ("said", (&said).into())])
}

/// What a header is for.
#[rustfmt::skip] // a table is read line by line
fn about_header(name: &str, from: Side) -> (&'static str, &'static str) {
    let name = name.to_ascii_lowercase();
    let told = websocket::header(&name, from).or_else(|| http2::header(&name));
    if let Some(told) = told.or_else(|| grpc::header(&name)).or_else(|| webhook::header(&name)) {
        return told;
    }
    match name.as_str() {
        "host" => ("explain-header-host", "RFC 9110, section 7.2"),
        "connection" => ("explain-header-connection", "RFC 9110, section 7.6.1"),
        "keep-alive" => ("explain-header-keep-alive", "RFC 2068, section 19.7.1"),
        "content-length" => ("explain-header-content-length", "RFC 9110, section 8.6"),
        "content-type" => ("explain-header-content-type", "RFC 9110, section 8.3"),
        "transfer-encoding" => ("explain-header-transfer-encoding", "RFC 9112, section 6.1"),
        "user-agent" => ("explain-header-user-agent", "RFC 9110, section 10.1.5"),
        "date" => ("explain-header-date", "RFC 9110, section 6.6.1"),
        "accept" | "accept-language" | "accept-encoding" => ("explain-header-accept", "RFC 9110, section 12.5"),
        "origin" => ("explain-header-origin", "RFC 6454, section 7"),
        "referer" => ("explain-header-referer", "RFC 9110, section 10.1.3"),
        "pragma" => ("explain-header-pragma", "RFC 9111, section 5.4"),
        "cache-control" => ("explain-header-cache-control", "RFC 9111, section 5.2"),
        "access-control-allow-origin" => ("explain-header-allow-origin", "Fetch standard, section 3.3.3"),
        "timing-allow-origin" => ("explain-header-timing-allow-origin", "Resource Timing, section 4.5"),
        "last-event-id" => ("explain-header-last-event-id", "WHATWG HTML, section 9.2.4"),
        "vary" => ("explain-header-vary", "RFC 9110, section 12.5.5"),
        other if other.starts_with("sec-fetch-") => ("explain-header-fetch", "Fetch Metadata, section 2"),
        other if other.starts_with("sec-ch-") => ("explain-header-hint", "User-Agent Client Hints, section 3"),
        other if other.starts_with("access-control-request-") => ("explain-header-preflight", "Fetch standard, section 3.3"),
        other if other.starts_with("access-control-") => ("explain-header-access", "Fetch standard, section 3.3.3"),
        _ if from == Side::Client => ("explain-header-of-request", "RFC 9110, section 5"),
        _ => ("explain-header-of-answer", "RFC 9110, section 5"),
    }
}

/// Explains a fault: what is wrong, and the rule.
#[must_use]
#[rustfmt::skip] // a table is read line by line
pub fn fault(code: Code) -> Explained {
    let (key, source) = match code {
        Code::BadStartLine => ("explain-fault-start-line", "RFC 9112, section 3"),
        Code::BadFieldName => ("explain-fault-field-name", "RFC 9112, section 5.1"),
        Code::BadFieldValue => ("explain-fault-field-value", "RFC 9110, section 5.5"),
        Code::BareLf => ("explain-fault-bare-lf", "RFC 9112, section 2.2"),
        Code::BadVersion => ("explain-fault-version", "RFC 9112, section 2.3"),
        Code::TooManyFields => ("explain-fault-too-many", "RFC 9110, section 5.4"),
        Code::HeadTooLarge => ("explain-fault-head", "RFC 9110, section 5.4"),
        Code::BadLength => ("explain-fault-length", "RFC 9112, section 6.3"),
        Code::ConflictingLengths => ("explain-fault-conflicting", "RFC 9112, section 11.2"),
        Code::RepeatedLength => ("explain-fault-repeated", "RFC 9110, section 8.6"),
        Code::LengthAndCoding => ("explain-fault-both", "RFC 9112, section 6.1"),
        Code::BadCoding => ("explain-fault-coding", "RFC 9112, section 6.1"),
        Code::CodingInHttp10 => ("explain-fault-coding-http10", "RFC 9112, section 6.1"),
        Code::BadChunkSize => ("explain-fault-chunk-size", "RFC 9112, section 7.1"),
        Code::BadChunkEnd => ("explain-fault-chunk-end", "RFC 9112, section 7.1"),
        Code::BadTrailer => ("explain-fault-trailer", "RFC 9112, section 7.1.2"),
        Code::BadHost => ("explain-fault-host", "RFC 9112, section 3.2"),
        Code::Unsolicited => ("explain-fault-unsolicited", "RFC 9112, section 9.2"),
        Code::Incomplete => ("explain-fault-incomplete", "RFC 9112, section 8"),
        Code::AfterLoss => ("explain-fault-loss", "Lifeline's own caps"),
        of_others => websocket::fault(of_others)
            .or_else(|| stream::fault(of_others))
            .or_else(|| http2::fault(of_others))
            .or_else(|| grpc::fault(of_others))
            .or_else(|| tls::fault(of_others))
            .unwrap_or(("explain-bad-line", "RFC 9112, section 2.2")),
    };
    explained(key, text::say(key, &[]), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::ids::ConnId;
    use trace::span::{Span, Spans};

    fn told(name: Name, len: u64, text: &str, header: Option<&str>) -> Explained {
        let event = Event {
            conn: ConnId(1),
            from: Side::Client,
            evidence: Spans::default(),
            kind: Kind::Http1(Http1::Malformed),
            fields: Vec::new(),
            faults: Vec::new(),
        };
        field(&event, &Field { name, span: Span { start: 0, len } }, text, header)
    }

    #[test]
    fn every_field_has_a_sentence_and_a_source() {
        for name in Name::ALL {
            let told = told(name, 3, "abc", None);
            // An id that the catalogue does not have would stand for itself.
            assert!(told.sentence.ends_with('.') && !told.sentence.contains('$'), "{name:?}");
            assert!(!told.title.is_empty() && !told.title.contains('-'), "{name:?}");
            assert!(!told.source.is_empty(), "{name:?}");
        }
    }

    #[test]
    fn every_key_of_the_tables_is_in_the_catalogue() {
        let tables = [
            include_str!("explain.rs"),
            include_str!("explain/bits.rs"),
            include_str!("explain/grpc.rs"),
            include_str!("explain/grpc/proto.rs"),
            include_str!("explain/http2.rs"),
            include_str!("explain/http2/flags.rs"),
            include_str!("explain/http2/hpack.rs"),
            include_str!("explain/http2/names.rs"),
            include_str!("explain/stream.rs"),
            include_str!("explain/tls.rs"),
            include_str!("explain/webhook.rs"),
            include_str!("explain/websocket.rs"),
        ];
        let quoted = tables.iter().flat_map(|table| table.split('"'));
        // In two halves, so that it is no key itself.
        let [all, faults] = [concat!("explain", "-"), concat!("explain", "-fault-")];
        let keys = quoted.filter(|key| key.starts_with(all));
        let mut found = 0;
        for key in keys {
            let titled = text::has(&format!("{key}-title"));
            assert!(text::has(key) || titled, "{key}");
            assert!(titled || !key.starts_with(faults), "{key} has no title");
            found += 1;
        }
        assert!(found > 300, "{found}");
    }

    #[test]
    fn sentences_hold_what_the_bytes_say() {
        let sentence = |name, len, text: &str| told(name, len, text, None).sentence;
        assert_eq!(
            sentence(Name::Method, 3, "GET"),
            "GET asks for the resource and changes nothing."
        );
        assert_eq!(sentence(Name::StatusCode, 3, "404"), "404: the request is at fault.");
        assert_eq!(
            sentence(Name::ChunkSize, 3, "4d2"),
            "The length of this chunk in hexadecimal: 1234 bytes follow."
        );
        assert_eq!(sentence(Name::Content, 1, ""), "1 byte of content.");
        assert_eq!(told(Name::LineEnd, 1, "", None).title, "Line end");
        let value = told(Name::FieldValue, 1, "a", Some("Host"));
        assert_eq!((value.title.as_str(), value.source), ("Field value", "RFC 9110, section 7.2"));
        let upgrade = told(Name::FieldValue, 9, "websocket", Some("Upgrade"));
        assert_eq!(upgrade.source, "RFC 9110, section 7.8");
        assert_eq!(fault(Code::NotMasked).title, "Not masked");
    }
}

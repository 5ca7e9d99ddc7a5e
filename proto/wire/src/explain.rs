//! One plain sentence and the source for each field, each fault and each event.

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::http1::{Framing, Http1};
use trace::span::Side;

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

fn explained(title: &str, sentence: impl Into<String>, source: &'static str) -> Explained {
    Explained { title: title.to_owned(), sentence: sentence.into(), source }
}

/// Explains a field of an event. `text` is the field's own text; `header` the name of the header
/// to which it belongs, where it belongs to one.
#[must_use]
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, text: &str, header: Option<&str>) -> Explained {
    let len = field.span.len;
    let (title, sentence, source) = match field.name {
        Name::Method => ("Method", method(text), "RFC 9110, section 9"),
        Name::HttpVersion => ("HTTP version", version(text), "RFC 9112, section 2.3"),
        Name::StatusCode => ("Status code", status(text), "RFC 9110, section 15"),
        Name::FieldName => of_header("Field name", text, event.from),
        Name::FieldValue => of_header("Field value", header.unwrap_or_default(), event.from),
        Name::Content => ("Content", content(event, len), "RFC 9112, section 6.3"),
        Name::ChunkSize => ("Chunk size", chunk_size(text), "RFC 9112, section 7.1"),
        Name::ChunkData => ("Chunk data", format!("{} of content.", bytes(len)), "RFC 9112, section 7.1"),
        Name::MoreChunks => ("More chunks", format!("{} of further chunks, not listed one by one.", bytes(len)), "RFC 9112, section 7.1"),
        Name::MoreLines => ("More of the head", format!("{} of the head, not listed piece by piece.", bytes(len)), "RFC 9112, section 2.1"),
        Name::Undecoded => ("Undecoded", format!("{} that were not decoded.", bytes(len)), "RFC 9112, section 2.2"),
        name => {
            let (title, sentence, source) = plain(name, len);
            (title, sentence.to_owned(), source)
        }
    };
    explained(title, sentence, source)
}

/// Fields of which the same is to be said wherever they stand.
#[rustfmt::skip] // a table is read line by line
const fn plain(name: Name, len: u64) -> (&'static str, &'static str, &'static str) {
    match name {
        Name::EmptyLine => ("Empty line", "An empty line before the start line; a server skips it.", "RFC 9112, section 2.2"),
        Name::RequestTarget => ("Request target", "Which resource the request is about: the path and query of its address.", "RFC 9112, section 3.2"),
        Name::ReasonPhrase => ("Reason phrase", "Words for people beside the status code; a client pays no attention to them.", "RFC 9112, section 4"),
        Name::Space => ("Space", "One space parts the pieces of the start line.", "RFC 9112, section 3"),
        Name::Colon => ("Colon", "Parts a field's name from its value; no space may stand before it.", "RFC 9112, section 5.1"),
        Name::Whitespace => ("White space", "Optional space around a field's value; it does not count.", "RFC 9110, section 5.6.3"),
        Name::LineEnd if len == 1 => ("Line end", "A line feed alone: it should be carriage return and line feed.", "RFC 9112, section 2.2"),
        Name::LineEnd => ("Line end", "Carriage return and line feed end a line.", "RFC 9112, section 2.2"),
        Name::HeadEnd => ("End of the head", "An empty line: the head is over, and what follows, if anything, is the body.", "RFC 9112, section 2.1"),
        Name::ChunkExtension => ("Chunk extension", "Something said of this one chunk; nearly everyone ignores it.", "RFC 9112, section 7.1.1"),
        Name::BodyEnd => ("End of the body", "An empty line after the last chunk and its trailers.", "RFC 9112, section 7.1"),
        _ => ("Unreadable line", "This line breaks the grammar; see the faults.", "RFC 9112, section 2.2"),
    }
}

fn of_header(title: &'static str, name: &str, from: Side) -> (&'static str, String, &'static str) {
    let (sentence, source) = about_header(name, from);
    (title, sentence.to_owned(), source)
}

fn chunk_size(text: &str) -> String {
    match u64::from_str_radix(text, 16) {
        Ok(0) => "A chunk of length 0: the body is over.".to_owned(),
        Ok(size) => format!("The length of this chunk in hexadecimal: {} follow.", bytes(size)),
        Err(_) => "The length of this chunk in hexadecimal.".to_owned(),
    }
}

/// `1 byte`, `2 bytes`.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

fn method(text: &str) -> String {
    let what = match text {
        "GET" => "asks for the resource and changes nothing",
        "HEAD" => "asks for the head of the answer alone, without its body",
        "POST" => "hands the body to the resource, to do something with it",
        "PUT" => "puts the body in the resource's place",
        "DELETE" => "removes the resource",
        "OPTIONS" => "asks what may be asked; a browser's preflight uses it",
        "CONNECT" => "asks for a tunnel",
        "TRACE" => "asks to have the request sent back",
        _ => "says what is to be done with the resource",
    };
    format!("{text} {what}.")
}

fn version(text: &str) -> String {
    match text {
        "HTTP/1.0" => {
            "The sender speaks HTTP/1.0: a connection for each request, unless both agree otherwise."
                .to_owned()
        }
        "HTTP/1.1" => {
            "The sender speaks HTTP/1.1: a connection may serve many requests.".to_owned()
        }
        other => format!("The sender speaks {other}."),
    }
}

fn status(text: &str) -> String {
    let class = match text.as_bytes().first() {
        Some(b'1') => "interim: the real answer is still to come",
        Some(b'2') => "the request succeeded",
        Some(b'3') => "look elsewhere, or use what you have",
        Some(b'4') => "the request is at fault",
        Some(b'5') => "the server is at fault",
        _ => "a class of its own",
    };
    format!("{text}: {class}.")
}

fn content(event: &Event, len: u64) -> String {
    let Kind::Http1(Http1::Body(body)) = &event.kind else {
        return format!("{} of content.", bytes(len));
    };
    let lost = event.faults.iter().any(|fault| fault.code == Code::AfterLoss);
    match body.framing {
        Framing::Length(said) if lost => {
            format!("{} of the {said} that Content-Length said; the rest was not kept.", bytes(len))
        }
        Framing::Length(said) if said == len => {
            format!("{}, as many as Content-Length said.", bytes(len))
        }
        Framing::Length(said) => {
            format!("{}, where Content-Length said {said}: the rest never came.", bytes(len))
        }
        Framing::UntilClose => {
            format!("{}; no length was said, so the close of the connection ends it.", bytes(len))
        }
        Framing::Chunked | Framing::None => format!("{} of content.", bytes(len)),
    }
}

/// What a header is for.
#[rustfmt::skip] // a table is read line by line
fn about_header(name: &str, from: Side) -> (&'static str, &'static str) {
    match name.to_ascii_lowercase().as_str() {
        "host" => ("The server's name as the client knows it; HTTP/1.1 requires it.", "RFC 9110, section 7.2"),
        "connection" => ("What goes for this connection alone: keep-alive leaves it open, close ends it.", "RFC 9110, section 7.6.1"),
        "keep-alive" => ("For how many idle seconds the server leaves the connection open.", "RFC 2068, section 19.7.1"),
        "content-length" => ("How many bytes the body has; without it the end must be told otherwise.", "RFC 9110, section 8.6"),
        "content-type" => ("What kind of data the body holds.", "RFC 9110, section 8.3"),
        "transfer-encoding" => ("How the body is wrapped for this connection; chunked parts it into pieces with lengths.", "RFC 9112, section 6.1"),
        "user-agent" => ("Which program is asking.", "RFC 9110, section 10.1.5"),
        "date" => ("When the server made the answer.", "RFC 9110, section 6.6.1"),
        "accept" | "accept-language" | "accept-encoding" => ("What the client would like to have: kind, language or compression.", "RFC 9110, section 12.5"),
        "origin" => ("Which page asks: the browser adds it when the server is of another origin.", "RFC 6454, section 7"),
        "referer" => ("The page from which the request comes.", "RFC 9110, section 10.1.3"),
        "pragma" => ("Asks caches not to answer from what they keep: how HTTP/1.0 says no-cache.", "RFC 9111, section 5.4"),
        "cache-control" => ("Who may keep the answer, and for how long.", "RFC 9111, section 5.2"),
        "access-control-allow-origin" => ("Pages of which origin may read this answer.", "Fetch standard, section 3.3.3"),
        "timing-allow-origin" => ("Pages of which origin may measure this exchange closely.", "Resource Timing, section 4.5"),
        "vary" => ("Which request headers the answer depends on.", "RFC 9110, section 12.5.5"),
        other if other.starts_with("sec-fetch-") => ("What kind of request the browser says this is.", "Fetch Metadata, section 2"),
        other if other.starts_with("sec-ch-") => ("A hint of which browser is asking.", "User-Agent Client Hints, section 3"),
        other if other.starts_with("access-control-request-") => ("Part of the browser's question whether a page may ask another origin.", "Fetch standard, section 3.3"),
        other if other.starts_with("access-control-") => ("What a page of another origin may ask here, and read of the answer.", "Fetch standard, section 3.3.3"),
        _ if from == Side::Client => ("A header field: something more that the client says of its request.", "RFC 9110, section 5"),
        _ => ("A header field: something more that the server says of its answer.", "RFC 9110, section 5"),
    }
}

/// Explains a fault: what is wrong, and the rule.
#[must_use]
#[rustfmt::skip] // a table is read line by line
pub fn fault(code: Code) -> Explained {
    let (title, sentence, source) = match code {
        Code::BadStartLine => ("Bad start line", "The first line is no request line or status line.", "RFC 9112, section 3"),
        Code::BadFieldName => ("Bad field name", "A header's name may hold no space and no control byte.", "RFC 9112, section 5.1"),
        Code::BadFieldValue => ("Bad field value", "A header's value holds a byte that it may not.", "RFC 9110, section 5.5"),
        Code::BareLf => ("Bare line feed", "The line ends in a line feed alone; two readers may disagree where it ends.", "RFC 9112, section 2.2"),
        Code::BadVersion => ("Unknown version", "The version is neither HTTP/1.0 nor HTTP/1.1.", "RFC 9112, section 2.3"),
        Code::TooManyFields => ("Too many headers", "There are more headers than are read.", "RFC 9110, section 5.4"),
        Code::HeadTooLarge => ("Head too large", "The head is longer than is read of one.", "RFC 9110, section 5.4"),
        Code::BadLength => ("Bad length", "Content-Length is not a number.", "RFC 9112, section 6.3"),
        Code::ConflictingLengths => ("Conflicting lengths", "Two lengths that differ: a way to smuggle a second request past a reader.", "RFC 9112, section 11.2"),
        Code::RepeatedLength => ("Repeated length", "The same length is said more than once.", "RFC 9110, section 8.6"),
        Code::LengthAndCoding => ("Length beside coding", "Both Content-Length and Transfer-Encoding: a way to smuggle a second request.", "RFC 9112, section 6.1"),
        Code::BadCoding => ("Unknown coding", "The last transfer coding is not chunked, so nobody knows where the body ends.", "RFC 9112, section 6.1"),
        Code::CodingInHttp10 => ("Coding in HTTP/1.0", "HTTP/1.0 knows no Transfer-Encoding; what follows may be misread.", "RFC 9112, section 6.1"),
        Code::BadChunkSize => ("Bad chunk size", "A chunk's length must be hexadecimal digits.", "RFC 9112, section 7.1"),
        Code::BadChunkEnd => ("Bad chunk end", "The chunk is longer than its length says.", "RFC 9112, section 7.1"),
        Code::BadTrailer => ("Bad trailer", "A line of the trailer section is no header.", "RFC 9112, section 7.1.2"),
        Code::BadHost => ("Host missing or repeated", "HTTP/1.1 requires exactly one Host.", "RFC 9112, section 3.2"),
        Code::Unsolicited => ("No request for it", "An answer came though no whole request was waiting for one.", "RFC 9112, section 9.2"),
        Code::Incomplete => ("Cut off", "The stream ended in the middle of it.", "RFC 9112, section 8"),
        Code::AfterLoss => ("Not recorded", "What follows was not kept, so it is not decoded.", "Lifeline's own caps"),
    };
    explained(title, sentence, source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::ids::ConnId;
    use trace::span::{Span, Spans};

    #[test]
    fn every_field_has_a_sentence_and_a_source() {
        for name in Name::ALL {
            let event = Event {
                conn: ConnId(1),
                from: Side::Client,
                evidence: Spans::default(),
                kind: Kind::Http1(Http1::Malformed),
                fields: Vec::new(),
                faults: Vec::new(),
            };
            let cut = Field { name, span: Span { start: 0, len: 3 } };
            let told = field(&event, &cut, "abc", None);
            assert!(told.sentence.ends_with('.') && !told.title.is_empty(), "{name:?}");
            assert!(!told.source.is_empty(), "{name:?}");
        }
    }
}

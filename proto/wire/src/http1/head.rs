//! Heads: where one ends, what it says, and its fields. httparse judges whether it keeps the
//! grammar; the walker below says where each piece lies.

use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http1::{Http1 as Said, Request, Response, Version};
use trace::span::Span;

use super::framing::{self, Headers};
use super::upgrade::{self, Handshake};
use super::{FIELDS_MAX, HEAD_MAX};
use crate::grpc::Form;
use crate::reader::{FAULTS, Tiler, split_line_end};

/// Whether the end of a head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Not yet.
    No,
    /// The head has this many bytes.
    Yes(usize),
    /// There is none within what is read of a head.
    TooLong,
}

/// A head as it was understood.
#[derive(Debug)]
pub struct Parsed {
    pub said: Said,
    pub fields: Vec<Field>,
    pub faults: Vec<Fault>,
    /// Whether it is known where the next message begins.
    pub in_sync: bool,
    pub apart: Apart,
}

/// What the decoder acts on beside what the event says.
#[derive(Debug, Default)]
pub struct Apart {
    /// The head's part of a handshake for WebSocket.
    pub websocket: Option<Handshake>,
    /// Whether the content is an event stream that can be read.
    pub event_stream: bool,
    /// How the content holds messages of gRPC, if it does and they can be read.
    pub messages: Option<Form>,
}

/// Looks for the empty line that ends a head. `searched` remembers how far was looked, so that each
/// byte is looked at once however the stream is cut.
pub fn find_end(bytes: &[u8], searched: &mut usize) -> Found {
    // Empty lines before a start line are skipped, not an end (RFC 9112, section 2.2).
    let lead = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let window = bytes.get(..bytes.len().min(HEAD_MAX)).unwrap_or_default();
    for (index, byte) in window.iter().enumerate().skip((*searched).max(lead)) {
        let before = window.get(..index).unwrap_or_default();
        if *byte == b'\n' && (before.ends_with(b"\n") || before.ends_with(b"\n\r")) {
            return Found::Yes(index + 1);
        }
    }
    *searched = window.len();
    if window.len() == HEAD_MAX { Found::TooLong } else { Found::No }
}

/// Understands a request's head that begins at `offset` of its direction.
pub fn request(bytes: &[u8], offset: u64) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    if let Some(code) = judge(request.parse(bytes), bytes.len()) {
        return malformed(bytes, offset, code);
    }
    let headers = Headers::new(request.headers);
    let version = version(request.version);
    let framed = framing::of_request(&headers, version);
    let (fields, mut faults) =
        tile(bytes, offset, [Name::Method, Name::RequestTarget, Name::HttpVersion]);
    faults.extend(framed.faults);
    // Host is required in HTTP/1.1, once (RFC 9112, section 3.2).
    let hosts = headers.all("host").count();
    if hosts > 1 || (hosts == 0 && version == Version::Http11) {
        faults.push(Fault { code: Code::BadHost, span: None });
    }
    let method = request.method.unwrap_or_default();
    let preflight =
        method == "OPTIONS" && headers.all("access-control-request-method").next().is_some();
    let said = Said::Request(Request {
        exchange: 0,
        method: method.to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        version,
        framing: framed.framing,
        persistent: framing::persistent(&headers, version),
        user_agent: headers.all("user-agent").next().map(text),
        upgrade: first(&headers, "upgrade"),
        extensions: first(&headers, "sec-websocket-extensions"),
        last_event_id: first(&headers, "last-event-id"),
        preflight,
    });
    let apart = Apart {
        websocket: upgrade::asked(&headers),
        event_stream: false,
        messages: framing::messages(&headers),
    };
    Parsed { said, fields, faults, in_sync: framed.in_sync, apart }
}

/// Understands an answer's head that begins at `offset` of its direction. Its framing is that of
/// its headers; the request may change it.
pub fn response(bytes: &[u8], offset: u64) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    if let Some(code) = judge(response.parse(bytes), bytes.len()) {
        return malformed(bytes, offset, code);
    }
    let headers = Headers::new(response.headers);
    let version = version(response.version);
    let framed = framing::of_answer_headers(&headers, version);
    let (fields, mut faults) =
        tile(bytes, offset, [Name::HttpVersion, Name::StatusCode, Name::ReasonPhrase]);
    faults.extend(framed.faults);
    let said = Said::Response(Response {
        exchange: None,
        status: response.code.unwrap_or_default(),
        reason: response.reason.unwrap_or_default().to_owned(),
        version,
        framing: framed.framing,
        persistent: framing::persistent(&headers, version),
        content_type: first(&headers, "content-type"),
        upgrade: first(&headers, "upgrade"),
        extensions: first(&headers, "sec-websocket-extensions"),
        keep_alive_s: framing::keep_alive_seconds(&headers),
    });
    let accept = value_at(bytes, offset, &fields, "sec-websocket-accept");
    let apart = Apart {
        websocket: upgrade::answered(&headers, accept),
        event_stream: framing::is_event_stream(&headers),
        messages: framing::messages(&headers),
    };
    Parsed { said, fields, faults, in_sync: framed.in_sync, apart }
}

/// What httparse finds wrong, in our words.
fn judge(verdict: httparse::Result<usize>, len: usize) -> Option<Code> {
    match verdict {
        Ok(httparse::Status::Complete(used)) if used == len => None,
        Ok(_) => Some(Code::BadStartLine),
        Err(httparse::Error::HeaderName) => Some(Code::BadFieldName),
        Err(httparse::Error::HeaderValue) => Some(Code::BadFieldValue),
        Err(httparse::Error::TooManyHeaders) => Some(Code::TooManyFields),
        Err(httparse::Error::Version) => Some(Code::BadVersion),
        Err(_) => Some(Code::BadStartLine),
    }
}

const fn version(minor: Option<u8>) -> Version {
    match minor {
        Some(0) => Version::Http10,
        _ => Version::Http11,
    }
}

/// The first value of a header, up to 128 letters.
fn first(headers: &Headers<'_>, name: &'static str) -> Option<String> {
    headers.all(name).next().map(|value| text(value).chars().take(128).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where the value of the first header of this name lies.
fn value_at(bytes: &[u8], offset: u64, fields: &[Field], name: &str) -> Option<Span> {
    let is_named = |field: &Field| {
        let start = usize::try_from(field.span.start - offset).unwrap_or(usize::MAX);
        let rest = bytes.get(start..).unwrap_or_default();
        field.name == Name::FieldName
            && field.span.len == name.len() as u64
            && rest.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()))
    };
    let line = fields.iter().skip_while(|field| !is_named(field));
    let mut line = line.take_while(|field| field.name != Name::LineEnd);
    line.find(|field| field.name == Name::FieldValue).map(|field| field.span)
}

/// A head that breaks the grammar: its lines, and no trust in anything after it.
fn malformed(bytes: &[u8], offset: u64, code: Code) -> Parsed {
    let mut tiler = Tiler::at(offset);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, end) = split_line_end(line);
        tiler.tile(Name::BadLine, content.len());
        tiler.tile(if content.is_empty() { Name::EmptyLine } else { Name::LineEnd }, end);
    }
    let faults = vec![Fault { code, span: None }];
    let fields = tiler.fields;
    Parsed { said: Said::Malformed, fields, faults, in_sync: false, apart: Apart::default() }
}

/// Cuts a head that keeps the grammar into its fields.
fn tile(bytes: &[u8], offset: u64, start_line: [Name; 3]) -> (Vec<Field>, Vec<Fault>) {
    let mut tiler = Tiler::at(offset);
    let mut faults = Vec::new();
    let mut started = false;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, end) = split_line_end(line);
        let end_name = match (content.is_empty(), started) {
            (true, false) => Name::EmptyLine,
            (true, true) => Name::HeadEnd,
            (false, false) => {
                tile_start_line(&mut tiler, content, start_line);
                started = true;
                Name::LineEnd
            }
            (false, true) => {
                tile_header(&mut tiler, content);
                Name::LineEnd
            }
        };
        let span = tiler.tile(end_name, end);
        if end == 1 && faults.len() < FAULTS {
            faults.push(Fault { code: Code::BareLf, span: Some(span) });
        }
    }
    (tiler.fields, faults)
}

/// Three words with spaces between; the last may hold spaces of its own.
fn tile_start_line(tiler: &mut Tiler, line: &[u8], names: [Name; 3]) {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    for (index, name) in names.into_iter().enumerate() {
        let Some(word) = words.next() else { return };
        if index > 0 {
            tiler.tile(Name::Space, 1);
        }
        tiler.tile(name, word.len());
    }
}

/// `name ":" OWS value OWS` (RFC 9112, section 5). Also for the trailer section of a chunked body.
pub fn tile_header(tiler: &mut Tiler, line: &[u8]) {
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    tiler.tile(Name::FieldName, colon);
    tiler.tile(Name::Colon, usize::from(colon < line.len()));
    let rest = line.get(colon + 1..).unwrap_or_default();
    let value = rest.trim_ascii_start();
    tiler.tile(Name::Whitespace, rest.len() - value.len());
    let kept = value.trim_ascii_end();
    tiler.tile(Name::FieldValue, kept.len());
    tiler.tile(Name::Whitespace, value.len() - kept.len());
}

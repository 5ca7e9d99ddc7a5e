//! How a body's end is told, and whether the connection goes on: RFC 9112, sections 6.3 and 9.3.

use trace::fault::{Code, Fault};
use trace::http1::{Framing, Version};

use super::exchange::AskedBy;
use crate::grpc::Form;

/// The headers of a message.
pub struct Headers<'a>(&'a [httparse::Header<'a>]);

/// How a body's end is told.
#[derive(Debug)]
pub struct Framed {
    pub framing: Framing,
    pub faults: Vec<Fault>,
    /// Whether it is known where the next message begins.
    pub in_sync: bool,
}

impl<'a> Headers<'a> {
    pub const fn new(headers: &'a [httparse::Header<'a>]) -> Self {
        Self(headers)
    }

    /// The values of all headers of this name, in order.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    }

    /// The members of the lists in all headers of this name (RFC 9110, section 5.6.1).
    pub fn list(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|member| !member.is_empty())
    }
}

/// How a request's body ends.
pub fn of_request(headers: &Headers<'_>, version: Version) -> Framed {
    let mut framed = of_answer_headers(headers, version);
    if framed.framing == Framing::UntilClose {
        // A request without either header has no body (rule 7). One whose last coding is not
        // chunked has an end that nobody knows (rule 4.3).
        framed.framing = Framing::None;
        framed.in_sync &= framed.faults.iter().all(|fault| fault.code != Code::BadCoding);
    }
    framed
}

/// How an answer's body ends by its own headers: without either header, with the connection.
pub fn of_answer_headers(headers: &Headers<'_>, version: Version) -> Framed {
    let mut framed = Framed { framing: Framing::UntilClose, faults: Vec::new(), in_sync: true };
    let mut fault = |code| framed.faults.push(Fault { code, span: None });
    let codings: Vec<&[u8]> = headers.list("transfer-encoding").collect();
    let lengths: Vec<&[u8]> = headers.list("content-length").collect();
    if let Some(last) = codings.last() {
        if version == Version::Http10 {
            fault(Code::CodingInHttp10);
        }
        if !lengths.is_empty() {
            fault(Code::LengthAndCoding);
        }
        let chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
        if chunked(last) && codings.iter().filter(|coding| chunked(coding)).count() == 1 {
            framed.framing = Framing::Chunked;
        } else {
            fault(Code::BadCoding);
        }
        return framed;
    }
    let Some(first) = lengths.first() else { return framed };
    match number(first) {
        Some(len) if lengths.iter().all(|other| number(other) == Some(len)) => {
            if lengths.len() > 1 {
                fault(Code::RepeatedLength);
            }
            framed.framing = Framing::Length(len);
        }
        Some(_) => {
            fault(Code::ConflictingLengths);
            framed.in_sync = false;
        }
        None => {
            fault(Code::BadLength);
            framed.in_sync = false;
        }
    }
    framed
}

/// How an answer's body ends, given the request's method (rules 1 and 2).
pub const fn of_response(status: u16, by_headers: Framing, asked_by: AskedBy) -> Framing {
    match (status, asked_by) {
        (100..=199 | 204 | 304, _) | (_, AskedBy::Head) | (200..=299, AskedBy::Connect) => {
            Framing::None
        }
        _ => by_headers,
    }
}

/// Whether an answer's content is an event stream that can be read.
pub fn is_event_stream(headers: &Headers<'_>) -> bool {
    let kind = headers.all("content-type").next().unwrap_or_default();
    let media = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    media.eq_ignore_ascii_case(b"text/event-stream") && is_plain(headers)
}

/// How a content holds messages of gRPC, if it does and they can be read.
pub fn messages(headers: &Headers<'_>) -> Option<Form> {
    let kind = headers.all("content-type").next()?;
    let form = std::str::from_utf8(kind).ok().and_then(Form::of)?;
    is_plain(headers).then_some(form)
}

/// Whether a content lies there as it is: what is coded, by whichever of the two layers, is not
/// undone.
fn is_plain(headers: &Headers<'_>) -> bool {
    headers.list("content-encoding").all(|coding| coding.eq_ignore_ascii_case(b"identity"))
        && headers.list("transfer-encoding").all(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

/// Whether the sender lets the connection carry another message (RFC 9112, section 9.3).
pub fn persistent(headers: &Headers<'_>, version: Version) -> bool {
    let says = |option: &[u8]| {
        headers.list("connection").any(|member| member.eq_ignore_ascii_case(option))
    };
    match version {
        Version::Http11 => !says(b"close"),
        Version::Http10 => says(b"keep-alive") && !says(b"close"),
    }
}

/// The seconds of `Keep-Alive: timeout=` (RFC 2068, section 19.7.1.1; never standardised further).
pub fn keep_alive_seconds(headers: &Headers<'_>) -> Option<u64> {
    headers.list("keep-alive").find_map(|member| member.strip_prefix(b"timeout=").and_then(number))
}

/// A whole number in decimal digits alone, as `Content-Length` must be (RFC 9110, section 8.6).
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

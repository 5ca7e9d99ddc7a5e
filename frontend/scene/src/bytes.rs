//! An event's bytes as rows of hex and text, each byte with the field to which it belongs.

use std::ops::Range;

use trace::event::{Event, Kind};
use trace::field::{Field, Name};
use trace::http2::Http2;
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Span};

use crate::mask::{self, Mask};
use crate::model::Model;

/// A field's own text is shown up to so many bytes.
const TEXT: u64 = 512;

/// The most bytes that are copied at once.
pub const COPIED: u64 = 1 << 20;

/// As what bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coding {
    /// As they were heard.
    #[default]
    Encoded,
    /// The content alone, without what parts or masks it for the way.
    Decoded,
}

/// An event's bytes, of which any rows can be had.
#[derive(Debug, Clone, PartialEq)]
pub struct Bytes {
    /// The fields, in order.
    pub fields: Vec<FieldView>,
    /// How many bytes stand in a row.
    pub per_row: usize,
    /// How many bytes there are to show.
    pub len: u64,
    /// Whether what was sent differs from what it means.
    pub coded: bool,
    coding: Coding,
    conn: ConnId,
    dir: Dir,
    pieces: Vec<Piece>,
}

/// A piece of the stream.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    /// Where it begins in what is shown.
    begin: u64,
    /// Where it lies in the stream.
    span: Span,
    /// Its field's place among the fields.
    field: usize,
    /// The mask that is taken off.
    mask: Option<Mask>,
}

/// A row of bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Offset of the first byte: in its stream, or in the decoded content.
    pub offset: u64,
    /// The bytes, each with its field's place among the fields; none where it was not kept.
    pub cells: Vec<(Option<u8>, usize)>,
}

/// A field with its words.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldView {
    /// Its place among the event's fields.
    pub index: usize,
    /// Its name in the specification's words.
    pub title: String,
    /// Its own text, bytes that do not print as escapes.
    pub text: String,
    /// A plain sentence.
    pub sentence: String,
    /// Where that is specified.
    pub source: &'static str,
    /// Its bytes in the stream.
    pub span: Span,
    /// The colour class: fields of a kind look alike.
    pub tint: Tint,
    /// Whether it is worth a line in the list; line ends and spaces are coloured only.
    pub listed: bool,
}

/// How a field is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// The version.
    Version,
    /// What is asked or answered.
    Verb,
    /// The target or the reason.
    Target,
    /// A header's name.
    Name,
    /// A header's value.
    Value,
    /// Content.
    Content,
    /// Lengths of chunks.
    Length,
    /// What parts the others.
    Glue,
    /// What is wrong.
    Fault,
}

impl Tint {
    /// The name of its colour in the theme.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Verb => "verb",
            Self::Target => "target",
            Self::Name => "name",
            Self::Value => "value",
            Self::Content => "content",
            Self::Length => "length",
            Self::Glue => "glue",
            Self::Fault => "fault",
        }
    }
}

/// The bytes of an event, so many in a row.
#[must_use]
pub fn of(model: &Model, seq: Seq, per_row: usize, coding: Coding) -> Option<Bytes> {
    let event = model.event(seq)?;
    let (conn, dir) = (event.conn, event.dir());
    let is_content =
        |name: Name| matches!(name, Name::Content | Name::ChunkData) || mask::is_payload(name);
    let mut pieces = Vec::with_capacity(event.fields.len());
    let (mut len, mut coded) = (0, false);
    for (index, field) in event.fields.iter().enumerate() {
        let known = mask::of(model, event, field.name, field.span);
        coded |= known.is_some() || field.name == Name::ChunkSize;
        if coding == Coding::Encoded || is_content(field.name) {
            let mask = known.filter(|_| coding == Coding::Decoded);
            pieces.push(Piece { begin: len, span: field.span, field: index, mask });
            len += field.span.len;
        }
    }
    let fields = fields(model, event, coding);
    Some(Bytes { fields, per_row: per_row.max(1), len, coded, coding, conn, dir, pieces })
}

impl Bytes {
    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX).div_ceil(self.per_row)
    }

    /// Some of the rows.
    #[must_use]
    pub fn rows(&self, model: &Model, rows: Range<usize>) -> Vec<Row> {
        let row = |index: usize| {
            let from = (index * self.per_row) as u64;
            let upto = (from + self.per_row as u64).min(self.len);
            Row { offset: self.offset(from), cells: self.cells(model, from, upto) }
        };
        (rows.start..rows.end.min(self.count())).map(row).collect()
    }

    /// The row in which a field begins.
    #[must_use]
    pub fn row_of(&self, field: usize) -> Option<usize> {
        let piece = self.pieces.iter().find(|piece| piece.field == field)?;
        Some(usize::try_from(piece.begin).unwrap_or(usize::MAX) / self.per_row)
    }

    /// What is shown, as far as it was kept, up to a bound.
    #[must_use]
    pub fn all(&self, model: &Model) -> Vec<u8> {
        let cells = self.cells(model, 0, self.len.min(COPIED));
        cells.into_iter().filter_map(|(byte, _)| byte).collect()
    }

    /// Where a byte lies that is shown: in its stream, or in the decoded content.
    fn offset(&self, shown: u64) -> u64 {
        let before = self.pieces.partition_point(|piece| piece.begin <= shown).checked_sub(1);
        let piece = before.and_then(|before| self.pieces.get(before));
        match (self.coding, piece) {
            (Coding::Encoded, Some(piece)) => piece.span.start + (shown - piece.begin),
            _ => shown,
        }
    }

    fn cells(&self, model: &Model, from: u64, upto: u64) -> Vec<(Option<u8>, usize)> {
        let mut cells = Vec::new();
        let over = |piece: &Piece| piece.begin + piece.span.len <= from;
        for piece in self.pieces.iter().skip(self.pieces.partition_point(over)) {
            if piece.begin >= upto {
                break;
            }
            let low = from.max(piece.begin) - piece.begin;
            let high = upto.min(piece.begin + piece.span.len) - piece.begin;
            let wanted = Span::between(piece.span.start + low, piece.span.start + high);
            let kept = model.bytes_at(self.conn, self.dir, wanted).into_iter().zip(wanted.start..);
            let plain = |(byte, offset): (Option<u8>, u64)| match piece.mask {
                Some(mask) => byte.map(|byte| mask.undo(byte, offset)),
                None => byte,
            };
            cells.extend(kept.map(|cell| (plain(cell), piece.field)));
        }
        cells
    }
}

fn fields(model: &Model, event: &Event, coding: Coding) -> Vec<FieldView> {
    let mut header: Option<String> = None;
    let view = |(index, field): (usize, &Field)| {
        let shown = Span { start: field.span.start, len: field.span.len.min(TEXT) };
        let mut bytes = model.bytes(event.conn, event.dir(), shown);
        let mask = mask::of(model, event, field.name, field.span);
        if let Some(mask) = mask.filter(|_| coding == Coding::Decoded) {
            for (byte, offset) in bytes.iter_mut().zip(shown.start..) {
                *byte = mask.undo(*byte, offset);
            }
        }
        let text = wire::transcript::escape(&bytes);
        let told = wire::explain::field(event, field, &text, header.as_deref());
        match field.name {
            Name::FieldName => header = Some(text.clone()),
            Name::LineEnd => header = None,
            _ => {}
        }
        FieldView {
            index,
            title: told.title,
            text,
            sentence: told.sentence,
            source: told.source,
            tint: tint(field.name),
            span: field.span,
            // Words about bytes that are not at hand would be guesses.
            listed: !bytes.is_empty()
                && !matches!(
                    field.name,
                    Name::Space | Name::Colon | Name::Whitespace | Name::LineEnd
                ),
        }
    };
    event.fields.iter().enumerate().map(view).collect()
}

/// Bytes as hex digits: `48 54 54 50`.
#[must_use]
pub fn as_hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// Bytes as text, as far as they are UTF-8.
#[must_use]
pub fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Bytes as a string of the language C, which many others read too. A byte after an escape in
/// octal digits cannot be taken for a part of it.
#[must_use]
pub fn as_c(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// The headers of an event, name and value.
#[must_use]
pub fn headers(model: &Model, event: &Event) -> Vec<(String, String)> {
    // In HTTP/2 their bytes are no text.
    if let Kind::Http2(Http2::Head(head)) = &event.kind {
        let header = |header: &trace::http2::Header| (header.name.clone(), header.value.clone());
        return head.headers.iter().map(header).collect();
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for field in &event.fields {
        let text = || {
            String::from_utf8_lossy(&model.bytes(event.conn, event.dir(), field.span)).into_owned()
        };
        match field.name {
            Name::FieldName => headers.push((text(), String::new())),
            Name::FieldValue => {
                if let Some(last) = headers.last_mut() {
                    last.1 = text();
                }
            }
            _ => {}
        }
    }
    headers
}

const fn tint(name: Name) -> Tint {
    match name {
        Name::HttpVersion | Name::Preface | Name::FrameFlags => Tint::Version,
        Name::Method | Name::StatusCode => Tint::Verb,
        Name::FinAndOpcode | Name::CloseCode | Name::RespType => Tint::Verb,
        Name::FrameType | Name::ErrorCode | Name::GrpcFlag => Tint::Verb,
        Name::HpackIndexed | Name::HpackLiteral | Name::HpackSizeUpdate => Tint::Verb,
        Name::RequestTarget | Name::ReasonPhrase => Tint::Target,
        Name::MaskingKey | Name::CloseReason | Name::Comment => Tint::Target,
        Name::FrameStream | Name::LastStream | Name::PromisedStream => Tint::Target,
        Name::Priority | Name::DebugData => Tint::Target,
        Name::FieldName | Name::EventFieldName => Tint::Name,
        Name::SettingId | Name::HpackName | Name::ProtoTag => Tint::Name,
        Name::FieldValue | Name::EventFieldValue | Name::RespValue => Tint::Value,
        Name::SettingValue | Name::WindowIncrement | Name::HpackValue => Tint::Value,
        Name::ProtoVarint | Name::ProtoFixed | Name::ProtoText => Tint::Value,
        Name::Content | Name::ChunkData | Name::MoreChunks => Tint::Content,
        Name::Payload | Name::RespData | Name::MoreElements => Tint::Content,
        Name::FrameData | Name::HeaderFragment | Name::PingData => Tint::Content,
        Name::FramePayload | Name::GrpcPayload | Name::GrpcBase64 => Tint::Content,
        Name::ProtoBytes => Tint::Content,
        Name::ChunkSize | Name::ChunkExtension => Tint::Length,
        Name::MaskAndLength | Name::ExtendedLength | Name::RespLength => Tint::Length,
        Name::FrameLength | Name::PadLength | Name::HpackLength => Tint::Length,
        Name::GrpcLength | Name::ProtoLength => Tint::Length,
        Name::TlsRecordVersion | Name::TlsLegacyVersion | Name::TlsVersion => Tint::Version,
        Name::TlsContentType | Name::TlsMessageType | Name::TlsChangeCipherSpec => Tint::Verb,
        Name::TlsAlertLevel | Name::TlsAlertDescription => Tint::Verb,
        Name::TlsServerName | Name::TlsProtocolName | Name::TlsSessionId => Tint::Target,
        Name::TlsExtensionType | Name::TlsNameType => Tint::Name,
        Name::TlsCipherSuite | Name::TlsGroup | Name::TlsCompression => Tint::Value,
        Name::TlsFragment | Name::TlsMessageBody | Name::TlsMessagePiece => Tint::Content,
        Name::TlsRandom | Name::TlsKeyShare | Name::TlsExtensionData => Tint::Content,
        Name::TlsRecordLength | Name::TlsMessageLength | Name::TlsLength => Tint::Length,
        Name::BadLine | Name::Undecoded => Tint::Fault,
        Name::EmptyLine
        | Name::Space
        | Name::Colon
        | Name::Whitespace
        | Name::LineEnd
        | Name::HeadEnd
        | Name::BodyEnd
        | Name::MoreLines
        | Name::ByteOrderMark
        | Name::EventEnd
        | Name::Padding => Tint::Glue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_copied_in_three_ways() {
        let bytes = b"GET\r\n\"\\\x00\xff1";
        assert_eq!(as_hex(bytes), "47 45 54 0d 0a 22 5c 00 ff 31");
        assert_eq!(as_c(bytes), r#""GET\r\n\"\\\000\3771""#);
        assert_eq!(as_text(b"h\xc3\xa9"), "hé");
    }
}

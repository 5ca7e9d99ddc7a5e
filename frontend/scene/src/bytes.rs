//! An event's bytes as rows of hex and text, each byte with the field to which it belongs.

use trace::event::Event;
use trace::field::Name;
use trace::ids::Seq;

use crate::model::Model;

/// The most bytes that are shown at once.
pub const SHOWN: u64 = 4_096;

/// An event's bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Bytes {
    /// Rows of bytes.
    pub rows: Vec<Row>,
    /// The fields, in order.
    pub fields: Vec<FieldView>,
    /// Bytes that are not shown, or were not kept.
    pub more: u64,
}

/// A row of bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Offset of the first byte in its stream.
    pub offset: u64,
    /// The bytes, each with its field's place among the fields.
    pub cells: Vec<(u8, usize)>,
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
pub fn of(model: &Model, seq: Seq, per_row: usize) -> Option<Bytes> {
    let event = model.event(seq)?;
    let dir = event.dir();
    let mut fields = Vec::with_capacity(event.fields.len());
    let mut cells: Vec<(u8, usize)> = Vec::new();
    let mut header: Option<String> = None;
    for (index, field) in event.fields.iter().enumerate() {
        let room = SHOWN.saturating_sub(cells.len() as u64);
        let shown = trace::span::Span { start: field.span.start, len: field.span.len.min(room) };
        let bytes = model.bytes(event.conn, dir, shown);
        cells.extend(bytes.iter().map(|byte| (*byte, index)));
        let text = wire::transcript::escape(&bytes);
        let told = wire::explain::field(event, field, &text, header.as_deref());
        match field.name {
            Name::FieldName => header = Some(text.clone()),
            Name::LineEnd => header = None,
            _ => {}
        }
        fields.push(FieldView {
            index,
            title: told.title,
            text,
            sentence: told.sentence,
            source: told.source,
            tint: tint(field.name),
            // Words about bytes that are not at hand would be guesses.
            listed: !bytes.is_empty()
                && !matches!(
                    field.name,
                    Name::Space | Name::Colon | Name::Whitespace | Name::LineEnd
                ),
        });
    }
    let start = event.evidence.start();
    let row = |(index, cells): (usize, &[(u8, usize)])| Row {
        offset: start + (index * per_row) as u64,
        cells: cells.to_vec(),
    };
    let more = event.evidence.len().saturating_sub(cells.len() as u64);
    Some(Bytes { rows: cells.chunks(per_row.max(1)).enumerate().map(row).collect(), fields, more })
}

/// The headers of an event, name and value.
#[must_use]
pub fn headers(model: &Model, event: &Event) -> Vec<(String, String)> {
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
        Name::HttpVersion => Tint::Version,
        Name::Method | Name::StatusCode => Tint::Verb,
        Name::RequestTarget | Name::ReasonPhrase => Tint::Target,
        Name::FieldName => Tint::Name,
        Name::FieldValue => Tint::Value,
        Name::Content | Name::ChunkData | Name::MoreChunks => Tint::Content,
        Name::ChunkSize | Name::ChunkExtension => Tint::Length,
        Name::BadLine | Name::Undecoded => Tint::Fault,
        Name::MoreLines => Tint::Glue,
        Name::EmptyLine
        | Name::Space
        | Name::Colon
        | Name::Whitespace
        | Name::LineEnd
        | Name::HeadEnd
        | Name::BodyEnd => Tint::Glue,
    }
}

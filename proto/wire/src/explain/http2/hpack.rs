//! What the bytes of a field block say (RFC 7541). A field is given without the bytes around it: which
//! header field it tells is found by counting, and whether a string is in Huffman code by comparing it
//! with what it was read as.

use trace::event::{Event, Kind};
use trace::field::{Field, Name};
use trace::http2::{Header, How, Http2};
use trace::span::Side;

use crate::explain::bits::{self, Bits};
use crate::explain::{Explained, about_header, bytes, explained, grpc, shorten, sized};
use crate::hpack::{huffman, integer, static_entry};

/// No part is looked for behind so many of them.
const PARTS: usize = 4_096;

/// The last number of the static table; the dynamic one goes on behind it (RFC 7541, section 2.3.3).
const STATIC: u64 = 61;

/// Where a field stands in its block.
#[derive(Debug, Clone, Copy, Default)]
struct Place<'a> {
    /// The header field that it tells, where that is known.
    header: Option<&'a Header>,
    /// Whether it goes on with what another frame began.
    goes_on: bool,
    /// Whether another frame goes on with it.
    cut: bool,
}

/// Explains a field of a field block; none for any other.
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, said: &[u8]) -> Option<Explained> {
    let (key, source) = match field.name {
        Name::HpackIndexed => ("explain-hpack-indexed", "RFC 7541, section 6.1"),
        Name::HpackLiteral => ("explain-hpack-literal", "RFC 7541, section 6.2"),
        Name::HpackSizeUpdate => ("explain-hpack-update", "RFC 7541, section 6.3"),
        Name::HpackLength => ("explain-hpack-length", "RFC 7541, section 5.2"),
        Name::HpackName => ("explain-hpack-name", "RFC 7541, section 5.2"),
        Name::HpackValue => ("explain-hpack-value", "RFC 7541, section 5.2"),
        _ => return None,
    };
    let place = place(event, field);
    let sentence = match (field.name, place.header) {
        (Name::HpackName, Some(header)) if !place.goes_on && !place.cut => string(("explain-hpack-name-plain", "explain-hpack-name-huffman"), header, &header.name, field, said),
        (Name::HpackValue, Some(header)) if !place.goes_on && !place.cut => value(header, field, said, event.from),
        (Name::HpackName, None) => sized("explain-hpack-name", field.span.len),
        (Name::HpackValue, None) => sized("explain-hpack-value", field.span.len),
        (Name::HpackIndexed, _) if !place.goes_on => indexed(place.header, said, event.from),
        (Name::HpackLiteral, _) if !place.goes_on => literal(place.header, said),
        (Name::HpackSizeUpdate, _) if !place.goes_on => update(said),
        (Name::HpackLength, _) if !place.goes_on => length(said),
        _ => sized("explain-hpack-piece", field.span.len),
    };
    Some(explained(key, sentence, source))
}

/// The bits of a field that begins with a pattern and a number; none for any other.
pub fn bits(event: &Event, field: &Field, bytes: &[u8]) -> Vec<Bits> {
    let Some(first) = bytes.first() else { return Vec::new() };
    let (pattern, told) = match field.name {
        Name::HpackIndexed => (1, "explain-bit-indexed"),
        Name::HpackLiteral => match literal_kind(*first) {
            Kept::Added => (2, "explain-bit-added"),
            Kept::Never => (4, "explain-bit-never"),
            Kept::Plain => (4, "explain-bit-plain"),
        },
        Name::HpackSizeUpdate => (3, "explain-bit-update"),
        Name::HpackLength if first & 0x80 != 0 => (1, "explain-bit-huffman-set"),
        Name::HpackLength => (1, "explain-bit-huffman-not"),
        _ => return Vec::new(),
    };
    // The rest of a number shows no pattern.
    if place(event, field).goes_on {
        return Vec::new();
    }
    let (top, prefix) = (bits::top(bytes, 0), 8 - pattern);
    let (key, number) = match field.name {
        Name::HpackLength => ("explain-bit-huffman", "explain-bit-string"),
        Name::HpackSizeUpdate => ("explain-bit-pattern", "explain-bit-size"),
        _ => ("explain-bit-pattern", "explain-bit-index"),
    };
    let low = bits::value(bytes, top - pattern, prefix);
    let digits = low.to_string();
    let full = low == (1 << prefix) - 1;
    let sentence = match number {
        _ if full => text::say("explain-bit-full", &[("value", (&digits).into())]),
        "explain-bit-index" => text::say(number, &[("value", (&digits).into())]),
        _ => sized(number, low),
    };
    let mut all = vec![
        Bits::of(bytes, top, pattern, key, text::say(told, &[])),
        Bits::of(bytes, top - pattern, prefix, number, sentence),
    ];
    all.extend(bits::sevens(bytes, 1, 0));
    all
}

/// Finds where a field stands, by counting the header fields that begin up to it.
///
/// A part over a gap in the evidence is two fields. Of a string or a length the second is known by
/// its name, which cannot follow itself otherwise. An indexed header field can: it is a second part
/// where its number needs more bytes than there were before the gap. That goes wrong only for a
/// number in more bytes than it needs, cut behind as many as it needs.
fn place<'a>(event: &'a Event, field: &Field) -> Place<'a> {
    let Kind::Http2(Http2::Head(head)) = &event.kind else { return Place::default() };
    let (mut coming, mut had) = (head.headers.iter(), 0_u64);
    let (mut header, mut before): (Option<&Header>, Option<&Field>) = (None, None);
    for (index, part) in event.fields.iter().enumerate().take(PARTS) {
        let begins = matches!(part.name, Name::HpackIndexed | Name::HpackLiteral);
        let goes_on = before.is_some_and(|before| is_rest(before, part))
            && (!begins || header.is_some_and(|header| had < number_len(header)));
        if begins && !goes_on {
            header = coming.next();
            had = 0;
            // More than are kept, or one that could not be read.
            if header.is_none() {
                break;
            }
        }
        had += if begins { part.span.len } else { 0 };
        if part.span == field.span {
            let cut = event.fields.get(index + 1).is_some_and(|after| is_rest(part, after));
            return Place { header, goes_on, cut };
        }
        before = Some(part);
    }
    Place::default()
}

/// Whether a part may be the rest of the one before it, with other bytes between them.
fn is_rest(before: &Field, part: &Field) -> bool {
    before.name == part.name && before.span.end() < part.span.start
}

/// How many bytes the number of a header field takes at least (RFC 7541, section 5.1).
const fn number_len(header: &Header) -> u64 {
    let (number, prefix) = match header.how {
        How::Indexed(number) => (number, 7),
        How::Added(number) => (number, 6),
        How::Plain(number) | How::Never(number) => (number, 4),
    };
    let full = (1 << prefix) - 1;
    if number < full {
        return 1;
    }
    let (mut rest, mut len) = ((number - full) >> 7, 2);
    while rest > 0 {
        rest >>= 7;
        len += 1;
    }
    len
}

/// How long a header field that is told is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Added,
    Plain,
    Never,
}

/// What the first bits of a literal header field say (RFC 7541, section 6.2).
const fn literal_kind(first: u8) -> Kept {
    match first {
        0x40.. => Kept::Added,
        0x10.. => Kept::Never,
        _ => Kept::Plain,
    }
}

fn indexed(header: Option<&Header>, said: &[u8], from: Side) -> String {
    let header = header.filter(|header| matches!(header.how, How::Indexed(_)));
    let number = match header.map(|header| header.how) {
        Some(How::Indexed(number)) => Some(number),
        _ => integer(said, 7).map(|(number, _)| number),
    };
    let Some(number) = number else { return sized("explain-hpack-piece", said.len() as u64) };
    let entry = header.map(|header| (header.name.as_str(), header.value.as_str()));
    let digits = number.to_string();
    let Some((name, value)) = entry.or_else(|| static_entry(number)) else {
        let id = if number == 0 { "explain-hpack-zero" } else { "explain-hpack-unknown" };
        return text::say(id, &[("index", (&digits).into())]);
    };
    let whole = if value.is_empty() { name.to_owned() } else { format!("{name}: {value}") };
    let shown = shorten(&whole);
    let id = if number > STATIC { "explain-hpack-dynamic" } else { "explain-hpack-static" };
    let told = text::say(id, &[("index", (&digits).into()), ("field", (&shown).into())]);
    format!("{told} {}", purpose(name, value, from))
}

fn literal(header: Option<&Header>, said: &[u8]) -> String {
    let header = header.filter(|header| !matches!(header.how, How::Indexed(_)));
    let (kept, number) = match header.map(|header| header.how) {
        Some(How::Added(number)) => (Kept::Added, Some(number)),
        Some(How::Plain(number)) => (Kept::Plain, Some(number)),
        Some(How::Never(number)) => (Kept::Never, Some(number)),
        Some(How::Indexed(_)) | None => {
            let kept = said.first().map_or(Kept::Plain, |first| literal_kind(*first));
            let prefix = if kept == Kept::Added { 6 } else { 4 };
            (kept, integer(said, prefix).map(|(number, _)| number))
        }
    };
    let kept = text::say(
        match kept {
            Kept::Added => "explain-hpack-added",
            Kept::Plain => "explain-hpack-plain",
            Kept::Never => "explain-hpack-never",
        },
        &[],
    );
    let told = match number {
        Some(0) => text::say("explain-hpack-named-new", &[]),
        Some(number) => named(header, number),
        None => sized("explain-hpack-piece", said.len() as u64),
    };
    let evicted = header.map_or(0, |header| header.evicted);
    if evicted == 0 {
        return format!("{told} {kept}");
    }
    let evicted = text::say("explain-hpack-evicted", &[("count", evicted.into())]);
    format!("{told} {kept} {evicted}")
}

/// Where the name of a header field is found.
fn named(header: Option<&Header>, number: u64) -> String {
    let digits = number.to_string();
    let name = header.map(|header| header.name.as_str());
    let Some(name) = name.or_else(|| static_entry(number).map(|(name, _)| name)) else {
        return text::say("explain-hpack-named-unknown", &[("index", (&digits).into())]);
    };
    let shown = shorten(name);
    let id =
        if number > STATIC { "explain-hpack-named-dynamic" } else { "explain-hpack-named-static" };
    text::say(id, &[("index", (&digits).into()), ("name", (&shown).into())])
}

fn update(said: &[u8]) -> String {
    match integer(said, 5) {
        Some((size, _)) => sized("explain-hpack-update", size),
        None => sized("explain-hpack-piece", said.len() as u64),
    }
}

fn length(said: &[u8]) -> String {
    let huffman = said.first().is_some_and(|first| first & 0x80 != 0);
    match integer(said, 7) {
        Some((len, _)) if huffman => sized("explain-hpack-length-huffman", len),
        Some((len, _)) => sized("explain-hpack-length", len),
        None => sized("explain-hpack-piece", said.len() as u64),
    }
}

fn value(header: &Header, field: &Field, said: &[u8], from: Side) -> String {
    let ids = ("explain-hpack-value-plain", "explain-hpack-value-huffman");
    let told = string(ids, header, &header.value, field, said);
    let whole = matches!(header.how, How::Added(_) | How::Plain(_) | How::Never(_));
    if whole { format!("{told} {}", purpose(&header.name, &header.value, from)) } else { told }
}

/// A string that stands in one piece: `ids` are for one told as it is, and for one in Huffman code.
/// `read` is as what it was read; a part of `said` may be missing.
fn string(ids: (&str, &str), header: &Header, read: &str, field: &Field, said: &[u8]) -> String {
    let (shown, name) = (shorten(read), shorten(&header.name));
    let args: [(&str, text::Arg<'_>); 2] = [("text", (&shown).into()), ("name", (&name).into())];
    if read.as_bytes().starts_with(said) {
        return text::say(ids.0, &args);
    }
    let is_whole = said.len() as u64 == field.span.len;
    // Bytes that are not UTF-8 could be taken for Huffman code, and be undone to something else.
    let is_read = |undone: &Vec<u8>| String::from_utf8_lossy(undone).starts_with(read);
    let undone = if is_whole { huffman(said).filter(is_read) } else { None };
    let size = bytes(field.span.len);
    match undone.map(|undone| undone.len().to_string()) {
        Some(plain) => {
            let huffman = text::say(
                "explain-hpack-huffman-for",
                &[("size", (&size).into()), ("plain", (&plain).into())],
            );
            format!("{} {huffman}", text::say(ids.1, &args))
        }
        // Not UTF-8, and told as it is; or too long for its bytes to be at hand.
        None if is_whole => text::say(ids.0, &args),
        None => {
            let huffman = text::say("explain-hpack-huffman", &[("size", (&size).into())]);
            format!("{} {huffman}", text::say(ids.1, &args))
        }
    }
}

/// What a header field is for.
fn purpose(name: &str, value: &str, from: Side) -> String {
    match value.parse::<u32>() {
        Ok(code) if name == "grpc-status" => grpc::grpc_code(code).sentence,
        _ => text::say(about_header(name, from).0, &[]),
    }
}

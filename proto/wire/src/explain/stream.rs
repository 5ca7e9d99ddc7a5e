//! A sentence and its source for the fields and faults of event streams and of RESP. The words are in
//! `assets/text/en/explain_stream.ftl`.

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::resp::{Resp, ValueKind};
use trace::sse::{Block, Sse};

use super::{Explained, bytes};
use crate::transcript::escape;

/// A message's id, and where what it says is specified.
type Told = (&'static str, &'static str);

/// A text longer than this is not repeated in a sentence.
const LETTERS: usize = 64;

/// Explains a field of an event stream or of RESP. `text` is the field's own text, as
/// [`escape`] shows it.
#[must_use]
pub fn field(event: &Event, field: &Field, text: &str) -> Option<Explained> {
    let (title, (sentence, source)) = match &event.kind {
        Kind::Sse(said) => of_stream(said, event, field, text),
        Kind::Resp(said) => of_resp(said, event, field, text),
        _ => name(field.name).map(|told| (told.0, told))?,
    };
    let shown: String = text.chars().take(LETTERS).collect();
    let size = bytes(field.span.len);
    let args: [(&str, text::Arg<'_>); 2] = [("text", (&shown).into()), ("size", (&size).into())];
    let title = text::say(&format!("{title}-title"), &[]);
    Some(Explained { title, sentence: text::say(sentence, &args), source })
}

/// The fields that only event streams and RESP have, wherever they stand: the key of the title and
/// of a sentence that needs no more than the `size`.
#[must_use]
#[rustfmt::skip] // a table is read line by line
pub const fn name(name: Name) -> Option<(&'static str, &'static str)> {
    Some(match name {
        Name::ByteOrderMark => ("explain-stream-mark", "WHATWG HTML, section 9.2.5"),
        Name::EventFieldName => ("explain-stream-name", "WHATWG HTML, section 9.2.6"),
        Name::EventFieldValue => ("explain-stream-value", "WHATWG HTML, section 9.2.6"),
        Name::Comment => ("explain-stream-comment", "WHATWG HTML, section 9.2.6"),
        Name::EventEnd => ("explain-stream-end", "WHATWG HTML, section 9.2.6"),
        Name::RespType => ("explain-resp-type", "Redis serialization protocol, RESP protocol description"),
        Name::RespLength => ("explain-resp-length", "Redis serialization protocol, RESP protocol description"),
        Name::RespValue => ("explain-resp-value", "Redis serialization protocol, RESP protocol description"),
        Name::RespData => ("explain-resp-data", "Redis serialization protocol, Bulk strings"),
        Name::MoreElements => ("explain-resp-more", "Redis serialization protocol, RESP protocol description"),
        _ => return None,
    })
}

/// The key and the source of a fault of event streams or of RESP.
#[must_use]
#[rustfmt::skip] // a table is read line by line
pub const fn fault(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::UnknownEventField => ("explain-fault-event-field", "WHATWG HTML, section 9.2.6"),
        Code::EventIdNul => ("explain-fault-event-id", "WHATWG HTML, section 9.2.6"),
        Code::BadRetry => ("explain-fault-event-retry", "WHATWG HTML, section 9.2.6"),
        Code::EventNotUtf8 => ("explain-fault-event-utf8", "WHATWG HTML, section 9.2.6"),
        Code::BadRespType => ("explain-fault-resp-type", "Redis serialization protocol, RESP protocol description"),
        Code::BadRespLength => ("explain-fault-resp-length", "Redis serialization protocol, RESP protocol description"),
        Code::BadRespEnd => ("explain-fault-resp-end", "Redis serialization protocol, RESP protocol description"),
        Code::RespTooLarge => ("explain-fault-resp-large", "Lifeline's own caps"),
        _ => return None,
    })
}

/// A field of an event stream: the key of its title, and what is to be said of it.
#[rustfmt::skip] // a table is read line by line
fn of_stream(said: &Sse, event: &Event, field: &Field, text: &str) -> (&'static str, Told) {
    const GRAMMAR: &str = "WHATWG HTML, section 9.2.5";
    const MEANING: &str = "WHATWG HTML, section 9.2.6";
    let dispatched = matches!(said, Sse::Block(Block { dispatched: true, .. }));
    match field.name {
        Name::ByteOrderMark => ("explain-stream-mark", ("explain-stream-mark", GRAMMAR)),
        Name::EventFieldName => ("explain-stream-name", (field_name(text), MEANING)),
        Name::Colon => ("explain-stream-colon", ("explain-stream-colon", MEANING)),
        Name::Whitespace => ("explain-stream-space", ("explain-stream-space", MEANING)),
        Name::EventFieldValue => ("explain-stream-value", (field_value(said, event, field, text), MEANING)),
        Name::Comment => ("explain-stream-comment", ("explain-stream-comment", MEANING)),
        Name::LineEnd => ("explain-stream-line-end", ("explain-stream-line-end", GRAMMAR)),
        Name::EventEnd if dispatched => ("explain-stream-end", ("explain-stream-end-dispatched", MEANING)),
        Name::EventEnd => ("explain-stream-end", ("explain-stream-end-silent", MEANING)),
        _ => ("explain-stream-more", ("explain-stream-more", GRAMMAR)),
    }
}

fn field_name(text: &str) -> &'static str {
    match text {
        "data" => "explain-stream-name-data",
        "event" => "explain-stream-name-event",
        "id" => "explain-stream-name-id",
        "retry" => "explain-stream-name-retry",
        _ => "explain-stream-name-other",
    }
}

/// What a value is for. Its field's name is known by its place alone, so the block is asked as well.
fn field_value(said: &Sse, event: &Event, field: &Field, text: &str) -> &'static str {
    let Sse::Block(block) = said else { return "explain-stream-value" };
    let is_this = |value: &String| escape(value.as_bytes()) == text;
    let retry = block.retry_ms.map(|ms| ms.to_string());
    let mut lines = block.data.as_deref().unwrap_or_default().split('\n');
    match name_len(event, field) {
        Some(2) if block.id.as_ref().is_some_and(is_this) => "explain-stream-value-id",
        Some(4) if lines.any(|line| escape(line.as_bytes()) == text) => "explain-stream-value-data",
        Some(5) if block.event.as_ref().is_some_and(is_this) => "explain-stream-value-event",
        Some(5) if retry.as_ref().is_some_and(is_this) => "explain-stream-value-retry",
        _ => "explain-stream-value",
    }
}

/// The length of the field name that stands before this value.
fn name_len(event: &Event, value: &Field) -> Option<u64> {
    let before = event.fields.iter().take_while(|field| field.span.start < value.span.start);
    before.filter(|field| field.name == Name::EventFieldName).last().map(|field| field.span.len)
}

/// A field of RESP: the key of its title, and what is to be said of it.
#[rustfmt::skip] // a table is read line by line
fn of_resp(said: &Resp, event: &Event, field: &Field, text: &str) -> (&'static str, Told) {
    const WHOLE: &str = "Redis serialization protocol, RESP protocol description";
    match (field.name, said) {
        (Name::RespType, _) => ("explain-resp-type", value_type(text)),
        (Name::RespLength, _) => ("explain-resp-length", length(event, field, text)),
        (Name::RespValue, Resp::Command(_)) => ("explain-resp-command", ("explain-resp-plain", "Redis serialization protocol, Inline commands")),
        (Name::RespValue, Resp::Reply(reply)) if reply.kind == ValueKind::Error => ("explain-resp-value", ("explain-resp-value-error", "Redis serialization protocol, Simple errors")),
        (Name::RespValue, _) => ("explain-resp-value", ("explain-resp-value", WHOLE)),
        (Name::RespData, Resp::Command(_)) if is_first(event, field) => ("explain-resp-command", command(text)),
        (Name::RespData, Resp::Command(_)) => ("explain-resp-data", ("explain-resp-argument", "Redis serialization protocol, Sending commands to a Redis server")),
        (Name::RespData, Resp::Push(_)) if is_first(event, field) => ("explain-resp-data", ("explain-resp-push", "Redis serialization protocol, Pushes")),
        (Name::RespData, _) => ("explain-resp-data", ("explain-resp-data", "Redis serialization protocol, Bulk strings")),
        (Name::LineEnd, _) => ("explain-resp-line-end", ("explain-resp-line-end", WHOLE)),
        (Name::EmptyLine, _) => ("explain-resp-empty-line", ("explain-resp-empty-line", "Redis serialization protocol, Inline commands")),
        (Name::MoreElements, _) => ("explain-resp-more", ("explain-resp-more", WHOLE)),
        (Name::BadLine, _) => ("explain-resp-bad", ("explain-resp-bad", WHOLE)),
        _ => ("explain-resp-undecoded", ("explain-resp-undecoded", WHOLE)),
    }
}

/// What a first byte announces.
#[rustfmt::skip] // a table is read line by line
fn value_type(text: &str) -> Told {
    match text {
        "+" => ("explain-resp-type-simple", "Redis serialization protocol, Simple strings"),
        "-" => ("explain-resp-type-error", "Redis serialization protocol, Simple errors"),
        ":" => ("explain-resp-type-integer", "Redis serialization protocol, Integers"),
        "$" => ("explain-resp-type-bulk", "Redis serialization protocol, Bulk strings"),
        "*" => ("explain-resp-type-array", "Redis serialization protocol, Arrays"),
        "_" => ("explain-resp-type-null", "Redis serialization protocol, Nulls"),
        "#" => ("explain-resp-type-boolean", "Redis serialization protocol, Booleans"),
        "," => ("explain-resp-type-double", "Redis serialization protocol, Doubles"),
        "(" => ("explain-resp-type-big", "Redis serialization protocol, Big numbers"),
        "!" => ("explain-resp-type-bulk-error", "Redis serialization protocol, Bulk errors"),
        "=" => ("explain-resp-type-verbatim", "Redis serialization protocol, Verbatim strings"),
        "%" => ("explain-resp-type-map", "Redis serialization protocol, Maps"),
        "|" => ("explain-resp-type-attribute", "Redis serialization protocol, Attributes"),
        "~" => ("explain-resp-type-set", "Redis serialization protocol, Sets"),
        ">" => ("explain-resp-type-push", "Redis serialization protocol, Pushes"),
        _ => ("explain-resp-type", "Redis serialization protocol, RESP protocol description"),
    }
}

/// A length says how many bytes follow, a number how many elements: what does follow tells which.
fn length(event: &Event, field: &Field, text: &str) -> Told {
    let mut after = event.fields.iter().skip_while(|other| other.span.start <= field.span.start);
    // Its line's end is next.
    match (text, after.nth(1).map(|next| next.name)) {
        ("-1", _) => {
            ("explain-resp-length-null", "Redis serialization protocol, Null bulk strings")
        }
        (_, Some(Name::RespData)) => {
            ("explain-resp-length-bytes", "Redis serialization protocol, Bulk strings")
        }
        (count, Some(Name::RespType)) if count != "0" => {
            ("explain-resp-length-elements", "Redis serialization protocol, Arrays")
        }
        _ => ("explain-resp-length", "Redis serialization protocol, RESP protocol description"),
    }
}

/// Whether it is the first string of its event.
fn is_first(event: &Event, field: &Field) -> bool {
    event.fields.iter().find(|other| other.name == Name::RespData) == Some(field)
}

/// What a command is for.
#[rustfmt::skip] // a table is read line by line
fn command(text: &str) -> Told {
    match text.to_ascii_uppercase().as_str() {
        "HELLO" => ("explain-resp-command-hello", "Redis commands, HELLO"),
        "CLIENT" => ("explain-resp-command-client", "Redis commands, CLIENT"),
        "PING" => ("explain-resp-command-ping", "Redis commands, PING"),
        "XADD" => ("explain-resp-command-xadd", "Redis commands, XADD"),
        "XRANGE" => ("explain-resp-command-xrange", "Redis commands, XRANGE"),
        "SUBSCRIBE" => ("explain-resp-command-subscribe", "Redis commands, SUBSCRIBE"),
        "PUBLISH" => ("explain-resp-command-publish", "Redis commands, PUBLISH"),
        "MULTI" => ("explain-resp-command-multi", "Redis commands, MULTI"),
        "EXEC" => ("explain-resp-command-exec", "Redis commands, EXEC"),
        "DEL" => ("explain-resp-command-del", "Redis commands, DEL"),
        "EXPIRE" => ("explain-resp-command-expire", "Redis commands, EXPIRE"),
        _ => ("explain-resp-command-other", "Redis serialization protocol, Sending commands to a Redis server"),
    }
}

#[cfg(test)]
mod tests;

//! Conversations as text, for tests and for teaching: `> ` is what the client said, `< ` what the
//! server said, with `\r`, `\n`, `\t`, `\\` and `\xNN` for bytes that do not print.
//!
//! ```text
//! > GET /hello HTTP/1.0\r\n\r\n
//! < HTTP/1.0 204 No Content\r\n\r\n
//! ```

use std::fmt::Write as _;

use trace::event::Event;
use trace::ids::ConnId;
use trace::span::{Dir, Span};

use crate::conn::Conn;

/// What was said, in order.
pub type Script = Vec<(Dir, Vec<u8>)>;

/// Reads a transcript. Lines that begin with `#` are comments.
///
/// # Errors
/// The number of a line that is none, and why.
pub fn parse(text: &str) -> Result<Script, String> {
    let mut script = Script::new();
    for (index, line) in text.lines().enumerate() {
        let said = match line.split_at_checked(2) {
            _ if line.is_empty() || line.starts_with('#') => continue,
            Some(("> ", said)) => (Dir::ToServer, said),
            Some(("< ", said)) => (Dir::ToClient, said),
            _ => return Err(format!("line {}: neither \"> \" nor \"< \"", index + 1)),
        };
        let bytes = unescape(said.1).map_err(|why| format!("line {}: {why}", index + 1))?;
        script.push((said.0, bytes));
    }
    Ok(script)
}

/// The bytes that [`escape`] wrote.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\\' {
            bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match rest.next() {
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('\\') => bytes.push(b'\\'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16);
                bytes.push(byte.map_err(|_| format!("\\x{digits} is no byte"))?);
            }
            other => return Err(format!("\\{} is no escape", other.unwrap_or(' '))),
        }
    }
    Ok(bytes)
}

/// Bytes as [`parse`] reads them.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// The events of a conversation that begins with HTTP/1 and then ends, the client's side first.
#[must_use]
pub fn decode(script: &Script) -> Vec<Event> {
    decode_on(Conn::http1(ConnId(1)), script)
}

/// The events of a conversation on a connection that then ends, the client's side first.
#[must_use]
pub fn decode_on(mut conn: Conn, script: &Script) -> Vec<Event> {
    let mut events = Vec::new();
    for (dir, bytes) in script {
        conn.feed(*dir, bytes, &mut events);
    }
    conn.end(Dir::ToServer, &mut events);
    conn.end(Dir::ToClient, &mut events);
    events
}

/// All bytes of one direction.
#[must_use]
pub fn stream(script: &Script, dir: Dir) -> Vec<u8> {
    script.iter().filter(|(way, _)| *way == dir).flat_map(|(_, bytes)| bytes.clone()).collect()
}

/// The events as text that teaches: what was said, then each field with its place and its bytes.
#[must_use]
pub fn render(script: &Script, events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let bytes = stream(script, event.dir());
        let cut = |span: Span| {
            let start = usize::try_from(span.start).unwrap_or(usize::MAX);
            let end = usize::try_from(span.end()).unwrap_or(usize::MAX);
            let piece = bytes.get(start..end).unwrap_or_default();
            let shown = escape(piece.get(..piece.len().min(60)).unwrap_or_default());
            if piece.len() > 60 { format!("{shown} …") } else { shown }
        };
        let _ = writeln!(text, "{:?} {:?}", event.from, event.kind);
        for field in &event.fields {
            let place = format!("{}+{}", field.span.start, field.span.len);
            let name = format!("{:?}", field.name);
            let _ = writeln!(text, "  {place:<10} {name:<15} {}", cut(field.span));
        }
        for fault in &event.faults {
            let _ = writeln!(text, "  fault      {:?}", fault.code);
        }
    }
    text
}

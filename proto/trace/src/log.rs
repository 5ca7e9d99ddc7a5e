//! The log format: one JSON object a line. The first line is the header, the others are entries.
//! Feed, file and replay are the same lines. Its JSON Schema is `proto/log.schema.json`.

use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::ids::{RunId, Seq};
use crate::participant::Participant;

/// The version of the format that this code writes and reads.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub lifeline: u32,
    /// The run.
    pub run: RunId,
    /// The lab: `http10`, `http11` …
    pub lab: String,
    /// Every parameter with its value, defaults too.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// The seed of everything that is drawn by lot.
    pub seed: u64,
    /// Who is known to take part before anybody has connected.
    pub participants: Vec<Participant>,
    /// When the run was made, RFC 3339, UTC.
    pub started: String,
}

impl Header {
    /// A whole number among the parameters.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.params.get(name).and_then(serde_json::Value::as_u64)
    }

    /// A word among the parameters.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(serde_json::Value::as_str)
    }
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// The first.
    Header(Box<Header>),
    /// Any other.
    Entry(Box<Entry>),
}

/// Why a log cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLog {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for BadLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadLog {}

/// Reads one line of a log.
///
/// # Errors
/// What `serde_json` says of a line that is neither a header nor an entry.
pub fn line(text: &str) -> Result<Line, serde_json::Error> {
    // A header is the only line with this key, and it is the key that comes first.
    if text.trim_start().starts_with("{\"lifeline\"") {
        serde_json::from_str(text).map(|header| Line::Header(Box::new(header)))
    } else {
        serde_json::from_str(text).map(|entry| Line::Entry(Box::new(entry)))
    }
}

/// What is wrong with a line, without the reader's own count of lines, which is always 1.
fn of_one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

/// Reads a log line by line: a header first, then entries whose numbers rise.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    lines: usize,
    last: Option<Seq>,
    begun: bool,
}

impl Reader {
    /// Takes the next line; an empty one gives nothing.
    ///
    /// # Errors
    /// What is wrong with it: no header or entry, a format from the future, or a number that does not
    /// rise.
    pub fn take(&mut self, text: &str) -> Result<Option<Line>, BadLog> {
        self.lines += 1;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let bad = |why: String| BadLog { line: self.lines, why };
        let line = line(text).map_err(|error| bad(of_one_line(&error)))?;
        match &line {
            Line::Header(_) if self.begun => return Err(bad("a second header".to_owned())),
            Line::Header(header) if header.lifeline != FORMAT => {
                return Err(bad(format!("format {} is not known here", header.lifeline)));
            }
            Line::Header(_) => self.begun = true,
            Line::Entry(_) if !self.begun => return Err(bad("the header is missing".to_owned())),
            Line::Entry(entry) => {
                if self.last.is_some_and(|last| last >= entry.seq) {
                    return Err(bad(format!("entry {} is out of order", entry.seq)));
                }
                self.last = Some(entry.seq);
            }
        }
        Ok(Some(line))
    }

    /// Says that there are no more lines.
    ///
    /// # Errors
    /// If there was not even a header.
    pub fn end(&self) -> Result<(), BadLog> {
        let why = "the file holds no log".to_owned();
        if self.begun { Ok(()) } else { Err(BadLog { line: 1, why }) }
    }
}

/// Reads a whole log.
///
/// # Errors
/// The first line that [`Reader::take`] refuses, or that there is none.
pub fn parse(text: &str) -> Result<(Header, Vec<Entry>), BadLog> {
    let mut reader = Reader::default();
    let mut header = None;
    let mut entries: Vec<Entry> = Vec::new();
    for text in text.lines() {
        match reader.take(text)? {
            Some(Line::Header(first)) => header = Some(*first),
            Some(Line::Entry(entry)) => entries.push(*entry),
            None => {}
        }
    }
    reader.end()?;
    let header =
        header.ok_or_else(|| BadLog { line: 1, why: "the file holds no log".to_owned() })?;
    Ok((header, entries))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Chunk, What};
    use crate::ids::ConnId;
    use crate::span::Dir;
    use crate::time::Micros;

    const HEADER: &str = r#"{"lifeline":1,"run":"r","lab":"http10","params":{},"seed":7,"participants":[],"started":"2026-11-22T10:00:00Z"}"#;

    #[test]
    fn an_entry_survives_the_line() {
        let entry = Entry {
            seq: Seq(3),
            at_us: Micros(40),
            what: What::Chunk(Chunk {
                conn: ConnId(1),
                dir: Dir::ToServer,
                offset: 0,
                bytes: b"GET".to_vec(),
            }),
        };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(
            text,
            r#"{"seq":3,"at_us":40,"type":"chunk","conn":1,"dir":"to_server","offset":0,"bytes":"R0VU"}"#
        );
        assert_eq!(line(&text).unwrap(), Line::Entry(Box::new(entry)));
    }

    #[test]
    fn a_bad_log_names_its_line() {
        let cases = [
            ("", 1, "the file holds no log"),
            (r#"{"seq":1,"at_us":1,"type":"input","input":"start"}"#, 1, "the header is missing"),
            (&format!("{HEADER}\n\nnonsense"), 3, "expected ident at column 2"),
            (&format!("{HEADER}\n{HEADER}"), 2, "a second header"),
            (&HEADER.replace(":1,", ":9,"), 1, "format 9 is not known here"),
        ];
        for (text, at, why) in cases {
            let bad = parse(text).unwrap_err();
            assert_eq!((bad.line, bad.why.as_str()), (at, why), "{text}");
        }
        let twice =
            format!("{HEADER}\n{0}\n{0}", r#"{"seq":1,"at_us":1,"type":"input","input":"start"}"#);
        assert_eq!(parse(&twice).unwrap_err().why, "entry 1 is out of order");
    }
}

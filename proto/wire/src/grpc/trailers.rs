//! The trailers of gRPC-web: lines as in an HTTP/1 head, at the end of the content.

use trace::fault::Code;
use trace::field::Name;

use crate::http1::tile_header;
use crate::reader::{FAULTS, Tiler, split_line_end};

/// The most letters of `grpc-message` that are said.
const LETTERS: usize = 256;

/// A block of trailers as it was read.
#[derive(Debug, Default)]
pub struct Lines {
    pub status: Option<u32>,
    pub message: String,
    /// What it is cut into, and how long each part is.
    pub parts: Vec<(Name, u64)>,
    /// What is wrong, where in the block, and in how many bytes.
    pub faults: Vec<(Code, usize, usize)>,
}

/// Reads a block of trailers.
pub fn read(block: &[u8]) -> Lines {
    let mut lines = Lines::default();
    let mut tiler = Tiler::at(0);
    let mut at = 0;
    for line in block.split_inclusive(|byte| *byte == b'\n') {
        let (content, end) = split_line_end(line);
        if content.is_empty() || content.iter().position(|byte| *byte == b':') > Some(0) {
            tile_header(&mut tiler, content);
            lines.line(content);
        } else {
            tiler.tile(Name::BadLine, content.len());
            lines.fault(Code::BadTrailer, at, content.len());
        }
        tiler.tile(Name::LineEnd, end);
        if end == 1 {
            lines.fault(Code::BareLf, at + content.len(), end);
        }
        at += line.len();
    }
    lines.parts = tiler.fields.iter().map(|field| (field.name, field.span.len)).collect();
    lines
}

impl Lines {
    /// Understands a line; the first of a name counts.
    fn line(&mut self, content: &[u8]) {
        let mut halves = content.splitn(2, |byte| *byte == b':');
        let name = halves.next().unwrap_or_default();
        let value = halves.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"grpc-status") && self.status.is_none() {
            self.status = number(value);
        }
        if name.eq_ignore_ascii_case(b"grpc-message") && self.message.is_empty() {
            let text = undone(value);
            self.message = String::from_utf8_lossy(&text).chars().take(LETTERS).collect();
        }
    }

    fn fault(&mut self, code: Code, at: usize, len: usize) {
        if self.faults.len() < FAULTS {
            self.faults.push((code, at, len));
        }
    }
}

/// A whole number in decimal digits alone.
fn number(digits: &[u8]) -> Option<u32> {
    let all_digits = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| all_digits)?.parse().ok()
}

/// A text whose bytes beside plain letters are told by `%` and two digits; what is none of these
/// stays as it is (gRPC over HTTP2, "Percent-Encoded").
fn undone(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        let told = if *first == b'%' { others.get(..2).and_then(byte) } else { None };
        bytes.push(told.unwrap_or(*first));
        rest = if told.is_some() { others.get(2..).unwrap_or_default() } else { others };
    }
    bytes
}

/// A byte in two hexadecimal digits.
fn byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(lines: &Lines) -> Vec<(Code, usize)> {
        lines.faults.iter().map(|(code, at, _)| (*code, *at)).collect()
    }

    /// Lines, and what is wrong with them where.
    type Case<'a> = (&'a [u8], Vec<(Code, usize)>);

    #[test]
    fn status_and_message_are_read() {
        let lines = read(b"grpc-status:5\r\nGrpc-Message: no%20such%20%C3%A4%zz%2\r\nx-a: 1\r\n");
        assert_eq!((lines.status, lines.message.as_str()), (Some(5), "no such \u{E4}%zz%2"));
        assert!(lines.faults.is_empty());
        let names: Vec<Name> = lines.parts.iter().map(|(name, _)| *name).collect();
        let line =
            [Name::FieldName, Name::Colon, Name::Whitespace, Name::FieldValue, Name::LineEnd];
        let bare = [Name::FieldName, Name::Colon, Name::FieldValue, Name::LineEnd];
        assert_eq!(names, [&bare[..], &line, &line].concat());
    }

    #[test]
    fn parts_tile_whatever_there_is() {
        let cases: [Case<'_>; 7] = [
            (b"", vec![]),
            (b"grpc-status: 0", vec![]),
            (b"grpc-status: 0 \n", vec![(Code::BareLf, 15)]),
            (b"no colon\r\n:x\r\n", vec![(Code::BadTrailer, 0), (Code::BadTrailer, 10)]),
            (b"\r\n\n", vec![(Code::BareLf, 2)]),
            (b"\xff\xfe:\xff\r\n", vec![]),
            (b"a:\r", vec![]),
        ];
        for (block, faults) in cases {
            let lines = read(block);
            assert_eq!(codes(&lines), faults, "{block:?}");
            assert_eq!(lines.parts.iter().map(|(_, len)| len).sum::<u64>(), block.len() as u64);
        }
        assert_eq!(read(b"grpc-status: 0").status, Some(0));
        for none in ["-1", "+1", "", "1 2", "4294967296", "0x1"] {
            assert_eq!(read(format!("grpc-status:{none}").as_bytes()).status, None, "{none}");
        }
        let long = read(&[&b"grpc-message:"[..], &[b'x'; 1_000]].concat());
        assert_eq!(long.message.len(), LETTERS);
    }
}

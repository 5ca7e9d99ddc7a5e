//! An event stream as the answer to a request: only its content is random. It is framed in both
//! ways, with a chunk for each piece of the input and with none, and means the same.
//!
//! The first byte tells whether the last chunk comes (lowest bit) and in pieces of which length the
//! answer is read (the others); the directions of the pieces mean nothing here.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace::span::Dir;
use wire::conn::Conn;
use wire::transcript::Script;
use wire_fuzz::{blocks, cut, hold, script};

const ASKS: &[u8] = b"GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
const ANSWERS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

fuzz_target!(|input: &[u8]| {
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    let content = script(rest);
    let mut chunked = format!("{ANSWERS}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    let mut plain = format!("{ANSWERS}Connection: close\r\n\r\n").into_bytes();
    // An empty chunk would be the last.
    for (_, piece) in content.iter().filter(|(_, piece)| !piece.is_empty()) {
        chunked.extend(format!("{:x}\r\n", piece.len()).bytes());
        chunked.extend(piece);
        chunked.extend(b"\r\n");
        plain.extend(piece);
    }
    if first & 1 == 0 {
        chunked.extend(b"0\r\n\r\n");
    }
    let [chunked, plain] = [chunked, plain].map(|answer| {
        let mut said: Script = vec![(Dir::ToServer, ASKS.to_vec())];
        said.extend(cut(Dir::ToClient, &answer, usize::from(first >> 1)));
        hold(Conn::http1, &said);
        blocks(Conn::http1, &said)
    });
    assert_eq!(chunked, plain, "framing changes what the stream says");
});

//! A call of gRPC on a stream of HTTP/2 whose heads are right: only its contents are random. Each piece
//! of the input is a DATA frame; then each side says the same in as few as there can be, which means
//! the same.
//!
//! The first byte tells what the contents are called (the two lowest bits), whether the stream ends
//! (the third), and in pieces of which length the frames are read (the others).
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace::span::Dir;
use wire::conn::Conn;
use wire::transcript::{self, Script};
use wire_fuzz::{CALLS, DIRS, PREFACE, cut, hold, messages, script};

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const SETTINGS: u8 = 0x4;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// The longest payload that every receiver takes.
const LONGEST: usize = 16_384;

/// `:method: POST`, `:scheme: http`, `:path: /lifeline.v1.Chat/Converse`, the name `:authority` and `a`
const ASKS: &[u8] = b"\x83\x86\x04\x1a/lifeline.v1.Chat/Converse\x01\x01a";
/// `:status: 200`
const ANSWERS: &[u8] = b"\x88";
/// The name `content-type`, not to be kept.
const CONTENT_TYPE: &[u8] = b"\x0f\x10";

fuzz_target!(|input: &[u8]| {
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    let kind = CALLS[usize::from(first & 3)];
    let ends = first & 4 == 0;
    let pieces = script(rest);
    let joined: Script = DIRS.map(|dir| (dir, transcript::stream(&pieces, dir))).into();
    let [many, few] = [pieces, joined].map(|content| {
        let said = conversation(kind, &content, ends, usize::from(first >> 3));
        hold(Conn::http1, &said);
        DIRS.map(|dir| messages(Conn::http1, &said, dir))
    });
    assert_eq!(many, few, "framing changes what the call says");
});

/// A call with these contents.
fn conversation(kind: &str, content: &Script, ends: bool, len: usize) -> Script {
    let kind = [CONTENT_TYPE, &[kind.len() as u8], kind.as_bytes()].concat();
    let head = |block: &[u8]| frame(HEADERS, END_HEADERS, 1, &[block, &kind[..]].concat());
    let settings = frame(SETTINGS, 0, 0, b"");
    let asks = [PREFACE, &settings, &head(ASKS)].concat();
    let answers = [settings, head(ANSWERS)].concat();
    let mut said: Script = vec![(Dir::ToServer, asks), (Dir::ToClient, answers)];
    for (dir, piece) in content {
        for payload in piece.chunks(LONGEST) {
            said.extend(cut(*dir, &frame(DATA, 0, 1, payload), len));
        }
    }
    for dir in DIRS.into_iter().filter(|_| ends) {
        said.push((dir, frame(DATA, END_STREAM, 1, b"")));
    }
    said
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

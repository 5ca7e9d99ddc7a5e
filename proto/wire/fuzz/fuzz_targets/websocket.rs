//! WebSocket behind a switch that is right: only what follows it is random.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace::span::Dir;
use wire::conn::Conn;
use wire_fuzz::{hold, script};

const ASKS: &[u8] = b"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ANSWERS: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fuzz_target!(|input: &[u8]| {
    let mut said = vec![(Dir::ToServer, ASKS.to_vec()), (Dir::ToClient, ANSWERS.to_vec())];
    said.extend(script(input));
    hold(Conn::http1, &said);
});

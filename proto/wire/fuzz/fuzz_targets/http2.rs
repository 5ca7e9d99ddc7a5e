//! HTTP/2 behind a client's preface that is right: only what follows it is random, on both sides.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace::span::Dir;
use wire::conn::Conn;
use wire_fuzz::{PREFACE, hold, script};

fuzz_target!(|input: &[u8]| {
    let mut said = vec![(Dir::ToServer, PREFACE.to_vec())];
    said.extend(script(input));
    hold(Conn::http1, &said);
});

//! TLS from the first byte both ways.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::conn::Conn;
use wire_fuzz::{hold, script};

fuzz_target!(|input: &[u8]| {
    hold(Conn::tls, &script(input));
});

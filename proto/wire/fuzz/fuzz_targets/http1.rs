//! HTTP/1 from the first byte both ways, and whatever it hands over to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::conn::Conn;
use wire_fuzz::{hold, script};

fuzz_target!(|input: &[u8]| {
    hold(Conn::http1, &script(input));
});

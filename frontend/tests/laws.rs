//! Law 1 in a browser: the fixtures give the very events that they give natively, and a log makes
//! the same steps.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use scene::model::Model;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use wire::transcript;

wasm_bindgen_test_configure!(run_in_browser);

/// A fixture's conversation and its events.
macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../tests/fixtures/http1/", $name, ".txt")),
            include_str!(concat!("../../tests/fixtures/http1/", $name, ".events")),
        )
    };
}

const FIXTURES: [(&str, &str, &str); 26] = [
    fixture!("ok/chunked_extensions_trailers"),
    fixture!("ok/http10_get"),
    fixture!("ok/interim_and_no_body"),
    fixture!("ok/keep_alive_two_requests"),
    fixture!("ok/pipelined"),
    fixture!("ok/preflight"),
    fixture!("ok/upgrade"),
    fixture!("err/bad_chunk_end"),
    fixture!("err/bad_chunk_size"),
    fixture!("err/bad_coding"),
    fixture!("err/bad_length"),
    fixture!("err/bad_trailer"),
    fixture!("err/bare_line_feeds"),
    fixture!("err/body_cut_off"),
    fixture!("err/chunk_cut_off"),
    fixture!("err/coding_in_http10"),
    fixture!("err/folded_header"),
    fixture!("err/garbage"),
    fixture!("err/half_head"),
    fixture!("err/http2_version"),
    fixture!("err/no_host"),
    fixture!("err/nul_in_value"),
    fixture!("err/repeated_length"),
    fixture!("err/smuggling_length_and_coding"),
    fixture!("err/smuggling_two_lengths"),
    fixture!("err/space_before_colon"),
];

#[wasm_bindgen_test]
fn fixtures_give_the_same_events_as_natively() {
    for (name, conversation, expected) in FIXTURES {
        let script = transcript::parse(conversation).unwrap();
        let events = transcript::decode(&script);
        assert_eq!(transcript::render(&script, &events), expected, "{name}");
    }
}

#[wasm_bindgen_test]
fn a_log_is_read_and_folded() {
    let log = concat!(
        r#"{"lifeline":1,"run":"r","lab":"http10","params":{},"seed":0,"participants":[],"started":"2026-11-22T10:00:00.000Z"}"#,
        "\n",
        r#"{"seq":1,"at_us":5,"type":"opened","conn":1,"client":{"id":"a","name":"A","role":"client"},"server":{"id":"s","name":"S","role":"server"},"client_addr":"127.0.0.1:1","server_addr":"127.0.0.1:2"}"#,
        "\n",
        r#"{"seq":2,"at_us":9,"type":"closed","conn":1,"by":"server","how":"fin"}"#,
    );
    let (header, entries) = trace::log::parse(log).unwrap();
    let model = Model::of(header, entries);
    assert_eq!((model.steps.len(), model.lanes.len()), (2, 2));
    let bad = trace::log::parse("nonsense").unwrap_err();
    assert_eq!(bad.line, 1);
}

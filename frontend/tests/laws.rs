//! Law 1 in a browser: the fixtures give the very events that they give natively, and a log makes
//! the same steps.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use scene::model::Model;
use trace::ids::ConnId;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use wire::conn::Conn;
use wire::transcript;

wasm_bindgen_test_configure!(run_in_browser);

/// A fixture's conversation and its events.
macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../tests/fixtures/", $name, ".txt")),
            include_str!(concat!("../../tests/fixtures/", $name, ".events")),
        )
    };
}

const FIXTURES: [(&str, &str, &str); 101] = [
    fixture!("http1/ok/chunked_extensions_trailers"),
    fixture!("http1/ok/http10_get"),
    fixture!("http1/ok/interim_and_no_body"),
    fixture!("http1/ok/keep_alive_two_requests"),
    fixture!("http1/ok/pipelined"),
    fixture!("http1/ok/preflight"),
    fixture!("http1/ok/upgrade"),
    fixture!("http1/err/bad_chunk_end"),
    fixture!("http1/err/bad_chunk_size"),
    fixture!("http1/err/bad_coding"),
    fixture!("http1/err/bad_length"),
    fixture!("http1/err/bad_trailer"),
    fixture!("http1/err/bare_line_feeds"),
    fixture!("http1/err/body_cut_off"),
    fixture!("http1/err/chunk_cut_off"),
    fixture!("http1/err/coding_in_http10"),
    fixture!("http1/err/folded_header"),
    fixture!("http1/err/garbage"),
    fixture!("http1/err/half_head"),
    fixture!("http1/err/http2_version"),
    fixture!("http1/err/no_host"),
    fixture!("http1/err/nul_in_value"),
    fixture!("http1/err/repeated_length"),
    fixture!("http1/err/smuggling_length_and_coding"),
    fixture!("http1/err/smuggling_two_lengths"),
    fixture!("http1/err/space_before_colon"),
    fixture!("websocket/ok/binary"),
    fixture!("websocket/ok/close_with_reason"),
    fixture!("websocket/ok/close_without_code"),
    fixture!("websocket/ok/compression_refused"),
    fixture!("websocket/ok/compression_taken"),
    fixture!("websocket/ok/empty_text"),
    fixture!("websocket/ok/fragmented_with_ping_between"),
    fixture!("websocket/ok/frames_in_one_read"),
    fixture!("websocket/ok/length_126"),
    fixture!("websocket/ok/ping_pong"),
    fixture!("websocket/ok/pong_after_close"),
    fixture!("websocket/ok/text_both_ways"),
    fixture!("websocket/ok/utf8_over_fragments"),
    fixture!("websocket/err/after_close"),
    fixture!("websocket/err/bad_accept"),
    fixture!("websocket/err/bad_close_code"),
    fixture!("websocket/err/bad_close_reason"),
    fixture!("websocket/err/bad_utf8"),
    fixture!("websocket/err/close_too_short"),
    fixture!("websocket/err/control_fragmented"),
    fixture!("websocket/err/control_too_long"),
    fixture!("websocket/err/cut_off_in_close"),
    fixture!("websocket/err/cut_off_in_payload"),
    fixture!("websocket/err/expected_continuation"),
    fixture!("websocket/err/length_not_minimal"),
    fixture!("websocket/err/length_too_large"),
    fixture!("websocket/err/long_close"),
    fixture!("websocket/err/masked"),
    fixture!("websocket/err/no_accept"),
    fixture!("websocket/err/not_masked"),
    fixture!("websocket/err/reserved_bits"),
    fixture!("websocket/err/unexpected_continuation"),
    fixture!("websocket/err/unknown_opcode"),
    fixture!("sse/ok/comments"),
    fixture!("sse/ok/data_lines"),
    fixture!("sse/ok/empty_end"),
    fixture!("sse/ok/id_only"),
    fixture!("sse/ok/known_length"),
    fixture!("sse/ok/lab_stream"),
    fixture!("sse/ok/line_ends"),
    fixture!("sse/ok/mark_over_chunks"),
    fixture!("sse/ok/over_chunks"),
    fixture!("sse/ok/reconnect"),
    fixture!("sse/ok/unfinished"),
    fixture!("sse/ok/unfinished_chunk"),
    fixture!("sse/ok/until_close"),
    fixture!("sse/err/bad_chunk"),
    fixture!("sse/err/bad_retry"),
    fixture!("sse/err/cut_off"),
    fixture!("sse/err/half_mark"),
    fixture!("sse/err/id_with_nul"),
    fixture!("sse/err/not_utf8"),
    fixture!("sse/err/second_mark"),
    fixture!("sse/err/unknown_field"),
    fixture!("resp/ok/bytes"),
    fixture!("resp/ok/hello"),
    fixture!("resp/ok/pipelined"),
    fixture!("resp/ok/plain_lines"),
    fixture!("resp/ok/push"),
    fixture!("resp/ok/stream"),
    fixture!("resp/ok/transaction"),
    fixture!("resp/ok/version_2_replies"),
    fixture!("resp/ok/version_2_subscribed"),
    fixture!("resp/ok/version_3_replies"),
    fixture!("resp/err/bad_length"),
    fixture!("resp/err/bad_number"),
    fixture!("resp/err/bad_type"),
    fixture!("resp/err/bare_line_feed"),
    fixture!("resp/err/command_of_integers"),
    fixture!("resp/err/cut_off"),
    fixture!("resp/err/no_end"),
    fixture!("resp/err/push_within"),
    fixture!("resp/err/too_deep"),
    fixture!("resp/err/too_long"),
    fixture!("resp/err/too_many"),
];

#[wasm_bindgen_test]
fn fixtures_give_the_same_events_as_natively() {
    for (name, conversation, expected) in FIXTURES {
        let script = transcript::parse(conversation).unwrap();
        let conn = if name.starts_with("resp/") { Conn::resp } else { Conn::http1 };
        let events = transcript::decode_on(conn(ConnId(1)), &script);
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

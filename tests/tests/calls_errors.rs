//! Calls that fail: with a status behind the answer or in its place, at their deadline, taken back
//! by their caller. The log says how each ended, and nothing is counted as delivered that was not.

use serde_json::{Value, json};
use tests::calls::{Call, Made, by_agent};
use tests::server::Server;
use trace::span::Dir;

/// Codes of gRPC.
const DEADLINE_EXCEEDED: u32 = 4;

/// The code with which a stream is reset that is not wanted any more (RFC 9113, section 7).
const CANCEL: u32 = 0x8;

/// The calls of a failing run, of which at least one was made; with what its figures must say.
async fn failing(server: &Server, knobs: Value) -> Made {
    let made = by_agent(server, knobs.clone()).await;
    assert!(!made.calls.is_empty(), "{knobs}");
    let delivered: u64 = made.calls.values().map(Call::delivered).sum();
    assert_eq!(made.summary.metrics.messages, delivered, "{knobs}: {:?}", made.calls);
    made
}

/// The status of HTTP, which is 200 whatever became of the call.
fn http_status(call: &Call) -> Option<&str> {
    call.response.as_ref()?.value(":status")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_stands_behind_the_answer() {
    let server = Server::start(&[]).await;
    for (kind, delivered) in [("unary", 0), ("client_stream", 0), ("server_stream", 1)] {
        let knobs = json!({
            "call": kind, "fail": "status", "messages": 2, "message_every_ms": 50,
        });
        let made = failing(&server, knobs).await;
        for call in made.calls.values() {
            assert_eq!(http_status(call), Some("200"), "{kind}: {call:?}");
            let answer = call.response.as_ref().expect("an answer");
            assert!(!answer.ends && answer.value("grpc-status").is_none(), "{kind}: {call:?}");
            let trailers = call.trailers.as_ref().expect("trailers");
            assert!(trailers.ends, "{kind}: {call:?}");
            assert!(call.status().is_some_and(|status| status != 0), "{kind}: {call:?}");
            assert_eq!(call.delivered(), delivered, "{kind}: {call:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_stands_in_the_answers_place() {
    let server = Server::start(&[]).await;
    for kind in ["unary", "server_stream"] {
        let knobs = json!({
            "call": kind, "fail": "no_body", "messages": 2, "message_every_ms": 50,
        });
        let made = failing(&server, knobs).await;
        assert_eq!(made.summary.metrics.messages, 0, "{kind}");
        for call in made.calls.values() {
            assert_eq!(http_status(call), Some("200"), "{kind}: {call:?}");
            let answer = call.response.as_ref().expect("an answer");
            assert!(answer.ends && call.trailers.is_none(), "{kind}: {call:?}");
            assert!(call.status().is_some_and(|status| status != 0), "{kind}: {call:?}");
            assert!(call.received.is_empty(), "{kind}: {call:?}");
        }
    }
}

/// The first message would come long after the deadline: the server says so, or the caller leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_at_its_deadline() {
    let server = Server::start(&[]).await;
    let knobs = json!({
        "call": "server_stream", "deadline_ms": 50, "messages": 2, "message_every_ms": 5_000,
    });
    let made = failing(&server, knobs).await;
    assert_eq!(made.summary.metrics.messages, 0);
    for call in made.calls.values() {
        let request = call.request.as_ref().expect("a request");
        assert!(request.value("grpc-timeout").is_some(), "{request:?}");
        let exceeded = call.status() == Some(DEADLINE_EXCEEDED);
        assert!(exceeded || !call.resets.is_empty(), "{call:?}");
        assert_eq!(call.delivered(), 0, "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_taken_back_is_reset() {
    let server = Server::start(&[]).await;
    for kind in ["unary", "client_stream", "server_stream", "bidi"] {
        let knobs = json!({
            "call": kind, "fail": "cancel", "messages": 3, "message_every_ms": 20,
        });
        let made = failing(&server, knobs).await;
        for call in made.calls.values() {
            assert!(call.resets.contains(&(Dir::ToServer, CANCEL)), "{kind}: {call:?}");
            assert!(call.status().is_none(), "{kind}: {call:?}");
        }
        let answers_once = matches!(kind, "unary" | "client_stream");
        assert_eq!(made.summary.metrics.messages == 0, answers_once, "{kind}: {:?}", made.calls);
    }
}

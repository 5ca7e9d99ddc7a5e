//! What a message costs the server: measured on an instance of its own, for one caller at a time, while the
//! server goes on with everything else.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Answer, Server};
use tests::within;

/// What is asked for, and words of the refusal.
const BAD: [(&str, &str); 8] = [
    ("messages=99", "messages takes a whole number from 100 to 20000"),
    ("messages=20001", "messages takes a whole number from 100 to 20000"),
    ("messages=-1", "messages takes a whole number"),
    ("messages=many", "messages takes a whole number"),
    ("bytes=0", "bytes takes a whole number from 1 to 4096"),
    ("bytes=4097", "bytes takes a whole number from 1 to 4096"),
    ("messages=100&bytes=", "bytes takes a whole number"),
    ("messagse=100", "there is no parameter messagse"),
];

/// The longest that measuring takes.
const LONGEST: Duration = Duration::from_secs(15);

/// Measures. The body is that of a good answer.
async fn measure(server: &Server, query: &str) -> Value {
    let path = format!("/api/processor_time?{query}");
    let answer = within(LONGEST, "it is measured", server.get(&path)).await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"), "{answer:?}");
    serde_json::from_str(&answer.body).expect("figures")
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} in {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_protocol_has_its_figures() {
    let server = Server::start(&[]).await;
    for (messages, bytes) in [(100, 1), (200, 4_096)] {
        let report = measure(&server, &format!("messages={messages}&bytes={bytes}")).await;
        assert_eq!((&report["messages"], &report["bytes"]), (&json!(messages), &json!(bytes)));
        assert_eq!((&report["rounds"], &report["whole"]), (&json!(20), &json!(true)), "{report}");
        assert!(report["debug"].is_boolean() && number(&report, "publish_us") > 0.0, "{report}");
        let protocols = report["protocols"].as_array().expect("the protocols");
        let named: Vec<_> = protocols.iter().map(|cost| cost["protocol"].clone()).collect();
        assert_eq!(named, ["grpc", "sse", "websocket"]);
        for cost in protocols {
            let spread = ["p10", "median_us", "p90"].map(|name| number(cost, name));
            assert!(spread.is_sorted() && spread[1] > 0.0, "{cost}");
            // To hear and decode what is delivered comes on top of it.
            assert!(number(cost, "heard_us") > spread[0], "{cost}");
            assert!(number(cost, "publish_us") > 0.0, "{cost}");
            // The text, and what the protocol says with it.
            let wire = number(cost, "bytes_on_wire_per_message");
            let least = f64::from(bytes);
            assert!(wire > least + 10.0 && wire < least + 200.0, "{cost}");
        }
    }
    let defaults = measure(&server, "").await;
    assert_eq!((&defaults["messages"], &defaults["bytes"]), (&json!(1_000), &json!(64)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_range_is_refused() {
    let server = Server::start(&[]).await;
    for (query, said) in BAD {
        let path = format!("/api/processor_time?{query}");
        server.get(&path).await.assert_refused(422, said, &path);
    }
    let post = Answer::to(server.ask(Method::POST, "/api/processor_time")).await;
    post.assert_refused(405, "method", "POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_too_many_and_the_server_goes_on() {
    let server = Server::start(&[]).await;
    let path = "/api/processor_time?messages=5000&bytes=64";
    let call = || async { server.ask(Method::GET, path).send().await.expect("an answer") };
    let others = async {
        // By now one of them measures.
        tokio::time::sleep(Duration::from_millis(300)).await;
        for _ in 0..10 {
            let health = server.get("/healthz");
            assert_eq!(within(Duration::from_secs(1), "it is well", health).await.status, 200);
        }
        // The other lab that measures waits for its turn too.
        server.get("/api/serialization?repeats=1").await.status
    };
    let (one, other, third) = tokio::join!(call(), call(), others);
    assert_eq!(third, 429);
    let (good, refused) = if one.status().is_success() { (one, other) } else { (other, one) };
    assert_eq!((good.status().as_u16(), refused.status().as_u16()), (200, 429));
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let report: Value = good.json().await.expect("figures");
    assert_eq!(report["messages"], json!(5_000), "{report}");
    // It is free again.
    measure(&server, "messages=100").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_run_hears_of_it() {
    let server = Server::start(&[]).await;
    let new = json!({"lab": "sse", "params": {"link_ms": 0}});
    let made = Answer::to(server.ask(Method::POST, "/api/runs").json(&new)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made: Value = serde_json::from_str(&made.body).expect("a run");
    let run = made["id"].as_str().expect("its name");
    let log = format!("/api/runs/{run}/log?after=0");
    let before = server.get(&log).await.body;
    measure(&server, "messages=100").await;
    assert_eq!(server.get(&log).await.body, before, "its log is as it was");
    let runs: Value = serde_json::from_str(&server.get("/api/runs").await.body).expect("the runs");
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_the_server_is_not_kept_waiting() {
    let mut server = Server::start(&[]).await;
    let asked = server.ask(Method::GET, "/api/processor_time?messages=20000&bytes=64");
    let asked = tokio::spawn(asked.send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    // `terminate` has a limit of its own, below what measuring may take.
    server.terminate().await;
    let _ = asked.await;
}

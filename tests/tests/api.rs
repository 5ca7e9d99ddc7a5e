//! What the server refuses, and how: each refusal has its status, is problem details, and says what
//! to do.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::live::Live;
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::{Answer, STOP, Server, fails_to_start};
use tests::within;
use tokio::net::TcpListener;
use tokio::time::Instant;
use trace::lesson::Lesson;
use trace::studio::RunState;

const LIMIT: Duration = Duration::from_secs(10);

/// A call with a body that is said to be JSON.
async fn call(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let call = server.ask(method, path).header("content-type", "application/json");
    Answer::to(call.body(body.to_owned())).await
}

/// Calls in order, each with the status and the words of its refusal. `{run}` is a run of a
/// browser's, `{over}` one that was stopped.
#[rustfmt::skip] // a table is read line by line
const REFUSALS: [(&str, &str, &str, u16, &str); 28] = [
    ("POST", "/api/runs", r#"{"lab":"http9"}"#, 422, "http10, http11"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"reqests":3}}"#, 422, "reqests"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"requests":0}}"#, 422, "requests takes a whole number from 1 to 20"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"requests":"3"}}"#, 422, "requests"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"link_ms":2001}}"#, 422, "link_ms takes a whole number from 0 to 2000"),
    ("POST", "/api/runs", r#"{"lab":"http11","params":{"keep_alive_s":0}}"#, 422, "keep_alive_s"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"peer":"cat"}}"#, 422, "peer takes one of browser, agent"),
    ("POST", "/api/runs", r#"{"lab":"http10","params":{"pause":1}}"#, 422, "pause"),
    ("POST", "/api/runs", "{nope", 400, "JSON"),
    ("POST", "/api/runs", "{}", 422, "lab"),
    ("GET", "/api/runs/nosuchrun", "", 404, "nosuchrun"),
    ("GET", "/api/runs/nosuchrun/log", "", 404, "nosuchrun"),
    ("GET", "/api/runs/nosuchrun/export/ndjson", "", 404, "nosuchrun"),
    ("DELETE", "/api/runs/nosuchrun", "", 404, "nosuchrun"),
    ("POST", "/api/runs/nosuchrun/inputs", r#"{"input":"start"}"#, 404, "nosuchrun"),
    ("GET", "/api/runs/{run}/log?after=x", "", 422, "after"),
    ("GET", "/api/runs/{run}/export/gif", "", 404, "ndjson"),
    ("PUT", "/api/runs/{run}", "", 405, "method"),
    ("GET", "/api/nothing", "", 404, "API"),
    ("POST", "/api/nothing", "{}", 404, "API"),
    ("GET", "/api/lessons/http9", "", 404, "http10, http11"),
    ("POST", "/api/lessons/http10", "{}", 405, "method"),
    ("POST", "/api/runs/{run}/inputs", r#"{"input":"dance"}"#, 422, "start, stop, next"),
    ("POST", "/api/runs/{run}/inputs", r#"{"press":"next"}"#, 422, "input"),
    ("POST", "/api/runs/{run}/inputs", r#"{"input":"start"}"#, 409, "page"),
    ("POST", "/api/runs/{run}/inputs", r#"{"input":"next"}"#, 409, "waits"),
    ("POST", "/api/runs/{over}/inputs", r#"{"input":"next"}"#, 410, "over"),
    ("POST", "/api/runs/{over}/inputs", r#"{"input":"start"}"#, 410, "over"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_what_to_do() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http10", json!({})).await;
    let over = Run::create(&server, "http10", json!({})).await;
    over.press("stop").await;
    for (method, path, body, status, said) in REFUSALS {
        let path = path.replace("{run}", run.id()).replace("{over}", over.id());
        let answer = call(&server, method, &path, body).await;
        answer.assert_refused(status, said, &format!("{method} {path} {body}"));
    }
    assert_eq!(Live::follow(server.port, "nosuchrun", 0).await.err(), Some(404));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_has_its_lesson() {
    let server = Server::start(&[]).await;
    for lab in ["http10", "http11"] {
        let call = server.ask(Method::GET, &format!("/api/lessons/{lab}"));
        let answer = call.send().await.expect("the studio answers");
        assert_eq!(answer.status().as_u16(), 200, "{lab}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{lab}");
        assert_eq!(answer.headers()["cache-control"], "no-cache", "{lab}");
        let lesson: Lesson = answer.json().await.expect("a lesson");
        assert_eq!(lesson.lab, lab);
        assert!(lesson.predict.len() >= 3, "{lab}: {:?}", lesson.predict);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_once_and_by_its_page() {
    let server = Server::start(&[]).await;
    let by_agent = Run::create(&server, "http11", json!({ "peer": "agent" })).await;
    by_agent.press("start").await;
    by_agent.input("start").await.assert_refused(409, "started", "start again");
    let by_page = Run::create(&server, "http11", json!({})).await;
    let mut page = by_page.live(0).await;
    by_page.input("start").await.assert_refused(409, "page", "a follower is no driver");
    page.drive(&by_page.created.key).await;
    let driven = async {
        while by_page.input("start").await.status != 204 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(LIMIT, "the page drives", driven).await;
    assert_eq!(by_page.summary().await.state, RunState::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_address_serves_while_its_run_does() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut kept = Raw::connect(run.addr()).await;
    assert_eq!(kept.ask(&get(&run.target("hello"))).await.status(), 200);
    run.press("stop").await;
    let ended = within(LIMIT, "an idle connection is closed", kept.read_to_end()).await;
    ended.expect("in order");
    for (target, status) in [(run.target("hello"), 410), ("/r/nosuchrun/hello".to_owned(), 404)] {
        let mut raw = Raw::connect(run.addr()).await;
        let reply = within(LIMIT, "an answer", raw.ask(&get(&target))).await;
        assert_eq!(reply.status(), status, "{target}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{target}");
        within(LIMIT, "the close", raw.read_to_end()).await.expect("in order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_belongs_to_the_run_of_its_first_request() {
    let server = Server::start(&[]).await;
    let first = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let other = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut raw = Raw::connect(first.addr()).await;
    assert_eq!(raw.ask(&get(&first.target("hello"))).await.status(), 200);
    let reply = raw.ask(&get(&other.target("hello"))).await;
    assert_eq!((reply.status(), reply.header("connection")), (421, Some("close")));
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    within(LIMIT, "the close", raw.read_to_end()).await.expect("in order");
    assert_eq!(other.summary().await.metrics.connections_opened, 0, "nothing of it is the other's");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_may_call_the_studio() {
    let server = Server::start(&[]).await;
    let own = format!("http://127.0.0.1:{}", server.port);
    for (header, value, status) in [
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("host", "evil.example", 421),
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "none", 200),
        ("origin", own.as_str(), 200),
        ("host", "localhost", 200),
    ] {
        for path in ["/api/labs", "/healthz"] {
            let call = server.ask(Method::GET, path).header(header, value);
            let answer = Answer::to(call).await;
            match status {
                200 => assert_eq!(answer.status, 200, "{header}: {value}: {}", answer.body),
                _ => answer.assert_refused(status, "", &format!("{path} with {header}: {value}")),
            }
        }
    }
}

/// A picture or a link of another site's page says no `Origin`, and must not make the server measure.
#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_may_make_the_server_work() {
    let server = Server::start(&[]).await;
    let paths = ["/api/processor_time?messages=100", "/api/serialization?repeats=1", "/api/labs"];
    for site in ["cross-site", "same-site"] {
        for path in paths {
            let call = server.ask(Method::GET, path).header("sec-fetch-site", site);
            Answer::to(call).await.assert_refused(403, "another site's", path);
        }
        // A link to the page itself is one to follow.
        let call = server.ask(Method::GET, "/healthz").header("sec-fetch-site", site);
        assert_eq!(Answer::to(call).await.status, 200, "{site}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_one_mebibyte_is_too_large() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http10", json!({})).await;
    let body = json!({ "lab": "x".repeat(1024 * 1024) }).to_string();
    for path in ["/api/runs".to_owned(), run.api("/inputs")] {
        call(&server, "POST", &path, &body).await.assert_refused(413, "1048576 bytes", &path);
    }
}

/// Behind a proxy everybody looks local, so that the key is needed.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_key_is_needed() {
    let server = Server::start(&["--lab-url", "http10=http://127.0.0.1:9"]).await;
    let run = Run::create(&server, "http10", json!({ "peer": "agent", "requests": 1 })).await;
    assert!(run.created.urls["http10"].starts_with("http://127.0.0.1:9/r/"));
    let delete = |key: Option<&str>| {
        let call = server.ask(Method::DELETE, &run.api(""));
        if let Some(key) = key { call.header("lifeline-key", key) } else { call }
    };
    let start = |key: &str| {
        let call = server.ask(Method::POST, &run.api("/inputs")).header("lifeline-key", key);
        call.json(&json!({ "input": "start" }))
    };
    run.input("start").await.assert_refused(401, "lifeline-key", "start without a key");
    Answer::to(start("wrong")).await.assert_refused(403, "key", "start with a wrong key");
    Answer::to(delete(None)).await.assert_refused(401, "lifeline-key", "delete without a key");
    Answer::to(delete(Some("wrong"))).await.assert_refused(403, "key", "delete with a wrong key");
    let key = run.created.key.as_str();
    assert_eq!(Answer::to(start(key)).await.status, 204);
    run.wait_state(RunState::Finished, LIMIT).await;
    assert_eq!(Answer::to(delete(Some(key))).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_log_and_a_deleted_run_is_gone() {
    let server = Server::start(&[]).await;
    let params = json!({ "peer": "agent", "requests": 1, "link_ms": 0 });
    let run = Run::create(&server, "http10", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    run.wait_settled().await;
    let export = server.get(&run.api("/export/ndjson")).await;
    assert_eq!((export.status, export.kind.as_str()), (200, "application/x-ndjson"));
    assert_eq!(export.body, run.log_text(0).await);
    assert_eq!(call(&server, "DELETE", &run.api(""), "").await.status, 204);
    for rest in ["", "/log", "/export/ndjson"] {
        server.get(&run.api(rest)).await.assert_refused(404, run.id(), rest);
    }
    call(&server, "DELETE", &run.api(""), "").await.assert_refused(404, run.id(), "delete again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_told_by_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (status, said) = fails_to_start(&["--port", &port]).await;
    assert!(!status.success(), "{status}");
    assert!(said.contains("--port") && said.contains(&port), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_server_finishes_what_is_in_flight() {
    let mut server = Server::start(&[]).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut follower = run.live(0).await;
    let mut idle = Raw::connect(run.addr()).await;
    assert_eq!(idle.ask(&get(&run.target("hello"))).await.status(), 200);
    let mut busy = Raw::connect(run.addr()).await;
    busy.send(get(&run.target("hello?delay_ms=1500"))).await;
    // The request must be there before the signal is.
    run.wait(LIMIT, "both requests", |summary| summary.metrics.requests == 2).await;
    drop(run);
    let began = Instant::now();
    let (status, reply, code) = tokio::join!(
        server.terminate(),
        within(STOP, "the answer in flight", busy.reply("GET")),
        follower.closed(STOP),
    );
    assert_eq!(status.code(), Some(0), "{}", server.messages());
    assert!(began.elapsed() <= STOP);
    assert_eq!(reply.unwrap().expect("an answer").status(), 200);
    assert_eq!(code, Some(1001), "followers are told by a close frame");
    within(STOP, "the idle connection's end", idle.read_to_end()).await.expect("in order");
}

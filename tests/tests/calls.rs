//! Calls as clients make them that know nothing of Lifeline: Python's `grpcio`, npm's
//! `@grpc/grpc-js` and `@connectrpc/connect-web`. Pages over HTTP/2 as curl, nghttp and h2load
//! fetch them. A hundred calls at once. What each client says that it received is what the log says
//! was delivered to it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tests::calls::{Call, assert_understood, by_agent, calls};
use tests::client::{contract, curl, node, output, python, told, url, with_events};
use tests::log::{assert_sound, events};
use tests::run::Run;
use tests::server::Server;
use tokio::process::Command;
use trace::entry::Entry;
use trace::event::Kind;
use trace::grpc::Call as Id;
use trace::http2::{Http2, Role};
use trace::ids::ConnId;

/// Calls that the agent makes at once.
const PARALLEL: usize = 100;

/// Pages that h2load fetches, and how many of them at once.
const FETCHED: usize = 20;
const AT_ONCE: usize = 10;

/// The connection of HTTP/2 that a client opened, and the client's name; all of it is understood.
fn http2_conn<'a>(entries: &'a [Entry], who: &str) -> (ConnId, &'a str) {
    let found = with_events(entries, |kind| matches!(kind, Kind::Http2(_)));
    assert_eq!(found.len(), 1, "{who}: {found:?}");
    assert_understood(entries, found[0].conn);
    (found[0].conn, found[0].client.name.as_str())
}

/// The texts of the messages that a call sent, or of those that it received.
fn texts<'a>(call: &'a Value, side: &str) -> Vec<&'a str> {
    let messages = call[side].as_array().expect("a list of messages");
    messages.iter().map(|message| message["text"].as_str().expect("its text")).collect()
}

/// Holds that calls succeeded, and that a subscription heard what was sent before it, in order.
fn assert_heard(told: &[Value], methods: &[&str], who: &str) {
    let made: Vec<&str> = told.iter().filter_map(|call| call["method"].as_str()).collect();
    assert_eq!(made, methods, "{who}");
    assert!(told.iter().all(|call| call["status"] == 0), "{who}: {told:?}");
    let subscribed = methods.iter().position(|method| *method == "Subscribe").expect("one");
    let (before, heard) = (&told[..subscribed], &told[subscribed]);
    let sent: Vec<&str> = before.iter().flat_map(|call| texts(call, "sent")).collect();
    assert_eq!(texts(heard, "received"), sent, "{who}: every message once, in order");
    let ids = heard["received"].as_array().unwrap().iter().map(|message| message["id"].clone());
    let wanted = (1..=sent.len()).map(|number| json!(number.to_string()));
    assert_eq!(ids.collect::<Vec<Value>>(), wanted.collect::<Vec<Value>>(), "{who}");
}

/// A client that makes all four kinds of call on one channel.
async fn assert_calls(server: &Server, who: &str, mut client: Command) {
    let run = Run::create(server, "grpc", json!({ "link_ms": 0 })).await;
    client.arg(run.at("instance1").to_string()).arg(run.id()).arg(contract());
    let told = told(&mut client).await;
    assert_heard(&told, &["Send", "Send", "Upload", "Subscribe", "Converse"], who);
    let conversation = &told[4];
    assert_eq!(texts(conversation, "received"), texts(conversation, "sent"), "{who}");

    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let (conn, _) = http2_conn(&entries, who);
    let calls = calls(&entries, conn);
    let logged: Vec<Value> = calls.values().map(Call::told).collect();
    assert_eq!(told, logged, "{who}, as the log says");
    for call in calls.values() {
        let status = call.trailers.as_ref().and_then(|trailers| trailers.value("grpc-status"));
        assert_eq!(status, Some("0"), "{who}: {call:?}");
    }
    let figures = &summary.metrics;
    let delivered: u64 = calls.values().map(Call::delivered).sum();
    assert_eq!((figures.requests, figures.responses), (5, 5), "{who}");
    assert_eq!((figures.messages, delivered), (10, 10), "{who}: five heard twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn native_clients_receive_what_the_log_says() {
    let server = Server::start(&[]).await;
    assert_calls(&server, "Python's grpcio", python("calls.py")).await;
    assert_calls(&server, "npm's grpc-js", node("calls.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_client_receives_what_the_log_says() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
    let mut client = node("calls-web.mjs");
    client.arg(&run.created.urls["instance1"]).arg(contract());
    let mut told = told(&mut client).await;
    assert_heard(&told, &["Send", "Send", "Send", "Subscribe"], "connect-web");

    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let mut made = Vec::new();
    for opened in with_events(&entries, |kind| matches!(kind, Kind::Grpc(_))) {
        assert_understood(&entries, opened.conn);
        made.extend(calls(&entries, opened.conn).into_values());
    }
    // Its calls share connections as node likes, and connections have no order among them.
    let mut logged: Vec<Value> = made.iter().map(Call::told).collect();
    for calls in [&mut told, &mut logged] {
        calls.sort_by_key(|call| call["sent"].to_string());
    }
    assert_eq!(told, logged, "as the log says");
    assert!(made.iter().all(|call| call.web_status == Some(0)), "{made:?}");
    assert_eq!(summary.metrics.messages, 3, "one subscription heard them");
}

/// What tools ask before they call, and what is answered where it is not said whose call it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_learns_what_there_is_and_whose_a_call_must_be() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
    let mut client = python("about.py");
    client.arg(run.at("instance1").to_string()).arg(run.id());
    let told = told(&mut client).await;
    // The message's one field, `status`, and SERVING in it.
    assert_eq!(told[0]["health"], "\u{8}\u{1}");
    let services = told[0]["services"].as_str().expect("a text");
    assert!(services.contains("lifeline.v1.Chat"), "{services:?}");
    let [invalid_argument, not_found] = [3, 5];
    assert_eq!(told[0]["no_run"], invalid_argument);
    assert_eq!(told[0]["unknown_run"], not_found);
    let (_, entries) = run.settled().await;
    assert_sound(&entries);
    let (conn, _) = http2_conn(&entries, "the one that says whose it is");
    assert_eq!(calls(&entries, conn).len(), 2);
}

/// Lets a tool fetch a run's page so many times, on one connection; gives what it prints.
async fn fetched(
    server: &Server,
    (name, count): (&str, usize),
    page: &[u8],
    tool: impl FnOnce(&str) -> Command,
) -> Vec<u8> {
    let run = Run::create(server, "grpc", json!({ "link_ms": 0 })).await;
    let target = run.target("page/index.html");
    let printed = output(&mut tool(&url("http", &run, "instance1", "page/index.html"))).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let (conn, client) = http2_conn(&entries, name);
    assert_eq!(client, name);
    let fetched = calls(&entries, conn);
    assert_eq!(fetched.len(), count, "{name}: each on a stream of its own");
    for (id, call) in &fetched {
        assert_eq!(call.path, target, "{name}, {id:?}");
        assert_eq!(call.order, ["request", "response"], "{name}, {id:?}");
        let status = call.response.as_ref().and_then(|head| head.value(":status"));
        assert_eq!(status, Some("200"), "{name}, {id:?}");
        let content = call.content.as_ref().expect("the page");
        assert_eq!((content.len, content.complete), (page.len() as u64, true), "{name}, {id:?}");
    }
    assert_eq!(summary.metrics.messages, count as u64, "{name}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_of_http2_fetch_what_the_log_says() {
    let server = Server::start(&[]).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/labs/index.html");
    let page = std::fs::read(file).expect("the page that the labs serve");
    let by_curl = |url: &str| {
        let mut curl = curl(url);
        curl.arg("--http2-prior-knowledge");
        curl
    };
    let by_nghttp = |url: &str| {
        let mut nghttp = Command::new("nghttp");
        nghttp.arg(url);
        nghttp
    };
    let by_h2load = |url: &str| {
        let mut h2load = Command::new("h2load");
        h2load.args(["-n", &FETCHED.to_string(), "-c", "1", "-m", &AT_ONCE.to_string(), url]);
        h2load
    };
    assert!(fetched(&server, ("curl", 1), &page, by_curl).await == page, "by curl");
    assert!(fetched(&server, ("nghttp2", 1), &page, by_nghttp).await == page, "by nghttp");
    let printed = fetched(&server, ("h2load", FETCHED), &page, by_h2load).await;
    let printed = String::from_utf8_lossy(&printed);
    assert!(printed.contains(&format!("status codes: {FETCHED} 2xx, 0 3xx")), "{printed}");
}

/// A hundred calls share a connection, each on its own stream, and none takes another's messages.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_at_once_are_told_apart() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "call": "parallel", "parallel": PARALLEL });
    let made = by_agent(&server, knobs).await;
    assert_eq!(made.calls.len(), PARALLEL);
    let (mut texts, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for (id, call) in &made.calls {
        assert!(matches!(id, Id::Stream(_)), "{id:?}");
        assert_eq!(call.path, "/lifeline.v1.Chat/Send", "{id:?}");
        let order = ["request", "sent", "response", "received", "trailers"];
        assert_eq!(call.order, order, "{id:?}");
        assert_eq!(call.status(), Some(0), "{id:?}");
        texts.insert(call.sent[0]["text"].as_str());
        ids.insert(call.received[0]["id"].parse::<usize>().expect("a number"));
    }
    assert_eq!(texts.len(), PARALLEL, "{texts:?}");
    let wanted: BTreeSet<usize> = (1..=PARALLEL).collect();
    assert_eq!(ids, wanted, "each message has its own number");
    let heads = events(&made.entries, made.conn).into_iter().filter_map(|event| {
        if let Kind::Http2(Http2::Head(head)) = &event.kind { Some(head.role) } else { None }
    });
    let before = heads.take_while(|role| *role != Role::Trailers);
    let open = before.filter(|role| *role == Role::Request).count();
    assert!(open > 1, "they are not made one after the other");
}

//! Clients that know nothing of Lifeline, as they come: Python's `websockets`, npm's `ws` and
//! `eventsource`, and curl. What each says that it received is what the log says was delivered to it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::{curl, node, output, python, told, url, with_events};
use tests::log::{events, request, response, stream};
use tests::raw::Raw;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use trace::entry::Entry;
use trace::event::{Event, Kind};
use trace::field::Name;
use trace::http1::Http1;
use trace::ids::ConnId;
use trace::span::{Dir, Span};
use trace::spoken::{self, Delivered};
use trace::sse::Sse;
use trace::websocket::Websocket;

const LIMIT: Duration = Duration::from_secs(30);

/// Messages that each of the two users sends.
const MESSAGES: usize = 20;

/// How long after a client's start something new is sent.
const LATER: Duration = Duration::from_millis(500);

/// Sends a message as another service would.
async fn append(run: &Run<'_>, instance: &str, text: &str) {
    let body = json!({ "text": text }).to_string();
    let (target, len) = (run.target("messages"), body.len());
    let ask = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{body}");
    let mut service = Raw::connect(run.at(instance)).await;
    let taken = within(LIMIT, "an answer", service.ask(&ask)).await;
    assert_eq!(taken.status(), 201, "{}", taken.head);
}

fn slice(bytes: &[u8], span: Span) -> Vec<u8> {
    let [start, end] = [span.start, span.end()].map(|at| usize::try_from(at).unwrap());
    bytes[start..end].to_vec()
}

/// Messages that the log says a chat's client was sent.
fn delivered(entries: &[Entry], conn: ConnId) -> Vec<Delivered> {
    let message = |event: &Event| match &event.kind {
        Kind::Websocket(Websocket::Message(message)) if event.dir() == Dir::ToClient => {
            Some(spoken::delivered(message.text.as_ref()?).expect("a message of the chat"))
        }
        _ => None,
    };
    events(entries, conn).into_iter().filter_map(message).collect()
}

/// The codes of the closes that a client sent.
fn close_codes(entries: &[Entry], conn: ConnId) -> Vec<u16> {
    let code = |event: &Event| match &event.kind {
        Kind::Websocket(Websocket::Frame(frame)) if event.dir() == Dir::ToServer => {
            Some(frame.close.as_ref()?.code)
        }
        _ => None,
    };
    events(entries, conn).into_iter().filter_map(code).collect()
}

/// The bytes of the blocks on a connection, as they lie in its stream.
fn blocks(entries: &[Entry], conn: ConnId) -> Vec<u8> {
    let bytes = stream(entries, conn, Dir::ToClient);
    let is_block = |event: &&Event| matches!(event.kind, Kind::Sse(_));
    let blocks = events(entries, conn).into_iter().filter(is_block);
    blocks.flat_map(|event| &event.evidence.0).flat_map(|span| slice(&bytes, *span)).collect()
}

/// The bytes of the bodies that were sent to a client.
fn bodies(entries: &[Entry], conn: ConnId) -> Vec<u8> {
    let bytes = stream(entries, conn, Dir::ToClient);
    let is_body = |event: &&Event| {
        matches!(event.kind, Kind::Http1(Http1::Body(_))) && event.dir() == Dir::ToClient
    };
    let fields = events(entries, conn).into_iter().filter(is_body).flat_map(|event| &event.fields);
    let content = fields.filter(|field| matches!(field.name, Name::Content | Name::ChunkData));
    content.flat_map(|field| slice(&bytes, field.span)).collect()
}

/// A client that speaks for A at instance 1 and for B at instance 2.
async fn assert_chats(server: &Server, who: &str, mut client: Command) {
    let params = json!({ "mode": "stateless", "instances": 2, "link_ms": 0, "pull_ms": 20 });
    let run = Run::create(server, "websocket", params).await;
    for (instance, user) in [("instance1", "A"), ("instance2", "B")] {
        client.arg(url("ws", &run, instance, &format!("socket?user={user}")));
    }
    let told = told(client.arg(MESSAGES.to_string())).await;
    run.press("stop").await;
    let (_, entries) = run.settled().await;
    let sockets = with_events(&entries, |kind| matches!(kind, Kind::Websocket(_)));
    assert_eq!(sockets.len(), 2, "{who}");
    for (user, other) in [("A", "B"), ("B", "A")] {
        let its = told.iter().filter(|told| told["user"] == user);
        let received: Vec<Delivered> = its
            .map(|told| serde_json::from_value(told["message"].clone()).expect("a message"))
            .collect();
        let texts: Vec<&str> = received.iter().map(|message| message.text.as_str()).collect();
        let wanted: Vec<String> =
            (1..=MESSAGES).map(|number| format!("Message {number} for {user}: grüße 🌍")).collect();
        assert_eq!(texts, wanted, "{who}: {user} has every message once, in order");
        assert!(received.iter().all(|message| message.from.as_deref() == Some(other)), "{who}");
        let id = format!("user-{user}");
        let socket = sockets.iter().find(|opened| opened.client.id == id).expect("a socket");
        assert_eq!(received, delivered(&entries, socket.conn), "{who}: {user}, as the log says");
        assert_eq!(close_codes(&entries, socket.conn), [1000], "{who}: {user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_clients_receive_what_the_log_says() {
    let server = Server::start(&[]).await;
    assert_chats(&server, "Python's websockets", python("chat.py")).await;
    assert_chats(&server, "npm's ws", node("chat.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eventsource_receives_what_the_log_says_and_comes_back() {
    let server = Server::start(&[]).await;
    let params = json!({ "drop_after": 2, "retry_ms": 100, "link_ms": 0 });
    let run = Run::create(&server, "sse", params).await;
    let texts = ["one", "two\nlines", "grüße 🌍", "four", "five"];
    for text in &texts[..3] {
        append(&run, "instance1", text).await;
    }
    let mut client = node("events.mjs");
    client.arg(url("http", &run, "instance1", "events")).arg(texts.len().to_string());
    let (told, ()) = tokio::join!(told(&mut client), async {
        tokio::time::sleep(LATER).await;
        for text in &texts[3..] {
            append(&run, "instance1", text).await;
        }
    });
    let wanted =
        (1_u64..).zip(texts).map(|(id, text)| json!({ "id": id.to_string(), "data": text }));
    assert_eq!(told, wanted.collect::<Vec<Value>>(), "every event once, in order");
    let (_, entries) = run.settled().await;
    let streams = with_events(&entries, |kind| matches!(kind, Kind::Sse(_)));
    assert_eq!(streams.len(), 2, "it was cut off once");
    let mut logged = Vec::new();
    for event in streams.iter().flat_map(|opened| events(&entries, opened.conn)) {
        if let Kind::Sse(Sse::Block(block)) = &event.kind
            && block.dispatched
        {
            logged.push(json!({ "id": block.id, "data": block.data }));
        }
    }
    assert_eq!(told, logged, "as the log says");
    let resumed: Vec<&String> =
        entries.iter().filter_map(|entry| request(entry)?.last_event_id.as_ref()).collect();
    assert_eq!(resumed, ["2"], "it comes back with the last id that it has");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_receives_the_stream_that_the_log_says() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "sse", json!({ "drop_after": 0, "link_ms": 0 })).await;
    append(&run, "instance1", "one").await;
    let mut client = curl(&url("http", &run, "instance1", "events"));
    let spawned = client.stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut client = spawned.expect("curl must be installed for this test: apt-get install curl");
    let mut stdout = client.stdout.take().expect("its output is ours");
    let mut received: Vec<u8> = Vec::new();
    for (text, event) in [
        (None, "retry: 1000\n\nid: 1\nevent: message\ndata: one\n\n"),
        (Some("two"), "id: 2\nevent: message\ndata: two\n\n"),
        (Some("three"), "id: 3\nevent: message\ndata: three\n\n"),
    ] {
        if let Some(text) = text {
            append(&run, "instance1", text).await;
        }
        let before = received.len();
        let reading = async {
            while received.len() < before + event.len() {
                let len = stdout.read_buf(&mut received).await.expect("its output can be read");
                assert!(len > 0, "the stream goes on");
            }
        };
        within(LIMIT, "an event, while the stream runs", reading).await;
        assert_eq!(String::from_utf8_lossy(&received[before..]), event);
    }
    client.kill().await.expect("it can be stopped");
    let (_, entries) = run.settled().await;
    let streams = with_events(&entries, |kind| matches!(kind, Kind::Sse(_)));
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].client.name, "curl");
    assert_eq!(received, blocks(&entries, streams[0].conn), "as the log says");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_polls_and_receives_what_the_log_says() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "long_polling", json!({ "instances": 2, "link_ms": 0 })).await;
    for text in ["one", "grüße 🌍", "three"] {
        append(&run, "instance2", text).await;
    }
    let mut received = Vec::new();
    for rest in ["messages?after=0&max=2", "messages?after=2&wait=5", "messages?after=3&wait=1"] {
        received.push(output(&mut curl(&url("http", &run, "instance1", rest))).await);
    }
    let mut held = curl(&url("http", &run, "instance1", "messages?after=3&wait=20"));
    let (last, ()) = tokio::join!(output(&mut held), async {
        tokio::time::sleep(LATER).await;
        append(&run, "instance2", "four").await;
    });
    received.push(last);
    let ids: Vec<Vec<u64>> = received
        .iter()
        .map(|body| spoken::batch(body).into_iter().flatten().map(|message| message.id).collect())
        .collect();
    assert_eq!(ids, [vec![1, 2], vec![3], vec![], vec![4]]);
    let (_, entries) = run.settled().await;
    let polls = with_events(
        &entries,
        |kind| matches!(kind, Kind::Http1(Http1::Request(request)) if request.method == "GET"),
    );
    assert!(polls.iter().all(|opened| opened.client.name == "curl"), "{polls:?}");
    let logged: Vec<Vec<u8>> = polls.iter().map(|opened| bodies(&entries, opened.conn)).collect();
    assert_eq!(received, logged, "as the log says");
    let statuses = entries.iter().filter_map(response).map(|response| response.status);
    let statuses: Vec<u16> = statuses.filter(|status| *status != 201).collect();
    assert_eq!(statuses, [200, 200, 204, 200]);
}

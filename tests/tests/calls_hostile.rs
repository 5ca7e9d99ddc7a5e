//! Clients of HTTP/2 and gRPC that mean no good: garbage, frames and heads without end, floods.
//! Each is told so in its time, the log says what was wrong, and the server goes on.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tests::client::{contract, python, told};
use tests::h2::{self, CONTINUATION, DATA, END_HEADERS, HEADERS};
use tests::log::{self, assert_sound, conns, events};
use tests::raw::Raw;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use trace::entry::Entry;
use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::grpc::{Grpc, Message};
use trace::http2::{Http2, Says};
use trace::span::Dir;

/// Within this every bad connection must be closed.
const CLOSED: Duration = Duration::from_secs(15);

const PEAK_KIB: u64 = 256 * 1024;

/// Lines of a long log of which one is held against the schema.
const EVERY: usize = 100;

/// Says something, and reads until the server closes.
async fn say(run: &Run<'_>, what: &str, said: &[u8]) {
    let mut raw = Raw::connect(run.at("instance1")).await;
    // The server may close before it has taken everything.
    let _ = within(CLOSED, what, raw.write(said)).await;
    let _ = within(CLOSED, what, raw.read_to_end()).await;
}

/// Bytes by lot, which begin like a frame of eight MiB or more.
fn garbage() -> Vec<u8> {
    let mut bytes = vec![0_u8; 300];
    StdRng::seed_from_u64(1).fill(&mut bytes[..]);
    bytes[0] |= 0x80;
    bytes
}

/// A header block that never ends, in so many pieces of so many fields.
fn bomb(pieces: usize, fields: usize) -> Vec<u8> {
    let piece = h2::field("x", "y").repeat(fields);
    let mut frames = h2::frame(HEADERS, 0, 3, &h2::field(":method", "GET"));
    for _ in 0..pieces {
        frames.extend(h2::frame(CONTINUATION, 0, 3, &piece));
    }
    frames
}

/// Whether the server ends the connection or a stream for a reason, in words of HTTP/2.
fn refuses(event: &Event) -> bool {
    let Kind::Http2(Http2::Frame(frame)) = &event.kind else { return false };
    let reason = match &frame.says {
        Says::Goaway { error, .. } | Says::Reset(error) => *error,
        _ => 0,
    };
    event.dir() == Dir::ToClient && reason != 0
}

fn has_fault(event: &Event, code: Code) -> bool {
    event.dir() == Dir::ToServer && event.faults.iter().any(|fault| fault.code == code)
}

/// What is nobody's is closed in time; what comes behind a good request is in that run's log, as a
/// fault where our decoder sees one, and as what the server says of it.
#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_are_refused_and_named() {
    let server = Server::start(&[]).await;
    let (garbage, many_small, few_large) = (garbage(), bomb(20_000, 1), bomb(200, 3_000));
    let huge = [h2::header(0x00ff_ffff, DATA, 0, 3), vec![0; 64 * 1024]].concat();
    let lone = h2::frame(CONTINUATION, END_HEADERS, 3, &h2::field("x", "y"));
    let rows: [(&str, &[u8], Option<Code>); 5] = [
        ("garbage", &garbage, Some(Code::FrameTooLarge)),
        ("a frame of 16 MiB", &huge, Some(Code::FrameTooLarge)),
        ("a continuation of nothing", &lone, Some(Code::LoneContinuation)),
        ("a head in many small pieces", &many_small, None),
        ("a head in large pieces", &few_large, None),
    ];
    for (what, said, code) in rows {
        let run = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
        say(&run, what, &[h2::PREFACE, said].concat()).await;
        say(&run, what, &[&h2::beginning()[..], said].concat()).await;
        let good = [h2::beginning(), h2::get(&run.target("hello"))].concat();
        say(&run, what, &[&good[..], said].concat()).await;
        let (_, entries) = run.settled().await;
        assert_sound(&entries);
        let found = conns(&entries);
        assert_eq!(found.len(), 1, "{what}: only one has asked for something of this run");
        let events = events(&entries, found[0].conn);
        let refused = events.iter().any(|event| refuses(event));
        let named = code.is_none_or(|code| events.iter().any(|event| has_fault(event, code)));
        assert!(refused && named, "{what}: {:?}", events.last());
        assert_eq!(server.get("/healthz").await.status, 200, "after {what}");
    }
    let peak = server.peak_kib();
    assert!(peak < PEAK_KIB, "{peak} KiB at most were in use");
}

/// Uploads so many messages of so many bytes; gives what the client says, and what the log has.
async fn flood(run: &Run<'_>, count: usize, bytes: usize) -> (Value, Vec<Entry>) {
    let mut client = python("flood.py");
    client.arg(run.at("instance1").to_string()).arg(run.id()).arg(contract());
    let told = told(client.arg(count.to_string()).arg(bytes.to_string())).await;
    assert_eq!(run.server.get("/healthz").await.status, 200);
    let summary = run.wait_settled().await;
    assert_eq!(summary.metrics.lost_bytes, 0, "all of it is in the log");
    let (_, entries) = log::read(&run.log_text(0).await, EVERY);
    assert_sound(&entries);
    (told[0].clone(), entries)
}

/// The messages that the client of a run's only connection sent.
fn sent(entries: &[Entry]) -> Vec<&Message> {
    let conns = conns(entries);
    assert_eq!(conns.len(), 1);
    let mut sent = Vec::new();
    for event in events(entries, conns[0].conn) {
        if let Kind::Grpc(Grpc::Message(message)) = &event.kind
            && event.dir() == Dir::ToServer
        {
            sent.push(message);
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_on_one_stream_are_all_heard() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
    let (told, entries) = flood(&run, 10_000, 10).await;
    assert_eq!(told, json!({ "status": 0, "received": { "count": 10_000, "last_id": 10_000 } }));
    let sent = sent(&entries);
    assert_eq!(sent.len(), 10_000);
    assert!(sent.iter().zip(1..).all(|(message, number)| message.number == number));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_mebibyte_is_refused_and_heard() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
    let bytes = 1 << 20;
    let (told, entries) = flood(&run, 1, bytes).await;
    let invalid_argument = 3;
    assert_eq!(told, json!({ "status": invalid_argument, "received": null }));
    let lens: Vec<u64> = sent(&entries).into_iter().map(|message| message.len).collect();
    assert!(matches!(lens[..], [len] if len > bytes as u64), "{lens:?}");
}

//! Clients that mean no good: garbage, heads without end, slow bodies, bodies without end, and the
//! shapes of request smuggling. The server answers each as it should and serves the others.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use tests::log::{assert_tiled, by_conn, conns, events};
use tests::raw::Raw;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::time::{Instant, sleep, timeout};
use trace::entry::{Entry, What};
use trace::fault::Code;
use trace::span::Dir;
use trace::studio::RunState;

const LIMIT: Duration = Duration::from_secs(30);

/// Within this every bad connection must be closed.
const CLOSED: Duration = Duration::from_secs(15);

const PEAK_KIB: u64 = 256 * 1024;

/// Sends something and reads to the end. Gives the version and the status that came.
async fn say(to: SocketAddr, bytes: Vec<u8>) -> Option<(String, u16)> {
    let mut raw = Raw::connect(to).await;
    // The server may answer and close before it has taken everything.
    let _ = raw.write(&bytes).await;
    let _ = within(CLOSED, "the server closes", raw.read_to_end()).await;
    let version = raw.received.get(..9).map(|nine| String::from_utf8_lossy(nine).into_owned());
    Some((version?, raw.status()?))
}

/// Bytes that no request line begins with, and then by lot.
fn garbage(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0_u8; 300];
    StdRng::seed_from_u64(seed).fill(&mut bytes[..]);
    bytes[0] |= 0x80;
    bytes
}

/// A run that the agent makes.
async fn agent_run(server: &Server) -> (String, Vec<Entry>) {
    let run = Run::create(server, "http10", json!({ "peer": "agent", "requests": 3 })).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let (_, entries) = run.settled().await;
    (run.id().to_owned(), entries)
}

/// What a log says, without times, numbers, addresses, dates, the run's name, and who closed first
/// (both do, on the two ends of a link). Each connection is a list of its own: how they interleave
/// is open. The list without connection is the run's own.
fn said(run: &str, entries: &[Entry]) -> BTreeMap<Option<u64>, Vec<String>> {
    let mut lists: BTreeMap<Option<u64>, Vec<String>> = BTreeMap::new();
    for entry in entries {
        let words = match &entry.what {
            What::Opened(it) => format!("opened {} {}", it.client.id, it.server.id),
            What::Chunk(it) => format!("chunk {:?} {} {}", it.dir, it.offset, masked(&it.bytes)),
            What::Passed(it) => format!("passed {:?} {}", it.dir, it.offset),
            What::Event(it) => format!("event {:?} {:?} {:?}", it.dir(), it.evidence, it.kind),
            What::Closed(it) => format!("closed {:?}", it.how),
            What::Note(it) => format!("note {:?}", it.what),
            other => format!("{other:?}"),
        };
        let conn = entry.what.conn().map(|conn| conn.0);
        lists.entry(conn).or_default().push(words.replace(run, "{run}"));
    }
    lists
}

/// Bytes as text, without the value of `Date`.
fn masked(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split("\r\n");
    let lines = lines.map(|line| if line.starts_with("Date: ") { "Date: -" } else { line });
    lines.collect::<Vec<&str>>().join("\r\n")
}

/// The doors at which 200 hostile clients knock, and the version in which each answers.
const KNOCKED: [(&str, &str); 3] =
    [("instance1", "HTTP/1.1 "), ("http10", "HTTP/1.0 "), ("studio", "HTTP/1.1 ")];

/// One of them: what it says, and the status that is due to it.
fn hostile(number: u64) -> (Vec<u8>, u16) {
    match number % 3 {
        0 => (garbage(number), 400),
        1 => (b"GET /r/nosuchrun/hello HTTP/1.1\r\nHost: lifel".to_vec(), 408),
        _ => (format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(1 << 20)).into_bytes(), 431),
    }
}

/// Asks whether the server is healthy until something is over. Gives how often it was.
async fn healthy_until(server: &Server, over: &AtomicBool) -> usize {
    let mut times = 0;
    while !over.load(Ordering::Relaxed) {
        let answer = within(Duration::from_secs(2), "healthz", server.get("/healthz")).await;
        assert_eq!(answer.status, 200);
        times += 1;
        sleep(Duration::from_millis(100)).await;
    }
    times
}

/// 200 connections of three bad sorts at once, at three doors: each has its answer, memory is
/// bounded, and neither the studio nor a run that is made meanwhile feels it.
#[tokio::test(flavor = "multi_thread")]
async fn bad_heads_are_answered_and_felt_by_nobody() {
    let server = Server::start(&[]).await;
    let (calm_id, calm) = agent_run(&server).await;
    let bad = (0..200_u64).map(|number| {
        let (bytes, status) = hostile(number);
        let (door, version) = KNOCKED[(number / 3) as usize % KNOCKED.len()];
        let addr = server.addr(door);
        let due = Some((version.to_owned(), status));
        async move { (say(addr, bytes).await, due, door) }
    });
    let gone = AtomicBool::new(false);
    let storm = async {
        let answers = join_all(bad).await;
        gone.store(true, Ordering::Relaxed);
        answers
    };
    let (answers, times, (stormy_id, stormy)) =
        tokio::join!(storm, healthy_until(&server, &gone), agent_run(&server));
    for (number, (answer, due, door)) in answers.into_iter().enumerate() {
        assert_eq!(answer, due, "connection {number}, at {door}");
    }
    // Those that send half a head are there for ten seconds.
    assert!(times >= 20, "it was asked only {times} times");
    assert_eq!(said(&calm_id, &calm), said(&stormy_id, &stormy), "the bystander's log");
    assert_eq!(server.get("/healthz").await.status, 200);
    let peak = server.peak_kib();
    assert!(peak < PEAK_KIB, "{peak} KiB at most were in use");
    println!("{peak} KiB at most were in use; healthy {times} times meanwhile");
}

/// How a slow client is slow; a body grows by 10 bytes twice a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slow {
    Silent,
    HalfHead,
    Body,
}

/// The doors at which slow clients stand.
const DOORS: [&str; 4] = ["instance1", "http10", "tls", "studio"];

/// What a slow client says first. Over TLS it never comes to a head: its handshake is as slow.
fn first_words(slow: Slow, door: &str, target: &str) -> Vec<u8> {
    // A record of 4,096 bytes, and of its ClientHello the first two.
    const HANDSHAKE: [u8; 7] = [0x16, 3, 1, 0x10, 0, 1, 0];
    let length = "Content-Length: 100000";
    match slow {
        Slow::Silent => Vec::new(),
        _ if door == "tls" => HANDSHAKE.to_vec(),
        Slow::HalfHead => format!("GET {target} HTTP/1.1\r\nHo").into_bytes(),
        Slow::Body => {
            format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n").into_bytes()
        }
    }
}

/// Lets a slow client be slow until the server closes. Gives the status that came, and how long it
/// was connected.
async fn be_slow(to: SocketAddr, slow: Slow, first: Vec<u8>) -> (Option<u16>, Duration) {
    let mut raw = Raw::connect(to).await;
    let connected = Instant::now();
    raw.send(first).await;
    loop {
        // 20 bytes a second. A write may fail once the server is gone; reading tells.
        if slow == Slow::Body {
            let _ = raw.write(&[b'x'; 10]).await;
        }
        let read = timeout(Duration::from_millis(500), raw.read()).await;
        if let Ok(Ok(0) | Err(_)) = read {
            return (raw.status(), connected.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_slow_clients_are_closed_in_time() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let old = Run::create(&server, "http10", json!({ "link_ms": 0 })).await;
    let clients = (0..500_usize).map(|number| {
        let slow = [Slow::Silent, Slow::HalfHead, Slow::Body][number % 3];
        let door = DOORS[number / 3 % DOORS.len()];
        let target = match door {
            "http10" => old.target("hello"),
            "studio" => "/api/runs".to_owned(),
            _ => run.target("hello"),
        };
        let (addr, first) = (server.addr(door), first_words(slow, door, &target));
        async move {
            let (status, took) = be_slow(addr, slow, first).await;
            (door, slow, status, took)
        }
    });
    let all = within(2 * CLOSED, "all are closed at last", join_all(clients)).await;
    let late: Vec<_> = all.iter().filter(|(.., took)| *took > CLOSED).collect();
    assert!(late.is_empty(), "closed too late: {late:?}");
    let mut seen: BTreeMap<(&str, Slow), Vec<Option<u16>>> = BTreeMap::new();
    for (door, slow, status, _) in &all {
        seen.entry((*door, *slow)).or_default().push(*status);
    }
    assert_eq!(seen.len(), 3 * DOORS.len(), "each sort was at each door");
    for ((door, slow), statuses) in &seen {
        let due = (*slow != Slow::Silent && *door != "tls").then_some(408);
        assert!(statuses.iter().all(|status| *status == due), "{door}, {slow:?}: {statuses:?}");
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    // Whom the labs close without an answer, the server's log names.
    let silent = all.iter().filter(|(door, _, status, _)| status.is_none() && *door != "studio");
    let logged = server.messages().matches("closed without an answer").count();
    assert_eq!(logged, silent.count());
    for (run, door) in [(&run, "instance1"), (&old, "http10")] {
        let (summary, entries) = run.settled().await;
        let bodies = seen[&(door, Slow::Body)].len();
        assert_eq!(summary.metrics.connections_closed, bodies as u64, "only bodies are this run's");
        for opened in conns(&entries) {
            assert_tiled(&entries, opened.conn);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_eight_mebibytes_is_too_large() {
    let server = Server::start(&[]).await;
    for (lab, link_ms) in [("http10", 0), ("http11", 0), ("http11", 5)] {
        let run = Run::create(&server, lab, json!({ "link_ms": link_ms })).await;
        let len = 8 * 1024 * 1024 + 100_000;
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n",
            run.target("hello")
        );
        let bytes = [head.into_bytes(), vec![b'x'; len]].concat();
        let answer = within(LIMIT, "an answer", say(run.addr(), bytes)).await;
        let status = answer.map(|(_, status)| status);
        assert_eq!(status, Some(413), "{lab}, link {link_ms} ms");
    }
}

/// Heads after which two readers might disagree where the next request begins: refused, or at least
/// the last of their connection; and the decoder names what is wrong.
#[rustfmt::skip] // a table is read line by line
const SMUGGLING: [(&str, &[u16], Code); 5] = [
    ("Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", &[400], Code::ConflictingLengths),
    ("Content-Length: +3\r\n\r\nabc", &[400], Code::BadLength),
    ("Transfer-Encoding: gzip\r\n\r\nabc", &[400, 501], Code::BadCoding),
    ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[200, 400], Code::LengthAndCoding),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", &[200, 400], Code::LengthAndCoding),
];

#[tokio::test(flavor = "multi_thread")]
async fn smuggling_is_refused_and_named() {
    let server = Server::start(&[]).await;
    for (rest, due, code) in SMUGGLING {
        let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
        let target = run.target("hello");
        // The second request must never be answered: the connection ends with the first.
        let next = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut raw = Raw::connect(run.addr()).await;
        raw.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\n{rest}{next}")).await;
        within(CLOSED, rest, raw.read_to_end()).await.expect("the close is in order");
        let status = raw.status().expect("an answer");
        assert!(due.contains(&status), "{rest:?}: {status}");
        let answers = raw.received.windows(9).filter(|nine| nine.starts_with(b"HTTP/1.1 ")).count();
        assert_eq!(answers, 1, "{rest:?}: {}", raw.received.escape_ascii());
        let (_, entries) = run.settled().await;
        for (conn, entries) in by_conn(entries) {
            let named = events(&entries, conn).into_iter().any(|event| {
                event.dir() == Dir::ToServer && event.faults.iter().any(|fault| fault.code == code)
            });
            assert!(named, "{rest:?}: {code:?} is not among the faults");
            assert_tiled(&entries, conn);
        }
    }
}

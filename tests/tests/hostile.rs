//! Clients that mean no good: garbage, heads without end, slow bodies, bodies without end, and the
//! shapes of request smuggling. The server answers each as it should and serves the others.

use std::collections::BTreeMap;
use std::net::SocketAddr;
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

/// Sends something, reads to the end, and gives the status that came.
async fn say(to: SocketAddr, bytes: Vec<u8>) -> Option<u16> {
    let mut raw = Raw::connect(to).await;
    // The server may answer and close before it has taken everything.
    let _ = raw.write(&bytes).await;
    let _ = within(CLOSED, "the server closes", raw.read_to_end()).await;
    raw.status()
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

/// 200 connections of three bad sorts at once: each has its answer, memory is bounded, and neither
/// the studio nor a run that is made meanwhile feels it.
#[tokio::test(flavor = "multi_thread")]
async fn bad_heads_are_answered_and_felt_by_nobody() {
    let server = Server::start(&[]).await;
    let (calm_id, calm) = agent_run(&server).await;
    let addr = server.addr("http10");
    let bad = (0..200_u64).map(|number| {
        let (bytes, due) = match number % 3 {
            0 => (garbage(number), 400),
            1 => (b"GET /r/nosuchrun/hello HTTP/1.1\r\nHost: lifel".to_vec(), 408),
            _ => (format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(1 << 20)).into_bytes(), 431),
        };
        async move { (say(addr, bytes).await, Some(due)) }
    });
    let healthy = async {
        for _ in 0..30 {
            let answer = within(Duration::from_secs(2), "healthz", server.get("/healthz")).await;
            assert_eq!(answer.status, 200);
            sleep(Duration::from_millis(100)).await;
        }
    };
    let (answers, (), (stormy_id, stormy)) =
        tokio::join!(join_all(bad), healthy, agent_run(&server));
    for (number, (status, due)) in answers.into_iter().enumerate() {
        assert_eq!(status, due, "connection {number}");
    }
    assert_eq!(said(&calm_id, &calm), said(&stormy_id, &stormy), "the bystander's log");
    let peak = server.peak_kib();
    assert!(peak < PEAK_KIB, "{peak} KiB at most were in use");
    println!("{peak} KiB at most were in use");
}

/// What a slow client says first; a body then grows by 10 bytes twice a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slow {
    Silent,
    HalfHead,
    Body,
}

/// Lets a slow client be slow until the server closes. Gives the status that came, and how long it
/// was connected.
async fn be_slow(to: SocketAddr, slow: Slow, target: &str) -> (Option<u16>, Duration) {
    let mut raw = Raw::connect(to).await;
    let connected = Instant::now();
    match slow {
        Slow::Silent => {}
        Slow::HalfHead => raw.send(format!("GET {target} HTTP/1.1\r\nHo")).await,
        Slow::Body => {
            let length = "Content-Length: 100000";
            raw.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n")).await;
        }
    }
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
    let (addr, target) = (run.addr(), run.target("hello"));
    let clients = (0..500).map(|number| {
        let slow = [Slow::Silent, Slow::HalfHead, Slow::Body][number % 3];
        let target = target.as_str();
        async move {
            let (status, took) = be_slow(addr, slow, target).await;
            (slow, status, took)
        }
    });
    let all = within(2 * CLOSED, "all are closed at last", join_all(clients)).await;
    let late: Vec<_> = all.iter().filter(|(.., took)| *took > CLOSED).collect();
    assert!(late.is_empty(), "closed too late: {late:?}");
    let mut seen: BTreeMap<(Slow, Option<u16>), usize> = BTreeMap::new();
    for (slow, status, _) in all {
        *seen.entry((slow, status)).or_default() += 1;
    }
    let due = [(Slow::Silent, None), (Slow::HalfHead, Some(408)), (Slow::Body, Some(408))];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), due, "{seen:?}");
    assert_eq!(server.get("/healthz").await.status, 200);
    let (summary, entries) = run.settled().await;
    let bodies = seen[&(Slow::Body, Some(408))];
    assert_eq!(summary.metrics.connections_closed, bodies as u64, "only bodies are this run's");
    for opened in conns(&entries) {
        assert_tiled(&entries, opened.conn);
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
        let status = within(LIMIT, "an answer", say(run.addr(), bytes)).await;
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

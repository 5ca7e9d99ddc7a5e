//! TLS on the lab's services: two connections in a run's log, the records outside and what is said
//! inside; the link under it where the client is an agent, and above it else; and what is no TLS.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tests::client::{curl, output};
use tests::log::{assert_sound, conns, events, is_tls, request, stream};
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::{Answer, Server};
use tests::within;
use tokio::net::TcpStream;
use tokio::process::Command;
use trace::entry::{Ending, Entry, Opened, What};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::ConnId;
use trace::metrics;
use trace::moments::Moments;
use trace::note::What as Note;
use trace::participant::Role;
use trace::span::{Dir, Side};
use trace::studio::RunState;
use trace::time::Micros;

const LIMIT: Duration = Duration::from_secs(20);

/// The head of a record, before its fragment.
const RECORD_HEAD: u64 = 5;

/// The authority's certificate as a file, in a folder that goes with the test.
async fn trusted(server: &Server) -> (TempDir, String) {
    let answer = server.get("/authority.pem").await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/x-pem-file"));
    assert!(!answer.body.contains("PRIVATE"), "no key is handed out");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("authority.pem");
    fs::write(&file, answer.body).expect("a file can be written");
    let file = file.to_str().expect("a path that is text").to_owned();
    (folder, file)
}

/// curl, which trusts that authority and no other.
fn trusting(url: &str, authority: &str, version: &str) -> Command {
    let mut curl = curl(url);
    curl.args(["--cacert", authority, version]);
    curl
}

/// The two connections that one over TLS is: outside, inside.
fn pairs(entries: &[Entry]) -> Vec<(&Opened, &Opened)> {
    let all = conns(entries);
    let inside = all.iter().filter_map(|inner| Some((inner.inside?, *inner)));
    let pairs: Vec<(&Opened, &Opened)> = inside
        .map(|(outer, inner)| {
            let outer = all.iter().find(|opened| opened.conn == outer).expect("it is in the log");
            assert_eq!((&outer.client, &outer.server), (&inner.client, &inner.server));
            (*outer, inner)
        })
        .collect();
    assert_eq!(pairs.len() * 2, all.len(), "nothing but pairs: {all:?}");
    pairs
}

/// Holds that a connection is records and nothing else, from the two hellos on. Gives how many.
fn assert_records(entries: &[Entry], conn: ConnId) -> usize {
    assert!(is_tls(entries, conn));
    let records = events(entries, conn);
    let mut hellos = Vec::new();
    for event in &records {
        let Kind::Tls(record) = &event.kind else { panic!("{event:?}") };
        assert!(event.faults.is_empty(), "{event:?}");
        let len = event.evidence.end() - event.evidence.start();
        assert_eq!(record.len + RECORD_HEAD, len, "{event:?}");
        hellos.extend(record.messages.iter().map(|message| (event.from, message.kind)));
    }
    assert_eq!(hellos[..2], [(Side::Client, 1), (Side::Server, 2)], "ClientHello, ServerHello");
    records.len()
}

fn is_of(entry: &Entry, conn: ConnId) -> bool {
    entry.what.conn() == Some(conn)
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_over_tls_is_heard_outside_and_inside() {
    let server = Server::start(&[]).await;
    let (_folder, authority) = trusted(&server).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/labs/dog.png");
    let dog = fs::read(file).expect("the picture that the labs serve");
    for (version, link_ms) in [("--http1.1", 0), ("--http1.1", 20), ("--http2", 0), ("--http2", 20)]
    {
        let run = Run::create(&server, "http11", json!({ "link_ms": link_ms })).await;
        let url = format!("{}/page/dog.png", run.created.urls["tls"]);
        let fetched = output(&mut trusting(&url, &authority, version)).await;
        assert_eq!(Sha256::digest(&fetched), Sha256::digest(&dog), "{version}");

        let (summary, entries) = run.settled().await;
        assert_sound(&entries);
        let figures = &summary.metrics;
        assert_eq!(metrics::of(&entries), *figures, "{version}");
        assert_eq!((figures.connections_opened, figures.connections_closed), (1, 1), "{version}");
        assert_eq!((figures.requests, figures.responses), (1, 1), "{version}");
        let [(outer, inner)] = pairs(&entries)[..] else { panic!("{version}: {entries:?}") };
        assert_eq!((outer.server.id.as_str(), outer.client.role), ("instance1", Role::Client));
        assert_eq!(outer.client.name, "curl", "{version}");
        assert_records(&entries, outer.conn);
        assert_body(&entries, inner.conn, (version, &dog));
        // The link lies above TLS: its moments are the inner connection's, and its set-up too.
        let passed = |conn| {
            let its = entries.iter().filter(move |entry| is_of(entry, conn));
            its.filter(|entry| matches!(entry.what, What::Passed(_))).count()
        };
        assert_eq!(passed(outer.conn), 0, "{version}");
        assert!(passed(inner.conn) > 0 || link_ms == 0, "{version}");
        assert!(!entries.iter().any(|entry| matches!(entry.what, What::Carried(_))), "{version}");
        assert_above((outer.conn, inner.conn), &entries, (version, link_ms));
    }
}

/// Holds that the handshake was not delayed, and what was asked inside was.
fn assert_above(
    (outer, inner): (ConnId, ConnId),
    entries: &[Entry],
    (version, link_ms): (&str, u64),
) {
    let set_up = |conn: ConnId| {
        let its = entries.iter().filter(move |entry| is_of(entry, conn));
        its.filter(|it| matches!(tests::log::note(it), Some(Note::LinkSetup { .. }))).count()
    };
    assert_eq!(set_up(outer), 0, "{version}");
    assert!(link_ms > 0 || set_up(inner) == 0, "{version}");
    let mut moments = Moments::default();
    entries.iter().for_each(|entry| moments.push(entry));
    let times = |conn: ConnId, event: &Event| {
        let dir = if event.from == Side::Client { Dir::ToServer } else { Dir::ToClient };
        moments.of(conn, dir, &event.evidence)
    };
    let hello = |from: Side| {
        let records = events(entries, outer);
        let first = records.into_iter().find(|event| event.from == from).expect("a hello");
        times(outer, first)
    };
    let (asked, answered) = (hello(Side::Client), hello(Side::Server));
    assert!(asked.left.is_some() && asked.left <= answered.landed, "{version}: {asked:?}");
    let is_head = |event: &&Event| {
        let over_http2 = matches!(event.kind, Kind::Http2(Http2::Head(_)));
        let is_head = over_http2 || matches!(event.kind, Kind::Http1(Http1::Request(_)));
        is_head && event.from == Side::Client
    };
    let request = events(entries, inner).into_iter().find(is_head).expect("a request");
    if link_ms > 0 {
        let way = Micros::from_millis(link_ms);
        let took = times(inner, request).under_way().expect("it went over the link");
        assert!(took >= way && took.0 < 3 * way.0, "{version}: {took:?} on its way");
    }
}

/// What was said inside is HTTP of that version, with this content.
fn assert_body(entries: &[Entry], inner: ConnId, (version, body): (&str, &[u8])) {
    let said = stream(entries, inner, Dir::ToClient);
    if version == "--http1.1" {
        assert!(said.starts_with(b"HTTP/1.1 200 "), "{}", said[..40].escape_ascii());
        let tail = &said[said.len() - body.len()..];
        assert_eq!(Sha256::digest(tail), Sha256::digest(body), "the inner bytes are the body");
        return;
    }
    let content = events(entries, inner).into_iter().find_map(|event| match &event.kind {
        Kind::Http2(Http2::Content(content)) if event.from == Side::Server => Some(content),
        _ => None,
    });
    let content = content.expect("HTTP/2 was agreed on");
    assert_eq!((content.len, content.complete), (body.len() as u64, true));
}

/// The first request of a connection.
fn first_request(entries: &[Entry], conn: ConnId) -> &Event {
    let asked = |event: &&Event| matches!(event.kind, Kind::Http1(Http1::Request(_)));
    events(entries, conn).into_iter().find(asked).expect("a request")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_pays_for_each_handshake_on_the_link() {
    let server = Server::start(&[]).await;
    let way = Micros::from_millis(40);
    let params = json!({ "peer": "agent", "requests": 3, "tls": true, "link_ms": 40 });
    let run = Run::create(&server, "http10", params).await;
    assert!(run.created.urls["http10_tls"].starts_with("https://"), "{:?}", run.created.urls);
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let figures = &summary.metrics;
    assert_eq!(metrics::of(&entries), *figures);
    assert_eq!((figures.connections_opened, figures.connections_closed), (3, 3));
    assert_eq!((figures.requests, figures.responses), (3, 3));

    let mut moments = Moments::default();
    entries.iter().for_each(|entry| moments.push(entry));
    let pairs = pairs(&entries);
    assert_eq!(pairs.len(), 3, "a connection of TLS for each request");
    for (outer, inner) in pairs {
        assert_eq!(outer.client.role, Role::Agent);
        assert!(assert_records(&entries, outer.conn) >= 6, "both hellos, both ends, both contents");
        let answer = stream(&entries, inner.conn, Dir::ToClient);
        assert!(answer.starts_with(b"HTTP/1.0 200 "), "{}", answer.escape_ascii());
        assert_carried(&entries, (outer.conn, inner.conn));

        // A round trip for TCP, and another for the two hellos: then it leaves, and takes its way.
        let opened = entries.iter().find(|entry| is_of(entry, outer.conn)).expect("its opening");
        let asked = first_request(&entries, inner.conn);
        let times = moments.of(inner.conn, Dir::ToServer, &asked.evidence);
        let (left, landed) = (times.left.expect("it left"), times.landed.expect("it landed"));
        let after = left.since(opened.at_us);
        assert!(after.0 >= 4 * way.0, "left {after:?} after the connection was opened");
        let took = landed.since(left);
        assert!(took >= way && took.0 < 3 * way.0, "{took:?} on its way");
        let answered = events(&entries, inner.conn)
            .into_iter()
            .find(|event| matches!(event.kind, Kind::Http1(Http1::Response(_))));
        let times = moments.of(inner.conn, Dir::ToClient, &answered.expect("one").evidence);
        let took = times.landed.expect("it landed").since(times.left.expect("it left"));
        assert!(took >= way, "{took:?} on its way");
    }
}

/// Holds that what was said inside was in bytes outside, and that only these went over a link.
fn assert_carried(entries: &[Entry], (outer, inner): (ConnId, ConnId)) {
    for dir in [Dir::ToServer, Dir::ToClient] {
        let (mut inside, mut outside) = (0, 0);
        for entry in entries {
            let What::Carried(carried) = &entry.what else { continue };
            if carried.conn != inner || carried.dir != dir {
                continue;
            }
            assert_eq!(carried.outer, outer);
            assert!(carried.offset > inside && carried.outer_offset >= outside, "{carried:?}");
            (inside, outside) = (carried.offset, carried.outer_offset);
        }
        assert_eq!(inside, stream(entries, inner, dir).len() as u64, "{dir:?}: all of it");
        assert!(outside <= stream(entries, outer, dir).len() as u64, "{dir:?}");
    }
    let passed = |entry: &&Entry| matches!(entry.what, What::Passed(_));
    let its = |conn| entries.iter().filter(passed).filter(move |entry| is_of(entry, conn)).count();
    assert!(its(outer) > 0 && its(inner) == 0, "the link lies under TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_refused_and_the_server_goes_on() {
    let server = Server::start(&["--cap", "head_s=1"]).await;
    let run = Run::create(&server, "http11", json!({})).await;
    for service in ["tls", "http10"] {
        // A record that is none; a handshake that never goes on; one that says too much.
        let mut long = vec![0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc];
        long.resize(16_384, 0);
        for said in [b"\x16garbage, and more of it".to_vec(), vec![0x16, 3, 1], long] {
            let mut raw = Raw::connect(server.addr(service)).await;
            let _ = raw.write(&said).await;
            // In order or cut off: it is over in time, and nothing was said but an alert.
            let _ = within(LIMIT, "the server closes", raw.read_to_end()).await;
            assert!(raw.received.is_empty() || raw.received[0] == 0x15, "{:?}", raw.received);
        }
    }
    let mut raw = Raw::connect(server.addr("tls")).await;
    raw.send(get(&run.target("hello"))).await;
    within(LIMIT, "the server closes", raw.read_to_end()).await.expect("in order");
    let answer = String::from_utf8(raw.received).expect("a text");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("https"), "{answer}");

    assert_eq!(server.get("/healthz").await.status, 200);
    let (_folder, authority) = trusted(&server).await;
    let url = format!("{}/hello", run.created.urls["tls"]);
    assert_eq!(output(&mut trusting(&url, &authority, "--http1.1")).await, b"Hello.\n");
    let (_, entries) = run.settled().await;
    assert_eq!(pairs(&entries).len(), 1, "what was refused is in no log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_learns_whether_it_trusts_the_server() {
    let server = Server::start(&[]).await;
    let (_folder, authority) = trusted(&server).await;
    let url = format!("{}/trust", server.origins["tls"]);
    for version in ["--http1.1", "--http2"] {
        let mut curl = trusting(&url, &authority, version);
        let said = String::from_utf8(output(curl.arg("--include")).await).expect("a text");
        let said = said.to_ascii_lowercase();
        assert!(said.lines().next().is_some_and(|line| line.contains(" 204")), "{said}");
        assert!(said.contains("access-control-allow-origin: *"), "{said}");
    }
    // Over plain HTTP it names no run, like anything else.
    let mut raw = Raw::connect(server.addr("instance1")).await;
    assert_eq!(raw.ask(&get("/trust")).await.status(), 404);
    let runs: Value = serde_json::from_str(&server.get("/api/runs").await.body).expect("runs");
    assert_eq!(runs, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_that_on_a_run_s_connection_is_not_refused() {
    let server = Server::start(&[]).await;
    let (_folder, authority) = trusted(&server).await;
    let url = format!("{}/trust", server.origins["tls"]);
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    for version in ["--http1.1", "--http2"] {
        let first = format!("{}/hello", run.created.urls["tls"]);
        let mut curl = trusting(&first, &authority, version);
        curl.args(["--write-out", "[%{http_code} %{num_connects}]", url.as_str()]);
        let said = output(&mut curl).await;
        let said = String::from_utf8(said).expect("a text");
        assert_eq!(said, "Hello.\n[200 1][204 0]", "{version}");
    }
    let (summary, entries) = run.settled().await;
    assert_eq!(pairs(&entries).len(), 2, "two requests on each");
    let refused = |entry: &&Entry| matches!(tests::log::note(entry), Some(Note::Refused { .. }));
    assert_eq!(entries.iter().find(refused), None);
    assert_eq!((summary.metrics.requests, summary.metrics.responses), (4, 4), "they are heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_the_first_instance_cuts_off_what_came_through_tls() {
    let server = Server::start(&[]).await;
    let (_folder, authority) = trusted(&server).await;
    let run = Run::create(&server, "sse", json!({ "link_ms": 0 })).await;
    let mut follower = run.live(0).await;
    let url = format!("{}/events", run.created.urls["tls"]);
    let mut curl = trusting(&url, &authority, "--http1.1");
    let mut curl =
        curl.kill_on_drop(true).stdout(std::process::Stdio::null()).spawn().expect("curl");
    let answered = |entry: &Entry| tests::log::response(entry).is_some();
    follower.until(LIMIT, answered).await;
    assert_eq!(run.input_at("kill", "instance1").await.status, 204);
    let ended = within(LIMIT, "curl is cut off", curl.wait()).await.expect("it can be waited for");
    assert!(!ended.success());
    let (_, entries) = run.settled().await;
    let [(outer, _)] = pairs(&entries)[..] else { panic!("{entries:?}") };
    let closed = entries.iter().find_map(|entry| match &entry.what {
        What::Closed(closed) if closed.conn == outer.conn => Some(closed),
        _ => None,
    });
    let closed = closed.expect("its close");
    assert_eq!((closed.by, closed.how), (Side::Server, Ending::Reset));
    assert_eq!(entries.iter().filter(|entry| request(entry).is_some()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_everybody_too_the_first_instance_has_two_doors() {
    let server = Server::start(&[]).await;
    let (_folder, authority) = trusted(&server).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let turn = |act: &str| server.ask(Method::POST, &format!("/api/instances/instance1/{act}"));
    assert_eq!(Answer::to(turn("kill")).await.status, 204);
    for service in ["instance1", "tls"] {
        let connected = TcpStream::connect(server.addr(service)).await;
        assert!(connected.is_err(), "{service} listens");
    }
    assert_eq!(Answer::to(turn("restart")).await.status, 204);
    let url = format!("{}/hello", run.created.urls["tls"]);
    assert_eq!(output(&mut trusting(&url, &authority, "--http2")).await, b"Hello.\n");
    let (_, entries) = run.settled().await;
    let told = |up: bool| {
        let all = entries.iter().filter_map(tests::log::note);
        all.filter(|note| match note {
            Note::InstanceDown { .. } => !up,
            Note::InstanceUp { .. } => up,
            _ => false,
        })
        .count()
    };
    assert_eq!((told(false), told(true)), (1, 1), "once, and of the instance");
}

//! The lab `http2`: who waits for whom on a pipelined connection and on streams, a narrow link that
//! streams share, and event streams over HTTP/2.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::calls::assert_understood;
use tests::client::{curl, output, url};
use tests::log::{assert_sound, conns, events, note, request};
use tests::raw::Raw;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::process::{Child, Command};
use trace::entry::{Chunk, Entry, What};
use trace::event::Kind;
use trace::http1::Http1;
use trace::http2::{FrameKind, Http2, Role, Says};
use trace::ids::ConnId;
use trace::moments::Moments;
use trace::note::What as Note;
use trace::span::{Dir, Side};
use trace::sse::{Block, Sse};
use trace::studio::{RunState, Summary};
use trace::time::Micros;

const LIMIT: Duration = Duration::from_secs(60);

/// A run that the agent drives to its end; its log is sound.
async fn agent_run(server: &Server, lab: &str, mut params: Value) -> (Summary, Vec<Entry>) {
    params["peer"] = json!("agent");
    let run = Run::create(server, lab, params).await;
    run.press("start").await;
    run.wait(LIMIT, "its end", |summary| !summary.state.serves()).await;
    let (summary, entries) = run.settled().await;
    assert_eq!(summary.state, RunState::Finished);
    assert_sound(&entries);
    (summary, entries)
}

/// The numbers of the requests in the order in which their answers landed whole, and when.
fn landed(entries: &[Entry], conn: ConnId) -> Vec<(u64, Micros)> {
    let mut moments = Moments::default();
    for entry in entries {
        moments.push(entry);
    }
    let answers = events(entries, conn).into_iter().filter(|event| event.from == Side::Server);
    let landed = answers.filter_map(|event| {
        let number = match &event.kind {
            Kind::Http1(Http1::Body(body)) => body.exchange? + 1,
            Kind::Http2(Http2::Content(content)) => u64::from(content.stream).div_ceil(2),
            _ => return None,
        };
        Some((number, moments.of(conn, Dir::ToClient, &event.evidence).landed?))
    });
    landed.collect()
}

/// The chunks of a connection's direction, and when they moved.
fn chunks(entries: &[Entry], conn: ConnId, dir: Dir) -> Vec<(Micros, &Chunk)> {
    let its = entries.iter().filter_map(|entry| match &entry.what {
        What::Chunk(chunk) if chunk.conn == conn && chunk.dir == dir => Some((entry.at_us, chunk)),
        _ => None,
    });
    its.collect()
}

/// Holds that the answers keep the order of the requests, and that those behind the slow second one
/// wait for it.
fn assert_in_order(entries: &[Entry], conn: ConnId, (count, slow): (u64, Duration)) {
    let landed = landed(entries, conn);
    let numbers: Vec<u64> = landed.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=count).collect::<Vec<u64>>(), "{landed:?}");
    let after = landed[1].1.since(landed[0].1);
    assert!(u128::from(after.0) >= slow.as_micros() * 3 / 4, "the second is slow: {landed:?}");
    assert!(landed[2..].iter().all(|(_, at)| *at >= landed[1].1), "they wait for it: {landed:?}");
    let sent = chunks(entries, conn, Dir::ToServer).len();
    assert!((1..=3).contains(&sent), "the requests leave at once, in {sent} reads");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_a_row_overtakes_on_streams() {
    let server = Server::start(&[]).await;
    let params = json!({ "protocol": "both", "resources": 6, "slow": 2, "slow_ms": 2_000 });
    let (summary, entries) = agent_run(&server, "http2", params).await;
    let figures = &summary.metrics;
    assert_eq!((figures.connections_opened, figures.connections_closed), (2, 2));
    assert_eq!((figures.requests, figures.responses, figures.messages), (12, 12, 12));
    let opened = conns(&entries);
    let [row, streams] = [opened[0].conn, opened[1].conn];
    assert!(opened.iter().all(|opened| opened.client.id == "agent"), "{opened:?}");

    assert_in_order(&entries, row, (6, Duration::from_secs(2)));
    let asked = entries.iter().filter_map(request).collect::<Vec<_>>();
    assert!(asked[..5].iter().all(|request| request.persistent) && !asked[5].persistent);
    assert!(asked[1].target.ends_with("/page/dog.png?delay_ms=2000"), "{asked:?}");

    assert_understood(&entries, streams);
    let heads = events(&entries, streams).into_iter().filter_map(|event| match &event.kind {
        Kind::Http2(Http2::Head(head)) if head.role == Role::Request => Some(head.stream),
        _ => None,
    });
    assert_eq!(heads.collect::<Vec<u32>>(), [1, 3, 5, 7, 9, 11]);
    let landed = landed(&entries, streams);
    let (last, others) = landed.split_last().expect("answers");
    assert_eq!((last.0, others.len()), (2, 5), "the slow one is last: {landed:?}");
    for (number, at) in others {
        let before = last.1.since(*at);
        assert!(before >= Micros::from_millis(1_500), "{number} lands {before:?} before it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_pipelines_in_the_lab_of_http11_too() {
    let server = Server::start(&[]).await;
    let params = json!({ "order": "pipelined", "requests": 5, "slow_ms": 1_000 });
    let (summary, entries) = agent_run(&server, "http11", params).await;
    assert_eq!((summary.metrics.connections_opened, summary.metrics.responses), (1, 5));
    assert_in_order(&entries, conns(&entries)[0].conn, (5, Duration::from_secs(1)));
}

/// Holds that the answers came as fast as the link lets them, within 15 in a hundred.
fn assert_rate(entries: &[Entry], conn: ConnId, kbps: u64) {
    // Of what is said after the last answer, a goodbye, nobody knows when.
    let last = landed(entries, conn).into_iter().map(|(_, at)| at).max().expect("answers");
    let chunks = chunks(entries, conn, Dir::ToClient);
    let ((first, _), rest) = chunks.split_first().expect("an answer");
    let rest = rest.iter().filter(|(at, _)| *at <= last);
    let bits: u64 = rest.map(|(_, chunk)| chunk.bytes.len() as u64 * 8).sum();
    let rate = bits * 1_000 / last.since(*first).0.max(1);
    assert!(rate.abs_diff(kbps) * 100 <= kbps * 15, "{rate} kbit/s on {conn}, not {kbps}");
}

/// In which order a connection's DATA frames came, by their streams.
fn data_frames(entries: &[Entry], conn: ConnId) -> Vec<u32> {
    let frames = events(entries, conn).into_iter().filter_map(|event| match &event.kind {
        Kind::Http2(Http2::Frame(frame)) if frame.kind == FrameKind::Data => Some(frame.stream),
        _ => None,
    });
    frames.collect()
}

/// Whether two streams have each a frame between the other's first and last.
fn interleave(frames: &[u32], one: u32, other: u32) -> bool {
    let ends = |stream: u32| {
        let its = |frame: &u32| *frame == stream;
        Some((frames.iter().position(its)?, frames.iter().rposition(its)?))
    };
    let within = |stream: u32, (from, to): (usize, usize)| frames[from..to].contains(&stream);
    let (Some(first), Some(second)) = (ends(one), ends(other)) else { return false };
    within(other, first) && within(one, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_share_a_narrow_link_in_turns() {
    let server = Server::start(&[]).await;
    for link_ms in [0, 20] {
        let params = json!({
            "protocol": "both", "resources": 20, "slow": 0, "bandwidth_kbps": 1_000,
            "link_ms": link_ms,
        });
        let (summary, entries) = agent_run(&server, "http2", params).await;
        assert_eq!(summary.metrics.responses, 40, "link {link_ms} ms");
        let opened = conns(&entries);
        let [row, streams] = [opened[0].conn, opened[1].conn];
        for conn in [row, streams] {
            assert_rate(&entries, conn, 1_000);
        }
        let frames = data_frames(&entries, streams);
        let ids: Vec<u32> = (0..20).map(|index| index * 2 + 1).collect();
        let pairs = ids.iter().flat_map(|one| ids.iter().map(move |other| (*one, *other)));
        let pairs = pairs.filter(|(one, other)| one < other);
        let mixed = pairs.filter(|(one, other)| interleave(&frames, *one, *other)).count();
        assert!(mixed > 0, "link {link_ms} ms: {frames:?}");
    }
}

/// The blocks of a connection's event streams, by stream.
fn blocks(entries: &[Entry], conn: ConnId) -> BTreeMap<u64, Vec<Block>> {
    let mut blocks: BTreeMap<u64, Vec<Block>> = BTreeMap::new();
    for event in events(entries, conn) {
        if let Kind::Sse(Sse::Block(block)) = &event.kind {
            let stream = block.exchange.expect("it is on a stream");
            blocks.entry(stream).or_default().push(block.clone());
        }
    }
    blocks
}

/// The ids of the events in blocks.
fn ids(blocks: &[Block]) -> Vec<&str> {
    blocks.iter().filter_map(|block| block.id.as_deref()).collect()
}

/// Another service sends a message.
async fn send(run: &Run<'_>, text: &str) {
    let mut other = Raw::connect(run.at("instance2")).await;
    let body = json!({ "text": text }).to_string();
    let (target, len) = (run.target("messages"), body.len());
    let post = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{body}");
    assert_eq!(other.ask(&post).await.status(), 201);
}

/// Begins to listen over HTTP/2.
fn listen(run: &Run<'_>, last_event_id: Option<u64>) -> Child {
    let mut curl = curl(&url("http", run, "instance1", "events"));
    curl.arg("--http2-prior-knowledge");
    if let Some(id) = last_event_id {
        curl.args(["-H", &format!("Last-Event-ID: {id}")]);
    }
    let curl = curl.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    curl.spawn().expect("curl is there")
}

/// What a listener says at its end.
async fn heard(listener: Child) -> Output {
    within(LIMIT, "the stream ends", listener.wait_with_output()).await.expect("its output")
}

/// Waits until the log is as wanted, while streams run.
async fn wait_for(run: &Run<'_>, what: &str, wanted: impl Fn(&[Entry]) -> bool) {
    let look = async {
        while !wanted(&run.log().await.1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(LIMIT, what, look).await;
}

/// The connections of HTTP/2, in the order of their opening.
fn over_http2(entries: &[Entry]) -> Vec<ConnId> {
    let is = |conn: &ConnId| {
        events(entries, *conn).iter().any(|event| matches!(event.kind, Kind::Http2(_)))
    };
    conns(entries).into_iter().map(|opened| opened.conn).filter(is).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_over_http2_is_live_and_is_resumed() {
    let server = Server::start(&[]).await;
    let params = json!({ "drop_after": 0, "retry_ms": 100, "link_ms": 0 });
    let run = Run::create(&server, "sse", params).await;
    let first = listen(&run, None);
    wait_for(&run, "it is answered", |entries| !over_http2(entries).is_empty()).await;
    for number in 1_usize..=3 {
        send(&run, "two\nlines").await;
        wait_for(&run, "the event is heard while the stream runs", |entries| {
            let conn = over_http2(entries)[0];
            blocks(entries, conn).get(&1).is_some_and(|blocks| ids(blocks).len() == number)
        })
        .await;
    }
    let second = listen(&run, Some(2));
    wait_for(&run, "the rest is heard", |entries| {
        let conns = over_http2(entries);
        conns.get(1).is_some_and(|conn| {
            blocks(entries, *conn).get(&1).is_some_and(|blocks| ids(blocks) == ["3"])
        })
    })
    .await;
    run.press("stop").await;
    for (listener, wanted) in [(first, &["1", "2", "3"][..]), (second, &["3"][..])] {
        let output = heard(listener).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "the run's end ends it in order: {output:?}");
        let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
        assert_eq!(ids, wanted, "{text}");
        assert!(text.contains("data: two\ndata: lines\n"), "{text}");
    }
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    assert_eq!(summary.metrics.messages, 4);
    for conn in over_http2(&entries) {
        assert_understood(&entries, conn);
        let heard = blocks(&entries, conn);
        let told: Vec<&Block> = heard[&1].iter().filter(|block| block.id.is_some()).collect();
        let as_sent = |block: &&Block| block.data.as_deref() == Some("two\nlines");
        assert!(!told.is_empty() && told.iter().all(as_sent), "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_is_reset() {
    let server = Server::start(&[]).await;
    let params = json!({ "drop_after": 2, "retry_ms": 100, "link_ms": 20 });
    let run = Run::create(&server, "sse", params).await;
    let listener = listen(&run, None);
    wait_for(&run, "it is answered", |entries| !over_http2(entries).is_empty()).await;
    for _ in 0..2 {
        send(&run, "hello").await;
    }
    let output = heard(listener).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && text.contains("id: 2\n"), "{output:?}");
    let (_, entries) = run.settled().await;
    assert_sound(&entries);
    let dropped = |entry: &Entry| matches!(note(entry), Some(Note::StreamDropped { after: 2 }));
    assert!(entries.iter().any(dropped));
    let conn = over_http2(&entries)[0];
    let reset = |event: &&trace::event::Event| {
        matches!(&event.kind, Kind::Http2(Http2::Frame(frame))
            if event.from == Side::Server && matches!(frame.says, Says::Reset(_)))
    };
    assert_eq!(events(&entries, conn).into_iter().filter(reset).count(), 1);
}

/// Six connections to an origin are a browser's bound for event streams over HTTP/1.1; one connection
/// has room for more streams.
#[tokio::test(flavor = "multi_thread")]
async fn seven_event_streams_share_a_connection() {
    let server = Server::start(&[]).await;
    let params = json!({ "drop_after": 0, "link_ms": 0 });
    let run = Run::create(&server, "sse", params).await;
    let mut nghttp = Command::new("nghttp");
    nghttp.args(["-n", "-m", "7", &url("http", &run, "instance1", "events")]);
    nghttp.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut nghttp = nghttp.spawn().expect("nghttp is there");
    let answered = |entries: &[Entry]| {
        let Some(conn) = over_http2(entries).first().copied() else { return 0 };
        let good = |event: &&trace::event::Event| {
            matches!(&event.kind, Kind::Http2(Http2::Head(head))
                if head.role == Role::Response && head.value(":status") == Some("200"))
        };
        events(entries, conn).into_iter().filter(good).count()
    };
    wait_for(&run, "all are answered", |entries| answered(entries) == 7).await;
    send(&run, "hello").await;
    wait_for(&run, "all hear it", |entries| {
        let heard = blocks(entries, over_http2(entries)[0]);
        heard.len() == 7 && heard.values().all(|blocks| ids(blocks) == ["1"])
    })
    .await;
    run.press("stop").await;
    within(LIMIT, "the client ends", nghttp.wait()).await.expect("it was started");
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    assert_eq!((over_http2(&entries).len(), summary.metrics.messages), (1, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_over_http2_is_refused_in_words() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "websocket", json!({ "link_ms": 0 })).await;
    let mut curl = curl(&url("http", &run, "instance1", "socket?user=A"));
    curl.args(["--http2-prior-knowledge", "--write-out", "%{http_code}"]);
    let printed = output(&mut curl).await;
    let text = String::from_utf8_lossy(&printed);
    assert!(text.contains("RFC 8441") && text.ends_with("501"), "{text}");
}

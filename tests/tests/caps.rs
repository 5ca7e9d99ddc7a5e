//! Nothing is lost in silence: where a cap strikes, the log says so, and goes on telling the rest.

use std::time::Duration;

use serde_json::json;
use tests::log;
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::{Server, fails_to_start};
use tests::within;
use trace::entry::{Entry, Loss, What};
use trace::ids::ConnId;
use trace::note;
use trace::span::Dir;
use trace::studio::RunState;

const LIMIT: Duration = Duration::from_secs(10);

/// Bytes of a direction that are kept or said to be lost, checked to leave no gap.
fn accounted(entries: &[Entry], dir: Dir) -> u64 {
    let mut at = 0;
    for entry in entries {
        let (way, offset, len) = match &entry.what {
            What::Chunk(chunk) => (chunk.dir, chunk.offset, chunk.bytes.len() as u64),
            What::Lost(lost) => (lost.dir, lost.offset, lost.len),
            _ => continue,
        };
        if way == dir {
            assert_eq!(offset, at, "{entry:?}");
            at += len;
        }
    }
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_run_says_so_and_ends() {
    let server = Server::start(&["--cap", "run_entries=200"]).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut client = Raw::connect(run.addr()).await;
    let mut refused = false;
    for _ in 0..200 {
        client.send(get(&run.target("hello"))).await;
        let reply = within(LIMIT, "an answer", client.reply("GET")).await;
        match reply.ok().flatten().map(|reply| reply.status()) {
            Some(200) => {}
            // The run ends at once: a request that was under way meets the end or a close.
            Some(410) | None => {
                refused = true;
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(refused, "a full run takes nothing more");
    let mut late = Raw::connect(run.addr()).await;
    assert_eq!(late.ask(&get(&run.target("hello"))).await.status(), 410);
    let _ = client.finish().await;
    let (sent, received) = client.reset();
    run.wait_state(RunState::Finished, LIMIT).await;
    let (summary, entries) = run.settled().await;
    assert_eq!(accounted(&entries, Dir::ToServer), sent.len() as u64, "{summary:?}");
    assert_eq!(accounted(&entries, Dir::ToClient), received.len() as u64);
    assert!(entries.iter().any(|entry| matches!(&entry.what, What::Closed(_))));
    let cap = |entry: &&Entry| matches!(log::note(entry), Some(note::What::Cap { .. }));
    assert_eq!(entries.iter().filter(cap).count(), 1);
    assert!(entries.len() < 220, "{} entries", entries.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_kept_only_so_far_and_what_follows_is_whole() {
    let server = Server::start(&["--cap", "body_kept_bytes=10000"]).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut client = Raw::connect(run.addr()).await;
    let body = "x".repeat(300_000);
    let target = run.target("hello");
    let post = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n{body}");
    let both = format!("{post}{}", get(&target));
    client.send(&both).await;
    for _ in 0..2 {
        let reply = within(LIMIT, "an answer", client.reply("GET")).await;
        assert_eq!(reply.unwrap().unwrap().status(), 200);
    }
    let (_, entries) = run.log().await;
    assert_eq!(accounted(&entries, Dir::ToServer), both.len() as u64);
    let lost = entries.iter().find_map(|entry| match &entry.what {
        What::Lost(lost) => Some(lost),
        _ => None,
    });
    assert_eq!(lost.expect("the body is kept only so far").why, Loss::Body);
    // The second request's bytes are all there.
    let asked = |event: &&trace::event::Event| event.dir() == Dir::ToServer;
    let second = log::events(&entries, ConnId(1)).into_iter().rfind(asked);
    let span = second.expect("it was decoded").evidence.0[0];
    let kept = entries.iter().any(|entry| {
        matches!(
            &entry.what,
            What::Chunk(chunk) if chunk.dir == Dir::ToServer
                && chunk.offset <= span.start
                && chunk.offset + chunk.bytes.len() as u64 >= span.end()
        )
    });
    assert!(kept, "{span:?} is in one chunk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_lets_go_of_everything() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http10", json!({ "pause": true, "link_ms": 0 })).await;
    let mut follower = run.live(0).await;
    let mut client = Raw::connect(run.addr()).await;
    client.send(get(&run.target("hello"))).await;
    follower
        .until(LIMIT, |entry| matches!(log::note(entry), Some(note::What::GateHeld { .. })))
        .await;
    run.press("stop").await;
    within(Duration::from_secs(3), "the connection is closed", client.read_to_end()).await.unwrap();
}

#[tokio::test]
async fn a_cap_that_is_none_is_refused_by_name() {
    for (cap, said) in [("rums=1", "there are run_entries"), ("runs=0", "from 1 to 100000")] {
        let (status, messages) = fails_to_start(&["--cap", cap]).await;
        assert!(!status.success() && messages.contains(said), "{messages}");
    }
}

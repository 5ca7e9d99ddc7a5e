//! Server-Sent Events: a stream that is visible while it runs, is cut off and resumed, on both
//! engines.

use std::time::Duration;

use serde_json::json;
use tests::log::{assert_sound, conns, events, note, request};
use tests::raw::Raw;
use tests::redis::Redis;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use trace::entry::{Entry, Opened};
use trace::event::Kind;
use trace::http1::Http1;
use trace::note::What as Note;
use trace::sse::{Block, Sse};
use trace::studio::RunState;

const LIMIT: Duration = Duration::from_secs(30);

/// The blocks of a connection's stream.
fn blocks(entries: &[Entry], conn: trace::ids::ConnId) -> Vec<Block> {
    let block = |event: &trace::event::Event| match &event.kind {
        Kind::Sse(Sse::Block(block)) => Some(block.clone()),
        _ => None,
    };
    events(entries, conn).into_iter().filter_map(block).collect()
}

/// Cut off after event 5 of 20, the client comes back with that id and gets the rest, once each.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_cut_off_goes_on_where_it_was() {
    let redis = Redis::start().await;
    let memory = Server::start(&[]).await;
    let elsewhere = Server::start(&["--store", &redis.url]).await;
    for (server, link_ms) in [(&memory, 40), (&memory, 0), (&elsewhere, 0)] {
        let params = json!({
            "events": 20, "every_ms": 30, "drop_after": 5, "retry_ms": 200, "link_ms": link_ms,
            "peer": "agent",
        });
        let run = Run::create(server, "sse", params).await;
        run.press("start").await;
        run.wait_state(RunState::Finished, LIMIT).await;
        let (summary, entries) = run.settled().await;
        assert_sound(&entries);
        let streams: Vec<_> = conns(&entries)
            .into_iter()
            .filter(|opened| opened.client.id == "agent")
            .map(|opened| blocks(&entries, opened.conn))
            .collect();
        let ids: Vec<Vec<u64>> = streams
            .iter()
            .map(|blocks| {
                blocks.iter().filter_map(|block| block.id.as_ref()?.parse().ok()).collect()
            })
            .collect();
        let wanted: Vec<Vec<u64>> = vec![(1..=5).collect(), (6..=20).collect()];
        assert_eq!(ids, wanted, "link {link_ms} ms");
        assert!(streams.iter().all(|blocks| blocks[0].retry_ms == Some(200)));
        let resumed: Vec<_> =
            entries.iter().filter_map(|entry| request(entry)?.last_event_id.clone()).collect();
        assert_eq!(resumed, ["5"], "link {link_ms} ms");
        let dropped = entries
            .iter()
            .any(|entry| matches!(note(entry), Some(Note::StreamDropped { after: 5 })));
        assert!(dropped);
        assert_eq!(summary.metrics.messages, 20);
        assert_eq!(summary.metrics.delivery_delay_us.count, 20);
        // The cut is a fault of the body's, the end of the run's own is not asked for.
        let bodies: Vec<bool> = entries
            .iter()
            .filter_map(|entry| match &entry.what {
                trace::entry::What::Event(event) => match &event.kind {
                    Kind::Http1(Http1::Body(body)) if body.content_len > 100 => Some(body.complete),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        assert_eq!(bodies.first(), Some(&false), "the first stream has no end");
    }
}

/// Events are in the log while the stream runs; the input `drop` cuts it; the run's end ends it in
/// order.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_heard_while_it_runs() {
    let server = Server::start(&[]).await;
    let params = json!({ "drop_after": 0, "retry_ms": 100, "link_ms": 0 });
    let run = Run::create(&server, "sse", params).await;
    let mut client = Raw::connect(run.at("instance1")).await;
    let ask = format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", run.target("events"));
    client.send(&ask).await;
    for number in 1_usize..=3 {
        let mut other = Raw::connect(run.at("instance2")).await;
        let body = json!({ "text": "two\nlines" }).to_string();
        let post = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
            run.target("messages"),
            body.len()
        );
        assert_eq!(other.ask(&post).await.status(), 201);
        let heard = async {
            loop {
                let (_, entries) = run.log().await;
                // Of two clients either may come first.
                let its = |opened: &&Opened| opened.server.id == "instance1";
                let conn = conns(&entries).into_iter().find(its).map(|opened| opened.conn);
                let heard = conn.map(|conn| blocks(&entries, conn)).unwrap_or_default();
                let data: Vec<_> = heard.iter().filter_map(|block| block.data.clone()).collect();
                if data.len() == number {
                    assert!(data.iter().all(|data| data == "two\nlines"));
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        within(LIMIT, "the event is in the log while the stream runs", heard).await;
    }
    run.press("drop").await;
    within(LIMIT, "it is cut off", client.read_to_end()).await.unwrap();
    let text = String::from_utf8_lossy(&client.received).into_owned();
    assert!(
        text.contains("Content-Type: text/event-stream") && !text.ends_with("0\r\n\r\n"),
        "{text}"
    );

    let mut again = Raw::connect(run.at("instance1")).await;
    let ask =
        format!("GET {} HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 2\r\n\r\n", run.target("events"));
    again.send(&ask).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    run.press("stop").await;
    within(LIMIT, "it ends in order", again.read_to_end()).await.unwrap();
    let text = String::from_utf8_lossy(&again.received).into_owned();
    assert!(text.contains("id: 3\n") && !text.contains("id: 2\n"), "{text}");
    assert!(text.ends_with("0\r\n\r\n"), "its last chunk comes: {text}");
}

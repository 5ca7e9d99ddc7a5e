//! The labs, driven by the agent: what each log must show, in numbers and in bytes.

use std::time::Duration;

use serde_json::{Value, json};
use tests::log::{assert_tiled, conns, note, stream};
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::Server;
use tests::{log, within};
use trace::entry::{Entry, What};
use trace::ids::ConnId;
use trace::metrics;
use trace::note::What as Note;
use trace::participant::Role;
use trace::span::{Dir, Side};
use trace::studio::{RunState, Summary};
use trace::time::Micros;

const LIMIT: Duration = Duration::from_secs(20);

/// A run that the agent drives, from its making to its end.
async fn agent_run(server: &Server, lab: &str, mut params: Value) -> (Summary, Vec<Entry>) {
    params["peer"] = json!("agent");
    let run = Run::create(server, lab, params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    run.settled().await
}

/// What holds for every log: no hole, the laws, and the figures as a fold over it.
fn assert_sound(summary: &Summary, entries: &[Entry]) {
    log::assert_sound(entries);
    assert_eq!(metrics::of(entries), summary.metrics, "the figures are a fold over the log");
}

/// The moments and ends of what passed at the service, one way.
fn passed(entries: &[Entry], dir: Dir) -> Vec<Micros> {
    let its = entries.iter().filter(|entry| {
        if let What::Passed(passed) = &entry.what { passed.dir == dir } else { false }
    });
    its.map(|entry| entry.at_us).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn http10_opens_a_connection_for_each_request() {
    let server = Server::start(&[]).await;
    for order in ["in_turn", "parallel"] {
        let params = json!({ "requests": 3, "order": order });
        let (summary, entries) = agent_run(&server, "http10", params).await;
        assert_sound(&summary, &entries);
        let figures = &summary.metrics;
        assert_eq!((figures.connections_opened, figures.connections_closed), (3, 3), "{order}");
        assert_eq!((figures.requests, figures.responses), (3, 3), "{order}");
        for opened in conns(&entries) {
            assert_eq!(opened.client.role, Role::Agent, "{order}");
            let answer = stream(&entries, opened.conn, Dir::ToClient);
            assert!(answer.starts_with(b"HTTP/1.0 200 "), "{order}: {}", answer.escape_ascii());
        }
        // The default link: each way is 40 ms, and no request lands sooner than its set-up allows.
        assert_eq!(summary.params["link_ms"], json!(40), "{order}");
        let delay = &figures.delivery_delay_us;
        assert!(delay.count == 3 && delay.p50 >= 40_000, "{order}: {delay:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http11_closes_when_the_keep_alive_time_is_over() {
    let server = Server::start(&[]).await;
    for seconds in [1_u64, 2] {
        let params = json!({ "requests": 3, "keep_alive_s": seconds });
        let (summary, entries) = agent_run(&server, "http11", params).await;
        assert_sound(&summary, &entries);
        let figures = &summary.metrics;
        assert_eq!((figures.connections_opened, figures.connections_closed), (1, 1));
        assert_eq!((figures.requests, figures.responses), (3, 3));
        let answered = entries
            .iter()
            .rfind(|entry| matches!(&entry.what, What::Chunk(chunk) if chunk.dir == Dir::ToClient));
        let said = Note::KeepAliveOver { after_us: Micros::from_millis(seconds * 1_000) };
        let over = entries.iter().position(|entry| note(entry) == Some(&said));
        let closed = entries.iter().position(|entry| matches!(entry.what, What::Closed(_)));
        assert!(over.is_some() && over < closed, "noted before: {over:?}, {closed:?}");
        let closed = &entries[closed.unwrap()];
        let What::Closed(how) = &closed.what else { unreachable!() };
        assert_eq!(how.by, Side::Server, "the server closes");
        let idle_us = closed.at_us.since(answered.unwrap().at_us).0;
        let off_us = idle_us.abs_diff(seconds * 1_000_000);
        assert!(off_us <= 300_000, "{seconds} s of keep-alive were {idle_us} µs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_takes_its_time_at_the_service() {
    let server = Server::start(&[]).await;
    let slow_ms = 400;
    let params = json!({ "requests": 3, "keep_alive_s": 1, "slow_ms": slow_ms });
    let (summary, entries) = agent_run(&server, "http11", params).await;
    assert_sound(&summary, &entries);
    let (asked, answered) = (passed(&entries, Dir::ToServer), passed(&entries, Dir::ToClient));
    assert_eq!((asked.len(), answered.len()), (3, 3), "each piece passes once");
    let took = |index: usize| answered[index].since(asked[index]);
    assert!(took(1) >= Micros::from_millis(slow_ms), "the second: {:?}", took(1));
    for other in [0, 2] {
        assert!(took(other) < Micros::from_millis(slow_ms), "{other}: {:?}", took(other));
    }
    assert!(asked[2] > answered[1], "the third waits for the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_from_any_number_on() {
    let server = Server::start(&[]).await;
    let params = json!({ "peer": "agent", "requests": 2 });
    let run = Run::create(&server, "http10", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let (summary, all) = run.settled().await;
    let last = all.len() as u64;
    assert_eq!(summary.last_seq.0, last);
    for after in [0, 1, last / 2, last - 1, last, last + 9] {
        let (header, rest) = log::read(&run.log_text(after).await, 1);
        assert_eq!(header.run, run.created.id);
        let from = usize::try_from(after.min(last)).unwrap();
        assert_eq!(rest, all[from..], "after {after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_link_nothing_passes_it() {
    let server = Server::start(&[]).await;
    let params = json!({ "requests": 2, "link_ms": 0 });
    let (summary, entries) = agent_run(&server, "http10", params).await;
    assert_sound(&summary, &entries);
    let of_link = |entry: &Entry| {
        matches!(entry.what, What::Passed(_)) || matches!(note(entry), Some(Note::LinkSetup { .. }))
    };
    assert!(!entries.iter().any(of_link), "{entries:?}");
    assert_eq!(summary.metrics.delivery_delay_us.count, 0, "one moment is no delay (law 6)");
}

/// The listener of HTTP/1.0 speaks it in every answer, also in those that refuse.
#[tokio::test(flavor = "multi_thread")]
async fn http10_refuses_in_http10() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http10", json!({ "link_ms": 0 })).await;
    let two_lengths = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        run.target("hello")
    );
    for (request, line) in [
        (get(&run.target("nothing")), "HTTP/1.0 404 "),
        (get("/r/nosuchrun/hello"), "HTTP/1.0 404 "),
        (get("/hello"), "HTTP/1.0 404 "),
        ("\u{1}\u{2}\u{3} garbage\r\n\r\n".to_owned(), "HTTP/1.0 400 "),
        ("no request line\r\n\r\n".to_owned(), "HTTP/1.0 400 "),
        (two_lengths, "HTTP/1.0 400 "),
    ] {
        let mut raw = Raw::connect(run.addr()).await;
        raw.send(&request).await;
        let ended = within(LIMIT, "the server closes", raw.read_to_end()).await;
        ended.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        let answer = raw.received.escape_ascii().to_string();
        assert!(answer.starts_with(line), "{request:?}: {line:?} is due, not {answer}");
        assert!(answer.contains("Content-Type: application/problem+json"), "{request:?}: {answer}");
    }
    let (_, entries) = run.settled().await;
    assert_eq!(conns(&entries).len(), 2, "only what asked for this run is in its log");
    assert_tiled(&entries, ConnId(1));
}

//! Pausing the real thing: the server itself stops before its acts until `next`, or the limit.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tests::client;
use tests::log::{conns, note};
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::time::{Instant, sleep, timeout};
use trace::entry::{Entry, What};
use trace::ids::ConnId;
use trace::note::{Act, Release, What as Note};

const LIMIT: Duration = Duration::from_secs(10);

/// Within this after `next` a client's process is over.
const FELT: Duration = Duration::from_millis(50);

/// How often curl is let hang in each lab.
const TIMES: usize = 5;

/// Whether an entry says that an answer of a connection waits.
fn answer_held(entry: &Entry, conn: ConnId) -> bool {
    matches!(note(entry), Some(Note::GateHeld { act: Act::Answer, .. }))
        && entry.what.conn() == Some(conn)
}

/// How a log says that an answer went on.
fn answer_released(entry: &Entry) -> Option<Release> {
    match note(entry) {
        Some(Note::GateReleased { act: Act::Answer, by, .. }) => Some(*by),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_next() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http11", json!({ "pause": true, "link_ms": 0 })).await;
    let other = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut client = Raw::connect(run.addr()).await;
    client.send(get(&run.target("hello"))).await;
    let early = timeout(Duration::from_secs(1), client.reply("GET")).await;
    assert!(early.is_err(), "it waits, and not {early:?}");
    let (_, entries) = run.log().await;
    let conn = conns(&entries)[0].conn;
    assert!(entries.iter().any(|entry| answer_held(entry, conn)), "{entries:?}");

    let began = Instant::now();
    let mut bystander = Raw::connect(other.addr()).await;
    assert_eq!(bystander.ask(&get(&other.target("hello"))).await.status(), 200);
    let took = began.elapsed();
    assert!(took <= Duration::from_millis(100), "another run does not wait: {took:?}");

    run.press("next").await;
    let reply = within(LIMIT, "the answer", client.reply("GET")).await;
    assert_eq!(reply.unwrap().expect("an answer").status(), 200);
    let (_, entries) = run.log().await;
    assert_eq!(entries.iter().find_map(answer_released), Some(Release::Next));
}

#[tokio::test(flavor = "multi_thread")]
async fn next_is_felt_within_50_ms() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "http11", json!({ "pause": true, "link_ms": 0 })).await;
    let mut follower = run.live(0).await;
    let mut client = Raw::connect(run.addr()).await;
    let mut taken = Vec::new();
    for _ in 0..5 {
        client.send(get(&run.target("hello"))).await;
        follower.until(LIMIT, |entry| answer_held(entry, ConnId(1))).await;
        let began = Instant::now();
        let answered = async {
            let reply = within(LIMIT, "the answer", client.reply("GET")).await;
            assert_eq!(reply.unwrap().expect("an answer").status(), 200);
            began.elapsed()
        };
        let ((), took) = tokio::join!(run.press("next"), answered);
        taken.push(took);
    }
    let all = taken.iter().all(|took| *took <= Duration::from_millis(50));
    assert!(all, "from next to the answer: {taken:?}");
    println!("from next to the answer: {taken:?}");
}

/// Asks ten times, each on a connection of its own. Gives the median of what that took.
async fn asked(run: &Run<'_>) -> Duration {
    let mut taken = Vec::new();
    for _ in 0..10 {
        let began = Instant::now();
        let mut client = Raw::connect(run.addr()).await;
        assert_eq!(client.ask(&get(&run.target("hello"))).await.status(), 200);
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    taken[taken.len() / 2]
}

/// Lets curl hang for a time, in which something else is done, then presses Next. Gives what was
/// done, and how long after that press curl's process was over.
async fn let_hang<T>(
    run: &Run<'_>,
    hangs: Duration,
    meanwhile: impl Future<Output = T>,
) -> (T, Duration) {
    let mut follower = run.live(0).await;
    let mut curl = client::curl(&format!("http://{}{}", run.addr(), run.target("hello")));
    let curl = curl.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
    let mut curl = curl.expect("curl must be installed for this test: apt-get install curl");
    follower.until(LIMIT, |entry| answer_held(entry, ConnId(1))).await;
    let (done, ()) = tokio::join!(meanwhile, sleep(hangs));
    let over = curl.try_wait().expect("a process can be looked at");
    assert_eq!(over, None, "curl hangs");
    let began = Instant::now();
    let ended = async {
        let output = within(LIMIT, "curl's end", curl.wait_with_output()).await;
        (began.elapsed(), output.expect("it can be waited for"))
    };
    let ((), (took, output)) = tokio::join!(run.press("next"), ended);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout == b"Hello.\n", "{output:?}: {errors}");
    (done, took)
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_hangs_until_next_and_another_run_is_not_slowed() {
    let server = Server::start(&[]).await;
    for lab in ["http10", "http11"] {
        let other = Run::create(&server, lab, json!({ "link_ms": 0 })).await;
        let (mut taken, mut medians) = (Vec::new(), Vec::new());
        for time in 1..=TIMES {
            let params = json!({ "pause": true, "link_ms": 0 });
            let run = Run::create(&server, lab, params).await;
            let took = if time == 1 {
                let before = asked(&other).await;
                let (while_held, took) =
                    let_hang(&run, Duration::from_secs(1), asked(&other)).await;
                medians.extend([before, while_held]);
                took
            } else {
                let_hang(&run, Duration::from_millis(250), async {}).await.1
            };
            taken.push(took);
        }
        println!(
            "{lab}: from next to curl's end {taken:?}; another run before, while held {medians:?}"
        );
        let late = taken.iter().filter(|took| **took > FELT).count();
        assert!(late <= 1, "{lab}: from next to curl's end: {taken:?}");
        let most = medians[0].mul_f64(1.5) + Duration::from_millis(5);
        assert!(medians[1] <= most, "{lab}: another run is slowed: {medians:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_limit_the_server_goes_on_by_itself() {
    let server = Server::start(&[]).await;
    let params = json!({ "pause": true, "pause_limit_s": 1, "link_ms": 0 });
    let run = Run::create(&server, "http11", params).await;
    let mut client = Raw::connect(run.addr()).await;
    let began = Instant::now();
    let reply = within(LIMIT, "the answer", client.ask(&get(&run.target("hello")))).await;
    let took = began.elapsed();
    assert_eq!(reply.status(), 200);
    let due = Duration::from_secs(1)..Duration::from_millis(1_300);
    assert!(due.contains(&took), "after the limit of 1 s: {took:?}");
    let (_, entries) = run.log().await;
    assert_eq!(entries.iter().find_map(answer_released), Some(Release::Limit));
}

/// Whoever leaves while an answer waits leaves nothing that waits: neither the answer nor, on a
/// connection that is gone, the close.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_leaves_no_gate() {
    let server = Server::start(&[]).await;
    for lab in ["http10", "http11"] {
        for (how, link_ms) in [("fin", 0), ("reset", 0), ("fin", 5), ("reset", 5)] {
            let row = format!("{lab}, {how}, link {link_ms} ms");
            let params = json!({ "pause": true, "link_ms": link_ms });
            let run = Run::create(&server, lab, params).await;
            let mut follower = run.live(0).await;
            let mut client = Raw::connect(run.addr()).await;
            client.send(get(&run.target("hello"))).await;
            follower.until(LIMIT, |entry| answer_held(entry, ConnId(1))).await;
            match how {
                "reset" => drop(client.reset()),
                _ => drop(client),
            }
            follower.until(LIMIT, |entry| matches!(entry.what, What::Closed(_))).await;
            sleep(Duration::from_millis(200)).await;
            run.input("next").await.assert_refused(409, "waits", &row);
        }
    }
}

/// Whether an entry says that an act waits.
fn held(entry: &Entry, wanted: Act) -> bool {
    matches!(note(entry), Some(Note::GateHeld { act, .. }) if *act == wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_held_when_its_run_ends_is_a_whole_answer() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "sse", json!({ "pause": true, "link_ms": 0 })).await;
    let mut follower = run.live(0).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = Raw::connect(run.addr()).await;
        client.send(get(&run.target("events"))).await;
        follower.until(LIMIT, |entry| held(entry, Act::Answer)).await;
        clients.push(client);
    }
    run.press("stop").await;
    for mut client in clients {
        within(LIMIT, "the end", client.read_to_end()).await.unwrap();
        let text = String::from_utf8_lossy(&client.received);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text:?}");
        assert!(text.ends_with("0\r\n\r\n"), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_killed_while_a_close_waits_resets() {
    let server = Server::start(&[]).await;
    let params = json!({ "pause": true, "link_ms": 0, "retry_ms": 100 });
    let run = Run::create(&server, "sse", params).await;
    let mut follower = run.live(0).await;
    let mut client = Raw::connect(run.addr()).await;
    client.send(get(&run.target("events"))).await;
    follower.until(LIMIT, |entry| held(entry, Act::Answer)).await;
    run.press("next").await;
    while !String::from_utf8_lossy(&client.received).contains("retry: 100") {
        assert!(within(LIMIT, "the stream", client.read()).await.unwrap() > 0);
    }
    run.press("drop").await;
    follower.until(LIMIT, |entry| held(entry, Act::Close)).await;
    assert_eq!(run.input_at("kill", "instance1").await.status, 204);
    let end = within(LIMIT, "the end", client.read_to_end()).await;
    assert_eq!(end.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset));
}

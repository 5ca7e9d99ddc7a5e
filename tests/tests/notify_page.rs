//! The labs that notify, from the page in a real Chromium: its own polls, event streams and sockets.

use std::time::Duration;

use serde_json::{Value, json};
use tests::browser::{Browser, SIZES};
use tests::log;
use tests::run::{entries, summary};
use tests::server::{Answer, Server};
use trace::entry::{Entry, Says, What};
use trace::event::Kind;
use trace::participant::Role;
use trace::spoken::{self, Asks};
use trace::sse::Sse;
use trace::websocket::{Opcode, Websocket};

/// Turns knobs, also those behind "More knobs".
async fn turn(browser: &Browser, knobs: &[(&str, u64)]) {
    browser.eval("document.querySelector('details.more').setAttribute('open', '')").await;
    for (name, value) in knobs {
        browser.knob(name, *value).await;
    }
}

/// The ids of the events on each of the browser's streams, in the order of their opening.
fn streams(entries: &[Entry]) -> Vec<Vec<u64>> {
    let its = log::conns(entries).into_iter().filter(|opened| opened.client.id == "browser");
    let ids = its.map(|opened| {
        let events = log::events(entries, opened.conn);
        let id = |event: &trace::event::Event| match &event.kind {
            Kind::Sse(Sse::Block(block)) => block.id.as_ref()?.parse().ok(),
            _ => None,
        };
        events.into_iter().filter_map(id).collect()
    });
    ids.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_source_comes_back_with_the_last_events_id() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("sse").await;
    let knobs = [("events", 20), ("every_ms", 100), ("drop_after", 5), ("retry_ms", 500)];
    turn(&browser, &knobs).await;
    let run = browser.run().await;
    let entries = entries(&server, &run).await;
    let ids: Vec<Vec<u64>> = streams(&entries).into_iter().filter(|ids| !ids.is_empty()).collect();
    assert_eq!(ids, [(1..=5).collect::<Vec<_>>(), (6..=20).collect()], "each once, in order");
    let resumed: Vec<String> =
        entries.iter().filter_map(|entry| log::request(entry)?.last_event_id.clone()).collect();
    assert_eq!(resumed, ["5"]);
    assert_eq!(summary(&server, &run).await.metrics.messages, 20);
    let told = browser.text("#reports").await;
    assert!(told.contains("broke off after event 5"), "{told}");
    browser.picture("sse-1440").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seventh_event_source_never_reaches_the_server_and_the_page_says_so() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("sse").await;
    let knobs = [("events", 10), ("every_ms", 400), ("drop_after", 0), ("streams", 7)];
    turn(&browser, &knobs).await;
    let run = browser.run().await;
    let entries = entries(&server, &run).await;
    let asked = entries
        .iter()
        .filter_map(log::request)
        .filter(|request| spoken::asks(&request.method, &request.target) == Asks::Events);
    assert_eq!(asked.count(), 6, "the server heard six");
    let told = entries.iter().find_map(|entry| match &entry.what {
        What::Report(report) => match report.says {
            Says::StreamsOpened { wanted, answered } => Some((wanted, answered)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(told, Some((7, 6)));
    let said = browser.text("#reports").await;
    assert!(said.contains('7') && said.contains('6'), "{said}");
    println!("the page says: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sockets_of_the_page_talk_and_one_dies_with_its_instance() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("websocket").await;
    turn(&browser, &[("messages", 6), ("message_every_ms", 1_000), ("pull_ms", 100)]).await;
    browser.eval("document.querySelector('details.more').removeAttribute('open')").await;
    browser.click("#run").await;
    let heard = "document.querySelectorAll('#shapes .arrow').length > 8";
    browser.wait(heard).await;
    browser.wait("document.querySelector('#turn-instance2')").await;
    browser.click("#turn-instance2").await;
    browser.wait("document.querySelector('#reports')?.textContent.includes('1006')").await;
    browser.click("#turn-instance2").await;
    browser.wait("document.querySelector('#run-state')?.textContent === 'Finished'").await;
    let run = browser.run_id().await;
    let entries = entries(&server, &run).await;
    let sockets: Vec<(String, String, Role)> = log::conns(&entries)
        .into_iter()
        .map(|it| (it.client.id.clone(), it.server.id.clone(), it.client.role))
        .collect();
    let of = |user: &str| sockets.iter().filter(|(client, ..)| client == user).count();
    assert!(of("user-A") == 1 && of("user-B") >= 2, "{sockets:?}");
    assert!(sockets.iter().all(|(_, _, role)| *role == Role::Browser), "{sockets:?}");
    let mut ids = Vec::new();
    for entry in &entries {
        if let What::Event(event) = &entry.what
            && let Kind::Websocket(Websocket::Message(message)) = &event.kind
            && let Some(delivered) = message.text.as_deref().and_then(spoken::delivered)
        {
            ids.push(delivered.id);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, (1..=6).collect::<Vec<u64>>(), "the stateless chat loses none");
    let closes = entries.iter().filter(|entry| match &entry.what {
        What::Event(event) => matches!(&event.kind, Kind::Websocket(Websocket::Frame(frame))
            if frame.opcode == Opcode::Close && frame.close.as_ref().is_some_and(|it| it.code == 1000)),
        _ => false,
    });
    assert!(closes.count() >= 2, "both end with 1000");
    browser.picture("websocket-1440").await;
}

/// What is typed goes over the user's own socket; a second tab is one more user.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_joins_and_what_is_typed_is_sent() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("websocket").await;
    turn(&browser, &[("messages", 10), ("message_every_ms", 1_000), ("pull_ms", 100)]).await;
    browser.eval("document.querySelector('details.more').removeAttribute('open')").await;
    browser.click("#run").await;
    browser.wait("document.querySelector('#chat-text')").await;
    let run = browser.run_id().await;
    let other = Browser::start(SIZES[2]).await;
    other.open(&format!("{}#websocket?run={run}&as=C", server.page())).await;
    let joined = |user: &'static str| {
        let (server, run) = (&server, &run);
        async move {
            loop {
                let entries = entries(server, run).await;
                if log::conns(&entries).iter().any(|opened| opened.client.id == user) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    tests::within(Duration::from_secs(10), "C joins", joined("user-C")).await;
    browser.find("#chat-text").await.send_keys("hello, world").await.unwrap();
    browser.click("#chat-send").await;
    let sent = async {
        loop {
            let entries = entries(&server, &run).await;
            let typed = entries.iter().any(|entry| match &entry.what {
                What::Event(event) => match &event.kind {
                    Kind::Websocket(Websocket::Message(message)) => message
                        .text
                        .as_deref()
                        .and_then(spoken::sent)
                        .is_some_and(|sent| sent.text == "hello, world"),
                    _ => false,
                },
                _ => false,
            });
            if typed {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tests::within(Duration::from_secs(10), "what was typed is heard", sent).await;
    other.picture("websocket-as-c-390").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_polls_as_its_knobs_say() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("short_polling").await;
    turn(&browser, &[("polls", 12), ("interval_ms", 250), ("message_every_ms", 1_500)]).await;
    let run = browser.run().await;
    let metrics = summary(&server, &run).await.metrics;
    assert_eq!((metrics.empty_responses, metrics.messages), (11, 1));
    let folds = browser.text(".ladder").await;
    assert!(folds.contains("empty polls folded"), "{folds}");

    browser.lab("long_polling").await;
    let knobs = [("hold_s", 2), ("messages", 4), ("message_every_ms", 800), ("instances", 3)];
    turn(&browser, &knobs).await;
    let run = browser.run().await;
    let metrics = summary(&server, &run).await.metrics;
    assert_eq!((metrics.empty_responses, metrics.messages), (1, 4));
    assert_eq!(metrics.preflights, 0, "simple requests need none");
    let entries = entries(&server, &run).await;
    let instances: std::collections::BTreeSet<&str> = log::conns(&entries)
        .into_iter()
        .filter(|opened| opened.client.id == "browser")
        .map(|opened| opened.server.id.as_str())
        .collect();
    assert_eq!(instances.len(), 3, "it hops: {instances:?}");
}

/// Two runs of the chat, one stateful and one stateless, beside each other.
#[tokio::test(flavor = "multi_thread")]
async fn two_runs_stand_side_by_side() {
    let server = Server::start(&[]).await;
    let mut runs = Vec::new();
    for mode in ["stateful", "stateless"] {
        let params =
            json!({ "mode": mode, "peer": "agent", "messages": 4, "message_every_ms": 200 });
        let run = tests::run::Run::create(&server, "websocket", params).await;
        run.press("start").await;
        run.wait_state(trace::studio::RunState::Finished, Duration::from_secs(20)).await;
        runs.push(run.id().to_owned());
    }
    for size in SIZES {
        let browser = Browser::start(size).await;
        let address = format!("{}#websocket?run={}&beside={}", server.page(), runs[0], runs[1]);
        browser.open(&address).await;
        browser.wait("document.querySelectorAll('#shapes .arrow').length > 5").await;
        browser.wait("document.querySelectorAll('#shapes-2 .arrow').length > 5").await;
        let told = browser.text("#compared").await;
        for (run, of) in runs.iter().zip(["first", "second"]) {
            let metrics = summary(&server, run).await.metrics;
            let bytes = metrics.bytes_to_server + metrics.bytes_to_client;
            println!("{size:?} {of}: {bytes} bytes, {:?}", metrics.delivery_delay_us);
        }
        assert!(!told.is_empty(), "the figures stand beside each other");
        let both = [browser.text("#pane-knobs").await, browser.text("#pane-knobs-2").await];
        let knobs = both.join(" ");
        assert!(knobs.contains("stateful") && knobs.contains("stateless"), "{knobs}");
        browser.picture(&format!("beside-{}", size.width)).await;
        for align in ["step", "time", "start"] {
            browser.eval(&format!("document.querySelector('#align-{align}').click()")).await;
            browser.wait(&format!(
                "document.querySelector('#align-{align}').getAttribute('aria-pressed') === 'true'"
            ))
            .await;
            browser.wait("document.querySelectorAll('#shapes-2 .arrow').length > 2").await;
            browser.picture(&format!("beside-{align}-{}", size.width)).await;
        }
        let link = browser.eval("location.hash").await;
        let kept = link.as_str().is_some_and(|link| link.contains(&format!("beside={}", runs[1])));
        assert!(kept, "{link}");
    }
}

/// A page of another origin may not speak for the run: reports come from the page that drives it.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_that_drives_a_run_reports() {
    let server = Server::start(&[]).await;
    let run = tests::run::Run::create(&server, "sse", json!({})).await;
    let mut follower = run.live(0).await;
    let report = json!({ "say": "report", "client": "browser", "says": "stream_broke" });
    follower.say(&report).await;
    let mut driver = run.live(0).await;
    driver.drive(&run.created.key).await;
    let report: Value = json!({
        "say": "report", "client": "browser", "says": "streams_opened", "wanted": 7, "answered": 6,
    });
    driver.say(&report).await;
    let heard =
        driver.until(Duration::from_secs(5), |entry| matches!(entry.what, What::Report(_))).await;
    let reports = heard.iter().filter(|(_, entry)| matches!(entry.what, What::Report(_))).count();
    assert_eq!(reports, 1, "the follower's is not taken");
    let answer = Answer::to(
        server
            .ask(reqwest::Method::POST, &run.api("/inputs"))
            .json(&json!({ "input": "send", "text": "" })),
    )
    .await;
    answer.assert_refused(422, "text takes 1 to 4096 bytes", "send nothing");
}

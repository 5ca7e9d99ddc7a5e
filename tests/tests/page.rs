//! The page in a real Chromium, as a learner uses it: run, look, step, open the bytes, pause.

use std::time::Duration;

use serde_json::json;
use tests::browser::{Browser, SIZES, Size};
use tests::log;
use tests::run::{entries, summary};
use tests::server::Server;
use thirtyfour::prelude::Key;
use trace::entry::What;
use trace::metrics::Metrics;
use trace::span::{Dir, Side};

/// The marks of a ladder are those of its log, as it is scrolled from top to bottom.
async fn assert_drawn(browser: &Browser, metrics: &Metrics) {
    let marks = [
        (".arrow.establish", metrics.connections_opened),
        (".arrow.close", metrics.connections_closed),
        (".ribbon", metrics.connections_opened),
        (".arrow.request", metrics.requests),
        (".arrow.success", metrics.responses),
    ];
    for (selector, count) in marks {
        assert_eq!(browser.drawn(selector).await.len() as u64, count, "{selector}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http10_from_the_page_opens_a_connection_for_each_request() {
    let server = Server::start(&[]).await;
    for size in SIZES {
        http10_at(&server, size).await;
    }
}

async fn http10_at(server: &Server, size: Size) {
    let browser = Browser::start(size).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    let run = browser.run().await;
    let metrics = summary(server, &run).await.metrics;
    assert_eq!((metrics.connections_opened, metrics.connections_closed), (3, 3));
    assert_eq!((metrics.requests, metrics.responses), (3, 3));
    let entries = entries(server, &run).await;
    for opened in log::conns(&entries) {
        assert_eq!(opened.client.id, "browser", "the page is known by its Origin");
        let answer = log::stream(&entries, opened.conn, Dir::ToClient);
        assert!(answer.starts_with(b"HTTP/1.0 200"), "{:?}", String::from_utf8_lossy(&answer));
    }
    assert_drawn(&browser, &metrics).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http11_from_the_page_keeps_its_connections_for_the_set_time() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http11").await;
    browser.knob("keep_alive_s", 2).await;
    let run = browser.run().await;
    let metrics = summary(&server, &run).await.metrics;
    assert_eq!((metrics.requests, metrics.responses), (3, 3));
    assert!(metrics.connections_opened >= 1 && metrics.connections_opened <= 3);
    assert_eq!(metrics.connections_opened, metrics.connections_closed);
    assert_drawn(&browser, &metrics).await;
    for (conn, entries) in log::by_conn(entries(&server, &run).await) {
        let last = entries
            .iter()
            .rev()
            .find(|entry| matches!(&entry.what, What::Chunk(chunk) if chunk.dir == Dir::ToClient));
        let closed = entries.iter().find(|entry| matches!(&entry.what, What::Closed(_))).unwrap();
        assert!(matches!(&closed.what, What::Closed(closed) if closed.by == Side::Server));
        let idle = closed.at_us.since(last.unwrap().at_us).0;
        assert!(idle.abs_diff(2_000_000) <= 300_000, "connection {conn} was idle for {idle} µs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_server_is_let_go_on_from_the_page() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.knob("requests", 1).await;
    browser.click("#knob-pause").await;
    browser.click("#run").await;
    browser
        .wait("document.querySelector('.wait.gate')?.textContent.includes('Waits for Next')")
        .await;
    let story = browser.text("#story").await;
    assert!(story.contains("Server has stopped before it answers"), "{story}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(browser.count(".arrow.success").await, 0, "the answer really waits");
    browser.click("#next").await;
    browser.wait("document.querySelector('.arrow.success')").await;
    // The close is an act of the server's too, unless the browser closes first.
    browser
        .wait("document.querySelector('#run-state').textContent === 'Finished' || document.querySelector('#next.gate')")
        .await;
    browser.key(Key::Right).await;
    browser.wait("document.querySelector('#run-state').textContent === 'Finished'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_when_a_paused_server_went_on_by_itself() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.knob("requests", 1).await;
    browser.eval("document.querySelector('details.more')?.setAttribute('open', '')").await;
    browser.knob("pause_limit_s", 1).await;
    browser.click("#knob-pause").await;
    browser.click("#run").await;
    browser.wait("document.querySelector('.wait.gate')").await;
    // Nobody presses Next.
    browser
        .wait("document.querySelector('#shapes')?.textContent.includes('went on by itself')")
        .await;
    browser.wait("document.querySelector('#run-state').textContent === 'Finished'").await;
    browser.press(&["Home", "ArrowRight", "ArrowRight"]).await;
    browser
        .wait(
            "document.querySelector('#step-title').textContent === 'Paused: the real server waits'",
        )
        .await;
    let told = "nobody pressed Next, so it went on by itself";
    browser.wait(&format!("document.querySelector('#story').textContent.includes({told:?})")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_when_the_server_is_gone() {
    let mut server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http11").await;
    browser.click("#run").await;
    browser.wait("document.querySelectorAll('.arrow.success').length === 3").await;
    server.terminate().await;
    browser
        .wait("document.querySelector('.notice')?.textContent.includes('does not answer')")
        .await;
    assert_eq!(browser.count(".arrow.success").await, 3, "what was heard stays");
}

/// Pictures of both labs at three sizes, light and dark, to be looked at.
#[tokio::test(flavor = "multi_thread")]
async fn pictures() {
    let server = Server::start(&[]).await;
    for size in SIZES {
        let browser = Browser::start(size).await;
        for lab in ["http10", "http11"] {
            browser.open(&server.page()).await;
            browser.lab(lab).await;
            if lab == "http11" {
                browser.knob("keep_alive_s", 1).await;
                browser.knob("slow_ms", 600).await;
            }
            browser.run().await;
            browser.key(Key::Home).await;
            browser.key(Key::Right).await;
            browser.key(Key::Right).await;
            for scheme in ["light", "dark"] {
                browser.scheme(scheme).await;
                browser.picture(&format!("{lab}-{}x{}-{scheme}", size.width, size.height)).await;
            }
            let wide = browser.eval("document.documentElement.scrollWidth - innerWidth").await;
            assert!(wide.as_i64() <= json!(0).as_i64(), "{lab} at {size:?} is {wide} px too wide");
        }
    }
}

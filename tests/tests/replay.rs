//! The picture is the log's: replayed from its file in a page without any server, the ladder is the
//! same; with an entry taken out, exactly its marks are gone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tests::browser::{Browser, SIZES};
use tests::server::Server;
use thirtyfour::prelude::Key;
use tower_http::services::ServeDir;

/// The page's files alone: no studio, no labs.
async fn only_the_page() -> String {
    let dist = std::env::var("LIFELINE_DIST")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../dist"), PathBuf::from);
    assert!(dist.join("index.html").exists(), "{}: cargo xtask build makes it", dist.display());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback_service(ServeDir::new(dist));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn ladder(browser: &Browser) -> String {
    browser.key(Key::Home).await;
    browser.wait("document.querySelector('#step-place')?.textContent.startsWith('Step 1 ')").await;
    browser.wait("document.querySelector('.ladder-scroll').scrollTop === 0").await;
    browser.eval("document.querySelector('#ladder').outerHTML").await.as_str().unwrap().to_owned()
}

async fn marks(browser: &Browser) -> BTreeSet<u64> {
    let script =
        "[...document.querySelectorAll('#ladder [data-seq]')].map(mark => +mark.dataset.seq)";
    let marks = browser.eval(script).await;
    marks.as_array().unwrap().iter().map(|seq| seq.as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_ladder_is_the_live_one_and_each_mark_is_an_entry() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http11").await;
    browser.knob("requests", 2).await;
    browser.knob("keep_alive_s", 1).await;
    browser.knob("slow_ms", 300).await;
    let run = browser.run().await;
    let live = ladder(&browser).await;
    let log = server.get(&format!("/api/runs/{run}/export/ndjson")).await.body;
    drop(server);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    std::fs::write(&path, &log).unwrap();
    let fresh = Browser::start(SIZES[0]).await;
    let url = only_the_page().await;
    fresh.open(&url).await;
    fresh.open_log(&path).await;
    fresh.wait("document.querySelector('#ladder')").await;
    assert_eq!(ladder(&fresh).await, live, "live above, replayed below");

    let all = marks(&fresh).await;
    let lines: Vec<&str> = log.lines().collect();
    for index in 1..lines.len() {
        let rest: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, line)| *line)
            .collect();
        let path = folder.path().join(format!("without-{index}.ndjson"));
        std::fs::write(&path, rest.join("\n")).unwrap();
        fresh.open(&url).await;
        fresh.open_log(&path).await;
        fresh.wait("document.querySelector('#ladder')").await;
        let _ = ladder(&fresh).await;
        let mut expected = all.clone();
        expected.remove(&(index as u64));
        assert_eq!(marks(&fresh).await, expected, "without {}", lines[index]);
    }
    println!("{} marks of {} entries", all.len(), lines.len() - 1);
}

//! The picture is the log's: replayed from its file in a page without any server, the ladder is the
//! same; with an entry taken out, exactly its marks are gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
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

/// How the reader looks: by which clock, and how deep.
const LOOKS: [[&str; 2]; 2] = [["clock-steps", "layer-message"], ["clock-time", "layer-frame"]];

/// Looks so, whatever was looked at before.
async fn look(browser: &Browser, look: [&str; 2]) {
    for id in look {
        browser.eval(&format!("document.querySelector('#{id}').click()")).await;
        browser.wait(&format!("document.querySelector('#{id}').ariaPressed === 'true'")).await;
    }
}

/// The ladder by each look.
async fn ladders(browser: &Browser) -> Vec<String> {
    let mut all = Vec::new();
    for by in LOOKS {
        look(browser, by).await;
        all.push(ladder(browser).await);
    }
    all
}

/// Opens a log in a fresh page.
async fn open(browser: &Browser, url: &str, log: &Path) {
    browser.open(url).await;
    browser.open_log(log).await;
    browser.wait("document.querySelector('#shapes [data-seq]')").await;
}

/// The entries that have a mark. Every line, box, path and word that is drawn is of one of these.
async fn marks(browser: &Browser) -> BTreeSet<u64> {
    let leaves =
        "[...document.querySelectorAll('#shapes *')].filter(one => !one.childElementCount)";
    assert_ne!(browser.eval(&format!("{leaves}.length")).await, json!(0), "something is drawn");
    let nobodys = format!("{leaves}.filter(one => !one.closest('#shapes [data-seq]'))");
    let nobodys = browser.eval(&format!("{nobodys}.map(one => one.outerHTML)")).await;
    assert_eq!(nobodys, json!([]), "of no entry");
    browser.drawn("[data-seq]").await
}

/// A run of the page's, its ladders, and its log.
async fn live(lab: &str, knobs: &[(&str, u64)]) -> (Vec<String>, String) {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab(lab).await;
    for (knob, value) in knobs {
        browser.knob(knob, *value).await;
    }
    let run = browser.run().await;
    let ladders = ladders(&browser).await;
    (ladders, server.get(&format!("/api/runs/{run}/export/ndjson")).await.body)
}

/// Holds that the log is all that the picture needs, and that each of its entries is.
async fn assert_replayed(lab: &str, knobs: &[(&str, u64)]) {
    let (live, log) = live(lab, knobs).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    std::fs::write(&path, &log).unwrap();
    let fresh = Browser::start(SIZES[0]).await;
    let url = only_the_page().await;
    open(&fresh, &url, &path).await;
    assert_eq!(ladders(&fresh).await, live, "{lab}: live right, replayed left");

    let mut all = Vec::new();
    for by in LOOKS {
        look(&fresh, by).await;
        all.push(marks(&fresh).await);
    }
    let lines: Vec<&str> = log.lines().collect();
    let entries: BTreeSet<u64> = (1..lines.len() as u64).collect();
    for index in 1..lines.len() {
        let rest = lines.iter().enumerate().filter(|(at, _)| *at != index);
        let rest: Vec<&str> = rest.map(|(_, line)| *line).collect();
        let path = folder.path().join(format!("without-{index}.ndjson"));
        std::fs::write(&path, rest.join("\n")).unwrap();
        open(&fresh, &url, &path).await;
        for (by, all) in LOOKS.into_iter().zip(&all) {
            assert!(all.is_subset(&entries), "{lab}, {by:?}: {all:?}");
            look(&fresh, by).await;
            let mut expected = all.clone();
            expected.remove(&(index as u64));
            assert_eq!(marks(&fresh).await, expected, "{by:?}, without {}", lines[index]);
        }
    }
    let marks: Vec<usize> = all.iter().map(BTreeSet::len).collect();
    println!("{lab}: {marks:?} marks of {} entries", lines.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_ladder_is_the_live_one_and_each_mark_is_an_entry() {
    let knobs = [("requests", 2), ("keep_alive_s", 1), ("slow_ms", 300)];
    assert_replayed("http11", &knobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_ladder_of_http10_is_the_live_one_too() {
    assert_replayed("http10", &[("requests", 2)]).await;
}

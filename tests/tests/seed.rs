//! The seed among the page's knobs: typed, drawn by lot, and refused where it is none.

use tests::browser::{Browser, SIZES};
use tests::run::summary;
use tests::server::Server;

/// Unfolds the knobs that are seldom turned.
async fn unfold(browser: &Browser) {
    browser.eval("document.querySelector('details.more')?.setAttribute('open', '')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_typed_or_drawn_by_lot() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.knob("requests", 1).await;
    let drawn = browser.run().await;
    let drawn = summary(&server, &drawn).await.seed;
    assert!(drawn < 1_000_000, "{drawn}");
    let shown = browser.text("#run-seed").await;
    assert!(shown.ends_with(&drawn.to_string()), "{shown}");

    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    unfold(&browser).await;
    browser.knob("seed", 7).await;
    let typed = browser.run().await;
    assert_eq!(summary(&server, &typed).await.seed, 7);
    assert!(browser.text("#run-seed").await.ends_with(" 7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_seed_is_refused() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    unfold(&browser).await;
    browser.knob("seed", 9_007_199_254_740_993).await;
    browser.eval("document.querySelector('details.more').removeAttribute('open')").await;
    browser.click("#run").await;
    browser.wait("document.activeElement?.id === 'knob-seed'").await;
    assert!(browser.text("#seed-wrong").await.contains("9,007,199,254,740,992"));
    assert_eq!(browser.count("#run-state").await, 0, "no run was made");
}

//! The screen: steps by keys, fields and their bytes, looks that keep the selection, and links that
//! show the same in another browser.

use std::time::Duration;

use serde_json::json;
use tests::browser::{Browser, SIZES};
use tests::run::Run;
use tests::server::Server;
use thirtyfour::prelude::Key;

/// Whether the row that is marked is where the reader sees it.
const IN_VIEW: &str = "(() => { const row = document.querySelector('.current')?.getBoundingClientRect(); \
    const seen = document.querySelector('#scroller').getBoundingClientRect(); \
    return row && row.top >= seen.top && row.bottom <= seen.bottom + 1; })()";

#[tokio::test(flavor = "multi_thread")]
async fn keys_move_the_step_and_its_text() {
    let server = Server::start(&[]).await;
    for size in SIZES {
        let browser = Browser::start(size).await;
        browser.open(&server.page()).await;
        browser.lab("http10").await;
        browser.run().await;
        let steps = [
            (Key::Home, "Step 1 of 12", "TCP connection established"),
            (Key::Right, "Step 2 of 12", "GET …/hello?n=1 HTTP/1.1"),
            (Key::Right, "Step 3 of 12", "HTTP/1.0 200 OK"),
            (Key::Left, "Step 2 of 12", "GET …/hello?n=1 HTTP/1.1"),
            (Key::End, "Step 12 of 12", "Connection closed"),
        ];
        for (key, place, title) in steps {
            browser.key(key).await;
            browser
                .wait(&format!(
                    "document.querySelector('#step-place').textContent.startsWith({place:?})"
                ))
                .await;
            assert_eq!(browser.text("#step-title").await, title);
            browser.wait(IN_VIEW).await;
        }
        // Space plays from the beginning and pauses again.
        browser.click(".ladder-scroll").await;
        browser.key(Key::Home).await;
        browser.key(Key::Space).await;
        browser
            .wait("document.querySelector('#step-place').textContent.startsWith('Step 3 ')")
            .await;
        browser.key(Key::Space).await;
        assert!(browser.text("#play").await.contains("Play"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hovering_a_field_marks_its_bytes_and_the_reverse() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.run().await;
    browser.key(Key::Home).await;
    browser.key(Key::Right).await;
    browser.click("#tab-bytes").await;
    browser.wait("document.querySelector('.field')").await;
    let method = browser.find(".field[data-field='0']").await;
    browser.driver.action_chain().move_to_element_center(&method).perform().await.unwrap();
    browser.wait("document.querySelector('.piece.hot')").await;
    assert_eq!(browser.text(".piece.hot text").await.trim(), "47 45 54");
    let version = browser.find(".piece.tint-version rect").await;
    browser.driver.action_chain().move_to_element_center(&version).perform().await.unwrap();
    browser
        .wait("document.querySelector('.field.hot .field-title').textContent === 'HTTP version'")
        .await;
}

/// What a page shows of itself.
async fn seen(browser: &Browser) -> serde_json::Value {
    browser
        .eval(
            "({ step: document.querySelector('#step-place').textContent, \
                title: document.querySelector('#step-title').textContent, \
                zoom: document.querySelector('#zoom').textContent, \
                clock: document.querySelector('#clock-time').ariaPressed, \
                layer: document.querySelector('#layer-frame').ariaPressed, \
                marked: document.querySelector('.field.hot')?.textContent, \
                tab: document.querySelector('[role=tab][aria-selected=true]').id })",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_the_same_in_a_fresh_browser() {
    let server = Server::start(&[]).await;
    for size in SIZES {
        let browser = Browser::start(size).await;
        browser.open(&server.page()).await;
        browser.lab("http10").await;
        let run = browser.run().await;
        browser.press(&["Home", "t", "2", "+", "ArrowRight", "ArrowRight"]).await;
        browser
            .wait("document.querySelector('#step-place').textContent.startsWith('Step 3 ')")
            .await;
        // The tab of bytes: the second after the one that explains.
        browser.press(&["]", "i"]).await;
        browser.wait("document.querySelector('.field')").await;
        let status = "document.querySelectorAll('.field')[1]";
        browser.eval(&format!("{status}.click()")).await;
        browser.wait("location.hash.includes('marked=')").await;
        let link = browser.eval("location.href").await;
        let link = link.as_str().unwrap();
        assert!(link.contains(&run), "{link}");
        let here = seen(&browser).await;
        assert_eq!(here["zoom"], json!("125 %"), "{here}");
        assert_eq!((&here["clock"], &here["layer"]), (&json!("true"), &json!("true")), "{here}");
        assert!(here["marked"].as_str().unwrap().contains("200"), "{here}");

        let fresh = Browser::start(size).await;
        fresh.open(link).await;
        fresh.wait("document.querySelector('.field.hot')").await;
        assert_eq!(seen(&fresh).await, here);
        fresh
            .wait("document.querySelector('#rows [aria-current]')?.textContent.includes('200 OK')")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_at_stays_when_the_look_changes() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.run().await;
    browser.press(&["Home", "r", "r"]).await;
    let title = "GET …/hello?n=2 HTTP/1.1";
    for (key, row) in
        [("2", "Step 7 of "), ("3", "Step 6 of 12"), ("t", "Step 6 of 12"), ("1", "Step 6 of 12")]
    {
        browser.press(&[key]).await;
        let place =
            format!("document.querySelector('#step-place').textContent.startsWith({row:?})");
        browser.wait(&place).await;
        assert_eq!(browser.text("#step-title").await, title, "after {key}");
        assert_eq!(browser.count(".current").await, 1);
    }
    // Next of each kind, and the one before.
    for (key, title) in [
        ("x", "Connection closed"),
        ("c", "TCP connection established"),
        ("X", "Connection closed"),
        ("R", "GET …/hello?n=2 HTTP/1.1"),
    ] {
        browser.press(&[key]).await;
        browser
            .wait(&format!("document.querySelector('#step-title').textContent === {title:?}"))
            .await;
    }
    browser.press(&["f"]).await;
    browser
        .wait("document.querySelector('.toast')?.textContent.includes('None on the diagram')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_ladder_is_scrolled_by_hand_and_back() {
    let server = Server::start(&[]).await;
    let run =
        Run::create(&server, "http10", json!({ "peer": "agent", "requests": 20, "link_ms": 0 }))
            .await;
    run.press("start").await;
    run.wait_settled().await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&format!("{}#http10?run={}", server.page(), run.id())).await;
    browser.wait("document.querySelector('#place')?.textContent.endsWith('of 80')").await;
    browser.wait("document.querySelector('#scroller').scrollTop > 2000").await;
    for top in [0, 1_500] {
        browser.eval(&format!("document.querySelector('#scroller').scrollTop = {top}")).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let now = browser.eval("document.querySelector('#scroller').scrollTop").await;
        assert_eq!(now, json!(top), "it stays where it was put");
        // What is in view is drawn.
        let drawn = "[...document.querySelectorAll('#shapes .arrow')].some(arrow => { \
            const seen = document.querySelector('#scroller').getBoundingClientRect(); \
            const box = arrow.getBoundingClientRect(); \
            return box.top > seen.top + 60 && box.bottom < seen.bottom; })";
        browser.wait(drawn).await;
    }
    browser.press(&["ArrowLeft"]).await;
    browser.wait(IN_VIEW).await;
    // Every connection and message is drawn once, somewhere along the way.
    for (selector, count) in
        [(".ribbon", 20), (".arrow.request", 20), (".arrow.success", 20), (".arrow.close", 20)]
    {
        assert_eq!(browser.drawn(selector).await.len(), count, "{selector}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_byte_survives_steps_and_tabs() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.eval("globalThis.errors = [], addEventListener('error', event => errors.push(event.message))").await;
    browser.lab("http10").await;
    browser.run().await;
    browser.press(&["Home", "ArrowRight"]).await;
    browser.click("#tab-bytes").await;
    browser.wait("document.querySelector('.piece')").await;
    for key in ["ArrowRight", "ArrowLeft", "ArrowRight", "[", "]", "ArrowLeft", "]"] {
        browser.eval("document.querySelector('.piece')?.dispatchEvent(new MouseEvent('click', { bubbles: true }))").await;
        browser.press(&[key]).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(browser.eval("errors").await, json!([]));
    browser.press(&["End"]).await;
    browser.wait("document.querySelector('#step-title').textContent === 'Connection closed'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_run_comes_back_when_it_is_undone_and_else_is_gone() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    let run = browser.run().await;
    let listed = format!("document.querySelector('#recent a[href$=\"run={run}\"]')");
    browser.wait(&listed).await;
    browser.click("#recent .delete").await;
    browser.wait(&format!("!{listed}")).await;
    browser.click("#undo").await;
    browser.wait(&listed).await;
    browser.click("#recent .delete").await;
    browser.wait("!document.querySelector('.toast')").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get(&format!("/api/runs/{run}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_answers_what_was_predicted() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http10").await;
    browser.wait("document.querySelectorAll('.ask').length >= 3").await;
    browser.find("#guess-0").await.send_keys("3").await.unwrap();
    browser.find("#guess-1").await.send_keys("7").await.unwrap();
    assert_eq!(browser.count(".verdict").await, 0, "nothing is told before the run");
    browser.run().await;
    browser.wait("document.querySelectorAll('.verdict').length >= 3").await;
    let verdict = "[...document.querySelectorAll('.verdict')].map(one => one.textContent)";
    let verdicts = browser.eval(verdict).await;
    assert!(verdicts[0].as_str().unwrap().starts_with("✓ 3"), "{verdicts}");
    assert!(verdicts[1].as_str().unwrap().starts_with("✗"), "{verdicts}");
}

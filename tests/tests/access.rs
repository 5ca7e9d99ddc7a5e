//! Who cannot see, or has no mouse: axe-core's findings on each page, the ladder as a list, and both
//! labs by keyboard alone.

use serde_json::json;
use tests::browser::{Browser, SIZES, Size};
use tests::server::Server;
use thirtyfour::prelude::Key;

fn axe() -> String {
    let folder = std::env::var("LIFELINE_NPM").expect("cargo xtask test says where axe-core is");
    let path = std::path::Path::new(&folder).join("node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// No finding of weight, in light, dark and high contrast.
async fn assert_no_finding(browser: &Browser, axe: &str, what: &str) {
    let contrasts = [
        "document.documentElement.removeAttribute('data-contrast')",
        "document.documentElement.setAttribute('data-contrast', 'high')",
    ];
    for scheme in ["light", "dark"] {
        for contrast in contrasts {
            browser.scheme(scheme).await;
            browser.eval(contrast).await;
            let script = format!(
                "{axe}; const done = arguments[0]; axe.run().then(found => done({{ \
                 rules: found.passes.length, bad: found.violations \
                 .filter(one => ['serious', 'critical'].includes(one.impact)) \
                 .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 160) + ' ' + \
                 (node.any[0]?.message ?? '')).join(' | ')) }}));"
            );
            let found = browser.eval_async(&script).await;
            assert!(found["rules"].as_u64() > Some(10), "axe-core looked: {found}");
            assert_eq!(found["bad"], json!([]), "{what}, {scheme}, {contrast}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_core_has_no_serious_finding_on_any_page() {
    let axe = axe();
    let server = Server::start(&[]).await;
    for size in SIZES {
        let browser = Browser::start(size).await;
        browser.open(&server.page()).await;
        for lab in ["http10", "http11"] {
            browser.lab(lab).await;
            browser.wait("document.querySelector('.ask')").await;
            assert_no_finding(&browser, &axe, &format!("{lab} before its run, {size:?}")).await;
            if lab == "http11" {
                browser.knob("keep_alive_s", 1).await;
            }
            browser.run().await;
            browser.press(&["Home", "ArrowRight", "ArrowRight", "i"]).await;
            for tab in ["explain", "bytes", "headers", "timing", "lesson"] {
                browser.eval(&format!("document.querySelector('#tab-{tab}').click()")).await;
                let what = format!("{lab}, {tab}, {size:?}");
                assert_no_finding(&browser, &axe, &what).await;
            }
            browser.press(&["i", "t", "3", "?"]).await;
            browser.wait("document.querySelector('#keys').open").await;
            assert_no_finding(&browser, &axe, &format!("{lab}, keys, {size:?}")).await;
            browser.key(Key::Escape).await;
            browser.wait("!document.querySelector('#keys').open").await;
            browser.eval("document.querySelector('#looks').click()").await;
            assert_no_finding(&browser, &axe, &format!("{lab}, looks, {size:?}")).await;
            browser.key(Key::Escape).await;
        }
    }
}

/// The labs that notify, before and after a run, with what is beside their ladders; and two runs.
#[tokio::test(flavor = "multi_thread")]
async fn axe_core_has_no_serious_finding_where_instances_notify() {
    let axe = axe();
    let server = Server::start(&[]).await;
    let knobs = [
        ("short_polling", vec![("polls", 6), ("interval_ms", 100), ("message_every_ms", 300)]),
        ("long_polling", vec![("hold_s", 1), ("messages", 2), ("message_every_ms", 200)]),
        ("websocket", vec![("messages", 2), ("message_every_ms", 100)]),
        ("sse", vec![("events", 6), ("every_ms", 50)]),
        ("job", vec![("job_ms", 1_000), ("interval_ms", 200)]),
        ("grpc", vec![("messages", 2), ("message_every_ms", 100)]),
    ];
    for size in SIZES {
        let browser = Browser::start(size).await;
        browser.open(&server.page()).await;
        for (lab, knobs) in &knobs {
            browser.lab(lab).await;
            browser.wait("document.querySelector('.ask')").await;
            for (name, value) in knobs {
                browser.knob(name, *value).await;
            }
            assert_no_finding(&browser, &axe, &format!("{lab} before its run, {size:?}")).await;
            browser.run().await;
            browser.press(&["Home", "ArrowRight", "ArrowRight", "i"]).await;
            browser.eval("document.querySelector('#tab-explain').click()").await;
            assert_no_finding(&browser, &axe, &format!("{lab} after its run, {size:?}")).await;
            browser.press(&["i"]).await;
        }
        browser.eval("document.querySelector('.compare:not(.on)').click()").await;
        browser.wait("document.querySelector('#compared, .compared')").await;
        assert_no_finding(&browser, &axe, &format!("two runs, {size:?}")).await;
        browser.lab("serialization").await;
        browser.wait("document.querySelector('#measure')").await;
        browser.eval("document.querySelector('#measure').click()").await;
        assert_no_finding(&browser, &axe, &format!("serialization, {size:?}")).await;
    }
}

/// Goes on with Tab until the element of an id, or one within it, has the focus.
async fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..150 {
        let script = format!("document.activeElement?.closest('#{id}') !== null");
        if browser.eval(&script).await == json!(true) {
            let outline = browser
                .eval("getComputedStyle(document.activeElement.matches('.unseen') ? document.activeElement.parentElement : document.activeElement).outlineStyle")
                .await;
            assert_ne!(outline, json!("none"), "the focus on {id} is seen");
            return;
        }
        browser.key(Key::Tab).await;
    }
    panic!("Tab never comes to {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_labs_can_be_done_by_keyboard_alone() {
    let server = Server::start(&[]).await;
    for size in SIZES {
        let browser = Browser::start(size).await;
        browser.open(&server.page()).await;
        browser.wait("document.querySelector('a.lab')").await;
        by_keyboard(&browser, size, "http10", 12).await;
        by_keyboard(&browser, size, "http11", 9).await;
    }
}

async fn by_keyboard(browser: &Browser, size: Size, lab: &str, steps: u64) {
    // The lab, from the list of labs.
    let link = format!("document.activeElement?.getAttribute('href') === '#{lab}'");
    for _ in 0..60 {
        if browser.eval(&link).await == json!(true) {
            break;
        }
        browser.key(Key::Tab).await;
    }
    browser.key(Key::Enter).await;
    browser.wait(&format!("document.querySelector('a.lab[aria-current][href=\"#{lab}\"]')")).await;
    // A knob, then Run.
    if lab == "http11" {
        tab_to(browser, "knob-keep_alive_s").await;
        browser.key(Key::Control + "a").await;
        browser.key("1").await;
    }
    tab_to(browser, "run").await;
    browser.key(Key::Enter).await;
    browser.wait("document.querySelector('#run-state')?.textContent === 'Finished'").await;
    // Every step, and what it says.
    tab_to(browser, "scroller").await;
    browser.key(Key::Home).await;
    for step in 1..=steps {
        let place = format!(
            "document.querySelector('#step-place')?.textContent.startsWith('Step {step} of ')"
        );
        browser.wait(&place).await;
        assert!(!browser.text("#story").await.is_empty(), "{lab}: step {step} says why");
        let current = browser.text("#rows [aria-current='step']").await;
        assert!(current.len() > 10, "{lab}: step {step} is {current:?} in the list");
        let spoken =
            format!("document.querySelector('#announced').textContent.startsWith('{step}. ')");
        browser.wait(&spoken).await;
        browser.key(Key::Right).await;
    }
    bytes_by_keyboard(browser, size, lab).await;
    // The keys, and back.
    browser.key("?").await;
    browser.wait("document.querySelector('#keys').open").await;
    browser.key(Key::Escape).await;
    browser.wait("!document.querySelector('#keys').open").await;
    if size.width < 900 {
        browser.key(Key::Escape).await;
        browser.wait("!document.querySelector('.inspecting')").await;
    }
}

/// The bytes of a request, field by field.
async fn bytes_by_keyboard(browser: &Browser, size: Size, lab: &str) {
    browser.key(Key::Home).await;
    browser.key(Key::Right).await;
    if size.width < 900 {
        browser.key("i").await;
    }
    tab_to(browser, "tab-explain").await;
    browser.key(Key::Right).await;
    browser.wait("document.querySelector('#tab-bytes').ariaSelected === 'true'").await;
    browser.wait("document.querySelector('.field')").await;
    tab_to(browser, "panel").await;
    for _ in 0..12 {
        if browser.eval("document.activeElement.matches('.field')").await == json!(true) {
            break;
        }
        browser.key(Key::Tab).await;
    }
    browser.wait("document.querySelector('.piece.hot')").await;
    let bytes = browser.text(".piece.hot text").await;
    assert_eq!(bytes.trim(), "47 45 54", "{lab}: the method's bytes");
}

//! The lab `http2` from the page in a real Chromium: as many connections as it truly opens, and one of
//! HTTP/2 where it trusts the authority. Where it does not, it says so and the run ends.

use std::collections::BTreeSet;

use tests::browser::{Browser, SIZES};
use tests::log;
use tests::run::{entries, summary};
use tests::server::Server;
use trace::entry::{Entry, Opened, Says, What};
use trace::event::Kind;
use trace::http2::{Http2, Role};
use trace::ids::ConnId;

/// How many resources the lab asks for, if nobody says.
const RESOURCES: u64 = 6;

/// The page's connections on which something like this was said.
fn with(entries: &[Entry], like: impl Fn(&Kind) -> bool) -> Vec<&Opened> {
    let has = |conn| log::events(entries, conn).into_iter().any(|event| like(&event.kind));
    let its = log::conns(entries).into_iter().filter(|opened| opened.client.id == "browser");
    its.filter(|opened| has(opened.conn)).collect()
}

/// The streams on which a connection was asked.
fn streams(entries: &[Entry], conn: ConnId) -> BTreeSet<u32> {
    let asked = log::events(entries, conn).into_iter().filter_map(|event| match &event.kind {
        Kind::Http2(Http2::Head(head)) if head.role == Role::Request => Some(head.stream),
        _ => None,
    });
    asked.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_opens_several_connections_of_http1_and_one_of_http2() {
    let server = Server::start(&[]).await;
    let browser = Browser::trusting(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http2").await;
    let run = browser.run().await;
    let entries = entries(&server, &run).await;
    let http1 = with(&entries, |kind| matches!(kind, Kind::Http1(_)));
    assert!((2..=6).contains(&http1.len()), "at most six, and more than one: {http1:?}");
    let http2 = with(&entries, |kind| matches!(kind, Kind::Http2(_)));
    let [http2] = http2[..] else { panic!("one: {http2:?}") };
    assert!(http2.inside.is_some(), "inside TLS");
    let streams = streams(&entries, http2.conn);
    // The page first asks whether its browser trusts the authority, on the same connection.
    assert!(streams.len() as u64 >= RESOURCES, "a stream each: {streams:?}");
    let figures = summary(&server, &run).await.metrics;
    let tls = with(&entries, |kind| matches!(kind, Kind::Tls(_)));
    let opened = (http1.len() + tls.len()) as u64;
    assert_eq!(figures.connections_opened, opened, "TLS and what is inside are one");
    browser.picture("http2-browser-1440").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_not_trust_the_authority_says_so() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("http2").await;
    browser.wait("document.querySelector('.trust')").await;
    let run = browser.run().await;
    let entries = entries(&server, &run).await;
    let said = entries
        .iter()
        .any(|entry| matches!(&entry.what, What::Report(report) if report.says == Says::NoTrust));
    assert!(said, "it reports that it does not trust");
    assert!(with(&entries, |kind| matches!(kind, Kind::Http2(_))).is_empty());
    let told = browser.text("#reports").await;
    assert!(told.contains("trust"), "{told}");
}

//! How deliveries end that do not just arrive: their run is over, it is paused, the answer is never whole, or
//! the connection is closed over HTTP/2.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::callbacks::{
    Does, Service, dead, notes, outcomes, receiver, registered, sent, status, verdicts,
};
use tests::client::curl;
use tests::log::{conns, note};
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::time::sleep;
use trace::entry::Entry;
use trace::ids::ConnId;
use trace::note::{Act, What as Note};
use trace::webhook::{Dead, Outcome, Planned, Verdict};

const LIMIT: Duration = Duration::from_secs(20);

async fn pay(payments: &Service, times: usize) {
    for _ in 0..times {
        assert_eq!(payments.post("payments", json!({ "amount": 5 })).await.0, 202);
    }
}

/// The deliveries to an endpoint that are to be tried again.
fn retried(entries: &[Entry], to: &str) -> Vec<String> {
    let planned = |note: &Note| match note {
        Note::DeliveryPlanned { delivery, endpoint, why: Planned::Retry, .. } if endpoint == to => {
            Some(delivery.clone())
        }
        _ => None,
    };
    let mut all: Vec<String> = notes(entries).filter_map(planned).collect();
    all.sort();
    all.dedup();
    all
}

/// What waits for the run's own site is told as given up; what waits for another goes on, even if its address
/// looks like the own one.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_its_run_ends_is_told_and_goes_on_elsewhere() {
    let (healed, came) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (heals, counted) = (Arc::clone(&healed), Arc::clone(&came));
    let to = receiver(move |_| {
        if heals.load(Ordering::SeqCst) {
            counted.fetch_add(1, Ordering::SeqCst);
            return status("204 No Content");
        }
        status("503 Service Unavailable")
    });
    let to = to.await;
    let server = Server::start(&["--callback-allow", &to.to_string()]).await;
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 1_000, "site": "error",
    });
    let (run, payments, own) = registered(&server, knobs).await;
    let url = format!("http://{to}/r/{}/callback", run.id());
    let (status, other) = payments.post("webhooks", json!({ "url": url })).await;
    assert_eq!(status, 201, "{other}");
    let [own, other] = [own, other].map(|it| it["id"].as_str().expect("its name").to_owned());
    pay(&payments, 3).await;
    let both = |log: &[Entry]| retried(log, &own).len() == 3 && retried(log, &other).len() == 3;
    let log = run.wait_log(LIMIT, "each waits", both).await;
    let waiting = retried(&log, &own);
    assert!(dead(&log).is_empty(), "{:?}", dead(&log));
    run.press("stop").await;
    healed.store(true, Ordering::SeqCst);
    let log = run.wait_log(LIMIT, "each is told", |log| dead(log).len() == 3).await;
    let mut told: Vec<String> = dead(&log).into_iter().map(|(delivery, _)| delivery).collect();
    told.sort();
    assert_eq!(told, waiting, "those to the own site, each once");
    assert!(dead(&log).iter().all(|(_, why)| *why == Dead::RunOver), "{:?}", dead(&log));
    let elsewhere = async {
        while came.load(Ordering::SeqCst) < 3 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    within(LIMIT, "what is somebody else's arrives", elsewhere).await;
}

/// Who takes an endpoint away learns what will not be sent there.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_endpoint_that_is_taken_away_is_told() {
    let server = Server::start(&[]).await;
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 10_000, "site": "error",
    });
    let (run, payments, endpoint) = registered(&server, knobs).await;
    let id = endpoint["id"].as_str().expect("its name");
    pay(&payments, 2).await;
    run.wait_log(LIMIT, "both wait", |log| retried(log, id).len() == 2).await;
    let removed = payments.ask(Method::DELETE, &format!("webhooks/{id}"), None).await;
    assert_eq!(removed.0, 204, "{}", removed.1);
    let log = run.wait_log(LIMIT, "both are told", |log| dead(log).len() == 2).await;
    assert!(dead(&log).iter().all(|(_, why)| *why == Dead::Removed), "{:?}", dead(&log));
}

/// The sweep for idle runs comes every ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_which_something_waits_is_not_idle() {
    let server = Server::start(&["--cap", "run_idle_s=1"]).await;
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 10_000, "site": "error",
    });
    let (run, payments, _) = registered(&server, knobs).await;
    let idle = Run::create(&server, "webhook", json!({})).await;
    pay(&payments, 1).await;
    run.wait_log(LIMIT, "it fails", |log| !outcomes(log).is_empty()).await;
    idle.wait(LIMIT, "nothing waits there", |summary| !summary.state.serves()).await;
    sleep(Duration::from_millis(200)).await;
    assert!(run.summary().await.state.serves(), "it waits for the next attempt");
    run.press("stop").await;
    let log = run.wait_log(LIMIT, "it is told", |log| !dead(log).is_empty()).await;
    assert_eq!(dead(&log).iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Dead::RunOver]);
}

/// Lets whatever waits go on until this is done.
async fn led<T>(run: &Run<'_>, what: impl Future<Output = T>) -> T {
    let mut what = pin!(what);
    loop {
        tokio::select! {
            done = &mut what => return done,
            () = sleep(Duration::from_millis(20)) => {
                run.input("next").await;
            }
        }
    }
}

/// The acts that wait at the gate: by their numbers, which are in their order.
fn held(entries: &[Entry]) -> BTreeMap<u64, (Act, Option<ConnId>)> {
    let mut held = BTreeMap::new();
    for entry in entries {
        match note(entry) {
            Some(Note::GateHeld { gate, act, .. }) => {
                held.insert(*gate, (*act, entry.what.conn()));
            }
            Some(Note::GateReleased { gate, .. }) => {
                held.remove(gate);
            }
            _ => {}
        }
    }
    held
}

/// Lets one act go on after the other, up to site.com's answer to a delivery, which waits then.
async fn up_to_the_sites_answer(run: &Run<'_>) {
    let mut last = 0;
    loop {
        let (_, entries) = run.log().await;
        if let Some((gate, (act, conn))) = held(&entries).pop_first() {
            let to_site = conns(&entries).into_iter().any(|opened| {
                Some(opened.conn) == conn
                    && (opened.client.id.as_str(), opened.server.id.as_str())
                        == ("payments", "site.com")
            });
            if act == Act::Answer && to_site {
                return;
            }
            // What was let go is noted a little later.
            if gate > last {
                run.press("next").await;
                last = gate;
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Who pauses is not slower than the caller's patience.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waits_for_next_is_in_time() {
    let server = Server::start(&[]).await;
    let knobs = json!({
        "link_ms": 0, "bank_ms": 0, "pause": true, "timeout_ms": 200, "backoff_ms": 50,
    });
    let run = Run::create(&server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    let url = format!("{}/callback", run.created.urls["site.com"]);
    let (status, said) = led(&run, payments.post("webhooks", json!({ "url": url }))).await;
    assert_eq!(status, 201, "{said}");
    led(&run, pay(&payments, 1)).await;
    within(LIMIT, "a delivery is at site.com", up_to_the_sites_answer(&run)).await;
    sleep(Duration::from_millis(1_500)).await;
    let (_, log) = run.log().await;
    assert!(outcomes(&log).is_empty(), "it waits for the answer");
    let over = |log: &[Entry]| !outcomes(log).is_empty();
    led(&run, run.wait_log(LIMIT, "the attempt's end", over)).await;
    led(&run, sleep(Duration::from_millis(500))).await;
    let (_, log) = run.log().await;
    assert_eq!(outcomes(&log), [Outcome::Delivered]);
    assert_eq!(verdicts(&log), [Verdict::Good]);
    assert!(dead(&log).is_empty());
}

/// Who has said 2xx has taken it, whatever becomes of the rest of the answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_content_never_comes_is_an_answer() {
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    let to = receiver(move |received| {
        counted.fetch_add(1, Ordering::SeqCst);
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
        match received.target.as_str() {
            "/nothing" => Does::Begins(length.to_owned()),
            "/chunk" => {
                let head = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n";
                Does::Begins(format!("{head}5\r\nbegun\r\n"))
            }
            "/cut" => Does::Answers(format!("{length}begun")),
            _ => Does::Begins("HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        }
    });
    let to = to.await;
    let server = Server::start(&["--callback-allow", &to.to_string()]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "timeout_ms": 400, "backoff_ms": 50 });
    let run = Run::create(&server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    let paths = ["nothing", "chunk", "cut", "open"];
    for path in paths {
        let url = format!("http://{to}/{path}");
        let (status, said) = payments.post("webhooks", json!({ "url": url })).await;
        assert_eq!(status, 201, "{url}: {said}");
    }
    pay(&payments, 1).await;
    let all = |log: &[Entry]| outcomes(log).len() >= paths.len();
    run.wait_log(LIMIT, "an end of each", all).await;
    sleep(Duration::from_millis(800)).await;
    let (_, log) = run.log().await;
    assert_eq!(outcomes(&log), [const { Outcome::Delivered }; 4]);
    assert_eq!(came.load(Ordering::SeqCst), paths.len(), "nothing is sent again");
}

/// Over HTTP/2 too, nothing comes from who closes without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn who_closes_gives_no_answer_in_any_version() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 0, "site": "close" });
    let (run, payments, _) = registered(&server, knobs).await;
    pay(&payments, 1).await;
    let log = run.wait_log(LIMIT, "an end", |log| !outcomes(log).is_empty()).await;
    assert_eq!(outcomes(&log), [Outcome::Reset]);
    let delivery = sent(&log).remove(0);
    let url = format!("{}/callback", run.created.urls["site.com"]);
    for (version, times) in [("--http1.1", 2), ("--http2-prior-knowledge", 3)] {
        let mut again = curl(&url);
        again.args([version, "--output", "/dev/null", "--write-out", "%{http_code}"]);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let value = delivery.header(name).expect("a header");
            again.args(["--header", &format!("{name}: {value}")]);
        }
        let body = std::str::from_utf8(&delivery.body).expect("text");
        again.args(["--data-binary", body]).kill_on_drop(true);
        let output = within(LIMIT, "curl", again.output()).await.expect("curl starts");
        assert!(!output.status.success(), "{version}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "000", "{version}");
        let looked = |log: &[Entry]| verdicts(log).len() == times;
        let log = run.wait_log(LIMIT, "it is looked at", looked).await;
        assert!(verdicts(&log).iter().all(|verdict| *verdict == Verdict::Good), "{version}");
    }
}

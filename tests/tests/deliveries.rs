//! Deliveries outlast the server that owes them: at least once, never lost. What counts is the list of a
//! receiver that is none of the server's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tests::callbacks::{Does, Received, Service, receiver, status};
use tests::run::Run;
use tests::server::Server;
use tests::within;

/// How often the server is killed.
const KILLS: usize = 10;

/// Deliveries that it owes anew before each kill.
const EACH: usize = 1_000;

/// Calls that are made at once.
const AT_ONCE: usize = 16;

/// How long a thousand payments may take, and what is left in the end.
const LIMIT: Duration = Duration::from_secs(240);

/// The receiver's own list.
#[derive(Debug, Default)]
struct List {
    /// The deliveries that it took, by what they tell of, with their id and how often they came.
    taken: BTreeMap<u64, (String, usize)>,
    /// How often it failed each.
    failed: BTreeMap<u64, usize>,
    /// How many came to each of its addresses.
    came: BTreeMap<String, usize>,
}

impl List {
    /// It flaps: of twelve in a row it fails two, one of them without an answer, but none for ever.
    fn decide(&mut self, received: &Received) -> Does {
        let id = received.header("webhook-id").expect("an id").to_owned();
        let said: Value = serde_json::from_slice(&received.body).expect("JSON");
        let amount = said["data"]["amount"].as_u64().expect("an amount");
        let came = self.came.entry(received.target.clone()).or_default();
        *came += 1;
        let failed = self.failed.entry(amount).or_default();
        if *came % 12 < 2 && *failed < 4 {
            *failed += 1;
            return if *came % 12 == 1 { Does::Closes } else { status("503 Service Unavailable") };
        }
        let (first, times) = self.taken.entry(amount).or_insert_with(|| (id.clone(), 0));
        assert_eq!(*first, id, "a duplicate is recognised by its id");
        *times += 1;
        status("204 No Content")
    }
}

/// Pays so many times, each a sum of its own, and waits until every payment has arrived.
async fn pay(run: &Run<'_>, first: usize) {
    let payments = Service::of(run, "payments");
    let accepted = stream::iter(first..first + EACH)
        .map(|amount| payments.post("payments", json!({ "amount": amount })))
        .buffer_unordered(AT_ONCE)
        .filter(|(status, _)| std::future::ready(*status == 202))
        .count()
        .await;
    assert_eq!(accepted, EACH);
    let settled = async {
        while payments.get("payments").await.1["settled"] != json!(EACH) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within(LIMIT, "every payment has arrived", settled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_deliveries_survive_ten_kills() {
    let list = Arc::new(Mutex::new(List::default()));
    let deciding = Arc::clone(&list);
    let to = receiver(move |received| deciding.lock().unwrap().decide(received)).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().display().to_string();
    let allowed = to.to_string();
    let args = ["--data", data.as_str(), "--callback-allow", allowed.as_str()];
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 50 });

    for life in 0..KILLS {
        let mut server = Server::start(&args).await;
        let run = Run::create(&server, "webhook", knobs.clone()).await;
        let url = format!("http://{to}/life{life}");
        let registered =
            Service::of(&run, "payments").post("webhooks", json!({ "url": url })).await;
        assert_eq!(registered.0, 201, "{}", registered.1);
        pay(&run, life * EACH + 1).await;
        drop(run);
        server.kill().await;
    }

    let _server = Server::start(&args).await;
    let whole = async {
        while list.lock().unwrap().taken.len() < KILLS * EACH {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let done = tokio::time::timeout(LIMIT, whole).await;
    let list = list.lock().unwrap();
    let lost: Vec<usize> =
        (1..=KILLS * EACH).filter(|amount| !list.taken.contains_key(&(*amount as u64))).collect();
    assert!(done.is_ok() && lost.is_empty(), "{} lost: {lost:?}", lost.len());
    let twice = list.taken.values().filter(|(_, times)| *times > 1).count();
    let failed: usize = list.failed.values().sum();
    println!("{} taken, {failed} failed before, {twice} came more than once", list.taken.len());
}

//! Deliveries outlast the server that owes them: at least once, never lost. What counts is the list of a
//! receiver that is none of the server's; what must be on it is every delivery that a run's log ever told of.
//! The kills strike while payments are made and deliveries are kept, and each takes away a server that waits for
//! an answer, so that what was taken comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::callbacks::{Does, Received, Service, receiver, status};
use tests::live::lines;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How often the server is killed.
const KILLS: usize = 10;

/// Deliveries that it owes anew before each kill, at least.
const EACH: usize = 1_000;

/// Endpoints that are told of each payment.
const ENDPOINTS: usize = 4;

/// Who pays at once.
const PAYERS: usize = 16;

/// Payments that may be with the banks, so that there are not thousands when the server is killed.
const AHEAD: usize = 100;

/// How often an endpoint fails in a row in some lives: ten times disable it.
const DOWN: usize = 12;

/// How long each part may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How often something is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(5);

/// The receiver's own list.
#[derive(Debug, Default)]
struct List {
    /// What it took, by its id: how often, and what it said.
    taken: BTreeMap<String, (usize, Vec<u8>)>,
    /// The id under which an endpoint was told of a payment.
    payments: BTreeMap<(String, String), String>,
    /// How often it failed each.
    failed: BTreeMap<String, usize>,
    /// How many came to each of its addresses.
    came: BTreeMap<String, usize>,
    /// How often an address fails before anything else.
    down: BTreeMap<String, usize>,
    /// Below this address what comes next is taken and never answered.
    mute: Option<String>,
    /// What was taken and never answered.
    unanswered: Vec<String>,
    /// What contradicts what was taken before.
    wrong: Vec<String>,
}

impl List {
    /// It flaps: of twelve in a row it fails two, one of them without an answer, but none for ever.
    fn decide(&mut self, received: &Received) -> Does {
        let broken = || status("503 Service Unavailable");
        if let Some(left) = self.down.get_mut(&received.target).filter(|left| **left > 0) {
            *left -= 1;
            return broken();
        }
        let id = received.header("webhook-id").expect("an id").to_owned();
        let came = self.came.entry(received.target.clone()).or_default();
        *came += 1;
        let failed = self.failed.entry(id.clone()).or_default();
        if *came % 12 < 2 && *failed < 4 {
            *failed += 1;
            return if *came % 12 == 1 { Does::Closes } else { broken() };
        }
        self.take(&id, received);
        if self.mute.take_if(|below| received.target.starts_with(below.as_str())).is_some() {
            self.unanswered.push(id);
            return Does::Nothing;
        }
        status("204 No Content")
    }

    /// Takes a delivery. One that was taken before is recognised by its id, and says the same.
    fn take(&mut self, id: &str, received: &Received) {
        let said: Value = serde_json::from_slice(&received.body).expect("JSON");
        let payment = said["data"]["payment"].as_str().expect("a payment").to_owned();
        let key = (received.target.clone(), payment);
        let known = self.payments.entry(key).or_insert_with(|| id.to_owned());
        let first = || (0, received.body.clone());
        let (times, body) = self.taken.entry(id.to_owned()).or_insert_with(first);
        *times += 1;
        if known.as_str() != id || *body != received.body {
            self.wrong.push(format!("{id} to {}: {said}", received.target));
        }
    }
}

/// One of the server's lives.
struct Life {
    payments: Service,
    /// What the run's log has told of.
    told: Arc<Mutex<BTreeSet<String>>>,
    feed: JoinHandle<()>,
    /// Payments that were taken on.
    accepted: AtomicUsize,
}

impl Life {
    /// Makes a run, registers its endpoints and follows its log.
    async fn begin(server: &Server, base: &str) -> Self {
        let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 8, "backoff_ms": 50 });
        let run = Run::create(server, "webhook", knobs).await;
        let told = Arc::new(Mutex::new(BTreeSet::new()));
        let telling = Arc::clone(&told);
        let feed = lines(server.port, run.id(), move |line| {
            let of_one = ["\"delivery_planned\"", "\"delivery_dead\""];
            if of_one.iter().any(|it| line.contains(it)) {
                let said: Value = serde_json::from_str(line).expect("JSON");
                let delivery = said["delivery"].as_str().expect("a delivery").to_owned();
                telling.lock().unwrap().insert(delivery);
            }
        });
        let (payments, feed) = (Service::of(&run, "payments"), feed.await);
        for number in 0..ENDPOINTS {
            let url = format!("{base}/{number}");
            let (status, said) = payments.post("webhooks", json!({ "url": url })).await;
            assert_eq!(status, 201, "{said}");
        }
        Self { payments, told, feed, accepted: AtomicUsize::new(0) }
    }

    fn told(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    /// Pays, until the server is gone.
    async fn pay(&self) {
        let order = || Some(json!({ "amount": 5 }));
        while let Ok(answer) = self.payments.send(Method::POST, "payments", order()).await {
            assert_eq!(answer.status().as_u16(), 202);
            let _ = answer.bytes().await;
            let accepted = self.accepted.fetch_add(1, Ordering::SeqCst) + 1;
            while accepted > self.told() / ENDPOINTS + AHEAD && !self.feed.is_finished() {
                sleep(LOOK).await;
            }
        }
    }

    /// The endpoint that is down is disabled, and what it is owed is given up. Enables it, and sends all of
    /// that by hand until it has arrived.
    async fn overcome(&self) {
        for amount in 1..=20 {
            let (status, said) = self.payments.post("payments", json!({ "amount": amount })).await;
            assert_eq!(status, 202, "{said}");
        }
        self.accepted.fetch_add(20, Ordering::SeqCst);
        let disabled = loop {
            let (_, list) = self.payments.get("webhooks").await;
            let all = list.as_array().expect("a list");
            if let Some(found) = all.iter().find(|it| it["state"] == "disabled") {
                break found["id"].as_str().expect("its name").to_owned();
            }
            sleep(LOOK).await;
        };
        while self.letters().await.len() < 20 {
            sleep(LOOK).await;
        }
        let enabled = self.payments.post(&format!("webhooks/{disabled}/enable"), json!({})).await;
        assert_eq!(enabled.0, 204, "{}", enabled.1);
        loop {
            for letter in self.letters().await {
                let replayed = format!("dead/{letter}/replay");
                assert_eq!(self.payments.post(&replayed, json!({})).await.0, 202, "{letter}");
            }
            let (_, list) = self.payments.get("webhooks").await;
            let waits = list.as_array().expect("a list").iter().any(|it| it["waiting"] != json!(0));
            if !waits && self.letters().await.is_empty() {
                return;
            }
            sleep(LOOK * 4).await;
        }
    }

    /// The names on the dead-letter list.
    async fn letters(&self) -> Vec<String> {
        let (_, list) = self.payments.get("dead").await;
        let all = list.as_array().expect("a list").iter();
        all.map(|letter| letter["id"].as_str().expect("a name").to_owned()).collect()
    }
}

/// Kills the server when so much was told and an answer is waited for.
async fn kill(server: &mut Server, life: &Life, list: &Mutex<List>, below: String) {
    let struck = async {
        while life.told() < EACH {
            sleep(LOOK).await;
        }
        let before = list.lock().unwrap().unanswered.len();
        list.lock().unwrap().mute = Some(below);
        while list.lock().unwrap().unanswered.len() == before {
            sleep(Duration::from_millis(1)).await;
        }
        server.kill().await;
    };
    within(LIMIT, "the server is killed in the middle of it", struck).await;
}

/// A life of the server, until it is killed. Gives what it told, and how many payments it accepted.
async fn live(
    number: usize,
    args: &[&str],
    to: &str,
    list: &Mutex<List>,
) -> (BTreeSet<String>, usize) {
    let mut server = Server::start(args).await;
    let below = format!("/life{number}");
    if number % 4 == 2 {
        list.lock().unwrap().down.insert(format!("{below}/0"), DOWN);
    }
    let life = Life::begin(&server, &format!("http://{to}{below}")).await;
    if number % 4 == 2 {
        within(LIMIT, "who was down is up", life.overcome()).await;
    }
    let payers = join_all((0..PAYERS).map(|_| life.pay()));
    tokio::join!(payers, kill(&mut server, &life, list, format!("{below}/")));
    let Life { told: of_life, feed, accepted: by_life, .. } = life;
    within(LIMIT, "the feed ends", feed).await.expect("every line could be read");
    let of_life = of_life.lock().unwrap();
    assert!(of_life.len() >= EACH, "{}", of_life.len());
    (of_life.clone(), by_life.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_deliveries_survive_ten_kills() {
    let began = Instant::now();
    let list = Arc::new(Mutex::new(List::default()));
    let deciding = Arc::clone(&list);
    let to = receiver(move |received| deciding.lock().unwrap().decide(received)).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (data, allowed) = (folder.path().display().to_string(), to.to_string());
    let args = ["--data", data.as_str(), "--callback-allow", allowed.as_str()];

    let (mut told, mut accepted) = (BTreeSet::new(), 0);
    for number in 0..KILLS {
        let (of_life, by_life) = live(number, &args, &to.to_string(), &list).await;
        told.extend(of_life);
        accepted += by_life;
    }

    let server = Server::start(&args).await;
    let lost = || -> Vec<String> {
        let list = list.lock().unwrap();
        told.iter().filter(|id| !list.taken.contains_key(*id)).cloned().collect()
    };
    let again = || {
        let list = list.lock().unwrap();
        list.unanswered.iter().all(|id| list.taken[id].0 > 1)
    };
    let whole = async {
        while !lost().is_empty() || !again() {
            sleep(LOOK * 20).await;
        }
    };
    let done = tokio::time::timeout(LIMIT, whole).await;
    assert!(done.is_ok(), "{} lost: {:?}\n{}", lost().len(), lost(), server.messages());

    let list = list.lock().unwrap();
    assert!(list.wrong.is_empty(), "{:?}", list.wrong);
    assert!(list.down.len() >= 2 && list.down.values().all(|left| *left == 0), "{:?}", list.down);
    // Each kill made one: it was taken, and its server was gone before it could hear so.
    let unanswered: BTreeSet<&String> = list.unanswered.iter().collect();
    assert_eq!(unanswered.len(), KILLS);
    let twice = list.taken.values().filter(|(times, _)| *times > 1).count();
    assert!(twice >= KILLS, "{twice}");
    let failed: usize = list.failed.values().sum();
    let owed = accepted * ENDPOINTS;
    println!(
        "{} told and all taken, {} taken of {owed} for {accepted} payments that were accepted (what is \
         with the banks goes with its run), {failed} failed before, {twice} came more than once, in {:?}",
        told.len(),
        list.taken.len(),
        began.elapsed(),
    );
}

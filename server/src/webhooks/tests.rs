//! The engine against receivers that are real listeners: retries, an endpoint that never answers, the list of
//! what was given up, and a program that ends meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use trace::entry::What;
use trace::log::{FORMAT, Header};
use trace::note::What as Noted;
use trace::webhook::{Outcome, Verdict};

use super::guard::named;
use super::verify::verify;
use super::*;
use crate::caps::Caps;
use crate::instance::Shared;
use crate::store::Choice;

const LIMIT: Duration = Duration::from_secs(20);

/// What a receiver heard: headers and content.
pub(super) type Heard = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A receiver that answers with these, the last again and again; with 0 it never does.
pub(super) async fn site(answers: &'static [u16]) -> (SocketAddr, Heard) {
    let answer = move |count: usize| match answers.get(count - 1).or(answers.last()) {
        Some(0) | None => (String::new(), true),
        Some(status) => {
            let place = "Location: http://127.0.0.1:22/\r\n";
            (format!("HTTP/1.1 {status} So\r\n{place}Content-Length: 0\r\n\r\n"), false)
        }
    };
    receiver(answer).await
}

/// A receiver that says this to each request, by its number from 1, and then keeps the connection or does not.
pub(super) async fn receiver(
    answer: impl Fn(usize) -> (String, bool) + Send + 'static,
) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let heard = Heard::default();
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(request) = request(&mut stream).await else { continue };
            let count = {
                let mut all = all.lock();
                all.push(request);
                all.len()
            };
            let (text, keeps) = answer(count);
            let _ = stream.write_all(text.as_bytes()).await;
            if keeps {
                kept.push(stream);
            }
        }
    });
    (addr, heard)
}

async fn request(stream: &mut TcpStream) -> Option<(HeaderMap, String)> {
    let mut text = String::new();
    loop {
        let mut bytes = [0; 4_096];
        let len = stream.read(&mut bytes).await.ok().filter(|len| *len > 0)?;
        text.push_str(std::str::from_utf8(&bytes[..len]).ok()?);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut headers = HeaderMap::new();
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ")?;
            headers.insert(name.parse::<HeaderName>().ok()?, value.parse().ok()?);
        }
        let len: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
        if body.len() == len {
            let body = body.to_owned();
            return Some((headers, body));
        }
    }
}

pub(super) fn runs() -> Arc<Runs> {
    Arc::new(Runs::new(Caps::default(), Choice::Memory))
}

pub(super) fn run(runs: &Runs, id: &str, seed: u64, knobs: &[(&str, u64)]) -> Arc<Run> {
    let knob = |(name, value): &(&str, u64)| ((*name).to_owned(), (*value).into());
    let header = Header {
        lifeline: FORMAT,
        run: RunId(id.to_owned()),
        lab: "webhook".to_owned(),
        params: knobs.iter().map(knob).collect(),
        seed,
        participants: Vec::new(),
        started: String::new(),
    };
    let shared = Shared::new(&[], Choice::Memory, 0);
    runs.add(Run::new(header, String::new(), Caps::default(), shared)).unwrap()
}

pub(super) fn open(data: Option<PathBuf>, sites: &[SocketAddr]) -> Arc<Webhooks> {
    let allowed = sites.iter().map(|site| named(&site.to_string()).unwrap()).collect();
    let guard = Guard::new(Vec::new(), allowed, Vec::new());
    Webhooks::open(Setup { data, guard, ..Setup::default() }).unwrap()
}

pub(super) fn started(runs: &Arc<Runs>, sites: &[SocketAddr]) -> Arc<Webhooks> {
    let webhooks = open(None, sites);
    webhooks.start(runs, CancellationToken::new());
    webhooks
}

/// Deliveries of a run that wait, or are under way.
pub(super) fn waiting(webhooks: &Webhooks, run: &RunId) -> u64 {
    webhooks.states(run).iter().map(|standing| standing.waiting).sum()
}

/// A folder of its own, empty.
pub(super) fn folder(name: &str) -> PathBuf {
    let name = format!("lifeline-webhooks-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "{what}");
}

pub(super) fn notes(run: &Run) -> Vec<Noted> {
    let entries = run.log.after(trace::ids::Seq(0), usize::MAX);
    let note = |kept: Arc<crate::log::Kept>| match &kept.entry.what {
        What::Note(note) => Some(note.what.clone()),
        _ => None,
    };
    entries.into_iter().filter_map(note).collect()
}

fn waits(run: &Run) -> Vec<u64> {
    let wait = |note: Noted| match note {
        Noted::DeliveryPlanned { wait_us, .. } => Some(wait_us.0),
        _ => None,
    };
    notes(run).into_iter().filter_map(wait).collect()
}

pub(super) fn outcomes(run: &Run) -> Vec<Outcome> {
    let outcome = |note: Noted| match note {
        Noted::DeliveryEnded { outcome, .. } => Some(outcome),
        _ => None,
    };
    notes(run).into_iter().filter_map(outcome).collect()
}

pub(super) const KNOBS: [(&str, u64); 3] =
    [("retries", 3), ("backoff_ms", 20), ("timeout_ms", 300)];

/// A run whose one delivery is over.
struct Tried {
    run: Arc<Run>,
    webhooks: Arc<Webhooks>,
    heard: Heard,
    /// The engine finds the run here.
    _runs: Arc<Runs>,
}

/// One delivery to a receiver that answers like this, to its end.
async fn one(answers: &'static [u16], id: &str, seed: u64) -> Tried {
    let (addr, heard) = site(answers).await;
    let runs = runs();
    let (run, webhooks) = (run(&runs, id, seed, &KNOBS), started(&runs, &[addr]));
    let endpoint = webhooks.register(&run, &format!("http://{addr}/hook")).await.unwrap();
    let payload = r#"{"type":"payment.settled"}"#.to_owned();
    let sent = webhooks.emit(&run, &endpoint.id, payload, "pay_1").await;
    assert_eq!(sent, Ok(format!("msg_{id}_1_1")));
    until("all is over", || waiting(&webhooks, &run.id) == 0).await;
    for (headers, body) in heard.lock().iter() {
        assert_eq!(verify(endpoint.secrets(), headers, body.as_bytes()), Verdict::Good);
        assert_eq!(headers.get(sign::ID).unwrap().to_str().unwrap(), format!("msg_{id}_1_1"));
    }
    Tried { run, webhooks, heard, _runs: runs }
}

#[tokio::test]
async fn what_fails_is_tried_again_after_waits_that_the_seed_draws() {
    let Tried { run, webhooks, heard, _runs } = one(&[500, 302, 204], "a", 7).await;
    assert_eq!(heard.lock().len(), 3);
    let refused = |status| Outcome::Refused { status };
    assert_eq!(outcomes(&run), [refused(500), refused(302), Outcome::Delivered]);
    let standing = webhooks.states(&run.id).remove(0);
    assert_eq!((standing.state, standing.failures), (EndpointState::Healthy, 0));
    let drawn = waits(&run);
    assert_eq!((drawn.len(), drawn[0]), (3, 0));
    assert_eq!(waits(&one(&[500, 302, 204], "b", 7).await.run), drawn);
    assert_ne!(waits(&one(&[500, 302, 204], "c", 8).await.run), drawn);
    assert_eq!(one(&[500, 500, 500, 204], "d", 7).await.heard.lock().len(), 4);
}

#[tokio::test]
async fn what_fails_too_often_is_given_up_and_replayed_by_hand() {
    let Tried { run, webhooks, heard, _runs } = one(&[500, 500, 500, 500, 200], "a", 7).await;
    assert_eq!(heard.lock().len(), 4);
    let dead = webhooks.dead(&run.id);
    assert_eq!((dead.len(), dead[0].attempt), (1, 4));
    assert_eq!(webhooks.replay(&run, "msg_a_1_2").await, Err(NotTaken::NoDelivery));
    webhooks.replay(&run, "msg_a_1_1").await.unwrap();
    until("it is replayed", || waiting(&webhooks, &run.id) == 0).await;
    assert!(webhooks.dead(&run.id).is_empty());
    assert_eq!(heard.lock().len(), 5);
    assert!(notes(&run).iter().any(|note| matches!(note, Noted::DeliveryDead { attempts: 4, .. })));
}

#[tokio::test]
async fn who_never_answers_holds_up_nobody_else() {
    let ((silent, _), (quick, heard)) = (site(&[0]).await, site(&[200]).await);
    let runs = runs();
    let knobs = [("retries", 3), ("backoff_ms", 20), ("timeout_ms", 10_000)];
    let run = run(&runs, "a", 7, &knobs);
    let webhooks = started(&runs, &[silent, quick]);
    let mut endpoints = Vec::new();
    for addr in [silent, quick] {
        endpoints.push(webhooks.register(&run, &format!("http://{addr}/")).await.unwrap().id);
    }
    for _ in 0..50 {
        for endpoint in &endpoints {
            webhooks.emit(&run, endpoint, "{}".to_owned(), "pay_1").await.unwrap();
        }
    }
    let left = || webhooks.states(&run.id).iter().map(|it| it.waiting).collect::<Vec<_>>();
    tokio::time::timeout(Duration::from_secs(5), until("the quick one is done", || left()[1] == 0))
        .await
        .unwrap();
    assert_eq!((left()[0], heard.lock().len()), (50, 50));
}

#[tokio::test]
async fn nothing_is_lost_when_the_program_ends() {
    let folder = folder("lost");
    let (addr, heard) = site(&[500, 200]).await;
    {
        let runs = runs();
        let run = run(&runs, "a", 7, &KNOBS);
        // It was not started: nothing is sent yet.
        let webhooks = open(Some(folder.clone()), &[addr]);
        let endpoint = webhooks.register(&run, &format!("http://{addr}/")).await.unwrap();
        for _ in 0..100 {
            webhooks.emit(&run, &endpoint.id, "{}".to_owned(), "pay_1").await.unwrap();
        }
        assert_eq!(waiting(&webhooks, &run.id), 100);
    }
    assert!(heard.lock().is_empty());
    let webhooks = open(Some(folder.clone()), &[addr]);
    // Their run is gone.
    let (runs, id) = (runs(), RunId("a".to_owned()));
    assert_eq!(waiting(&webhooks, &id), 100);
    webhooks.start(&runs, CancellationToken::new());
    until("all are delivered", || waiting(&webhooks, &id) == 0).await;
    let ids: std::collections::BTreeSet<String> =
        heard.lock().iter().map(|(headers, _)| verify::id(headers).to_owned()).collect();
    assert_eq!((ids.len(), heard.lock().len()), (100, 101));
    webhooks.flush().await;
    drop(webhooks);
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test]
async fn where_callbacks_may_not_go_no_endpoint_is_registered() {
    let runs = runs();
    let (run, webhooks) = (run(&runs, "a", 7, &KNOBS), started(&runs, &[]));
    let refused = webhooks.register(&run, "http://127.0.0.1:22/").await;
    let Err(NotRegistered::NotAllowed(not)) = refused else { panic!("{refused:?}") };
    assert!(not.why.contains("loopback"), "{not}");
    assert!(webhooks.states(&run.id).is_empty());
}

#[tokio::test]
async fn who_says_that_it_has_it_has_it_whatever_comes_of_the_rest() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    let (addr, heard) = receiver(move |_| (half.to_owned(), true)).await;
    let runs = runs();
    let (run, webhooks) = (run(&runs, "a", 7, &KNOBS), started(&runs, &[addr]));
    let endpoint = webhooks.register(&run, &format!("http://{addr}/")).await.unwrap();
    webhooks.emit(&run, &endpoint.id, "{}".to_owned(), "pay_1").await.unwrap();
    until("it is over", || waiting(&webhooks, &run.id) == 0).await;
    assert_eq!(outcomes(&run), [Outcome::Delivered]);
    assert_eq!(heard.lock().len(), 1);
}

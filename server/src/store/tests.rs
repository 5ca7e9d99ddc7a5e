//! What holds of every engine, each through two instances: the same suite for both, Redis against
//! a server that is started here.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use trace::entry::What;
use trace::ids::{RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::participant::Role;

use super::memory::Memory;
use super::redis::{Redis, Target};
use super::{Choice, New, Store, StoreError};
use crate::caps::Caps;
use crate::instance::Shared;
use crate::run::Run;

/// A Redis of this test's own, which ends with it.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn server() -> Server {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let port = addr.port().to_string();
    let args = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    let child = Command::new("redis-server").args(args).stdout(Stdio::null()).spawn();
    let child = child.expect("redis-server is needed: cargo xtask test brings it");
    let server = Server { child, addr };
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(addr).await.is_ok() {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("redis-server does not listen");
}

fn run(choice: Choice, most: u64) -> Arc<Run> {
    let header = Header {
        lifeline: FORMAT,
        run: RunId("abc".to_owned()),
        lab: "long_polling".to_owned(),
        params: serde_json::Map::new(),
        seed: 0,
        participants: Vec::new(),
        started: String::new(),
    };
    let mut caps = Caps::default();
    caps.set("store_rows", most).unwrap();
    let shared = Shared::new(&[], choice, most);
    Arc::new(Run::new(header, String::new(), caps, shared))
}

fn text(text: &str) -> New {
    New { text: text.to_owned(), ..New::default() }
}

async fn told(changes: &mut tokio::sync::watch::Receiver<u64>) {
    tokio::time::timeout(Duration::from_secs(5), changes.changed()).await.unwrap().unwrap();
}

/// The suite: two instances' ways to one store that keeps so many messages.
async fn suite(one: Arc<dyn Store>, two: Arc<dyn Store>, most: u64) {
    assert_eq!(two.read(0, 10).await, Ok(Vec::new()), "nothing is there");
    let mut news = two.told().await.unwrap();
    news.mark_unchanged();
    let odd = "a line\nanother \u{1f415} \"quoted\"\0 end";
    let (from, to) = (Some("A".to_owned()), Some("B".to_owned()));
    let chat = New { from, to, text: odd.to_owned(), key: Some("7".to_owned()) };
    assert_eq!(one.append(chat.clone()).await, Ok(1));
    told(&mut news).await;
    let rows = two.read(0, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].id, &rows[0].message), (1, 1, &chat), "as it was sent");
    assert_eq!(two.find("7".to_owned()).await, Ok(Some(1)), "found by its key");
    assert_eq!(two.find("8".to_owned()).await, Ok(None));

    let many = (0..100).map(|number| {
        let store = if number % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&two) };
        tokio::spawn(async move { store.append(text(&number.to_string())).await.unwrap() })
    });
    let mut ids = Vec::new();
    for id in many.collect::<Vec<_>>() {
        ids.push(id.await.unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (2..=101).collect::<Vec<u64>>(), "each number once, without a gap");

    let page: Vec<u64> = one.read(40, 10).await.unwrap().iter().map(|row| row.id).collect();
    assert_eq!(page, (41..=50).collect::<Vec<u64>>(), "in order, and no more than asked for");
    assert_eq!(two.read(101, 10).await, Ok(Vec::new()), "nothing after the last");
    assert_eq!(two.read(u64::MAX, 10).await, Ok(Vec::new()));
    for _ in 102..=most {
        one.append(text("x")).await.unwrap();
    }
    assert_eq!(one.append(text("x")).await, Err(StoreError::Full(most)), "it keeps no more");
    assert_eq!(two.read(most, 10).await, Ok(Vec::new()), "and nothing was stored");
}

#[tokio::test]
async fn memory_keeps_messages() {
    let memory = Arc::new(Memory::new(120));
    suite(Arc::clone(&memory) as Arc<dyn Store>, memory, 120).await;
}

#[tokio::test]
async fn redis_keeps_messages_and_each_call_is_heard() {
    let server = server().await;
    let target = Target::parse(&format!("redis://{}", server.addr)).unwrap();
    let run = run(Choice::Redis(target.clone()), 120);
    let store =
        |name: &str| Arc::new(Redis::new(target.clone(), &run, name, CancellationToken::new()));
    let (one, two) = (store("instance1"), store("instance2"));
    suite(Arc::clone(&one) as Arc<dyn Store>, two, 120).await;
    let entries = run.log.after(Seq(0), usize::MAX);
    let opened = entries.iter().filter_map(|kept| match &kept.entry.what {
        What::Opened(opened) => Some(opened),
        _ => None,
    });
    let ends: Vec<_> = opened.map(|it| (it.client.id.as_str(), it.server.role)).collect();
    assert_eq!(ends, [("instance2", Role::Store), ("instance1", Role::Store)]);
    let metrics = run.log.metrics();
    assert!(metrics.store_commands > 240, "XADD and PUBLISH for each: {metrics:?}");
    assert_eq!(metrics.connections_opened, 0, "the store's connections are counted apart");

    one.forget().await;
    assert_eq!(one.read(0, 10).await, Ok(Vec::new()), "the run's messages are gone");
}

#[tokio::test]
async fn a_redis_that_is_away_says_so() {
    let server = server().await;
    let target = Target::parse(&format!("redis://{}", server.addr)).unwrap();
    let run = run(Choice::Redis(target.clone()), 100);
    let store = Redis::new(target, &run, "instance1", CancellationToken::new());
    assert_eq!(store.append(text("abc")).await, Ok(1));
    drop(server);
    assert!(matches!(store.append(text("abc")).await, Err(StoreError::Away(_))));
    assert!(matches!(store.read(0, 1).await, Err(StoreError::Away(_))));
}

#[test]
fn a_target_is_read_and_its_password_is_not_shown() {
    let target = Target::parse("redis://:secret@store.example:6380/2").unwrap();
    assert_eq!(format!("{target:?}"), "redis://store.example:6380/2");
    for bad in ["redis", "http://a", "rediss://a", "unix:///tmp/redis.sock"] {
        assert!(Target::parse(bad).is_err(), "{bad}");
    }
    assert!(!Target::parse("foo://:secret@x").unwrap_err().contains("secret"));
}

/// A password is never in a log.
#[tokio::test]
async fn a_password_is_not_heard() {
    let server = server().await;
    let open = Target::parse(&format!("redis://{}", server.addr)).unwrap();
    let other = run(Choice::Redis(open.clone()), 100);
    let helper = Redis::new(open, &other, "x", CancellationToken::new());
    helper.command(&["CONFIG", "SET", "requirepass", "open-sesame"]).await.unwrap();
    let target = Target::parse(&format!("redis://:open-sesame@{}", server.addr)).unwrap();
    let run = run(Choice::Redis(target.clone()), 100);
    let store = Redis::new(target, &run, "instance1", CancellationToken::new());
    assert_eq!(store.append(text("abc")).await, Ok(1));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut heard = Vec::new();
    for kept in run.log.after(Seq(0), usize::MAX) {
        if let What::Chunk(chunk) = &kept.entry.what {
            heard.extend_from_slice(&chunk.bytes);
        }
    }
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.contains("XADD"), "{heard}");
    assert!(!heard.contains("sesame") && !heard.contains("AUTH"), "{heard}");
}

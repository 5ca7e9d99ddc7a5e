//! Two runs on one connection of HTTP/2, as a client makes them that keeps one channel for all of its
//! calls: each run hears its own streams and the connection's frames, and counts the rest.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tests::calls::calls;
use tests::client::{contract, python, told};
use tests::log::conns;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use trace::entry::{Entry, Loss, What};
use trace::ids::ConnId;
use trace::note;
use trace::span::Dir;

/// What a run's log has of a direction: bytes kept and bytes counted as another run's, without a gap.
fn kept(entries: &[Entry], conn: ConnId, dir: Dir) -> (Vec<u8>, u64, u64) {
    let (mut bytes, mut others, mut at) = (Vec::new(), 0, 0);
    for entry in entries {
        match &entry.what {
            What::Chunk(chunk) if (chunk.conn, chunk.dir) == (conn, dir) => {
                assert_eq!(chunk.offset, at, "no gap and no overlap");
                at += chunk.bytes.len() as u64;
                bytes.extend_from_slice(&chunk.bytes);
            }
            What::Lost(lost) if (lost.conn, lost.dir) == (conn, dir) => {
                assert_eq!((lost.offset, lost.why), (at, Loss::OtherRun));
                (at, others) = (at + lost.len, others + lost.len);
            }
            _ => {}
        }
    }
    (bytes, others, at)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|piece| piece == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_hears_its_own_streams() {
    for link_ms in [0, 10] {
        let server = Server::start(&[]).await;
        let knobs = json!({ "link_ms": link_ms });
        let runs = [
            Run::create(&server, "grpc", knobs.clone()).await,
            Run::create(&server, "grpc", knobs).await,
        ];
        let ids = [runs[0].id().to_owned(), runs[1].id().to_owned()];
        let mut client = python("shared.py");
        client.arg(runs[0].at("instance1").to_string()).args(&ids).arg(contract());
        let told = told(&mut client).await;
        assert_eq!(told.last().map(|call| call["status"].clone()), Some(json!(5)), "not found");

        let mut lengths = Vec::new();
        let mut addresses = Vec::new();
        for (run, (id, other)) in runs.iter().zip([(&ids[0], &ids[1]), (&ids[1], &ids[0])]) {
            let (summary, entries) = run.settled().await;
            let opened = conns(&entries);
            assert_eq!(opened.len(), 1, "{opened:?}");
            let conn = opened[0].conn;
            addresses.push(opened[0].client_addr.clone());
            // Five calls in turn, a long one, a subscription; the first run hears who was refused too.
            let its = calls(&entries, conn);
            let refused = usize::from(*id == ids[0]);
            assert_eq!(its.len(), 7 + refused, "{its:?}");
            let heard: Vec<&str> = told
                .iter()
                .filter(|call| call["run"] == json!(id))
                .filter_map(|call| call["text"].as_str())
                .collect();
            assert_eq!(heard.len(), 12);
            assert_eq!(summary.metrics.messages, 6, "six were heard by its subscription");
            for (dir, sent) in [(Dir::ToServer, 6), (Dir::ToClient, 6)] {
                let (bytes, others, length) = kept(&entries, conn, dir);
                assert!(others > 0, "something was the other's");
                assert!(!holds(&bytes, &format!("{other}-")), "nothing that the other said");
                let own = (0..5).filter(|number| holds(&bytes, &format!("{id}-{number}"))).count();
                assert_eq!(own + 1, sent, "all that it said itself");
                lengths.push(length);
                let counted = match dir {
                    Dir::ToServer => summary.metrics.bytes_to_server,
                    Dir::ToClient => summary.metrics.bytes_to_client,
                };
                assert_eq!(counted, bytes.len() as u64, "its figures are its own");
            }
            assert_eq!(summary.metrics.lost_bytes, 0);
        }
        assert_eq!(addresses[0], addresses[1], "it was one connection");
        assert_eq!(lengths[..2], lengths[2..], "and each accounts for all of its bytes");
    }
}

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A channel of grpcio that calls as it is told.
struct Channel {
    _client: Child,
    asks: ChildStdin,
    tells: Lines<BufReader<ChildStdout>>,
}

impl Channel {
    fn open(run: &Run<'_>) -> Self {
        let mut client = python("channel.py");
        client.arg(run.at("instance1").to_string()).arg(contract());
        let client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut client = client.expect("Python starts");
        let asks = client.stdin.take().expect("its input is ours");
        let tells = client.stdout.take().expect("its output is ours");
        Self { _client: client, asks, tells: BufReader::new(tells).lines() }
    }

    async fn ask(&mut self, asked: &str) {
        let line = format!("{asked}\n");
        self.asks.write_all(line.as_bytes()).await.expect("it can be asked");
        self.asks.flush().await.expect("it can be asked");
    }

    /// What it tells next: of which run, what, and with what status.
    async fn told(&mut self) -> (String, String, Option<u64>) {
        let line = within(LIMIT, "what came of a call", self.tells.next_line()).await;
        let line = line.expect("it prints text").expect("it goes on");
        let told: Value = serde_json::from_str(&line).expect("it prints JSON");
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        (text("run"), text("text"), told["status"].as_u64())
    }

    async fn send(&mut self, run: &Run<'_>, text: &str) -> Option<u64> {
        self.ask(&format!("send {} {text}", run.id())).await;
        let (of, what, status) = self.told().await;
        assert_eq!((of.as_str(), what.as_str()), (run.id(), text));
        status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_channel_serves_run_after_run() {
    let server = Server::start(&[]).await;
    let first = Run::create(&server, "grpc", json!({ "link_ms": 0 })).await;
    let mut channel = Channel::open(&first);
    assert_eq!(channel.send(&first, "first").await, Some(0));
    for number in 0..20 {
        let run = Run::create(&server, "grpc", json!({ "link_ms": number % 2 * 10 })).await;
        let text = format!("said-by-{number}-");
        assert_eq!(channel.send(&run, &text).await, Some(0), "run {number}");
        run.press("stop").await;
        assert_eq!(channel.send(&run, "too-late").await, Some(9), "FAILED_PRECONDITION");
        let (_, entries) = run.log().await;
        let opened = conns(&entries);
        assert_eq!(opened.len(), 1, "{opened:?}");
        assert_eq!(calls(&entries, opened[0].conn).len(), 1, "no call that was refused");
        let other_link = |entry: &Entry| {
            let What::Note(note) = &entry.what else { return false };
            matches!(&note.what, note::What::Cap { why } if why.contains("link of 0 ms"))
        };
        assert_eq!(entries.iter().any(other_link), number % 2 == 1, "whose link it has");
    }
    assert_eq!(channel.send(&first, "last").await, Some(0));
    drop(channel);
    let (_, entries) = first.settled().await;
    let conn = conns(&entries)[0].conn;
    for dir in [Dir::ToServer, Dir::ToClient] {
        let (bytes, others, _) = kept(&entries, conn, dir);
        assert!(others > 0 && !holds(&bytes, "said-by-") && !holds(&bytes, "too-late"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_instance_answers_no_more_on_a_shared_connection() {
    let server = Server::start(&[]).await;
    let knobs = json!({ "link_ms": 0 });
    let first = Run::create(&server, "grpc", knobs.clone()).await;
    let second = Run::create(&server, "grpc", knobs).await;
    let mut channel = Channel::open(&first);
    assert_eq!(channel.send(&first, "one").await, Some(0));
    assert_eq!(channel.send(&second, "two").await, Some(0));
    channel.ask(&format!("hear {}", second.id())).await;
    let heard = (second.id().to_owned(), "two".to_owned(), None);
    assert_eq!(channel.told().await, heard);

    assert_eq!(second.input_at("kill", "instance1").await.status, 204);
    let ended = (second.id().to_owned(), String::new(), Some(14));
    assert_eq!(channel.told().await, ended, "UNAVAILABLE");
    assert_eq!(channel.send(&second, "three").await, Some(14), "UNAVAILABLE");
    assert_eq!(channel.send(&first, "four").await, Some(0));
    assert_eq!(second.input_at("restart", "instance1").await.status, 204);
    assert_eq!(channel.send(&second, "five").await, Some(0));
    drop(channel);

    let refused = |entries: &[Entry]| {
        let is = |entry: &&Entry| {
            let What::Note(note) = &entry.what else { return false };
            matches!(&note.what, note::What::Refused { .. })
        };
        entries.iter().filter(is).count()
    };
    let (_, entries) = second.settled().await;
    assert_eq!(refused(&entries), 1, "noted where it happened");
    let statuses: Vec<Option<u32>> =
        calls(&entries, conns(&entries)[0].conn).values().map(|call| call.status()).collect();
    assert_eq!(statuses, [Some(0), Some(14), Some(14), Some(0)]);
    let (_, entries) = first.settled().await;
    assert_eq!(refused(&entries), 0, "and nowhere else");
    assert_eq!(calls(&entries, conns(&entries)[0].conn).len(), 2);
}

//! `bench idle`: what an idle connection costs the server beside what the capture keeps of it:
//! WebSockets and event streams, beside plain connections that are kept alive.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Found;
use super::counted::{self, Counted};
use super::stats::{median, rounded};
use super::tools::curl;
use crate::repo::Repo;
use crate::say::{self, Steps};

const ROUNDS: usize = 3;
const CONNECTIONS: usize = 1_000;

/// How long the server has to come to rest.
const REST: Duration = Duration::from_secs(3);

/// What is measured: its name, its lab with knobs that keep it silent, what is asked, and the goal in
/// bytes a connection; none for the peer.
const KINDS: [(&str, &str, &str, Option<f64>); 3] = [
    (
        "websocket",
        r#"{"lab":"websocket","params":{"link_ms":0,"ping_s":60,"pull_ms":10000}}"#,
        "socket?user=A HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        Some(3.0 * 1024.0),
    ),
    (
        "sse",
        r#"{"lab":"sse","params":{"link_ms":0}}"#,
        "events HTTP/1.1\r\nHost: a\r\n\r\n",
        Some(14.0 * 1024.0),
    ),
    (
        "keep_alive",
        r#"{"lab":"http11","params":{"link_ms":0,"keep_alive_s":60}}"#,
        "hello HTTP/1.1\r\nHost: a\r\n\r\n",
        None,
    ),
];

/// Measures each kind in turn.
pub fn run(repo: &Repo) -> Result<Found> {
    let mut steps = Steps::new(2);
    steps.step("server", "building the server whose allocations are counted", || {
        counted::build(repo)
    })?;
    let rounds = steps.step("rounds", "measuring", || {
        let mut server = Counted::start(repo)?;
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            let found = measure(&mut server)?;
            // What is done for the first time is not measured.
            if round > 0 {
                say::note(&format!("round {round} of {ROUNDS}: {found}"));
                rounds.push(found);
            }
        }
        Ok(rounds)
    })?;
    let result = result(&rounds);
    Ok(Found { rounds, result })
}

fn measure(server: &mut Counted) -> Result<Value> {
    let mut found = serde_json::Map::new();
    for (name, new, asked, _) in KINDS {
        let runs = server.runs();
        let made = curl(&["-H", "content-type: application/json", "-d", new, &runs])?;
        let lab = made["urls"]["instance1"].as_str().context("the run has no address")?;
        let (host, path) =
            lab.trim_start_matches("http://").split_once('/').context("an address has a path")?;
        let before = server.held()?;
        let open = open(host, &format!("GET /{path}/{asked}"))?;
        sleep(REST);
        let during = server.held()?;
        drop(open);
        sleep(REST);
        let after = server.held()?;
        let each = |bytes: f64| rounded(bytes / CONNECTIONS as f64);
        let live =
            json!({"live_bytes": each(during - after), "capture_bytes": each(after - before)});
        found.insert(name.to_owned(), live);
        let id = made["id"].as_str().context("the run has no name")?;
        curl(&["-X", "DELETE", &format!("{runs}/{id}")])?;
    }
    Ok(Value::Object(found))
}

/// Opens the connections, each of which has had its first answer.
fn open(host: &str, asked: &str) -> Result<Vec<TcpStream>> {
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(host)?;
        stream.write_all(asked.as_bytes())?;
        stream.read_exact(&mut [0; 12])?;
        open.push(stream);
    }
    Ok(open)
}

fn result(rounds: &[Value]) -> Value {
    let mut result = serde_json::Map::new();
    for (name, _, _, goal) in KINDS {
        let live = rounds.iter().filter_map(|round| round[name]["live_bytes"].as_f64());
        let live = median(&live.collect::<Vec<_>>());
        let met = goal.map(|goal| live <= goal);
        let told = json!({"live_bytes": rounded(live), "goal_bytes": goal, "met": met});
        result.insert(name.to_owned(), told);
    }
    Value::Object(result)
}

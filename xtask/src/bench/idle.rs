//! `bench idle`: what an idle connection costs the server beside what the capture keeps of it:
//! WebSockets and event streams, beside plain connections that are kept alive.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Found;
use super::counted::{self, Counted};
use super::stats::{median, rounded};
use super::tools::curl;
use crate::command;
use crate::repo::Repo;
use crate::say::{self, Steps};

const ROUNDS: usize = 3;
const CONNECTIONS: usize = 1_000;

/// Entries by which it is found what one costs.
const INPUTS: u32 = 512;

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
    let entry = entry_costs(server)?;
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
        let run = format!("{runs}/{}", made["id"].as_str().context("the run has no name")?);
        // What closing put into the log was not there while they were open, and is now.
        let entries = said_at_close(&run)?;
        let grown = entries * entry;
        let each = |bytes: f64| rounded(bytes / CONNECTIONS as f64);
        let figures = json!({
            "live_bytes": each(during - after + grown),
            "capture_bytes": each(after - before),
            "entries_at_close": each(entries),
        });
        found.insert(name.to_owned(), figures);
        curl(&["-X", "DELETE", &run])?;
        sleep(REST);
    }
    Ok(Value::Object(found))
}

/// What an entry of the log costs that has nothing but itself, as those of a close are.
fn entry_costs(server: &mut Counted) -> Result<f64> {
    let runs = server.runs();
    let new = r#"{"lab":"sse","params":{}}"#;
    let made = curl(&["-H", "content-type: application/json", "-d", new, &runs])?;
    let run = format!("{runs}/{}", made["id"].as_str().context("the run has no name")?);
    let inputs = format!("{run}/inputs");
    let press = ["-H", "content-type: application/json", "-d", r#"{"input":"drop"}"#, &inputs];
    let press = || curl(&press).map(drop);
    // The list grows now and then by much: from one growth to the next but one.
    (0..64).try_for_each(|_| press())?;
    let before = server.held()?;
    (0..INPUTS).try_for_each(|_| press())?;
    let each = (server.held()? - before) / f64::from(INPUTS);
    curl(&["-X", "DELETE", &run])?;
    Ok(each)
}

/// How many entries the connections' closing put into a run's log: they stand apart by a rest.
fn said_at_close(run: &str) -> Result<f64> {
    let mut log = Command::new("curl");
    let text = command::output(log.args(["-sS", "--fail", &format!("{run}/log?after=0")]));
    let text = text.context("no log")?;
    let entries: Vec<Value> =
        text.lines().skip(1).map(serde_json::from_str).collect::<Result<_, _>>()?;
    let at = |entry: &Value| entry["at_us"].as_f64().unwrap_or_default();
    let closed = entries.iter().find(|entry| entry["type"] == "closed");
    let from = at(closed.context("nothing closed")?) - REST.as_micros() as f64 / 2.0;
    // An entry may be told late of an earlier moment: what counts is its place.
    let first = entries.iter().position(|entry| at(entry) >= from).context("nothing was said")?;
    Ok((entries.len() - first) as f64)
}

/// Opens the connections, each of which has had its first answer.
fn open(host: &str, asked: &str) -> Result<Vec<TcpStream>> {
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(host)?;
        stream.write_all(asked.as_bytes())?;
        let mut line = [0; 12];
        stream.read_exact(&mut line)?;
        let status = line.get(9..).unwrap_or_default();
        ensure!(matches!(status, b"101" | b"200"), "refused: {}", String::from_utf8_lossy(&line));
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

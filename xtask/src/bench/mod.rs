//! `bench`: what the goals ask, measured beside a peer in the same run. Each benchmark prints one
//! JSON document on standard output; a goal that is missed is told there and is no error.

mod bundle;
mod capture;
mod counted;
mod idle;
mod ladder;
mod log;
mod message;
mod soak;
mod stats;
mod tools;

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::command;
use crate::repo::Repo;

/// What a benchmark found.
struct Found {
    /// The figures of each round.
    rounds: Vec<Value>,
    /// The figures over all rounds, with the goal and whether it is met.
    result: Value,
}

/// Runs a benchmark and prints what it found.
pub fn run(repo: &Repo, name: &str) -> Result<ExitCode> {
    let found = match name {
        "bundle" => bundle::run(repo)?,
        "capture" => capture::run(repo)?,
        "idle" => idle::run(repo)?,
        "ladder" => ladder::run(repo)?,
        "message" => message::run(repo)?,
        "soak" => soak::run(repo)?,
        _ => {
            bail!("`bench` takes bundle, capture, idle, ladder, message or soak, and not `{name}`")
        }
    };
    let document = json!({
        "bench": name,
        "date": date(),
        "machine": machine(),
        "command": format!("cargo xtask bench {name}"),
        "rounds": found.rounds,
        "result": found.result,
    });
    println!("{document:#}");
    Ok(ExitCode::SUCCESS)
}

/// The time of day in UTC, RFC 3339, as the system tells it.
fn date() -> String {
    let mut date = Command::new("date");
    let text = command::output(date.args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])).unwrap_or_default();
    text.trim().to_owned()
}

/// What a figure depends on most: processors and memory.
fn machine() -> Value {
    let cpus = std::thread::available_parallelism().map_or(0, |cpus| cpus.get());
    let memory = first_value("/proc/meminfo", "MemTotal");
    let kib = memory.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok());
    json!({
        "cpus": cpus,
        "memory_gib": kib.map(|kib| stats::rounded(kib / 1024.0 / 1024.0)),
        "cpu": first_value("/proc/cpuinfo", "model name"),
    })
}

/// The value of a `key: value` line; empty where there is none.
fn first_value(path: &str, key: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    value.unwrap_or_default()
}

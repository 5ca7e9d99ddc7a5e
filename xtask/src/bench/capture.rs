//! `bench capture`: requests a second of a captured lab, beside the same service with nothing heard.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Found;
use super::stats::{median, rounded, spread};
use super::tools::{self, Running, curl};
use crate::command::{self, cargo, exe, which};
use crate::repo::Repo;
use crate::say::{self, Steps};

const ROUNDS: usize = 5;
const CONNECTIONS: u64 = 16;
const SECONDS: u64 = 4;

/// What is asked for: the largest answer of the lab, not far from 1 KB with its head.
const RESOURCE: &str = "page/dog.png";

/// A run must last the whole round; every other cap is at its default.
const CAPS: [&str; 4] = ["--cap", "run_entries=10000000", "--cap", "run_bytes=17179869184"];

/// Captured against not captured, requests a second.
const GOAL: f64 = 0.8;

/// Measures both in turn.
pub fn run(repo: &Repo) -> Result<Found> {
    let missing = "wrk is not on PATH; on Debian and its kin: apt-get install wrk";
    ensure!(which("wrk").is_some(), missing);
    ensure!(which("curl").is_some(), "curl is not on PATH");
    let mut steps = Steps::new(2);
    let untapped = steps.step("servers", "building the server, with ears and without", || {
        // In one go: an example also has the features of what tests need, and so must its peer.
        let mut build = cargo();
        build.args(["build", "--release", "-p", "lifeline", "--bin", "lifeline"]);
        tools::run(build.args(["--example", "untapped"]).current_dir(&repo.root))?;
        Ok(repo.target.join("release").join("examples").join(exe("untapped")))
    })?;
    let rounds = steps.step("rounds", "measuring", || {
        let lifeline = Running::lifeline(repo, &CAPS)?;
        let baseline = Running::start(&mut Command::new(untapped))?;
        measure(&lifeline, &baseline)
    })?;
    let result = result(&rounds);
    Ok(Found { rounds, result })
}

fn measure(lifeline: &Running, baseline: &Running) -> Result<Vec<Value>> {
    // What is done for the first time is not measured.
    captured(lifeline, 1)?;
    plain(baseline, 1)?;
    let mut rounds = Vec::new();
    for number in 1..=ROUNDS {
        // Neither is always first.
        let (heard, unheard) = if number % 2 == 1 {
            let heard = captured(lifeline, SECONDS)?;
            (heard, plain(baseline, SECONDS)?)
        } else {
            let unheard = plain(baseline, SECONDS)?;
            (captured(lifeline, SECONDS)?, unheard)
        };
        let of = |load: &Value| load["per_s"].as_f64().unwrap_or(f64::NAN);
        let ratio = of(&heard) / of(&unheard);
        say::note(&format!("round {number} of {ROUNDS}: {ratio:.3} of the baseline"));
        rounds.push(json!({
            "round": number,
            "captured": heard,
            "untapped": unheard,
            "ratio": rounded(ratio),
        }));
    }
    Ok(rounds)
}

/// A round with a run of its own, which is then looked at and deleted.
fn captured(lifeline: &Running, seconds: u64) -> Result<Value> {
    let runs = format!("{}/api/runs", lifeline.url);
    let body = r#"{"lab":"http11","params":{"link_ms":0}}"#;
    let made = curl(&["-H", "content-type: application/json", "-d", body, &runs])?;
    let lab = made["urls"]["instance1"].as_str().context("the run has no address")?;
    let mut load = load(lifeline, lab, seconds)?;
    let run = format!("{runs}/{}", made["id"].as_str().context("the run has no name")?);
    let summary = written(&run)?;
    let metrics = &summary["metrics"];
    let heard = metrics["requests"].as_u64().unwrap_or(0);
    // Answers that were under way when the client left are in the log alone.
    let under_way = heard.checked_sub(load["requests"].as_u64().unwrap_or(0));
    let whole = summary["state"] == json!("ready")
        && metrics["lost_bytes"] == json!(0)
        && under_way.is_some_and(|count| count <= CONNECTIONS);
    load["requests_in_log"] = json!(heard);
    load["entries"] = summary["last_seq"].clone();
    load["lost_bytes"] = metrics["lost_bytes"].clone();
    load["state"] = summary["state"].clone();
    load["whole"] = json!(whole);
    curl(&["-X", "DELETE", &run])?;
    Ok(load)
}

fn plain(baseline: &Running, seconds: u64) -> Result<Value> {
    load(baseline, &baseline.url, seconds)
}

/// Waits until everything that was heard is in the log: its connections are closed there.
fn written(run: &str) -> Result<Value> {
    for _ in 0..600 {
        let summary = curl(&[run])?;
        let metrics = &summary["metrics"];
        if metrics["connections_opened"] == metrics["connections_closed"] {
            return Ok(summary);
        }
        sleep(Duration::from_millis(50));
    }
    curl(&[run])
}

/// Asks as fast as it can on connections that are kept alive.
fn load(server: &Running, base: &str, seconds: u64) -> Result<Value> {
    let before = server.cpu_us();
    let mut wrk = Command::new("wrk");
    wrk.arg("-t1").arg(format!("-c{CONNECTIONS}")).arg(format!("-d{seconds}s"));
    wrk.arg(format!("{base}/{RESOURCE}"));
    let text = command::output(&mut wrk).context("wrk failed")?;
    let after = server.cpu_us();
    let told = told(&text).with_context(|| format!("wrk said:\n{text}"))?;
    let cpu = before.zip(after).map(|(before, after)| (after - before) / told.requests);
    Ok(json!({
        "per_s": told.per_s,
        "requests": told.requests as u64,
        "cpu_us_per_request": cpu.map(rounded),
    }))
}

/// What wrk tells.
#[derive(Debug, PartialEq)]
struct Told {
    requests: f64,
    per_s: f64,
}

/// Reads what wrk printed. None if an answer was no answer: such a round measures nothing.
fn told(text: &str) -> Option<Told> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    let number = |before: &str, after: &str| {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(before) && line.contains(after))?;
        let rest = line.strip_prefix(before)?.trim();
        rest.split_whitespace().next()?.parse::<f64>().ok()
    };
    let requests = number("", " requests in ")?;
    Some(Told { requests, per_s: number("Requests/sec:", "")? })
}

fn result(rounds: &[Value]) -> Value {
    let all = |path: &str| -> Vec<f64> {
        rounds.iter().filter_map(|round| round.pointer(path)?.as_f64()).collect()
    };
    let (heard, unheard) = (all("/captured/per_s"), all("/untapped/per_s"));
    let ratio = median(&heard) / median(&unheard);
    let whole = rounds.iter().all(|round| round["captured"]["whole"] == json!(true));
    json!({
        "captured_per_s": spread(&heard),
        "untapped_per_s": spread(&unheard),
        "captured_cpu_us_per_request": spread(&all("/captured/cpu_us_per_request")),
        "untapped_cpu_us_per_request": spread(&all("/untapped/cpu_us_per_request")),
        "ratio_by_round": spread(&all("/ratio")),
        "ratio": rounded(ratio),
        "whole": whole,
        "goal": GOAL,
        "met": ratio >= GOAL && whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 4s test @ http://127.0.0.1:1/\n  1 threads and 16 connections\n  \
        Thread Stats   Avg      Stdev     Max   +/- Stdev\n    \
        Latency   396.91us  104.75us   3.60ms   86.62%\n  \
        160234 requests in 4.10s, 131.00MB read\nRequests/sec:  39081.46\nTransfer/sec:  31.95MB\n";

    #[test]
    fn what_wrk_says_is_read_and_failures_count_for_nothing() {
        assert_eq!(told(SAID), Some(Told { requests: 160_234.0, per_s: 39_081.46 }));
        assert_eq!(told(&format!("{SAID}  Non-2xx or 3xx responses: 7\n")), None);
        assert_eq!(told(""), None);
    }

    #[test]
    fn a_round_with_a_loss_misses_the_goal() {
        let round = |whole: bool| {
            json!({
                "captured": { "per_s": 90.0, "whole": whole },
                "untapped": { "per_s": 100.0 },
                "ratio": 0.9,
            })
        };
        let good = result(&[round(true), round(true)]);
        assert_eq!((&good["ratio"], &good["met"]), (&json!(0.9), &json!(true)));
        assert_eq!(result(&[round(true), round(false)])["met"], json!(false));
    }
}

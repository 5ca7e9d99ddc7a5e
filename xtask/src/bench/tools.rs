//! The programs that benchmarks use: ours as they are built, and node, npm, curl. Nothing that they
//! say goes to standard output, which is for the result alone.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, stderr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command;
use crate::repo::Repo;

/// Where the JavaScript of the benchmarks is kept.
const SOURCES: &str = "tests/bench";

/// Flags as environment variables that a benchmark must not inherit.
const SETTINGS: [&str; 6] = [
    "LIFELINE_INSTANCES",
    "LIFELINE_STORE",
    "LIFELINE_DATA",
    "LIFELINE_LAB_URL",
    "LIFELINE_CAP",
    "LIFELINE_OPEN",
];

/// Runs a command whose output is progress.
pub fn run(program: &mut Command) -> Result<()> {
    command::run(program.stdout(Stdio::from(stderr())))
}

/// Brings page and server up to date, as `cargo xtask build` does.
pub fn build(repo: &Repo) -> Result<()> {
    let own = env::current_exe().context("this program has no path")?;
    run(Command::new(own).arg("build").current_dir(&repo.root))
}

/// A program of ours that listens; it ends with this.
pub struct Running {
    /// The address that it told, without a slash at its end.
    pub url: String,
    child: Child,
}

impl Running {
    /// Starts a program, and reads its address from its first line.
    pub fn start(program: &mut Command) -> Result<Self> {
        let started = program.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.context("cannot start it")?;
        let stdout = child.stdout.take();
        let mut running = Self { url: String::new(), child };
        let mut line = String::new();
        BufReader::new(stdout.context("no output")?).read_line(&mut line)?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.with_context(|| format!("no address in {line:?}"))?;
        // One name for one address, so that nobody tries another first.
        running.url = url.trim_end_matches('/').replace("//localhost:", "//127.0.0.1:");
        Ok(running)
    }

    /// Starts the server on free ports.
    pub fn lifeline(repo: &Repo, args: &[&str]) -> Result<Self> {
        let mut server = Command::new(repo.server("release"));
        for setting in SETTINGS {
            server.env_remove(setting);
        }
        server.env("LIFELINE_LOG", "warn");
        Self::start(server.args(["serve", "--host", "127.0.0.1", "--port", "0"]).args(args))
    }

    /// The bytes of it that lie in memory, where the system tells it.
    pub fn resident(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib * 1024.0)
    }

    /// Processor time so far, in microseconds, where the system tells it.
    pub fn cpu_us(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // After the name in brackets, the 12th and 13th; a tick is 10 ms on Linux.
        let (_, rest) = stat.rsplit_once(')')?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        let ticks = ticks.collect::<Result<Vec<f64>, _>>().ok()?;
        Some(ticks.iter().sum::<f64>() * 10_000.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an address answers, as JSON; null where it has no body.
pub fn curl(args: &[&str]) -> Result<Value> {
    let mut curl = Command::new("curl");
    let text =
        command::output(curl.args(["-sS", "--fail-with-body", "--max-time", "60"]).args(args));
    let text = text.with_context(|| format!("`curl {}` failed", args.join(" ")))?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
}

/// A folder outside the checkout with the benchmarks' JavaScript and what it needs of npm.
pub fn npm(repo: &Repo) -> Result<PathBuf> {
    crate::npm::ready(repo, SOURCES, "bench-npm")
}

/// What one of the scripts prints, as JSON.
pub fn node(folder: &Path, script: &str, arg: &Path) -> Result<Value> {
    let mut node = Command::new("node");
    node.arg(folder.join(script)).arg(arg).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = node.output().context("cannot start node")?;
    ensure!(output.status.success(), "`node {script}` failed: {}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("{script} printed no JSON"))
}

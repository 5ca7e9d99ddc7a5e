//! Clients that know nothing of Lifeline, as they come: scripts of Python and Node.js in `py/` and
//! `npm/`, programs of the system's. What they print, and which connections of a log are theirs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use trace::entry::{Entry, Opened};
use trace::event::Kind;
use trace::participant::Role;

use crate::log::{assert_decoded_again, assert_tiled, conns, events};
use crate::run::Run;
use crate::within;

/// How long a client may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A script of Node.js, with what it needs of npm.
pub fn node(script: &str) -> Command {
    let folder =
        std::env::var("LIFELINE_NPM").expect("cargo xtask test says where the scripts are");
    let mut node = Command::new("node");
    node.arg(Path::new(&folder).join(script));
    node
}

/// A script of Python, with what it needs.
pub fn python(script: &str) -> Command {
    let python = std::env::var("LIFELINE_PYTHON").expect("cargo xtask test says which Python");
    let mut python = Command::new(python);
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("py").join(script));
    python
}

/// curl, told to fetch.
pub fn curl(url: &str) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--no-buffer", "--noproxy", "*", url]);
    curl
}

/// The folder in which `lifeline/v1/chat.proto` lies.
pub fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto")
}

/// What a client prints until its end.
pub async fn output(client: &mut Command) -> Vec<u8> {
    let output = within(LIMIT, "the client's end", client.kill_on_drop(true).output()).await;
    let output = output.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{client:?}: {}\n{errors}", output.status);
    output.stdout
}

/// The lines that a client prints.
pub async fn told(client: &mut Command) -> Vec<Value> {
    let text = String::from_utf8(output(client).await).expect("it prints text");
    text.lines().map(|line| serde_json::from_str(line).expect("it prints JSON")).collect()
}

/// The address of something at an instance.
pub fn url(scheme: &str, run: &Run<'_>, instance: &str, rest: &str) -> String {
    format!("{scheme}://{}{}", run.at(instance), run.target(rest))
}

/// The connections on which something like this was said, in the order of their opening.
pub fn with_events(entries: &[Entry], like: impl Fn(&Kind) -> bool) -> Vec<&Opened> {
    let has = |conn| events(entries, conn).into_iter().any(|event| like(&event.kind));
    let found: Vec<&Opened> =
        conns(entries).into_iter().filter(|opened| has(opened.conn)).collect();
    for opened in &found {
        assert_eq!(opened.client.role, Role::Client, "{opened:?}");
        assert_tiled(entries, opened.conn);
        assert_decoded_again(entries, opened.conn);
    }
    found
}

//! The real binary, on free ports, for one test. It is killed with the test.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use trace::studio::{Origins, Problem};

use crate::within;

/// How long the server may take to start.
const START: Duration = Duration::from_secs(20);

/// How long it may take to stop: its own 5 s, and a little.
pub const STOP: Duration = Duration::from_secs(6);

/// Where its messages go, in the test's own folder.
const STDERR: &str = "stderr.txt";

/// Settings that the tests' caller may have and that a test must not inherit.
const SETTINGS: [&str; 9] = [
    "LIFELINE_HOST",
    "LIFELINE_PORT",
    "LIFELINE_INSTANCES",
    "LIFELINE_STORE",
    "LIFELINE_DATA",
    "LIFELINE_LAB_URL",
    "LIFELINE_OPEN",
    "LIFELINE_CALLBACK_ALLOW",
    "LIFELINE_CAP",
];

/// A server that runs.
pub struct Server {
    /// The studio's port.
    pub port: u16,
    /// Every address by name, as the server tells it.
    pub origins: BTreeMap<String, String>,
    http: reqwest::Client,
    child: Child,
    folder: TempDir,
}

/// An answer of the studio's.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub kind: String,
    /// The body.
    pub body: String,
}

impl Server {
    /// Starts the binary on free ports with these flags, and waits until it is healthy.
    pub async fn start(args: &[&str]) -> Self {
        Self::start_with(0, &[], args).await
    }

    /// Starts it from a port on.
    pub async fn start_at(port: u16, args: &[&str]) -> Self {
        Self::start_with(port, &[], args).await
    }

    /// Starts it on free ports, with these variables in its environment.
    pub async fn start_in(vars: &[(&str, &str)], args: &[&str]) -> Self {
        Self::start_with(0, vars, args).await
    }

    async fn start_with(port: u16, vars: &[(&str, &str)], args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let stderr = fs::File::create(folder.path().join(STDERR)).expect("a file can be made");
        let mut child = command(&["--port", port.to_string().as_str()])
            .args(args)
            .envs(vars.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("its output is ours");
        let mut lines = BufReader::new(stdout).lines();
        let line = within(START, "the server tells its address", lines.next_line()).await;
        let line = line.expect("its output is text").unwrap_or_default();
        let port = port_of(&line).unwrap_or_else(|| {
            let said = fs::read_to_string(folder.path().join(STDERR)).unwrap_or_default();
            panic!("it should tell its address, and said {line:?}\n{said}")
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client can be made");
        let mut server = Self { port, origins: BTreeMap::new(), http, child, folder };
        within(START, "the server is healthy", server.healthy()).await;
        let origins: Origins =
            serde_json::from_str(&server.get("/api/origins").await.body).expect("the origins");
        server.origins = origins.origins;
        server
    }

    async fn healthy(&self) {
        while self.get("/healthz").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A call to the studio, to be completed and then given to [`Answer::to`].
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://127.0.0.1:{}{path}", self.port))
    }

    /// `GET` from the studio.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::GET, path)).await
    }

    /// The page's address.
    pub fn page(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// Where a lab service listens.
    pub fn addr(&self, name: &str) -> SocketAddr {
        let url = self.origins.get(name).unwrap_or_else(|| panic!("there is no service {name}"));
        let port = url.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        SocketAddr::from(([127, 0, 0, 1], port.expect("an origin ends in its port")))
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// The most memory that the process has had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.and_then(|number| number.trim().parse().ok()).expect("a peak in kB")
    }

    /// Asks the process to end (SIGTERM), and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        // The shell's own `kill`: there is no safe call for it in the standard library.
        let kill = format!("kill -TERM {}", self.pid());
        let sent = Command::new("sh").args(["-c", kill.as_str()]).status().await.expect("sh runs");
        assert!(sent.success(), "the signal is sent");
        within(STOP, "the server ends", self.child.wait()).await.expect("it can be waited for")
    }

    /// Kills the process at once (SIGKILL), and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a process can be killed");
    }

    /// What it has said on its error output so far.
    pub fn messages(&self) -> String {
        fs::read_to_string(self.folder.path().join(STDERR)).unwrap_or_default()
    }
}

impl Answer {
    /// Sends a call and reads the answer.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the studio answers");
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let body = response.text().await.expect("the answer comes whole");
        Self { status, kind, body }
    }

    /// Holds that this refuses, with a status and as problem details that say something.
    pub fn assert_refused(&self, status: u16, said: &str, call: &str) {
        assert_eq!(self.status, status, "{call}: {}", self.body);
        assert_eq!(self.kind, "application/problem+json", "{call}: {}", self.body);
        let problem: Problem = serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{call}: {error} in {}", self.body));
        assert_eq!(problem.status, status, "{call}");
        assert!(problem.detail.contains(said), "{call}: {said:?} is not in {:?}", problem.detail);
    }
}

/// Starts the binary where it cannot serve. Gives how it ended and what it said of that.
pub async fn fails_to_start(args: &[&str]) -> (ExitStatus, String) {
    let output = within(START, "the server gives up", command(args).output()).await;
    let output = output.expect("the binary starts");
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for name in SETTINGS {
        command.env_remove(name);
    }
    command.arg("serve").args(args).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The binary: `LIFELINE_BIN`, else the one that was built where this test was.
fn binary() -> PathBuf {
    let path = std::env::var_os("LIFELINE_BIN").map_or_else(built_beside, PathBuf::from);
    let shown = path.display();
    assert!(path.is_file(), "{shown} is missing: build it with `cargo build -p lifeline`");
    path
}

fn built_beside() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    // target/debug/deps/test → target/debug/lifeline
    let folder = test.parent().and_then(Path::parent).expect("a test lies in deps/");
    folder.join("lifeline")
}

fn port_of(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("Lifeline listens on http://localhost:")?;
    rest.strip_suffix('/')?.parse().ok()
}

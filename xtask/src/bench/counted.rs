//! The server whose allocations are counted: `server/examples/counted.rs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use super::tools;
use crate::command::{cargo, exe};
use crate::repo::Repo;

/// Builds it.
pub fn build(repo: &Repo) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--release", "-p", "lifeline", "--example", "counted"]);
    tools::run(build.current_dir(&repo.root))
}

/// The server whose allocations are counted.
pub struct Counted {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Counted {
    /// Starts it on free ports.
    pub fn start(repo: &Repo) -> Result<Self> {
        let program = repo.target.join("release").join("examples").join(exe("counted"));
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("cannot start it")?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut counted = Self { child, input, output, url: String::new() };
        let line = counted.line()?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.with_context(|| format!("no address in {line:?}"))?;
        counted.url = url.trim_end_matches('/').replace("//localhost:", "//127.0.0.1:");
        Ok(counted)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }

    /// Where its runs are.
    pub fn runs(&self) -> String {
        format!("{}/api/runs", self.url)
    }

    /// The bytes that are allocated now.
    pub fn held(&mut self) -> Result<f64> {
        self.input.write_all(b"\n")?;
        self.line()?.trim().parse().context("no number came")
    }
}

//! `record`: other people's clients and servers of HTTP/2 talk, and what they say becomes fixtures.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::command::{self, cargo};
use crate::needs;
use crate::npm;
use crate::python;
use crate::repo::Repo;

/// Writes the recordings over those that are there.
pub fn run(repo: &Repo) -> Result<ExitCode> {
    needs::bring(needs::RECORD)?;
    command::run(cargo().args(["build", "-p", "lifeline"]).current_dir(&repo.root))?;
    let npm = npm::ready(repo, "tests/npm", "tests-npm")?;
    let python = python::ready(repo, "tests/py/requirements.txt", "tests-py")?;
    let mut recorder = Command::new(python);
    recorder
        .arg(repo.root.join("tests/py/record.py"))
        .arg(repo.server("debug"))
        .arg(npm)
        .arg(repo.root.join("proto"))
        .arg(repo.root.join("tests/fixtures/http2/recorded"));
    command::run(&mut recorder)?;
    Ok(ExitCode::SUCCESS)
}

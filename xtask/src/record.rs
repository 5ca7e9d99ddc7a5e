//! `record`: other people's clients and servers of HTTP/2 talk, and what they say becomes fixtures.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::command::{self, cargo, which};
use crate::npm;
use crate::python;
use crate::repo::Repo;

/// Programs that talk, and the packages that have them.
const PROGRAMS: [(&str, &str); 4] = [
    ("curl", "curl"),
    ("nghttp", "nghttp2-client"),
    ("h2load", "nghttp2-client"),
    ("nghttpd", "nghttp2-server"),
];

/// Writes the recordings over those that are there.
pub fn run(repo: &Repo) -> Result<ExitCode> {
    for (program, package) in PROGRAMS {
        ensure!(
            which(program).is_some(),
            "{program} is not on PATH; on Debian and its kin: apt-get install {package}"
        );
    }
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

//! `run` and `build`: page, server, and the server's start.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::command::{self, cargo};
use crate::page;
use crate::repo::Repo;
use crate::say::Steps;
use crate::tools::Tools;

/// Builds everything and becomes the server.
pub fn run(repo: &Repo, args: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::new(4);
    make(repo, &mut steps)?;
    let mut server = Command::new(repo.server("release"));
    server.arg("serve").args(args);
    steps.step("server", "starting Lifeline", || start(&mut server))
}

/// Builds everything.
pub fn build(repo: &Repo) -> Result<ExitCode> {
    let mut steps = Steps::new(3);
    make(repo, &mut steps)?;
    let (page, program) = (repo.dist(), repo.server("release"));
    println!("the page is in {}, the program is {}", page.display(), program.display());
    Ok(ExitCode::SUCCESS)
}

fn make(repo: &Repo, steps: &mut Steps) -> Result<()> {
    let tools = steps.step("tools", "looking for the tools", || Tools::ready(repo))?;
    steps.step("page", "building the page", || page::build(repo, &tools))?;
    steps.step("server", "building the server", || {
        let mut build = cargo();
        build.args(["build", "--release", "-p", "lifeline"]).current_dir(&repo.root);
        command::run(&mut build)
    })
}

/// Takes this process over, so that signals and the exit code are the server's own.
#[cfg(unix)]
fn start(server: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(server.exec()).context("cannot start the server")
}

/// Waits for the server and forwards its exit code.
#[cfg(not(unix))]
fn start(server: &mut Command) -> Result<ExitCode> {
    let status = server.status().context("cannot start the server")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

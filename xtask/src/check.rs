//! `test`: everything that a test needs, then the tests, each kind announced.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::browser::Browser;
use crate::command::{self, cargo};
use crate::needs;
use crate::npm;
use crate::page;
use crate::python;
use crate::repo::Repo;
use crate::say::Steps;
use crate::tools::Tools;

/// What tests need.
struct Needed {
    tools: Tools,
    browser: Browser,
    /// The folder with what npm brought.
    npm: PathBuf,
    /// The Python of an environment of the tests' own.
    python: PathBuf,
}

/// Builds and tests; the last line says what passed.
pub fn run(repo: &Repo, filter: Option<&str>) -> Result<ExitCode> {
    let mut steps = Steps::new(9);
    let built = prepare(repo, &mut steps);
    if let Ok(needed) = &built {
        let native = || command::run(&mut native(repo, filter));
        steps.try_step("native", "running the native tests", native);
        let wasm = || command::run(&mut wasm(repo, needed, filter)?);
        steps.try_step("wasm", "running the WASM tests in Chromium", wasm);
        let end_to_end = || command::run(&mut end_to_end(repo, needed, filter));
        steps.try_step("end-to-end", "running the end-to-end tests", end_to_end);
    }
    eprintln!("{}", steps.summary());
    built?;
    Ok(if steps.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prepare(repo: &Repo, steps: &mut Steps) -> Result<Needed> {
    // First: what it cannot bring, one should not learn after minutes of building.
    let what = "looking for the browser and the programs that the tests start";
    let browser = steps.step("programs", what, || Browser::with(needs::TEST))?;
    let tools = steps.step("tools", "looking for the tools", || Tools::ready(repo))?;
    steps.step("page", "building the page", || page::build(repo, &tools))?;
    steps.step("server", "building the server", || {
        command::run(cargo().args(["build", "-p", "lifeline"]).current_dir(&repo.root))
    })?;
    let npm = steps.step("npm", "bringing what the tests need of npm", || {
        npm::ready(repo, "tests/npm", "tests-npm")
    })?;
    let python = steps.step("python", "bringing what the tests need of Python", || {
        python::ready(repo, "tests/py/requirements.txt", "tests-py")
    })?;
    Ok(Needed { tools, browser, npm, python })
}

fn native(repo: &Repo, filter: Option<&str>) -> Command {
    test(repo, &["--workspace", "--exclude", "frontend", "--exclude", "tests"], filter)
}

fn wasm(repo: &Repo, needed: &Needed, filter: Option<&str>) -> Result<Command> {
    let runner = needed.tools.test_runner();
    ensure!(runner.is_file(), "wasm-bindgen-test-runner is not beside wasm-bindgen");
    let args = ["-p", "frontend", "--target", "wasm32-unknown-unknown"];
    let mut command = test(repo, &args, filter);
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", &needed.browser.driver)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    Ok(command)
}

fn end_to_end(repo: &Repo, needed: &Needed, filter: Option<&str>) -> Command {
    let mut command = test(repo, &["-p", "tests"], filter);
    command
        .env("LIFELINE_BIN", repo.server("debug"))
        .env("LIFELINE_DIST", repo.dist())
        .env("LIFELINE_NPM", &needed.npm)
        .env("LIFELINE_PYTHON", &needed.python)
        .env("LIFELINE_CHROMEDRIVER", &needed.browser.driver)
        .env("LIFELINE_CHROMIUM", &needed.browser.chromium);
    command
}

fn test(repo: &Repo, args: &[&str], filter: Option<&str>) -> Command {
    let mut command = cargo();
    command.arg("test").args(args).args(filter).current_dir(&repo.root);
    command
}

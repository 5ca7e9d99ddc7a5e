//! Lifeline's errands: `cargo xtask run`, `build`, `test`, `bench`, `record` and `tidy`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks on its terminal"
)]

mod apt;
mod bench;
mod browser;
mod check;
mod command;
mod needs;
mod npm;
mod page;
mod python;
mod record;
mod repo;
mod say;
mod serve;
mod tidy;
mod tools;

use std::process::ExitCode;

use anyhow::Result;

use crate::repo::Repo;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [-- ARGS]   build the page and the server, then start it with ARGS
  build           the same without starting it
  test [FILTER]   build everything, then run the native, WASM and end-to-end tests
  bench NAME      measure beside a peer: bundle, capture, idle, ladder, message or soak; BENCHMARKS.md says more
   record          record anew what other people's clients of HTTP/2 say, for tests/fixtures
  tidy            check the rules that the compiler does not
  help            this text
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let command = args.first().map_or("", String::as_str);
    let rest = args.get(1..).unwrap_or_default();
    match dispatch(command, rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Result<ExitCode> {
    // `--` only ends xtask's own arguments.
    let rest = match rest.split_first() {
        Some((dashes, after)) if dashes == "--" => after,
        _ => rest,
    };
    match (command, rest) {
        ("run", server_args) => serve::run(&Repo::find()?, server_args),
        ("build", []) => serve::build(&Repo::find()?),
        ("test", []) => check::run(&Repo::find()?, None),
        ("test", [filter]) => check::run(&Repo::find()?, Some(filter)),
        ("bench", [name]) => bench::run(&Repo::find()?, name),
        ("record", []) => record::run(&Repo::find()?),
        ("tidy", []) => tidy::run(&Repo::find()?),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

//! Starting other programs, and finding them.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The cargo that started this program, so that the toolchain stays the same.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command on this terminal and fails when it does.
pub fn run(command: &mut Command) -> Result<()> {
    let line = spelled(command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// What a command prints, or nothing when it cannot start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The version in a line such as `trunk 0.21.14`.
pub fn version(program: &Path) -> Option<String> {
    let text = output(Command::new(program).arg("--version"))?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// Where a program lies on PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let name = exe(program);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|file| file.is_file())
}

/// A program's file name on this system.
pub fn exe(program: &str) -> String {
    format!("{program}{}", env::consts::EXE_SUFFIX)
}

fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(OsStr::new("?"));
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

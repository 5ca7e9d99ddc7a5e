//! Third-party Python, for tests only: exact versions, in a virtual environment outside the checkout.

use std::fs;
use std::io::stderr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command::{self, exe};
use crate::needs;
use crate::repo::Repo;

/// The Python of an environment in a folder of the target's, with what the file of requirements names.
pub fn ready(repo: &Repo, requirements: &str, name: &str) -> Result<PathBuf> {
    needs::bring(&[needs::PYTHON])?;
    let folder = repo.target.join(name);
    let python = folder.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(exe("python"));
    let requirements = repo.root.join(requirements);
    let wanted = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    // Written last, so that what broke off is begun anew.
    let installed = folder.join("requirements.txt");
    let same = fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted);
    if same && command::version(&python).is_some() {
        return Ok(python);
    }
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]);
    run(pip.arg("--requirement").arg(&requirements))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// Runs a command whose output is progress: standard output is for results.
fn run(program: &mut Command) -> Result<()> {
    command::run(program.stdin(Stdio::null()).stdout(Stdio::from(stderr())))
}

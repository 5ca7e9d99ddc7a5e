//! Third-party JavaScript, for tests and benchmarks only: exact versions, installed outside the
//! checkout.

use std::fs;
use std::io::stderr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::command;
use crate::needs;
use crate::repo::Repo;

/// A folder of the target's with the files of `sources`, and with what its `package.json` names.
pub fn ready(repo: &Repo, sources: &str, name: &str) -> Result<PathBuf> {
    needs::bring(needs::NODE_AND_NPM)?;
    let folder = repo.target.join(name);
    fs::create_dir_all(&folder)?;
    let before = fs::read_to_string(folder.join("package.json")).unwrap_or_default();
    for entry in fs::read_dir(repo.root.join(sources))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    let wanted = fs::read_to_string(folder.join("package.json"))?;
    // npm writes this file last.
    let installed = folder.join("node_modules").join(".package-lock.json");
    if before != wanted || !installed.is_file() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        // Standard output is for results.
        if let Err(error) = command::run(npm.stdout(Stdio::from(stderr()))) {
            // Else the next start would take what is there for whole.
            fs::remove_file(folder.join("package.json"))?;
            return Err(error);
        }
    }
    Ok(folder)
}

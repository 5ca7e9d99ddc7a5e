//! What cargo knows of this workspace.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// The workspace: where it is, where it builds to, and its packages.
pub struct Repo {
    pub root: PathBuf,
    pub target: PathBuf,
    pub metadata: Value,
}

impl Repo {
    /// Asks cargo about the workspace of the current directory.
    pub fn find() -> Result<Self> {
        let text =
            command::output(command::cargo().args(["metadata", "--format-version=1", "--no-deps"]))
                .context("`cargo metadata` failed: run this inside the repository")?;
        let metadata: Value = serde_json::from_str(&text)?;
        let path = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).with_context(|| format!("no {key}"))
        };
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")?, metadata })
    }

    /// The directory of the built page.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The server's program as a profile's directory holds it.
    pub fn server(&self, profile_dir: &str) -> PathBuf {
        self.target.join(profile_dir).join(command::exe("lifeline"))
    }
}

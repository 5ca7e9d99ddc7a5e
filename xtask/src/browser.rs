//! Chromium and its driver: the page is tested and measured in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{output, which};
use crate::needs::{self, Need};

const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser and the program that drives it.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

impl Browser {
    /// Finds a browser and curl; on Debian and its kin, installs what is missing.
    pub fn ready() -> Result<Self> {
        Self::with(needs::BROWSER)
    }

    /// Finds a browser among other things that are needed, and brings what is missing of them.
    pub fn with(needs: &[Need]) -> Result<Self> {
        needs::bring(needs)?;
        Self::find().context("chromium and chromedriver are not both on PATH and able to start")
    }

    /// A browser and its driver, if both are here and start: Ubuntu has stand-ins that do not.
    pub fn find() -> Option<Self> {
        let chromium = CHROMIUM.into_iter().filter_map(which).find(|program| starts(program))?;
        let driver = which("chromedriver").filter(|program| starts(program))?;
        Some(Self { chromium, driver })
    }
}

fn starts(program: &Path) -> bool {
    output(Command::new(program).arg("--version")).is_some()
}

//! Chromium, its driver, curl, Redis, nghttp2, tshark: the tests need them and are never skipped.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{output, run, which};
use crate::say;

const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const INSTALL: &[&str] = &["install", "-y", "--no-install-recommends"];
const SUDO: &[&str] = &["sudo", "-n"];
/// Packages may ask nothing. What stands before sudo in the environment, sudo takes away.
const QUIET_APT: &[&str] = &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];

/// A browser and the program that drives it.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

impl Browser {
    /// Finds a browser and curl; on Debian and its kin, installs what is missing.
    pub fn ready() -> Result<Self> {
        Self::with(&[])
    }

    /// The same, and further programs, each with the package that has it.
    pub fn with(programs: &[(&'static str, &'static str)]) -> Result<Self> {
        let programs = [&[("curl", "curl")][..], programs].concat();
        let mut missing: Vec<&str> = Vec::new();
        if Self::find().is_none() {
            missing.extend(["chromium", "chromium-driver"]);
        }
        let absent = programs.iter().filter(|(program, _)| which(program).is_none());
        missing.extend(absent.map(|(_, package)| *package));
        missing.dedup();
        if !missing.is_empty() {
            install(&missing)?;
        }
        for (program, _) in programs {
            which(program).with_context(|| format!("{program} is still not on PATH"))?;
        }
        Self::find().context("chromium and chromedriver are still not both on PATH")
    }

    fn find() -> Option<Self> {
        let chromium = CHROMIUM.into_iter().find_map(which)?;
        Some(Self { chromium, driver: which("chromedriver")? })
    }
}

fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let Some(prefix) = rights() else {
        bail!(
            "needed are a Chromium (`chromium`, `chromium-browser` or `google-chrome`) with its \
             `chromedriver`, and `curl`, for the tests `redis-server`, `nghttp`, `h2load` and \
             `tshark` too, all on PATH; missing here, as Debian names it: {list}"
        );
    };
    say::note(&format!("installing {list} with apt-get"));
    let apt = |args: &[&str]| {
        let words: Vec<&str> = prefix.iter().chain(QUIET_APT).chain(args).copied().collect();
        let (program, rest) = words.split_first().context("no program")?;
        run(Command::new(program).args(rest))
    };
    apt(&["update"])?;
    apt(&[INSTALL, packages].concat())
}

/// What has to stand before apt-get: nothing for root, else sudo if it asks for no password.
fn rights() -> Option<&'static [&'static str]> {
    which("apt-get")?;
    if output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
        return Some(&[]);
    }
    output(Command::new("sudo").args(["-n", "true"])).map(|_| SUDO)
}

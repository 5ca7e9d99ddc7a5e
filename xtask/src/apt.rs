//! Packages of Debian and its kin, where no password is asked for.

use std::io::stderr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command::{self, output, which};

const SUDO: &[&str] = &["sudo", "-n"];
/// Packages may ask nothing. What stands before sudo in the environment, sudo takes away.
const QUIET_APT: &[&str] = &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
/// A test may not cost what somebody has installed.
const INSTALL: &[&str] = &["install", "-y", "--no-install-recommends", "--no-remove"];

/// apt-get, with the right to install.
pub struct Apt {
    /// What has to stand before it: nothing for root, else sudo if it asks for no password.
    prefix: &'static [&'static str],
}

impl Apt {
    /// Where there is an apt-get that may install.
    pub fn allowed() -> Option<Self> {
        which("apt-get")?;
        if output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
            return Some(Self { prefix: &[] });
        }
        output(Command::new("sudo").args(["-n", "true"])).map(|_| Self { prefix: SUDO })
    }

    /// Reads the lists of packages anew; a fresh machine may have none.
    pub fn update(&self) -> Result<()> {
        self.run(&["update"])
    }

    /// Installs packages.
    pub fn install(&self, packages: &[&str]) -> Result<()> {
        self.run(&[INSTALL, packages].concat())
    }

    fn run(&self, args: &[&str]) -> Result<()> {
        let words: Vec<&str> = self.prefix.iter().chain(QUIET_APT).chain(args).copied().collect();
        let (program, rest) = words.split_first().context("no program")?;
        // Standard output is for results.
        command::run(Command::new(program).args(rest).stdout(Stdio::from(stderr())))
    }
}

/// The version of a package that apt would install; nothing for a name that is only another's.
pub fn offered(package: &str) -> Option<String> {
    version(&output(Command::new("apt-cache").args(["show", "--no-all-versions", package]))?)
}

/// The version in what `apt-cache show` prints.
fn version(record: &str) -> Option<String> {
    record.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_a_record_and_a_virtual_package_has_none() {
        let record = "Package: nodejs\nStandards-Version: 4\nVersion: 20.19.2+dfsg-1\nSize: 1\n";
        assert_eq!(version(record).as_deref(), Some("20.19.2+dfsg-1"));
        assert_eq!(version(""), None);
    }
}

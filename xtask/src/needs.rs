//! What tests and benchmarks need of the system: the one list of programs and of the packages that
//! have them. What is missing is installed or named, and never skipped.

use std::process::Command;

use anyhow::{Error, Result, bail, ensure};

use crate::apt::{self, Apt};
use crate::browser::Browser;
use crate::command::{output, which};
use crate::say;

/// Everything for `test`.
pub const TEST: &[Need] =
    &[CHROMIUM, CURL, REDIS_SERVER, NGHTTP, H2LOAD, TSHARK, NODE, NPM, PYTHON];
/// Everything for `record`.
pub const RECORD: &[Need] = &[CURL, NGHTTP, H2LOAD, NGHTTPD, NODE, NPM, PYTHON];
/// A browser, and how its page is asked for without it.
pub const BROWSER: &[Need] = &[CHROMIUM, CURL];
/// JavaScript of other people's.
pub const NODE_AND_NPM: &[Need] = &[NODE, NPM];

/// Debian has venv and ensurepip in a package that brings no program: only Python can tell.
pub const PYTHON: Need = Need {
    what: "Python 3.10 or later as `python3`, with its modules venv and ensurepip",
    probe: Probe::Version(
        "python3",
        &["-c", "import platform, venv, ensurepip; print(platform.python_version())"],
    ),
    least: Some((3, 10)),
    packages: &[&["python3", "python3-venv"]],
};

const CHROMIUM: Need = Need {
    what: "Chromium as `chromium`, `chromium-browser` or `google-chrome`, with its `chromedriver`, \
           both of one version and able to start (Ubuntu's is a snap, which containers cannot \
           start: there take Google's, https://googlechromelabs.github.io/chrome-for-testing)",
    probe: Probe::Browser,
    least: None,
    packages: &[&["chromium", "chromium-driver"], &["chromium-browser", "chromium-chromedriver"]],
};
const NODE: Need = Need {
    what: "Node.js 20 or later as `node` (https://nodejs.org/en/download)",
    probe: Probe::Version("node", &["--version"]),
    least: Some((20, 0)),
    packages: &[&["nodejs"]],
};
const NPM: Need = program("npm", &[&["npm"]]);
const CURL: Need = program("curl", &[&["curl"]]);
const REDIS_SERVER: Need = program("redis-server", &[&["redis-server"]]);
const NGHTTP: Need = program("nghttp", &[&["nghttp2-client"]]);
const H2LOAD: Need = program("h2load", &[&["nghttp2-client"]]);
const NGHTTPD: Need = program("nghttpd", &[&["nghttp2-server"]]);
const TSHARK: Need = program("tshark", &[&["tshark"]]);

/// Whose names of packages stand in a [`Need`], in this order.
const NAMERS: [&str; 2] = ["Debian", "Ubuntu"];

/// Packages that are installed together.
type Packages = &'static [&'static str];

/// One thing that has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What somebody has to look for.
    what: &'static str,
    probe: Probe,
    /// The first two numbers of the oldest version that will do, here and of the first package.
    least: Option<(u32, u32)>,
    /// As [`NAMERS`] name them; one entry where they agree.
    packages: &'static [Packages],
}

/// How one sees that something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// It lies on PATH.
    Program(&'static str),
    /// It runs with these arguments and prints its version.
    Version(&'static str, &'static [&'static str]),
    /// A browser and its driver start.
    Browser,
}

const fn program(name: &'static str, packages: &'static [Packages]) -> Need {
    Need { what: name, probe: Probe::Program(name), least: None, packages }
}

impl Need {
    fn is_here(&self) -> bool {
        match self.probe {
            Probe::Program(name) => which(name).is_some(),
            Probe::Version(name, args) => {
                output(Command::new(name).args(args)).is_some_and(|version| self.fits(&version))
            }
            Probe::Browser => Browser::find().is_some(),
        }
    }

    /// Whether a version will do.
    fn fits(&self, version: &str) -> bool {
        self.least.is_none_or(|least| numbers(version).is_some_and(|found| found >= least))
    }

    /// Its packages, by the first names that are all offered; else why there are none.
    fn choose(&self, offered: impl Fn(&str) -> Option<String>) -> Result<Packages, String> {
        let all = |names: Packages| names.iter().all(|&name| offered(name).is_some());
        let Some(names) = self.packages.iter().copied().find(|&names| all(names)) else {
            return Err(format!("{}: apt does not offer it", self.line()));
        };
        let version = names.first().and_then(|&name| offered(name)).unwrap_or_default();
        if self.fits(&version) {
            Ok(names)
        } else {
            Err(format!("{}: apt offers {version}, which is too old", self.what))
        }
    }

    /// What it is, and its packages by each name.
    fn line(&self) -> String {
        let named = NAMERS.iter().zip(self.packages);
        let named: Vec<String> =
            named.map(|(namer, names)| format!("{namer}: {}", names.join(" "))).collect();
        format!("{} [{}]", self.what, named.join("; "))
    }
}

/// Sees to it that everything is here; on Debian and its kin, installs what is missing.
pub fn bring(needs: &[Need]) -> Result<()> {
    let missing = absent(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let Some(apt) = Apt::allowed() else {
        let why = "no apt-get here that may install without a password; bring by hand, on PATH:";
        bail!("{}", listed(why, missing.iter().map(Need::line)));
    };
    apt.update()?;
    let packages = plan(&missing, apt::offered).map_err(Error::msg)?;
    say::note(&format!("installing {} with apt-get", packages.join(" ")));
    apt.install(&packages)?;
    let left = absent(needs);
    let why = "apt-get has installed its packages, and yet these are not on PATH or do not start:";
    ensure!(left.is_empty(), "{}", listed(why, left.iter().map(Need::line)));
    Ok(())
}

fn absent(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.is_here()).collect()
}

/// The packages of everything that is missing; if one has none, what to bring by hand.
fn plan(
    missing: &[Need],
    offered: impl Fn(&str) -> Option<String>,
) -> Result<Vec<&'static str>, String> {
    let mut packages: Vec<&'static str> = Vec::new();
    let mut refused = Vec::new();
    for need in missing {
        match need.choose(&offered) {
            Ok(names) => packages.extend(names),
            Err(why) => refused.push(why),
        }
    }
    if !refused.is_empty() {
        return Err(listed("nothing was installed; bring by hand, on PATH:", refused));
    }
    // Programs of one package stand side by side.
    packages.dedup();
    Ok(packages)
}

/// A heading, and a line for each.
fn listed(heading: &str, lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().fold(heading.to_owned(), |text, line| text + "\n  " + &line)
}

/// The first two numbers of a version such as `v20.20.2`, `3.11.2-1+b1` or `2:18.19.1+dfsg`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let bare = version.trim().rsplit(':').next()?.trim_start_matches('v');
    let mut numbers = bare.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What apt offers, by name and version.
    fn offers(list: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |package: &str| {
            let found = list.iter().find(|(name, _)| *name == package);
            found.map(|(_, version)| (*version).to_owned())
        }
    }

    #[test]
    fn chromium_has_the_names_that_apt_knows_both() {
        let debian = offers(&[("chromium", "156.0"), ("chromium-driver", "156.0")]);
        assert_eq!(CHROMIUM.choose(debian).unwrap(), ["chromium", "chromium-driver"]);
        let ubuntu = offers(&[
            ("chromium", "1.0"),
            ("chromium-browser", "2:1snap1-0ubuntu2"),
            ("chromium-chromedriver", "2:1snap1-0ubuntu2"),
        ]);
        let names = CHROMIUM.choose(ubuntu).unwrap();
        assert_eq!(names, ["chromium-browser", "chromium-chromedriver"]);
    }

    #[test]
    fn a_plan_has_each_package_once() {
        let offered = |_: &str| Some("99.0".to_owned());
        let packages = plan(&[NGHTTP, H2LOAD, NODE, NPM, PYTHON], offered).unwrap();
        assert_eq!(packages, ["nghttp2-client", "nodejs", "npm", "python3", "python3-venv"]);
        let mut all = plan(TEST, offered).unwrap();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{all:?}");
    }

    #[test]
    fn a_plan_names_everything_that_apt_cannot_bring() {
        let offered = offers(&[("nodejs", "18.20.4+dfsg-1~deb12u3"), ("npm", "9.2.0~ds1-1")]);
        let told = plan(&[CHROMIUM, NODE, NPM], offered).unwrap_err();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert!(told.contains("Debian: chromium chromium-driver; Ubuntu: chromium-browser"));
        assert!(lines[1].ends_with("]: apt does not offer it"), "{told}");
        assert!(lines[2].starts_with("  Node.js 20 or later"), "{told}");
        assert!(lines[2].ends_with("apt offers 18.20.4+dfsg-1~deb12u3, which is too old"));
    }

    #[test]
    fn every_line_says_what_and_which_package() {
        let told = listed("missing:", [NPM, PYTHON].iter().map(Need::line));
        let python = "Python 3.10 or later as `python3`, with its modules venv and ensurepip";
        let wanted =
            format!("missing:\n  npm [Debian: npm]\n  {python} [Debian: python3 python3-venv]");
        assert_eq!(told, wanted);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(numbers("v20.20.2\n"), Some((20, 20)));
        assert_eq!(numbers("2:18.19.1+dfsg-6ubuntu5"), Some((18, 19)));
        assert_eq!(numbers("unknown"), None);
        assert!(NODE.fits("v20.0.0") && NODE.fits("100.0.0") && !NODE.fits("v9.11.2"));
        assert!(PYTHON.fits("3.10.0") && !PYTHON.fits("3.9.18") && !PYTHON.fits(""));
        assert!(NPM.fits(""));
    }
}

//! The tools that build the page: used from PATH when they fit, else installed once.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command::{self, cargo, exe, which};
use crate::repo::Repo;
use crate::say;

const WASM: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";

/// Tools that are there and run.
pub struct Tools {
    pub trunk: PathBuf,
    pub trunk_version: String,
    pub wasm_bindgen: PathBuf,
    pub wasm_bindgen_version: String,
    /// Makes the page smaller; the page works without.
    pub wasm_opt: Option<(PathBuf, String)>,
}

impl Tools {
    /// Finds every tool, installs what is missing.
    pub fn ready(repo: &Repo) -> Result<Self> {
        wasm_target(repo)?;
        let (trunk, trunk_version) = trunk(repo)?;
        let (wasm_bindgen, wasm_bindgen_version) = wasm_bindgen(repo)?;
        let wasm_opt = which("wasm-opt").and_then(with_version);
        let found = match &wasm_opt {
            Some((_, version)) => version.as_str(),
            None => "no wasm-opt, which is optional",
        };
        say::note(&format!("trunk {trunk_version}, wasm-bindgen {wasm_bindgen_version}, {found}"));
        Ok(Self { trunk, trunk_version, wasm_bindgen, wasm_bindgen_version, wasm_opt })
    }

    /// PATH with the tools in front, since trunk looks for wasm-bindgen there.
    pub fn path(&self) -> Result<OsString> {
        let own = [&self.trunk, &self.wasm_bindgen].into_iter().filter_map(|file| file.parent());
        let rest = env::var_os("PATH").unwrap_or_default();
        let dirs = own.map(Path::to_path_buf).chain(env::split_paths(&rest));
        Ok(env::join_paths(dirs)?)
    }

    /// Runs tests in a browser; installed beside wasm-bindgen.
    pub fn test_runner(&self) -> PathBuf {
        self.wasm_bindgen.with_file_name(exe("wasm-bindgen-test-runner"))
    }
}

fn wasm_target(repo: &Repo) -> Result<()> {
    let mut rustup = Command::new("rustup");
    let listed =
        command::output(rustup.args(["target", "list", "--installed"]).current_dir(&repo.root));
    if let Some(listed) = listed {
        if listed.lines().any(|line| line.trim() == WASM) {
            return Ok(());
        }
        say::note(&format!("adding the target {WASM}"));
        let mut add = Command::new("rustup");
        return command::run(add.args(["target", "add", WASM]).current_dir(&repo.root));
    }
    let mut rustc = Command::new("rustc");
    let sysroot = command::output(rustc.args(["--print", "sysroot"]).current_dir(&repo.root))
        .unwrap_or_default();
    let target = Path::new(sysroot.trim()).join("lib/rustlib").join(WASM);
    ensure!(
        target.exists(),
        "the page needs the Rust target {WASM}: install rustup, or your system's package of it"
    );
    Ok(())
}

fn trunk(repo: &Repo) -> Result<(PathBuf, String)> {
    if let Some(path) = which("trunk")
        && let Some(version) = command::version(&path)
        && version.starts_with("0.21.")
    {
        return Ok((path, version));
    }
    // Its lock file names versions that this compiler can build.
    let path = installed(repo, "trunk", "trunk", TRUNK, &["--locked"])?;
    Ok((path, TRUNK.to_owned()))
}

fn wasm_bindgen(repo: &Repo) -> Result<(PathBuf, String)> {
    let lock =
        fs::read_to_string(repo.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let wanted = locked(&lock, "wasm-bindgen").context("Cargo.lock holds no wasm-bindgen")?;
    if let Some(path) = which("wasm-bindgen")
        && command::version(&path).as_deref() == Some(wanted)
        && path.with_file_name(exe("wasm-bindgen-test-runner")).is_file()
    {
        return Ok((path, wanted.to_owned()));
    }
    let path = installed(repo, "wasm-bindgen-cli", "wasm-bindgen", wanted, &[])?;
    Ok((path, wanted.to_owned()))
}

/// The program of a crate in the cache, installed there if it is not yet.
fn installed(
    repo: &Repo,
    package: &str,
    program: &str,
    version: &str,
    flags: &[&str],
) -> Result<PathBuf> {
    let tools = cache()?.join("tools");
    let home = tools.join(format!("{package}-{version}"));
    let path = home.join("bin").join(exe(program));
    if command::version(&path).as_deref() == Some(version) {
        return Ok(path);
    }
    say::note(&format!(
        "installing {package} {version}: this happens once and takes some minutes on two cores"
    ));
    let build = tools.join("build");
    let mut install = cargo();
    install
        .arg("install")
        .args(flags)
        // A program that is there but does not run is replaced.
        .arg("--force")
        .arg(format!("{package}@{version}"))
        .arg("--root")
        .arg(&home)
        .env("CARGO_TARGET_DIR", &build)
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(&repo.root);
    command::run(&mut install)?;
    // What it leaves is large and not needed again; if it stays, nothing is wrong.
    let _ = fs::remove_dir_all(&build);
    match command::version(&path) {
        Some(_) => Ok(path),
        None => bail!("{package} {version} was installed, but `{program} --version` fails"),
    }
}

/// A program that runs, with what it says of itself.
fn with_version(path: PathBuf) -> Option<(PathBuf, String)> {
    let text = command::output(Command::new(&path).arg("--version"))?;
    let version = text.lines().next()?.trim().to_owned();
    Some((path, version))
}

/// Where tools are kept between builds.
fn cache() -> Result<PathBuf> {
    let var = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(own) = var("LIFELINE_CACHE") {
        return Ok(own);
    }
    let base = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library").join("Caches"))
    } else {
        var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")))
    };
    Ok(base.context("no home directory: set LIFELINE_CACHE")?.join("lifeline"))
}

/// The version of a package in Cargo.lock.
fn locked<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locked_reads_the_package_and_not_its_namesakes() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "trunk"), None);
    }
}

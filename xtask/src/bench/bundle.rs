//! `bench bundle`: the bytes that a browser loads for the page, beside those of mermaid with only
//! its sequence diagram.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use serde_json::{Value, json};

use super::{Found, tools};
use crate::browser::Browser;
use crate::repo::Repo;
use crate::say::Steps;

/// What all of Lifeline may weigh: 176 KB.
const GOAL: u64 = 176 * 1024;

/// Weighs both once: nothing here is drawn by lot.
pub fn run(repo: &Repo) -> Result<Found> {
    let mut steps = Steps::new(3);
    steps.step("page", "building the page and the server", || tools::build(repo))?;
    let folder = steps.step("npm", "bringing mermaid along", || tools::npm(repo))?;
    let peer = steps.step("mermaid", "loading a sequence diagram of mermaid's", || {
        let browser = Browser::ready()?;
        tools::node(&folder, "bundle.mjs", &browser.chromium)
    })?;
    let ours = dist(&repo.dist())?;
    let total: u64 = ours.values().sum();
    let theirs = mermaid(&folder, &peer)?;
    let round = json!({
        "lifeline": ours,
        "mermaid": { "bytes": theirs, "files": peer["files"].as_array().map(Vec::len) },
    });
    let result = json!({
        "lifeline_bytes": total,
        "mermaid_bytes": theirs,
        "ratio": super::stats::rounded(total as f64 / theirs as f64),
        "versions": { "mermaid": peer["mermaid"], "esbuild": peer["esbuild"] },
        "goal": GOAL,
        "met": total <= GOAL,
    });
    Ok(Found { rounds: vec![round], result })
}

/// The page's bytes by kind, as the server sends them: compressed where that is worth it.
fn dist(folder: &Path) -> Result<BTreeMap<&'static str, u64>> {
    let mut bytes = BTreeMap::from(["wasm", "js", "css", "html", "other"].map(|kind| (kind, 0)));
    for file in files(folder)? {
        let name = file.to_string_lossy();
        if name.ends_with(".br") {
            continue;
        }
        let packed = PathBuf::from(format!("{name}.br"));
        let sent = if packed.is_file() { &packed } else { &file };
        *bytes.entry(kind(&name)).or_default() += fs::metadata(sent)?.len();
    }
    Ok(bytes)
}

fn kind(name: &str) -> &'static str {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let known = ["wasm", "js", "css", "html"];
    known.into_iter().find(|kind| *kind == extension).unwrap_or("other")
}

/// Every file below a folder that is not hidden.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The files that the browser loaded, compressed as the page is.
fn mermaid(folder: &Path, told: &Value) -> Result<u64> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut total = 0;
    for file in told["files"].as_array().context("mermaid's page loaded no files")? {
        let path = folder.join(file.as_str().context("no path")?);
        let bytes = fs::read(&path).with_context(|| format!("no {}", path.display()))?;
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut packed, &params)?;
        total += packed.len() as u64;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_weighs_what_is_sent_of_it() {
        let folder = std::env::temp_dir().join(format!("lifeline-bundle-{}", std::process::id()));
        fs::create_dir_all(folder.join("part")).unwrap();
        for (name, len) in
            [("a.wasm", 100), ("a.wasm.br", 40), ("part/b.js", 7), ("c.svg", 3), (".stamp", 9)]
        {
            fs::write(folder.join(name), vec![0_u8; len]).unwrap();
        }
        let bytes = dist(&folder).unwrap();
        assert_eq!((bytes["wasm"], bytes["js"], bytes["css"], bytes["other"]), (40, 7, 0, 3));
        fs::remove_dir_all(folder).unwrap();
    }
}

//! Builds the page into `dist/`, unless what is there was built from the same files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use brotli::enc::BrotliEncoderParams;

use crate::command;
use crate::repo::Repo;
use crate::say;
use crate::tools::Tools;

/// Everything a page is made of; this file too, since it chooses the flags.
const INPUTS: [&str; 9] = [
    "frontend",
    "proto",
    "assets",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    "xtask/src/page.rs",
];
const WASM_OPT_FLAGS: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];
const COMPRESSED: [&str; 7] = ["html", "js", "css", "wasm", "svg", "json", "md"];
/// Below this a response fits into a packet anyway.
const COMPRESSED_FROM: usize = 1024;

/// Brings `dist/` up to date.
pub fn build(repo: &Repo, tools: &Tools) -> Result<()> {
    let dist = repo.dist();
    let stamp = dist.join(".stamp");
    let wanted = fingerprint(&repo.root, tools)?;
    if dist.join("index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|is| is == wanted)
    {
        say::note("nothing has changed since the last one");
        return Ok(());
    }
    if stamp.exists() {
        fs::remove_file(&stamp)?;
    }
    trunk(repo, tools)?;
    if let Some((wasm_opt, _)) = &tools.wasm_opt {
        optimise(&dist, wasm_opt)?;
    }
    strip(&dist)?;
    compress(&dist)?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

fn trunk(repo: &Repo, tools: &Tools) -> Result<()> {
    let mut trunk = Command::new(&tools.trunk);
    trunk
        .args(["build", "--cargo-profile", "page"])
        .current_dir(&repo.root)
        .env("PATH", tools.path()?)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Meant for the server, not for trunk.
        .env_remove("RUST_LOG");
    // Trunk takes `NO_COLOR=1` for a mistake: it wants `true`.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env_remove("NO_COLOR").env("TRUNK_COLOR", "never");
    }
    command::run(&mut trunk)?;
    ensure!(repo.dist().join("index.html").is_file(), "trunk left no dist/index.html");
    Ok(())
}

fn optimise(dist: &Path, wasm_opt: &Path) -> Result<()> {
    for file in files(dist)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with("_bg.wasm") {
            continue;
        }
        let smaller = file.with_extension("opt");
        let mut command = Command::new(wasm_opt);
        command.args(WASM_OPT_FLAGS).arg("-o").arg(&smaller).arg(&file);
        match command::run(&mut command) {
            Ok(()) => fs::rename(&smaller, &file)?,
            Err(error) => {
                say::note(&format!("{error:#}; going on with the larger page"));
                if smaller.exists() {
                    fs::remove_file(&smaller)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes the functions' names out, a third of the file, where `wasm-opt` has not.
fn strip(dist: &Path) -> Result<()> {
    for file in files(dist)? {
        if file.extension().and_then(OsStr::to_str) == Some("wasm") {
            let bytes = fs::read(&file)?;
            let less = without_names(&bytes)
                .with_context(|| format!("{} is no WebAssembly", file.display()))?;
            fs::write(&file, less)?;
        }
    }
    Ok(())
}

fn without_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut rest = wasm.to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name() == "name"
        {
            // The section's own head stands before its name: an id and a length.
            let range = section.range();
            let head = 1 + length_of(range.len() as u64);
            rest.drain(range.start - head..range.end);
        }
    }
    Ok(rest)
}

/// How many bytes a length takes in LEB128.
fn length_of(mut length: u64) -> usize {
    let mut bytes = 1;
    while length >= 0x80 {
        length >>= 7;
        bytes += 1;
    }
    bytes
}

/// Writes a `.br` beside every file worth it, so that the server never compresses.
fn compress(dist: &Path) -> Result<()> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let (mut plain, mut packed) = (0, 0);
    for file in files(dist)? {
        let Some(extension) = file.extension().and_then(OsStr::to_str) else { continue };
        let bytes = fs::read(&file)?;
        if !COMPRESSED.contains(&extension) || bytes.len() <= COMPRESSED_FROM {
            continue;
        }
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut out, &params)
            .with_context(|| format!("cannot compress {}", file.display()))?;
        plain += bytes.len();
        packed += out.len();
        let mut name = file.into_os_string();
        name.push(".br");
        fs::write(PathBuf::from(name), out)?;
    }
    say::note(&format!("{} KB, {} KB as brotli", plain / 1000, packed / 1000));
    Ok(())
}

/// A hash of every input and tool.
fn fingerprint(root: &Path, tools: &Tools) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    tools.trunk_version.hash(&mut hasher);
    tools.wasm_bindgen_version.hash(&mut hasher);
    tools.wasm_opt.as_ref().map(|(_, version)| version).hash(&mut hasher);
    for input in INPUTS {
        for file in files(&root.join(input))? {
            let bytes = fs::read(&file).with_context(|| format!("cannot read {input}"))?;
            file.strip_prefix(root)?.hash(&mut hasher);
            bytes.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// What lies beside the sources and is no part of the page: what was built, and the fuzzer's own.
const BESIDE: [&str; 2] = ["target", "fuzz"];

/// The files under a path, in order; hidden ones are an editor's or trunk's.
fn files(path: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    if path.is_file() {
        found.insert(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && !BESIDE.iter().any(|name| entry.file_name() == *name) {
                found.extend(files(&entry.path())?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(version: &str) -> Tools {
        Tools {
            trunk: PathBuf::new(),
            trunk_version: version.to_owned(),
            wasm_bindgen: PathBuf::new(),
            wasm_bindgen_version: "2".to_owned(),
            wasm_opt: None,
        }
    }

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("lifeline-{name}-{}", std::process::id()));
        fs::create_dir_all(dir.join("frontend")).unwrap();
        dir
    }

    #[test]
    fn fingerprint_follows_contents_names_and_tools() {
        let dir = scratch("fingerprint");
        fs::write(dir.join("frontend/a.rs"), "one").unwrap();
        let first = fingerprint(&dir, &tools("1")).unwrap();
        assert_eq!(first, fingerprint(&dir, &tools("1")).unwrap());
        assert_ne!(first, fingerprint(&dir, &tools("3")).unwrap());
        fs::write(dir.join("frontend/a.rs"), "two").unwrap();
        assert_ne!(first, fingerprint(&dir, &tools("1")).unwrap());
        fs::write(dir.join("frontend/a.rs"), "one").unwrap();
        fs::write(dir.join("frontend/.swap"), "hidden").unwrap();
        assert_eq!(first, fingerprint(&dir, &tools("1")).unwrap());
        fs::rename(dir.join("frontend/a.rs"), dir.join("frontend/b.rs")).unwrap();
        assert_ne!(first, fingerprint(&dir, &tools("1")).unwrap());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn names_are_taken_out_and_nothing_else() {
        let head = b"\0asm\x01\0\0\0";
        let custom = |name: &str, len: u8| {
            let mut section = vec![0, 1 + name.len() as u8 + len, name.len() as u8];
            section.extend(name.bytes());
            section.extend(std::iter::repeat_n(7, usize::from(len)));
            section
        };
        let wasm = [&head[..], &custom("kept", 3), &custom("name", 9)].concat();
        assert_eq!(without_names(&wasm).unwrap(), [&head[..], &custom("kept", 3)].concat());
        assert!(without_names(b"nothing").is_err());
    }

    #[test]
    fn compress_takes_large_text_only() {
        let dir = scratch("compress");
        fs::write(dir.join("frontend/large.css"), "a{}".repeat(1000)).unwrap();
        fs::write(dir.join("frontend/small.css"), "a{}").unwrap();
        fs::write(dir.join("frontend/large.png"), "a{}".repeat(1000)).unwrap();
        compress(&dir).unwrap();
        let packed = fs::read(dir.join("frontend/large.css.br")).unwrap();
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, "a{}".repeat(1000).as_bytes());
        assert!(!dir.join("frontend/small.css.br").exists());
        assert!(!dir.join("frontend/large.png.br").exists());
        fs::remove_dir_all(dir).unwrap();
    }
}

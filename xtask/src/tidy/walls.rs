//! The walls: which package may see which.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::repo::Repo;

/// Each package of the workspace and those of ours that it may depend on.
const SEES: [(&str, &[&str]); 10] = [
    ("forms", &[]),
    ("rpc", &[]),
    ("text", &[]),
    ("trace", &[]),
    ("wire", &["text", "trace"]),
    ("scene", &["text", "trace", "wire"]),
    ("lifeline", &["forms", "rpc", "text", "trace", "wire"]),
    ("frontend", &["forms", "rpc", "text", "trace", "wire", "scene"]),
    ("tests", &["trace", "wire", "scene", "lifeline"]),
    ("xtask", &["trace", "wire"]),
];

/// Packages that know no clock, no chance, no network and no browser.
const PURE: [&str; 5] = ["forms", "text", "trace", "wire", "scene"];
const IMPURE: [&str; 6] = ["tokio", "web-sys", "js-sys", "leptos", "rand", "getrandom"];

/// Checks every manifest of the workspace.
pub fn check(repo: &Repo) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for package in repo.metadata["packages"].as_array().context("no packages")? {
        let manifest = package["manifest_path"].as_str().context("no manifest path")?;
        let text = fs::read_to_string(manifest)?;
        let path = Path::new(manifest).strip_prefix(&repo.root)?;
        found.extend(manifest_walls(package, &path.to_string_lossy(), &text));
    }
    Ok(found)
}

fn manifest_walls(package: &Value, path: &str, text: &str) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let Some((_, sees)) = SEES.iter().find(|(ours, _)| *ours == name) else {
        return vec![Finding::new(path, 1, format!("no wall is drawn around `{name}`"))];
    };
    let mut found = Vec::new();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let other = dependency["name"].as_str().unwrap_or_default();
        let line = line_of(text, other);
        let ours = SEES.iter().any(|(ours, _)| *ours == other);
        if ours && !sees.contains(&other) {
            found.push(Finding::new(path, line, format!("`{name}` may not see `{other}`")));
        }
        let dev = dependency["kind"].as_str() == Some("dev");
        if !dev && PURE.contains(&name) && IMPURE.contains(&other) {
            found.push(Finding::new(path, line, format!("`{name}` is pure, `{other}` is not")));
        }
    }
    found
}

fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        let rest = line.trim_start().strip_prefix(dependency);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    manifest.lines().position(names).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whats(package: &Value, text: &str) -> Vec<String> {
        manifest_walls(package, "p/Cargo.toml", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_look_over_the_wall_is_found() {
        let package = json!({ "name": "trace", "dependencies": [
            { "name": "serde", "kind": null },
            { "name": "wire", "kind": "dev" },
        ]});
        let text = "[dependencies]\nserde = \"1\"\n\n[dev-dependencies]\nwire.workspace = true\n";
        assert_eq!(whats(&package, text), ["p/Cargo.toml:5: `trace` may not see `wire`"]);
    }

    #[test]
    fn an_impure_dependency_is_found_unless_only_tests_use_it() {
        let normal = json!({ "name": "wire", "dependencies": [{ "name": "rand", "kind": null }]});
        assert_eq!(
            whats(&normal, "rand = \"1\""),
            ["p/Cargo.toml:1: `wire` is pure, `rand` is not"]
        );
        let dev = json!({ "name": "wire", "dependencies": [{ "name": "rand", "kind": "dev" }]});
        assert!(whats(&dev, "").is_empty());
    }

    #[test]
    fn a_package_without_walls_is_found() {
        let package = json!({ "name": "extra", "dependencies": [] });
        assert_eq!(whats(&package, ""), ["p/Cargo.toml:1: no wall is drawn around `extra`"]);
    }
}

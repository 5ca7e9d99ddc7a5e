//! Docs: every file says what it is, and the maps name places that exist.

use super::Finding;

/// Directories at the root: a path that starts elsewhere is not one of ours.
const TOP: [&str; 9] =
    ["proto", "server", "frontend", "assets", "tests", "xtask", ".ci", ".cargo", ".github"];

/// A Rust file begins with its module's documentation.
pub fn opening(path: &str, text: &str) -> Option<Finding> {
    (!text.starts_with("//!"))
        .then(|| Finding::new(path, 1, "begins without a `//!` that says what it is for"))
}

/// Every path that a map names exists.
pub fn map(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // Odd pieces lie between backticks.
            for quoted in line.split('`').skip(1).step_by(2) {
                if let Some(place) = place(quoted)
                    && !exists(place)
                {
                    found.push(Finding::new(path, index + 1, format!("`{place}` is not there")));
                }
            }
        }
    }
    found
}

/// The path in a quoted text, if it is one of this repository and no placeholder.
fn place(quoted: &str) -> Option<&str> {
    let (top, _) = quoted.split_once('/')?;
    let odd = quoted.contains([' ', '{', '*', '…', '<', '$']) || quoted.contains("...");
    if !TOP.contains(&top) || odd || quoted.split(['/', '.']).any(placeholder) {
        return None;
    }
    let bare = quoted.split_once(':').map_or(quoted, |(bare, _)| bare);
    Some(bare.trim_end_matches('/'))
}

/// A name in capitals stands for any name, except for the files that are written so.
fn placeholder(part: &str) -> bool {
    part.len() > 1 && part != "README" && part.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_opening_is_found() {
        assert!(opening("a.rs", "fn main() {}").is_some());
        assert!(opening("a.rs", "// A comment.\n//! Too late.").is_some());
        assert!(opening("a.rs", "//! What it is.").is_none());
    }

    #[test]
    fn a_place_that_is_not_there_is_found() {
        let text = "See `server/src/main.rs` and\n`server/src/gone.rs:12`.\n";
        let found = map("README.md", text, |path| path == "server/src/main.rs");
        assert_eq!(found, [Finding::new("README.md", 2, "`server/src/gone.rs` is not there")]);
    }

    #[test]
    fn what_is_no_place_of_ours_is_let_be() {
        let text = "`cargo xtask run` `a/b` `server/src/NAME.rs` `proto/*/src` `tests/{a,b}`\n\
                    ```\n`server/gone`\n```\n";
        assert!(map("README.md", text, |_| false).is_empty());
        assert_eq!(place("assets/"), Some("assets"));
    }
}

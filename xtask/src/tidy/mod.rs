//! `tidy`: the rules of this repository that the compiler does not check.

mod colours;
mod docs;
mod sizes;
mod text;
mod walls;
mod words;

use std::fmt;
use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::command;
use crate::repo::Repo;

/// One offence and where it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Prints every finding; any of them is a failure.
pub fn run(repo: &Repo) -> Result<ExitCode> {
    let mut found = walls::check(repo)?;
    let texts = texts(repo)?;
    for (path, text) in &texts {
        found.extend(words::check(path, text));
        found.extend(colours::check(path, text));
        if path.ends_with(".rs") {
            found.extend(docs::opening(path, text));
            found.extend(sizes::check(path, text));
        }
    }
    found.extend(text::check(&texts));
    for map in ["ARCHITECTURE.md", "README.md"] {
        match texts.iter().find(|(path, _)| path == map) {
            Some((_, text)) => {
                found.extend(docs::map(map, text, |path| repo.root.join(path).exists()));
            }
            None => found.push(Finding::new(map, 1, "is missing")),
        }
    }
    found.sort();
    for finding in &found {
        println!("{finding}");
    }
    eprintln!("{} files looked at, {} findings", texts.len(), found.len());
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every text file that is in git or would be.
fn texts(repo: &Repo) -> Result<Vec<(String, String)>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "-co", "--exclude-standard"]).current_dir(&repo.root);
    let list = command::output(&mut git).context("`git ls-files` failed")?;
    let mut texts: Vec<(String, String)> = list
        .split('\0')
        .filter(|path| !path.is_empty())
        // What cannot be read as text is an image, or was deleted and not yet committed.
        .filter_map(|path| Some((path.to_owned(), fs::read_to_string(repo.root.join(path)).ok()?)))
        .collect();
    texts.sort();
    texts.dedup();
    Ok(texts)
}

/// Where `needle` stands in `line` as a word of its own, not as a part of a longer one.
fn word(line: &str, needle: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    line.match_indices(needle).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + needle.len()..].chars().next();
        let open = needle.ends_with(|c: char| !part(c));
        !before.is_some_and(part) && (open || !after.is_some_and(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding_reads_as_an_editor_expects() {
        assert_eq!(Finding::new("a/b.rs", 7, "is odd").to_string(), "a/b.rs:7: is odd");
    }

    #[test]
    fn word_is_whole() {
        assert!(word("a rgb(1)", "rgb("));
        assert!(!word("srgb(1)", "rgb("));
        assert!(word("see HERE.", "HERE"));
        assert!(!word("THERE", "HERE"));
        assert!(!word("HERE_AFTER", "HERE"));
    }
}

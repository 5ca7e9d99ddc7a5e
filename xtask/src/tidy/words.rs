//! Words that do not belong in the repository: one machine's paths, and unfinished work.

use super::{Finding, word};

/// Written in two halves, so that this file does not find itself.
const PATHS: [&str; 2] = [concat!("/ro", "ot/"), concat!("/wo", "rk/")];
const HOSTS: [&str; 7] = [
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("registry.np", "mjs.org"),
    concat!("py", "pi.org"),
    concat!("proxy.gol", "ang.org"),
    concat!("deb.deb", "ian.org"),
    concat!("arti", "factory"),
];
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const MACROS: [&str; 3] =
    [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ig", "nore")];

/// Checks any text file.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut find = |what: String| found.push(Finding::new(path, index + 1, what));
        if let Some(needle) = PATHS.into_iter().find(|needle| absolute(line, needle)) {
            find(format!("a path of one machine: {needle}"));
        }
        if let Some(needle) = HOSTS.into_iter().find(|needle| line.contains(needle)) {
            find(format!("a registry's host: {needle}"));
        }
        let macros = MACROS.into_iter().find(|needle| line.contains(needle));
        if let Some(needle) = macros.or_else(|| MARKS.into_iter().find(|mark| word(line, mark))) {
            find(format!("unfinished: {needle}"));
        }
    }
    found
}

/// Whether `needle` begins a path here, rather than continuing one.
fn absolute(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~})>*$/".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: &str) -> usize {
        check("a.md", line).len()
    }

    #[test]
    fn every_needle_is_found() {
        for path in PATHS {
            assert_eq!(count(&format!("see {path}main")), 1, "{path}");
            assert_eq!(count(&format!("{path}main")), 1, "{path}");
        }
        for host in HOSTS {
            assert_eq!(count(&format!("https://{host}/a")), 1, "{host}");
        }
        for mark in MARKS {
            assert_eq!(count(&format!("// {mark}: later")), 1, "{mark}");
        }
        for name in MACROS {
            assert_eq!(count(&format!("    {name}")), 1, "{name}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_let_be() {
        let [root, work] = PATHS;
        assert_eq!(count(&format!("frontend{work}a and $HOME{root}b")), 0);
        assert_eq!(count(concat!("MASTO", "DON, todo = \"warn\"")), 0);
    }

    #[test]
    fn the_line_is_told() {
        let found = check("a.md", &format!("fine\n\n{}", MARKS[0]));
        assert_eq!(found, [Finding::new("a.md", 3, format!("unfinished: {}", MARKS[0]))]);
    }
}

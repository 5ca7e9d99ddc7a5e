//! Text: every message that the code names is in the catalogue, and none is there for nobody.

use std::collections::BTreeSet;

use super::Finding;

const CATALOGUE: &str = "assets/text/en/";

/// What takes a message's id as its first argument.
const CALLS: [&str; 5] = ["say(", "pieces(", "tell(", "t(", "tr("];

/// Where a literal that begins like the name of a file of the catalogue can only be an id; in the page
/// it may be a class.
const TABLES: [&str; 2] = ["proto/wire/", "frontend/scene/"];

/// Checks the code and the catalogue against each other.
pub fn check(texts: &[(String, String)]) -> Vec<Finding> {
    let mut ids = Vec::new();
    let mut stems = Vec::new();
    let mut used = Used::default();
    for (path, text) in texts {
        if let Some(stem) = path.strip_prefix(CATALOGUE).and_then(|name| name.strip_suffix(".ftl"))
        {
            stems.push(format!("{stem}-"));
            let lines = text.lines().enumerate();
            ids.extend(lines.filter_map(|(line, text)| Some((path, line + 1, message(text)?))));
            used.whole.extend(references(text));
        }
    }
    let known: BTreeSet<&str> = ids.iter().map(|(.., id)| *id).collect();
    let mut found = Vec::new();
    // The checks' own tests name messages that are none.
    for (path, text) in texts.iter().filter(|(path, _)| is_code(path)) {
        let table = TABLES.iter().any(|table| path.starts_with(table));
        for literal in literals(text) {
            used.add(&literal);
            let listed = table && stems.iter().any(|stem| literal.id.starts_with(stem));
            let called = literal.whole && is_called(&text[..literal.at]);
            if (called || listed) && !is_there(&literal, &known) {
                let line = text[..literal.at].lines().count();
                let what = format!("`{}` is no message of {CATALOGUE}", literal.id);
                found.push(Finding::new(path, line, what));
            }
        }
    }
    let unused = ids.iter().filter(|(.., id)| !used.has(id));
    found.extend(
        unused.map(|(path, line, id)| Finding::new(path, *line, format!("nobody says `{id}`"))),
    );
    found
}

fn is_code(path: &str) -> bool {
    path.ends_with(".rs") && !path.starts_with("xtask/")
}

/// What the code names.
#[derive(Default)]
struct Used<'a> {
    whole: BTreeSet<&'a str>,
    beginnings: Vec<&'a str>,
}

impl<'a> Used<'a> {
    fn add(&mut self, literal: &Literal<'a>) {
        if literal.id.ends_with('-') {
            self.beginnings.push(literal.id);
        } else if literal.whole {
            self.whole.insert(literal.id);
        }
    }

    /// A title goes with its sentence.
    fn has(&self, id: &str) -> bool {
        let titled = id.strip_suffix("-title");
        self.whole.contains(id)
            || titled.is_some_and(|key| self.whole.contains(key))
            || self.beginnings.iter().any(|beginning| id.starts_with(beginning))
    }
}

/// A string that looks like an id, or begins like one and goes on with a placeholder.
struct Literal<'a> {
    /// Where its first letter stands.
    at: usize,
    id: &'a str,
    whole: bool,
}

fn literals(text: &str) -> impl Iterator<Item = Literal<'_>> {
    text.match_indices('"').filter_map(move |(quote, _)| {
        let at = quote + 1;
        let id = id(&text[at..])?;
        let next = text[at + id.len()..].chars().next()?;
        let whole = next == '"';
        (whole || next == '{').then_some(Literal { at, id, whole })
    })
}

/// Whether a literal has its message: a whole one itself or as a key of a title, a beginning anyone.
fn is_there(literal: &Literal<'_>, known: &BTreeSet<&str>) -> bool {
    if !literal.whole || literal.id.ends_with('-') {
        return known.iter().any(|id| id.starts_with(literal.id));
    }
    known.contains(literal.id) || known.contains(format!("{}-title", literal.id).as_str())
}

/// Whether what stands before a quote is a call that takes an id.
fn is_called(before: &str) -> bool {
    let before = before.strip_suffix('"').unwrap_or(before).trim_end();
    CALLS.into_iter().filter_map(|call| before.strip_suffix(call)).any(|before| {
        let last = before.chars().next_back();
        !last.is_some_and(|char| char.is_alphanumeric() || char == '_')
    })
}

/// The id at the beginning of a text.
fn id(text: &str) -> Option<&str> {
    let part = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    let end = text.find(|char: char| !part(char)).unwrap_or(text.len());
    text.starts_with(|char: char| char.is_ascii_lowercase()).then(|| &text[..end])
}

/// The id of a message that begins on this line.
fn message(line: &str) -> Option<&str> {
    let id = id(line)?;
    line[id.len()..].starts_with(" =").then_some(id)
}

/// The messages that other messages hold: `{ story-calls }`.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split("{ ").skip(1).filter_map(|rest| {
        let id = id(rest)?;
        rest[id.len()..].starts_with(" }").then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FTL: &str = "# A comment = none\nstory-a = A { story-b }\nstory-b = { $n ->\n    [one] b\n   *[other] c\n}\n\
                       story-c-title = C\nstory-lab-x = X\n";
    const CODE: &str =
        "fn a() { say(\"story-a\"); of(\"story-c\"); format!(\"story-lab-{lab}\"); }";

    fn whats(path: &str, code: &str, ftl: &str) -> Vec<String> {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let texts = [file(path, code), file("assets/text/en/story.ftl", ftl)];
        check(&texts).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_there_and_used_is_let_be() {
        assert!(whats("frontend/scene/src/a.rs", CODE, FTL).is_empty());
        let other =
            format!("{CODE}\nfn b() {{ state.say(\"This is no id.\"); class(\"story-x\") }}");
        assert!(whats("frontend/src/a.rs", &other, FTL).is_empty());
    }

    #[test]
    fn an_id_that_is_not_there_is_found() {
        for call in CALLS {
            let code = format!("{CODE}\nfn b() {{ text::{call}\n    \"page-gone\") }}");
            let found = whats("frontend/src/a.rs", &code, FTL);
            assert_eq!(
                found,
                ["frontend/src/a.rs:3: `page-gone` is no message of assets/text/en/"],
                "{call}"
            );
        }
        let code = format!("{CODE}\nfn b() {{ assert(\"page-gone\") }}");
        assert!(whats("frontend/src/a.rs", &code, FTL).is_empty());
    }

    #[test]
    fn an_id_of_a_table_that_is_not_there_is_found() {
        let code = format!("{CODE}\nconst B: &str = \"story-gone\";");
        assert_eq!(
            whats("frontend/scene/src/a.rs", &code, FTL),
            ["frontend/scene/src/a.rs:2: `story-gone` is no message of assets/text/en/"]
        );
        let code = format!("{CODE}\nfn b() {{ format!(\"story-why-{{lab}}\") }}");
        assert_eq!(whats("frontend/scene/src/a.rs", &code, FTL).len(), 1);
    }

    #[test]
    fn a_message_that_nobody_says_is_found() {
        let ftl = format!("{FTL}story-d = D\n");
        assert_eq!(
            whats("frontend/scene/src/a.rs", CODE, &ftl),
            ["assets/text/en/story.ftl:9: nobody says `story-d`"]
        );
        assert_eq!(whats("xtask/src/a.rs", CODE, FTL).len(), 3);
    }
}

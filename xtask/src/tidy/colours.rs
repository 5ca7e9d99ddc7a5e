//! Colours: they are named in `assets/theme.css` and written nowhere else.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{Finding, word};

const THEME: &str = "assets/theme.css";
const FUNCTIONS: [&str; 6] = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "oklab("];

/// Checks the files that a page is drawn from.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let lines = match extension {
        _ if path == THEME => Vec::new(),
        "rs" if path.starts_with("frontend/") => rust_strings(text),
        "css" | "html" | "js" | "svg" if path.starts_with("frontend/") => plain(text),
        // What the labs serve is a page of its own.
        "css" if path.starts_with("assets/") && !path.starts_with("assets/labs/") => plain(text),
        _ => Vec::new(),
    };
    lines
        .iter()
        .filter_map(|(line, text)| Some((line, colour(text)?)))
        .map(|(line, colour)| Finding::new(path, *line, format!("`{colour}` belongs in {THEME}")))
        .collect()
}

fn plain(text: &str) -> Vec<(usize, String)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect()
}

/// The strings of a Rust file, by line; outside them a `#` means something else.
fn rust_strings(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    // A file that is not Rust is told of with the sizes.
    if let Ok(tokens) = text.parse::<TokenStream>() {
        collect(tokens, &mut lines);
    }
    lines
}

fn collect(tokens: TokenStream, lines: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if !is_doc(&group) => collect(group.stream(), lines),
            TokenTree::Literal(literal) => {
                let first = literal.span().start().line;
                let text = literal.to_string();
                // Quotes at the edges only; `r#"` would otherwise look like a mark.
                let text = text.trim_start_matches(['r', 'b', 'c', '#']);
                let numbered = text.lines().enumerate();
                lines.extend(numbered.map(|(index, line)| (first + index, line.to_owned())));
            }
            _ => {}
        }
    }
}

/// Doc comments arrive as `[doc = "…"]` and may say `#123`.
fn is_doc(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

/// The first colour in a line.
fn colour(line: &str) -> Option<&str> {
    FUNCTIONS.into_iter().find(|function| word(line, function)).or_else(|| hex(line))
}

fn hex(line: &str) -> Option<&str> {
    line.match_indices('#').find_map(|(at, _)| {
        let before = &line[..at];
        // An entity, a reference to an id, or a longer word.
        let other = ["&", "url(", "href=\"", "href='"].iter().any(|end| before.ends_with(end));
        let rest = &line[at + 1..];
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let digits = rest.find(|c: char| !part(c)).unwrap_or(rest.len());
        let is_hex = rest[..digits].bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_colour = matches!(digits, 3 | 6 | 8) && is_hex && !other;
        is_colour.then(|| &line[at..=at + digits])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_in_a_sheet_is_found() {
        let found = check("assets/page.css", "a { color: red; }\nb { color: #fa0; }\n");
        assert_eq!(
            found,
            [Finding::new("assets/page.css", 2, "`#fa0` belongs in assets/theme.css")]
        );
        assert_eq!(check("frontend/a.css", "a { color: rgb(1 2 3) }").len(), 1);
        assert_eq!(check("frontend/index.html", "<a style=\"color:#aabbcc\">").len(), 1);
    }

    #[test]
    fn a_colour_in_a_string_is_found_even_inside_a_macro() {
        let text = "//! Doc, #123.\nfn a() {\n    view! { <p style=\"color: #A1B2C3\"/> };\n}\n";
        let found = check("frontend/src/a.rs", text);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [3]);
        assert_eq!(check("frontend/src/a.rs", "const A: &str = \"\\\n  hsl(1 2 3)\";").len(), 1);
    }

    #[test]
    fn what_is_no_colour_is_let_be() {
        for text in ["#ladder {}", "#add-link {}", "a::before { content: '&#123;' }", "url(#fee)"] {
            assert!(check("assets/page.css", text).is_empty(), "{text}");
        }
        let text = "#[cfg(abc)]\nconst A: &str = r#\"add\"#; // #123\n/// #456\nfn a() {}\n";
        assert!(check("frontend/src/a.rs", text).is_empty());
        assert!(check("assets/theme.css", "a { color: #fff }").is_empty());
        assert!(check("assets/labs/style.css", "a { color: #fff }").is_empty());
        assert!(check("assets/mark.svg", "<path fill=\"#fff\"/>").is_empty());
        assert!(check("server/src/a.rs", "const A: &str = \"#fff\";").is_empty());
    }
}

//! Sizes: a file or a function too long for one look asks to be split.

use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::Finding;

const FILE_LINES: usize = 400;
const FN_LINES: usize = 60;

/// Checks a Rust file and every function in it.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        let what = format!("{lines} lines, {FILE_LINES} is the most");
        found.push(Finding::new(path, FILE_LINES + 1, what));
    }
    match syn::parse_file(text) {
        Ok(file) => Functions { path, found: &mut found }.visit_file(&file),
        Err(error) => {
            let line = error.span().start().line;
            found.push(Finding::new(path, line, format!("does not parse: {error}")));
        }
    }
    found
}

struct Functions<'a> {
    path: &'a str,
    found: &'a mut Vec<Finding>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let first = block.brace_token.span.open().start().line;
        let last = block.brace_token.span.close().end().line;
        let lines = last.saturating_sub(first) + 1;
        if lines > FN_LINES {
            let what = format!("fn {}: {lines} lines, {FN_LINES} is the most", signature.ident);
            self.found.push(Finding::new(self.path, signature.ident.span().start().line, what));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(text: &str) -> Vec<String> {
        check("a.rs", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(whats(&"//\n".repeat(400)).is_empty());
        assert_eq!(whats(&"//\n".repeat(401)), ["a.rs:401: 401 lines, 400 is the most"]);
    }

    #[test]
    fn a_long_function_is_found_wherever_it_is() {
        let body = |lines: usize| "\n".repeat(lines - 1);
        assert!(whats(&format!("fn a() {{{}}}", body(60))).is_empty());
        assert_eq!(
            whats(&format!("fn a() {{{}}}", body(61))),
            ["a.rs:1: fn a: 61 lines, 60 is the most"]
        );
        let method = format!("mod m {{\nimpl T {{\nfn b() {{{}}}\n}}\n}}", body(61));
        assert_eq!(whats(&method), ["a.rs:3: fn b: 61 lines, 60 is the most"]);
        let default = format!("trait T {{\nfn c() {{{}}}\n}}", body(61));
        assert_eq!(whats(&default), ["a.rs:2: fn c: 61 lines, 60 is the most"]);
    }

    #[test]
    fn what_does_not_parse_is_found() {
        assert!(whats("fn (").iter().any(|what| what.contains("does not parse")));
    }
}

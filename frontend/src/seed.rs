//! The seed of a run: what everything that is drawn by lot comes from. It is typed, or drawn by lot itself.

use leptos::prelude::*;

use crate::state::State;
use crate::view::inspector;

/// The largest that is taken: above it JSON of browsers does not keep each whole number apart.
pub const MOST: u64 = 1 << 53;

/// A drawn one is below this, so that it can be read and typed again.
const DRAWN: f64 = 1_000_000.0;

/// The field's id.
pub const FIELD: &str = "knob-seed";

/// What was typed is no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSeed;

/// What was typed; none where that is nothing.
///
/// # Errors
/// What is no whole number, or too large.
pub fn read(typed: &str) -> Result<Option<u64>, NoSeed> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    // A number's own reading takes a sign too.
    let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
    let number = typed.parse().ok().filter(|number| digits && *number <= MOST);
    number.map(Some).ok_or(NoSeed)
}

/// Draws one by lot.
#[must_use]
pub fn drawn() -> u64 {
    (js_sys::Math::random() * DRAWN) as u64
}

/// What is said where something else stands in the field.
#[must_use]
pub fn wrong() -> String {
    let most = scene::amount::count(MOST);
    text::say("seed-wrong", &[("most", (&most).into())])
}

/// Leads to the field that holds no seed, and says so.
pub fn refuse(state: State) {
    state.say(wrong());
    let field = document().get_element_by_id(FIELD);
    if let Some(fold) = field.and_then(|field| field.closest("details").ok().flatten()) {
        let _ = fold.set_attribute("open", "");
    }
    inspector::focus(FIELD);
}

//! Keys for everything that is done while reading, unless they are meant for a control.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use scene::look::{Clock, Layer};
use scene::player::Move;
use scene::seek::{Sought, Way};
use wasm_bindgen::JsCast as _;

use crate::pane::Which;
use crate::state::{Sheet, State, Tab};
use crate::view::{controls, player, toolbar};
use crate::{beside, measure, session};

/// The sheet of keys: what is pressed, and the message that says what it does.
pub const SHEET: [(&str, &str); 23] = [
    ("G", "key-run"),
    ("S", "key-stop"),
    ("Space", "key-play"),
    ("→ ↓", "key-next"),
    ("← ↑", "key-back"),
    ("Home", "key-first"),
    ("End", "key-last"),
    ("C", "key-connect"),
    ("R", "key-request"),
    ("P", "key-push"),
    ("X", "key-close"),
    ("F", "key-fault"),
    ("Shift", "key-shift"),
    ("1 2 3", "key-layer"),
    ("T", "key-clock"),
    ("H", "key-fold"),
    ("+ −", "key-zoom"),
    ("0", "key-way-back"),
    ("W", "key-fit"),
    ("[ ]", "key-tab"),
    ("B", "key-compare"),
    ("I", "key-inspect"),
    ("?", "key-keys"),
];

/// Does what a key says.
pub fn pressed(state: State, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return;
    }
    if state.sheet.with_untracked(Option::is_some) {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let tag = target.as_ref().map(web_sys::Element::tag_name).unwrap_or_default();
    let role = target.as_ref().and_then(|element| element.get_attribute("role"));
    let kind = target.as_ref().and_then(|element| element.get_attribute("type"));
    let toggles = matches!(kind.as_deref(), Some("checkbox" | "range"));
    if matches!(tag.as_str(), "INPUT" | "SELECT" | "TEXTAREA") && !toggles {
        return;
    }
    let on_control = matches!(tag.as_str(), "BUTTON" | "A" | "SUMMARY" | "INPUT");
    let on_tab = role.as_deref() == Some("tab");
    let key = event.key();
    // Panels scroll by these themselves.
    let scrolls = matches!(key.as_str(), "ArrowUp" | "ArrowDown");
    let inside =
        target.as_ref().and_then(|element| element.closest(".panel, .dump").ok().flatten());
    if scrolls && inside.is_some() {
        return;
    }
    let letter = key.chars().count() == 1 && key != " ";
    if letter && state.settings.with_untracked(|settings| settings.no_letters) {
        return;
    }
    // Where there are no runs there are no steps: the arrows scroll, and there is one tab alone.
    let of_page = matches!(key.as_str(), "g" | "G" | "i" | "I" | "?" | "Escape");
    if !of_page && !untrack(|| state.has_runs()) {
        return;
    }
    // What is pressed is meant for the pane in which the reader is.
    let state = state.reading();
    let done = match key.as_str() {
        " " if on_control => false,
        // Tabs and the scrub bar have arrows of their own.
        "ArrowLeft" | "ArrowRight" | "Home" | "End" if on_tab => false,
        // A key that is held down presses Run or Stop once.
        "g" | "G" | "s" | "S" => !event.repeat() && runs(state, &key),
        _ => steps(state, &key) || seeks(state, &key, event.shift_key()) || looks(state, &key),
    };
    if done {
        event.prevent_default();
    }
}

/// Presses Run or Stop, where they can be pressed: of the main run, wherever the reader is.
fn runs(state: State, key: &str) -> bool {
    let state = state.pane(Which::Main);
    let under_way = untrack(|| controls::under_way(state));
    match key {
        "g" | "G" if !untrack(|| state.has_runs()) => measure::start(state),
        "g" | "G" if !under_way && !state.lab.with_untracked(String::is_empty) => {
            session::run(state);
        }
        "s" | "S" if under_way && !state.making.get_untracked() => session::press(state, "stop"),
        _ => return false,
    }
    true
}

fn steps(state: State, key: &str) -> bool {
    match key {
        "ArrowRight" | "ArrowDown" => player::next(state),
        "ArrowLeft" | "ArrowUp" => player::go(state, Move::Back),
        "Home" => player::go(state, Move::First),
        "End" => player::go(state, Move::Last),
        " " => player::toggle(state),
        _ => return false,
    }
    true
}

fn seeks(state: State, key: &str, shift: bool) -> bool {
    let sought = match key {
        "c" | "C" => Sought::Connect,
        "r" | "R" => Sought::Request,
        "p" | "P" => Sought::Push,
        "x" | "X" => Sought::Close,
        "f" | "F" => Sought::Fault,
        _ => return false,
    };
    player::seek(state, sought, if shift { Way::Back } else { Way::On });
    true
}

fn looks(state: State, key: &str) -> bool {
    match key {
        "1" => state.set_look(|look| look.layer = Layer::Message),
        "2" => state.set_look(|look| look.layer = Layer::Frame),
        "3" => state.set_look(|look| look.layer = Layer::Bytes),
        "t" | "T" => state.set_look(|look| {
            look.clock = if look.clock == Clock::Time { Clock::Steps } else { Clock::Time };
        }),
        "h" | "H" => state.set_look(|look| look.folded = !look.folded),
        "+" | "=" => toolbar::zoom(state, 1.25),
        "-" => toolbar::zoom(state, 0.8),
        "0" => toolbar::way_back(state),
        "w" | "W" => toolbar::fit(state),
        "[" => turn(state, Tab::ALL.len() - 1),
        "]" => turn(state, 1),
        "b" | "B" => return beside::switch(state),
        "i" | "I" => state.inspecting.update(|inspecting| *inspecting = !*inspecting),
        "?" => state.sheet.set(Some(Sheet::Keys)),
        "Escape" => state.inspecting.set(false),
        _ => return false,
    }
    true
}

/// So many tabs on, and round.
fn turn(state: State, by: usize) {
    state.tab.update(|tab| {
        let now = Tab::ALL.iter().position(|known| known == tab).unwrap_or_default();
        *tab = Tab::ALL[(now + by) % Tab::ALL.len()];
    });
}

//! A log from a file. Its beginning is shown at once, and the rest comes in while the page goes on
//! answering.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use scene::model::Model;
use scene::player::Place;
use trace::entry::Entry;
use trace::log::{BadLog, Line, Reader};

use crate::address;
use crate::state::{State, Tab};

/// So many lines are enough for the first view.
const FIRST: usize = 96;

/// Two frames.
const FRAMES_MS: u32 = 34;

/// For so long lines are read before the page may answer again.
const SLICE_MS: f64 = 8.0;

/// So many lines are read between two looks at the clock.
const BATCH: usize = 64;

/// Shows a log from a file.
pub async fn open(state: State, text: String) {
    let mut reader = Reader::default();
    let mut lines = text.lines();
    match begin(&mut reader, &mut lines) {
        Ok(model) => show(state, model),
        Err(bad) => return refuse(state, &bad),
    }
    let mine = state.loading.get_untracked();
    state.wholly.set(false);
    // The first view is painted before anything else is read.
    TimeoutFuture::new(FRAMES_MS).await;
    loop {
        // The page answers meanwhile.
        TimeoutFuture::new(0).await;
        if state.loading.get_untracked() != mine {
            return;
        }
        match slice(&mut reader, &mut lines) {
            Ok(entries) if entries.is_empty() => break,
            Ok(entries) => state.model.update(|model| {
                if let Some(model) = model {
                    entries.into_iter().for_each(|entry| model.push(entry));
                }
            }),
            Err(bad) => {
                state.clear();
                return refuse(state, &bad);
            }
        }
    }
    state.wholly.set(true);
    let missing = state.model.with_untracked(|model| {
        model.as_ref().is_some_and(|model| model.entries.len() as u64 != model.last_seq().0)
    });
    if missing {
        state.say(text::say("trouble-missing", &[]));
    }
}

fn refuse(state: State, bad: &BadLog) {
    state.say(text::say("trouble-no-log", &[("why", (&bad.to_string()).into())]));
}

/// The log as far as its first view needs it.
fn begin(reader: &mut Reader, lines: &mut std::str::Lines<'_>) -> Result<Model, BadLog> {
    let mut model = None;
    for text in lines.by_ref().take(FIRST) {
        match (reader.take(text)?, &mut model) {
            (Some(Line::Header(header)), _) => model = Some(Model::new(*header)),
            (Some(Line::Entry(entry)), Some(model)) => model.push(*entry),
            _ => {}
        }
    }
    reader.end()?;
    model.ok_or_else(|| BadLog { line: 1, why: String::new() })
}

fn show(state: State, model: Model) {
    let lab = model.header.lab.clone();
    if state.labs.with_untracked(|labs| labs.iter().any(|known| known.id == lab)) {
        address::show_lab(state, &lab);
    } else {
        state.clear();
    }
    state.params.set(model.header.params.clone());
    state.model.set(Some(model));
    state.from_file.set(true);
    state.tab.set(Tab::Explain);
    state.place.set(Place::Step(0));
}

/// Entries for as long as a slice lasts; none at the end.
fn slice(reader: &mut Reader, lines: &mut std::str::Lines<'_>) -> Result<Vec<Entry>, BadLog> {
    let clock = window().performance();
    let now = || clock.as_ref().map_or(f64::MAX, web_sys::Performance::now);
    let until = now() + SLICE_MS;
    let mut entries = Vec::new();
    loop {
        let before = entries.len();
        for text in lines.by_ref().take(BATCH) {
            if let Some(Line::Entry(entry)) = reader.take(text)? {
                entries.push(*entry);
            }
        }
        if entries.len() == before || now() >= until {
            return Ok(entries);
        }
    }
}

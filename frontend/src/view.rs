//! The parts of the page. Each reads the root signals and holds no state of its own.

pub mod topbar;

pub mod sidebar;

pub mod controls;

mod inputs;

mod chat;

mod text_input;

mod own_client;

mod waiting;

pub mod notice;

pub mod trust;

mod reports;

pub mod metrics;

pub mod ways;

mod load;

pub mod toolbar;

pub mod ladder;

mod lanes;

pub mod beside;

pub mod serialization;

pub mod inspector;

mod explain;

mod standing;

mod values;

mod contracts;

pub mod webhook;

mod windows;

mod bytes;

mod bits;

mod dump;

mod headers;

mod hpack;

mod timing;

pub mod processor_time;

mod streams;

mod lesson;

pub mod player;

mod scrub;

pub mod announce;

pub mod keys;

pub mod settings;

/// A message of the catalogue that takes no arguments.
fn t(id: &str) -> String {
    text::say(id, &[])
}

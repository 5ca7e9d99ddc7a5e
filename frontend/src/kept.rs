//! What the browser keeps for the reader: choices of looks, hints that were dismissed, and the keys
//! of the runs that this browser made.

use leptos::prelude::{document, window};
use serde::{Deserialize, Serialize};
use trace::ids::RunId;

const SETTINGS: &str = "lifeline.settings";

const KEYS: &str = "lifeline.keys";

/// The most keys that are kept.
const KEYS_MOST: usize = 50;

/// What the reader has chosen for good.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `light`, `dark`, or as the system has it.
    pub theme: String,
    /// Whether contrast is high.
    pub contrast: bool,
    /// Whether letters are large, for a projector.
    pub large: bool,
    /// Whether nothing moves by itself.
    pub still: bool,
    /// Whether new steps are not announced to screen readers.
    pub quiet: bool,
    /// Whether keys of one letter do nothing.
    pub no_letters: bool,
    /// Whether the hints of the first visit were dismissed.
    pub hinted: bool,
}

impl Settings {
    /// What was chosen before.
    #[must_use]
    pub fn load() -> Self {
        read(SETTINGS)
    }

    /// Keeps it, and lets the page look so.
    pub fn apply(&self) {
        write(SETTINGS, self);
        let root = document().document_element();
        let Some(root) = root else { return };
        let set = |name: &str, value: &str| {
            let _ = match value {
                "" => root.remove_attribute(name),
                value => root.set_attribute(name, value),
            };
        };
        set("data-theme", &self.theme);
        let media = window().match_media("(prefers-contrast: more)").ok().flatten();
        let high = self.contrast || media.is_some_and(|media| media.matches());
        set("data-contrast", if high { "high" } else { "" });
        set("data-size", if self.large { "large" } else { "" });
        set("data-motion", if self.still { "none" } else { "" });
    }
}

/// The key of a run that this browser made.
#[must_use]
pub fn key(run: &RunId) -> Option<String> {
    let keys: Vec<(String, String)> = read(KEYS);
    keys.into_iter().find(|(known, _)| *known == run.0).map(|(_, key)| key)
}

/// Keeps the key of a run.
pub fn keep_key(run: &RunId, key: &str) {
    let mut keys: Vec<(String, String)> = read(KEYS);
    keys.retain(|(known, _)| *known != run.0);
    keys.push((run.0.clone(), key.to_owned()));
    let spare = keys.len().saturating_sub(KEYS_MOST);
    keys.drain(..spare);
    write(KEYS, &keys);
}

fn storage() -> Option<web_sys::Storage> {
    // Some browsers refuse it where cookies are off.
    window().local_storage().ok().flatten()
}

fn read<T: Default + for<'a> Deserialize<'a>>(name: &str) -> T {
    let text = storage().and_then(|storage| storage.get_item(name).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn write<T: Serialize>(name: &str, value: &T) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(value)) {
        let _ = storage.set_item(name, &text);
    }
}

//! The root signals. Views read them and hold no state of their own.

use std::collections::BTreeMap;

use leptos::prelude::*;
use scene::model::Model;
use scene::player::{Move, Place};
use serde_json::{Map, Value};
use trace::ids::{RunId, Seq};
use trace::studio::{Lab, ParamKind};
use trace::time::Micros;

/// A run that this page made or follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// Its name.
    pub id: RunId,
    /// Its key.
    pub key: String,
    /// Its lab's addresses.
    pub urls: BTreeMap<String, String>,
}

/// How the page stands with the studio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Something was refused or failed.
    Said(String),
    /// The studio does not answer; the page asks again.
    Away,
}

/// All root signals.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// Every lab.
    pub labs: RwSignal<Vec<Lab>>,
    /// The lab that is shown.
    pub lab: RwSignal<String>,
    /// What its knobs say.
    pub params: RwSignal<Map<String, Value>>,
    /// The run that is followed, if it is on the studio.
    pub run: RwSignal<Option<Active>>,
    /// The log that is shown.
    pub model: RwSignal<Option<Model>>,
    /// Where the reader is.
    pub place: RwSignal<Place>,
    /// The entry whose bytes are shown, where it is not the step's first.
    pub selected: RwSignal<Option<Seq>>,
    /// Whether the steps go on by themselves.
    pub playing: RwSignal<bool>,
    /// The moment up to which a live run is drawn.
    pub now: RwSignal<Option<Micros>>,
    /// Whether the log that is shown came from a file.
    pub from_file: RwSignal<bool>,
    /// Whether a run is being made.
    pub making: RwSignal<bool>,
    /// What went wrong.
    pub trouble: RwSignal<Option<Trouble>>,
}

impl State {
    /// The page before anything was loaded.
    #[must_use]
    pub fn new() -> Self {
        Self {
            labs: RwSignal::new(Vec::new()),
            lab: RwSignal::new(String::new()),
            params: RwSignal::new(Map::new()),
            run: RwSignal::new(None),
            model: RwSignal::new(None),
            place: RwSignal::new(Place::Tail),
            selected: RwSignal::new(None),
            playing: RwSignal::new(false),
            now: RwSignal::new(None),
            from_file: RwSignal::new(false),
            making: RwSignal::new(false),
            trouble: RwSignal::new(None),
        }
    }

    /// The lab that is shown.
    #[must_use]
    pub fn current_lab(&self) -> Option<Lab> {
        let id = self.lab.get();
        self.labs.with(|labs| labs.iter().find(|lab| lab.id == id).cloned())
    }

    /// Shows a lab with its knobs at their defaults.
    pub fn show_lab(&self, id: &str) {
        self.lab.set(id.to_owned());
        let labs = self.labs.get_untracked();
        let defaults = labs.iter().find(|lab| lab.id == id).map(|lab| {
            lab.params.iter().map(|param| (param.name.clone(), default(&param.kind))).collect()
        });
        self.params.set(defaults.unwrap_or_default());
        self.clear();
    }

    /// Shows no log.
    pub fn clear(&self) {
        self.run.set(None);
        self.model.set(None);
        self.place.set(Place::Tail);
        self.selected.set(None);
        self.playing.set(false);
        self.now.set(None);
        self.from_file.set(false);
        self.trouble.set(None);
    }

    /// The number of steps.
    #[must_use]
    pub fn count(&self) -> usize {
        self.model.with(|model| model.as_ref().map_or(0, |model| model.steps.len()))
    }

    /// The step at which the reader is.
    #[must_use]
    pub fn step(&self) -> Option<usize> {
        self.place.get().step(self.count())
    }

    /// Moves the reader.
    pub fn go(&self, to: Move) {
        let count = untrack(|| self.count());
        self.place.update(|place| *place = place.after(to, count));
        self.selected.set(None);
    }

    /// Whether the server waits at a gate of the run that is shown.
    #[must_use]
    pub fn server_waits(&self) -> bool {
        self.model.with(|model| model.as_ref().is_some_and(Model::waits_at_gate))
    }

    /// Says what went wrong.
    pub fn say(&self, trouble: impl Into<String>) {
        self.trouble.set(Some(Trouble::Said(trouble.into())));
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

/// The value of a knob that nobody has touched.
fn default(kind: &ParamKind) -> Value {
    match kind {
        ParamKind::Integer { default, .. } => Value::from(*default),
        ParamKind::Boolean { default } => Value::from(*default),
        ParamKind::Choice { default, .. } => Value::from(default.clone()),
    }
}

/// The root signals, from anywhere below the page.
#[must_use]
pub fn state() -> State {
    expect_context::<State>()
}

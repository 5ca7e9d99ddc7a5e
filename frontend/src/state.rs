//! The root signals. Views read them and hold no state of their own.

use std::collections::BTreeMap;

use leptos::prelude::*;
use scene::columns::Columns;
use scene::look::Look;
use scene::model::Model;
use scene::player::{Move, Place};
use scene::rows::Rows;
use serde_json::{Map, Value};
use trace::ids::{RunId, Seq};
use trace::lesson::Lesson;
use trace::studio::{Lab, ParamKind, Summary};
use trace::time::Micros;

use crate::kept::Settings;

/// A run that this page made or follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// Its name.
    pub id: RunId,
    /// Its key; none where somebody else made it.
    pub key: Option<String>,
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

/// The inspector's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// The lab's lesson.
    #[default]
    Lesson,
    /// What happened at the step and why.
    Explain,
    /// Its bytes.
    Bytes,
    /// Its headers.
    Headers,
    /// Where its time went.
    Timing,
}

impl Tab {
    /// All tabs, in order.
    pub const ALL: [Self; 5] =
        [Self::Lesson, Self::Explain, Self::Bytes, Self::Headers, Self::Timing];

    /// Its name in addresses.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Explain => "explain",
            Self::Bytes => "bytes",
            Self::Headers => "headers",
            Self::Timing => "timing",
        }
    }
}

/// A run that was deleted and may come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The run.
    pub run: RunId,
    /// Where it was shown, if it was.
    pub shown: Option<String>,
}

/// Something to be said for a moment, that may be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Which of them, so that an older one's end does not take it away.
    pub number: u64,
    /// What is said.
    pub text: String,
    /// The run that comes back if it is undone.
    pub undo: Option<Undo>,
}

/// A dialogue that stands before the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// The keys.
    Keys,
    /// How the page looks.
    Settings,
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
    /// Whether the steps go on by themselves.
    pub playing: RwSignal<bool>,
    /// For how long the step was shown, while they do, in milliseconds.
    pub played: StoredValue<u32>,
    /// How fast, in percent.
    pub speed: RwSignal<u32>,
    /// Whether a run begins with the reader at its first step.
    pub start_paused: RwSignal<bool>,
    /// How the ladder looks.
    pub look: RwSignal<Look>,
    /// How wide the ladder may be.
    pub width: RwSignal<f64>,
    /// Where its lanes stand.
    pub columns: Memo<Columns>,
    /// Its rows.
    pub rows: Memo<Rows>,
    /// The inspector's tab.
    pub tab: RwSignal<Tab>,
    /// The event and its field that are marked.
    pub marked: RwSignal<Option<(Seq, usize)>>,
    /// The event and its field under the pointer or the focus.
    pub hot: RwSignal<Option<(Seq, usize)>>,
    /// Whether the inspector stands before the ladder, where there is no room beside it.
    pub inspecting: RwSignal<bool>,
    /// The dialogue that stands before the page.
    pub sheet: RwSignal<Option<Sheet>>,
    /// What is said for a moment.
    pub toast: RwSignal<Option<Toast>>,
    /// What the reader has chosen for good.
    pub settings: RwSignal<Settings>,
    /// The runs that the studio keeps.
    pub recent: RwSignal<Vec<Summary>>,
    /// Runs that are about to be deleted, each with the number of its deletion.
    pub deleting: RwSignal<BTreeMap<String, u64>>,
    /// Counts what was said, and what was visited: who waits learns that something newer came.
    pub turns: StoredValue<u64>,
    /// Whether a run that the address names is still being fetched.
    pub visiting: RwSignal<bool>,
    /// Whether the ladder was just scrolled by hand, so that it stays.
    pub by_hand: StoredValue<bool>,
    /// The lab's lesson.
    pub lesson: RwSignal<Option<Lesson>>,
    /// What the reader has predicted, by question.
    pub guesses: RwSignal<BTreeMap<usize, String>>,
    /// Counts the logs that were shown, so that no row of one is taken for another's.
    pub epoch: RwSignal<u64>,
    /// The moment up to which a live run is drawn.
    pub now: RwSignal<Option<Micros>>,
    /// Whether the log that is shown came from a file.
    pub from_file: RwSignal<bool>,
    /// Counts the files that were opened, so that an older one stops coming in.
    pub loading: RwSignal<u64>,
    /// Whether the file that is shown is there as a whole.
    pub wholly: RwSignal<bool>,
    /// Whether a run is being made.
    pub making: RwSignal<bool>,
    /// What went wrong.
    pub trouble: RwSignal<Option<Trouble>>,
}

impl State {
    /// The page before anything was loaded.
    #[must_use]
    pub fn new() -> Self {
        let model = RwSignal::new(None);
        let look = RwSignal::new(Look::default());
        let width = RwSignal::new(900.0);
        let epoch = RwSignal::new(0);
        let columns = Memo::new(move |_| columns(model, look, width));
        Self {
            labs: RwSignal::new(Vec::new()),
            lab: RwSignal::new(String::new()),
            params: RwSignal::new(Map::new()),
            run: RwSignal::new(None),
            model,
            place: RwSignal::new(Place::Tail),
            playing: RwSignal::new(false),
            played: StoredValue::new(0),
            speed: RwSignal::new(100),
            start_paused: RwSignal::new(false),
            look,
            width,
            columns,
            rows: rows(model, look, columns, epoch),
            epoch,
            tab: RwSignal::new(Tab::default()),
            marked: RwSignal::new(None),
            hot: RwSignal::new(None),
            inspecting: RwSignal::new(false),
            sheet: RwSignal::new(None),
            toast: RwSignal::new(None),
            settings: RwSignal::new(Settings::load()),
            recent: RwSignal::new(Vec::new()),
            deleting: RwSignal::new(BTreeMap::new()),
            turns: StoredValue::new(0),
            visiting: RwSignal::new(false),
            by_hand: StoredValue::new(false),
            lesson: RwSignal::new(None),
            guesses: RwSignal::new(BTreeMap::new()),
            now: RwSignal::new(None),
            from_file: RwSignal::new(false),
            loading: RwSignal::new(0),
            wholly: RwSignal::new(true),
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
        self.epoch.update(|epoch| *epoch += 1);
        self.loading.update(|loading| *loading += 1);
        self.wholly.set(true);
        self.visiting.set(false);
        self.place.set(Place::Tail);
        self.marked.set(None);
        self.hot.set(None);
        self.playing.set(false);
        self.now.set(None);
        self.from_file.set(false);
        self.trouble.set(None);
    }

    /// The number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.with(|rows| rows.all.len())
    }

    /// The row at which the reader is.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        self.place.get().step(self.count())
    }

    /// The model's step at which the reader is.
    #[must_use]
    pub fn step(&self) -> Option<usize> {
        let row = self.row()?;
        self.rows.with(|rows| rows.step(row))
    }

    /// Moves the reader.
    pub fn go(&self, to: Move) {
        let count = untrack(|| self.count());
        self.place.update(|place| *place = place.after(to, count));
        self.marked.set(None);
        // Who steps wants to read of the step.
        if self.tab.get_untracked() == Tab::Lesson {
            self.tab.set(Tab::Explain);
        }
    }

    /// Changes how the ladder looks. The reader stays with what they were looking at.
    pub fn set_look(&self, change: impl FnOnce(&mut Look)) {
        let seq = untrack(|| {
            let row = self.row()?;
            self.model.with(|model| self.rows.with(|rows| rows.seq(model.as_ref()?, row)))
        });
        self.look.update(change);
        let Some(seq) = seq.filter(|_| self.place.get_untracked() != Place::Tail) else { return };
        let row = untrack(|| {
            self.model.with(|model| self.rows.with(|rows| rows.find(model.as_ref()?, seq)))
        });
        if let Some(row) = row {
            self.place.set(Place::Step(row));
        }
    }

    /// Whether the server waits at a gate of the run that is shown.
    #[must_use]
    pub fn server_waits(&self) -> bool {
        self.model.with(|model| model.as_ref().is_some_and(Model::waits_at_gate))
    }

    /// The number of something that begins now.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turns.update_value(|turns| *turns += 1);
        self.turns.get_value()
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

fn columns(model: RwSignal<Option<Model>>, look: RwSignal<Look>, width: RwSignal<f64>) -> Columns {
    let width = width.get();
    look.with(|look| {
        model.with(|model| match model {
            Some(model) => Columns::of(model, &look.lanes, width / look.scale()),
            None => Columns::default(),
        })
    })
}

/// The rows grow with the log.
fn rows(
    model: RwSignal<Option<Model>>,
    look: RwSignal<Look>,
    columns: Memo<Columns>,
    epoch: RwSignal<u64>,
) -> Memo<Rows> {
    let of = StoredValue::new(0_u64);
    Memo::new_owning(move |old: Option<Rows>| {
        let epoch = epoch.get();
        let mut rows = old.filter(|_| of.get_value() == epoch).unwrap_or_default();
        of.set_value(epoch);
        model.with(|model| {
            if let Some(model) = model {
                look.with(|look| columns.with(|columns| rows.update(model, look, columns)));
            }
        });
        (rows, true)
    })
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

//! What a pane shows: a run, where its reader is, and how it is laid out. The page has two of them; the
//! second stands beside the main one where two runs are compared.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use scene::columns::Columns;
use scene::look::Look;
use scene::model::Model;
use scene::player::Place;
use scene::rows::Rows;
use serde_json::{Map, Value};
use trace::ids::Seq;
use trace::lesson::Lesson;
use trace::time::Micros;

use crate::state::{Active, Trouble};

/// One of the two panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// The run that was made here, or visited: knobs, figures and address are about it.
    #[default]
    Main,
    /// The run that was put beside it.
    Beside,
}

impl Which {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Main, Self::Beside];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Main => Self::Beside,
            Self::Beside => Self::Main,
        }
    }

    /// The pane's own id for something that both have: `scroller`, and in the second `scroller-2`.
    #[must_use]
    pub fn id(self, name: &str) -> String {
        match self {
            Self::Main => name.to_owned(),
            Self::Beside => format!("{name}-2"),
        }
    }
}

/// A pane's signals.
#[derive(Debug, Clone, Copy)]
pub struct Pane {
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
    /// How wide the ladder may be.
    pub width: RwSignal<f64>,
    /// How high it is.
    pub height: RwSignal<f64>,
    /// Where its lanes stand.
    pub columns: Memo<Columns>,
    /// Its rows.
    pub rows: Memo<Rows>,
    /// The event and its field that are marked.
    pub marked: RwSignal<Option<(Seq, usize)>>,
    /// The event and its field under the pointer or the focus.
    pub hot: RwSignal<Option<(Seq, usize)>>,
    /// Whether a run that the address names is still being fetched.
    pub visiting: RwSignal<bool>,
    /// Whether the ladder was just scrolled by hand, so that it stays.
    pub by_hand: StoredValue<bool>,
    /// To where the ladder was just scrolled because the other one was.
    pub led: StoredValue<Option<i32>>,
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
    /// As whom this page has joined the run that is shown.
    pub joined: RwSignal<Option<String>>,
    /// The participants of the run that is shown whom this page plays, as the log calls them.
    pub mine: RwSignal<BTreeSet<String>>,
    /// Whether this page has done its part in that run, which then waits for others alone.
    pub waits: RwSignal<bool>,
    /// For how many seconds it stays all the same, in case somebody does something.
    pub stays: RwSignal<Option<u64>>,
    /// The seed of the next run, as it was typed; empty where it is drawn by lot.
    pub seed: RwSignal<String>,
    /// What went wrong.
    pub trouble: RwSignal<Option<Trouble>>,
}

impl Pane {
    /// A pane before anything is shown in it.
    #[must_use]
    pub(crate) fn new(look: RwSignal<Look>) -> Self {
        let model = RwSignal::new(None);
        let width = RwSignal::new(900.0);
        let epoch = RwSignal::new(0);
        let columns = Memo::new(move |_| columns(model, look, width));
        Self {
            lab: RwSignal::new(String::new()),
            params: RwSignal::new(Map::new()),
            run: RwSignal::new(None),
            model,
            place: RwSignal::new(Place::Tail),
            playing: RwSignal::new(false),
            played: StoredValue::new(0),
            width,
            height: RwSignal::new(0.0),
            columns,
            rows: rows(model, look, columns, epoch),
            marked: RwSignal::new(None),
            hot: RwSignal::new(None),
            visiting: RwSignal::new(false),
            by_hand: StoredValue::new(false),
            led: StoredValue::new(None),
            lesson: RwSignal::new(None),
            guesses: RwSignal::new(BTreeMap::new()),
            epoch,
            now: RwSignal::new(None),
            from_file: RwSignal::new(false),
            loading: RwSignal::new(0),
            wholly: RwSignal::new(true),
            making: RwSignal::new(false),
            joined: RwSignal::new(None),
            mine: RwSignal::new(BTreeSet::new()),
            waits: RwSignal::new(false),
            stays: RwSignal::new(None),
            seed: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
        }
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
        self.joined.set(None);
        self.mine.set(BTreeSet::new());
        self.waits.set(false);
        self.stays.set(None);
        self.height.set(0.0);
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

    /// Whether the server waits at a gate of the run that is shown.
    #[must_use]
    pub fn server_waits(&self) -> bool {
        self.model.with(|model| model.as_ref().is_some_and(Model::waits_at_gate))
    }

    /// The entry at which the reader is.
    pub(crate) fn held(&self) -> Option<Seq> {
        untrack(|| {
            let row = self.row()?;
            self.model.with(|model| self.rows.with(|rows| rows.seq(model.as_ref()?, row)))
        })
    }

    /// Brings the reader back to an entry, whose row may be another now.
    pub(crate) fn hold(&self, seq: Option<Seq>) {
        let Some(seq) = seq.filter(|_| self.place.get_untracked() != Place::Tail) else { return };
        let row = untrack(|| {
            self.model.with(|model| self.rows.with(|rows| rows.find(model.as_ref()?, seq)))
        });
        if let Some(row) = row {
            self.place.set(Place::Step(row));
        }
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

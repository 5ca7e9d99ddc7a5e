//! The root signals. Views read them and hold no state of their own.

use std::collections::BTreeMap;
use std::ops::Deref;

use leptos::prelude::*;
use scene::look::Look;
use scene::player::Move;
use scene::streams::Axis;
use serde_json::Value;
use trace::ids::RunId;
use trace::studio::{Lab, ParamKind, Summary};

use crate::beside::Beside;
use crate::cost::Costs;
use crate::kept::Settings;
use crate::measure::Measure;
use crate::pane::{Pane, Which};
use crate::trust::Trust;

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
    /// Who used its connection when.
    Streams,
}

impl Tab {
    /// All tabs, in order.
    pub const ALL: [Self; 6] =
        [Self::Lesson, Self::Explain, Self::Bytes, Self::Headers, Self::Timing, Self::Streams];

    /// Its name in addresses.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Explain => "explain",
            Self::Bytes => "bytes",
            Self::Headers => "headers",
            Self::Timing => "timing",
            Self::Streams => "streams",
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

/// All root signals. Read as a pane's own ([`Pane`]) they are those of one of the two panes: of the
/// main one, if nothing else is said.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// The pane that is meant.
    pub which: Which,
    main: Pane,
    second: Pane,
    /// How the two stand to each other.
    pub beside: Beside,
    /// What was measured in the lab that has no runs.
    pub measure: Measure,
    /// What the server measured of itself.
    pub costs: Costs,
    /// Whether this browser trusts what is served over HTTPS.
    pub trust: Trust,
    /// Every lab.
    pub labs: RwSignal<Vec<Lab>>,
    /// How fast the steps go on by themselves, in percent.
    pub speed: RwSignal<u32>,
    /// Whether a run begins with the reader at its first step.
    pub start_paused: RwSignal<bool>,
    /// How the ladders look.
    pub look: RwSignal<Look>,
    /// The inspector's tab.
    pub tab: RwSignal<Tab>,
    /// By what the blocks of its streams stand.
    pub axis: RwSignal<Axis>,
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
}

impl State {
    /// The page before anything was loaded.
    #[must_use]
    pub fn new() -> Self {
        let look = RwSignal::new(Look::default());
        let (main, second) = (Pane::new(look), Pane::new(look));
        Self {
            which: Which::Main,
            main,
            second,
            beside: Beside::new(main, second),
            measure: Measure::new(),
            costs: Costs::new(),
            trust: Trust::new(),
            labs: RwSignal::new(Vec::new()),
            speed: RwSignal::new(100),
            start_paused: RwSignal::new(false),
            look,
            tab: RwSignal::new(Tab::default()),
            axis: RwSignal::new(Axis::default()),
            inspecting: RwSignal::new(false),
            sheet: RwSignal::new(None),
            toast: RwSignal::new(None),
            settings: RwSignal::new(Settings::load()),
            recent: RwSignal::new(Vec::new()),
            deleting: RwSignal::new(BTreeMap::new()),
            turns: StoredValue::new(0),
        }
    }

    /// The same page, as one of its panes has it.
    #[must_use]
    pub fn pane(self, which: Which) -> Self {
        Self { which, ..self }
    }

    /// The lab that is shown.
    #[must_use]
    pub fn current_lab(&self) -> Option<Lab> {
        let id = self.lab.get();
        self.labs.with(|labs| labs.iter().find(|lab| lab.id == id).cloned())
    }

    /// Whether the lab in the main pane has runs. One without lanes is measured instead.
    #[must_use]
    pub fn has_runs(&self) -> bool {
        let id = self.main.lab.get();
        let known =
            |labs: &Vec<Lab>| labs.iter().find(|lab| lab.id == id).is_none_or(Lab::has_runs);
        self.labs.with(known)
    }

    /// Shows a lab with its knobs at their defaults.
    pub fn show_lab(&self, id: &str) {
        self.lab.set(id.to_owned());
        let labs = self.labs.get_untracked();
        let defaults = labs.iter().find(|lab| lab.id == id).map(|lab| {
            lab.params.iter().map(|param| (param.name.clone(), default(&param.kind))).collect()
        });
        self.params.set(defaults.unwrap_or_default());
        self.seed.set(String::new());
        self.clear();
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

    /// Changes how the ladders look. The reader stays with what they were looking at.
    pub fn set_look(&self, change: impl FnOnce(&mut Look)) {
        let panes = [self.main, self.second];
        let held = panes.map(|pane| pane.held());
        self.look.update(change);
        for (pane, seq) in panes.into_iter().zip(held) {
            pane.hold(seq);
        }
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

impl Deref for State {
    type Target = Pane;

    fn deref(&self) -> &Pane {
        match self.which {
            Which::Main => &self.main,
            Which::Beside => &self.second,
        }
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

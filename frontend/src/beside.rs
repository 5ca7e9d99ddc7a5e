//! Two runs side by side: which stands beside the main one, how they are aligned, and in which of the
//! two the reader is. Each pane has signals of its own, so nothing of a run moves when the reader does.

use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::look::Clock;
use scene::model::Model;
use scene::player::Place;
use scene::rows::{Rows, align as align_rows};
use trace::ids::RunId;
use trace::time::Micros;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::pane::{Pane, Which};
use crate::session;
use crate::state::{State, Trouble};

/// How two runs are put beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// By their starts alone: each has its own distances and is scrolled by itself.
    #[default]
    Start,
    /// By their steps: the n-th row here stands beside the n-th there.
    Step,
    /// By time: the same height is the same time since each run's start.
    Time,
}

impl Align {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Start, Self::Step, Self::Time];

    /// Its name in addresses.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Step => "step",
            Self::Time => "time",
        }
    }

    /// The clock without which it is none.
    #[must_use]
    pub const fn clock(self) -> Option<Clock> {
        match self {
            Self::Start => None,
            Self::Step => Some(Clock::Steps),
            Self::Time => Some(Clock::Time),
        }
    }
}

/// How the two panes stand to each other.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    /// Whether there are two.
    pub on: RwSignal<bool>,
    /// The run of the studio's that is in the second, or was asked for.
    pub run: RwSignal<Option<RunId>>,
    /// How the reader wants them aligned; see [`State::align`].
    pub wish: RwSignal<Align>,
    /// The pane in which the reader is.
    pub reader: RwSignal<Which>,
    /// The rows of both on one axis of time, the main pane's first.
    laid: Memo<[Rows; 2]>,
}

impl Beside {
    /// One pane alone.
    pub(crate) fn new(main: Pane, second: Pane) -> Self {
        Self {
            on: RwSignal::new(false),
            run: RwSignal::new(None),
            wish: RwSignal::new(Align::default()),
            reader: RwSignal::new(Which::Main),
            laid: Memo::new_owning(move |_: Option<[Rows; 2]>| (laid(main, second), true)),
        }
    }
}

/// The rows of both on one axis of time, that begins with each run's first step.
fn laid(main: Pane, second: Pane) -> [Rows; 2] {
    let began =
        |pane: Pane| pane.model.with(|model| model.as_ref().map_or(Micros(0), Model::began));
    let (mut one, mut other) = (main.rows.get(), second.rows.get());
    align_rows(&mut [&mut one, &mut other], &[began(main), began(second)]);
    [one, other]
}

impl State {
    /// How the two are aligned. What the reader wants needs its clock, and rests under the other one.
    #[must_use]
    pub fn align(&self) -> Align {
        let clock = self.look.with(|look| look.clock);
        let wish = self.beside.wish.get();
        if wish.clock().is_none_or(|wanted| wanted == clock) { wish } else { Align::Start }
    }

    /// Whether the two are scrolled as one.
    #[must_use]
    pub fn tied(&self) -> bool {
        self.beside.on.get() && self.align() != Align::Start
    }

    /// This pane's rows as they stand on the screen.
    pub fn laid<T>(&self, read: impl FnOnce(&Rows) -> T) -> T {
        if self.beside.on.get() && self.align() == Align::Time {
            self.beside.laid.with(|[main, second]| match self.which {
                Which::Main => read(main),
                Which::Beside => read(second),
            })
        } else {
            self.rows.with(read)
        }
    }

    /// The page as the pane has it in which the reader is now.
    #[must_use]
    pub fn reading(self) -> Self {
        self.pane(self.beside.reader.get_untracked())
    }
}

/// Makes room for a second run, or closes it.
pub fn toggle(state: State) {
    if state.beside.on.get_untracked() {
        close(state);
    } else {
        state.beside.on.set(true);
    }
}

/// Puts a run of the studio's beside the one that is shown.
pub fn open(state: State, run: RunId) {
    let (main, second) = (state.pane(Which::Main), state.pane(Which::Beside));
    state.beside.on.set(true);
    let same = state.beside.run.with_untracked(|known| known.as_ref() == Some(&run));
    let failed = second.trouble.with_untracked(|trouble| matches!(trouble, Some(Trouble::Said(_))));
    if same && !failed {
        return;
    }
    second.clear();
    state.beside.run.set(Some(run.clone()));
    spawn_local(async move {
        if !session::revisit(second, run).await {
            return;
        }
        second.place.set(main.place.get_untracked());
        // What was predicted of a lab is said of each of its runs.
        if second.lab.get_untracked() == main.lab.get_untracked() {
            second.guesses.set(main.guesses.get_untracked());
        }
    });
}

/// Shows the main run alone.
pub fn close(state: State) {
    state.beside.reader.set(Which::Main);
    state.beside.on.set(false);
    state.beside.run.set(None);
    state.pane(Which::Beside).clear();
}

/// Aligns the two, by the clock that it needs.
pub fn align(state: State, align: Align) {
    state.beside.wish.set(align);
    if let Some(clock) = align.clock() {
        state.set_look(|look| look.clock = clock);
    }
}

/// The reader goes into a pane. Nobody goes into a second one in which there is nothing.
pub fn enter(state: State, which: Which) {
    let there = state.pane(which);
    let empty = which == Which::Beside && there.model.with_untracked(Option::is_none);
    if empty || state.beside.reader.get_untracked() == which {
        return;
    }
    state.reading().playing.set(false);
    state.beside.reader.set(which);
}

/// The reader goes into the other pane, and the focus with them.
pub fn switch(state: State) -> bool {
    if !state.beside.on.get_untracked() {
        return false;
    }
    enter(state, state.beside.reader.get_untracked().other());
    focus(state);
    true
}

/// Puts the focus into the pane in which the reader is.
pub fn focus(state: State) {
    if let Some(scroller) = scroller(state.beside.reader.get_untracked()) {
        let _ = scroller.focus();
    }
}

fn scroller(which: Which) -> Option<HtmlElement> {
    document().get_element_by_id(&which.id("scroller"))?.dyn_into().ok()
}

/// A pane was scrolled: the other goes along, where they are scrolled as one.
pub fn scrolled(state: State) {
    let Some(here) = scroller(state.which) else { return };
    let led = state.led.get_value();
    state.led.set_value(None);
    // It was itself led there.
    if led == Some(here.scroll_top()) || !untrack(|| state.tied()) {
        return;
    }
    lead(state, here.scroll_top());
}

/// Scrolls the other pane to where this one is.
fn lead(state: State, top: i32) {
    let other = state.pane(state.which.other());
    let Some(there) = scroller(other.which).filter(|there| there.scroll_top() != top) else {
        return;
    };
    there.set_scroll_top(top);
    other.led.set_value(Some(there.scroll_top()));
}

/// How much of a ladder is seen for certain: in both, where they are scrolled as one.
pub fn seen(state: State, height: f64) -> f64 {
    let other = scroller(state.which.other()).filter(|_| untrack(|| state.tied()));
    other.map_or(height, |other| f64::from(other.client_height()).min(height))
}

/// Keeps what belongs together together, for as long as the page is there.
pub fn tie(state: State) {
    // By steps the other reader stands at the row with the same number.
    Effect::new(move |_| {
        if !state.tied() || state.align() != Align::Step {
            return;
        }
        let here = state.pane(state.beside.reader.get());
        let there = here.pane(here.which.other());
        let Some(place) = here.row().map(Place::Step) else { return };
        if there.place.get_untracked() != place {
            there.place.set(place);
        }
    });
    // What is scrolled as one stands at one height from the beginning.
    let shows = move |which: Which| state.pane(which).model.with(Option::is_some);
    let both = Memo::new(move |_| Which::ALL.into_iter().all(shows));
    Effect::new(move |_| {
        let here = state.pane(state.beside.reader.get_untracked());
        if state.tied() && both.get() {
            state.beside.wish.track();
            request_animation_frame(move || {
                if let Some(scroller) = scroller(here.which) {
                    lead(here, scroller.scroll_top());
                }
            });
        }
    });
    // Who makes or visits a run wants to see it.
    let main = state.pane(Which::Main);
    Effect::new(move |was: Option<u64>| {
        let epoch = main.epoch.get();
        if was.is_some_and(|was| was != epoch) {
            enter(state, Which::Main);
        }
        epoch
    });
}

//! The rows of a ladder: which there are at a layer, and where each stands, by steps or by time. How
//! they are laid out is in `rows/layout.rs`, how several ladders share one time in `rows/align.rs`.

mod align;
mod layout;

use std::collections::BTreeMap;
use std::ops::Range;

use trace::ids::{ConnId, Seq};
use trace::time::Micros;

pub use crate::fold::{Fold, Folded};
pub use align::align;

use crate::columns::Columns;
use crate::look::{Clock, Look};
use crate::model::Model;
use crate::step::Step;

/// A row's height where rows are evenly spaced.
pub const ROW: f64 = 56.0;

/// The room above the first row.
pub const TOP: f64 = 12.0;

/// The least room for a row where distance is time.
const CLOSE: f64 = 40.0;

/// A millisecond's length where distance is time, at 100 %.
const MILLI: f64 = 1.0;

/// A longer stretch without any row is folded.
const FOLD_FROM: f64 = 260.0;

/// What a folded stretch takes.
const FOLD: f64 = 72.0;

/// So many rows share one list of the connections that are open.
const BLOCK: usize = 64;

/// What a row shows of its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// One event of its message.
    Event(Seq),
    /// One read or write of its message.
    Chunk(Seq),
    /// Housekeeping, from this step on.
    Fold(Fold),
}

/// Time in which nothing happened, and that is not drawn in its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// How long it was.
    pub took: Micros,
    /// The middle of what stands for it.
    pub y: f64,
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The step that it shows.
    pub step: usize,
    /// Its connection, where there is one.
    pub conn: Option<ConnId>,
    /// What it shows of it.
    pub part: Part,
    /// When it stands.
    pub at: Micros,
    /// Its upper edge.
    pub top: f64,
    /// Its lower edge.
    pub bottom: f64,
    /// The line on which it is drawn.
    pub line: f64,
    /// The time that is folded before it.
    pub gap: Option<Gap>,
    /// Until when what began here or before goes on.
    pub reach: Micros,
}

/// All rows of a ladder. They grow with the log: only what has changed is laid out again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The rows, from top to bottom.
    pub all: Vec<Row>,
    /// Steps that are not shown because their lanes are hidden.
    pub hidden: usize,
    look: Look,
    columns: Option<Columns>,
    /// So many steps are laid out.
    steps: usize,
    /// So many of the model's edits are known.
    edits: usize,
    lives: BTreeMap<ConnId, Range<usize>>,
    begins: BTreeMap<usize, ConnId>,
    /// For each block of rows the connections that live when it begins.
    open: Vec<Vec<ConnId>>,
    /// Which moment stands where, if the time is shared with other ladders.
    axis: Vec<(Micros, f64)>,
}

impl Rows {
    /// The rows of a log.
    #[must_use]
    pub fn of(model: &Model, look: &Look, columns: &Columns) -> Self {
        let mut rows = Self::default();
        rows.update(model, look, columns);
        rows
    }

    /// Where the last row ends, with what leads down from it.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        let reach = if self.look.clock == Clock::Time { FOLD } else { 0.0 };
        self.all.last().map_or(TOP, |row| row.bottom + reach)
    }

    /// The row at a height, or the nearest.
    #[must_use]
    pub fn at(&self, y: f64) -> usize {
        let below = self.all.partition_point(|row| row.bottom <= y);
        below.min(self.all.len().saturating_sub(1))
    }

    /// The row that shows an entry, or at least its step.
    #[must_use]
    pub fn find(&self, model: &Model, seq: Seq) -> Option<usize> {
        let step = model.step_of(seq)?;
        // Records that carry what is inside lie anywhere after the first, which stands for them.
        let carrier = model.steps.get(step).filter(|step| model.carrier(step).is_some());
        let shows = |row: &&Row| match (row.part, carrier) {
            (Part::Whole, _) => row.step == step,
            (Part::Event(event), _) => event == seq,
            (Part::Chunk(chunk), _) => chunk == seq,
            (Part::Fold(fold), Some(carrier)) => {
                fold.kind == Folded::Records && row.conn == carrier.conn
            }
            (Part::Fold(fold), None) => (row.step..=fold.last).contains(&step),
        };
        let exact = self.all.iter().position(|row| shows(&row));
        let of_step = || self.all.iter().position(|row| row.step == step);
        // A step that has no row of its own here: the one that comes after it.
        let after = || self.all.iter().position(|row| row.step > step);
        exact.or_else(of_step).or_else(after).or(self.all.len().checked_sub(1))
    }

    /// The entry for which a row stands.
    #[must_use]
    pub fn seq(&self, model: &Model, row: usize) -> Option<Seq> {
        let row = self.all.get(row)?;
        match row.part {
            Part::Event(seq) | Part::Chunk(seq) => Some(seq),
            Part::Whole | Part::Fold(_) => model.steps.get(row.step).map(Step::seq),
        }
    }

    /// The step that a row shows.
    #[must_use]
    pub fn step(&self, row: usize) -> Option<usize> {
        self.all.get(row).map(|row| row.step)
    }

    /// How high a moment stands where distance is time.
    #[must_use]
    pub fn height(&self, at: Micros) -> Option<f64> {
        if self.look.clock == Clock::Steps {
            return None;
        }
        if !self.axis.is_empty() {
            let next = self.axis.partition_point(|(moment, _)| *moment < at);
            let place = |index: usize| self.axis.get(index).copied();
            return Some(self.between(place(next.saturating_sub(1))?, place(next), at));
        }
        let next = self.all.partition_point(|row| row.at < at);
        let place = |index: usize| self.all.get(index).map(|row| (row.at, row.line));
        Some(self.between(place(next.saturating_sub(1))?, place(next), at))
    }

    /// How high a moment stands between two that are known, or not far beyond the last.
    fn between(&self, before: (Micros, f64), after: Option<(Micros, f64)>, at: Micros) -> f64 {
        let part = at.since(before.0).0 as f64;
        let Some(after) = after else {
            return before.1 + (self.milli() * part / 1_000.0).min(FOLD);
        };
        let whole = after.0.since(before.0).0 as f64;
        let share = if whole > 0.0 { (part / whole).min(1.0) } else { 1.0 };
        before.1 + share * (after.1 - before.1)
    }

    /// The rows from a connection's first to its last, as far as there are any.
    #[must_use]
    pub fn life(&self, conn: ConnId) -> Option<Range<usize>> {
        self.lives.get(&conn).cloned()
    }

    /// The connections that live in some of the rows.
    #[must_use]
    pub fn alive(&self, model: &Model, rows: &Range<usize>) -> Vec<ConnId> {
        let block = rows.start / BLOCK;
        let before = self.open.get(block).into_iter().flatten();
        let begun = self.begins.range(block * BLOCK..rows.end).map(|(_, conn)| conn);
        let mut alive: Vec<ConnId> = before.chain(begun).copied().collect();
        let lives = |conn: &ConnId| {
            let open = model.conns.get(conn).is_some_and(|conn| conn.closed.is_none());
            open || self.lives.get(conn).is_some_and(|life| life.end > rows.start)
        };
        alive.retain(lives);
        alive
    }

    /// Rows above these whose waits or arrows reach down into them, where distance is time.
    #[must_use]
    pub fn reaching(&self, model: &Model, rows: &Range<usize>) -> Vec<usize> {
        // What ends after the row above has begun may come down into view.
        let above = rows.start.checked_sub(1).and_then(|above| self.all.get(above));
        let (Some(first), Clock::Time) = (above, self.look.clock) else { return Vec::new() };
        let slack = Micros::from_millis(2 * model.header.number("link_ms").unwrap_or(0) + 100);
        let above = self.all.iter().enumerate().take(rows.start).rev();
        let near = |row: &Row| row.reach.plus(slack) > first.at;
        let reaches = |row: &Row| {
            let step = model.steps.get(row.step);
            let until = step.map(|step| step.until(model)).unwrap_or_default();
            until > first.at
        };
        let above = above.take_while(|(_, row)| near(row));
        above.filter(|(_, row)| reaches(row)).map(|(index, _)| index).collect()
    }

    /// A millisecond's length.
    fn milli(&self) -> f64 {
        MILLI * f64::from(self.look.zoom) / 100.0
    }
}

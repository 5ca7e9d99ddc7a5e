//! The rows of a ladder: which there are at a layer, and where each stands, by steps or by time.

use std::collections::BTreeMap;
use std::ops::Range;

use trace::ids::{ConnId, Seq};
use trace::span::{Span, Spans};
use trace::time::Micros;

use crate::columns::Columns;
use crate::fold::{housekeeping, shown};
use crate::look::{Clock, Layer, Look};
use crate::model::Model;
use crate::step::{Step, StepKind};

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
    /// Housekeeping, from this step up to and with another.
    Fold {
        /// The last step that is folded in.
        last: usize,
        /// How many requests they are.
        count: u64,
    },
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
    /// How much time is folded before it.
    pub gap: Option<Micros>,
    /// Until when the waits last that began here or before.
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
}

impl Rows {
    /// The rows of a log.
    #[must_use]
    pub fn of(model: &Model, look: &Look, columns: &Columns) -> Self {
        let mut rows = Self::default();
        rows.update(model, look, columns);
        rows
    }

    /// Takes in what is new.
    pub fn update(&mut self, model: &Model, look: &Look, columns: &Columns) {
        let same = self.look == *look && self.columns.as_ref() == Some(columns);
        let grows = same && look.layer == Layer::Message && model.steps.len() >= self.steps;
        let edited = model.edits.get(self.edits..);
        match edited.filter(|_| grows) {
            Some(edited) => {
                let from = edited.iter().copied().fold(self.steps, usize::min);
                self.cut(model, from);
            }
            None => {
                *self =
                    Self { look: look.clone(), columns: Some(columns.clone()), ..Self::default() };
            }
        }
        let from = self.all.len();
        self.gather(model, columns);
        self.place(model, from);
        self.follow_lives(model, from);
        (self.steps, self.edits) = (model.steps.len(), model.edits.len());
    }

    /// Drops the rows of the steps from one on, and a fold that another step may join.
    fn cut(&mut self, model: &Model, from: usize) {
        self.steps = from;
        while let Some(row) = self.all.last().copied() {
            match row.part {
                Part::Fold { last, .. } if last + 1 >= self.steps => {
                    self.steps = self.steps.min(row.step);
                }
                _ if row.step >= self.steps => {}
                _ => break,
            }
            self.all.pop();
            let index = self.all.len();
            self.begins.remove(&index);
            if let Some(life) = row.conn.and_then(|conn| self.lives.get_mut(&conn)) {
                life.end = life.end.min(index);
            }
        }
        let rows = self.all.len();
        self.lives.retain(|_, life| life.start < rows);
        self.open.truncate(rows.div_ceil(BLOCK));
        if self.columns.as_ref().is_some_and(|columns| columns.hides()) {
            let columns = self.columns.clone();
            let hidden = |step: &&Step| columns.as_ref().is_some_and(|c| !shown(model, step, c));
            self.hidden = model.steps.iter().take(self.steps).filter(hidden).count();
        }
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
        let shows = |row: &&Row| match row.part {
            Part::Whole => row.step == step,
            Part::Event(event) => event == seq,
            Part::Chunk(chunk) => chunk == seq,
            Part::Fold { last, .. } => (row.step..=last).contains(&step),
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
            Part::Whole | Part::Fold { .. } => model.steps.get(row.step).map(Step::seq),
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
        let next = self.all.partition_point(|row| row.at < at);
        let (Some(before), after) = (self.all.get(next.saturating_sub(1)), self.all.get(next))
        else {
            return None;
        };
        let Some(after) = after else {
            let beyond = self.milli() * at.since(before.at).0 as f64 / 1_000.0;
            return Some(before.line + beyond.min(FOLD));
        };
        let whole = after.at.since(before.at).0 as f64;
        let part = at.since(before.at).0 as f64;
        let share = if whole > 0.0 { (part / whole).min(1.0) } else { 1.0 };
        Some(before.line + share * (after.line - before.line))
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
        let near = |row: &Row| row.reach > first.at || row.at.plus(slack) > first.at;
        let reaches = |row: &Row| {
            let step = model.steps.get(row.step);
            let until = step.map(|step| step.until(model)).unwrap_or_default();
            until > first.at
        };
        let above = above.take_while(|(_, row)| near(row));
        above.filter(|(_, row)| reaches(row)).map(|(index, _)| index).collect()
    }

    fn gather(&mut self, model: &Model, columns: &Columns) {
        let (layer, folded) = (self.look.layer, self.look.folded);
        let mut index = self.steps;
        while let Some(step) = model.steps.get(index) {
            if !shown(model, step, columns) {
                self.hidden += 1;
                index += 1;
                continue;
            }
            let folds = folded && layer == Layer::Message;
            if let Some((last, count)) =
                folds.then(|| housekeeping(model, columns, index)).flatten()
            {
                self.add(index, step.conn, Part::Fold { last, count }, step.at());
                index = last + 1;
                continue;
            }
            self.add_parts(model, layer, index, step);
            index += 1;
        }
        if layer != Layer::Message {
            // Parts of one message may come after another's beginning.
            self.all.sort_by_key(|row| row.at);
        }
    }

    fn add_parts(&mut self, model: &Model, layer: Layer, index: usize, step: &Step) {
        let StepKind::Message { dir, events } = &step.what else {
            return self.add(index, step.conn, Part::Whole, step.at());
        };
        let at = |conn, span: Span| {
            let times = model.moments.of(conn, *dir, &Spans::one(span));
            times.stands().unwrap_or(step.at()).max(step.at())
        };
        match (layer, step.conn) {
            (Layer::Frame, Some(conn)) => {
                for seq in events {
                    let Some(event) = model.event(*seq) else { continue };
                    let (start, end) = (event.evidence.start(), event.evidence.end());
                    self.add(
                        index,
                        step.conn,
                        Part::Event(*seq),
                        at(conn, Span::between(start, end)),
                    );
                }
            }
            (Layer::Bytes, Some(conn)) => {
                for chunk in model.chunks_of(step) {
                    self.add(index, step.conn, Part::Chunk(chunk.seq), at(conn, chunk.span));
                }
            }
            _ => self.add(index, step.conn, Part::Whole, step.at()),
        }
    }

    fn add(&mut self, step: usize, conn: Option<ConnId>, part: Part, at: Micros) {
        let (top, bottom, line) = (0.0, 0.0, 0.0);
        self.all.push(Row { step, conn, part, at, top, bottom, line, gap: None, reach: at });
    }

    /// Gives every new row its place.
    fn place(&mut self, model: &Model, from: usize) {
        let (clock, milli) = (self.look.clock, self.milli());
        let last = from.checked_sub(1).and_then(|last| self.all.get(last));
        let mut reach = last.map(|row| row.reach).unwrap_or_default();
        let mut before = last.map(|row| (row.line, row.at));
        for row in self.all.iter_mut().skip(from) {
            row.line = match (clock, before) {
                (_, None) => TOP + ROW / 2.0,
                (Clock::Steps, Some((line, _))) => line + ROW,
                (Clock::Time, Some((line, at))) => {
                    let length = milli * row.at.since(at).0 as f64 / 1_000.0;
                    if length > FOLD_FROM {
                        row.gap = Some(row.at.since(at));
                        line + FOLD
                    } else {
                        line + length.max(CLOSE)
                    }
                }
            };
            before = Some((row.line, row.at));
            let wait = model.steps.get(row.step).and_then(Step::wait);
            reach = reach.max(wait.unwrap_or_default()).max(row.at);
            row.reach = reach;
            let half = if clock == Clock::Steps { ROW } else { CLOSE } / 2.0;
            (row.top, row.bottom) = (row.line - half, row.line + half);
        }
    }

    /// A millisecond's length.
    fn milli(&self) -> f64 {
        MILLI * f64::from(self.look.zoom) / 100.0
    }

    /// Learns from which row to which each connection lives.
    fn follow_lives(&mut self, model: &Model, from: usize) {
        for (index, row) in self.all.iter().enumerate().skip(from) {
            if index.is_multiple_of(BLOCK) {
                let block = index / BLOCK;
                let before = block.checked_sub(1).and_then(|before| self.open.get(before));
                let begun = self.begins.range(index.saturating_sub(BLOCK)..index).map(|(_, c)| c);
                let mut open: Vec<ConnId> =
                    before.into_iter().flatten().chain(begun).copied().collect();
                open.retain(|conn| {
                    let conn_open = model.conns.get(conn).is_some_and(|c| c.closed.is_none());
                    // A row of it may be among those that are not looked at yet.
                    conn_open || model.last_key(*conn) >= model.steps.get(row.step).map(|s| s.key)
                });
                self.open.truncate(block);
                self.open.push(open);
            }
            let Some(conn) = row.conn else { continue };
            let life = self.lives.entry(conn).or_insert_with(|| {
                self.begins.insert(index, conn);
                index..index
            });
            life.end = index + 1;
        }
    }
}

//! How rows are laid out: which there are, and where each stands. Only what has changed is laid out
//! again.

use std::collections::BTreeMap;

use trace::ids::ConnId;
use trace::span::{Span, Spans};
use trace::time::Micros;

use super::{BLOCK, CLOSE, FOLD, FOLD_FROM, Gap, Part, ROW, Row, Rows, TOP};
use crate::columns::Columns;
use crate::fold::{Fold, Folded, housekeeping, is_beside, is_part, shown};
use crate::look::{Clock, Layer, Look};
use crate::model::Model;
use crate::step::{Step, StepKind};

/// Folds as far as they are known, by their first step.
type Known = BTreeMap<usize, Fold>;

impl Rows {
    /// Takes in what is new.
    pub fn update(&mut self, model: &Model, look: &Look, columns: &Columns) {
        let same = self.look == *look && self.columns.as_ref() == Some(columns);
        let grows = same && look.layer == Layer::Message && model.steps.len() >= self.steps;
        let edited = model.edits.get(self.edits..);
        let known = match edited.filter(|_| grows) {
            Some(edited) => {
                let from = edited.iter().copied().fold(self.steps, usize::min);
                self.cut(model, from)
            }
            None => {
                *self =
                    Self { look: look.clone(), columns: Some(columns.clone()), ..Self::default() };
                Known::new()
            }
        };
        // A time that is shared with others is to be reckoned again.
        self.axis.clear();
        let from = self.all.len();
        self.gather(model, columns, &known);
        self.place(model, from);
        self.follow_lives(model, from);
        (self.steps, self.edits) = (model.steps.len(), model.edits.len());
    }

    /// Drops the rows of the steps from one on, and those that another step may join. Gives the folds
    /// among them that are as they were, so that nobody looks through them again.
    fn cut(&mut self, model: &Model, from: usize) -> Known {
        let mut known = Known::new();
        self.steps = from;
        let folded = self.look.folded;
        let joins = |index: usize| {
            folded && model.steps.get(index).is_some_and(|step| is_part(model, step))
        };
        // Whether no row can lie between a step and the next one that is laid out.
        let adjoins = |last: usize, next: usize| {
            let mut between = (last + 1..next).filter_map(|index| model.steps.get(index));
            between.all(|step| folded && is_beside(model, step))
        };
        while let Some(row) = self.all.last().copied() {
            match row.part {
                Part::Fold(fold)
                    if fold.kind != Folded::Records && adjoins(fold.last, self.steps) =>
                {
                    if fold.last < from {
                        known.insert(row.step, fold);
                    }
                    self.steps = self.steps.min(row.step);
                }
                _ if row.step >= self.steps => {}
                // Too few to be folded until now.
                Part::Whole
                    if joins(row.step) && joins(self.steps) && adjoins(row.step, self.steps) =>
                {
                    self.steps = row.step;
                }
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
        known
    }

    fn gather(&mut self, model: &Model, columns: &Columns, known: &Known) {
        let layer = self.look.layer;
        let folds = self.look.folded && layer == Layer::Message;
        let mut index = self.steps;
        while let Some(step) = model.steps.get(index) {
            if !shown(model, step, columns) {
                self.hidden += 1;
                index += 1;
                continue;
            }
            if folds && is_beside(model, step) {
                index += 1;
                continue;
            }
            let known = known.get(&index).copied();
            let fold = folds.then(|| housekeeping(model, columns, index, known)).flatten();
            if let Some(fold) = fold {
                self.add(index, step.conn, Part::Fold(fold), step.at());
                index = fold.last + 1;
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
                for seq in model.carriers(events) {
                    let Some(event) = model.event(*seq) else { continue };
                    let span = Span::between(event.evidence.start(), event.evidence.end());
                    self.add(index, step.conn, Part::Event(*seq), at(conn, span));
                }
            }
            (Layer::Bytes, Some(conn)) => {
                for chunk in model.chunks_of(step) {
                    self.add(index, step.conn, Part::Chunk(chunk.seq), at(conn, chunk.span));
                }
            }
            // A message is shown when it is whole.
            _ if model.is_coming(step) => {}
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
                    let took = row.at.since(at);
                    let length = milli * took.0 as f64 / 1_000.0;
                    if length > FOLD_FROM {
                        row.gap = Some(Gap { took, y: line + FOLD / 2.0 });
                        line + FOLD
                    } else {
                        line + length.max(CLOSE)
                    }
                }
            };
            before = Some((row.line, row.at));
            let lasts = model.steps.get(row.step).map(|step| step.reach(model));
            reach = reach.max(lasts.unwrap_or_default()).max(row.at);
            row.reach = reach;
            row.stand(clock);
        }
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

impl Row {
    /// Takes the room around its line.
    pub(super) fn stand(&mut self, clock: Clock) {
        let half = if clock == Clock::Steps { ROW } else { CLOSE } / 2.0;
        (self.top, self.bottom) = (self.line - half, self.line + half);
    }
}

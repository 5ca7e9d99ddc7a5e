//! The ladder: steps to shapes, for the rows that are in view. Rows are evenly spaced, so a row's
//! place follows from its number, and only what is in view is made.

use std::ops::Range;

use trace::ids::{ConnId, Seq};
use trace::participant::Role;
use trace::time::Micros;

use crate::draw;
use crate::model::{Key, Model};
use crate::shape::{Shape, Wait};

/// A row's height.
pub const ROW: f64 = 56.0;

/// The room above the first row.
pub const TOP: f64 = 12.0;

/// Below this width the lanes stand closer.
const NARROW: f64 = 600.0;

/// The most waits under way that are drawn below the last row.
const PENDING: usize = 8;

/// What is to be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The width that there is.
    pub width: f64,
    /// The first row in view.
    pub first: usize,
    /// How many rows are in view.
    pub rows: usize,
    /// The moment up to which waits under way are drawn; none where the run is over.
    pub now: Option<Micros>,
}

/// A lane's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The middle of the lane.
    pub x: f64,
    /// The participant's name.
    pub name: String,
    /// A few words more.
    pub detail: String,
    /// What kind of thing it is.
    pub role: Role,
}

/// A row in view.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, from 0.
    pub index: usize,
    /// Its upper edge.
    pub y: f64,
}

/// A ladder as far as it is in view.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// How wide it is; wider than the view where there are many lanes.
    pub width: f64,
    /// How high it is, out of view too.
    pub height: f64,
    /// The heads of its lanes.
    pub lanes: Vec<Lane>,
    /// The rows in view.
    pub rows: Vec<Row>,
    /// The shapes in view.
    pub shapes: Vec<Shape>,
}

/// The places of the lanes.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The room for the moments, left of the lanes.
    left: f64,
    /// The room between two lanes.
    gap: f64,
    /// The room right of the last lane.
    right: f64,
}

impl Layout {
    fn of(lanes: usize, width: f64) -> Self {
        let (left, right, least) =
            if width < NARROW { (112.0, 166.0, 216.0) } else { (152.0, 180.0, 230.0) };
        let spaces = lanes.saturating_sub(1).max(1) as f64;
        let gap = ((width - left - right) / spaces).clamp(least, 2.8 * least);
        Self { left, gap, right }
    }

    /// The middle of a lane.
    pub fn lane(&self, lane: usize) -> f64 {
        self.left + self.gap * lane as f64
    }

    /// Where the moments end.
    pub fn times(&self) -> f64 {
        self.left - 68.0
    }

    fn width(&self, lanes: usize) -> f64 {
        self.lane(lanes.saturating_sub(1)) + self.right
    }
}

/// The upper edge of a row.
#[must_use]
pub fn top_of(row: usize) -> f64 {
    TOP + ROW * row as f64
}

/// The row at a height.
#[must_use]
pub fn row_at(y: f64) -> usize {
    let row = ((y - TOP) / ROW).floor();
    if row > 0.0 { row as usize } else { 0 }
}

/// Draws what is in view.
#[must_use]
pub fn picture(model: &Model, view: View) -> Picture {
    let lanes = model.lanes.len();
    let layout = Layout::of(lanes, view.width);
    let last = (view.first + view.rows).min(model.steps.len());
    let pending = pending(model, view);
    let height = top_of(model.steps.len() + pending.len());
    let mut shapes = ribbons(model, &layout, view.first..last, height);
    for (index, step) in model.steps.iter().enumerate().take(last).skip(view.first) {
        draw::step(model, &layout, step, top_of(index), &mut shapes);
    }
    if last == model.steps.len() {
        for (index, key) in pending.iter().enumerate() {
            draw::pending(model, &layout, *key, top_of(last + index), view.now, &mut shapes);
        }
    }
    let lane = |(index, lane): (usize, &trace::participant::Participant)| Lane {
        x: layout.lane(index),
        name: lane.name.clone(),
        detail: lane.detail.clone(),
        role: lane.role,
    };
    Picture {
        width: layout.width(lanes).max(view.width),
        height: height + TOP,
        lanes: model.lanes.iter().enumerate().map(lane).collect(),
        rows: (view.first..last).map(|index| Row { index, y: top_of(index) }).collect(),
        shapes,
    }
}

/// The connections' lives, behind everything else.
fn ribbons(model: &Model, layout: &Layout, rows: Range<usize>, tail: f64) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for conn in model.conns.values() {
        let row = |key: Option<&Key>| key.and_then(|key| model.index_of(*key));
        let Some(begin) = row(conn.keys.first()) else { continue };
        let end = if conn.closed.is_some() { row(conn.keys.last()) } else { None };
        if begin >= rows.end.max(1) || end.is_some_and(|end| end < rows.start) {
            continue;
        }
        let bottom = end.map_or(tail, |end| top_of(end) + ROW / 2.0);
        draw::ribbon(layout, conn, top_of(begin) + ROW / 2.0, bottom, &mut shapes);
    }
    shapes
}

/// Waits under way that have lasted long enough to be shown.
fn pending(model: &Model, view: View) -> Vec<Pending> {
    let Some(now) = view.now else { return Vec::new() };
    let open = model.conns.iter().filter(|(_, conn)| conn.closed.is_none());
    let waits = open.filter_map(|(id, conn)| {
        // The gate's own step says it.
        if model.gates.values().any(|gate| gate.conn == *id) {
            return None;
        }
        let (seq, wait, shown) = match (conn.asked.values().next(), conn.answered) {
            (Some(request), _) => (*request, Wait::Hold, crate::model::HOLD_SHOWN),
            (None, Some(response)) => (response, Wait::Idle, crate::model::IDLE_SHOWN),
            (None, None) => return None,
        };
        let since = model.arrived(seq).filter(|since| now.since(*since) >= shown)?;
        Some(Pending { conn: *id, seq, since, wait })
    });
    waits.take(PENDING).collect()
}

/// A wait under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub conn: ConnId,
    pub seq: Seq,
    pub since: Micros,
    pub wait: Wait,
}

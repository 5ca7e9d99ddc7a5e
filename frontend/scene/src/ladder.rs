//! The ladder: rows to shapes, for what is in view. Only that is made, however long the run is.

use std::ops::Range;

use trace::ids::{ConnId, Seq};
use trace::time::Micros;

use crate::columns::{Column, Columns};
use crate::draw;
use crate::model::{HOLD_SHOWN, IDLE_SHOWN, Model};
use crate::rows::{ROW, Rows, TOP};
use crate::shape::{Shape, Wait};

/// The most waits under way that are drawn below the last row.
const PENDING: usize = 8;

/// What is to be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The upper edge of what is in view.
    pub top: f64,
    /// The lower edge.
    pub bottom: f64,
    /// The moment up to which waits under way are drawn; none where the run is over.
    pub now: Option<Micros>,
}

/// All there is.
pub const WHOLE: View = View { top: 0.0, bottom: f64::INFINITY, now: None };

/// A row in view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its number, from 0.
    pub index: usize,
    /// Its upper edge.
    pub top: f64,
    /// Its height.
    pub height: f64,
}

/// A ladder as far as it is in view.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// How wide it is.
    pub width: f64,
    /// How high it is, out of view too.
    pub height: f64,
    /// The heads of its lanes.
    pub lanes: Vec<Column>,
    /// The rows in view.
    pub rows: Vec<Place>,
    /// The shapes in view.
    pub shapes: Vec<Shape>,
}

/// Draws what is in view.
#[must_use]
pub fn picture(model: &Model, rows: &Rows, columns: &Columns, view: View) -> Picture {
    let count = rows.all.len();
    let seen = rows.at(view.top)..(rows.at(view.bottom) + 1).min(count);
    let pending = pending(model, columns, view.now);
    let bottom = rows.bottom();
    let height = bottom + ROW * pending.len() as f64;
    let mut shapes = ribbons(model, rows, columns, &seen, height);
    let above = rows.reaching(model, &seen);
    for index in above.into_iter().chain(seen.clone()) {
        let Some(row) = rows.all.get(index) else { continue };
        let before = index.checked_sub(1).and_then(|before| rows.all.get(before));
        draw::row(model, rows, columns, row, before, &mut shapes);
    }
    if seen.end == count {
        for (index, wait) in pending.iter().enumerate() {
            let line = bottom + ROW * (index as f64 + 0.5);
            draw::pending(model, columns, *wait, line, view.now, &mut shapes);
        }
    }
    // Words stand before lines.
    shapes.sort_by_key(|shape| shape.kind.depth());
    let place = |index: usize| {
        let row = rows.all.get(index)?;
        Some(Place { index, top: row.top, height: row.bottom - row.top })
    };
    Picture {
        width: columns.width(),
        height: height + TOP,
        lanes: columns.heads.clone(),
        rows: seen.filter_map(place).collect(),
        shapes,
    }
}

/// The connections' lives, behind everything else.
fn ribbons(
    model: &Model,
    rows: &Rows,
    columns: &Columns,
    seen: &Range<usize>,
    tail: f64,
) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for id in rows.alive(model, seen) {
        let (Some(conn), Some(life)) = (model.conns.get(&id), rows.life(id)) else { continue };
        let line = |row: usize| rows.all.get(row).map(|row| row.line);
        let Some(top) = line(life.start) else { continue };
        let end = conn.closed.and_then(|_| line(life.end.saturating_sub(1)));
        draw::ribbon(columns, (id, conn), top, end.unwrap_or(tail), &mut shapes);
    }
    shapes
}

/// Waits under way that have lasted long enough to be shown.
fn pending(model: &Model, columns: &Columns, now: Option<Micros>) -> Vec<Pending> {
    let Some(now) = now else { return Vec::new() };
    let open = model.open.iter().filter_map(|id| Some((id, model.conns.get(id)?)));
    let waits = open.filter_map(|(id, conn)| {
        // The gate's own step says it.
        if model.gates.values().any(|gate| gate.conn == *id) {
            return None;
        }
        columns.lane(conn.client).and(columns.lane(conn.server))?;
        let (seq, wait, shown) = match (conn.asked.values().next(), conn.answered) {
            (Some(request), _) => (*request, Wait::Hold, HOLD_SHOWN),
            (None, Some(response)) => (response, Wait::Idle, IDLE_SHOWN),
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

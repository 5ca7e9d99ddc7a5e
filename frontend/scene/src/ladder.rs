//! The ladder: rows to shapes, for what is in view. Only that is made, however long the run is.

use std::ops::Range;

use trace::ids::{ConnId, Seq};
use trace::span::Dir;
use trace::time::Micros;

use crate::columns::{Column, Columns};
use crate::model::{Conn, HOLD_SHOWN, IDLE_SHOWN, Model};
use crate::rows::{ROW, Rows, TOP};
use crate::shape::{Shape, Wait};
use crate::{draw, waits};

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
            waits::pending(model, columns, *wait, line, view.now, &mut shapes);
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
    let open = model.open.iter().filter_map(|id| {
        // What goes on inside TLS is what is waited for.
        let id = model.conns.get(id)?.inner.unwrap_or(*id);
        Some((id, model.conns.get(&id)?))
    });
    let waits = open.filter_map(|(id, conn)| {
        // The gate's own step says it.
        if model.gates.values().any(|gate| gate.conn == Some(id)) {
            return None;
        }
        columns.lane(conn.client).and(columns.lane(conn.server))?;
        let (seq, what, shown) = awaited(model, conn)?;
        let since = model.arrived(seq).filter(|since| now.since(*since) >= shown)?;
        Some(Pending { conn: id, seq, since, what })
    });
    waits.chain(attempts(model, columns, now)).take(PENDING).collect()
}

/// The deliveries that wait for their next attempt.
fn attempts(model: &Model, columns: &Columns, now: Micros) -> impl Iterator<Item = Pending> {
    model.waits().filter_map(move |step| {
        let (lane, _) = model.lanes_of(step)?;
        columns.lane(lane)?;
        let due = model.due(step)?;
        let what =
            Awaited::Attempt { lane, number: due.attempt, wait: due.wait, drawn: due.drawn() };
        let shown = now.since(step.at()) >= HOLD_SHOWN;
        let (conn, seq, since) = (ConnId::default(), step.seq(), step.at());
        shown.then_some(Pending { conn, seq, since, what })
    })
}

/// What a connection waits for, since which entry, and from which length on that is shown.
fn awaited(model: &Model, conn: &Conn) -> Option<(Seq, Awaited, Micros)> {
    if let Some(request) = conn.asked.values().next() {
        return Some((*request, Awaited::Answer, HOLD_SHOWN));
    }
    if let Some(response) = conn.answered {
        return Some((response, Awaited::Request, IDLE_SHOWN));
    }
    if let Some(head) = conn.running {
        return Some((head.1, Awaited::Events, IDLE_SHOWN));
    }
    let ways = [Dir::ToServer, Dir::ToClient];
    let rest: u64 = ways.into_iter().map(|dir| model.coming(conn, dir)).sum();
    let upgraded = conn.upgraded.filter(|_| rest > 0)?;
    Some((upgraded, Awaited::Rest(rest), Micros(0)))
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Awaited {
    /// The server's answer.
    Answer,
    /// The next request.
    Request,
    /// The next event of a stream.
    Events,
    /// The rest of a message, of which so many bytes are there.
    Rest(u64),
    /// The next attempt at a delivery, which its sender plans.
    Attempt {
        /// The sender's lane.
        lane: usize,
        /// Which attempt.
        number: u64,
        /// How long is waited for it.
        wait: Micros,
        /// How that is drawn.
        drawn: Wait,
    },
}

/// A wait under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub conn: ConnId,
    pub seq: Seq,
    pub since: Micros,
    pub what: Awaited,
}

//! How each row is drawn: arrows, waits, and what stands beside them.

use std::ops::RangeInclusive;

use trace::entry::{Closed, Ending, What};
use trace::event::{Event, Kind as Said};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Side, Span, Spans};
use trace::time::Micros;

use crate::amount;
use crate::columns::{Columns, SLOT, SLOTS};
use crate::ladder::Pending;
use crate::model::{Conn, Model};
use crate::rows::{Part, ROW, Row, Rows};
use crate::shape::{Anchor, Kind, Shape, Stroke, Tone, Wait};
use crate::step::{Step, StepKind};

/// How much lower an arrow ends than it begins, where both moments are known and rows are evenly
/// spaced.
const SLANT: f64 = 12.0;

/// The most chunks that are drawn one by one beside a step.
const CHUNKS: usize = 6;

/// The two ends of a connection's ribbon.
fn ends(columns: &Columns, conn: &Conn) -> Option<(f64, f64)> {
    let slot = SLOT * (conn.slot % SLOTS) as f64 + 7.0;
    let (client, server) = (columns.lane(conn.client)?, columns.lane(conn.server)?);
    let way = if server < client { -1.0 } else { 1.0 };
    Some((client + way * slot, server - way * slot))
}

pub fn ribbon(
    columns: &Columns,
    (id, conn): (ConnId, &Conn),
    top: f64,
    bottom: f64,
    shapes: &mut Vec<Shape>,
) {
    let (Some(seq), Some((client, server))) = (conn.opened, ends(columns, conn)) else { return };
    for x in [client, server] {
        let (open, pattern) = (conn.closed.is_none(), id.0 % 4);
        shapes.push(Shape { seq, kind: Kind::Ribbon { x, top, bottom, open, pattern } });
    }
}

pub fn row(
    model: &Model,
    rows: &Rows,
    columns: &Columns,
    row: &Row,
    before: Option<&Row>,
    shapes: &mut Vec<Shape>,
) {
    let Some(step) = model.steps.get(row.step) else { return };
    let seq = match row.part {
        Part::Whole | Part::Fold { .. } => step.seq(),
        Part::Event(seq) | Part::Chunk(seq) => seq,
    };
    let default =
        Conn { client: model.lane_for(false), server: model.lane_for(true), ..Conn::default() };
    let conn = step.conn.and_then(|conn| model.conns.get(&conn)).unwrap_or(&default);
    // What belongs to no connection stands at the right edge where its lanes are hidden.
    let edge = columns.width() - 180.0;
    let (client, server) = match ends(columns, conn) {
        Some(ends) => ends,
        None if step.conn.is_none() => (edge, edge),
        None => return,
    };
    let beside = columns.lane(conn.server).unwrap_or(server);
    let lane = columns.lane(conn.client).unwrap_or(client);
    let y = row.line;
    let mut pen = Pen { model, rows, conn, seq, y, client, server, lane, beside, label: 0, shapes };
    pen.time(columns, row, before);
    match (row.part, &step.what) {
        (Part::Fold { last, count }, _) => return pen.fold(step, last, count),
        (Part::Event(event), StepKind::Message { dir, .. }) => pen.message(*dir, &[event]),
        (Part::Chunk(chunk), StepKind::Message { dir, .. }) => return pen.chunk(*dir, chunk),
        (_, StepKind::Open) => pen.open(step),
        (_, StepKind::Message { dir, events }) => pen.message(*dir, events),
        (_, StepKind::Hold { until, .. }) => {
            let took = amount::time(until.since(step.at()));
            pen.wait(Wait::Hold, *until, text::say("ladder-hold", &[("took", (&took).into())]));
        }
        (_, StepKind::Idle { until, .. }) => {
            let took = amount::time(until.since(step.at()));
            pen.wait(Wait::Idle, *until, text::say("ladder-idle", &[("took", (&took).into())]));
        }
        (_, StepKind::Gate { released }) => pen.gate(step, *released),
        (_, StepKind::Note) => pen.note(),
        (_, StepKind::Lost) => pen.lost(),
        (_, StepKind::Close) => pen.close(),
    }
    pen.chunks(step, ends_within(model, step, row.part));
}

/// Where a chunk ends that a row shows: each of a message's chunks stands with one of its events.
fn ends_within(model: &Model, step: &Step, part: Part) -> RangeInclusive<u64> {
    let (Part::Event(seq), StepKind::Message { events, .. }) = (part, &step.what) else {
        return 0..=u64::MAX;
    };
    let Some(event) = model.event(seq) else { return 0..=u64::MAX };
    let from = if events.first() == Some(&seq) { 0 } else { event.evidence.start() + 1 };
    let upto = if events.last() == Some(&seq) { u64::MAX } else { event.evidence.end() };
    from..=upto
}

/// A wait under way, below the last row.
pub fn pending(
    model: &Model,
    columns: &Columns,
    pending: Pending,
    y: f64,
    now: Option<Micros>,
    shapes: &mut Vec<Shape>,
) {
    let Some(conn) = model.conns.get(&pending.conn) else { return };
    let Some((client, server)) = ends(columns, conn) else { return };
    let took = amount::clock(now.unwrap_or_default().since(pending.since));
    let args = [("took", (&took).into())];
    let (wait, text) = match pending.wait {
        Wait::Hold | Wait::Gate => (Wait::Hold, text::say("ladder-holds", &args)),
        Wait::Idle => (Wait::Idle, text::say("ladder-idles", &args)),
    };
    let mirrored = server < client;
    let anchor = if mirrored { Anchor::End } else { Anchor::Start };
    let lane = columns.lane(conn.server).unwrap_or(server);
    let x = match (wait, mirrored) {
        (Wait::Idle, false) => client + 10.0,
        (Wait::Idle, true) => client - 26.0,
        (_, false) => lane + 4.0,
        (_, true) => lane - 20.0,
    };
    let (top, bottom) = (y - ROW / 2.0 + 4.0, y + ROW / 2.0 - 4.0);
    let kind = Kind::Wait { x, top, bottom, line: y, anchor, wait, text };
    shapes.push(Shape { seq: pending.seq, kind });
}

/// Draws the shapes of one row.
pub(crate) struct Pen<'a> {
    pub(crate) model: &'a Model,
    pub(crate) rows: &'a Rows,
    pub(crate) conn: &'a Conn,
    pub(crate) seq: Seq,
    /// The line of the row.
    pub(crate) y: f64,
    /// The ribbon at the client's end, and at the server's.
    client: f64,
    server: f64,
    /// The client's lane.
    lane: f64,
    /// The server's lane, beside which words stand.
    beside: f64,
    /// How many letters the arrow's words have.
    label: usize,
    shapes: &'a mut Vec<Shape>,
}

impl Pen<'_> {
    pub(crate) fn push(&mut self, seq: Seq, kind: Kind) {
        self.shapes.push(Shape { seq, kind });
    }

    fn time(&mut self, columns: &Columns, row: &Row, before: Option<&Row>) {
        let text = amount::clock(row.at.since(self.model.began()));
        let since = before.map(|before| format!("+{}", amount::time(row.at.since(before.at))));
        let at = (columns.times(), self.y + 1.0);
        self.push(self.seq, Kind::Time { at, text, since: since.unwrap_or_default() });
        if let (Some(gap), Some(before)) = (row.gap, before) {
            let x = (columns.times() - 44.0, columns.width() - 24.0);
            let text = text::say("ladder-gap", &[("took", (&amount::time(gap)).into())]);
            let y = f64::midpoint(before.line, row.line) - 2.0;
            self.push(self.seq, Kind::Gap { x, y, text });
        }
    }

    fn fold(&mut self, step: &Step, last: usize, count: u64) {
        let x = (self.client.min(self.server) + 8.0, self.client.max(self.server) - 8.0);
        let until = self.model.steps.get(last).map_or(step.at(), Step::at);
        let took = amount::time(until.since(step.at()));
        let args = [("count", count.into()), ("took", (&took).into())];
        let kind = Kind::Fold { x, y: self.y, text: text::say("ladder-fold", &args) };
        self.push(self.seq, kind);
    }

    /// An arrow with its words: above its middle where rows are evenly spaced, else at its
    /// beginning, where no other row's words can be.
    fn arrow(&mut self, dir: Dir, (upper, lower): (f64, f64), stroke: Stroke, text: String) {
        let way = self.outward();
        let (client, server) = (self.client + way * 6.0, self.server - way * 6.0);
        let (begin, end) = match dir {
            Dir::ToServer => (client, server),
            Dir::ToClient => (server, client),
        };
        self.push(self.seq, Kind::Arrow { from: (begin, upper), to: (end, lower), stroke });
        let timed = self.rows.height(Micros(0)).is_some();
        let (x, anchor) = match (timed, begin < end) {
            (false, _) => (f64::midpoint(client, server), Anchor::Middle),
            // Beside the head of an arrow that has just come.
            (true, true) => (begin + 18.0, Anchor::Start),
            (true, false) => (begin - 18.0, Anchor::End),
        };
        let y = if timed { upper - 5.0 } else { self.y - 9.0 };
        let room = (server - client).abs() - 8.0;
        self.push(self.seq, Kind::Label { at: (x, y), anchor, room, text, stroke });
    }

    fn flat(&self) -> (f64, f64) {
        (self.y, self.y)
    }

    fn open(&mut self, step: &Step) {
        self.arrow(Dir::ToServer, self.flat(), Stroke::Establish, text::say("ladder-open", &[]));
        if let Some(conn) = step.conn {
            let text = text::say("ladder-conn", &[("conn", (&conn.to_string()).into())]);
            let at = (self.lane - self.outward() * 4.0, self.y + 16.0);
            let anchor = if self.server < self.client { Anchor::Start } else { Anchor::End };
            self.push(self.seq, Kind::Name { at, anchor, text });
        }
        if let Some((seq, held)) = self.conn.setup {
            self.beside(seq, 17.0, setup(held), Tone::Plain);
        }
    }

    fn close(&mut self) {
        let Some(What::Closed(closed)) = self.entry() else { return };
        let Closed { by, how, .. } = *closed;
        let who = match by {
            Side::Client => self.model.lane_name(self.conn.client),
            Side::Server => self.model.lane_name(self.conn.server),
        };
        let args = [("who", who.into())];
        let (stroke, text) = match how {
            Ending::Fin => (Stroke::Close, text::say("ladder-close", &args)),
            Ending::Reset => (Stroke::Reset, text::say("ladder-reset", &args)),
        };
        self.arrow(by.speaks(), self.flat(), stroke, text);
    }

    fn message(&mut self, dir: Dir, events: &[Seq]) {
        let Some(first) = events.first().and_then(|seq| self.model.event(*seq)) else { return };
        let last = events.last().and_then(|seq| self.model.event(*seq)).unwrap_or(first);
        let (left, landed) = (self.model.times(first).left, self.model.times(last).landed);
        let (stroke, text) = said(first, &self.model.header.run.0);
        let way = self.way(left, landed);
        self.label = text.chars().count();
        self.arrow(dir, way, stroke, text);
        for seq in events {
            self.payload(*seq, dir, way.1 - self.y);
            self.faults(*seq);
        }
    }

    /// From which height to which something goes; flat unless both moments are known.
    fn way(&self, left: Option<Micros>, landed: Option<Micros>) -> (f64, f64) {
        let (Some(_), Some(landed)) = (left, landed) else { return self.flat() };
        match self.rows.height(landed) {
            Some(lower) => (self.y, lower.max(self.y)),
            None => (self.y - SLANT / 2.0, self.y + SLANT / 2.0),
        }
    }

    fn chunk(&mut self, dir: Dir, seq: Seq) {
        let Some(What::Chunk(chunk)) = self.entry() else { return };
        let span = Span { start: chunk.offset, len: chunk.bytes.len() as u64 };
        let times = self.model.moments.of(chunk.conn, dir, &Spans::one(span));
        let way = self.way(times.left, times.landed);
        let from = amount::count(span.start);
        let to = amount::count(span.end().saturating_sub(1));
        let args = [("count", span.len.into()), ("from", (&from).into()), ("to", (&to).into())];
        let text = text::say("ladder-chunk", &args);
        self.arrow(dir, way, Stroke::Chunk, text);
        let x = self.beside + self.outward() * 16.0;
        self.push(seq, Kind::Chunk { at: (x, self.y), more: 0 });
    }

    /// The content that a body carries, as a pill below the arrow; where distance is time, after the
    /// arrow's words.
    fn payload(&mut self, seq: Seq, dir: Dir, slant: f64) {
        let Some(event) = self.model.event(seq) else { return };
        let Said::Http1(Http1::Body(body)) = &event.kind else { return };
        let text = amount::bytes(body.content_len);
        let width = 7.0 * text.chars().count() as f64 + 18.0;
        let at = if self.rows.height(Micros(0)).is_some() {
            let begin = if dir == Dir::ToServer { self.client } else { self.server };
            let way = if begin > f64::midpoint(self.server, self.client) { -1.0 } else { 1.0 };
            let label = 7.0 * self.label as f64;
            (begin + way * (label + width / 2.0 + 34.0), self.y - 9.0)
        } else {
            (f64::midpoint(self.client, self.server), self.y + slant + 11.0)
        };
        self.push(seq, Kind::Payload { at, width, text });
    }

    fn faults(&mut self, seq: Seq) {
        let faults = self.model.event(seq).map(|event| event.faults.clone()).unwrap_or_default();
        if let Some(fault) = faults.first() {
            let title = wire::explain::fault(fault.code).title;
            let more = faults.len() - 1;
            let text =
                if more > 0 { format!("⚠ {title} +{more}") } else { format!("⚠ {title}") };
            self.beside(seq, -4.0, text, Tone::Fault);
        }
    }

    /// The way from the client's lane past the server's.
    fn outward(&self) -> f64 {
        if self.server < self.client { -1.0 } else { 1.0 }
    }

    /// Words that go outward begin at their place; to the left they end there.
    fn anchor(&self) -> Anchor {
        if self.server < self.client { Anchor::End } else { Anchor::Start }
    }

    /// Words beyond the server's lane.
    pub(crate) fn beside(&mut self, seq: Seq, down: f64, text: String, tone: Tone) {
        let at = (self.beside + self.outward() * 14.0, self.y + down);
        self.push(seq, Kind::Note { at, anchor: self.anchor(), text, tone });
    }

    /// Words beside a wait at the server.
    pub(crate) fn below_wait(&mut self, seq: Seq, text: String) {
        let at = (self.beside + self.outward() * 28.0, self.y + 15.0);
        self.push(seq, Kind::Note { at, anchor: self.anchor(), text, tone: Tone::Plain });
    }

    /// A wait up to a moment; where distance is time, in its length.
    pub(crate) fn wait(&mut self, wait: Wait, until: Micros, text: String) {
        // The words of a wait stand to its right, or where that is inward, to its left.
        let (x, anchor) = match (wait, self.anchor()) {
            (Wait::Hold | Wait::Gate, Anchor::End) => (self.beside - 20.0, Anchor::End),
            (Wait::Hold | Wait::Gate, _) => (self.beside + 4.0, Anchor::Start),
            // Beside the connection itself, so that it is on nobody else's lane.
            (Wait::Idle, Anchor::End) => (self.client - 26.0, Anchor::End),
            (Wait::Idle, _) => (self.client + 10.0, Anchor::Start),
        };
        let (top, bottom) = match self.rows.height(until) {
            Some(bottom) => (self.y, bottom.max(self.y + 20.0)),
            None => (self.y - ROW / 2.0 + 4.0, self.y + ROW / 2.0 - 4.0),
        };
        self.push(self.seq, Kind::Wait { x, top, bottom, line: self.y, anchor, wait, text });
    }

    /// The reads and writes that carried a step, or whose last byte is within a part of it, at the
    /// lane whose socket was heard.
    fn chunks(&mut self, step: &Step, ends: RangeInclusive<u64>) {
        let mut chunks = self.model.chunks_of(step);
        chunks.retain(|chunk| ends.contains(&chunk.span.end()));
        let x = self.beside + self.outward() * 16.0;
        let y = if step.what == StepKind::Open { self.y - 14.0 } else { self.y };
        for (index, chunk) in chunks.iter().take(CHUNKS).enumerate() {
            let more = if index + 1 == CHUNKS { chunks.len() - CHUNKS } else { 0 };
            let at = (x + self.outward() * 7.0 * index as f64, y);
            self.push(chunk.seq, Kind::Chunk { at, more });
        }
    }

    pub(crate) fn entry(&self) -> Option<&What> {
        self.model.entry(self.seq).map(|entry| &entry.what)
    }
}

/// What the link says of a connection's set-up.
pub(crate) fn setup(held: Micros) -> String {
    text::say("ladder-setup", &[("took", (&amount::time(held)).into())])
}

/// What goes over, in the words of its own first line.
pub fn said(event: &Event, run: &str) -> (Stroke, String) {
    let Said::Http1(said) = &event.kind;
    match said {
        Http1::Request(request) => {
            let target = request.target.replacen(&format!("/r/{run}"), "…", 1);
            (Stroke::Request, format!("{} {target} {}", request.method, request.version.text()))
        }
        Http1::Response(response) => {
            let stroke = if response.status < 400 { Stroke::Success } else { Stroke::Failure };
            let text =
                format!("{} {} {}", response.version.text(), response.status, response.reason);
            (stroke, text)
        }
        Http1::Body(_) => {
            let stroke = match event.dir() {
                Dir::ToServer => Stroke::Request,
                Dir::ToClient => Stroke::Success,
            };
            (stroke, text::say("ladder-body", &[]))
        }
        Http1::Malformed => (Stroke::Unread, text::say("ladder-malformed", &[])),
        Http1::Partial => (Stroke::Unread, text::say("ladder-partial", &[])),
        Http1::Rest(_) => (Stroke::Unread, text::say("ladder-rest", &[])),
    }
}

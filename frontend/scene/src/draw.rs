//! How each row is drawn: arrows, and what stands beside them. Waits are in `waits.rs`, what the
//! application says of itself in `marks.rs`.

use trace::entry::{Closed, Ending, What};
use trace::event::Kind as Said;
use trace::http1::{Framing, Http1};
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Side, Span, Spans};
use trace::time::Micros;

use crate::amount;
use crate::columns::{Columns, SLOT, SLOTS};
use crate::fold::{self, Fold, Folded};
use crate::model::{ChunkAt, Conn, Model};
use crate::rows::{Part, Row, Rows};
use crate::shape::{Anchor, Kind, Shape, Stroke, Tone};
use crate::step::{Step, StepKind};
use crate::tls::TlsSide;
use crate::words;

/// How much lower an arrow ends than it begins, where both moments are known and rows are evenly
/// spaced.
const SLANT: f64 = 12.0;

/// The most chunks that are drawn one by one beside a step.
const CHUNKS: usize = 6;

/// The two ends of a connection's ribbon; what is about a single lane stands on it.
pub(crate) fn ends(columns: &Columns, conn: &Conn) -> Option<(f64, f64)> {
    let slot = SLOT * (conn.slot % SLOTS) as f64 + 7.0;
    let (client, server) = (columns.lane(conn.client)?, columns.lane(conn.server)?);
    if conn.client == conn.server {
        return Some((client, server));
    }
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
    let opened = conn.opened.filter(|_| conn.inside.is_none());
    let (Some(seq), Some((client, server))) = (opened, ends(columns, conn)) else { return };
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
        Part::Whole | Part::Fold(_) => step.seq(),
        Part::Event(seq) | Part::Chunk(seq) => seq,
    };
    let lanes = model.lanes_of(step);
    let (client, server) = lanes.unwrap_or_else(|| (model.lane_for(false), model.lane_for(true)));
    let own = Conn { client, server, ..Conn::default() };
    let conn = step.conn.and_then(|conn| model.conns.get(&conn)).unwrap_or(&own);
    // What belongs to no lane stands at the right edge where its lanes are hidden.
    let edge = columns.width() - 180.0;
    let (client, server) = match ends(columns, conn) {
        Some(ends) => ends,
        None if lanes.is_none() => (edge, edge),
        None => return,
    };
    let beside = columns.lane(conn.server).unwrap_or(server);
    let lane = columns.lane(conn.client).unwrap_or(client);
    let y = row.line;
    let mut pen = Pen { model, rows, conn, seq, y, client, server, lane, beside, label: 0, shapes };
    pen.time(columns, row, before);
    match (row.part, &step.what) {
        (Part::Fold(fold), _) => return pen.fold(step, fold),
        (Part::Event(event), StepKind::Message { dir, .. }) => pen.message(*dir, &[event]),
        (Part::Chunk(chunk), StepKind::Message { dir, .. }) => return pen.chunk(*dir, chunk),
        (_, StepKind::Open) => pen.open(step),
        (_, StepKind::Message { dir, events }) => pen.message(*dir, events),
        (_, StepKind::Hold { until, by }) => pen.hold(step, *until, *by),
        (_, StepKind::Idle { until, .. }) => pen.idle(step, *until),
        (_, StepKind::Gate { released }) => pen.gate(step, *released),
        (_, StepKind::Backoff { sent }) => pen.backoff(step, *sent),
        (_, StepKind::Note) => pen.note(),
        (_, StepKind::Lost) => pen.lost(),
        (_, StepKind::Close) => pen.close(),
    }
    pen.chunks(step, row.part);
}

/// Whether a chunk of a step belongs to the part that a row shows: each stands with the event in which
/// it ends.
fn is_within(model: &Model, step: &Step, part: Part, chunk: &ChunkAt) -> bool {
    let (Part::Event(seq), StepKind::Message { events, .. }) = (part, &step.what) else {
        return true;
    };
    let carriers = model.carriers(events);
    let begun = |event: &&Seq| {
        let event = model.event(**event);
        event.is_some_and(|event| event.evidence.start() < chunk.span.end())
    };
    carriers.iter().rev().find(begun).or(carriers.first()) == Some(&seq)
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
    pub(crate) client: f64,
    server: f64,
    /// The client's lane.
    lane: f64,
    /// The server's lane, beside which words stand.
    pub(crate) beside: f64,
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
        if let Some(gap) = row.gap {
            let x = (columns.times() - 44.0, columns.width() - 24.0);
            let text = text::say("ladder-gap", &[("took", (&amount::time(gap.took)).into())]);
            self.push(self.seq, Kind::Gap { x, y: gap.y - 2.0, text });
        }
    }

    fn fold(&mut self, step: &Step, fold: Fold) {
        let x = (self.client.min(self.server) + 8.0, self.client.max(self.server) - 8.0);
        let (count, last) = fold::extent(self.model, step, fold);
        let took = amount::time(last.0.since(step.at()));
        let args =
            [("count", count.into()), ("reads", fold.reads.into()), ("took", (&took).into())];
        let id = match fold.kind {
            Folded::Preflights => "ladder-fold",
            Folded::Polls if fold.reads > 0 => "ladder-fold-polls-reads",
            Folded::Polls => "ladder-fold-polls",
            Folded::Reads => "ladder-fold-reads",
            Folded::Pings => "ladder-fold-pings",
            Folded::Frames => "ladder-fold-frames",
            Folded::Records => "ladder-fold-records",
        };
        self.push(self.seq, Kind::Fold { x, y: self.y, text: text::say(id, &args) });
    }

    /// An arrow with its words: above its middle where rows are evenly spaced, else at its
    /// beginning, where no other row's words can be.
    pub(crate) fn arrow(
        &mut self,
        dir: Dir,
        (upper, lower): (f64, f64),
        stroke: Stroke,
        (says, text): (Seq, String),
    ) {
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
        self.push(says, Kind::Label { at: (x, y), anchor, room, text, stroke });
    }

    pub(crate) fn flat(&self) -> (f64, f64) {
        (self.y, self.y)
    }

    fn open(&mut self, step: &Step) {
        let words = (self.seq, text::say("ladder-open", &[]));
        self.arrow(Dir::ToServer, self.flat(), Stroke::Establish, words);
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
        self.arrow(by.speaks(), self.flat(), stroke, (self.seq, text));
    }

    fn message(&mut self, dir: Dir, events: &[Seq]) {
        let Some((says, stroke, text)) = words::of(self.model, events) else { return };
        if let Some(end) = self.silent_end(events) {
            // Nothing went over at a stream's end but the end itself.
            self.beside(end, 12.0, text, Tone::Plain);
            return self.faults(end);
        }
        let times = self.model.travel(events);
        let way = self.way(times.left, times.landed);
        self.label = text.chars().count();
        self.arrow(dir, way, stroke, (says, text));
        for seq in events {
            self.payload(*seq, dir, way.1 - self.y);
            self.faults(*seq);
        }
    }

    /// The end of an event stream that no bytes tell.
    fn silent_end(&self, events: &[Seq]) -> Option<Seq> {
        let seq = *events.first()?;
        let event = self.model.event(seq).filter(|event| self.model.ends_stream(event))?;
        let Said::Http1(Http1::Body(body)) = &event.kind else { return None };
        (!body.complete || body.framing != Framing::Chunked).then_some(seq)
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
        let text = match self.model.side_of_tls(chunk.conn) {
            Some(TlsSide::Outside) => text::say("ladder-chunk-outside", &args),
            Some(TlsSide::Inside) => text::say("ladder-chunk-inside", &args),
            None => text::say("ladder-chunk", &args),
        };
        self.arrow(dir, way, Stroke::Chunk, (seq, text));
        let x = self.beside + self.outward() * 16.0;
        self.push(seq, Kind::Chunk { at: (x, self.y), more: 0 });
    }

    /// The content that a body carries, as a pill below the arrow; where distance is time, after the
    /// arrow's words.
    fn payload(&mut self, seq: Seq, dir: Dir, slant: f64) {
        let Some(event) = self.model.event(seq) else { return };
        let Said::Http1(Http1::Body(body)) = &event.kind else { return };
        if self.model.ends_stream(event) {
            return;
        }
        let ids: Vec<u64> = words::batch(self.model, event).iter().map(|it| it.id).collect();
        let mut text = amount::bytes(body.content_len);
        if !ids.is_empty() {
            text = format!("{text} · {}", words::numbers(&ids));
        }
        let width = 7.0 * text.chars().count() as f64 + 18.0;
        let timed = self.rows.height(Micros(0)).is_some();
        let middle = f64::midpoint(self.client, self.server);
        let label = 7.0 * self.label as f64 + 34.0;
        let fits = label + width <= (self.server - self.client).abs();
        let at = match (timed, fits) {
            (true, true) => {
                let begin = if dir == Dir::ToServer { self.client } else { self.server };
                let way = if begin > middle { -1.0 } else { 1.0 };
                (begin + way * (label + width / 2.0), self.y - 9.0)
            }
            // Never on another pair's lanes.
            (true, false) => (middle, self.y + slant / 2.0 + 11.0),
            (false, _) => (middle, self.y + slant + 11.0),
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
    pub(crate) fn outward(&self) -> f64 {
        if self.server < self.client { -1.0 } else { 1.0 }
    }

    /// Words that go outward begin at their place; to the left they end there.
    pub(crate) fn anchor(&self) -> Anchor {
        if self.server < self.client { Anchor::End } else { Anchor::Start }
    }

    /// Words beyond the server's lane.
    pub(crate) fn beside(&mut self, seq: Seq, down: f64, text: String, tone: Tone) {
        let at = (self.beside + self.outward() * 14.0, self.y + down);
        self.push(seq, Kind::Note { at, anchor: self.anchor(), text, tone });
    }

    /// The reads and writes that carried a step, or a part of it, at the lane whose socket was heard.
    fn chunks(&mut self, step: &Step, part: Part) {
        let mut chunks = self.model.chunks_of(step);
        chunks.retain(|chunk| is_within(self.model, step, part, chunk));
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

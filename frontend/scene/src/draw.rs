//! How each kind of step is drawn.

use trace::entry::{Closed, Ending, Loss, What};
use trace::event::{Event, Kind as Said};
use trace::http1::Http1;
use trace::ids::Seq;
use trace::note::{self, Act, Release};
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::amount;
use crate::ladder::{Layout, Pending, ROW};
use crate::model::{Conn, Model, Step, StepKind};
use crate::shape::{Kind, Shape, Stroke, Tone, Wait};

/// How much lower an arrow ends than it begins, where both moments are known.
const SLANT: f64 = 12.0;

/// The room between the ribbons of connections that are open at once.
const SLOT: f64 = 11.0;

/// The most chunks that are drawn one by one beside a step.
const CHUNKS: usize = 6;

/// The two ends of a connection's ribbon.
fn ends(layout: &Layout, conn: &Conn) -> (f64, f64) {
    let slot = SLOT * conn.slot as f64 + 7.0;
    (layout.lane(conn.client) + slot, layout.lane(conn.server) - slot)
}

pub fn ribbon(layout: &Layout, conn: &Conn, top: f64, bottom: f64, shapes: &mut Vec<Shape>) {
    let Some(seq) = conn.opened else { return };
    let (client, server) = ends(layout, conn);
    for x in [client, server] {
        let open = conn.closed.is_none();
        shapes.push(Shape { seq, kind: Kind::Ribbon { x, top, bottom, open } });
    }
}

pub fn step(model: &Model, layout: &Layout, step: &Step, y: f64, shapes: &mut Vec<Shape>) {
    let seq = step.seq();
    let since = step.at().since(model.began());
    let text = amount::clock(since);
    let at = (layout.times(), y + ROW / 2.0 + 4.0);
    shapes.push(Shape { seq, kind: Kind::Time { at, text } });
    let default = Conn { server: model.lane_for(true), ..Conn::default() };
    let conn = step.conn.and_then(|conn| model.conns.get(&conn)).unwrap_or(&default);
    let mut pen = Pen { model, layout, conn, seq, y: y + ROW / 2.0, shapes };
    match &step.what {
        StepKind::Open => pen.open(),
        StepKind::Message { dir, events } => pen.message(*dir, events),
        StepKind::Hold { until, .. } => {
            let took = amount::time(until.since(step.at()));
            pen.wait(Wait::Hold, format!("Server took {took}"));
        }
        StepKind::Idle { until, .. } => {
            let took = amount::time(until.since(step.at()));
            pen.wait(Wait::Idle, format!("Idle for {took}"));
        }
        StepKind::Gate { released } => pen.gate(step, *released),
        StepKind::Note => pen.note(),
        StepKind::Lost => pen.lost(),
        StepKind::Close => pen.close(),
    }
    pen.chunks(step);
}

/// A wait under way, below the last step.
pub fn pending(
    model: &Model,
    layout: &Layout,
    pending: Pending,
    y: f64,
    now: Option<Micros>,
    shapes: &mut Vec<Shape>,
) {
    let Some(conn) = model.conns.get(&pending.conn) else { return };
    let took = amount::clock(now.unwrap_or_default().since(pending.since));
    let mut pen = Pen { model, layout, conn, seq: pending.seq, y: y + ROW / 2.0, shapes };
    let text = match pending.wait {
        Wait::Hold | Wait::Gate => format!("Server works … {took} s"),
        Wait::Idle => format!("Idle … {took} s"),
    };
    pen.wait(pending.wait, text);
}

/// Draws the shapes of one step.
struct Pen<'a> {
    model: &'a Model,
    layout: &'a Layout,
    conn: &'a Conn,
    seq: Seq,
    /// The middle of the row.
    y: f64,
    shapes: &'a mut Vec<Shape>,
}

impl Pen<'_> {
    fn push(&mut self, seq: Seq, kind: Kind) {
        self.shapes.push(Shape { seq, kind });
    }

    /// An arrow with its words above it.
    fn arrow(&mut self, dir: Dir, slant: f64, stroke: Stroke, text: String) {
        let (client, server) = ends(self.layout, self.conn);
        let (client, server) = (client + 6.0, server - 6.0);
        let (begin, end) = match dir {
            Dir::ToServer => (client, server),
            Dir::ToClient => (server, client),
        };
        let (upper, lower) = (self.y - slant / 2.0, self.y + slant / 2.0);
        self.push(self.seq, Kind::Arrow { from: (begin, upper), to: (end, lower), stroke });
        let at = (f64::midpoint(client, server), self.y - 9.0);
        let room = (server - client).abs() - 8.0;
        self.push(self.seq, Kind::Label { at, room, text, stroke });
    }

    fn open(&mut self) {
        self.arrow(Dir::ToServer, 0.0, Stroke::Establish, "Establish TCP connection".to_owned());
        if let Some((seq, held)) = self.conn.setup {
            let text = format!("link: set-up, {}", amount::time(held));
            self.beside(seq, 17.0, text, Tone::Plain);
        }
    }

    fn close(&mut self) {
        let Some(What::Closed(closed)) = self.entry() else { return };
        let Closed { by, how, .. } = *closed;
        let who = match by {
            Side::Client => self.model.lane_name(self.conn.client),
            Side::Server => self.model.lane_name(self.conn.server),
        };
        let (stroke, text) = match how {
            Ending::Fin => (Stroke::Close, format!("Close · {who} first")),
            Ending::Reset => (Stroke::Reset, format!("{who} cut the connection off")),
        };
        self.arrow(by.speaks(), 0.0, stroke, text);
    }

    fn message(&mut self, dir: Dir, events: &[Seq]) {
        let Some(first) = events.first().and_then(|seq| self.model.event(*seq)) else { return };
        let last = events.last().and_then(|seq| self.model.event(*seq)).unwrap_or(first);
        let left = self.model.times(first).left;
        let landed = self.model.times(last).landed;
        let slant = if left.is_some() && landed.is_some() { SLANT } else { 0.0 };
        let (stroke, text) = said(first, &self.model.header.run.0);
        self.arrow(dir, slant, stroke, text);
        for seq in events {
            self.payload(*seq, slant);
            self.faults(*seq);
        }
    }

    /// The content that a body carries, as a pill below the arrow.
    fn payload(&mut self, seq: Seq, slant: f64) {
        let Some(event) = self.model.event(seq) else { return };
        let Said::Http1(Http1::Body(body)) = &event.kind else { return };
        let (client, server) = ends(self.layout, self.conn);
        let text = amount::bytes(body.content_len);
        let at = (f64::midpoint(client, server), self.y + slant / 2.0 + 11.0);
        let width = 7.0 * text.chars().count() as f64 + 18.0;
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

    /// Words to the right of the server's lane.
    fn beside(&mut self, seq: Seq, down: f64, text: String, tone: Tone) {
        let at = (self.layout.lane(self.conn.server) + 14.0, self.y + down);
        self.push(seq, Kind::Note { at, text, tone });
    }

    fn wait(&mut self, wait: Wait, text: String) {
        let x = match wait {
            Wait::Hold | Wait::Gate => self.layout.lane(self.conn.server) + 4.0,
            // Beside the connection itself, so that it is on nobody else's lane.
            Wait::Idle => ends(self.layout, self.conn).0 + 10.0,
        };
        let (top, bottom) = (self.y - ROW / 2.0 + 4.0, self.y + ROW / 2.0 - 4.0);
        self.push(self.seq, Kind::Wait { x, top, bottom, wait, text });
    }

    fn gate(&mut self, step: &Step, released: Option<(Seq, Micros)>) {
        let Some(What::Note(note)) = self.entry() else { return };
        let note::What::GateHeld { act, .. } = note.what else { return };
        let text = match released {
            None => "Waits for Next".to_owned(),
            Some((_, at)) => format!("Waited {}", amount::time(at.since(step.at()))),
        };
        self.wait(Wait::Gate, text);
        let at = (self.layout.lane(self.conn.server) + 28.0, self.y + 15.0);
        if released.is_none() {
            let left = self.conn.closed.is_some();
            let text = if left { "the client left" } else { before(act) }.to_owned();
            self.push(self.seq, Kind::Note { at, text, tone: Tone::Plain });
        }
        let Some((seq, _)) = released else { return };
        let by = match self.model.entry(seq).map(|entry| &entry.what) {
            Some(What::Note(note::Note { what: note::What::GateReleased { by, .. }, .. })) => *by,
            _ => return,
        };
        let text = released_by(by);
        self.push(seq, Kind::Note { at, text: text.to_owned(), tone: Tone::Plain });
    }

    fn note(&mut self) {
        let Some(What::Note(note)) = self.entry() else { return };
        let (text, tone) = match &note.what {
            note::What::KeepAliveOver { after_us } => {
                (format!("keep-alive of {} is over", amount::time(*after_us)), Tone::Plain)
            }
            note::What::Refused { status, why } => {
                let status = status.map(|status| format!("{status}: ")).unwrap_or_default();
                (format!("refused, {status}{}", short(why)), Tone::Fault)
            }
            note::What::Cap { why } => (short(why), Tone::Fault),
            // These two have no step of their own, unless what they belong to was not heard.
            note::What::LinkSetup { held_us } => {
                (format!("link: set-up, {}", amount::time(*held_us)), Tone::Plain)
            }
            note::What::GateReleased { by, .. } => (released_by(*by).to_owned(), Tone::Plain),
            note::What::GateHeld { .. } | note::What::State { .. } => return,
        };
        self.beside(self.seq, 4.0, text, tone);
    }

    fn lost(&mut self) {
        let Some(What::Lost(lost)) = self.entry() else { return };
        let why = match lost.why {
            Loss::Queue => "the queue was full",
            Loss::Run => "the run is full",
            Loss::Body => "a body is kept only so far",
        };
        let text = format!("⚠ {} not kept", amount::bytes(lost.len));
        self.beside(self.seq, 4.0, text, Tone::Fault);
        self.beside(self.seq, 18.0, why.to_owned(), Tone::Plain);
    }

    /// The reads and writes that carried a step, at the lane whose socket was heard.
    fn chunks(&mut self, step: &Step) {
        let chunks = self.model.chunks_of(step);
        let x = self.layout.lane(self.conn.server) + 16.0;
        let y = if step.what == StepKind::Open { self.y - 14.0 } else { self.y };
        for (index, chunk) in chunks.iter().take(CHUNKS).enumerate() {
            let more = if index + 1 == CHUNKS { chunks.len() - CHUNKS } else { 0 };
            let at = (x + 7.0 * index as f64, y);
            self.push(chunk.seq, Kind::Chunk { at, more });
        }
    }

    fn entry(&self) -> Option<&What> {
        self.model.entry(self.seq).map(|entry| &entry.what)
    }
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
        Http1::Body(_) => (Stroke::Unread, "Body".to_owned()),
        Http1::Malformed => (Stroke::Unread, "A head that breaks the rules".to_owned()),
        Http1::Partial => (Stroke::Unread, "Half a head".to_owned()),
        Http1::Rest(_) => (Stroke::Unread, "Bytes not decoded".to_owned()),
    }
}

/// What let a gate go on.
const fn released_by(by: Release) -> &'static str {
    match by {
        Release::Next => "Next was pressed",
        Release::Limit => "went on by itself",
        Release::RunEnded => "the run ended",
        Release::Abandoned => "no longer needed",
    }
}

/// The first sentence of a text.
fn short(text: &str) -> String {
    text.split([':', '.', ';']).next().unwrap_or(text).to_owned()
}

/// What a gate stands before, as its caption.
const fn before(act: Act) -> &'static str {
    match act {
        Act::Answer => "before it answers",
        Act::Close => "before it closes",
    }
}

/// What the server is about to do, in a sentence.
pub const fn act_name(act: Act) -> &'static str {
    match act {
        Act::Answer => "answers",
        Act::Close => "closes the connection",
    }
}

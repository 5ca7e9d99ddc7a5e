//! Lanes as shapes: where each piece of an answer stands, by time or by its place on the connection, and
//! what each says. Several connections share one scale.

use text::say;
use trace::http2::FrameKind;
use trace::ids::{ConnId, Seq};
use trace::time::Micros;

use super::{Ends, Lane, On, Part, Piece, Protocol, Streams, Wait};
use crate::amount;

/// A figure's width in its own measure.
const WIDTH: f64 = 360.0;

/// The room at each side.
const EDGE: f64 = 2.0;

/// Where the strip of the whole connection begins, and its height.
const STRIP: (f64, f64) = (16.0, 10.0);

/// Where the first lane begins.
const TOP: f64 = 34.0;

/// A lane's height: its words, and its bar below them.
const LANE: f64 = 34.0;

/// Where a lane's bar begins, and its height.
const BAR: (f64, f64) = (14.0, 12.0);

/// What is shorter is drawn so wide.
const LEAST: f64 = 2.5;

/// The tints that streams take in turn.
const TINTS: usize = 7;

/// A shorter wait is not told beside its lane.
const SHOWN: Micros = Micros(10_000);

/// By what the pieces stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    /// By when they landed.
    #[default]
    Time,
    /// By where they lie among the connection's bytes to the client.
    Bytes,
}

/// The lanes of a connection, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The connection.
    pub conn: ConnId,
    /// Which connection it is, in words.
    pub title: String,
    /// Whether anything waited behind anything, in words.
    pub sum: String,
    /// Its size.
    pub size: (f64, f64),
    /// Where its axis ends, in words.
    pub end: String,
    /// The lines of its lanes.
    pub lines: Vec<Line>,
    /// What stands on them, and on the strip above.
    pub marks: Vec<Mark>,
    /// Each lane in a sentence.
    pub told: Vec<String>,
    /// How many lanes are left out.
    pub more: u64,
    /// How many pieces of those lanes that are given are left out.
    pub pieces: u64,
}

/// A lane's line and words.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The entry of its request.
    pub seq: Seq,
    /// Its upper edge.
    pub y: f64,
    /// From its request to its last byte; none where pieces stand by their place.
    pub life: Option<(f64, f64)>,
    /// Its number and what was asked for.
    pub label: String,
    /// What it waited for.
    pub waits: String,
}

/// Something on a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The entry that it shows.
    pub seq: Seq,
    /// What it is.
    pub means: Means,
    /// Its tint among those of streams.
    pub tint: usize,
    /// Its place.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What it says.
    pub says: String,
}

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Bytes of an answer, on the strip of the whole connection.
    Strip,
    /// Bytes of an answer, on its own lane.
    Block,
    /// A wait behind another answer.
    Behind,
    /// The server's work.
    Works,
}

/// From a place on the axis to one in the figure.
#[derive(Debug, Clone, Copy)]
struct Scale {
    axis: Axis,
    from: u64,
    len: u64,
}

impl Scale {
    fn x(self, value: u64) -> f64 {
        let share = value.saturating_sub(self.from) as f64 / self.len.max(1) as f64;
        EDGE + share.min(1.0) * (WIDTH - 2.0 * EDGE)
    }

    /// Where something lies, never too narrow to be seen and never beyond the edge.
    fn place(self, from: u64, until: u64) -> (f64, f64) {
        let (begin, end) = (self.x(from), self.x(until));
        let width = (end - begin).max(LEAST);
        (begin.min(WIDTH - EDGE - width), width)
    }

    fn piece(self, piece: &Piece) -> (f64, f64) {
        match self.axis {
            Axis::Time => self.place(piece.from.0, piece.until.0),
            Axis::Bytes => self.place(piece.span.start, piece.span.end()),
        }
    }
}

/// Connections drawn on one scale. Those of a protocol begin together; where both are spoken, each
/// begins at the left edge, so that their lengths compare.
#[must_use]
pub fn figures(all: &[Streams], axis: Axis) -> Vec<Figure> {
    let spans: Vec<(u64, u64)> = all.iter().map(|streams| span(all, streams, axis)).collect();
    let len = spans.iter().map(|(from, until)| until.saturating_sub(*from)).max();
    let len = len.unwrap_or_default();
    let drawn = |(streams, (from, _)): (&Streams, &(u64, u64))| {
        figure(streams, Scale { axis, from: *from, len })
    };
    all.iter().zip(&spans).map(drawn).collect()
}

/// Where a connection's axis begins, and where what is on it ends.
fn span(all: &[Streams], streams: &Streams, axis: Axis) -> (u64, u64) {
    let pieces = || streams.lanes.iter().flat_map(|lane| &lane.pieces);
    match axis {
        Axis::Bytes => {
            let from = pieces().map(|piece| piece.span.start).min().unwrap_or_default();
            let until = pieces().map(|piece| piece.span.end()).max().unwrap_or_default();
            (from, until)
        }
        Axis::Time => {
            let own = all.iter().filter(|other| other.protocol == streams.protocol);
            let from = own.flat_map(|other| &other.lanes).filter_map(begins).min();
            let until = streams.lanes.iter().filter_map(ended).max();
            (from.unwrap_or_default().0, until.unwrap_or_default().0)
        }
    }
}

fn begins(lane: &Lane) -> Option<Micros> {
    lane.asked.or(lane.arrived).or(lane.first).or(lane.pieces.first().map(|piece| piece.from))
}

fn ended(lane: &Lane) -> Option<Micros> {
    lane.last.max(lane.waits.last().map(|wait| wait.until)).max(begins(lane))
}

fn figure(streams: &Streams, scale: Scale) -> Figure {
    let mut drawing = Drawing { streams, scale, marks: Vec::new() };
    let lanes = || streams.lanes.iter().enumerate();
    for (place, lane) in lanes() {
        drawing.lane(place, lane);
    }
    let strip = drawing.strip();
    let mut marks = drawing.marks;
    marks.extend(strip);
    let end = match scale.axis {
        Axis::Time => amount::time(Micros(scale.len)),
        Axis::Bytes => amount::bytes(scale.len),
    };
    Figure {
        conn: streams.conn,
        title: title(streams),
        sum: sum(streams),
        size: (WIDTH, TOP + LANE * streams.lanes.len() as f64),
        end,
        lines: lanes().map(|(place, lane)| line(streams, place, lane, scale)).collect(),
        marks,
        told: streams.lanes.iter().map(|lane| told(streams, lane)).collect(),
        more: streams.more,
        pieces: streams.lanes.iter().map(|lane| lane.more).sum(),
    }
}

struct Drawing<'a> {
    streams: &'a Streams,
    scale: Scale,
    marks: Vec<Mark>,
}

impl Drawing<'_> {
    fn lane(&mut self, place: usize, lane: &Lane) {
        let y = TOP + LANE * place as f64 + BAR.0;
        if self.scale.axis == Axis::Time {
            for wait in &lane.waits {
                let (x, width) = self.scale.place(wait.from.0, wait.until.0);
                let means = if wait.on == On::Server { Means::Works } else { Means::Behind };
                let says = format!("{}, {}", named(lane), waited(self.streams, wait));
                let (seq, tint, height) = (lane.seq, place % TINTS, BAR.1);
                self.marks.push(Mark { seq, means, tint, x, y, width, height, says });
            }
        }
        for piece in &lane.pieces {
            let (x, width) = self.scale.piece(piece);
            // A head stands high and flat, so that it is seen beside its content.
            let (y, height) = if is_head(piece.part) { (y, 5.0) } else { (y + 5.0, BAR.1 - 5.0) };
            let (seq, means, tint) = (piece.seq, Means::Block, place % TINTS);
            let says = said(lane, piece);
            self.marks.push(Mark { seq, means, tint, x, y, width, height, says });
        }
    }

    /// The pieces of all lanes on one strip: the connection as it is shared.
    fn strip(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        for (place, lane) in self.streams.lanes.iter().enumerate() {
            for piece in &lane.pieces {
                let (x, width) = self.scale.piece(piece);
                let ((y, height), tint) = (STRIP, place % TINTS);
                let (seq, means, says) = (piece.seq, Means::Strip, String::new());
                marks.push(Mark { seq, means, tint, x, y, width, height, says });
            }
        }
        marks
    }
}

const fn is_head(part: Part) -> bool {
    matches!(part, Part::Head | Part::Frame(FrameKind::Headers | FrameKind::Continuation))
}

fn line(streams: &Streams, place: usize, lane: &Lane, scale: Scale) -> Line {
    let life = begins(lane).zip(ended(lane)).filter(|_| scale.axis == Axis::Time);
    let longest = lane.waits.iter().max_by_key(|wait| wait.until.since(wait.from));
    let behind = lane.waits.iter().filter(|wait| wait.on != On::Server);
    let behind = behind.max_by_key(|wait| wait.until.since(wait.from));
    let wait = behind.or(longest).filter(|wait| wait.until.since(wait.from) >= SHOWN);
    Line {
        seq: lane.seq,
        y: TOP + LANE * place as f64,
        life: life.map(|(from, until)| (scale.x(from.0), scale.x(until.0))),
        label: named(lane),
        waits: wait.map(|wait| waited(streams, wait)).unwrap_or_default(),
    }
}

/// The number of a lane, and what was asked for.
fn named(lane: &Lane) -> String {
    if lane.label.is_empty() {
        return format!("{} ({})", lane.number, say("streams-unknown", &[]));
    }
    format!("{} {}", lane.number, lane.label)
}

/// What is waited for, and how long: `waits for dog.png · 1,982 ms`.
fn waited(streams: &Streams, wait: &Wait) -> String {
    let took = amount::millis(wait.until.since(wait.from));
    let whom = match wait.on {
        On::Lane(place) => streams.lanes.get(place),
        On::Server => None,
    };
    match whom {
        Some(whom) => {
            say("streams-behind", &[("whom", whom.name().into()), ("took", (&took).into())])
        }
        None => say("streams-works", &[("took", (&took).into())]),
    }
}

/// What a piece is, how many bytes it has, where they lie and when they were here.
fn said(lane: &Lane, piece: &Piece) -> String {
    let part = match piece.part {
        Part::Head => say("streams-head", &[]),
        Part::Body => say("streams-body", &[]),
        Part::Frame(kind) => kind.name().to_owned(),
    };
    let whose = named(lane);
    let bytes = amount::bytes(piece.span.len);
    let from = amount::count(piece.span.start);
    let after = amount::millis(piece.until.since(lane.asked.unwrap_or(piece.from)));
    let args = [
        ("whose", (&whose).into()),
        ("part", (&part).into()),
        ("bytes", (&bytes).into()),
        ("from", (&from).into()),
        ("after", (&after).into()),
    ];
    say("streams-piece", &args)
}

fn title(streams: &Streams) -> String {
    let (conn, count) = (streams.conn.to_string(), streams.lanes.len() as u64 + streams.more);
    let args = [
        ("conn", (&conn).into()),
        ("client", (&streams.client).into()),
        ("server", (&streams.server).into()),
        ("count", count.into()),
    ];
    let id = match streams.protocol {
        Protocol::Http1 => "streams-title-http1",
        Protocol::Http2 => "streams-title-http2",
    };
    say(id, &args)
}

/// How many answers waited behind others, and how long at most.
fn sum(streams: &Streams) -> String {
    let behind = streams.lanes.iter().map(Lane::behind).filter(|behind| *behind >= SHOWN);
    let count = behind.clone().count() as u64;
    let most = amount::millis(behind.max().unwrap_or_default());
    let args = [("count", count.into()), ("most", (&most).into())];
    let id = match (count, streams.protocol) {
        (1.., _) => "streams-sum-behind",
        (0, Protocol::Http1) => "streams-sum-none",
        (0, Protocol::Http2) => "streams-sum-http2",
    };
    say(id, &args)
}

/// A lane in a sentence, for those who hear it.
fn told(streams: &Streams, lane: &Lane) -> String {
    let (whose, bytes) = (named(lane), amount::bytes(lane.bytes));
    let waits: Vec<String> = lane.waits.iter().map(|wait| waited(streams, wait)).collect();
    let waits = waits.join(", ");
    let whole = lane.last.zip(lane.asked).map(|(last, asked)| amount::millis(last.since(asked)));
    let took = whole.unwrap_or_default();
    let args = [
        ("whose", (&whose).into()),
        ("waits", (&waits).into()),
        ("bytes", (&bytes).into()),
        ("pieces", (lane.pieces.len() as u64 + lane.more).into()),
        ("took", (&took).into()),
    ];
    let id = match lane.ends {
        Ends::Whole => "streams-told",
        Ends::Open => "streams-told-open",
        Ends::Cut => "streams-told-cut",
    };
    say(id, &args)
}

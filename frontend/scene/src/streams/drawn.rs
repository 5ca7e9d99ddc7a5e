//! Lanes as shapes: where each piece of an answer stands, by time or by its place on the connection.
//! Several connections share one scale; what each shape says is in `streams/words.rs`.

use trace::http2::FrameKind;
use trace::ids::{ConnId, Seq};
use trace::time::Micros;

use super::words::{named, said, sum, title, told, waited};
use super::{Lane, On, Part, Piece, Protocol, SHOWN, Streams};
use crate::amount;

/// A figure's width in its own measure.
const WIDTH: f64 = 360.0;

/// The room at each side.
const EDGE: f64 = 2.0;

/// Where the strip of the whole connection begins, and its height.
const STRIP: (f64, f64) = (16.0, 10.0);

/// Where the first lane begins, below the strip.
const TOP: f64 = 34.0;

/// Where it begins if there is no strip.
const BARE: f64 = 14.0;

/// A lane's height: its words, and its bar below them.
const LANE: f64 = 34.0;

/// Where a lane's bar begins, and its height.
const BAR: (f64, f64) = (14.0, 12.0);

/// What is shorter is drawn so wide.
const LEAST: f64 = 2.5;

/// The tints that streams take in turn.
const TINTS: usize = 7;

/// By what the pieces stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    /// By when they landed.
    #[default]
    Time,
    /// By where they lie among the connection's bytes to the client.
    Bytes,
}

/// The lanes of a connection, or of several with one request each, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The connection, or the first of them.
    pub conn: ConnId,
    /// Which it is, or which they are, in words.
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

/// A lane among those of its figure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// Its connection.
    pub streams: &'a Streams,
    /// The lane.
    pub lane: &'a Lane,
    /// Which row of the figure it is.
    pub place: usize,
    /// Whether the figure has a row for each of several connections.
    pub apart: bool,
}

impl Row<'_> {
    fn y(self) -> f64 {
        top(self.apart) + LANE * self.place as f64
    }

    const fn tint(self) -> usize {
        self.place % TINTS
    }
}

/// Where the first lane begins. Connections that stand together share no strip.
const fn top(apart: bool) -> f64 {
    if apart { BARE } else { TOP }
}

/// Connections drawn on one scale, the reader's first. Those of a protocol begin together; where both
/// are spoken, each begins at the left edge, so that their lengths compare.
#[must_use]
pub fn figures(all: &[Streams], axis: Axis, chosen: Option<ConnId>) -> Vec<Figure> {
    let groups = grouped(all, chosen);
    let spans: Vec<(u64, u64)> = groups.iter().map(|group| span(all, group, axis)).collect();
    let len = spans.iter().map(|(from, until)| until.saturating_sub(*from)).max();
    let len = len.unwrap_or_default();
    let drawn = |(group, (from, _)): (&Vec<&Streams>, &(u64, u64))| {
        figure(group, Scale { axis, from: *from, len })
    };
    groups.iter().zip(&spans).filter_map(drawn).collect()
}

/// Which connections share a figure: those of HTTP/1 between the same two that have one request each.
fn grouped(all: &[Streams], chosen: Option<ConnId>) -> Vec<Vec<&Streams>> {
    let single = |streams: &Streams| {
        let alone = streams.lanes.len() == 1 && streams.more == 0;
        alone && streams.protocol == Protocol::Http1
    };
    let ends = |streams: &Streams| (streams.client.clone(), streams.server.clone());
    let mut groups: Vec<Vec<&Streams>> = Vec::new();
    for streams in all {
        let joins = |group: &Vec<&Streams>| {
            group.first().is_some_and(|first| single(first) && ends(first) == ends(streams))
        };
        let place = groups.iter().position(joins).filter(|_| single(streams));
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => group.push(streams),
            None => groups.push(vec![streams]),
        }
    }
    let is_chosen = |group: &Vec<&Streams>| group.iter().any(|it| Some(it.conn) == chosen);
    groups.sort_by_key(|group| !is_chosen(group));
    groups
}

/// Where the axis of a figure begins, and where what is on it ends.
fn span(all: &[Streams], group: &[&Streams], axis: Axis) -> (u64, u64) {
    let lanes = || group.iter().flat_map(|streams| &streams.lanes);
    let pieces = || lanes().flat_map(|lane| &lane.pieces);
    match axis {
        Axis::Bytes => {
            let from = pieces().map(|piece| piece.span.start).min().unwrap_or_default();
            let until = pieces().map(|piece| piece.span.end()).max().unwrap_or_default();
            (from, until)
        }
        Axis::Time => {
            let protocol = group.first().map(|streams| streams.protocol);
            let own = all.iter().filter(|other| Some(other.protocol) == protocol);
            let from = own.flat_map(|other| &other.lanes).filter_map(begins).min();
            let until = lanes().filter_map(ended).max();
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

fn figure(group: &[&Streams], scale: Scale) -> Option<Figure> {
    let first = group.first()?;
    let apart = group.len() > 1;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for &streams in group {
        for lane in &streams.lanes {
            rows.push(Row { streams, lane, place: rows.len(), apart });
        }
    }
    let mut marks = Vec::new();
    for row in &rows {
        draw(*row, scale, &mut marks);
    }
    if !apart {
        strip(&rows, scale, &mut marks);
    }
    let end = match scale.axis {
        Axis::Time => amount::time(Micros(scale.len)),
        Axis::Bytes => amount::bytes(scale.len),
    };
    Some(Figure {
        conn: first.conn,
        title: title(group),
        sum: sum(group),
        size: (WIDTH, top(apart) + LANE * rows.len() as f64),
        end,
        lines: rows.iter().map(|row| line(*row, scale)).collect(),
        marks,
        told: rows.iter().map(|row| told(*row)).collect(),
        more: group.iter().map(|streams| streams.more).sum(),
        pieces: rows.iter().map(|row| row.lane.more).sum(),
    })
}

/// The waits and pieces of a lane.
fn draw(row: Row<'_>, scale: Scale, marks: &mut Vec<Mark>) {
    let (lane, tint, y) = (row.lane, row.tint(), row.y() + BAR.0);
    if scale.axis == Axis::Time {
        for wait in &lane.waits {
            let (x, width) = scale.place(wait.from.0, wait.until.0);
            let means = if wait.on == On::Server { Means::Works } else { Means::Behind };
            let says = format!("{}, {}", named(row), waited(row.streams, wait));
            let (seq, height) = (lane.seq, BAR.1);
            marks.push(Mark { seq, means, tint, x, y, width, height, says });
        }
    }
    for piece in &lane.pieces {
        let (x, width) = scale.piece(piece);
        // A head stands high and flat, so that it is seen beside its content.
        let (y, height) = if is_head(piece.part) { (y, 5.0) } else { (y + 5.0, BAR.1 - 5.0) };
        let (seq, means, says) = (piece.seq, Means::Block, said(row, piece));
        marks.push(Mark { seq, means, tint, x, y, width, height, says });
    }
}

/// The pieces of all lanes on one strip: the connection as it is shared.
fn strip(rows: &[Row<'_>], scale: Scale, marks: &mut Vec<Mark>) {
    for row in rows {
        for piece in &row.lane.pieces {
            let (x, width) = scale.piece(piece);
            let ((y, height), tint) = (STRIP, row.tint());
            let (seq, means, says) = (piece.seq, Means::Strip, String::new());
            marks.push(Mark { seq, means, tint, x, y, width, height, says });
        }
    }
}

const fn is_head(part: Part) -> bool {
    matches!(part, Part::Head | Part::Frame(FrameKind::Headers | FrameKind::Continuation))
}

fn line(row: Row<'_>, scale: Scale) -> Line {
    let lane = row.lane;
    let life = begins(lane).zip(ended(lane)).filter(|_| scale.axis == Axis::Time);
    let longest = lane.waits.iter().max_by_key(|wait| wait.until.since(wait.from));
    let wait = longest.filter(|wait| wait.until.since(wait.from) >= SHOWN);
    Line {
        seq: lane.seq,
        y: row.y(),
        life: life.map(|(from, until)| (scale.x(from.0), scale.x(until.0))),
        label: named(row),
        waits: wait.map(|wait| waited(row.streams, wait)).unwrap_or_default(),
    }
}

//! The exchanges of a connection, gathered from its steps.

use std::collections::BTreeMap;

use trace::event::{Event, Kind};
use trace::http1::{Framing, Http1};
use trace::http2::{Frame, FrameKind, Http2, Role};
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Span, Spans};
use trace::time::Micros;

use super::behind::part;
use super::{Ends, Lane, On, PIECES, Part, Piece, Protocol, Streams, Wait, path, target};
use crate::model::{Conn, Model};
use crate::step::StepKind;
use crate::words::shorten;

/// So many letters of what was asked for are kept.
const LETTERS: usize = 40;

/// All exchanges of a connection.
pub fn gather(model: &Model, id: ConnId) -> Option<Streams> {
    let conn = model.conns.get(&id)?;
    let lanes = BTreeMap::new();
    let mut gathered = Gathered { model, conn, id, protocol: Protocol::Http1, lanes };
    for key in &conn.keys {
        let step = model.index_of(*key).and_then(|index| model.steps.get(index));
        let Some(StepKind::Message { events, .. }) = step.map(|step| &step.what) else { continue };
        for seq in events {
            if let Some(event) = model.event(*seq) {
                gathered.take(*seq, event);
            }
        }
    }
    (!gathered.lanes.is_empty()).then(|| gathered.finish())
}

struct Gathered<'a> {
    model: &'a Model,
    conn: &'a Conn,
    id: ConnId,
    protocol: Protocol,
    /// By exchange or stream; the label is the whole target still.
    lanes: BTreeMap<u64, Lane>,
}

impl Gathered<'_> {
    fn take(&mut self, seq: Seq, event: &Event) {
        match &event.kind {
            Kind::Http1(said) => self.http1(seq, event, said),
            Kind::Http2(said) => {
                self.protocol = Protocol::Http2;
                self.http2(seq, event, said);
            }
            _ => {}
        }
    }

    fn http1(&mut self, seq: Seq, event: &Event, said: &Http1) {
        match (said, event.dir()) {
            (Http1::Request(asked), Dir::ToServer) => {
                self.asks(asked.exchange, seq, event, &asked.target);
            }
            (Http1::Body(body), Dir::ToServer) => {
                if let Some(exchange) = body.exchange {
                    self.arrives(exchange, event);
                }
            }
            (Http1::Response(answer), Dir::ToClient) => {
                let Some(exchange) = answer.exchange else { return };
                self.reads(exchange, seq, Part::Head, event);
                if answer.status < 200 && answer.status != 101 {
                    return;
                }
                self.answers(exchange, event);
                if matches!(answer.framing, Framing::None | Framing::Length(0)) {
                    self.ends(exchange, Ends::Whole);
                }
            }
            (Http1::Body(body), Dir::ToClient) => {
                let Some(exchange) = body.exchange else { return };
                self.reads(exchange, seq, Part::Body, event);
                self.ends(exchange, if body.complete { Ends::Whole } else { Ends::Cut });
            }
            _ => {}
        }
    }

    fn http2(&mut self, seq: Seq, event: &Event, said: &Http2) {
        match said {
            Http2::Frame(frame) if frame.stream != 0 => self.frame(seq, event, frame),
            Http2::Head(head) if head.role == Role::Request => {
                let path = head.value(":path").unwrap_or_default();
                self.asks(u64::from(head.stream), seq, event, path);
            }
            Http2::Head(head) if head.role == Role::Response => {
                self.answers(u64::from(head.stream), event);
            }
            _ => {}
        }
    }

    fn frame(&mut self, seq: Seq, event: &Event, frame: &Frame) {
        let stream = u64::from(frame.stream);
        match (frame.kind, event.dir()) {
            (FrameKind::RstStream, _) => self.cuts(stream, event),
            (FrameKind::Data, Dir::ToServer) => self.arrives(stream, event),
            (FrameKind::Data | FrameKind::Headers | FrameKind::Continuation, Dir::ToClient) => {
                self.piece(stream, seq, Part::Frame(frame.kind), event.evidence.0.as_slice());
                // END_STREAM; a continuation has no such flag (RFC 9113, section 6.10).
                if frame.flags & 1 == 1 && frame.kind != FrameKind::Continuation {
                    self.ends(stream, Ends::Whole);
                }
            }
            _ => {}
        }
    }

    /// The lane of an exchange; one whose request was not heard begins with its answer.
    fn lane(&mut self, number: u64, seq: Seq) -> &mut Lane {
        self.lanes.entry(number).or_insert_with(|| Lane {
            number,
            label: String::new(),
            seq,
            asked: None,
            arrived: None,
            answered: None,
            first: None,
            last: None,
            over: None,
            cut: None,
            ends: Ends::Open,
            bytes: 0,
            pieces: Vec::new(),
            more: 0,
            waits: Vec::new(),
        })
    }

    fn asks(&mut self, number: u64, seq: Seq, event: &Event, asked_for: &str) {
        let times = self.model.times(event);
        let label = target(asked_for, &self.model.header.run.0);
        let lane = self.lane(number, seq);
        (lane.seq, lane.label) = (seq, label);
        lane.asked = times.stands();
        lane.arrived = lane.arrived.max(times.landed.or(times.left));
    }

    /// More of a request arrives.
    fn arrives(&mut self, number: u64, event: &Event) {
        let times = self.model.times(event);
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.arrived = lane.arrived.max(times.landed.or(times.left));
        }
    }

    /// The answer begins.
    fn answers(&mut self, number: u64, event: &Event) {
        let left = self.model.times(event).stands();
        let landed = self.landed(event.evidence.start());
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.answered = lane.answered.or(left);
            lane.first = lane.first.or(landed);
        }
    }

    fn ends(&mut self, number: u64, ends: Ends) {
        if let Some(lane) = self.lanes.get_mut(&number)
            && lane.ends == Ends::Open
        {
            lane.ends = ends;
        }
    }

    /// A stream is taken back, or given up.
    fn cuts(&mut self, number: u64, event: &Event) {
        let at = self.model.times(event).stands();
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.cut = lane.cut.or(at);
        }
        self.ends(number, Ends::Cut);
    }

    /// Bytes of an answer of HTTP/1, by the reads or writes that moved them.
    fn reads(&mut self, number: u64, seq: Seq, part: Part, event: &Event) {
        let conn = self.conn;
        let chunks = &conn.chunks[Dir::ToClient.index()];
        for span in &event.evidence.0 {
            let first = chunks.partition_point(|chunk| chunk.span.end() <= span.start);
            let within = chunks.iter().skip(first);
            for chunk in within.take_while(|chunk| chunk.span.start < span.end()) {
                let start = span.start.max(chunk.span.start);
                let piece = Span::between(start, span.end().min(chunk.span.end()));
                self.piece(number, seq, part, &[piece]);
            }
        }
    }

    /// A piece of an answer.
    fn piece(&mut self, number: u64, seq: Seq, part: Part, spans: &[Span]) {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return };
        let span = Span::between(first.start, last.end());
        // What was not heard to move is no piece.
        let ends = self.landed(span.start).zip(self.landed(span.end().saturating_sub(1)));
        let Some((from, until)) = ends.filter(|_| !span.is_empty()) else { return };
        let lane = self.lane(number, seq);
        lane.last = lane.last.max(Some(until));
        lane.bytes += span.len;
        if lane.pieces.len() < PIECES {
            lane.pieces.push(Piece { seq, part, span, from, until });
        } else {
            lane.more += 1;
        }
    }

    /// When a byte to the client landed, else when it left.
    fn landed(&self, offset: u64) -> Option<Micros> {
        let byte = Spans::one(Span { start: offset, len: 1 });
        let times = self.model.moments.of(self.id, Dir::ToClient, &byte);
        times.landed.or(times.left)
    }

    fn finish(self) -> Streams {
        let Self { model, conn, id, protocol, lanes } = self;
        let mut lanes: Vec<Lane> = lanes.into_values().collect();
        for lane in &mut lanes {
            lane.pieces.sort_by_key(|piece| piece.span.start);
            let end = lane.pieces.last().filter(|_| lane.ends == Ends::Whole);
            let last = end.map(|piece| Span { start: piece.span.end() - 1, len: 1 });
            // Where not all pieces are given, the last one tells enough.
            let left = |last| model.moments.of(id, Dir::ToClient, &Spans::one(last)).stands();
            let whole = lane.last.filter(|_| lane.ends == Ends::Whole);
            lane.over = if lane.more > 0 { whole } else { last.and_then(left) };
        }
        label(&mut lanes, protocol);
        let ended = conn.closed.and_then(|seq| model.entry(seq)).or(model.entries.last());
        let ended = ended.map_or(Micros(0), |entry| entry.at_us);
        let waits: Vec<Vec<Wait>> =
            (0..lanes.len()).map(|place| waits(&lanes, place, protocol, ended)).collect();
        for (lane, waits) in lanes.iter_mut().zip(waits) {
            lane.waits = waits;
        }
        let (client, server) = (model.lane_name(conn.client), model.lane_name(conn.server));
        let (client, server) = (client.to_owned(), server.to_owned());
        Streams { conn: id, protocol, client, server, lanes, more: 0 }
    }
}

/// The query is shown only where it tells two from each other.
fn label(lanes: &mut [Lane], protocol: Protocol) {
    let mut same: BTreeMap<String, u64> = BTreeMap::new();
    for lane in lanes.iter() {
        *same.entry(path(&lane.label).to_owned()).or_default() += 1;
    }
    for lane in lanes {
        let own = path(&lane.label);
        let alone = same.get(own) == Some(&1);
        lane.label = shorten(if alone { own } else { lane.label.as_str() }, LETTERS);
        lane.number += u64::from(protocol == Protocol::Http1);
    }
}

/// What the answer of a lane waited for. One that has not come waits until the end of what is known.
fn waits(lanes: &[Lane], place: usize, protocol: Protocol, ended: Micros) -> Vec<Wait> {
    let Some(lane) = lanes.get(place) else { return Vec::new() };
    let Some(arrived) = lane.arrived else { return Vec::new() };
    let until = lane.answered.or(lane.cut).unwrap_or(ended).max(arrived);
    let mut waits = Vec::new();
    if protocol == Protocol::Http1 {
        let over = |lane: &Lane| lane.over.unwrap_or(Micros(u64::MAX));
        let before = lanes.iter().enumerate().take(place).rev();
        let before = before.map(|(place, lane)| (place, over(lane)));
        let behind = part(arrived, until, before).into_iter();
        waits.extend(behind.map(|(place, from, until)| Wait { from, until, on: On::Lane(place) }));
    }
    let from = waits.last().map_or(arrived, |wait| wait.until);
    if until > from {
        waits.push(Wait { from, until, on: On::Server });
    }
    waits
}

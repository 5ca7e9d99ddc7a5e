//! A connection's two streams: which bytes were heard, which step shows them, and when they moved.

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::field::Name;
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::{ConnId, Seq};
use trace::moments::Times;
use trace::span::{Dir, Span, Spans};
use trace::websocket::Websocket;

use crate::model::{ChunkAt, Conn, Model};
use crate::step::{Key, Step, StepKind};
use crate::words;

impl Model {
    /// When an event left and landed.
    #[must_use]
    pub fn times(&self, event: &Event) -> Times {
        self.moments.of(event.conn, event.dir(), &event.evidence)
    }

    /// When the first byte of a message left, and when its last one landed.
    #[must_use]
    pub fn travel(&self, events: &[Seq]) -> Times {
        let carriers = self.carriers(events);
        let event = |seq: Option<&Seq>| seq.and_then(|seq| self.event(*seq));
        let (Some(first), Some(last)) = (event(carriers.first()), event(carriers.last())) else {
            return Times::default();
        };
        if self.ends_stream(first) {
            // It was under way all along: what goes over now is its last byte.
            return self.moments.of(first.conn, first.dir(), &last_byte(first));
        }
        Times { left: self.times(first).left, landed: self.times(last).landed }
    }

    /// The events of a message that lie on the stream themselves: without the message that frames
    /// carry.
    #[must_use]
    pub fn carriers<'a>(&self, events: &'a [Seq]) -> &'a [Seq] {
        match events.split_last() {
            Some((last, rest)) if !rest.is_empty() && self.is_carried(*last) => rest,
            _ => events,
        }
    }

    fn is_carried(&self, seq: Seq) -> bool {
        let kind = self.event(seq).map(|event| &event.kind);
        matches!(
            kind,
            Some(
                Kind::Websocket(Websocket::Message(_))
                    | Kind::Http2(Http2::Head(_) | Http2::Content(_))
                    | Kind::Grpc(_)
            )
        )
    }

    /// Whether an event is the body of an event stream, which is said when the stream ends.
    #[must_use]
    pub fn ends_stream(&self, event: &Event) -> bool {
        let Kind::Http1(Http1::Body(body)) = &event.kind else { return false };
        let conn = self.conns.get(&event.conn).filter(|_| event.dir() == Dir::ToClient);
        conn.is_some_and(|conn| conn.streams.contains_key(&body.exchange))
    }

    /// Whether it is the body of an answer to a gRPC call, which is said when the call ends.
    #[must_use]
    pub fn ends_call(&self, event: &Event) -> bool {
        let Kind::Http1(Http1::Body(body)) = &event.kind else { return false };
        let conn = self.conns.get(&event.conn).filter(|_| self.ends_stream(event));
        let head = conn.and_then(|conn| conn.streams.get(&body.exchange));
        let head = head.and_then(|key| self.event(key.1)).map(|head| &head.kind);
        matches!(head, Some(Kind::Http1(Http1::Response(answer))) if words::is_call(answer))
    }

    /// Whether a step is a WebSocket message of which only a part has come, and more may.
    #[must_use]
    pub fn is_coming(&self, step: &Step) -> bool {
        let StepKind::Message { dir, .. } = &step.what else { return false };
        let Some(conn) = step.conn.and_then(|conn| self.conns.get(&conn)) else { return false };
        let coming = conn.coming[dir.index()];
        conn.closed.is_none() && coming.is_some_and(|coming| coming.key == step.key && !coming.fin)
    }

    /// Bytes of a WebSocket that have come in a direction and are part of no whole message.
    #[must_use]
    pub fn coming(&self, conn: &Conn, dir: Dir) -> u64 {
        let way = dir.index();
        let heard = conn.chunks[way].last().map_or(0, |chunk| chunk.span.end());
        let known = conn.messages[way].last().map_or(0, |(end, _)| *end);
        let half = conn.coming[way].filter(|coming| !coming.fin);
        let step = half.and_then(|half| self.steps.get(self.index_of(half.key)?));
        let events = match step.map(|step| &step.what) {
            Some(StepKind::Message { events, .. }) => events.as_slice(),
            _ => &[],
        };
        heard.saturating_sub(known) + self.size_of(events)
    }

    /// How many bytes of the stream a message has.
    #[must_use]
    pub fn size_of(&self, events: &[Seq]) -> u64 {
        let carriers = self.carriers(events).iter();
        carriers.filter_map(|seq| self.event(*seq)).map(|event| event.evidence.len()).sum()
    }

    /// The bytes of a piece of a connection's stream, as far as they were kept.
    #[must_use]
    pub fn bytes(&self, conn: ConnId, dir: Dir, span: Span) -> Vec<u8> {
        let Some(conn) = self.conns.get(&conn) else { return Vec::new() };
        let chunks = &conn.chunks[dir.index()];
        let first = chunks.partition_point(|chunk| chunk.span.end() <= span.start);
        let mut bytes = Vec::new();
        for at in chunks.iter().skip(first).take_while(|chunk| chunk.span.start < span.end()) {
            let Some(What::Chunk(chunk)) = self.entry(at.seq).map(|entry| &entry.what) else {
                continue;
            };
            let from =
                usize::try_from(span.start.saturating_sub(at.span.start)).unwrap_or(usize::MAX);
            let upto = usize::try_from(span.end().min(at.span.end()) - at.span.start).unwrap_or(0);
            bytes.extend_from_slice(chunk.bytes.get(from..upto).unwrap_or_default());
        }
        bytes
    }

    /// The bytes of a piece of a stream, each in its place; none where it was not kept.
    #[must_use]
    pub fn bytes_at(&self, conn: ConnId, dir: Dir, span: Span) -> Vec<Option<u8>> {
        let whole = self.bytes(conn, dir, span);
        if whole.len() as u64 == span.len {
            return whole.into_iter().map(Some).collect();
        }
        let one =
            |offset: u64| self.bytes(conn, dir, Span { start: offset, len: 1 }).first().copied();
        (span.start..span.end()).map(one).collect()
    }

    /// The content of a body, without what parts it for the way.
    #[must_use]
    pub fn content(&self, event: &Event) -> Vec<u8> {
        let fields = event.fields.iter();
        let pieces = fields.filter(|field| matches!(field.name, Name::Content | Name::ChunkData));
        pieces.flat_map(|field| self.bytes(event.conn, event.dir(), field.span)).collect()
    }

    /// The chunks that carried a step's message, or that came before a connection said anything.
    #[must_use]
    pub fn chunks_of(&self, step: &Step) -> Vec<ChunkAt> {
        let Some(conn) = step.conn.and_then(|conn| self.conns.get(&conn)) else {
            return Vec::new();
        };
        match &step.what {
            StepKind::Message { dir, events } => self.carried(conn, *dir, step.key, events),
            StepKind::Open => {
                // What is inside has no opening of its own.
                let inner = conn.inner.and_then(|inner| self.conns.get(&inner));
                let both = [Some(conn), inner].into_iter().flatten();
                both.flat_map(silent).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Each chunk stands with the message in which its first byte lies, or before which it does; what
    /// no event covers yet, with the last.
    fn carried(&self, conn: &Conn, dir: Dir, key: Key, events: &[Seq]) -> Vec<ChunkAt> {
        let (messages, chunks) = (&conn.messages[dir.index()], &conn.chunks[dir.index()]);
        let mut places = Vec::new();
        for event in self.carriers(events).iter().filter_map(|seq| self.event(*seq)) {
            let end = event.evidence.end();
            let first = messages.partition_point(|(known, _)| *known < end);
            let own = messages.iter().enumerate().skip(first).take_while(|(_, (at, _))| *at == end);
            places.extend(own.filter(|(_, (_, of))| *of == key).map(|(place, _)| place));
        }
        places.sort_unstable();
        places.dedup();
        let mut found = Vec::new();
        for place in places {
            let before = place.checked_sub(1).and_then(|before| messages.get(before));
            let from = before.map_or(0, |(end, _)| *end);
            let newest = place + 1 == messages.len();
            let upto = messages.get(place).filter(|_| !newest).map_or(u64::MAX, |(end, _)| *end);
            let begin = chunks.partition_point(|chunk| chunk.span.start < from);
            let within = chunks.iter().skip(begin).take_while(|chunk| chunk.span.start < upto);
            found.extend(within.copied());
        }
        found
    }
}

/// The chunks of the directions in which nothing was said yet.
fn silent(conn: &Conn) -> impl Iterator<Item = ChunkAt> {
    let ways = conn.chunks.iter().zip(&conn.messages);
    ways.filter(|(_, messages)| messages.is_empty()).flat_map(|(chunks, _)| chunks.iter().copied())
}

/// The last byte of an event.
pub(crate) fn last_byte(event: &Event) -> Spans {
    let end = event.evidence.end();
    Spans::one(Span::between(end.saturating_sub(1), end))
}

//! Whose a piece of a shared connection is.

use std::collections::{BTreeMap, VecDeque};

use trace::event::{Event, Kind};
use trace::grpc::{self, Call, Grpc};
use trace::http2::{Frame, FrameKind, Http2, Role};
use trace::ids::RunId;
use trace::span::Dir;
use trace::sse::Sse;

use crate::h2::run_asked;

/// The most streams whose owner is known.
const KNOWN_MOST: usize = 4_096;

/// The most of them that are over: frames may come late.
const OVER_MOST: usize = 1_024;

/// The flag that ends a stream's direction (RFC 9113, section 6.1).
const END_STREAM: u8 = 0x1;

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The connection's: everybody's.
    All,
    /// That branch's.
    One(usize),
    /// Nobody's who hears the connection, or not known.
    Nobody,
}

/// What a request's head says of whose it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Asks {
    /// It names that run.
    Run(RunId),
    /// It names none.
    NoRun,
    /// Its header fields could not be read.
    Unreadable,
}

/// The owner of each stream.
#[derive(Debug, Default)]
pub struct Streams {
    known: BTreeMap<u32, Stream>,
    /// Those that are over, in the order of their ends.
    over: VecDeque<u32>,
    /// The highest that was forgotten.
    forgotten: u32,
    /// Requests are heard no more.
    deaf: bool,
}

#[derive(Debug)]
struct Stream {
    owner: Owner,
    ended: [bool; 2],
}

impl Streams {
    /// A request begins a stream.
    pub fn begin(&mut self, stream: u32, owner: Owner) {
        self.known.entry(stream).or_insert(Stream { owner, ended: [false; 2] });
        if self.known.len() > KNOWN_MOST
            && let Some((lowest, _)) = self.known.pop_first()
        {
            self.forgotten = self.forgotten.max(lowest);
        }
    }

    /// The owner of a stream whose request was heard.
    pub fn known(&self, stream: u32) -> Option<Owner> {
        self.known.get(&stream).map(|stream| stream.owner)
    }

    /// The owner of a stream, the first run where its request says nothing.
    pub fn or_first(&self, stream: u32) -> Owner {
        let unheard = self.deaf || stream <= self.forgotten;
        self.known(stream).unwrap_or(if unheard { Owner::Nobody } else { Owner::One(0) })
    }

    /// Whether a stream may be somebody's of whom nothing was heard.
    pub fn is_strange(&self, event: &Event) -> bool {
        stream_of(event).is_some_and(|stream| {
            self.known(stream).map_or(self.deaf, |owner| owner == Owner::Nobody)
        })
    }

    /// From here on no requests are heard.
    pub const fn deafen(&mut self) {
        self.deaf = true;
    }

    /// What was a branch's is nobody's any more.
    pub fn disown(&mut self, branch: usize) {
        for stream in self.known.values_mut().filter(|it| it.owner == Owner::One(branch)) {
            stream.owner = Owner::Nobody;
        }
    }

    /// Takes in what a frame says of its stream's end.
    pub fn frame(&mut self, event: &Event) {
        let Kind::Http2(Http2::Frame(frame)) = &event.kind else { return };
        let ended = ends(frame, event.dir());
        if ended == [false; 2] {
            return;
        }
        let Some(stream) = self.known.get_mut(&frame.stream) else { return };
        let before = stream.ended;
        stream.ended = [before[0] || ended[0], before[1] || ended[1]];
        if before != [true; 2] && stream.ended == [true; 2] {
            self.over.push_back(frame.stream);
        }
        if self.over.len() > OVER_MOST
            && let Some(oldest) = self.over.pop_front()
        {
            self.known.remove(&oldest);
            self.forgotten = self.forgotten.max(oldest);
        }
    }
}

/// Which directions of its stream a frame ends.
fn ends(frame: &Frame, dir: Dir) -> [bool; 2] {
    let last = frame.flags & END_STREAM != 0;
    match frame.kind {
        FrameKind::RstStream => [true; 2],
        FrameKind::Data | FrameKind::Headers if last => {
            [dir == Dir::ToServer, dir == Dir::ToClient]
        }
        _ => [false; 2],
    }
}

/// The stream to which an event belongs; none for the connection's own.
pub fn stream_of(event: &Event) -> Option<u32> {
    let stream = match &event.kind {
        Kind::Http2(Http2::Frame(frame)) => frame.stream,
        Kind::Http2(Http2::Head(head)) => head.stream,
        Kind::Http2(Http2::Content(content)) => content.stream,
        Kind::Grpc(
            Grpc::Message(grpc::Message { call: Call::Stream(stream), .. })
            | Grpc::Trailers(grpc::Trailers { call: Call::Stream(stream), .. })
            | Grpc::Partial(Call::Stream(stream)),
        ) => *stream,
        // Its exchange is its stream.
        Kind::Sse(Sse::Block(block)) => {
            block.exchange.and_then(|stream| u32::try_from(stream).ok()).unwrap_or_default()
        }
        _ => 0,
    };
    (stream > 0).then_some(stream)
}

/// The stream that a request's head begins, and whose it says it is.
pub fn requested(event: &Event) -> Option<(u32, Asks)> {
    let Kind::Http2(Http2::Head(head)) = &event.kind else { return None };
    if head.role != Role::Request {
        return None;
    }
    let path = head.value(":path").unwrap_or_default();
    let asks = match run_asked(path, head.value("lifeline-run")) {
        _ if head.headers.is_empty() => Asks::Unreadable,
        Some(run) => Asks::Run(run),
        None => Asks::NoRun,
    };
    Some((head.stream, asks))
}

/// Whether the service says that it takes no more streams: also who is over hears that.
pub fn is_farewell(event: &Event) -> bool {
    event.dir() == Dir::ToClient
        && matches!(&event.kind, Kind::Http2(Http2::Frame(Frame { kind: FrameKind::Goaway, .. })))
}

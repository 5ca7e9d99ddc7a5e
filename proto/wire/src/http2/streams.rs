//! Streams: RFC 9113, section 5.1. Which are open in which direction, what they carry, and whether a
//! frame has a place on its stream.
//!
//! ```text
//! idle ──► (HEADERS of the client) both ways open ──► one way over ──► both over: forgotten
//!     └──► (PUSH_PROMISE) the server's way open ─────────────────────► RST_STREAM: forgotten
//! ```
//!
//! Of what is forgotten the highest numbers are remembered, and for a while which streams one side
//! has reset: the other side's frames may still have been under way, which is no fault. Streams
//! beyond [`LIVE`] are not followed: their frames and heads are said, and what they carry is not.

use std::collections::BTreeMap;

use trace::event::Event;
use trace::fault::Code;
use trace::grpc::Call;
use trace::http2::{FrameKind, Head, Header as HeaderField, Role};
use trace::ids::ConnId;
use trace::span::{Dir, Span};

use super::content::{Ending, Gathered, PIECES};
use super::frame::Header;
use super::other;
use crate::grpc::{Form, Messages, kept_path};
use crate::listener::Listener;
use crate::sse::{self, Sse};

/// The most streams that are followed at once.
pub const LIVE: usize = 10_000;

/// The most streams in which messages or events are listened to at once, by direction; further ones have contents.
const LISTENERS: usize = 1_000;

/// The most pieces of contents that are remembered of all streams; beyond it, a stream's second piece
/// goes on to its end.
const LISTED: usize = 64 * 1_024;

/// The most reset streams that are remembered: the highest.
const RESET: usize = 1_024;

/// The streams of a connection.
#[derive(Debug)]
pub struct Streams {
    conn: ConnId,
    live: BTreeMap<u32, Stream>,
    /// The highest stream that the client has opened, and the highest that the server has promised.
    opened: u32,
    promised: u32,
    /// In which direction frames may still come on a stream that the other side has reset.
    reset: BTreeMap<u32, Dir>,
    /// The lowest stream that is not followed.
    left_out: Option<u32>,
    /// A direction was lost: what has its place can no longer be told.
    pub blind: bool,
    listed: usize,
    listeners: usize,
    #[cfg(test)]
    pub mutation: Option<crate::laws::Mutation>,
}

/// A stream of which a direction is not over.
#[derive(Debug, Default)]
struct Stream {
    /// Where a gRPC request goes.
    path: Box<str>,
    to_server: Way,
    to_client: Way,
}

/// A direction of a stream.
#[derive(Debug, Default)]
struct Way {
    over: bool,
    /// Whether the head has come that is not interim: the next one is of trailers.
    headed: bool,
    /// What was added to the initial window and taken from it.
    moved: i64,
    content: Gathered,
    /// Hears the data in the content's place.
    listener: Option<Listener>,
}

impl Stream {
    const fn way(&self, dir: Dir) -> &Way {
        match dir {
            Dir::ToServer => &self.to_server,
            Dir::ToClient => &self.to_client,
        }
    }

    const fn way_mut(&mut self, dir: Dir) -> &mut Way {
        match dir {
            Dir::ToServer => &mut self.to_server,
            Dir::ToClient => &mut self.to_client,
        }
    }
}

impl Streams {
    pub const fn new(conn: ConnId, blind: bool) -> Self {
        Self {
            conn,
            live: BTreeMap::new(),
            opened: 0,
            promised: 0,
            reset: BTreeMap::new(),
            left_out: None,
            blind,
            listed: 0,
            listeners: 0,
            #[cfg(test)]
            mutation: None,
        }
    }

    /// Gives a frame its place, and opens a stream with a client's first head.
    pub fn place(&mut self, dir: Dir, header: &Header) -> Option<Code> {
        let id = header.stream;
        let late = match header.kind {
            FrameKind::WindowUpdate | FrameKind::RstStream => true,
            FrameKind::Data | FrameKind::Headers | FrameKind::PushPromise => false,
            // A priority may come at any time, a continuation belongs to its block, and the others
            // to no stream.
            _ => return None,
        };
        if id == 0 {
            return None;
        }
        let idle = if is_clients(id) { id > self.opened } else { id > self.promised };
        if idle && header.kind == FrameKind::Headers && dir == Dir::ToServer {
            if !is_clients(id) {
                return Some(Code::BadStreamId);
            }
            self.opened = id;
            self.follow(id, Stream::default());
            return None;
        }
        if self.blind {
            return None;
        }
        if idle {
            return Some(Code::IdleStream);
        }
        let over = match self.live.get(&id) {
            Some(stream) => stream.way(dir).over,
            None => {
                let unknown = self.left_out.is_some_and(|lowest| id >= lowest);
                !unknown && self.reset.get(&id) != Some(&dir)
            }
        };
        // These two may have been under way when the stream was closed (RFC 9113, section 5.1).
        (over && !late).then_some(Code::StreamClosed)
    }

    /// The server reserves a stream for a push.
    pub fn promise(&mut self, id: u32) -> Option<Code> {
        if is_clients(id) || id <= self.promised {
            return Some(Code::BadStreamId);
        }
        self.promised = id;
        let mut stream = Stream::default();
        stream.to_server.over = true;
        self.follow(id, stream);
        None
    }

    fn follow(&mut self, id: u32, stream: Stream) {
        if self.live.len() < LIVE {
            self.live.insert(id, stream);
        } else {
            self.left_out = Some(self.left_out.map_or(id, |lowest| lowest.min(id)));
        }
    }

    /// A stream's direction that is not over.
    fn open(&mut self, dir: Dir, id: u32) -> Option<&mut Way> {
        self.live.get_mut(&id).map(|stream| stream.way_mut(dir)).filter(|way| !way.over)
    }

    /// A DATA frame of so many bytes begins, whose data is due at an offset.
    pub fn begin_data(&mut self, dir: Dir, header: &Header, at: u64) {
        if let Some(way) = self.open(dir, header.stream) {
            way.moved = way.moved.saturating_sub(i64::from(header.len));
            way.content.begin(at);
        }
    }

    /// Data comes on a stream.
    pub fn data(&mut self, dir: Dir, id: u32, bytes: &[u8], at: u64, events: &mut Vec<Event>) {
        let most = if self.listed < LISTED { PIECES } else { 1 };
        let Some(way) = self.open(dir, id) else { return };
        if let Some(listener) = &mut way.listener {
            listener.content(bytes, at, events);
            return;
        }
        let before = way.content.listed();
        way.content.add(Span { start: at, len: bytes.len() as u64 }, most);
        let more = way.content.listed() - before;
        self.listed += more;
    }

    /// The receiver lets the sender of a stream's direction send more.
    pub fn grant(&mut self, dir: Dir, id: u32, by: u32) {
        if let Some(way) = self.open(dir, id) {
            way.moved = way.moved.saturating_add(i64::from(by));
        }
    }

    /// What was added to the window of a stream's direction and taken from it.
    pub fn moved(&self, dir: Dir, id: u32) -> Option<i64> {
        self.live.get(&id).map(|stream| stream.way(dir).moved)
    }

    /// What a header block on a stream is the head of. On a stream that is not followed, only the
    /// header fields can tell.
    pub fn role(&mut self, dir: Dir, id: u32, headers: &[HeaderField]) -> Role {
        let status = headers.iter().find(|header| header.name == ":status");
        let interim = dir == Dir::ToClient
            && status
                .is_some_and(|status| status.value.len() == 3 && status.value.starts_with('1'));
        let first = match self.open(dir, id) {
            Some(way) => {
                let first = !way.headed;
                way.headed |= !interim;
                first
            }
            None => headers.is_empty() || headers.iter().any(|header| header.name.starts_with(':')),
        };
        match dir {
            _ if !first => Role::Trailers,
            Dir::ToServer => Role::Request,
            Dir::ToClient if interim => Role::Interim,
            Dir::ToClient => Role::Response,
        }
    }

    /// A head says what follows it: if that is gRPC, its messages are listened to, and so are the
    /// events of an event stream.
    pub fn listen(&mut self, dir: Dir, head: &Head) {
        let room = self.listeners < LISTENERS;
        let (conn, call) = (self.conn, Call::Stream(head.stream));
        let plain = head.value("content-encoding").is_none_or(|coding| coding == "identity");
        let kind = head.value("content-type").filter(|_| plain);
        let form = kind.and_then(Form::of);
        let success = head.value(":status").is_some_and(|status| status.starts_with('2'));
        let streams =
            head.role == Role::Response && success && kind.is_some_and(sse::is_event_stream);
        if form.is_none() && !streams {
            return;
        }
        let Some(stream) = self.live.get_mut(&head.stream) else { return };
        match head.role {
            Role::Request => {
                stream.path = kept_path(head.value(":path").unwrap_or_default()).into();
            }
            Role::Response => {}
            _ => return,
        }
        let Stream { path, to_server, to_client } = stream;
        let way = match dir {
            Dir::ToServer => to_server,
            Dir::ToClient => to_client,
        };
        let is_free = !way.over && way.listener.is_none() && way.content.is_none();
        if is_free && room && !head.ends {
            let listener = match form {
                Some(form) => {
                    let messages = Messages::new(conn, dir.speaker(), call, path, form);
                    #[cfg(test)]
                    let messages = messages.mutated(self.mutation);
                    Listener::Grpc(Box::new(messages))
                }
                None => Listener::Sse(Box::new(Sse::new(conn, Some(head.stream.into())))),
            };
            way.listener = Some(listener);
            self.listeners += 1;
        }
    }

    /// A stream's direction is over.
    pub fn end(&mut self, dir: Dir, id: u32, ending: Ending, events: &mut Vec<Event>) {
        let Some(way) = self.open(dir, id) else { return };
        way.over = true;
        let (content, listener) = (std::mem::take(&mut way.content), way.listener.take());
        self.listed = self.listed.saturating_sub(content.listed());
        match listener {
            Some(mut listener) => {
                listener.end(events);
                self.listeners = self.listeners.saturating_sub(1);
            }
            None if content.is_none() => {}
            None => events.push(content.event(self.conn, dir, id, ending)),
        }
        let way_back = other(dir);
        if self.live.get(&id).is_some_and(|stream| stream.way(way_back).over) {
            self.live.remove(&id);
        }
    }

    /// A side resets a stream: both directions are over.
    pub fn reset(&mut self, dir: Dir, id: u32, events: &mut Vec<Event>) {
        let way_back = other(dir);
        match self.live.get(&id) {
            Some(stream) if !stream.way(way_back).over => {
                self.reset.insert(id, way_back);
                if self.reset.len() > RESET {
                    self.reset.pop_first();
                }
            }
            // Both sides have reset it.
            None if self.reset.get(&id) == Some(&dir) => {
                self.reset.remove(&id);
            }
            _ => {}
        }
        self.end(Dir::ToServer, id, Ending::Cut, events);
        self.end(Dir::ToClient, id, Ending::Cut, events);
    }

    /// The connection's direction is over, and with it that of every stream.
    pub fn finish(&mut self, dir: Dir, events: &mut Vec<Event>) {
        let open = self.live.iter().filter(|(_, stream)| !stream.way(dir).over);
        let open: Vec<u32> = open.map(|(id, _)| *id).collect();
        for id in open {
            self.end(dir, id, Ending::Cut, events);
        }
    }
}

/// Whether a stream of this number is a client's to open (RFC 9113, section 5.1.1).
const fn is_clients(id: u32) -> bool {
    id % 2 == 1
}

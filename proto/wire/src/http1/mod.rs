//! HTTP/1.0 and HTTP/1.1.
//!
//! Hears: heads, bodies by length, by chunks and until close, pipelined requests, interim answers.
//! Spec: RFC 9112 (syntax and framing), RFC 9110 (meaning).
//! Incomplete support: after an upgrade to anything but WebSocket (101, CONNECT) the bytes are
//! counted and not decoded; transfer codings other than chunked are not undone.
//! Hands over: to `websocket`, with what came early; to `http2`, where a connection begins with its
//! preface, the bytes of the preface included; the content of an event stream goes to `sse`,
//! that of a call in gRPC-web to `grpc`.
//! Laws: 2 (nothing fails, incomplete input consumes nothing), 3 (fields tile, nothing is left
//! out), 4 (however the stream is cut, the events are the same): see `laws.rs`.
//!
//! ```text
//! each direction:   Head ──► Length ──┐
//!                    ▲ ├──► Chunked ──┤
//!                    │ └──► UntilClose│ (answers only)
//!                    └────────────────┘
//!                   any ──► Rest (upgraded, or the framing is lost) ──► Ended
//! ```

mod body;
mod end;
mod exchange;
mod framing;
mod head;
mod upgrade;

use std::collections::VecDeque;

use trace::event::Event;
use trace::fault::{Code, Fault};
use trace::http1::{Framing, Http1 as Said, Rest};
use trace::ids::ConnId;
use trace::span::{Dir, Span};

use crate::both::{Both, Decoder};
use crate::conn::Conn;
use crate::http2::{self, Http2};
use crate::listener::Listener;
use crate::reader::Reader;
use crate::websocket::Websocket;
use body::{Chunked, take_content};
use exchange::Awaited;
pub(crate) use head::tile_header;
pub use head::{Found, find_end as find_head_end};

/// The longest head that is read, in bytes.
pub const HEAD_MAX: usize = 64 * 1024;

/// The most headers that a head may have.
pub const FIELDS_MAX: usize = 256;

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Http1 {
    conn: ConnId,
    halves: Both<Half>,
    /// Requests heard whole whose answers have not come yet.
    awaited: VecDeque<Awaited>,
    /// Requests heard whole so far.
    exchanges: u64,
    upgraded: bool,
    next: Option<Next>,
    #[cfg(test)]
    pub(crate) mutation: Option<crate::laws::Mutation>,
}

/// What takes over.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// WebSocket, with extensions or without.
    Websocket { extensions: bool },
    /// HTTP/2, from its preface on.
    Http2,
}

#[derive(Debug, Default)]
struct Half {
    reader: Reader,
    state: State,
    /// Listens to the content of the body that is under way.
    listener: Option<Listener>,
}

#[derive(Debug)]
enum State {
    /// A head is awaited; the first `searched` bytes hold no end of one.
    Head { searched: usize },
    /// A body of known length.
    Length { start: u64, len: u64, exchange: Option<u64> },
    /// A chunked body.
    Chunked(Box<Chunked>),
    /// A body that ends with the connection.
    UntilClose { start: u64, exchange: Option<u64> },
    /// Not decoded any more.
    Rest { start: u64, why: Rest },
    /// Over.
    Ended,
}

impl Default for State {
    fn default() -> Self {
        Self::Head { searched: 0 }
    }
}

impl Http1 {
    /// A connection from its first byte.
    #[must_use]
    pub fn new(conn: ConnId) -> Self {
        Self {
            conn,
            halves: Both::default(),
            awaited: VecDeque::new(),
            exchanges: 0,
            upgraded: false,
            next: None,
            #[cfg(test)]
            mutation: None,
        }
    }

    /// The decoder that goes on from here, with what waits in both directions.
    pub fn hand_over(&mut self) -> Option<Conn> {
        let next = self.next.take()?;
        let readers = [&mut self.halves.to_server, &mut self.halves.to_client].map(|half| {
            let is_over = matches!(half.state, State::Ended);
            (!is_over).then(|| std::mem::take(&mut half.reader))
        });
        let extensions = match next {
            Next::Websocket { extensions } => extensions,
            Next::Http2 => {
                let http2 = Http2::new(self.conn, readers);
                #[cfg(test)]
                let http2 = http2.mutated(self.mutation);
                return Some(Conn::Http2(Box::new(http2)));
            }
        };
        let websocket = Websocket::new(self.conn, readers, extensions);
        #[cfg(test)]
        let websocket = websocket.mutated(self.mutation);
        Some(Conn::Websocket(Box::new(websocket)))
    }

    /// Whether the client's first bytes say HTTP/2, and nothing of the server's was read as HTTP/1
    /// that is not over.
    fn is_http2(&self) -> bool {
        let (asks, answers) = (&self.halves.to_server, &self.halves.to_client);
        asks.reader.offset() == 0
            && asks.reader.peek().starts_with(http2::BEGINNING)
            && matches!(asks.state, State::Head { .. })
            && matches!(answers.state, State::Head { .. } | State::Ended)
            && !self.upgraded
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        self.halves.of_mut(dir)
    }

    /// A whole head lies at the beginning.
    fn head(&mut self, dir: Dir, len: usize, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let bytes = half.reader.peek().get(..len).unwrap_or_default();
        let mut parsed = match dir {
            Dir::ToServer => head::request(bytes, half.reader.offset()),
            Dir::ToClient => head::response(bytes, half.reader.offset()),
        };
        let span = half.reader.take(len as u64);
        let next = match &mut parsed.said {
            Said::Request(request) => self.asked(request, &parsed.apart, span.end()),
            Said::Response(response) => {
                self.answered(response, &parsed.apart, span.end(), &mut parsed.faults)
            }
            _ => State::default(),
        };
        if parsed.in_sync {
            self.half(dir).state = next;
        } else {
            let half = self.half(dir);
            half.state = State::Rest { start: span.end(), why: Rest::Desynchronised };
            half.listener = None;
            self.next = None;
        }
        #[cfg(test)]
        crate::laws::mutate_fields(self.mutation, &mut parsed.fields);
        self.say(dir, span, parsed.said, parsed.fields, parsed.faults, events);
    }

    /// A chunked body is over, or cannot be read any further.
    fn chunks_end(&mut self, dir: Dir, in_sync: bool, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let next = if in_sync {
            State::default()
        } else {
            State::Rest { start: half.reader.offset(), why: Rest::Desynchronised }
        };
        if let State::Chunked(chunked) = std::mem::replace(&mut half.state, next) {
            self.chunked_body(dir, *chunked, in_sync, events);
        }
    }

    /// The head has no end within what is read of one.
    fn too_long(&mut self, dir: Dir, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let span = half.reader.take(HEAD_MAX as u64);
        half.state = State::Rest { start: span.end(), why: Rest::Desynchronised };
        let fault = Fault { code: Code::HeadTooLarge, span: None };
        self.undecoded(dir, span, Said::Malformed, vec![fault], events);
    }
}

impl Decoder for Http1 {
    fn reader(&mut self, dir: Dir) -> &mut Reader {
        &mut self.half(dir).reader
    }

    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let upgraded = self.upgraded;
        #[cfg(test)]
        let mutation = self.mutation;
        let half = self.half(dir);
        match &mut half.state {
            State::Head { .. } if upgraded => {
                half.state = State::Rest { start: half.reader.offset(), why: Rest::Upgraded };
                true
            }
            State::Head { searched } => {
                let found = head::find_end(half.reader.peek(), searched);
                #[cfg(test)]
                let found = crate::laws::mutate_found(mutation, half.reader.peek(), found);
                match found {
                    Found::No => false,
                    Found::Yes(len) => {
                        self.head(dir, len, events);
                        true
                    }
                    Found::TooLong => {
                        self.too_long(dir, events);
                        true
                    }
                }
            }
            State::Length { start, len, exchange } => {
                let (span, len, exchange) = (Span { start: *start, len: *len }, *len, *exchange);
                let due = span.end().saturating_sub(half.reader.offset());
                take_content(&mut half.reader, due, half.listener.as_mut(), events);
                if half.reader.offset() < span.end() {
                    return false;
                }
                half.state = State::default();
                self.plain_body(dir, span, Framing::Length(len), exchange, &[], events);
                true
            }
            State::Chunked(chunked) => {
                let listener = half.listener.as_mut();
                match chunked.step(&mut half.reader, listener, events) {
                    body::Step::Wait => false,
                    body::Step::Again => true,
                    body::Step::Done { in_sync } => {
                        self.chunks_end(dir, in_sync, events);
                        true
                    }
                }
            }
            State::UntilClose { .. } => {
                take_content(&mut half.reader, u64::MAX, half.listener.as_mut(), events);
                false
            }
            State::Rest { .. } | State::Ended => {
                half.reader.take(u64::MAX);
                false
            }
        }
    }

    fn finish(&mut self, dir: Dir, why: Code, events: &mut Vec<Event>) {
        self.over(dir, why, events);
    }

    fn open_body(&self, dir: Dir) -> Option<u64> {
        match &self.halves.of(dir).state {
            State::Length { start, .. } | State::UntilClose { start, .. } => Some(*start),
            State::Chunked(chunked) => Some(chunked.span().start),
            State::Rest { start, .. } => Some(*start),
            State::Head { .. } | State::Ended => None,
        }
    }

    fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        #[cfg(test)]
        if self.mutation == Some(crate::laws::Mutation::ForgetWaiting) {
            self.forget_waiting(dir);
        }
        self.half(dir).reader.push(bytes);
        if dir == Dir::ToServer && self.is_http2() {
            self.next = Some(Next::Http2);
        }
        while self.next.is_none() && self.step(dir, events) {}
        self.half(dir).reader.settle();
    }
}

/// What follows a head.
fn state_after(framing: Framing, start: u64, exchange: Option<u64>) -> State {
    match framing {
        Framing::None | Framing::Length(0) => State::default(),
        Framing::Length(len) => State::Length { start, len, exchange },
        Framing::Chunked => State::Chunked(Box::new(Chunked::new(start, exchange))),
        Framing::UntilClose => State::UntilClose { start, exchange },
    }
}

#[cfg(test)]
impl Http1 {
    /// For the mutations of `laws.rs`: does not look at the first bytes of what comes now.
    pub(crate) fn forget_waiting(&mut self, dir: Dir) {
        let half = self.half(dir);
        if let State::Head { searched } = &mut half.state {
            *searched = half.reader.peek().len() + 2;
        }
    }
}

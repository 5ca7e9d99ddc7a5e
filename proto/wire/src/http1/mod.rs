//! HTTP/1.0 and HTTP/1.1.
//!
//! Hears: heads, bodies by length, by chunks and until close, pipelined requests, interim answers.
//! Spec: RFC 9112 (syntax and framing), RFC 9110 (meaning).
//! Incomplete support: after an upgrade (101, CONNECT) the bytes are counted and not decoded;
//! transfer codings other than chunked are not undone.
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
mod framing;
mod head;

use std::collections::VecDeque;

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http1::{Body, Framing, Http1 as Said, Request, Response, Rest};
use trace::ids::ConnId;
use trace::span::{Dir, Span, Spans};

use crate::reader::Reader;
use body::Chunked;
pub use head::{Found, find_end as find_head_end};

/// The longest head that is read, in bytes.
pub const HEAD_MAX: usize = 64 * 1024;

/// The most headers that a head may have.
pub const FIELDS_MAX: usize = 256;

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Http1 {
    conn: ConnId,
    to_server: Half,
    to_client: Half,
    /// Requests heard whole whose answers have not come yet.
    awaited: VecDeque<Awaited>,
    /// Requests heard whole so far.
    exchanges: u64,
    upgraded: bool,
    #[cfg(test)]
    pub(crate) mutation: Option<crate::laws::Mutation>,
}

/// A request whose answer is awaited: what the answer's framing depends on.
#[derive(Debug, Clone, Copy)]
struct Awaited {
    exchange: u64,
    method: AskedBy,
}

/// Methods that change how an answer is framed (RFC 9112, section 6.3, rules 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AskedBy {
    Head,
    Connect,
    Other,
}

#[derive(Debug, Default)]
struct Half {
    reader: Reader,
    state: State,
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
            to_server: Half::default(),
            to_client: Half::default(),
            awaited: VecDeque::new(),
            exchanges: 0,
            upgraded: false,
            #[cfg(test)]
            mutation: None,
        }
    }

    /// Takes the next bytes of a direction, and adds what they complete to `events`.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        #[cfg(test)]
        if self.mutation == Some(crate::laws::Mutation::ForgetWaiting) {
            self.forget_waiting(dir);
        }
        self.half(dir).reader.push(bytes);
        while self.step(dir, events) {}
    }

    /// Where the body that is under way in a direction began.
    #[must_use]
    pub const fn open_body(&self, dir: Dir) -> Option<u64> {
        let half = match dir {
            Dir::ToServer => &self.to_server,
            Dir::ToClient => &self.to_client,
        };
        match &half.state {
            State::Length { start, .. } | State::UntilClose { start, .. } => Some(*start),
            State::Chunked(chunked) => Some(chunked.span().start),
            State::Rest { start, .. } => Some(*start),
            State::Head { .. } | State::Ended => None,
        }
    }

    /// The direction has no more bytes: what is open ends here.
    pub fn end(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.finish(dir, None, events);
    }

    /// The next bytes are lost: what is open ends here, and nothing after it is decoded.
    pub fn lost(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.finish(dir, Some(Code::AfterLoss), events);
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        match dir {
            Dir::ToServer => &mut self.to_server,
            Dir::ToClient => &mut self.to_client,
        }
    }

    /// Goes one state on, if there is enough for it. Says whether it did.
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
                let (start, len, exchange) = (*start, *len, *exchange);
                half.reader.take((start + len).saturating_sub(half.reader.offset()));
                if half.reader.offset() < start + len {
                    return false;
                }
                half.state = State::default();
                let span = Span { start, len };
                self.plain_body(dir, span, Framing::Length(len), exchange, &[], events);
                true
            }
            State::Chunked(chunked) => match chunked.step(&mut half.reader) {
                body::Step::Wait => false,
                body::Step::Again => true,
                body::Step::Done { in_sync } => {
                    let offset = half.reader.offset();
                    let next = if in_sync {
                        State::default()
                    } else {
                        State::Rest { start: offset, why: Rest::Desynchronised }
                    };
                    if let State::Chunked(chunked) = std::mem::replace(&mut half.state, next) {
                        self.chunked_body(dir, *chunked, in_sync, events);
                    }
                    true
                }
            },
            State::UntilClose { .. } | State::Rest { .. } | State::Ended => {
                half.reader.take(u64::MAX);
                false
            }
        }
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
            Said::Request(request) => self.asked(request, span.end()),
            Said::Response(response) => self.answered(response, span.end(), &mut parsed.faults),
            _ => State::default(),
        };
        let lost_sync = State::Rest { start: span.end(), why: Rest::Desynchronised };
        self.half(dir).state = if parsed.in_sync { next } else { lost_sync };
        #[cfg(test)]
        crate::laws::mutate_fields(self.mutation, &mut parsed.fields);
        self.say(dir, span, parsed.said, parsed.fields, parsed.faults, events);
    }

    /// Numbers a request and remembers what its answer's framing depends on.
    fn asked(&mut self, request: &mut Request, body_start: u64) -> State {
        request.exchange = self.exchanges;
        self.exchanges += 1;
        let method = match request.method.as_str() {
            "HEAD" => AskedBy::Head,
            "CONNECT" => AskedBy::Connect,
            _ => AskedBy::Other,
        };
        self.awaited.push_back(Awaited { exchange: request.exchange, method });
        state_after(request.framing, body_start, Some(request.exchange))
    }

    /// Ties an answer to its request.
    fn answered(
        &mut self,
        response: &mut Response,
        body_start: u64,
        faults: &mut Vec<Fault>,
    ) -> State {
        // An interim answer leaves its request waiting for the final one (RFC 9110, section 15.2).
        let interim = response.status < 200 && response.status != 101;
        let asked = if interim { self.awaited.front().copied() } else { self.awaited.pop_front() };
        response.exchange = asked.map(|asked| asked.exchange);
        if asked.is_none() {
            faults.push(Fault { code: Code::Unsolicited, span: None });
        }
        let method = asked.map_or(AskedBy::Other, |asked| asked.method);
        response.framing = framing::of_response(response.status, response.framing, method);
        response.persistent &= response.framing != Framing::UntilClose;
        self.upgraded |= response.status == 101
            || (method == AskedBy::Connect && (200..300).contains(&response.status));
        state_after(response.framing, body_start, response.exchange)
    }

    /// The head has no end within what is read of one.
    fn too_long(&mut self, dir: Dir, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let span = half.reader.take(HEAD_MAX as u64);
        half.state = State::Rest { start: span.end(), why: Rest::Desynchronised };
        let fault = Fault { code: Code::HeadTooLarge, span: None };
        self.undecoded(dir, span, Said::Malformed, vec![fault], events);
    }

    /// The direction is over: whatever is open is said as it stands.
    fn finish(&mut self, dir: Dir, loss: Option<Code>, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let offset = half.reader.offset();
        let pending = half.reader.take(u64::MAX);
        let cut = [Fault { code: loss.unwrap_or(Code::Incomplete), span: None }];
        match std::mem::replace(&mut half.state, State::Ended) {
            State::Head { .. } if pending.is_empty() => {}
            State::Head { .. } => {
                self.undecoded(dir, pending, Said::Partial, cut.to_vec(), events);
            }
            State::Length { start, len, exchange } => {
                let span = Span::between(start, pending.end());
                self.plain_body(dir, span, Framing::Length(len), exchange, &cut, events);
            }
            State::Chunked(mut chunked) => {
                chunked.cut_off(pending, &cut);
                self.chunked_body(dir, *chunked, false, events);
            }
            State::UntilClose { start, exchange } => {
                let span = Span::between(start, pending.end());
                let faults = if loss.is_some() { &cut[..] } else { &[] };
                self.plain_body(dir, span, Framing::UntilClose, exchange, faults, events);
            }
            State::Rest { start, why } => {
                let span = Span::between(start, offset.max(pending.end()));
                if !span.is_empty() {
                    self.undecoded(dir, span, Said::Rest(why), Vec::new(), events);
                }
            }
            State::Ended => {}
        }
    }

    fn plain_body(
        &self,
        dir: Dir,
        span: Span,
        framing: Framing,
        exchange: Option<u64>,
        faults: &[Fault],
        events: &mut Vec<Event>,
    ) {
        let complete = faults.is_empty();
        if span.is_empty() && complete {
            return;
        }
        let body = Body { exchange, framing, content_len: span.len, chunks: 0, complete };
        let fields =
            Vec::from_iter((!span.is_empty()).then_some(Field { name: Name::Content, span }));
        self.say(dir, span, Said::Body(body), fields, faults.to_vec(), events);
    }

    fn chunked_body(&self, dir: Dir, chunked: Chunked, complete: bool, events: &mut Vec<Event>) {
        let span = chunked.span();
        let body = Body {
            exchange: chunked.exchange,
            framing: Framing::Chunked,
            content_len: chunked.content_len,
            chunks: chunked.chunks,
            complete,
        };
        self.say(dir, span, Said::Body(body), chunked.fields, chunked.faults, events);
    }

    fn undecoded(
        &self,
        dir: Dir,
        span: Span,
        said: Said,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        self.say(dir, span, said, vec![Field { name: Name::Undecoded, span }], faults, events);
    }

    fn say(
        &self,
        dir: Dir,
        span: Span,
        said: Said,
        fields: Vec<Field>,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        events.push(Event {
            conn: self.conn,
            from: dir.speaker(),
            evidence: Spans::one(span),
            kind: Kind::Http1(said),
            fields,
            faults,
        });
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

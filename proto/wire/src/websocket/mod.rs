//! WebSocket, from the bytes behind the upgrade on.
//!
//! Hears: frames of every kind, each when it is whole, and messages over their frames.
//! Spec: RFC 6455 (framing: section 5; closing: section 7; text: section 8.1).
//! Incomplete support: no extension is undone. Where one was agreed on, the reserved bits are its
//! own; a message with such a bit is not read as text.
//! Laws: 2 (nothing fails, incomplete input consumes nothing), 3 (fields tile frames, frames tile
//! the stream), 4 (however the stream is cut, the events are the same): see `laws.rs`.
//!
//! ```text
//! each direction:   Header ◄──► Payload
//!                      └──► Rest (a length that cannot be)      any ──► Ended
//! ```

mod frame;
mod message;

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::ids::ConnId;
use trace::span::{Dir, Span, Spans};
use trace::websocket::{Opcode, Websocket as Said};

use crate::both::{Both, Decoder};
use crate::reader::Reader;
use frame::{Header, Open};
use message::Building;

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Websocket {
    conn: ConnId,
    halves: Both<Half>,
    /// Whether an extension was agreed on.
    extensions: bool,
    #[cfg(test)]
    mutation: Option<crate::laws::Mutation>,
}

#[derive(Debug)]
struct Half {
    reader: Reader,
    state: State,
    /// The message of which some frames have come.
    message: Option<Box<Building>>,
    /// Whether a close has come.
    closed: bool,
}

#[derive(Debug)]
enum State {
    /// A frame's header is awaited.
    Header,
    /// A frame's payload is under way. In a box: most sockets are idle most of the time.
    Payload(Box<Open>),
    /// Not decoded any more.
    Rest { start: u64 },
    /// Over.
    Ended,
}

impl Websocket {
    /// Takes a connection over where both directions are behind the upgrade. A reader holds what
    /// came early and knows where it lies; there is none for a direction that is over.
    #[must_use]
    pub fn new(conn: ConnId, readers: [Option<Reader>; 2], extensions: bool) -> Self {
        let [to_server, to_client] = readers.map(|reader| Half {
            state: if reader.is_some() { State::Header } else { State::Ended },
            reader: reader.unwrap_or_default(),
            message: None,
            closed: false,
        });
        Self {
            conn,
            halves: Both { to_server, to_client },
            extensions,
            #[cfg(test)]
            mutation: None,
        }
    }

    /// Decodes what came early: the client's bytes first, since they came before the upgrade.
    pub fn begin(&mut self, events: &mut Vec<Event>) {
        self.feed(Dir::ToServer, &[], events);
        self.feed(Dir::ToClient, &[], events);
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        self.halves.of_mut(dir)
    }

    /// A header, if it is whole.
    fn header(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let extensions = self.extensions;
        let half = self.half(dir);
        let Some(header) = frame::read(half.reader.peek()) else { return false };
        let span = half.reader.take(header.size());
        let mut faults = header.faults(dir, span.start, extensions);
        half.place(&header, span.start, &mut faults);
        if header.is_endless() {
            half.state = State::Rest { start: span.end() };
            let fields = header.fields(span.start);
            self.say(dir, Spans::one(span), Said::Partial, fields, faults, events);
        } else {
            half.state = State::Payload(Box::new(Open::new(header, span.start, faults)));
        }
        true
    }

    /// A frame is whole, and with it perhaps a message.
    fn frame(&mut self, dir: Dir, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let end = half.reader.offset();
        let State::Payload(mut open) = std::mem::replace(&mut half.state, State::Header) else {
            return;
        };
        let last = match &mut half.message {
            Some(message) if open.header.is_data() => {
                message.add(Span::between(open.payload.start, end));
                open.header.fin
            }
            _ => false,
        };
        let built =
            if last { half.message.take().map(|message| message.finish(end)) } else { None };
        let said = open.said();
        let fields = open.fields(end);
        #[cfg(test)]
        let fields = crate::laws::mutate_frame(self.mutation, fields);
        let evidence = Spans::one(Span::between(open.start, end));
        self.say(dir, evidence, Said::Frame(said), fields, open.faults, events);
        if let Some(built) = built {
            let said = Said::Message(built.message);
            self.say(dir, built.evidence, said, built.fields, built.faults, events);
        }
    }

    fn say(
        &self,
        dir: Dir,
        evidence: Spans,
        said: Said,
        fields: Vec<Field>,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        let (conn, from, kind) = (self.conn, dir.speaker(), Kind::Websocket(said));
        events.push(Event { conn, from, evidence, kind, fields, faults });
    }
}

impl Decoder for Websocket {
    fn reader(&mut self, dir: Dir) -> &mut Reader {
        &mut self.half(dir).reader
    }

    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        #[cfg(test)]
        let mutation = self.mutation;
        let half = self.half(dir);
        match &mut half.state {
            State::Header => self.header(dir, events),
            State::Payload(open) => {
                let at = half.reader.offset();
                let index = at.saturating_sub(open.payload.start);
                #[cfg(test)]
                let index = crate::laws::mutate_index(mutation, index);
                let piece = half.reader.first(open.payload.end().saturating_sub(at));
                open.read(piece, at, index, half.message.as_deref_mut());
                let len = piece.len() as u64;
                half.reader.take(len);
                let whole = half.reader.offset() >= open.payload.end();
                #[cfg(test)]
                let whole = whole || crate::laws::mutate_whole(mutation, len);
                if whole {
                    self.frame(dir, events);
                }
                whole
            }
            State::Rest { .. } | State::Ended => {
                half.reader.take(u64::MAX);
                false
            }
        }
    }

    fn finish(&mut self, dir: Dir, code: Code, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let (start, waiting) = (half.reader.offset(), half.reader.peek());
        let fault = Fault { code, span: None };
        let state = std::mem::replace(&mut half.state, State::Ended);
        let (from, said, fields, faults) = match state {
            State::Header => (start, Said::Partial, frame::cut_off(waiting, start), vec![fault]),
            // What came of a payload has been taken as it came.
            State::Payload(mut open) => {
                open.faults.push(fault);
                (open.start, Said::Partial, open.fields(start), open.faults)
            }
            State::Rest { start: from } => {
                let span = Span::between(from, start);
                (from, Said::Rest, vec![Field { name: Name::Undecoded, span }], Vec::new())
            }
            State::Ended => return,
        };
        let end = half.reader.take(u64::MAX).end();
        half.reader.settle();
        half.message = None;
        let span = Span::between(from, end);
        if !span.is_empty() {
            self.say(dir, Spans::one(span), said, fields, faults, events);
        }
    }

    fn open_body(&self, dir: Dir) -> Option<u64> {
        match &self.halves.of(dir).state {
            State::Payload(open) => Some(open.start),
            State::Rest { start } => Some(*start),
            State::Header | State::Ended => None,
        }
    }
}

impl Half {
    /// Gives a frame its place among the ones before it (RFC 6455, sections 5.4 and 5.5.1).
    fn place(&mut self, header: &Header, start: u64, faults: &mut Vec<Fault>) {
        let mut fault = |code| faults.push(Fault { code, span: Some(Span { start, len: 1 }) });
        // A side that has said its close may still have to answer a ping (section 5.5.2).
        if self.closed && !matches!(header.opcode, Opcode::Ping | Opcode::Pong) {
            fault(Code::AfterClose);
            return;
        }
        match (header.opcode, &mut self.message) {
            (Opcode::Text | Opcode::Binary, under_way) => {
                if under_way.is_some() {
                    fault(Code::ExpectedContinuation);
                }
                *under_way = Some(Box::new(Building::new(header)));
            }
            (Opcode::Continuation, Some(message)) => message.go_on(header),
            (Opcode::Continuation, None) => fault(Code::UnexpectedContinuation),
            (Opcode::Close, message) => {
                self.closed = true;
                *message = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
impl Websocket {
    /// For the mutations of `laws.rs`.
    pub(crate) fn mutated(self, mutation: Option<crate::laws::Mutation>) -> Self {
        Self { mutation, ..self }
    }
}

#[cfg(test)]
mod tests;

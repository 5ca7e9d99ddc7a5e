//! HTTP/2, from the client's preface on.
//!
//! Hears: the preface; frames of every kind, each when it is whole; heads over their fragments;
//! contents over their DATA frames; windows. Where a head says that gRPC follows, its messages are
//! heard in the content's place (`grpc`).
//! Spec: RFC 9113; HPACK, RFC 7541, is `hpack`.
//! Whole: a payload waits until it is whole, up to 64 KiB; DATA, unknown kinds and what is longer
//! pass by as they come. A head stands right behind its last frame; a content behind the frame that
//! ends its stream's direction, or at the direction's end.
//! Interleaved: what one direction may do depends on what the other has said, in the order in which
//! both came by (`windows.rs`). Cutting a read in pieces does not change that order.
//! Bounded: streams that are followed (`streams.rs`), header blocks (`head.rs`), pieces of contents
//! (`content.rs`), settings that wait for their acknowledgement (`windows.rs`).
//! Incomplete support: what a SETTINGS_ENABLE_PUSH forbids, orders of the outdated priorities, and
//! whether a content is as long as its head says are not judged.
//! Laws: 2 (nothing fails, incomplete input consumes nothing), 3 (fields tile frames, frames tile the
//! stream), 4 (however the stream is cut, the events are the same).
//!
//! ```text
//! to the server:   Preface ──► Header        any ──► Ended
//! both:            Header ◄──► Passing
//!                  Preface, first Header ──► Rest (this is no HTTP/2)
//! ```

mod act;
mod content;
mod end;
mod frame;
mod head;
mod passing;
mod payload;
mod rules;
mod streams;
mod windows;

use trace::event::Event;
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::{FrameKind, Http2 as Said, Says};
use trace::ids::ConnId;
use trace::span::{Dir, Spans};

use crate::both::{Both, Decoder};
use crate::reader::Reader;
use content::Ending;
use frame::{END_STREAM, HEADER_LEN, Header};
use head::Blocks;
use passing::Passing;
use streams::Streams;
use windows::Flow;

/// What a client begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// As much of the preface as looks like a head of HTTP/1: who hears it at the beginning of a
/// connection hears HTTP/2.
pub const BEGINNING: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Http2 {
    conn: ConnId,
    halves: Both<Half>,
    streams: Streams,
    #[cfg(test)]
    mutation: Option<crate::laws::Mutation>,
}

#[derive(Debug)]
struct Half {
    reader: Reader,
    state: State,
    /// Whether its first frame has come.
    begun: bool,
    blocks: Blocks,
    /// What its receiver lets its sender send.
    flow: Flow,
}

#[derive(Debug)]
enum State {
    /// The preface is awaited.
    Preface,
    /// A frame's header is awaited, and its payload, if that waits.
    Header,
    /// A payload passes by.
    Passing(Passing),
    /// Not decoded any more.
    Rest { start: u64, faults: Vec<Fault> },
    /// Over.
    Ended,
}

impl Http2 {
    /// Takes a connection over. A reader holds what came early and knows where it lies: the client's
    /// direction from the preface on. There is none for a direction that is over.
    #[must_use]
    pub fn new(conn: ConnId, readers: [Option<Reader>; 2]) -> Self {
        let blind = readers.iter().any(Option::is_none);
        let [to_server, to_client] = readers;
        Self {
            conn,
            halves: Both {
                to_server: Half::new(to_server, State::Preface),
                to_client: Half::new(to_client, State::Header),
            },
            streams: Streams::new(conn, blind),
            #[cfg(test)]
            mutation: None,
        }
    }

    /// Decodes what came early: the server's bytes first, since they came before the preface was
    /// known for one.
    pub fn begin(&mut self, events: &mut Vec<Event>) {
        self.feed(Dir::ToClient, &[], events);
        self.feed(Dir::ToServer, &[], events);
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        self.halves.of_mut(dir)
    }

    /// A direction, and the streams of both.
    fn split(&mut self, dir: Dir) -> (&mut Half, &mut Streams) {
        (self.halves.of_mut(dir), &mut self.streams)
    }

    fn preface(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let half = self.half(dir);
        let came = half.reader.first(PREFACE.len() as u64);
        if !PREFACE.starts_with(came) {
            half.give_up(Code::BadPreface);
            return true;
        }
        if came.len() < PREFACE.len() {
            return false;
        }
        let span = half.reader.take(PREFACE.len() as u64);
        half.state = State::Header;
        let fields = vec![Field { name: Name::Preface, span }];
        self.say(dir, Spans::one(span), Said::Preface, fields, Vec::new(), events);
        true
    }

    /// A header, if it is whole, and what must be there with it.
    fn header(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let half = self.half(dir);
        let waiting = half.reader.peek();
        let Some(header) = frame::read(waiting, half.reader.offset()) else { return false };
        // A server that knows nothing but HTTP/1 answers the preface in its own words.
        if dir == Dir::ToClient && !half.begun && waiting.starts_with(b"HTTP/") {
            half.give_up(Code::NoSettings);
            return true;
        }
        if header.waits() {
            let came = waiting.len() as u64;
            let whole = came >= header.span().len;
            #[cfg(test)]
            let whole = whole || crate::laws::mutate_whole(self.mutation, came - HEADER_LEN as u64);
            if whole {
                self.frame(dir, &header, events);
            }
            return whole;
        }
        let mut padding = None;
        if header.kind == FrameKind::Data && header.is_padded() && header.fits() {
            padding = waiting.get(HEADER_LEN).copied();
            if padding.is_none() {
                return false;
            }
        }
        self.pass(dir, header, padding);
        true
    }

    /// A frame begins whose payload passes by.
    fn pass(&mut self, dir: Dir, header: Header, padding: Option<u8>) {
        let faults = self.judge(dir, &header);
        let (half, streams) = self.split(dir);
        let mut passing = Passing::new(header, padding, faults);
        if header.kind == FrameKind::Data {
            half.flow.spend(header.len);
            streams.begin_data(dir, &header, passing.data.start);
            let moved = streams.moved(dir, header.stream);
            // Without data nothing is spent, whatever the window (RFC 9113, section 6.9.1).
            if header.len > 0 && half.flow.is_exceeded(moved) && !streams.blind {
                let span = Some(header.length_at());
                passing.faults.push(Fault { code: Code::WindowExceeded, span });
            }
        }
        half.reader.take(passing.ahead());
        half.state = State::Passing(passing);
    }

    /// A piece of a payload that passes by.
    fn passing(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        #[cfg(test)]
        let mutation = self.mutation;
        let (half, streams) = self.split(dir);
        let State::Passing(passing) = &mut half.state else { return false };
        let (at, end) = (half.reader.offset(), passing.header.span().end());
        let piece = half.reader.first(end.saturating_sub(at));
        let data = passing.data_of(piece, at);
        #[cfg(test)]
        let at = crate::laws::mutate_place(mutation, at, passing.data.start);
        if !data.is_empty() {
            streams.data(dir, passing.header.stream, data, at, &mut passing.completed);
        }
        let len = piece.len() as u64;
        half.reader.take(len);
        let whole = half.reader.offset() >= end;
        if whole {
            self.passed(dir, events);
        }
        whole
    }

    /// A frame has passed by.
    fn passed(&mut self, dir: Dir, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let State::Passing(mut passing) = std::mem::replace(&mut half.state, State::Header) else {
            return;
        };
        let (header, mut completed) = (passing.header, std::mem::take(&mut passing.completed));
        let is_data = header.kind == FrameKind::Data;
        let block = half.blocks.frame(&header, None, None);
        let windows = is_data.then(|| self.windows(dir, header.stream));
        let fields = passing.fields(header.span().end());
        let said = Said::Frame(header.said(passing.padding, Says::Nothing, windows));
        self.say(dir, Spans::one(header.span()), said, fields, passing.faults, events);
        events.append(&mut completed);
        if is_data && header.has(END_STREAM) {
            self.streams.end(dir, header.stream, Ending::Whole, events);
        }
        if let Some(block) = block {
            self.head(dir, block, events);
        }
    }
}

impl Decoder for Http2 {
    fn reader(&mut self, dir: Dir) -> &mut Reader {
        &mut self.half(dir).reader
    }

    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let half = self.half(dir);
        match &half.state {
            State::Preface => self.preface(dir, events),
            State::Header => self.header(dir, events),
            State::Passing(_) => self.passing(dir, events),
            State::Rest { .. } | State::Ended => {
                half.reader.take(u64::MAX);
                false
            }
        }
    }

    fn finish(&mut self, dir: Dir, code: Code, events: &mut Vec<Event>) {
        self.over(dir, code, events);
    }

    fn open_body(&self, dir: Dir) -> Option<u64> {
        match &self.halves.of(dir).state {
            State::Passing(passing) => Some(passing.header.start),
            State::Rest { start, .. } => Some(*start),
            State::Preface | State::Header | State::Ended => None,
        }
    }

    fn lost(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.streams.blind = true;
        self.finish(dir, Code::AfterLoss, events);
    }
}

impl Half {
    /// A direction that begins in a state, or is over.
    fn new(reader: Option<Reader>, state: State) -> Self {
        Self {
            state: if reader.is_some() { state } else { State::Ended },
            reader: reader.unwrap_or_default(),
            begun: false,
            blocks: Blocks::default(),
            flow: Flow::default(),
        }
    }

    /// What comes is no HTTP/2.
    fn give_up(&mut self, code: Code) {
        let faults = vec![Fault { code, span: None }];
        self.state = State::Rest { start: self.reader.offset(), faults };
    }
}

#[cfg(test)]
impl Http2 {
    /// For the mutations of `laws.rs`.
    pub(crate) fn mutated(mut self, mutation: Option<crate::laws::Mutation>) -> Self {
        for half in [&mut self.halves.to_server, &mut self.halves.to_client] {
            half.blocks.hpack.mutation = mutation;
        }
        self.streams.mutation = mutation;
        Self { mutation, ..self }
    }
}

/// The other direction.
const fn other(dir: Dir) -> Dir {
    match dir {
        Dir::ToServer => Dir::ToClient,
        Dir::ToClient => Dir::ToServer,
    }
}

#[cfg(test)]
mod tests;

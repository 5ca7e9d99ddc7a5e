//! TLS from outside, from the first byte on.
//!
//! Hears: records, each when it is whole; in the clear also alerts and handshake messages, those that go
//! over several records with the last of them.
//! Spec: RFC 8446 (handshake: section 4; records: section 5; alerts: section 6), RFC 5246 for TLS 1.2.
//! Incomplete support: nothing is decrypted, and of the handshake only both hellos are read piece by
//! piece. What is not decoded any more is told as a record of type 0 and version 0.
//! Bounded: a handshake message is read up to 64 KiB; a record cannot be longer.
//! Laws: 2 (nothing fails, incomplete input consumes nothing), 3 (fields tile records, records tile the
//! stream), 4 (however the stream is cut, the events are the same): see `laws.rs`.
//!
//! ```text
//! each direction:   Record ──► Record …      any ──► Rest (a version that is none) ──► Ended
//! ```

mod gathering;
mod hello;
pub mod names;
mod record;
mod walk;

#[cfg(test)]
mod tests;

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::ids::ConnId;
use trace::span::{Dir, Span, Spans};
use trace::tls::ContentType;

use crate::both::{Both, Decoder};
use crate::reader::Reader;
use gathering::Gathering;
use record::{HEAD, Head, Record};

/// The version from which on what follows a `ChangeCipherSpec` may still be in the clear (RFC 8446,
/// appendix D.4).
const TLS_1_3: u16 = 0x0304;

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Tls {
    conn: ConnId,
    halves: Both<Half>,
    /// The version that the server took.
    agreed: Option<u16>,
    #[cfg(test)]
    pub(crate) mutation: Option<crate::laws::Mutation>,
}

#[derive(Debug, Default)]
struct Half {
    reader: Reader,
    state: State,
    /// A handshake message of which some records have come. In a box: there seldom is one.
    open: Option<Box<Gathering>>,
    /// Whether a `ChangeCipherSpec` has come.
    changed: bool,
}

#[derive(Debug, Default)]
enum State {
    /// A record is awaited, or under way.
    #[default]
    Record,
    /// Not decoded any more.
    Rest { start: u64 },
    /// Over.
    Ended,
}

impl Tls {
    /// A connection from its first byte.
    #[must_use]
    pub fn new(conn: ConnId) -> Self {
        Self {
            conn,
            halves: Both::default(),
            agreed: None,
            #[cfg(test)]
            mutation: None,
        }
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        self.halves.of_mut(dir)
    }

    fn say(&self, dir: Dir, span: Span, record: Record, events: &mut Vec<Event>) {
        let Record { said, tiler, faults, .. } = record;
        let fields = tiler.fields;
        #[cfg(test)]
        let fields = crate::laws::mutate_frame(self.mutation, fields);
        events.push(Event {
            conn: self.conn,
            from: dir.speaker(),
            evidence: Spans::one(span),
            kind: Kind::Tls(said),
            fields,
            faults,
        });
    }
}

impl Decoder for Tls {
    fn reader(&mut self, dir: Dir) -> &mut Reader {
        &mut self.half(dir).reader
    }

    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        #[cfg(test)]
        let mutation = self.mutation;
        let agreed = self.agreed;
        let half = self.half(dir);
        if !matches!(half.state, State::Record) {
            half.reader.take(u64::MAX);
            return false;
        }
        let Some(head) = Head::read(half.reader.peek()) else { return false };
        if !head.is_tls() {
            let span = half.reader.take(HEAD as u64);
            half.state = State::Rest { start: span.end() };
            self.say(dir, span, Record::no_tls(&head, span.start), events);
            return true;
        }
        let came = half.reader.first(head.size()).len() as u64;
        let whole = came == head.size();
        #[cfg(test)]
        let whole = whole || crate::laws::mutate_whole(mutation, came.saturating_sub(HEAD as u64));
        if !whole {
            return false;
        }
        let record = half.record(&head, agreed);
        let span = half.reader.take(head.size());
        if let (Dir::ToClient, Some(version)) = (dir, record.taken()) {
            self.agreed = Some(version);
        }
        self.say(dir, span, record, events);
        true
    }

    fn finish(&mut self, dir: Dir, code: Code, events: &mut Vec<Event>) {
        let agreed = self.agreed;
        let half = self.half(dir);
        let protected = half.is_protected(agreed);
        let start = half.reader.offset();
        let record = match std::mem::replace(&mut half.state, State::Ended) {
            State::Record => Record::cut_off(half.reader.peek(), start, protected, code),
            State::Rest { start: from } => Record::rest(Span::between(from, start)),
            State::Ended => return,
        };
        half.reader.take(u64::MAX);
        half.reader.settle();
        half.open = None;
        let fields = &record.tiler.fields;
        if let (Some(first), Some(last)) = (fields.first(), fields.last()) {
            let span = Span::between(first.span.start, last.span.end());
            self.say(dir, span, record, events);
        }
    }

    fn open_body(&self, dir: Dir) -> Option<u64> {
        match &self.halves.of(dir).state {
            State::Rest { start } => Some(*start),
            State::Record | State::Ended => None,
        }
    }

    fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        #[cfg(test)]
        if self.mutation == Some(crate::laws::Mutation::ForgetMessage) {
            self.half(dir).open = None;
        }
        self.half(dir).reader.push(bytes);
        while self.step(dir, events) {}
        self.half(dir).reader.settle();
    }
}

impl Half {
    /// Reads the whole record that lies at the beginning of what waits.
    fn record(&mut self, head: &Head, agreed: Option<u16>) -> Record {
        let protected = self.is_protected(agreed);
        let start = self.reader.offset();
        let fragment = self.reader.first(head.size()).get(HEAD..).unwrap_or_default();
        let mut record = Record::of(head, start);
        let content = head.content();
        let goes_on = content == ContentType::Handshake && !protected;
        if !goes_on && self.open.take().is_some() {
            // Nothing may come between the records of a message (RFC 8446, section 5.1).
            record.misfit(Span { start, len: 1 });
        }
        match content {
            ContentType::ChangeCipherSpec => {
                record.change(fragment);
                self.changed = true;
            }
            ContentType::Alert if !protected => record.alert(fragment),
            ContentType::Handshake if !protected => record.handshake(fragment, &mut self.open),
            ContentType::Other(_) => record.opaque(fragment.len()),
            ContentType::Alert | ContentType::Handshake | ContentType::ApplicationData => {
                record.said.protected = true;
                record.opaque(fragment.len());
            }
        }
        record
    }

    /// Whether what comes now cannot be read from outside, whatever its type. Where the server's
    /// choice was not heard, a `ChangeCipherSpec` is taken at its word.
    fn is_protected(&self, agreed: Option<u16>) -> bool {
        self.changed && agreed.is_none_or(|version| version < TLS_1_3)
    }
}

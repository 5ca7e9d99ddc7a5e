//! Ends: of bodies, of directions, and what is said of them.

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http1::{Body, Framing, Http1 as Said};
use trace::span::{Dir, Span, Spans};

use super::body::Chunked;
use super::{Http1, State};

impl Http1 {
    /// The direction is over: whatever is open is said as it stands.
    pub(super) fn over(&mut self, dir: Dir, why: Code, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let offset = half.reader.offset();
        let pending = half.reader.take(u64::MAX);
        half.reader.settle();
        let cut = [Fault { code: why, span: None }];
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
                let faults = if why == Code::Incomplete { &[][..] } else { &cut };
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

    pub(super) fn plain_body(
        &mut self,
        dir: Dir,
        span: Span,
        framing: Framing,
        exchange: Option<u64>,
        faults: &[Fault],
        events: &mut Vec<Event>,
    ) {
        self.end_listener(dir, events);
        let complete = faults.is_empty();
        if span.is_empty() && complete {
            return;
        }
        let body = Body { exchange, framing, content_len: span.len, chunks: 0, complete };
        let fields =
            Vec::from_iter((!span.is_empty()).then_some(Field { name: Name::Content, span }));
        self.say(dir, span, Said::Body(body), fields, faults.to_vec(), events);
    }

    pub(super) fn chunked_body(
        &mut self,
        dir: Dir,
        chunked: Chunked,
        complete: bool,
        events: &mut Vec<Event>,
    ) {
        self.end_listener(dir, events);
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

    /// What lies in a body ends with it.
    fn end_listener(&mut self, dir: Dir, events: &mut Vec<Event>) {
        if let Some(mut listener) = self.half(dir).listener.take() {
            listener.end(events);
        }
    }

    pub(super) fn undecoded(
        &self,
        dir: Dir,
        span: Span,
        said: Said,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        self.say(dir, span, said, vec![Field { name: Name::Undecoded, span }], faults, events);
    }

    pub(super) fn say(
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

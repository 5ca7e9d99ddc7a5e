//! Ends of directions, and what is said.

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::Http2 as Said;
use trace::span::{Dir, Span, Spans};

use super::head::Blocks;
use super::{Http2, State, frame};

impl Http2 {
    /// The direction is over: whatever is open is said as it stands.
    pub(super) fn over(&mut self, dir: Dir, code: Code, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let (start, waiting) = (half.reader.offset(), half.reader.peek());
        let undecoded = |span| vec![Field { name: Name::Undecoded, span }];
        let cut = Fault { code, span: None };
        let state = std::mem::replace(&mut half.state, State::Ended);
        let mut completed = Vec::new();
        let (from, said, fields, faults) = match state {
            State::Preface => {
                let span = Span { start, len: waiting.len() as u64 };
                (start, Said::Partial, undecoded(span), vec![cut])
            }
            State::Header => (start, Said::Partial, frame::cut_off(waiting, start), vec![cut]),
            // What came of a payload has been taken as it came.
            State::Passing(mut passing) => {
                passing.faults.push(cut);
                completed = std::mem::take(&mut passing.completed);
                (passing.header.start, Said::Partial, passing.fields(start), passing.faults)
            }
            State::Rest { start: from, faults } => {
                (from, Said::Rest, undecoded(Span::between(from, start)), faults)
            }
            State::Ended => return,
        };
        let end = half.reader.take(u64::MAX).end();
        half.reader.settle();
        half.blocks = Blocks::default();
        let span = Span::between(from, end);
        if !span.is_empty() {
            self.say(dir, Spans::one(span), said, fields, faults, events);
        }
        events.append(&mut completed);
        self.streams.finish(dir, events);
    }

    pub(super) fn say(
        &self,
        dir: Dir,
        evidence: Spans,
        said: Said,
        fields: Vec<Field>,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        #[cfg(test)]
        let fields = crate::laws::mutate_frame(self.mutation, fields);
        let (conn, from, kind) = (self.conn, dir.speaker(), Kind::Http2(said));
        events.push(Event { conn, from, evidence, kind, fields, faults });
    }
}

//! Which other streams of HTTP/2 were open when one was answered. It is looked for from the answer
//! backwards, and not in the whole of the connection, since every answer's story asks for it.

use std::collections::BTreeSet;

use trace::event::{Event, Kind};
use trace::http2::{FrameKind, Http2, Role};
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Span, Spans};
use trace::time::Micros;

use super::{name, path, target};
use crate::model::Model;
use crate::step::{Key, Step, StepKind};

/// Over so many steps of the connection the others are looked for.
const SOUGHT: usize = 4_096;

/// A stream that was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    /// Its number.
    pub number: u32,
    /// The entry of its request.
    pub seq: Seq,
    /// What was asked for, without the run.
    pub target: String,
}

impl Beside {
    /// Its number, and the last part of what was asked for; with the query only where that tells it
    /// from another one.
    pub(crate) fn name(&self, among: &[Self]) -> String {
        let own = path(&self.target);
        let alone = among.iter().filter(|other| path(&other.target) == own).count() < 2;
        let name = name(if alone { own } else { &self.target });
        format!("{} {name}", self.number).trim_end().to_owned()
    }
}

impl Model {
    /// The streams that were open beside one when the answer in a step left, by their numbers. None
    /// where that is too long a way back.
    pub(crate) fn beside(&self, step: &Step, stream: u32) -> Option<Vec<Beside>> {
        let id = step.conn?;
        let at = self.answered_at(step, stream)?;
        let keys = &self.conns.get(&id)?.keys;
        // Whatever stands after the answer was asked for later.
        let upto = keys.partition_point(|key| key.0 <= at);
        let mut over = BTreeSet::from([stream]);
        let mut open: Vec<Beside> = Vec::new();
        for key in keys.get(upto.saturating_sub(SOUGHT)..upto)?.iter().rev() {
            for seq in self.events_of(*key).iter().rev() {
                let Some(event) = self.event(*seq) else { continue };
                if let Some(ended) = self.ends_before(id, event, at) {
                    over.insert(ended);
                } else if let Some((number, asked_for)) = asks(event)
                    && over.insert(number)
                {
                    let target = target(asked_for, &self.header.run.0);
                    open.push(Beside { number, seq: *seq, target });
                }
            }
        }
        open.sort_by_key(|stream| stream.number);
        (upto <= SOUGHT).then_some(open)
    }

    /// When the answer in a step left.
    fn answered_at(&self, step: &Step, stream: u32) -> Option<Micros> {
        let mut events = self.events_of(step.key).iter().filter_map(|seq| self.event(*seq));
        let answer = events.find(|event| match &event.kind {
            Kind::Http2(Http2::Head(head)) => head.stream == stream && head.role == Role::Response,
            _ => false,
        });
        self.times(answer?).stands()
    }

    fn events_of(&self, key: Key) -> &[Seq] {
        let step = self.index_of(key).and_then(|index| self.steps.get(index));
        match step.map(|step| &step.what) {
            Some(StepKind::Message { events, .. }) => events,
            _ => &[],
        }
    }

    /// The stream that an event ends, if it does so up to a moment: with the last byte of its answer
    /// (END_STREAM), or before that.
    fn ends_before(&self, id: ConnId, event: &Event, at: Micros) -> Option<u32> {
        let Kind::Http2(Http2::Frame(frame)) = &event.kind else { return None };
        let ends = match (frame.kind, event.dir()) {
            (FrameKind::RstStream, _) => true,
            (FrameKind::Data | FrameKind::Headers, Dir::ToClient) => frame.flags & 1 == 1,
            _ => false,
        };
        let last = Span { start: event.evidence.end().checked_sub(1)?, len: 1 };
        let left = self.moments.of(id, event.dir(), &Spans::one(last)).stands();
        left.filter(|left| ends && *left <= at).map(|_| frame.stream)
    }
}

/// The stream that an event opens, and what it asks for.
fn asks(event: &Event) -> Option<(u32, &str)> {
    match &event.kind {
        Kind::Http2(Http2::Head(head)) if head.role == Role::Request => {
            Some((head.stream, head.value(":path").unwrap_or_default()))
        }
        _ => None,
    }
}

//! How waits are drawn: what the server holds, what is idle, and what is under way.

use trace::event::Kind as Said;
use trace::http1::Http1;
use trace::ids::Seq;
use trace::note::PollRelease;
use trace::time::Micros;
use trace::webhook::Planned;

use crate::amount;
use crate::columns::Columns;
use crate::draw::{Pen, ends};
use crate::ladder::{Awaited, Pending};
use crate::model::{Conn, Model};
use crate::rows::ROW;
use crate::shape::{Anchor, Kind, Shape, Tone, Wait};
use crate::step::Step;
use crate::webhook::Over;
use crate::words;

impl Pen<'_> {
    /// The server has a request and takes its time, or other answers come first; a poll it holds on
    /// purpose.
    pub(crate) fn hold(&mut self, step: &Step, until: Micros, by: Seq) {
        if let Some(behind) = self.model.mostly_behind(step, until, by) {
            let took = amount::millis(behind.took);
            let args = [("whom", behind.name().into()), ("took", (&took).into())];
            return self.wait(Wait::Hold, until, text::say("ladder-behind", &args));
        }
        let took = amount::time(until.since(step.at()));
        let conn = step.conn.unwrap_or_default();
        let held = words::is_held(self.model, conn, step.seq());
        let id = if held { "ladder-held" } else { "ladder-hold" };
        self.wait(Wait::Hold, until, text::say(id, &[("took", (&took).into())]));
        if let Some((seq, _, by)) = self.model.release(conn, step.at(), until).filter(|_| held) {
            self.below_wait(seq, text::say(let_go(self.model, by), &[]));
        }
    }

    /// The connection is open and nothing is on it.
    pub(crate) fn idle(&mut self, step: &Step, until: Micros) {
        let took = amount::time(until.since(step.at()));
        self.wait(Wait::Idle, until, text::say("ladder-idle", &[("took", (&took).into())]));
    }

    /// A delivery waits for its next attempt, or for its turn: as long as was measured, beside what was
    /// planned.
    pub(crate) fn backoff(&mut self, step: &Step, sent: Option<(Seq, Micros)>) {
        let Some(due) = self.model.due(step) else { return };
        let (attempt, planned) = (due.attempt.to_string(), amount::time(due.wait));
        let Some((seq, at)) = sent else {
            let args = [("attempt", (&attempt).into()), ("planned", (&planned).into())];
            let id = match due.why {
                Planned::Twice => "ladder-waits-twice",
                Planned::First | Planned::Retry | Planned::Replay => "ladder-backs-off",
            };
            return self.wait(due.drawn(), step.at(), text::say(id, &args));
        };
        let took = amount::time(at.since(step.at()));
        let args = [("attempt", (&attempt).into()), ("took", (&took).into())];
        let id = match (self.model.wait_is_over(sent), due.why) {
            (Over::Dead, _) => "ladder-backed-off-dead",
            (_, Planned::Twice) => "ladder-waited-twice",
            (_, Planned::First | Planned::Replay) => "ladder-waited-turn",
            (_, Planned::Retry) => "ladder-backed-off",
        };
        self.wait(due.drawn(), at, text::say(id, &args));
        let args = [("planned", (&planned).into())];
        let id =
            if due.wait == Micros(0) { "ladder-due-at-once" } else { "ladder-backoff-planned" };
        self.below_wait(seq, text::say(id, &args));
    }

    /// Words beside a wait at the server.
    pub(crate) fn below_wait(&mut self, seq: Seq, text: String) {
        let at = (self.beside + self.outward() * 28.0, self.y + 15.0);
        self.push(seq, Kind::Note { at, anchor: self.anchor(), text, tone: Tone::Plain });
    }

    /// A wait up to a moment; where distance is time, in its length.
    pub(crate) fn wait(&mut self, wait: Wait, until: Micros, text: String) {
        let mirrored = self.anchor() == Anchor::End;
        let x = edge(wait, mirrored, self.client, self.beside);
        let (top, bottom) = match self.rows.height(until) {
            Some(bottom) => (self.y, bottom.max(self.y + 20.0)),
            None => (self.y - ROW / 2.0 + 4.0, self.y + ROW / 2.0 - 4.0),
        };
        let anchor = self.anchor();
        self.push(self.seq, Kind::Wait { x, top, bottom, line: self.y, anchor, wait, text });
    }
}

/// The left edge of a wait. Its words stand to its right, or where that is inward, to its left.
fn edge(wait: Wait, mirrored: bool, client: f64, server: f64) -> f64 {
    match (wait, mirrored) {
        // Beside the connection itself, so that it is on nobody else's lane.
        (Wait::Idle | Wait::Coming, false) => client + 10.0,
        (Wait::Idle | Wait::Coming, true) => client - 26.0,
        (Wait::Hold | Wait::Gate | Wait::Backoff, false) => server + 4.0,
        (Wait::Hold | Wait::Gate | Wait::Backoff, true) => server - 20.0,
    }
}

/// A wait under way, below the last row.
pub(crate) fn pending(
    model: &Model,
    columns: &Columns,
    pending: Pending,
    y: f64,
    now: Option<Micros>,
    shapes: &mut Vec<Shape>,
) {
    let own;
    let conn = match pending.what {
        // It is about no connection: none is there yet.
        Awaited::Attempt { lane, .. } => {
            own = Conn { client: lane, server: lane, ..Conn::default() };
            &own
        }
        _ => match model.conns.get(&pending.conn) {
            Some(conn) => conn,
            None => return,
        },
    };
    let Some((client, server)) = ends(columns, conn) else { return };
    let took = amount::clock(now.unwrap_or_default().since(pending.since));
    let args = [("took", (&took).into())];
    let (wait, text) = match pending.what {
        Awaited::Attempt { number, wait, drawn, .. } => {
            let (number, planned) = (number.to_string(), amount::time(wait));
            let [took] = args;
            let args = [took, ("planned", (&planned).into()), ("attempt", (&number).into())];
            (drawn, text::say("ladder-backoff-runs", &args))
        }
        Awaited::Answer if words::is_held(model, pending.conn, pending.seq) => {
            (Wait::Hold, text::say("ladder-held-on", &args))
        }
        Awaited::Answer => (Wait::Hold, text::say("ladder-holds", &args)),
        Awaited::Request => (Wait::Idle, text::say("ladder-idles", &args)),
        Awaited::Events if is_call(model, pending.seq) => {
            (Wait::Coming, text::say("ladder-call-runs", &args))
        }
        Awaited::Events => (Wait::Coming, text::say("ladder-stream-runs", &args)),
        Awaited::Rest(bytes) => {
            let bytes = amount::bytes(bytes);
            (Wait::Coming, text::say("ladder-message-coming", &[("bytes", (&bytes).into())]))
        }
    };
    let mirrored = server < client;
    let anchor = if mirrored { Anchor::End } else { Anchor::Start };
    let x = edge(wait, mirrored, client, columns.lane(conn.server).unwrap_or(server));
    let (top, bottom) = (y - ROW / 2.0 + 4.0, y + ROW / 2.0 - 4.0);
    let kind = Kind::Wait { x, top, bottom, line: y, anchor, wait, text };
    shapes.push(Shape { seq: pending.seq, kind });
}

/// Whether the head of what runs is that of an answer to a gRPC call.
fn is_call(model: &Model, head: Seq) -> bool {
    let head = model.event(head).map(|event| &event.kind);
    matches!(head, Some(Said::Http1(Http1::Response(answer))) if words::is_call(answer))
}

/// What let a held poll go in a run: where there is no store, none has told.
pub(crate) fn let_go(model: &Model, by: PollRelease) -> &'static str {
    match by {
        PollRelease::Woken if model.store_lane().is_none() => "ladder-released-told",
        by => released_by(by),
    }
}

/// What let a held poll go.
const fn released_by(by: PollRelease) -> &'static str {
    match by {
        PollRelease::Woken => "ladder-released-woken",
        PollRelease::Pulled => "ladder-released-pulled",
        PollRelease::Limit => "ladder-released-limit",
        PollRelease::RunEnded => "ladder-released-ended",
        PollRelease::Abandoned => "ladder-released-abandoned",
        PollRelease::Killed => "ladder-released-killed",
        PollRelease::StoreAway => "ladder-released-store",
    }
}

//! What the wait before an attempt says: how long it was and was to be, how it comes about, and what came
//! first.

use text::say;
use trace::ids::Seq;
use trace::time::Micros;
use trace::webhook::Planned;

use super::Teller;
use crate::amount;
use crate::model::HOLD_SHOWN;
use crate::schedule;
use crate::told::{Story, Told};
use crate::webhook::{Due, Over};

/// The log's header, as an entry.
const HEADER: Seq = Seq(0);

impl Teller<'_> {
    /// A delivery waits for its next attempt, or for its turn.
    pub(super) fn backoff(mut self, sent: Option<(Seq, Micros)>) -> Story {
        let Some(due) = self.model.due(self.step) else { return self.story };
        let over = self.model.wait_is_over(sent);
        let attempt = due.attempt.to_string();
        let title = match due.why {
            Planned::Retry => "story-backoff-title",
            Planned::Twice => "story-twice-title",
            Planned::First | Planned::Replay => "story-turn-title",
        };
        self.titled(say(title, &[("attempt", (&attempt).into())]));
        let (_, server) = self.names();
        let seq = self.step.seq();
        let (from, took) = match sent {
            Some((by, at)) => (vec![seq, by], at.since(self.step.at())),
            None => (vec![seq], due.wait),
        };
        let args = [
            ("server", Told::Word(&server)),
            ("attempt", Told::Number(attempt, vec![seq])),
            ("took", Told::Number(amount::time(took), from)),
            ("planned", Told::Number(amount::time(due.wait), vec![seq])),
        ];
        let id = match (over, due.why) {
            (Over::Dead, _) => "story-backoff-dead",
            (Over::Not, Planned::Twice) => "story-waits-twice",
            (Over::Not, _) => "story-backs-off",
            (Over::Sent, Planned::Twice) => "story-waited-twice",
            (Over::Sent, Planned::Retry) => "story-backed-off",
            (Over::Sent, Planned::First | Planned::Replay) => "story-waited-turn",
        };
        self.story.tell(id, &args);
        if let Some(sent) = sent.filter(|_| over == Over::Sent) {
            self.late(&due, sent);
        }
        if due.why == Planned::Retry && over != Over::Dead {
            self.story.tell("story-backoff-why", &[]);
            self.lot(due.attempt);
        }
        self.story
    }

    /// It went out later than planned: what came first.
    fn late(&mut self, due: &Due<'_>, (by, at): (Seq, Micros)) {
        let late = at.since(due.at);
        if late < HOLD_SHOWN {
            return;
        }
        let others = self.model.others(due, at);
        let late = Told::Number(amount::time(late), vec![self.step.seq(), by]);
        if !others.is_empty() {
            let others = Told::Count(others.len() as u64, others);
            self.story.tell("story-backoff-late", &[("late", late), ("others", others)]);
        } else if self.model.gated(self.step.at(), at).is_some() {
            self.story.tell("story-backoff-gate", &[("late", late)]);
        }
    }

    /// How a wait comes about, and what it would be outside the lab.
    fn lot(&mut self, attempt: u64) {
        if let Some(backoff) = self.model.header.number("backoff_ms") {
            let first = amount::time(Micros::from_millis(backoff));
            let base = amount::time(schedule::base(backoff, attempt));
            let from = vec![HEADER, self.step.seq()];
            let args =
                [("first", Told::Number(first, vec![HEADER])), ("base", Told::Number(base, from))];
            self.story.tell("story-backoff-lot", &args);
        }
        let real = schedule::real(attempt).map(schedule::long);
        if let Some(real) = real {
            let real = Told::Number(real, vec![self.step.seq()]);
            self.story.tell("story-backoff-real", &[("real", real)]);
        }
    }
}

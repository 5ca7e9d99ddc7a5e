//! What a poll says: what it asks for, what it brings, and how many came back with nothing.

use trace::event::{Event, Kind};
use trace::http1::{Http1, Request, Response};
use trace::ids::Seq;
use trace::spoken::{self, Progress};

use super::Teller;
use crate::amount;
use crate::told::Told;
use crate::words;

/// A longer answer says nothing of a job.
const READ: u64 = 1_024;

impl Teller<'_> {
    pub(super) fn poll(&mut self, request: &Request) {
        let seq = vec![self.step.seq()];
        let (_, server) = self.names();
        let of_job = request.target.split('?').next().is_some_and(|path| path.ends_with("/job"));
        match words::query(&request.target, "after").filter(|after| *after != "0") {
            Some(after) => {
                let after = Told::Number(words::shorten(after, 20), seq.clone());
                let id = if of_job { "story-job-poll" } else { "story-poll" };
                self.story.tell(id, &[("after", after)]);
            }
            None if of_job => self.story.tell("story-job-poll-first", &[]),
            None => self.story.tell("story-poll-first", &[]),
        }
        if let Some(wait) = words::query(&request.target, "wait") {
            let wait = Told::Number(format!("{} s", words::shorten(wait, 20)), seq);
            let args = [("wait", wait), ("server", Told::Word(&server))];
            self.story.tell("story-poll-waits", &args);
        }
    }

    /// What the answer to a poll brings, if it is one.
    pub(super) fn answers_poll(&mut self, event: &Event, response: &Response, events: &[Seq]) {
        if !self.model.is_poll(event.conn, response.exchange) {
            return;
        }
        if response.status == 204 {
            return self.nothing();
        }
        let body = events.last().copied().unwrap_or(self.step.seq());
        if let Some(progress) = events.iter().find_map(|seq| self.progress(*seq)) {
            let number = |number: u64| Told::Number(amount::count(number), vec![body]);
            let args = [("done", number(progress.done)), ("of", number(progress.of))];
            let over = progress.is_over();
            return self.story.tell(if over { "story-job-over" } else { "story-job-state" }, &args);
        }
        let bodies = events.iter().filter_map(|seq| self.model.event(*seq));
        let batch: Vec<u64> =
            bodies.flat_map(|event| words::batch(self.model, event)).map(|it| it.id).collect();
        let (Some(_), Some(last)) = (batch.first(), batch.last()) else { return };
        let args = [
            ("count", Told::Count(batch.len() as u64, vec![body])),
            ("ids", Told::Number(words::numbers(&batch), vec![body])),
            ("last", Told::Number(format!("#{last}"), vec![body])),
        ];
        self.story.tell("story-poll-batch", &args);
        self.since_stored(event, *last);
        self.story.tell("story-poll-next", &args);
    }

    /// How far the job is, if the content of an answer says so.
    fn progress(&self, seq: Seq) -> Option<Progress> {
        let event = self.model.event(seq)?;
        let Kind::Http1(Http1::Body(body)) = &event.kind else { return None };
        let content = (body.content_len <= READ).then(|| self.model.content(event))?;
        spoken::progress(&content)
    }

    /// How long after a message had been stored the answer with it left.
    fn since_stored(&mut self, event: &Event, id: u64) {
        let Some((stored, at)) = self.model.handed_in(id) else { return };
        let times = self.model.times(event);
        let Some(left) = times.left.or(times.landed) else { return };
        let args = [
            ("id", Told::Number(format!("#{id}"), vec![stored])),
            ("took", Told::Number(amount::time(left.since(at)), vec![stored, self.step.seq()])),
        ];
        self.story.tell("story-poll-left", &args);
    }

    /// A poll came back with nothing: how many did so far, and what they cost.
    fn nothing(&mut self) {
        let now = (self.step.at(), self.step.seq());
        let empty = self.model.polls.iter().filter(|poll| poll.empty);
        let empty: Vec<_> = empty.filter(|poll| (poll.at, poll.answered) <= now).collect();
        let answers: Vec<Seq> = empty.iter().map(|poll| poll.answered).collect();
        let all: Vec<Seq> = empty.iter().flat_map(|poll| [poll.asked, poll.answered]).collect();
        let events = all.iter().filter_map(|seq| self.model.event(*seq));
        let bytes: u64 = events.map(|event| event.evidence.len()).sum();
        let args = [
            ("polls", Told::Count(answers.len() as u64, answers)),
            ("bytes", Told::Number(amount::bytes(bytes), all)),
        ];
        self.story.tell("story-poll-empty", &args);
    }
}

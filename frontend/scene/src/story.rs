//! What a step says: what happened and why, in sentences of the catalogue with this run's numbers.
//! Each number names the entries from which it was read or reckoned.

use text::{Arg, say};
use trace::entry::{Ending, What};
use trace::event::{Event, Kind};
use trace::http1::{Http1, Request, Response, Version};
use trace::ids::{ConnId, Seq};
use trace::note::{self, Act, Release};
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::amount;
use crate::build::towards;
use crate::draw::said;
use crate::model::{Conn, Model};
use crate::step::{Step, StepKind};
use crate::told::{Story, Told};

/// Tells a step.
#[must_use]
pub fn tell(model: &Model, step: &Step) -> Story {
    let teller = Teller { model, step, story: Story::default() };
    match &step.what {
        StepKind::Open => teller.open(),
        StepKind::Message { dir, events } => teller.message(*dir, events),
        StepKind::Hold { until, by } => teller.hold(*until, *by),
        StepKind::Idle { until, by } => teller.idle(*until, *by),
        StepKind::Gate { released } => teller.gate(*released),
        StepKind::Note => teller.note(),
        StepKind::Lost => teller.lost(),
        StepKind::Close => teller.close(),
    }
}

struct Teller<'a> {
    model: &'a Model,
    step: &'a Step,
    story: Story,
}

impl Teller<'_> {
    fn names(&self) -> (String, String) {
        let conn = self.step.conn.and_then(|conn| self.model.conns.get(&conn));
        let name =
            |lane: Option<usize>| lane.map_or("?", |lane| self.model.lane_name(lane)).to_owned();
        (name(conn.map(|conn| conn.client)), name(conn.map(|conn| conn.server)))
    }

    /// The step's title, and between whom it is.
    fn titled(&mut self, title: String) -> ConnId {
        let (client, server) = self.names();
        let conn = self.step.conn.unwrap_or_default();
        let number = conn.to_string();
        let args = [
            ("client", Arg::Text(&client)),
            ("server", Arg::Text(&server)),
            ("conn", Arg::Text(&number)),
        ];
        self.story.title = title;
        self.story.between = say("story-between", &args);
        conn
    }

    fn open(mut self) -> Story {
        let conn = self.titled(say("story-open-title", &[]));
        let (client, server) = self.names();
        let args = [
            ("client", Told::Word(&client)),
            ("server", Told::Word(&server)),
            ("conn", Told::Number(conn.to_string(), vec![self.step.seq()])),
        ];
        self.story.tell("story-open", &args);
        if let Some((setup, held)) = self.model.conns.get(&conn).and_then(|conn| conn.setup) {
            let held = Told::Number(amount::time(held), vec![setup]);
            self.story.tell("story-open-setup", &[("held", held)]);
        }
        let own = format!("story-open-why-{}", self.model.header.lab);
        let why = if text::has(&own) { own.as_str() } else { "story-open-why-http11" };
        self.story.tell(why, &[]);
        self.story
    }

    fn message(mut self, dir: Dir, events: &[Seq]) -> Story {
        let Some(first) = events.first().and_then(|seq| self.model.event(*seq)) else {
            return self.story;
        };
        let (client, server) = self.names();
        let (from, to) = match towards(dir) {
            Side::Server => (&client, &server),
            Side::Client => (&server, &client),
        };
        let conn = first.conn.to_string();
        let args = [("from", Arg::Text(from)), ("to", Arg::Text(to)), ("conn", Arg::Text(&conn))];
        self.story.between = say("story-between-to", &args);
        self.story.title = said(first, &self.model.header.run.0).1;
        let Kind::Http1(said) = &first.kind;
        match said {
            Http1::Request(request) => self.request(first, request, events),
            Http1::Response(response) => self.response(first, response, events),
            _ => self.unread(first, events),
        }
        for fault in
            events.iter().filter_map(|seq| self.model.event(*seq)).flat_map(|event| &event.faults)
        {
            let told = wire::explain::fault(fault.code);
            let args =
                [("title", Told::Word(&told.title)), ("sentence", Told::Word(&told.sentence))];
            self.story.tell("story-fault", &args);
        }
        self.story
    }

    /// How many bytes a step's events have, and how they travelled; the second id is for when it is
    /// known how long.
    fn size(&mut self, ids: [&str; 2], who: &str, events: &[Seq]) {
        let of = |seq: &Seq| self.model.event(*seq).map_or(0, |event| event.evidence.len());
        let total: u64 = events.iter().map(of).sum();
        let chunks = self.model.chunks_of(self.step);
        let from: Vec<Seq> = chunks.iter().map(|chunk| chunk.seq).collect();
        let mut args = vec![
            ("who", Told::Word(who)),
            ("bytes", Told::Number(amount::bytes(total), events.to_vec())),
            ("calls", Told::Count(from.len() as u64, from)),
        ];
        let first = events.first().and_then(|seq| self.model.event(*seq));
        let last = events.last().and_then(|seq| self.model.event(*seq));
        let left = first.and_then(|event| self.model.times(event).left);
        let landed = last.and_then(|event| self.model.times(event).landed);
        let mut id = ids[0];
        if let (Some(left), Some(landed)) = (left, landed) {
            id = ids[1];
            let time = amount::time(landed.since(left));
            args.push(("time", Told::Number(time, events.to_vec())));
        }
        self.story.tell(id, &args);
    }

    fn request(&mut self, event: &Event, request: &Request, events: &[Seq]) {
        let (client, _) = self.names();
        self.size(["story-asks", "story-asks-timed"], &client, events);
        let number = request.exchange + 1;
        let seq = vec![self.step.seq()];
        let mut args = vec![
            ("number", Told::Number(number.to_string(), seq.clone())),
            ("conn", Told::Number(event.conn.to_string(), seq)),
        ];
        let setup = self.model.conns.get(&event.conn).and_then(|conn| conn.setup);
        let ids = match (number, setup) {
            (2.., Some((seq, held))) => {
                args.push(("saved", Told::Number(amount::time(held), vec![seq])));
                ["story-request-saves", "story-request-saves-http10"]
            }
            (2.., None) => ["story-request-reuses", "story-request-reuses-http10"],
            _ => ["story-request-first", "story-request-first-http10"],
        };
        let newer = self.model.header.lab == "http10" && request.version == Version::Http11;
        self.story.tell(ids[usize::from(newer)], &args);
    }

    fn response(&mut self, event: &Event, response: &Response, events: &[Seq]) {
        let (_, server) = self.names();
        self.size(["story-answers", "story-answers-timed"], &server, events);
        let all: Vec<&Event> = events.iter().filter_map(|seq| self.model.event(*seq)).collect();
        let content = all.iter().find_map(|event| match &event.kind {
            Kind::Http1(Http1::Body(body)) => Some(body.content_len),
            _ => None,
        });
        if let Some(content) = content {
            let total: u64 = all.iter().map(|event| event.evidence.len()).sum();
            let args = [
                ("content", Told::Number(amount::bytes(content), events.to_vec())),
                ("share", Told::Number(amount::share(content, total), events.to_vec())),
            ];
            self.story.tell("story-content", &args);
        }
        if let Some((took, from)) = self.took(event, response) {
            let paused = self.model.header.params.get("pause").is_some_and(|pause| pause == true);
            let id = if paused { "story-took-paused" } else { "story-took" };
            self.story.tell(id, &[("took", Told::Number(amount::time(took), from))]);
        }
        match (response.persistent, response.keep_alive_s) {
            (true, Some(seconds)) => {
                let time = Told::Number(format!("{seconds} s"), vec![self.step.seq()]);
                self.story.tell("story-stays-for", &[("time", time)]);
            }
            (true, None) => self.story.tell("story-stays", &[]),
            (false, _) => self.story.tell("story-stays-not", &[]),
        }
    }

    /// How long the server had the whole request before it answered.
    fn took(&self, event: &Event, response: &Response) -> Option<(Micros, Vec<Seq>)> {
        let asks = |step: &&Step| {
            let StepKind::Message { dir: Dir::ToServer, events } = &step.what else { return false };
            let head = events.first().and_then(|seq| self.model.event(*seq)).map(|head| &head.kind);
            matches!(head, Some(Kind::Http1(Http1::Request(request)))
                if step.conn == Some(event.conn) && Some(request.exchange) == response.exchange)
        };
        let before = self.model.index_of(self.step.key)?;
        let asked = self.model.steps.get(..before)?.iter().rev().find(asks)?;
        let StepKind::Message { events, .. } = &asked.what else { return None };
        let whole = *events.last()?;
        let times = self.model.times(event);
        let left = times.left.or(times.landed)?;
        Some((left.since(self.model.arrived(whole)?), vec![whole, self.step.seq()]))
    }

    fn unread(&mut self, event: &Event, events: &[Seq]) {
        let (client, server) = self.names();
        let who = if event.from == Side::Client { client } else { server };
        self.size(["story-sent", "story-sent-timed"], &who, events);
        self.story.tell("story-unread", &[]);
    }

    /// A wait on the connection, which ends with the entry `by`.
    fn wait(&mut self, id: &str, until: Micros, by: Seq) {
        let (client, server) = self.names();
        let took = amount::time(until.since(self.step.at()));
        let args = [
            ("client", Told::Word(&client)),
            ("server", Told::Word(&server)),
            ("took", Told::Number(took, vec![self.step.seq(), by])),
        ];
        self.story.tell(id, &args);
    }

    fn hold(mut self, until: Micros, by: Seq) -> Story {
        self.titled(say("story-hold-title", &[]));
        self.wait("story-hold", until, by);
        self.story
    }

    fn idle(mut self, until: Micros, by: Seq) -> Story {
        self.titled(say("story-idle-title", &[]));
        self.wait("story-idle", until, by);
        self.story
    }

    fn gate(mut self, released: Option<(Seq, Micros)>) -> Story {
        let seq = self.step.seq();
        let (act, limit) = match self.model.entry(seq).map(|entry| &entry.what) {
            Some(What::Note(note::Note {
                what: note::What::GateHeld { act, limit_us, .. },
                ..
            })) => (*act, *limit_us),
            _ => return self.story,
        };
        self.titled(say("story-gate-title", &[]));
        let (client, server) = self.names();
        let before = match act {
            Act::Answer => "story-gate-answer",
            Act::Close => "story-gate-close",
        };
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        self.story.tell(before, &args);
        let Some((release, at)) = released else {
            let limit = Told::Number(amount::time(limit), vec![seq]);
            self.story.tell("story-gate-press", &[("limit", limit)]);
            return self.story;
        };
        let by = self.model.entry(release).and_then(|entry| match &entry.what {
            What::Note(note::Note { what: note::What::GateReleased { by, .. }, .. }) => Some(*by),
            _ => None,
        });
        let why = match by {
            Some(Release::Next) => "story-gate-next",
            Some(Release::Limit) => "story-gate-limit",
            Some(Release::Abandoned) => "story-gate-abandoned",
            _ => "story-gate-ended",
        };
        let waited = amount::time(at.since(self.step.at()));
        self.story.tell(why, &[("waited", Told::Number(waited, vec![seq, release]))]);
        self.story
    }

    fn note(mut self) -> Story {
        let seq = self.step.seq();
        let Some(What::Note(note)) = self.model.entry(seq).map(|entry| &entry.what) else {
            return self.story;
        };
        match &note.what {
            note::What::KeepAliveOver { after_us } => {
                self.titled(say("story-keep-alive-title", &[]));
                let (_, server) = self.names();
                let after = Told::Number(amount::time(*after_us), vec![seq]);
                let args = [("after", after), ("server", Told::Word(&server))];
                self.story.tell("story-keep-alive", &args);
            }
            note::What::Refused { status, why } => {
                self.titled(say("story-refused-title", &[]));
                if let Some(status) = status {
                    let status = Told::Number(status.to_string(), vec![seq]);
                    let args = [("status", status), ("why", Told::Word(why))];
                    self.story.tell("story-refused", &args);
                } else {
                    self.story.quote(why);
                }
            }
            note::What::Cap { why } => {
                self.titled(say("story-cap-title", &[]));
                self.story.quote(why);
            }
            _ => {}
        }
        self.story
    }

    fn lost(mut self) -> Story {
        self.titled(say("story-lost-title", &[]));
        let seq = self.step.seq();
        if let Some(What::Lost(lost)) = self.model.entry(seq).map(|entry| &entry.what) {
            let bytes = Told::Number(amount::bytes(lost.len), vec![seq]);
            self.story.tell("story-lost", &[("bytes", bytes)]);
        }
        self.story
    }

    /// Why a connection was closed, where the log says it.
    fn why_closed(&self, known: &Conn, by: Side) -> Option<&'static str> {
        let stopped = self.model.ended.is_some_and(|at| at <= self.step.at());
        if stopped && by == Side::Server && self.model.ended_why == "stopped" {
            return Some("story-closed-stopped");
        }
        let last = known.served.last().and_then(|seq| self.model.event(*seq))?;
        let Kind::Http1(Http1::Response(response)) = &last.kind else { return None };
        match (response.persistent, by) {
            (false, Side::Server) => Some("story-closed-announced"),
            (false, Side::Client) => Some("story-closed-quicker"),
            (true, _) => None,
        }
    }

    fn close(mut self) -> Story {
        let conn = self.titled(say("story-closed-title", &[]));
        let seq = self.step.seq();
        let (client, server) = self.names();
        let Some(What::Closed(closed)) = self.model.entry(seq).map(|entry| &entry.what) else {
            return self.story;
        };
        let who = if closed.by == Side::Server { server } else { client };
        let how = match closed.how {
            Ending::Fin => "story-closed-fin",
            Ending::Reset => "story-closed-reset",
        };
        self.story.tell(how, &[("who", Told::Word(&who))]);
        let Some(known) = self.model.conns.get(&conn) else { return self.story };
        if let (Some(why), Ending::Fin) = (self.why_closed(known, closed.by), closed.how) {
            self.story.tell(why, &[("who", Told::Word(&who))]);
        }
        let Some(opened) = known.opened.and_then(|seq| self.model.entry(seq)) else {
            return self.story;
        };
        let lived = amount::time(self.step.at().since(opened.at_us));
        let from = known.served.iter().copied().chain([seq]).collect();
        let args = [
            ("lived", Told::Number(lived, vec![opened.seq, seq])),
            ("answers", Told::Count(known.served.len() as u64, from)),
        ];
        self.story.tell("story-closed-lived", &args);
        if known.unanswered > 0 {
            let requests = Told::Count(known.unanswered, vec![opened.seq, seq]);
            self.story.tell("story-closed-cut", &[("requests", requests)]);
        }
        self.story
    }
}

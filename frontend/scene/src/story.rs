//! What a step says: what happened and why, in sentences made from this run's numbers. Each number
//! names the entries from which it was read or reckoned.

use trace::entry::{Ending, What};
use trace::event::{Event, Kind};
use trace::http1::{Http1, Request, Response, Version};
use trace::ids::{ConnId, Seq};
use trace::note::{self, Release};
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::amount;
use crate::build::towards;
use crate::draw::{act_name, said};
use crate::model::{Model, Step, StepKind};
use crate::told::Story;

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

    fn titled(&mut self, title: impl Into<String>) -> ConnId {
        let (client, server) = self.names();
        let conn = self.step.conn.unwrap_or_default();
        self.story.title = title.into();
        self.story.between = format!("{client} and {server} · connection {conn}");
        conn
    }

    fn open(mut self) -> Story {
        let conn = self.titled("TCP connection established");
        let (client, server) = self.names();
        let seq = self.step.seq();
        self.story
            .say(format!("{client} connected to {server}: connection "))
            .number(conn.to_string(), [seq])
            .say(" of this run. ");
        if let Some((setup, held)) = self.model.conns.get(&conn).and_then(|conn| conn.setup) {
            self.story
                .say("On this link the set-up costs a round trip: ")
                .number(amount::time(held), [setup])
                .say(" pass before the first byte of a request gets under way. ");
        }
        let why = match self.model.header.lab.as_str() {
            "http10" => {
                "With HTTP/1.0 it will carry one request and one answer, and the next request pays for a connection again."
            }
            _ => {
                "With HTTP/1.1 it stays open after an answer, so that the next request need not pay for one."
            }
        };
        self.story.say(why);
        self.story
    }

    fn message(mut self, dir: Dir, events: &[Seq]) -> Story {
        let Some(first) = events.first().and_then(|seq| self.model.event(*seq)) else {
            return self.story;
        };
        let title = said(first, &self.model.header.run.0).1;
        self.titled(title);
        let (client, server) = self.names();
        self.story.between = match towards(dir) {
            Side::Server => format!("{client} to {server} · connection {}", first.conn),
            Side::Client => format!("{server} to {client} · connection {}", first.conn),
        };
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
            self.story.say(format!(" {}: {}", told.title, told.sentence));
        }
        self.story
    }

    /// How many bytes a step's events have, and how they travelled.
    fn size(&mut self, events: &[Seq]) {
        let of = |seq: &Seq| self.model.event(*seq).map_or(0, |event| event.evidence.len());
        let total: u64 = events.iter().map(of).sum();
        self.story.number(amount::bytes(total), events);
        let chunks = self.model.chunks_of(self.step);
        let from: Vec<Seq> = chunks.iter().map(|chunk| chunk.seq).collect();
        let count = from.len() as u64;
        let calls = if count == 1 { " call" } else { " calls" };
        self.story.say(", moved at the socket in ").number(amount::count(count), from).say(calls);
        let first = events.first().and_then(|seq| self.model.event(*seq));
        let last = events.last().and_then(|seq| self.model.event(*seq));
        let left = first.and_then(|event| self.model.times(event).left);
        let landed = last.and_then(|event| self.model.times(event).landed);
        if let (Some(left), Some(landed)) = (left, landed) {
            self.story
                .say(" and ")
                .number(amount::time(landed.since(left)), events)
                .say(" under way");
        }
        self.story.say(". ");
    }

    fn request(&mut self, event: &Event, request: &Request, events: &[Seq]) {
        let (client, _) = self.names();
        self.story.say(format!("{client} asks: "));
        self.size(events);
        let number = request.exchange + 1;
        self.story.say("It is request ").number(number.to_string(), [self.step.seq()]);
        self.story.say(" on connection ").number(event.conn.to_string(), [self.step.seq()]);
        let setup = self.model.conns.get(&event.conn).and_then(|conn| conn.setup);
        if self.model.header.lab == "http10" && request.version == Version::Http11 {
            self.story.say(", and says HTTP/1.1, as browsers and most clients always do; the server will answer in HTTP/1.0 and close");
        }
        match (number, setup) {
            (2.., Some((seq, held))) => {
                self.story
                    .say(": no new connection was needed, which saves a set-up of ")
                    .number(amount::time(held), [seq])
                    .say(".");
            }
            (2.., None) => {
                self.story.say(": no new connection was needed.");
            }
            _ => {
                self.story.say(", which had to be opened first.");
            }
        }
    }

    fn response(&mut self, event: &Event, response: &Response, events: &[Seq]) {
        let (_, server) = self.names();
        self.story.say(format!("{server} answers: "));
        self.size(events);
        let content = events.iter().filter_map(|seq| self.model.event(*seq)).find_map(|event| {
            match &event.kind {
                Kind::Http1(Http1::Body(body)) => Some(body.content_len),
                _ => None,
            }
        });
        if let Some(content) = content {
            let total: u64 = events
                .iter()
                .filter_map(|seq| self.model.event(*seq))
                .map(|event| event.evidence.len())
                .sum();
            self.story
                .number(amount::bytes(content), events)
                .say(" of it are content, ")
                .number(amount::share(content, total), events)
                .say("; the rest says how to read it. ");
        }
        if let Some(took) = self.took(event, response) {
            self.story.say("The server took ").number(amount::time(took.0), took.1);
            let paused = self.model.header.params.get("pause").is_some_and(|pause| pause == true);
            self.story.say(if paused { ", its wait at the gate included. " } else { ". " });
        }
        let seq = [self.step.seq()];
        match (response.persistent, response.keep_alive_s) {
            (true, Some(seconds)) => {
                self.story
                    .say("The connection stays open; after ")
                    .number(format!("{seconds} s"), seq)
                    .say(" without a request the server closes it.");
            }
            (true, None) => {
                self.story.say("The connection stays open.");
            }
            (false, _) => {
                self.story.say("The connection will not carry another request.");
            }
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
        let who = match event.from {
            Side::Client => self.names().0,
            Side::Server => self.names().1,
        };
        self.story.say(format!("{who} sent "));
        self.size(events);
        self.story.say("They could not be read as HTTP.");
    }

    fn hold(mut self, until: Micros, by: Seq) -> Story {
        self.titled("The server works");
        let (client, server) = self.names();
        let took = until.since(self.step.at());
        self.story
            .say(format!("{server} had the request for "))
            .number(amount::time(took), [self.step.seq(), by])
            .say(format!(" before it answered. {client} can do nothing on this connection but wait: with HTTP/1 the answers come in the order of the requests."));
        self.story
    }

    fn idle(mut self, until: Micros, by: Seq) -> Story {
        self.titled("The connection is idle");
        let (client, server) = self.names();
        let took = until.since(self.step.at());
        self.story
            .say("For ")
            .number(amount::time(took), [self.step.seq(), by])
            .say(format!(" nothing went over the connection, and it stayed open. {client} could have asked again at once; {server} has no way to speak first."));
        self.story
    }

    fn gate(mut self, released: Option<(Seq, Micros)>) -> Story {
        let seq = self.step.seq();
        let held = match self.model.entry(seq).map(|entry| &entry.what) {
            Some(What::Note(note::Note {
                what: note::What::GateHeld { act, limit_us, .. },
                ..
            })) => (*act, *limit_us),
            _ => return self.story,
        };
        self.titled("Paused: the real server waits");
        let (client, server) = self.names();
        self.story.say(format!(
            "{server} has stopped before it {}. {client} really waits. ",
            act_name(held.0)
        ));
        let Some((release, at)) = released else {
            self.story
                .say("Press Next to let it go on; after ")
                .number(amount::time(held.1), [seq])
                .say(" it does so by itself.");
            return self.story;
        };
        let by = self.model.entry(release).and_then(|entry| match &entry.what {
            What::Note(note::Note { what: note::What::GateReleased { by, .. }, .. }) => Some(*by),
            _ => None,
        });
        let why = match by {
            Some(Release::Next) => "Next was pressed",
            Some(Release::Limit) => "nobody pressed Next, so it went on by itself",
            Some(Release::Abandoned) => "then nobody waited for it any more",
            _ => "the run ended",
        };
        self.story
            .say("It waited ")
            .number(amount::time(at.since(self.step.at())), [seq, release])
            .say(format!(": {why}."));
        self.story
    }

    fn note(mut self) -> Story {
        let seq = self.step.seq();
        let Some(What::Note(note)) = self.model.entry(seq).map(|entry| &entry.what) else {
            return self.story;
        };
        match &note.what {
            note::What::KeepAliveOver { after_us } => {
                self.titled("Keep-alive time is over");
                let server = self.names().1;
                self.story
                    .say("Nothing was asked for ")
                    .number(amount::time(*after_us), [seq])
                    .say(format!(" after {server}'s last answer had left it. That is the keep-alive time of this run, so it closes the connection to have its memory back."));
            }
            note::What::Refused { status, why } => {
                self.titled("Refused");
                if let Some(status) = status {
                    self.story.say("Status ").number(status.to_string(), [seq]).say(": ");
                }
                self.story.say(why.clone());
            }
            note::What::Cap { why } => {
                self.titled("A cap struck");
                self.story.say(why.clone());
            }
            _ => {}
        }
        self.story
    }

    fn lost(mut self) -> Story {
        self.titled("Bytes not kept");
        let seq = self.step.seq();
        if let Some(What::Lost(lost)) = self.model.entry(seq).map(|entry| &entry.what) {
            self.story
                .number(amount::bytes(lost.len), [seq])
                .say(" went over the connection and were counted, but not kept.");
        }
        self.story
    }

    fn close(mut self) -> Story {
        let conn = self.titled("Connection closed");
        let seq = self.step.seq();
        let (client, server) = self.names();
        let Some(What::Closed(closed)) = self.model.entry(seq).map(|entry| &entry.what) else {
            return self.story;
        };
        let who = if closed.by == Side::Server { server } else { client };
        self.story.say(match closed.how {
            Ending::Fin => format!("{who} closed first. "),
            Ending::Reset => {
                format!("{who} cut the connection off: the other side learns it as an error. ")
            }
        });
        let Some(known) = self.model.conns.get(&conn) else { return self.story };
        let opened = known.opened.and_then(|seq| self.model.entry(seq));
        if let Some(opened) = opened {
            let served = known.served.len() as u64;
            let answers = if served == 1 { " answer." } else { " answers." };
            let from: Vec<Seq> = known.served.iter().copied().chain([seq]).collect();
            self.story
                .say("The connection lived ")
                .number(amount::time(self.step.at().since(opened.at_us)), [opened.seq, seq])
                .say(" and carried ")
                .number(amount::count(served), from)
                .say(answers);
            if known.unanswered > 0 {
                let requests = if known.unanswered == 1 { " request" } else { " requests" };
                self.story
                    .say(" It cut off ")
                    .number(amount::count(known.unanswered), [opened.seq, seq])
                    .say(requests)
                    .say(" that had no answer yet.");
            }
        }
        self.story
    }
}

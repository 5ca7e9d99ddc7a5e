//! What a step says: what happened and why, in sentences of the catalogue with this run's numbers.
//! Each number names the entries from which it was read or reckoned.

mod backoff;
mod callbacks;
mod calls;
mod folded;
mod http;
mod live;
mod polls;
mod remarks;
mod store;
mod tls;
mod verdicts;
mod waits;
mod webhook;

pub use folded::tell_row;

use text::{Arg, say};
use trace::entry::{Ending, What};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::participant::Role;
use trace::span::{Dir, Side};
use trace::time::Micros;

use crate::amount;
use crate::build::towards;
use crate::model::{Conn, Model};
use crate::step::{Step, StepKind};
use crate::told::{Story, Told};
use crate::words;

/// How long before and after a kill its connections break.
const AROUND: Micros = Micros(1_000_000);

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
        StepKind::Backoff { sent } => teller.backoff(*sent),
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

impl<'a> Teller<'a> {
    fn names(&self) -> (String, String) {
        let lanes = self.model.lanes_of(self.step);
        let name =
            |lane: Option<usize>| lane.map_or("?", |lane| self.model.lane_name(lane)).to_owned();
        (name(lanes.map(|lanes| lanes.0)), name(lanes.map(|lanes| lanes.1)))
    }

    /// Whether the step's client is one that comes back by itself when something breaks off: a browser,
    /// or the agent.
    fn comes_back(&self) -> bool {
        let lanes = self.model.lanes_of(self.step);
        let client = lanes.and_then(|(client, _)| self.model.lanes.get(client));
        client.is_some_and(|client| matches!(client.role, Role::Browser | Role::Agent))
    }

    /// The step's title, and between whom it is.
    fn titled(&mut self, title: String) -> ConnId {
        let (client, server) = self.names();
        self.story.title = title;
        // What is about no connection stands on one lane.
        let Some(conn) = self.step.conn else {
            self.story.between = server;
            return ConnId::default();
        };
        let number = conn.to_string();
        let args = [
            ("client", Arg::Text(&client)),
            ("server", Arg::Text(&server)),
            ("conn", Arg::Text(&number)),
        ];
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
        let known = self.model.conns.get(&conn);
        if let Some((setup, held)) = known.and_then(|conn| conn.setup) {
            let held = Told::Number(amount::time(held), vec![setup]);
            self.story.tell("story-open-setup", &[("held", held)]);
        }
        self.handshake(conn);
        if known.is_some_and(|conn| Some(conn.server) == self.model.store_lane()) {
            self.story.tell("story-open-store", &[]);
            return self.story;
        }
        let own = format!("story-open-why-{}", self.model.header.lab);
        let id = self.model.opened(conn).map(|opened| opened.client.id.as_str());
        let instance = self.model.opened(conn).is_some_and(|it| it.client.role == Role::Server);
        let why = match id {
            // There services call each other, and pass no messages on.
            _ if instance && self.model.lane_of("site.com").is_none() => "story-open-forwards",
            Some("service") => "story-open-service",
            _ if self.speaks_http2(conn) => "story-open-why-h2",
            _ if text::has(&own) => own.as_str(),
            _ => "story-open-why-http11",
        };
        let why = self.why_paid(conn).unwrap_or(why);
        self.story.tell(why, &[("client", Told::Word(&client))]);
        self.story
    }

    /// Whether what goes over a connection, or inside it, begins as HTTP/2.
    fn speaks_http2(&self, conn: ConnId) -> bool {
        let known = self.model.conns.get(&conn).map(|conn| self.model.within(conn));
        let mut keys = known.into_iter().flat_map(|known| &known.keys);
        let first = keys.find_map(|key| self.model.event(key.1));
        first.is_some_and(|event| matches!(event.kind, Kind::Http2(_)))
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
        let outer = self.model.outermost(first.conn);
        let id = if outer == first.conn { "story-between-to" } else { "story-between-tls" };
        let outer = outer.to_string();
        let args = [
            ("from", Arg::Text(from)),
            ("to", Arg::Text(to)),
            ("conn", Arg::Text(&conn)),
            ("outer", Arg::Text(&outer)),
        ];
        self.story.between = say(id, &args);
        self.story.title =
            words::of(self.model, events).map(|(.., words)| words).unwrap_or_default();
        match &first.kind {
            Kind::Http1(Http1::Request(request)) => self.request(first, request, events),
            Kind::Http1(Http1::Response(response)) => self.response(first, response, events),
            Kind::Http1(Http1::Body(body)) if self.model.ends_stream(first) => {
                self.stream_end(first, body);
            }
            Kind::Http1(_) => self.unread(first, events),
            Kind::Websocket(said) => self.websocket(first, said, events),
            Kind::Sse(said) => self.sse(first, said, events),
            Kind::Resp(said) => self.resp(first, said, events),
            Kind::Http2(_) => self.http2(first, events),
            Kind::Grpc(said) => self.grpc(first, said, events),
            Kind::Tls(said) => self.tls(first, said, events),
        }
        self.first_inside(first.conn);
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
        let carriers = self.model.carriers(events);
        let total = self.model.size_of(events);
        let chunks = self.model.chunks_of(self.step);
        let from: Vec<Seq> = chunks.iter().map(|chunk| chunk.seq).collect();
        let mut args = vec![
            ("who", Told::Word(who)),
            ("bytes", Told::Number(amount::bytes(total), carriers.to_vec())),
            ("calls", Told::Count(from.len() as u64, from)),
        ];
        let times = self.model.travel(events);
        let mut id = ids[0];
        if let (Some(left), Some(landed)) = (times.left, times.landed) {
            id = ids[1];
            let time = amount::time(landed.since(left));
            args.push(("time", Told::Number(time, carriers.to_vec())));
        }
        self.story.tell(id, &args);
    }

    fn unread(&mut self, event: &Event, events: &[Seq]) {
        self.sent(event, events);
        self.story.tell("story-unread", &[]);
    }

    /// Who sent how much, and how it travelled.
    fn sent(&mut self, event: &Event, events: &[Seq]) {
        let (client, server) = self.names();
        let who = if event.from == Side::Client { client } else { server };
        self.size(["story-sent", "story-sent-timed"], &who, events);
    }

    /// The messages on a step's connection that stand before it, the last one first, each with its
    /// first event.
    fn before(&self) -> impl Iterator<Item = (&'a [Seq], &'a Event)> + use<'a> {
        let (model, key) = (self.model, self.step.key);
        let conn = self.step.conn.and_then(|conn| model.conns.get(&conn));
        let keys = conn.map(|conn| model.within(conn).keys.as_slice()).unwrap_or_default();
        let before = keys.partition_point(|known| *known < key);
        keys.iter().take(before).rev().filter_map(move |key| {
            let step = model.index_of(*key).and_then(|index| model.steps.get(index))?;
            let StepKind::Message { events, .. } = &step.what else { return None };
            Some((events.as_slice(), model.event(*events.first()?)?))
        })
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
        if known.upgraded.is_some() {
            return self.why_hung_up();
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
        let Some(outer) = self.model.conns.get(&conn) else { return self.story };
        let known = self.model.within(outer);
        match (self.why_closed(known, closed.by), closed.how) {
            (Some(why), Ending::Fin) => self.story.tell(why, &[("who", Told::Word(&who))]),
            (_, Ending::Reset) => self.why_cut(known),
            (None, Ending::Fin) => {}
        }
        let Some(opened) = outer.opened.and_then(|seq| self.model.entry(seq)) else {
            return self.story;
        };
        let lived = amount::time(self.step.at().since(opened.at_us));
        let lived = Told::Number(lived, vec![opened.seq, seq]);
        if known.served.is_empty() && known.upgraded.is_none() {
            self.story.tell("story-closed-age", &[("lived", lived)]);
        } else if known.upgraded.is_some() {
            self.carried(lived, seq);
        } else {
            let from = known.served.iter().copied().chain([seq]).collect();
            let answers = Told::Count(known.served.len() as u64, from);
            self.story.tell("story-closed-lived", &[("lived", lived), ("answers", answers)]);
        }
        if known.unanswered > 0 {
            let requests = Told::Count(known.unanswered, vec![opened.seq, seq]);
            self.story.tell("story-closed-cut", &[("requests", requests)]);
        }
        self.story
    }
}

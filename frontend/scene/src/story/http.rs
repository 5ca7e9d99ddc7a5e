//! What a request and an answer of HTTP say.

use trace::event::{Event, Kind};
use trace::http1::{Body, Http1, Request, Response, Version};
use trace::ids::Seq;
use trace::spoken::{self, Asks};
use trace::sse::Sse;
use trace::time::Micros;

use super::Teller;
use super::callbacks::is_order;
use crate::amount;
use crate::told::Told;
use crate::words;

impl<'a> Teller<'a> {
    pub(super) fn request(&mut self, event: &Event, request: &Request, events: &[Seq]) {
        let (client, server) = self.names();
        self.size(["story-asks", "story-asks-timed"], &client, events);
        let number = request.exchange + 1;
        let seq = vec![self.step.seq()];
        let mut args = vec![
            ("number", Told::Number(number.to_string(), seq.clone())),
            ("conn", Told::Number(event.conn.to_string(), seq)),
        ];
        let setup = self.model.setup_of(event.conn);
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
        let is_poll = self.model.is_poll(event.conn, Some(request.exchange));
        if is_poll && !is_order(&request.target) {
            self.poll(request);
        }
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        match spoken::asks(&request.method, &request.target) {
            Asks::Append => self.story.tell("story-hands-in", &args),
            Asks::Forward => self.story.tell("story-forwards", &args),
            _ => self.pays(event, request),
        }
        if request.upgrade.as_deref().is_some_and(is_websocket) {
            self.story.tell("story-upgrade-asks", &[]);
        }
        if let Some(id) = &request.last_event_id {
            let id = Told::Number(words::shorten(id, 20), vec![self.step.seq()]);
            self.story.tell("story-resumes", &[("id", id), ("server", Told::Word(&server))]);
            self.resumed(event);
        }
    }

    pub(super) fn response(&mut self, event: &Event, response: &Response, events: &[Seq]) {
        let (client, server) = self.names();
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
            let waited = self.behind(response);
            let id = match (waited, paused) {
                (true, _) => "story-behind-took",
                (false, true) => "story-took-paused",
                (false, false) => "story-took",
            };
            self.story.tell(id, &[("took", Told::Number(amount::time(took), from))]);
        }
        if response.status == 101 {
            return self.upgraded(response);
        }
        self.answers_poll(event, response, events);
        if words::is_call(response) {
            return self.story.tell("story-call", &[("server", Told::Word(&server))]);
        }
        if words::is_stream(response) {
            let args = [("server", Told::Word(&server)), ("client", Told::Word(&client))];
            return self.story.tell("story-stream", &args);
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

    /// The request that an answer answers, if it is known, with its body.
    pub(super) fn asked(&self, exchange: Option<u64>) -> Option<(&'a [Seq], &'a Request)> {
        self.before().find_map(|(events, head)| match &head.kind {
            Kind::Http1(Http1::Request(request)) if Some(request.exchange) == exchange => {
                Some((events, request))
            }
            _ => None,
        })
    }

    /// Tells behind which answers this one waited, if it did.
    fn behind(&mut self, response: &Response) -> bool {
        let arrived = self.asked(response.exchange).and_then(|(asked, _)| asked.last());
        let arrived = arrived.and_then(|seq| self.model.arrived(*seq));
        let seq = self.step.seq();
        let Some(behind) = arrived.and_then(|arrived| self.model.behind(seq, arrived)) else {
            return false;
        };
        let from = || vec![behind.seq, seq];
        let took = ("took", Told::Number(amount::millis(behind.took), from()));
        let path = ("path", Told::Word(&behind.path));
        if behind.total == behind.took {
            self.story.tell("story-behind", &[took, path]);
        } else {
            let total = ("total", Told::Number(amount::millis(behind.total), from()));
            self.story.tell("story-behind-more", &[took, path, total]);
        }
        true
    }

    /// How long the server had the whole request before it answered.
    fn took(&self, event: &Event, response: &Response) -> Option<(Micros, Vec<Seq>)> {
        let (asked, _) = self.asked(response.exchange)?;
        let whole = *asked.last()?;
        let times = self.model.times(event);
        let left = times.left.or(times.landed)?;
        Some((left.since(self.model.arrived(whole)?), vec![whole, self.step.seq()]))
    }

    fn upgraded(&mut self, response: &Response) {
        let (client, server) = self.names();
        if !response.upgrade.as_deref().is_some_and(is_websocket) {
            return self.story.tell("story-upgrade-other", &[]);
        }
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        self.story.tell("story-upgrade", &args);
        let offered = self.asked(response.exchange).and_then(|(_, it)| it.extensions.as_ref());
        if offered.is_some() && response.extensions.is_none() {
            self.story.tell("story-upgrade-plain", &args);
        }
    }

    /// What followed where a client came back to an event stream, as far as it has come.
    fn resumed(&mut self, event: &Event) {
        let Some(conn) = self.model.conns.get(&event.conn) else { return };
        let after = conn.keys.partition_point(|known| *known <= self.step.key);
        let ids: Vec<(Seq, &str)> = conn
            .keys
            .iter()
            .skip(after)
            .filter_map(|key| match self.model.event(key.1).map(|event| &event.kind) {
                Some(Kind::Sse(Sse::Block(block))) => Some((key.1, block.id.as_deref()?)),
                _ => None,
            })
            .collect();
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return };
        let number = |(seq, id): &(Seq, &str)| Told::Number(words::shorten(id, 20), vec![*seq]);
        let args = [("first", number(first)), ("last", number(last))];
        self.story.tell("story-resumed", &args);
    }

    /// An event stream ends, or breaks off.
    pub(super) fn stream_end(&mut self, event: &Event, body: &Body) {
        let (client, server) = self.names();
        if self.model.ends_call(event) {
            let bytes = amount::bytes(event.evidence.len());
            let bytes = Told::Number(bytes, vec![self.step.seq()]);
            let id = if body.complete { "story-call-end" } else { "story-call-cut" };
            return self.story.tell(id, &[("bytes", bytes), ("server", Told::Word(&server))]);
        }
        let mut blocks: Vec<Seq> = Vec::new();
        for (events, head) in self.before() {
            match &head.kind {
                Kind::Sse(Sse::Block(block)) if block.exchange == body.exchange => {
                    blocks.extend(events.first().filter(|_| block.dispatched));
                }
                _ => {}
            }
        }
        let count = Told::Count(blocks.len() as u64, blocks);
        let bytes = amount::bytes(event.evidence.len());
        let bytes = Told::Number(bytes, vec![self.step.seq()]);
        let args = [
            ("events", count),
            ("bytes", bytes),
            ("client", Told::Word(&client)),
            ("server", Told::Word(&server)),
        ];
        let id = match (body.complete, self.comes_back()) {
            (true, _) => "story-stream-end",
            (false, true) => "story-stream-cut",
            (false, false) => "story-stream-cut-other",
        };
        self.story.tell(id, &args);
    }
}

fn is_websocket(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("websocket")
}

//! What each way costs by which somebody learns of a long job's end, and how long it takes: a fold over
//! the log of the lab `job`, and nothing else. A way is told by what is asked for, a client by who
//! connected: a page goes several ways, and may go them on one connection.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::delivery::Pages;
use crate::entry::{Entry, Opened, What};
use crate::event::{Event, Kind};
use crate::http1::{Body, Http1, Request, Response};
use crate::ids::{ConnId, Seq};
use crate::moments::Moments;
use crate::note::{self, Note};
use crate::span::{Dir, Spans};
use crate::spoken;
use crate::sse::{Block, Sse};
use crate::time::Micros;

/// The most that waits for its landing; more than that is not measured.
const MOST: usize = 256;

/// A way to learn of a job's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// `GET /job`, over and over.
    ShortPolling,
    /// `GET /job?wait=`: a question that is held.
    LongPolling,
    /// `GET /job/events`: an event stream.
    Events,
    /// `POST /callback`: a site is told.
    Webhook,
    /// `GET /orders/…`: the site that was told is asked.
    AskingSite,
}

impl Way {
    /// The way that a request goes, if it goes one.
    #[must_use]
    pub fn of(method: &str, target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.rsplit('/');
        match (method, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
            ("GET", "job", _) if query.split('&').any(|pair| pair.starts_with("wait=")) => {
                Some(Self::LongPolling)
            }
            ("GET", "job", _) => Some(Self::ShortPolling),
            ("GET", "events", "job") => Some(Self::Events),
            ("POST", "callback", _) => Some(Self::Webhook),
            ("GET", _, "orders") => Some(Self::AskingSite),
            _ => None,
        }
    }

    /// Whether its answers say how far the job is.
    const fn polls(self) -> bool {
        matches!(self, Self::ShortPolling | Self::LongPolling)
    }
}

/// What a way came to, for one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The way.
    pub way: Way,
    /// Who connected, by its name in the log.
    pub client: String,
    /// Who learns by it, by the name for people: the client, or the site that is told.
    pub learner: String,
    /// Requests heard whole, preflights apart.
    pub requests: u64,
    /// Answers with nothing in them.
    pub empty: u64,
    /// Connections that carried its requests.
    pub connections: u64,
    /// Bytes to the server, all layers.
    pub bytes_to_server: u64,
    /// Bytes to the client, all layers.
    pub bytes_to_client: u64,
    /// The entry that tells the end, and when it was whole at who learns.
    pub learned: Option<(Seq, Micros)>,
    /// From the job's end until then.
    pub delay_us: Option<Micros>,
}

/// A way and who connected.
type Key = (Way, String);

/// The fold: takes entries in, gives the figures at any moment.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    moments: Moments,
    pages: Pages,
    lines: BTreeMap<ConnId, Line>,
    rows: BTreeMap<Key, Row>,
    /// What is asked for by requests without an answer.
    asked: BTreeMap<(ConnId, u64), Key>,
    /// What a site was told, until it has answered.
    told: BTreeMap<(ConnId, u64), (Seq, Spans)>,
    /// Ends that have not landed yet.
    waiting: Vec<Waiting>,
    done: Option<Micros>,
}

/// A connection.
#[derive(Debug, Clone)]
struct Line {
    client: (String, String),
    server: String,
    /// The connection of TLS inside which it is: the bytes are counted there.
    outer: Option<ConnId>,
    /// The way that it carries now.
    key: Option<Key>,
    /// Bytes that came before anything was asked, by direction.
    before: [u64; 2],
}

#[derive(Debug, Clone, Default)]
struct Row {
    learner: String,
    requests: u64,
    empty: u64,
    conns: BTreeSet<ConnId>,
    bytes: [u64; 2],
    learned: Option<(Seq, Micros)>,
}

/// An end that is told and has not landed.
#[derive(Debug, Clone)]
struct Waiting {
    key: Key,
    seq: Seq,
    conn: ConnId,
    evidence: Spans,
}

impl Ways {
    /// Takes an entry in.
    pub fn push(&mut self, entry: &Entry) {
        self.moments.push(entry);
        match &entry.what {
            What::Opened(opened) => self.opened(opened),
            What::Closed(closed) => self.pages.forget(closed.conn),
            What::Chunk(chunk) => {
                self.moved(chunk.conn, chunk.dir, chunk.bytes.len() as u64);
                self.pages.chunk(chunk);
                self.settle();
            }
            What::Lost(lost) => self.moved(lost.conn, lost.dir, lost.len),
            What::Passed(_) | What::Carried(_) => self.settle(),
            What::Event(event) => self.event(entry.seq, event),
            What::Note(Note { what: note::What::JobDone { .. }, .. }) => {
                self.done = self.done.or(Some(entry.at_us));
            }
            What::Note(_) | What::Input(_) | What::Report(_) => {}
        }
    }

    /// The figures so far: who learned first stands first.
    #[must_use]
    pub fn figures(&self) -> Vec<Figures> {
        let figures = |((way, client), row): (&Key, &Row)| Figures {
            way: *way,
            client: client.clone(),
            learner: row.learner.clone(),
            requests: row.requests,
            empty: row.empty,
            connections: row.conns.len() as u64,
            bytes_to_server: row.bytes[Dir::ToServer.index()],
            bytes_to_client: row.bytes[Dir::ToClient.index()],
            learned: row.learned,
            delay_us: row.learned.zip(self.done).map(|((_, at), done)| at.since(done)),
        };
        let mut all: Vec<Figures> = self.rows.iter().map(figures).collect();
        all.sort_by_key(|it| (it.delay_us.is_none(), it.delay_us, it.way));
        all
    }

    fn opened(&mut self, opened: &Opened) {
        let line = Line {
            client: (opened.client.id.clone(), opened.client.name.clone()),
            server: opened.server.name.clone(),
            outer: opened.inside,
            key: None,
            before: [0; 2],
        };
        self.lines.insert(opened.conn, line);
    }

    /// Bytes are charged to what their connection carries.
    fn moved(&mut self, conn: ConnId, dir: Dir, len: u64) {
        let Some(line) = self.lines.get_mut(&conn).filter(|line| line.outer.is_none()) else {
            return;
        };
        let row = match &line.key {
            Some(key) => self.rows.get_mut(key),
            None => None,
        };
        match row {
            Some(row) => row.bytes[dir.index()] += len,
            None => line.before[dir.index()] += len,
        }
    }

    fn event(&mut self, seq: Seq, event: &Event) {
        match &event.kind {
            Kind::Http1(Http1::Request(request)) if !request.preflight => {
                self.request(event, request);
            }
            Kind::Http1(Http1::Response(response)) if response.status >= 200 => {
                self.response(event, response);
            }
            Kind::Http1(Http1::Body(body)) if event.dir() == Dir::ToClient => {
                self.answered(seq, event, body);
            }
            Kind::Http1(Http1::Body(body)) => {
                let asked = body.exchange.map(|exchange| (event.conn, exchange));
                if let Some(asked) = asked.filter(|asked| self.asked.contains_key(asked)) {
                    self.told.insert(asked, (seq, event.evidence.clone()));
                }
            }
            Kind::Sse(Sse::Block(block)) => self.block(seq, event, block),
            _ => {}
        }
    }

    fn request(&mut self, event: &Event, request: &Request) {
        let Some(way) = Way::of(&request.method, &request.target) else { return };
        let Some(line) = self.lines.get(&event.conn) else { return };
        let (id, name) = line.client.clone();
        let learner = if way == Way::Webhook { line.server.clone() } else { name };
        let (key, outer) = ((way, id), line.outer);
        let row = self.rows.entry(key.clone()).or_default();
        row.learner = learner;
        row.requests += 1;
        self.asked.insert((event.conn, request.exchange), key.clone());
        if way.polls() {
            self.pages.expect(event.conn);
        }
        // Inside TLS it is not known how many of the bytes outside this request has.
        let own = if outer.is_some() { 0 } else { event.evidence.len() };
        self.carries(outer.unwrap_or(event.conn), key, own);
    }

    /// A connection carries a request of a way, whose bytes were charged to what it carried before.
    fn carries(&mut self, conn: ConnId, key: Key, own: u64) {
        let Some(line) = self.lines.get_mut(&conn) else { return };
        let up = Dir::ToServer.index();
        match line.key.replace(key.clone()) {
            Some(before) if before != key => {
                if let Some(row) = self.rows.get_mut(&before) {
                    row.bytes[up] = row.bytes[up].saturating_sub(own);
                }
                self.rows.entry(key.clone()).or_default().bytes[up] += own;
            }
            Some(_) => {}
            None => {
                let row = self.rows.entry(key.clone()).or_default();
                for (bytes, before) in row.bytes.iter_mut().zip(line.before) {
                    *bytes += before;
                }
                line.before = [0; 2];
            }
        }
        self.rows.entry(key).or_default().conns.insert(conn);
    }

    fn response(&mut self, event: &Event, response: &Response) {
        let Some(asked) = response.exchange.map(|exchange| (event.conn, exchange)) else { return };
        let Some(key) = self.asked.get(&asked).cloned() else { return };
        let good = (200..300).contains(&response.status);
        let told = self.told.remove(&asked);
        if let Some((seq, evidence)) = told.filter(|_| good && key.0 == Way::Webhook) {
            // Who answers it has it. Without a link only its leaving is known.
            let times = self.moments.of(event.conn, Dir::ToServer, &evidence);
            if let Some(at) = times.landed.or(times.left) {
                self.learned(&key, seq, at);
            }
        }
        if response.status == 204 && key.0 != Way::Webhook {
            self.rows.entry(key).or_default().empty += 1;
        }
        if response.status == 204 || !good {
            self.asked.remove(&asked);
            self.pages.done(event.conn, event.evidence.end());
        }
    }

    /// An answer's content is whole, or will never be.
    fn answered(&mut self, seq: Seq, event: &Event, body: &Body) {
        let Some(exchange) = body.exchange else { return };
        let Some(key) = self.asked.remove(&(event.conn, exchange)) else { return };
        let over = match key.0 {
            Way::ShortPolling | Way::LongPolling => {
                let content = self.pages.content(event);
                let progress = content.as_deref().and_then(spoken::progress);
                progress.is_some_and(|progress| progress.is_over())
            }
            // It has no other answer with content.
            Way::AskingSite => true,
            Way::Events | Way::Webhook => false,
        };
        if over && body.complete {
            self.lands(key, seq, event);
        }
    }

    fn block(&mut self, seq: Seq, event: &Event, block: &Block) {
        let Some(exchange) = block.exchange.filter(|_| block.dispatched) else { return };
        let Some(key) = self.asked.get(&(event.conn, exchange)).cloned() else { return };
        let progress = block.data.as_deref().and_then(|data| spoken::progress(data.as_bytes()));
        if progress.is_some_and(|progress| progress.is_over()) {
            self.lands(key, seq, event);
        }
    }

    /// An end lands, now or later: inside TLS bytes are heard before they went through the link.
    fn lands(&mut self, key: Key, seq: Seq, event: &Event) {
        let evidence = event.evidence.clone();
        let waiting = Waiting { key, seq, conn: event.conn, evidence };
        if !self.landed(&waiting) && self.waiting.len() < MOST {
            self.waiting.push(waiting);
        }
    }

    fn settle(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            if !self.landed(&waiting) {
                self.waiting.push(waiting);
            }
        }
    }

    fn landed(&mut self, waiting: &Waiting) -> bool {
        let times = self.moments.of(waiting.conn, Dir::ToClient, &waiting.evidence);
        let Some(at) = times.landed else { return false };
        self.learned(&waiting.key, waiting.seq, at);
        true
    }

    /// The first time is what counts.
    fn learned(&mut self, key: &Key, seq: Seq, at: Micros) {
        if let Some(row) = self.rows.get_mut(key) {
            row.learned = row.learned.or(Some((seq, at)));
        }
    }
}

/// The figures of a whole log.
#[must_use]
pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Figures> {
    let mut ways = Ways::default();
    for entry in entries {
        ways.push(entry);
    }
    ways.figures()
}

#[cfg(test)]
mod tests {
    use super::Way;

    #[test]
    fn a_way_is_told_by_what_is_asked_for() {
        for (method, target, way) in [
            ("GET", "/r/abc/job?after=0&n=1", Some(Way::ShortPolling)),
            ("GET", "/r/abc/job", Some(Way::ShortPolling)),
            ("GET", "/r/abc/job?after=0&wait=10", Some(Way::LongPolling)),
            ("GET", "/r/abc/job/events", Some(Way::Events)),
            ("GET", "/r/abc/events", None),
            ("POST", "/r/abc/callback", Some(Way::Webhook)),
            ("GET", "/r/abc/orders/pay_abc?wait=10", Some(Way::AskingSite)),
            ("POST", "/r/abc/job", None),
            ("GET", "", None),
        ] {
            assert_eq!(Way::of(method, target), way, "{method} {target}");
        }
    }
}

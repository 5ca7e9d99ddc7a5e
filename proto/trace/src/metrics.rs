//! The figures of a run: a fold over its log, and nothing else.

mod callbacks;
mod calls;
mod delivery;
mod landing;
pub mod ways;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Loss, Opened, What};
use crate::event::{Event, Kind};
use crate::http1::{Body, Http1, Response};
use crate::ids::ConnId;
use crate::moments::Moments;
use crate::participant::Role;
use crate::resp::Resp;
use crate::span::Dir;
use crate::spoken::{self, Asks};
use crate::sse::Sse;
use crate::time::Micros;
use crate::websocket::{Opcode, Websocket};
use callbacks::Callbacks;
use calls::Streams;
use delivery::{Deliveries, Pages};
use landing::{Then, Waiting};

/// The figures of a run so far. The connections to a shared store are counted apart; of those inside
/// TLS only what is said counts, since their bytes are in the ones outside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// TCP connections that became this run's.
    pub connections_opened: u64,
    /// Those of them that closed.
    pub connections_closed: u64,
    /// Requests heard whole, preflights apart.
    pub requests: u64,
    /// Answers heard whole, interim ones (1xx) and those to preflights apart.
    pub responses: u64,
    /// CORS preflights.
    pub preflights: u64,
    /// Answers to a poll without a message.
    pub empty_responses: u64,
    /// Payload messages delivered to a client: answers 2xx with a page's content, messages in the
    /// answers to polls, events with data, WebSocket messages, messages of gRPC calls; and callbacks that
    /// their receiver took.
    pub messages: u64,
    /// Bytes on the lab's connections, all layers.
    pub bytes_to_server: u64,
    /// Bytes on the lab's connections, all layers.
    pub bytes_to_client: u64,
    /// Bytes of the messages' own text.
    pub payload_bytes: u64,
    /// Bytes that moved and were not kept.
    pub lost_bytes: u64,
    /// Commands to a shared store that is not in this process.
    #[serde(default)]
    pub store_commands: u64,
    /// From a message's append, or its sending where there is no store, to its last byte landed at
    /// the client; of a callback, from the end of what it tells of to its landing.
    pub delivery_delay_us: Delay,
    /// What each instance had to do with clients, by its name.
    #[serde(default)]
    pub load: BTreeMap<String, Load>,
}

/// What an instance had to do with clients; what instances say to each other is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Connections from clients.
    pub connections: u64,
    /// Requests.
    pub requests: u64,
    /// Messages from and to clients, WebSocket messages and events included.
    pub messages: u64,
    /// Bytes both ways.
    pub bytes: u64,
}

/// How a length of time is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delay {
    /// How many were measured.
    pub count: u64,
    /// Half of them are at most this, in microseconds.
    pub p50: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// The fold: takes entries in, gives the figures at any moment.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    figures: Metrics,
    moments: Moments,
    /// Connections to a shared store.
    stores: BTreeSet<ConnId>,
    /// Connections inside TLS.
    inner: BTreeSet<ConnId>,
    /// The instance at the server's end of a client's connection.
    served_by: BTreeMap<ConnId, String>,
    /// What is asked for by the requests that wait for their answer; none for a preflight.
    asked: BTreeMap<(ConnId, u64), Option<Asks>>,
    /// Good answers whose body is still to come: when they left.
    carrying: BTreeMap<(ConnId, u64), Option<Micros>>,
    streams: Streams,
    pages: Pages,
    deliveries: Deliveries,
    callbacks: Callbacks,
    waiting: Vec<Waiting>,
}

impl Fold {
    /// Takes an entry in.
    pub fn push(&mut self, entry: &Entry) {
        self.moments.push(entry);
        match &entry.what {
            What::Opened(opened) => self.opened(opened),
            What::Closed(closed) => {
                self.figures.connections_closed += u64::from(self.counts(closed.conn));
                self.pages.forget(closed.conn);
                self.callbacks_over(closed.conn);
            }
            What::Chunk(chunk) => {
                self.count_bytes(chunk.conn, chunk.dir, chunk.bytes.len() as u64);
                self.pages.chunk(chunk);
                self.settle();
            }
            // They are in the figures of the run whose they are.
            What::Lost(lost) if lost.why == Loss::OtherRun => self.settle(),
            What::Lost(lost) => {
                self.count_bytes(lost.conn, lost.dir, lost.len);
                let is_inner = self.inner.contains(&lost.conn);
                self.figures.lost_bytes += if is_inner { 0 } else { lost.len };
                self.settle();
            }
            What::Carried(_) => self.settle(),
            What::Event(event) => self.event(event),
            What::Note(note) => {
                self.deliveries.note(entry.at_us, note);
                self.callbacks.note(entry.at_us, note);
            }
            What::Passed(_) | What::Input(_) | What::Report(_) => {}
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Metrics {
        let mut figures = self.figures.clone();
        let sorted = self.deliveries.delays();
        figures.delivery_delay_us = Delay {
            count: sorted.len() as u64,
            p50: quantile(sorted, 50),
            p99: quantile(sorted, 99),
            max: sorted.last().copied().unwrap_or(0),
        };
        figures
    }

    fn opened(&mut self, opened: &Opened) {
        if opened.server.role == Role::Store {
            self.stores.insert(opened.conn);
            return;
        }
        if opened.inside.is_some() {
            self.inner.insert(opened.conn);
        }
        let counts = u64::from(self.counts(opened.conn));
        self.figures.connections_opened += counts;
        if opened.client.role != Role::Server {
            self.served_by.insert(opened.conn, opened.server.id.clone());
            self.load(opened.conn, |load| load.connections += counts);
        }
    }

    /// Whether it is one of the lab's connections: none to a store, and none inside another.
    fn counts(&self, conn: ConnId) -> bool {
        !self.stores.contains(&conn) && !self.inner.contains(&conn)
    }

    /// Adds to what the instance at the other end of a client's connection had to do.
    fn load(&mut self, conn: ConnId, add: impl FnOnce(&mut Load)) {
        if let Some(instance) = self.served_by.get(&conn) {
            add(self.figures.load.entry(instance.clone()).or_default());
        }
    }

    fn count_bytes(&mut self, conn: ConnId, dir: Dir, len: u64) {
        if !self.counts(conn) {
            return;
        }
        match dir {
            Dir::ToServer => self.figures.bytes_to_server += len,
            Dir::ToClient => self.figures.bytes_to_client += len,
        }
        self.load(conn, |load| load.bytes += len);
    }

    fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::Http1(http1) => self.http1(event, http1),
            Kind::Websocket(Websocket::Message(message)) => {
                self.load(event.conn, |load| load.messages += 1);
                let times = self.moments.of(event.conn, event.dir(), &event.evidence);
                let text = message.text.as_deref();
                match event.dir() {
                    // Whatever it says: a text that is no message ends the socket.
                    Dir::ToServer if message.opcode == Opcode::Text => {
                        self.deliveries.sent(event.conn, times.left.or(times.landed));
                    }
                    Dir::ToServer => {}
                    Dir::ToClient => {
                        self.figures.messages += 1;
                        let delivered = text.and_then(spoken::delivered);
                        let len = delivered.as_ref().map_or(message.len, |it| it.text.len() as u64);
                        self.figures.payload_bytes += len;
                        self.lands(event, Then::Delivered(delivered.map(|it| it.id)));
                    }
                }
            }
            Kind::Sse(Sse::Block(block)) if block.dispatched => {
                self.load(event.conn, |load| load.messages += 1);
                self.figures.messages += 1;
                self.figures.payload_bytes += block.data_len;
                let id = block.id.as_deref().and_then(|id| id.parse().ok());
                self.lands(event, Then::Delivered(id));
            }
            Kind::Http2(http2) => self.http2(event, http2),
            Kind::Grpc(grpc) => self.grpc(event, grpc),
            Kind::Resp(Resp::Command(_)) => self.figures.store_commands += 1,
            Kind::Websocket(_) | Kind::Sse(_) | Kind::Resp(_) | Kind::Tls(_) => {}
        }
    }

    fn http1(&mut self, event: &Event, http1: &Http1) {
        match http1 {
            Http1::Request(request) if request.preflight => {
                self.figures.preflights += 1;
                self.asked.insert((event.conn, request.exchange), None);
            }
            Http1::Request(request) => {
                self.figures.requests += 1;
                self.load(event.conn, |load| load.requests += 1);
                let asks = spoken::asks(&request.method, &request.target);
                self.asked.insert((event.conn, request.exchange), Some(asks));
                if asks == Asks::Poll {
                    self.pages.expect(event.conn);
                }
            }
            Http1::Response(response) if response.status < 200 && response.status != 101 => {}
            Http1::Response(response) => self.response(event, response),
            Http1::Body(body) if event.dir() == Dir::ToClient => self.body(event, body),
            Http1::Body(body) if self.callbacks.are_some() => self.callbacks.came(event, body),
            Http1::Body(_) | Http1::Malformed | Http1::Partial | Http1::Rest(_) => {}
        }
    }

    fn response(&mut self, event: &Event, response: &Response) {
        if let Some(exchange) = response.exchange {
            self.called_back(event.conn, exchange, response.status);
        }
        let exchange = response.exchange.map(|exchange| (event.conn, exchange));
        let asks = exchange.and_then(|key| self.asked.remove(&key));
        if asks == Some(None) {
            return;
        }
        // A switch of protocols is an interim answer (RFC 9110, section 15.2.2).
        self.figures.responses += u64::from(response.status >= 200);
        let left = self.moments.of(event.conn, event.dir(), &event.evidence).left;
        match (asks.flatten(), exchange) {
            (Some(Asks::Poll), _) if response.status == 204 => {
                self.figures.empty_responses += 1;
                self.pages.done(event.conn, event.evidence.end());
            }
            (Some(Asks::Page | Asks::Poll), Some(key)) if (200..300).contains(&response.status) => {
                self.carrying.insert(key, left);
            }
            _ => self.pages.done(event.conn, event.evidence.end()),
        }
    }

    fn body(&mut self, event: &Event, body: &Body) {
        let key = body.exchange.map(|exchange| (event.conn, exchange));
        let carried = key.and_then(|key| self.carrying.remove(&key));
        let content = self.pages.content(event);
        let Some(left) = carried.filter(|_| body.complete) else { return };
        let progress = content.as_deref().and_then(spoken::progress);
        if let Some(messages) = content.as_deref().and_then(spoken::batch) {
            for message in messages {
                self.load(event.conn, |load| load.messages += 1);
                self.figures.messages += 1;
                self.figures.payload_bytes += message.text.len() as u64;
                self.lands(event, Then::Delivered(Some(message.id)));
            }
            return;
        }
        self.figures.messages += 1;
        self.figures.payload_bytes += body.content_len;
        if let Some(progress) = progress {
            self.load(event.conn, |load| load.messages += 1);
            self.lands(event, Then::Delivered(Some(progress.done)));
        } else if let Some(left) = left.filter(|_| !self.callbacks.are_some()) {
            self.lands(event, Then::Took(left));
        }
    }
}

/// The figures of a whole log.
#[must_use]
pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Metrics {
    let mut fold = Fold::default();
    for entry in entries {
        fold.push(entry);
    }
    fold.figures()
}

/// The nearest-rank quantile of sorted values.
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Fold, quantile};
    use crate::entry::{Chunk, Entry, Loss, Lost, Opened, What};
    use crate::ids::{ConnId, Seq};
    use crate::participant::{Participant, Role};
    use crate::span::Dir;
    use crate::time::Micros;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!((quantile(&hundred, 50), quantile(&hundred, 99)), (50, 99));
        assert_eq!((quantile(&[7], 50), quantile(&[7], 99)), (7, 7));
        assert_eq!(quantile(&[], 99), 0);
    }

    #[test]
    fn another_run_s_bytes_are_not_counted() {
        let who = |id: &str, role| {
            let (id, name, detail) = (id.to_owned(), id.to_owned(), String::new());
            Participant { id, name, role, detail }
        };
        let (conn, dir) = (ConnId(1), Dir::ToServer);
        let opened = Opened {
            conn,
            client: who("client", Role::Client),
            server: who("instance1", Role::Server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: None,
        };
        let lost = |offset, len, why| What::Lost(Lost { conn, dir, offset, len, why });
        let said = [
            What::Opened(opened),
            lost(0, 1_000, Loss::OtherRun),
            What::Chunk(Chunk { conn, dir, offset: 1_000, bytes: vec![0; 10] }),
            lost(1_010, 5, Loss::Run),
            lost(1_015, 1_000, Loss::OtherRun),
        ];
        let mut fold = Fold::default();
        for (seq, what) in (1..).zip(said) {
            fold.push(&Entry { seq: Seq(seq), at_us: Micros(seq), what });
        }
        let figures = fold.figures();
        assert_eq!((figures.bytes_to_server, figures.lost_bytes), (15, 5));
        assert_eq!(figures.load["instance1"].bytes, 15);
    }
}

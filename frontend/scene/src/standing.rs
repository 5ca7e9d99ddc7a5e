//! The state at a step: which connections are open and what each is doing, and what the service knows.

mod service;
pub mod webhook;

use std::collections::BTreeMap;

use trace::event::{Event, Kind};
use trace::grpc::Grpc;
use trace::http1::{Http1, Response};
use trace::http2::{Frame, FrameKind, Head, Http2, Role};
use trace::ids::{ConnId, Seq};
use trace::note::Engine;
use trace::resp::Resp;
use trace::span::Dir;
use trace::sse::Sse;
use trace::time::Micros;
use trace::websocket::Websocket;

use crate::model::Model;
use crate::step::StepKind;
use crate::words;

/// So many rows of the store are listed, the newest.
pub const ROWS: usize = 8;

/// The state at a step: a fold over the steps up to it, and what the application says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The connections that are open.
    pub open: Vec<Standby>,
    /// How many were opened, and how many of them are closed.
    pub opened: u64,
    /// How many are closed.
    pub closed: u64,
    /// What the shared store holds.
    pub store: StoreState,
    /// Which user is at which instance.
    pub users: Vec<UserAt>,
    /// The polls that are held.
    pub held: Vec<HeldPoll>,
    /// What each instance keeps in its own memory.
    pub memory: Vec<InstanceMemory>,
    /// The names of the instances that are down.
    pub down: Vec<String>,
    /// Payments, endpoints and deliveries.
    pub webhooks: webhook::Webhooks,
}

/// What the shared store holds at a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreState {
    /// Where it is; none while nothing was put into it.
    pub engine: Option<Engine>,
    /// The newest rows, the oldest of them first.
    pub rows: Vec<StoreRow>,
    /// How many rows it has.
    pub total: u64,
}

/// A row of the shared store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRow {
    /// The entry that tells of it.
    pub seq: Seq,
    /// Its number.
    pub id: u64,
    /// Who sent it, in the chat.
    pub from: Option<String>,
    /// To whom it is, in the chat.
    pub to: Option<String>,
    /// What it says.
    pub text: String,
}

/// A user whose socket is at an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAt {
    /// The entry that tells of it.
    pub seq: Seq,
    /// The user.
    pub user: String,
    /// The instance's name.
    pub instance: String,
    /// The connection.
    pub conn: Option<ConnId>,
}

/// A poll that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPoll {
    /// The entry that tells of it.
    pub seq: Seq,
    /// The connection on which it came.
    pub conn: Option<ConnId>,
    /// The name of the instance that holds it.
    pub instance: String,
    /// Since when.
    pub since: Micros,
    /// For how long by now.
    pub age: Micros,
    /// For how long at most.
    pub limit: Micros,
}

/// What an instance keeps in its own memory, and nobody else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceMemory {
    /// The instance's name.
    pub instance: String,
    /// Numbers of messages by the user to whom they are.
    pub users: Vec<(String, Vec<u64>)>,
    /// The entries that tell of them.
    pub from: Vec<Seq>,
}

/// A connection that is open at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standby {
    /// Which.
    pub conn: ConnId,
    /// The entry that opened it.
    pub seq: Seq,
    /// Its ends.
    pub client: String,
    /// Its other end.
    pub server: String,
    /// For how long it has been open.
    pub age: Micros,
    /// What goes on on it.
    pub phase: Phase,
    /// Requests so far, or commands to a store.
    pub requests: u64,
    /// Answers so far, or replies.
    pub answers: u64,
    /// Messages of a WebSocket to the server so far.
    pub to_server: u64,
    /// Messages of a WebSocket, or events, to the client so far.
    pub to_client: u64,
    /// Bytes of a WebSocket's message that is not whole yet.
    pub coming: u64,
}

/// What goes on on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    Fresh,
    /// TLS, and nothing inside it yet.
    Handshake,
    /// A request is with the server.
    Asked,
    /// The server stands at the gate.
    Gated,
    /// The last request is answered, and another may come.
    Idle,
    /// The last answer said that it was the last.
    Done,
    /// It carries a WebSocket.
    Websocket,
    /// It carries an answer that does not end: an event stream.
    Stream,
    /// It carries the answer to a gRPC call, message by message.
    Call,
    /// It carries answers that are not whole.
    Answering,
}

/// An exchange that is not over.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    /// Whether its answer has begun.
    answered: bool,
    /// Whether that is gRPC's.
    call: bool,
}

#[derive(Default)]
struct Folded {
    seq: Option<Seq>,
    since: Micros,
    phase: Phase,
    requests: u64,
    answers: u64,
    messages: [u64; 2],
    coming: u64,
    /// The exchanges of HTTP that are not over, by their number or stream.
    exchanges: BTreeMap<u64, Open>,
}

/// The state when a step has happened.
#[must_use]
pub fn at(model: &Model, step: usize) -> Standing {
    let Some(current) = model.steps.get(step) else { return Standing::default() };
    let now = current.at();
    let mut standing = Standing::default();
    let mut open: BTreeMap<ConnId, Folded> = BTreeMap::new();
    for step in model.steps.iter().take(step + 1) {
        // What is inside TLS goes on on the connection outside.
        let Some(conn) = step.conn.map(|conn| model.outermost(conn)) else { continue };
        match &step.what {
            StepKind::Open => {
                standing.opened += 1;
                let folded =
                    Folded { since: step.at(), seq: Some(step.seq()), ..Folded::default() };
                open.insert(conn, folded);
            }
            StepKind::Close => {
                standing.closed += 1;
                open.remove(&conn);
            }
            StepKind::Message { dir, events } => {
                if let Some(folded) = open.get_mut(&conn) {
                    folded.message(model, *dir, events, now);
                }
            }
            StepKind::Gate { released } => {
                let Some(folded) = open.get_mut(&conn) else { continue };
                if released.is_none_or(|(_, at)| at > now) {
                    folded.phase = Phase::Gated;
                }
            }
            StepKind::Hold { .. } | StepKind::Idle { .. } | StepKind::Lost => {}
            StepKind::Backoff { .. } | StepKind::Note => {}
        }
    }
    standing.open =
        open.iter().filter_map(|(id, folded)| standby(model, *id, folded, now)).collect();
    standing.hear(model, current);
    standing
}

impl Folded {
    fn message(&mut self, model: &Model, dir: Dir, events: &[Seq], now: Micros) {
        let Some(head) = events.first().and_then(|seq| model.event(*seq)) else { return };
        // Interim answers and what could not be read change nothing.
        match &head.kind {
            Kind::Http1(Http1::Request(request)) => {
                (self.phase, self.requests) = (Phase::Asked, self.requests + 1);
                self.exchanges.insert(request.exchange, Open::default());
            }
            Kind::Http1(Http1::Response(response)) => self.response(response),
            Kind::Http1(Http1::Body(_)) if model.ends_stream(head) => self.phase = Phase::Idle,
            Kind::Sse(Sse::Block(block)) => {
                self.messages[dir.index()] += u64::from(block.dispatched);
            }
            Kind::Websocket(_) => self.frames(model, dir, events, now),
            Kind::Resp(Resp::Command(_)) => {
                (self.phase, self.requests) = (Phase::Asked, self.requests + 1);
            }
            Kind::Resp(Resp::Reply(_)) => {
                (self.phase, self.answers) = (Phase::Idle, self.answers + 1);
            }
            Kind::Resp(Resp::Push(_)) => self.messages[dir.index()] += 1,
            Kind::Http2(_) => self.streams(model, dir, events, now),
            Kind::Grpc(Grpc::Message(_)) => self.messages[dir.index()] += 1,
            Kind::Tls(_) if self.phase == Phase::Fresh => self.phase = Phase::Handshake,
            Kind::Tls(_) => {}
            Kind::Http1(_) | Kind::Sse(_) | Kind::Resp(_) | Kind::Grpc(_) => {}
        }
    }

    fn response(&mut self, response: &Response) {
        if response.status == 101 {
            self.phase = Phase::Websocket;
        } else if response.status >= 200 {
            self.answers += 1;
            if let Some(exchange) = response.exchange {
                self.exchanges.remove(&exchange);
            }
            self.phase = match response.persistent {
                _ if words::is_call(response) => Phase::Call,
                _ if words::is_stream(response) => Phase::Stream,
                // It had been asked before the answer came.
                true if !self.exchanges.is_empty() => Phase::Asked,
                true => Phase::Idle,
                false => Phase::Done,
            };
        }
    }

    /// Frames of HTTP/2: what they carry counts, and the phase is that of the streams that are open.
    fn streams(&mut self, model: &Model, dir: Dir, events: &[Seq], now: Micros) {
        for event in events.iter().filter_map(|seq| model.event(*seq)) {
            let changed = match &event.kind {
                Kind::Http2(Http2::Head(head)) => self.head(head),
                Kind::Http2(Http2::Frame(frame)) if ends(dir, frame) => {
                    let over = model.times(event).stands().unwrap_or_default() <= now;
                    over && self.exchanges.remove(&u64::from(frame.stream)).is_some()
                }
                Kind::Grpc(Grpc::Message(_)) => {
                    self.messages[dir.index()] += 1;
                    false
                }
                _ => false,
            };
            if changed {
                self.phase = self.under_way();
            }
        }
    }

    /// A head on a stream. Says whether it changes how things stand.
    fn head(&mut self, head: &Head) -> bool {
        let stream = u64::from(head.stream);
        match head.role {
            Role::Request => {
                self.requests += 1;
                self.exchanges.insert(stream, Open::default());
            }
            Role::Response => {
                self.answers += 1;
                if let Some(open) = self.exchanges.get_mut(&stream) {
                    let content = head.value("content-type").unwrap_or_default();
                    *open = Open { answered: true, call: content.starts_with("application/grpc") };
                }
            }
            Role::Interim | Role::Trailers | Role::Promise => return false,
        }
        true
    }

    /// What goes on on a connection of many streams.
    fn under_way(&self) -> Phase {
        let open = || self.exchanges.values();
        if open().any(|open| !open.answered) {
            Phase::Asked
        } else if open().any(|open| open.call) {
            Phase::Call
        } else if open().next().is_some() {
            Phase::Answering
        } else {
            Phase::Idle
        }
    }

    /// Frames of a WebSocket: their message counts when it is whole, and until then as its bytes.
    fn frames(&mut self, model: &Model, dir: Dir, events: &[Seq], now: Micros) {
        let data =
            events.iter().filter_map(|seq| model.event(*seq)).any(|event| match &event.kind {
                Kind::Websocket(Websocket::Frame(frame)) => !frame.opcode.is_control(),
                kind => kind.is_upper(),
            });
        let whole = events.last().and_then(|seq| model.event(*seq)).is_some_and(is_whole);
        let stands = |event: &Event| model.times(event).stands().unwrap_or_default();
        let carriers = || model.carriers(events).iter().filter_map(|seq| model.event(*seq));
        let over = carriers().next_back().is_none_or(|last| stands(last) <= now);
        if data && whole && over {
            self.messages[dir.index()] += 1;
        } else if data {
            let come = carriers().filter(|event| stands(event) <= now);
            self.coming += come.map(|event| event.evidence.len()).sum::<u64>();
        }
    }
}

/// Whether a stream's exchange is over with a frame: END_STREAM of its answer, or a reset of either side.
const fn ends(dir: Dir, frame: &Frame) -> bool {
    match frame.kind {
        FrameKind::RstStream => true,
        FrameKind::Data | FrameKind::Headers => {
            matches!(dir, Dir::ToClient) && frame.flags & 1 == 1
        }
        _ => false,
    }
}

/// Whether a message is whole with this event.
fn is_whole(event: &Event) -> bool {
    match &event.kind {
        Kind::Websocket(Websocket::Frame(frame)) => frame.fin,
        kind => kind.is_upper(),
    }
}

fn standby(model: &Model, id: ConnId, folded: &Folded, now: Micros) -> Option<Standby> {
    let conn = model.conns.get(&id)?;
    Some(Standby {
        conn: id,
        seq: folded.seq?,
        client: model.lane_name(conn.client).to_owned(),
        server: model.lane_name(conn.server).to_owned(),
        age: now.since(folded.since),
        phase: folded.phase,
        requests: folded.requests,
        answers: folded.answers,
        to_server: folded.messages[Dir::ToServer.index()],
        to_client: folded.messages[Dir::ToClient.index()],
        coming: folded.coming,
    })
}

//! Where the time of an exchange went: its connection's set-up, its request under way, the server,
//! the answer under way.

use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::{ConnId, Seq};
use trace::resp::Resp;
use trace::span::Dir;
use trace::time::Micros;

use crate::model::Model;
use crate::multiplexed::carries;
use crate::step::{Step, StepKind};

/// A piece of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// What it was spent on.
    pub spent: Spent,
    /// When it began.
    pub from: Micros,
    /// When it was over.
    pub until: Micros,
    /// The entries from which that is known.
    pub cites: Vec<Seq>,
}

/// What time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The connection's set-up.
    Setup,
    /// The handshake of TLS.
    Tls,
    /// A request on its way.
    Request,
    /// The server.
    Server,
    /// An answer on its way.
    Answer,
    /// A message or an event on its way, which is no answer.
    Message,
    /// A wait that is a step of its own.
    Wait,
}

impl Spent {
    /// Its name in the catalogue and the theme.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Setup => "timing-setup",
            Self::Tls => "timing-tls",
            Self::Request => "timing-request",
            Self::Server => "timing-server",
            Self::Answer => "timing-answer",
            Self::Message => "timing-message",
            Self::Wait => "timing-wait",
        }
    }
}

/// The phases of the exchange to which a step belongs, or of the wait that it is. What no request asked
/// for was under way, and no more is known of it.
#[must_use]
pub fn of(model: &Model, step: &Step) -> Vec<Phase> {
    match &step.what {
        StepKind::Hold { until, by } | StepKind::Idle { until, by } => {
            vec![wait(step, *until, *by)]
        }
        StepKind::Gate { released: Some((by, at)) }
        | StepKind::Backoff { sent: Some((by, at)) } => vec![wait(step, *at, *by)],
        StepKind::Open => step.conn.map(|conn| before(model, conn)).unwrap_or_default(),
        StepKind::Message { events, .. } => {
            let Some(event) = events.first().and_then(|seq| model.event(*seq)) else {
                return Vec::new();
            };
            match number(event) {
                Some(Number::Exchange(wanted)) => {
                    exchange(model, event, wanted).unwrap_or_default()
                }
                Some(Number::Stream(wanted)) => stream(model, event, wanted).unwrap_or_default(),
                None => under_way(Spent::Message, &sent(model, events)).into_iter().collect(),
            }
        }
        _ => Vec::new(),
    }
}

fn wait(step: &Step, until: Micros, by: Seq) -> Phase {
    Phase { spent: Spent::Wait, from: step.at(), until, cites: vec![step.seq(), by] }
}

fn setup(model: &Model, conn: ConnId) -> Option<Phase> {
    let (seq, held) = model.setup_of(conn)?;
    let from = model.entry(seq)?.at_us;
    Some(Phase { spent: Spent::Setup, from, until: from.plus(held), cites: vec![seq] })
}

/// From the first record until the first that carries what is inside.
fn handshake(model: &Model, conn: ConnId) -> Option<Phase> {
    let handshake = model.handshake(conn)?;
    let (seq, until) = handshake.over?;
    let cites = handshake.records.into_iter().chain([seq]).collect();
    Some(Phase { spent: Spent::Tls, from: handshake.began, until, cites })
}

/// What a connection's first request pays for. The link may begin above TLS, and is set up after it.
fn before(model: &Model, conn: ConnId) -> Vec<Phase> {
    let both = [setup(model, conn), handshake(model, conn)];
    let mut phases: Vec<Phase> = both.into_iter().flatten().collect();
    phases.sort_by_key(|phase| phase.from);
    phases
}

/// To which exchange of its connection an event belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// By the order of requests or commands.
    Exchange(u64),
    /// By the stream of HTTP/2.
    Stream(u32),
}

/// The number of an event's exchange on its connection. Of HTTP/2, frames tell it.
fn number(event: &Event) -> Option<Number> {
    match &event.kind {
        Kind::Http1(Http1::Request(request)) => Some(Number::Exchange(request.exchange)),
        Kind::Http1(Http1::Response(response)) => response.exchange.map(Number::Exchange),
        Kind::Http1(Http1::Body(body)) => body.exchange.map(Number::Exchange),
        Kind::Resp(Resp::Command(command)) => Some(Number::Exchange(command.exchange)),
        Kind::Resp(Resp::Reply(reply)) => reply.exchange.map(Number::Exchange),
        Kind::Http2(Http2::Frame(frame)) if carries(frame.kind) => {
            Some(Number::Stream(frame.stream))
        }
        Kind::Http2(Http2::Head(head)) => Some(Number::Stream(head.stream)),
        Kind::Http2(Http2::Content(content)) => Some(Number::Stream(content.stream)),
        Kind::Http1(_)
        | Kind::Websocket(_)
        | Kind::Sse(_)
        | Kind::Resp(_)
        | Kind::Http2(_)
        | Kind::Grpc(_)
        | Kind::Tls(_) => None,
    }
}

/// A message of an exchange: its entries, when it left and when it had landed.
struct Sent {
    cites: Vec<Seq>,
    left: Option<Micros>,
    landed: Option<Micros>,
}

fn sent(model: &Model, events: &[Seq]) -> Sent {
    let times = model.travel(events);
    Sent { cites: events.to_vec(), left: times.left, landed: times.landed }
}

fn exchange(model: &Model, event: &Event, wanted: u64) -> Option<Vec<Phase>> {
    let (mut asked, mut answered) = (None, None);
    for key in &model.conns.get(&event.conn)?.keys {
        let step = model.index_of(*key).and_then(|index| model.steps.get(index));
        let Some(StepKind::Message { dir, events }) = step.map(|step| &step.what) else { continue };
        let head = events.first().and_then(|seq| model.event(*seq));
        // The end of an event stream is not the answer that began it.
        let fits = |head: &&Event| {
            number(head) == Some(Number::Exchange(wanted)) && !model.ends_stream(head)
        };
        if head.filter(fits).is_none() {
            continue;
        }
        match dir {
            Dir::ToServer => asked = Some(sent(model, events)),
            Dir::ToClient => answered = Some(sent(model, events)),
        }
    }
    // The set-up is paid for by the first request.
    let mut phases = if wanted == 0 { before(model, event.conn) } else { Vec::new() };
    phases.extend(between(asked, answered));
    Some(phases)
}

/// The same of a stream of HTTP/2: from its first frame each way to its last, as far as they carry heads
/// and contents. Many messages each way are one request and one answer.
fn stream(model: &Model, event: &Event, wanted: u32) -> Option<Vec<Phase>> {
    let mut ways: [Option<Sent>; 2] = [None, None];
    let mut first = u32::MAX;
    for key in &model.conns.get(&event.conn)?.keys {
        let step = model.index_of(*key).and_then(|index| model.steps.get(index));
        let Some(StepKind::Message { dir, events }) = step.map(|step| &step.what) else { continue };
        let head = events.first().and_then(|seq| model.event(*seq)).and_then(number);
        let Some(Number::Stream(stream)) = head else { continue };
        first = first.min(stream);
        if stream != wanted {
            continue;
        }
        let more = sent(model, events);
        match &mut ways[dir.index()] {
            Some(way) => {
                way.cites.extend(more.cites);
                way.landed = way.landed.max(more.landed);
            }
            way => *way = Some(more),
        }
    }
    let [asked, answered] = ways;
    let mut phases = if wanted == first { before(model, event.conn) } else { Vec::new() };
    phases.extend(between(asked, answered));
    Some(phases)
}

/// A request under way, the server, and its answer under way.
fn between(asked: Option<Sent>, answered: Option<Sent>) -> Vec<Phase> {
    let mut phases = Vec::new();
    phases.extend(asked.as_ref().and_then(|asked| under_way(Spent::Request, asked)));
    if let (Some(asked), Some(answered)) = (&asked, &answered) {
        let ends = asked.landed.or(asked.left).zip(answered.left.or(answered.landed));
        phases.extend(ends.map(|(from, until)| Phase {
            spent: Spent::Server,
            from,
            until: until.max(from),
            cites: asked.cites.iter().chain(&answered.cites).copied().collect(),
        }));
    }
    phases.extend(answered.as_ref().and_then(|answered| under_way(Spent::Answer, answered)));
    phases
}

fn under_way(spent: Spent, sent: &Sent) -> Option<Phase> {
    let (from, until) = sent.left.zip(sent.landed)?;
    Some(Phase { spent, from, until, cites: sent.cites.clone() })
}

//! Where the time of an exchange went: its connection's set-up, its request under way, the server,
//! the answer under way.

use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::http2::{Http2, Role};
use trace::ids::{ConnId, Seq};
use trace::resp::Resp;
use trace::span::Dir;
use trace::time::Micros;

use crate::model::Model;
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
        StepKind::Gate { released: Some((by, at)) } => vec![wait(step, *at, *by)],
        StepKind::Open => step.conn.and_then(|conn| setup(model, conn)).into_iter().collect(),
        StepKind::Message { events, .. } => {
            let Some(event) = events.first().and_then(|seq| model.event(*seq)) else {
                return Vec::new();
            };
            match number(event) {
                Some(wanted) => exchange(model, event, wanted).unwrap_or_default(),
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
    let (seq, held) = model.conns.get(&conn)?.setup?;
    let from = model.entry(seq)?.at_us;
    Some(Phase { spent: Spent::Setup, from, until: from.plus(held), cites: vec![seq] })
}

/// The number of an event's exchange on its connection.
fn number(event: &Event) -> Option<u64> {
    match &event.kind {
        Kind::Http1(Http1::Request(request)) => Some(request.exchange),
        Kind::Http1(Http1::Response(response)) => response.exchange,
        Kind::Http1(Http1::Body(body)) => body.exchange,
        Kind::Resp(Resp::Command(command)) => Some(command.exchange),
        Kind::Resp(Resp::Reply(reply)) => reply.exchange,
        Kind::Http2(Http2::Head(head)) if matches!(head.role, Role::Request | Role::Response) => {
            Some(u64::from(head.stream))
        }
        Kind::Http1(_)
        | Kind::Websocket(_)
        | Kind::Sse(_)
        | Kind::Resp(_)
        | Kind::Http2(_)
        | Kind::Grpc(_) => None,
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
        let fits = |head: &&Event| number(head) == Some(wanted) && !model.ends_stream(head);
        if head.filter(fits).is_none() {
            continue;
        }
        match dir {
            Dir::ToServer => asked = Some(sent(model, events)),
            Dir::ToClient => answered = Some(sent(model, events)),
        }
    }
    let mut phases = Vec::new();
    // The set-up is paid for by the first request.
    phases.extend((wanted == 0).then(|| setup(model, event.conn)).flatten());
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
    Some(phases)
}

fn under_way(spent: Spent, sent: &Sent) -> Option<Phase> {
    let (from, until) = sent.left.zip(sent.landed)?;
    Some(Phase { spent, from, until, cites: sent.cites.clone() })
}

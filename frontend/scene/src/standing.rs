//! The state at a step: which connections are open, and what each is doing.

use std::collections::BTreeMap;

use trace::event::Kind;
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::time::Micros;

use crate::model::Model;
use crate::step::{Step, StepKind};

/// The state at a step: a fold over the steps up to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The connections that are open.
    pub open: Vec<Standby>,
    /// How many were opened, and how many of them are closed.
    pub opened: u64,
    /// How many are closed.
    pub closed: u64,
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
    /// Requests so far.
    pub requests: u64,
    /// Answers so far.
    pub answers: u64,
}

/// What goes on on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    Fresh,
    /// A request is with the server.
    Asked,
    /// The server stands at the gate.
    Gated,
    /// The last request is answered, and another may come.
    Idle,
    /// The last answer said that it was the last.
    Done,
}

#[derive(Default)]
struct Folded {
    seq: Option<Seq>,
    since: Micros,
    phase: Phase,
    requests: u64,
    answers: u64,
}

/// The state when a step has happened.
#[must_use]
pub fn at(model: &Model, step: usize) -> Standing {
    let now = model.steps.get(step).map(Step::at).unwrap_or_default();
    let mut standing = Standing::default();
    let mut open: BTreeMap<ConnId, Folded> = BTreeMap::new();
    for step in model.steps.iter().take(step + 1) {
        let Some(conn) = step.conn else { continue };
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
            StepKind::Message { events, .. } => {
                let Some(folded) = open.get_mut(&conn) else { continue };
                let head = events.first().and_then(|seq| model.event(*seq));
                // Interim answers and what could not be read change nothing.
                match head.map(|head| &head.kind) {
                    Some(Kind::Http1(Http1::Request(_))) => {
                        (folded.phase, folded.requests) = (Phase::Asked, folded.requests + 1);
                    }
                    Some(Kind::Http1(Http1::Response(response))) if response.status >= 200 => {
                        folded.answers += 1;
                        folded.phase = if response.persistent { Phase::Idle } else { Phase::Done };
                    }
                    _ => {}
                }
            }
            StepKind::Gate { released } => {
                let Some(folded) = open.get_mut(&conn) else { continue };
                if released.is_none_or(|(_, at)| at > now) {
                    folded.phase = Phase::Gated;
                }
            }
            StepKind::Hold { .. } | StepKind::Idle { .. } | StepKind::Note | StepKind::Lost => {}
        }
    }
    standing.open =
        open.iter().filter_map(|(id, folded)| standby(model, *id, folded, now)).collect();
    standing
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
    })
}

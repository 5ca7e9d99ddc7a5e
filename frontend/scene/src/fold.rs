//! What is folded, and what is not shown at all.

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::http2::{FrameKind, Http2};
use trace::note;
use trace::resp::Resp;
use trace::websocket::{Opcode, Websocket};

use crate::columns::Columns;
use crate::model::Model;
use crate::step::{Key, Step, StepKind};
use crate::tls::Carrier;

/// What kind of housekeeping is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// Preflights and their answers.
    Preflights,
    /// Polls that brought nothing, with the waits and the reads of nothing that belong to them.
    Polls,
    /// Reads of a store that found nothing.
    Reads,
    /// Pings and pongs.
    Pings,
    /// What HTTP/2 says of the connection itself: settings, windows, pings.
    Frames,
    /// Records of TLS that carry what is inside. The first of a connection stands for all of them,
    /// whatever lies between.
    Records,
}

/// Steps that are one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// Of what kind they are.
    pub kind: Folded,
    /// The last of them.
    pub last: usize,
    /// How many preflights, polls, reads or pings they are.
    pub count: u64,
    /// How many reads of a store that found nothing lie among the polls.
    pub reads: u64,
}

/// What a step is to a fold.
enum Part {
    /// One more of a kind, with which a fold may begin.
    Begins(Folded),
    /// What belongs to one that has begun.
    Belongs(Folded),
}

/// Whether both ends of a step are shown.
pub(crate) fn shown(model: &Model, step: &Step, columns: &Columns) -> bool {
    model.lanes_of(step).is_none_or(|(client, server)| {
        columns.lane(client).is_some() && columns.lane(server).is_some()
    })
}

/// Whether a step may be folded with its neighbours.
pub(crate) fn is_part(model: &Model, step: &Step) -> bool {
    part(model, step).is_some()
}

/// Whether a step has no row where housekeeping is folded: another one stands for it.
pub(crate) fn is_beside(model: &Model, step: &Step) -> bool {
    model.carrier(step) == Some(Carrier::Other)
}

/// How many a fold stands for, and the last of them.
pub(crate) fn extent(model: &Model, first: &Step, fold: Fold) -> (u64, Key) {
    let carriers = first.conn.filter(|_| fold.kind == Folded::Records);
    let carriers = carriers.and_then(|conn| model.carriers_on(conn));
    let last = || model.steps.get(fold.last).map_or(first.key, |last| last.key);
    carriers.unwrap_or_else(|| (fold.count, last()))
}

/// Housekeeping of one kind that follows each other from a step on. `known` is as far as it was found
/// before, where nothing of that has changed.
pub(crate) fn housekeeping(
    model: &Model,
    columns: &Columns,
    from: usize,
    known: Option<Fold>,
) -> Option<Fold> {
    let step = model.steps.get(from)?;
    let mut fold = match known {
        Some(known) => known,
        // It begins with a question, so that what comes later never changes where it begins.
        None => match part(model, step).filter(|_| shown(model, step, columns))? {
            Part::Begins(kind) => Fold { kind, last: from, count: 1, reads: 0 },
            Part::Belongs(_) => return None,
        },
    };
    if fold.kind == Folded::Records {
        return Some(fold);
    }
    for (index, step) in model.steps.iter().enumerate().skip(fold.last + 1) {
        // What has no row parts nothing.
        if is_beside(model, step) {
            continue;
        }
        let Some(part) = part(model, step).filter(|_| shown(model, step, columns)) else { break };
        match part {
            Part::Begins(kind) if kind == fold.kind => fold.count += 1,
            Part::Belongs(kind) if kind == fold.kind => {}
            // What a poll finds nothing in.
            Part::Begins(Folded::Reads) if fold.kind == Folded::Polls => fold.reads += 1,
            Part::Belongs(Folded::Reads) if fold.kind == Folded::Polls => {}
            _ => break,
        }
        fold.last = index;
    }
    let least = if fold.kind == Folded::Preflights { 1 } else { 2 };
    (fold.count >= least).then_some(fold)
}

fn part(model: &Model, step: &Step) -> Option<Part> {
    match &step.what {
        _ if model.carrier(step).is_some() => Some(Part::Begins(Folded::Records)),
        StepKind::Message { events, .. } => of_message(model, model.event(*events.first()?)?),
        // The entry of a wait is what it comes after: a request, or an answer.
        StepKind::Hold { .. } | StepKind::Idle { .. } => {
            let event = model.event(step.seq())?;
            let exchange = match &event.kind {
                Kind::Http1(Http1::Request(request)) => Some(request.exchange),
                Kind::Http1(Http1::Response(response)) => response.exchange,
                Kind::Http1(Http1::Body(body)) => body.exchange,
                _ => None,
            };
            let empties = &model.conns.get(&event.conn)?.empties;
            empties.contains(&exchange?).then_some(Part::Belongs(Folded::Polls))
        }
        StepKind::Note => match &model.entry(step.seq())?.what {
            What::Note(note) => match &note.what {
                note::What::StoreRead { ids, .. } if ids.is_empty() => {
                    Some(Part::Begins(Folded::Reads))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn of_message(model: &Model, event: &Event) -> Option<Part> {
    let conn = model.conns.get(&event.conn)?;
    let preflight = |exchange: u64| conn.preflights.contains(&exchange);
    // What is wrong is never put out of sight.
    let empty = |exchange: u64| conn.empties.contains(&exchange) && event.faults.is_empty();
    match &event.kind {
        Kind::Http1(Http1::Request(request)) if request.preflight => {
            Some(Part::Begins(Folded::Preflights))
        }
        Kind::Http1(Http1::Request(request)) if empty(request.exchange) => {
            Some(Part::Begins(Folded::Polls))
        }
        Kind::Http1(Http1::Response(response)) => match response.exchange? {
            exchange if preflight(exchange) => Some(Part::Belongs(Folded::Preflights)),
            exchange if empty(exchange) => Some(Part::Belongs(Folded::Polls)),
            _ => None,
        },
        Kind::Websocket(Websocket::Frame(frame)) if event.faults.is_empty() => match frame.opcode {
            Opcode::Ping => Some(Part::Begins(Folded::Pings)),
            Opcode::Pong => Some(Part::Belongs(Folded::Pings)),
            _ => None,
        },
        Kind::Http2(Http2::Preface) if event.faults.is_empty() => {
            Some(Part::Begins(Folded::Frames))
        }
        Kind::Http2(Http2::Frame(frame)) if event.faults.is_empty() => match frame.kind {
            FrameKind::Settings | FrameKind::WindowUpdate | FrameKind::Ping => {
                Some(Part::Begins(Folded::Frames))
            }
            _ => None,
        },
        Kind::Resp(Resp::Command(command)) if empty(command.exchange) => {
            Some(Part::Begins(Folded::Reads))
        }
        Kind::Resp(Resp::Reply(reply)) if reply.exchange.is_some_and(empty) => {
            Some(Part::Belongs(Folded::Reads))
        }
        _ => None,
    }
}

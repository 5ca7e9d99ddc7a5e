//! What is folded, and what is not shown at all.

use trace::event::Kind;
use trace::http1::Http1;
use trace::span::Dir;

use crate::columns::Columns;
use crate::model::Model;
use crate::step::{Step, StepKind};

/// Whether both ends of a step's connection are shown.
pub(crate) fn shown(model: &Model, step: &Step, columns: &Columns) -> bool {
    let conn = step.conn.and_then(|conn| model.conns.get(&conn));
    conn.is_none_or(|conn| {
        columns.lane(conn.client).is_some() && columns.lane(conn.server).is_some()
    })
}

/// Preflights and their answers, that follow each other from here on: the last step of them, and
/// how many requests they are.
pub(crate) fn housekeeping(model: &Model, columns: &Columns, from: usize) -> Option<(usize, u64)> {
    let mut count = 0;
    let mut last = None;
    for (index, step) in model.steps.iter().enumerate().skip(from) {
        // It begins with a question, so that what comes later never changes where it begins.
        match is_preflight(model, step).filter(|_| shown(model, step, columns)) {
            Some(Dir::ToServer) => count += 1,
            Some(Dir::ToClient) if count > 0 => {}
            _ => break,
        }
        last = Some(index);
    }
    last.map(|last| (last, count))
}

/// Whether a step is a preflight or its answer.
fn is_preflight(model: &Model, step: &Step) -> Option<Dir> {
    let StepKind::Message { events, .. } = &step.what else { return None };
    let event = model.event(*events.first()?)?;
    let Kind::Http1(said) = &event.kind;
    match said {
        Http1::Request(request) if request.preflight => Some(Dir::ToServer),
        Http1::Response(response) => {
            let conn = model.conns.get(&event.conn)?;
            let asked = response.exchange.is_some_and(|asked| conn.preflights.contains(&asked));
            asked.then_some(Dir::ToClient)
        }
        _ => None,
    }
}

//! Where the next step of a kind is.

use trace::entry::What;
use trace::event::Kind;
use trace::http1::Http1;
use trace::note;
use trace::span::Dir;

use crate::model::Model;
use crate::rows::{Part, Row, Rows};
use crate::step::{Step, StepKind};

/// What is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// A connection's opening.
    Connect,
    /// A request.
    Request,
    /// Something that the server says unasked.
    Push,
    /// A connection's end.
    Close,
    /// Something that is wrong.
    Fault,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Towards the end.
    On,
    /// Towards the beginning.
    Back,
}

/// The next such row after, or before, one.
#[must_use]
pub fn next(model: &Model, rows: &Rows, from: usize, sought: Sought, way: Way) -> Option<usize> {
    let fits = |(_, row): &(usize, &Row)| is(model, row, sought);
    let found = match way {
        Way::On => rows.all.iter().enumerate().skip(from + 1).find(fits),
        Way::Back => rows.all.iter().enumerate().take(from).rev().find(fits),
    };
    found.map(|(index, _)| index)
}

fn is(model: &Model, row: &Row, sought: Sought) -> bool {
    let Some(step) = model.steps.get(row.step) else { return false };
    if matches!(row.part, Part::Fold { .. }) {
        return false;
    }
    let events = match &step.what {
        StepKind::Message { events, .. } => events.as_slice(),
        _ => &[],
    };
    let mut known = events.iter().filter_map(|seq| model.event(*seq));
    match sought {
        Sought::Connect => step.what == StepKind::Open,
        Sought::Close => step.what == StepKind::Close,
        Sought::Request => matches!(step.what, StepKind::Message { dir: Dir::ToServer, .. }),
        Sought::Push => known.any(|event| {
            matches!(&event.kind, Kind::Http1(Http1::Response(response)) if response.exchange.is_none())
        }),
        Sought::Fault => {
            known.any(|event| !event.faults.is_empty())
                || step.what == StepKind::Lost
                || is_trouble(model, step)
        }
    }
}

/// Whether a step is a note of something that went wrong.
fn is_trouble(model: &Model, step: &Step) -> bool {
    let entry = model.entry(step.seq()).map(|entry| &entry.what);
    matches!(
        entry,
        Some(What::Note(note::Note {
            what: note::What::Refused { .. } | note::What::Cap { .. },
            ..
        }))
    )
}

//! Where the next step of a kind is.

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::http2::Http2;
use trace::note;
use trace::resp::Resp;
use trace::span::{Dir, Side};
use trace::websocket::Websocket;

use crate::model::Model;
use crate::rows::{Part, Row, Rows};
use crate::step::{Step, StepKind};
use crate::webhook;

/// What is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// A connection's opening.
    Connect,
    /// A request, or a command to a store.
    Request,
    /// Something that is said unasked: an event, a message of a WebSocket, a store's push.
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

/// Where the next of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// At this row, on the way.
    Ahead(usize),
    /// At this row, round by the ladder's other end.
    Round(usize),
    /// Where the reader is: there is no other.
    Only,
}

/// The next such row after, or before, one; beyond the last, or the first, it goes on from the other end.
#[must_use]
pub fn next(model: &Model, rows: &Rows, from: usize, sought: Sought, way: Way) -> Option<Found> {
    let fits = |(_, row): &(usize, &Row)| is(model, row, sought);
    let all = rows.all.as_slice();
    let ahead = match way {
        Way::On => all.iter().enumerate().skip(from + 1).find(fits),
        Way::Back => all.iter().enumerate().take(from).rev().find(fits),
    };
    if let Some((row, _)) = ahead {
        return Some(Found::Ahead(row));
    }
    let (row, _) = match way {
        Way::On => all.iter().enumerate().take(from + 1).find(fits),
        Way::Back => all.iter().enumerate().skip(from).rev().find(fits),
    }?;
    Some(if row == from { Found::Only } else { Found::Round(row) })
}

fn is(model: &Model, row: &Row, sought: Sought) -> bool {
    let Some(step) = model.steps.get(row.step) else { return false };
    if matches!(row.part, Part::Fold(_)) {
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
        Sought::Request => {
            let asks = matches!(step.what, StepKind::Message { dir: Dir::ToServer, .. });
            asks && known.any(|event| {
                matches!(event.kind, Kind::Http1(_) | Kind::Resp(_) | Kind::Http2(Http2::Head(_)))
            })
        }
        Sought::Push => known.any(is_push),
        Sought::Fault => {
            known.any(|event| !event.faults.is_empty())
                || step.what == StepKind::Lost
                || is_trouble(model, step)
        }
    }
}

/// Whether nobody asked for it.
fn is_push(event: &Event) -> bool {
    match &event.kind {
        Kind::Http1(Http1::Response(response)) => response.exchange.is_none(),
        Kind::Websocket(Websocket::Message(_)) | Kind::Sse(_) | Kind::Resp(Resp::Push(_)) => true,
        // What answers a call is asked for, and comes when it comes.
        Kind::Grpc(_) => event.from == Side::Server,
        Kind::Http1(_) | Kind::Websocket(_) | Kind::Resp(_) | Kind::Http2(_) | Kind::Tls(_) => {
            false
        }
    }
}

/// Whether a step is a note of something that went wrong.
fn is_trouble(model: &Model, step: &Step) -> bool {
    let entry = model.entry(step.seq()).map(|entry| &entry.what);
    let Some(What::Note(note)) = entry else { return false };
    matches!(
        note.what,
        note::What::Refused { .. }
            | note::What::Cap { .. }
            | note::What::MessagesLost { .. }
            | note::What::InstanceDown { .. }
            | note::What::StreamDropped { .. }
            | note::What::DeliveryDead { .. }
    ) || webhook::is_trouble(&note.what)
}

//! What lanes and figures say.

use text::say;

use super::drawn::Row;
use super::{Ends, Lane, On, Part, Piece, Protocol, SHOWN, Streams, Wait};
use crate::amount;

/// The number of a lane, or of its connection, and what was asked for.
pub(super) fn named(row: Row<'_>) -> String {
    let Row { lane, streams, apart, .. } = row;
    let unknown = || format!("({})", say("streams-unknown", &[]));
    let label = if lane.label.is_empty() { unknown() } else { lane.label.clone() };
    if apart {
        let conn = streams.conn.to_string();
        return say("streams-row", &[("conn", (&conn).into()), ("label", (&label).into())]);
    }
    format!("{} {label}", lane.number)
}

/// What is waited for, and how long: `waits for dog.png · 1,982 ms`.
pub(super) fn waited(streams: &Streams, wait: &Wait) -> String {
    let took = amount::millis(wait.until.since(wait.from));
    let whom = match wait.on {
        On::Lane(place) => streams.lanes.get(place),
        On::Server => None,
    };
    match whom {
        Some(whom) => {
            say("streams-behind", &[("whom", whom.name().into()), ("took", (&took).into())])
        }
        None => say("streams-works", &[("took", (&took).into())]),
    }
}

/// What a piece is, how many bytes it has, where they lie and when they were here.
pub(super) fn said(row: Row<'_>, piece: &Piece) -> String {
    let part = match piece.part {
        Part::Head => say("streams-head", &[]),
        Part::Body => say("streams-body", &[]),
        Part::Frame(kind) => kind.name().to_owned(),
    };
    let whose = named(row);
    let bytes = amount::bytes(piece.span.len);
    let from = amount::count(piece.span.start);
    let after = amount::millis(piece.until.since(row.lane.asked.unwrap_or(piece.from)));
    let args = [
        ("whose", (&whose).into()),
        ("part", (&part).into()),
        ("bytes", (&bytes).into()),
        ("from", (&from).into()),
        ("after", (&after).into()),
    ];
    say("streams-piece", &args)
}

/// Which connection a figure shows, or which ones.
pub(super) fn title(group: &[&Streams]) -> String {
    let Some(streams) = group.first() else { return String::new() };
    let apart = group.len() > 1;
    let exchanges = streams.lanes.len() as u64 + streams.more;
    let count = if apart { group.len() as u64 } else { exchanges };
    let conn = streams.conn.to_string();
    let args = [
        ("conn", (&conn).into()),
        ("client", (&streams.client).into()),
        ("server", (&streams.server).into()),
        ("count", count.into()),
    ];
    let id = match streams.protocol {
        Protocol::Http1 if apart => "streams-title-apart",
        Protocol::Http1 => "streams-title-http1",
        Protocol::Http2 => "streams-title-http2",
    };
    say(id, &args)
}

/// How many answers waited behind others, and how long at most.
pub(super) fn sum(group: &[&Streams]) -> String {
    let lanes = group.iter().flat_map(|streams| &streams.lanes);
    let behind = lanes.map(Lane::behind).filter(|behind| *behind >= SHOWN);
    let count = behind.clone().count() as u64;
    let most = amount::millis(behind.max().unwrap_or_default());
    let args = [("count", count.into()), ("most", (&most).into())];
    let is_http2 = group.iter().any(|streams| streams.protocol == Protocol::Http2);
    let id = match count {
        1.. => "streams-sum-behind",
        0 if is_http2 => "streams-sum-http2",
        0 if group.len() > 1 => "streams-sum-apart",
        0 => "streams-sum-none",
    };
    say(id, &args)
}

/// A lane in a sentence, for those who hear it.
pub(super) fn told(row: Row<'_>) -> String {
    let lane = row.lane;
    let (whose, bytes) = (named(row), amount::bytes(lane.bytes));
    let waits: Vec<String> = lane.waits.iter().map(|wait| waited(row.streams, wait)).collect();
    let waits = waits.join(", ");
    let whole = lane.last.zip(lane.asked).map(|(last, asked)| amount::millis(last.since(asked)));
    let took = whole.unwrap_or_default();
    let args = [
        ("whose", (&whose).into()),
        ("waits", (&waits).into()),
        ("bytes", (&bytes).into()),
        ("pieces", (lane.pieces.len() as u64 + lane.more).into()),
        ("took", (&took).into()),
    ];
    let id = match lane.ends {
        Ends::Whole => "streams-told",
        Ends::Open => "streams-told-open",
        Ends::Cut => "streams-told-cut",
    };
    say(id, &args)
}

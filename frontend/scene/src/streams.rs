//! Who uses a connection when: its exchanges as lanes, each with the bytes of its answer and with what it
//! waited for. With HTTP/1 the answers leave in the order of the requests (RFC 9112, section 9.3.2), so
//! that one waits until those before it are whole; with HTTP/2 none has to.

mod behind;
mod beside;
mod drawn;
mod gather;
mod svg;
mod words;

#[cfg(test)]
mod tests;

use trace::http2::FrameKind;
use trace::ids::{ConnId, Seq};
use trace::participant::Role;
use trace::span::{Dir, Span};
use trace::time::Micros;

pub use drawn::{Axis, Figure, Line, Mark, Means, figures};

use crate::model::{Conn, Model};
use crate::tls::TlsSide;
pub(crate) use gather::gather;

/// The most lanes of a connection that are given.
pub const LANES: usize = 64;

/// The most pieces of an answer that are given.
pub const PIECES: usize = 512;

/// The most connections that are given at once.
pub const CONNS: usize = 12;

/// A shorter wait is the machine's, and not told.
const SHOWN: Micros = Micros(10_000);

/// The exchanges of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streams {
    /// The connection.
    pub conn: ConnId,
    /// What it speaks.
    pub protocol: Protocol,
    /// The client's name.
    pub client: String,
    /// The server's name.
    pub server: String,
    /// Its exchanges in the order of their numbers.
    pub lanes: Vec<Lane>,
    /// How many more there are.
    pub more: u64,
}

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// An exchange: a request, its answer, and what was waited for between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The number of its stream, or which request of the connection it is, from 1.
    pub number: u64,
    /// What was asked for: the path without the run.
    pub label: String,
    /// The entry of its request.
    pub seq: Seq,
    /// When the request left.
    pub asked: Option<Micros>,
    /// When it was whole at the server.
    pub arrived: Option<Micros>,
    /// When the first byte of its answer left.
    pub answered: Option<Micros>,
    /// When that byte landed.
    pub first: Option<Micros>,
    /// When the last byte so far landed.
    pub last: Option<Micros>,
    /// When the last byte of an answer that is whole left.
    pub over: Option<Micros>,
    /// When its stream was taken back, or given up.
    pub cut: Option<Micros>,
    /// How far the answer is.
    pub ends: Ends,
    /// Bytes of it.
    pub bytes: u64,
    /// Its bytes, piece by piece, in their order on the connection.
    pub pieces: Vec<Piece>,
    /// How many more pieces there are.
    pub more: u64,
    /// What was waited for, from the request's arrival to the answer's first byte.
    pub waits: Vec<Wait>,
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It is to come, or under way.
    Open,
    /// It is whole.
    Whole,
    /// It was broken off.
    Cut,
}

/// Bytes of an answer that lie together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The entry that says what they are.
    pub seq: Seq,
    /// What they are.
    pub part: Part,
    /// Where they lie among the bytes to the client.
    pub span: Span,
    /// When the first of them landed.
    pub from: Micros,
    /// When the last of them did.
    pub until: Micros,
}

/// What a piece of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The head, or what a read or write had of it.
    Head,
    /// The content, or what a read or write had of it.
    Body,
    /// A frame of HTTP/2.
    Frame(FrameKind),
}

/// Something that was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// From then on.
    pub from: Micros,
    /// Until then.
    pub until: Micros,
    /// For what.
    pub on: On,
}

/// What an answer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The server works on it.
    Server,
    /// The answer of the lane with this place must be whole before.
    Lane(usize),
}

/// The connections that are looked at together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// Which they are, in the order of their numbers.
    pub conns: Vec<ConnId>,
    /// The reader's own.
    pub chosen: Option<ConnId>,
    /// How many more there are.
    pub more: u64,
}

impl Lane {
    /// The last part of what was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        name(&self.label)
    }

    /// How long it waited behind others.
    #[must_use]
    pub fn behind(&self) -> Micros {
        let behind = self.waits.iter().filter(|wait| wait.on != On::Server);
        Micros(behind.map(|wait| wait.until.since(wait.from).0).sum())
    }

    /// The lane for which it waited longest, and how long.
    #[must_use]
    pub fn longest(&self) -> Option<(usize, Micros)> {
        let behind = self.waits.iter().filter_map(|wait| match wait.on {
            On::Lane(lane) => Some((lane, wait.until.since(wait.from))),
            On::Server => None,
        });
        behind.max_by_key(|(_, took)| *took)
    }

    /// Whether its answer was awaited or under way at a moment.
    #[must_use]
    pub fn is_open(&self, at: Micros) -> bool {
        let broken = self.last.filter(|_| self.ends == Ends::Cut);
        let over = self.over.or(self.cut).or(broken);
        self.asked.is_some_and(|asked| asked <= at) && over.is_none_or(|over| over > at)
    }
}

/// The exchanges of a connection; none where it carries none.
#[must_use]
pub fn of(model: &Model, conn: ConnId) -> Option<Streams> {
    let mut streams = gather(model, conn)?;
    streams.more = streams.lanes.len().saturating_sub(LANES) as u64;
    streams.lanes.truncate(LANES);
    Some(streams)
}

/// The chosen connection, and the others of its client, as far as there is room. Of TLS the one inside
/// counts, which has the exchanges.
#[must_use]
pub fn together(model: &Model, chosen: Option<ConnId>) -> Together {
    let chosen = chosen.map(|id| model.conns.get(&id).and_then(|conn| conn.inner).unwrap_or(id));
    let speaks = |(id, conn): &(&ConnId, &Conn)| {
        let outside = model.side_of_tls(**id) == Some(TlsSide::Outside);
        !outside && !conn.messages[Dir::ToServer.index()].is_empty()
    };
    let is_client = |(_, conn): &(&ConnId, &Conn)| {
        model.lanes.get(conn.client).is_some_and(|client| client.role != Role::Server)
    };
    let chosen_one = chosen.and_then(|conn| model.conns.get(&conn));
    let first = || model.conns.iter().filter(is_client).find(speaks).map(|(_, conn)| conn);
    let Some(client) = chosen_one.or_else(first).map(|conn| conn.client) else {
        return Together::default();
    };
    let own = model.conns.iter().filter(|own| own.1.client == client && speaks(own));
    let own: Vec<ConnId> = own.map(|(id, _)| *id).collect();
    let place = own.iter().position(|id| Some(*id) == chosen).unwrap_or_default();
    // Whoever goes from one to another stays with the same ones.
    let skipped = place / CONNS * CONNS;
    let conns: Vec<ConnId> = own.iter().copied().skip(skipped).take(CONNS).collect();
    let more = own.len().saturating_sub(conns.len()) as u64;
    Together { conns, chosen, more }
}

/// What was asked for, without the run.
pub(crate) fn target(target: &str, run: &str) -> String {
    let own = target.replacen(&format!("/r/{run}"), "", 1);
    if own.is_empty() { "/".to_owned() } else { own }
}

/// A target without its query.
pub(crate) fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// The last part of a path, with its query.
pub(crate) fn name(target: &str) -> &str {
    let end = path(target).rfind('/').map_or(0, |slash| slash + 1);
    target.get(end..).filter(|name| !name.is_empty()).unwrap_or(target)
}

//! TLS: which records carry what is inside, and what the handshake cost. Outside and inside are two
//! connections in the log, and one ribbon on the ladder.

use trace::entry::Carried;
use trace::event::{Event, Kind};
use trace::ids::{ConnId, Seq};
use trace::span::Dir;
use trace::time::Micros;
use trace::tls::{ContentType, Tls};

use crate::model::{Conn, Model};
use crate::step::{Key, Step, StepKind};

/// The least that a protected record has beside what it carries: its head, and the tag that protects it
/// (RFC 8446, section 5.2).
const BESIDE: u64 = 5 + 16;

/// Over so many records the first bytes inside are looked for.
const SOUGHT: usize = 64;

/// On which side of TLS bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsSide {
    /// Records, as they go over.
    Outside,
    /// What they carry.
    Inside,
}

/// What a record that carries what is inside is to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The first: where they are folded it stands for all.
    First,
    /// Any other.
    Other,
}

/// The records of a connection that may carry what is inside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    /// Whether there is any record.
    heard: bool,
    ways: [Way; 2],
}

/// Those of one direction.
#[derive(Debug, Clone, Default)]
struct Way {
    /// In the order of the stream.
    all: Vec<Record>,
    /// From which of them on they carry what is inside.
    from: Option<usize>,
    /// When the first bytes inside moved, and how many they were.
    begun: Option<(Micros, u64)>,
    /// How many bytes inside were in how many outside, the first that is known.
    carried: Option<(u64, u64)>,
}

/// A protected record.
#[derive(Debug, Clone, Copy)]
struct Record {
    key: Key,
    /// Where it ends in its stream.
    end: u64,
    len: u64,
}

/// What a handshake cost, up to the first record that carries what is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Its records.
    pub records: Vec<Seq>,
    /// How often each side had its turn, the client first.
    pub flights: [u64; 2],
    /// The records' bytes, both ways.
    pub bytes: u64,
    /// When the first of them left.
    pub began: Micros,
    /// The first record to the server that carries what is inside, and when it left.
    pub over: Option<(Seq, Micros)>,
    /// Whether the link delayed it: then both moments are known.
    pub delayed: bool,
}

/// What records that carry what is inside add to it, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overhead {
    /// How many records.
    pub records: u64,
    /// Their bytes.
    pub outside: u64,
    /// The bytes inside.
    pub inside: u64,
    /// The entries from which that is known: the first and the last of each.
    pub cites: Vec<Seq>,
}

impl Records {
    /// Where the first stands that carries what is inside.
    fn first(&self) -> Option<Key> {
        let firsts = self.ways.iter().filter_map(|way| way.carriers().first());
        firsts.map(|record| record.key).min()
    }
}

impl Way {
    fn carriers(&self) -> &[Record] {
        self.from.and_then(|from| self.all.get(from..)).unwrap_or_default()
    }

    /// The place of the first record that carries what is inside, as far as it can be told: the last
    /// one that was needed is known, and those before it until there is room for all bytes.
    fn sought(&self, dir: Dir) -> Option<usize> {
        let reaches = |end: u64| self.all.last().is_some_and(|last| last.end >= end);
        let (inside, last) = match (self.carried, self.begun, dir) {
            // What was read may end amid a record that comes after.
            (Some((inside, end)), _, Dir::ToServer) => {
                (inside, self.all.partition_point(|record| record.end <= end))
            }
            (Some((inside, end)), _, Dir::ToClient) if reaches(end) => {
                (inside, self.all.partition_point(|record| record.end < end) + 1)
            }
            (Some(_), _, Dir::ToClient) | (None, None, _) => return None,
            (None, Some((at, inside)), _) => {
                (inside, self.all.partition_point(|record| record.key.0 <= at))
            }
        };
        let mut room = 0;
        for (place, record) in self.all.iter().enumerate().take(last).rev().take(SOUGHT) {
            room += record.len.saturating_sub(BESIDE);
            if room >= inside {
                return Some(place);
            }
        }
        Some(last)
    }
}

impl Model {
    /// The connection on whose ribbon one stands: itself, or that of TLS around it.
    #[must_use]
    pub fn outermost(&self, conn: ConnId) -> ConnId {
        self.conns.get(&conn).and_then(|known| known.inside).unwrap_or(conn)
    }

    /// Whether a connection is open, or the one of TLS around it.
    #[must_use]
    pub fn is_open(&self, conn: ConnId) -> bool {
        self.open.contains(&self.outermost(conn))
    }

    /// What is inside a connection of TLS, or the connection itself.
    #[must_use]
    pub fn within<'a>(&'a self, conn: &'a Conn) -> &'a Conn {
        conn.inner.and_then(|inner| self.conns.get(&inner)).unwrap_or(conn)
    }

    /// On which side of TLS a connection's bytes are, where there is TLS.
    #[must_use]
    pub fn side_of_tls(&self, conn: ConnId) -> Option<TlsSide> {
        let conn = self.conns.get(&conn)?;
        if conn.inside.is_some() {
            return Some(TlsSide::Inside);
        }
        (conn.inner.is_some() || conn.tls.heard).then_some(TlsSide::Outside)
    }

    /// What the link says that the set-up cost: of a connection, or of the one of TLS around it.
    #[must_use]
    pub fn setup_of(&self, conn: ConnId) -> Option<(Seq, Micros)> {
        let own = self.conns.get(&conn)?;
        own.setup.or_else(|| self.conns.get(&own.inside?)?.setup)
    }

    /// When the last answer inside TLS had landed. That may be known only when what carries it has.
    pub(crate) fn answered_inside(&self) -> Option<Micros> {
        let inner = self.conns.values().filter(|conn| conn.inside.is_some());
        let landed = inner.filter_map(|conn| {
            let seq = *conn.served.last()?;
            let key = conn.keys.iter().rev().take(SOUGHT).find(|key| key.1 == seq);
            let step = key.and_then(|key| self.steps.get(self.index_of(*key)?));
            step.map(|step| step.until(self)).or_else(|| self.arrived(seq))
        });
        landed.max()
    }

    /// A connection begins inside another.
    pub(crate) fn opens_inside(
        &mut self,
        seq: Seq,
        id: ConnId,
        outer: ConnId,
        (client, server): (usize, usize),
    ) {
        let around = self.conn(outer);
        around.inner = Some(id);
        let slot = around.slot;
        let conn = self.conn(id);
        (conn.opened, conn.client, conn.server, conn.slot) = (Some(seq), client, server, slot);
        conn.inside = Some(outer);
    }

    /// The first bytes of a direction moved: of a connection inside another that tells something.
    pub(crate) fn begins_inside(&mut self, conn: ConnId, dir: Dir, begun: (Micros, u64)) {
        if let Some(outer) = self.conns.get(&conn).and_then(|known| known.inside) {
            self.sort_records(outer, dir, |way| way.begun = Some(begun));
        }
    }

    /// Which bytes inside are in which outside is said.
    pub(crate) fn carried_inside(&mut self, carried: &Carried) {
        if carried.offset > 0 {
            let known = (carried.offset, carried.outer_offset);
            self.sort_records(carried.outer, carried.dir, |way| {
                way.carried = way.carried.or(Some(known));
            });
        }
    }

    /// A record is a step of its own.
    pub(crate) fn heard_tls(&mut self, (seq, at): (Seq, Micros), event: &Event, said: &Tls) {
        let stands = self.stands(event, at);
        let key = self.message(seq, stands, event);
        self.conn(event.conn).tls.heard = true;
        // What is wrong is never put out of sight.
        let carries = said.protected && said.content == ContentType::ApplicationData;
        if carries && event.faults.is_empty() {
            let record = Record { key, end: event.evidence.end(), len: event.evidence.len() };
            self.sort_records(event.conn, event.dir(), |way| way.all.push(record));
        }
    }

    /// Learns something of a direction's records. Those that are something else by it are laid out again.
    fn sort_records(&mut self, outer: ConnId, dir: Dir, learn: impl FnOnce(&mut Way)) {
        let records = &mut self.conn(outer).tls;
        let first = records.first();
        let way = &mut records.ways[dir.index()];
        let from = way.from;
        learn(way);
        way.from = way.sought(dir);
        let (least, most) = match (from, way.from) {
            (Some(was), Some(is)) => (was.min(is), was.max(is)),
            (Some(one), None) | (None, Some(one)) => (one, usize::MAX),
            (None, None) => return,
        };
        let others = way.all.iter().skip(least).take(most - least).map(|record| record.key);
        let mut changed: Vec<Key> = others.collect();
        let now = records.first();
        if first != now {
            changed.extend(first.into_iter().chain(now));
        }
        self.housekeeping += u64::from(now.is_some());
        for key in changed {
            let index = self.index_of(key);
            self.edits.extend(index);
        }
    }

    /// What a step is to the records that carry what is inside, if it is one of them.
    pub(crate) fn carrier(&self, step: &Step) -> Option<Carrier> {
        let StepKind::Message { dir, .. } = &step.what else { return None };
        let records = &self.conns.get(&step.conn?)?.tls;
        let carriers = records.ways[dir.index()].carriers();
        carriers.binary_search_by_key(&step.key, |record| record.key).ok()?;
        Some(if records.first() == Some(step.key) { Carrier::First } else { Carrier::Other })
    }

    /// How many records on a connection carry what is inside, and where the last of them stands.
    pub(crate) fn carriers_on(&self, conn: ConnId) -> Option<(u64, Key)> {
        let ways = &self.conns.get(&conn)?.tls.ways;
        let count: usize = ways.iter().map(|way| way.carriers().len()).sum();
        let last = ways.iter().filter_map(|way| way.carriers().last()).map(|record| record.key);
        Some((count as u64, last.max()?))
    }

    /// What the handshake cost on a connection of TLS, or on the one around what is inside it.
    #[must_use]
    pub fn handshake(&self, conn: ConnId) -> Option<Handshake> {
        let known = self.conns.get(&self.outermost(conn))?;
        let over = known.tls.ways[Dir::ToServer.index()].carriers().first().map(|it| it.key);
        let mut handshake: Option<Handshake> = None;
        let mut turn = None;
        // What stands after it paid for nothing that came before the first request.
        for key in known.keys.iter().take_while(|key| over.is_none_or(|over| **key < over)) {
            let Some(event) = self.event(key.1) else { continue };
            let Kind::Tls(_) = &event.kind else { continue };
            let so_far = handshake.get_or_insert_with(|| Handshake {
                records: Vec::new(),
                flights: [0, 0],
                bytes: 0,
                began: key.0,
                over: over.map(|over| (over.1, over.0)),
                delayed: false,
            });
            so_far.records.push(key.1);
            so_far.bytes += event.evidence.len();
            so_far.flights[event.dir().index()] += u64::from(turn != Some(event.dir()));
            so_far.delayed |= self.times(event).under_way().is_some();
            turn = Some(event.dir());
        }
        handshake
    }

    /// What the records of a direction that carry what is inside add to it, as far as that is known.
    #[must_use]
    pub fn overhead(&self, outer: ConnId, dir: Dir) -> Option<Overhead> {
        let known = self.conns.get(&outer)?;
        let inside = &self.conns.get(&known.inner?)?.chunks[dir.index()];
        let carriers = known.tls.ways[dir.index()].carriers();
        let ends = [carriers.first()?, carriers.last()?].map(|record| record.key.1);
        let bytes = [inside.first()?, inside.last()?];
        let overhead = Overhead {
            records: carriers.len() as u64,
            outside: carriers.iter().map(|record| record.len).sum(),
            inside: bytes[1].span.end(),
            cites: ends.into_iter().chain(bytes.map(|chunk| chunk.seq)).collect(),
        };
        (overhead.outside > overhead.inside).then_some(overhead)
    }
}

//! When an event left and when it landed: a fold over the entries that carry moments.
//!
//! Bytes to the server leave at the socket and land when the link hands them to the service. Bytes
//! to the client leave at the service and land at the socket. Without a link only the socket's
//! moment is known, and an arrow made of it may not slant (law 6).
//!
//! Inside TLS the same holds, unless the link lies under it: then the log says in which bytes outside the
//! inner ones were carried, the inner chunks are those of the service's end, and the socket's moments are
//! those of the bytes outside.

use std::collections::BTreeMap;

use crate::entry::{Entry, What};
use crate::ids::ConnId;
use crate::note;
use crate::span::{Dir, Spans};
use crate::time::Micros;

/// The moments of all connections of a run.
#[derive(Debug, Clone, Default)]
pub struct Moments {
    conns: BTreeMap<ConnId, Conn>,
}

/// The moments at the two ends of a run's link.
#[derive(Debug, Clone, Default)]
struct Conn {
    socket: [Marks; 2],
    service: [Marks; 2],
    /// Until when the link held bytes for the connection's set-up, and from which on.
    setup: Option<(Micros, u64)>,
    /// Where the link lies under TLS: the connection outside.
    outer: Option<ConnId>,
    /// Bytes inside TLS, in each direction: upto which offset outside those upto an offset are carried.
    carried: [Vec<(u64, u64)>; 2],
}

/// Moments by offset: everything before the offset had moved by then.
#[derive(Debug, Clone, Default)]
struct Marks(Vec<(u64, Micros)>);

/// When something left and when it landed, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// When its first byte left.
    pub left: Option<Micros>,
    /// When its last byte landed.
    pub landed: Option<Micros>,
}

impl Times {
    /// The moment at which it stands in the order of things: when it left, else when it landed.
    #[must_use]
    pub fn stands(self) -> Option<Micros> {
        self.left.or(self.landed)
    }

    /// How long it was on its way, where both moments are known.
    #[must_use]
    pub fn under_way(self) -> Option<Micros> {
        Some(self.landed?.since(self.left?))
    }
}

impl Marks {
    fn push(&mut self, offset: u64, at: Micros) {
        // Entries of one direction come in order; a log with one taken out still does.
        if self.0.last().is_none_or(|(last, _)| *last < offset) {
            self.0.push((offset, at));
        }
    }

    /// The moment at which the byte before `end` had moved.
    fn upto(&self, end: u64) -> Option<Micros> {
        let index = self.0.partition_point(|(offset, _)| *offset < end);
        self.0.get(index).map(|(_, at)| *at)
    }
}

impl Moments {
    /// Takes an entry in.
    pub fn push(&mut self, entry: &Entry) {
        match &entry.what {
            What::Chunk(chunk) => {
                let end = chunk.offset + chunk.bytes.len() as u64;
                self.marks(chunk.conn, |conn| &mut conn.socket[chunk.dir.index()])
                    .push(end, entry.at_us);
            }
            What::Lost(lost) => {
                self.marks(lost.conn, |conn| &mut conn.socket[lost.dir.index()])
                    .push(lost.offset + lost.len, entry.at_us);
            }
            What::Passed(passed) => {
                self.marks(passed.conn, |conn| &mut conn.service[passed.dir.index()])
                    .push(passed.offset, entry.at_us);
            }
            What::Carried(carried) => {
                let conn = self.conns.entry(carried.conn).or_default();
                conn.outer = Some(carried.outer);
                let upto = &mut conn.carried[carried.dir.index()];
                if upto.last().is_none_or(|(last, _)| *last < carried.offset) {
                    upto.push((carried.offset, carried.outer_offset));
                }
            }
            What::Note(note) => {
                if let (Some(conn), note::What::LinkSetup { held_us, from }) =
                    (note.conn, &note.what)
                {
                    self.conns.entry(conn).or_default().setup =
                        Some((entry.at_us.plus(*held_us), *from));
                }
            }
            _ => {}
        }
    }

    fn marks(&mut self, conn: ConnId, pick: impl Fn(&mut Conn) -> &mut Marks) -> &mut Marks {
        pick(self.conns.entry(conn).or_default())
    }

    /// When these bytes left and landed.
    #[must_use]
    pub fn of(&self, conn: ConnId, dir: Dir, evidence: &Spans) -> Times {
        let Some(known) = self.conns.get(&conn) else { return Times::default() };
        let (first, end) = (evidence.start() + 1, evidence.end());
        let Some(outer) = known.outer else { return known.times(dir, first, end) };
        // The chunks are those of the service's end.
        let service = &known.socket[dir.index()];
        // What is outside is never asked what carries it: a log may say that it goes round in circles.
        let outside = |upto: u64| {
            let upto = known.outside(dir, upto)?;
            Some(self.conns.get(&outer)?.times(dir, upto, upto))
        };
        match dir {
            Dir::ToServer => {
                let left = outside(first).and_then(|times| times.left);
                Times { left, landed: service.upto(end) }
            }
            Dir::ToClient => {
                let landed = outside(end).and_then(|times| times.landed);
                Times { left: service.upto(first), landed }
            }
        }
    }
}

impl Conn {
    /// When the byte before `first` left and the byte before `end` landed.
    fn times(&self, dir: Dir, first: u64, end: u64) -> Times {
        let (socket, service) = (&self.socket[dir.index()], &self.service[dir.index()]);
        match dir {
            Dir::ToServer => {
                // Bytes that the link held for the set-up begin their way when that is over.
                let setup = self.setup.filter(|(_, from)| first > *from);
                let left =
                    socket.upto(first).map(|at| at.max(setup.map_or(at, |(until, _)| until)));
                Times { left, landed: service.upto(end) }
            }
            Dir::ToClient => Times { left: service.upto(first), landed: socket.upto(end) },
        }
    }

    /// The offset outside after what carries the byte before `end`.
    fn outside(&self, dir: Dir, end: u64) -> Option<u64> {
        let carried = &self.carried[dir.index()];
        let index = carried.partition_point(|(offset, _)| *offset < end);
        carried.get(index).map(|(_, outer)| *outer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Carried, Chunk, Passed};
    use crate::ids::Seq;
    use crate::span::Span;

    fn entry(at: u64, what: What) -> Entry {
        Entry { seq: Seq(at), at_us: Micros(at), what }
    }

    fn chunk(at: u64, dir: Dir, offset: u64, len: usize) -> Entry {
        entry(at, What::Chunk(Chunk { conn: ConnId(1), dir, offset, bytes: vec![0; len] }))
    }

    fn passed(at: u64, dir: Dir, offset: u64) -> Entry {
        entry(at, What::Passed(Passed { conn: ConnId(1), dir, offset }))
    }

    #[test]
    fn both_ends_of_the_link_lend_their_moments() {
        let mut moments = Moments::default();
        let setup = note::Note {
            conn: Some(ConnId(1)),
            what: note::What::LinkSetup { held_us: Micros(80), from: 0 },
        };
        for entry in [
            entry(0, What::Note(setup)),
            chunk(5, Dir::ToServer, 0, 10),
            chunk(90, Dir::ToServer, 10, 10),
            passed(120, Dir::ToServer, 10),
            passed(130, Dir::ToServer, 20),
            passed(200, Dir::ToClient, 7),
            chunk(240, Dir::ToClient, 0, 7),
        ] {
            moments.push(&entry);
        }
        let of = |dir, start, len| moments.of(ConnId(1), dir, &Spans::one(Span { start, len }));
        let times = |left, landed| Times { left: Some(Micros(left)), landed: Some(Micros(landed)) };
        assert_eq!(of(Dir::ToServer, 0, 10), times(80, 120), "held for the set-up");
        assert_eq!(of(Dir::ToServer, 0, 20), times(80, 130), "first byte leaves, last byte lands");
        assert_eq!(of(Dir::ToServer, 10, 10), times(90, 130));
        assert_eq!(of(Dir::ToClient, 0, 7), times(200, 240));
        assert_eq!(of(Dir::ToClient, 0, 8), Times { left: Some(Micros(200)), landed: None });
    }

    #[test]
    fn what_went_on_at_once_was_not_held() {
        let mut moments = Moments::default();
        let setup = note::Note {
            conn: Some(ConnId(1)),
            what: note::What::LinkSetup { held_us: Micros(80), from: 10 },
        };
        for entry in [
            entry(0, What::Note(setup)),
            chunk(5, Dir::ToServer, 0, 10),
            passed(6, Dir::ToServer, 10),
            chunk(30, Dir::ToServer, 10, 10),
            passed(120, Dir::ToServer, 20),
        ] {
            moments.push(&entry);
        }
        let of = |start| moments.of(ConnId(1), Dir::ToServer, &Spans::one(Span { start, len: 10 }));
        let times = |left, landed| Times { left: Some(Micros(left)), landed: Some(Micros(landed)) };
        assert_eq!(of(0), times(5, 6), "handed over at once");
        assert_eq!(of(10), times(80, 120), "held");
    }

    #[test]
    fn without_a_link_only_the_socket_is_known() {
        let mut moments = Moments::default();
        moments.push(&chunk(5, Dir::ToServer, 0, 10));
        let times = moments.of(ConnId(1), Dir::ToServer, &Spans::one(Span { start: 0, len: 10 }));
        assert_eq!(times, Times { left: Some(Micros(5)), landed: None });
        assert_eq!(times.under_way(), None);
    }

    fn carried(dir: Dir, offset: u64, outer: u64, outer_offset: u64) -> Entry {
        let (conn, outer) = (ConnId(2), ConnId(outer));
        entry(0, What::Carried(Carried { conn, dir, offset, outer, outer_offset }))
    }

    fn inner(at: u64, dir: Dir, offset: u64, len: usize) -> Entry {
        entry(at, What::Chunk(Chunk { conn: ConnId(2), dir, offset, bytes: vec![0; len] }))
    }

    #[test]
    fn what_is_carried_has_the_moments_of_what_carries_it() {
        let mut moments = Moments::default();
        for entry in [
            chunk(5, Dir::ToServer, 0, 30),
            chunk(15, Dir::ToServer, 30, 30),
            inner(105, Dir::ToServer, 0, 8),
            carried(Dir::ToServer, 8, 1, 30),
            inner(115, Dir::ToServer, 8, 8),
            carried(Dir::ToServer, 16, 1, 60),
            inner(200, Dir::ToClient, 0, 5),
            carried(Dir::ToClient, 5, 1, 27),
        ] {
            moments.push(&entry);
        }
        let of = |dir, start, len| moments.of(ConnId(2), dir, &Spans::one(Span { start, len }));
        let known = |left, landed| Times { left: Some(Micros(left)), landed: Some(Micros(landed)) };
        assert_eq!(of(Dir::ToServer, 0, 8), known(5, 105));
        assert_eq!(of(Dir::ToServer, 0, 16), known(5, 115));
        assert_eq!(of(Dir::ToServer, 8, 8), known(15, 115));
        let on_its_way = Times { left: Some(Micros(200)), landed: None };
        assert_eq!(of(Dir::ToClient, 0, 5), on_its_way);
        moments.push(&chunk(300, Dir::ToClient, 0, 27));
        let of = |dir, start, len| moments.of(ConnId(2), dir, &Spans::one(Span { start, len }));
        assert_eq!(of(Dir::ToClient, 0, 5), known(200, 300));
        // Outside, nothing has changed.
        let span = Spans::one(Span { start: 0, len: 30 });
        let outside = moments.of(ConnId(1), Dir::ToServer, &span);
        assert_eq!(outside, Times { left: Some(Micros(5)), landed: None });
    }

    #[test]
    fn a_circle_of_carriers_ends() {
        let mut moments = Moments::default();
        moments.push(&carried(Dir::ToServer, 8, 2, 8));
        moments.push(&inner(7, Dir::ToServer, 0, 8));
        let times = moments.of(ConnId(2), Dir::ToServer, &Spans::one(Span { start: 0, len: 8 }));
        assert_eq!(times, Times { left: Some(Micros(7)), landed: Some(Micros(7)) });
    }
}

//! When an event left and when it landed: a fold over the entries that carry moments.
//!
//! Bytes to the server leave at the socket and land when the link hands them to the service. Bytes
//! to the client leave at the service and land at the socket. Without a link only the socket's
//! moment is known, and an arrow made of it may not slant (law 6).

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
    /// Until when the link held the first bytes for the connection's set-up.
    setup_until: Option<Micros>,
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
            What::Note(note) => {
                if let (Some(conn), note::What::LinkSetup { held_us }) = (note.conn, &note.what) {
                    self.conns.entry(conn).or_default().setup_until =
                        Some(entry.at_us.plus(*held_us));
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
        let (socket, service) = (&known.socket[dir.index()], &known.service[dir.index()]);
        match dir {
            Dir::ToServer => {
                // Bytes that the link held for the set-up begin their way when that is over; what
                // landed before was not held.
                let setup = known
                    .setup_until
                    .filter(|until| service.upto(first).is_none_or(|landed| landed >= *until));
                let left = socket.upto(first).map(|at| at.max(setup.unwrap_or(at)));
                Times { left, landed: service.upto(end) }
            }
            Dir::ToClient => Times { left: service.upto(first), landed: socket.upto(end) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Chunk, Passed};
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
            what: note::What::LinkSetup { held_us: Micros(80) },
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
    fn what_landed_before_the_set_up_was_over_was_not_held() {
        let mut moments = Moments::default();
        let setup = note::Note {
            conn: Some(ConnId(1)),
            what: note::What::LinkSetup { held_us: Micros(80) },
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
}

//! How the model grows: one entry at a time.

use trace::entry::{Entry, What};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::note;
use trace::participant::{Participant, Role};
use trace::span::{Dir, Side, Span};
use trace::time::Micros;

use crate::draw;
use crate::model::{ChunkAt, Conn, Gate, HOLD_SHOWN, IDLE_SHOWN, Model};
use crate::step::{Key, Step, StepKind};

impl Model {
    /// Takes the next entry in.
    pub fn push(&mut self, entry: Entry) {
        let (seq, at) = (entry.seq, entry.at_us);
        if self.entries.last().is_some_and(|last| last.seq >= seq) {
            return;
        }
        self.fold.push(&entry);
        self.moments.push(&entry);
        self.take(seq, at, &entry.what);
        self.entries.push(entry);
    }

    fn take(&mut self, seq: Seq, at: Micros, what: &What) {
        match what {
            What::Opened(opened) => {
                let client = self.lane(&opened.client);
                let server = self.lane(&opened.server);
                let slot = self.free_slot(client, server);
                self.most_slots = self.most_slots.max(slot);
                let conn = self.conn(opened.conn);
                (conn.opened, conn.client, conn.server, conn.slot) =
                    (Some(seq), client, server, slot);
                self.open.insert(opened.conn);
                self.step((at, seq, 0), Some(opened.conn), StepKind::Open);
            }
            What::Chunk(chunk) => {
                let span = Span { start: chunk.offset, len: chunk.bytes.len() as u64 };
                self.conn(chunk.conn).chunks[chunk.dir.index()].push(ChunkAt { seq, span });
            }
            What::Event(event) => self.event_came(seq, at, event),
            What::Lost(lost) => self.step((at, seq, 0), Some(lost.conn), StepKind::Lost),
            What::Closed(closed) => {
                self.idle_over(closed.conn, at, seq);
                self.open.remove(&closed.conn);
                let conn = self.conn(closed.conn);
                conn.closed = Some(seq);
                conn.unanswered = conn.asked.len() as u64;
                conn.asked.clear();
                self.step((at, seq, 0), Some(closed.conn), StepKind::Close);
            }
            What::Note(note) => self.note_came(seq, at, note.conn, &note.what),
            What::Passed(_) | What::Input(_) | What::Report(_) => {}
        }
    }

    fn note_came(&mut self, seq: Seq, at: Micros, conn: Option<ConnId>, what: &note::What) {
        match what {
            note::What::State { state, why } => {
                self.state = *state;
                self.ended = self.ended.or((!state.serves()).then_some(at));
                self.ended_why.clone_from(why);
            }
            // Drawn with the connection's opening, of which it is a part.
            note::What::LinkSetup { held_us } => {
                let Some(conn) = conn else { return };
                if self.conn(conn).opened.is_some() {
                    self.conn(conn).setup = Some((seq, *held_us));
                } else {
                    self.step((at, seq, 0), Some(conn), StepKind::Note);
                }
            }
            note::What::GateHeld { gate, .. } => {
                let Some(conn) = conn else { return };
                self.gates.insert(*gate, Gate { held: seq, at, conn });
                self.step((at, seq, 0), Some(conn), StepKind::Gate { released: None });
            }
            note::What::GateReleased { gate, .. } => {
                let Some(held) = self.gates.remove(gate) else {
                    return self.step((at, seq, 0), conn, StepKind::Note);
                };
                self.conn(held.conn).gated = self.conn(held.conn).gated.plus(at.since(held.at));
                let index = self.index_of((held.at, held.held, 0));
                if let Some(step) = index.and_then(|index| self.steps.get_mut(index)) {
                    step.what = StepKind::Gate { released: Some((seq, at)) };
                }
                self.edits.extend(index);
            }
            note::What::KeepAliveOver { .. }
            | note::What::Refused { .. }
            | note::What::Cap { .. } => {
                if let Some(conn) = conn {
                    self.idle_over(conn, at, seq);
                }
                self.step((at, seq, 0), conn, StepKind::Note);
            }
        }
    }

    fn event_came(&mut self, seq: Seq, at: Micros, event: &Event) {
        let mut stands = self.times(event).stands().unwrap_or(at);
        let Kind::Http1(said) = &event.kind;
        match said {
            Http1::Body(body) if self.join_body(seq, event, body.exchange) => return,
            Http1::Request(request) => {
                self.idle_over(event.conn, stands, seq);
                let conn = self.conn(event.conn);
                if request.preflight {
                    conn.preflights.insert(request.exchange);
                }
                conn.asked.insert(request.exchange, seq);
                conn.gated = Micros(0);
            }
            Http1::Response(response) if response.status >= 200 => {
                let asked = response
                    .exchange
                    .and_then(|exchange| self.conn(event.conn).asked.remove(&exchange));
                if let Some(asked) = asked {
                    // Whatever the clocks say: an answer does not stand before what it answers.
                    let left = self.event(asked).and_then(|asked| self.times(asked).stands());
                    stands = stands.max(left.unwrap_or(stands));
                    self.hold_over(event.conn, asked, stands, seq);
                }
                let landed = self.times(event).landed.unwrap_or(at);
                self.last_answer = self.last_answer.max(Some(landed));
                let conn = self.conn(event.conn);
                conn.answered = response.persistent.then_some(seq);
                conn.served.push(seq);
            }
            _ => {}
        }
        let key = (stands, seq, 0);
        let dir = event.dir();
        let letters = draw::said(event, &self.header.run.0).1.chars().count();
        self.longest_label = self.longest_label.max(letters);
        self.conn(event.conn).messages[dir.index()].push((event.evidence.end(), key));
        self.step(key, Some(event.conn), StepKind::Message { dir, events: vec![seq] });
    }

    /// Puts a body to its head's step, if that is the last one said that way.
    fn join_body(&mut self, seq: Seq, event: &Event, exchange: Option<u64>) -> bool {
        let dir = event.dir();
        let head = self.conn(event.conn).messages[dir.index()].last().copied();
        let Some((_, key)) = head.filter(|(end, _)| *end == event.evidence.start()) else {
            return false;
        };
        let Some(index) = self.index_of(key) else { return false };
        let head_of = |seq: &Seq| self.event(*seq).map(|event| &event.kind);
        let StepKind::Message { events, .. } = &self.steps[index].what else { return false };
        let announces = matches!(
            events.first().and_then(head_of),
            Some(Kind::Http1(Http1::Request(_) | Http1::Response(_)))
        );
        if !announces || events.len() > 1 {
            return false;
        }
        if let StepKind::Message { events, .. } = &mut self.steps[index].what {
            events.push(seq);
        }
        self.edits.push(index);
        let landed = self.times(event).landed;
        if dir == Dir::ToClient {
            self.last_answer = self.last_answer.max(landed);
        }
        let conn = self.conn(event.conn);
        conn.messages[dir.index()].push((event.evidence.end(), key));
        // A message is over with its body, and so begins what comes after it.
        let whole = match dir {
            Dir::ToServer => exchange.and_then(|exchange| conn.asked.get_mut(&exchange)),
            Dir::ToClient => conn.answered.as_mut(),
        };
        if let Some(whole) = whole {
            *whole = seq;
        }
        true
    }

    /// The server answers: what it took is a step, if it is long and was not spent at the gate.
    fn hold_over(&mut self, conn: ConnId, asked: Seq, until: Micros, by: Seq) {
        let gated = self.conn(conn).gated;
        let Some(since) = self.arrived(asked) else { return };
        if until.since(since).since(gated) >= HOLD_SHOWN {
            self.step((since, asked, 1), Some(conn), StepKind::Hold { until, by });
        }
    }

    /// Something happens on a connection: how long nothing did is a step, if that is long.
    fn idle_over(&mut self, conn: ConnId, until: Micros, by: Seq) {
        let Some(response) = self.conn(conn).answered.take() else { return };
        let Some(since) = self.arrived(response) else { return };
        if until.since(since) >= IDLE_SHOWN {
            self.step((since, response, 1), Some(conn), StepKind::Idle { until, by });
        }
    }

    /// When an event was whole where it went to.
    pub(crate) fn arrived(&self, seq: Seq) -> Option<Micros> {
        let event = self.event(seq)?;
        let times = self.times(event);
        times.landed.or(times.left)
    }

    fn step(&mut self, key: Key, conn: Option<ConnId>, what: StepKind) {
        let index = self.steps.partition_point(|step| step.key < key);
        if index < self.steps.len() {
            self.edits.push(index);
        }
        self.steps.insert(index, Step { key, conn, what });
        if let Some(conn) = conn {
            let keys = &mut self.conn(conn).keys;
            let index = keys.partition_point(|other| *other < key);
            keys.insert(index, key);
        }
    }

    fn conn(&mut self, id: ConnId) -> &mut Conn {
        let (client, server) = (self.lane_for(false), self.lane_for(true));
        self.conns.entry(id).or_insert_with(|| Conn { client, server, ..Conn::default() })
    }

    fn lane(&mut self, participant: &Participant) -> usize {
        if let Some(lane) = self.lanes.iter().position(|lane| lane.id == participant.id) {
            return lane;
        }
        // Clients stand left of the servers, so that no connection crosses another's lane.
        let is_client = participant.role != Role::Server;
        let first_server = self.lanes.iter().position(|lane| lane.role == Role::Server);
        let lane = first_server.filter(|_| is_client).unwrap_or(self.lanes.len());
        self.lanes.insert(lane, participant.clone());
        for conn in self.conns.values_mut() {
            conn.client += usize::from(conn.client >= lane);
            conn.server += usize::from(conn.server >= lane);
        }
        lane
    }

    /// The lowest place that no open connection of these lanes has.
    fn free_slot(&self, client: usize, server: usize) -> usize {
        let taken = |slot: usize| {
            self.open.iter().filter_map(|id| self.conns.get(id)).any(|conn| {
                let shares = conn.client == client || conn.server == server;
                shares && conn.slot == slot && conn.opened.is_some() && conn.closed.is_none()
            })
        };
        (0..64).find(|slot| !taken(*slot)).unwrap_or(0)
    }
}

/// The way to the other side from one.
pub(crate) const fn towards(dir: Dir) -> Side {
    match dir {
        Dir::ToServer => Side::Server,
        Dir::ToClient => Side::Client,
    }
}

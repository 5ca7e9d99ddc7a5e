//! How the model grows: one entry at a time. What was said is in `heard.rs`, what the application says
//! of itself in `noted.rs`.

use trace::entry::{Chunk, Closed, Entry, Opened, What};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::participant::{Participant, Role};
use trace::span::{Dir, Side, Span};
use trace::time::Micros;

use crate::columns::LABEL_LEAST;
use crate::model::{ChunkAt, Conn, HOLD_SHOWN, IDLE_SHOWN, Model};
use crate::step::{Key, Step, StepKind};

impl Model {
    /// Takes the next entry in.
    pub fn push(&mut self, entry: Entry) {
        let (seq, at) = (entry.seq, entry.at_us);
        if self.entries.last().is_some_and(|last| last.seq >= seq) {
            return;
        }
        self.fold.push(&entry);
        self.count_ways(&entry);
        self.attacks.push(&entry);
        self.moments.push(&entry);
        self.take(seq, at, &entry.what);
        self.entries.push(entry);
    }

    fn take(&mut self, seq: Seq, at: Micros, what: &What) {
        match what {
            What::Opened(opened) => self.opens(seq, at, opened),
            What::Chunk(chunk) => self.moved(seq, at, chunk),
            What::Carried(carried) => self.carried_inside(carried),
            What::Event(event) => self.heard(seq, at, event),
            What::Lost(lost) => self.step((at, seq, 0), Some(lost.conn), StepKind::Lost),
            What::Closed(closed) => self.closes(seq, at, closed),
            What::Note(note) => self.noted(seq, at, note),
            What::Report(report) => self.reports.push((seq, at, report.clone())),
            What::Passed(_) | What::Input(_) => {}
        }
    }

    fn opens(&mut self, seq: Seq, at: Micros, opened: &Opened) {
        let client = self.lane(&opened.client);
        let server = self.lane(&opened.server);
        // The second lane may have moved the first.
        let client = self.lane_of(&opened.client.id).unwrap_or(client);
        self.reserve((client, server), LABEL_LEAST);
        if let Some(outer) = opened.inside.filter(|outer| *outer != opened.conn) {
            return self.opens_inside(seq, opened.conn, outer, (client, server));
        }
        let slot = self.free_slot(client, server);
        self.most_slots = self.most_slots.max(slot);
        let conn = self.conn(opened.conn);
        (conn.opened, conn.client, conn.server, conn.slot) = (Some(seq), client, server, slot);
        if let Some(inner) = conn.inner {
            self.conn(inner).slot = slot;
        }
        self.open.insert(opened.conn);
        self.step((at, seq, 0), Some(opened.conn), StepKind::Open);
    }

    /// Bytes moved at the socket, or inside TLS.
    fn moved(&mut self, seq: Seq, at: Micros, chunk: &Chunk) {
        let span = Span { start: chunk.offset, len: chunk.bytes.len() as u64 };
        let conn = self.conn(chunk.conn);
        let chunks = &mut conn.chunks[chunk.dir.index()];
        chunks.push(ChunkAt { seq, span });
        if chunks.len() == 1 {
            self.begins_inside(chunk.conn, chunk.dir, (at, span.len));
        }
    }

    fn closes(&mut self, seq: Seq, at: Micros, closed: &Closed) {
        let id = closed.conn;
        let inner = self.conn(id).inner;
        for each in inner.into_iter().chain([id]) {
            self.ends(each, seq, at);
        }
        // What is inside another has no close of its own.
        if self.conn(id).inside.is_none() {
            self.open.remove(&id);
            self.step((at, seq, 0), Some(id), StepKind::Close);
        }
    }

    /// Nothing more comes on a connection.
    fn ends(&mut self, id: ConnId, seq: Seq, at: Micros) {
        self.idle_over(id, at, seq);
        // A poll that was held until then was held all the same.
        let conn = self.conn(id);
        let polls = conn.asked.iter().filter(|(exchange, _)| conn.polls.contains_key(*exchange));
        let polls: Vec<Seq> = polls.map(|(_, asked)| *asked).collect();
        for asked in polls {
            self.hold_over(id, asked, at, seq);
        }
        let conn = self.conn(id);
        conn.closed = conn.closed.or(Some(seq));
        conn.unanswered += conn.asked.len() as u64;
        conn.asked.clear();
        conn.running = None;
        // A message that will never be whole is shown as far as it came.
        for half in conn.coming.into_iter().flatten().filter(|coming| !coming.fin) {
            let index = self.index_of(half.key);
            self.edits.extend(index);
        }
    }

    /// The server answers: what it took is a step, if it is long and was not spent at the gate.
    pub(crate) fn hold_over(&mut self, conn: ConnId, asked: Seq, until: Micros, by: Seq) {
        let gated = self.conn(conn).gated;
        let Some(since) = self.arrived(asked) else { return };
        if until.since(since).since(gated) >= HOLD_SHOWN {
            self.step((since, asked, 1), Some(conn), StepKind::Hold { until, by });
        }
    }

    /// Something happens on a connection: how long nothing did is a step, if that is long.
    pub(crate) fn idle_over(&mut self, conn: ConnId, until: Micros, by: Seq) {
        let Some(response) = self.conn(conn).answered.take() else { return };
        // Whose answer is still to come had asked before: nothing is idle.
        let asked = self.event(response).and_then(exchange_of).map(|exchange| exchange + 1);
        if asked.is_some_and(|next| self.conn(conn).asked.range(next..).next().is_some()) {
            return;
        }
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

    pub(crate) fn step(&mut self, key: Key, conn: Option<ConnId>, what: StepKind) {
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

    pub(crate) fn conn(&mut self, id: ConnId) -> &mut Conn {
        let (client, server) = (self.lane_for(false), self.lane_for(true));
        self.conns.entry(id).or_insert_with(|| Conn { client, server, ..Conn::default() })
    }

    fn lane(&mut self, participant: &Participant) -> usize {
        if let Some(lane) = self.lane_of(&participant.id) {
            return lane;
        }
        let place = self.place_for(participant.role);
        self.lanes.insert(place, participant.clone());
        for conn in self.conns.values_mut() {
            conn.client += usize::from(conn.client >= place);
            conn.server += usize::from(conn.server >= place);
        }
        let moved = |lane: usize| lane + usize::from(lane >= place);
        let labels = std::mem::take(&mut self.labels).into_iter();
        self.labels = labels.map(|((one, other), n)| ((moved(one), moved(other)), n)).collect();
        place
    }

    /// A label of so many letters stands between two lanes.
    pub(crate) fn reserve(&mut self, (one, other): (usize, usize), letters: usize) {
        let widest = self.labels.entry((one.min(other), one.max(other))).or_default();
        *widest = letters.max(*widest);
    }

    /// Where a lane of a role is put in: clients stand left of the servers, so that no connection
    /// crosses another's lane, and the store right of them. Those of the log's header stay where it
    /// has them.
    fn place_for(&self, role: Role) -> usize {
        let first = |role: Role| self.lanes.iter().position(|lane| lane.role == role);
        let last = self.lanes.iter().rposition(|lane| lane.role == Role::Server);
        let place = match role {
            Role::Server => last.map(|last| last + 1).or_else(|| first(Role::Store)),
            Role::Store => last.map(|last| last + 1),
            Role::Browser | Role::Agent | Role::Client => {
                first(Role::Server).or_else(|| first(Role::Store))
            }
        };
        place.unwrap_or(self.lanes.len())
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

/// The exchange of HTTP/1 to which an answer, or its body, belongs.
fn exchange_of(event: &Event) -> Option<u64> {
    match &event.kind {
        Kind::Http1(Http1::Response(answer)) => answer.exchange,
        Kind::Http1(Http1::Body(body)) => body.exchange,
        _ => None,
    }
}

/// The way to the other side from one.
pub(crate) const fn towards(dir: Dir) -> Side {
    match dir {
        Dir::ToServer => Side::Server,
        Dir::ToClient => Side::Client,
    }
}

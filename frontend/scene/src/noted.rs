//! How the model grows by what the application says of itself, and which lanes that is about.

use trace::entry::What;
use trace::ids::{ConnId, Seq};
use trace::note::{self, Engine, Note};
use trace::span::Dir;
use trace::time::Micros;

use crate::model::{Gate, HandedIn, Model};
use crate::step::{Step, StepKind};
use crate::words;

/// A call to a shared store in this process: which way it goes, and what is said. What the store
/// gives back, if anything, stands beside it.
pub(crate) struct Call {
    pub dir: Dir,
    pub said: String,
    pub gave: Option<String>,
}

impl Model {
    /// Takes in what the application says.
    pub(crate) fn noted(&mut self, seq: Seq, at: Micros, note: &Note) {
        let own = (at, seq, 0);
        if is_state(&note.what) {
            let place = self.notes.partition_point(|known| *known < (at, seq));
            self.notes.insert(place, (at, seq));
        }
        match &note.what {
            note::What::State { state, why } => {
                self.state = *state;
                self.ended = self.ended.or((!state.serves()).then_some(at));
                self.ended_why.clone_from(why);
            }
            note::What::LinkSetup { held_us, .. } => self.link_setup(seq, at, note.conn, *held_us),
            note::What::GateHeld { gate, .. } => {
                let Some(conn) = note.conn else { return };
                self.gates.insert(*gate, Gate { held: seq, at, conn });
                self.step(own, Some(conn), StepKind::Gate { released: None });
            }
            note::What::GateReleased { gate, .. } => self.gate_released(seq, at, note.conn, *gate),
            note::What::KeepAliveOver { .. }
            | note::What::Refused { .. }
            | note::What::Cap { .. }
            | note::What::StreamDropped { .. } => {
                if let Some(conn) = note.conn {
                    self.idle_over(conn, at, seq);
                }
                self.step(own, note.conn, StepKind::Note);
            }
            note::What::StoreAppended { id, .. } => {
                self.handed_in.insert(*id, HandedIn::Appended(seq));
                self.called(seq, at, &note.what);
            }
            note::What::StoreRead { .. } | note::What::StoreWoke { .. } => {
                self.called(seq, at, &note.what);
            }
            note::What::PollHeld { .. } => {
                if let Some(conn) = note.conn {
                    self.conn(conn).held.push((at, seq));
                }
            }
            note::What::PollReleased { .. } => self.poll_released(seq, at, note.conn),
            note::What::MessageTaken { id, .. } => {
                let Some(conn) = note.conn else { return };
                let known = self.conn(conn);
                let place = known.taken;
                known.taken += 1;
                self.handed_in.insert(*id, HandedIn::Taken(conn, place));
            }
            note::What::UserJoined { .. } | note::What::UserLeft { .. } => {}
            // These are about an instance, whatever connection they came by.
            note::What::MessageKept { .. }
            | note::What::MessagesLost { .. }
            | note::What::InstanceDown { .. }
            | note::What::InstanceUp { .. } => self.step(own, None, StepKind::Note),
            note::What::JobProgress { .. } | note::What::JobDone { .. } => {}
        }
    }

    /// Drawn with the connection's opening, of which it is a part.
    fn link_setup(&mut self, seq: Seq, at: Micros, conn: Option<ConnId>, held: Micros) {
        let Some(conn) = conn else { return };
        let known = self.conn(conn);
        if known.opened.is_some() {
            known.setup = Some((seq, held));
        }
        // What is inside another has no opening with which it could be drawn.
        if known.opened.is_none() || known.inside.is_some() {
            self.step((at, seq, 0), Some(conn), StepKind::Note);
        }
    }

    fn gate_released(&mut self, seq: Seq, at: Micros, conn: Option<ConnId>, gate: u64) {
        let Some(held) = self.gates.remove(&gate) else {
            return self.step((at, seq, 0), conn, StepKind::Note);
        };
        self.conn(held.conn).gated = self.conn(held.conn).gated.plus(at.since(held.at));
        let index = self.index_of((held.at, held.held, 0));
        if let Some(step) = index.and_then(|index| self.steps.get_mut(index)) {
            step.what = StepKind::Gate { released: Some((seq, at)) };
        }
        self.edits.extend(index);
    }

    /// Drawn with the hold that it ends, unless what was held was not heard.
    fn poll_released(&mut self, seq: Seq, at: Micros, conn: Option<ConnId>) {
        let Some(conn) = conn else { return };
        let known = self.conn(conn);
        known.released.push((at, seq));
        let asked = known.asked.keys().any(|exchange| known.polls.contains_key(exchange));
        // Who hears the answer and who lets it go are two: either may tell first.
        let answer = known.served.last().copied().and_then(|answer| self.event(answer));
        let left = answer.and_then(|answer| self.times(answer).stands());
        if !asked && left.is_none_or(|left| left < at) {
            self.step((at, seq, 0), Some(conn), StepKind::Note);
        }
    }

    /// A call to the shared store is drawn where nothing else shows it.
    fn called(&mut self, seq: Seq, at: Micros, what: &note::What) {
        let Some((_, Engine::Memory)) = store_call(what) else { return };
        if self.store_lane().is_none() {
            return;
        }
        let lanes = self.store_lane().zip(store_call(what).and_then(|(at, _)| self.lane_of(at)));
        if let (Some(call), Some(lanes)) = (call(what), lanes) {
            self.reserve(lanes, call.said.chars().count());
        }
        if matches!(what, note::What::StoreRead { ids, .. } if ids.is_empty()) {
            self.housekeeping += 1;
        }
        self.step((at, seq, 0), None, StepKind::Note);
    }

    /// The lanes between which a step is drawn; none for what belongs to no lane.
    pub(crate) fn lanes_of(&self, step: &Step) -> Option<(usize, usize)> {
        if let Some(conn) = step.conn.and_then(|conn| self.conns.get(&conn)) {
            return Some((conn.client, conn.server));
        }
        let What::Note(note) = &self.entry(step.seq())?.what else { return None };
        let instance = self.lane_of(instance(&note.what)?)?;
        let store = store_call(&note.what).and_then(|_| self.store_lane());
        Some((instance, store.unwrap_or(instance)))
    }

    /// What let the poll go that was held from one moment to another.
    pub(crate) fn release(
        &self,
        conn: ConnId,
        from: Micros,
        until: Micros,
    ) -> Option<(Seq, Micros, note::PollRelease)> {
        let released = &self.conns.get(&conn)?.released;
        let (at, seq) = *released.iter().find(|(at, _)| (from..=until).contains(at))?;
        match &self.entry(seq)?.what {
            What::Note(Note { what: note::What::PollReleased { by, .. }, .. }) => {
                Some((seq, at, *by))
            }
            _ => None,
        }
    }
}

/// Whether the state at a step is made of it, or a figure.
const fn is_state(what: &note::What) -> bool {
    matches!(
        what,
        note::What::StoreAppended { .. }
            | note::What::PollHeld { .. }
            | note::What::PollReleased { .. }
            | note::What::UserJoined { .. }
            | note::What::UserLeft { .. }
            | note::What::MessageKept { .. }
            | note::What::MessagesLost { .. }
            | note::What::InstanceDown { .. }
            | note::What::InstanceUp { .. }
    )
}

/// The instance that a note names, where it is about one and not about a connection.
pub(crate) fn instance(what: &note::What) -> Option<&str> {
    match what {
        note::What::MessageKept { instance, .. }
        | note::What::MessagesLost { instance, .. }
        | note::What::InstanceDown { instance, .. }
        | note::What::InstanceUp { instance, .. } => Some(instance.as_str()),
        what => store_call(what).map(|(instance, _)| instance),
    }
}

/// Which instance called the shared store, or was called by it, and where the store is.
pub(crate) fn store_call(what: &note::What) -> Option<(&str, Engine)> {
    match what {
        note::What::StoreAppended { instance, engine, .. }
        | note::What::StoreRead { instance, engine, .. }
        | note::What::StoreWoke { instance, engine, .. } => Some((instance.as_str(), *engine)),
        _ => None,
    }
}

/// A call to the shared store in words.
pub(crate) fn call(what: &note::What) -> Option<Call> {
    let number = |id: u64| id.to_string();
    Some(match what {
        note::What::StoreAppended { id, .. } => Call {
            dir: Dir::ToServer,
            said: text::say("ladder-store-append", &[("id", (&number(*id)).into())]),
            gave: None,
        },
        note::What::StoreRead { after, ids, .. } => Call {
            dir: Dir::ToServer,
            said: text::say("ladder-store-read", &[("after", (&number(*after)).into())]),
            gave: Some(words::numbers(ids)),
        },
        note::What::StoreWoke { upto, .. } => Call {
            dir: Dir::ToClient,
            said: text::say("ladder-store-woke", &[("id", (&number(*upto)).into())]),
            gave: None,
        },
        _ => return None,
    })
}

//! What the service knows at a step, by what the application says: the store's rows, who is where, who
//! is held, what an instance keeps, and which instances are down.

use std::collections::{BTreeMap, BTreeSet};

use trace::entry::What;
use trace::ids::{ConnId, Seq};
use trace::note::{self, Engine, Note};
use trace::time::Micros;

use super::{HeldPoll, InstanceMemory, ROWS, Standing, StoreRow, StoreState, UserAt, webhook};
use crate::model::Model;
use crate::step::{Step, StepKind};

/// What was said up to a moment.
#[derive(Default)]
struct Heard<'a> {
    engine: Option<Engine>,
    /// The rows of the store, by number.
    rows: BTreeMap<u64, (Seq, &'a note::What)>,
    /// Users by name.
    users: BTreeMap<&'a str, (Seq, &'a str, Option<ConnId>)>,
    /// Held polls, the oldest first.
    held: Vec<Held<'a>>,
    /// Messages in an instance's memory, by instance and user.
    kept: BTreeMap<&'a str, ByUser<'a>>,
    down: BTreeSet<&'a str>,
}

/// The numbers of messages by user, each with the entry that tells of it.
type ByUser<'a> = BTreeMap<&'a str, Vec<(u64, Seq)>>;

struct Held<'a> {
    seq: Seq,
    conn: Option<ConnId>,
    instance: &'a str,
    since: Micros,
    limit: Micros,
}

impl Standing {
    /// Takes in what the application had said when a step happened.
    pub(super) fn hear(&mut self, model: &Model, step: &Step) {
        let until = until(model, step);
        let upto = model.notes.partition_point(|note| *note <= until);
        let mut heard = Heard::default();
        for (at, seq) in model.notes.iter().take(upto) {
            if let Some(What::Note(note)) = model.entry(*seq).map(|entry| &entry.what) {
                heard.note(*seq, *at, note);
            }
        }
        let closed = |conn: ConnId| {
            let closed = model.conns.get(&conn).and_then(|conn| conn.closed);
            closed.and_then(|seq| model.entry(seq)).is_some_and(|entry| entry.at_us <= step.at())
        };
        heard.held.retain(|held| held.conn.is_none_or(|conn| !closed(conn)));
        heard.users.retain(|_, (.., conn)| conn.is_none_or(|conn| !closed(conn)));
        let name = |id: &str| model.name_of(id);
        self.store = heard.store();
        self.users = heard
            .users
            .iter()
            .map(|(user, (seq, instance, conn))| {
                let (user, instance) = ((*user).to_owned(), name(instance));
                UserAt { seq: *seq, user, instance, conn: *conn }
            })
            .collect();
        let held = |held: &Held<'_>| HeldPoll {
            seq: held.seq,
            conn: held.conn,
            instance: name(held.instance),
            since: held.since,
            age: until.0.since(held.since),
            limit: held.limit,
        };
        self.held = heard.held.iter().map(held).collect();
        self.memory = heard.kept.iter().map(|(id, users)| memory(name(id), users)).collect();
        self.down = heard.down.iter().map(|id| name(id)).collect();
        self.webhooks = webhook::upto(model, upto);
    }
}

fn memory(instance: String, users: &BTreeMap<&str, Vec<(u64, Seq)>>) -> InstanceMemory {
    let ids = |kept: &[(u64, Seq)]| -> Vec<u64> { kept.iter().map(|(id, _)| *id).collect() };
    InstanceMemory {
        instance,
        users: users.iter().map(|(user, kept)| ((*user).to_owned(), ids(kept))).collect(),
        from: users.values().flatten().map(|(_, seq)| *seq).collect(),
    }
}

/// Up to where notes belong to a step: a hold is about the poll that is held in it.
fn until(model: &Model, step: &Step) -> (Micros, Seq) {
    let own = (step.at(), step.seq());
    let (StepKind::Hold { until, .. }, Some(conn)) = (&step.what, step.conn) else { return own };
    let held = model.conns.get(&conn).map(|conn| conn.held.as_slice()).unwrap_or_default();
    let begun = held.iter().find(|(at, _)| (step.at()..=*until).contains(at));
    begun.copied().unwrap_or(own).max(own)
}

impl<'a> Heard<'a> {
    fn note(&mut self, seq: Seq, at: Micros, note: &'a Note) {
        match &note.what {
            note::What::StoreAppended { engine, id, .. } => {
                self.engine = Some(*engine);
                self.rows.insert(*id, (seq, &note.what));
            }
            note::What::UserJoined { user, instance } => {
                self.users.insert(user, (seq, instance.as_str(), note.conn));
            }
            // Who came back elsewhere is there.
            note::What::UserLeft { user, instance }
                if self
                    .users
                    .get(user.as_str())
                    .is_some_and(|(_, at, conn)| *at == instance && *conn == note.conn) =>
            {
                self.users.remove(user.as_str());
            }
            note::What::PollHeld { instance, limit_us } => {
                self.held.push(Held { seq, conn: note.conn, instance, since: at, limit: *limit_us })
            }
            note::What::PollReleased { instance, .. } => {
                let same = |held: &Held<'_>| held.conn == note.conn && held.instance == instance;
                if let Some(place) = self.held.iter().position(same) {
                    self.held.remove(place);
                }
            }
            note::What::MessageKept { instance, id, to, .. } => {
                let users = self.kept.entry(instance).or_default();
                users.entry(to).or_default().push((*id, seq));
            }
            note::What::InstanceDown { instance, .. } => {
                self.down.insert(instance);
                self.kept.remove(instance.as_str());
                self.held.retain(|held| held.instance != instance);
                self.users.retain(|_, (_, at, _)| *at != instance);
            }
            note::What::InstanceUp { instance, .. } => {
                self.down.remove(instance.as_str());
            }
            _ => {}
        }
    }

    fn store(&self) -> StoreState {
        let row = |(id, (seq, what)): (&u64, &(Seq, &note::What))| {
            let note::What::StoreAppended { from, to, text, .. } = what else { return None };
            let (from, to, text) = (from.clone(), to.clone(), text.clone());
            Some(StoreRow { seq: *seq, id: *id, from, to, text })
        };
        let skipped = self.rows.len().saturating_sub(ROWS);
        StoreState {
            engine: self.engine,
            rows: self.rows.iter().skip(skipped).filter_map(row).collect(),
            total: self.rows.len() as u64,
        }
    }
}

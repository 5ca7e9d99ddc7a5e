//! A connection of HTTP/2 that several runs share: clients such as grpcio keep one for all of their calls
//! to an address. Its first request says whose it is; each later one may name a run of its own, which
//! then hears its own streams and the frames of the connection, and counts the rest.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::watch;
use trace::entry::{Opened, What};
use trace::ids::{ConnId, RunId};
use trace::note;
use trace::participant::Role;
use trace::studio::RunState;
use trace::time::Micros;

use super::{Arrival, Bound, Run};
use crate::held::Held;
use crate::listen::find;
use crate::log::{Appended, Log};
use crate::refusal::Refusal;
use crate::runs::Runs;
use crate::tap::Missed;

/// The most runs that share a connection at once, beside its first.
const MOST: usize = 15;

/// What a connection's recorder is to know of a run that hears it.
#[derive(Debug, Clone)]
pub struct Place {
    /// Which run.
    pub run: RunId,
    /// The connection's number there.
    pub conn: ConnId,
    /// The zero of its log's moments.
    pub began: Micros,
    /// Its log, which the recorder does not keep from being forgotten.
    pub log: Weak<Log>,
    /// How far it is.
    pub state: watch::Receiver<RunState>,
}

/// Who shares a connection.
#[derive(Debug)]
pub struct Sharing {
    /// The run whose connection it is.
    pub first: RunId,
    runs: Arc<Runs>,
    arrival: Arrival,
    moved: Arc<Missed>,
    held: Held,
    /// How far the first is.
    state: watch::Receiver<RunState>,
    /// The first's link, which is everybody's: its delay and its bound.
    link: (Micros, u64),
    joined: Mutex<BTreeMap<RunId, Arc<Bound>>>,
    /// Those of whom the recorder does not know yet.
    places: Mutex<Vec<Place>>,
}

impl Sharing {
    /// Nobody yet but the connection's first run.
    pub fn new(
        first: &Run,
        runs: Arc<Runs>,
        arrival: Arrival,
        (moved, held): (Arc<Missed>, Held),
    ) -> Arc<Self> {
        Arc::new(Self {
            first: first.id.clone(),
            runs,
            arrival,
            moved,
            held,
            state: first.watch_state(),
            link: (first.link_delay(), first.link_rate()),
            joined: Mutex::default(),
            places: Mutex::default(),
        })
    }

    /// Another run's place on the connection.
    ///
    /// # Errors
    /// A run that is not known, or over; a connection that has as many as it may.
    pub fn of(&self, id: &RunId) -> Result<Arc<Bound>, Refusal> {
        let mut joined = self.joined.lock();
        if let Some(bound) = joined.get(id) {
            let serves = bound.run.state().serves();
            return if serves { Ok(Arc::clone(bound)) } else { Err(Refusal::RunOver) };
        }
        let run = find(&self.runs, id)?;
        // Who is over makes room, once nobody is being answered.
        joined.retain(|_, bound| bound.run.state().serves() || Arc::strong_count(bound) > 1);
        if joined.len() >= MOST {
            return Err(Refusal::Misdirected);
        }
        let bound = Arc::new(run.join(self).ok_or(Refusal::TooMany)?);
        joined.insert(id.clone(), Arc::clone(&bound));
        let mut places = self.places.lock();
        places.retain(|place| place.log.strong_count() > 0);
        places.push(run.place(bound.conn));
        Ok(bound)
    }

    /// Who came to share it since this was asked last.
    pub fn places(&self) -> Vec<Place> {
        std::mem::take(&mut *self.places.lock())
    }

    /// How far the first run is.
    pub fn state(&self) -> watch::Receiver<RunState> {
        self.state.clone()
    }

    /// What a run is to know whose own link is another.
    fn other_link(&self, run: &Run) -> Option<note::What> {
        let (delay, rate) = self.link;
        if (run.link_delay(), run.link_rate()) == self.link {
            return None;
        }
        let ms = delay.0 / 1_000;
        let bound = match rate {
            0 => String::new(),
            rate => format!(" and {} kbit/s", rate / 1_000),
        };
        let why = format!(
            "this connection is shared with another run, whose link of {ms} ms{bound} it has"
        );
        Some(note::What::Cap { why })
    }

    /// Resolves once a run and all that share its connection are over.
    pub async fn until_all_over(&self, first: &Run) {
        first.until_over().await;
        loop {
            let serving = {
                let joined = self.joined.lock();
                joined.values().map(|bound| &bound.run).find(|run| run.state().serves()).cloned()
            };
            match serving {
                Some(run) => run.until_over().await,
                None => return,
            }
        }
    }
}

impl Run {
    /// Makes a connection that is another run's this run's too. None if it has as many as it may.
    fn join(self: &Arc<Self>, sharing: &Sharing) -> Option<Bound> {
        let Sharing { arrival, moved, held, .. } = sharing;
        if self.log.open_conns() >= self.caps.run_connections {
            return None;
        }
        self.touch();
        let conn = self.next_conn();
        let client = self.client_of(arrival);
        let internal = client.role == Role::Server;
        let opened = Opened {
            conn,
            client,
            server: arrival.service.clone(),
            client_addr: arrival.client.to_string(),
            server_addr: arrival.server.to_string(),
            inside: None,
        };
        let at = arrival.accepted.since(self.began);
        if self.log.append(at, What::Opened(opened)) == Appended::Full {
            return None;
        }
        if let Some(what) = sharing.other_link(self) {
            self.note(Some(conn), what);
        }
        Some(Bound {
            run: Arc::clone(self),
            conn,
            stop: arrival.stop.clone(),
            moved: Arc::clone(moved),
            instance: self.shared.named(&arrival.service.id).cloned(),
            internal,
            held: held.clone(),
            sharing: None,
            open: None,
        })
    }

    fn place(&self, conn: ConnId) -> Place {
        let (run, log) = (self.id.clone(), Arc::downgrade(&self.log));
        Place { run, conn, began: self.began, log, state: self.watch_state() }
    }
}

//! A run: one learner's use of one lab. It has a log, a gate, a key, and the connections bound to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use trace::entry::{Input, Opened, What};
use trace::ids::{ConnId, RunId};
use trace::note::{self, Note};
use trace::participant::{Participant, Role};
use trace::studio::RunState;
use trace::time::Micros;

use crate::caps::Caps;
use crate::clock;
use crate::decode::Recorder;
use crate::gate::{Gate, Mode};
use crate::log::Log;
use crate::tap::{Heard, Missed};

/// A run.
#[derive(Debug)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// Who has it may change the run.
    pub key: String,
    /// Its log.
    pub log: Arc<Log>,
    /// Where its server's acts wait.
    pub gate: Gate,
    /// Its bounds.
    pub caps: Caps,
    began: Micros,
    state: watch::Sender<RunState>,
    conns: AtomicU64,
    open: AtomicU64,
    drivers: AtomicU64,
    touched: AtomicU64,
    /// Addresses from which this program's own clients connect.
    agents: Mutex<BTreeSet<SocketAddr>>,
}

/// What is known of a connection when it is bound.
#[derive(Debug)]
pub struct Arrival {
    /// When it was accepted.
    pub accepted: Micros,
    /// From where.
    pub client: SocketAddr,
    /// To where.
    pub server: SocketAddr,
    /// The service that accepted.
    pub service: Participant,
    /// The first request's `User-Agent`.
    pub user_agent: Option<String>,
    /// Whether the first request says that it comes from a page.
    pub from_page: bool,
}

/// A connection's place in its run. The run counts it as open until this is dropped.
#[derive(Debug)]
pub struct Bound {
    /// The run.
    pub run: Arc<Run>,
    /// Its number there.
    pub conn: ConnId,
}

impl Run {
    /// A new run, ready.
    pub fn new(header: trace::log::Header, key: String, caps: Caps) -> Self {
        let began = clock::now();
        let mode = if header.params.get("pause").and_then(Value::as_bool) == Some(true) {
            let limit = header.number("pause_limit_s").unwrap_or(120);
            Mode::Paused { limit: Micros::from_millis(limit * 1_000) }
        } else {
            Mode::Open
        };
        let id = header.run.clone();
        let log = Arc::new(Log::new(header, caps));
        Self {
            id,
            key,
            gate: Gate::new(mode, Arc::clone(&log), began),
            log,
            caps,
            began,
            state: watch::Sender::new(RunState::Ready),
            conns: AtomicU64::new(0),
            open: AtomicU64::new(0),
            drivers: AtomicU64::new(0),
            touched: AtomicU64::new(began.0),
            agents: Mutex::default(),
        }
    }

    /// Its parameters.
    pub fn params(&self) -> &Map<String, Value> {
        &self.log.header.params
    }

    /// A whole number among its parameters.
    pub fn number(&self, name: &str) -> u64 {
        self.log.header.number(name).unwrap_or_default()
    }

    /// A word among its parameters.
    pub fn word(&self, name: &str) -> &str {
        self.log.header.word(name).unwrap_or_default()
    }

    /// The delay of one way of its link.
    pub fn link_delay(&self) -> Micros {
        Micros::from_millis(self.number("link_ms"))
    }

    /// How far it is.
    pub fn state(&self) -> RunState {
        *self.state.borrow()
    }

    /// How far it is, now and whenever it changes.
    pub fn watch_state(&self) -> watch::Receiver<RunState> {
        self.state.subscribe()
    }

    /// Goes to a later state and notes it. Says whether that was a change.
    pub fn go_to(&self, state: RunState, why: &str) -> bool {
        let changed = self.state.send_if_modified(|now| {
            let later = now.serves() && *now < state;
            if later {
                *now = state;
            }
            later
        });
        if changed {
            self.note(None, note::What::State { state, why: why.to_owned() });
            if !state.serves() {
                self.gate.open_for_good();
            }
        }
        changed
    }

    /// Writes an input into the log.
    pub fn input(&self, input: &str) {
        self.touch();
        self.append(What::Input(Input { input: input.to_owned() }));
    }

    /// Writes a note into the log.
    pub fn note(&self, conn: Option<ConnId>, what: note::What) {
        self.append(What::Note(Note { conn, what }));
    }

    fn append(&self, what: What) {
        self.log.append(clock::now().since(self.began), what);
    }

    /// Ends the run if its log is full: what comes could not be kept.
    pub fn end_if_full(&self) {
        if self.state().serves() && self.log.is_full() {
            let Caps { run_entries, run_bytes, .. } = self.caps;
            let why = format!("a run keeps {run_entries} entries and {run_bytes} bytes");
            self.note(None, note::What::Cap { why: why.clone() });
            self.go_to(RunState::Finished, &why);
        }
    }

    /// Something happened: the run is not idle.
    pub fn touch(&self) {
        self.touched.store(clock::now().0, Ordering::Relaxed);
    }

    /// For how long nothing happened, while nobody drives it and no connection is open.
    pub fn idle_for(&self) -> Micros {
        if self.drivers.load(Ordering::Relaxed) > 0 || self.open.load(Ordering::Relaxed) > 0 {
            return Micros(0);
        }
        clock::now().since(Micros(self.touched.load(Ordering::Relaxed)))
    }

    /// A page says that it is the browser of this run; it is until this is dropped.
    pub fn attach(self: &Arc<Self>) -> Driver {
        self.drivers.fetch_add(1, Ordering::Relaxed);
        Driver(Arc::clone(self))
    }

    /// Whether a page drives it.
    pub fn driven(&self) -> bool {
        self.drivers.load(Ordering::Relaxed) > 0
    }

    /// That address will not connect after all.
    pub fn forget_agent(&self, from: SocketAddr) {
        self.agents.lock().remove(&from);
    }

    /// The next connection from this address is one of this program's own clients.
    pub fn expect_agent(&self, from: SocketAddr) {
        self.agents.lock().insert(from);
    }

    /// Makes a connection this run's: from here on all that was and will be heard goes to its log.
    /// None if it has as many as it may.
    pub fn bind(
        self: &Arc<Self>,
        arrival: Arrival,
        heard: mpsc::Receiver<Heard>,
        missed: Arc<Missed>,
    ) -> Option<Bound> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.caps.run_connections {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        self.touch();
        let conn = ConnId(self.conns.fetch_add(1, Ordering::Relaxed) + 1);
        let at = arrival.accepted.since(self.began);
        let client = self.client_of(&arrival);
        let opened = Opened {
            conn,
            client,
            server: arrival.service,
            client_addr: arrival.client.to_string(),
            server_addr: arrival.server.to_string(),
        };
        self.log.append(at, What::Opened(opened));
        // A connection may be older than its run, and its set-up over before that began.
        let set_up = arrival.accepted.plus(self.link_delay()).plus(self.link_delay());
        let held_us = set_up.since(self.began.plus(at));
        if held_us.0 > 0 {
            let what = note::What::LinkSetup { held_us };
            self.log.append(at, What::Note(Note { conn: Some(conn), what }));
        }
        let recorder = Recorder::new(conn, Arc::clone(&self.log), self.began, self.caps, missed);
        tokio::spawn(recorder.run(heard));
        Some(Bound { run: Arc::clone(self), conn })
    }

    /// Who a connection's client is: this program's own by its address, a page by its `Origin`,
    /// and anybody else by the first word of `User-Agent`.
    fn client_of(&self, arrival: &Arrival) -> Participant {
        if self.agents.lock().remove(&arrival.client) {
            return agent();
        }
        if arrival.from_page {
            return browser();
        }
        let agent = arrival.user_agent.as_deref().unwrap_or_default();
        let product: String = agent
            .split(['/', ' '])
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|char| char.is_ascii_alphanumeric() || "-_.".contains(*char))
            .take(24)
            .collect();
        let name = if product.is_empty() { "Client".to_owned() } else { product };
        let id = format!("client-{}", name.to_ascii_lowercase());
        Participant { id, name, role: Role::Client, detail: "your own client".to_owned() }
    }
}

/// The page that runs the lab.
pub fn browser() -> Participant {
    Participant {
        id: "browser".to_owned(),
        name: "Browser".to_owned(),
        role: Role::Browser,
        detail: "this page".to_owned(),
    }
}

/// This program's own client.
pub fn agent() -> Participant {
    Participant {
        id: "agent".to_owned(),
        name: "Agent".to_owned(),
        role: Role::Agent,
        detail: "a client in the server".to_owned(),
    }
}

/// A page that drives a run.
#[derive(Debug)]
pub struct Driver(Arc<Run>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.drivers.fetch_sub(1, Ordering::Relaxed);
        self.0.touch();
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.run.open.fetch_sub(1, Ordering::Relaxed);
        self.run.touch();
    }
}

/// The lab addresses of a run, by name, as a caller reaches them.
pub fn urls(
    origins: &BTreeMap<String, String>,
    names: &[String],
    id: &RunId,
) -> BTreeMap<String, String> {
    names
        .iter()
        .filter_map(|name| {
            origins.get(name).map(|origin| (name.clone(), format!("{origin}/r/{id}")))
        })
        .collect()
}

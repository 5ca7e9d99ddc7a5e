//! A run: one learner's use of one lab. It has a log, a gate, a key, and the connections bound to it.

mod bind;
mod people;
mod sharing;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::watch;
use trace::entry::{Input, Report, What};
use trace::ids::{ConnId, RunId};
use trace::note::{self, Note};
use trace::participant::Participant;
use trace::studio::RunState;
use trace::time::Micros;

use crate::caps::Caps;
use crate::clock;
use crate::gate::{Gate, Mode};
use crate::instance::Shared;
use crate::log::Log;
use crate::webhooks::Webhooks;

pub use bind::{Arrival, Bound, Dialled, Layer, Open, cancelled};
pub use people::{agent, another_service, browser, client, instance, payments, store, user};
pub use sharing::{Place, Sharing};

/// How long what is left may be said after a run is over.
const AFTERWARDS: std::time::Duration = std::time::Duration::from_millis(300);

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
    /// Its instances and what they share.
    pub shared: Shared,
    began: Micros,
    state: watch::Sender<RunState>,
    /// It was running once.
    started: AtomicBool,
    conns: AtomicU64,
    open: AtomicU64,
    drivers: AtomicU64,
    /// Endpoints that it has registered so far.
    endpoints: AtomicU64,
    /// What calls them; the server sets it.
    webhooks: OnceLock<Arc<Webhooks>>,
    touched: AtomicU64,
    /// Addresses from which this program's own clients connect, and who they are.
    agents: Mutex<BTreeMap<SocketAddr, Participant>>,
    /// The page that drives it has done its part.
    done: watch::Sender<bool>,
}

impl Run {
    /// A new run, ready.
    pub fn new(header: trace::log::Header, key: String, caps: Caps, shared: Shared) -> Self {
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
            shared,
            began,
            state: watch::Sender::new(RunState::Ready),
            started: AtomicBool::new(false),
            conns: AtomicU64::new(0),
            open: AtomicU64::new(0),
            drivers: AtomicU64::new(0),
            endpoints: AtomicU64::new(0),
            webhooks: OnceLock::new(),
            touched: AtomicU64::new(began.0),
            agents: Mutex::default(),
            done: watch::Sender::new(false),
        }
    }

    /// What calls the endpoints that are registered in it.
    pub fn webhooks(&self) -> Option<&Arc<Webhooks>> {
        self.webhooks.get()
    }

    /// Its endpoints are called by this from now on.
    pub(crate) fn calls_by(&self, webhooks: &Arc<Webhooks>) {
        let _ = self.webhooks.set(Arc::clone(webhooks));
    }

    /// The number of its next endpoint, counted from 1.
    pub(crate) fn next_endpoint(&self) -> u64 {
        self.endpoints.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Its parameters.
    pub fn params(&self) -> &Map<String, Value> {
        &self.log.header.params
    }

    /// A whole number among its parameters.
    pub fn number(&self, name: &str) -> u64 {
        self.log.header.number(name).unwrap_or_default()
    }

    /// A yes or no among its parameters.
    pub fn flag(&self, name: &str) -> bool {
        self.params().get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A word among its parameters.
    pub fn word(&self, name: &str) -> &str {
        self.log.header.word(name).unwrap_or_default()
    }

    /// When it began: the zero of its log's moments.
    pub const fn began(&self) -> Micros {
        self.began
    }

    /// The delay of one way of its link.
    pub fn link_delay(&self) -> Micros {
        Micros::from_millis(self.number("link_ms"))
    }

    /// What its link carries to the client, in bits a second; 0 where that has no bound.
    pub fn link_rate(&self) -> u64 {
        self.number("bandwidth_kbps").saturating_mul(1_000)
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
            self.started.fetch_or(state == RunState::Running, Ordering::Relaxed);
            self.note(None, note::What::State { state, why: why.to_owned() });
            if !state.serves() {
                self.gate.open_for_good();
                tokio::spawn(self.shared.forget());
            }
        }
        changed
    }

    /// Whether it was started, or has had a connection.
    pub fn is_used(&self) -> bool {
        self.started.load(Ordering::Relaxed) || self.conns.load(Ordering::Relaxed) > 0
    }

    /// Writes an input into the log.
    pub fn input(&self, input: &str, instance: Option<String>) {
        self.pressed(Input { input: input.to_owned(), instance, ..Input::default() });
    }

    /// Writes an input with all that it says into the log.
    pub fn pressed(&self, input: Input) {
        self.touch();
        self.append(What::Input(input));
    }

    /// Writes what a page says of itself into the log.
    pub fn report(&self, report: Report) {
        self.append(What::Report(report));
    }

    /// Resolves once the run is over.
    pub async fn until_over(&self) {
        let _ = self.watch_state().wait_for(|state| !state.serves()).await;
    }

    /// Resolves once the run is over, and a moment after, so that what is left can be said.
    pub fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut state = self.watch_state();
        async move {
            let _ = state.wait_for(|state| !state.serves()).await;
            tokio::time::sleep(AFTERWARDS).await;
        }
    }

    /// The page that drives the run has done its part.
    pub fn page_done(&self) {
        self.done.send_replace(true);
    }

    /// Waits until it has, or the run is over.
    pub async fn until_page_done(&self) {
        let mut done = self.done.subscribe();
        tokio::select! {
            _ = done.wait_for(|done| *done) => {}
            () = self.until_over() => {}
        }
    }

    /// Writes a note into the log.
    pub fn note(&self, conn: Option<ConnId>, what: note::What) {
        self.append(What::Note(Note { conn, what }));
    }

    /// Writes a note of an earlier moment into the log.
    pub fn note_at(&self, at: Micros, conn: Option<ConnId>, what: note::What) {
        self.log.append(at.since(self.began), What::Note(Note { conn, what }));
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

    /// Ends the run when its log is full, whoever fills it.
    pub async fn end_when_full(self: Arc<Self>) {
        tokio::select! {
            () = self.log.filled() => self.end_if_full(),
            () = self.until_over() => {}
        }
    }

    /// Something happened: the run is not idle.
    pub fn touch(&self) {
        self.touched.store(clock::now().0, Ordering::Relaxed);
    }

    /// For how long nothing happened, while nobody drives it, no connection is open and no delivery waits.
    pub fn idle_for(&self) -> Micros {
        let pends = || self.webhooks().is_some_and(|webhooks| webhooks.pends(self));
        let used = self.drivers.load(Ordering::Relaxed) + self.open.load(Ordering::Relaxed);
        if used > 0 || pends() {
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

    /// Whether one of this program's own clients is expected from there.
    pub fn expects(&self, from: SocketAddr) -> bool {
        self.agents.lock().contains_key(&from)
    }

    /// The next connection from this address is one of this program's own clients.
    pub fn expect_agent(&self, from: SocketAddr, who: Participant) {
        self.agents.lock().insert(from, who);
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

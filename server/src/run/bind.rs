//! Connections that become a run's: accepted ones, and those that its instances dial to the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio_util::sync::CancellationToken;
use trace::entry::{Opened, What};
use trace::ids::ConnId;
use trace::note::{self, Engine, Note};
use trace::participant::{Participant, Role};
use trace::time::Micros;

use super::{Run, Sharing, browser, instance, store, user};
use crate::decode::Recorder;
use crate::held::Held;
use crate::instance::Instance;
use crate::runs::Runs;
use crate::tap::{Hearing, Missed};

/// Where a connection is among the layers that are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// It is the only one.
    Plain,
    /// It is TLS, heard from outside.
    Outside,
    /// It is inside that one.
    Inside(ConnId),
}

/// What is known of a connection when it is bound.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When it was accepted.
    pub accepted: Micros,
    /// Since when the link sets it up, where that lies on this very layer.
    pub linked: Option<Micros>,
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
    /// The user whom the first request names, in the chat.
    pub user: Option<String>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// Where other runs are that may come to share it: HTTP/2.
    pub shares: Option<Arc<Runs>>,
    /// Bytes that its service had before its run was known.
    pub handed: u64,
    /// Where it is among the layers that are heard.
    pub layer: Layer,
}

/// A connection that an instance dials, to the shared store.
#[derive(Debug)]
pub struct Dialled<'a> {
    /// The instance.
    pub instance: &'a str,
    /// From where.
    pub from: SocketAddr,
    /// To where.
    pub to: SocketAddr,
}

/// What counts as an open connection of a run until it is dropped.
#[derive(Debug)]
pub struct Open(Arc<Run>);

/// A connection's place in its run. The run counts it as open until this is dropped, if it is its own.
#[derive(Debug)]
pub struct Bound {
    /// The run.
    pub run: Arc<Run>,
    /// Its number there.
    pub conn: ConnId,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// What moved on it.
    pub moved: Arc<Missed>,
    /// The instance that accepted it, if it was one.
    pub instance: Option<Arc<Instance>>,
    /// Whether another instance of the run is at the other end.
    pub internal: bool,
    /// What bodies the server holds for all of its requests.
    pub held: Held,
    /// Who else may hear it.
    pub sharing: Option<Arc<Sharing>>,
    /// None where it is another run's: then each of its requests counts.
    pub(super) open: Option<Open>,
}

impl Layer {
    /// The connection inside which it is.
    const fn outer(self) -> Option<ConnId> {
        match self {
            Self::Inside(outer) => Some(outer),
            Self::Plain | Self::Outside => None,
        }
    }

    fn decoder(self, conn: ConnId) -> wire::conn::Conn {
        match self {
            Self::Outside => wire::conn::Conn::tls(conn),
            Self::Plain | Self::Inside(_) => wire::conn::Conn::http1(conn),
        }
    }
}

impl Bound {
    /// A connection of which nothing is heard, for measuring what hearing costs.
    pub fn unheard(run: &Arc<Run>, conn: ConnId) -> Self {
        let open = Some(Open::more(run));
        let moved = Arc::new(Missed::default());
        let stop = CancellationToken::new();
        let (instance, held) = (None, Held::default());
        let run = Arc::clone(run);
        Self { run, conn, stop, moved, instance, internal: false, held, sharing: None, open }
    }

    /// A request on a connection that is another run's.
    pub fn asking(&self) -> Option<Open> {
        self.open.is_none().then(|| Open::more(&self.run))
    }

    /// Cancelled when the instance is killed, where the connection is another run's and goes on then.
    pub fn killed(&self) -> Option<CancellationToken> {
        let instance = self.instance.as_ref().filter(|_| self.open.is_none());
        instance.map(|instance| instance.killed())
    }
}

impl Open {
    fn more(run: &Arc<Run>) -> Self {
        run.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(run))
    }

    /// One more, if there were fewer than so many.
    fn within(run: &Arc<Run>, most: u64) -> Option<Self> {
        let before = run.open.fetch_add(1, Ordering::Relaxed);
        let open = Self(Arc::clone(run));
        (before < most).then_some(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.touch();
    }
}

/// Resolves once that is cancelled: never, where there is nothing to cancel.
pub async fn cancelled(token: Option<&CancellationToken>) {
    match token {
        Some(token) => token.cancelled().await,
        None => std::future::pending().await,
    }
}

impl Run {
    /// Makes a connection this run's: from here on all that was and will be heard goes to its log.
    /// None if it has as many as it may.
    pub fn bind(
        self: &Arc<Self>,
        arrival: Arrival,
        heard: Hearing,
        missed: Arc<Missed>,
    ) -> Option<Bound> {
        let open = Some(Open::within(self, self.caps.run_connections)?);
        self.touch();
        let conn = self.next_conn();
        let at = arrival.accepted.since(self.began);
        let instance = self.shared.named(&arrival.service.id).cloned();
        let client = self.client_of(&arrival);
        let internal = client.role == Role::Server;
        let held = Held::default();
        let shares = arrival.shares.clone().filter(|_| arrival.layer != Layer::Outside);
        let sharing = shares.map(|runs| {
            let counted = (Arc::clone(&missed), held.clone());
            Sharing::new(self, runs, arrival.clone(), counted)
        });
        let opened = Opened {
            conn,
            client,
            server: arrival.service,
            client_addr: arrival.client.to_string(),
            server_addr: arrival.server.to_string(),
            inside: arrival.layer.outer(),
        };
        self.log.append(at, What::Opened(opened));
        if let Some(since) = arrival.linked {
            // It may be older than its run, and its set-up over before that began, or hands were shaken.
            let set_up = since.plus(self.link_delay()).plus(self.link_delay());
            let held_us = set_up.since(self.began.plus(at));
            if held_us.0 > 0 {
                let what = note::What::LinkSetup { held_us, from: arrival.handed };
                self.log.append(at, What::Note(Note { conn: Some(conn), what }));
            }
        }
        let decoder = arrival.layer.decoder(conn);
        self.record((conn, decoder), heard, Arc::clone(&missed), sharing.clone());
        let (run, stop) = (Arc::clone(self), arrival.stop);
        Some(Bound { run, conn, stop, moved: missed, instance, internal, held, sharing, open })
    }

    /// A participant of this run, by its name; an instance that the header does not name is one all
    /// the same.
    pub fn known(&self, id: &str) -> Participant {
        let header = &self.log.header.participants;
        let known = header.iter().find(|participant| participant.id == id);
        known.cloned().unwrap_or_else(|| instance(id, None))
    }

    pub(super) fn next_conn(&self) -> ConnId {
        ConnId(self.conns.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(
        &self,
        decoded: (ConnId, wire::conn::Conn),
        heard: Hearing,
        missed: Arc<Missed>,
        sharing: Option<Arc<Sharing>>,
    ) {
        let log = Arc::clone(&self.log);
        let recorder = Recorder::new(decoded, log, self.began, self.caps, missed);
        tokio::spawn(recorder.shared_by(sharing).run(heard));
    }

    /// Makes a connection that an instance dials to the shared store this run's.
    pub fn dialled(&self, dialled: Dialled<'_>, heard: Hearing, missed: Arc<Missed>) {
        let conn = self.next_conn();
        let opened = Opened {
            conn,
            client: self.known(dialled.instance),
            server: store(Engine::Redis),
            client_addr: dialled.from.to_string(),
            server_addr: dialled.to.to_string(),
            inside: None,
        };
        self.append(What::Opened(opened));
        self.record((conn, wire::conn::Conn::resp(conn)), heard, missed, None);
    }

    /// Who a connection's client is: this program's own by its address, a page by its `Origin`,
    /// and anybody else by the first word of `User-Agent`.
    pub(super) fn client_of(&self, arrival: &Arrival) -> Participant {
        let agent = match arrival.layer {
            // The one inside is the same agent's.
            Layer::Outside => self.agents.lock().get(&arrival.client).cloned(),
            Layer::Plain | Layer::Inside(_) => self.agents.lock().remove(&arrival.client),
        };
        if let Some(agent) = agent {
            return agent;
        }
        let role = if arrival.from_page { Role::Browser } else { Role::Client };
        if let Some(name) = &arrival.user {
            return user(name, role);
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

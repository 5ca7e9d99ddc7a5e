//! A connection of HTTP/2 that several runs share: clients such as grpcio keep one for all of their calls
//! to an address. Its first request says whose it is; each later one may name a run of its own, which
//! then hears its own streams and the frames of the connection, and counts the rest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use trace::entry::{Opened, What};
use trace::ids::RunId;
use trace::participant::Role;

use super::{Arrival, Bound, Run};
use crate::held::Held;
use crate::listen::find;
use crate::refusal::Refusal;
use crate::runs::Runs;
use crate::tap::Missed;

/// The most runs that share a connection, beside its first.
const MOST: usize = 15;

/// Who shares a connection.
#[derive(Debug)]
pub struct Sharing {
    /// The run whose connection it is.
    pub first: RunId,
    runs: Arc<Runs>,
    arrival: Arrival,
    moved: Arc<Missed>,
    held: Held,
    joined: Mutex<BTreeMap<RunId, Arc<Bound>>>,
}

impl Sharing {
    /// Nobody yet but the connection's first run.
    pub fn new(
        first: RunId,
        runs: Arc<Runs>,
        arrival: Arrival,
        (moved, held): (Arc<Missed>, Held),
    ) -> Arc<Self> {
        Arc::new(Self { first, runs, arrival, moved, held, joined: Mutex::default() })
    }

    /// Another run's place on the connection.
    ///
    /// # Errors
    /// A run that is not known, or over; a connection that has as many as it may.
    pub fn of(&self, id: &RunId) -> Result<Arc<Bound>, Refusal> {
        let mut joined = self.joined.lock();
        if let Some(bound) = joined.get(id) {
            return Ok(Arc::clone(bound));
        }
        if joined.len() >= MOST {
            return Err(Refusal::Misdirected);
        }
        let run = find(&self.runs, id)?;
        let bound = Arc::new(run.join(self).ok_or(Refusal::TooMany)?);
        joined.insert(id.clone(), Arc::clone(&bound));
        Ok(bound)
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
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.caps.run_connections {
            self.open.fetch_sub(1, Ordering::Relaxed);
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
        self.log.append(arrival.accepted.since(self.began), What::Opened(opened));
        Some(Bound {
            run: Arc::clone(self),
            conn,
            stop: arrival.stop.clone(),
            moved: Arc::clone(moved),
            instance: self.shared.named(&arrival.service.id).cloned(),
            internal,
            held: held.clone(),
            sharing: None,
        })
    }
}

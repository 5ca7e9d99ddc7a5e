//! The instances of this server for everybody: which of them listen. Killing one closes its
//! listener and cuts off its connections in every run; starting it opens the same port again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use trace::note::Reach;

use crate::listen::{BEHIND_TLS, Service, TLS};
use crate::runs::Runs;

/// How long a listener may take to open or close.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long until a port is tried again that could not be opened.
const AGAIN: Duration = Duration::from_millis(50);

/// Which services are to listen, and which do.
#[derive(Debug)]
pub struct Switches(BTreeMap<String, Switch>);

#[derive(Debug)]
struct Switch {
    wanted: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

/// Why an instance could not be killed or started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unswitched {
    /// There is no instance of this name.
    Unknown,
    /// It is as it is to be.
    Already,
    /// Its port could not be opened in time.
    PortTaken,
}

impl Switches {
    /// All services listen.
    pub fn new(services: &[Service]) -> Self {
        let on = || Switch { wanted: watch::Sender::new(true), open: watch::Sender::new(true) };
        Self(services.iter().map(|service| (service.name.clone(), on())).collect())
    }

    /// The switch that a service hears to: another door of an instance has none of its own.
    fn of(&self, service: &Service) -> Option<&Switch> {
        self.0.get(if service.name == TLS { BEHIND_TLS } else { service.name.as_str() })
    }

    /// Resolves once a service is to listen no more.
    pub async fn killed(&self, service: &Service) {
        let Some(switch) = self.of(service) else { return std::future::pending().await };
        let _ = switch.wanted.subscribe().wait_for(|wanted| !*wanted).await;
    }

    /// A service listens, or no more: told to every run, and then to who waits for it.
    pub fn told(&self, runs: &Runs, service: &Service, open: bool) {
        // Another door's instance tells of itself.
        let told = service.name != TLS;
        for run in runs.all().into_iter().filter(|run| told && run.state().serves()) {
            if open {
                run.restart(&service.name, Reach::Everybody);
            } else {
                run.kill(&service.name, Reach::Everybody);
            }
        }
        if let Some(switch) = self.0.get(&service.name) {
            switch.open.send_replace(open);
        }
    }

    /// Opens a service's port once it is to listen again.
    pub async fn reopened(&self, service: &Service) -> Option<TcpListener> {
        let switch = self.of(service)?;
        let _ = switch.wanted.subscribe().wait_for(|wanted| *wanted).await;
        match TcpListener::bind(service.addr).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                tracing::warn!(service = service.name, %error, "cannot listen again");
                tokio::time::sleep(AGAIN).await;
                None
            }
        }
    }

    /// Whether an instance listens.
    pub fn is_up(&self, name: &str) -> bool {
        self.0.get(name).is_none_or(|switch| *switch.wanted.borrow())
    }

    /// Kills an instance for everybody, or starts it again; its listener does it, and notes it in
    /// every run, whether or not this call is waited for.
    ///
    /// # Errors
    /// See [`Unswitched`].
    pub async fn turn(&self, name: &str, on: bool) -> Result<(), Unswitched> {
        let instance = name.starts_with("instance");
        let switch = self.0.get(name).filter(|_| instance).ok_or(Unswitched::Unknown)?;
        if switch.wanted.send_replace(on) == on {
            return Err(Unswitched::Already);
        }
        let door = self.0.get(TLS).filter(|_| name == BEHIND_TLS);
        let both = std::iter::once(switch).chain(door);
        let doors: Vec<_> = both.map(|switch| switch.open.subscribe()).collect();
        let done = async {
            for mut open in doors {
                let _ = open.wait_for(|open| *open == on).await;
            }
        };
        tokio::time::timeout(PATIENCE, done).await.map_err(|_| Unswitched::PortTaken)
    }
}

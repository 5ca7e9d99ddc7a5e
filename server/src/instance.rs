//! The instances of a service as one run sees them: each has a life of its own, can be killed and
//! started again, and calls the shared store. What instances know of each other is here too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trace::ids::ConnId;
use trace::note::{Engine, Reach, What};
use trace::participant::Role;

use crate::clock;
use crate::labs::chat::Hall;
use crate::labs::job::Job;
use crate::labs::webhook as callbacks;
use crate::listen::{BEHIND_TLS, Service, TLS};
use crate::run::Run;
use crate::store::memory::Memory;
use crate::store::redis::Redis;
use crate::store::{Choice, New, Row, Store, StoreError};

/// The instances of a run and what they share.
#[derive(Debug)]
pub struct Shared {
    /// By name.
    instances: BTreeMap<String, Arc<Instance>>,
    choice: Choice,
    memory: Arc<Memory>,
    /// Numbers of messages where no store gives them.
    numbers: AtomicU64,
    /// At which instance each user of the chat is or was last: the stateful chat asks here.
    pub homes: Mutex<BTreeMap<String, String>>,
    /// Keys of messages that another service has brought, or tried to.
    keys: Mutex<BTreeSet<String>>,
    /// How often `drop` was pressed.
    pub drops: watch::Sender<u64>,
    /// Whether the knob that cuts a stream off has done so.
    dropped: AtomicBool,
    /// What the payment service and site.com know.
    pub callbacks: callbacks::State,
    /// The long job of the lab that has one.
    pub job: Job,
}

/// An instance of the service.
#[derive(Debug)]
pub struct Instance {
    /// Its name: `instance1`.
    pub name: String,
    /// Where it listens.
    pub addr: SocketAddr,
    life: Mutex<Life>,
    /// The users of the chat who are here.
    pub hall: Hall,
    /// Polls that it holds.
    pub held: AtomicU64,
}

/// From an instance's start to its end.
#[derive(Debug)]
struct Life {
    /// Cancelled when it is killed.
    killed: CancellationToken,
    /// Whether it is down for this run, and whether for everybody.
    down: [bool; 2],
    store: Option<Arc<dyn Store>>,
    /// The same, where it can take a run's messages away.
    redis: Option<Arc<Redis>>,
}

impl Shared {
    /// Instances at these services, on this engine.
    pub fn new(services: &[Service], choice: Choice, most: u64) -> Self {
        let instance = |service: &Service| {
            let life = Life {
                killed: CancellationToken::new(),
                down: [false; 2],
                store: None,
                redis: None,
            };
            let (name, addr) = (service.name.clone(), service.addr);
            let instance = Instance {
                name,
                addr,
                life: Mutex::new(life),
                hall: Hall::default(),
                held: AtomicU64::new(0),
            };
            (service.name.clone(), Arc::new(instance))
        };
        Self {
            instances: services.iter().map(instance).collect(),
            choice,
            memory: Arc::new(Memory::new(most)),
            numbers: AtomicU64::new(0),
            homes: Mutex::default(),
            keys: Mutex::default(),
            drops: watch::Sender::new(0),
            dropped: AtomicBool::new(false),
            callbacks: callbacks::State::default(),
            job: Job::default(),
        }
    }

    /// The same, whose own store forgets all but the newest.
    pub fn forgetting(mut self, most: u64, kept: usize) -> Self {
        self.memory = Arc::new(Memory::forgetting(most, kept));
        self
    }

    /// An instance by its name.
    pub fn named(&self, name: &str) -> Option<&Arc<Instance>> {
        // That listener is another door of the first's.
        self.instances.get(if name == TLS { BEHIND_TLS } else { name })
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.instances.values()
    }

    /// The next number of a message.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether the knob that cuts a stream off is still to do so; asked once it has.
    pub fn drop_once(&self) -> bool {
        !self.dropped.swap(true, Ordering::Relaxed)
    }

    /// Takes a run's messages out of a store that outlives it.
    pub fn forget(&self) -> impl Future<Output = ()> + Send + 'static {
        let stores: Vec<Arc<Redis>> = self
            .instances
            .values()
            .filter_map(|instance| instance.life.lock().redis.clone())
            .collect();
        async move {
            for store in stores {
                store.forget().await;
            }
        }
    }
}

impl Instance {
    /// Cancelled when it is killed.
    pub fn killed(&self) -> CancellationToken {
        self.life.lock().killed.clone()
    }

    /// Whether it is down.
    pub fn is_down(&self) -> bool {
        self.life.lock().down.contains(&true)
    }

    /// Whether it holds a poll.
    pub fn holds(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    fn kill(&self, reach: Reach) -> bool {
        let mut life = self.life.lock();
        let was_up = !life.down.contains(&true);
        life.down[usize::from(reach == Reach::Everybody)] = true;
        life.store = None;
        life.redis = None;
        was_up
    }

    fn restart(&self, reach: Reach) -> bool {
        let mut life = self.life.lock();
        let was_down =
            std::mem::replace(&mut life.down[usize::from(reach == Reach::Everybody)], false);
        let up = was_down && !life.down.contains(&true);
        if up {
            life.killed = CancellationToken::new();
        }
        up
    }
}

impl Run {
    /// Kills an instance: cuts its connections off and takes no more. Says whether it was up.
    pub fn kill(&self, name: &str, reach: Reach) -> bool {
        let Some(instance) = self.shared.named(name) else { return false };
        if !instance.kill(reach) {
            return false;
        }
        // Noted before its connections end, so that the log has the cause before what follows.
        self.note(None, What::InstanceDown { instance: name.to_owned(), reach });
        instance.hall.dies(self, name, &instance.killed());
        true
    }

    /// Starts an instance again. Says whether it was down.
    pub fn restart(&self, name: &str, reach: Reach) -> bool {
        let up = self.shared.named(name).is_some_and(|instance| instance.restart(reach));
        if up {
            self.note(None, What::InstanceUp { instance: name.to_owned(), reach });
        }
        up
    }

    /// Whether the store has a lane in this run's diagram.
    fn shows_store(&self) -> bool {
        self.log.header.participants.iter().any(|participant| participant.role == Role::Store)
    }

    /// The store, as an instance calls it.
    fn store(self: &Arc<Self>, instance: &Instance) -> Arc<dyn Store> {
        let mut life = instance.life.lock();
        if let Some(store) = &life.store {
            return Arc::clone(store);
        }
        let store: Arc<dyn Store> = match &self.shared.choice {
            Choice::Memory => Arc::clone(&self.shared.memory) as Arc<dyn Store>,
            Choice::Redis(target) => {
                let killed = life.killed.clone();
                let redis = Arc::new(Redis::new(target.clone(), self, &instance.name, killed));
                life.redis = Some(Arc::clone(&redis));
                redis
            }
        };
        life.store = Some(Arc::clone(&store));
        store
    }
}

/// An instance at work for a run.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The run.
    pub run: Arc<Run>,
    /// The instance.
    pub instance: Arc<Instance>,
}

impl Worker {
    /// The instance that listens at a connection's other end; none where that is no instance.
    pub fn of(run: &Arc<Run>, name: &str) -> Option<Self> {
        let instance = Arc::clone(run.shared.named(name)?);
        Some(Self { run: Arc::clone(run), instance })
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.instance.name.clone()
    }

    /// Puts a message into the store, and notes it. A message whose key was seen before is looked
    /// for first: whoever brought it may not have heard the answer.
    pub async fn append(&self, conn: Option<ConnId>, new: New) -> Result<u64, StoreError> {
        let called = clock::now();
        let store = self.run.store(&self.instance);
        if let Some(key) = &new.key {
            let seen = !self.run.shared.keys.lock().insert(key.clone());
            if let Some(id) = if seen { store.find(key.clone()).await? } else { None } {
                return Ok(id);
            }
        }
        let (from, to, text) = (new.from.clone(), new.to.clone(), shortened(&new.text));
        let id = store.append(new).await?;
        let (instance, engine) = (self.name(), store.engine());
        let what = What::StoreAppended { instance, engine, id, from, to, text };
        self.run.note_at(called, conn, what);
        Ok(id)
    }

    /// Reads what is new in the store, and notes it.
    pub async fn read(&self, after: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        let store = self.run.store(&self.instance);
        let rows = store.read(after, most).await?;
        // Where the store has no lane its calls are not told: each poll is one.
        if self.run.shows_store() {
            let ids = rows.iter().map(|row| row.id).collect();
            let (instance, engine) = (self.name(), store.engine());
            self.run.note(None, What::StoreRead { instance, engine, after, ids });
        }
        Ok(rows)
    }

    /// Waits until the store has told of something new, and notes it.
    pub async fn woken(&self, told: &mut watch::Receiver<u64>) {
        if told.changed().await.is_err() {
            // The store is gone: whoever waits asks it again and learns so.
            return;
        }
        let upto = *told.borrow_and_update();
        if self.run.shared.choice.engine() == Engine::Memory && self.run.shows_store() {
            let (instance, engine) = (self.name(), Engine::Memory);
            self.run.note(None, What::StoreWoke { instance, engine, upto });
        }
    }

    /// Lets the store tell this instance of what is new.
    pub async fn told(&self) -> Result<watch::Receiver<u64>, StoreError> {
        let mut told = self.run.store(&self.instance).told().await?;
        told.mark_unchanged();
        Ok(told)
    }
}

/// A text as a note holds it.
pub fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

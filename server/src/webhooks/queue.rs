//! What outlasts the program: endpoints, deliveries that wait, and those that were given up. A thread of its
//! own writes; what came meanwhile is written at once, so that a thousand deliveries cost little more
//! than one.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread::JoinHandle;

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, ReadableTable as _, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use super::endpoint::{Delivery, Endpoint};

type Rows = TableDefinition<'static, &'static str, &'static [u8]>;

const ENDPOINTS: Rows = TableDefinition::new("endpoints");
const PENDING: Rows = TableDefinition::new("pending");
const DEAD: Rows = TableDefinition::new("dead");

/// Its file in the folder of `--data`.
const FILE: &str = "webhooks.redb";

/// The most changes that are written at once.
const AT_ONCE: usize = 4_096;

/// Memory that the database takes for itself.
const CACHE: usize = 16 * 1024 * 1024;

/// Something that is to be kept or forgotten.
#[derive(Debug)]
pub enum Change {
    /// Keeps an endpoint as it now is.
    Endpoint(Endpoint),
    /// Forgets one.
    NoEndpoint(String),
    /// Keeps a delivery that waits, also one that was given up.
    Pending(Delivery),
    /// Forgets one: it was delivered, or nobody wants it any more.
    Done(String),
    /// Keeps a delivery that is given up.
    Dead(Delivery),
}

/// What was kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Every endpoint.
    pub endpoints: Vec<Endpoint>,
    /// Every delivery that waits.
    pub pending: Vec<Delivery>,
    /// Every delivery that was given up.
    pub dead: Vec<Delivery>,
}

/// A change, and who is told once it is written.
type Write = (Change, Option<oneshot::Sender<()>>);

/// Resolves once a change is written, or could not be.
pub type Written = oneshot::Receiver<()>;

/// The way to what is kept.
#[derive(Debug)]
pub struct Queue {
    /// Both are there until it is dropped.
    writes: Option<mpsc::UnboundedSender<Write>>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    /// Opens what is kept in a folder; without one it is kept in memory alone.
    ///
    /// # Errors
    /// Why it cannot be used, with the name of its file.
    pub fn open(folder: Option<&Path>) -> Result<(Self, Kept), (String, String)> {
        let file = folder.map_or_else(|| FILE.to_owned(), |at| at.join(FILE).display().to_string());
        let fault = |error: redb::Error| (file.clone(), error.to_string());
        let db = database(folder).map_err(&fault)?;
        let kept = read(&db).map_err(&fault)?.map_err(|why| (file.clone(), why))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "what is kept is bounded before it is written"
        )]
        let (writes, waiting) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("webhooks".to_owned())
            .spawn(move || write(&db, waiting))
            .map_err(|error| (file.clone(), error.to_string()))?;
        Ok((Self { writes: Some(writes), thread: Some(thread) }, kept))
    }

    /// Keeps or forgets, in the order of the calls. What is given tells when that is written.
    pub fn write(&self, change: Change) -> Written {
        let (done, told) = oneshot::channel();
        self.send((change, Some(done)));
        told
    }

    /// The same, where nobody waits for it.
    pub fn soon(&self, change: Change) {
        self.send((change, None));
    }

    fn send(&self, write: Write) {
        if let Some(writes) = &self.writes {
            // Who waits learns by the end of its channel that nothing is written.
            let _ = writes.send(write);
        }
    }
}

/// Writes what is left, and waits for that.
impl Drop for Queue {
    fn drop(&mut self) {
        drop(self.writes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn database(folder: Option<&Path>) -> Result<Database, redb::Error> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    let Some(folder) = folder else {
        return Ok(builder.create_with_backend(InMemoryBackend::new())?);
    };
    fs::create_dir_all(folder)?;
    // Secrets are in it.
    let mut file = OpenOptions::new();
    file.read(true).write(true).create(true).truncate(false).mode(0o600);
    Ok(builder.create_file(file.open(folder.join(FILE))?)?)
}

/// Everything that is kept. The inner error is a row that cannot be read.
fn read(db: &Database) -> Result<Result<Kept, String>, redb::Error> {
    // Opened for writing, so that the tables are there.
    let transaction = db.begin_write()?;
    let kept = {
        let endpoints = rows(&transaction.open_table(ENDPOINTS)?)?;
        let pending = rows(&transaction.open_table(PENDING)?)?;
        let dead = rows(&transaction.open_table(DEAD)?)?;
        match (endpoints, pending, dead) {
            (Ok(endpoints), Ok(pending), Ok(dead)) => Ok(Kept { endpoints, pending, dead }),
            (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => Err(why),
        }
    };
    transaction.commit()?;
    Ok(kept)
}

fn rows<T: DeserializeOwned>(
    table: &redb::Table<'_, &'static str, &'static [u8]>,
) -> Result<Result<Vec<T>, String>, redb::Error> {
    let mut all = Vec::new();
    for row in table.iter()? {
        let (name, row) = row?;
        match serde_json::from_slice(row.value()) {
            Ok(row) => all.push(row),
            Err(error) => return Ok(Err(format!("{}: {error}", name.value()))),
        }
    }
    Ok(Ok(all))
}

/// Writes what comes until nobody can send any more.
fn write(db: &Database, mut waiting: mpsc::UnboundedReceiver<Write>) {
    while let Some(first) = waiting.blocking_recv() {
        let (mut changes, mut told) = (vec![first.0], Vec::from_iter(first.1));
        while changes.len() < AT_ONCE
            && let Ok((change, done)) = waiting.try_recv()
        {
            changes.push(change);
            told.extend(done);
        }
        match commit(db, &changes) {
            Ok(()) => {
                for done in told {
                    let _ = done.send(());
                }
            }
            // Who waits learns it by the end of its channel.
            Err(error) => tracing::error!(%error, "deliveries could not be kept"),
        }
    }
}

fn commit(db: &Database, changes: &[Change]) -> Result<(), redb::Error> {
    let transaction = db.begin_write()?;
    {
        let mut endpoints = transaction.open_table(ENDPOINTS)?;
        let mut pending = transaction.open_table(PENDING)?;
        let mut dead = transaction.open_table(DEAD)?;
        for change in changes {
            match change {
                Change::Endpoint(endpoint) => {
                    endpoints.insert(endpoint.id.as_str(), row(endpoint).as_slice())?;
                }
                Change::NoEndpoint(id) => {
                    endpoints.remove(id.as_str())?;
                }
                Change::Pending(delivery) => {
                    dead.remove(delivery.id.as_str())?;
                    pending.insert(delivery.id.as_str(), row(delivery).as_slice())?;
                }
                Change::Done(id) => {
                    pending.remove(id.as_str())?;
                    dead.remove(id.as_str())?;
                }
                Change::Dead(delivery) => {
                    pending.remove(delivery.id.as_str())?;
                    dead.insert(delivery.id.as_str(), row(delivery).as_slice())?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

/// These types can be written without fail.
fn row(of: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(of).unwrap_or_default()
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;

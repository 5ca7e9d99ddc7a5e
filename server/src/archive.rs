//! Runs that outlast the program, with `--data`: each is written whole once it is over, by a thread of its
//! own, into the database `runs.redb`. In memory is what lists tell of them; their logs stay on the disk and
//! are read from there in pieces.

mod bounds;
mod disk;
mod writer;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trace::ids::{RunId, Seq};
use trace::log::Header;
use trace::metrics::Metrics;
use trace::studio::RunState;
use trace::time::Micros;

use crate::clock;
use crate::error::StartError;
use crate::run::Run;
use crate::runs::Runs;
use bounds::{Bounds, KEPT};
use disk::{Disk, FILE, Fault, Opened, Place};
use writer::{Job, Known, Writer};

/// How often it is looked for runs that are over.
const LOOK: Duration = Duration::from_secs(1);

/// The most that waits to be looked for or taken out.
const WAITING: usize = 64;

/// How much longer than it may write the thread is waited for.
const GRACE: Micros = Micros::from_millis(250);

/// The format of what is told of a kept run. Whoever changes what [`Kept`] and the types in it are read from
/// counts it up; a row of another format is left alone.
const FORMAT: u64 = 1;

/// The format where none is said.
const fn first_format() -> u64 {
    1
}

/// What is told of a run that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    #[serde(default = "first_format")]
    format: u64,
    /// Its log's first line.
    pub header: Header,
    /// Who has it may delete the run.
    pub key: String,
    /// How it ended.
    pub state: RunState,
    /// The number of its last entry.
    pub last_seq: Seq,
    /// Its figures.
    pub metrics: Metrics,
    /// Bytes of its lines.
    bytes: u64,
}

/// A run that is kept, and the way to its log.
#[derive(Debug, Clone)]
pub struct Past {
    /// What is told of it.
    pub kept: Arc<Kept>,
    number: u64,
    disk: Arc<Disk>,
}

/// It could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the folder of --data could not be written")]
pub struct Unwritten;

/// The runs that are kept.
#[derive(Debug)]
pub struct Archive {
    known: Arc<Mutex<Known>>,
    disk: Arc<Disk>,
    /// A number above that of every run that was kept at the start.
    next: u64,
    /// Both are there until it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The thread is not waited for: it took too long.
    is_left: AtomicBool,
}

/// Makes the folder of `--data` where there is none, for its owner's eyes alone.
///
/// # Errors
/// It cannot be made, or is something else.
pub fn folder(data: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| StartError::Data { folder: data.display().to_string(), source })
}

/// Why what is kept in a folder cannot be used.
fn unusable(data: &Path, fault: Fault) -> StartError {
    if matches!(fault, Fault::Database(redb::Error::DatabaseAlreadyOpen)) {
        return StartError::InUse { folder: data.display().to_string() };
    }
    let file = data.join(FILE).display().to_string();
    match fault.system() {
        Ok(why) => StartError::File { file, why },
        Err(damage) => StartError::Runs { file, why: damage.to_string() },
    }
}

impl Archive {
    /// Opens what is kept in a folder.
    ///
    /// # Errors
    /// It cannot be used; the file is named.
    pub fn open(data: &Path) -> Result<Self, StartError> {
        let place = Box::new(data.join(FILE));
        let archive = Self::bounded(place, KEPT).map_err(|fault| unusable(data, fault))?;
        let runs = archive.known.lock().told.len();
        if runs > 0 {
            tracing::info!(runs, "runs of the time before are listed");
        }
        Ok(archive)
    }

    fn bounded(place: Box<dyn Place>, bounds: Bounds) -> Result<Self, Fault> {
        let Opened { disk, told, next } = Disk::open(place)?;
        let disk = Arc::new(disk);
        let known = Arc::new(Mutex::new(Known { told, ..Known::default() }));
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = Writer::new(Arc::clone(&disk), Arc::clone(&known), bounds, waiting);
        let thread =
            std::thread::Builder::new().name("runs".to_owned()).spawn(move || writer.work())?;
        let (jobs, thread) = (Some(jobs), Some(thread));
        Ok(Self { known, disk, next, jobs, thread, is_left: AtomicBool::new(false) })
    }

    /// A number above that of every run that is kept.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The run of this name, and its number.
    pub fn find(&self, id: &RunId) -> Option<(u64, Past)> {
        let known = self.known.lock();
        let (number, kept) = known.told.iter().find(|(_, kept)| kept.header.run == *id)?;
        Some((*number, self.past(*number, kept)))
    }

    /// All runs that are kept, by their numbers.
    pub fn all(&self) -> Vec<(u64, Past)> {
        let known = self.known.lock();
        known.told.iter().map(|(number, kept)| (*number, self.past(*number, kept))).collect()
    }

    fn past(&self, number: u64, kept: &Arc<Kept>) -> Past {
        Past { kept: Arc::clone(kept), number, disk: Arc::clone(&self.disk) }
    }

    /// Whether a run that is over may leave the memory: it is written as it now is, or will not be.
    pub fn is_settled(&self, number: u64, run: &Run) -> bool {
        !run.is_used() || self.known.lock().settled.get(&number) == Some(&run.log.last_seq())
    }

    /// Whether a run could not be written so far.
    pub fn is_failing(&self, number: u64) -> bool {
        self.known.lock().failing.contains(&number)
    }

    /// Takes a run out that is no more in memory, if it is kept or being written.
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget(&self, number: u64) -> Result<(), Unwritten> {
        if !self.known.lock().has(number) {
            return Ok(());
        }
        let (done, told) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(Unwritten)?;
        jobs.send(Job::Forget(number, done)).await.map_err(|_| Unwritten)?;
        told.await.map_err(|_| Unwritten)
    }

    /// Keeps every run that is over, as it now is, the newest first, until there is no more time for it.
    /// Gives how many were not kept.
    pub async fn flush(&self, runs: &Arc<Runs>, until: Micros) -> usize {
        let (done, told) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            let written = async {
                if jobs.send(Job::All(Arc::clone(runs), until, done)).await.is_ok() {
                    let _ = told.await;
                }
            };
            let end = clock::deadline(until.plus(GRACE));
            if tokio::time::timeout_at(end, written).await.is_err() {
                self.is_left.store(true, Ordering::Relaxed);
            }
        }
        let left = self.unsettled(runs).len();
        if left > 0 {
            tracing::warn!(runs = left, "could not be kept");
        }
        left
    }

    /// Runs that are over and still to be written.
    pub fn unsettled(&self, runs: &Runs) -> Vec<Arc<Run>> {
        let mut live = runs.numbered();
        live.retain(|number, run| !run.state().serves() && !self.is_settled(*number, run));
        live.into_values().collect()
    }
}

/// Writes what is left, and waits for that.
impl Drop for Archive {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // The last who knew the runs may have been the thread itself.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        let thread = self.thread.take().filter(|thread| !own(thread));
        if let Some(thread) = thread.filter(|_| !self.is_left.load(Ordering::Relaxed)) {
            let _ = thread.join();
        }
    }
}

impl Past {
    /// The lines after an entry, as many as lie together; none after the last.
    ///
    /// # Errors
    /// They cannot be read, or the run was taken out meanwhile.
    pub async fn lines(&self, after: Seq) -> io::Result<Vec<Bytes>> {
        if after >= self.kept.last_seq {
            return Ok(Vec::new());
        }
        let turn = Arc::clone(&self.disk.reads).acquire_owned().await.map_err(io::Error::other)?;
        let (disk, number) = (Arc::clone(&self.disk), self.number);
        let read = tokio::task::spawn_blocking(move || {
            // Held by who reads, for who asked may go away.
            let _turn = turn;
            disk.lines(number, after).map_err(|fault| io::Error::other(fault.to_string()))
        });
        let lines = read.await.map_err(io::Error::other)??;
        if lines.is_empty() {
            return Err(io::Error::other("the run was taken out while it was read"));
        }
        Ok(lines)
    }
}

/// Lets runs be kept when they are over, until the server stops.
pub async fn watch(runs: Arc<Runs>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let archive = runs.archive.get();
        let Some(jobs) = archive.and_then(|archive| archive.jobs.as_ref()) else { return };
        // Where others wait already this one need not.
        let _ = jobs.try_send(Job::Look(Arc::clone(&runs)));
    }
}

#[cfg(test)]
mod tests;

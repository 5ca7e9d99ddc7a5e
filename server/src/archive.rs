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

use crate::error::StartError;
use crate::run::Run;
use crate::runs::Runs;
use bounds::{Bounds, KEPT};
use disk::{Disk, FILE, Told};
use writer::{Job, Writer};

/// How often it is looked for runs that are over.
const LOOK: Duration = Duration::from_secs(1);

/// The most that waits to be written or taken out.
const WAITING: usize = 64;

/// How long the last runs may take to be written when the server stops.
const LAST: Duration = Duration::from_secs(30);

/// What is told of a run that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
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
    told: Arc<Mutex<Told>>,
    disk: Arc<Disk>,
    /// Both are there until it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// Makes the folder of `--data` where there is none, for its owner's eyes alone.
///
/// # Errors
/// It cannot be made, or is something else.
pub fn folder(data: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| StartError::Data { folder: data.display().to_string(), source })
}

impl Archive {
    /// Opens what is kept in a folder.
    ///
    /// # Errors
    /// It cannot be used; the file is named.
    pub fn open(data: &Path) -> Result<Self, StartError> {
        let fault = |why| StartError::Runs { file: data.join(FILE).display().to_string(), why };
        let archive = Self::bounded(data, KEPT).map_err(fault)?;
        let runs = archive.told.lock().len();
        if runs > 0 {
            tracing::info!(runs, "runs of the time before are listed");
        }
        Ok(archive)
    }

    fn bounded(data: &Path, bounds: Bounds) -> Result<Self, String> {
        let (disk, told) = Disk::open(data).map_err(|error| error.to_string())??;
        let (disk, told) = (Arc::new(disk), Arc::new(Mutex::new(told)));
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = Writer::new(Arc::clone(&disk), Arc::clone(&told), bounds);
        let thread = std::thread::Builder::new()
            .name("runs".to_owned())
            .spawn(move || writer.work(waiting))
            .map_err(|error| error.to_string())?;
        Ok(Self { told, disk, jobs: Some(jobs), thread: Some(thread) })
    }

    /// A number above that of every run that is kept.
    pub fn next(&self) -> u64 {
        self.told.lock().last_key_value().map_or(0, |(number, _)| number + 1)
    }

    /// The run of this name, and its number.
    pub fn find(&self, id: &RunId) -> Option<(u64, Past)> {
        let told = self.told.lock();
        let (number, kept) = told.iter().find(|(_, kept)| kept.header.run == *id)?;
        Some((*number, self.past(*number, kept)))
    }

    /// All runs that are kept, by their numbers.
    pub fn all(&self) -> Vec<(u64, Past)> {
        let told = self.told.lock();
        told.iter().map(|(number, kept)| (*number, self.past(*number, kept))).collect()
    }

    fn past(&self, number: u64, kept: &Arc<Kept>) -> Past {
        Past { kept: Arc::clone(kept), number, disk: Arc::clone(&self.disk) }
    }

    /// Keeps a run that leaves the memory, some time soon.
    pub fn keep(&self, number: u64, run: Arc<Run>) {
        let job = Job::Keep(number, run);
        if self.jobs.as_ref().is_none_or(|jobs| jobs.try_send(job).is_err()) {
            tracing::warn!("a run left the memory before it could be kept: too many wait for that");
        }
    }

    /// Takes a run out, if it is kept or being written.
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget(&self, number: u64) -> Result<(), Unwritten> {
        let (done, told) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(Unwritten)?;
        jobs.send(Job::Forget(number, done)).await.map_err(|_| Unwritten)?;
        told.await.map_err(|_| Unwritten)
    }

    /// Keeps every run that is over, as it now is.
    pub async fn flush(&self, runs: &Arc<Runs>) {
        let Some(jobs) = &self.jobs else { return };
        let (done, told) = oneshot::channel();
        let written = async {
            jobs.send(Job::All(Arc::clone(runs), done)).await.map_err(|_| Unwritten)?;
            told.await.map_err(|_| Unwritten)
        };
        if !matches!(tokio::time::timeout(LAST, written).await, Ok(Ok(()))) {
            tracing::warn!("not every run was kept within {} s", LAST.as_secs());
        }
    }
}

/// Writes what is left, and waits for that.
impl Drop for Archive {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // The last who knew the runs may have been the thread itself.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| !own(thread)) {
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
        let (disk, number) = (Arc::clone(&self.disk), self.number);
        let read = tokio::task::spawn_blocking(move || {
            disk.lines(number, after).map_err(|error| io::Error::other(error.to_string()))
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

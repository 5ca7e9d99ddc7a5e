//! The thread that writes: one run after the other, and in the order in which it is asked. It takes the runs
//! from memory itself, so that what was deleted before it looked is never written.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use trace::ids::Seq;
use trace::time::Micros;

use super::Kept;
use super::bounds::Bounds;
use super::disk::{Disk, Told};
use crate::clock;
use crate::log::Log;
use crate::run::Run;
use crate::runs::Runs;

/// How long the log of a run that is over must be quiet: connections that close are still heard for a
/// second, and each time more is said all of it is written again.
const QUIET: Micros = Micros::from_millis(1_500);

/// How many entries are taken from a log at once.
const PAGE: usize = 512;

/// What the thread is asked to do.
#[derive(Debug)]
pub enum Job {
    /// To keep what is over and quiet.
    Look(Arc<Runs>),
    /// To keep one that is over and leaves the memory.
    Keep(u64, Arc<Run>),
    /// To take one out.
    Forget(u64, oneshot::Sender<()>),
    /// To keep all that is over.
    All(Arc<Runs>, oneshot::Sender<()>),
}

/// What is known of a run in memory that is over.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Its last entry.
    last: Seq,
    /// When that was first seen.
    since: Micros,
    /// Up to where it was written, or was not for want of room.
    written: Option<Seq>,
}

/// What the thread has.
#[derive(Debug)]
pub struct Writer {
    disk: Arc<Disk>,
    told: Arc<Mutex<Told>>,
    bounds: Bounds,
    seen: BTreeMap<u64, Seen>,
}

impl Writer {
    /// Nothing is seen yet.
    pub fn new(disk: Arc<Disk>, told: Arc<Mutex<Told>>, bounds: Bounds) -> Self {
        Self { disk, told, bounds, seen: BTreeMap::new() }
    }

    /// Does what it is asked until nobody can ask any more.
    pub fn work(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            match job {
                Job::Look(runs) => self.look(&runs, QUIET),
                Job::Keep(number, run) => self.keep(number, &run),
                Job::Forget(number, done) => {
                    // Who waits learns a failure by the end of its channel.
                    if self.forget(number) {
                        let _ = done.send(());
                    }
                }
                Job::All(runs, done) => {
                    self.look(&runs, Micros(0));
                    // Who is told may be the last to know them.
                    drop(runs);
                    let _ = done.send(());
                }
            }
        }
    }

    fn look(&mut self, runs: &Runs, quiet: Micros) {
        let live = runs.numbered();
        self.seen.retain(|number, _| live.contains_key(number));
        let now = clock::now();
        for (number, run) in live.into_iter().filter(|(_, run)| !run.state().serves()) {
            let last = run.log.last_seq();
            let new = Seen { last, since: now, written: None };
            let seen = self.seen.entry(number).or_insert(new);
            if seen.last != last {
                *seen = Seen { written: seen.written, ..new };
            }
            if seen.written != Some(last) && now.since(seen.since) >= quiet {
                seen.written = Some(last);
                self.keep(number, &run);
            }
        }
    }

    fn keep(&self, number: u64, run: &Run) {
        let last_seq = run.log.last_seq();
        let others: BTreeMap<u64, u64> = {
            let told = self.told.lock();
            if told.get(&number).is_some_and(|kept| kept.last_seq == last_seq) {
                return;
            }
            let others = told.iter().filter(|(other, _)| **other != number);
            others.map(|(other, kept)| (*other, kept.bytes)).collect()
        };
        let kept = Kept {
            header: run.log.header.clone(),
            key: run.key.clone(),
            state: run.state(),
            last_seq,
            metrics: run.log.metrics(),
            bytes: 0,
        };
        match self.disk.write(number, kept, lines(&run.log, last_seq), (self.bounds, &others)) {
            Ok(Some(written)) => {
                let mut told = self.told.lock();
                for left in &written.left {
                    if let Some(left) = told.remove(left) {
                        tracing::info!(run = %left.header.run, "kept no longer, to make room");
                    }
                }
                told.insert(number, Arc::new(written.kept));
            }
            Ok(None) => tracing::warn!(run = %run.id, "not kept: there is no room for it"),
            Err(error) => tracing::error!(run = %run.id, %error, "could not be kept"),
        }
    }

    /// Takes a run out. Says whether that is done.
    fn forget(&mut self, number: u64) -> bool {
        self.seen.remove(&number);
        if !self.told.lock().contains_key(&number) {
            return true;
        }
        if let Err(error) = self.disk.forget(number) {
            tracing::error!(%error, "a kept run could not be taken out");
            return false;
        }
        self.told.lock().remove(&number);
        true
    }
}

/// A log's lines up to an entry, a page at a time.
fn lines(log: &Log, last: Seq) -> impl Iterator<Item = Bytes> {
    let mut after = Seq(0);
    let pages = std::iter::from_fn(move || {
        let page = log.after(after, PAGE).into_iter();
        let page: Vec<_> = page.take_while(|kept| kept.entry.seq <= last).collect();
        after = page.last()?.entry.seq;
        Some(page)
    });
    pages.flatten().map(|kept| kept.line_once())
}

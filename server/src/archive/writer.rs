//! The thread that writes: one run after the other, and between them it takes out what is deleted. It takes
//! the runs from memory itself, so that what was deleted before it looked is never written.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use trace::ids::Seq;
use trace::time::Micros;

use super::bounds::Bounds;
use super::disk::{Disk, Fault, Told, Written};
use super::{FORMAT, Kept};
use crate::clock;
use crate::log::Log;
use crate::run::Run;
use crate::runs::Runs;

/// How long the log of a run that is over must be quiet: connections that close are still heard for a
/// second, and each time more is said all of it is written again.
const QUIET: Micros = Micros::from_millis(1_500);

/// After how long a run is tried again that could not be written.
const AGAIN: Micros = Micros::from_millis(10_000);

/// How many entries are taken from a log at once.
const PAGE: usize = 512;

/// What the thread is asked to do.
#[derive(Debug)]
pub enum Job {
    /// To keep what is over and quiet.
    Look(Arc<Runs>),
    /// To take one out.
    Forget(u64, oneshot::Sender<()>),
    /// To keep all that is over, as far as that can be done until a moment.
    All(Arc<Runs>, Micros, oneshot::Sender<()>),
}

/// What the thread knows and others look at.
#[derive(Debug, Default)]
pub struct Known {
    /// What is told of each kept run, by its number.
    pub told: Told,
    /// Up to where each run in memory was written, or was not for want of room.
    pub settled: BTreeMap<u64, Seq>,
    /// Which could not be written so far.
    pub failing: BTreeSet<u64>,
    /// Which is being written.
    pub writing: Option<u64>,
}

impl Known {
    /// Whether a run is kept or being written.
    pub fn has(&self, number: u64) -> bool {
        self.writing == Some(number) || self.told.contains_key(&number)
    }
}

/// What is known of a run in memory that is over.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Its last entry.
    last: Seq,
    /// When that was first seen.
    since: Micros,
    /// Not before then it is tried again, after it could not be written.
    again: Option<Micros>,
}

/// What the thread has.
#[derive(Debug)]
pub struct Writer {
    disk: Arc<Disk>,
    known: Arc<Mutex<Known>>,
    bounds: Bounds,
    jobs: mpsc::Receiver<Job>,
    /// It came while another was done.
    later: Option<Job>,
    seen: BTreeMap<u64, Seen>,
}

impl Writer {
    /// Nothing is seen yet.
    pub fn new(
        disk: Arc<Disk>,
        known: Arc<Mutex<Known>>,
        bounds: Bounds,
        jobs: mpsc::Receiver<Job>,
    ) -> Self {
        Self { disk, known, bounds, jobs, later: None, seen: BTreeMap::new() }
    }

    /// Does what it is asked until nobody can ask any more.
    pub fn work(mut self) {
        while let Some(job) = self.later.take().or_else(|| self.jobs.blocking_recv()) {
            if catch_unwind(AssertUnwindSafe(|| self.act(job))).is_err() {
                self.known.lock().writing = None;
                tracing::error!("runs could not be kept: see the panic above");
            }
        }
    }

    fn act(&mut self, job: Job) {
        match job {
            Job::Look(runs) => self.look(&runs),
            Job::Forget(number, done) => self.forget(number, done),
            Job::All(runs, until, done) => {
                self.all(&runs, until);
                // Who is told may be the last to know them.
                drop(runs);
                let _ = done.send(());
            }
        }
    }

    /// Keeps what is over and quiet.
    fn look(&mut self, runs: &Runs) {
        for (number, run) in self.due(runs) {
            if self.is_quiet(number, run.log.last_seq()) {
                self.keep(runs, (number, &run), None);
                self.between();
            }
            if self.later.is_some() {
                return;
            }
        }
    }

    /// Keeps all that is over, the newest first.
    fn all(&mut self, runs: &Runs, until: Micros) {
        for (number, run) in self.due(runs).into_iter().rev() {
            if clock::now() >= until {
                return;
            }
            self.keep(runs, (number, &run), Some(until));
            self.between();
        }
    }

    /// Does between two runs what does not wait for all of them.
    fn between(&mut self) {
        while let Ok(job) = self.jobs.try_recv() {
            match job {
                Job::Forget(number, done) => self.forget(number, done),
                Job::Look(_) => {}
                all @ Job::All(..) => self.later = Some(all),
            }
        }
    }

    /// Runs that are over and not written as they now are, the oldest first.
    fn due(&mut self, runs: &Runs) -> Vec<(u64, Arc<Run>)> {
        let live = runs.numbered();
        self.seen.retain(|number, _| live.contains_key(number));
        let mut known = self.known.lock();
        known.settled.retain(|number, _| live.contains_key(number));
        known.failing.retain(|number| live.contains_key(number));
        let due = live.into_iter().filter(|(number, run)| {
            let over = !run.state().serves() && run.is_used();
            over && known.settled.get(number) != Some(&run.log.last_seq())
        });
        due.collect()
    }

    fn is_quiet(&mut self, number: u64, last: Seq) -> bool {
        let now = clock::now();
        let seen = self.seen.entry(number).or_insert(Seen { last, since: now, again: None });
        if seen.last != last {
            (seen.last, seen.since) = (last, now);
        }
        now.since(seen.since) >= QUIET && seen.again.is_none_or(|again| now >= again)
    }

    /// Keeps a run, unless it was deleted.
    fn keep(&mut self, runs: &Runs, (number, run): (u64, &Run), until: Option<Micros>) {
        let others = self.others(number);
        // Looked at after it is said that it is written: who deletes it sees that, or it is gone by now.
        if !runs.has(number) {
            self.known.lock().writing = None;
            return;
        }
        let last_seq = run.log.last_seq();
        let done = self.write((number, run), last_seq, &others, until);
        let mut known = self.known.lock();
        known.writing = None;
        match done {
            Ok(written) => {
                known.settled.insert(number, last_seq);
                known.failing.remove(&number);
                let Some(Written { kept, left }) = written else {
                    tracing::warn!(run = %run.id, "not kept: there is no room for it");
                    return;
                };
                for left in &left {
                    if let Some(left) = known.told.remove(left) {
                        tracing::info!(run = %left.header.run, "kept no longer, to make room");
                    }
                }
                known.told.insert(number, Arc::new(kept));
            }
            Err(fault) => {
                known.failing.insert(number);
                drop(known);
                self.failed((number, run), last_seq, &fault);
            }
        }
    }

    /// Says which run is being written. Gives the sizes of the others that are kept.
    fn others(&self, number: u64) -> BTreeMap<u64, u64> {
        let mut known = self.known.lock();
        known.writing = Some(number);
        let others = known.told.iter().filter(|(other, _)| **other != number);
        others.map(|(other, kept)| (*other, kept.bytes)).collect()
    }

    fn write(
        &self,
        (number, run): (u64, &Run),
        last_seq: Seq,
        others: &BTreeMap<u64, u64>,
        until: Option<Micros>,
    ) -> Result<Option<Written>, Fault> {
        // Its lines have more bytes than its traffic: where that has no room they need not be written.
        if self.bounds.leaving(others, number, run.log.bytes()).is_none() {
            return Ok(None);
        }
        let kept = Kept {
            format: FORMAT,
            header: run.log.header.clone(),
            key: run.key.clone(),
            state: run.state(),
            last_seq,
            metrics: run.log.metrics(),
            bytes: 0,
        };
        let lines = lines(&run.log, last_seq, until);
        self.disk.write(number, kept, lines, (self.bounds, others))
    }

    fn failed(&mut self, (number, run): (u64, &Run), last: Seq, fault: &Fault) {
        let now = clock::now();
        let seen = self.seen.entry(number).or_insert(Seen { last, since: now, again: None });
        // Said once, for it may go on for long.
        if seen.again.replace(now.plus(AGAIN)).is_none() {
            tracing::error!(run = %run.id, error = %fault, "could not be kept so far");
        } else {
            tracing::debug!(run = %run.id, error = %fault, "could not be kept again");
        }
    }

    /// Takes a run out. Who waits learns a failure by the end of its channel.
    fn forget(&mut self, number: u64, done: oneshot::Sender<()>) {
        self.seen.remove(&number);
        if self.known.lock().told.contains_key(&number) {
            if let Err(error) = self.disk.forget(number) {
                tracing::error!(%error, "a kept run could not be taken out");
                return;
            }
            self.known.lock().told.remove(&number);
        }
        let _ = done.send(());
    }
}

/// A log's lines up to an entry, a page at a time; fewer where a moment comes before.
fn lines(log: &Log, last: Seq, until: Option<Micros>) -> impl Iterator<Item = Bytes> {
    let mut after = Seq(0);
    let pages = std::iter::from_fn(move || {
        if until.is_some_and(|until| clock::now() >= until) {
            return None;
        }
        let page = log.after(after, PAGE).into_iter();
        let page: Vec<_> = page.take_while(|kept| kept.entry.seq <= last).collect();
        after = page.last()?.entry.seq;
        Some(page)
    });
    pages.flatten().map(|kept| kept.line_once())
}

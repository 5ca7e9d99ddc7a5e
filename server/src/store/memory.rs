//! The store in this process: a call is no traffic.

use futures_util::FutureExt as _;
use futures_util::future::ready;
use parking_lot::Mutex;
use tokio::sync::watch;
use trace::note::Engine;

use super::{Called, New, Row, Store, StoreError};

/// All messages of a run. Instances share it.
#[derive(Debug)]
pub struct Memory {
    most: u64,
    rows: Mutex<Vec<Row>>,
    newest: watch::Sender<u64>,
}

impl Memory {
    /// Keeps so many messages.
    pub fn new(most: u64) -> Self {
        Self { most, rows: Mutex::default(), newest: watch::Sender::new(0) }
    }

    fn add(&self, message: New) -> Result<u64, StoreError> {
        let mut rows = self.rows.lock();
        let id = rows.len() as u64 + 1;
        if id > self.most {
            return Err(StoreError::Full(self.most));
        }
        rows.push(Row { id, message });
        // Told under the lock, so that numbers are told in their order.
        self.newest.send_replace(id);
        Ok(id)
    }

    fn rows(&self, after: u64, most: usize) -> Vec<Row> {
        let rows = self.rows.lock();
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        rows.iter().skip(from).take(most).cloned().collect()
    }
}

impl Store for Memory {
    fn engine(&self) -> Engine {
        Engine::Memory
    }

    fn append(&self, new: New) -> Called<'_, u64> {
        ready(self.add(new)).boxed()
    }

    fn find(&self, key: String) -> Called<'_, Option<u64>> {
        let rows = self.rows.lock();
        let its = rows.iter().rev().find(|row| row.message.key.as_ref() == Some(&key));
        ready(Ok(its.map(|row| row.id))).boxed()
    }

    fn read(&self, after: u64, most: usize) -> Called<'_, Vec<Row>> {
        ready(Ok(self.rows(after, most))).boxed()
    }

    fn told(&self) -> Called<'_, watch::Receiver<u64>> {
        ready(Ok(self.newest.subscribe())).boxed()
    }
}

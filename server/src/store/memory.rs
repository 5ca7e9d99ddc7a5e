//! The store in this process: a call is no traffic.

use std::collections::VecDeque;

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
    /// So many rows are not forgotten.
    kept: usize,
    rows: Mutex<Rows>,
    newest: watch::Sender<u64>,
}

/// What is kept, and how much went before it.
#[derive(Debug, Default)]
struct Rows {
    forgotten: u64,
    kept: VecDeque<Row>,
}

impl Memory {
    /// Keeps so many messages.
    pub fn new(most: u64) -> Self {
        Self { most, kept: usize::MAX, rows: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Forgets all but the newest so many.
    pub fn forgetting(most: u64, kept: usize) -> Self {
        Self { kept, ..Self::new(most) }
    }

    fn add(&self, message: New) -> Result<u64, StoreError> {
        let mut rows = self.rows.lock();
        let id = rows.forgotten + rows.kept.len() as u64 + 1;
        if id > self.most {
            return Err(StoreError::Full(self.most));
        }
        rows.kept.push_back(Row { id, message });
        if rows.kept.len() > self.kept {
            rows.kept.pop_front();
            rows.forgotten += 1;
        }
        // Told under the lock, so that numbers are told in their order.
        self.newest.send_replace(id);
        Ok(id)
    }

    fn rows(&self, after: u64, most: usize) -> Vec<Row> {
        let rows = self.rows.lock();
        let from = usize::try_from(after.saturating_sub(rows.forgotten)).unwrap_or(usize::MAX);
        rows.kept.iter().skip(from).take(most).cloned().collect()
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
        let its = rows.kept.iter().rev().find(|row| row.message.key.as_ref() == Some(&key));
        ready(Ok(its.map(|row| row.id))).boxed()
    }

    fn read(&self, after: u64, most: usize) -> Called<'_, Vec<Row>> {
        ready(Ok(self.rows(after, most))).boxed()
    }

    fn told(&self) -> Called<'_, watch::Receiver<u64>> {
        ready(Ok(self.newest.subscribe())).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_where_rows_are_forgotten() {
        let memory = Memory::forgetting(5, 2);
        for id in 1..=5 {
            assert_eq!(memory.add(New::default()), Ok(id));
        }
        assert_eq!(memory.add(New::default()), Err(StoreError::Full(5)));
        let read = |after| memory.rows(after, 10).iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!((read(0), read(4), read(5)), (vec![4, 5], vec![5], vec![]));
    }
}

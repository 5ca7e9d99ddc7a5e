//! The stateless chat: an instance that has users asks the store for what is new, over and over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Guest, Hall, Message};
use crate::instance::Worker;
use crate::store::{READ_MOST, Row};

impl Hall {
    /// Begins to pull, unless that is done already.
    pub fn pull(&self, worker: &Worker, killed: CancellationToken) {
        let mut inner = self.0.lock();
        if inner.pulling || killed.is_cancelled() {
            return;
        }
        inner.pulling = true;
        let worker = worker.clone();
        tokio::spawn(async move {
            let over = worker.run.over();
            tokio::select! {
                () = pull_on(&worker) => {}
                // The hall of a dead instance is a new one.
                () = killed.cancelled() => {}
                () = over => {}
            }
        });
    }

    /// From where on the store is to be read; none where nobody is here any more.
    fn cursor(&self) -> Option<u64> {
        let mut inner = self.0.lock();
        let cursor = |guest: &Arc<Guest>| guest.cursor.load(Ordering::Relaxed);
        let least = inner.guests.iter().map(cursor).min();
        inner.pulling = least.is_some();
        least
    }

    /// Hands a row of the store to those for whom it is.
    /// `after` is from where it was read: who joined meanwhile and has less waits for the next turn.
    fn hand_out(&self, row: &Row, after: u64, room: u64) {
        let inner = self.0.lock();
        let message = Arc::new(Message {
            id: row.id,
            from: row.message.from.clone().unwrap_or_default(),
            to: row.message.to.clone().unwrap_or_default(),
            text: row.message.text.clone(),
        });
        for guest in &inner.guests {
            let has = guest.cursor.load(Ordering::Relaxed);
            if has < after || has >= row.id {
                continue;
            }
            guest.cursor.store(row.id, Ordering::Relaxed);
            if guest.user == message.to {
                guest.put(&message, room);
            }
        }
    }
}

async fn pull_on(worker: &Worker) {
    let pause = Duration::from_millis(worker.run.number("pull_ms").max(1));
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let hall = &worker.instance.hall;
        while let Some(cursor) = hall.cursor() {
            // A store that is away is asked again at the next turn.
            let Ok(rows) = worker.read(cursor, READ_MOST).await else { break };
            for row in &rows {
                hall.hand_out(row, cursor, worker.run.caps.inbox);
            }
            if rows.len() < READ_MOST {
                break;
            }
        }
        if hall.cursor().is_none() {
            return;
        }
    }
}

//! What a delivered message costs the server in processor time, by three protocols, measured in one run.
//!
//! The house is one instance with a thread of its own, on which all of its tasks live, so that the
//! thread's own clock tells what they took together and nothing else. Its runs are its own: nobody finds
//! them, and they are gone with it. Another thread has the clients, and sets the pace: a message is put in
//! when the one before was heard, so that each goes over the wire alone.
//!
//! ```text
//! pace ── publish ─► house: store or hall ─► service ─► socket ─► subscriber ─► pace
//!      ── clock ───► house: the thread's processor time
//! ```
//!
//! Each protocol is measured in three settings ([`house::Setting`]). What is told of it is the delivery
//! alone: in each round, what publishing takes where nobody listens is taken off.

mod house;
mod pace;
mod samples;
mod subscriber;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use anyhow::{Context as _, anyhow};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trace::processor_time::ProcessorTime;

use house::House;
use pace::Pacer;

/// How many messages may be asked for, by each protocol.
pub const MESSAGES: RangeInclusive<u64> = 100..=20_000;

/// How long the text of each may be, in bytes.
pub const BYTES: RangeInclusive<u64> = 1..=4_096;

/// Orders that may wait for the house; the pacer waits for each to be done.
const ORDERS: usize = 4;

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Messages by each protocol, within [`MESSAGES`].
    pub messages: u64,
    /// The length of each, within [`BYTES`].
    pub bytes: u64,
    /// Ends it early.
    pub stop: CancellationToken,
}

/// Measures. It starts two threads, and waits for both.
///
/// # Errors
/// What the system refuses, a message that does not arrive, or no round within the time.
pub fn measure(wanted: Wanted) -> anyhow::Result<ProcessorTime> {
    let (orders, taken) = mpsc::channel(ORDERS);
    let (ready, doors) = oneshot::channel();
    let published = Arc::new(AtomicU64::new(0));
    let text = "m".repeat(usize::try_from(wanted.bytes)?);
    let house = House { text, published: Arc::clone(&published) };
    let serves = thread::Builder::new().name("measured".to_owned());
    let serves = serves.spawn(move || alone(house.serve(taken, ready)))?;
    let hears = thread::Builder::new().name("measuring".to_owned());
    let hears = hears.spawn(move || {
        alone(async move {
            let doors = doors.await.context("the instance did not start")?;
            Pacer::new(wanted, orders, published, doors).await?.measure().await
        })
    });
    // Where this thread did not start its end of the orders is gone, and so ends the other.
    let report = hears.map_err(anyhow::Error::from).and_then(joined);
    joined(serves)?;
    report
}

/// Does all that there is to do on this very thread.
fn alone<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

fn joined<T>(thread: thread::JoinHandle<anyhow::Result<T>>) -> anyhow::Result<T> {
    thread.join().map_err(|_| anyhow!("a thread that measures broke off"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_figures() {
        let wanted = Wanted { messages: 100, bytes: 64, stop: CancellationToken::new() };
        let report = measure(wanted).unwrap();
        assert_eq!((report.messages, report.bytes), (100, 64));
        for cost in &report.protocols {
            assert!(cost.bytes_on_wire_per_message > 64.0, "{cost:?}");
            assert!(cost.heard_us > 0.0 && cost.p10 <= cost.p90, "{cost:?}");
        }
    }

    #[test]
    fn it_ends_within_a_round_too() {
        let stop = CancellationToken::new();
        let told = stop.clone();
        let wanted = Wanted { messages: 20_000, bytes: 1, stop };
        let measures = thread::spawn(move || measure(wanted));
        thread::sleep(std::time::Duration::from_millis(300));
        let began = crate::clock::now();
        told.cancel();
        // With or without a whole round by then.
        let _ = measures.join().unwrap();
        let took = crate::clock::now().since(began);
        assert!(took.0 < 1_000_000, "{took:?}");
    }

    #[test]
    fn it_ends_when_it_is_told_to() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(measure(Wanted { messages: 20_000, bytes: 1, stop }).is_err());
    }
}

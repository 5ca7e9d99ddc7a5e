//! Sets the pace: puts messages in one by one, waits until each was heard, and asks for the clock of the
//! thread that served, before and after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use trace::processor_time::{ProcessorTime, Protocol};
use trace::time::Micros;

use super::Wanted;
use super::house::{Door, Order, Place, Setting};
use super::samples::{Sample, Samples};
use super::subscriber::Subscriber;
use crate::clock;

/// In so many rounds, each of which is one sample. In each all protocols have their turns, and another one
/// begins, so that what else the machine does meets all of them alike.
const ROUNDS: u64 = 20;

/// Messages of the round that is thrown away: code is slow before it is warm.
const WARM_UP: u64 = 50;

/// The most messages of a round where nobody listens, or where they are recorded too: the log keeps them.
const ASIDE: u64 = 100;

/// How long measuring may take.
const LIMIT: Micros = Micros(9_000_000);

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server is let be once a message was heard: it has to come to rest, else the next one would
/// find it awake, now and then, and be cheaper for that.
const REST: Duration = Duration::from_micros(30);

/// The way to the house.
struct Way {
    orders: mpsc::Sender<Order>,
    published: Arc<AtomicU64>,
    /// The length of each message.
    bytes: u64,
}

/// A place and who hears there.
struct Course {
    index: usize,
    place: Place,
    subscriber: Option<Subscriber>,
    /// Counts what it has read.
    read: Arc<AtomicU64>,
    rounds: Vec<Sample>,
}

/// Who sets the pace.
pub struct Pacer {
    wanted: Wanted,
    way: Way,
    courses: Vec<Course>,
    time: Time,
}

/// How long it may still take.
struct Time {
    began: Micros,
    /// Ends it early.
    stop: CancellationToken,
}

impl Time {
    fn is_over(&self) -> bool {
        clock::now().since(self.began) > LIMIT || self.stop.is_cancelled()
    }
}

/// Whether a round, or a turn of it, was whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Whole,
    /// The time was over, or it was told to stop.
    Cut,
}

impl Pacer {
    /// Subscribes everywhere.
    ///
    /// # Errors
    /// Those of the system's, or an answer that is no success.
    pub async fn new(
        wanted: Wanted,
        orders: mpsc::Sender<Order>,
        published: Arc<AtomicU64>,
        doors: Vec<Door>,
    ) -> anyhow::Result<Self> {
        let time = Time { began: clock::now(), stop: wanted.stop.clone() };
        let mut courses = Vec::new();
        for (index, door) in doors.iter().enumerate() {
            ensure!(!time.is_over(), "the time was over before everybody was subscribed");
            let read = Arc::new(AtomicU64::new(0));
            let subscriber = match door.place.setting {
                Setting::Nobody => None,
                Setting::Alone | Setting::Heard => {
                    let begun = timeout(PATIENCE, Subscriber::begin(door, &read)).await;
                    Some(begun.context("the instance does not answer")??)
                }
            };
            let (place, rounds) = (door.place, Vec::new());
            courses.push(Course { index, place, subscriber, read, rounds });
        }
        let way = Way { orders, published, bytes: wanted.bytes };
        Ok(Self { wanted, way, courses, time })
    }

    /// Measures round after round, for as long as there is time.
    ///
    /// # Errors
    /// A message that does not arrive, or not one round within the time.
    pub async fn measure(mut self) -> anyhow::Result<ProcessorTime> {
        let each = self.wanted.messages.div_ceil(ROUNDS);
        self.round(0, each.min(WARM_UP)).await?;
        for course in &mut self.courses {
            course.rounds.clear();
        }
        for number in 1..=ROUNDS {
            if self.round(number, each).await? == Round::Cut {
                break;
            }
        }
        let mut samples = Samples::default();
        for course in self.courses {
            samples.note(course.place, course.rounds);
        }
        let rounds = samples.rounds() as u64;
        ensure!(rounds > 0, "not one round of {each} messages was over in time");
        Ok(ProcessorTime {
            messages: self.wanted.messages,
            bytes: self.wanted.bytes,
            rounds,
            debug: cfg!(debug_assertions),
            publish_us: samples.publish_us(&Protocol::ALL),
            protocols: Protocol::ALL.map(|protocol| samples.cost(protocol)).to_vec(),
            whole: rounds == ROUNDS,
        })
    }

    /// Every place in turn, so many messages at each.
    async fn round(&mut self, number: u64, count: u64) -> anyhow::Result<Round> {
        let all = self.courses.len();
        // Another protocol is the first each time; a protocol's settings stay together.
        let first = (usize::try_from(number)? % Protocol::ALL.len()) * Setting::ALL.len();
        for index in (0..all).cycle().skip(first).take(all) {
            let course = self.courses.get_mut(index).context("there is no such place")?;
            let aside = course.place.setting != Setting::Alone;
            let count = if aside { count.min(ASIDE) } else { count };
            if course.turn((&self.way, &self.time), count).await? == Round::Cut {
                return Ok(Round::Cut);
            }
        }
        Ok(Round::Whole)
    }
}

impl Course {
    /// So many messages, one after the other, and what they took. One that is cut leaves no sample.
    async fn turn(&mut self, (way, time): (&Way, &Time), count: u64) -> anyhow::Result<Round> {
        let (read, before) = (self.read.load(Ordering::Relaxed), way.clock().await?);
        for _ in 0..count {
            if time.is_over() {
                return Ok(Round::Cut);
            }
            let published = way.published.load(Ordering::Acquire);
            way.order(Order::Publish(self.index)).await?;
            match &mut self.subscriber {
                Some(subscriber) => {
                    let heard = timeout(PATIENCE, subscriber.next()).await;
                    let text = heard.context("a message does not arrive")??;
                    ensure!(text.len() as u64 == way.bytes, "a message arrived changed");
                }
                None => way.until_published(published + 1)?,
            }
            // Nothing else is to be done on this thread, and a timer of tokio's is too coarse.
            std::thread::sleep(REST);
        }
        let took = way.clock().await?.saturating_sub(before);
        let each_us = took.as_secs_f64() * 1_000_000.0 / count.max(1) as f64;
        let read = self.read.load(Ordering::Relaxed).saturating_sub(read);
        self.rounds.push(Sample { each_us, count, read });
        Ok(Round::Whole)
    }
}

impl Way {
    async fn order(&self, order: Order) -> anyhow::Result<()> {
        self.orders.send(order).await.ok().context("the instance has ended")
    }

    /// What the thread that serves has taken so far.
    async fn clock(&self) -> anyhow::Result<Duration> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Clock(tell)).await?;
        timeout(PATIENCE, told).await.context("the instance does not answer")?.context("no clock")
    }

    /// Waits until so many messages were put in. The house is not to be bothered with telling it.
    fn until_published(&self, count: u64) -> anyhow::Result<()> {
        let began = clock::now();
        while self.published.load(Ordering::Acquire) < count {
            let waited = clock::duration(clock::now().since(began));
            ensure!(waited < PATIENCE, "a message is not put in");
            std::thread::sleep(REST);
        }
        Ok(())
    }
}

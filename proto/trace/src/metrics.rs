//! The figures of a run: a fold over its log, and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, What};
use crate::event::{Event, Kind};
use crate::http1::{Http1, Request};
use crate::ids::ConnId;
use crate::moments::Moments;
use crate::span::Dir;
use crate::time::Micros;

/// The figures of a run so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// TCP connections that became this run's.
    pub connections_opened: u64,
    /// Those of them that closed.
    pub connections_closed: u64,
    /// Requests heard whole, preflights apart.
    pub requests: u64,
    /// Answers heard whole, interim ones (1xx) and those to preflights apart.
    pub responses: u64,
    /// CORS preflights.
    pub preflights: u64,
    /// Answers to a poll without a message.
    pub empty_responses: u64,
    /// Payload messages delivered to a client: here, answers 2xx with content.
    pub messages: u64,
    /// Bytes on the lab's connections, all layers.
    pub bytes_to_server: u64,
    /// Bytes on the lab's connections, all layers.
    pub bytes_to_client: u64,
    /// Bytes of the messages' own text.
    pub payload_bytes: u64,
    /// Bytes that moved and were not kept.
    pub lost_bytes: u64,
    /// From a message's sending to its last byte landed at the client.
    pub delivery_delay_us: Delay,
}

/// How a length of time is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delay {
    /// How many were measured.
    pub count: u64,
    /// Half of them are at most this, in microseconds.
    pub p50: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// The fold: takes entries in, gives the figures at any moment.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    figures: Metrics,
    moments: Moments,
    preflights: BTreeMap<(ConnId, u64), ()>,
    /// Heads of good answers whose body is still to come: when they left.
    carrying: BTreeMap<(ConnId, u64), Option<Micros>>,
    /// In order, so that figures can be had at any moment.
    delays: Vec<u64>,
}

impl Fold {
    /// Takes an entry in.
    pub fn push(&mut self, entry: &Entry) {
        self.moments.push(entry);
        match &entry.what {
            What::Opened(_) => self.figures.connections_opened += 1,
            What::Closed(_) => self.figures.connections_closed += 1,
            What::Chunk(chunk) => self.count_bytes(chunk.dir, chunk.bytes.len() as u64),
            What::Lost(lost) => {
                self.count_bytes(lost.dir, lost.len);
                self.figures.lost_bytes += lost.len;
            }
            What::Event(event) => self.event(event),
            What::Passed(_) | What::Input(_) | What::Note(_) | What::Report(_) => {}
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Metrics {
        let mut figures = self.figures.clone();
        let sorted = &self.delays;
        figures.delivery_delay_us = Delay {
            count: sorted.len() as u64,
            p50: quantile(sorted, 50),
            p99: quantile(sorted, 99),
            max: sorted.last().copied().unwrap_or(0),
        };
        figures
    }

    const fn count_bytes(&mut self, dir: Dir, len: u64) {
        match dir {
            Dir::ToServer => self.figures.bytes_to_server += len,
            Dir::ToClient => self.figures.bytes_to_client += len,
        }
    }

    fn event(&mut self, event: &Event) {
        let Kind::Http1(http1) = &event.kind;
        match http1 {
            Http1::Request(Request { preflight: true, exchange, .. }) => {
                self.figures.preflights += 1;
                self.preflights.insert((event.conn, *exchange), ());
            }
            Http1::Request(_) => self.figures.requests += 1,
            Http1::Response(response) if response.status < 200 => {}
            Http1::Response(response) => {
                let exchange = response.exchange.map(|exchange| (event.conn, exchange));
                if exchange.is_some_and(|key| self.preflights.contains_key(&key)) {
                    return;
                }
                self.figures.responses += 1;
                if let (Some(key), 200..=299) = (exchange, response.status) {
                    let left = self.moments.of(event.conn, event.dir(), &event.evidence).left;
                    self.carrying.insert(key, left);
                }
            }
            Http1::Body(body) => {
                let key = body.exchange.map(|exchange| (event.conn, exchange));
                let carried = match event.dir() {
                    Dir::ToClient => key.and_then(|key| self.carrying.remove(&key)),
                    Dir::ToServer => None,
                };
                let Some(left) = carried.filter(|_| body.complete) else { return };
                self.figures.messages += 1;
                self.figures.payload_bytes += body.content_len;
                let landed = self.moments.of(event.conn, event.dir(), &event.evidence).landed;
                if let (Some(left), Some(landed)) = (left, landed) {
                    let delay = landed.since(left).0;
                    let place = self.delays.partition_point(|other| *other <= delay);
                    self.delays.insert(place, delay);
                }
            }
            Http1::Malformed | Http1::Partial | Http1::Rest(_) => {}
        }
    }
}

/// The figures of a whole log.
#[must_use]
pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Metrics {
    let mut fold = Fold::default();
    for entry in entries {
        fold.push(entry);
    }
    fold.figures()
}

/// The nearest-rank quantile of sorted values.
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!((quantile(&hundred, 50), quantile(&hundred, 99)), (50, 99));
        assert_eq!((quantile(&[7], 50), quantile(&[7], 99)), (7, 7));
        assert_eq!(quantile(&[], 99), 0);
    }
}

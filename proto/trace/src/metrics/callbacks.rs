//! How long it takes until a site is told by a callback: from the end of what it is told of to the landing
//! of the delivery that it took, whatever failed before.

use std::collections::{BTreeMap, VecDeque};

use super::Fold;
use crate::event::Event;
use crate::http1::Body;
use crate::ids::ConnId;
use crate::note::{Note, What};
use crate::span::{Dir, Spans};
use crate::time::Micros;
use crate::webhook::Verdict;

/// The most payments and deliveries that are known at once, each; the oldest are forgotten.
const MOST: usize = 10_000;

/// What is known of callbacks.
#[derive(Debug, Clone, Default)]
pub struct Callbacks {
    /// Whether there are any: then an answer to who asks is no delivery.
    some: bool,
    /// When each payment was done.
    done: Kept<Micros>,
    /// Of which payment each delivery tells.
    tells: Kept<String>,
    /// Callbacks that came whole and are not answered: content, and its length.
    came: BTreeMap<(ConnId, u64), (Spans, u64)>,
    /// The delivery that was found good on a connection and is not answered.
    good: BTreeMap<ConnId, String>,
}

/// What is known by name, the newest.
#[derive(Debug, Clone)]
struct Kept<T> {
    all: BTreeMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<T> Kept<T> {
    fn put(&mut self, name: &str, value: T) {
        if self.all.insert(name.to_owned(), value).is_some() {
            return;
        }
        self.order.push_back(name.to_owned());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
}

impl Callbacks {
    /// What services say of payments and deliveries.
    pub fn note(&mut self, at: Micros, note: &Note) {
        match (&note.what, note.conn) {
            (What::EndpointRegistered { .. } | What::PaymentAccepted { .. }, _) => self.some = true,
            (What::PaymentSettled { payment: name } | What::JobDone { job: name }, _) => {
                self.done.put(name, at);
            }
            (What::DeliverySent { delivery, payment, .. }, _) => {
                self.tells.put(delivery, payment.clone());
            }
            (What::DeliveryVerified { delivery, verdict: Verdict::Good, .. }, Some(conn)) => {
                self.good.insert(conn, delivery.clone());
            }
            _ => {}
        }
    }

    /// Whether there are any.
    pub const fn are_some(&self) -> bool {
        self.some
    }

    /// A callback came whole.
    pub fn came(&mut self, event: &Event, body: &Body) {
        if let Some(exchange) = body.exchange.filter(|_| body.complete) {
            let content = (event.evidence.clone(), body.content_len);
            self.came.insert((event.conn, exchange), content);
        }
    }

    /// A connection is over.
    pub fn forget(&mut self, conn: ConnId) {
        self.came.retain(|(known, _), _| *known != conn);
        self.good.remove(&conn);
    }

    /// When what is told by the delivery that was found good on a connection was done.
    fn done(&mut self, conn: ConnId) -> Option<Micros> {
        let delivery = self.good.remove(&conn)?;
        self.done.all.get(self.tells.all.get(&delivery)?).copied()
    }
}

impl Fold {
    /// A callback is answered: with 2xx its receiver has it, and it is delivered if it is new there.
    pub(super) fn called_back(&mut self, conn: ConnId, exchange: u64, status: u16) {
        let Some((evidence, len)) = self.callbacks.came.remove(&(conn, exchange)) else { return };
        let since = self.callbacks.done(conn);
        let Some(since) = since.filter(|_| (200..300).contains(&status)) else { return };
        self.figures.messages += 1;
        self.figures.payload_bytes += len;
        // Who answers it has it. Without a link only its leaving is known.
        let times = self.moments.of(conn, Dir::ToServer, &evidence);
        if let Some(at) = times.landed.or(times.left) {
            self.deliveries.took(at.since(since));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log;
    use crate::metrics::{Delay, Metrics, of};

    const HEADER: &str = r#"{"lifeline":1,"run":"r","lab":"webhook","params":{},"seed":0,"participants":[],"started":"2026-11-22T10:00:00Z"}"#;

    /// A payment that is done at 100, a delivery that site.com fails, and one that it takes.
    fn run(verdict: &str) -> Metrics {
        let mut lines = vec![
            r#""at_us":5,"type":"note","note":"payment_accepted","payment":"pay_1","amount":1"#
                .to_owned(),
            r#""at_us":100,"type":"note","note":"payment_settled","payment":"pay_1""#.to_owned(),
        ];
        for (conn, at, status, verdict) in [(1, 200, 500, "good"), (2, 900, 204, verdict)] {
            lines.extend([
                format!(r#""at_us":{at},"type":"note","note":"delivery_sent","delivery":"msg_1","attempt":{conn},"payment":"pay_1""#),
                format!(r#""at_us":{at},"type":"opened","conn":{conn},"client":{{"id":"payments","name":"P","role":"server"}},"server":{{"id":"site.com","name":"S","role":"server"}},"client_addr":"a:1","server_addr":"s:2""#),
                format!(r#""at_us":{at},"type":"chunk","conn":{conn},"dir":"to_server","offset":0,"bytes":"AAAAAAAA""#),
                format!(r#""at_us":{at},"type":"event","conn":{conn},"from":"client","evidence":[{{"start":0,"len":3}}],"kind":{{"http1":{{"request":{{"exchange":0,"method":"POST","target":"/r/r/callback","version":"HTTP/1.1","framing":{{"length":3}},"persistent":false}}}}}},"fields":[]"#),
                format!(r#""at_us":{at},"type":"event","conn":{conn},"from":"client","evidence":[{{"start":3,"len":3}}],"kind":{{"http1":{{"body":{{"exchange":0,"framing":{{"length":3}},"content_len":3,"chunks":0,"complete":true}}}}}},"fields":[]"#),
                format!(r#""at_us":{},"type":"passed","conn":{conn},"dir":"to_server","offset":6"#, at + 40),
                format!(r#""at_us":{},"type":"note","conn":{conn},"note":"delivery_verified","delivery":"msg_1","verdict":"{verdict}","service":"site.com""#, at + 41),
                format!(r#""at_us":{},"type":"chunk","conn":{conn},"dir":"to_client","offset":0,"bytes":"AAAA""#, at + 42),
                format!(r#""at_us":{},"type":"event","conn":{conn},"from":"server","evidence":[{{"start":0,"len":3}}],"kind":{{"http1":{{"response":{{"exchange":0,"status":{status},"reason":"","version":"HTTP/1.1","framing":"none","persistent":false}}}}}},"fields":[]"#, at + 42),
            ]);
        }
        let numbered = (1..).zip(lines).map(|(seq, line)| format!("{{\"seq\":{seq},{line}}}"));
        let lines: Vec<String> = [HEADER.to_owned()].into_iter().chain(numbered).collect();
        let (_, entries) = log::parse(&lines.join("\n")).unwrap();
        of(&entries)
    }

    #[test]
    fn a_callback_is_delivered_when_it_is_taken() {
        let figures = run("good");
        // It landed at 940, and the payment was done at 100.
        let took = Delay { count: 1, p50: 840, p99: 840, max: 840 };
        assert_eq!(figures.delivery_delay_us, took);
        assert_eq!((figures.messages, figures.payload_bytes, figures.requests), (1, 3, 2));
    }

    #[test]
    fn what_was_there_before_is_not_delivered_again() {
        let figures = run("duplicate");
        assert_eq!((figures.messages, figures.delivery_delay_us), (0, Delay::default()));
    }
}

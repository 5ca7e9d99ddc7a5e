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
    /// The same of one that came before.
    known: BTreeMap<ConnId, String>,
    /// Deliveries that were found good and had no answer: when each landed, and how long its content is.
    /// Whether they were taken shows when they come again.
    silent: Kept<(Micros, u64)>,
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

    fn take(&mut self, name: &str) -> Option<T> {
        let value = self.all.remove(name)?;
        self.order.retain(|known| known != name);
        Some(value)
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
            (What::DeliveryVerified { delivery, verdict: Verdict::Duplicate, .. }, Some(conn)) => {
                self.known.insert(conn, delivery.clone());
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

    /// When what is told by a delivery was done.
    fn done(&self, delivery: &str) -> Option<Micros> {
        self.done.all.get(self.tells.all.get(delivery)?).copied()
    }
}

impl Fold {
    /// A callback is answered: with 2xx its receiver has it. It is delivered if it is new there, or if the
    /// attempt that was new had no answer.
    pub(super) fn called_back(&mut self, conn: ConnId, exchange: u64, status: u16) {
        let Some((evidence, len)) = self.callbacks.came.remove(&(conn, exchange)) else { return };
        let good = self.callbacks.good.remove(&conn);
        let known = self.callbacks.known.remove(&conn);
        if !(200..300).contains(&status) {
            return;
        }
        if let Some(delivery) = good {
            // What was found good before had not been taken.
            self.callbacks.silent.take(&delivery);
            self.callbacks.good.retain(|_, its| *its != delivery);
            self.told(&delivery, self.callback_landed(conn, &evidence), len);
        } else if let Some(delivery) = known
            && let Some((at, len)) = self.taken_before(&delivery)
        {
            self.told(&delivery, Some(at), len);
        }
    }

    /// A connection is over. What was found good there and had no answer may have been taken all the same.
    pub(super) fn callbacks_over(&mut self, conn: ConnId) {
        let silent = self.unanswered(conn);
        let callbacks = &mut self.callbacks;
        callbacks.came.retain(|(known, _), _| *known != conn);
        callbacks.known.remove(&conn);
        if let Some((delivery, silent)) = callbacks.good.remove(&conn).zip(silent) {
            callbacks.silent.put(&delivery, silent);
        }
    }

    /// A delivery was taken that had landed then.
    fn told(&mut self, delivery: &str, at: Option<Micros>, len: u64) {
        let Some(since) = self.callbacks.done(delivery) else { return };
        self.figures.messages += 1;
        self.figures.payload_bytes += len;
        if let Some(at) = at {
            self.deliveries.took(at.since(since));
        }
    }

    /// The attempt by which a delivery was taken without an answer: its receiver says that it has it.
    fn taken_before(&mut self, delivery: &str) -> Option<(Micros, u64)> {
        if let Some(silent) = self.callbacks.silent.take(delivery) {
            return Some(silent);
        }
        // Its connection may still be open.
        let mut good = self.callbacks.good.iter();
        let conn = good.find(|(_, its)| its.as_str() == delivery).map(|(conn, _)| *conn)?;
        let silent = self.unanswered(conn)?;
        self.callbacks.good.remove(&conn);
        Some(silent)
    }

    /// When a callback landed that is not answered on its connection, and how long its content is.
    fn unanswered(&self, conn: ConnId) -> Option<(Micros, u64)> {
        let mut came = self.callbacks.came.range((conn, 0)..=(conn, u64::MAX));
        let (_, (evidence, len)) = came.next_back()?;
        Some((self.callback_landed(conn, evidence)?, *len))
    }

    /// When a callback landed. Without a link only its leaving is known.
    fn callback_landed(&self, conn: ConnId, evidence: &Spans) -> Option<Micros> {
        let times = self.moments.of(conn, Dir::ToServer, evidence);
        times.landed.or(times.left)
    }
}

#[cfg(test)]
mod tests {
    use crate::log;
    use crate::metrics::{Delay, Metrics, of};

    const HEADER: &str = r#"{"lifeline":1,"run":"r","lab":"webhook","params":{},"seed":0,"participants":[],"started":"2026-11-22T10:00:00Z"}"#;

    /// A payment that is done at 100, a delivery that site.com fails, and one that it takes.
    fn run(verdict: &str) -> Metrics {
        after(Some(500), false, verdict)
    }

    /// The same, where the first attempt is answered so, if at all, and its connection is closed or not.
    fn after(first: Option<u16>, closes: bool, verdict: &str) -> Metrics {
        let mut lines = vec![
            r#""at_us":5,"type":"note","note":"payment_accepted","payment":"pay_1","amount":1"#
                .to_owned(),
            r#""at_us":100,"type":"note","note":"payment_settled","payment":"pay_1""#.to_owned(),
        ];
        for (conn, at, status, verdict) in [(1, 200, first, "good"), (2, 900, Some(204), verdict)] {
            lines.extend([
                format!(r#""at_us":{at},"type":"note","note":"delivery_sent","delivery":"msg_1","attempt":{conn},"payment":"pay_1""#),
                format!(r#""at_us":{at},"type":"opened","conn":{conn},"client":{{"id":"payments","name":"P","role":"server"}},"server":{{"id":"site.com","name":"S","role":"server"}},"client_addr":"a:1","server_addr":"s:2""#),
                format!(r#""at_us":{at},"type":"chunk","conn":{conn},"dir":"to_server","offset":0,"bytes":"AAAAAAAA""#),
                format!(r#""at_us":{at},"type":"event","conn":{conn},"from":"client","evidence":[{{"start":0,"len":3}}],"kind":{{"http1":{{"request":{{"exchange":0,"method":"POST","target":"/r/r/callback","version":"HTTP/1.1","framing":{{"length":3}},"persistent":false}}}}}},"fields":[]"#),
                format!(r#""at_us":{at},"type":"event","conn":{conn},"from":"client","evidence":[{{"start":3,"len":3}}],"kind":{{"http1":{{"body":{{"exchange":0,"framing":{{"length":3}},"content_len":3,"chunks":0,"complete":true}}}}}},"fields":[]"#),
                format!(r#""at_us":{},"type":"passed","conn":{conn},"dir":"to_server","offset":6"#, at + 40),
                format!(r#""at_us":{},"type":"note","conn":{conn},"note":"delivery_verified","delivery":"msg_1","verdict":"{verdict}","service":"site.com""#, at + 41),
            ]);
            let Some(status) = status else {
                let closed = format!(
                    r#""at_us":{},"type":"closed","conn":{conn},"by":"client","how":"fin""#,
                    at + 42
                );
                lines.extend(closes.then_some(closed));
                continue;
            };
            lines.extend([
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

    #[test]
    fn what_was_taken_without_an_answer_is_delivered_once_that_is_known() {
        for closes in [false, true] {
            let figures = after(None, closes, "duplicate");
            // The first attempt landed at 240.
            let took = Delay { count: 1, p50: 140, p99: 140, max: 140 };
            assert_eq!((figures.messages, figures.delivery_delay_us), (1, took));
            // The first was not taken then.
            let figures = after(None, closes, "good");
            assert_eq!((figures.messages, figures.delivery_delay_us.max), (1, 840));
        }
    }
}

//! What is delivered when it lands. Inside TLS bytes are heard before they went through the link, so
//! that the landing may come after the event.

use super::Fold;
use crate::event::Event;
use crate::ids::ConnId;
use crate::span::{Dir, Spans};
use crate::time::Micros;

/// The most that waits for its landing; more than that is not measured.
const MOST: usize = 256;

/// What was said and has not landed yet.
#[derive(Debug, Clone)]
pub struct Waiting {
    conn: ConnId,
    dir: Dir,
    evidence: Spans,
    then: Then,
}

/// What is to be measured once it has landed.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    /// A message is delivered, with its number if it has one.
    Delivered(Option<u64>),
    /// What left then is delivered.
    Took(Micros),
}

impl Fold {
    /// An event lands, now or later.
    pub(super) fn lands(&mut self, event: &Event, then: Then) {
        let (conn, dir, evidence) = (event.conn, event.dir(), event.evidence.clone());
        let waiting = Waiting { conn, dir, evidence, then };
        let later = self.inner.contains(&conn) && self.waiting.len() < MOST;
        if !self.landed(&waiting) && later {
            self.waiting.push(waiting);
        }
    }

    /// Takes up what has landed meanwhile.
    pub(super) fn settle(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            if !self.landed(&waiting) {
                self.waiting.push(waiting);
            }
        }
    }

    /// Measures what has landed; says whether it has.
    fn landed(&mut self, waiting: &Waiting) -> bool {
        let times = self.moments.of(waiting.conn, waiting.dir, &waiting.evidence);
        let Some(landed) = times.landed else { return false };
        match waiting.then {
            Then::Delivered(id) => self.deliveries.landed(id, Some(landed)),
            Then::Took(left) => self.deliveries.took(landed.since(left)),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::log;
    use crate::metrics::{Delay, Metrics, of};

    const HEADER: &str = r#"{"lifeline":1,"run":"r","lab":"http10","params":{},"seed":0,"participants":[],"started":"2026-11-22T10:00:00Z"}"#;

    /// A connection of TLS, and one inside it.
    const OPENED: [&str; 2] = [
        r#""at_us":10,"type":"opened","conn":1,"client":{"id":"a","name":"A","role":"agent"},"server":{"id":"s","name":"S","role":"server"},"client_addr":"a:1","server_addr":"s:2""#,
        r#""at_us":20,"type":"opened","conn":2,"client":{"id":"a","name":"A","role":"agent"},"server":{"id":"s","name":"S","role":"server"},"client_addr":"a:1","server_addr":"s:2","inside":1"#,
    ];

    /// A request of three bytes, and an answer with a body, in the clear; each in a record of ten.
    const SAID: [&str; 10] = [
        r#""at_us":30,"type":"chunk","conn":1,"dir":"to_server","offset":0,"bytes":"AAAAAAAAAAAAAA==""#,
        r#""at_us":130,"type":"chunk","conn":2,"dir":"to_server","offset":0,"bytes":"AAAA""#,
        r#""at_us":130,"type":"event","conn":2,"from":"client","evidence":[{"start":0,"len":3}],"kind":{"http1":{"request":{"exchange":0,"method":"GET","target":"/r/r/page","version":"HTTP/1.1","framing":"none","persistent":true}}},"fields":[]"#,
        r#""at_us":130,"type":"carried","conn":2,"dir":"to_server","offset":3,"outer":1,"outer_offset":10"#,
        r#""at_us":200,"type":"chunk","conn":2,"dir":"to_client","offset":0,"bytes":"AAAAAAAA""#,
        r#""at_us":200,"type":"event","conn":2,"from":"server","evidence":[{"start":0,"len":3}],"kind":{"http1":{"response":{"exchange":0,"status":200,"reason":"","version":"HTTP/1.1","framing":{"length":3},"persistent":true}}},"fields":[]"#,
        r#""at_us":200,"type":"event","conn":2,"from":"server","evidence":[{"start":3,"len":3}],"kind":{"http1":{"body":{"exchange":0,"framing":{"length":3},"content_len":3,"chunks":0,"complete":true}}},"fields":[]"#,
        r#""at_us":200,"type":"carried","conn":2,"dir":"to_client","offset":6,"outer":1,"outer_offset":10"#,
        r#""at_us":300,"type":"chunk","conn":1,"dir":"to_client","offset":0,"bytes":"AAAAAAAAAAAAAA==""#,
        r#""at_us":400,"type":"closed","conn":1,"by":"client","how":"fin""#,
    ];

    fn figures(lines: &[&str]) -> Metrics {
        let numbered = (1..).zip(lines).map(|(seq, line)| format!("{{\"seq\":{seq},{line}}}"));
        let lines: Vec<String> = [HEADER.to_owned()].into_iter().chain(numbered).collect();
        let (_, entries) = log::parse(&lines.join("\n")).unwrap();
        of(&entries)
    }

    #[test]
    fn a_connection_inside_another_is_no_second_one() {
        let closed = r#""at_us":400,"type":"closed","conn":2,"by":"client","how":"fin""#;
        let figures = figures(&[&OPENED[..], &SAID, &[closed]].concat());
        assert_eq!((figures.connections_opened, figures.connections_closed), (1, 1));
        assert_eq!((figures.bytes_to_server, figures.bytes_to_client), (10, 10));
        assert_eq!((figures.requests, figures.responses, figures.messages), (1, 1, 1));
        let load = figures.load["s"];
        assert_eq!((load.connections, load.requests, load.bytes), (1, 1, 20));
    }

    #[test]
    fn what_is_carried_lands_with_what_carries_it() {
        let all = [&OPENED[..], &SAID].concat();
        // The answer left at 200, and landed when its record did, at 300.
        let took = Delay { count: 1, p50: 100, p99: 100, max: 100 };
        assert_eq!(figures(&all).delivery_delay_us, took);
        assert_eq!(figures(&all[..10]).delivery_delay_us, Delay::default());
    }
}

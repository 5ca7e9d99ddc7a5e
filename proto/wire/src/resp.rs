//! RESP, the protocol of Redis and Valkey, versions 2 and 3.
//!
//! Hears: commands as arrays and as plain lines, replies in the order of their commands, pipelined
//! too, and pushes. The channels' messages of version 2, which are arrays, count as pushes as well.
//! A value is said when it is whole, the attribute before it included.
//! Spec: "Redis serialization protocol specification", and RESP3.
//! Incomplete support: strings and aggregates of unknown length, which no server sends; quotes in
//! plain lines are not undone; after `CLIENT REPLY OFF` and `MONITOR`, replies are tied wrongly.
//! Bounded: a value is read up to a size, a number of elements and a depth (`value.rs`).
//! Laws: 2 (nothing fails, incomplete input says nothing), 3 (fields tile, nothing is left out), 4
//! (however the stream is cut, the events are the same).
//!
//! ```text
//! each direction:   Value ──► Value …      any ──► Rest (nothing can be trusted) ──► Ended
//! ```

mod shape;
mod short;
mod value;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use trace::event::{Event, Kind};
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::ids::ConnId;
use trace::resp::{Command, Push, Reply, Resp as Said, ValueKind};
use trace::span::{Dir, Span, Spans};

use crate::both::{Both, Decoder};
use crate::reader::Reader;
use value::{Parser, Step, Value};

/// Commands that pushes answer, one for each channel.
const SUBSCRIBES: [&str; 6] =
    ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"];

/// What a connection hears that has subscribed.
const MESSAGES: [&str; 3] = ["message", "pmessage", "smessage"];

/// The decoder of both directions of a connection.
#[derive(Debug)]
pub struct Resp {
    conn: ConnId,
    halves: Both<Half>,
    /// Commands whose replies have not come yet.
    awaited: VecDeque<Awaited>,
    /// Commands heard whole so far.
    exchanges: u64,
    subscribed: bool,
    /// Whether version 3 is spoken.
    version_3: bool,
}

/// A command whose reply is awaited.
#[derive(Debug)]
struct Awaited {
    exchange: u64,
    name: String,
    /// How many pushes answer it, where pushes do.
    pushes: u64,
    /// Whether version 3 is spoken from its reply on, where it says so.
    version_3: Option<bool>,
}

#[derive(Debug)]
struct Half {
    reader: Reader,
    state: State,
}

#[derive(Debug)]
enum State {
    /// A value is awaited, or under way.
    Value(Box<Parser>),
    /// Not decoded any more.
    Rest { start: u64 },
    /// Over.
    Ended,
}

impl Default for Half {
    fn default() -> Self {
        Self { reader: Reader::default(), state: value_at(0) }
    }
}

impl Resp {
    /// A connection from its first byte.
    #[must_use]
    pub fn new(conn: ConnId) -> Self {
        Self {
            conn,
            halves: Both::default(),
            awaited: VecDeque::new(),
            exchanges: 0,
            subscribed: false,
            version_3: false,
        }
    }

    const fn half(&mut self, dir: Dir) -> &mut Half {
        self.halves.of_mut(dir)
    }

    /// Numbers a command and remembers what its reply will mean.
    fn asked(&mut self, value: Value) -> Command {
        let exchange = self.exchanges;
        self.exchanges += 1;
        let mut words = value.words.into_iter();
        let name = words.next().unwrap_or_default().to_ascii_uppercase();
        let args: Vec<String> = words.collect();
        let subscribes = SUBSCRIBES.contains(&name.as_str());
        self.subscribed |= subscribes;
        // Without a channel, all of them: at least one push.
        let pushes = if subscribes { value.count.saturating_sub(1).max(1) } else { 0 };
        let version_3 = match (name.as_str(), args.first()) {
            ("HELLO", Some(version)) => Some(version == "3"),
            ("RESET", _) => Some(false),
            _ => None,
        };
        self.awaited.push_back(Awaited { exchange, name: name.clone(), pushes, version_3 });
        Command { exchange, name, args }
    }

    /// Ties a reply to its command; a push has none.
    fn answered(&mut self, value: Value) -> Said {
        if value.push || self.is_of_a_channel(&value) {
            return Said::Push(self.pushed(value));
        }
        let asked = self.awaited.pop_front();
        let agreed = asked.as_ref().and_then(|asked| asked.version_3);
        if let Some(version_3) = agreed.filter(|_| value.kind != ValueKind::Error) {
            self.version_3 = version_3;
        }
        let exchange = asked.map(|asked| asked.exchange);
        Said::Reply(Reply { exchange, kind: value.kind, text: value.text })
    }

    /// Whether version 2 sends this array because of a channel.
    fn is_of_a_channel(&self, value: &Value) -> bool {
        let named = value.words.first().is_some_and(|name| {
            MESSAGES.contains(&name.as_str())
                || SUBSCRIBES.iter().any(|command| command.eq_ignore_ascii_case(name))
        });
        let shaped = value.kind == ValueKind::Array && matches!(value.count, 3 | 4);
        self.subscribed && !self.version_3 && shaped && named
    }

    /// A push. One that says that a channel was subscribed to is all the answer that the command gets.
    fn pushed(&mut self, value: Value) -> Push {
        let mut words = value.words.into_iter();
        let name = words.next().unwrap_or_default();
        if let Some(asked) = self.awaited.front_mut()
            && asked.pushes > 0
            && asked.name.eq_ignore_ascii_case(&name)
        {
            asked.pushes -= 1;
            if asked.pushes == 0 {
                self.awaited.pop_front();
            }
        }
        Push { name, args: words.collect() }
    }

    fn say(
        &self,
        dir: Dir,
        span: Span,
        said: Said,
        fields: Vec<Field>,
        faults: Vec<Fault>,
        events: &mut Vec<Event>,
    ) {
        events.push(Event {
            conn: self.conn,
            from: dir.speaker(),
            evidence: Spans::one(span),
            kind: Kind::Resp(said),
            fields,
            faults,
        });
    }
}

impl Decoder for Resp {
    fn reader(&mut self, dir: Dir) -> &mut Reader {
        &mut self.half(dir).reader
    }

    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool {
        let half = self.half(dir);
        let State::Value(parser) = &mut half.state else {
            half.reader.take(u64::MAX);
            return false;
        };
        let bad = match parser.run(half.reader.peek(), dir) {
            Step::Wait => return false,
            Step::Bad(fault) => Some(fault),
            Step::Again | Step::Whole => None,
        };
        let span = half.reader.take(parser.read_len());
        let next = match bad {
            Some(_) => State::Rest { start: span.end() },
            None => value_at(span.end()),
        };
        let State::Value(parser) = std::mem::replace(&mut half.state, next) else { return false };
        let Parser { fields, value, .. } = *parser;
        let said = match (&bad, dir) {
            (Some(_), _) => Said::Malformed,
            (None, Dir::ToServer) => Said::Command(self.asked(value)),
            (None, Dir::ToClient) => self.answered(value),
        };
        self.say(dir, span, said, fields, Vec::from_iter(bad), events);
        true
    }

    fn finish(&mut self, dir: Dir, why: Code, events: &mut Vec<Event>) {
        let half = self.half(dir);
        let pending = half.reader.take(u64::MAX);
        match std::mem::replace(&mut half.state, State::Ended) {
            State::Value(parser) if !pending.is_empty() => {
                let fields = parser.cut_off(pending);
                let cut = vec![Fault { code: why, span: None }];
                self.say(dir, pending, Said::Partial, fields, cut, events);
            }
            State::Rest { start } => {
                let span = Span::between(start, pending.end());
                if !span.is_empty() {
                    let fields = vec![Field { name: Name::Undecoded, span }];
                    self.say(dir, span, Said::Rest, fields, Vec::new(), events);
                }
            }
            State::Value(_) | State::Ended => {}
        }
    }

    fn open_body(&self, dir: Dir) -> Option<u64> {
        let half = self.halves.of(dir);
        match &half.state {
            State::Value(parser) if parser.is_long() => Some(half.reader.offset()),
            State::Rest { start } => Some(*start),
            State::Value(_) | State::Ended => None,
        }
    }
}

/// A value that begins at an offset of its direction.
fn value_at(offset: u64) -> State {
    State::Value(Box::new(Parser::at(offset)))
}

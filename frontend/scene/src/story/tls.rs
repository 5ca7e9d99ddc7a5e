//! What a record of TLS says, and what the handshake cost.

use trace::event::{Event, Kind};
use trace::ids::{ConnId, Seq};
use trace::span::{Dir, Side};
use trace::tls::{ContentType, Message, Tls};
use wire::tls::names;

use super::Teller;
use crate::amount;
use crate::step::StepKind;
use crate::told::Told;
use crate::words;

/// The hellos among handshake messages (RFC 8446, section 4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// The version of which the order of protected messages is told (RFC 8446, section 4.2.1).
const TLS_13: u16 = 0x0304;

/// So many letters of a name that the other side gave are shown.
const NAME: usize = 60;

/// The most protocols that are listed.
const LISTED: usize = 6;

impl Teller<'_> {
    pub(super) fn tls(&mut self, event: &Event, said: &Tls, events: &[Seq]) {
        self.sent(event, events);
        match said.content {
            _ if self.model.carrier(self.step).is_some() => self.carrier(event),
            _ if said.protected => self.protected(event),
            ContentType::Handshake => said.messages.iter().for_each(|it| self.hello(event, it)),
            ContentType::ChangeCipherSpec => self.story.tell("story-tls-change", &[]),
            ContentType::Alert => self.alert(said),
            ContentType::ApplicationData | ContentType::Other(_) => {
                self.story.tell("story-tls-unread", &[]);
            }
        }
    }

    /// A protected record before the first that carries what is inside. What it must hold is known from the
    /// order that the protocol demands, and from nothing else.
    fn protected(&mut self, event: &Event) {
        self.story.tell("story-tls-protected", &[]);
        let known = self.model.conns.get(&event.conn);
        let keys = known.map(|conn| conn.keys.as_slice()).unwrap_or_default();
        let before = keys.iter().take_while(|key| **key < self.step.key);
        let (mut is_13, mut finished) = (false, false);
        for earlier in before.filter_map(|key| self.model.event(key.1)) {
            let Kind::Tls(said) = &earlier.kind else { continue };
            is_13 |= said.messages.iter().any(|it| {
                it.kind == SERVER_HELLO && !it.retry && it.versions.first() == Some(&TLS_13)
            });
            finished |= earlier.from == Side::Client && said.protected;
        }
        match (event.from, finished) {
            _ if !is_13 => {}
            (Side::Server, false) => self.story.tell("story-tls-server-flight", &[]),
            (Side::Server, true) => self.story.tell("story-tls-tickets", &[]),
            (Side::Client, false) => self.story.tell("story-tls-client-flight", &[]),
            (Side::Client, true) => {}
        }
    }

    /// What both sides say in the clear before they have keys.
    fn hello(&mut self, event: &Event, message: &Message) {
        let seq = vec![self.step.seq()];
        match message.kind {
            CLIENT_HELLO => {
                let highest = message.versions.iter().filter(|it| !names::is_grease(**it)).max();
                match highest.filter(|_| names::is_older(&message.versions)) {
                    Some(highest) => {
                        let version = Told::Number(names::version(*highest), seq.clone());
                        self.story.tell("story-tls-client-hello-1-2", &[("version", version)]);
                    }
                    None => self.story.tell("story-tls-client-hello", &[]),
                }
                if let Some(name) = &message.server_name {
                    let name = Told::Number(words::shorten(name, NAME), seq.clone());
                    self.story.tell("story-tls-server-name", &[("name", name)]);
                }
                if !message.alpn.is_empty() {
                    let alpn = message.alpn.iter().take(LISTED);
                    let alpn: Vec<String> = alpn.map(|it| words::shorten(it, NAME)).collect();
                    let alpn = Told::Number(alpn.join(", "), seq);
                    self.story.tell("story-tls-alpn", &[("alpn", alpn)]);
                }
                self.handshake(event.conn);
            }
            SERVER_HELLO if message.retry => self.story.tell("story-tls-retry", &[]),
            SERVER_HELLO => {
                let taken = message.versions.first().zip(message.suites.first());
                let Some((version, suite)) = taken else { return };
                let args = [
                    ("version", Told::Number(names::version(*version), seq.clone())),
                    ("suite", Told::Number(names::suite(*suite), seq)),
                ];
                let older = names::is_older(&message.versions);
                let newer = "story-tls-server-hello";
                let id = if older { "story-tls-server-hello-1-2" } else { newer };
                self.story.tell(id, &args);
            }
            _ => {}
        }
    }

    fn alert(&mut self, said: &Tls) {
        if let Some((_, what)) = said.alert {
            let what = Told::Number(names::alert(what), vec![self.step.seq()]);
            self.story.tell("story-tls-alert", &[("what", what)]);
        }
    }

    /// A record that carries what is inside, and what TLS adds.
    fn carrier(&mut self, event: &Event) {
        let seq = vec![self.step.seq()];
        let inner = self.model.conns.get(&event.conn).and_then(|conn| conn.inner);
        let inner = inner.unwrap_or(event.conn).to_string();
        self.story.tell("story-tls-carrier", &[("inner", Told::Number(inner, seq))]);
        let Some(overhead) = self.model.overhead(event.conn, event.dir()) else { return };
        let cites = overhead.cites;
        let added = overhead.outside - overhead.inside;
        let args = [
            ("records", Told::Count(overhead.records, cites.clone())),
            ("outside", Told::Number(amount::bytes(overhead.outside), cites.clone())),
            ("inside", Told::Number(amount::bytes(overhead.inside), cites.clone())),
            ("added", Told::Number(amount::bytes(added), cites)),
        ];
        self.story.tell("story-tls-overhead", &args);
    }

    /// What the handshake of a connection cost, if it has one.
    pub(super) fn handshake(&mut self, conn: ConnId) {
        let Some(handshake) = self.model.handshake(conn) else { return };
        let from = handshake.records;
        let [up, down] = handshake.flights;
        let mut args = vec![
            ("up", Told::Count(up, from.clone())),
            ("down", Told::Count(down, from.clone())),
            ("bytes", Told::Number(amount::bytes(handshake.bytes), from.clone())),
        ];
        let Some((seq, over)) = handshake.over else {
            return self.story.tell("story-tls-so-far", &args);
        };
        let from: Vec<Seq> = from.into_iter().chain([seq]).collect();
        let took = amount::time(over.since(handshake.began));
        args.push(("took", Told::Number(took, from)));
        self.story.tell("story-tls-cost", &args);
        if !handshake.delayed && self.model.header.number("link_ms").unwrap_or(0) > 0 {
            self.story.tell("story-tls-undelayed", &[]);
        }
    }

    /// The first that is said inside waited for the handshake.
    pub(super) fn first_inside(&mut self, conn: ConnId) {
        let known = self.model.conns.get(&conn).filter(|known| known.inside.is_some());
        let is_asked = |key: &&crate::step::Key| {
            let step = self.model.index_of(**key).and_then(|index| self.model.steps.get(index));
            let what = step.map(|step| &step.what);
            matches!(what, Some(StepKind::Message { dir: Dir::ToServer, .. }))
        };
        let first = known.and_then(|known| known.keys.iter().find(is_asked));
        if first == Some(&self.step.key) {
            self.handshake(conn);
        }
    }
}

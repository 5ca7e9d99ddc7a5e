//! What requests among services ask for, and why connections of the labs with callbacks are opened.

use trace::event::{Event, Kind};
use trace::http1::{Http1, Request};
use trace::ids::ConnId;

use super::Teller;
use crate::attacks::Attack;
use crate::told::Told;
use crate::webhook::PAYMENTS;
use crate::words;

/// The receiver of callbacks, as a participant.
const SITE: &str = "site.com";

impl<'a> Teller<'a> {
    /// Why a connection of the labs with callbacks was opened, by whom it joins.
    pub(super) fn why_paid(&self, conn: ConnId) -> Option<&'static str> {
        let opened = self.model.opened(conn)?;
        match (opened.client.id.as_str(), opened.server.id.as_str()) {
            (_, "bank1" | "bank2") => Some("story-open-bank"),
            (PAYMENTS, _) => Some("story-open-callback"),
            (SITE, PAYMENTS) => Some("story-open-registers"),
            (_, PAYMENTS) => Some("story-open-payments"),
            ("browser", SITE) => Some("story-open-orders"),
            ("attacker", SITE) => Some("story-open-stranger"),
            (_, SITE) => match self.first_method(conn) {
                Some("GET") => Some("story-open-orders-other"),
                Some(_) => Some("story-open-stranger"),
                None => Some("story-open-anybody"),
            },
            _ => None,
        }
    }

    /// With which method a connection's first request comes.
    fn first_method(&self, conn: ConnId) -> Option<&'a str> {
        let model = self.model;
        let known = model.conns.get(&conn)?;
        model.within(known).keys.iter().find_map(|key| match &model.event(key.1)?.kind {
            Kind::Http1(Http1::Request(request)) => Some(request.method.as_str()),
            _ => None,
        })
    }

    /// What a request to one of the services asks for.
    pub(super) fn pays(&mut self, event: &Event, request: &Request) {
        let Some(known) = self.model.conns.get(&event.conn) else { return };
        let server = self.model.lanes.get(known.server).map(|lane| lane.id.as_str());
        let path = request.target.split('?').next().unwrap_or_default();
        let mut parts = path.rsplit('/');
        let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let held = words::query(&request.target, "wait").is_some();
        let id = match (server, request.method.as_str(), before, last) {
            (Some(PAYMENTS), "POST", _, "webhooks") => "story-registers",
            (Some(PAYMENTS), "POST", _, "rotate") => "story-rotates",
            (Some(PAYMENTS), "POST", _, "enable") => "story-enables",
            (Some(PAYMENTS), "POST", _, "replay") => "story-replays",
            (Some(PAYMENTS), "POST", _, "payments") => "story-pays",
            (Some("bank1" | "bank2"), "POST", _, "transfers") => "story-transfers",
            (Some(SITE), "POST", _, "callback") => return self.calls_back(event),
            (Some(SITE), "GET", "orders", _) if held => "story-orders",
            (Some(SITE), "GET", "orders", _) => "story-orders-now",
            _ => return,
        };
        let (client, server) = self.names();
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        self.story.tell(id, &args);
    }

    /// A callback: which attempt it is, and what its headers are for.
    fn calls_back(&mut self, event: &Event) {
        let seq = self.step.seq();
        match self.model.attempt(event) {
            Some(attempt) => {
                let delivery = words::webhook::id(&attempt.delivery);
                let number = Told::Number(attempt.number.to_string(), vec![attempt.seq]);
                let args = [("attempt", number), ("delivery", Told::Number(delivery, vec![seq]))];
                self.story.tell("story-callback", &args);
            }
            None => {
                self.story.tell("story-callback-stranger", &[]);
                self.attacks(event.conn);
            }
        }
        if let Some(header) = self.model.lacks(event) {
            return self.story.tell("story-callback-unsigned", &[("header", Told::Word(header))]);
        }
        self.story.tell("story-callback-headers", &[]);
        let count = self.model.signatures(event);
        if count > 1 {
            let count = Told::Number(count.to_string(), vec![seq]);
            self.story.tell("story-callback-signatures", &[("count", count)]);
        }
    }

    /// Which attack comes on a connection, and what was done for it to what had been overheard.
    fn attacks(&mut self, conn: ConnId) {
        let Some((seq, attack)) = self.model.attacks.of(conn) else { return };
        let id = match attack {
            Attack::Altered => "story-attack-altered",
            Attack::Old => "story-attack-old",
            Attack::Replayed => "story-attack-replayed",
            Attack::Unsigned => "story-attack-unsigned",
        };
        self.story.tell(id, &[("attack", Told::Number(attack.name(), vec![seq]))]);
    }
}

/// Whether a target is that of a question about an order.
pub(super) fn is_order(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').nth(1) == Some("orders")
}

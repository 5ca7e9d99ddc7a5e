//! What payments, deliveries and jobs say: each step of a callback, and why it is done so.

use text::say;
use trace::entry::What;
use trace::event::Event;
use trace::http1::Request;
use trace::ids::{ConnId, Seq};
use trace::note::{self, Note};
use trace::time::Micros;
use trace::webhook::{Dead, EndpointState, Outcome, Planned, Verdict};

use super::Teller;
use crate::amount;
use crate::marks::remark;
use crate::named::{capital, sentence};
use crate::schedule;
use crate::told::{Story, Told};
use crate::webhook::{PAYMENTS, teller};
use crate::words;

/// The receiver of callbacks, as a participant.
const SITE: &str = "site.com";

/// The log's header, as an entry.
const HEADER: Seq = Seq(0);

impl Teller<'_> {
    /// Why a connection of the labs with callbacks was opened, by whom it joins.
    pub(super) fn why_paid(&self, conn: ConnId) -> Option<&'static str> {
        let opened = self.model.opened(conn)?;
        match (opened.client.id.as_str(), opened.server.id.as_str()) {
            (_, "bank1" | "bank2") => Some("story-open-bank"),
            (PAYMENTS, _) => Some("story-open-callback"),
            (_, PAYMENTS) => Some("story-open-payments"),
            ("browser" | "agent", SITE) => Some("story-open-orders"),
            (_, SITE) => Some("story-open-stranger"),
            _ => None,
        }
    }

    /// What a request to one of the services asks for.
    pub(super) fn pays(&mut self, event: &Event, request: &Request) {
        let Some(known) = self.model.conns.get(&event.conn) else { return };
        let server = self.model.lanes.get(known.server).map(|lane| lane.id.as_str());
        let path = request.target.split('?').next().unwrap_or_default();
        let mut parts = path.rsplit('/');
        let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let id = match (server, request.method.as_str(), before, last) {
            (Some(PAYMENTS), "POST", _, "webhooks") => "story-registers",
            (Some(PAYMENTS), "POST", _, "payments") => "story-pays",
            (Some("bank1" | "bank2"), "POST", _, "transfers") => "story-transfers",
            (Some(SITE), "POST", _, "callback") => return self.calls_back(event),
            (Some(SITE), "GET", "orders", _) => "story-orders",
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
            None => self.story.tell("story-callback-stranger", &[]),
        }
        match self.model.delivery(event) {
            Some(_) => self.story.tell("story-callback-headers", &[]),
            None => self.story.tell("story-callback-unsigned", &[]),
        }
    }

    /// A delivery waits for its next attempt.
    pub(super) fn backoff(mut self, sent: Option<(Seq, Micros)>) -> Story {
        let Some(due) = self.model.due(self.step) else { return self.story };
        let attempt = due.attempt.to_string();
        self.titled(say("story-backoff-title", &[("attempt", (&attempt).into())]));
        let (_, server) = self.names();
        let seq = self.step.seq();
        let (from, took) = match sent {
            Some((by, at)) => (vec![seq, by], at.since(self.step.at())),
            None => (vec![seq], due.wait),
        };
        let args = [
            ("server", Told::Word(&server)),
            ("attempt", Told::Number(attempt, vec![seq])),
            ("took", Told::Number(amount::time(took), from)),
            ("planned", Told::Number(amount::time(due.wait), vec![seq])),
        ];
        let id = if sent.is_some() { "story-backed-off" } else { "story-backs-off" };
        self.story.tell(id, &args);
        if due.why == Planned::Retry {
            self.lot(due.attempt);
        }
        self.story
    }

    /// How a wait comes about, and what it would be outside the lab.
    fn lot(&mut self, attempt: u64) {
        if let Some(backoff) = self.model.header.number("backoff_ms") {
            let first = amount::time(Micros::from_millis(backoff));
            let base = amount::time(schedule::base(backoff, attempt));
            let from = vec![HEADER, self.step.seq()];
            let args =
                [("first", Told::Number(first, vec![HEADER])), ("base", Told::Number(base, from))];
            self.story.tell("story-backoff-lot", &args);
        }
        let real = schedule::real(attempt).map(schedule::long);
        if let Some(real) = real {
            let real = Told::Number(real, vec![self.step.seq()]);
            self.story.tell("story-backoff-real", &[("real", real)]);
        }
    }

    /// What a service tells of payments, deliveries or jobs, if the note is that.
    pub(super) fn of_webhooks(&mut self, note: &Note) -> bool {
        if teller(&note.what).is_none() {
            return false;
        }
        let (_, who) = self.names();
        let said = remark(self.model, note).map(|(said, _)| said).unwrap_or_default();
        self.story.title = capital(&said);
        self.story.between = match note.conn.map(|conn| conn.to_string()) {
            Some(conn) => say("story-told-of", &[("who", (&who).into()), ("conn", (&conn).into())]),
            None => who.clone(),
        };
        self.payment(&who, &note.what);
        self.delivery(&who, &note.what);
        true
    }

    /// What is told of endpoints, payments and jobs.
    fn payment(&mut self, who: &str, what: &note::What) {
        let seq = vec![self.step.seq()];
        let number = |text: String| Told::Number(text, seq.clone());
        let who = ("who", Told::Word(who));
        match what {
            note::What::EndpointRegistered { endpoint, url, .. } => {
                let url = words::shorten(url, 80);
                let args =
                    [("url", number(url)), ("endpoint", number(words::webhook::id(endpoint))), who];
                self.story.tell("story-hook-registered", &args);
            }
            note::What::EndpointState { state, failures, .. } => {
                let id = match state {
                    EndpointState::Healthy => "story-endpoint-healthy",
                    EndpointState::Failing => "story-endpoint-failing",
                    EndpointState::Disabled => "story-endpoint-disabled",
                };
                self.story.tell(id, &[("failures", Told::Count(*failures, seq.clone())), who]);
            }
            note::What::PaymentAccepted { payment, amount } => {
                let (payment, amount) = (words::webhook::id(payment), amount::count(*amount));
                let args = [("payment", number(payment)), ("amount", number(amount)), who];
                self.story.tell("story-payment-accepted", &args);
            }
            note::What::PaymentMoved { payment, from, to, took_us } => {
                let (from, to) = (self.model.name_of(from), self.model.name_of(to));
                let args = [
                    ("payment", number(words::webhook::id(payment))),
                    ("from", Told::Word(&from)),
                    ("to", Told::Word(&to)),
                    ("took", number(amount::time(*took_us))),
                ];
                self.story.tell("story-payment-moved", &args);
            }
            note::What::PaymentSettled { payment } => self.settled(payment),
            note::What::JobProgress { done, of, .. } => {
                let args = [
                    ("done", number(amount::count(*done))),
                    ("of", number(amount::count(*of))),
                    who,
                ];
                self.story.tell("story-job-progress", &args);
            }
            note::What::JobDone { .. } => self.story.tell("story-job-done", &[who]),
            _ => {}
        }
    }

    /// A payment is done: how long after it had been accepted.
    fn settled(&mut self, payment: &str) {
        let seq = self.step.seq();
        let accepted = self.told_before(|what| {
            matches!(what, note::What::PaymentAccepted { payment: known, .. } if known == payment)
        });
        if let Some((accepted, at)) = accepted {
            let took = amount::time(self.step.at().since(at));
            let took = Told::Number(took, vec![accepted, seq]);
            self.story.tell("story-payment-settled", &[("took", took)]);
        }
        self.story.tell("story-payment-told", &[]);
    }

    /// What was told last before this step, and fits.
    fn told_before(&self, fits: impl Fn(&note::What) -> bool) -> Option<(Seq, Micros)> {
        let known = (self.step.at(), self.step.seq());
        let before = self.model.notes.partition_point(|note| *note < known);
        let notes = self.model.notes.iter().take(before).rev();
        notes.map(|(at, seq)| (*seq, *at)).find(|(seq, _)| {
            match self.model.entry(*seq).map(|entry| &entry.what) {
                Some(What::Note(note)) => fits(&note.what),
                _ => false,
            }
        })
    }

    /// What is told of a delivery.
    fn delivery(&mut self, who: &str, what: &note::What) {
        let seq = vec![self.step.seq()];
        let number = |text: String| Told::Number(text, seq.clone());
        let who = ("who", Told::Word(who));
        match what {
            note::What::DeliveryPlanned { delivery, attempt, why, .. } => {
                let id = match why {
                    Planned::First => "story-delivery-first",
                    Planned::Retry => "story-delivery-retry",
                    Planned::Replay => "story-delivery-replay",
                };
                let delivery = number(words::webhook::id(delivery));
                let attempt = number(attempt.to_string());
                self.story.tell(id, &[("delivery", delivery), ("attempt", attempt), who]);
            }
            note::What::DeliverySent { delivery, attempt, payment } => {
                let args = [
                    ("delivery", number(words::webhook::id(delivery))),
                    ("attempt", number(attempt.to_string())),
                    ("payment", number(words::webhook::id(payment))),
                    who,
                ];
                self.story.tell("story-delivery-sent", &args);
                if *attempt > 1 {
                    self.story.tell("story-delivery-again", &[]);
                }
            }
            note::What::DeliveryEnded { attempt, outcome, took_us, .. } => {
                let (attempt, took) = (attempt.to_string(), amount::time(*took_us));
                let args = [("attempt", number(attempt)), ("took", number(took)), who];
                self.story.tell("story-delivery-ended", &args);
                self.outcome(outcome);
            }
            note::What::DeliveryDead { attempts, why, .. } => {
                let id = match why {
                    Dead::Attempts => "story-delivery-dead",
                    Dead::Disabled => "story-dead-disabled",
                    Dead::RunOver => "story-dead-run-over",
                    Dead::Removed => "story-dead-removed",
                };
                let attempts = Told::Count(*attempts, seq.clone());
                self.story.tell(id, &[("attempts", attempts), who]);
            }
            note::What::DeliveryVerified { verdict, .. } => {
                self.story.tell(judged(*verdict), &[who]);
            }
            _ => {}
        }
    }

    /// How an attempt ended, and what follows from it.
    fn outcome(&mut self, outcome: &Outcome) {
        let id = match outcome {
            Outcome::Delivered => "story-outcome-delivered",
            Outcome::Refused { status } => {
                let id = match status {
                    300..=399 => "story-outcome-redirect",
                    _ => "story-outcome-refused",
                };
                let status = Told::Number(status.to_string(), vec![self.step.seq()]);
                return self.story.tell(id, &[("status", status)]);
            }
            Outcome::TimedOut => "story-outcome-timed-out",
            Outcome::Reset => "story-outcome-reset",
            Outcome::NoConnection => "story-outcome-no-connection",
            Outcome::NotAllowed { why } => {
                self.story.quote(&sentence(why));
                "story-outcome-not-allowed"
            }
            Outcome::BadCertificate => "story-outcome-certificate",
        };
        self.story.tell(id, &[]);
    }
}

/// What a verdict of the receiver means.
const fn judged(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "story-verdict-good",
        Verdict::BadSignature => "story-verdict-signature",
        Verdict::TooOld => "story-verdict-old",
        Verdict::TooNew => "story-verdict-new",
        Verdict::NoSignature => "story-verdict-unsigned",
        Verdict::Duplicate => "story-verdict-duplicate",
    }
}

/// Whether a target is that of a question about an order.
pub(super) fn is_order(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').nth(1) == Some("orders")
}

//! What payments, deliveries and jobs say: each step of a callback, and why it is done so.

use text::say;
use trace::entry::What;
use trace::ids::Seq;
use trace::note::{self, Note};
use trace::time::Micros;
use trace::webhook::{Dead, EndpointState, Outcome, Planned};

use super::Teller;
use crate::amount;
use crate::marks::remark;
use crate::named::{capital, sentence};
use crate::told::Told;
use crate::webhook::teller;
use crate::words;

impl Teller<'_> {
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
        self.verified(&who, note);
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
    pub(super) fn told_before(&self, fits: impl Fn(&note::What) -> bool) -> Option<(Seq, Micros)> {
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
                    Planned::Twice => "story-delivery-twice",
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
                self.beside(delivery);
            }
            note::What::DeliveryEnded { delivery, attempt, outcome, took_us } => {
                let (said, took) = (attempt.to_string(), amount::time(*took_us));
                let args = [("attempt", number(said)), ("took", number(took)), who];
                self.story.tell("story-delivery-ended", &args);
                if *outcome == Outcome::Delivered && self.comes_again(delivery, *attempt) {
                    return self.story.tell("story-outcome-twice", &[]);
                }
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
            _ => {}
        }
    }

    /// Whether a delivery that has arrived is sent once more.
    fn comes_again(&self, arrived: &str, last: u64) -> bool {
        let known = (self.step.at(), self.step.seq());
        let after = self.model.notes.partition_point(|note| *note <= known);
        self.model.notes.iter().skip(after).any(|(_, seq)| {
            let Some(What::Note(note)) = self.model.entry(*seq).map(|entry| &entry.what) else {
                return false;
            };
            matches!(&note.what, note::What::DeliveryPlanned { delivery, attempt, why, .. }
                if delivery == arrived && *attempt == last + 1 && *why == Planned::Twice)
        })
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

//! What the receiver of a delivery finds in it, whether it takes it in, and what else tells of the same
//! payment.

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::{ConnId, Seq};
use trace::note::{self, Note};
use trace::webhook::Verdict;

use super::Teller;
use crate::told::Told;
use crate::words;

/// The log's header, as an entry.
const HEADER: Seq = Seq(0);

impl<'a> Teller<'a> {
    /// What the receiver made of a delivery, if the note is that.
    pub(super) fn verified(&mut self, who: &str, note: &Note) {
        let note::What::DeliveryVerified { verdict, delivery, .. } = &note.what else { return };
        let who = ("who", Told::Word(who));
        let asked = note.conn.and_then(|conn| self.first_request(conn));
        let several = asked
            .map(|(seq, event)| (seq, self.model.signatures(event)))
            .filter(|(_, count)| *count > 1);
        let id = match (several, verdict) {
            (Some(_), Verdict::Good) => "story-verdict-good-of",
            (Some(_), Verdict::Duplicate) => "story-verdict-duplicate-of",
            _ => judged(*verdict),
        };
        match several {
            Some((seq, count)) => {
                let count = Told::Number(count.to_string(), vec![seq]);
                self.story.tell(id, &[who, ("count", count)]);
            }
            None => self.story.tell(id, &[who]),
        }
        if let Some(conn) = note.conn {
            self.answered(conn, *verdict);
        }
        if *verdict == Verdict::Good {
            self.beside(delivery);
        }
    }

    /// The first request on a connection.
    fn first_request(&self, conn: ConnId) -> Option<(Seq, &'a Event)> {
        let model = self.model;
        let known = model.conns.get(&conn)?;
        model.within(known).keys.iter().find_map(|key| {
            let event = model.event(key.1)?;
            matches!(event.kind, Kind::Http1(Http1::Request(_))).then_some((key.1, event))
        })
    }

    /// What the receiver answered to the delivery at which it has looked: that says whether it took it in,
    /// or how it is set.
    fn answered(&mut self, conn: ConnId, verdict: Verdict) {
        let Some(known) = self.model.conns.get(&conn) else { return };
        let answers = known.served.iter().filter_map(|seq| {
            let event = self.model.event(*seq)?;
            let Kind::Http1(Http1::Response(response)) = &event.kind else { return None };
            let left = self.model.times(event).stands()?;
            (left >= self.step.at()).then_some((*seq, response.status))
        });
        let Some((seq, status)) = answers.min() else {
            if !self.model.is_open(conn) {
                self.story.tell("story-verdict-silent", &[]);
            }
            return self.unsaid(verdict);
        };
        let id = match (verdict, status) {
            (Verdict::Good, 200..=299) => "story-verdict-taken",
            (Verdict::Duplicate, 200..=299) => "story-verdict-known",
            (Verdict::Good, _) => "story-verdict-failed",
            _ => "story-verdict-refused",
        };
        let status = Told::Number(status.to_string(), vec![seq]);
        self.story.tell(id, &[("status", status)]);
    }

    /// What the receiver did with a good delivery to which it has not answered.
    fn unsaid(&mut self, verdict: Verdict) {
        let Some((seq, set)) = self.behaviour().filter(|_| verdict == Verdict::Good) else {
            return;
        };
        let id = match set {
            "slow" => "story-verdict-slow",
            "close" => "story-verdict-hung-up",
            _ => return,
        };
        self.story.tell(id, &[("set", Told::Number(set.to_owned(), vec![seq]))]);
    }

    /// How the receiver was told to behave last before this step.
    fn behaviour(&self) -> Option<(Seq, &'a str)> {
        let (model, step) = (self.model, self.step.seq());
        let before = model.entries.partition_point(|entry| entry.seq < step);
        let mut entries = model.entries.iter().take(before).rev();
        let told = entries.find_map(|entry| match &entry.what {
            What::Input(input) => Some((entry.seq, input.behaviour.as_deref()?)),
            _ => None,
        });
        told.or_else(|| Some((HEADER, model.header.word("site")?)))
    }

    /// Another delivery told of the same payment before: it is another endpoint's.
    pub(super) fn beside(&mut self, delivery: &str) {
        let Some(payment) = self.payment_of(delivery) else { return };
        let other = self.told_before(|what| {
            matches!(what, note::What::DeliverySent { delivery: other, payment: its, .. }
                if other != delivery && *its == payment)
        });
        let Some((seq, _)) = other else { return };
        let Some(What::Note(note)) = self.model.entry(seq).map(|entry| &entry.what) else { return };
        let note::What::DeliverySent { delivery: other, .. } = &note.what else { return };
        let args = [
            ("delivery", Told::Number(words::webhook::id(other), vec![seq])),
            ("payment", Told::Number(words::webhook::id(&payment), vec![seq])),
        ];
        self.story.tell("story-delivery-beside", &args);
    }

    /// The payment of which a delivery tells.
    fn payment_of(&self, delivery: &str) -> Option<String> {
        let sent = |seq: Seq| match &self.model.entry(seq)?.what {
            What::Note(note) => match &note.what {
                note::What::DeliverySent { delivery: its, payment, .. } if its == delivery => {
                    Some(payment.clone())
                }
                _ => None,
            },
            _ => None,
        };
        sent(self.step.seq()).or_else(|| {
            let (seq, _) = self.told_before(|what| {
                matches!(what, note::What::DeliverySent { delivery: its, .. } if its == delivery)
            })?;
            sent(seq)
        })
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

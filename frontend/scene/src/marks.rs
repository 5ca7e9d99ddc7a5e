//! How what the application says of itself is drawn: gates, notes, and bytes that were not kept.

use trace::entry::{Loss, What};
use trace::ids::Seq;
use trace::note::{self, Act, Release, Vanished};
use trace::time::Micros;

use crate::amount;
use crate::draw::{Pen, setup};
use crate::model::Model;
use crate::named::capital;
use crate::noted;
use crate::shape::{Stroke, Tone, Wait};
use crate::step::Step;
use crate::waits::let_go;
use crate::words;

impl Pen<'_> {
    pub(crate) fn gate(&mut self, step: &Step, released: Option<(Seq, Micros)>) {
        let Some(What::Note(note)) = self.entry() else { return };
        let note::What::GateHeld { act, .. } = note.what else { return };
        let Some((seq, at)) = released else {
            self.wait(Wait::Gate, step.at(), text::say("ladder-gate-waits", &[]));
            let left = self.conn.closed.is_some();
            let text = text::say(if left { "ladder-gate-left" } else { before(act) }, &[]);
            return self.below_wait(self.seq, text);
        };
        let took = amount::time(at.since(step.at()));
        let text = text::say("ladder-gate-waited", &[("took", (&took).into())]);
        self.wait(Wait::Gate, at, text);
        let by = match self.model.entry(seq).map(|entry| &entry.what) {
            Some(What::Note(note::Note { what: note::What::GateReleased { by, .. }, .. })) => *by,
            _ => return,
        };
        self.below_wait(seq, text::say(released_by(by), &[]));
    }

    pub(crate) fn note(&mut self) {
        let Some(What::Note(note)) = self.entry() else { return };
        if let Some(call) = noted::call(&note.what) {
            self.arrow(call.dir, self.flat(), Stroke::Call, (self.seq, call.said));
            if let Some(gave) = call.gave {
                self.beside(self.seq, 4.0, gave, Tone::Plain);
            }
        } else if let Some((text, tone)) = remark(self.model, note) {
            self.beside(self.seq, 4.0, text, tone);
        }
    }

    pub(crate) fn lost(&mut self) {
        let Some(What::Lost(lost)) = self.entry() else { return };
        let why = match lost.why {
            Loss::Queue => "ladder-lost-queue",
            Loss::Run => "ladder-lost-run",
            Loss::Body => "ladder-lost-body",
            Loss::OtherRun => "ladder-lost-other-run",
        };
        let text = text::say("ladder-lost", &[("count", lost.len.into())]);
        self.beside(self.seq, 2.0, text, Tone::Fault);
        self.beside(self.seq, 16.0, text::say(why, &[]), Tone::Plain);
    }
}

/// What the application says of itself, and how it is meant.
pub(crate) fn remark(model: &Model, note: &note::Note) -> Option<(String, Tone)> {
    Some(match &note.what {
        note::What::KeepAliveOver { after_us } => {
            let after = amount::time(*after_us);
            let conn = note.conn.map(|conn| conn.to_string()).unwrap_or_default();
            let args = [("after", (&after).into()), ("conn", (&conn).into())];
            (text::say("ladder-keep-alive-over", &args), Tone::Plain)
        }
        note::What::Refused { status, why } => {
            let why = model.named(&short(why));
            let text = match status.map(|status| status.to_string()) {
                Some(status) => {
                    let args = [("status", (&status).into()), ("why", (&why).into())];
                    text::say("ladder-refused-status", &args)
                }
                None => text::say("ladder-refused", &[("why", (&why).into())]),
            };
            (text, Tone::Fault)
        }
        note::What::Cap { why } => (capital(&short(why)), Tone::Fault),
        // These have no step of their own, unless what they belong to was not heard.
        note::What::LinkSetup { held_us, .. } => (setup(*held_us), Tone::Plain),
        note::What::GateReleased { by, .. } => (text::say(released_by(*by), &[]), Tone::Plain),
        note::What::PollReleased { by, .. } => (text::say(let_go(model, *by), &[]), Tone::Plain),
        note::What::StreamDropped { after } => {
            let after = after.to_string();
            (text::say("ladder-dropped", &[("after", (&after).into())]), Tone::Fault)
        }
        note::What::InstanceDown { .. } => (text::say("ladder-down", &[]), Tone::Fault),
        note::What::InstanceUp { .. } => (text::say("ladder-up", &[]), Tone::Plain),
        note::What::MessageKept { id, to, .. } => {
            let (id, to) = (id.to_string(), words::shorten(to, USER));
            let args = [("id", (&id).into()), ("to", (&to).into())];
            (text::say("ladder-kept", &args), Tone::Plain)
        }
        note::What::MessagesLost { instance, user, ids, why } => {
            let id = match why {
                Vanished::Died => "ladder-lost-died",
                Vanished::Unreachable => "ladder-lost-unreachable",
                Vanished::NobodyThere => "ladder-lost-nobody",
                Vanished::NoRoom => "ladder-lost-no-room",
            };
            let (numbers, user) = (words::numbers(ids), words::shorten(user, USER));
            let instance = model.name_of(instance);
            let args = [
                ("ids", (&numbers).into()),
                ("user", (&user).into()),
                ("instance", (&instance).into()),
                ("count", (ids.len() as u64).into()),
            ];
            (text::say(id, &args), Tone::Fault)
        }
        what => return words::webhook::remark(model, what),
    })
}

/// So many letters of a user's name are shown.
const USER: usize = 16;

/// What let a gate go on.
const fn released_by(by: Release) -> &'static str {
    match by {
        Release::Next => "ladder-gate-next",
        Release::Limit => "ladder-gate-limit",
        Release::RunEnded => "ladder-gate-ended",
        Release::Abandoned => "ladder-gate-abandoned",
    }
}

/// What a gate stands before.
const fn before(act: Act) -> &'static str {
    match act {
        Act::Answer => "ladder-gate-answer",
        Act::Push => "ladder-gate-push",
        Act::Close => "ladder-gate-close",
        Act::Deliver => "ladder-gate-deliver",
        Act::Transfer => "ladder-gate-transfer",
    }
}

/// The first sentence of a text.
fn short(text: &str) -> String {
    text.split([':', '.', ';']).next().unwrap_or(text).to_owned()
}

//! What the application says of itself: refusals, instances that die, messages that are kept or gone.

use text::say;
use trace::entry::{Closed, Ending, What};
use trace::ids::Seq;
use trace::note::{self, Reach, Vanished};

use super::{AROUND, Teller};
use crate::amount;
use crate::marks::remark;
use crate::model::Conn;
use crate::named::sentence;
use crate::noted;
use crate::told::{Story, Told};
use crate::words;

impl Teller<'_> {
    pub(super) fn note(mut self) -> Story {
        let seq = self.step.seq();
        let Some(What::Note(note)) = self.model.entry(seq).map(|entry| &entry.what) else {
            return self.story;
        };
        if self.store_call(&note.what) || self.of_webhooks(note) {
            return self.story;
        }
        match &note.what {
            note::What::KeepAliveOver { after_us } => {
                self.titled(say("story-keep-alive-title", &[]));
                let (_, server) = self.names();
                let after = Told::Number(amount::time(*after_us), vec![seq]);
                let args = [("after", after), ("server", Told::Word(&server))];
                self.story.tell("story-keep-alive", &args);
            }
            note::What::Refused { status, why } => {
                self.titled(say("story-refused-title", &[]));
                let why = self.model.named(why);
                if let Some(status) = status {
                    let status = Told::Number(status.to_string(), vec![seq]);
                    let args = [("status", status), ("why", Told::Word(&why))];
                    self.story.tell("story-refused", &args);
                } else {
                    self.story.quote(&sentence(&why));
                }
            }
            note::What::Cap { why } => {
                self.titled(say("story-cap-title", &[]));
                self.story.quote(&sentence(why));
            }
            note::What::StreamDropped { after } => {
                self.titled(say("story-dropped-title", &[]));
                let after = Told::Number(format!("#{after}"), vec![seq]);
                self.story.tell("story-dropped", &[("after", after)]);
            }
            what => self.of_instance(note, what),
        }
        self.story
    }

    /// What is about an instance, whatever connection it came by.
    fn of_instance(&mut self, note: &note::Note, what: &note::What) {
        let Some(instance) = noted::instance(what) else {
            if let Some((said, _)) = remark(self.model, note) {
                self.titled(said);
            }
            return;
        };
        let seq = vec![self.step.seq()];
        let name = self.model.name_of(instance);
        self.story.between.clone_from(&name);
        self.story.title = remark(self.model, note).map(|(said, _)| said).unwrap_or_default();
        let who = ("instance", Told::Word(&name));
        match what {
            note::What::InstanceDown { reach, .. } => self.down(&name, instance, *reach),
            note::What::InstanceUp { .. } => {
                self.story.title = say("story-up-title", &[("instance", (&name).into())]);
                self.story.tell("story-up", &[who]);
            }
            note::What::MessageKept { id, from, to, .. } => {
                let id = Told::Number(format!("#{id}"), seq);
                let (from, to) = (("from", Told::Word(from)), ("to", Told::Word(to)));
                self.story.tell("story-kept", &[who, ("id", id), from, to]);
            }
            note::What::MessagesLost { user, ids, why, .. } => {
                let count = Told::Count(ids.len() as u64, seq.clone());
                let numbers = Told::Number(words::numbers(ids), seq);
                let args = [("count", count), ("ids", numbers), ("user", Told::Word(user)), who];
                self.story.tell("story-gone", &args);
                let id = match why {
                    Vanished::Died => "story-gone-died",
                    Vanished::Unreachable => "story-gone-unreachable",
                    Vanished::NobodyThere => "story-gone-nobody",
                    Vanished::NoRoom => "story-gone-no-room",
                };
                self.story.tell(id, &args);
            }
            _ => {}
        }
    }

    /// An instance was killed: what was cut off with it.
    fn down(&mut self, name: &str, instance: &str, reach: Reach) {
        self.story.title = say("story-down-title", &[("instance", name.into())]);
        let now = self.step.at();
        let lane = self.model.lane_of(instance);
        let cut = |closed: &Seq| {
            let entry = self.model.entry(*closed)?;
            let What::Closed(Closed { how: Ending::Reset, .. }) = entry.what else { return None };
            let apart = entry.at_us.since(now).max(now.since(entry.at_us));
            (apart <= AROUND).then_some(*closed)
        };
        let conns = self.model.conns.values();
        // Who comes after its death is refused, and was never cut off.
        let before = |conn: &&Conn| {
            let opened = conn.opened.and_then(|seq| self.model.entry(seq));
            opened.is_some_and(|opened| opened.at_us <= now)
        };
        let own = conns.filter(|conn| Some(conn.server) == lane || Some(conn.client) == lane);
        // What is inside TLS goes with what is outside.
        let own = own.filter(before).filter(|conn| conn.inside.is_none());
        let cut: Vec<Seq> = own.filter_map(|conn| conn.closed.as_ref().and_then(cut)).collect();
        let id = match reach {
            Reach::Run => "story-down",
            Reach::Everybody => "story-down-everybody",
        };
        self.story.tell(id, &[("instance", Told::Word(name))]);
        let keeps = self.model.header.word("mode") == Some("stateful");
        let rest = if keeps { "story-down-memory" } else { "story-down-store" };
        self.story.tell(rest, &[]);
        if cut.is_empty() {
            return self.story.tell("story-down-none", &[]);
        }
        let cut = Told::Count(cut.len() as u64, cut);
        self.story.tell("story-down-cut", &[("conns", cut)]);
    }
}

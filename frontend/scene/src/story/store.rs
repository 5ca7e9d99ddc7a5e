//! What the calls to the shared store say: those that are heard, and those within this process.

use text::say;
use trace::event::{Event, Kind};
use trace::ids::Seq;
use trace::note;
use trace::resp::{Command, Reply, Resp, ValueKind};

use super::Teller;
use crate::amount;
use crate::noted;
use crate::told::Told;
use crate::words;

impl Teller<'_> {
    pub(super) fn resp(&mut self, event: &Event, said: &Resp, events: &[Seq]) {
        self.sent(event, events);
        match said {
            Resp::Command(command) => self.command(command),
            Resp::Reply(reply) => self.reply(reply),
            Resp::Push(_) => {
                let (client, _) = self.names();
                self.story.tell("story-resp-push", &[("client", Told::Word(&client))]);
            }
            Resp::Malformed | Resp::Partial | Resp::Rest => {
                self.story.tell("story-resp-unread", &[]);
            }
        }
    }

    fn command(&mut self, command: &Command) {
        let (client, server) = self.names();
        let id = match command.name.as_str() {
            "XADD" => "story-resp-xadd",
            "XRANGE" | "XREVRANGE" | "XREAD" | "XREADGROUP" => "story-resp-read",
            "PUBLISH" => "story-resp-publish",
            "SUBSCRIBE" => "story-resp-subscribe",
            "EXPIRE" => "story-resp-expire",
            "DEL" => "story-resp-del",
            "HELLO" | "CLIENT" | "SELECT" => "story-resp-hello",
            _ => "story-resp-command",
        };
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        self.story.tell(id, &args);
    }

    fn reply(&mut self, reply: &Reply) {
        let asked = self.before().find_map(|(events, head)| match &head.kind {
            Kind::Resp(Resp::Command(command)) if Some(command.exchange) == reply.exchange => {
                Some((events.first().copied()?, command))
            }
            _ => None,
        });
        let Some((seq, command)) = asked else {
            return self.story.tell("story-resp-reply-alone", &[]);
        };
        let id = match reply.kind {
            ValueKind::Error => "story-resp-refuses",
            _ if words::reads(command) && words::is_nothing(reply) => "story-resp-nothing",
            _ => "story-resp-reply",
        };
        self.story.tell(id, &[("command", Told::Word(&command.name))]);
        let times = self.model.event(self.step.seq()).map(|event| self.model.times(event));
        let left = times.and_then(|times| times.left.or(times.landed));
        if let Some((asked, left)) = self.model.arrived(seq).zip(left) {
            let from = vec![seq, self.step.seq()];
            let took = Told::Number(amount::time(left.since(asked)), from);
            self.story.tell("story-resp-took", &[("took", took)]);
        }
    }

    /// A call to a store in this process, if the note is one.
    pub(super) fn store_call(&mut self, what: &note::What) -> bool {
        let Some(call) = noted::call(what) else { return false };
        let (client, server) = self.names();
        let seq = vec![self.step.seq()];
        self.story.title = call.said;
        let between = [("client", (&client).into()), ("server", (&server).into())];
        self.story.between = say("story-between-inside", &between);
        let number = |id: u64| Told::Number(format!("#{id}"), seq.clone());
        let instance = ("client", Told::Word(&client));
        match what {
            note::What::StoreAppended { id, .. } => {
                self.story.tell("story-store-append", &[instance, ("id", number(*id))]);
            }
            note::What::StoreRead { after, ids, .. } if ids.is_empty() => {
                self.story.tell("story-store-nothing", &[instance, ("after", number(*after))]);
            }
            note::What::StoreRead { after, ids, .. } => {
                let found = Told::Number(words::numbers(ids), seq.clone());
                let args = [instance, ("after", number(*after)), ("ids", found)];
                self.story.tell("story-store-read", &args);
            }
            note::What::StoreWoke { upto, .. } => {
                self.story.tell("story-store-woke", &[instance, ("id", number(*upto))]);
            }
            _ => {}
        }
        self.story.tell("story-store-inside", &[]);
        true
    }
}

//! What a WebSocket and an event stream say.

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::ids::Seq;
use trace::note;
use trace::span::Side;
use trace::spoken;
use trace::sse::{Block, Sse};
use trace::time::Micros;
use trace::websocket::{Close, Frame, Message, Opcode, Websocket};

use super::{AROUND, Teller};
use crate::amount;
use crate::model::Conn;
use crate::told::Told;
use crate::words;

impl Teller<'_> {
    pub(super) fn websocket(&mut self, event: &Event, said: &Websocket, events: &[Seq]) {
        self.sent(event, events);
        let carried = events.last().and_then(|seq| self.model.event(*seq)).map(|last| &last.kind);
        match (said, carried) {
            (_, Some(Kind::Websocket(Websocket::Message(message)))) => {
                self.chat(event, message, events);
            }
            (Websocket::Frame(frame), _) if frame.opcode.is_control() => self.control(event, frame),
            (Websocket::Frame(_), _) => self.story.tell("story-ws-half", &[]),
            _ => self.story.tell("story-ws-unread", &[]),
        }
    }

    /// A message: what framing costs, and how long it was under way from its sender.
    fn chat(&mut self, event: &Event, message: &Message, events: &[Seq]) {
        let frames = self.model.carriers(events);
        let total = self.model.size_of(events);
        let rest = total.saturating_sub(message.len);
        let args = [
            ("content", Told::Number(amount::bytes(message.len), events.to_vec())),
            ("frames", Told::Count(message.frames, frames.to_vec())),
            ("framing", Told::Number(amount::bytes(rest), events.to_vec())),
        ];
        self.story.tell("story-ws-message", &args);
        if event.from == Side::Client {
            self.story.tell("story-ws-masked", &[]);
            return;
        }
        self.story.tell("story-ws-unasked", &[]);
        let id = message.text.as_deref().and_then(spoken::delivered).map(|it| it.id);
        self.delivered(id, events);
    }

    /// How long after its append, or its sending, a message landed.
    pub(super) fn delivered(&mut self, id: Option<u64>, events: &[Seq]) {
        let Some(id) = id else { return };
        let handed_in = self.model.handed_in(id);
        let landed = self.model.travel(events).landed;
        let (Some((seq, since)), Some(landed)) = (handed_in, landed) else { return };
        // Without a store it counts from where its sender sent it.
        let stored = self.model.event(seq).is_none();
        let last = self.model.carriers(events).last().copied().unwrap_or(self.step.seq());
        let args = [
            ("id", Told::Number(format!("#{id}"), vec![seq])),
            ("took", Told::Number(amount::time(landed.since(since)), vec![seq, last])),
        ];
        let key = if stored { "story-delivered-stored" } else { "story-delivered-sent" };
        self.story.tell(key, &args);
    }

    fn control(&mut self, event: &Event, frame: &Frame) {
        let (client, server) = self.names();
        let (who, other) =
            if event.from == Side::Client { (&client, &server) } else { (&server, &client) };
        let args = [("who", Told::Word(who)), ("other", Told::Word(other))];
        match frame.opcode {
            Opcode::Ping => self.story.tell("story-ping", &args),
            Opcode::Pong => self.pong(event),
            Opcode::Close => {
                let answers = self.before().any(|(_, head)| {
                    head.from != event.from
                        && matches!(&head.kind, Kind::Websocket(Websocket::Frame(frame))
                            if frame.opcode == Opcode::Close)
                });
                let id = if answers { "story-ws-close-back" } else { "story-ws-close-first" };
                self.story.tell(id, &args);
                if let Some(close) = &frame.close {
                    self.close_code(close);
                }
            }
            _ => {}
        }
    }

    fn close_code(&mut self, close: &Close) {
        let seq = self.step.seq();
        let name = words::closing(close);
        let args = [
            ("code", Told::Number(close.code.to_string(), vec![seq])),
            ("name", Told::Word(&name)),
        ];
        self.story.tell("story-ws-code", &args);
        if !close.reason.is_empty() {
            let reason = words::shorten(&close.reason, 123);
            self.story.tell("story-ws-reason", &[("reason", Told::Word(&reason))]);
        }
    }

    /// A pong, and how long after the ping it was back.
    fn pong(&mut self, event: &Event) {
        let ping = self.before().find_map(|(events, head)| match &head.kind {
            Kind::Websocket(Websocket::Frame(frame))
                if frame.opcode == Opcode::Ping && head.from != event.from =>
            {
                Some((events.first().copied()?, self.model.times(head).stands()?))
            }
            _ => None,
        });
        let landed = self.model.arrived(self.step.seq());
        let (Some((ping, left)), Some(landed)) = (ping, landed) else {
            return self.story.tell("story-pong-alone", &[]);
        };
        let from = vec![ping, self.step.seq()];
        let took = Told::Number(amount::time(landed.since(left)), from);
        self.story.tell("story-pong", &[("took", took)]);
    }

    pub(super) fn sse(&mut self, event: &Event, said: &Sse, events: &[Seq]) {
        self.sent(event, events);
        match said {
            Sse::Unfinished => self.story.tell("story-event-unfinished", &[]),
            Sse::Block(block) => self.block(block, events),
        }
    }

    fn block(&mut self, block: &Block, events: &[Seq]) {
        let (client, server) = self.names();
        let seq = vec![self.step.seq()];
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        if block.dispatched {
            self.story.tell("story-event", &args);
            let id = block.id.as_deref().and_then(|id| id.parse().ok());
            self.delivered(id, events);
        } else if block.comments > 0 {
            self.story.tell("story-comment", &args);
        } else {
            self.story.tell("story-event-silent", &args);
        }
        if let Some(id) = &block.id {
            let id = Told::Number(words::shorten(id, 20), seq.clone());
            let args = [("id", id), ("client", Told::Word(&client))];
            let own = self.comes_back();
            self.story.tell(if own { "story-event-id" } else { "story-event-id-other" }, &args);
        }
        if let Some(retry) = block.retry_ms {
            let retry = Told::Number(amount::time(Micros::from_millis(retry)), seq);
            let args = [("retry", retry), ("client", Told::Word(&client))];
            let own = self.comes_back();
            self.story.tell(if own { "story-retry" } else { "story-retry-other" }, &args);
        }
    }

    /// Why a WebSocket's connection ends in order, as its frames tell.
    pub(super) fn why_hung_up(&self) -> Option<&'static str> {
        let said = self.before().any(|(_, head)| {
            matches!(&head.kind, Kind::Websocket(Websocket::Frame(frame))
                if frame.opcode == Opcode::Close)
        });
        Some(if said { "story-closed-said" } else { "story-closed-unsaid" })
    }

    /// Why a connection was cut off, where the application says it.
    pub(super) fn why_cut(&mut self, known: &Conn) {
        let now = self.step.at();
        let near = |at: Micros| at.since(now).max(now.since(at)) <= AROUND;
        let kill =
            self.model.notes.iter().rev().filter(|(at, _)| near(*at)).find_map(|(_, seq)| {
                let What::Note(note) = &self.model.entry(*seq)?.what else { return None };
                let note::What::InstanceDown { instance, .. } = &note.what else { return None };
                let lane = self.model.lane_of(instance)?;
                (lane == known.server || lane == known.client).then_some(instance.as_str())
            });
        if let Some(instance) = kill {
            let name = self.model.name_of(instance);
            self.story.tell("story-closed-killed", &[("instance", Told::Word(&name))]);
        }
        if known.upgraded.is_some() && self.why_hung_up() == Some("story-closed-unsaid") {
            self.story.tell("story-closed-abnormal", &[]);
        }
    }

    /// How long a WebSocket lived, and how many messages went over it.
    pub(super) fn carried(&mut self, lived: Told<'_>, closed: Seq) {
        let mut messages: Vec<Seq> = Vec::new();
        for (events, _) in self.before() {
            let last = events.last().and_then(|seq| self.model.event(*seq)).map(|last| &last.kind);
            if matches!(last, Some(Kind::Websocket(Websocket::Message(_)))) {
                messages.extend(events.last());
            }
        }
        let count = messages.len() as u64;
        if messages.is_empty() {
            messages.push(closed);
        }
        let args = [("lived", lived), ("messages", Told::Count(count, messages))];
        self.story.tell("story-closed-carried", &args);
    }
}

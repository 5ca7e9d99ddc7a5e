//! What HTTP/2's frames and heads say, and gRPC's messages.

use trace::event::Event;
use trace::grpc::{Grpc, Message};
use trace::http2::{Content, Frame, FrameKind, Head, Http2, Role, Says, Windows};
use trace::ids::Seq;
use trace::span::Side;
use wire::protobuf::against::short;

use super::Teller;
use crate::amount;
use crate::contracts::{self, Compared};
use crate::told::Told;

/// So many streams are named.
const NAMED: usize = 6;

impl Teller<'_> {
    pub(super) fn http2(&mut self, event: &Event, events: &[Seq]) {
        self.sent(event, events);
        // The whole speaks for its frames.
        let last = events.last().and_then(|seq| self.model.event(*seq)).unwrap_or(event);
        match &last.kind {
            trace::event::Kind::Http2(Http2::Head(head)) => self.h2_head(head),
            trace::event::Kind::Http2(Http2::Content(content)) => self.h2_content(content),
            trace::event::Kind::Http2(Http2::Frame(frame)) => self.h2_frame(last, frame),
            trace::event::Kind::Http2(Http2::Preface) => self.story.tell("story-h2-preface", &[]),
            trace::event::Kind::Grpc(said) => self.grpc_said(said, events),
            _ => self.story.tell("story-h2-unread", &[]),
        }
    }

    pub(super) fn grpc(&mut self, event: &Event, said: &Grpc, events: &[Seq]) {
        self.sent(event, events);
        self.grpc_said(said, events);
    }

    fn here(&self, text: impl ToString) -> Told<'static> {
        Told::Number(text.to_string(), vec![self.step.seq()])
    }

    fn h2_head(&mut self, head: &Head) {
        let stream = self.here(head.stream);
        let id = match head.role {
            Role::Request => "story-h2-request",
            Role::Response => "story-h2-response",
            Role::Interim => "story-h2-interim",
            Role::Trailers => "story-h2-trailers",
            Role::Promise => "story-h2-promise",
        };
        self.story.tell(id, &[("stream", stream)]);
        if head.role == Role::Response {
            self.streams_beside(head.stream);
        }
        if head.len > 0 && head.plain_len > 0 {
            let args = [
                ("wire", self.here(amount::bytes(head.len))),
                ("plain", self.here(amount::bytes(head.plain_len))),
            ];
            self.story.tell("story-h2-hpack", &args);
        }
        let status = head.value("grpc-status").and_then(|status| status.parse().ok());
        if let Some(status) = status {
            let message = head.value("grpc-message").unwrap_or_default().to_owned();
            self.grpc_status(status, &message);
        } else if head.ends && head.role == Role::Request {
            self.story.tell("story-h2-request-only", &[]);
        }
    }

    /// Which other streams were open when this one was answered.
    fn streams_beside(&mut self, stream: u32) {
        let Some(beside) = self.model.beside(self.step, stream) else { return };
        let from: Vec<Seq> = beside.iter().map(|other| other.seq).collect();
        if from.is_empty() {
            return self.story.tell("story-h2-alone", &[]);
        }
        let names = beside.iter().take(NAMED).map(|other| other.name(&beside));
        let mut names: Vec<String> = names.collect();
        if from.len() > NAMED {
            names.push("…".to_owned());
        }
        let names = Told::Number(names.join(", "), from.clone());
        let count = Told::Count(from.len() as u64, from);
        self.story.tell("story-h2-beside", &[("count", count), ("streams", names)]);
    }

    /// How a call ended: only 0 is success.
    fn grpc_status(&mut self, status: u32, message: &str) {
        let name = wire::explain::grpc_status(status);
        let args = [("status", self.here(status)), ("name", Told::Word(name))];
        let id = if status == 0 { "story-grpc-ok" } else { "story-grpc-failed" };
        self.story.tell(id, &args);
        if !message.is_empty() {
            self.story.tell("story-grpc-why", &[("message", Told::Word(message))]);
        }
    }

    fn h2_content(&mut self, content: &Content) {
        let seq = vec![self.step.seq()];
        let args = [
            ("bytes", self.here(amount::bytes(content.len))),
            ("frames", Told::Count(content.frames, seq)),
            ("stream", self.here(content.stream)),
        ];
        self.story.tell("story-h2-content", &args);
        if !content.complete {
            self.story.tell("story-h2-cut", &[]);
        }
    }

    fn h2_frame(&mut self, event: &Event, frame: &Frame) {
        let (client, server) = self.names();
        let (who, other) =
            if event.from == Side::Client { (&client, &server) } else { (&server, &client) };
        let stream = || self.here(frame.stream);
        let names = || [("who", Told::Word(who)), ("other", Told::Word(other))];
        match (&frame.says, frame.kind) {
            (_, FrameKind::Settings) if frame.flags & 1 == 1 => {
                self.story.tell("story-h2-settings-ack", &names());
            }
            (Says::Settings(settings), _) => {
                let seq = vec![self.step.seq()];
                let [who, _] = names();
                let count = ("count", Told::Count(settings.len() as u64, seq));
                self.story.tell("story-h2-settings", &[who, count]);
            }
            (Says::Increment(by), _) => {
                let by = ("by", self.here(amount::bytes(u64::from(*by))));
                let id =
                    if frame.stream == 0 { "story-h2-window" } else { "story-h2-window-stream" };
                let [who, other] = names();
                let stream = ("stream", stream());
                self.story.tell(id, &[who, other, by, stream]);
            }
            (Says::Reset(error), _) => {
                let name = wire::explain::error_code(*error);
                let [who, _] = names();
                let args = [who, ("stream", stream()), ("name", Told::Word(name))];
                self.story.tell("story-h2-reset", &args);
            }
            (Says::Goaway { last, error, .. }, _) => {
                let name = wire::explain::error_code(*error);
                let [who, _] = names();
                let args = [who, ("last", self.here(last)), ("name", Told::Word(name))];
                self.story.tell("story-h2-goaway", &args);
            }
            (_, FrameKind::Ping) => {
                let ack = frame.flags & 1 == 1;
                let id = if ack { "story-h2-ping-ack" } else { "story-h2-ping" };
                self.story.tell(id, &names());
            }
            (_, FrameKind::Data) => {
                let stream = ("stream", stream());
                let ends = frame.flags & 1 == 1;
                let id = if ends { "story-h2-data-last" } else { "story-h2-data" };
                let [who, _] = names();
                self.story.tell(id, &[who, stream]);
            }
            _ => self.story.tell("story-h2-frame", &[("stream", stream())]),
        }
        if let Some(windows) = frame.windows {
            self.h2_windows(frame, windows);
        }
    }

    /// What may still be sent after a frame.
    fn h2_windows(&mut self, frame: &Frame, windows: Windows) {
        let connection = ("connection", self.here(windows.connection));
        match windows.stream {
            Some(stream) => {
                let stream = ("window", self.here(stream));
                let number = ("stream", self.here(frame.stream));
                self.story.tell("story-h2-windows", &[connection, stream, number]);
            }
            None => self.story.tell("story-h2-window-left", &[connection]),
        }
    }

    fn grpc_said(&mut self, said: &Grpc, events: &[Seq]) {
        match said {
            Grpc::Message(message) => self.grpc_message(message, events),
            Grpc::Trailers(trailers) => {
                self.story.tell("story-grpc-web-trailers", &[]);
                if let Some(status) = trailers.status {
                    self.grpc_status(status, &trailers.message);
                }
            }
            Grpc::Partial(_) => self.story.tell("story-grpc-partial", &[]),
        }
    }

    fn grpc_message(&mut self, message: &Message, events: &[Seq]) {
        let args = [
            ("number", self.here(message.number)),
            ("bytes", self.here(amount::bytes(message.len))),
        ];
        self.story.tell("story-grpc-message", &args);
        if message.base64 {
            self.story.tell("story-grpc-base64", &[]);
        }
        if message.compressed {
            self.story.tell("story-grpc-compressed", &[]);
        }
        if let Some((id, _)) = message.delivered() {
            self.delivered(Some(id), events);
        }
        if let Some(compared) = events.iter().find_map(|seq| contracts::of(self.model, *seq)) {
            self.by_both(&compared);
        }
    }

    /// What the service's contract makes of a message that is not the client's, or the client's of the
    /// service's.
    fn by_both(&mut self, compared: &Compared) {
        let (client, server) = self.names();
        let (writer, reader) = match compared.from {
            Side::Client => (&client, &server),
            Side::Server => (&server, &client),
        };
        let (writer, reader) = (("writer", Told::Word(writer)), ("reader", Told::Word(reader)));
        let number = |number: u32| ("number", self.here(number));
        let bytes = |len: usize| ("bytes", self.here(amount::bytes(len as u64)));
        if compared.reader.is_none() {
            let method = ("method", Told::Word(compared.method));
            let args = [reader, method, bytes(compared.len)];
            return self.story.tell("story-contract-removed", &args);
        }
        if let Some((field, kind, wanted)) = compared.impossible() {
            let args = [
                reader,
                number(field.number),
                ("name", Told::Word(field.name.unwrap_or_default())),
                ("kind", Told::Word(kind)),
                ("wanted", Told::Word(short(wanted))),
                ("wire", Told::Word(short(field.wire))),
                ("at", self.here(field.at + 1)),
                bytes(compared.len),
            ];
            return self.story.tell("story-contract-type", &args);
        }
        match (compared.skipped(), compared.lacking.first()) {
            (Some((field, name)), Some(lacking)) => {
                let name = ("name", Told::Word(name));
                let other = ("other", self.here(lacking.number));
                let args = [writer, reader, number(field.number), name, bytes(field.len), other];
                self.story.tell("story-contract-moved", &args);
            }
            (Some((field, name)), None) => {
                let name = ("name", Told::Word(name));
                let args = [writer, reader, number(field.number), name, bytes(field.len)];
                self.story.tell("story-contract-skipped", &args);
            }
            (None, Some(lacking)) => {
                let name = ("name", Told::Word(lacking.name));
                let default = ("default", Told::Word(&lacking.default.text));
                let args = [reader, number(lacking.number), name, default, bytes(compared.len)];
                self.story.tell("story-contract-added", &args);
            }
            (None, None) => {}
        }
    }
}

//! What HTTP/2's frames and heads say, and gRPC's messages.

use trace::event::{Event, Kind};
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

/// The highest number of a stream: a GOAWAY with it turns none away, and is the notice of a graceful
/// shutdown (RFC 9113, section 6.8).
const ALL: u32 = 0x7fff_ffff;

impl Teller<'_> {
    pub(super) fn http2(&mut self, event: &Event, events: &[Seq]) {
        self.sent(event, events);
        // The whole speaks for its frames.
        let last = events.last().and_then(|seq| self.model.event(*seq)).unwrap_or(event);
        match &last.kind {
            Kind::Http2(Http2::Head(head)) => self.h2_head(head),
            Kind::Http2(Http2::Content(content)) => self.h2_content(content),
            Kind::Http2(Http2::Frame(frame)) => self.h2_frame(last, frame),
            Kind::Http2(Http2::Preface) => self.story.tell("story-h2-preface", &[]),
            Kind::Grpc(said) => self.grpc_said(said, events),
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
                let name = ("name", Told::Word(wire::explain::error_code(*error)));
                let [who, other] = names();
                let last_stream = ("last", self.here(last));
                self.story.tell(goaway(event.from, *last), &[who, other, last_stream, name]);
            }
            (_, FrameKind::Ping) => {
                let id = match frame.flags & 1 {
                    1 => "story-h2-ping-ack",
                    _ if self.follows_notice(event.from) => "story-h2-ping-notice",
                    _ => "story-h2-ping",
                };
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

    /// Whether what the same side said last was the notice of a graceful shutdown.
    fn follows_notice(&self, from: Side) -> bool {
        let last = self.before().find(|(_, event)| event.from == from).map(|(_, event)| event);
        matches!(
            last.map(|event| &event.kind),
            Some(Kind::Http2(Http2::Frame(Frame { says: Says::Goaway { last: ALL, .. }, .. })))
        )
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

/// What a GOAWAY says: it counts the streams that the other side opened, and a server opens streams only
/// to push.
const fn goaway(from: Side, last: u32) -> &'static str {
    match (from, last) {
        (_, ALL) => "story-h2-goaway-notice",
        (Side::Client, 0) => "story-h2-goaway-none-pushed",
        (Side::Client, _) => "story-h2-goaway-pushed",
        (Side::Server, 0) => "story-h2-goaway-none",
        (Side::Server, _) => "story-h2-goaway",
    }
}

#[cfg(test)]
mod tests {
    use trace::entry::{Entry, Opened, What};
    use trace::ids::ConnId;
    use trace::participant;
    use trace::span::Spans;
    use trace::time::Micros;

    use super::*;
    use crate::lab_log::{header, participant};
    use crate::model::Model;
    use crate::story::tell;

    /// What is told of frames on one connection, in their order.
    fn told(frames: &[(Side, FrameKind, Says)]) -> Vec<String> {
        let conn = ConnId(1);
        let opened = What::Opened(Opened {
            conn,
            client: participant("browser", "Browser", participant::Role::Browser),
            server: participant("instance1", "Instance 1", participant::Role::Server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: None,
        });
        let event = |(from, kind, says): &(Side, FrameKind, Says)| {
            What::Event(Event {
                conn,
                from: *from,
                evidence: Spans::default(),
                kind: Kind::Http2(Http2::Frame(Frame {
                    kind: *kind,
                    flags: 0,
                    stream: 0,
                    len: 8,
                    padding: None,
                    says: says.clone(),
                    windows: None,
                })),
                fields: Vec::new(),
                faults: Vec::new(),
            })
        };
        let whats = [opened].into_iter().chain(frames.iter().map(event));
        let entry =
            |(what, number): (What, u64)| Entry { seq: Seq(number), at_us: Micros(number), what };
        let header = header("http2", &["browser", "instance1"]);
        let model = Model::of(header, whats.zip(1..).map(entry));
        model.steps.iter().map(|step| tell(&model, step).text()).collect()
    }

    fn says(last: u32) -> (FrameKind, Says) {
        (FrameKind::Goaway, Says::Goaway { last, error: 0, debug: String::new() })
    }

    #[test]
    fn a_goaway_with_the_highest_number_is_a_notice_and_a_ping_may_belong_to_it() {
        let (kind, notice) = says(ALL);
        let ping = (Side::Server, FrameKind::Ping, Says::Nothing);
        let stories = told(&[(Side::Server, kind, notice), ping.clone(), ping]);
        let all = stories.join("\n");
        assert!(all.contains("graceful shutdown") && all.contains("turned away"), "{all}");
        assert_eq!(all.matches("belongs to the notice").count(), 1, "{all}");
        assert_eq!(all.matches("still there").count(), 1, "{all}");
    }

    #[test]
    fn a_ping_of_the_other_side_belongs_to_no_notice() {
        let (kind, notice) = says(ALL);
        let ping = (Side::Client, FrameKind::Ping, Says::Nothing);
        let all = told(&[(Side::Server, kind, notice), ping]).join("\n");
        assert!(!all.contains("belongs to the notice"), "{all}");
    }

    #[test]
    fn a_goaway_counts_the_streams_of_the_other_side() {
        for (from, last, words) in [
            (Side::Server, 0, "None of the requests of Browser"),
            (Side::Server, 5, "Of the streams that Browser opened, 5 is the last"),
            (Side::Client, 0, "streams that Instance 1 opened, and there were none"),
            (Side::Client, 2, "Of the streams that Instance 1 opened, 2 is the last"),
        ] {
            let (kind, goaway) = says(last);
            let all = told(&[(from, kind, goaway)]).join("\n");
            assert!(all.contains(words), "{all}");
        }
    }

    #[test]
    fn a_connection_of_http2_is_not_told_as_one_of_http11() {
        let ping = (Side::Client, FrameKind::Ping, Says::Nothing);
        let opened = &told(&[ping])[0];
        assert!(opened.contains("stream of its own") && !opened.contains("HTTP/1.1"), "{opened}");
        assert!(told(&[])[0].contains("HTTP/1.1"));
    }
}

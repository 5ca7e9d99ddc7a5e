//! Calls as a log tells them: heads, messages and the end of each, tied together by their stream or
//! exchange. And the agent's calls, made.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use trace::entry::Entry;
use trace::event::Kind;
use trace::field::Name;
use trace::grpc::{Call as Id, Grpc, Message};
use trace::http2::{Content, Head, Http2, Role, Says};
use trace::ids::ConnId;
use trace::span::Dir;
use trace::studio::Summary;

use crate::log::{assert_sound, conns, events};
use crate::run::Run;
use crate::server::Server;

/// How long the agent may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What a message says, by the names of its fields.
pub type Fields = BTreeMap<String, String>;

/// A call, or whatever else was asked for on a stream.
#[derive(Debug, Default)]
pub struct Call {
    /// Where its request goes.
    pub path: String,
    /// What was heard of it, in order: `request`, `sent`, `response`, `received`, `trailers`.
    pub order: Vec<&'static str>,
    /// The request's head.
    pub request: Option<Head>,
    /// The messages to the server.
    pub sent: Vec<Fields>,
    /// The answer's head.
    pub response: Option<Head>,
    /// The messages to the client.
    pub received: Vec<Fields>,
    /// What follows the answer's content.
    pub trailers: Option<Head>,
    /// The status in gRPC-web's trailers.
    pub web_status: Option<u32>,
    /// The answer's content, where it is no call's.
    pub content: Option<Content>,
    /// Who reset it, and why.
    pub resets: Vec<(Dir, u32)>,
}

/// The calls of a connection, in the order in which they were begun.
pub fn calls(entries: &[Entry], conn: ConnId) -> BTreeMap<Id, Call> {
    let mut calls: BTreeMap<Id, Call> = BTreeMap::new();
    for event in events(entries, conn) {
        let dir = event.dir();
        match &event.kind {
            Kind::Http2(Http2::Head(head)) => {
                calls.entry(Id::Stream(head.stream)).or_default().head(head);
            }
            Kind::Http2(Http2::Content(content)) if dir == Dir::ToClient => {
                let call = calls.entry(Id::Stream(content.stream)).or_default();
                call.content = Some(content.clone());
            }
            Kind::Http2(Http2::Frame(frame)) => {
                if let Says::Reset(error) = frame.says {
                    let call = calls.entry(Id::Stream(frame.stream)).or_default();
                    call.resets.push((dir, error));
                }
            }
            Kind::Grpc(Grpc::Message(message)) => {
                calls.entry(message.call).or_default().message(dir, message);
            }
            Kind::Grpc(Grpc::Trailers(trailers)) => {
                calls.entry(trailers.call).or_default().web_status = trailers.status;
            }
            _ => {}
        }
    }
    calls
}

impl Call {
    fn head(&mut self, head: &Head) {
        if head.role == Role::Request {
            head.value(":path").unwrap_or_default().clone_into(&mut self.path);
        }
        let (word, place) = match head.role {
            Role::Request => ("request", &mut self.request),
            Role::Response => ("response", &mut self.response),
            Role::Trailers => ("trailers", &mut self.trailers),
            Role::Interim | Role::Promise => return,
        };
        *place = Some(head.clone());
        self.order.push(word);
    }

    fn message(&mut self, dir: Dir, message: &Message) {
        // Over HTTP/1 no head of ours tells it.
        if self.path.is_empty() {
            self.path.clone_from(&message.path);
        }
        let (word, side) = match dir {
            Dir::ToServer => ("sent", &mut self.sent),
            Dir::ToClient => ("received", &mut self.received),
        };
        side.push(fields(message));
        self.order.push(word);
    }

    /// How it ended: behind the answer, in its place, or at the end of its content.
    pub fn status(&self) -> Option<u32> {
        let head = self.trailers.as_ref().or(self.response.as_ref());
        let status: Option<u32> = head.and_then(|head| head.value("grpc-status")?.parse().ok());
        status.or(self.web_status)
    }

    /// The same as a client of ours tells it.
    pub fn told(&self) -> Value {
        let method = self.path.rsplit('/').next().unwrap_or_default();
        let (sent, received, status) = (&self.sent, &self.received, self.status());
        json!({ "method": method, "sent": sent, "received": received, "status": status })
    }

    /// How many of the chat's messages it delivered.
    pub fn delivered(&self) -> u64 {
        let is_one = |said: &&Fields| said.contains_key("id") && said.contains_key("text");
        self.received.iter().filter(is_one).count() as u64
    }
}

/// What a message says. Whatever has no name in the contract goes by its number.
fn fields(message: &Message) -> Fields {
    let mut fields = Fields::new();
    for value in message.values.iter().filter(|value| value.depth == 0) {
        let name = value.name.clone().unwrap_or_else(|| value.number.to_string());
        let text = value.readings.first().map(|reading| reading.text.clone());
        fields.insert(name, text.unwrap_or_default());
    }
    fields
}

/// Holds that everything on a connection was understood, and that nothing is wrong with it.
pub fn assert_understood(entries: &[Entry], conn: ConnId) {
    for event in events(entries, conn) {
        assert!(event.faults.is_empty(), "{event:?}");
        let undecoded = event.fields.iter().any(|field| field.name == Name::Undecoded);
        let broken = matches!(
            event.kind,
            Kind::Http2(Http2::Partial | Http2::Rest) | Kind::Grpc(Grpc::Partial(_))
        );
        assert!(!undecoded && !broken, "{event:?}");
    }
}

/// What came of the agent's calls.
pub struct Made {
    /// The run, after its end.
    pub summary: Summary,
    /// Its log.
    pub entries: Vec<Entry>,
    /// The agent's one connection.
    pub conn: ConnId,
    /// The calls on it.
    pub calls: BTreeMap<Id, Call>,
}

/// Lets the agent make the calls that the knobs say, without a link, to the end of its run.
pub async fn by_agent(server: &Server, mut knobs: Value) -> Made {
    knobs["peer"] = json!("agent");
    knobs["link_ms"] = json!(0);
    let run = Run::create(server, "grpc", knobs).await;
    run.press("start").await;
    run.wait(LIMIT, "its end", |summary| !summary.state.serves()).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let agents: Vec<ConnId> = conns(&entries)
        .into_iter()
        .filter(|opened| opened.client.id == "agent")
        .map(|opened| opened.conn)
        .collect();
    assert_eq!(agents.len(), 1, "all calls share a connection");
    let conn = agents[0];
    assert_understood(&entries, conn);
    let calls = calls(&entries, conn);
    Made { summary, entries, conn, calls }
}

//! What the labs' own messages look like on the wire, for figures and labels: JSON in answers to
//! polls and in WebSocket texts.

use serde::Deserialize;

use crate::ids::RunId;

/// A text longer than this is not kept beside its bytes.
pub const TEXT_KEPT: usize = 8 * 1024;

/// A message that a lab delivers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delivered {
    /// Its number in the run, from 1.
    pub id: u64,
    /// Who sent it, in the chat.
    #[serde(default)]
    pub from: Option<String>,
    /// What it says.
    pub text: String,
}

/// A message that a client of the chat sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sent {
    /// To whom.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// How far a long job is: the answer to `GET /job`, and the data of its events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// The job.
    pub job: String,
    /// Steps that are done.
    pub done: u64,
    /// Steps that there are.
    pub of: u64,
}

impl Progress {
    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.done >= self.of
    }
}

#[derive(Deserialize)]
struct Batch {
    messages: Vec<Delivered>,
}

/// The messages in a poll's answer: `{"messages":[{"id","text"}],"next"}`.
#[must_use]
pub fn batch(json: &[u8]) -> Option<Vec<Delivered>> {
    serde_json::from_slice::<Batch>(json).ok().map(|batch| batch.messages)
}

/// How far a job is: `{"job","done","of"}`.
#[must_use]
pub fn progress(json: &[u8]) -> Option<Progress> {
    serde_json::from_slice(json).ok()
}

/// The name of a run's job: a payment's.
#[must_use]
pub fn job_of(run: &RunId) -> String {
    format!("pay_{run}")
}

/// A delivered message of the chat: `{"id","from","text"}`.
#[must_use]
pub fn delivered(text: &str) -> Option<Delivered> {
    serde_json::from_str(text).ok()
}

/// A sent message of the chat: `{"to","text"}`.
#[must_use]
pub fn sent(text: &str) -> Option<Sent> {
    serde_json::from_str(text).ok()
}

/// What a request to a lab asks for, by its path behind `/r/{run}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// `GET /messages`, `GET /orders/{payment}`, `GET /job`: a poll.
    Poll,
    /// `POST /messages`: another service's message.
    Append,
    /// `GET /events`, `GET /job/events`: an event stream.
    Events,
    /// `GET /socket`: a WebSocket.
    Socket,
    /// `POST /forward`: one instance hands a message to another.
    Forward,
    /// A gRPC call: `POST /package.Service/Method`.
    Call,
    /// A page, a picture, anything else.
    Page,
}

/// What a request asks for.
#[must_use]
pub fn asks(method: &str, target: &str) -> Asks {
    let path = target.split('?').next().unwrap_or_default();
    let service = path.rsplit('/').nth(1).unwrap_or_default();
    if method == "POST" && service.contains('.') {
        return Asks::Call;
    }
    if method == "GET" && service == "orders" {
        return Asks::Poll;
    }
    match (method, path.rsplit('/').next().unwrap_or_default()) {
        ("GET" | "HEAD", "messages" | "job") => Asks::Poll,
        ("POST", "messages") => Asks::Append,
        ("POST", "forward") => Asks::Forward,
        ("GET", "events") => Asks::Events,
        ("GET", "socket") => Asks::Socket,
        _ => Asks::Page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_the_labs_write_them() {
        let read = batch(br#"{"messages":[{"id":7,"text":"abc"}],"next":7}"#).unwrap();
        assert_eq!((read[0].id, read[0].text.as_str()), (7, "abc"));
        assert_eq!(batch(b"{}"), None);
        let far = progress(br#"{"job":"pay_abc","done":5,"of":5}"#).unwrap();
        assert!(far.is_over() && far.job == job_of(&RunId("abc".to_owned())));
        assert_eq!(progress(br#"{"job":"pay_abc"}"#), None);
        assert_eq!(delivered(r#"{"id":1,"from":"A","text":"hi"}"#).unwrap().from.unwrap(), "A");
        assert_eq!(sent(r#"{"to":"B","text":"hi"}"#).unwrap().to, "B");
        assert_eq!(asks("GET", "/r/abc/messages?after=0"), Asks::Poll);
        assert_eq!(asks("GET", "/r/abc/orders/pay_1?wait=10"), Asks::Poll);
        assert_eq!(asks("GET", "/r/abc/job?after=0&wait=5"), Asks::Poll);
        assert_eq!(asks("GET", "/r/abc/job/events"), Asks::Events);
        assert_eq!(asks("POST", "/r/abc/messages"), Asks::Append);
        assert_eq!(asks("POST", "/r/abc/lifeline.v1.Chat/Send"), Asks::Call);
        assert_eq!(asks("GET", "/r/abc/page/index.html"), Asks::Page);
    }
}

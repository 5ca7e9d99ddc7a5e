//! What goes over, in few words: the labels of arrows.

mod calls;
mod tls;
pub mod webhook;

use trace::event::{Event, Kind};
use trace::http1::{Framing, Http1, Request, Response};
use trace::ids::{ConnId, Seq};
use trace::resp::{Command, Reply, Resp, ValueKind};
use trace::span::Dir;
use trace::spoken::{self, Delivered};
use trace::sse::{Block, Sse};
use trace::time::Micros;
use trace::websocket::{Close, Frame, Message, Opcode, Websocket};

use crate::amount;
use crate::contracts;
use crate::model::Model;
use crate::shape::Stroke;

/// So many letters of a message's own text are shown.
const MOST: usize = 40;

/// A longer answer to a poll is not read for its label.
const READ: u64 = 64 * 1024;

/// What goes over, in the words of its own first line.
#[must_use]
pub fn said(event: &Event, run: &str) -> (Stroke, String) {
    let stroke = match event.dir() {
        Dir::ToServer => Stroke::Request,
        Dir::ToClient => Stroke::Success,
    };
    match &event.kind {
        Kind::Http1(said) => http1(said, stroke, run),
        Kind::Websocket(said) => websocket(said, stroke),
        Kind::Sse(Sse::Block(said)) => (stroke, shorten(&block(said), MOST)),
        Kind::Sse(Sse::Unfinished) => (Stroke::Unread, text::say("ladder-event-unfinished", &[])),
        Kind::Resp(said) => resp(said, stroke, run),
        Kind::Http2(said) => calls::http2(said, stroke, run),
        Kind::Grpc(said) => calls::grpc(said, stroke),
        Kind::Tls(said) => tls::tls(said, event.evidence.len()),
    }
}

/// The same, with what is known from what went before.
#[must_use]
pub fn label(model: &Model, event: &Event) -> (Stroke, String) {
    let (stroke, words) = said(event, &model.header.run.0);
    match &event.kind {
        Kind::Http1(Http1::Response(answer))
            if answer.status == 204 && model.is_poll(event.conn, answer.exchange) =>
        {
            (stroke, text::say("ladder-nothing-new", &[("said", (&words).into())]))
        }
        Kind::Http1(Http1::Body(_)) if model.ends_call(event) => {
            (stroke, text::say("ladder-call-end", &[]))
        }
        Kind::Http1(Http1::Body(_)) if model.ends_stream(event) => {
            (stroke, text::say("ladder-stream-end", &[]))
        }
        _ => (stroke, webhook::attempt(model, event, words)),
    }
}

/// The words of a step's message, and the event that has them: a message speaks for its frames.
#[must_use]
pub fn of(model: &Model, events: &[Seq]) -> Option<(Seq, Stroke, String)> {
    let carried = model.carriers(events).len() < events.len();
    let seq = if carried { events.last() } else { events.first() };
    let (stroke, words) = label(model, model.event(*seq?)?);
    Some((*seq?, stroke, contracts::marked(model, *seq?, words)))
}

fn http1(said: &Http1, stroke: Stroke, run: &str) -> (Stroke, String) {
    match said {
        Http1::Request(request) => (Stroke::Request, asking(request, run)),
        Http1::Response(response) => {
            let stroke = if response.status < 400 { Stroke::Success } else { Stroke::Failure };
            let text =
                format!("{} {} {}", response.version.text(), response.status, response.reason);
            (stroke, text)
        }
        Http1::Body(_) => (stroke, text::say("ladder-body", &[])),
        Http1::Malformed => (Stroke::Unread, text::say("ladder-malformed", &[])),
        Http1::Partial => (Stroke::Unread, text::say("ladder-partial", &[])),
        Http1::Rest(_) => (Stroke::Unread, text::say("ladder-rest", &[])),
    }
}

fn asking(request: &Request, run: &str) -> String {
    let target = request.target.replacen(&format!("/r/{run}"), "…", 1);
    let asks = format!("{} {target} {}", request.method, request.version.text());
    match &request.last_event_id {
        Some(id) => {
            let id = shorten(id, MOST / 2);
            text::say("ladder-resumes", &[("said", (&asks).into()), ("id", (&id).into())])
        }
        None => asks,
    }
}

/// Whether an answer's content comes piece by piece: an event stream, or messages of a gRPC call.
#[must_use]
pub fn is_stream(response: &Response) -> bool {
    let kind = response.content_type.as_deref().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    response.status == 200
        && (kind.eq_ignore_ascii_case("text/event-stream") || kind.starts_with("application/grpc"))
        && !matches!(response.framing, Framing::None | Framing::Length(0))
}

/// Whether an answer is one to a gRPC call, message by message.
#[must_use]
pub fn is_call(response: &Response) -> bool {
    let kind = response.content_type.as_deref().unwrap_or_default();
    is_stream(response) && kind.trim().starts_with("application/grpc")
}

/// A value in a target's query, as it stands there.
#[must_use]
pub fn query<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    let pairs = target.split_once('?')?.1.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, it)| it)
}

/// The messages in the answer to a poll, if it is one.
#[must_use]
pub fn batch(model: &Model, event: &Event) -> Vec<Delivered> {
    let Kind::Http1(Http1::Body(body)) = &event.kind else { return Vec::new() };
    let polled = event.dir() == Dir::ToClient && model.is_poll(event.conn, body.exchange);
    if !polled || body.content_len > READ {
        return Vec::new();
    }
    spoken::batch(&model.content(event)).unwrap_or_default()
}

/// Numbers of messages: `#4, #5`; of many the first and the last.
#[must_use]
pub fn numbers(ids: &[u64]) -> String {
    match ids {
        [] => text::say("ladder-nothing", &[]),
        [first, .., last] if ids.len() > 4 => format!("#{first} … #{last}"),
        ids => ids.iter().map(|id| format!("#{id}")).collect::<Vec<String>>().join(", "),
    }
}

fn websocket(said: &Websocket, stroke: Stroke) -> (Stroke, String) {
    match said {
        Websocket::Frame(said) if said.opcode.is_control() => (Stroke::Control, control(said)),
        Websocket::Frame(said) => (stroke, frame(said)),
        Websocket::Message(said) => (stroke, shorten(&message(said), MOST)),
        Websocket::Partial => (Stroke::Unread, text::say("ladder-frame-partial", &[])),
        Websocket::Rest => (Stroke::Unread, text::say("ladder-rest", &[])),
    }
}

fn frame(frame: &Frame) -> String {
    let id = match frame.opcode {
        Opcode::Text => "ladder-frame-text",
        Opcode::Binary => "ladder-frame-binary",
        Opcode::Continuation => "ladder-frame-continuation",
        _ => "ladder-frame-reserved",
    };
    let words = text::say(id, &[("bytes", (&amount::bytes(frame.len)).into())]);
    if frame.fin { words } else { text::say("ladder-frame-open", &[("frame", (&words).into())]) }
}

fn control(frame: &Frame) -> String {
    match (frame.opcode, &frame.close) {
        (Opcode::Ping, _) => text::say("ladder-ping", &[]),
        (Opcode::Pong, _) => text::say("ladder-pong", &[]),
        (Opcode::Close, Some(close)) => {
            let (code, name) = (close.code.to_string(), closing(close));
            text::say("ladder-close-code", &[("code", (&code).into()), ("name", (&name).into())])
        }
        (Opcode::Close, None) => text::say("ladder-close-bare", &[]),
        _ => text::say("ladder-frame-reserved", &[("bytes", (&amount::bytes(frame.len)).into())]),
    }
}

/// The name of a close code (RFC 6455, section 7.4.1, and IANA's registry).
#[must_use]
pub fn closing(close: &Close) -> String {
    let id = match close.code {
        1000 => "ladder-close-normal",
        1001 => "ladder-close-away",
        1002 => "ladder-close-protocol",
        1003 => "ladder-close-kind",
        1007 => "ladder-close-invalid",
        1008 => "ladder-close-policy",
        1009 => "ladder-close-big",
        1010 => "ladder-close-extension",
        1011 => "ladder-close-error",
        1012 => "ladder-close-restart",
        1013 => "ladder-close-later",
        1014 => "ladder-close-gateway",
        3000..=4999 => "ladder-close-own",
        _ => "ladder-close-unknown",
    };
    text::say(id, &[])
}

fn message(message: &Message) -> String {
    let bytes = amount::bytes(message.len);
    let Some(words) = message.text.as_deref() else {
        let id = if message.opcode == Opcode::Text { "ladder-text" } else { "ladder-binary" };
        return text::say(id, &[("bytes", (&bytes).into())]);
    };
    if let Some(sent) = spoken::sent(words) {
        let (to, said) = (shorten(&sent.to, MOST / 2), shorten(&sent.text, MOST));
        return text::say("ladder-sent", &[("to", (&to).into()), ("text", (&said).into())]);
    }
    match spoken::delivered(words) {
        Some(delivered) => delivery(&delivered),
        None => text::say("ladder-quoted", &[("text", (&shorten(words, MOST)).into())]),
    }
}

fn delivery(delivered: &Delivered) -> String {
    let (id, said) = (delivered.id.to_string(), shorten(&delivered.text, MOST));
    match &delivered.from {
        Some(from) => {
            let from = shorten(from, MOST / 2);
            let args = [("id", (&id).into()), ("from", (&from).into()), ("text", (&said).into())];
            text::say("ladder-delivered-from", &args)
        }
        None => text::say("ladder-delivered", &[("id", (&id).into()), ("text", (&said).into())]),
    }
}

fn block(block: &Block) -> String {
    if !block.dispatched {
        return match block.retry_ms {
            Some(retry) => {
                let retry = amount::time(Micros::from_millis(retry));
                text::say("ladder-retry", &[("retry", (&retry).into())])
            }
            None if block.comments > 0 => text::say("ladder-comment", &[]),
            None => text::say("ladder-event-silent", &[]),
        };
    }
    let kind = shorten(block.event.as_deref().unwrap_or("message"), MOST / 2);
    let data = match &block.data {
        Some(data) => shorten(data, MOST),
        None => amount::bytes(block.data_len),
    };
    let args = [("kind", (&kind).into()), ("data", (&data).into())];
    match &block.id {
        Some(id) => {
            let id = shorten(id, MOST / 2);
            let [kind, data] = args;
            text::say("ladder-event", &[("id", (&id).into()), kind, data])
        }
        None => text::say("ladder-event-bare", &args),
    }
}

fn resp(said: &Resp, stroke: Stroke, run: &str) -> (Stroke, String) {
    match said {
        Resp::Command(command) => (stroke, line(&command.name, &command.args, run)),
        Resp::Reply(reply) if reply.kind == ValueKind::Error => {
            (Stroke::Failure, shorten(&reply.text, MOST))
        }
        Resp::Reply(reply) => (stroke, value(reply)),
        Resp::Push(push) => {
            let words = line(&push.name, &push.args, run);
            (stroke, text::say("ladder-push", &[("said", (&words).into())]))
        }
        Resp::Malformed => (Stroke::Unread, text::say("ladder-value-malformed", &[])),
        Resp::Partial => (Stroke::Unread, text::say("ladder-value-partial", &[])),
        Resp::Rest => (Stroke::Unread, text::say("ladder-rest", &[])),
    }
}

/// A command and its arguments, as far as there is room; a run's own name says nothing.
fn line(name: &str, args: &[String], run: &str) -> String {
    let words: Vec<String> = args
        .iter()
        .map(|arg| if run.is_empty() { arg.clone() } else { arg.replace(run, "…") })
        .collect();
    shorten(format!("{name} {}", words.join(" ")).trim_end(), MOST)
}

fn value(reply: &Reply) -> String {
    match reply.kind {
        _ if is_nothing(reply) => text::say("ladder-nothing", &[]),
        ValueKind::Array | ValueKind::Set | ValueKind::Map => {
            let count = reply.text.parse::<u64>().unwrap_or_default();
            text::say("ladder-elements", &[("count", count.into())])
        }
        ValueKind::Bulk => {
            text::say("ladder-quoted", &[("text", (&shorten(&reply.text, MOST)).into())])
        }
        _ => shorten(&reply.text, MOST),
    }
}

/// Whether a reply holds nothing.
#[must_use]
pub fn is_nothing(reply: &Reply) -> bool {
    match reply.kind {
        ValueKind::Null => true,
        ValueKind::Array | ValueKind::Set | ValueKind::Map => reply.text == "0",
        _ => false,
    }
}

/// Whether a command asks the store for messages.
#[must_use]
pub fn reads(command: &Command) -> bool {
    matches!(command.name.as_str(), "XRANGE" | "XREVRANGE" | "XREAD" | "XREADGROUP")
}

/// A text in one line and no more letters than so many.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    let mut letters = text.chars();
    let kept = letters.by_ref().take(most);
    let mut short: String =
        kept.map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if letters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Whether a request waits for its answer as a poll does that is held.
#[must_use]
pub fn is_held(model: &Model, conn: ConnId, asked: Seq) -> bool {
    let exchange = match model.event(asked).map(|event| &event.kind) {
        Some(Kind::Http1(Http1::Request(request))) => Some(request.exchange),
        Some(Kind::Http1(Http1::Body(body))) => body.exchange,
        _ => None,
    };
    let conn = model.conns.get(&conn);
    let key = exchange.and_then(|exchange| conn?.polls.get(&exchange));
    match key.and_then(|key| model.event(key.1)).map(|event| &event.kind) {
        Some(Kind::Http1(Http1::Request(request))) => query(&request.target, "wait").is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_short_and_in_one_line() {
        assert_eq!(shorten("a\nb", 3), "a b");
        assert_eq!(shorten("abcd", 3), "ab…");
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(
            (numbers(&[4, 5]), numbers(&[1, 2, 3, 4, 9])),
            ("#4, #5".into(), "#1 … #9".into())
        );
        assert_eq!(query("/messages?after=3&wait=10", "wait"), Some("10"));
        assert_eq!(query("/messages", "wait"), None);
    }

    #[test]
    fn a_message_says_what_it_says() {
        let told = |text: &str| {
            let len = text.len() as u64;
            message(&Message { opcode: Opcode::Text, frames: 1, len, text: Some(text.to_owned()) })
        };
        assert_eq!(told(r#"{"to":"B","text":"hi"}"#), "to B: hi");
        assert_eq!(told(r#"{"id":7,"from":"A","text":"hi"}"#), "#7 from A: hi");
        assert_eq!(told("hi"), "“hi”");
        let bytes = Message { opcode: Opcode::Binary, frames: 1, len: 12, text: None };
        assert_eq!(message(&bytes), "binary, 12 bytes");
    }

    #[test]
    fn a_close_says_its_code() {
        let close = |close: Option<Close>| {
            let (opcode, len) = (Opcode::Close, 2);
            control(&Frame { fin: true, rsv: 0, opcode, mask: None, len, close })
        };
        let normal = Close { code: 1000, reason: String::new() };
        assert_eq!(close(Some(normal)), "close 1000, normal closure");
        assert_eq!(close(None), "close, without a code");
    }

    #[test]
    fn a_command_is_its_line_without_the_run() {
        let args = vec!["lifeline:abc".to_owned(), "0-*".to_owned()];
        assert_eq!(line("XADD", &args, "abc"), "XADD lifeline:… 0-*");
        assert_eq!(line("PING", &[], "abc"), "PING");
    }
}

//! Requests and their answers: which belongs to which, and what the one makes of the other.

use trace::fault::{Code, Fault};
use trace::grpc::Call;
use trace::http1::{Framing, Request, Response};
use trace::span::Side;

use super::head::Apart;
use super::upgrade::{self, Handshake};
use super::{Http1, Next, State, framing, state_after};
use crate::grpc::{self, Messages};
use crate::listener::Listener;
use crate::sse::Sse;

/// A request whose answer is awaited: what the answer's meaning depends on.
#[derive(Debug, Clone)]
pub struct Awaited {
    exchange: u64,
    method: AskedBy,
    /// Its wish to speak WebSocket.
    websocket: Option<Handshake>,
    /// Its path, where it is a call in gRPC-web.
    path: Option<Box<str>>,
}

/// Methods that change how an answer is framed (RFC 9112, section 6.3, rules 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// `HEAD`
    Head,
    /// `CONNECT`
    Connect,
    /// Any other.
    Other,
}

impl Http1 {
    /// Numbers a request and remembers what its answer's framing depends on.
    pub(super) fn asked(&mut self, request: &mut Request, apart: &Apart, body_start: u64) -> State {
        request.exchange = self.exchanges;
        self.exchanges += 1;
        let method = match request.method.as_str() {
            "HEAD" => AskedBy::Head,
            "CONNECT" => AskedBy::Connect,
            _ => AskedBy::Other,
        };
        let (exchange, websocket) = (request.exchange, apart.websocket);
        let path = apart.messages.map(|_| grpc::kept_path(&request.target).into());
        self.awaited.push_back(Awaited { exchange, method, websocket, path });
        let has_content = !matches!(request.framing, Framing::None | Framing::Length(0));
        self.halves.to_server.listener = apart.messages.filter(|_| has_content).map(|form| {
            let call = Call::Exchange(exchange);
            let messages = Messages::new(self.conn, Side::Client, call, &request.target, form);
            Listener::Grpc(Box::new(messages))
        });
        state_after(request.framing, body_start, Some(exchange))
    }

    /// Ties an answer to its request.
    pub(super) fn answered(
        &mut self,
        response: &mut Response,
        apart: &Apart,
        body_start: u64,
        faults: &mut Vec<Fault>,
    ) -> State {
        // An interim answer leaves its request waiting for the final one (RFC 9110, section 15.2).
        let interim = response.status < 200 && response.status != 101;
        let asked = if interim { self.awaited.front().cloned() } else { self.awaited.pop_front() };
        response.exchange = asked.as_ref().map(|asked| asked.exchange);
        if asked.is_none() {
            faults.push(Fault { code: Code::Unsolicited, span: None });
        }
        let method = asked.as_ref().map_or(AskedBy::Other, |asked| asked.method);
        response.framing = framing::of_response(response.status, response.framing, method);
        response.persistent &= response.framing != Framing::UntilClose;
        let success = (200..300).contains(&response.status);
        self.upgraded |= response.status == 101 || (method == AskedBy::Connect && success);
        let wish = asked.as_ref().and_then(|asked| asked.websocket);
        if let (101, Some(wish), Some(answer)) = (response.status, wish, apart.websocket) {
            faults.extend(upgrade::judge(&wish, &answer));
            // What the client has sent since is WebSocket's only if it was not read as HTTP.
            let untouched =
                matches!(self.halves.to_server.state, State::Head { .. } | State::Ended);
            let next = Next::Websocket { extensions: answer.extensions };
            self.next = (self.awaited.is_empty() && untouched).then_some(next);
        }
        self.halves.to_client.listener = match response.framing {
            Framing::None | Framing::Length(0) => None,
            _ if apart.event_stream && success => {
                Some(Listener::Sse(Box::new(Sse::new(self.conn, response.exchange))))
            }
            _ => asked.and_then(|asked| self.answer_in_messages(&asked, apart)),
        };
        state_after(response.framing, body_start, response.exchange)
    }

    /// Who listens to an answer's messages, if it holds any.
    fn answer_in_messages(&self, asked: &Awaited, apart: &Apart) -> Option<Listener> {
        let form = apart.messages?;
        let call = Call::Exchange(asked.exchange);
        let path = asked.path.as_deref().unwrap_or_default();
        let messages = Messages::new(self.conn, Side::Server, call, path, form);
        Some(Listener::Grpc(Box::new(messages)))
    }
}

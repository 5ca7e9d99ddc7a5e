//! Requests and their answers: which belongs to which, and what the one makes of the other.

use trace::fault::{Code, Fault};
use trace::http1::{Framing, Request, Response};

use super::head::Apart;
use super::upgrade::{self, Handshake};
use super::{Http1, State, framing, state_after};
use crate::sse::Sse;

/// A request whose answer is awaited: what the answer's meaning depends on.
#[derive(Debug, Clone, Copy)]
pub struct Awaited {
    exchange: u64,
    method: AskedBy,
    /// Its wish to speak WebSocket.
    websocket: Option<Handshake>,
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
        self.awaited.push_back(Awaited { exchange, method, websocket });
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
        let asked = if interim { self.awaited.front().copied() } else { self.awaited.pop_front() };
        response.exchange = asked.map(|asked| asked.exchange);
        if asked.is_none() {
            faults.push(Fault { code: Code::Unsolicited, span: None });
        }
        let method = asked.map_or(AskedBy::Other, |asked| asked.method);
        response.framing = framing::of_response(response.status, response.framing, method);
        response.persistent &= response.framing != Framing::UntilClose;
        let success = (200..300).contains(&response.status);
        self.upgraded |= response.status == 101 || (method == AskedBy::Connect && success);
        let wish = asked.and_then(|asked| asked.websocket);
        if let (101, Some(wish), Some(answer)) = (response.status, wish, apart.websocket) {
            faults.extend(upgrade::judge(&wish, &answer));
            // What the client has sent since is WebSocket's only if it was not read as HTTP.
            let untouched = matches!(self.to_server.state, State::Head { .. } | State::Ended);
            self.next = (self.awaited.is_empty() && untouched).then_some(answer.extensions);
        }
        let has_content = !matches!(response.framing, Framing::None | Framing::Length(0));
        self.to_client.stream = (apart.event_stream && success && has_content)
            .then(|| Box::new(Sse::new(self.conn, response.exchange)));
        state_after(response.framing, body_start, response.exchange)
    }
}

//! A user's socket: the switch from HTTP, and what goes over it until it closes (RFC 6455).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame, Message as Said, Role, WebSocketConfig,
};
use tokio_util::sync::CancellationToken;
use trace::note::Act;

use super::{Guest, take};
use crate::activity::Activity;
use crate::content::Content;
use crate::instance::Worker;
use crate::labs::Kind;
use crate::labs::services::{BadNumber, number, problem};
use crate::link;
use crate::lobby::is_user;
use crate::run::Bound;

/// The largest message that is read (RFC 6455, section 7.4.1: 1009 for more).
const MESSAGE_MOST: usize = 4 << 20;

/// How long a client may take to read what it is sent, or to close after we did.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who joins with a socket.
#[derive(Debug)]
pub struct Joins {
    guest: Arc<Guest>,
    instance: Worker,
}

impl Joins {
    /// The 101 goes out. Who has read it may rely on it: what comes for the user from here on is
    /// kept at this instance.
    pub fn come(&self, bound: &Bound) {
        let home = self.instance.name();
        bound.run.shared.homes.lock().insert(self.guest.user.clone(), home);
    }
}

/// Answers a request for a socket; none where it is no such request. With an answer 101 somebody joins.
pub fn switch(
    bound: &Bound,
    request: &mut Request<Incoming>,
) -> Option<(Response<Content>, Option<Joins>)> {
    let notifies = Kind::named(&bound.run.log.header.lab).is_some_and(Kind::notifies);
    let instance = bound.instance.clone().filter(|_| notifies)?;
    let wanted = request.method() == Method::GET && request.uri().path().ends_with("/socket");
    let headers = request.headers();
    if !wanted || !says(headers, &header::UPGRADE, "websocket") {
        return None;
    }
    let bad = |why: &str| Some((problem(422, "Unprocessable Content", why), None));
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let version = headers.get(header::SEC_WEBSOCKET_VERSION);
    let in_order = says(headers, &header::CONNECTION, "upgrade")
        && version.is_some_and(|version| version == "13");
    let (Some(key), true) = (key, in_order) else {
        let why =
            "Ask for the upgrade to websocket, version 13, with a key (RFC 6455, section 4.1).";
        let mut response = problem(426, "Upgrade Required", why);
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Some((response, None));
    };
    let query = request.uri().query().unwrap_or_default();
    let user = query.split('&').find_map(|pair| pair.strip_prefix("user=")).unwrap_or_default();
    if !is_user(user) {
        return bad("user takes 1 to 16 letters and digits: /socket?user=A.");
    }
    let after = match number(query, "after", u64::MAX) {
        Ok(after) => after.unwrap_or(0),
        Err(BadNumber(why)) => return bad(&why),
    };
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(Content::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    answer.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    let instance = Worker { run: bound.run.clone(), instance };
    let guest = Guest::new(user, bound.conn, after, Arc::clone(&bound.moved));
    Some((response, Some(Joins { guest, instance })))
}

/// Whether a header lists a word.
fn says(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut members = values.flat_map(|value| value.split(','));
    members.any(|member| member.trim().eq_ignore_ascii_case(word))
}

/// A socket after the switch.
pub struct Socket {
    /// Its connection's place in the run.
    pub bound: Arc<Bound>,
    /// Whose it is.
    pub joins: Joins,
    /// What was written on it.
    pub activity: Arc<Activity>,
    /// The server stops.
    pub stop: CancellationToken,
    /// The instance is killed.
    pub killed: CancellationToken,
}

/// How a socket goes on.
enum Next {
    On,
    /// The client is gone, or closed and was answered.
    Gone,
    /// We close, and say why.
    Close(CloseCode, &'static str),
}

impl Socket {
    /// Takes the stream over from HTTP, with what was read of it already. What is given back speaks
    /// WebSocket until it is closed. It is what an idle socket costs: it holds nothing else.
    pub async fn begin<S>(self, stream: S, read: Bytes) -> BoxFuture<'static, ()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let config = WebSocketConfig::default()
            .read_buffer_size(256)
            .write_buffer_size(0)
            .max_write_buffer_size(MESSAGE_MOST)
            .max_message_size(Some(MESSAGE_MOST))
            .max_frame_size(Some(MESSAGE_MOST));
        let (part, role) = (read.to_vec(), Role::Server);
        let mut ws = WebSocketStream::from_partially_read(stream, part, role, Some(config)).await;
        // A block, not a function: what a function is given lies twice in its future.
        Box::pin(async move {
            if !self.join() {
                return;
            }
            self.talk(&mut ws).await;
            // The users of a dead instance have left with it.
            if !self.killed.is_cancelled() {
                let Joins { guest, instance: worker } = &self.joins;
                worker.instance.hall.leave(worker, guest);
                Box::pin(link::close(ws.get_mut())).await;
            }
        })
    }

    /// Joins the others who are here, if the instance still is.
    fn join(&self) -> bool {
        let Joins { guest, instance: worker } = &self.joins;
        if !worker.instance.hall.join(worker, guest, &self.killed) {
            return false;
        }
        worker.instance.hall.watch(worker, &self.stop);
        if worker.run.word("mode") != "stateful" {
            worker.instance.hall.pull(worker, worker.instance.killed());
        }
        true
    }

    async fn talk<S>(&self, ws: &mut WebSocketStream<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let run = &self.bound.run;
        let pause = Duration::from_secs(run.number("ping_s").max(1));
        let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + pause, pause);
        pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let next = tokio::select! {
                // In boxes: what is soon over then gives its room back.
                said = ws.next() => Box::pin(self.unless_killed(self.hear(said))).await,
                () = self.joins.guest.wake.notified() => Box::pin(self.woken(ws)).await,
                _ = pings.tick() => {
                    Box::pin(self.unless_killed(send(ws, Said::Ping(Bytes::new())))).await
                }
            };
            match next {
                Next::On => run.touch(),
                Next::Gone => return,
                Next::Close(code, reason) => {
                    let close = async {
                        self.close(ws, code, reason).await;
                        Next::Gone
                    };
                    Box::pin(self.unless_killed(close)).await;
                    return;
                }
            }
        }
    }

    /// Something is in the inbox, or it is the end: of the instance, the run or the server.
    async fn woken<S>(&self, ws: &mut WebSocketStream<S>) -> Next
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if !self.bound.run.state().serves() {
            Next::Close(CloseCode::Away, "the run is over")
        } else if self.stop.is_cancelled() {
            Next::Close(CloseCode::Away, "the server stops")
        } else {
            self.unless_killed(self.deliver(ws, &self.joins.guest)).await
        }
    }

    /// Does something for as long as the instance lives.
    async fn unless_killed(&self, work: impl Future<Output = Next> + Send) -> Next {
        tokio::select! {
            biased;
            () = self.killed.cancelled() => Next::Gone,
            next = work => next,
        }
    }

    /// What the client says. A ping is answered, and a close too, by the library.
    async fn hear(&self, said: Option<Result<Said, Error>>) -> Next {
        let text = match said {
            Some(Ok(Said::Text(text))) => text,
            Some(Ok(Said::Binary(_))) => {
                return Next::Close(CloseCode::Unsupported, "this chat takes texts");
            }
            Some(Ok(_)) => return Next::On,
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                return Next::Close(CloseCode::Size, "a message may have 4 MiB");
            }
            Some(Err(Error::Utf8(_))) => return Next::Close(CloseCode::Invalid, "not UTF-8"),
            Some(Err(Error::Protocol(_))) => {
                return Next::Close(CloseCode::Protocol, "that breaks the rules of RFC 6455");
            }
            Some(Err(_)) | None => return Next::Gone,
        };
        let Some(sent) = trace::spoken::sent(&text) else {
            return Next::Close(CloseCode::Policy, "a message is {\"to\":\"B\",\"text\":\"…\"}");
        };
        if sent.text.len() as u64 > self.bound.run.caps.message_bytes {
            return Next::Close(CloseCode::Size, "a message's text is too long");
        }
        let Joins { guest, instance } = &self.joins;
        match take(instance, self.bound.conn, &guest.user, sent).await {
            Ok(()) => Next::On,
            Err(why) => {
                tracing::debug!(run = %self.bound.run.id, why, "not taken");
                Next::Close(CloseCode::Again, "the shared store does not take it now")
            }
        }
    }

    /// Waits at the gate, and goes on listening meanwhile: who leaves is not waited for.
    async fn at_gate<S>(&self, ws: &mut WebSocketStream<S>, act: Act) -> Next
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut pass = std::pin::pin!(self.bound.run.gate.pass(self.bound.conn, act));
        loop {
            let next = tokio::select! {
                biased;
                () = pass.as_mut() => return Next::On,
                said = ws.next() => self.hear(said).await,
            };
            if !matches!(next, Next::On) {
                return next;
            }
        }
    }

    /// Sends what is in the user's inbox.
    async fn deliver<S>(&self, ws: &mut WebSocketStream<S>, guest: &Guest) -> Next
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        while let Some(message) = guest.next() {
            if let gone @ (Next::Gone | Next::Close(..)) = self.at_gate(ws, Act::Push).await {
                return gone;
            }
            let text = json!({"id": message.id, "from": message.from, "text": message.text});
            if let Next::Gone = send(ws, Said::text(text.to_string())).await {
                return Next::Gone;
            }
            guest.wrote(message.id, self.activity.written());
            self.joins.instance.instance.hall.wrote(&guest.user, message.id);
        }
        if guest.overrun.load(Ordering::Relaxed) {
            return Next::Close(CloseCode::Policy, "too slow: its inbox is full");
        }
        Next::On
    }

    /// Closes, and waits for the client to do so too.
    async fn close<S>(&self, ws: &mut WebSocketStream<S>, code: CloseCode, reason: &'static str)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if let Next::Gone = self.at_gate(ws, Act::Close).await {
            return;
        }
        let frame = CloseFrame { code, reason: reason.into() };
        let both = async {
            if ws.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = ws.next().await {}
            }
        };
        let _ = tokio::time::timeout(PATIENCE, both).await;
    }
}

/// Sends a message. A client that does not read is gone.
async fn send<S>(ws: &mut WebSocketStream<S>, said: Said) -> Next
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    match tokio::time::timeout(PATIENCE, ws.send(said)).await {
        Ok(Ok(())) => Next::On,
        _ => Next::Gone,
    }
}

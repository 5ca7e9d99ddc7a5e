//! The lab `websocket`: users of a chat, each at an instance over a socket of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use trace::participant::Role;
use trace::studio::{Lab, Param, ParamKind};

use super::{choice, common, integer, lab, param};
use crate::agent::{AGENT, dial};
use crate::listen::Service;
use crate::run::{Run, user};

/// How long until a user whose socket broke comes back.
const AGAIN: Duration = Duration::from_millis(500);

/// How long after the last was sent the messages that are missing are waited for.
const AFTER_ALL: Duration = Duration::from_secs(3);

/// How many of a busy user's messages there are for each of somebody else's.
const BUSY: u64 = 10;

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let busy: Param = param("busy", ParamKind::Boolean { default: false });
    let mut params = vec![
        choice("mode", &["stateless", "stateful"]),
        integer("clients", [2, 2, 20], ""),
        integer("instances", [1, 2, 32], ""),
        integer("messages", [1, 4, 10_000], ""),
        integer("message_every_ms", [1, 1_000, 60_000], "ms"),
        busy,
        integer("pull_ms", [10, 500, 10_000], "ms"),
        integer("ping_s", [1, 5, 60], "s"),
    ];
    params.extend(common());
    lab("websocket", "notifications", params)
}

/// The users' names: A, B, C …
pub fn users(count: u64) -> impl Iterator<Item = String> {
    (b'A'..=b'Z')
        .take(usize::try_from(count).unwrap_or(26))
        .map(|name| char::from(name).to_string())
}

/// Who sends the message of this number, from 0, and to whom.
fn turn(number: u64, clients: u64, busy: bool) -> (u64, u64) {
    let others = clients - 1;
    if !busy {
        // A and B talk, in turn.
        return (number % 2, (number + 1) % 2);
    }
    // Ten of A's for each of the others'; A's go to the others in turn.
    let round = BUSY * others + others;
    let place = number % round;
    if place < BUSY * others { (0, 1 + place % others) } else { (1 + place - BUSY * others, 0) }
}

/// What all users know together.
struct Chat<'a> {
    run: &'a Run,
    services: &'a [Service],
    began: Instant,
    /// Messages that arrived.
    arrived: Mutex<BTreeSet<u64>>,
}

impl Chat<'_> {
    /// Whether all was said and heard, or heard as far as it can be.
    fn over(&self) -> bool {
        let (messages, every) = (self.run.number("messages"), self.every());
        let all_said = self.began + every.mul_f64(messages as f64);
        let now = Instant::now();
        now >= all_said && self.arrived.lock().len() as u64 >= messages
            || now >= all_said + AFTER_ALL
    }

    fn every(&self) -> Duration {
        Duration::from_millis(self.run.number("message_every_ms"))
    }
}

/// The agent plays all users, each with a socket of its own.
pub async fn ask(run: &Run, services: &[Service]) -> anyhow::Result<()> {
    let began = Instant::now();
    let chat = Chat { run, services, began, arrived: Mutex::default() };
    let clients = run.number("clients");
    let one = |(number, name): (u64, String)| talk(&chat, number, name, clients);
    join_all((0..).zip(users(clients)).map(one)).await;
    Ok(())
}

/// A user's part: comes back at the next instance whenever the socket broke.
async fn talk(chat: &Chat<'_>, number: u64, name: String, clients: u64) {
    let mine = |said: &u64| {
        turn(*said, clients, chat.run.params().get("busy") == Some(&true.into())).0 == number
    };
    let mut said = (0..chat.run.number("messages")).filter(mine).peekable();
    let mut user = User { chat, name, clients, last: 0 };
    let mut place = usize::try_from(number).unwrap_or_default() % chat.services.len().max(1);
    loop {
        let Some(service) = chat.services.get(place) else { return };
        match user.once(service, &mut said).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(run = %chat.run.id, %error, "a user comes back"),
        }
        if chat.over() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
        place = (place + 1) % chat.services.len().max(1);
    }
}

struct User<'a> {
    chat: &'a Chat<'a>,
    name: String,
    clients: u64,
    last: u64,
}

impl User<'_> {
    /// From a socket's opening to its end; an error where it broke.
    async fn once(
        &mut self,
        service: &Service,
        said: &mut std::iter::Peekable<impl Iterator<Item = u64>>,
    ) -> anyhow::Result<()> {
        let mut ws = self.connect(service).await?;
        let mut look = tokio::time::interval(Duration::from_millis(50));
        loop {
            let due = said
                .peek()
                .map(|number| self.chat.began + self.chat.every().mul_f64(*number as f64 + 1.0));
            tokio::select! {
                heard = ws.next() => match heard.context("the socket broke")?? {
                    Message::Text(text) => self.hear(&text),
                    Message::Close(_) => anyhow::bail!("closed by the other side"),
                    _ => {}
                },
                () = until(due) => {
                    // What could not be sent is sent when the user is back.
                    let number = said.peek().copied().unwrap_or_default();
                    ws.send(Message::text(self.words(number))).await?;
                    said.next();
                }
                _ = look.tick() => if self.chat.over() {
                    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                    ws.close(Some(frame)).await?;
                    while let Some(Ok(_)) = ws.next().await {}
                    return Ok(());
                },
            }
        }
    }

    async fn connect(&self, service: &Service) -> anyhow::Result<WebSocketStream<TcpStream>> {
        let who = user(&self.name, Role::Agent);
        let (stream, host) = dial(self.chat.run, service.addr, who).await?;
        let (run, name, last) = (&self.chat.run.id, &self.name, self.last);
        let url = format!("ws://{host}/r/{run}/socket?user={name}&after={last}");
        let mut request = url.into_client_request()?;
        let agent = http::HeaderValue::from_static(AGENT);
        request.headers_mut().insert(http::header::USER_AGENT, agent);
        let (ws, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(ws)
    }

    fn hear(&mut self, text: &str) {
        if let Some(message) = trace::spoken::delivered(text) {
            self.last = self.last.max(message.id);
            self.chat.arrived.lock().insert(message.id);
        }
    }

    fn words(&self, number: u64) -> String {
        let busy = self.chat.run.params().get("busy") == Some(&true.into());
        let (_, to) = turn(number, self.clients, busy);
        let to = users(self.clients).nth(usize::try_from(to).unwrap_or_default());
        json!({"to": to, "text": format!("Message {}", number + 1)}).to_string()
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The users among a run's participants.
pub fn participants(
    run_params: &serde_json::Map<String, serde_json::Value>,
    role: Role,
) -> Vec<trace::participant::Participant> {
    let clients = run_params.get("clients").and_then(serde_json::Value::as_u64).unwrap_or(2);
    users(clients).map(|name| user(&name, role)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_user_sends_ten_for_each_of_the_others() {
        assert_eq!((turn(0, 2, false), turn(1, 2, false)), ((0, 1), (1, 0)));
        let senders: Vec<u64> = (0..33).map(|number| turn(number, 4, true).0).collect();
        let of = |user| senders.iter().filter(|sender| **sender == user).count();
        assert_eq!([of(0), of(1), of(2), of(3)], [30, 1, 1, 1]);
    }
}

//! A follower of a run's live feed, who looks at the clock when a line comes.

use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use trace::entry::Entry;
use trace::log::Line;

use crate::{log, within};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Lines that may wait for the test to look at them.
const QUEUE: usize = 4_096;

/// A follower.
pub struct Live {
    to: SplitSink<Socket, Message>,
    heard: mpsc::Receiver<Heard>,
}

/// Something that came, and when.
#[derive(Debug)]
pub struct Heard {
    /// The moment at which it was here.
    pub at: Instant,
    /// What it was.
    pub said: Said,
}

/// What came.
#[derive(Debug)]
pub enum Said {
    /// A line of the log.
    Line(Line),
    /// The end: the code of the close frame, or none where the connection just ended.
    Closed(Option<u16>),
}

impl Live {
    /// Follows a run from a number on.
    ///
    /// # Errors
    /// The status of a refusal.
    pub async fn follow(port: u16, run: &str, after: u64) -> Result<Self, u16> {
        let url = format!("ws://127.0.0.1:{port}/api/runs/{run}/live?after={after}");
        let socket = match connect_async(url).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(response)) => return Err(response.status().as_u16()),
            Err(error) => panic!("no live feed: {error}"),
        };
        let (to, mut from) = socket.split();
        let (queue, heard) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            loop {
                let said = match from.next().await {
                    Some(Ok(Message::Text(text))) => line(text.as_str()),
                    Some(Ok(Message::Close(frame))) => {
                        Said::Closed(frame.map(|frame| u16::from(frame.code)))
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => Said::Closed(None),
                };
                let over = matches!(said, Said::Closed(_));
                if queue.send(Heard { at: Instant::now(), said }).await.is_err() || over {
                    return;
                }
            }
        });
        Ok(Self { to, heard })
    }

    /// Says that this follower is the page that drives the run.
    pub async fn drive(&mut self, key: &str) {
        let say = json!({ "say": "drive", "key": key }).to_string();
        self.to.send(Message::text(say)).await.expect("the feed takes what a page says");
    }

    /// Says something, as a page would.
    pub async fn say(&mut self, said: &serde_json::Value) {
        let said = Message::text(said.to_string());
        self.to.send(said).await.expect("the feed takes what a page says");
    }

    /// The next thing that comes.
    pub async fn next(&mut self, limit: Duration) -> Heard {
        let next = within(limit, "something comes on the live feed", self.heard.recv()).await;
        next.expect("the live feed is not over")
    }

    /// Entries, until one is as wanted; with the moments of their coming.
    pub async fn until(
        &mut self,
        limit: Duration,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Vec<(Instant, Entry)> {
        let mut entries = Vec::new();
        loop {
            let heard = self.next(limit).await;
            match heard.said {
                Said::Line(Line::Header(_)) => {}
                Said::Line(Line::Entry(entry)) => {
                    let over = wanted(&entry);
                    entries.push((heard.at, *entry));
                    if over {
                        return entries;
                    }
                }
                Said::Closed(code) => panic!("the live feed ended with {code:?}"),
            }
        }
    }

    /// Waits for the end. Gives the close frame's code.
    pub async fn closed(&mut self, limit: Duration) -> Option<u16> {
        loop {
            if let Said::Closed(code) = self.next(limit).await.said {
                return code;
            }
        }
    }
}

/// Follows a run from its beginning to the feed's end and looks at its lines as text, since there are many.
/// The task ends with the feed.
pub async fn lines(
    port: u16,
    run: &str,
    mut heard: impl FnMut(&str) + Send + 'static,
) -> JoinHandle<()> {
    let url = format!("ws://127.0.0.1:{port}/api/runs/{run}/live?after=0");
    let (mut socket, _) = connect_async(url).await.expect("the live feed answers");
    tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                heard(text.as_str());
            }
        }
    })
}

fn line(text: &str) -> Said {
    if let Some(why) = log::refusal(text) {
        panic!("the schema refuses a live line: {why}\n{text}");
    }
    Said::Line(trace::log::line(text).expect("a line of a log"))
}

//! The live feed: the lines of a run's log over one WebSocket, from any number on. A page that gives
//! the run's key becomes its driver.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trace::ids::Seq;
use trace::studio::Say;

use super::Studio;
use super::guard::{Caller, same};
use super::problem::Refused;
use super::runs_api::{After, after, find};
use crate::run::Driver;
use crate::runs::{Found, upto};

/// The most lines that are sent before the socket is flushed.
const BATCH: usize = 256;

/// Longer than any line can be: a line is at most a read of 64 KiB, or some thousand fields.
const LINE_MAX: usize = 4 * 1024 * 1024;

/// How long a follower may leave its socket unread before it is cut.
const STALLED: Duration = Duration::from_secs(10);

/// What is said where a kept log ends early.
const UNREADABLE: &str = "the kept log cannot be read";

/// How often a quiet follower is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// `GET /api/runs/{id}/live`
pub async fn live(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    Path(id): Path<String>,
    from: Result<Query<After>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refused> {
    let run = find(&studio, &id)?;
    let seen = after(from)?;
    let upgrade = upgrade.map_err(|_| {
        Refused::new(
            StatusCode::UPGRADE_REQUIRED,
            "The live feed is a WebSocket: ask for that upgrade.",
        )
    })?;
    let trusted = studio.trusts(&caller);
    let stop = studio.stop.clone();
    // axum's own sizes cost 137 KB a connection; a follower says little and reads much.
    Ok(upgrade
        .read_buffer_size(512)
        .write_buffer_size(0)
        .max_write_buffer_size(LINE_MAX)
        .max_message_size(4 * 1024)
        .max_frame_size(4 * 1024)
        .on_upgrade(move |socket| async move {
            let follower = Follower { run, seen, trusted, driver: None, reports: 0 };
            follower.follow(socket, stop).await;
        }))
}

/// The most reports that a page may write into a log.
const REPORTS: u64 = 1_000;

struct Follower {
    run: Found,
    seen: Seq,
    trusted: bool,
    driver: Option<Driver>,
    /// How much it has reported.
    reports: u64,
}

impl Follower {
    async fn follow(mut self, socket: WebSocket, stop: CancellationToken) {
        let (mut to, mut from) = socket.split();
        let mut last = self.run.last();
        let mut failed = send(&mut to, vec![text(self.run.header_line())]).await.is_err();
        while !failed {
            let Ok(lines) = self.run.lines(self.seen, BATCH).await else {
                let _ = send(&mut to, vec![end(close_code::ERROR, UNREADABLE)]).await;
                return;
            };
            if !lines.is_empty() {
                self.seen = upto(self.seen, &lines);
                failed = send(&mut to, lines.into_iter().map(text).collect()).await.is_err();
                continue;
            }
            tokio::select! {
                gone = changed(&mut last) => failed = gone,
                said = from.next() => match said {
                    Some(Ok(Message::Text(said))) => self.hear(&said),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = tokio::time::sleep(PING) => {
                    failed = send(&mut to, vec![Message::Ping(Bytes::new())]).await.is_err();
                }
                () = stop.cancelled() => {
                    let _ = send(&mut to, vec![end(close_code::AWAY, "the server stops")]).await;
                    return;
                }
            }
        }
    }

    /// What a page says: that it drives the run, what only it knows of it, that it is done.
    fn hear(&mut self, said: &str) {
        let Found::Live(run) = &self.run else { return };
        match serde_json::from_str(said) {
            Ok(Say::Drive { key })
                if self.driver.is_none() && (self.trusted || same(&key, &run.key)) =>
            {
                self.driver = Some(run.attach());
            }
            Ok(Say::Done) if self.driver.is_some() => run.page_done(),
            Ok(Say::Report(report)) if self.driver.is_some() && self.reports < REPORTS => {
                self.reports += 1;
                run.report(report);
            }
            _ => {}
        }
    }
}

/// Waits until a log has more; for ever where it will not. Says whether the log is gone.
async fn changed(last: &mut Option<watch::Receiver<Seq>>) -> bool {
    match last {
        Some(last) => last.changed().await.is_err(),
        None => std::future::pending().await,
    }
}

/// The end, and why.
fn end(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
}

fn text(line: Bytes) -> Message {
    // A line is JSON that serde_json wrote, so it is UTF-8.
    Message::Text(Utf8Bytes::try_from(line).unwrap_or_default())
}

/// Sends messages and flushes once. A follower that does not read is cut.
async fn send(
    to: &mut futures_util::stream::SplitSink<WebSocket, Message>,
    messages: Vec<Message>,
) -> Result<(), Stalled> {
    let all = async {
        for message in messages {
            to.feed(message).await.map_err(|_| Stalled)?;
        }
        to.flush().await.map_err(|_| Stalled)
    };
    tokio::time::timeout(STALLED, all).await.unwrap_or(Err(Stalled))
}

/// A follower that is gone, or does not read.
struct Stalled;

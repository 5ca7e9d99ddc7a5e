//! The recorder of a connection: takes what the tap heard, writes it into the run's log, and has it
//! decoded. One task a connection, off the path of the bytes.

mod shared;

use std::sync::Arc;

use trace::entry::{self, Carried, Chunk, Loss, Lost, Passed, What};
use trace::event::Event;
use trace::ids::ConnId;
use trace::note::{self, Note};
use trace::span::{Dir, Side};
use trace::time::Micros;
use wire::conn::Conn;

use crate::caps::Caps;
use crate::clock;
use crate::log::{Appended, Log};
use crate::run::Sharing;
use crate::tap::{Closed, Heard, Hearing, Missed};
use shared::Shared;

/// Writes one connection's life into a run's log.
pub struct Recorder {
    conn: ConnId,
    log: Arc<Log>,
    began: Micros,
    /// How much of a body is kept.
    body_kept: u64,
    decoder: Conn,
    ways: [Way; 2],
    missed: Arc<Missed>,
    over: bool,
    /// Other runs that may hear it too.
    shared: Option<Box<Shared>>,
}

/// What is known of one direction.
struct Way {
    /// Bytes heard or missed so far.
    offset: u64,
    /// Bytes said to be missed so far.
    missed: u64,
    decoded: Decoded,
    /// Bytes not kept since the last entry that said so.
    unsaid: Option<Unsaid>,
}

/// Bytes that were decoded and not kept.
#[derive(Debug)]
struct Unsaid {
    offset: u64,
    len: u64,
    why: Loss,
}

/// Whether a loss is said for the first time or the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saying {
    First,
    Rest,
}

#[derive(PartialEq, Eq)]
enum Decoded {
    Yes,
    NoMore,
}

impl Recorder {
    /// A recorder for a connection that became a run's.
    pub fn new(
        (conn, decoder): (ConnId, Conn),
        log: Arc<Log>,
        began: Micros,
        caps: Caps,
        missed: Arc<Missed>,
    ) -> Self {
        let way = || Way { offset: 0, missed: 0, decoded: Decoded::Yes, unsaid: None };
        let ways = [way(), way()];
        let body_kept = caps.body_kept_bytes;
        Self { conn, log, began, body_kept, decoder, ways, missed, over: false, shared: None }
    }

    /// The same for a connection that other runs may come to share.
    #[must_use]
    pub fn shared_by(mut self, sharing: Option<Arc<Sharing>>) -> Self {
        let (conn, log, began) = (self.conn, &self.log, self.began);
        self.shared = sharing.map(|sharing| Box::new(Shared::new(sharing, conn, log, began)));
        self
    }

    /// Records until the connection is gone.
    #[expect(clippy::manual_async_fn, reason = "what a function is given lies twice in its future")]
    pub fn run(mut self, mut heard: Hearing) -> impl Future<Output = ()> + Send + 'static {
        async move {
            while let Some(next) = heard.recv().await {
                self.hear(next);
                if heard.is_empty() {
                    self.say_missed(Saying::First);
                }
            }
            let by_us = Closed { at: clock::now(), by: Side::Server, how: entry::Ending::Fin };
            let closed = self.missed.closed().unwrap_or(by_us);
            self.say_missed(Saying::Rest);
            self.closed(closed);
            self.end();
        }
    }

    fn hear(&mut self, next: Heard) {
        match next {
            Heard::Bytes { dir, at, bytes } => self.bytes(dir, at, &bytes),
            Heard::Passed { dir, at, upto } => match &mut self.shared {
                Some(shared) => shared.passed(dir, at, upto),
                None => {
                    let passed = Passed { conn: self.conn, dir, offset: upto };
                    self.append(at, What::Passed(passed));
                }
            },
            Heard::GaveUp { at, after } => {
                let waited = after.0 / 1_000_000;
                let why = format!(
                    "the client has not read for {waited} s: what was under way to it is lost"
                );
                let what = note::What::Refused { status: None, why };
                self.say(at, |conn| What::Note(Note { conn: Some(conn), what: what.clone() }));
            }
            Heard::Carried { dir, at, upto, outer, outer_upto } => {
                let (conn, offset, outer_offset) = (self.conn, upto, outer_upto);
                let carried = Carried { conn, dir, offset, outer, outer_offset };
                self.append(at, What::Carried(carried));
            }
            Heard::Closed(closed) => self.closed(closed),
        }
    }

    fn bytes(&mut self, dir: Dir, at: Micros, bytes: &[u8]) {
        let way = &mut self.ways[dir.index()];
        let (offset, end) = (way.offset, way.offset + bytes.len() as u64);
        way.offset = end;
        let body = self.decoder.open_body(dir);
        let mut events = Vec::new();
        if way.decoded == Decoded::Yes {
            self.decoder.feed(dir, bytes, &mut events);
        }
        if self.shared.as_mut().is_some_and(|shared| shared.splits(&events)) {
            self.say_all_not_kept(at);
        }
        if let Some(shared) = &mut self.shared {
            if shared.is_split() {
                shared.hear(dir, (at, offset), bytes, events);
                return;
            }
            shared.remember(dir, (at, offset), bytes, &events);
        }
        // A body is kept only so far; what follows it in the same read is kept again.
        let too_far = body.filter(|start| offset.saturating_sub(*start) >= self.body_kept);
        let body_end = too_far.map_or(offset, |start| {
            let its = |event: &&Event| event.evidence.start() == start && !event.kind.is_upper();
            let over = events.iter().find(its);
            over.map_or(end, |event| event.evidence.end())
        });
        if body_end > offset {
            self.not_kept(dir, Unsaid { offset, len: body_end - offset, why: Loss::Body });
        }
        let skipped = usize::try_from(body_end - offset).unwrap_or(usize::MAX);
        let kept = bytes.get(skipped..).unwrap_or_default();
        if !kept.is_empty() {
            self.keep(dir, at, body_end, kept);
        }
        for event in events {
            self.append(at, What::Event(event));
        }
    }

    fn keep(&mut self, dir: Dir, at: Micros, offset: u64, bytes: &[u8]) {
        let len = bytes.len() as u64;
        // A full run counts to the end and says it once.
        if !self.log.is_full() {
            self.say_not_kept(dir, at);
            let chunk = Chunk { conn: self.conn, dir, offset, bytes: bytes.to_vec() };
            if self.append(at, What::Chunk(chunk)) != Appended::Full {
                return;
            }
        }
        self.not_kept(dir, Unsaid { offset, len, why: Loss::Run });
    }

    /// Counts bytes that are decoded and not kept. They are said in one entry, when the direction
    /// goes on or ends.
    fn not_kept(&mut self, dir: Dir, more: Unsaid) {
        match &mut self.ways[dir.index()].unsaid {
            Some(unsaid) => unsaid.len += more.len,
            none => *none = Some(more),
        }
    }

    fn say_not_kept(&mut self, dir: Dir, at: Micros) {
        let Some(Unsaid { offset, len, why }) = self.ways[dir.index()].unsaid.take() else {
            return;
        };
        self.append(at, What::Lost(Lost { conn: self.conn, dir, offset, len, why }));
    }

    fn say_all_not_kept(&mut self, at: Micros) {
        for dir in [Dir::ToServer, Dir::ToClient] {
            self.say_not_kept(dir, at);
        }
    }

    /// Who shares the connection by now is told of it too, from here on.
    fn catch_up(&mut self, at: Micros) {
        if let Some(shared) = &mut self.shared {
            shared.catch_up();
            if shared.is_split() {
                self.say_all_not_kept(at);
            }
        }
    }

    /// Says what the queue had no room for; that direction is counted and no longer decoded. Only
    /// when the queue is empty: what is missing comes after everything that was in it.
    fn say_missed(&mut self, saying: Saying) {
        for dir in [Dir::ToServer, Dir::ToClient] {
            let total = self.missed.bytes(dir);
            let way = &mut self.ways[dir.index()];
            let len = total - way.missed;
            // Said at once, and then once more at the end: not with every read.
            if len == 0 || (saying == Saying::First && way.missed > 0) {
                continue;
            }
            way.missed = total;
            let offset = way.offset;
            way.offset += len;
            let mut events = Vec::new();
            if way.decoded == Decoded::Yes {
                way.decoded = Decoded::NoMore;
                self.decoder.lost(dir, &mut events);
            }
            let at = clock::now();
            self.catch_up(at);
            if let Some(shared) = self.split() {
                shared.end(dir, at, events);
                shared.missed(dir, at, offset, len);
                continue;
            }
            for event in events {
                self.append(at, What::Event(event));
            }
            self.say_not_kept(dir, at);
            let lost = Lost { conn: self.conn, dir, offset, len, why: Loss::Queue };
            self.append(at, What::Lost(lost));
            if let Some(shared) = &mut self.shared {
                shared.skip(dir, offset + len);
            }
        }
    }

    fn closed(&mut self, closed: Closed) {
        if self.over {
            return;
        }
        self.over = true;
        if self.ways.iter().any(|way| way.missed > 0) {
            self.say_missed(Saying::Rest);
        }
        self.catch_up(closed.at);
        // What an answer had still open ends with the connection: said before the close is.
        self.end_way(Dir::ToClient, closed.at);
        let Closed { by, how, .. } = closed;
        self.say(closed.at, |conn| What::Closed(entry::Closed { conn, by, how }));
    }

    fn end(&mut self) {
        for dir in [Dir::ToServer, Dir::ToClient] {
            self.end_way(dir, clock::now());
        }
    }

    fn end_way(&mut self, dir: Dir, at: Micros) {
        self.say_not_kept(dir, at);
        let way = &mut self.ways[dir.index()];
        let mut events = Vec::new();
        if way.decoded == Decoded::Yes {
            way.decoded = Decoded::NoMore;
            self.decoder.end(dir, &mut events);
        }
        if let Some(shared) = self.split() {
            shared.end(dir, at, events);
            return;
        }
        for event in events {
            self.append(at, What::Event(event));
        }
    }

    /// Who hears it, where that is more than one run.
    fn split(&mut self) -> Option<&mut Shared> {
        self.shared.as_deref_mut().filter(|shared| shared.is_split())
    }

    /// An entry for whoever hears it.
    fn say(&self, at: Micros, what: impl Fn(ConnId) -> What) {
        match self.shared.as_deref().filter(|shared| shared.is_split()) {
            Some(shared) => shared.all(at, what),
            None => {
                self.append(at, what(self.conn));
            }
        }
    }

    fn append(&self, at: Micros, what: What) -> Appended {
        self.log.append(at.since(self.began), what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tap::{Ear, Tap};
    use tokio::io::AsyncWriteExt as _;
    use trace::ids::{RunId, Seq};
    use trace::log::{FORMAT, Header};

    fn log() -> Arc<Log> {
        let header = Header {
            lifeline: FORMAT,
            run: RunId("r".to_owned()),
            lab: "http11".to_owned(),
            params: serde_json::Map::new(),
            seed: 0,
            participants: Vec::new(),
            started: String::new(),
        };
        Arc::new(Log::new(header, Caps::default()))
    }

    /// What the queue has no room for comes after what it held, and is said so.
    #[tokio::test]
    async fn loss_stands_where_it_happened() {
        let (ear, heard, missed) = Ear::new(8);
        let (near, far) = tokio::io::duplex(1 << 16);
        let mut tap = Tap::accepted(near, ear);
        for _ in 0..20 {
            tap.write_all(b"abc").await.unwrap();
        }
        drop(tap);
        drop(far);
        let log = log();
        let recorder = Recorder::new(
            (ConnId(1), Conn::http1(ConnId(1))),
            Arc::clone(&log),
            Micros(0),
            Caps::default(),
            missed,
        );
        recorder.run(heard).await;
        let mut at = 0;
        let mut said = Vec::new();
        for kept in log.after(Seq(0), 100) {
            let (offset, len) = match &kept.entry.what {
                What::Chunk(chunk) => (chunk.offset, chunk.bytes.len() as u64),
                What::Lost(lost) => (lost.offset, lost.len),
                What::Closed(_) => {
                    said.push("closed");
                    continue;
                }
                _ => continue,
            };
            said.push(if matches!(kept.entry.what, What::Lost(_)) { "lost" } else { "chunk" });
            assert_eq!(offset, at, "no gap and no overlap");
            at += len;
        }
        assert_eq!(at, 60, "every byte is kept or counted");
        assert_eq!(said[8..], ["lost", "closed"]);
    }
}

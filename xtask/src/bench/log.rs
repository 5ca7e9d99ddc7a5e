//! Logs of any length for `bench ladder`: bytes as a browser and the lab say them, made into entries
//! by the decoder that the server uses.

use anyhow::Result;
use trace::entry::{Chunk, Closed, Ending, Entry, Input, Opened, Passed, What};
use trace::ids::{ConnId, RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::note::{self, Note};
use trace::participant::{Participant, Role};
use trace::span::{Dir, Side};
use trace::studio::RunState;
use trace::time::Micros;
use wire::conn::Conn;

/// Rows of one connection: it opens, carries 24 requests and their answers, and closes.
const ROWS: usize = 50;

/// What the link delays each way.
const LINK: Micros = Micros::from_millis(40);

/// What the server takes for an answer, and the browser before it asks again.
const WORK: Micros = Micros::from_millis(1);

const ASKED: &str = "GET /r/bench/hello HTTP/1.1\r\nHost: localhost:4001\r\n\
    Connection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\
    Origin: http://localhost:4000\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n";

const ANSWERED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Access-Control-Allow-Origin: *\r\nTiming-Allow-Origin: *\r\nCache-Control: no-store\r\n\
    Connection: keep-alive\r\nKeep-Alive: timeout=10\r\nContent-Length: 7\r\n\
    Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\nHello.\n";

/// How long a log is to be.
#[derive(Debug, Clone, Copy)]
pub enum Length {
    /// So many rows of the ladder.
    Messages(usize),
    /// As many rows as have at least so many entries.
    Entries(u64),
}

/// A log and what would come next.
#[derive(Debug)]
pub struct Log {
    /// The header and every entry.
    pub text: String,
    /// The lines of each row that follows.
    pub more: Vec<String>,
    /// Rows in `text`.
    pub messages: usize,
    /// Entries in `text`.
    pub entries: u64,
}

/// Makes a log, and so many rows that follow it.
pub fn make(length: Length, more: usize) -> Result<Log> {
    let mut writer = Writer::new()?;
    let (mut messages, mut text) = (0, writer.take());
    loop {
        let done = match length {
            Length::Messages(wanted) => messages >= wanted,
            Length::Entries(wanted) => writer.seq >= wanted,
        };
        if done {
            break;
        }
        writer.row(messages)?;
        text.push_str(&writer.take());
        messages += 1;
    }
    let entries = writer.seq;
    let mut following = Vec::new();
    for row in messages..messages + more {
        writer.row(row)?;
        following.push(writer.take());
    }
    Ok(Log { text, more: following, messages, entries })
}

/// Writes entries as lines.
struct Writer {
    seq: u64,
    now: Micros,
    conn: ConnId,
    decoder: Conn,
    /// Bytes of the connection by direction so far.
    moved: [u64; 2],
    lines: String,
}

impl Writer {
    fn new() -> Result<Self> {
        let mut writer = Self {
            seq: 0,
            now: Micros(0),
            conn: ConnId(0),
            decoder: Conn::http1(ConnId(0)),
            moved: [0, 0],
            lines: String::new(),
        };
        let mut params = serde_json::Map::new();
        params.insert("peer".to_owned(), "browser".into());
        params.insert("link_ms".to_owned(), (LINK.0 / 1_000).into());
        params.insert("keep_alive_s".to_owned(), 10.into());
        let header = Header {
            lifeline: FORMAT,
            run: RunId("bench".to_owned()),
            lab: "http11".to_owned(),
            params,
            seed: 0,
            participants: vec![browser(), server()],
            started: "2026-11-22T10:00:00.000Z".to_owned(),
        };
        writer.line(&serde_json::to_string(&header)?);
        writer.entry(What::Input(Input { input: "start".to_owned(), ..Input::default() }))?;
        let state = note::What::State { state: RunState::Running, why: String::new() };
        writer.entry(What::Note(Note { conn: None, what: state }))?;
        Ok(writer)
    }

    /// What was written since this was last asked.
    fn take(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    fn entry(&mut self, what: What) -> Result<()> {
        self.seq += 1;
        let entry = Entry { seq: Seq(self.seq), at_us: self.now, what };
        self.line(&serde_json::to_string(&entry)?);
        Ok(())
    }

    /// The next row: connections follow each other, requests and answers alternate on them.
    fn row(&mut self, row: usize) -> Result<()> {
        match row % ROWS {
            0 => self.open(),
            place if place == ROWS - 1 => self.close(),
            place if place % 2 == 1 => self.ask(),
            _ => self.answer(),
        }
    }

    fn open(&mut self) -> Result<()> {
        self.now = self.now.plus(WORK);
        self.conn = ConnId(self.conn.0 + 1);
        self.decoder = Conn::http1(self.conn);
        self.moved = [0, 0];
        self.entry(What::Opened(Opened {
            conn: self.conn,
            client: browser(),
            server: server(),
            client_addr: format!("127.0.0.1:{}", 40_000 + self.conn.0 % 20_000),
            server_addr: "127.0.0.1:4001".to_owned(),
            inside: None,
        }))?;
        let what = note::What::LinkSetup { held_us: LINK.plus(LINK), from: 0 };
        self.entry(What::Note(Note { conn: Some(self.conn), what }))
    }

    /// A request: heard at the socket, then passed to the service.
    fn ask(&mut self) -> Result<()> {
        let first = self.moved == [0, 0];
        self.now = self.now.plus(WORK);
        self.heard(Dir::ToServer, ASKED)?;
        // The first is held for the set-up.
        let held = if first { LINK.plus(LINK) } else { Micros(0) };
        self.now = self.now.plus(held).plus(LINK);
        let offset = self.moved[Dir::ToServer.index()];
        self.entry(What::Passed(Passed { conn: self.conn, dir: Dir::ToServer, offset }))
    }

    /// An answer: left at the service, then heard at the socket.
    fn answer(&mut self) -> Result<()> {
        self.now = self.now.plus(WORK);
        let offset = self.moved[Dir::ToClient.index()] + ANSWERED.len() as u64;
        self.entry(What::Passed(Passed { conn: self.conn, dir: Dir::ToClient, offset }))?;
        self.now = self.now.plus(LINK);
        self.heard(Dir::ToClient, ANSWERED)
    }

    fn heard(&mut self, dir: Dir, said: &str) -> Result<()> {
        let offset = self.moved[dir.index()];
        self.moved[dir.index()] += said.len() as u64;
        let bytes = said.as_bytes().to_vec();
        self.entry(What::Chunk(Chunk { conn: self.conn, dir, offset, bytes }))?;
        let mut events = Vec::new();
        self.decoder.feed(dir, said.as_bytes(), &mut events);
        events.into_iter().try_for_each(|event| self.entry(What::Event(event)))
    }

    fn close(&mut self) -> Result<()> {
        self.now = self.now.plus(WORK);
        self.entry(What::Closed(Closed { conn: self.conn, by: Side::Server, how: Ending::Fin }))
    }
}

fn browser() -> Participant {
    Participant {
        id: "browser".to_owned(),
        name: "Browser".to_owned(),
        role: Role::Browser,
        detail: "this page".to_owned(),
    }
}

fn server() -> Participant {
    Participant {
        id: "instance1".to_owned(),
        name: "Instance 1".to_owned(),
        role: Role::Server,
        detail: ":4001".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::event::Kind;
    use trace::http1::Http1;

    /// Rows that the ladder makes of entries: openings, closes, and heads with their bodies.
    fn rows(entries: &[Entry]) -> usize {
        let is_row = |entry: &&Entry| match &entry.what {
            What::Opened(_) | What::Closed(_) => true,
            What::Event(event) => {
                assert!(event.faults.is_empty(), "{event:?}");
                matches!(event.kind, Kind::Http1(Http1::Request(_) | Http1::Response(_)))
            }
            _ => false,
        };
        entries.iter().filter(is_row).count()
    }

    #[test]
    fn a_log_has_the_rows_that_were_asked_for_and_each_that_follows_is_one_more() {
        let log = make(Length::Messages(130), 60).unwrap();
        let (_, entries) = trace::log::parse(&log.text).unwrap();
        assert_eq!((rows(&entries), entries.len() as u64), (130, log.entries));
        assert_eq!((log.messages, log.more.len()), (130, 60));
        let mut text = log.text;
        for (index, more) in log.more.iter().enumerate() {
            text.push_str(more);
            let (_, entries) = trace::log::parse(&text).unwrap();
            assert_eq!(rows(&entries), 131 + index);
        }
    }

    #[test]
    fn a_log_may_be_measured_in_entries() {
        let log = make(Length::Entries(1_000), 0).unwrap();
        assert!((1_000..1_004).contains(&log.entries), "{}", log.entries);
    }
}

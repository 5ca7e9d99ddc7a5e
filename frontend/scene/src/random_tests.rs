//! Random runs of many connections: however the log comes, the ladder is the same.

use std::collections::BTreeSet;

use trace::entry::{Chunk, Closed, Ending, Entry, Opened, Passed, What};
use trace::ids::{ConnId, RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::note::{self, Engine, Note, PollRelease, Reach};
use trace::participant::{Participant, Role};
use trace::resp::ValueKind;
use trace::span::{Dir, Side};
use trace::time::Micros;
use trace::websocket::Opcode;
use wire::conn::Conn;

use proptest::prelude::*;

use crate::columns::Columns;
use crate::lab_log;
use crate::ladder::{View, WHOLE, picture};
use crate::look::{Clock, Layer, Look};
use crate::model::Model;
use crate::rows::{ROW, Rows};
use crate::shape::Kind;

const GET: &[u8] = b"GET /r/abc/hello HTTP/1.1\r\nHost: a\r\n\r\n";
const PREFLIGHT: &[u8] = b"OPTIONS /r/abc/hello HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: PUT\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHello.\n";
const NONE: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// What happens next, on one of the connections, after so many milliseconds.
type Act = (u8, u8, u16);

fn participant(id: String, role: Role) -> Participant {
    Participant { name: id.clone(), id, role, detail: String::new() }
}

fn header() -> Header {
    Header {
        lifeline: FORMAT,
        run: RunId("abc".to_owned()),
        lab: "http11".to_owned(),
        params: [("link_ms".to_owned(), 300.into())].into_iter().collect(),
        seed: 0,
        participants: vec![participant("server".to_owned(), Role::Server)],
        started: String::new(),
    }
}

/// A connection as the server sees it.
struct Line {
    id: ConnId,
    decoder: Conn,
    sent: [u64; 2],
    asked: Vec<bool>,
}

#[derive(Default)]
struct Log {
    entries: Vec<Entry>,
    at: u64,
}

impl Log {
    fn add(&mut self, what: What) {
        let seq = Seq(self.entries.len() as u64 + 1);
        self.entries.push(Entry { seq, at_us: Micros(self.at), what });
    }

    fn open(&mut self, id: ConnId, client: u8) -> Line {
        let opened = Opened {
            conn: id,
            client: participant(format!("client{client}"), Role::Client),
            server: participant("server".to_owned(), Role::Server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: None,
        };
        self.add(What::Opened(opened));
        Line { id, decoder: Conn::http1(id), sent: [0, 0], asked: Vec::new() }
    }

    fn say(&mut self, line: &mut Line, dir: Dir, bytes: &[u8]) {
        let offset = line.sent[dir.index()];
        line.sent[dir.index()] += bytes.len() as u64;
        let passed = Passed { conn: line.id, dir, offset: line.sent[dir.index()] };
        let chunk = Chunk { conn: line.id, dir, offset, bytes: bytes.to_vec() };
        if dir == Dir::ToClient {
            self.add(What::Passed(passed));
            self.at += 300;
        }
        self.add(What::Chunk(chunk));
        let mut events = Vec::new();
        line.decoder.feed(dir, bytes, &mut events);
        events.into_iter().for_each(|event| self.add(What::Event(event)));
        if dir == Dir::ToServer {
            self.at += 300;
            self.add(What::Passed(passed));
        }
    }
}

fn log_of(acts: &[Act]) -> Vec<Entry> {
    let mut log = Log::default();
    let mut lines: Vec<Line> = Vec::new();
    let mut next = 1;
    for (act, which, millis) in acts {
        log.at += u64::from(*millis) * 1_000;
        let index = usize::from(*which) % lines.len().max(1);
        match (act % 8, lines.get_mut(index)) {
            (0 | 1, _) | (_, None) => {
                lines.push(log.open(ConnId(next), which % 16));
                next += 1;
            }
            (2 | 3, Some(line)) => {
                line.asked.push(false);
                log.say(line, Dir::ToServer, GET);
            }
            (4, Some(line)) => {
                line.asked.push(true);
                log.say(line, Dir::ToServer, PREFLIGHT);
            }
            (5 | 6, Some(line)) if !line.asked.is_empty() => {
                let preflight = line.asked.remove(0);
                log.say(line, Dir::ToClient, if preflight { NONE } else { OK });
            }
            (5 | 6, Some(line)) => {
                let what = note::What::KeepAliveOver { after_us: Micros(1_000) };
                let conn = Some(line.id);
                log.add(What::Note(Note { conn, what }));
            }
            (_, Some(_)) => {
                let line = lines.swap_remove(index);
                let closed = Closed { conn: line.id, by: Side::Server, how: Ending::Fin };
                log.add(What::Closed(closed));
            }
        }
    }
    log.entries
}

fn looks() -> impl Strategy<Value = Look> {
    (0..3_u8, any::<bool>(), any::<bool>(), any::<bool>(), 25_u16..400).prop_map(
        |(layer, time, folded, hide, zoom)| {
            let layer = [Layer::Message, Layer::Frame, Layer::Bytes][usize::from(layer)];
            let clock = if time { Clock::Time } else { Clock::Steps };
            let mut look = Look { layer, clock, folded, zoom, ..Look::default() };
            if hide {
                look.lanes.hidden.insert("client1".to_owned());
                look.lanes.order = vec!["server".to_owned(), "client2".to_owned()];
            }
            look
        },
    )
}

/// A connection of one of the labs in which a server reaches its clients.
struct Wire {
    id: u64,
    kind: Wired,
    /// Whether something is asked and not answered.
    asked: bool,
    /// Whether the WebSocket or the event stream has begun.
    begun: bool,
    events: u64,
}

#[derive(Clone, Copy)]
enum Wired {
    Poll,
    Socket,
    Stream,
    Store,
}

const WIRED: [(Wired, &str, &str); 4] = [
    (Wired::Poll, "browser", "instance1"),
    (Wired::Socket, "client1", "instance2"),
    (Wired::Stream, "client2", "instance1"),
    (Wired::Store, "instance2", "store"),
];

/// What happens next on a connection.
fn act_on(log: &mut lab_log::Log, at: u64, wire: &mut Wire, act: u8) {
    let id = wire.id;
    let begins = !std::mem::replace(&mut wire.begun, true);
    match wire.kind {
        Wired::Poll if wire.asked => {
            wire.asked = false;
            let (instance, by) = ("instance1".to_owned(), PollRelease::Limit);
            if act.is_multiple_of(4) {
                log.note(at, Some(id), note::What::PollReleased { instance, by });
            }
            if act.is_multiple_of(5) {
                log.content(at, id, r#"{"messages":[{"id":1,"text":"a"}],"next":1}"#);
            } else {
                log.answer(at, id, 204);
            }
        }
        Wired::Poll => {
            wire.asked = true;
            log.get(at, id, "/messages?after=0&wait=5", None);
            let (instance, limit_us) = ("instance1".to_owned(), Micros(5_000_000));
            log.note(at, Some(id), note::What::PollHeld { instance, limit_us });
        }
        Wired::Socket if begins => {
            log.get(at, id, "/socket?user=A", None);
            log.answer(at, id, 101);
        }
        Wired::Socket => {
            let dir = if act.is_multiple_of(2) { Dir::ToServer } else { Dir::ToClient };
            match act / 2 % 8 {
                0 | 1 => log.text(at, id, dir, "hi"),
                2 => log.frames(at, id, dir, &[(Opcode::Text, false, "ab")]),
                3 | 4 => log.frames(at, id, dir, &[(Opcode::Continuation, true, "c")]),
                5 => log.frames(at, id, dir, &[(Opcode::Pong, true, "")]),
                _ => log.frames(at, id, dir, &[(Opcode::Ping, true, "")]),
            }
        }
        Wired::Stream if begins => {
            log.get(at, id, "/events", Some("3"));
            log.stream(at, id);
        }
        Wired::Stream if act.is_multiple_of(8) => {
            wire.begun = false;
            log.stream_end(at, id, true);
        }
        Wired::Stream => {
            wire.events += 1;
            log.block(at, id, wire.events, "abc");
        }
        Wired::Store if wire.asked => {
            wire.asked = false;
            log.reply(at, id, ValueKind::Array, if act.is_multiple_of(4) { "2" } else { "0" });
        }
        Wired::Store => {
            wire.asked = true;
            log.command(at, id, "XRANGE", &["lifeline:abc"]);
        }
    }
}

/// What an instance says of itself.
fn remark(act: u8) -> note::What {
    let (instance, engine, reach) = ("instance1".to_owned(), Engine::Memory, Reach::Run);
    match act % 8 {
        0 => note::What::InstanceDown { instance, reach },
        1 => note::What::InstanceUp { instance, reach },
        2 => note::What::StoreWoke { instance, engine, upto: 1 },
        3 => note::What::StoreRead { instance, engine, after: 0, ids: vec![1] },
        _ => note::What::StoreRead { instance, engine, after: 0, ids: Vec::new() },
    }
}

fn labs_of(acts: &[Act]) -> (Header, Vec<Entry>) {
    let mut log = lab_log::Log::default();
    let (mut wires, mut next, mut at) = (Vec::<Wire>::new(), 1, 0);
    for (act, which, millis) in acts {
        at += u64::from(*millis) * 1_000;
        let index = usize::from(*which) % wires.len().max(1);
        match (act % 16, wires.get_mut(index)) {
            (0, _) | (_, None) => {
                let (kind, client, server) = WIRED[usize::from(*which) % WIRED.len()];
                log.open(at, next, client, server);
                wires.push(Wire { id: next, kind, asked: false, begun: false, events: 0 });
                next += 1;
            }
            (1, Some(_)) => {
                let wire = wires.swap_remove(index);
                if matches!(wire.kind, Wired::Stream) && wire.begun {
                    log.stream_end(at, wire.id, false);
                }
                let how = if act % 32 == 1 { Ending::Fin } else { Ending::Reset };
                log.close(at, wire.id, Side::Server, how);
            }
            (2 | 3, Some(_)) => log.note(at, None, remark(act / 16)),
            (_, Some(wire)) => act_on(&mut log, at, wire, act / 4),
        }
    }
    let lanes = ["browser", "client1", "client2", "instance1", "instance2", "store", "service"];
    (lab_log::header("long_polling", &lanes), log.entries)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_grew_are_those_of_the_whole(
        acts in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u16..700), 1..220),
        look in looks(),
    ) {
        check(&header(), log_of(&acts), &look)?;
    }

    #[test]
    fn rows_of_the_labs_that_grew_are_those_of_the_whole(
        acts in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u16..700), 1..220),
        look in looks(),
    ) {
        let (header, entries) = labs_of(&acts);
        check(&header, entries, &look)?;
    }
}

fn check(header: &Header, entries: Vec<Entry>, look: &Look) -> Result<(), TestCaseError> {
    let (mut live, mut rows) = (Model::new(header.clone()), Rows::default());
    let mut columns = Columns::default();
    for (index, entry) in entries.iter().enumerate() {
        live.push(entry.clone());
        // The page takes in several lines at once.
        if index % 3 == 0 || index + 1 == entries.len() {
            columns = Columns::of(&live, &look.lanes, 900.0);
            rows.update(&live, look, &columns);
        }
    }
    let whole = Model::of(header.clone(), entries);
    prop_assert_eq!(&live.steps, &whole.steps);
    let made = Rows::of(&whole, look, &columns);
    for (grown, made) in rows.all.iter().zip(&made.all) {
        prop_assert_eq!(grown, made);
    }
    prop_assert_eq!(rows.all.len(), made.all.len());
    prop_assert_eq!(rows.hidden, made.hidden);
    let all = picture(&live, &rows, &columns, WHOLE);
    prop_assert_eq!(&all.shapes, &picture(&whole, &made, &columns, WHOLE).shapes);
    // No row stands on another.
    for pair in rows.all.windows(2) {
        prop_assert!(pair[0].bottom <= pair[1].top + 0.001, "{:?}", pair);
    }
    // Each chunk is with one step.
    let mut chunks = BTreeSet::new();
    for chunk in whole.steps.iter().flat_map(|step| whole.chunks_of(step)) {
        prop_assert!(chunks.insert(chunk.seq), "{} is with two steps", chunk.seq);
    }
    // What is in view is what all has there, connections too.
    let top = rows.bottom() / 3.0;
    let view = View { top, bottom: top + 8.0 * ROW, now: None };
    let seen = picture(&live, &rows, &columns, view);
    for shape in &seen.shapes {
        prop_assert!(all.shapes.contains(shape), "{:?} is drawn in a part only", shape);
    }
    for shape in &all.shapes {
        let (above, below) = match &shape.kind {
            Kind::Ribbon { top, bottom, .. } | Kind::Wait { top, bottom, .. } => (*top, *bottom),
            Kind::Arrow { from, to, .. } => (from.1, to.1),
            _ => continue,
        };
        let within = above < view.bottom && below > view.top;
        prop_assert!(!within || seen.shapes.contains(shape), "{:?} is not drawn", shape);
    }
    Ok(())
}

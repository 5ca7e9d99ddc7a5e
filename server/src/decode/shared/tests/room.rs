//! A connection of two runs whose frames are fed by hand, and what a log then has.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use trace::entry::{Ending, Loss, What};
use trace::ids::{ConnId, RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::span::{Dir, Side};
use wire::conn::Conn;

use crate::caps::Caps;
use crate::clock;
use crate::decode::Recorder;
use crate::held::Held;
use crate::instance;
use crate::run::{Arrival, Layer, Run, Sharing, instance as lane};
use crate::runs::Runs;
use crate::store::Choice;
use crate::tap::{Closed, Heard, Missed};

pub const DATA: u8 = 0x0;
pub const HEADERS: u8 = 0x1;
pub const SETTINGS: u8 = 0x4;
pub const PING: u8 = 0x6;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[..], &[kind, flags][..], &stream.to_be_bytes()[..], payload].concat()
}

/// Header fields that no table keeps.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8][..], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

pub fn request(stream: u32, run: &str) -> Vec<u8> {
    let path = format!("/r/{run}/events");
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path.as_str()),
        (":authority", "lifeline.test"),
    ];
    frame(HEADERS, END_HEADERS, stream, &block(&fields))
}

pub fn response(stream: u32, kind: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block(&[(":status", "200"), ("content-type", kind)]))
}

pub fn beginning() -> Vec<u8> {
    [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, &[])].concat()
}

pub fn run(runs: &Runs, id: &str, caps: Caps) -> Arc<Run> {
    let header = Header {
        lifeline: FORMAT,
        run: RunId(id.to_owned()),
        lab: "sse".to_owned(),
        params: serde_json::Map::new(),
        seed: 0,
        participants: Vec::new(),
        started: String::new(),
    };
    let shared = instance::Shared::new(&[], Choice::Memory, 10);
    runs.add(Run::new(header, String::new(), caps, shared)).unwrap()
}

/// A connection of the run `aaaaaaaa`, which others may come to share.
pub struct Room {
    pub runs: Arc<Runs>,
    pub first: Arc<Run>,
    pub sharing: Arc<Sharing>,
    pub recorder: Recorder,
    pub ends: [u64; 2],
}

impl Room {
    pub fn new() -> Self {
        let runs = Arc::new(Runs::new(Caps::default(), Choice::Memory));
        let first = run(&runs, "aaaaaaaa", Caps::default());
        let addr = "127.0.0.1:1".parse().unwrap();
        let arrival = Arrival {
            accepted: clock::now(),
            linked: None,
            client: addr,
            server: addr,
            service: lane("instance1", None),
            user_agent: None,
            from_page: false,
            user: None,
            stop: CancellationToken::new(),
            shares: None,
            handed: 0,
            layer: Layer::Plain,
        };
        let missed = Arc::new(Missed::default());
        let counted = (Arc::clone(&missed), Held::default());
        let sharing = Sharing::new(&first, Arc::clone(&runs), arrival, counted);
        let decoded = (ConnId(7), Conn::http1(ConnId(7)));
        let log = Arc::clone(&first.log);
        let recorder = Recorder::new(decoded, log, first.began(), Caps::default(), missed)
            .shared_by(Some(Arc::clone(&sharing)));
        Self { runs, first, sharing, recorder, ends: [0; 2] }
    }

    /// The same with a second run.
    pub fn of_two(caps: Caps) -> (Self, Arc<Run>) {
        let room = Self::new();
        let second = run(&room.runs, "bbbbbbbb", caps);
        (room, second)
    }

    pub fn hear(&mut self, dir: Dir, bytes: &[u8]) {
        let at = clock::now();
        let upto = self.ends[dir.index()] + bytes.len() as u64;
        self.ends[dir.index()] = upto;
        let passed = Heard::Passed { dir, at, upto };
        let bytes = Heard::Bytes { dir, at, bytes: Bytes::copy_from_slice(bytes) };
        let both = if dir == Dir::ToServer { [bytes, passed] } else { [passed, bytes] };
        both.into_iter().for_each(|heard| self.recorder.hear(heard));
    }

    pub fn begin(&mut self) {
        self.hear(Dir::ToServer, &beginning());
        self.hear(Dir::ToClient, &frame(SETTINGS, 0, 0, &[]));
    }

    pub fn hear_in_steps(&mut self, dir: Dir, bytes: &[u8], step: usize) {
        bytes.chunks(step).for_each(|piece| self.hear(dir, piece));
    }

    pub fn close(&mut self) {
        let closed = Closed { at: clock::now(), by: Side::Client, how: Ending::Fin };
        self.recorder.hear(Heard::Closed(closed));
        self.recorder.end();
    }

    /// A call of one run, with what it says and hears.
    pub fn call(&mut self, stream: u32, run: &str, text: &str) {
        let sent = frame(DATA, END_STREAM, stream, text.as_bytes());
        self.hear(Dir::ToServer, &[request(stream, run), sent].concat());
        let answer = frame(DATA, END_STREAM, stream, text.as_bytes());
        self.hear(Dir::ToClient, &[response(stream, "text/plain"), answer].concat());
    }
}

pub fn said(run: &Run) -> Vec<What> {
    run.log.after(Seq(0), usize::MAX).iter().map(|kept| kept.entry.what.clone()).collect()
}

/// What was kept of a direction, what was lost by why, and its end; without a gap or an overlap.
pub fn tiled(run: &Run, way: Dir) -> (Vec<u8>, Vec<(Loss, u64)>, u64) {
    let (mut bytes, mut losses, mut at) = (Vec::new(), Vec::new(), 0);
    for what in said(run) {
        match what {
            What::Chunk(chunk) if chunk.dir == way => {
                assert_eq!(chunk.offset, at, "no gap and no overlap");
                at += chunk.bytes.len() as u64;
                bytes.extend(chunk.bytes);
            }
            What::Lost(lost) if lost.dir == way => {
                assert_eq!(lost.offset, at, "no gap and no overlap");
                at += lost.len;
                losses.push((lost.why, lost.len));
            }
            _ => {}
        }
    }
    (bytes, losses, at)
}

pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|piece| piece == text.as_bytes())
}

pub fn passed(run: &Run) -> usize {
    said(run).iter().filter(|what| matches!(what, What::Passed(_))).count()
}

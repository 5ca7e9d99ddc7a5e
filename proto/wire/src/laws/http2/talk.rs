//! What two sides say by the rules: requests and answers with their heads, contents and trailers, and
//! frames of the connection between them. And what is to be heard of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trace::span::Dir;

use super::blocks::{Encoder, HOST, Line, Lot, frame, padded};
use super::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, WITH_PRIORITY,
};
use crate::laws::websocket::words;
use crate::transcript::Script;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What contents are called; the first is no gRPC.
const FORMS: [&str; 5] = [
    "text/plain",
    "application/grpc",
    "application/grpc+proto",
    "application/grpc-web",
    "application/grpc-web-text",
];
const TEXT: usize = 4;

const PATHS: [&str; 4] = ["/", "/index.html", "/lifeline.v1.Chat/Send", "/a.B/C?x=y"];

/// Settings that forbid nothing that is said here.
const SETTINGS_SAID: [(u16, u32); 8] =
    [(1, 4_096), (1, 8_192), (2, 0), (3, 100), (4, 65_535), (4, 100_000), (5, 20_000), (0x99, 7)];

/// Something that one side does.
#[derive(Debug, Clone)]
pub struct Step {
    pub dir: Dir,
    /// With which stream it goes on, or that it opens one; none where it speaks of the connection.
    pub stream: Option<usize>,
    pub len: usize,
    /// How it does so.
    pub lot: Lot,
    /// Which rule it breaks.
    pub flaw: Option<u8>,
}

/// A conversation under way.
#[derive(Debug, Clone, Default)]
pub struct Talk {
    pub script: Script,
    pub encoders: [Encoder; 2],
    streams: Vec<Stream>,
    asked: u32,
    pushed: u32,
    heads: Vec<(Dir, u32, Vec<Line>)>,
    messages: Vec<(Dir, u32, u64)>,
}

/// A head: its direction, its stream, its header fields.
pub type SaidHead = (Dir, u32, Vec<(String, String)>);

/// What is to be heard of a conversation. Contents have a length and a number of frames, and came to
/// their end or not.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    pub heads: Vec<SaidHead>,
    pub contents: Vec<(Dir, u32, (u64, u64, bool))>,
    pub messages: Vec<(Dir, u32, u64)>,
}

#[derive(Debug, Clone)]
struct Stream {
    id: u32,
    form: usize,
    /// By direction.
    ways: [Way; 2],
}

#[derive(Debug, Clone, Default)]
struct Way {
    headed: bool,
    over: bool,
    /// Whether it ended by its side's word.
    complete: bool,
    frames: u64,
    len: u64,
    /// What is still to be sent of a message.
    rest: Vec<u8>,
}

impl Talk {
    /// Both sides have said their settings.
    pub fn begun() -> Self {
        let mut talk = Self::default();
        let settings = frame(SETTINGS, 0, 0, b"");
        talk.push(Dir::ToServer, [PREFACE, &settings].concat());
        talk.push(Dir::ToClient, settings);
        talk
    }

    pub fn push(&mut self, dir: Dir, bytes: Vec<u8>) {
        self.script.push((dir, bytes));
    }

    pub fn say(&mut self, step: &Step) {
        let mut lot = step.lot;
        let Some(stream) = step.stream.filter(|_| step.flaw.is_none()) else {
            match step.flaw {
                Some(flaw) => self.break_a_rule(step, flaw),
                None => self.of_connection(step, &mut lot),
            }
            return;
        };
        let place = stream % (self.streams.len() + 1);
        let way = self.streams.get(place).map(|stream| &stream.ways[step.dir.index()]);
        match way {
            None => self.open(&mut lot),
            Some(way) if way.over => self.of_connection(step, &mut lot),
            Some(way) if !way.headed => self.answer(place, &mut lot),
            Some(_) => self.go_on(place, step, &mut lot),
        }
    }

    /// Messages that are under way become whole.
    pub fn finish(&mut self) {
        for place in 0..self.streams.len() {
            for dir in [Dir::ToServer, Dir::ToClient] {
                let way = &self.streams[place].ways[dir.index()];
                if !way.over && !way.rest.is_empty() {
                    self.data(place, dir, 0, true, None);
                }
            }
        }
    }

    /// What is to be heard, if no rule was broken.
    pub fn heard(&self) -> Heard {
        let owned = |(name, value): &Line| ((*name).to_owned(), (*value).to_owned());
        let heads = self.heads.iter().map(|(dir, stream, lines)| {
            let lines: Vec<(String, String)> = lines.iter().map(owned).collect();
            (*dir, *stream, lines)
        });
        let mut contents = Vec::new();
        for stream in self.streams.iter().filter(|stream| stream.form == 0) {
            for (dir, way) in [Dir::ToServer, Dir::ToClient].into_iter().zip(&stream.ways) {
                if way.frames > 0 {
                    contents.push((dir, stream.id, (way.len, way.frames, way.complete)));
                }
            }
        }
        let mut messages = self.messages.clone();
        contents.sort_unstable();
        messages.sort_unstable();
        Heard { heads: heads.collect(), contents, messages }
    }

    /// The number of the latest stream, 0 before the first.
    pub fn latest(&self) -> u32 {
        self.streams.last().map_or(0, |stream| stream.id)
    }

    /// The number of the next stream that a client opens.
    pub fn next_id(&mut self) -> u32 {
        self.asked += 1;
        self.asked * 2 - 1
    }

    /// The client opens a stream with its request.
    fn open(&mut self, lot: &mut Lot) {
        let (id, form) = (self.next_id(), lot.of(FORMS.len()));
        let ends = lot.one_in(5);
        let mut stream = Stream { id, form, ways: Default::default() };
        stream.ways[0].headed = true;
        self.streams.push(stream);
        self.end(self.streams.len() - 1, Dir::ToServer, ends);
        let lines = request(form, lot);
        self.head(Dir::ToServer, id, None, &lines, ends, lot);
    }

    /// The server's head: an answer, or an interim one before it.
    fn answer(&mut self, place: usize, lot: &mut Lot) {
        let Stream { id, form, .. } = self.streams[place];
        if lot.one_in(6) {
            let lines = [(":status", "103"), ("link", "</a.css>; rel=preload")];
            self.head(Dir::ToClient, id, None, &lines, false, lot);
            return;
        }
        let ends = lot.one_in(6);
        self.streams[place].ways[1].headed = true;
        self.end(place, Dir::ToClient, ends);
        let mut lines = vec![(":status", ["200", "404", "418"][lot.of(3)])];
        lines.push(("content-type", FORMS[form]));
        lines.push(("x-took", ["1 ms", "12 ms"][lot.of(2)]));
        self.head(Dir::ToClient, id, None, &lines, ends, lot);
    }

    /// A side that has said its head goes on.
    fn go_on(&mut self, place: usize, step: &Step, lot: &mut Lot) {
        let Step { dir, len, .. } = *step;
        let Stream { id, ways, .. } = &self.streams[place];
        let id = *id;
        let idle = ways.iter().all(|way| way.rest.is_empty());
        let whole = ways[dir.index()].rest.is_empty();
        match lot.of(12) {
            0 | 1 if whole => {
                self.end(place, dir, true);
                let lines = [("grpc-status", "0"), ("x-sum", "900150983cd24fb0")];
                self.head(dir, id, None, &lines, true, lot);
            }
            2 if idle => {
                for way in &mut self.streams[place].ways {
                    way.over = true;
                }
                self.push(dir, frame(RST_STREAM, 0, id, &[0, 0, 0, 8]));
            }
            3 if dir == Dir::ToClient && id % 2 == 1 => self.promise(id, lot),
            other => {
                let padding = (other > 8).then_some(u8::try_from(other).unwrap());
                self.data(place, dir, len, other == 7, padding);
            }
        }
    }

    /// The server makes a request in the client's place.
    fn promise(&mut self, carrier: u32, lot: &mut Lot) {
        self.pushed += 1;
        let id = self.pushed * 2;
        let mut stream = Stream { id, form: 0, ways: Default::default() };
        stream.ways[0].over = true;
        self.streams.push(stream);
        let lines = request(0, lot);
        self.head(Dir::ToClient, carrier, Some(id), &lines, false, lot);
    }

    /// Content: some of a message, or all that is left of it where the stream ends.
    fn data(&mut self, place: usize, dir: Dir, len: usize, ends: bool, padding: Option<u8>) {
        let Stream { id, form, ways } = &mut self.streams[place];
        let (id, way) = (*id, &mut ways[dir.index()]);
        if way.rest.is_empty() {
            let (content, message) = content(*form, dir, len);
            way.rest = content;
            self.messages.extend(message.map(|len| (dir, id, len)));
        }
        let most = if ends { way.rest.len() } else { len.min(way.rest.len()) };
        let mut payload: Vec<u8> = way.rest.drain(..most).collect();
        way.frames += 1;
        way.len += most as u64;
        let mut flags = if ends { END_STREAM } else { 0 };
        if let Some(padding) = padding {
            payload = padded(&payload, padding);
            flags |= PADDED;
        }
        self.end(place, dir, ends);
        self.push(dir, frame(DATA, flags, id, &payload));
    }

    fn end(&mut self, place: usize, dir: Dir, ends: bool) {
        let way = &mut self.streams[place].ways[dir.index()];
        way.over |= ends;
        way.complete |= ends;
    }

    /// A header block in one frame or in several; of a request that is promised, on another stream.
    fn head(
        &mut self,
        dir: Dir,
        stream: u32,
        promised: Option<u32>,
        lines: &[Line],
        ends: bool,
        lot: &mut Lot,
    ) {
        self.heads.push((dir, promised.unwrap_or(stream), lines.to_vec()));
        let mut flags = if ends { END_STREAM } else { 0 };
        let mut payload = promised.map_or_else(Vec::new, |id| id.to_be_bytes().to_vec());
        if promised.is_none() && lot.one_in(5) {
            flags |= WITH_PRIORITY;
            payload.extend([0, 0, 0, 0, 15]);
        }
        let (pieces, padding) = (lot.of(3) + 1, lot.one_in(5));
        let block = self.encoders[dir.index()].block(lines, lot);
        let (first, mut rest) = block.split_at(block.len() / pieces);
        payload.extend_from_slice(first);
        if padding {
            flags |= PADDED;
            payload = padded(&payload, 3);
        }
        if rest.is_empty() {
            flags |= END_HEADERS;
        }
        let kind = if promised.is_some() { PUSH_PROMISE } else { HEADERS };
        self.push(dir, frame(kind, flags, stream, &payload));
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(rest.len().div_ceil(2));
            let flags = if others.is_empty() { END_HEADERS } else { 0 };
            self.push(dir, frame(CONTINUATION, flags, stream, piece));
            rest = others;
        }
    }

    /// A frame that is no stream's content.
    fn of_connection(&mut self, step: &Step, lot: &mut Lot) {
        let by = [0, 0, 3, u8::try_from(step.len).unwrap() + 1];
        let latest = self.latest();
        let bytes = match lot.of(9) {
            0 => frame(PING, 0, 0, b"lifeline"),
            1 => frame(PING, ACK, 0, b"lifeline"),
            2 => {
                let said = |(id, value): (u16, u32)| {
                    [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()
                };
                let all = (0..lot.of(3)).map(|_| said(SETTINGS_SAID[lot.of(8)]));
                frame(SETTINGS, 0, 0, &all.collect::<Vec<_>>().concat())
            }
            3 => frame(SETTINGS, ACK, 0, b""),
            4 => frame(WINDOW_UPDATE, 0, latest, &by),
            5 => frame(WINDOW_UPDATE, 0, 0, &by),
            6 => frame(PRIORITY, 0, latest + 2, &[0x80, 0, 0, 0, 7]),
            7 => frame(GOAWAY, 0, 0, b"\0\0\0\x01\0\0\0\0bye"),
            _ => frame(0xbe, 0xff, latest, &words(step.len)),
        };
        self.push(step.dir, bytes);
    }
}

fn request(form: usize, lot: &mut Lot) -> Vec<Line> {
    let mut lines = vec![
        (":method", if form == 0 { "GET" } else { "POST" }),
        (":scheme", "http"),
        (":path", PATHS[lot.of(PATHS.len())]),
        (":authority", HOST),
    ];
    if form > 0 {
        lines.push(("content-type", FORMS[form]));
    }
    if lot.one_in(2) {
        lines.push(("user-agent", "lifeline"));
        lines.push(("cookie", ["a=1", "b=22"][lot.of(2)]));
    }
    lines
}

/// A content with about so many bytes of text, and the length of the message that it is.
fn content(form: usize, dir: Dir, len: usize) -> (Vec<u8>, Option<u64>) {
    if form == 0 {
        return (words(len), None);
    }
    let len = u8::try_from(len).unwrap();
    let message = match dir {
        Dir::ToServer => [b"\x0a\x01A\x12\x01B\x1a", &[len][..], &words(len.into())].concat(),
        Dir::ToClient => vec![0x08, len],
    };
    let prefix = [0, 0, 0, 0, u8::try_from(message.len()).unwrap()];
    let content = [&prefix[..], &message].concat();
    let content = if form == TEXT { STANDARD.encode(content).into_bytes() } else { content };
    (content, Some(message.len() as u64))
}

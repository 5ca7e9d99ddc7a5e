//! Logs for tests, entry by entry as the server writes them: what was said is written by hand, so that
//! no decoder is needed.

use std::collections::BTreeMap;

use trace::entry::{Chunk, Closed, Ending, Entry, Opened, Passed, What};
use trace::event::{Event, Kind};
use trace::field::{Field, Name};
use trace::http1::{Body, Framing, Http1, Request, Response, Version};
use trace::ids::{ConnId, RunId, Seq};
use trace::log::{FORMAT, Header};
use trace::note::{self, Note};
use trace::participant::{Participant, Role};
use trace::resp::{Command, Reply, Resp, ValueKind};
use trace::span::{Dir, Side, Span, Spans};
use trace::sse::{Block, Sse};
use trace::time::Micros;
use trace::websocket::{Close, Frame, Message, Opcode, Websocket};

/// What the link delays each way.
pub const LINK: u64 = 40_000;

/// The key with which clients mask.
const KEY: [u8; 4] = [1, 2, 3, 4];

pub fn participant(id: &str, name: &str, role: Role) -> Participant {
    Participant { id: id.to_owned(), name: name.to_owned(), role, detail: String::new() }
}

fn known(id: &str) -> Participant {
    match id {
        "browser" => participant(id, "Browser", Role::Browser),
        "instance1" => participant(id, "Instance 1", Role::Server),
        "instance2" => participant(id, "Instance 2", Role::Server),
        "store" => participant(id, "Shared store", Role::Store),
        "service" => participant(id, "Another service", Role::Agent),
        "payments" => participant(id, "Payment service", Role::Server),
        "bank1" => participant(id, "Bank 1", Role::Server),
        "site.com" => participant(id, "site.com", Role::Server),
        user => participant(user, user.trim_start_matches("user-"), Role::Browser),
    }
}

pub fn header(lab: &str, lanes: &[&str]) -> Header {
    Header {
        lifeline: FORMAT,
        run: RunId("abc".to_owned()),
        lab: lab.to_owned(),
        params: [("link_ms".to_owned(), (LINK / 1_000).into())].into_iter().collect(),
        seed: 0,
        participants: lanes.iter().map(|id| known(id)).collect(),
        started: String::new(),
    }
}

/// What is known of a connection while its log is written.
#[derive(Default)]
struct Line {
    sent: [u64; 2],
    /// Requests or commands so far.
    asked: u64,
    /// Where the body of the event stream that is open began.
    stream: Option<u64>,
    events: u64,
    /// The WebSocket messages of which a part has come.
    half: [Half; 2],
}

/// A part of a WebSocket message.
#[derive(Default)]
struct Half {
    opcode: Option<Opcode>,
    payload: Vec<u8>,
    spans: Vec<Span>,
}

/// A frame: its opcode, whether it is the last of its message, and its payload.
type Framed<'a> = (Opcode, bool, &'a [u8]);

/// Something that is said: its bytes, what they are, and its fields by their lengths.
struct Said {
    bytes: Vec<u8>,
    kind: Kind,
    fields: Vec<(Name, usize)>,
}

/// Writes a log. Moments are those at which something leaves.
#[derive(Default)]
pub struct Log {
    pub entries: Vec<Entry>,
    lines: BTreeMap<u64, Line>,
}

impl Log {
    pub fn add(&mut self, at: u64, what: What) {
        let seq = Seq(self.entries.len() as u64 + 1);
        self.entries.push(Entry { seq, at_us: Micros(at), what });
    }

    pub fn note(&mut self, at: u64, conn: Option<u64>, what: note::What) {
        self.add(at, What::Note(Note { conn: conn.map(ConnId), what }));
    }

    pub fn open(&mut self, at: u64, conn: u64, client: &str, server: &str) {
        let opened = Opened {
            conn: ConnId(conn),
            client: known(client),
            server: known(server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: None,
        };
        self.lines.insert(conn, Line::default());
        self.add(at, What::Opened(opened));
    }

    pub fn close(&mut self, at: u64, conn: u64, by: Side, how: Ending) {
        self.add(at, What::Closed(Closed { conn: ConnId(conn), by, how }));
    }

    fn line(&mut self, conn: u64) -> &mut Line {
        self.lines.entry(conn).or_default()
    }

    /// Bytes go over in one piece; gives where each of what they say lies.
    fn say(&mut self, at: u64, conn: u64, dir: Dir, said: Vec<Said>) -> Vec<Span> {
        let id = ConnId(conn);
        let bytes: Vec<u8> = said.iter().flat_map(|said| said.bytes.clone()).collect();
        let sent = &mut self.line(conn).sent[dir.index()];
        let offset = *sent;
        *sent += bytes.len() as u64;
        let passed = What::Passed(Passed { conn: id, dir, offset: *sent });
        let moved = What::Chunk(Chunk { conn: id, dir, offset, bytes });
        let late = at + LINK;
        if dir == Dir::ToClient {
            self.add(at, passed.clone());
            self.add(late, moved);
        } else {
            self.add(at, moved);
        }
        let (mut spans, mut start) = (Vec::new(), offset);
        for said in said {
            let span = Span { start, len: said.bytes.len() as u64 };
            start = span.end();
            self.event(if dir == Dir::ToClient { late } else { at }, id, dir, span, said);
            spans.push(span);
        }
        if dir == Dir::ToServer {
            self.add(late, passed);
        }
        spans
    }

    fn event(&mut self, at: u64, conn: ConnId, dir: Dir, span: Span, said: Said) {
        let mut start = span.start;
        let field = |(name, len): (Name, usize)| {
            let field = Field { name, span: Span { start, len: len as u64 } };
            start += len as u64;
            field
        };
        let fields = said.fields.into_iter().map(field).collect();
        let (from, evidence) = (dir.speaker(), Spans::one(span));
        let faults = Vec::new();
        self.add(at, What::Event(Event { conn, from, evidence, kind: said.kind, fields, faults }));
    }

    pub fn get(&mut self, at: u64, conn: u64, path: &str, last_event_id: Option<&str>) {
        let line = self.line(conn);
        line.asked += 1;
        let exchange = line.asked - 1;
        let target = format!("/r/abc{path}");
        let socket = path.starts_with("/socket");
        let request = Request {
            exchange,
            method: "GET".to_owned(),
            target: target.clone(),
            version: Version::Http11,
            framing: Framing::None,
            persistent: true,
            user_agent: None,
            upgrade: socket.then(|| "websocket".to_owned()),
            extensions: None,
            last_event_id: last_event_id.map(str::to_owned),
            preflight: false,
        };
        let kind = Kind::Http1(Http1::Request(request));
        let bytes = format!("GET {target} HTTP/1.1\r\n\r\n").into_bytes();
        let fields = vec![(Name::Method, 3), (Name::Undecoded, bytes.len() - 3)];
        self.say(at, conn, Dir::ToServer, vec![Said { bytes, kind, fields }]);
    }

    fn head(&self, conn: u64, status: u16, framing: Framing, kind: Option<&str>) -> Said {
        let line = self.lines.get(&conn);
        let response = Response {
            exchange: line.and_then(|line| line.asked.checked_sub(1)),
            status,
            reason: "OK".to_owned(),
            version: Version::Http11,
            framing,
            persistent: true,
            content_type: kind.map(str::to_owned),
            upgrade: (status == 101).then(|| "websocket".to_owned()),
            extensions: None,
            keep_alive_s: None,
        };
        let bytes = format!("HTTP/1.1 {status} OK\r\n\r\n").into_bytes();
        let fields = vec![(Name::HttpVersion, 8), (Name::Undecoded, bytes.len() - 8)];
        Said { bytes, kind: Kind::Http1(Http1::Response(response)), fields }
    }

    /// An answer without content.
    pub fn answer(&mut self, at: u64, conn: u64, status: u16) {
        let head = self.head(conn, status, Framing::None, None);
        self.say(at, conn, Dir::ToClient, vec![head]);
    }

    /// An answer with content.
    pub fn content(&mut self, at: u64, conn: u64, content: &str) {
        let len = content.len() as u64;
        let framing = Framing::Length(len);
        let head = self.head(conn, 200, framing, Some("application/json"));
        let exchange = self.lines.get(&conn).and_then(|line| line.asked.checked_sub(1));
        let body = Body { exchange, framing, content_len: len, chunks: 0, complete: true };
        let kind = Kind::Http1(Http1::Body(body));
        let fields = vec![(Name::Content, content.len())];
        let body = Said { bytes: content.as_bytes().to_vec(), kind, fields };
        self.say(at, conn, Dir::ToClient, vec![head, body]);
    }

    /// Frames, each in a write of its own; with the last of a message comes the message.
    pub fn frames(&mut self, at: u64, conn: u64, dir: Dir, frames: &[(Opcode, bool, &str)]) {
        for (index, (opcode, fin, payload)) in frames.iter().enumerate() {
            self.frame(at + 1_000 * index as u64, conn, dir, (*opcode, *fin, payload.as_bytes()));
        }
    }

    pub fn text(&mut self, at: u64, conn: u64, dir: Dir, text: &str) {
        self.frames(at, conn, dir, &[(Opcode::Text, true, text)]);
    }

    /// A close frame.
    pub fn hang_up(&mut self, at: u64, conn: u64, dir: Dir, code: u16) {
        self.frame(at, conn, dir, (Opcode::Close, true, &code.to_be_bytes()));
    }

    fn frame(&mut self, at: u64, conn: u64, dir: Dir, (opcode, fin, payload): Framed<'_>) {
        let said = frame(opcode, fin, payload, (dir == Dir::ToServer).then_some(KEY));
        let spans = self.say(at, conn, dir, vec![said]);
        if opcode.is_control() {
            return;
        }
        let len = payload.len() as u64;
        let half = &mut self.line(conn).half[dir.index()];
        half.opcode = if opcode == Opcode::Continuation { half.opcode } else { Some(opcode) };
        half.payload.extend_from_slice(payload);
        half.spans.extend(spans.iter().map(|span| Span { start: span.end() - len, len }));
        if fin {
            let half = std::mem::take(half);
            let message = Message {
                opcode: half.opcode.unwrap_or(Opcode::Text),
                frames: half.spans.len() as u64,
                len: half.payload.len() as u64,
                text: String::from_utf8(half.payload).ok(),
            };
            let field = |span: &Span| Field { name: Name::Payload, span: *span };
            let event = Event {
                conn: ConnId(conn),
                from: dir.speaker(),
                fields: half.spans.iter().map(field).collect(),
                evidence: Spans(half.spans),
                kind: Kind::Websocket(Websocket::Message(message)),
                faults: Vec::new(),
            };
            let at = if dir == Dir::ToClient { at + LINK } else { at };
            self.add(at, What::Event(event));
        }
    }

    /// The head of an event stream.
    pub fn stream(&mut self, at: u64, conn: u64) {
        self.streaming(at, conn, "text/event-stream");
    }

    /// The head of an answer that comes piece by piece.
    pub fn streaming(&mut self, at: u64, conn: u64, kind: &str) {
        let head = self.head(conn, 200, Framing::Chunked, Some(kind));
        let spans = self.say(at, conn, Dir::ToClient, vec![head]);
        self.line(conn).stream = spans.first().map(|span| span.end());
    }

    pub fn block(&mut self, at: u64, conn: u64, id: u64, data: &str) {
        let text = format!("id: {id}\ndata: {data}\n\n");
        let bytes = format!("{:x}\r\n{text}\r\n", text.len()).into_bytes();
        let before = bytes.len() - text.len() - 2;
        let line = self.line(conn);
        let exchange = line.asked.checked_sub(1);
        let offset = line.sent[1];
        line.sent[1] += bytes.len() as u64;
        line.events += 1;
        let (id_of, dir) = (ConnId(conn), Dir::ToClient);
        let passed = Passed { conn: id_of, dir, offset: offset + bytes.len() as u64 };
        self.add(at, What::Passed(passed));
        self.add(at + LINK, What::Chunk(Chunk { conn: id_of, dir, offset, bytes }));
        let block = Block {
            exchange,
            dispatched: true,
            id: Some(id.to_string()),
            data: Some(data.to_owned()),
            data_len: data.len() as u64,
            ..Block::default()
        };
        let span = Span { start: offset + before as u64, len: text.len() as u64 };
        let said = Said {
            bytes: Vec::new(),
            kind: Kind::Sse(Sse::Block(block)),
            fields: vec![(Name::EventFieldValue, text.len())],
        };
        self.event(at + LINK, id_of, dir, span, said);
    }

    /// The event stream ends, or breaks off.
    pub fn stream_end(&mut self, at: u64, conn: u64, complete: bool) {
        let line = self.line(conn);
        let (start, chunks) = (line.stream.take().unwrap_or_default(), line.events);
        let exchange = line.asked.checked_sub(1);
        if complete {
            let offset = line.sent[1];
            line.sent[1] += 5;
            let (conn, dir) = (ConnId(conn), Dir::ToClient);
            self.add(at, What::Passed(Passed { conn, dir, offset: offset + 5 }));
            let bytes = b"0\r\n\r\n".to_vec();
            self.add(at + LINK, What::Chunk(Chunk { conn, dir, offset, bytes }));
        }
        let span = Span::between(start, self.line(conn).sent[1]);
        let body = Body { exchange, framing: Framing::Chunked, content_len: 0, chunks, complete };
        let kind = Kind::Http1(Http1::Body(body));
        let fields = vec![(Name::ChunkData, usize::try_from(span.len).unwrap())];
        let at = if complete { at + LINK } else { at };
        let said = Said { bytes: Vec::new(), kind, fields };
        self.event(at, ConnId(conn), Dir::ToClient, span, said);
    }

    pub fn command(&mut self, at: u64, conn: u64, name: &str, args: &[&str]) {
        let line = self.line(conn);
        line.asked += 1;
        let exchange = line.asked - 1;
        let bytes = format!("{name} {}\r\n", args.join(" ")).into_bytes();
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let command = Command { exchange, name: name.to_owned(), args };
        let fields = vec![(Name::RespData, bytes.len())];
        let kind = Kind::Resp(Resp::Command(command));
        self.say(at, conn, Dir::ToServer, vec![Said { bytes, kind, fields }]);
    }

    pub fn reply(&mut self, at: u64, conn: u64, kind: ValueKind, text: &str) {
        let exchange = self.line(conn).asked.checked_sub(1);
        let bytes = format!("+{text}\r\n").into_bytes();
        let reply = Reply { exchange, kind, text: text.to_owned() };
        let fields = vec![(Name::RespValue, bytes.len())];
        let kind = Kind::Resp(Resp::Reply(reply));
        self.say(at, conn, Dir::ToClient, vec![Said { bytes, kind, fields }]);
    }
}

/// A frame as it lies on the wire, of up to 125 bytes.
fn frame(opcode: Opcode, fin: bool, payload: &[u8], mask: Option<[u8; 4]>) -> Said {
    let key = mask.map(|key| key.to_vec()).unwrap_or_default();
    let masked = payload
        .iter()
        .enumerate()
        .map(|(index, byte)| byte ^ mask.map(|key| key[index % 4]).unwrap_or_default());
    let mut bytes = vec![u8::from(fin), payload.len() as u8];
    bytes.extend(&key);
    bytes.extend(masked);
    let fields = vec![
        (Name::FinAndOpcode, 1),
        (Name::MaskAndLength, 1),
        (Name::MaskingKey, key.len()),
        (Name::Payload, payload.len()),
    ];
    let close = (opcode == Opcode::Close && payload.len() >= 2).then(|| Close {
        code: u16::from_be_bytes([payload[0], payload[1]]),
        reason: String::from_utf8_lossy(&payload[2..]).into_owned(),
    });
    let len = payload.len() as u64;
    let kind = Kind::Websocket(Websocket::Frame(Frame { fin, rsv: 0, opcode, mask, len, close }));
    Said { bytes, kind, fields: fields.into_iter().filter(|(_, len)| *len > 0).collect() }
}

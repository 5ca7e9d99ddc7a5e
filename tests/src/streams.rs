//! Streams that are drawn by lot, the same ones every time: what one side of a WebSocket says, and
//! what an event stream holds, by the rules and against them, cut in all ways.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use trace::span::Dir;
use wire::transcript::Script;

const SEED: u64 = 0x11fe_57e4;

const UPGRADE: &[u8] = b"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const ASKS: &[u8] = b"GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
const ANSWERS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Close codes; the second half may not be sent.
const CODES: [u16; 16] =
    [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000];

/// Names of fields, as often as they are to come.
const NAMES: [&str; 16] = [
    "data", "data", "data", "data", "data", "event", "event", "id", "id", "retry", "retry", "",
    "Data", "datum", " data", "id ",
];

/// The ends of lines, of one kind or of several.
const ENDS: [&[&str]; 4] = [&["\n"], &["\r\n"], &["\r"], &["\n", "\r\n", "\r"]];

/// Bytes that are no UTF-8, or not the whole of it.
const NO_UTF8: [&[u8]; 5] = [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f"];

/// Content that is longer comes in long chunks, so that each can be listed.
const LONG: usize = 900;

/// What may stand between name and value.
const SEPARATORS: [&str; 6] = [": ", ": ", ": ", ":", ":  ", ""];

/// A frame before it is written.
struct Frame {
    fin: bool,
    rsv: u8,
    opcode: u8,
    payload: Vec<u8>,
    /// Whether it is masked where it must not be, or not where it must.
    wrongly_masked: bool,
    /// The least number of bytes of its extended length.
    least: usize,
}

/// So many conversations that switch to WebSocket, then one side speaks.
pub fn websocket(count: usize) -> impl Iterator<Item = (Dir, Script)> {
    let mut rng = StdRng::seed_from_u64(SEED);
    (0..count).map(move |_| {
        let dir = pick(&mut rng, &[Dir::ToServer, Dir::ToClient]);
        let bytes = frames(&mut rng, dir);
        let mut script = vec![(Dir::ToServer, UPGRADE.to_vec()), (Dir::ToClient, SWITCH.to_vec())];
        script.extend(cut(&mut rng, &bytes).into_iter().map(|piece| (dir, piece)));
        (dir, script)
    })
}

/// So many conversations whose answer is an event stream.
pub fn events(count: usize) -> impl Iterator<Item = Script> {
    let mut rng = StdRng::seed_from_u64(SEED ^ 1);
    (0..count).map(move |_| {
        let content = content(&mut rng);
        let answer = framed(&mut rng, &content);
        let mut script = vec![(Dir::ToServer, ASKS.to_vec())];
        script.extend(cut(&mut rng, &answer).into_iter().map(|piece| (Dir::ToClient, piece)));
        script
    })
}

pub(crate) fn pick<T: Copy>(rng: &mut StdRng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}

/// A stream whole, byte by byte, or in pieces.
fn cut(rng: &mut StdRng, bytes: &[u8]) -> Vec<Vec<u8>> {
    let longest = pick(rng, &[1, 8, 40, 1_500, usize::MAX]);
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let len = rng.random_range(1..=longest.min(rest.len()));
        let (piece, after) = rest.split_at(if longest == usize::MAX { rest.len() } else { len });
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}

/// What one side says.
fn frames(rng: &mut StdRng, dir: Dir) -> Vec<u8> {
    let mut frames = Vec::new();
    for _ in 0..rng.random_range(1..8) {
        say(rng, &mut frames);
    }
    if rng.random_bool(0.4) {
        close(rng, &mut frames);
        if rng.random_bool(0.1) {
            say(rng, &mut frames);
        }
    }
    if rng.random_bool(0.35) {
        let index = rng.random_range(0..frames.len());
        break_a_rule(rng, &mut frames[index]);
    }
    let mut bytes = Vec::new();
    for frame in &frames {
        frame.write(rng, dir, &mut bytes);
    }
    if rng.random_bool(0.15) {
        blow_up(rng, &mut bytes);
    }
    bytes
}

fn say(rng: &mut StdRng, frames: &mut Vec<Frame>) {
    let len = match rng.random_range(0..100) {
        0 => rng.random_range(65_530..65_545),
        1..=9 => rng.random_range(120..135),
        10..=15 => 0,
        _ => rng.random_range(0..60),
    };
    match rng.random_range(0..10) {
        0..=4 => {
            let text = words(rng, len);
            message(rng, frames, TEXT, &text);
        }
        5 | 6 => {
            let bytes: Vec<u8> = (0..len).map(|_| rng.random()).collect();
            message(rng, frames, BINARY, &bytes);
        }
        7 | 8 => frames.push(control(PING, words(rng, len.min(125)))),
        _ => frames.push(control(PONG, words(rng, len.min(125)))),
    }
}

/// A message in one frame or in several, with pings between them.
fn message(rng: &mut StdRng, frames: &mut Vec<Frame>, opcode: u8, content: &[u8]) {
    let more = if rng.random_bool(0.4) { rng.random_range(1..4) } else { 0 };
    let mut rest = content;
    for index in 0..=more {
        let last = index == more;
        let len = if last { rest.len() } else { rng.random_range(0..=rest.len()) };
        let (payload, after) = rest.split_at(len);
        rest = after;
        let opcode = if index == 0 { opcode } else { CONTINUATION };
        frames.push(Frame { fin: last, ..control(opcode, payload.to_vec()) });
        if !last && rng.random_bool(0.25) {
            frames.push(control(PING, words(rng, 5)));
        }
    }
}

fn close(rng: &mut StdRng, frames: &mut Vec<Frame>) {
    let good = rng.random_bool(0.8);
    let code = pick(rng, if good { &CODES[..8] } else { &CODES[8..] });
    let mut payload = code.to_be_bytes().to_vec();
    let len = rng.random_range(0..40);
    payload.extend(words(rng, len));
    if rng.random_bool(0.2) {
        payload.clear();
    }
    frames.push(control(CLOSE, payload));
}

/// A frame that is whole in itself.
const fn control(opcode: u8, payload: Vec<u8>) -> Frame {
    Frame { fin: true, rsv: 0, opcode, payload, wrongly_masked: false, least: 0 }
}

fn break_a_rule(rng: &mut StdRng, frame: &mut Frame) {
    match rng.random_range(0..9) {
        0 => frame.wrongly_masked = true,
        1 => frame.rsv = rng.random_range(1..8),
        2 => frame.opcode = pick(rng, &[0x3, 0x7, 0xb, 0xf]),
        3 => frame.least = pick(rng, &[2, 8]),
        4 => frame.fin = !frame.fin,
        5 => frame.opcode = pick(rng, &[CONTINUATION, TEXT, BINARY]),
        6 => frame.payload.push(0xff),
        7 => frame.payload.extend([b'x'; 126]),
        _ => *frame = control(CLOSE, vec![3]),
    }
}

impl Frame {
    fn write(&self, rng: &mut StdRng, dir: Dir, bytes: &mut Vec<u8>) {
        let masked = (dir == Dir::ToServer) != self.wrongly_masked;
        let key: [u8; 4] = if masked && rng.random_bool(0.95) { rng.random() } else { [0; 4] };
        let (fin, mask) = (u8::from(self.fin) << 7, u8::from(masked) << 7);
        bytes.push(fin | (self.rsv << 4) | self.opcode);
        let len = self.payload.len();
        let needed = match len {
            0..=125 => 0,
            126..=0xffff => 2,
            _ => 8,
        };
        match needed.max(self.least) {
            0 => bytes.push(mask | len as u8),
            2 => {
                bytes.push(mask | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        if masked {
            bytes.extend(key);
        }
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
}

/// So many bytes of text, in letters of one to four bytes.
pub(crate) fn words(rng: &mut StdRng, len: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < len {
        let char = pick(rng, &['a', 'ß', '€', '🌍', ' ', ':', '{', '"', '\u{FEFF}', '0']);
        text.push(if text.len() + char.len_utf8() > len { 'x' } else { char });
    }
    text.into_bytes()
}

/// Breaks something, anywhere.
pub(crate) fn blow_up(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    let place = rng.random_range(0..=bytes.len());
    match rng.random_range(0..4) {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, rng.random()),
        2 => {
            for byte in pick(rng, &NO_UTF8).iter().rev() {
                bytes.insert(place, *byte);
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = rng.random();
            }
        }
    }
}

/// The content of an event stream.
fn content(rng: &mut StdRng) -> Vec<u8> {
    // Data that is too long to be kept is by the rules: its length alone can be told.
    if rng.random_bool(0.005) {
        let len = rng.random_range(8_000..12_000);
        return format!("data: {}\nid: 1\n\ndata: short\n\n", "x".repeat(len)).into_bytes();
    }
    let mark: &[u8] = match rng.random_range(0..20) {
        0..=2 => b"\xef\xbb\xbf",
        3 => b"\xef\xbb\xbf\xef\xbb\xbf",
        4 => b"\xef\xbb",
        _ => b"",
    };
    let mut bytes = mark.to_vec();
    let ends = pick(rng, &ENDS);
    for _ in 0..rng.random_range(1..25) {
        if rng.random_bool(0.7) {
            line(rng, &mut bytes);
        }
        bytes.extend(pick(rng, ends).bytes());
    }
    if rng.random_bool(0.7) {
        let end = pick(rng, ends);
        bytes.extend(format!("data: the last{end}{end}").bytes());
    }
    if rng.random_bool(0.3) {
        blow_up(rng, &mut bytes);
    }
    bytes
}

/// A line, without its end.
fn line(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    let (name, separator) = (pick(rng, &NAMES), pick(rng, &SEPARATORS));
    bytes.extend(name.bytes());
    if separator.is_empty() && rng.random_bool(0.9) {
        return;
    }
    bytes.extend(separator.bytes());
    let len = rng.random_range(0..20);
    let mut value = words(rng, len);
    if name == "retry" && rng.random_bool(0.8) {
        value = rng.random_range(0..1_000_000_u32).to_string().into_bytes();
    } else if name == "id" && rng.random_bool(0.1) {
        value.push(0);
    }
    bytes.append(&mut value);
}

/// The content as an answer: in chunks, or until the close.
fn framed(rng: &mut StdRng, content: &[u8]) -> Vec<u8> {
    let mut answer = ANSWERS.to_vec();
    if rng.random_bool(0.3) {
        answer.extend(b"Connection: close\r\n\r\n");
        answer.extend(content);
        return answer;
    }
    answer.extend(b"Transfer-Encoding: chunked\r\n\r\n");
    let chunks = if content.len() > LONG {
        content.chunks(LONG).map(<[u8]>::to_vec).collect()
    } else {
        cut(rng, content)
    };
    for chunk in chunks {
        answer.extend(format!("{:x}\r\n", chunk.len()).bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    if rng.random_bool(0.9) {
        answer.extend(b"0\r\n\r\n");
    }
    answer
}

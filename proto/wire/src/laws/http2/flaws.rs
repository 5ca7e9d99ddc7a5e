//! What sides of HTTP/2 say against the rules.

use trace::span::Dir;

use super::blocks::{frame, plain};
use super::talk::{Step, Talk};
use super::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, RST_STREAM, SETTINGS,
    WINDOW_UPDATE,
};
use crate::laws::websocket::words;

/// `:method: GET`, `:scheme: http`, `:path: /`
const GET: &[u8] = &[0x82, 0x86, 0x84];

/// Header fields that no request has, or that stand where none can.
const ODD: [(&str, &str); 6] = [
    (":path", "/"),
    (":status", "200"),
    ("Upper", "x"),
    ("connection", "close"),
    ("te", "gzip"),
    ("", ""),
];

/// Ends of blocks that cannot be read.
const BAD_BLOCKS: [&[u8]; 7] = [
    b"\x80",
    b"\xff\x7f",
    b"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
    b"\x04\x81\x18",
    b"\x04\x0aabc",
    b"\x20",
    b"\x3f\xff\x7f",
];

/// Settings that no side can say, or that shrink what was allowed.
const BAD_SETTINGS: [&[u8]; 6] = [
    b"\0\x01\0\0\0\0",
    b"\0\x01\0\0\0\0\0\x01\0\0\x10\0",
    b"\0\x02\0\0\0\x07",
    b"\0\x04\0\0\0\0",
    b"\0\x05\0\0\0\x01",
    b"\0\x04\xff\xff\xff\xff\0",
];

impl Talk {
    /// One of ten flaws, mostly on the latest stream.
    pub fn break_a_rule(&mut self, step: &Step, flaw: u8) {
        let (dir, mut lot) = (step.dir, step.lot);
        let id = if lot.one_in(4) { self.next_id() } else { self.latest() };
        let small = u8::try_from(lot.of(256)).unwrap();
        let bytes = match flaw {
            // A frame of any kind, anywhere.
            0 | 1 => {
                let (kind, stream) = (lot.of(12), lot.of(7));
                let [kind, stream] = [kind, stream].map(|number| u8::try_from(number).unwrap());
                let len = if lot.one_in(2) { step.len } else { lot.of(11) };
                frame(kind, small, stream.into(), &words(len))
            }
            2 => {
                let kind = [DATA, HEADERS][lot.of(2)];
                frame(kind, PADDED | END_HEADERS, id, &[&[small][..], &words(step.len)].concat())
            }
            3 => {
                let block = [GET, BAD_BLOCKS[lot.of(BAD_BLOCKS.len())]].concat();
                frame(HEADERS, END_HEADERS, id, &block)
            }
            4 => {
                let (name, value) = ODD[lot.of(ODD.len())];
                let block = [GET, &plain(name, value)].concat();
                frame(HEADERS, END_HEADERS | END_STREAM, id, &block)
            }
            5 => {
                let between = [
                    frame(PING, 0, 0, b"lifeline"),
                    frame(DATA, 0, id, b"between"),
                    frame(HEADERS, END_HEADERS, id, GET),
                ];
                let goes_on = frame(CONTINUATION, END_HEADERS, id, &GET[1..]);
                [frame(HEADERS, 0, id, &GET[..1]), between[lot.of(3)].clone(), goes_on].concat()
            }
            6 => {
                let by: [u8; 4] = [[0; 4], [0x7f, 0xff, 0xff, 0xff]][lot.of(2)];
                frame(WINDOW_UPDATE, 0, if lot.one_in(2) { id } else { 0 }, &by)
            }
            7 => {
                self.push(dir, frame(SETTINGS, 0, 0, BAD_SETTINGS[lot.of(BAD_SETTINGS.len())]));
                let back = if dir == Dir::ToServer { Dir::ToClient } else { Dir::ToServer };
                self.push(back, frame(SETTINGS, ACK, 0, b""));
                return;
            }
            8 => {
                let content: [&[u8]; 5] = [
                    b"\x07\0\0\0\x01a",
                    b"\0\xff\xff\xff\xffabc",
                    b"\0\0\0\0\x04\x1a\x02\xff\xff\0\0\0\0\x02\x0a",
                    b"AAA!\0\0",
                    b"\x80\0\0\0\x09no colon\n",
                ];
                frame(DATA, 0, id, content[lot.of(5)])
            }
            _ if lot.one_in(2) => frame(RST_STREAM, 0, id, &[0, 0, 0, small]),
            // One whose end may never come.
            _ => frame(DATA, 0, id, &words(90))[..9 + step.len.min(80)].to_vec(),
        };
        self.push(dir, bytes);
    }
}

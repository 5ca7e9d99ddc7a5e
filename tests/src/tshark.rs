//! What we hear of a conversation of HTTP/2 and what tshark makes of it, both as JSON in the same
//! words: for each direction its frames, each with type, flags, stream, length and padding, what it
//! says in numbers, the header fields of the block that it ends and how they stand on the wire, and
//! the lengths of the gRPC messages that it ends.
//!
//! tshark reads packets, and those that carried a recording nobody has kept: its reads are cut into
//! segments here. Not compared, and why:
//!
//! - Of names and values of header fields, what lies behind their first 1,024 bytes: ours does not
//!   keep it.
//! - A table that the client makes smaller before the server's first header block: before that one
//!   tshark puts made-up entries into the server's table, to be ready for captures that begin amid a
//!   connection. It cannot then, and decodes no block of the server's. The recordings do it later.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use trace::event::Kind;
use trace::grpc::Grpc;
use trace::http2::{Frame, FrameKind, Header, How, Http2, Says};
use trace::span::Dir;
use wire::hpack::TEXT_KEPT;
use wire::transcript::{self, Script};

/// The ports of the packets.
const CLIENT: u16 = 40_001;
const SERVER: u16 = 4_001;

/// The most bytes of a segment.
const SEGMENT: usize = 1_400;

/// Bytes of a packet's headers: of IPv4, and of TCP.
const HEADERS_LEN: usize = 20 + 20;

/// Frames that can have padding: DATA, HEADERS, PUSH_PROMISE.
const PADDABLE: [u64; 3] = [0x0, 0x1, 0x5];
/// Frames that carry header blocks: HEADERS, PUSH_PROMISE, CONTINUATION.
const OF_BLOCKS: [u64; 3] = [0x1, 0x5, 0x9];

const END_HEADERS: u64 = 0x4;
const PADDED: u64 = 0x8;

/// How a header field stands on the wire: how tshark's words begin, and ours.
const HOW: [(&str, &str); 4] = [
    ("Indexed Header Field", "indexed"),
    ("Literal Header Field with Incremental Indexing", "added"),
    ("Literal Header Field without Indexing", "plain"),
    ("Literal Header Field never Indexed", "never"),
];

/// What a frame can say in numbers, settings aside.
const NUMBERS: [&str; 5] = [
    "http2.window_update.window_size_increment",
    "http2.rst_stream.error",
    "http2.push_promise.promised_stream_id",
    "http2.goaway.last_stream_id",
    "http2.goaway.error",
];

/// The frames of a conversation, by direction.
pub type Frames = [Vec<Value>; 2];

/// What `cargo xtask record` has recorded, each with its name.
pub fn recordings() -> Vec<(String, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/http2/recorded");
    let mut recordings: Vec<(String, Script)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a recording is text");
            (name, transcript::parse(&text).unwrap_or_else(|why| panic!("{path:?}: {why}")))
        })
        .collect();
    recordings.sort();
    recordings
}

/// What we hear.
///
/// # Panics
/// Where something is wrong with it: no recording has a fault.
pub fn ours(script: &Script) -> Frames {
    let mut heard = Frames::default();
    for event in transcript::decode(script) {
        assert!(event.faults.is_empty(), "{event:?}");
        let frames = &mut heard[event.dir().index()];
        match &event.kind {
            Kind::Http2(Http2::Frame(frame)) => frames.push(our_frame(frame)),
            // Heads and messages stand behind the frame that ends them.
            Kind::Http2(Http2::Head(head)) => {
                last(frames)["headers"] = head.headers.iter().map(our_header).collect();
            }
            Kind::Grpc(Grpc::Message(message)) => {
                add_message(last(frames), message.compressed, message.len);
            }
            Kind::Http2(Http2::Preface | Http2::Content(_)) => {}
            _ => panic!("{event:?}"),
        }
    }
    heard
}

fn our_frame(frame: &Frame) -> Value {
    let kind = (0..=u8::MAX).find(|number| FrameKind::of(*number) == frame.kind);
    let says: Vec<u32> = match &frame.says {
        Says::Nothing => Vec::new(),
        Says::Settings(settings) => {
            settings.iter().flat_map(|(id, value)| [u32::from(*id), *value]).collect()
        }
        Says::Increment(number) | Says::Reset(number) | Says::Promised(number) => vec![*number],
        Says::Goaway { last, error, .. } => vec![*last, *error],
    };
    json!({
        "type": kind,
        "flags": frame.flags,
        "stream": frame.stream,
        "length": frame.len,
        "padding": frame.padding,
        "says": says,
        "headers": null,
        "messages": [],
    })
}

fn our_header(header: &Header) -> Value {
    let (how, index) = match header.how {
        How::Indexed(index) => ("indexed", index),
        How::Added(index) => ("added", index),
        How::Plain(index) => ("plain", index),
        How::Never(index) => ("never", index),
    };
    json!([header.name, header.value, how, index])
}

fn last(frames: &mut [Value]) -> &mut Value {
    frames.last_mut().expect("a frame stands before what it ends")
}

fn add_message(frame: &mut Value, compressed: bool, len: u64) {
    let messages = frame["messages"].as_array_mut().expect("a list");
    messages.push(json!({ "compressed": compressed, "length": len }));
}

/// What tshark makes of it.
///
/// # Panics
/// Where there is no tshark, or it says what nobody expects.
pub fn theirs(script: &Script) -> Frames {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("recording.pcap");
    std::fs::write(&file, pcap(script)).expect("a file can be written");
    let decode = format!("tcp.port=={SERVER},http2");
    let output = Command::new("tshark")
        .args(["-n", "-T", "json", "-J", "http2 grpc tcp", "-d", decode.as_str(), "-r"])
        .arg(&file)
        // Not as somebody here has set it.
        .env("WIRESHARK_CONFIG_DIR", folder.path())
        .output()
        .expect("tshark is needed: cargo xtask test brings it, or apt-get install tshark");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark: {}\n{errors}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let packets: Node = serde_json::from_str(&text).expect("tshark writes JSON");
    dissected(&packets)
}

/// The frames in tshark's packets.
fn dissected(packets: &Node) -> Frames {
    let mut heard = Frames::default();
    // The header fields of a block that goes on in a CONTINUATION.
    let mut open = Frames::default();
    for packet in packets.items() {
        let layers = packet.first("layers").expect("a packet has layers");
        let from_server = layers.number("tcp.srcport") == Some(u64::from(SERVER));
        let dir = if from_server { Dir::ToClient } else { Dir::ToServer };
        let (frames, open) = (&mut heard[dir.index()], &mut open[dir.index()]);
        for (name, layer) in layers.fields() {
            match name.as_str() {
                // The preface is such a layer too, without a type.
                "http2" if layer.first("http2.type").is_some() => {
                    frames.push(their_frame(layer, open));
                }
                "grpc" => {
                    let compressed = wanted(layer, "grpc.compressed_flag") != 0;
                    add_message(last(frames), compressed, wanted(layer, "grpc.message_length"));
                }
                _ => {}
            }
        }
    }
    heard
}

fn their_frame(layer: &Node, open: &mut Vec<Value>) -> Value {
    let [kind, flags] = ["http2.type", "http2.flags"].map(|name| wanted(layer, name));
    let padded = PADDABLE.contains(&kind) && flags & PADDED != 0;
    let mut headers = Value::Null;
    if OF_BLOCKS.contains(&kind) {
        open.extend(layer.all("http2.header").into_iter().map(their_header));
        if flags & END_HEADERS != 0 {
            headers = Value::Array(std::mem::take(open));
        }
    }
    let settings = layer.all("http2.settings");
    let settings = settings.into_iter().flat_map(Node::fields).filter_map(|(_, node)| node.value());
    let numbers = NUMBERS.iter().filter_map(|name| layer.number(name));
    let says: Vec<u64> = settings.chain(numbers).collect();
    json!({
        "type": kind,
        "flags": flags,
        "stream": wanted(layer, "http2.streamid"),
        "length": wanted(layer, "http2.length"),
        "padding": padded.then(|| wanted(layer, "http2.pad_length")),
        "says": says,
        "headers": headers,
        "messages": [],
    })
}

fn their_header(header: &Node) -> Value {
    let text = |name: &str| header.first(name).and_then(Node::text).unwrap_or_default();
    let [name, value] = ["http2.header.name", "http2.header.value"].map(|name| kept(text(name)));
    let words = text("http2.header.repr");
    let known = HOW.iter().find(|(begins, _)| words.starts_with(begins));
    let how = known.map_or(words, |(_, how)| *how);
    // A name that is told has none.
    let index = header.number("http2.header.index").unwrap_or(0);
    json!([name, value, how, index])
}

/// As much of a text as ours keeps.
fn kept(text: &str) -> &str {
    let most = text.len().min(TEXT_KEPT);
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

fn wanted(layer: &Node, name: &str) -> u64 {
    layer.number(name).unwrap_or_else(|| panic!("no {name} in {layer:?}"))
}

/// The first frame that differs, if one does, and the one before it.
pub fn difference(ours: &[Value], theirs: &[Value]) -> Option<String> {
    let len = ours.len().max(theirs.len());
    let at = (0..len).find(|at| ours.get(*at) != theirs.get(*at))?;
    let shown = |frame: Option<&Value>| frame.map_or("none".to_owned(), |frame| frame.to_string());
    let before = shown(at.checked_sub(1).and_then(|before| ours.get(before)));
    let (ours, theirs) = (shown(ours.get(at)), shown(theirs.get(at)));
    Some(format!("frame {at}, behind {before}\n  ours   {ours}\n  theirs {theirs}"))
}

/// A conversation as a file of packets: IPv4 and TCP, without checksums.
fn pcap(script: &Script) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    // Version 2.4; at last the most bytes of a packet, and the link: IP without anything before it.
    file.extend([2_u16, 4].map(u16::to_le_bytes).concat());
    file.extend([0_u32, 0, 65_535, 101].map(u32::to_le_bytes).concat());
    let mut sent = [1_u32; 2];
    let segments = script
        .iter()
        .flat_map(|(dir, bytes)| bytes.chunks(SEGMENT).map(move |piece| (*dir, piece)));
    for (number, (dir, piece)) in (0_u32..).zip(segments) {
        let packet = packet(dir, piece, sent);
        sent[dir.index()] += piece.len() as u32;
        let len = packet.len() as u32;
        // A millisecond lies between two.
        let header = [number / 1_000, number % 1_000 * 1_000, len, len];
        file.extend(header.map(u32::to_le_bytes).concat());
        file.extend(packet);
    }
    file
}

/// A segment, where both sides have sent so much.
fn packet(dir: Dir, piece: &[u8], sent: [u32; 2]) -> Vec<u8> {
    let own = dir.index();
    let ports = match dir {
        Dir::ToServer => [CLIENT, SERVER],
        Dir::ToClient => [SERVER, CLIENT],
    };
    let len = (HEADERS_LEN + piece.len()) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(len.to_be_bytes());
    // Not to be fragmented, 64 hops, TCP; then from and to 127.0.0.1.
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    packet.extend(ports.map(u16::to_be_bytes).concat());
    packet.extend([sent[own], sent[1 - own]].map(u32::to_be_bytes).concat());
    // PSH and ACK, and the largest window.
    packet.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
    packet.extend_from_slice(piece);
    packet
}

/// JSON as tshark writes it: names stand more than once in an object, in an order that counts.
#[derive(Debug)]
enum Node {
    Text(String),
    Items(Vec<Node>),
    Fields(Vec<(String, Node)>),
    Nothing,
}

impl Node {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number that a text is.
    fn value(&self) -> Option<u64> {
        let text = self.text()?;
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn items(&self) -> &[Node] {
        if let Self::Items(items) = self { items } else { &[] }
    }

    fn fields(&self) -> &[(String, Node)] {
        if let Self::Fields(fields) = self { fields } else { &[] }
    }

    /// What has this name, however deep it lies, in order.
    fn all(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        for (other, node) in self.fields() {
            if other == name {
                found.push(node);
            } else {
                found.extend(node.all(name));
            }
        }
        found
    }

    fn first(&self, name: &str) -> Option<&Node> {
        self.all(name).into_iter().next()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.first(name)?.value()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what tshark writes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Node, E> {
        Ok(Node::Text(u8::from(yes).to_string()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Fields(fields))
    }
}

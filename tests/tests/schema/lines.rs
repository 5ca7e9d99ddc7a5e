//! Lines of event streams, of RESP, of HTTP/2, of gRPC and of TLS, and what each of the last three must
//! not become.

use serde_json::{from_value, json};
use tests::log::refusal;
use trace::entry::{Carried, Opened, What};
use trace::event::Kind;
use trace::grpc::{Call, Grpc, Message, Reading, Trailers, Value, Wire};
use trace::http2::{Content, Frame, FrameKind, Head, Header, How, Http2, Role, Says, Windows};
use trace::ids::ConnId;
use trace::participant::{Participant, Role as Part};
use trace::resp::{Command, Push, Reply, Resp, ValueKind};
use trace::span::Dir;
use trace::sse::{Block, Sse};
use trace::tls::{ContentType, Message as Handshake, Tls};

use super::{PIECES, WHOLE, assert_all_taken, assert_refused, event, line, words};

/// Blocks with everything that a block may have, and with nothing.
pub fn sse() -> Vec<String> {
    let full = Block {
        exchange: Some(0),
        dispatched: true,
        id: Some("5".to_owned()),
        event: Some("message".to_owned()),
        data: Some("one\ntwo".to_owned()),
        data_len: 7,
        retry_ms: Some(1_000),
        comments: 1,
    };
    vec![
        event(Kind::Sse(Sse::Block(full)), &PIECES),
        event(Kind::Sse(Sse::Block(Block::default())), &WHOLE),
        event(Kind::Sse(Sse::Unfinished), &WHOLE),
    ]
}

/// Every piece of a RESP conversation.
pub fn resp() -> Vec<String> {
    let args = |words: &[&str]| words.iter().copied().map(str::to_owned).collect::<Vec<String>>();
    let fields = args(&["lifeline:k4r9q9yf", "0-*", "text", "hello"]);
    let all = [
        Resp::Command(Command { exchange: 0, name: "XADD".to_owned(), args: fields }),
        Resp::Command(Command { exchange: 1, name: "PING".to_owned(), args: Vec::new() }),
        Resp::Reply(Reply { exchange: Some(0), kind: ValueKind::Bulk, text: "0-1".to_owned() }),
        Resp::Reply(Reply { exchange: None, kind: ValueKind::Null, text: String::new() }),
        Resp::Push(Push { name: "message".to_owned(), args: args(&["lifeline:k4r9q9yf", "1"]) }),
        Resp::Malformed,
        Resp::Partial,
        Resp::Rest,
    ];
    all.into_iter().map(|said| event(Kind::Resp(said), &WHOLE)).collect()
}

fn frame(kind: FrameKind, says: Says) -> String {
    let windows = Some(Windows { connection: 65_535, stream: None });
    let frame = Frame { kind, flags: 0, stream: 0, len: 4, padding: None, says, windows };
    event(Kind::Http2(Http2::Frame(frame)), &WHOLE)
}

/// Frames of every kind, the first with everything that data may have, and everything that a frame
/// may say.
fn frames() -> Vec<String> {
    let windows = Some(Windows { connection: -1, stream: Some(65_535) });
    let (kind, says) = (FrameKind::Data, Says::Nothing);
    let full = Frame { kind, flags: 9, stream: 3, len: 25, padding: Some(2), says, windows };
    let debug = "too_many_pings".to_owned();
    let others = [
        (FrameKind::Headers, Says::Nothing),
        (FrameKind::Priority, Says::Nothing),
        (FrameKind::RstStream, Says::Reset(8)),
        (FrameKind::Settings, Says::Settings(vec![(4, u32::MAX), (0xffff, 0)])),
        (FrameKind::Settings, Says::Settings(Vec::new())),
        (FrameKind::PushPromise, Says::Promised(2)),
        (FrameKind::Ping, Says::Nothing),
        (FrameKind::Goaway, Says::Goaway { last: 0, error: 11, debug }),
        (FrameKind::Goaway, Says::Goaway { last: 0x7fff_ffff, error: 0, debug: String::new() }),
        (FrameKind::WindowUpdate, Says::Increment(1)),
        (FrameKind::Continuation, Says::Nothing),
        (FrameKind::Unknown(10), Says::Nothing),
    ];
    let others = others.into_iter().map(|(kind, says)| frame(kind, says));
    std::iter::once(event(Kind::Http2(Http2::Frame(full)), &WHOLE)).chain(others).collect()
}

fn head(role: Role, ends: bool, headers: Vec<Header>) -> String {
    let head =
        Head { stream: 1, role, headers, ends, frames: 2, len: 7, plain_len: 60, table_size: 57 };
    event(Kind::Http2(Http2::Head(head)), &PIECES)
}

/// Heads of everything, and header fields that are told in every way.
fn heads() -> Vec<String> {
    let header = |how, evicted| {
        let (name, value) = (":path".to_owned(), "/".to_owned());
        vec![Header { name, value, how, evicted }]
    };
    vec![
        head(Role::Request, true, header(How::Indexed(4), 0)),
        head(Role::Response, false, header(How::Added(4), 2)),
        head(Role::Interim, false, header(How::Plain(0), 0)),
        head(Role::Trailers, true, header(How::Never(0), 0)),
        head(Role::Promise, false, Vec::new()),
    ]
}

/// Every piece of an HTTP/2 connection.
pub fn http2() -> Vec<String> {
    let content = Content { stream: 1, len: 7, frames: 2, complete: true };
    let others = [Http2::Preface, Http2::Content(content), Http2::Partial, Http2::Rest];
    let others = others.into_iter().map(|said| event(Kind::Http2(said), &PIECES));
    frames().into_iter().chain(heads()).chain(others).collect()
}

fn value(depth: u8, name: Option<&str>, wire: Wire, text: &str) -> Value {
    let reading = Reading { kind: "string".to_owned(), text: text.to_owned() };
    Value { number: 1, name: name.map(str::to_owned), depth, wire, readings: vec![reading] }
}

/// Messages with every way in which a value stands on the wire.
fn messages() -> Vec<String> {
    let wires =
        [Wire::Varint, Wire::Fixed64, Wire::Len, Wire::StartGroup, Wire::EndGroup, Wire::Fixed32];
    let message = |(wire, number)| {
        let (call, path) = (Call::Stream(1), "/lifeline.v1.Chat/Send".to_owned());
        let values = vec![value(0, None, wire, ""), value(1, Some("text"), Wire::Len, "hello")];
        let message =
            Message { call, path, number, compressed: false, len: 2, base64: true, values };
        event(Kind::Grpc(Grpc::Message(message)), &PIECES)
    };
    wires.into_iter().zip(1..).map(message).collect()
}

/// Every piece of a gRPC call.
pub fn grpc() -> Vec<String> {
    let (call, path) = (Call::Exchange(0), String::new());
    let (compressed, base64, values) = (true, false, Vec::new());
    let bare = Message { call, path, number: 1, compressed, len: 0, base64, values };
    let message = "no such method".to_owned();
    let trailers = [
        Trailers { call, len: 30, status: Some(12), message },
        Trailers { call, len: 0, status: None, message: String::new() },
    ];
    let others = [Grpc::Message(bare), Grpc::Partial(call), Grpc::Partial(Call::Stream(1))];
    let others = others.into_iter().chain(trailers.map(Grpc::Trailers));
    let others = others.map(|said| event(Kind::Grpc(said), &WHOLE));
    messages().into_iter().chain(others).collect()
}

#[test]
fn every_word_of_http2_and_grpc_is_taken() {
    let kinds = words(from_value::<FrameKind>(json!("?")));
    assert_all_taken(&frames(), "/kind/http2/frame/kind", &kinds);
    let heads = heads();
    let roles = words(from_value::<Role>(json!("?")));
    assert_all_taken(&heads, "/kind/http2/head/role", &roles);
    let ways = words(from_value::<How>(json!("?")));
    assert_all_taken(&heads[..4], "/kind/http2/head/headers/0/how", &ways);
    let wires = words(from_value::<Wire>(json!("?")));
    assert_all_taken(&messages(), "/kind/grpc/message/values/0/wire", &wires);
}

#[test]
#[rustfmt::skip] // a table is read line by line
fn wrong_lines_of_http2_and_grpc_are_refused() {
    let (frames, heads, messages, calls) = (frames(), heads(), messages(), grpc());
    let (data, settings, goaway, unknown) = (&frames[0], &frames[4], &frames[8], &frames[12]);
    let (head, message, trailers) = (&heads[1], &messages[0], &calls[9]);
    for (line, from, to, why) in [
        (data, r#""kind":"data""#, r#""kind":"date""#, "an unknown kind of frame"),
        (data, r#""flags":9"#, r#""flags":256"#, "a ninth flag"),
        (data, r#""stream":3"#, r#""stream":2147483648"#, "the reserved bit"),
        (data, r#""connection":-1,"#, "", "no window of the connection"),
        (settings, "[4,4294967295]", "[4]", "a setting without value"),
        (goaway, r#""error":11"#, r#""error":"calm""#, "an error in words"),
        (unknown, r#"{"unknown":10}"#, r#"{"unknown":9}"#, "a number that has a name"),
        (head, r#""role":"response""#, r#""role":"tail""#, "an unknown role"),
        (head, r#"{"added":4}"#, r#"{"added":4,"never":0}"#, "told in two ways"),
        (head, r#""evicted":2"#, r#""evicted":0"#, "none is not said"),
        (message, r#""number":1,"len":2"#, r#""len":2"#, "a message without number"),
        (message, r#""wire":"varint""#, r#""wire":"variant""#, "an unknown wire type"),
        (message, r#""depth":1"#, r#""depth":0"#, "the message's own is not said"),
        (trailers, r#""status":12"#, r#""status":"12""#, "a status in words"),
    ] {
        assert_eq!(refusal(line), None, "{line}");
        assert_refused(line, from, to, why);
    }
}

/// Records of every type, the first with everything that a handshake may have.
pub fn tls() -> Vec<String> {
    let record = |content| {
        let (version, messages) = (0x0303, Vec::new());
        Tls { content, version, len: 2, messages, alert: None, protected: false }
    };
    let hello = Handshake {
        kind: 1,
        len: 508,
        versions: vec![0x0304, 0x0303],
        suites: vec![0x1301, 0xc02b],
        server_name: Some("lab.test".to_owned()),
        alpn: vec!["h2".to_owned()],
        retry: true,
    };
    let done = Handshake { kind: 14, ..Handshake::default() };
    let all = [
        Tls { messages: vec![hello, done], ..record(ContentType::Handshake) },
        Tls { alert: Some((2, 48)), ..record(ContentType::Alert) },
        Tls { protected: true, ..record(ContentType::ApplicationData) },
        record(ContentType::ChangeCipherSpec),
        record(ContentType::Other(24)),
    ];
    all.into_iter().map(|said| event(Kind::Tls(said), &WHOLE)).collect()
}

/// A connection inside another, and what is carried there.
fn inside() -> [String; 2] {
    let part = |id: &str, role| Participant {
        id: id.to_owned(),
        name: id.to_owned(),
        role,
        detail: String::new(),
    };
    let (conn, outer, dir) = (ConnId(2), ConnId(1), Dir::ToServer);
    let opened = Opened {
        conn,
        client: part("agent", Part::Agent),
        server: part("instance1", Part::Server),
        client_addr: "127.0.0.1:43271".to_owned(),
        server_addr: "127.0.0.1:4007".to_owned(),
        inside: Some(outer),
    };
    let carried = Carried { conn, dir, offset: 91, outer, outer_offset: 113 };
    [line(What::Opened(opened)), line(What::Carried(carried))]
}

#[test]
fn wrong_lines_of_tls_are_refused() {
    let records = tls();
    let [opened, carried] = &inside();
    let (hello, alert, data, other) = (&records[0], &records[1], &records[2], &records[4]);
    for (line, from, to, why) in [
        (hello, "[772,771]", "[772,65536]", "a version of more than two bytes"),
        (hello, r#""retry":true"#, r#""retry":false"#, "what is not so is not said"),
        (hello, r#""kind":1,"#, "", "a message without type"),
        (alert, "[2,48]", "[2]", "an alert without description"),
        (data, r#""application_data""#, r#""data""#, "an unknown type"),
        (data, r#""version":771,"#, "", "a record without version"),
        (other, r#"{"other":24}"#, r#"{"other":22}"#, "a number that has a name"),
        (opened, r#""inside":1"#, r#""inside":0"#, "connections are counted from 1"),
        (carried, r#","outer":1"#, "", "carried by nothing"),
    ] {
        assert_eq!(refusal(line), None, "{line}");
        assert_refused(line, from, to, why);
    }
}

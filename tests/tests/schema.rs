//! The schema of the log can refuse: lines that are right, and what each must not become. Notes,
//! reports and events are built from the types, so that a variant without schema or line fails here.

#[path = "schema/lines.rs"]
mod lines;
#[path = "schema/webhooks.rs"]
mod webhooks;

use std::collections::BTreeSet;

use serde_json::{Value, from_value, json};
use tests::log::refusal;
use trace::entry::{Ending, Entry, Input, Loss, Report, Says, What};
use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::grpc::Grpc;
use trace::http1::{Body, Framing, Http1, Request, Response, Rest, Version};
use trace::http2::Http2;
use trace::ids::{ConnId, Seq};
use trace::log::Line;
use trace::note::{Act, Engine, Note, PollRelease, Reach, Release, Vanished, What as Noted};
use trace::participant::Role;
use trace::resp::{Resp, ValueKind};
use trace::span::{Dir, Side, Span, Spans};
use trace::sse::Sse;
use trace::studio::RunState;
use trace::time::Micros;
use trace::tls::ContentType;
use trace::websocket::{Close, Frame, Message, Opcode, Websocket};

use lines::{grpc, http2, resp, sse, tls};

const HEADER: &str = r#"{"lifeline":1,"run":"k4r9q9yf","lab":"http10","params":{"requests":3,"pause":false,"order":"in_turn"},"seed":0,"participants":[{"id":"agent","name":"Agent","role":"agent"}],"started":"2026-11-22T09:24:24.671Z"}"#;
const OPENED: &str = r#"{"seq":3,"at_us":4225,"type":"opened","conn":1,"client":{"id":"agent","name":"Agent","role":"agent","detail":"a client in the server"},"server":{"id":"http10","name":"Server","role":"server","detail":":4004"},"client_addr":"127.0.0.1:43271","server_addr":"127.0.0.1:4004"}"#;
const CHUNK: &str =
    r#"{"seq":5,"at_us":4313,"type":"chunk","conn":1,"dir":"to_server","offset":0,"bytes":"R0VU"}"#;
const PASSED: &str =
    r#"{"seq":7,"at_us":126245,"type":"passed","conn":1,"dir":"to_server","offset":91}"#;
const EVENT: &str = r#"{"seq":6,"at_us":1,"type":"event","conn":1,"from":"client","evidence":[{"start":0,"len":4}],"kind":{"http1":"partial"},"fields":[{"name":"undecoded","start":0,"len":4}],"faults":[{"code":"incomplete"}]}"#;
const RESPONSE: &str = r#"{"seq":6,"at_us":1,"type":"event","conn":1,"from":"server","evidence":[{"start":0,"len":4}],"kind":{"http1":{"response":{"exchange":0,"status":200,"reason":"OK","version":"HTTP/1.0","framing":{"length":7},"persistent":false}}},"fields":[{"name":"undecoded","start":0,"len":4}]}"#;
const LOST: &str = r#"{"seq":8,"at_us":9,"type":"lost","conn":1,"dir":"to_client","offset":4,"len":2,"why":"body"}"#;
const CLOSED: &str =
    r#"{"seq":12,"at_us":169744,"type":"closed","conn":1,"by":"server","how":"fin"}"#;
const INPUT: &str = r#"{"seq":2,"at_us":3101,"type":"input","input":"start"}"#;
const STATE: &str = r#"{"seq":1,"at_us":3092,"type":"note","note":"state","state":"running"}"#;
const HELD: &str = r#"{"seq":4,"at_us":3175,"type":"note","conn":1,"note":"gate_held","gate":1,"act":"answer","limit_us":120000000}"#;

#[test]
fn right_lines_are_taken() {
    for line in [HEADER, OPENED, CHUNK, PASSED, EVENT, RESPONSE, LOST, CLOSED, INPUT, STATE, HELD] {
        assert_eq!(refusal(line), None, "{line}");
    }
}

/// A right line, what is replaced in it, by what, and what that breaks.
#[rustfmt::skip] // a table is read line by line
const WRONG: [(&str, &str, &str, &str); 26] = [
    (HEADER, r#""lifeline":1"#, r#""lifeline":2"#, "a format from the future"),
    (HEADER, r#""seed":0,"#, "", "no seed"),
    (HEADER, "agent\"}", "ghost\"}", "an unknown role"),
    (HEADER, "2026-11-22T09:24:24.671Z", "yesterday", "no moment"),
    (HEADER, r#""pause":false"#, r#""pause":null"#, "a parameter without value"),
    (OPENED, r#","client_addr":"127.0.0.1:43271""#, "", "no address"),
    (OPENED, r#""conn":1"#, r#""conn":0"#, "connections are counted from 1"),
    (CHUNK, r#""seq":5"#, r#""seq":0"#, "entries are counted from 1"),
    (CHUNK, r#""at_us":4313"#, r#""at_us":-1"#, "before the run"),
    (CHUNK, r#""at_us":4313"#, r#""at_us":1.5"#, "moments are whole"),
    (CHUNK, "to_server", "sideways", "an unknown direction"),
    (CHUNK, "R0VU", "R0V", "base64 without padding"),
    (CHUNK, "R0VU", "R0V-", "another alphabet"),
    (CHUNK, r#""offset":0,"#, "", "no offset"),
    (CHUNK, r#""type":"chunk""#, r#""type":"clunk""#, "an unknown type"),
    (PASSED, r#""offset":91"#, r#""offset":91,"bytes":"R0VU""#, "a key too many"),
    (EVENT, r#""partial""#, r#""perfect""#, "an unknown kind"),
    (EVENT, r#""name":"undecoded""#, r#""name":"mystery""#, "an unknown field"),
    (EVENT, "incomplete", "unlucky", "an unknown fault"),
    (EVENT, r#"[{"start":0,"len":4}],"kind""#, r#"[],"kind""#, "no evidence (law 5)"),
    (RESPONSE, "HTTP/1.0", "HTTP/3", "an unknown version"),
    (RESPONSE, r#""status":200"#, r#""status":"200""#, "a status in words"),
    (LOST, "body", "bad luck", "an unknown cap"),
    (CLOSED, "fin", "finished", "an unknown end"),
    (INPUT, r#""start""#, r#""""#, "a button without name"),
    (HELD, r#""act":"answer""#, r#""act":"sleep""#, "an unknown act"),
];

fn assert_refused(line: &str, from: &str, to: &str, why: &str) {
    assert_eq!(line.matches(from).count(), 1, "{why}: {from} stands once in {line}");
    let wrong = line.replace(from, to);
    assert!(refusal(&wrong).is_some(), "{why} is taken: {wrong}");
}

#[test]
fn wrong_lines_are_refused() {
    for (line, from, to, why) in WRONG {
        assert_refused(line, from, to, why);
    }
    for (line, why) in
        [("", "an empty line"), ("nonsense", "no JSON"), ("[]", "a list"), ("{}", "nothing")]
    {
        assert!(refusal(line).is_some(), "{why} is taken");
    }
}

/// A line as the server writes it. Who reads it has what was written.
fn line(what: What) -> String {
    let entry = Entry { seq: Seq(4), at_us: Micros(9), what };
    let text = serde_json::to_string(&entry).expect("an entry can be written");
    let read = trace::log::line(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(read, Line::Entry(Box::new(entry)), "{text}");
    text
}

/// The variants of an enum, as serde names them where it meets a stranger: "unknown variant `?`,
/// expected one of `a`, `b`".
fn words<T>(stranger: serde_json::Result<T>) -> BTreeSet<String> {
    let Err(error) = stranger else { panic!("the stranger is known") };
    let error = error.to_string();
    let quoted = error.split('`').skip(1).step_by(2);
    let words: BTreeSet<String> = quoted.skip(1).map(str::to_owned).collect();
    assert!(words.len() > 1, "{error}");
    words
}

/// Which variant stands at a place of a line: its word, or its only key.
fn variant(line: &str, place: &str) -> String {
    let value: Value = serde_json::from_str(line).expect("a line is JSON");
    match value.pointer(place) {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Object(of)) if of.len() == 1 => of.keys().cloned().collect(),
        other => panic!("{place} of {line} is {other:?}"),
    }
}

/// Holds that the schema takes the lines, and that every variant is among them.
fn assert_all_taken(lines: &[String], place: &str, words: &BTreeSet<String>) {
    for line in lines {
        assert_eq!(refusal(line), None, "{line}");
    }
    let shown: BTreeSet<String> = lines.iter().map(|line| variant(line, place)).collect();
    assert_eq!(&shown, words, "{place}: each has a line");
}

fn notes() -> Vec<String> {
    let (here, text) = (|| "instance1".to_owned(), || "hello".to_owned());
    let (a, b) = (|| "A".to_owned(), || "B".to_owned());
    let (engine, reach, act) = (Engine::Memory, Reach::Run, Act::Push);
    let text_of_80 = "é".repeat(80);
    let appended = |engine, from, to, text| {
        let (instance, id) = (here(), 1);
        Noted::StoreAppended { instance, engine, id, from, to, text }
    };
    let all = [
        Noted::LinkSetup { held_us: Micros(80_000), from: 0 },
        Noted::LinkSetup { held_us: Micros(80_000), from: 51 },
        Noted::GateHeld { gate: 1, act, limit_us: Micros(120_000_000) },
        Noted::GateReleased { gate: 1, act, by: Release::Next },
        Noted::KeepAliveOver { after_us: Micros(5_000_000) },
        Noted::Refused { status: Some(503), why: text() },
        Noted::State { state: RunState::Failed, why: text() },
        appended(engine, None, None, text()),
        appended(Engine::Redis, Some(a()), Some(b()), text_of_80),
        Noted::StoreRead { instance: here(), engine, after: 3, ids: vec![4, 7] },
        Noted::StoreRead { instance: here(), engine, after: 0, ids: Vec::new() },
        Noted::StoreWoke { instance: here(), engine, upto: 7 },
        Noted::PollHeld { instance: here(), limit_us: Micros(10_000_000) },
        Noted::PollReleased { instance: here(), by: PollRelease::Woken },
        Noted::UserJoined { user: a(), instance: here() },
        Noted::UserLeft { user: a(), instance: here() },
        Noted::MessageTaken { instance: here(), id: 5, to: b() },
        Noted::MessageKept { instance: here(), id: 5, from: a(), to: b(), text: text() },
        Noted::MessagesLost { instance: here(), user: b(), ids: vec![5], why: Vanished::Died },
        Noted::InstanceDown { instance: here(), reach },
        Noted::InstanceUp { instance: here(), reach },
        Noted::StreamDropped { after: 5 },
        Noted::Cap { why: text() },
    ];
    let on = |what| line(What::Note(Note { conn: Some(ConnId(1)), what }));
    all.into_iter().chain(webhooks::notes()).map(on).collect()
}

/// The first note of this name.
fn note(name: &str) -> String {
    let is_it = |line: &String| variant(line, "/note") == name;
    notes().into_iter().find(is_it).unwrap_or_else(|| panic!("{name} is no note"))
}

fn reports() -> Vec<String> {
    let all = [
        Says::SocketClosed { code: 1006, clean: false },
        Says::StreamsOpened { wanted: 7, answered: 6 },
        Says::StreamBroke { last_event_id: "5".to_owned() },
        Says::StreamBroke { last_event_id: String::new() },
        Says::CannotStream { method: "Converse".to_owned() },
        Says::CallBroke { method: "Send".to_owned() },
        Says::CannotPipeline,
        Says::NoTrust,
    ];
    let of = |says| line(What::Report(Report { client: "user-A".to_owned(), says }));
    all.into_iter().map(of).collect()
}

const WHOLE: [Span; 1] = [Span { start: 2, len: 4 }];
const PIECES: [Span; 2] = [Span { start: 2, len: 4 }, Span { start: 8, len: 3 }];

fn event(kind: Kind, evidence: &[Span]) -> String {
    let with_bytes = evidence.iter().filter(|span| !span.is_empty());
    let fields = with_bytes.map(|span| Field { name: Name::Undecoded, span: *span }).collect();
    let (conn, from, evidence) = (ConnId(1), Side::Server, Spans(evidence.to_vec()));
    line(What::Event(Event { conn, from, evidence, kind, fields, faults: Vec::new() }))
}

/// Heads with everything that a head may have; [`RESPONSE`] has almost nothing.
fn http1() -> Vec<String> {
    let text = |text: &str| text.to_owned();
    let (version, persistent) = (Version::Http11, true);
    let (upgrade, extensions) = (Some(text("websocket")), Some(text("permessage-deflate")));
    let request = Request {
        exchange: 0,
        method: text("GET"),
        target: text("/r/k4r9q9yf/socket?user=A"),
        version,
        framing: Framing::None,
        persistent,
        user_agent: Some(text("curl/8.5.0")),
        upgrade: upgrade.clone(),
        extensions: extensions.clone(),
        last_event_id: Some(text("5")),
        preflight: true,
    };
    let response = Response {
        exchange: Some(0),
        status: 101,
        reason: text("Switching Protocols"),
        version,
        framing: Framing::Chunked,
        persistent,
        content_type: Some(text("text/event-stream")),
        upgrade,
        extensions,
        keep_alive_s: Some(5),
    };
    let framing = Framing::UntilClose;
    let body = Body { exchange: None, framing, content_len: 4, chunks: 0, complete: true };
    let heads = [Http1::Request(request), Http1::Response(response)];
    let others = [Http1::Body(body), Http1::Malformed, Http1::Partial, Http1::Rest(Rest::Upgraded)];
    heads.into_iter().chain(others).map(|said| event(Kind::Http1(said), &WHOLE)).collect()
}

/// Frames with every opcode, the first with everything that a frame may have.
fn frames() -> Vec<String> {
    let close = |reason: &str| Some(Close { code: 1000, reason: reason.to_owned() });
    let plain = |opcode| Frame { fin: false, rsv: 0, opcode, mask: None, len: 25, close: None };
    let mask = Some([0, 127, 128, 255]);
    let full = Frame { fin: true, rsv: 4, mask, close: close("done"), ..plain(Opcode::Close) };
    let no_reason = Frame { close: close(""), ..plain(Opcode::Close) };
    let others = [0x0, 0x1, 0x2, 0x3, 0x9, 0xA, 0xB].map(Opcode::of).map(plain);
    let all = [full, no_reason].into_iter().chain(others);
    all.map(|frame| event(Kind::Websocket(Websocket::Frame(frame)), &WHOLE)).collect()
}

fn message(opcode: Opcode, len: u64, text: Option<&str>, evidence: &[Span]) -> String {
    let message = Message { opcode, frames: 2, len, text: text.map(str::to_owned) };
    event(Kind::Websocket(Websocket::Message(message)), evidence)
}

fn websocket() -> Vec<String> {
    let mut all = frames();
    all.push(message(Opcode::Text, 7, Some("letters"), &PIECES));
    all.push(message(Opcode::Text, 0, Some(""), &[Span { start: 8, len: 0 }]));
    all.push(message(Opcode::Binary, 7, None, &PIECES));
    all.push(event(Kind::Websocket(Websocket::Partial), &WHOLE));
    all.push(event(Kind::Websocket(Websocket::Rest), &WHOLE));
    all
}

#[test]
fn every_note_and_report_is_taken() {
    assert_all_taken(&notes(), "/note", &words(from_value::<Noted>(json!({"note": "?"}))));
    assert_all_taken(&reports(), "/says", &words(from_value::<Says>(json!({"says": "?"}))));
}

#[test]
fn every_event_is_taken() {
    let mut all = Vec::new();
    for (lines, place, known) in [
        (http1(), "/kind/http1", words(from_value::<Http1>(json!("?")))),
        (websocket(), "/kind/websocket", words(from_value::<Websocket>(json!("?")))),
        (sse(), "/kind/sse", words(from_value::<Sse>(json!("?")))),
        (resp(), "/kind/resp", words(from_value::<Resp>(json!("?")))),
        (http2(), "/kind/http2", words(from_value::<Http2>(json!("?")))),
        (grpc(), "/kind/grpc", words(from_value::<Grpc>(json!("?")))),
        (tls(), "/kind/tls/content", words(from_value::<ContentType>(json!("?")))),
    ] {
        assert_all_taken(&lines, place, &known);
        all.extend(lines);
    }
    assert_all_taken(&all, "/kind", &words(from_value::<Kind>(json!("?"))));
    let opcodes = words(from_value::<Opcode>(json!("?")));
    assert_all_taken(&frames(), "/kind/websocket/frame/opcode", &opcodes);
}

#[test]
fn every_word_is_taken_and_no_other() {
    let rest = event(Kind::Http1(Http1::Rest(Rest::Upgraded)), &WHOLE);
    let (woke, up, reply) = (note("store_woke"), note("instance_up"), resp().swap_remove(2));
    let (gate, poll, lost) = (note("gate_released"), note("poll_released"), note("messages_lost"));
    for (line, place, known) in [
        (HEADER, "/participants/0/role", words(from_value::<Role>(json!("?")))),
        (CHUNK, "/dir", words(from_value::<Dir>(json!("?")))),
        (EVENT, "/from", words(from_value::<Side>(json!("?")))),
        (EVENT, "/fields/0/name", words(from_value::<Name>(json!("?")))),
        (EVENT, "/faults/0/code", words(from_value::<Code>(json!("?")))),
        (RESPONSE, "/kind/http1/response/version", words(from_value::<Version>(json!("?")))),
        (&rest, "/kind/http1/rest", words(from_value::<Rest>(json!("?")))),
        (&reply, "/kind/resp/reply/kind", words(from_value::<ValueKind>(json!("?")))),
        (LOST, "/why", words(from_value::<Loss>(json!("?")))),
        (CLOSED, "/how", words(from_value::<Ending>(json!("?")))),
        (STATE, "/state", words(from_value::<RunState>(json!("?")))),
        (HELD, "/act", words(from_value::<Act>(json!("?")))),
        (&gate, "/by", words(from_value::<Release>(json!("?")))),
        (&poll, "/by", words(from_value::<PollRelease>(json!("?")))),
        (&woke, "/engine", words(from_value::<Engine>(json!("?")))),
        (&lost, "/why", words(from_value::<Vanished>(json!("?")))),
        (&up, "/reach", words(from_value::<Reach>(json!("?")))),
    ] {
        let with = |word: &str| {
            let mut value: Value = serde_json::from_str(line).expect("a line is JSON");
            *value.pointer_mut(place).expect("a word stands there") = json!(word);
            refusal(&value.to_string())
        };
        for word in &known {
            assert_eq!(with(word), None, "{place}: {word}");
        }
        assert!(with("?").is_some(), "{place}: a stranger is taken");
    }
}

#[test]
#[rustfmt::skip] // a table is read line by line
fn wrong_lines_of_the_types_are_refused() {
    let input = line(What::Input(Input { input: "kill".to_owned(), instance: Some("instance1".to_owned()), ..Input::default() }));
    let site = line(What::Input(Input { input: "site".to_owned(), behaviour: Some("up".to_owned()), ..Input::default() }));
    let attack = line(What::Input(Input { input: "attack".to_owned(), kind: Some("old".to_owned()), ..Input::default() }));
    let replay = line(What::Input(Input { input: "replay".to_owned(), delivery: Some("msg_1".to_owned()), ..Input::default() }));
    let (read, poll, lost, kept) = (note("store_read"), note("poll_held"), note("messages_lost"), note("message_kept"));
    let (reports, frames, blocks, values) = (reports(), frames(), sse(), resp());
    let (closed, wanted, full) = (&reports[0], &reports[1], &frames[0]);
    let (block, unfinished, command, reply) = (&blocks[0], &blocks[2], &values[0], &values[2]);
    let reserved = &frames[5];
    let said = message(Opcode::Text, 7, Some("letters"), &PIECES);
    for pressed in [&input, &site, &attack, &replay] {
        assert_eq!(refusal(pressed), None, "{pressed}");
    }
    for (line, from, to, why) in [
        (input.as_str(), r#""instance1""#, r#""""#, "an instance without name"),
        (&site, r#""up""#, r#""gone""#, "a behaviour that there is not"),
        (&attack, r#""old""#, r#""new""#, "an attack that there is not"),
        (&replay, r#""msg_1""#, r#""""#, "a delivery without name"),
        (&read, r#""note":"store_read""#, r#""note":"store_red""#, "an unknown note"),
        (&read, r#","ids":[4,7]"#, "", "a reading without result"),
        (&read, r#""engine":"memory","#, "", "a store that is nowhere"),
        (&poll, "10000000", "null", "a limit that is none"),
        (&lost, "[5]", "[0]", "messages are counted from 1"),
        (&kept, "hello", &"a".repeat(81), "a text that was not shortened"),
        (closed, r#""says":"socket_closed""#, r#""says":"socket_lost""#, "an unknown report"),
        (closed, "1006", "65536", "a code of more than two bytes"),
        (closed, r#","clean":false"#, "", "neither clean nor not"),
        (closed, r#""client":"user-A","#, "", "nobody says it"),
        (wanted, r#""answered":6"#, r#""answered":6,"conn":1"#, "a key too many"),
        (full, r#""opcode":"close""#, r#""opcode":"clothes""#, "an unknown opcode"),
        (full, r#""len":25,"#, "", "a frame without length"),
        (full, "[0,127,128,255]", "[0,127,128]", "a mask of three bytes"),
        (full, "[0,127,128,255]", "[0,127,128,256]", "a mask of more than bytes"),
        (full, r#""rsv":4"#, r#""rsv":8"#, "a fourth reserved bit"),
        (full, r#""code":1000,"#, "", "a close without code"),
        (reserved, r#"{"reserved":3}"#, r#""reserved""#, "an opcode without number"),
        (reserved, r#"{"reserved":3}"#, r#"{"reserved":1}"#, "a number that has a name"),
        (&said, r#""opcode":"text""#, r#""opcode":"ping""#, "a message that is none"),
        (block, r#""dispatched":true,"#, "", "neither heard of nor not"),
        (block, r#""retry_ms":1000"#, r#""retry_ms":"1000""#, "a time in words"),
        (unfinished, r#""sse":"unfinished""#, r#""sse":"unfinished","resp":"rest""#, "two kinds"),
        (unfinished, r#""sse":"unfinished""#, "", "no kind"),
        (command, r#""name":"XADD","#, "", "a command without name"),
        (reply, r#""kind":"bulk""#, r#""kind":"bulky""#, "an unknown kind of value"),
    ] {
        assert_eq!(refusal(line), None, "{line}");
        assert_refused(line, from, to, why);
    }
}

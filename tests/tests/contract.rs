//! An old client and a changed contract: clients have the first, the service the first or the second. A
//! field added, one of another type, one with another number, a method removed: what each client says came
//! of it, what the log says, and what is shown of the bytes.

use scene::contracts::{self, Compared};
use scene::model::Model;
use serde_json::{Value, json};
use tests::calls::{Call, Made, assert_understood, by_agent, calls};
use tests::client::{contract, python, told, with_events};
use tests::log::{assert_sound, note};
use tests::run::Run;
use tests::server::Server;
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::grpc::{Grpc, Wire};
use trace::note;
use trace::span::Side;
use trace::studio::Summary;

/// Codes of gRPC.
const OK: u64 = 0;
const UNIMPLEMENTED: u64 = 12;
const INTERNAL: u64 = 13;

/// What prost says of a number where a text should be.
const WRONG: &str = "invalid wire type: Varint (expected LengthDelimited)";

/// What Python's client says of its calls to a service with this contract; with its run.
async fn called(server: &Server, version: &str) -> (Vec<Value>, Summary, Model) {
    let run = Run::create(server, "grpc", json!({ "link_ms": 0, "contract": version })).await;
    let mut client = python("contract.py");
    client.arg(run.at("instance1").to_string()).arg(run.id()).arg(contract());
    let told = told(&mut client).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let (header, entries) = run.log().await;
    (told, summary, Model::of(header, entries))
}

/// Each call as `form method status`.
fn ends(told: &[Value]) -> Vec<(String, u64)> {
    let end = |call: &Value| {
        let word = |name: &str| call[name].as_str().expect("a word");
        let name = format!("{} {}", word("form"), word("method"));
        (name, call["status"].as_u64().expect("a number"))
    };
    told.iter().map(end).collect()
}

/// The texts of the messages that a call received, where they have one.
fn texts(call: &Value) -> Vec<Option<&str>> {
    let received = call["received"].as_array().expect("a list");
    received.iter().map(|message| message["text"].as_str()).collect()
}

/// How Python's calls end, by the statuses of a subscription and an upload.
fn wanted(subscribe: u64, upload: u64) -> Vec<(String, u64)> {
    let native = [
        ("Send", OK),
        ("Send", OK),
        ("Subscribe", subscribe),
        ("Subscribe", subscribe),
        // Of all messages, without end: nothing of another type is written.
        ("Subscribe", OK),
        ("Upload", upload),
        ("Converse", OK),
    ];
    let web = [("Send", OK), ("Subscribe", subscribe), ("Upload", upload)];
    let named = |form: &'static str| {
        move |(method, status): (&str, u64)| (format!("{form} {method}"), status)
    };
    let native = native.into_iter().map(named("native"));
    native
        .chain(web.into_iter().map(named("web")))
        .chain(web.into_iter().map(named("text")))
        .collect()
}

/// The calls on the client's connection of HTTP/2.
fn native(entries: &[Entry]) -> Vec<Call> {
    let found = with_events(entries, |kind| matches!(kind, Kind::Http2(_)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_understood(entries, found[0].conn);
    calls(entries, found[0].conn).into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_one_contract_everything_works() {
    let server = Server::start(&[]).await;
    let (told, summary, model) = called(&server, "v1").await;
    assert_eq!(ends(&told), wanted(OK, OK), "{told:?}");
    assert!(told.iter().all(|call| call["unknown"] == json!([])), "{told:?}");
    assert_eq!(texts(&told[2]), [Some("one")]);
    assert_eq!(texts(&told[3]), [Some("two")]);
    assert_eq!(texts(&told[4]), [Some("one"), Some("two")]);
    assert_eq!(texts(&told[6]), [Some("four"), Some("five")]);
    assert_eq!(summary.metrics.messages, 1 + 1 + 2 + 2 + 1 + 1);
    let compared = model.entries.iter().find_map(|entry| contracts::of(&model, entry.seq));
    assert_eq!(compared, None, "there is one contract");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_another_contract_each_change_has_its_end() {
    let server = Server::start(&[]).await;
    let (told, summary, model) = called(&server, "v2").await;
    assert_eq!(ends(&told), wanted(INTERNAL, UNIMPLEMENTED), "{told:?}");
    for call in &told {
        let details = call["details"].as_str().expect("a text");
        match (call["method"].as_str().expect("a word"), call["status"].as_u64()) {
            // Added: it is there, and is not known.
            ("Send", _) => assert_eq!(call["unknown"], json!([[2, 0]]), "{call}"),
            ("Subscribe", Some(INTERNAL)) => assert!(details.ends_with(WRONG), "{call}"),
            ("Upload", _) => assert_eq!(details, "contract v2 has no method Upload"),
            _ => assert_eq!((details, &call["unknown"]), ("", &json!([])), "{call}"),
        }
    }
    // The first that is written of what has another type.
    let details = |call: usize| told[call]["details"].as_str().unwrap_or_default();
    assert!(details(2).contains("SubscribeRequest.max"), "{}", told[2]);
    assert!(details(3).contains("SubscribeRequest.after"), "{}", told[3]);
    assert_eq!(texts(&told[4]), [Some("one"), Some("two")]);
    // Another number: it arrives, and is empty.
    assert_eq!(texts(&told[6]), [None, None]);
    assert_eq!(summary.metrics.messages, 2 + 2, "an empty text is a message delivered");

    let calls = native(&model.entries);
    let statuses: Vec<Option<u32>> = calls.iter().map(Call::status).collect();
    let (internal, removed) = (Some(INTERNAL as u32), Some(UNIMPLEMENTED as u32));
    // The one without end was taken back.
    assert_eq!(statuses, [Some(0), Some(0), internal, internal, None, removed, Some(0)]);
    for call in &calls[..2] {
        let names: Vec<&str> = call.received[0].keys().map(String::as_str).collect();
        assert_eq!(names, ["2", "id"], "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_is_shown_in_the_bytes() {
    let server = Server::start(&[]).await;
    let (_, _, model) = called(&server, "v2").await;
    let compared = model.entries.iter().filter_map(|entry| contracts::of(&model, entry.seq));
    let all: Vec<Compared> = compared.collect();
    let said = model.entries.iter().filter(|entry| {
        matches!(&entry.what, What::Event(event) if matches!(event.kind, Kind::Grpc(Grpc::Message(_))))
    });
    assert_eq!(all.len(), said.count(), "each message, base64 or not");
    let of = |method: &str, from: Side| -> Vec<&Compared> {
        all.iter().filter(|it| (it.method, it.from) == (method, from)).collect()
    };
    let sent = of("Send", Side::Client);
    assert_eq!(sent.len(), 4);
    for message in sent {
        assert_eq!(message.lacking[0].name, "priority", "{message:?}");
        assert_eq!((message.impossible(), message.skipped()), (None, None), "{message:?}");
    }
    for answer in of("Send", Side::Server) {
        let (field, name) = answer.skipped().expect("the added field");
        assert_eq!((field.number, field.at, name), (2, 2, "sent_at_ms"), "{answer:?}");
    }
    let asked = of("Subscribe", Side::Client);
    let stops = asked.iter().map(|message| {
        let (field, kind, wanted) = message.impossible()?;
        assert_eq!((kind, wanted, field.wire), ("string", Wire::Len, Wire::Varint), "{message:?}");
        Some((field.number, field.at))
    });
    let stops: Vec<Option<(u32, usize)>> = stops.collect();
    assert_eq!(stops, [Some((3, 3)), Some((2, 3)), None, Some((3, 3)), Some((3, 3))]);
    for message in of("Converse", Side::Client) {
        let (field, name) = message.skipped().expect("the text");
        let lacking = &message.lacking[0];
        assert_eq!((field.number, name), (3, "text"), "{message:?}");
        assert_eq!((lacking.number, lacking.name), (5, "text"), "{message:?}");
    }
    for message in of("Upload", Side::Client) {
        assert!(message.reader.is_none() && !message.rows.is_empty(), "{message:?}");
    }
}

/// The agent's calls of a kind to a service with the changed contract.
async fn changed(server: &Server, kind: &str) -> Made {
    let knobs = json!({
        "call": kind, "contract": "v2", "messages": 2, "message_every_ms": 20,
    });
    by_agent(server, knobs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_comes_to_its_end() {
    let server = Server::start(&[]).await;
    let made = changed(&server, "unary").await;
    assert_eq!(made.calls.len(), 2);
    for call in made.calls.values() {
        assert_eq!(call.status(), Some(0), "{call:?}");
        assert!(call.received[0].contains_key("2"), "{call:?}");
    }
    // What the service refuses for good is not asked again.
    for (kind, status, why) in [
        ("server_stream", INTERNAL, WRONG),
        ("client_stream", UNIMPLEMENTED, "contract v2 has no method Upload"),
    ] {
        let made = changed(&server, kind).await;
        assert_eq!(made.calls.len(), 1, "{kind}: {:?}", made.calls);
        assert_eq!(made.summary.metrics.messages, 0, "{kind}");
        for call in made.calls.values() {
            assert_eq!(call.status().map(u64::from), Some(status), "{kind}: {call:?}");
            let said = call.response.as_ref().and_then(|head| head.value("grpc-message"));
            // Not all letters may stand in a header as they are.
            let said = said.unwrap_or_default().replace("%20", " ");
            assert!(said.ends_with(why), "{kind}: {said}");
            assert!(call.received.is_empty(), "{kind}: {call:?}");
        }
    }
    let made = changed(&server, "bidi").await;
    for call in made.calls.values() {
        assert_eq!((call.status(), call.received.len()), (Some(0), 2), "{call:?}");
        let said: Vec<&str> = call.sent.iter().map(|message| message["text"].as_str()).collect();
        assert_eq!(said, ["Message 1", "Message 2"], "{call:?}");
    }
    let stored = made.entries.iter().filter_map(|entry| match note(entry)? {
        note::What::StoreAppended { from: Some(from), text, .. } if from == "A" => {
            Some(text.as_str())
        }
        _ => None,
    });
    assert_eq!(stored.collect::<Vec<_>>(), ["", ""], "under its old number it is lost");
}

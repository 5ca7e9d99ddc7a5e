//! The chat over WebSockets: both modes, pings, closes, killed instances and what they lose, on both
//! engines.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::log::{assert_sound, conns, events, note};
use tests::redis::Redis;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::note::{Vanished, What as Note};
use trace::span::{Dir, Side};
use trace::spoken;
use trace::studio::RunState;
use trace::websocket::{Opcode, Websocket};

const LIMIT: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn join(run: &Run<'_>, instance: &str, user: &str, after: u64) -> Socket {
    let addr = run.at(instance);
    let url = format!("ws://{addr}{}", run.target(&format!("socket?user={user}&after={after}")));
    let (socket, answer) = connect_async(url).await.unwrap();
    assert_eq!(answer.status(), 101);
    socket
}

async fn say(socket: &mut Socket, to: &str, text: &str) {
    let said = json!({ "to": to, "text": text }).to_string();
    socket.send(Message::text(said)).await.unwrap();
}

/// The next message that comes, pings apart.
async fn hear(socket: &mut Socket) -> spoken::Delivered {
    let heard = async {
        loop {
            let said = socket.next().await.expect("it is open").unwrap();
            if let Message::Text(text) = said {
                return spoken::delivered(&text).expect("a message of the chat");
            }
        }
    };
    // All of it is bounded: pings would go on for ever.
    within(LIMIT, "a message", heard).await
}

/// The opcodes of a user's frames, one way.
fn opcodes(entries: &[Entry], user: &str, dir: Dir) -> Vec<Opcode> {
    let id = format!("user-{user}");
    let its = conns(entries).into_iter().filter(|opened| opened.client.id == id);
    let frames = its.flat_map(|opened| events(entries, opened.conn));
    let opcode = |event: &trace::event::Event| match &event.kind {
        Kind::Websocket(Websocket::Frame(frame)) if event.dir() == dir => Some(frame.opcode),
        _ => None,
    };
    frames.filter_map(opcode).collect()
}

/// A at instance 1 and B at instance 2 talk, in both modes, and close with 1000.
#[tokio::test(flavor = "multi_thread")]
async fn two_users_at_two_instances_talk_in_both_modes() {
    let redis = Redis::start().await;
    let memory = Server::start(&[]).await;
    let elsewhere = Server::start(&["--store", &redis.url]).await;
    for (server, mode) in [(&memory, "stateless"), (&memory, "stateful"), (&elsewhere, "stateless")]
    {
        let params = json!({ "mode": mode, "link_ms": 0, "pull_ms": 50, "ping_s": 1 });
        let run = Run::create(server, "websocket", params).await;
        let mut a = join(&run, "instance1", "A", 0).await;
        let mut b = join(&run, "instance2", "B", 0).await;
        for round in 0_u64..5 {
            say(&mut a, "B", &format!("hello {round}")).await;
            let heard = hear(&mut b).await;
            assert_eq!((heard.id, heard.from.as_deref()), (2 * round + 1, Some("A")), "{mode}");
            assert_eq!(heard.text, format!("hello {round}"), "{mode}");
            say(&mut b, "A", "hello yourself").await;
            assert_eq!(hear(&mut a).await.id, 2 * round + 2, "{mode}");
        }
        // Long enough for a ping, which the client answers while it reads.
        let quiet = tokio::time::timeout(Duration::from_millis(1_300), hear(&mut a)).await;
        assert!(quiet.is_err(), "nobody speaks");
        for socket in [&mut a, &mut b] {
            socket.close(Some(normal())).await.unwrap();
            while let Some(Ok(_)) = socket.next().await {}
        }
        run.press("stop").await;
        let (summary, entries) = run.settled().await;
        assert_sound(&entries);
        assert_eq!(summary.metrics.messages, 10, "{mode}");
        assert_eq!(summary.metrics.delivery_delay_us.count, 10, "{mode}");
        let to_a = opcodes(&entries, "A", Dir::ToClient);
        assert!(to_a.contains(&Opcode::Ping) && to_a.last() == Some(&Opcode::Close), "{to_a:?}");
        let from_a = opcodes(&entries, "A", Dir::ToServer);
        assert!(from_a.contains(&Opcode::Pong) && from_a.contains(&Opcode::Close), "{from_a:?}");
        let forwards = conns(&entries).into_iter().filter(|opened| opened.client.id == "instance1");
        let forwards = forwards.filter(|opened| opened.server.id == "instance2").count();
        assert_eq!(forwards, usize::from(mode == "stateful"), "{mode}: a real connection");
        println!("{mode}: {:?}", summary.metrics.delivery_delay_us);
    }
}

fn normal() -> tokio_tungstenite::tungstenite::protocol::CloseFrame {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
    tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    }
}

/// Messages that were for B while B's instance was dead: stateful loses them and says which,
/// stateless loses none.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_instance_loses_messages_only_where_it_keeps_them() {
    let server = Server::start(&[]).await;
    for mode in ["stateful", "stateless"] {
        let params = json!({ "mode": mode, "link_ms": 0, "pull_ms": 50 });
        let run = Run::create(&server, "websocket", params).await;
        let mut a = join(&run, "instance1", "A", 0).await;
        let mut b = join(&run, "instance2", "B", 0).await;
        say(&mut a, "B", "one").await;
        assert_eq!(hear(&mut b).await.id, 1);
        assert_eq!(run.input_at("kill", "instance2").await.status, 204);
        let end = within(LIMIT, "the end", b.next()).await;
        let cut_off = matches!(&end, Some(Err(Error::Io(_) | Error::Protocol(_))));
        assert!(cut_off, "{mode}: no close frame comes from the dead: {end:?}");
        say(&mut a, "B", "two").await;
        say(&mut a, "B", "three").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut b = join(&run, "instance3", "B", 1).await;
        say(&mut a, "B", "four").await;
        let mut heard = Vec::new();
        while heard.last() != Some(&4) {
            heard.push(hear(&mut b).await.id);
        }
        let (_, entries) = run.log().await;
        let lost = lost(&entries);
        if mode == "stateful" {
            assert_eq!((heard, lost), (vec![4], vec![2, 3]), "it says which");
        } else {
            assert_eq!((heard, lost), (vec![2, 3, 4], vec![]), "nothing is lost");
        }
        let killed = conns(&entries)
            .into_iter()
            .find(|opened| opened.client.id == "user-B" && opened.server.id == "instance2");
        let killed = killed.unwrap().conn;
        let closes: Vec<_> = entries
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Closed(closed) if closed.conn == killed => Some((closed.by, closed.how)),
                _ => None,
            })
            .collect();
        assert_eq!(
            closes,
            [(Side::Server, trace::entry::Ending::Reset)],
            "{mode}: reset, not closed"
        );
        let said_close = events(&entries, killed).into_iter().any(|event| {
            matches!(&event.kind, Kind::Websocket(Websocket::Frame(frame)) if frame.opcode == Opcode::Close)
        });
        assert!(!said_close, "{mode}: 1006 is no frame");
    }
}

/// The messages for B that the log says are lost.
fn lost(entries: &[Entry]) -> Vec<u64> {
    let mut lost: Vec<u64> = Vec::new();
    for entry in entries {
        if let Some(Note::MessagesLost { ids, user, .. }) = note(entry) {
            assert_eq!(user, "B");
            lost.extend(ids);
        }
    }
    lost
}

/// What was under way when the instance died is lost too, and is among those that are told.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_link_had_is_lost_with_the_instance() {
    let server = Server::start(&[]).await;
    let params = json!({ "mode": "stateful", "link_ms": 500 });
    let run = Run::create(&server, "websocket", params).await;
    let mut a = join(&run, "instance1", "A", 0).await;
    let mut b = join(&run, "instance1", "B", 0).await;
    say(&mut a, "B", "one").await;
    // Half a second to the instance; then it is on the way to B for as long again.
    let kept = async {
        while !run.log().await.1.iter().any(|it| matches!(note(it), Some(Note::MessageKept { .. })))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(LIMIT, "the instance has the message", kept).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(run.input_at("kill", "instance1").await.status, 204);
    assert!(within(LIMIT, "the end", b.next()).await.is_none_or(|end| end.is_err()));
    let (_, entries) = run.log().await;
    let lost = entries.iter().find_map(|entry| match note(entry) {
        Some(Note::MessagesLost { ids, why: Vanished::Died, .. }) => Some(ids.clone()),
        _ => None,
    });
    assert_eq!(lost, Some(vec![1]));
}

/// One busy client ties its instance down; the figures show it, and they are a fold over the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_client_ties_its_instance_down() {
    let server = Server::start(&[]).await;
    let params = json!({
        "mode": "stateless", "clients": 3, "instances": 3, "messages": 66, "busy": true,
        "message_every_ms": 10, "pull_ms": 50, "link_ms": 0, "peer": "agent",
    });
    let run = Run::create(&server, "websocket", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    assert_eq!(trace::metrics::of(&entries), summary.metrics);
    assert_eq!(summary.metrics.messages, 66);
    let load: Vec<u64> = summary.metrics.load.values().map(|load| load.messages).collect();
    println!("messages from and to the clients of each instance: {load:?}");
    // Sixty of A's and its six answers, against thirty-three of B's and of C's.
    assert_eq!(load, [66, 33, 33]);
}

/// What is no message, no user or no upgrade is refused with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn bad_sockets_and_messages_are_refused() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "websocket", json!({ "link_ms": 0 })).await;
    let mut raw = tests::raw::Raw::connect(run.at("instance1")).await;
    let plain = format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", run.target("socket?user=A"));
    assert_eq!(raw.ask(&plain).await.status(), 426);
    let addr = run.at("instance1");
    for user in ["", "A%20B", "aaaaaaaaaaaaaaaaaaaaaaaa"] {
        let url = format!("ws://{addr}{}", run.target(&format!("socket?user={user}")));
        match connect_async(url).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), 422, "{user}"),
            other => panic!("{user}: {other:?}"),
        }
    }
    for (said, code) in [
        (Message::text("hello"), 1008),
        (Message::text(json!({"to": "B", "text": "x".repeat(5_000)}).to_string()), 1009),
        (Message::binary(vec![1, 2, 3]), 1003),
    ] {
        let mut socket = join(&run, "instance1", "A", 0).await;
        socket.send(said).await.unwrap();
        let end = loop {
            match within(LIMIT, "a close", socket.next()).await {
                Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                other => panic!("{code}: {other:?}"),
            }
        };
        assert_eq!(end, Some(code));
    }
    let forward = json!({"id": 1, "from": "A", "to": "B", "text": "x"}).to_string();
    let call = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{forward}",
        run.target("forward"),
        forward.len()
    );
    let mut raw = tests::raw::Raw::connect(run.at("instance1")).await;
    let refused = raw.ask(&call).await;
    assert_eq!(refused.status(), 403);
    let said: Value = serde_json::from_slice(&refused.body).unwrap();
    assert!(said["detail"].as_str().unwrap().contains("instances"), "{said}");
}

//! Short and long polling, with the store in memory and in Redis: what is held, what lets it go,
//! and that nothing is lost whoever dies.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use scene::columns::Columns;
use scene::look::{Lanes, Look};
use scene::model::Model;
use scene::rows::{Part, Rows};
use serde_json::{Value, json};
use tests::log::{assert_sound, conns, events, note, request, response};
use tests::raw::{Raw, get};
use tests::redis::Redis;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::time::Instant;
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::field::Name;
use trace::http1::Http1;
use trace::ids::ConnId;
use trace::note::{PollRelease, What as Note};
use trace::participant::Role;
use trace::span::Dir;
use trace::spoken;
use trace::studio::RunState;

const LIMIT: Duration = Duration::from_secs(30);

/// A server for each engine; the Redis lives as long as its server.
async fn engines() -> Vec<(&'static str, Server, Option<Redis>)> {
    let redis = Redis::start().await;
    let with_redis = Server::start(&["--store", &redis.url]).await;
    vec![("memory", Server::start(&[]).await, None), ("redis", with_redis, Some(redis))]
}

fn post(target: &str, text: &str) -> String {
    let body = json!({ "text": text }).to_string();
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// What went over a connection's bodies to the client, with the laws' own spans.
fn delivered(entries: &[Entry], conn: ConnId) -> Vec<(u64, String)> {
    let stream = tests::log::stream(entries, conn, Dir::ToClient);
    let mut ids = Vec::new();
    for event in events(entries, conn) {
        let Kind::Http1(Http1::Body(body)) = &event.kind else { continue };
        if event.dir() != Dir::ToClient || !body.complete {
            continue;
        }
        let content: Vec<u8> = event
            .fields
            .iter()
            .filter(|field| field.name == Name::Content || field.name == Name::ChunkData)
            .flat_map(|field| {
                let start = usize::try_from(field.span.start).unwrap();
                stream[start..start + usize::try_from(field.span.len).unwrap()].to_vec()
            })
            .collect();
        let batch = spoken::batch(&content).into_iter().flatten();
        ids.extend(batch.map(|message| (message.id, message.text)));
    }
    ids
}

/// A poll that instance 1 holds is answered at once when a message comes in through instance 2.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_at_another_instance_lets_a_held_poll_go() {
    for (engine, server, _redis) in engines().await {
        let params = json!({ "hold_s": 10, "link_ms": 0 });
        let run = Run::create(&server, "long_polling", params).await;
        let mut slowest = Duration::ZERO;
        for round in 0_u64..20 {
            let mut client = Raw::connect(run.at("instance1")).await;
            let target = run.target(&format!("messages?after={round}&max=10&wait=10"));
            client.send(get(&target)).await;
            let early = tokio::time::timeout(Duration::from_millis(120), client.reply("GET"));
            assert!(early.await.is_err(), "{engine}: it is held");
            let mut other = Raw::connect(run.at("instance2")).await;
            let before = Instant::now();
            let taken = other.ask(&post(&run.target("messages"), "abc123")).await;
            assert_eq!(taken.status(), 201, "{engine}");
            let answer = within(LIMIT, "the answer", client.reply("GET")).await;
            let took = before.elapsed();
            let answer = answer.unwrap().expect("an answer");
            let said: Value = serde_json::from_slice(&answer.body).unwrap();
            let id = round + 1;
            assert_eq!(said, json!({"messages": [{"id": id, "text": "abc123"}], "next": id}));
            slowest = slowest.max(took);
        }
        println!("{engine}: the slowest of 20 answers came {slowest:?} after the append was sent");
        assert!(slowest <= Duration::from_millis(50), "{engine}: {slowest:?}");
        let (_, entries) = run.log().await;
        let woken = entries.iter().filter(|entry| {
            matches!(note(entry), Some(Note::PollReleased { by: PollRelease::Woken, .. }))
        });
        assert_eq!(woken.count(), 20, "{engine}: the store woke the instance each time");
        let heard = conns(&entries).iter().any(|opened| opened.server.role == Role::Store);
        assert_eq!(heard, engine == "redis", "{engine}: only a store elsewhere is heard");
        // The answers leave within 50 ms of the append by the run's own clock, too.
        let delays = run.summary().await.metrics.delivery_delay_us;
        assert_eq!(delays.count, 20, "{engine}");
        assert!(delays.max <= 50_000, "{engine}: {delays:?}");
    }
}

/// A hold that runs out is answered with 204, and one whose client leaves is let go.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_by_time_or_because_nobody_waits() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "long_polling", json!({ "link_ms": 0 })).await;
    let mut client = Raw::connect(run.at("instance1")).await;
    let began = Instant::now();
    let answer = client.ask(&get(&run.target("messages?after=0&wait=1"))).await;
    let took = began.elapsed();
    assert_eq!((answer.status(), answer.body.len()), (204, 0));
    assert!(took >= Duration::from_secs(1) && took < Duration::from_millis(1_500), "{took:?}");
    client.send(get(&run.target("messages?after=0&wait=30"))).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(client);
    let by = |wanted: PollRelease| {
        let run = &run;
        async move {
            loop {
                let (_, entries) = run.log().await;
                let released = entries
                    .iter()
                    .filter_map(note)
                    .any(|note| matches!(note, Note::PollReleased { by, .. } if *by == wanted));
                if released {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    within(LIMIT, "its time is over", by(PollRelease::Limit)).await;
    within(LIMIT, "nobody waits", by(PollRelease::Abandoned)).await;
    for (query, said) in [
        ("after=x", "after takes"),
        ("after=0&wait=61", "wait takes a whole number from 0 to 60"),
        ("after=0&max=101", "max takes a whole number from 0 to 100"),
    ] {
        let mut client = Raw::connect(run.at("instance1")).await;
        let answer = client.ask(&get(&run.target(&format!("messages?{query}")))).await;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status(), 422, "{query}: {body}");
        assert!(body.contains(said), "{query}: {body}");
    }
}

/// A thousand messages, polls that hop between instances by lot, and every second another instance
/// is killed and started again: each message arrives, once, in order.
#[tokio::test(flavor = "multi_thread")]
async fn killed_instances_lose_no_message_and_double_none() {
    for (engine, server, _redis) in engines().await {
        let params = json!({
            "messages": 1_000, "message_every_ms": 10, "hop": "random", "batch": 10, "hold_s": 2,
            "link_ms": 0, "instances": 3, "peer": "agent",
        });
        let run = Run::create_seeded(&server, "long_polling", params, 7).await;
        run.press("start").await;
        let mut rng = StdRng::seed_from_u64(7);
        let mut kills = 0;
        while run.summary().await.state == RunState::Running {
            let victim = format!("instance{}", rng.random_range(1..=3));
            if run.input_at("kill", &victim).await.status == 204 {
                kills += 1;
                tokio::time::sleep(Duration::from_millis(300)).await;
                run.input_at("restart", &victim).await;
            }
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let summary = run.wait_state(RunState::Finished, LIMIT).await;
        let (_, entries) = run.settled().await;
        assert_sound(&entries);
        assert!(kills >= 8, "{engine}: {kills} kills");
        let agents = conns(&entries).into_iter().filter(|opened| opened.client.id == "agent");
        let mut ids: Vec<(u64, String)> = Vec::new();
        for opened in agents {
            ids.extend(delivered(&entries, opened.conn));
        }
        ids.sort_unstable();
        let numbers: Vec<u64> = ids.iter().map(|(id, _)| *id).collect();
        assert_eq!(numbers, (1..=1_000).collect::<Vec<_>>(), "{engine}: each once, none missing");
        let said: Vec<String> = (1..=1_000).map(|number| format!("Message {number}")).collect();
        let heard: Vec<String> = ids.into_iter().map(|(_, text)| text).collect();
        assert_eq!(heard, said, "{engine}: nothing was stored twice");
        assert_eq!(in_order(&entries), numbers, "{engine}: in order");
        println!(
            "{engine}: {kills} kills, {} requests, {} empty",
            summary.metrics.requests, summary.metrics.empty_responses
        );
    }
}

/// The ids that the agent was given, in the order of its own polls: each says its number. (Moments are
/// stamped after a call, so those of two connections may be a hair out of order.)
fn in_order(entries: &[Entry]) -> Vec<u64> {
    let mut given: Vec<(u64, u64)> = Vec::new();
    for opened in conns(entries).into_iter().filter(|opened| opened.client.id == "agent") {
        let stream = tests::log::stream(entries, opened.conn, Dir::ToClient);
        let mut polls = std::collections::BTreeMap::new();
        for event in events(entries, opened.conn) {
            match &event.kind {
                Kind::Http1(Http1::Request(asked)) => {
                    let number = asked.target.rsplit_once("&n=").expect("a poll has its number");
                    polls.insert(asked.exchange, number.1.parse::<u64>().unwrap());
                }
                Kind::Http1(Http1::Body(body)) if event.dir() == Dir::ToClient && body.complete => {
                    let start = usize::try_from(event.evidence.start()).unwrap();
                    let end = usize::try_from(event.evidence.end()).unwrap();
                    let poll = polls[&body.exchange.expect("an answer to a poll")];
                    let batch = spoken::batch(&stream[start..end]).unwrap_or_default();
                    given.extend(batch.iter().map(|message| (poll, message.id)));
                }
                _ => {}
            }
        }
    }
    given.sort_by_key(|(poll, _)| *poll);
    given.into_iter().map(|(_, id)| id).collect()
}

/// Sixty polls a second apart and one message: 59 come back empty, and the ladder folds them.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_nine_of_sixty_polls_are_empty_and_folded() {
    let server = Server::start(&[]).await;
    let params = json!({
        "polls": 60, "interval_ms": 1_000, "messages": 1, "message_every_ms": 30_000,
        "peer": "agent",
    });
    let run = Run::create(&server, "short_polling", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, Duration::from_secs(90)).await;
    let (summary, entries) = run.settled().await;
    assert_sound(&entries);
    let agent: Vec<ConnId> = conns(&entries)
        .iter()
        .filter(|opened| opened.client.id == "agent")
        .map(|opened| opened.conn)
        .collect();
    let polls = entries.iter().filter(|entry| {
        request(entry).is_some() && entry.what.conn().is_some_and(|conn| agent.contains(&conn))
    });
    let moments: Vec<u64> = polls.map(|entry| entry.at_us.0).collect();
    assert_eq!(moments.len(), 60, "polls");
    assert_eq!(summary.metrics.empty_responses, 59);
    assert_eq!(summary.metrics.messages, 1);
    for (turn, at) in moments.iter().enumerate() {
        let after = at - moments[0];
        let wanted = 1_000_000 * turn as u64;
        assert!(after.abs_diff(wanted) < 250_000, "poll {turn} at {after} µs");
    }
    let empty = entries.iter().filter_map(response).filter(|response| response.status == 204);
    assert_eq!(empty.count(), 59);

    let (header, entries) = run.log().await;
    let model = Model::of(header, entries);
    let columns = Columns::of(&model, &Lanes::default(), 1_000.0);
    let rows = Rows::of(&model, &Look::default(), &columns);
    let folds: Vec<u64> = rows
        .all
        .iter()
        .filter_map(|row| match row.part {
            Part::Fold(fold) => Some(fold.count),
            _ => None,
        })
        .collect();
    let folded: u64 = folds.iter().sum();
    println!("59 empty polls in {} rows: {folds:?} folded", rows.all.len());
    assert!(folded >= 58 && folds.len() <= 3, "{folds:?}");
}

/// A killed instance resets its connections and takes no more of this run's; others go on.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_killed_for_one_run_or_for_all() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "long_polling", json!({ "link_ms": 0 })).await;
    let other = Run::create(&server, "long_polling", json!({ "link_ms": 0 })).await;
    let mut held = Raw::connect(run.at("instance1")).await;
    held.send(get(&run.target("messages?after=0&wait=30"))).await;
    let mut bystander = Raw::connect(run.at("instance1")).await;
    assert_eq!(bystander.ask(&get(&other.target("messages?after=0"))).await.status(), 204);
    tokio::time::sleep(Duration::from_millis(100)).await;

    assert_eq!(run.input_at("kill", "instance1").await.status, 204);
    assert!(within(LIMIT, "a reset", held.read()).await.is_err(), "it is cut off");
    let mut late = Raw::connect(run.at("instance1")).await;
    late.send(get(&run.target("messages?after=0"))).await;
    assert!(within(LIMIT, "a reset", late.read()).await.is_err(), "later ones too");
    assert_eq!(bystander.ask(&get(&other.target("messages?after=0"))).await.status(), 204);
    assert_eq!(run.input_at("kill", "instance1").await.status, 409, "twice");
    assert_eq!(run.input_at("kill", "instance9").await.status, 422);
    assert_eq!(run.input_at("restart", "instance1").await.status, 204);
    let mut again = Raw::connect(run.at("instance1")).await;
    assert_eq!(again.ask(&get(&run.target("messages?after=0"))).await.status(), 204);

    let turn = |act: &str| {
        let path = format!("/api/instances/instance1/{act}");
        tests::server::Answer::to(server.ask(reqwest::Method::POST, &path))
    };
    assert_eq!(turn("kill").await.status, 204);
    assert_eq!(turn("kill").await.status, 409);
    assert!(within(LIMIT, "a reset", again.read()).await.is_err(), "for everybody");
    let refused = tokio::net::TcpStream::connect(run.at("instance1")).await;
    assert!(refused.is_err(), "its port is closed");
    assert_eq!(turn("restart").await.status, 204);
    let mut back = Raw::connect(run.at("instance1")).await;
    assert_eq!(back.ask(&get(&run.target("messages?after=0"))).await.status(), 204);
    for run in [&run, &other] {
        let (_, entries) = run.log().await;
        let downs =
            entries.iter().filter(|entry| matches!(note(entry), Some(Note::InstanceDown { .. })));
        assert!(downs.count() >= 1, "it is noted in every run");
        let resets = entries.iter().filter(|entry| {
            matches!(&entry.what, What::Closed(closed) if closed.how == trace::entry::Ending::Reset
                && closed.by == trace::span::Side::Server)
        });
        assert!(resets.count() >= 1);
    }
    turn_refuses(&server).await;
}

async fn turn_refuses(server: &Server) {
    let ask = |path: &str| tests::server::Answer::to(server.ask(reqwest::Method::POST, path));
    ask("/api/instances/instance9/kill").await.assert_refused(404, "there are instance1", "kill");
    ask("/api/instances/http10/kill").await.assert_refused(404, "no instance http10", "kill");
    ask("/api/instances/instance1/stop").await.assert_refused(404, "kill or restart", "stop");
    ask("/api/instances/instance1/restart").await.assert_refused(409, "up already", "restart");
}

//! With `--data` runs outlast the program: as they were when it was stopped in order, and whole or not at
//! all when it was killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::live::Live;
use tests::log;
use tests::raw::{Raw, get};
use tests::run::{Run, summary};
use tests::server::{Answer, Server, fails_to_start};
use tests::within;
use trace::entry::{Entry, What};
use trace::note;
use trace::studio::{RunState, Summary};

const LIMIT: Duration = Duration::from_secs(10);

/// How long it takes at most until a run that is over is on the disk.
const WRITTEN: Duration = Duration::from_secs(5);

/// A run of the agent's, over and quiet. Gives its name, its key, how it is and its log.
async fn done(server: &Server, requests: u64) -> (String, String, Summary, String) {
    let params = json!({ "peer": "agent", "requests": requests, "link_ms": 0 });
    let run = Run::create(server, "http10", params).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let before = run.wait_settled().await;
    let text = run.log_text(0).await;
    (run.id().to_owned(), run.created.key.clone(), before, text)
}

/// The runs that a server lists.
async fn listed(server: &Server) -> Vec<Summary> {
    let answer = server.get("/api/runs").await;
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

async fn names(server: &Server) -> Vec<String> {
    listed(server).await.into_iter().map(|run| run.id.0).collect()
}

/// How a run is, but for its addresses: a server on other ports has others.
async fn told(server: &Server, id: &str, before: &Summary) -> Summary {
    Summary { urls: before.urls.clone(), ..summary(server, id).await }
}

/// The status with which a lab answers a run's address.
async fn asked(server: &Server, id: &str) -> u16 {
    let mut raw = Raw::connect(server.addr("instance1")).await;
    within(LIMIT, "an answer", raw.ask(&get(&format!("/r/{id}/hello")))).await.status()
}

fn is_the_end(entry: &Entry) -> bool {
    matches!(log::note(entry), Some(note::What::State { state: RunState::Finished, .. }))
}

/// Holds that everything that is listed is whole.
async fn assert_whole(server: &Server) {
    for run in listed(server).await {
        assert!(!run.state.serves(), "{run:?}");
        let text = server.get(&format!("/api/runs/{}/log", run.id)).await.body;
        assert!(text.ends_with('\n'), "{}: half a line", run.id);
        let (header, entries) = log::read(&text, 1);
        assert_eq!(header.run, run.id);
        assert_eq!(entries.len() as u64, run.last_seq.0, "{}", run.id);
        log::assert_sound(&entries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_there_again_as_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path that is text");
    let mut server = Server::start(&["--data", data]).await;
    let (id, key, before, text) = done(&server, 2).await;
    let waits = Run::create(&server, "http11", json!({})).await.created.id.0;
    assert_eq!(asked(&server, &waits).await, 200);
    // One that nobody used is not kept.
    drop(Run::create(&server, "http11", json!({})).await);
    assert!(server.terminate().await.success(), "{}", server.messages());
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let file = Path::new(data).join("runs.redb");
    assert_eq!((mode(Path::new(data)), mode(&file)), (0o700, 0o600));

    // With a proxy before it a server trusts nobody, so that the key is needed.
    let args = ["--data", data, "--lab-url", "http10=http://127.0.0.1:9"];
    let mut server = Server::start(&args).await;
    assert_eq!(names(&server).await, [waits.as_str(), id.as_str()], "the newest first");
    assert_eq!(told(&server, &id, &before).await, before);
    let api = |rest: &str| format!("/api/runs/{id}{rest}");
    assert_eq!(server.get(&api("/log")).await.body, text);
    assert_eq!(server.get(&api("/export/ndjson")).await.body, text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let later = server.get(&api("/log?after=7")).await.body;
    assert_eq!(later, [&lines[..1], &lines[8..]].concat().concat());
    assert_eq!(summary(&server, &waits).await.state, RunState::Finished, "it was ended");
    assert_eq!(asked(&server, &id).await, 410);
    assert_whole(&server).await;
    follow(&server, &id, &text).await;
    refused_and_deleted(&server, &id, &key).await;
    assert!(server.terminate().await.success(), "{}", server.messages());

    let server = Server::start(&["--data", data]).await;
    assert_eq!(names(&server).await, [waits]);
    server.get(&api("")).await.assert_refused(404, &id, "a deleted run");
    let (new, ..) = done(&server, 1).await;
    assert_eq!(names(&server).await[0], new);
}

/// Its live feed tells it from the beginning, and from the middle.
async fn follow(server: &Server, id: &str, text: &str) {
    let (_, entries) = log::read(text, 1);
    let end = entries.iter().position(is_the_end).expect("it is over");
    for after in [0, 5] {
        let mut live = Live::follow(server.port, id, after as u64).await.expect("a feed");
        let heard = live.until(LIMIT, is_the_end).await;
        let heard: Vec<Entry> = heard.into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(heard, entries[after..=end]);
    }
}

async fn refused_and_deleted(server: &Server, id: &str, key: &str) {
    let (inputs, api) = (format!("/api/runs/{id}/inputs"), format!("/api/runs/{id}"));
    let press = |key: &str| {
        let call = server.ask(Method::POST, &inputs).header("lifeline-key", key);
        call.json(&json!({ "input": "start" }))
    };
    Answer::to(press("wrong")).await.assert_refused(403, "key", "start with a wrong key");
    Answer::to(press(key)).await.assert_refused(410, "over", "start");
    let delete = || server.ask(Method::DELETE, &api);
    Answer::to(delete()).await.assert_refused(401, "lifeline-key", "delete without a key");
    assert_eq!(Answer::to(delete().header("lifeline-key", key)).await.status, 204);
    server.get(&api).await.assert_refused(404, id, "a deleted run");
    assert_eq!(asked(server, id).await, 404);
}

/// Why a run ended that is kept, and how many of its connections were opened and closed.
async fn ended(server: &Server, id: &str) -> (String, usize, usize) {
    assert_eq!(summary(server, id).await.state, RunState::Finished);
    let text = server.get(&format!("/api/runs/{id}/log")).await.body;
    let (_, entries) = log::read(&text, 1);
    let why = entries.iter().find_map(|entry| match log::note(entry) {
        Some(note::What::State { state: RunState::Finished, why }) => Some(why.clone()),
        _ => None,
    });
    let closed = entries.iter().filter(|entry| matches!(entry.what, What::Closed(_)));
    (why.expect("it has ended"), log::conns(&entries).len(), closed.count())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_ends_with_the_server() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().to_str().expect("a path that is text");
    let mut server = Server::start(&["--data", data]).await;
    let (status, said) = fails_to_start(&["--port", "0", "--data", data]).await;
    assert!(!status.success() && said.contains("another server"), "{said}");

    let run = Run::create(&server, "long_polling", json!({ "hold_s": 30, "link_ms": 0 })).await;
    let polled = run.id().to_owned();
    let mut client = Raw::connect(run.at("instance1")).await;
    client.send(get(&run.target("messages?after=0&wait=30"))).await;
    let params = json!({ "peer": "agent", "requests": 20, "link_ms": 200 });
    let run = Run::create(&server, "http10", params).await;
    run.press("start").await;
    let driven = run.id().to_owned();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let reply = async {
        let reply = client.reply("GET").await;
        drop(client);
        reply.expect("a connection").expect("an answer").status()
    };
    let (status, answer) = tokio::join!(server.terminate(), reply);
    let said = server.messages();
    assert!(status.success() && !said.contains("not everything"), "{said}");
    assert!(!said.contains("could not be kept"), "{said}");
    assert_eq!(answer, 204, "the poll is answered");

    let server = Server::start(&["--data", data]).await;
    let why = "the server stopped".to_owned();
    assert_eq!(ended(&server, &polled).await, (why.clone(), 1, 1));
    let (of_driven, opened, closed) = ended(&server, &driven).await;
    assert_eq!((of_driven, opened), (why, closed));
    assert_whole(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_keeps_whole_runs_and_nothing_of_others() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().to_str().expect("a path that is text");
    let mut server = Server::start(&["--data", data]).await;
    let (id, _, before, text) = done(&server, 3).await;
    let params = json!({ "peer": "agent", "requests": 20, "link_ms": 2_000 });
    let run = Run::create(&server, "http10", params).await;
    run.press("start").await;
    let lost = run.id().to_owned();
    tokio::time::sleep(WRITTEN).await;
    assert_eq!(run.summary().await.state, RunState::Running);
    drop(run);
    server.kill().await;

    let mut server = Server::start(&["--data", data]).await;
    assert_eq!(names(&server).await, [id.as_str()]);
    assert_eq!(told(&server, &id, &before).await, before);
    assert_eq!(server.get(&format!("/api/runs/{id}/log")).await.body, text);
    server.get(&format!("/api/runs/{lost}")).await.assert_refused(404, &lost, "the lost run");
    assert_eq!(asked(&server, &lost).await, 404);
    // Killed at any moment, what is there is whole.
    for life in 1..=4 {
        for _ in 0..5 {
            let params = json!({ "peer": "agent", "requests": 20, "link_ms": 0 });
            let run = Run::create(&server, "http10", params).await;
            run.press("start").await;
            run.wait_state(RunState::Finished, LIMIT).await;
        }
        tokio::time::sleep(Duration::from_millis(700 * life)).await;
        server.kill().await;
        server = Server::start(&["--data", data]).await;
        assert_whole(&server).await;
        assert!(names(&server).await.contains(&id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").expect("a file can be written");
    let data = file.to_str().expect("a path that is text");
    let (status, said) = fails_to_start(&["--port", "0", "--data", data]).await;
    assert!(!status.success() && said.contains("--data takes a folder"), "{said}");
    assert!(said.contains(data), "{said}");
}

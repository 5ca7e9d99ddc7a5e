//! Where the server listens: the order of its ports, the addresses that it tells, ports that are taken,
//! and what is said when there is no place left.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tests::raw::{Raw, get};
use tests::run::Run;
use tests::server::{Answer, Server, fails_to_start};
use tests::within;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use trace::studio::{Created, Origins};

const LIMIT: Duration = Duration::from_secs(10);

/// How many instances the servers here have.
const INSTANCES: [&str; 2] = ["--instances", "2"];

/// What listens, in the order of its ports.
const NAMES: [&str; 9] =
    ["studio", "instance1", "instance2", "http10", "site.com", "tls", "payments", "bank1", "bank2"];

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// The same, once it is free. A program that another test starts has all that is open here, until it is
/// another program.
async fn take(port: u16) -> TcpListener {
    loop {
        match listen(port).await {
            Ok(taken) => return taken,
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A port among these from which on as many are free as there are names. They lie below those that
/// the system gives out by itself, and each test has its own.
async fn free(among: Range<u16>) -> u16 {
    for _ in 0..100 {
        let base = rand::random_range(among.clone());
        let mut held = Vec::new();
        for (port, _) in (base..).zip(NAMES) {
            held.extend(listen(port).await.ok());
        }
        if held.len() == NAMES.len() {
            return base;
        }
    }
    panic!("no {} free ports in a row", NAMES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_listen_in_their_order_from_the_given_port_on() {
    let base = free(20_000..24_000).await;
    let server = Server::start_at(base, &INSTANCES).await;
    assert_eq!(server.port, base);
    assert_eq!(server.origins.len(), NAMES.len(), "{:?}", server.origins);
    for (port, name) in (base..).zip(NAMES) {
        let addr = server.addr(name);
        assert_eq!(addr.port(), port, "{name}");
        within(LIMIT, name, TcpStream::connect(addr)).await.expect("it listens");
    }
    // They are what they are called.
    for (name, version) in [("instance2", "HTTP/1.1 404 "), ("http10", "HTTP/1.0 404 ")] {
        let mut client = Raw::connect(server.addr(name)).await;
        let reply = within(LIMIT, name, client.ask(&get("/"))).await;
        assert!(reply.head.starts_with(version), "{name}: {}", reply.head);
    }
    let mut client = Raw::connect(server.addr("tls")).await;
    let reply = within(LIMIT, "tls", client.ask(&get("/"))).await;
    assert_eq!(reply.status(), 400, "TLS and nothing else: {}", reply.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_told_by_what_should_listen_there() {
    let base = free(25_000..29_000).await;
    let from = base.to_string();
    let start = [["--port", from.as_str()], INSTANCES].concat();
    for name in ["studio", "instance2", "http10", "tls", "bank2"] {
        let (port, _) = (base..).zip(NAMES).find(|(_, named)| *named == name).unwrap();
        let taken = within(LIMIT, name, take(port)).await;
        let (status, said) = fails_to_start(&start).await;
        drop(taken);
        assert!(!status.success(), "{name}: {status}");
        assert!(said.contains(&format!("127.0.0.1:{port} for {name}: ")), "{name}: {said}");
        assert!(said.contains("--port"), "{name}: {said}");
        assert_eq!(said.matches("os error").count(), 1, "the reason is told once: {said}");
    }
}

/// An address of the studio's, called by a name for it.
async fn called(server: &Server, host: &str, request: &str, body: &str) -> (u16, Value) {
    let mut client = Raw::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server.port))).await;
    let (kind, len) = ("Content-Type: application/json", body.len());
    let head =
        format!("{request} HTTP/1.1\r\nHost: {host}\r\n{kind}\r\nContent-Length: {len}\r\n\r\n");
    let reply = within(LIMIT, host, client.ask(&format!("{head}{body}"))).await;
    let answer = serde_json::from_slice(&reply.body).expect("it answers JSON");
    (reply.status(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_told_under_the_name_by_which_the_server_is_called() {
    let server = Server::start(&["--lab-url", "instance2=https://lifeline.test"]).await;
    let port = server.port;
    for name in ["localhost", "127.0.0.1", "[::1]", "learn.localhost", "lifeline.test"] {
        let host = format!("{name}:{port}");
        let (status, answer) = called(&server, &host, "GET /api/origins", "").await;
        assert_eq!(status, 200, "{name}: {answer}");
        let told: Origins = serde_json::from_value(answer).unwrap();
        for (service, url) in &told.origins {
            let scheme = if service == "tls" { "https" } else { "http" };
            let due = match service.as_str() {
                "instance2" => "https://lifeline.test".to_owned(),
                _ => format!("{scheme}://{name}:{}", server.addr(service).port()),
            };
            assert_eq!(*url, due, "{service}, called {name}");
        }
        let new = json!({ "lab": "http10", "params": {} }).to_string();
        let (status, answer) = called(&server, &host, "POST /api/runs", &new).await;
        assert_eq!(status, 201, "{name}: {answer}");
        let created: Created = serde_json::from_value(answer).unwrap();
        let due = format!("{}/r/{}", told.origins["http10"], created.id);
        assert_eq!(created.urls["http10"], due, "called {name}");
    }
    let (status, answer) = called(&server, "elsewhere.test", "GET /api/origins", "").await;
    assert_eq!(status, 421, "a name that is not the server's: {answer}");
}

/// Makes a run, if there is a place for it.
async fn make(server: &Server) -> Response {
    let new = json!({ "lab": "http11", "params": {} });
    server.ask(Method::POST, "/api/runs").json(&new).send().await.expect("the studio answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_too_many_is_told_to_try_again() {
    let server = Server::start(&["--cap", "runs=2"]).await;
    let first = Run::create(&server, "http11", json!({})).await;
    assert_eq!(make(&server).await.status().as_u16(), 201);
    let refused = make(&server).await;
    assert_eq!(refused.status().as_u16(), 503);
    let after = refused.headers().get("retry-after").expect("it says when to try again");
    assert!(after.to_str().unwrap().parse::<u64>().unwrap() > 0, "{after:?}");
    let said = refused.text().await.unwrap();
    assert!(said.contains("2 runs are under way"), "{said}");
    let deleted = Answer::to(server.ask(Method::DELETE, &first.api(""))).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert_eq!(make(&server).await.status().as_u16(), 201, "there is a place again");
}

/// Holds that a connection is refused for want of a place, in that version.
async fn assert_no_place(client: &mut Raw, version: &str) {
    let reply = within(LIMIT, "a refusal", client.reply("GET")).await;
    let reply = reply.expect("it is refused in order").expect("it is told");
    assert_eq!(reply.start_line(), format!("{version} 503 Service Unavailable"));
    assert_eq!(reply.header("Retry-After"), Some("1"), "{}", reply.head);
    within(LIMIT, "the end", client.read_to_end()).await.expect("it is closed in order");
}

/// A connection that has had its answer. Until there is a place for it, it is tried again: who was
/// refused or has left may not be gone yet.
async fn admitted(run: &Run<'_>) -> Raw {
    let trying = async {
        loop {
            let mut client = Raw::connect(run.addr()).await;
            // It may be refused, and closed, before it has said a word.
            let _ = client.write(get(&run.target("hello")).as_bytes()).await;
            let reply = client.reply("GET").await.ok().flatten();
            if reply.is_some_and(|reply| reply.status() == 200) {
                return client;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    within(LIMIT, "a place", trying).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_to_try_again() {
    let caps = ["--cap", "address_connections=3", "--cap", "run_connections=2"];
    let server = Server::start(&caps).await;
    let run = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let other = Run::create(&server, "http11", json!({ "link_ms": 0 })).await;
    let mut clients = vec![admitted(&run).await, admitted(&run).await];
    // The run has as many as it may.
    let mut third = Raw::connect(run.addr()).await;
    third.send(get(&run.target("hello"))).await;
    assert_no_place(&mut third, "HTTP/1.1").await;
    drop(third);
    // The address has as many as it may, at whichever service.
    clients.push(admitted(&other).await);
    for (name, version) in [("instance1", "HTTP/1.1"), ("http10", "HTTP/1.0")] {
        let mut fourth = Raw::connect(server.addr(name)).await;
        assert_no_place(&mut fourth, version).await;
    }
    assert_eq!(server.get("/healthz").await.status, 200, "the studio is another matter");
    drop(clients.pop());
    admitted(&other).await;
}

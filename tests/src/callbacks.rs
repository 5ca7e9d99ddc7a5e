//! Callbacks from outside: a run's services as anybody calls them, what a log says of deliveries, receivers of
//! a test's own, and listeners to which nothing may come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use trace::entry::Entry;
use trace::metrics;
use trace::note::What as Note;
use trace::span::Dir;
use trace::studio::RunState;
use trace::webhook::{Dead, Outcome, Verdict};

use crate::log::{assert_sound, conns, note, stream};
use crate::run::Run;
use crate::server::Server;

/// How long a run that the agent drives may take.
const LIMIT: Duration = Duration::from_secs(40);

/// One of a run's services.
pub struct Service {
    http: reqwest::Client,
    url: String,
}

impl Service {
    /// By its name.
    pub fn of(run: &Run<'_>, name: &str) -> Self {
        Self::at(run.created.urls[name].clone())
    }

    /// By its loopback address, whatever the run was told.
    pub fn near(run: &Run<'_>, name: &str) -> Self {
        Self::at(format!("http://{}/r/{}", run.at(name), run.id()))
    }

    fn at(url: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self { http, url }
    }

    /// Asks for something, and takes what comes.
    ///
    /// # Errors
    /// No answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let mut call = self.http.request(method, format!("{}/{path}", self.url));
        if let Some(body) = body {
            call = call.json(&body);
        }
        call.send().await
    }

    /// Asks for something. Gives the status, and the answer's JSON if it is some.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.send(method, path, body).await.expect("the service answers");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("the answer comes whole");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }
}

/// A run of the lab `webhook` that the agent drives, to its end.
pub async fn by_agent(server: &Server, mut knobs: Value, seed: u64) -> Vec<Entry> {
    knobs["peer"] = json!("agent");
    let run = Run::create_seeded(server, "webhook", knobs, seed).await;
    run.press("start").await;
    run.wait(LIMIT, "its end", |summary| !summary.state.serves()).await;
    let (summary, entries) = run.settled().await;
    assert_eq!(summary.state, RunState::Finished, "{entries:?}");
    assert_sound(&entries);
    assert_eq!(metrics::of(&entries), summary.metrics, "the figures are a fold over the log");
    entries
}

/// A run whose client is the test, with site.com's callback registered. Gives its endpoint too.
pub async fn registered(server: &Server, knobs: Value) -> (Run<'_>, Service, Value) {
    let run = Run::create_seeded(server, "webhook", knobs, 7).await;
    let payments = Service::of(&run, "payments");
    let url = format!("{}/callback", run.created.urls["site.com"]);
    let (status, endpoint) = payments.post("webhooks", json!({ "url": url })).await;
    assert_eq!(status, 201, "{endpoint}");
    (run, payments, endpoint)
}

/// The notes of a log.
pub fn notes(entries: &[Entry]) -> impl Iterator<Item = &Note> {
    entries.iter().filter_map(note)
}

/// How the attempts ended, in their order.
pub fn outcomes(entries: &[Entry]) -> Vec<Outcome> {
    let ended = |note: &Note| match note {
        Note::DeliveryEnded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    };
    notes(entries).filter_map(ended).collect()
}

/// What receivers of the run made of deliveries, in their order.
pub fn verdicts(entries: &[Entry]) -> Vec<Verdict> {
    let verified = |note: &Note| match note {
        Note::DeliveryVerified { verdict, .. } => Some(*verdict),
        _ => None,
    };
    notes(entries).filter_map(verified).collect()
}

/// The deliveries that were given up, with why.
pub fn dead(entries: &[Entry]) -> Vec<(String, Dead)> {
    let dead = |note: &Note| match note {
        Note::DeliveryDead { delivery, why, .. } => Some((delivery.clone(), *why)),
        _ => None,
    };
    notes(entries).filter_map(dead).collect()
}

/// Deliveries to site.com, as they went over the wire.
pub fn sent(entries: &[Entry]) -> Vec<Received> {
    let to_site = conns(entries).into_iter().filter(|opened| {
        (opened.client.id.as_str(), opened.server.id.as_str()) == ("payments", "site.com")
    });
    to_site
        .map(|opened| {
            let bytes = stream(entries, opened.conn, Dir::ToServer);
            Received::parse(&bytes).expect("a request")
        })
        .collect()
}

/// A request that came to a receiver.
#[derive(Debug, Clone)]
pub struct Received {
    /// What was asked for.
    pub target: String,
    /// The head, whole.
    pub head: String,
    /// The content.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }

    /// Reads one.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut bytes = Vec::new();
        loop {
            if let Some(received) = Self::parse(&bytes) {
                return Some(received);
            }
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return None;
            }
        }
    }

    /// The request that these bytes begin with, if it is whole.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let len = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&bytes[..len]).into_owned();
        let target = head.split(' ').nth(1)?.to_owned();
        let mut received = Self { target, head, body: Vec::new() };
        let body: usize = received.header("content-length").unwrap_or("0").parse().ok()?;
        received.body = bytes.get(len..len + body)?.to_vec();
        Some(received)
    }
}

/// What a receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Answers with this head.
    Answers(String),
    /// Answers with this, keeps the connection, and never goes on.
    Begins(String),
    /// Closes without an answer.
    Closes,
    /// Never answers.
    Nothing,
}

/// An answer without content.
pub fn status(status: &str) -> Does {
    Does::Answers(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

/// Starts a receiver that decides for each request. Gives where it listens.
pub async fn receiver(decide: impl Fn(&Received) -> Does + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let addr = listener.local_addr().expect("a listener has an address");
    let decide = Arc::new(decide);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let decide = Arc::clone(&decide);
            tokio::spawn(async move {
                let Some(received) = Received::read(&mut stream).await else { return };
                match decide(&received) {
                    Does::Answers(head) => {
                        let _ = stream.write_all(head.as_bytes()).await;
                        let _ = stream.shutdown().await;
                    }
                    Does::Begins(text) => {
                        let _ = stream.write_all(text.as_bytes()).await;
                        std::future::pending().await
                    }
                    Does::Closes => {}
                    Does::Nothing => std::future::pending().await,
                }
            });
        }
    });
    addr
}

/// A listener to which nothing may come.
pub struct Forbidden {
    /// Where it listens.
    pub addr: SocketAddr,
    accepts: Arc<AtomicUsize>,
}

impl Forbidden {
    /// Listens; none where this machine has no such address.
    pub async fn listen(addr: &str) -> Option<Self> {
        let listener = TcpListener::bind(addr).await.ok()?;
        let addr = listener.local_addr().ok()?;
        let accepts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepts);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Some(Self { addr, accepts })
    }

    /// How many connections came.
    pub fn accepts(&self) -> usize {
        self.accepts.load(Ordering::SeqCst)
    }
}

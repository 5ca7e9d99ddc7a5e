//! Callbacks from outside: a run's services as anybody calls them, receivers of a test's own, and listeners to
//! which nothing may come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use trace::entry::Entry;
use trace::note::What as Note;

use crate::log::note;
use crate::run::Run;

/// One of a run's services.
pub struct Service {
    http: reqwest::Client,
    url: String,
}

impl Service {
    /// By its name.
    pub fn of(run: &Run<'_>, name: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self { http, url: run.created.urls[name].clone() }
    }

    /// Asks for something. Gives the status, and the answer's JSON if it is some.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut call = self.http.request(method, format!("{}/{path}", self.url));
        if let Some(body) = body {
            call = call.json(&body);
        }
        let answer = call.send().await.expect("the service answers");
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

/// The notes of a log.
pub fn notes(entries: &[Entry]) -> impl Iterator<Item = &Note> {
    entries.iter().filter_map(note)
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
    pub async fn read(stream: &mut TcpStream) -> Option<Self> {
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

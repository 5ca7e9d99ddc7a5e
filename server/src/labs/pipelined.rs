//! HTTP/1.1 pipelined (RFC 9112, section 9.3.2): all requests at once on one connection, and the answers
//! in their order. No browser does it.

use std::fmt::Write as _;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use trace::event::{Event, Kind};
use trace::http1::Http1;
use trace::ids::ConnId;
use trace::span::{Dir, Side};
use wire::conn::Conn;

use crate::agent::{AGENT, Refused, dial};
use crate::link::PIECE;
use crate::listen::Service;
use crate::run::{Run, agent};

/// The most bytes that an answer may have, its head with it.
const ANSWER_MOST: usize = 64 * 1024;

/// Asks for all, and reads until the server closes.
///
/// # Errors
/// Answers that are missing, cut off, too long or no success.
pub async fn ask(run: &Run, service: &Service, paths: &[String]) -> anyhow::Result<()> {
    let (mut stream, host) = dial(run, service.addr, agent()).await?;
    let requests = written(&host, paths);
    stream.write_all(requests.as_bytes()).await.context("the requests cannot be sent")?;
    // Which bytes are whose answer only who knows the requests can tell.
    let mut decoder = Conn::http1(ConnId(0));
    let mut events = Vec::new();
    decoder.feed(Dir::ToServer, requests.as_bytes(), &mut events);
    let (mut came, mut left) = (0, ANSWER_MOST.saturating_mul(paths.len()));
    let mut buffer = vec![0; PIECE];
    loop {
        let len = stream.read(&mut buffer).await.context("the connection was cut off")?;
        if len == 0 {
            break;
        }
        left = left.checked_sub(len).context("the answers are too long")?;
        events.clear();
        decoder.feed(Dir::ToClient, buffer.get(..len).unwrap_or_default(), &mut events);
        came += whole(&events)?;
    }
    let asked = paths.len();
    anyhow::ensure!(came == asked, "{asked} requests were sent, and {came} answers came");
    Ok(())
}

/// The requests as they go over the wire. The last one says that it is the last.
fn written(host: &str, paths: &[String]) -> String {
    let mut text = String::new();
    for (index, path) in paths.iter().enumerate() {
        let close = if index + 1 == paths.len() { "Connection: close\r\n" } else { "" };
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\n");
        let _ = write!(text, "{head}{close}\r\n");
    }
    text
}

/// How many answers came to their end. All must be good ones.
fn whole(events: &[Event]) -> anyhow::Result<usize> {
    let mut whole = 0;
    for event in events.iter().filter(|event| event.from == Side::Server) {
        match &event.kind {
            Kind::Http1(Http1::Response(response)) => {
                let good = (200..300).contains(&response.status);
                anyhow::ensure!(good, Refused(response.status));
            }
            Kind::Http1(Http1::Body(body)) => whole += usize::from(body.complete),
            _ => {}
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_request_says_that_it_is_the_last() {
        let text = written("a:1", &["/one".to_owned(), "/two".to_owned()]);
        let one = format!("GET /one HTTP/1.1\r\nHost: a:1\r\nUser-Agent: {AGENT}\r\n\r\n");
        let two = text.strip_prefix(&one).unwrap();
        assert!(two.starts_with("GET /two HTTP/1.1\r\n"), "{two}");
        assert!(two.ends_with("\r\nConnection: close\r\n\r\n"), "{two}");
    }

    #[test]
    fn answers_are_counted_at_their_end() {
        let mut decoder = Conn::http1(ConnId(0));
        let requests = written("a:1", &["/one".to_owned(), "/two".to_owned()]);
        let mut events = Vec::new();
        decoder.feed(Dir::ToServer, requests.as_bytes(), &mut events);
        assert_eq!(whole(&events).unwrap(), 0);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
        let mut came = |bytes: &[u8]| {
            let mut events = Vec::new();
            decoder.feed(Dir::ToClient, bytes, &mut events);
            whole(&events)
        };
        assert_eq!(came(&answer[..answer.len() - 1]).unwrap(), 0);
        assert_eq!(came(b"b").unwrap(), 1);
        assert!(came(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}

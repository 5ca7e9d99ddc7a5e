//! The lobby: where a new connection's first bytes wait, bounded, until it is known whose run it
//! is. Reads are large and happen above the tap, so that the record is of real system calls.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use trace::fault::Code;
use trace::ids::{ConnId, RunId};
use trace::span::Dir;
use wire::conn::Conn;
use wire::http1::{FIELDS_MAX, Found, find_head_end};
use wire::http2::BEGINNING;

use crate::caps::Caps;
use crate::refusal::Refusal;

/// The first head of a connection.
#[derive(Debug)]
pub struct FirstHead {
    /// Everything that was read, perhaps more than the head.
    pub bytes: BytesMut,
    /// Whose run it asks for.
    pub run: RunId,
    /// Who asks.
    pub asker: Asker,
    /// Whether the run is to refuse it, since nobody could tell where its body ends or whom it asks.
    pub refusal: Option<Refusal>,
}

/// Who asks, as far as a first request says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
    /// Its `Origin`: the page that asks.
    pub origin: Option<String>,
    /// The user that it names, where it asks for a socket of the chat.
    pub user: Option<String>,
    /// Whether its connection can carry requests of other runs: HTTP/2.
    pub shares: bool,
    /// Bytes that the service has of it already: HTTP/2, where it waited to be greeted.
    pub handed: u64,
}

/// What a connection begins with.
#[derive(Debug)]
pub enum First {
    /// A head of HTTP/1.
    Head(FirstHead),
    /// The preface of HTTP/2, or as much of it as tells it from a head, and what came with it.
    Http2(BytesMut),
    /// A head that asks for nothing but whether TLS works here.
    Trust,
}

/// Where a page asks whether its browser trusts this server.
pub const TRUST: &str = "/trust";

/// The same in a head of HTTP/1.
const TRUST_ASKED: &[u8] = b"GET /trust ";

/// Why there is no first head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHead {
    /// The client closed, or was cut off, before it had asked anything.
    Left,
    /// No byte came.
    Silent,
    /// What came is refused.
    Refused(Refusal),
}

/// Reads a connection's first head, or what tells that it begins with none.
///
/// # Errors
/// See [`NoHead`].
pub async fn first_head<S: AsyncRead + Unpin>(stream: &mut S, caps: Caps) -> Result<First, NoHead> {
    let bytes = first_bytes(stream, caps).await?;
    whole_head(stream, bytes, caps).await
}

/// The first read of a connection.
///
/// # Errors
/// See [`NoHead`].
pub async fn first_bytes<S: AsyncRead + Unpin>(
    stream: &mut S,
    caps: Caps,
) -> Result<BytesMut, NoHead> {
    let first_byte = Duration::from_secs(caps.first_byte_s);
    let mut bytes = BytesMut::with_capacity(4 * 1024);
    match tokio::time::timeout(first_byte, stream.read_buf(&mut bytes)).await {
        Ok(Ok(1..)) => Ok(bytes),
        Ok(_) => Err(NoHead::Left),
        Err(_) => Err(NoHead::Silent),
    }
}

/// Reads on until a connection's first head is whole.
///
/// # Errors
/// See [`NoHead`].
pub async fn whole_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut bytes: BytesMut,
    caps: Caps,
) -> Result<First, NoHead> {
    let whole_head = Duration::from_secs(caps.head_s);
    let read = read_head(stream, &mut bytes);
    let len = match tokio::time::timeout(whole_head, read).await {
        Ok(len) => len?,
        Err(_) => return Err(NoHead::Refused(Refusal::HeadTimeout)),
    };
    let head = bytes.get(..len).unwrap_or_default();
    if head == BEGINNING {
        return Ok(First::Http2(bytes));
    }
    if head.starts_with(TRUST_ASKED) {
        return Ok(First::Trust);
    }
    let Asked { run, asker, refusal } = understand(head).map_err(NoHead::Refused)?;
    let refusal = refusal.or_else(|| framing(head));
    Ok(First::Head(FirstHead { run, asker, refusal, bytes }))
}

async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    bytes: &mut BytesMut,
) -> Result<usize, NoHead> {
    let mut searched = 0;
    loop {
        match find_head_end(bytes, &mut searched) {
            Found::Yes(len) => return Ok(len),
            Found::TooLong => return Err(NoHead::Refused(Refusal::HeadTooLarge)),
            Found::No if !may_be_http(bytes) => return Err(NoHead::Refused(Refusal::BadRequest)),
            Found::No => {}
        }
        if !matches!(stream.read_buf(bytes).await, Ok(1..)) {
            return Err(NoHead::Left);
        }
    }
}

/// Whether a request line can still come of these bytes: a token, then whatever. It spares a
/// client that speaks something else the wait for a head's end.
fn may_be_http(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let method = start.split(|byte| *byte == b' ').next().unwrap_or_default();
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    method.len() <= 32 && method.iter().all(token)
}

/// What a head says that the lobby must know.
struct Asked {
    run: RunId,
    asker: Asker,
    refusal: Option<Refusal>,
}

/// Whose run the head asks for, and who asks.
fn understand(head: &[u8]) -> Result<Asked, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        _ => return Err(Refusal::BadRequest),
    }
    let target = request.path.unwrap_or_default();
    let value = |name: &str| {
        let header =
            request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::to_owned)
    };
    Ok(Asked {
        run: run_of(target).ok_or(Refusal::NoRun)?,
        asker: Asker {
            user_agent: value("user-agent"),
            origin: value("origin"),
            user: user_of(target),
            shares: false,
            handed: 0,
        },
        refusal: target.parse::<http::Uri>().is_err().then_some(Refusal::BadRequest),
    })
}

/// What is wrong with a head that keeps the grammar, by our own decoder: hyper would refuse it too,
/// without a word and always in HTTP/1.1.
fn framing(head: &[u8]) -> Option<Refusal> {
    let mut events = Vec::new();
    Conn::http1(ConnId(0)).feed(Dir::ToServer, head, &mut events);
    let bad = |code: Code| {
        matches!(
            code,
            Code::BadLength
                | Code::ConflictingLengths
                | Code::RepeatedLength
                | Code::BadCoding
                | Code::CodingInHttp10
                | Code::BadHost
        )
    };
    let faults = &events.first()?.faults;
    faults.iter().any(|fault| bad(fault.code)).then_some(Refusal::BadRequest)
}

/// HTTP/1.0 knows no `Expect`, and a server that speaks it ignores the header (RFC 9110, section
/// 10.1.1). hyper would answer `HTTP/1.1 100 Continue`, so its copy of the head has another name
/// there; what was heard is on record as it came.
pub fn hide_expect(bytes: &mut BytesMut) {
    const EXPECT: &[u8] = b"\nexpect:";
    let Found::Yes(len) = find_head_end(bytes, &mut 0) else { return };
    let head = bytes.get_mut(..len).unwrap_or_default();
    let found = head.windows(EXPECT.len()).position(|piece| piece.eq_ignore_ascii_case(EXPECT));
    if let Some(name) = found.and_then(|at| head.get_mut(at + 1..at + EXPECT.len() - 1)) {
        name.copy_from_slice(b"x-none");
    }
}

/// The user in a target that asks for a socket: `/r/{run}/socket?user=A`.
fn user_of(target: &str) -> Option<String> {
    let (path, query) = target.split_once('?')?;
    path.ends_with("/socket").then_some(())?;
    let user = query.split('&').find_map(|pair| pair.strip_prefix("user="))?;
    is_user(user).then(|| user.to_owned())
}

/// Whether a user of the chat may have this name.
pub fn is_user(name: &str) -> bool {
    (1..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The run in a target: `/r/{run}/…`, or the same after a scheme and an authority.
pub fn run_of(target: &str) -> Option<RunId> {
    let absolute = target.strip_prefix("http://").or_else(|| target.strip_prefix("https://"));
    let path = match absolute {
        Some(rest) => rest.find('/').and_then(|slash| rest.get(slash..))?,
        None => target,
    };
    let run = path.strip_prefix("/r/")?.split(['/', '?']).next().unwrap_or_default();
    run_named(run)
}

/// A run's name, if it can be one.
pub fn run_named(name: &str) -> Option<RunId> {
    let known = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    known.then(|| RunId(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_in_the_target() {
        let run = |target| run_of(target).map(|run| run.0);
        assert_eq!(run("/r/abc/hello"), Some("abc".to_owned()));
        assert_eq!(run("http://localhost:4001/r/abc?x"), Some("abc".to_owned()));
        assert_eq!(run("https://localhost:4006/r/abc/hello"), Some("abc".to_owned()));
        for none in ["/", "/hello", "/r/", "/r//hello", "*", "http://localhost", "/r/%2e/x"] {
            assert_eq!(run(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn the_preface_of_http2_is_told_from_a_head() {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04";
        for cut in [3, 18, 24, preface.len()] {
            let (mut client, mut socket) = tokio::io::duplex(64);
            let (before, after) = preface.split_at(cut);
            let said = async {
                tokio::io::AsyncWriteExt::write_all(&mut client, before).await.unwrap();
                tokio::task::yield_now().await;
                tokio::io::AsyncWriteExt::write_all(&mut client, after).await.unwrap();
            };
            let (first, ()) = tokio::join!(first_head(&mut socket, Caps::default()), said);
            match first {
                Ok(First::Http2(bytes)) => {
                    assert!(preface.starts_with(&bytes) && bytes.len() >= BEGINNING.len());
                }
                other => panic!("{cut}: {other:?}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_head_is_refused() {
        let long = format!("GET /r/a HTTP/1.1\r\nX: {}", "x".repeat(70_000));
        let many = format!("GET /r/a HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(300));
        let cases: [(&[u8], NoHead); 7] = [
            (b"\x16\x03\x01\x02", NoHead::Refused(Refusal::BadRequest)),
            (b"GET /r/a HTTP/1.1\r\nBad Name: x\r\n\r\n", NoHead::Refused(Refusal::BadRequest)),
            (b"GET /r/a HTTP/1.1\r\nHost: a", NoHead::Refused(Refusal::HeadTimeout)),
            (b"GET /trusty HTTP/1.1\r\n\r\n", NoHead::Refused(Refusal::NoRun)),
            (b"", NoHead::Silent),
            (long.as_bytes(), NoHead::Refused(Refusal::HeadTooLarge)),
            (many.as_bytes(), NoHead::Refused(Refusal::HeadTooLarge)),
        ];
        for (said, why) in cases {
            let (mut client, mut socket) = tokio::io::duplex(1 << 20);
            tokio::io::AsyncWriteExt::write_all(&mut client, said).await.unwrap();
            assert_eq!(
                first_head(&mut socket, Caps::default()).await.unwrap_err(),
                why,
                "{said:?}"
            );
        }
        let (client, mut socket) = tokio::io::duplex(64);
        drop(client);
        assert_eq!(first_head(&mut socket, Caps::default()).await.unwrap_err(), NoHead::Left);
    }
}

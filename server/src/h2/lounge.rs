//! The lounge: where a connection of HTTP/2 waits until its first request says whose it is. What the
//! client says is decoded here as it is in a run, and held, or handed to the service as it comes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use trace::event::{Event, Kind};
use trace::http2::{Http2, Role};
use trace::ids::ConnId;
use trace::span::Dir;
use wire::conn::Conn;

use super::serving::Served;
use super::{Asked, run_asked};
use crate::clock;
use crate::link::{self, PIECE};
use crate::lobby::Asker;
use crate::tap::Ear;

/// The most that a client may say before its first request is whole: a head may have 64 KiB.
const MOST: u64 = 128 * 1024;

/// The least room that a read has.
const ROOM: usize = 4 * 1024;

/// How long a connection that is nobody's may take to end.
const FAREWELL: Duration = Duration::from_secs(3);

/// A connection that waits.
pub struct Lounge<S> {
    tap: S,
    /// Where it is told what went to the service.
    ear: Ear,
    /// The near end of the way to the service.
    near: DuplexStream,
    /// What came and was not handed over.
    came: BytesMut,
    /// How much of that is decoded.
    decoded: usize,
    /// Bytes that the service has.
    handed: u64,
    decoder: Conn,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lounge<S> {
    /// A connection of which these bytes were read.
    pub fn new((tap, ear): (S, Ear), near: DuplexStream, came: BytesMut) -> Self {
        Self { tap, ear, near, came, decoded: 0, handed: 0, decoder: Conn::http1(ConnId(0)) }
    }

    /// The stream to the client.
    pub const fn tap(&mut self) -> &mut S {
        &mut self.tap
    }

    /// Reads until the client has asked, and hands nothing over. None where it left, or said too much.
    /// It can be given up, and called again or not.
    pub async fn hear(&mut self) -> Option<Asked> {
        loop {
            if let Some(asked) = self.decode() {
                return Some(asked);
            }
            self.came.reserve(ROOM);
            if !matches!(self.tap.read_buf(&mut self.came).await, Ok(1..)) {
                return None;
            }
        }
    }

    /// Lets service and client talk until the client has asked. The read in which it did is held.
    pub async fn greet(&mut self) -> Option<Asked> {
        let mut back = vec![0; PIECE];
        loop {
            if let Some(asked) = self.decode() {
                return Some(asked);
            }
            self.hand_over().await?;
            self.step(&mut back).await?;
        }
    }

    /// The request in what is new, if it is there. Nothing more is read of who says too much.
    fn decode(&mut self) -> Option<Asked> {
        let new = self.came.get(self.decoded..).unwrap_or_default();
        let mut events = Vec::new();
        self.decoder.feed(Dir::ToServer, new, &mut events);
        self.decoded = self.came.len();
        let none = Asked { run: None, asker: Asker::default() };
        let too_much = self.handed + self.came.len() as u64 > MOST;
        events.iter().find_map(asked).or_else(|| too_much.then_some(none))
    }

    /// Hands all that came to the service.
    async fn hand_over(&mut self) -> Option<()> {
        let bytes = self.came.split();
        self.decoded = 0;
        if bytes.is_empty() {
            return Some(());
        }
        self.handed += bytes.len() as u64;
        // No link has delayed them: they land where they came.
        let at = clock::now();
        self.near.write_all(&bytes).await.ok()?;
        self.ear.passed(Dir::ToServer, at, self.handed);
        Some(())
    }

    /// One read, from either side. None where that has ended.
    async fn step(&mut self, back: &mut [u8]) -> Option<()> {
        self.came.reserve(ROOM);
        tokio::select! {
            read = self.tap.read_buf(&mut self.came) => matches!(read, Ok(1..)).then_some(()),
            read = self.near.read(back) => {
                let len = read.ok().filter(|len| *len > 0)?;
                self.tap.write_all(back.get(..len)?).await.ok()?;
                self.tap.flush().await.ok()
            }
        }
    }

    /// How many bytes the service has.
    pub const fn handed(&self) -> u64 {
        self.handed
    }

    /// The stream to the client, the way to the service, what is held for it, and how much it has.
    pub fn leave(self) -> (S, DuplexStream, Bytes, u64) {
        (self.tap, self.near, self.came.freeze(), self.handed)
    }

    /// Lets the service answer what is asked, say goodbye and end; then closes.
    pub async fn part(mut self, mut conn: Served) {
        conn.as_mut().graceful_shutdown();
        let goodbye = async {
            tokio::select! {
                _ = conn.as_mut() => {}
                () = self.carry() => {}
            }
        };
        let _ = tokio::time::timeout(FAREWELL, goodbye).await;
        drop(conn);
        self.last_words().await;
    }

    /// Carries bytes both ways until either side ends.
    async fn carry(&mut self) {
        let mut back = vec![0; PIECE];
        while self.hand_over().await.is_some() && self.step(&mut back).await.is_some() {}
    }

    /// Writes what the service has said before its end; then closes.
    pub async fn last_words(mut self) {
        let rest = async {
            let mut back = vec![0; PIECE];
            while let Ok(len @ 1..) = self.near.read(&mut back).await {
                if self.tap.write_all(back.get(..len).unwrap_or_default()).await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(FAREWELL, rest).await;
        link::close(&mut self.tap).await;
    }
}

/// What a request's head says of whose connection it is.
fn asked(event: &Event) -> Option<Asked> {
    let Kind::Http2(Http2::Head(head)) = &event.kind else { return None };
    let value = |name: &str| head.value(name).map(str::to_owned);
    (head.role == Role::Request).then(|| Asked {
        run: run_asked(head.value(":path").unwrap_or_default(), head.value("lifeline-run")),
        asker: Asker {
            user_agent: value("user-agent"),
            origin: value("origin"),
            user: None,
            shares: true,
            handed: 0,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

    /// `POST /lifeline.v1.Chat/Send` with a run beside it, in literals that no table keeps.
    fn request() -> Vec<u8> {
        let mut block = vec![0x83, 0x86];
        let mut literal = |name: Option<&str>, value: &str| {
            block.push(if name.is_some() { 0x00 } else { 0x04 });
            for text in name.into_iter().chain([value]) {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend_from_slice(text.as_bytes());
            }
        };
        literal(None, "/lifeline.v1.Chat/Send");
        literal(Some("user-agent"), "test/1");
        literal(Some("lifeline-run"), "abc");
        let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 0x01, 0x04, 0, 0, 0, 1];
        frame.append(&mut block);
        frame
    }

    fn asked_for(run: &str) -> Asked {
        let user_agent = Some("test/1".to_owned());
        let asker = Asker { user_agent, shares: true, ..Asker::default() };
        Asked { run: run_asked(&format!("/r/{run}"), None), asker }
    }

    #[tokio::test]
    async fn who_asks_at_once_is_held_from_the_first_byte() {
        let (mut client, socket) = tokio::io::duplex(1024);
        let (near, _far) = tokio::io::duplex(1024);
        let mut lounge = Lounge::new((socket, Ear::new(64).0), near, BytesMut::from(PREFACE));
        let said = [SETTINGS, &request()].concat();
        client.write_all(&said).await.unwrap();
        assert_eq!(lounge.hear().await, Some(asked_for("abc")));
        let (.., held, handed) = lounge.leave();
        assert_eq!((held, handed), (Bytes::from([PREFACE, &said].concat()), 0));
    }

    #[tokio::test]
    async fn who_waits_is_greeted_and_held_from_the_request_on() {
        let (mut client, socket) = tokio::io::duplex(1024);
        let (near, mut far) = tokio::io::duplex(1024);
        let mut lounge = Lounge::new((socket, Ear::new(64).0), near, BytesMut::from(PREFACE));
        let service = async {
            let mut read = vec![0; PREFACE.len()];
            far.read_exact(&mut read).await.unwrap();
            assert_eq!(read, PREFACE);
            far.write_all(SETTINGS).await.unwrap();
        };
        let talk = async {
            let mut read = vec![0; SETTINGS.len()];
            client.read_exact(&mut read).await.unwrap();
            assert_eq!(read, SETTINGS);
            client.write_all(&request()).await.unwrap();
        };
        let (asked, (), ()) = tokio::join!(lounge.greet(), service, talk);
        assert_eq!(asked, Some(asked_for("abc")));
        let (.., held, handed) = lounge.leave();
        assert_eq!((held, handed), (Bytes::from(request()), PREFACE.len() as u64));
    }

    #[tokio::test]
    async fn who_says_too_much_asks_for_nothing() {
        let (mut client, socket) = tokio::io::duplex(1024);
        let (near, _far) = tokio::io::duplex(1024);
        let mut lounge = Lounge::new((socket, Ear::new(64).0), near, BytesMut::from(PREFACE));
        let much = async { while client.write_all(SETTINGS).await.is_ok() {} };
        let none = Asked { run: None, asker: Asker::default() };
        let asked = tokio::select! {
            asked = lounge.hear() => asked,
            () = much => None,
        };
        assert_eq!(asked, Some(none));
    }
}

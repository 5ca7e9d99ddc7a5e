//! Who listens to a connection now. A closed enum: each protocol hands over to the next one here.

use trace::event::Event;
use trace::ids::ConnId;
use trace::span::Dir;

use crate::both::Decoder;
use crate::http1::Http1;
use crate::http2::Http2;
use crate::resp::Resp;
use crate::tls::Tls;
use crate::websocket::Websocket;

/// The decoder of one connection, from its first byte.
#[derive(Debug)]
pub enum Conn {
    /// HTTP/1.0 or HTTP/1.1.
    Http1(Box<Http1>),
    /// HTTP/2, from its preface on.
    Http2(Box<Http2>),
    /// WebSocket, behind the upgrade.
    Websocket(Box<Websocket>),
    /// RESP.
    Resp(Box<Resp>),
    /// TLS, from outside. What it carries is heard on a connection of its own.
    Tls(Box<Tls>),
}

impl Conn {
    /// A connection on which HTTP/1 begins, or HTTP/2 with its preface.
    #[must_use]
    pub fn http1(conn: ConnId) -> Self {
        Self::Http1(Box::new(Http1::new(conn)))
    }

    /// A connection on which RESP begins.
    #[must_use]
    pub fn resp(conn: ConnId) -> Self {
        Self::Resp(Box::new(Resp::new(conn)))
    }

    /// A connection on which TLS begins, as it is heard from outside.
    #[must_use]
    pub fn tls(conn: ConnId) -> Self {
        Self::Tls(Box::new(Tls::new(conn)))
    }

    /// Takes the next bytes of a direction, and adds what they complete to `events`.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        // No bytes say nothing, and must not change what later ones say (law 4).
        if bytes.is_empty() {
            return;
        }
        self.decoder_mut().feed(dir, bytes, events);
        if let Self::Http1(http1) = self
            && let Some(next) = http1.hand_over()
        {
            *self = next;
            self.begin(events);
        }
    }

    /// Decodes what came before a protocol took over.
    fn begin(&mut self, events: &mut Vec<Event>) {
        match self {
            Self::Http2(http2) => http2.begin(events),
            Self::Websocket(websocket) => websocket.begin(events),
            Self::Http1(_) | Self::Resp(_) | Self::Tls(_) => {}
        }
    }

    /// Where what is under way in a direction began in its stream: a body, a frame's payload, a
    /// rest that is not decoded.
    #[must_use]
    pub fn open_body(&self, dir: Dir) -> Option<u64> {
        self.decoder().open_body(dir)
    }

    /// The direction has no more bytes.
    pub fn end(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.decoder_mut().end(dir, events);
    }

    /// The next bytes of the direction are lost: from here on it is not decoded.
    pub fn lost(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.decoder_mut().lost(dir, events);
    }

    fn decoder(&self) -> &dyn Decoder {
        match self {
            Self::Http1(http1) => &**http1,
            Self::Http2(http2) => &**http2,
            Self::Websocket(websocket) => &**websocket,
            Self::Resp(resp) => &**resp,
            Self::Tls(tls) => &**tls,
        }
    }

    fn decoder_mut(&mut self) -> &mut dyn Decoder {
        match self {
            Self::Http1(http1) => &mut **http1,
            Self::Http2(http2) => &mut **http2,
            Self::Websocket(websocket) => &mut **websocket,
            Self::Resp(resp) => &mut **resp,
            Self::Tls(tls) => &mut **tls,
        }
    }
}

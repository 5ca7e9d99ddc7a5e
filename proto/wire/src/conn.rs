//! Who listens to a connection now. A closed enum: each protocol hands over to the next one here.

use trace::event::Event;
use trace::ids::ConnId;
use trace::span::Dir;

use crate::http1::Http1;

/// The decoder of one connection, from its first byte.
#[derive(Debug)]
pub enum Conn {
    /// HTTP/1.0 or HTTP/1.1.
    Http1(Box<Http1>),
}

impl Conn {
    /// A connection on which HTTP/1 begins.
    #[must_use]
    pub fn http1(conn: ConnId) -> Self {
        Self::Http1(Box::new(Http1::new(conn)))
    }

    /// Takes the next bytes of a direction, and adds what they complete to `events`.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        match self {
            Self::Http1(http1) => http1.feed(dir, bytes, events),
        }
    }

    /// Where the body that is under way in a direction began, in its stream.
    #[must_use]
    pub const fn open_body(&self, dir: Dir) -> Option<u64> {
        match self {
            Self::Http1(http1) => http1.open_body(dir),
        }
    }

    /// The direction has no more bytes.
    pub fn end(&mut self, dir: Dir, events: &mut Vec<Event>) {
        match self {
            Self::Http1(http1) => http1.end(dir, events),
        }
    }

    /// The next bytes of the direction are lost: from here on it is not decoded.
    pub fn lost(&mut self, dir: Dir, events: &mut Vec<Event>) {
        match self {
            Self::Http1(http1) => http1.lost(dir, events),
        }
    }
}

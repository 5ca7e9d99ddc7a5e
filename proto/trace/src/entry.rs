//! A line of the log: what happened, when, and its number.

use serde::{Deserialize, Serialize};

use crate::base64_bytes;
use crate::event::Event;
use crate::ids::{ConnId, Seq};
use crate::note::Note;
use crate::participant::Participant;
use crate::span::{Dir, Side};
use crate::time::Micros;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When, since the run began.
    pub at_us: Micros,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// A connection became this run's; the moment is that of its acceptance.
    Opened(Opened),
    /// Bytes moved at the socket.
    Chunk(Chunk),
    /// Bytes moved at the link's other end, the service's.
    Passed(Passed),
    /// Bytes inside TLS are in bytes outside it.
    Carried(Carried),
    /// Bytes made sense.
    Event(Event),
    /// Bytes moved that were not kept.
    Lost(Lost),
    /// A connection closed.
    Closed(Closed),
    /// A button was pressed.
    Input(Input),
    /// The application says something of itself.
    Note(Note),
    /// A page tells what only it knows.
    Report(Report),
}

/// A connection became this run's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number in this run.
    pub conn: ConnId,
    /// Who connected.
    pub client: Participant,
    /// Who accepted.
    pub server: Participant,
    /// The address that connected.
    pub client_addr: String,
    /// The address that accepted.
    pub server_addr: String,
    /// The connection of TLS inside which it is: it has no establish and no close of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inside: Option<ConnId>,
}

/// Bytes that one system call moved at the socket. A read is a read, not a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The connection.
    pub conn: ConnId,
    /// Which way.
    pub dir: Dir,
    /// Offset of the first byte in its direction.
    pub offset: u64,
    /// The bytes.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

/// Everything up to an offset has gone through the link at the service's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The connection.
    pub conn: ConnId,
    /// Which way.
    pub dir: Dir,
    /// Offset of the byte after the last that passed.
    pub offset: u64,
}

/// Everything up to an offset inside TLS was in what moved outside it up to another. It lends the inner
/// bytes the moments of the outer ones, where the link lies under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The inner connection.
    pub conn: ConnId,
    /// Which way.
    pub dir: Dir,
    /// Offset of the byte after the last inner one.
    pub offset: u64,
    /// The outer connection.
    pub outer: ConnId,
    /// Offset of the byte after the last outer one that was needed.
    pub outer_offset: u64,
}

/// Bytes that moved and were not kept; that direction is counted and no longer decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The connection.
    pub conn: ConnId,
    /// Which way.
    pub dir: Dir,
    /// Offset of the first byte that was not kept.
    pub offset: u64,
    /// How many.
    pub len: u64,
    /// Which cap struck.
    pub why: Loss,
}

/// Which cap struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The connection's queue of chunks was full.
    Queue,
    /// The run keeps no more bytes or entries.
    Run,
    /// A body is kept only so far.
    Body,
    /// They are another run's, which shares the connection (HTTP/2).
    OtherRun,
}

/// A connection closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The connection.
    pub conn: ConnId,
    /// Who closed first.
    pub by: Side,
    /// How.
    pub how: Ending,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In order: one side said that it sends no more.
    Fin,
    /// Cut off: the other side learns it as an error.
    Reset,
}

/// A button was pressed, by a person or by a program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// `start`, `stop`, `next`, `send`, `kill`, `restart`, `drop`, `pay`, `rotate`, `enable`, `replay`,
    /// `site`, `attack`.
    pub input: String,
    /// The instance that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instance: Option<String>,
    /// How site.com behaves from now on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub behaviour: Option<String>,
    /// What an attacker tries.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The delivery that is sent again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivery: Option<String>,
}

/// What a page knows of itself and no socket of ours hears. It is told beside the ladder and never
/// drawn as a mark of it (law 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Who says it: a participant.
    pub client: String,
    /// What it says.
    #[serde(flatten)]
    pub says: Says,
}

/// What a page says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Says {
    /// Its socket closed (RFC 6455, section 7.1.5). 1006 never stands in a frame: it is the
    /// browser's word for an end without one.
    SocketClosed {
        /// The code that the browser tells its page.
        code: u16,
        /// Whether the close was in order.
        clean: bool,
    },
    /// It opened so many event streams, and so many of them have been answered.
    StreamsOpened {
        /// How many it opened.
        wanted: u64,
        /// How many were answered so far.
        answered: u64,
    },
    /// Its event stream broke off, and it comes back by itself.
    StreamBroke {
        /// The last event id that it has.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        last_event_id: String,
    },
    /// It did not make a call: a browser cannot stream requests over gRPC-web.
    CannotStream {
        /// The method that was to be called.
        method: String,
    },
    /// Its browser has no answer to a call for it, and keeps to itself why.
    CallBroke {
        /// The method that was called.
        method: String,
    },
    /// It asked in turn: a browser does not pipeline (RFC 9112, section 9.3.2).
    CannotPipeline,
    /// Its browser does not trust the certificate of the TLS port.
    NoTrust,
}

impl What {
    /// The connection that this is about, if any.
    #[must_use]
    pub const fn conn(&self) -> Option<ConnId> {
        match self {
            Self::Opened(it) => Some(it.conn),
            Self::Chunk(it) => Some(it.conn),
            Self::Passed(it) => Some(it.conn),
            Self::Carried(it) => Some(it.conn),
            Self::Event(it) => Some(it.conn),
            Self::Lost(it) => Some(it.conn),
            Self::Closed(it) => Some(it.conn),
            Self::Note(it) => it.conn,
            Self::Report(_) | Self::Input(_) => None,
        }
    }
}

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
    /// A moment that a browser measured.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `start`, `stop`, `next` …
    pub input: String,
}

/// A moment that the far end measured. It adds a moment to what was heard, and never makes an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The connection.
    pub conn: ConnId,
    /// Which way.
    pub dir: Dir,
    /// Offset up to which the moment holds.
    pub offset: u64,
    /// The moment on the far end's clock, brought to this run's.
    pub measured_us: Micros,
    /// How far off it may be.
    pub uncertainty_us: Micros,
}

impl What {
    /// The connection that this is about, if any.
    #[must_use]
    pub const fn conn(&self) -> Option<ConnId> {
        match self {
            Self::Opened(it) => Some(it.conn),
            Self::Chunk(it) => Some(it.conn),
            Self::Passed(it) => Some(it.conn),
            Self::Event(it) => Some(it.conn),
            Self::Lost(it) => Some(it.conn),
            Self::Closed(it) => Some(it.conn),
            Self::Note(it) => it.conn,
            Self::Report(it) => Some(it.conn),
            Self::Input(_) => None,
        }
    }
}

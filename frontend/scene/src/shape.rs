//! What a ladder is made of. Each shape carries the number of the entry that it shows; how it is
//! painted is the view's affair.

use trace::ids::Seq;

/// A shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The entry that it shows.
    pub seq: Seq,
    /// What is drawn.
    pub kind: Kind,
}

/// What is drawn. Lengths are in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A connection's life on a lane.
    Ribbon {
        /// Its middle.
        x: f64,
        /// Its beginning.
        top: f64,
        /// Its end so far.
        bottom: f64,
        /// Whether it is open.
        open: bool,
        /// Which of the patterns it has, so that neighbours differ.
        pattern: u64,
    },
    /// A connection's name, where it begins.
    Name {
        /// Where the words stand.
        at: (f64, f64),
        /// What of them stands there.
        anchor: Anchor,
        /// The words.
        text: String,
    },
    /// Something that goes from one lane to another.
    Arrow {
        /// From where.
        from: (f64, f64),
        /// To where; lower only if both moments are known.
        to: (f64, f64),
        /// What goes.
        stroke: Stroke,
    },
    /// The words of an arrow.
    Label {
        /// Where they stand.
        at: (f64, f64),
        /// What of them stands there.
        anchor: Anchor,
        /// How wide they may be.
        room: f64,
        /// The words.
        text: String,
        /// What goes.
        stroke: Stroke,
    },
    /// What a message carries.
    Payload {
        /// Its middle.
        at: (f64, f64),
        /// How wide it is.
        width: f64,
        /// The words on it.
        text: String,
    },
    /// A wait.
    Wait {
        /// Its left edge.
        x: f64,
        /// Its beginning.
        top: f64,
        /// Its end.
        bottom: f64,
        /// The line of its words.
        line: f64,
        /// On which side of it they stand: they begin or end beside it.
        anchor: Anchor,
        /// What is waited for.
        wait: Wait,
        /// The words beside it.
        text: String,
    },
    /// Something that the application says of itself.
    Note {
        /// Where the words stand.
        at: (f64, f64),
        /// What of them stands there.
        anchor: Anchor,
        /// The words.
        text: String,
        /// How they are meant.
        tone: Tone,
    },
    /// A read or write at the socket.
    Chunk {
        /// Its middle.
        at: (f64, f64),
        /// How many more are folded into it.
        more: usize,
    },
    /// The moment of a row.
    Time {
        /// The end of the words.
        at: (f64, f64),
        /// The words.
        text: String,
        /// How long after the row before.
        since: String,
    },
    /// Time in which nothing happened, and that is not drawn in its length.
    Gap {
        /// Its left and right edge.
        x: (f64, f64),
        /// Its middle.
        y: f64,
        /// The words on it.
        text: String,
    },
    /// Housekeeping, folded.
    Fold {
        /// Its left and right edge.
        x: (f64, f64),
        /// Its middle.
        y: f64,
        /// The words on it.
        text: String,
    },
}

impl Kind {
    /// What is drawn later stands before what is drawn earlier.
    #[must_use]
    pub const fn depth(&self) -> u8 {
        match self {
            Self::Ribbon { .. } => 0,
            Self::Fold { .. } => 1,
            // A gap's words stand before the wait that lasts through it: its row is the later one.
            Self::Gap { .. } | Self::Wait { .. } => 2,
            Self::Arrow { .. } => 3,
            Self::Chunk { .. } | Self::Time { .. } => 4,
            Self::Payload { .. } | Self::Note { .. } | Self::Name { .. } => 5,
            Self::Label { .. } => 6,
        }
    }
}

/// What of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// What an arrow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// A connection is established: both ways, bold.
    Establish,
    /// A connection is closed: both ways, bold.
    Close,
    /// A connection is cut off.
    Reset,
    /// A request.
    Request,
    /// An answer that succeeds.
    Success,
    /// An answer that refuses.
    Failure,
    /// Bytes that were not understood.
    Unread,
    /// One read or write at the socket.
    Chunk,
    /// A frame that keeps the conversation itself: ping, pong, close.
    Control,
    /// A call that was no traffic: the application says that it was made.
    Call,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The server's answer.
    Hold,
    /// The next request.
    Idle,
    /// The input `next`.
    Gate,
    /// The rest of something that has begun: a message in pieces, an event stream.
    Coming,
    /// The next attempt at what failed.
    Backoff,
}

/// How words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As a remark.
    Plain,
    /// As a warning.
    Fault,
}

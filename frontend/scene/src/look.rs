//! What the reader has set: how deep, by which clock, how large, and which lanes.

use std::collections::BTreeSet;

/// How deep the ladder looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Layer {
    /// A row for each message, wait and connection.
    #[default]
    Message,
    /// A row for each of the protocol's own units: a head, a body, a frame.
    Frame,
    /// A row for each read or write at the socket.
    Bytes,
}

/// What the distance between two rows means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Clock {
    /// Nothing: rows are evenly spaced.
    #[default]
    Steps,
    /// Time.
    Time,
}

/// Lanes in the reader's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lanes {
    /// Participants that the reader has put in an order; the others follow in their own.
    pub order: Vec<String>,
    /// Participants that are not shown.
    pub hidden: BTreeSet<String>,
    /// Whether clients of one's own share a lane though they are few.
    pub grouped: bool,
}

/// All that the reader has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// How deep the ladder looks.
    pub layer: Layer,
    /// What the distance between two rows means.
    pub clock: Clock,
    /// How large, in percent.
    pub zoom: u16,
    /// Whether housekeeping is folded.
    pub folded: bool,
    /// The lanes.
    pub lanes: Lanes,
}

/// The least and most zoom, in percent.
pub const ZOOM: (u16, u16) = (25, 400);

impl Default for Look {
    fn default() -> Self {
        Self {
            layer: Layer::default(),
            clock: Clock::default(),
            zoom: 100,
            folded: true,
            lanes: Lanes::default(),
        }
    }
}

impl Look {
    /// Sets the zoom, within its bounds.
    pub fn set_zoom(&mut self, percent: f64) {
        let (least, most) = ZOOM;
        self.zoom = percent.round().clamp(f64::from(least), f64::from(most)) as u16;
    }

    /// How large a drawing is against its plain size: by the clock it is the time that grows.
    #[must_use]
    pub fn scale(&self) -> f64 {
        match self.clock {
            Clock::Steps => f64::from(self.zoom) / 100.0,
            Clock::Time => 1.0,
        }
    }
}

//! What a direction's sender may send: the settings of its receiver, and the windows of flow control
//! (RFC 9113, sections 5.2, 6.5 and 6.9).
//!
//! Two directions are heard in the order in which they come by. Whoever sends a SETTINGS knows that
//! the other side acts on it only from its acknowledgement on, so what a setting allows counts at
//! once, and what it forbids counts from the acknowledgement on. A new initial window is different:
//! it moves all windows of the direction at once, for these are figures to be shown, but data beyond
//! one that became smaller is no fault before the acknowledgement.
//!
//! A stream's window is kept as what has been added to the initial one and taken from it, so that a
//! new initial window costs the same however many streams there are. For the same reason a window
//! above 2^31-1 is looked for where one is added to, not where the initial one grows.

use std::collections::VecDeque;

use trace::span::Dir;

/// The highest window (RFC 9113, section 6.9.1).
pub const WINDOW_MAX: i64 = 0x7fff_ffff;

/// Every window's first size (RFC 9113, section 6.9.2).
const FIRST_WINDOW: i64 = 65_535;

/// What a frame's payload may have at first, and at most ever (RFC 9113, section 6.5.2).
const FIRST_FRAME: u32 = 16_384;
const LAST_FRAME: u32 = 0x00ff_ffff;

/// What a dynamic table may have at first (RFC 9113, section 6.5.2).
const FIRST_TABLE: u32 = 4_096;

/// The most SETTINGS of which an acknowledgement is awaited; beyond that the first one counts.
const ASKED: usize = 64;

const HEADER_TABLE_SIZE: u16 = 0x1;
const ENABLE_PUSH: u16 = 0x2;
const INITIAL_WINDOW_SIZE: u16 = 0x4;
const MAX_FRAME_SIZE: u16 = 0x5;
/// RFC 8441, section 3.
const ENABLE_CONNECT_PROTOCOL: u16 = 0x8;

/// Whether a setting cannot have this value where it is said in a direction (RFC 9113, section
/// 6.5.2).
pub fn is_bad_setting(id: u16, value: u32, dir: Dir) -> bool {
    match id {
        ENABLE_PUSH => value > u32::from(dir == Dir::ToServer),
        INITIAL_WINDOW_SIZE => i64::from(value) > WINDOW_MAX,
        MAX_FRAME_SIZE => !(FIRST_FRAME..=LAST_FRAME).contains(&value),
        ENABLE_CONNECT_PROTOCOL => value > 1,
        _ => false,
    }
}

/// One direction's limits and windows.
#[derive(Debug)]
pub struct Flow {
    /// The longest payload of a frame.
    pub max_frame: u32,
    /// What may be sent on the connection.
    pub connection: i64,
    /// The window that a stream begins with.
    initial: i64,
    /// By how much the initial window shrank without an acknowledgement.
    leeway: i64,
    /// The highest limit of the sender's dynamic table.
    table: u32,
    asked: VecDeque<Asked>,
}

/// What a SETTINGS asked for that is not acknowledged.
#[derive(Debug, Default)]
struct Asked {
    max_frame: Option<u32>,
    table: Option<u32>,
    shrunk: i64,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            max_frame: FIRST_FRAME,
            connection: FIRST_WINDOW,
            initial: FIRST_WINDOW,
            leeway: 0,
            table: FIRST_TABLE,
            asked: VecDeque::new(),
        }
    }
}

impl Flow {
    /// The receiver has said settings. Gives the limit of the sender's dynamic table, if it is a new
    /// one.
    pub fn settings(&mut self, settings: impl Iterator<Item = (u16, u32)>) -> Option<u32> {
        let (before, mut initial) = (self.table, self.initial);
        let mut asked = Asked::default();
        for (id, value) in settings {
            match id {
                HEADER_TABLE_SIZE => asked.table = Some(value),
                INITIAL_WINDOW_SIZE if i64::from(value) <= WINDOW_MAX => {
                    initial = i64::from(value);
                }
                MAX_FRAME_SIZE if (FIRST_FRAME..=LAST_FRAME).contains(&value) => {
                    asked.max_frame = Some(value);
                }
                _ => {}
            }
        }
        asked.shrunk = (self.initial - initial).max(0);
        self.leeway += asked.shrunk;
        self.initial = initial;
        if self.asked.len() >= ASKED {
            self.count_first();
        }
        self.table = self.table.max(asked.table.unwrap_or_default());
        self.max_frame = self.max_frame.max(asked.max_frame.unwrap_or_default());
        self.asked.push_back(asked);
        (self.table != before).then_some(self.table)
    }

    /// The sender has acknowledged settings. Gives the limit of its dynamic table, if it is a new
    /// one.
    pub fn acknowledged(&mut self) -> Option<u32> {
        let before = self.table;
        self.count_first();
        (self.table != before).then_some(self.table)
    }

    fn count_first(&mut self) {
        if let Some(asked) = self.asked.pop_front() {
            self.leeway -= asked.shrunk;
            self.table = asked.table.unwrap_or(self.table);
            self.max_frame = asked.max_frame.unwrap_or(self.max_frame);
        }
    }

    /// The sender sends data, padding included (RFC 9113, section 6.9.1).
    pub fn spend(&mut self, len: u32) {
        self.connection = self.connection.saturating_sub(i64::from(len));
    }

    /// The receiver lets the sender send more on the connection.
    pub fn grant(&mut self, by: u32) {
        self.connection = self.connection.saturating_add(i64::from(by));
    }

    /// The window of a stream of which so much was added and taken.
    pub const fn window(&self, moved: i64) -> i64 {
        self.initial.saturating_add(moved)
    }

    /// Whether more was sent than may be, on the connection or on a stream.
    pub fn is_exceeded(&self, moved: Option<i64>) -> bool {
        let on_stream = |moved| self.window(moved).saturating_add(self.leeway) < 0;
        self.connection < 0 || moved.is_some_and(on_stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_counts_at_once_and_what_is_forbidden_when_it_is_acknowledged() {
        let mut flow = Flow::default();
        assert_eq!(flow.settings([(1, 0)].into_iter()), None);
        assert_eq!(flow.settings([(1, 8_192), (5, 20_000)].into_iter()), Some(8_192));
        assert_eq!(flow.max_frame, 20_000);
        assert_eq!(flow.acknowledged(), Some(0));
        assert_eq!(flow.acknowledged(), Some(8_192));
        assert_eq!(flow.settings([(5, 16_384), (5, 1)].into_iter()), None);
        assert_eq!(flow.max_frame, 20_000);
        assert_eq!((flow.acknowledged(), flow.max_frame), (None, 16_384));
        // An acknowledgement of nothing changes nothing.
        assert_eq!((flow.acknowledged(), flow.max_frame), (None, 16_384));
    }

    #[test]
    fn a_smaller_window_is_no_trap() {
        let mut flow = Flow::default();
        flow.settings([(4, 10)].into_iter());
        assert_eq!(flow.window(-100), -90);
        assert!(!flow.is_exceeded(Some(-100)));
        assert!(flow.is_exceeded(Some(-65_536)));
        flow.acknowledged();
        assert!(flow.is_exceeded(Some(-11)));
        assert!(!flow.is_exceeded(Some(-10)));
        flow.settings([(4, u32::MAX)].into_iter());
        assert_eq!(flow.window(0), 10);
    }

    #[test]
    fn settings_that_nobody_acknowledges_are_bounded() {
        let mut flow = Flow::default();
        for _ in 0..1_000 {
            flow.settings([(4, 0)].into_iter());
            flow.settings([(4, 100)].into_iter());
        }
        assert_eq!(flow.asked.len(), ASKED);
        flow.spend(u32::MAX);
        flow.grant(1);
        assert_eq!(flow.connection, FIRST_WINDOW - i64::from(u32::MAX) + 1);
        assert!(flow.is_exceeded(None));
    }

    #[test]
    fn a_setting_has_its_bounds() {
        let bad = |id, value| is_bad_setting(id, value, Dir::ToServer);
        assert!(!bad(2, 1) && bad(2, 2) && is_bad_setting(2, 1, Dir::ToClient));
        assert!(!bad(4, 0x7fff_ffff) && bad(4, 0x8000_0000));
        assert!(bad(5, 16_383) && !bad(5, 16_384) && !bad(5, 0xff_ffff) && bad(5, 0x0100_0000));
        assert!(!bad(8, 1) && bad(8, 2) && !bad(0x99, 9));
    }
}

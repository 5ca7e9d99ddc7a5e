//! Where the reader is: at a step, or at the tail of a live run.

/// The reader's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// At the newest step, whatever comes.
    #[default]
    Tail,
    /// At this step, counted from 0.
    Step(usize),
}

/// A key or button that moves the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One step on.
    Next,
    /// One step back.
    Back,
    /// To the first step.
    First,
    /// To the last step, and on with the tail.
    Last,
    /// To this step.
    To(usize),
}

impl Place {
    /// The step at which the reader is, of so many; none where there are none.
    #[must_use]
    pub fn step(self, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        Some(match self {
            Self::Tail => last,
            Self::Step(step) => step.min(last),
        })
    }

    /// Where a move leads, with so many steps.
    #[must_use]
    pub fn after(self, to: Move, count: usize) -> Self {
        let Some(now) = self.step(count) else { return self };
        match to {
            Move::First => Self::Step(0),
            Move::Last => Self::Tail,
            Move::Back => Self::Step(now.saturating_sub(1)),
            Move::Next => Self::Step((now + 1).min(count - 1)),
            Move::To(step) => Self::Step(step.min(count - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_stay_within_the_steps() {
        let tail = Place::Tail;
        assert_eq!(tail.after(Move::Next, 0), tail);
        assert_eq!(tail.after(Move::Back, 3), Place::Step(1));
        assert_eq!(Place::Step(2).after(Move::Next, 3), Place::Step(2));
        assert_eq!(Place::Step(0).after(Move::Back, 3), Place::Step(0));
        assert_eq!(Place::Step(1).after(Move::Last, 3), tail);
        assert_eq!(Place::Step(9).step(3), Some(2));
    }
}

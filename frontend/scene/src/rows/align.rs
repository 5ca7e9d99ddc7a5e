//! Several ladders on one axis of time.

use trace::time::Micros;

use super::{CLOSE, FOLD, FOLD_FROM, Gap, ROW, Rows, TOP};
use crate::look::Clock;

/// Lays ladders beside each other on one axis of time: the same height is the same time since each
/// one's beginning, and a long gap is folded only where none of them has anything. To be called after
/// each [`Rows::update`]. Where rows are evenly spaced there is nothing to do.
pub fn align(rows: &mut [&mut Rows], began: &[Micros]) {
    if rows.iter().any(|rows| rows.look.clock == Clock::Steps) {
        return;
    }
    let began = |ladder: usize| began.get(ladder).copied().unwrap_or_default();
    let milli = rows.first().map_or(1.0, |rows| rows.milli());
    let mut order: Vec<(Micros, usize, usize)> = Vec::new();
    for (ladder, rows) in rows.iter().enumerate() {
        let all = rows.all.iter().enumerate();
        order.extend(all.map(|(index, row)| (row.at.since(began(ladder)), ladder, index)));
    }
    order.sort_unstable();
    let mut axis = Axis { milli, places: Vec::new(), last: vec![None; rows.len()] };
    let mut gaps: Vec<Option<Gap>> = vec![None; rows.len()];
    for group in order.chunk_by(|one, other| one.0 == other.0) {
        let Some((now, ..)) = group.first().copied() else { continue };
        let (line, gap) = axis.next(now, group);
        if gap.is_some() {
            gaps.fill(gap);
        }
        // What happens at one moment begins at one height, whatever follows below it.
        let mut lines = vec![line; rows.len()];
        for (_, ladder, index) in group {
            let row = rows.get_mut(*ladder).and_then(|rows| rows.all.get_mut(*index));
            let (Some(row), Some(line)) = (row, lines.get_mut(*ladder)) else { continue };
            (row.line, row.gap) = (*line, gaps.get_mut(*ladder).and_then(Option::take));
            row.stand(Clock::Time);
            axis.took(*ladder, *line);
            *line += CLOSE;
        }
        axis.mark(now);
    }
    for (ladder, rows) in rows.iter_mut().enumerate() {
        let places = axis.places.iter();
        rows.axis = places.map(|(at, line)| (at.plus(began(ladder)), *line)).collect();
    }
}

/// Which time stands where.
struct Axis {
    /// A millisecond's length.
    milli: f64,
    /// The times that are known to stand somewhere.
    places: Vec<(Micros, f64)>,
    /// Where each ladder's last row stands.
    last: Vec<Option<f64>>,
}

impl Axis {
    /// Where the next rows stand: as far below the last as their time is, and clear of their own
    /// ladders' rows; and the gap that was folded before them.
    fn next(&mut self, now: Micros, group: &[(Micros, usize, usize)]) -> (f64, Option<Gap>) {
        let Some((at, before)) = self.places.last().copied() else {
            let line = TOP + ROW / 2.0;
            self.places.push((now, line));
            return (line, None);
        };
        let took = now.since(at);
        let length = self.milli * took.0 as f64 / 1_000.0;
        let folds = length > FOLD_FROM;
        let gap = folds.then_some(Gap { took, y: before + FOLD / 2.0 });
        let wanted = before + if folds { FOLD } else { length };
        let clear = |(_, ladder, _): &(Micros, usize, usize)| {
            self.last.get(*ladder).copied().flatten().map(|last| last + CLOSE)
        };
        let line = group.iter().filter_map(clear).fold(wanted, f64::max);
        self.places.push((now, line));
        (line, gap)
    }

    /// A ladder's row stands here.
    fn took(&mut self, ladder: usize, line: f64) {
        if let Some(last) = self.last.get_mut(ladder) {
            *last = Some(line);
        }
    }

    /// The moment lasts as far down as its rows do.
    fn mark(&mut self, now: Micros) {
        let lowest = self.last.iter().copied().flatten().fold(0.0, f64::max);
        if self.places.last().is_some_and(|(_, line)| *line < lowest) {
            self.places.push((now, lowest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::Look;
    use crate::rows::{Part, Row};

    /// A ladder with rows at these milliseconds.
    fn ladder(moments: &[u64]) -> Rows {
        let row = |(step, millis): (usize, &u64)| {
            let at = Micros::from_millis(*millis);
            let (top, bottom, line) = (0.0, 0.0, 0.0);
            let part = Part::Whole;
            Row { step, conn: None, part, at, top, bottom, line, gap: None, reach: at }
        };
        let look = Look { clock: Clock::Time, ..Look::default() };
        let all = moments.iter().enumerate().map(row).collect();
        Rows { all, look, ..Rows::default() }
    }

    fn lines(rows: &Rows) -> Vec<f64> {
        rows.all.iter().map(|row| row.line).collect()
    }

    #[test]
    fn the_same_time_stands_at_the_same_height() {
        // The second began 1,000 ms later.
        let (mut one, mut two) = (ladder(&[0, 100, 100, 400]), ladder(&[1_000, 1_100, 1_250]));
        align(&mut [&mut one, &mut two], &[Micros(0), Micros::from_millis(1_000)]);
        let (first, second) = (lines(&one), lines(&two));
        assert_eq!((first[0], first[1]), (second[0], second[1]));
        assert_eq!(first[2], first[1] + CLOSE, "a row stands on no other");
        assert!(second[2] > first[2] && second[2] < first[3]);
        let now = |millis| one.height(Micros::from_millis(millis)).unwrap();
        let then = |millis| two.height(Micros::from_millis(1_000 + millis)).unwrap();
        for millis in [0, 30, 100, 170, 250, 333, 400] {
            assert!((now(millis) - then(millis)).abs() < 0.001, "{millis} ms");
        }
    }

    #[test]
    fn a_gap_is_folded_where_all_are_silent() {
        let (mut one, mut two) = (ladder(&[0, 9_000]), ladder(&[0, 4_000, 4_100]));
        align(&mut [&mut one, &mut two], &[Micros(0), Micros(0)]);
        let took = |rows: &Rows, row: usize| rows.all[row].gap.map(|gap| gap.took);
        assert_eq!(took(&two, 1), Some(Micros::from_millis(4_000)));
        assert_eq!(took(&two, 2), None);
        assert_eq!(took(&one, 1), Some(Micros::from_millis(4_900)));
        let (first, second) = (lines(&one), lines(&two));
        assert_eq!(second[1], first[0] + FOLD);
        assert_eq!(second[2], second[1] + 100.0);
        assert_eq!(first[1], second[2] + FOLD);
    }

    #[test]
    fn even_rows_are_let_be() {
        let mut one = ladder(&[0, 5]);
        one.look.clock = Clock::Steps;
        align(&mut [&mut one], &[Micros(0)]);
        assert_eq!(lines(&one), [0.0, 0.0]);
    }
}

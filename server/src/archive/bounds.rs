//! How much is kept, and which runs leave when there is more.

use std::collections::BTreeMap;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Runs.
    pub runs: usize,
    /// Bytes of all their lines.
    pub bytes: u64,
}

/// As many runs as a server lists by default, and a part of the disk that nobody misses: it binds only
/// where runs have 5 MiB of lines on average, which few have.
pub const KEPT: Bounds = Bounds { runs: 200, bytes: 1 << 30 };

impl Bounds {
    /// Which runs leave, the oldest first, where a run of so many bytes comes to others of these sizes.
    /// None where it would itself leave: then nothing of it is kept.
    pub fn leaving(self, others: &BTreeMap<u64, u64>, number: u64, size: u64) -> Option<Vec<u64>> {
        if size > self.bytes {
            return None;
        }
        let mut count = others.len() + 1;
        let mut bytes = others.values().fold(size, |sum, size| sum.saturating_add(*size));
        let mut leaving = Vec::new();
        for (other, size) in others {
            if count <= self.runs && bytes <= self.bytes {
                break;
            }
            if *other > number {
                return None;
            }
            leaving.push(*other);
            count -= 1;
            bytes = bytes.saturating_sub(*size);
        }
        (count <= self.runs && bytes <= self.bytes).then_some(leaving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leave_first() {
        let bounds = Bounds { runs: 3, bytes: 100 };
        let others = BTreeMap::from([(2, 40), (4, 10), (6, 30)]);
        let leaving = |number, size| bounds.leaving(&others, number, size);
        assert_eq!(leaving(7, 10), Some(vec![2]), "one too many");
        assert_eq!(leaving(7, 60), Some(vec![2]), "and exactly as many bytes as there may be");
        assert_eq!(leaving(7, 61), Some(vec![2, 4]), "bytes count too");
        assert_eq!(leaving(7, 100), Some(vec![2, 4, 6]));
        assert_eq!(leaving(7, 101), None, "and the others stay");
        assert_eq!(leaving(3, 10), Some(vec![2]));
        assert_eq!(leaving(3, 61), None, "it is the next to leave");
        assert_eq!(leaving(1, 10), None, "it is the oldest");
        let few = BTreeMap::from([(2, 40), (4, 10)]);
        assert_eq!(bounds.leaving(&few, 1, 50), Some(Vec::new()));
        assert_eq!(Bounds { runs: 0, bytes: 100 }.leaving(&BTreeMap::new(), 1, 1), None);
    }
}

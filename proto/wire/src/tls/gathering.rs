//! A handshake message that goes over several records (RFC 8446, section 5.1).

use super::record::MESSAGE_HEAD;

/// The longest message that is read, its header included. A longer one is only counted.
pub const LONGEST: usize = 64 * 1024;

/// What has come of a message.
#[derive(Debug, Default)]
pub struct Gathering {
    /// Its header, and of its body what is kept.
    said: Vec<u8>,
    came: u64,
}

impl Gathering {
    /// Takes what belongs to it and says how much that is.
    pub fn take(&mut self, rest: &[u8]) -> usize {
        let mut used = 0;
        // The header first: only then its size is known.
        while let Some(missing) = self.missing().filter(|missing| *missing > 0) {
            let waiting = rest.get(used..).unwrap_or_default();
            let len = usize::try_from(missing).map_or(waiting.len(), |len| len.min(waiting.len()));
            if len == 0 {
                break;
            }
            if !self.is_too_long() {
                self.said.extend_from_slice(waiting.get(..len).unwrap_or_default());
            }
            self.came += len as u64;
            used += len;
        }
        used
    }

    /// Whether all of it has come.
    pub fn is_whole(&self) -> bool {
        self.size() == Some(self.came)
    }

    /// Whether it is known to be longer than is read.
    pub fn is_too_long(&self) -> bool {
        self.size().is_some_and(|size| size > LONGEST as u64)
    }

    /// Its type, the length of its body, and of that what is kept.
    pub fn message(&self) -> (u8, u64, &[u8]) {
        let kind = self.said.first().copied().unwrap_or_default();
        let len = self.size().unwrap_or_default().saturating_sub(MESSAGE_HEAD as u64);
        (kind, len, self.said.get(MESSAGE_HEAD..).unwrap_or_default())
    }

    /// Bytes of it that are known to be missing: of its header, or of all of it.
    fn missing(&self) -> Option<u64> {
        self.size().unwrap_or(MESSAGE_HEAD as u64).checked_sub(self.came)
    }

    /// Bytes of the whole, where its header has come.
    fn size(&self) -> Option<u64> {
        let [_, a, b, c, ..] = self.said.as_slice() else { return None };
        Some(MESSAGE_HEAD as u64 + u64::from(u32::from_be_bytes([0, *a, *b, *c])))
    }
}

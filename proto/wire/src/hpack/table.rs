//! The tables of RFC 7541, section 2.3: the static one, and the dynamic one with its size and its
//! limit.

use std::collections::VecDeque;

use super::string::Text;

/// What an entry counts beside its name and its value (RFC 7541, section 4.1).
const OVERHEAD: u64 = 32;

/// The limit that both sides begin with (RFC 9113, section 6.5.2).
const FIRST_LIMIT: u64 = 4_096;

/// The dynamic table of one direction.
#[derive(Debug)]
pub struct Table {
    /// The newest first.
    entries: VecDeque<Entry>,
    /// Bytes of all entries.
    size: u64,
    /// The limit that the blocks have set.
    limit: u64,
    /// The highest limit that they may set.
    allowed: u64,
}

#[derive(Debug)]
struct Entry {
    name: Text,
    value: Text,
}

impl Default for Table {
    fn default() -> Self {
        Self { entries: VecDeque::new(), size: 0, limit: FIRST_LIMIT, allowed: FIRST_LIMIT }
    }
}

impl Table {
    /// Bytes of all entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Blocks may set a limit of so many bytes.
    pub fn allow(&mut self, bytes: u32) {
        self.allowed = u64::from(bytes);
    }

    /// Sets the limit, if that one is allowed (RFC 7541, section 4.3), and says whether it is.
    pub fn set_limit(&mut self, limit: u64) -> bool {
        if limit > self.allowed {
            return false;
        }
        self.limit = limit;
        self.shrink(limit);
        true
    }

    /// Whether the limit is higher than has since been allowed.
    pub const fn is_beyond_allowed(&self) -> bool {
        self.limit > self.allowed
    }

    /// Name and value by their number in both tables (RFC 7541, section 2.3.3).
    pub fn get(&self, index: u64) -> Option<(Text, Text)> {
        if let Some((name, value)) = fixed(index) {
            return Some((Text::fixed(name), Text::fixed(value)));
        }
        let place = usize::try_from(index).ok()?.checked_sub(STATIC.len() + 1)?;
        self.entries.get(place).map(|entry| (entry.name.clone(), entry.value.clone()))
    }

    /// Adds an entry and says how many left for it. One larger than the limit only empties the
    /// table (RFC 7541, section 4.4).
    pub fn insert(&mut self, name: Text, value: Text) -> u64 {
        let entry = Entry { name, value };
        let size = entry.size();
        let evicted = self.shrink(self.limit.saturating_sub(size));
        if size <= self.limit {
            self.size += size;
            self.entries.push_front(entry);
        }
        evicted
    }

    /// Lets the oldest entries go until the others have at most so many bytes.
    fn shrink(&mut self, most: u64) -> u64 {
        let mut evicted = 0;
        while self.size > most
            && let Some(oldest) = self.entries.pop_back()
        {
            self.size -= oldest.size();
            evicted += 1;
        }
        evicted
    }
}

impl Entry {
    const fn size(&self) -> u64 {
        self.name.len + self.value.len + OVERHEAD
    }
}

/// An entry of the static table: 1 to 61.
pub fn fixed(index: u64) -> Option<(&'static str, &'static str)> {
    let place = usize::try_from(index).ok()?.checked_sub(1)?;
    STATIC.get(place).copied()
}

/// RFC 7541, appendix A.
#[rustfmt::skip] // a table is read line by line
static STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn table(limit: u64) -> Table {
        let mut table = Table::default();
        assert!(table.set_limit(limit));
        table
    }

    fn insert(table: &mut Table, name: &str, value: &str) -> u64 {
        table.insert(Text::told(name.as_bytes()), Text::told(value.as_bytes()))
    }

    fn name(table: &Table, index: u64) -> Option<String> {
        table.get(index).map(|(name, _)| name.kept().to_owned())
    }

    #[test]
    fn the_static_table_has_61_entries() {
        assert_eq!(fixed(0), None);
        assert_eq!(fixed(1), Some((":authority", "")));
        assert_eq!(fixed(16), Some(("accept-encoding", "gzip, deflate")));
        assert_eq!(fixed(61), Some(("www-authenticate", "")));
        assert_eq!(fixed(62), None);
        assert_eq!(fixed(u64::MAX), None);
    }

    #[test]
    fn the_newest_entry_has_the_lowest_number() {
        let mut table = table(4_096);
        assert_eq!(name(&table, 62), None);
        insert(&mut table, "a", "1");
        insert(&mut table, "b", "2");
        assert_eq!(name(&table, 62).as_deref(), Some("b"));
        assert_eq!(name(&table, 63).as_deref(), Some("a"));
        assert_eq!(name(&table, 64), None);
        assert_eq!((name(&table, 0), name(&table, u64::MAX)), (None, None));
        assert_eq!(table.size(), 68);
    }

    #[test]
    fn the_oldest_leave_when_there_is_no_room() {
        let mut table = table(102);
        assert_eq!(insert(&mut table, "a", "1"), 0);
        assert_eq!(insert(&mut table, "b", "2"), 0);
        assert_eq!(insert(&mut table, "c", "3"), 0);
        assert_eq!((insert(&mut table, "d", "4"), table.size()), (1, 102));
        assert_eq!(name(&table, 64).as_deref(), Some("b"));
        assert_eq!((insert(&mut table, "long", "entry"), table.size()), (2, 75));
        assert!(table.set_limit(74));
        assert_eq!((table.size(), name(&table, 62).as_deref()), (41, Some("long")));
        assert!(table.set_limit(40));
        assert_eq!((table.size(), name(&table, 62)), (0, None));
    }

    #[test]
    fn an_entry_larger_than_the_limit_empties_the_table() {
        let mut table = table(100);
        insert(&mut table, "a", "1");
        insert(&mut table, "b", "2");
        assert_eq!((insert(&mut table, "c", &"x".repeat(68)), table.size()), (2, 0));
        assert_eq!((insert(&mut table, "c", &"x".repeat(67)), table.size()), (0, 100));
    }

    #[test]
    fn a_limit_must_be_allowed() {
        let mut table = Table::default();
        assert!(!table.set_limit(4_097));
        table.allow(8_192);
        assert!(table.set_limit(8_192));
        table.allow(0);
        assert!(!table.set_limit(1));
        assert!(table.set_limit(0));
        assert_eq!((insert(&mut table, "a", "1"), table.size()), (0, 0));
    }
}

//! The dynamic table with which a header block is read, before the block and after it: a fold over the
//! heads of its direction up to it (RFC 7541, section 2.3.2).

use std::collections::VecDeque;

use trace::entry::What;
use trace::event::{Event, Kind};
use trace::field::Name;
use trace::http2::{Head, How, Http2};
use trace::ids::Seq;

use crate::model::Model;

/// What an entry counts beside its name and its value (RFC 7541, section 4.1).
const OVERHEAD: u64 = 32;

/// The limit that both sides begin with (RFC 9113, section 6.5.2).
const FIRST_LIMIT: u64 = 4_096;

/// The number of the newest entry: those below it are the static table's.
pub const FIRST: u64 = 62;

/// A dynamic table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its entries, the newest first.
    pub entries: VecDeque<Entry>,
    /// Bytes of it, as RFC 7541, section 4.1 counts them.
    pub size: u64,
    /// The most bytes that it may have; none where the bytes that told it were not kept.
    pub limit: Option<u64>,
    /// Whether the entries are all and whole: no block before could not be read, and none was cut.
    pub whole: bool,
    /// Whether a block could not be read.
    lost: bool,
}

/// An entry of a dynamic table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The header field's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The head with which it came.
    pub from: Seq,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            limit: Some(FIRST_LIMIT),
            whole: true,
            lost: false,
        }
    }
}

impl Entry {
    fn size(&self) -> u64 {
        (self.name.len() + self.value.len()) as u64 + OVERHEAD
    }
}

/// The table before the block of a head, and after it; none where the entry is no head of HTTP/2.
#[must_use]
pub fn around(model: &Model, seq: Seq) -> Option<(Table, Table)> {
    let wanted = model.event(seq).filter(|event| head(event).is_some())?;
    let mut table = Table::default();
    for entry in model.entries.iter().take_while(|entry| entry.seq <= seq) {
        let What::Event(event) = &entry.what else { continue };
        let same = event.conn == wanted.conn && event.from == wanted.from;
        let Some(head) = head(event).filter(|_| same) else { continue };
        let before = (entry.seq == seq).then(|| table.clone());
        table.take(entry.seq, head, limits(model, event).as_deref(), is_read(event));
        if let Some(before) = before {
            return Some((before, table));
        }
    }
    None
}

const fn head(event: &Event) -> Option<&Head> {
    match &event.kind {
        Kind::Http2(Http2::Head(head)) => Some(head),
        _ => None,
    }
}

/// The limits that a block sets, at its beginning (RFC 7541, section 6.3); none where the bytes that tell
/// them were not kept.
fn limits(model: &Model, event: &Event) -> Option<Vec<u64>> {
    let pieces = event.fields.iter().filter(|field| field.name == Name::HpackSizeUpdate);
    let due: u64 = pieces.clone().map(|field| field.span.len).sum();
    let bytes: Vec<u8> =
        pieces.flat_map(|field| model.bytes(event.conn, event.dir(), field.span)).collect();
    if bytes.len() as u64 != due {
        return None;
    }
    let (mut rest, mut limits) = (bytes.as_slice(), Vec::new());
    while let Some((limit, used)) = wire::hpack::integer(rest, 5) {
        limits.push(limit);
        rest = rest.get(used..).unwrap_or_default();
    }
    Some(limits)
}

/// Whether the decoder could read a block to its end.
fn is_read(event: &Event) -> bool {
    let unread = |name: Name| matches!(name, Name::Undecoded | Name::HeaderFragment);
    !event.fields.iter().any(|field| unread(field.name))
}

impl Table {
    /// Takes in what a block does to it.
    fn take(&mut self, seq: Seq, head: &Head, limits: Option<&[u64]>, is_read: bool) {
        for limit in limits.unwrap_or_default() {
            self.limit = Some(*limit);
            while self.sum() > *limit && self.entries.pop_back().is_some() {}
        }
        if limits.is_none() {
            self.limit = None;
        }
        for header in &head.headers {
            let How::Added(_) = header.how else { continue };
            let kept = self.entries.len() as u64;
            let kept = usize::try_from(kept.saturating_sub(header.evicted)).unwrap_or_default();
            self.entries.truncate(kept);
            let (name, value) = (header.name.clone(), header.value.clone());
            let entry = Entry { name, value, from: seq };
            // One larger than the limit only empties the table (RFC 7541, section 4.4).
            if self.limit.is_none_or(|limit| entry.size() <= limit) {
                self.entries.push_front(entry);
            }
        }
        self.size = head.table_size;
        // A limit that is not known has made the oldest leave all the same.
        while self.limit.is_none() && self.sum() > self.size && self.entries.pop_back().is_some() {}
        self.lost |= !is_read;
        self.whole = !self.lost && self.sum() == self.size;
    }

    fn sum(&self) -> u64 {
        self.entries.iter().map(Entry::size).sum()
    }
}

#[cfg(test)]
mod tests {
    use trace::entry::Chunk;
    use trace::http2::{Header, Role};
    use trace::ids::ConnId;
    use trace::span::Dir;
    use wire::conn::Conn;

    use super::*;
    use crate::lab_log::{Log, header};

    fn added(name: &str, value: &str, evicted: u64) -> Header {
        Header { name: name.to_owned(), value: value.to_owned(), how: How::Added(0), evicted }
    }

    fn head_of(headers: Vec<Header>, table_size: u64) -> Head {
        Head {
            stream: 1,
            role: Role::Request,
            headers,
            ends: true,
            frames: 1,
            len: 1,
            plain_len: 1,
            table_size,
        }
    }

    fn names(table: &Table) -> Vec<&str> {
        table.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn the_newest_stands_first_and_the_oldest_leave() {
        let mut table = Table::default();
        let plain = Header { how: How::Plain(0), ..added("c", "3", 0) };
        let known = Header { how: How::Indexed(62), ..added("a", "1", 0) };
        let block = vec![added("a", "1", 0), plain, known, added("b", "2", 0)];
        table.take(Seq(1), &head_of(block, 68), Some(&[]), true);
        assert_eq!((names(&table), table.size, table.whole), (vec!["b", "a"], 68, true));
        table.take(Seq(2), &head_of(vec![added("d", "4", 1)], 68), Some(&[]), true);
        assert_eq!((names(&table), table.entries[0].from), (vec!["d", "b"], Seq(2)));
        table.take(Seq(3), &head_of(Vec::new(), 34), Some(&[67]), true);
        assert_eq!((names(&table), table.limit, table.whole), (vec!["d"], Some(67), true));
        let large = added("e", &"x".repeat(35), 1);
        table.take(Seq(4), &head_of(vec![large], 0), Some(&[]), true);
        assert_eq!((names(&table), table.whole), (Vec::new(), true));
        table.take(Seq(5), &head_of(vec![added("f", "5", 0)], 34), Some(&[0, 4_096]), true);
        assert_eq!((names(&table), table.limit, table.whole), (vec!["f"], Some(4_096), true));
    }

    #[test]
    fn what_was_cut_or_lost_is_said() {
        let mut table = Table::default();
        table.take(Seq(1), &head_of(vec![added("a", "cut", 0)], 2_000), Some(&[]), true);
        assert_eq!((names(&table), table.whole), (vec!["a"], false));
        table.take(Seq(2), &head_of(vec![added("b", "1", 1)], 34), Some(&[]), true);
        assert!(table.whole);
        table.take(Seq(3), &head_of(Vec::new(), 0), Some(&[0]), false);
        table.take(Seq(4), &head_of(Vec::new(), 0), Some(&[]), true);
        assert!(table.entries.is_empty() && !table.whole);
    }

    #[test]
    fn a_limit_whose_bytes_were_not_kept_is_not_known() {
        let mut table = Table::default();
        let block = vec![added("a", "1", 0), added("b", "2", 0)];
        table.take(Seq(1), &head_of(block, 68), Some(&[]), true);
        table.take(Seq(2), &head_of(Vec::new(), 34), None, true);
        assert_eq!((names(&table), table.limit, table.whole), (vec!["b"], None, true));
        table.take(Seq(3), &head_of(vec![added("c", "3", 1)], 34), Some(&[]), true);
        assert_eq!((names(&table), table.limit), (vec!["c"], None));
        table.take(Seq(4), &head_of(Vec::new(), 34), Some(&[60]), true);
        assert_eq!((names(&table), table.limit, table.whole), (vec!["c"], Some(60), true));
    }

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let len = u8::try_from(payload.len()).unwrap();
        [&[0, 0, len, kind, flags, 0, 0, 0, stream][..], payload].concat()
    }

    /// The requests of RFC 7541, appendix C.3, and one that makes the table smaller.
    #[test]
    fn the_table_is_read_from_the_log() {
        let blocks: [&[u8]; 4] = [
            b"\x82\x86\x84\x41\x0fwww.example.com",
            b"\x82\x86\x84\xbe\x58\x08no-cache",
            b"\x82\x87\x85\xbf\x40\x0acustom-key\x0ccustom-value",
            b"\x3f\x1d\x82\x86\x84",
        ];
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(4, 0, 0, &[]));
        for (block, stream) in blocks.into_iter().zip([1, 3, 5, 7]) {
            bytes.extend(frame(1, 5, stream, block));
        }
        let (conn, dir) = (ConnId(1), Dir::ToServer);
        let mut events = Vec::new();
        Conn::http1(conn).feed(dir, &bytes, &mut events);
        let mut log = Log::default();
        log.open(0, 1, "browser", "instance1");
        log.add(10, What::Chunk(Chunk { conn, dir, offset: 0, bytes }));
        for event in events {
            log.add(10, What::Event(event));
        }
        let model = Model::of(header("http11", &["browser", "instance1"]), log.entries);
        let is_head = |seq: &Seq| model.event(*seq).is_some_and(|event| head(event).is_some());
        let heads: Vec<Seq> = model.entries.iter().map(|entry| entry.seq).filter(is_head).collect();
        let tables: Vec<_> = heads.iter().map(|seq| around(&model, *seq).unwrap()).collect();
        assert_eq!((tables[0].0.clone(), tables.len()), (Table::default(), 4));
        let sizes: Vec<_> = tables.iter().map(|(_, after)| after.size).collect();
        assert_eq!(sizes, [57, 110, 164, 54]);
        assert!(tables.iter().all(|(_, after)| after.whole));
        assert_eq!(names(&tables[2].1), ["custom-key", "cache-control", ":authority"]);
        assert_eq!((tables[1].1.clone(), tables[3].1.limit), (tables[2].0.clone(), Some(60)));
        assert_eq!(names(&tables[3].1), ["custom-key"]);
        assert_eq!(tables[3].1.entries[0].from, heads[2]);
        assert_eq!(around(&model, Seq(1)), None);
    }
}

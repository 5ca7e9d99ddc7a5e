//! The database of kept runs: what is told of each, and its log's lines in pieces.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use redb::{Builder, Database, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition};
use trace::ids::Seq;

use super::Kept;
use super::bounds::Bounds;

/// What is told of a run, by its number.
const RUNS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("runs");

/// The lines of a run's log, by its number and that of the first entry in the piece.
const LINES: TableDefinition<'static, (u64, u64), &'static [u8]> = TableDefinition::new("lines");

/// Its file in the folder of `--data`.
pub const FILE: &str = "runs.redb";

/// Memory that the database takes for itself.
const CACHE: usize = 16 * 1024 * 1024;

/// Bytes of lines in a piece, unless a line alone has more. The database gives a piece pages of 2^n bytes:
/// this and its key fill 256 KiB.
const PIECE: usize = 250 * 1024;

/// What is told of each run, by its number.
pub type Told = BTreeMap<u64, Arc<Kept>>;

/// A run that was written.
#[derive(Debug, PartialEq)]
pub struct Written {
    /// What is told of it.
    pub kept: Kept,
    /// The runs that left for it.
    pub left: Vec<u64>,
}

/// The database.
#[derive(Debug)]
pub struct Disk(Database);

impl Disk {
    /// Opens it, and reads what is told of each run. The inner error is a row that cannot be read.
    pub fn open(folder: &Path) -> Result<Result<(Self, Told), String>, redb::Error> {
        // Keys of runs are in it.
        let mut file = OpenOptions::new();
        file.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = file.open(folder.join(FILE))?;
        let db = Builder::new().set_cache_size(CACHE).create_file(file)?;
        // Opened for writing, so that the tables are there.
        let transaction = db.begin_write()?;
        let kept = {
            transaction.open_table(LINES)?;
            let runs = transaction.open_table(RUNS)?;
            told(&runs)?
        };
        transaction.commit()?;
        Ok(kept.map(|kept| (Self(db), kept)))
    }

    /// Writes a run whole, in the place of what was there of it, and takes out those that leave for it;
    /// or nothing, where there is no room.
    pub fn write(
        &self,
        number: u64,
        mut kept: Kept,
        lines: impl Iterator<Item = Bytes>,
        (bounds, others): (Bounds, &BTreeMap<u64, u64>),
    ) -> Result<Option<Written>, redb::Error> {
        let mut transaction = self.0.begin_write()?;
        // After a kill the whole file would be read at the next start, up to 1 GiB.
        transaction.set_quick_repair(true);
        let left = {
            let mut table = transaction.open_table(LINES)?;
            table.retain_in((number, 0)..=(number, u64::MAX), |_, _| false)?;
            let Some(bytes) = put(&mut table, number, lines, bounds.bytes)? else {
                return Ok(None);
            };
            let Some(left) = bounds.leaving(others, number, bytes) else { return Ok(None) };
            kept.bytes = bytes;
            let mut runs = transaction.open_table(RUNS)?;
            for other in &left {
                runs.remove(*other)?;
                table.retain_in((*other, 0)..=(*other, u64::MAX), |_, _| false)?;
            }
            let row = serde_json::to_vec(&kept).unwrap_or_default();
            runs.insert(number, row.as_slice())?;
            left
        };
        transaction.commit()?;
        Ok(Some(Written { kept, left }))
    }

    /// Takes a run out.
    pub fn forget(&self, number: u64) -> Result<(), redb::Error> {
        let mut transaction = self.0.begin_write()?;
        transaction.set_quick_repair(true);
        {
            let mut runs = transaction.open_table(RUNS)?;
            runs.remove(number)?;
            let mut lines = transaction.open_table(LINES)?;
            lines.retain_in((number, 0)..=(number, u64::MAX), |_, _| false)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The lines after an entry, as many as lie together; none after the last.
    pub fn lines(&self, number: u64, after: Seq) -> Result<Vec<Bytes>, redb::Error> {
        let next = after.0.saturating_add(1);
        let table = self.0.begin_read()?.open_table(LINES)?;
        let mut pieces = table.range((number, 0)..=(number, next))?;
        let Some(piece) = pieces.next_back() else { return Ok(Vec::new()) };
        let (key, piece) = piece?;
        let (_, first) = key.value();
        let seen = usize::try_from(next.saturating_sub(first)).unwrap_or(usize::MAX);
        Ok(cut(&Bytes::copy_from_slice(piece.value()), seen))
    }
}

/// What is told of each run. The inner error is a row that cannot be read.
fn told(table: &Table<'_, u64, &'static [u8]>) -> Result<Result<Told, String>, redb::Error> {
    let mut all = Told::new();
    for row in table.iter()? {
        let (number, row) = row?;
        match serde_json::from_slice(row.value()) {
            Ok(kept) => all.insert(number.value(), Arc::new(kept)),
            Err(error) => return Ok(Err(format!("run {}: {error}", number.value()))),
        };
    }
    Ok(Ok(all))
}

/// Writes lines in pieces. Gives their bytes, or nothing where they are more than may be kept.
fn put(
    table: &mut Table<'_, (u64, u64), &'static [u8]>,
    number: u64,
    lines: impl Iterator<Item = Bytes>,
    most: u64,
) -> Result<Option<u64>, redb::Error> {
    let (mut piece, mut first, mut bytes) = (Vec::new(), 1, 0_u64);
    for (seq, line) in (1_u64..).zip(lines) {
        if !piece.is_empty() && piece.len() + line.len() >= PIECE {
            table.insert((number, first), piece.as_slice())?;
            piece.clear();
            first = seq;
        }
        piece.extend_from_slice(&line);
        piece.push(b'\n');
        bytes += line.len() as u64 + 1;
        if bytes > most {
            return Ok(None);
        }
    }
    if !piece.is_empty() {
        table.insert((number, first), piece.as_slice())?;
    }
    Ok(Some(bytes))
}

/// The lines of a piece without their ends, but for those that were seen.
fn cut(piece: &Bytes, seen: usize) -> Vec<Bytes> {
    let lines = piece.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.skip(seen).map(|line| piece.slice_ref(line)).collect()
}

//! The database of kept runs: what is told of each, and its log's lines in pieces. Where it fails it is opened
//! again: after one error of the disk it would refuse everything for ever.

use std::collections::BTreeMap;
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

use bytes::Bytes;
use parking_lot::RwLock;
use redb::{
    Builder, Database, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition,
    WriteTransaction,
};
use serde::Deserialize;
use tokio::sync::Semaphore;
use trace::ids::Seq;

use super::bounds::Bounds;
use super::{FORMAT, Kept, first_format};

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

/// How many read at once: each thread that reads keeps for itself what its pieces took.
const READERS: usize = 2;

/// What is told of each run, by its number.
pub type Told = BTreeMap<u64, Arc<Kept>>;

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It says so.
    #[error("{0}")]
    Database(redb::Error),
    /// It panicked, as it does where its file is damaged.
    #[error("the file is damaged")]
    Panicked,
    /// There was no time to write all lines.
    #[error("there was no time")]
    Late,
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl Fault {
    /// Whether the database does nothing more until it is opened again.
    const fn ends(&self) -> bool {
        use redb::Error::{DatabaseClosed, Io, LockPoisoned, PreviousIo};
        match self {
            Self::Database(error) => {
                matches!(error, Io(_) | PreviousIo | DatabaseClosed | LockPoisoned(_))
            }
            Self::Panicked => true,
            Self::Late => false,
        }
    }

    /// What the system said, where it was that and no damage.
    pub fn system(self) -> Result<io::Error, Self> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match self {
            Self::Database(redb::Error::Io(why))
                if !matches!(why.kind(), InvalidData | InvalidInput | UnexpectedEof) =>
            {
                Ok(why)
            }
            other => Err(other),
        }
    }
}

/// Where the database is, to be opened more than once.
pub trait Place: fmt::Debug + Send + Sync {
    /// Opens it; makes it where there is none.
    fn open(&self) -> Result<Database, Fault>;
}

impl Place for PathBuf {
    fn open(&self) -> Result<Database, Fault> {
        // Keys of runs are in it.
        let mut file = OpenOptions::new();
        file.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = file.open(self)?;
        let _ = file.set_permissions(Permissions::from_mode(0o600));
        Ok(Builder::new().set_cache_size(CACHE).create_file(file)?)
    }
}

/// A run that was written.
#[derive(Debug, PartialEq)]
pub struct Written {
    /// What is told of it.
    pub kept: Kept,
    /// The runs that left for it.
    pub left: Vec<u64>,
}

/// A database, and what was found in it.
#[derive(Debug)]
pub struct Opened {
    /// It.
    pub disk: Disk,
    /// What is told of each run.
    pub told: Told,
    /// A number above that of every run, also of those that cannot be read.
    pub next: u64,
}

/// The database.
#[derive(Debug)]
pub struct Disk {
    place: Box<dyn Place>,
    /// None where it failed, and could not be opened again so far.
    db: RwLock<Option<Database>>,
    /// Who reads a log waits here for a turn.
    pub reads: Arc<Semaphore>,
}

impl Disk {
    /// Opens it, and reads what is told of each run.
    pub fn open(place: Box<dyn Place>) -> Result<Opened, Fault> {
        let (db, (told, next)) = unpanicked(|| {
            let db = place.open()?;
            let found = found(&db)?;
            Ok((db, found))
        })?;
        let reads = Arc::new(Semaphore::new(READERS));
        Ok(Opened { disk: Self { place, db: RwLock::new(Some(db)), reads }, told, next })
    }

    /// Does something with the database. Where that breaks it, it is opened again.
    fn with<T>(&self, act: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.db.read().is_none() {
            self.open_again()?;
        }
        let done = unpanicked(|| {
            let db = self.db.read();
            let db = db.as_ref().ok_or(redb::Error::DatabaseClosed)?;
            act(db)
        });
        if done.as_ref().is_err_and(|fault| fault.ends()) {
            // Where it cannot be, whoever comes next tries.
            let _ = self.open_again();
        }
        done
    }

    fn open_again(&self) -> Result<(), Fault> {
        let mut db = self.db.write();
        // Closed first: it is locked while it is open.
        let old = db.take();
        *db = Some(unpanicked(|| {
            drop(old);
            self.place.open()
        })?);
        Ok(())
    }

    /// Writes a run whole, in the place of what was there of it, and takes out those that leave for it;
    /// or nothing, where there is no room.
    pub fn write(
        &self,
        number: u64,
        mut kept: Kept,
        lines: impl Iterator<Item = Bytes>,
        (bounds, others): (Bounds, &BTreeMap<u64, u64>),
    ) -> Result<Option<Written>, Fault> {
        self.with(move |db| {
            let transaction = begin(db)?;
            let left = {
                let mut table = transaction.open_table(LINES)?;
                table.retain_in((number, 0)..=(number, u64::MAX), |_, _| false)?;
                let put = put(&mut table, number, lines, bounds.bytes)?;
                let Some((bytes, count)) = put else { return Ok(None) };
                if count != kept.last_seq.0 {
                    return Err(Fault::Late);
                }
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
        })
    }

    /// Takes a run out.
    pub fn forget(&self, number: u64) -> Result<(), Fault> {
        self.with(|db| {
            let transaction = begin(db)?;
            {
                let mut runs = transaction.open_table(RUNS)?;
                runs.remove(number)?;
                let mut lines = transaction.open_table(LINES)?;
                lines.retain_in((number, 0)..=(number, u64::MAX), |_, _| false)?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    /// The lines after an entry, as many as lie together; none after the last.
    pub fn lines(&self, number: u64, after: Seq) -> Result<Vec<Bytes>, Fault> {
        let next = after.0.saturating_add(1);
        self.with(|db| {
            let table = db.begin_read()?.open_table(LINES)?;
            let mut pieces = table.range((number, 0)..=(number, next))?;
            let Some(piece) = pieces.next_back() else { return Ok(Vec::new()) };
            let (key, piece) = piece?;
            let (_, first) = key.value();
            let seen = usize::try_from(next.saturating_sub(first)).unwrap_or(usize::MAX);
            Ok(cut(&Bytes::copy_from_slice(piece.value()), seen))
        })
    }
}

/// Does something that panics where the file is damaged.
fn unpanicked<T>(act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or(Err(Fault::Panicked))
}

fn begin(db: &Database) -> Result<WriteTransaction, Fault> {
    let mut transaction = db.begin_write()?;
    // After a kill the whole file would be read at the next start.
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// What is told of each run, and a number above all of theirs.
fn found(db: &Database) -> Result<(Told, u64), Fault> {
    // Opened for writing, so that the tables are there.
    let transaction = begin(db)?;
    let (mut told, mut next) = (Told::new(), 0);
    {
        transaction.open_table(LINES)?;
        let runs = transaction.open_table(RUNS)?;
        for row in runs.iter()? {
            let (number, row) = row?;
            let number = number.value();
            next = number.saturating_add(1);
            match read(row.value()) {
                Ok(kept) => {
                    told.insert(number, Arc::new(kept));
                }
                Err(why) => {
                    tracing::warn!(number, why, "a kept run is not listed: it cannot be read");
                }
            }
        }
    }
    transaction.commit()?;
    Ok((told, next))
}

/// What a row tells.
///
/// # Errors
/// It is of another version of the program, or damaged.
pub fn read(row: &[u8]) -> Result<Kept, String> {
    /// What every version has said.
    #[derive(Deserialize)]
    struct Row {
        #[serde(default = "first_format")]
        format: u64,
    }
    let Row { format } = serde_json::from_slice(row).map_err(|error| error.to_string())?;
    if format != FORMAT {
        return Err(format!("its format is {format}, and this version has {FORMAT}"));
    }
    serde_json::from_slice(row).map_err(|error| error.to_string())
}

/// Writes lines in pieces. Gives their bytes and how many they are, or nothing where they are more than
/// may be kept.
fn put(
    table: &mut Table<'_, (u64, u64), &'static [u8]>,
    number: u64,
    lines: impl Iterator<Item = Bytes>,
    most: u64,
) -> Result<Option<(u64, u64)>, Fault> {
    let (mut piece, mut first, mut bytes, mut count) = (Vec::new(), 1, 0_u64, 0);
    for (seq, line) in (1_u64..).zip(lines) {
        if !piece.is_empty() && piece.len() + line.len() >= PIECE {
            table.insert((number, first), piece.as_slice())?;
            piece.clear();
            first = seq;
        }
        piece.extend_from_slice(&line);
        piece.push(b'\n');
        bytes += line.len() as u64 + 1;
        count = seq;
        if bytes > most {
            return Ok(None);
        }
    }
    if !piece.is_empty() {
        table.insert((number, first), piece.as_slice())?;
    }
    Ok(Some((bytes, count)))
}

/// The lines of a piece without their ends, but for those that were seen.
fn cut(piece: &Bytes, seen: usize) -> Vec<Bytes> {
    let lines = piece.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.skip(seen).map(|line| piece.slice_ref(line)).collect()
}

//! A database in memory that can be made to fail, and be looked at as a kill would leave it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, StorageBackend};

use super::super::disk::{Fault, Place};

/// The database.
#[derive(Debug, Clone, Default)]
pub struct Failing {
    bytes: Arc<InMemoryBackend>,
    /// Nothing can be written.
    pub fails: Arc<AtomicBool>,
    /// All of it was read when it was opened.
    pub repaired: Arc<AtomicBool>,
}

impl Failing {
    /// What would be there if the program were killed now.
    pub fn killed(&self) -> Self {
        let len = StorageBackend::len(&*self.bytes).unwrap();
        let mut bytes = vec![0; usize::try_from(len).unwrap()];
        StorageBackend::read(&*self.bytes, 0, &mut bytes).unwrap();
        let copy = InMemoryBackend::new();
        StorageBackend::set_len(&copy, len).unwrap();
        StorageBackend::write(&copy, 0, &bytes).unwrap();
        Self { bytes: Arc::new(copy), ..Self::default() }
    }

    fn may_write(&self) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Place for Failing {
    fn open(&self) -> Result<Database, Fault> {
        let repaired = Arc::clone(&self.repaired);
        let mut builder = Builder::new();
        builder.set_repair_callback(move |_| repaired.store(true, Ordering::Relaxed));
        Ok(builder.create_with_backend(self.clone())?)
    }
}

impl StorageBackend for Failing {
    fn len(&self) -> io::Result<u64> {
        StorageBackend::len(&*self.bytes)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        StorageBackend::read(&*self.bytes, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.may_write()?;
        StorageBackend::set_len(&*self.bytes, len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.may_write()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.may_write()?;
        StorageBackend::write(&*self.bytes, offset, data)
    }
}

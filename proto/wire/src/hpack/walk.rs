//! A header block from its beginning to its end, one representation after the other:
//!
//! ```text
//! 1xxxxxxx  indexed field                          RFC 7541, section 6.1
//! 01xxxxxx  literal, added to the dynamic table    section 6.2.1
//! 001xxxxx  new limit of the dynamic table         section 6.3
//! 0001xxxx  literal, never to be added             section 6.2.3
//! 0000xxxx  literal, not added                     section 6.2.2
//! ```

use trace::fault::Code;
use trace::field::Name;
use trace::http2::How;

use super::cursor::{Cursor, Flaw};
use super::list::List;
use super::string::Text;
use super::table::Table;
use super::{Block, TABLE_KEPT};

/// A block under way.
#[derive(Debug)]
pub struct Walk<'a> {
    cursor: Cursor<'a>,
    table: &'a mut Table,
    list: List,
    faults: Vec<Flaw>,
}

impl<'a> Walk<'a> {
    /// At the beginning of a block.
    pub fn new(block: &'a [u8], table: &'a mut Table) -> Self {
        Self { cursor: Cursor::new(block), table, list: List::default(), faults: Vec::new() }
    }

    /// Goes to the end, or to the first flaw: behind that, nothing means anything.
    pub fn run(mut self) -> Block {
        let mut in_sync = true;
        while in_sync && let Some(first) = self.cursor.step() {
            if let Err(flaw) = self.representation(first) {
                self.faults.push(flaw);
                in_sync = false;
            }
        }
        Block {
            headers: self.list.headers,
            parts: self.cursor.end(),
            faults: self.faults,
            plain_len: self.list.plain_len,
            table_size: self.table.size(),
            in_sync,
        }
    }

    fn representation(&mut self, first: u8) -> Result<(), Flaw> {
        // A lower limit is taken up at the beginning of the next block (RFC 9113, section 4.3.1).
        if self.table.is_beyond_allowed() && !matches!(first, 0x20..=0x3f) {
            return Err(self.cursor.flaw_ahead(Code::HpackBadSizeUpdate));
        }
        match first {
            0x80.. => self.indexed(),
            0x40.. => self.literal(6, How::Added),
            0x20.. => self.limit(),
            0x10.. => self.literal(4, How::Never),
            _ => self.literal(4, How::Plain),
        }
    }

    fn indexed(&mut self) -> Result<(), Flaw> {
        let index = self.cursor.integer(7, Name::HpackIndexed)?;
        let (name, value) = self.entry(index)?;
        self.field(&name, &value, How::Indexed(index), 0);
        Ok(())
    }

    fn literal(&mut self, prefix: u8, how: fn(u64) -> How) -> Result<(), Flaw> {
        let index = self.cursor.integer(prefix, Name::HpackLiteral)?;
        let name = match index {
            0 => self.cursor.text(Name::HpackName)?,
            _ => self.entry(index)?.0,
        };
        let value = self.cursor.text(Name::HpackValue)?;
        let how = how(index);
        let evicted = match how {
            How::Added(_) => self.insert(&name, &value)?,
            _ => 0,
        };
        self.field(&name, &value, how, evicted);
        Ok(())
    }

    /// A new limit stands before all header fields (RFC 7541, section 4.2).
    fn limit(&mut self) -> Result<(), Flaw> {
        let limit = self.cursor.integer(5, Name::HpackSizeUpdate)?;
        if self.list.is_empty() && self.table.set_limit(limit) {
            return Ok(());
        }
        Err(self.cursor.flaw(Code::HpackBadSizeUpdate))
    }

    fn entry(&self, index: u64) -> Result<(Text, Text), Flaw> {
        self.table.get(index).ok_or_else(|| self.cursor.flaw(Code::HpackBadIndex))
    }

    /// Adds to the dynamic table. One that has outgrown what is followed is lost, however much the
    /// other side is allowed.
    fn insert(&mut self, name: &Text, value: &Text) -> Result<u64, Flaw> {
        let evicted = self.table.insert(name.clone(), value.clone());
        if self.table.size() > TABLE_KEPT {
            return Err(self.cursor.flaw(Code::HeaderListTooLarge));
        }
        Ok(evicted)
    }

    fn field(&mut self, name: &Text, value: &Text, how: How, evicted: u64) {
        if self.list.add(name, value, how, evicted) {
            self.faults.push(self.cursor.flaw(Code::HeaderListTooLarge));
        }
    }
}

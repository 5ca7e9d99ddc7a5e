//! HPACK, the compression of HTTP/2's header blocks.
//!
//! Hears: whole header blocks of one direction, in their order: indexed fields, literals in all
//! three kinds, new table limits; strings plain or in the Huffman code.
//! Spec: RFC 7541.
//! Whole: a block is decoded when all of it is there, so that cutting it is the frames' affair.
//! Lost: after a flaw that leaves the dynamic table unknown, no later block means anything.
//! Bounded: up to [`HEADERS`] header fields and [`KEPT`] bytes of them are kept of a block, each
//! string up to [`TEXT_KEPT`], and [`PARTS`] parts; the table has at most [`TABLE_KEPT`] bytes.
//! What is kept no more is still decoded, so that the table stays right. The work grows with the
//! block's bytes and no faster, for strings of the tables are shared.
//! Laws: 2 (nothing fails), 3 (parts tile the block).
//!
//! Open first: `walk` (a block from its beginning to its end), `table` (both tables), `cursor`
//! (cuts off what is read).

mod cursor;
mod huffman;
mod integer;
mod list;
mod string;
mod table;
mod walk;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

use trace::fault::Code;
use trace::field::Name;
use trace::http2::Header;

use table::Table;
use walk::Walk;

/// The most header fields of a block that are kept.
pub const HEADERS: usize = 256;

/// The most bytes of a name or a value that are kept.
pub const TEXT_KEPT: usize = 1_024;

/// The most bytes of names and values that are kept of a block.
pub const KEPT: usize = 64 * 1_024;

/// The most parts of a block, `MoreLines` and `Undecoded` included.
pub const PARTS: usize = 4_096;

/// The most bytes of a dynamic table that is followed, as RFC 7541, section 4.1 counts them.
pub const TABLE_KEPT: u64 = 1_024 * 1_024;

/// One direction's decoding context.
#[derive(Debug)]
pub struct Hpack {
    /// None once the context is lost.
    table: Option<Table>,
    #[cfg(test)]
    pub(crate) mutation: Option<crate::laws::Mutation>,
}

/// What a header block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header fields in their order, at most [`HEADERS`]: where more came, the first ones. The
    /// parts `HpackIndexed` and `HpackLiteral` stand in the same order.
    pub headers: Vec<Header>,
    /// The pieces of the block, without gap or overlap.
    pub parts: Vec<Part>,
    /// What is wrong: code, place and length within the block. At most two, in their order.
    pub faults: Vec<(Code, usize, usize)>,
    /// Bytes that all its header fields would have as lines of HTTP/1.1.
    pub plain_len: u64,
    /// Bytes of the dynamic table after it, as RFC 7541, section 4.1 counts them.
    pub table_size: u64,
    /// Whether the context is still known after it.
    pub in_sync: bool,
}

/// A piece of a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: Name,
    /// Its place in the block.
    pub at: usize,
    /// How many bytes it has, at least one.
    pub len: usize,
}

impl Default for Hpack {
    fn default() -> Self {
        Self {
            table: Some(Table::default()),
            #[cfg(test)]
            mutation: None,
        }
    }
}

impl Hpack {
    /// The other side may use a dynamic table of so many bytes from now on (its
    /// SETTINGS_HEADER_TABLE_SIZE was acknowledged). The table itself changes when a block says so.
    pub fn allow(&mut self, bytes: u32) {
        if let Some(table) = &mut self.table {
            table.allow(bytes);
        }
    }

    /// Decodes a whole header block.
    pub fn block(&mut self, block: &[u8]) -> Block {
        let Some(table) = &mut self.table else { return Block::undecoded(block.len()) };
        let said = Walk::new(block, table).run();
        #[cfg(test)]
        let said = crate::laws::mutate_block(self.mutation, said);
        if !said.in_sync {
            self.table = None;
        }
        said
    }
}

impl Block {
    /// A block that comes after the context was lost: that it was is said already.
    fn undecoded(len: usize) -> Self {
        let part = Part { name: Name::Undecoded, at: 0, len };
        Self {
            headers: Vec::new(),
            parts: if len == 0 { Vec::new() } else { vec![part] },
            faults: Vec::new(),
            plain_len: 0,
            table_size: 0,
            in_sync: false,
        }
    }
}

/// An entry of the static table, name and value: 1 to 61 (RFC 7541, appendix A).
#[must_use]
pub fn static_entry(index: u64) -> Option<(&'static str, &'static str)> {
    table::fixed(index)
}

/// The string behind a Huffman code; none where it holds EOS or its padding is none (RFC 7541,
/// section 5.2).
#[must_use]
pub fn huffman(bytes: &[u8]) -> Option<Vec<u8>> {
    huffman::decode(bytes)
}

/// Reads an integer whose first byte has a prefix of 1 to 8 bits: the value, and how many bytes it
/// takes. None where it does not end there, or not within ten bytes (RFC 7541, section 5.1).
#[must_use]
pub fn integer(bytes: &[u8], prefix: u8) -> Option<(u64, usize)> {
    integer::read(bytes, prefix).ok()
}

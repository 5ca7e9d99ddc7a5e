//! What the RFC's examples do not show: flaws, bounds, and that the table stays right behind them.

use trace::http2::How;

use super::*;
use crate::reader::FAULTS;

/// An integer behind the bits that stand before its prefix.
fn int(before: u8, prefix: u32, value: usize) -> Vec<u8> {
    let mask = (1_usize << prefix) - 1;
    if value < mask {
        return vec![before | u8::try_from(value).unwrap()];
    }
    let mut bytes = vec![before | u8::try_from(mask).unwrap()];
    let mut rest = value - mask;
    while rest > 0x7f {
        bytes.push(0x80 | u8::try_from(rest & 0x7f).unwrap());
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

fn string(text: &[u8]) -> Vec<u8> {
    [int(0, 7, text.len()), text.to_vec()].concat()
}

/// A literal that is added to the table.
fn added(name: &str, value: &[u8]) -> Vec<u8> {
    [vec![0x40], string(name.as_bytes()), string(value)].concat()
}

/// A limit of the table.
fn limit(bytes: usize) -> Vec<u8> {
    int(0x20, 5, bytes)
}

fn tiles(block: &Block, len: usize) {
    let mut at = 0;
    for part in &block.parts {
        assert_eq!(part.at, at, "{:?}", block.parts);
        assert!(part.len > 0);
        at += part.len;
    }
    assert_eq!(at, len);
}

/// Decodes a block that ends with a flaw, and says which, and where the undecoded rest begins.
fn flaw(context: &mut Hpack, bytes: &[u8]) -> (Code, usize, usize, usize) {
    let block = context.block(bytes);
    tiles(&block, bytes.len());
    assert!(!block.in_sync);
    let last = block.parts.last().unwrap();
    assert_eq!(last.name, Name::Undecoded);
    assert_eq!(block.faults.len(), 1);
    let (code, at, len) = block.faults[0];
    assert!(at + len <= bytes.len());
    (code, at, len, last.at)
}

fn sound(context: &mut Hpack, bytes: &[u8]) -> Block {
    let block = context.block(bytes);
    tiles(&block, bytes.len());
    assert!(block.faults.is_empty() && block.in_sync, "{:?}", block.faults);
    block
}

fn fresh(bytes: &[u8]) -> (Code, usize, usize, usize) {
    flaw(&mut Hpack::default(), bytes)
}

#[test]
fn an_empty_block_says_nothing() {
    let block = sound(&mut Hpack::default(), b"");
    assert_eq!((block.headers.len(), block.plain_len, block.table_size), (0, 0, 0));
}

#[test]
fn a_number_must_be_in_a_table() {
    assert_eq!(fresh(&[0x82, 0x80, 0x84]), (Code::HpackBadIndex, 1, 1, 1));
    assert_eq!(fresh(&[0x82, 0xbe]), (Code::HpackBadIndex, 1, 1, 1));
    // A literal's name by a number.
    assert_eq!(fresh(&[0x7e, 0x01, b'x']), (Code::HpackBadIndex, 0, 1, 0));
    assert_eq!(fresh(&[0x0f, 0x2f, 0x01, b'x']), (Code::HpackBadIndex, 0, 2, 0));
}

#[test]
fn after_a_flaw_nothing_is_decoded() {
    let mut context = Hpack::default();
    let first = context.block(&[0x82, 0x80, 0x84]);
    assert_eq!((first.headers.len(), first.headers[0].value.as_str()), (1, "GET"));
    context.allow(100);
    let block = context.block(&[0x82, 0x84]);
    tiles(&block, 2);
    assert_eq!(block.parts, [Part { name: Name::Undecoded, at: 0, len: 2 }]);
    assert_eq!((block.faults.len(), block.headers.len(), block.in_sync), (0, 0, false));
    let block = context.block(b"");
    assert_eq!((block.parts.len(), block.in_sync), (0, false));
}

#[test]
fn a_block_may_end_only_behind_a_representation() {
    let whole = b"\x82\x86\x84\x41\x0fwww.example.com";
    for len in 0..whole.len() {
        let bytes = &whole[..len];
        if len < 4 {
            assert_eq!(sound(&mut Hpack::default(), bytes).headers.len(), len);
        } else {
            assert_eq!(fresh(bytes), (Code::HpackTruncated, 3, len - 3, 3));
        }
    }
    assert_eq!(fresh(&[0xff]), (Code::HpackTruncated, 0, 1, 0));
    assert_eq!(fresh(&[0x82, 0x3f, 0x80]), (Code::HpackTruncated, 1, 2, 1));
    // A length that no machine can hold.
    let long = b"\x40\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7fx";
    assert_eq!(fresh(long), (Code::HpackTruncated, 0, 12, 0));
}

#[test]
fn an_integer_has_up_to_ten_bytes() {
    let mut bytes = vec![0x82];
    bytes.extend([0xff; 12]);
    assert_eq!(fresh(&bytes), (Code::HpackBadInteger, 1, 10, 1));
    // The length of a value.
    let mut bytes = vec![0x44, 0x7f];
    bytes.extend([0x80; 9]);
    bytes.push(0);
    assert_eq!(fresh(&bytes), (Code::HpackBadInteger, 1, 10, 0));
}

#[test]
fn a_huffman_string_ends_as_it_must() {
    // "a" is 00011: three ones behind it are padding, three zeros are not.
    let mut context = Hpack::default();
    let block = sound(&mut context, &[0x04, 0x81, 0b0001_1111]);
    assert_eq!(block.headers[0].value, "a");
    assert_eq!(fresh(&[0x04, 0x81, 0b0001_1000]), (Code::HpackBadHuffman, 2, 1, 0));
    // Eight ones and more, and EOS.
    assert_eq!(fresh(&[0x04, 0x82, 0b0001_1111, 0xff]), (Code::HpackBadHuffman, 2, 2, 0));
    let eos = [0x82, 0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00];
    assert_eq!(fresh(&eos), (Code::HpackBadHuffman, 3, 4, 1));
    assert_eq!(huffman(&[0b0001_1111]).as_deref(), Some(&b"a"[..]));
    assert_eq!(huffman(&[0xff]), None);
}

#[test]
fn a_new_limit_stands_at_the_beginning_and_is_allowed() {
    assert_eq!(fresh(&limit(4_097)), (Code::HpackBadSizeUpdate, 0, 3, 0));
    let late = [vec![0x82], limit(0)].concat();
    assert_eq!(fresh(&late), (Code::HpackBadSizeUpdate, 1, 1, 1));

    let mut context = Hpack::default();
    let twice = [limit(0), limit(4_096), vec![0x82]].concat();
    let block = sound(&mut context, &twice);
    let names: Vec<Name> = block.parts.iter().map(|part| part.name).collect();
    assert_eq!(names, [Name::HpackSizeUpdate, Name::HpackSizeUpdate, Name::HpackIndexed]);
    context.allow(65_536);
    sound(&mut context, &limit(65_536));
    context.allow(100);
    assert_eq!(flaw(&mut context, &limit(101)), (Code::HpackBadSizeUpdate, 0, 2, 0));
}

#[test]
fn a_new_limit_lets_entries_go() {
    let mut context = Hpack::default();
    let block = sound(&mut context, &[added("a", b"1"), added("b", b"2")].concat());
    assert_eq!(block.table_size, 68);
    assert_eq!(sound(&mut context, &limit(40)).table_size, 34);
    let block = sound(&mut context, &[0xbe]);
    assert_eq!((block.headers[0].name.as_str(), block.headers[0].how), ("b", How::Indexed(62)));
    assert_eq!(flaw(&mut context, &[0xbf]).0, Code::HpackBadIndex);
}

#[test]
fn a_lower_limit_is_taken_up_by_the_next_block() {
    let mut context = Hpack::default();
    sound(&mut context, &added("a", b"1"));
    context.allow(100);
    sound(&mut context, &[limit(100), vec![0xbe]].concat());
    context.allow(34);
    assert_eq!(flaw(&mut context, &[0xbe]), (Code::HpackBadSizeUpdate, 0, 1, 0));
    // Once more is allowed again, nothing has to be said.
    let mut context = Hpack::default();
    context.allow(100);
    context.allow(4_096);
    sound(&mut context, &[0x82]);
}

#[test]
fn an_entry_that_is_too_large_empties_the_table() {
    let mut context = Hpack::default();
    sound(&mut context, &[added("a", b"1"), added("b", b"2")].concat());
    let block = sound(&mut context, &added("c", &[b'x'; 4_096]));
    assert_eq!((block.headers[0].evicted, block.table_size), (2, 0));
    // Its name by the number of an entry that leaves for it (RFC 7541, section 4.4).
    sound(&mut context, &added("a", b"1"));
    let block = sound(&mut context, &[vec![0x7e], string(&[b'x'; 4_060])].concat());
    let header = &block.headers[0];
    assert_eq!((header.name.as_str(), header.evicted, block.table_size), ("a", 1, 4_093));
}

#[test]
fn an_empty_value_has_no_part() {
    let block = sound(&mut Hpack::default(), &added("a", b""));
    let names: Vec<Name> = block.parts.iter().map(|part| part.name).collect();
    let length = Name::HpackLength;
    assert_eq!(names, [Name::HpackLiteral, length, Name::HpackName, length]);
    assert_eq!((block.headers[0].value.as_str(), block.plain_len), ("", 5));
}

#[test]
fn the_first_256_header_fields_are_kept_and_all_are_decoded() {
    let mut context = Hpack::default();
    let name = |place: usize| format!("x-{place:03}");
    let each: Vec<Vec<u8>> = (0..300).map(|place| added(&name(place), b"v")).collect();
    let bytes = each.concat();
    let block = context.block(&bytes);
    tiles(&block, bytes.len());
    assert_eq!((block.headers.len(), block.in_sync), (256, true));
    // Each takes nine bytes on the wire, and ten as a line; the table has room for 107 of 38.
    assert_eq!(block.faults, [(Code::HeaderListTooLarge, 256 * 9, 9)]);
    assert_eq!((block.plain_len, block.table_size), (3_000, 107 * 38));
    let block = sound(&mut context, &[0xbe, 0xbf]);
    let names: Vec<&str> = block.headers.iter().map(|header| header.name.as_str()).collect();
    assert_eq!(names, ["x-299", "x-298"]);
}

#[test]
fn a_long_value_is_cut_between_letters() {
    let mut value = "x".repeat(TEXT_KEPT - 1);
    value.push_str("ö and more");
    let mut context = Hpack::default();
    let block = sound(&mut context, &added("a", value.as_bytes()));
    let size = value.len() as u64;
    assert_eq!(block.headers[0].value, &value[..TEXT_KEPT - 1]);
    assert_eq!((block.plain_len, block.table_size), (1 + size + 4, 1 + size + 32));
    // The table counts the whole, keeps the same.
    let again = sound(&mut context, &[0xbe]);
    assert_eq!((&again.headers[0].value, again.plain_len), (&block.headers[0].value, 5 + size));
}

#[test]
fn a_bomb_is_counted_and_not_kept() {
    let mut context = Hpack::default();
    sound(&mut context, &added("a", &[b'x'; 4_000]));
    let bytes = vec![0xbe; 60_000];
    let block = context.block(&bytes);
    tiles(&block, bytes.len());
    assert_eq!(block.headers.len(), KEPT / (TEXT_KEPT + 1));
    assert_eq!(block.faults, [(Code::HeaderListTooLarge, 63, 1)]);
    assert_eq!((block.plain_len, block.in_sync), (60_000 * 4_005, true));
    // Small ones behind it are not kept either: what is kept are the first ones.
    let bytes = [vec![0xbe; 100], vec![0x82]].concat();
    let block = context.block(&bytes);
    assert_eq!((block.headers.len(), block.headers[62].name.as_str()), (63, "a"));
}

#[test]
fn parts_are_listed_up_to_a_number() {
    let bytes = vec![0x82; 5_000];
    let block = Hpack::default().block(&bytes);
    tiles(&block, bytes.len());
    let more = Part { name: Name::MoreLines, at: PARTS - 2, len: 5_000 - (PARTS - 2) };
    assert_eq!((block.parts.len(), block.parts.last()), (PARTS - 1, Some(&more)));
    // What cannot be read is told from what is too much to list.
    let bytes = [bytes, vec![0x80, 0x82]].concat();
    let block = Hpack::default().block(&bytes);
    tiles(&block, bytes.len());
    let rest = Part { name: Name::Undecoded, at: 5_000, len: 2 };
    assert_eq!(block.parts[PARTS - 2..], [more, rest]);
    let codes: Vec<Code> = block.faults.iter().map(|fault| fault.0).collect();
    assert_eq!(codes, [Code::HeaderListTooLarge, Code::HpackBadIndex]);
}

#[test]
fn a_table_is_followed_up_to_a_size() {
    let mut context = Hpack::default();
    context.allow(u32::MAX);
    sound(&mut context, &limit(8 << 20));
    let entry = added("a", &[b'x'; 100_000]);
    for count in 1..=10 {
        assert_eq!(sound(&mut context, &entry).table_size, count * 100_033);
    }
    let len = entry.len();
    assert_eq!(flaw(&mut context, &entry), (Code::HeaderListTooLarge, 0, len, 0));
}

#[test]
fn names_are_kept_as_they_stand() {
    let block = sound(&mut Hpack::default(), &[added("Host", b"x"), added("", b"\xff")].concat());
    assert_eq!((block.headers[0].name.as_str(), block.headers[1].name.as_str()), ("Host", ""));
    assert_eq!(block.headers[1].value, "\u{fffd}");
}

#[test]
fn the_static_table_and_integers_are_to_be_had() {
    assert_eq!(static_entry(4), Some((":path", "/")));
    assert_eq!((static_entry(0), static_entry(62)), (None, None));
    assert_eq!(integer(&[0x1f, 0x9a, 0x0a], 5), Some((1_337, 3)));
    assert_eq!((integer(&[0x1f], 5), integer(&[0xff; 11], 5)), (None, None));
}

/// Numbers that look like chance (xorshift), the same every time.
fn chance(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn whatever_comes_is_tiled_and_bounded() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..3_000 {
        let mut context = Hpack::default();
        for _ in 0..4 {
            let len = chance(&mut state) % 64;
            // Mostly small numbers: with them, more is decoded.
            let bytes: Vec<u8> = (0..len)
                .map(|_| match chance(&mut state) % 4 {
                    0 => chance(&mut state).to_le_bytes()[0],
                    1 => 0x40,
                    2 => 0xbe,
                    _ => chance(&mut state).to_le_bytes()[0] & 0x07,
                })
                .collect();
            let block = context.block(&bytes);
            tiles(&block, bytes.len());
            assert!(block.faults.len() <= FAULTS && block.headers.len() <= HEADERS);
            let undecoded = block.parts.iter().any(|part| part.name == Name::Undecoded);
            assert!(undecoded != block.in_sync || bytes.is_empty());
            let fields = [Name::HpackIndexed, Name::HpackLiteral];
            let told = block.parts.iter().filter(|part| fields.contains(&part.name)).count();
            assert_eq!(told, block.headers.len());
        }
    }
}

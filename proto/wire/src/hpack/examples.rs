//! The examples of RFC 7541, appendix C.2 to C.6.

use trace::field::Name;
use trace::http2::How;

use super::{Block, Hpack};

/// A header field as the examples have it: name, value, how, how many entries left.
type Row = (&'static str, &'static str, How, u64);

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn check(context: &mut Hpack, hex: &str, table_size: u64, rows: &[Row]) -> Block {
    let bytes = bytes(hex);
    let block = context.block(&bytes);
    let said: Vec<_> = block
        .headers
        .iter()
        .map(|header| (header.name.as_str(), header.value.as_str(), header.how, header.evicted))
        .collect();
    assert_eq!(said, rows);
    let plain: usize = rows.iter().map(|(name, value, ..)| name.len() + value.len() + 4).sum();
    assert_eq!((block.plain_len, block.table_size), (plain as u64, table_size));
    assert_eq!((block.faults.len(), block.in_sync), (0, true));
    assert_eq!(block.parts.iter().map(|part| part.len).sum::<usize>(), bytes.len());
    block
}

fn names(block: &Block) -> Vec<(Name, usize)> {
    block.parts.iter().map(|part| (part.name, part.len)).collect()
}

#[test]
fn c_2_each_representation() {
    let rows = [("custom-key", "custom-header", How::Added(0), 0)];
    let hex = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    let block = check(&mut Hpack::default(), hex, 55, &rows);
    let parts = [
        (Name::HpackLiteral, 1),
        (Name::HpackLength, 1),
        (Name::HpackName, 10),
        (Name::HpackLength, 1),
        (Name::HpackValue, 13),
    ];
    assert_eq!(names(&block), parts);

    let rows = [(":path", "/sample/path", How::Plain(4), 0)];
    let hex = "040c 2f73 616d 706c 652f 7061 7468";
    let block = check(&mut Hpack::default(), hex, 0, &rows);
    let parts = [(Name::HpackLiteral, 1), (Name::HpackLength, 1), (Name::HpackValue, 12)];
    assert_eq!(names(&block), parts);

    let rows = [("password", "secret", How::Never(0), 0)];
    let hex = "1008 7061 7373 776f 7264 0673 6563 7265 74";
    check(&mut Hpack::default(), hex, 0, &rows);

    let rows = [(":method", "GET", How::Indexed(2), 0)];
    let block = check(&mut Hpack::default(), "82", 0, &rows);
    assert_eq!(names(&block), [(Name::HpackIndexed, 1)]);
}

fn requests(hex: [&str; 3]) {
    let context = &mut Hpack::default();
    let rows = [
        (":method", "GET", How::Indexed(2), 0),
        (":scheme", "http", How::Indexed(6), 0),
        (":path", "/", How::Indexed(4), 0),
        (":authority", "www.example.com", How::Added(1), 0),
    ];
    check(context, hex[0], 57, &rows);
    let rows = [
        (":method", "GET", How::Indexed(2), 0),
        (":scheme", "http", How::Indexed(6), 0),
        (":path", "/", How::Indexed(4), 0),
        (":authority", "www.example.com", How::Indexed(62), 0),
        ("cache-control", "no-cache", How::Added(24), 0),
    ];
    check(context, hex[1], 110, &rows);
    let rows = [
        (":method", "GET", How::Indexed(2), 0),
        (":scheme", "https", How::Indexed(7), 0),
        (":path", "/index.html", How::Indexed(5), 0),
        (":authority", "www.example.com", How::Indexed(63), 0),
        ("custom-key", "custom-value", How::Added(0), 0),
    ];
    check(context, hex[2], 164, &rows);
}

#[test]
fn c_3_requests_without_huffman() {
    requests([
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ]);
}

#[test]
fn c_4_requests_with_huffman() {
    requests([
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ]);
}

const DATE: &str = "Mon, 21 Oct 2013 20:13:21 GMT";
const LATER: &str = "Mon, 21 Oct 2013 20:13:22 GMT";
const PLACE: &str = "https://www.example.com";
const COOKIE: &str = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

/// The limit of these examples is 256, which a block says here.
fn responses(hex: [&str; 3]) {
    let context = &mut Hpack::default();
    let block = check(context, "3fe1 01", 0, &[]);
    assert_eq!(names(&block), [(Name::HpackSizeUpdate, 3)]);
    let rows = [
        (":status", "302", How::Added(8), 0),
        ("cache-control", "private", How::Added(24), 0),
        ("date", DATE, How::Added(33), 0),
        ("location", PLACE, How::Added(46), 0),
    ];
    check(context, hex[0], 222, &rows);
    let rows = [
        (":status", "307", How::Added(8), 1),
        ("cache-control", "private", How::Indexed(65), 0),
        ("date", DATE, How::Indexed(64), 0),
        ("location", PLACE, How::Indexed(63), 0),
    ];
    check(context, hex[1], 222, &rows);
    let rows = [
        (":status", "200", How::Indexed(8), 0),
        ("cache-control", "private", How::Indexed(65), 0),
        ("date", LATER, How::Added(33), 1),
        ("location", PLACE, How::Indexed(64), 0),
        ("content-encoding", "gzip", How::Added(26), 1),
        ("set-cookie", COOKIE, How::Added(55), 2),
    ];
    check(context, hex[2], 215, &rows);
}

#[test]
fn c_5_responses_without_huffman() {
    responses([
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a
         3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04
         677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49
         553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
    ]);
}

#[test]
fn c_6_responses_with_huffman() {
    responses([
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e
         919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7
         821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed
         4ee5 b106 3d50 07",
    ]);
}

//! The laws of the rows, and that the three encodings say the same at the same place.

use super::*;
use crate::contract::{Field, Kind, MESSAGE, named};
use crate::message::{Place, Size, sample};

/// The field of a path.
fn field(path: &str) -> &'static Field {
    let mut fields: &'static [Field] = &MESSAGE;
    let mut found = None;
    for name in path.split('.') {
        let name = name.split('[').next().unwrap();
        let field = named(fields, name).unwrap_or_else(|| panic!("{path}"));
        if let Kind::Message(inner) = field.kind {
            fields = inner;
        }
        found = Some(field);
    }
    found.unwrap()
}

/// The bytes of a value as Protocol Buffers have them, in words.
fn read(kind: Kind, bytes: &[u8]) -> String {
    let number = || {
        let low = |(index, byte): (usize, &u8)| u64::from(byte & 0x7f) << (7 * index);
        bytes.iter().enumerate().map(low).sum::<u64>()
    };
    match kind {
        Kind::Number => number().to_string(),
        Kind::Truth => (number() == 1).to_string(),
        Kind::Double => f64::from_le_bytes(bytes.try_into().unwrap()).to_string(),
        Kind::Text => std::str::from_utf8(bytes).unwrap().to_owned(),
        Kind::Message(_) => panic!("it is no value"),
    }
}

/// What a field says that is not written.
fn default(kind: Kind) -> &'static str {
    match kind {
        Kind::Number | Kind::Double => "0",
        Kind::Truth => "false",
        Kind::Text | Kind::Message(_) => "",
    }
}

/// A value of JSON, in words.
fn of_json(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Text => serde_json::from_str(&format!("\"{text}\"")).unwrap(),
        Kind::Double => text.parse::<f64>().unwrap().to_string(),
        _ => text.to_owned(),
    }
}

/// A value of XML, in words.
fn of_xml(kind: Kind, text: &str) -> String {
    let text = quick_xml::escape::unescape(text).unwrap();
    match kind {
        Kind::Double => text.parse::<f64>().unwrap().to_string(),
        _ => text.into_owned(),
    }
}

#[test]
fn cells_tile_their_encoding_and_values_lie_within() {
    for size in Size::ALL {
        let aligned = Aligned::of(&sample(size));
        for form in Form::ALL {
            let mut at = 0;
            for row in &aligned.rows {
                let Some(cell) = row.cell(form) else { continue };
                let what = format!("{size:?}, {form:?}, {} {:?}", row.path, row.part);
                assert_eq!(cell.all.start, at, "{what}");
                assert!(cell.all.len > 0, "{what}");
                assert!(cell.value.start >= at && cell.value.end() <= cell.all.end(), "{what}");
                assert!(row.part == Part::Value || cell.value.len == 0, "{what}");
                let parts = [cell.before(), cell.value, cell.after()];
                assert_eq!(parts.map(|span| span.len).iter().sum::<usize>(), cell.all.len);
                at = cell.all.end();
            }
            assert_eq!(at, aligned.bytes(form).len(), "{size:?}, {form:?}");
        }
    }
}

#[test]
fn the_three_say_the_same() {
    for size in Size::ALL {
        let aligned = Aligned::of(&sample(size));
        for row in aligned.rows.iter().filter(|row| row.part == Part::Value) {
            let kind = field(&row.path).kind;
            let cut = |form: Form| row.cell(form).map(|cell| cell.value.cut(aligned.bytes(form)));
            let text = |form: Form| std::str::from_utf8(cut(form).unwrap()).unwrap();
            let said = of_json(kind, text(Form::Json));
            assert_eq!(said, of_xml(kind, text(Form::Xml)), "{size:?} {}", row.path);
            match cut(Form::Protobuf) {
                Some(bytes) => assert_eq!(said, read(kind, bytes), "{size:?} {}", row.path),
                None => assert_eq!(said, default(kind), "{size:?} {}", row.path),
            }
        }
    }
}

#[test]
#[rustfmt::skip] // a table is read line by line
fn the_small_message_in_all_its_rows() {
    let aligned = Aligned::of(&sample(Size::Small));
    let shown: Vec<[String; 4]> = aligned
        .rows
        .iter()
        .map(|row| {
            let [json, xml, protobuf] = Form::ALL.map(|form| {
                row.cell(form).map(|cell| cell.all.cut(aligned.bytes(form)).to_vec()).unwrap_or_default()
            });
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            let hex: Vec<String> = protobuf.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            [row.path.clone(), text(json), text(xml), hex.join(" ")]
        })
        .collect();
    let rows = [
        ["", "{", "<message>", ""],
        ["id", "\"id\":7", "<id>7</id>", "08 07"],
        ["from", ",\"from\":\"A\"", "<from>A</from>", "12 01 41"],
        ["to", ",\"to\":\"B\"", "<to>B</to>", "1a 01 42"],
        ["text", ",\"text\":\"Hello Bro!\"", "<text>Hello Bro!</text>", "22 0a 48 65"],
        ["sent_at", ",\"sent_at\":1767261600000", "<sent_at>1767261600000</sent_at>", "28 80 f2 ff"],
        ["read", ",\"read\":false", "<read>false</read>", ""],
        ["tags", ",\"tags\":[", "", ""],
        ["tags[0]", "\"greeting\"", "<tags>greeting</tags>", "3a 08 67 72"],
        ["tags[1]", ",\"Q&A\"", "<tags>Q&amp;A</tags>", "3a 03 51 26"],
        ["tags", "]", "", ""],
        ["place", ",\"place\":{", "<place>", "42 21"],
        ["place.name", "\"name\":\"Café Central\"", "<name>Café Central</name>", "0a 0d 43 61"],
        ["place.latitude", ",\"latitude\":48.2104", "<latitude>48.2104</latitude>", "11 09 8a 1f"],
        ["place.longitude", ",\"longitude\":16.3655", "<longitude>16.3655</longitude>", "19 21 b0 72"],
        ["place", "}", "</place>", ""],
        ["replies", ",\"replies\":[", "", ""],
        ["replies", "]", "", ""],
        ["", "}", "</message>", ""],
    ];
    for (shown, row) in shown.iter().zip(&rows) {
        assert_eq!(shown, row);
    }
    assert_eq!(shown.len(), rows.len());
}

#[test]
fn what_is_not_there_has_no_row() {
    let mut message = sample(Size::Small);
    message.place = None;
    assert!(Aligned::of(&message).rows.iter().all(|row| !row.path.starts_with("place")));
    message.place = Some(Place::default());
    let aligned = Aligned::of(&message);
    let place = |row: &&Row| row.path == "place" && row.part == Part::Begin;
    let cells = aligned.rows.iter().find(place).map(|row| row.cells).unwrap();
    assert_eq!(cells[2].map(|cell| cell.all.len), Some(2), "a tag, and the length 0");
}

#[test]
fn depth_is_that_of_the_path() {
    let aligned = Aligned::of(&sample(Size::Medium));
    for (path, depth) in
        [("", 0), ("id", 0), ("tags[0]", 1), ("replies[3]", 1), ("replies[3].id", 2)]
    {
        let row = aligned.rows.iter().find(|row| row.path == path).unwrap();
        assert_eq!(row.depth, depth, "{path}");
    }
}

#[test]
fn values_are_counted() {
    let aligned = Aligned::of(&sample(Size::Small));
    for form in Form::ALL {
        let values = aligned.values(form);
        assert!(values > 0 && values < aligned.bytes(form).len(), "{form:?}");
    }
    let [json, xml, _] = Form::ALL.map(|form| aligned.values(form));
    assert_eq!(xml, json + "amp;".len(), "an escape is longer");
}

#[test]
fn a_value_of_nothing_ends_the_scan() {
    assert_eq!(json::pieces(b"[}").all.len(), 1);
    assert_eq!(xml::pieces(b"<message>x</message>").all.len(), 1);
    assert!(protobuf::pieces(&[0xff; 20]).all.is_empty());
}

/// Whatever is scanned, the scan ends and the pieces lie within it.
#[test]
fn odd_bytes_end_the_scan() {
    let message = sample(Size::Medium);
    for form in Form::ALL {
        let bytes = encode(form, &message);
        for cut in (0..bytes.len()).step_by(13) {
            for odd in [b'"', b'<', b'{', 0xff, 0x00] {
                let mut spoilt = bytes[..cut].to_vec();
                spoilt.push(odd);
                for pieces in
                    [json::pieces(&spoilt), xml::pieces(&spoilt), protobuf::pieces(&spoilt)]
                {
                    let last = pieces.all.last().map_or(0, |piece| piece.cell.all.end());
                    assert!(last <= spoilt.len(), "{form:?} spoilt at {cut}");
                }
            }
        }
    }
}

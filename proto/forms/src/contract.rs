//! The contract of the message as `proto/forms/message.proto` has it: which number and which type belongs to
//! which name. JSON and XML carry the names with them; who reads Protocol Buffers must have this.

/// The contract as it is written.
pub const PROTO: &str = include_str!("../message.proto");

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its number on the wire.
    pub number: u64,
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether there may be many of it.
    pub repeated: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number without sign, of as few bytes as it needs.
    Number,
    /// Yes or no.
    Truth,
    /// A number with a point, of eight bytes.
    Double,
    /// Words.
    Text,
    /// A message of its own.
    Message(&'static [Field]),
}

const fn one(number: u64, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, repeated: false }
}

const fn many(number: u64, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, repeated: true }
}

/// The fields of the message.
pub static MESSAGE: [Field; 9] = [
    one(1, "id", Kind::Number),
    one(2, "from", Kind::Text),
    one(3, "to", Kind::Text),
    one(4, "text", Kind::Text),
    one(5, "sent_at", Kind::Number),
    one(6, "read", Kind::Truth),
    many(7, "tags", Kind::Text),
    one(8, "place", Kind::Message(&PLACE)),
    many(9, "replies", Kind::Message(&REPLY)),
];

static PLACE: [Field; 3] = [
    one(1, "name", Kind::Text),
    one(2, "latitude", Kind::Double),
    one(3, "longitude", Kind::Double),
];

static REPLY: [Field; 6] = [
    one(1, "id", Kind::Number),
    one(2, "from", Kind::Text),
    one(3, "text", Kind::Text),
    one(4, "sent_at", Kind::Number),
    one(5, "likes", Kind::Number),
    one(6, "took_s", Kind::Double),
];

/// The field of this name.
#[must_use]
pub fn named(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// The field of this number.
#[must_use]
pub fn numbered(fields: &'static [Field], number: u64) -> Option<&'static Field> {
    fields.iter().find(|field| field.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_what_is_written() {
        let mut written = 0;
        for fields in [&MESSAGE[..], &PLACE, &REPLY] {
            for field in fields {
                let many = if field.repeated { "repeated " } else { "" };
                let kinds: &[&str] = match field.kind {
                    Kind::Number => &["uint64", "uint32"],
                    Kind::Truth => &["bool"],
                    Kind::Double => &["double"],
                    Kind::Text => &["string"],
                    Kind::Message(_) => &["Place", "Reply"],
                };
                let line = |kind: &&str| {
                    let line = format!("  {many}{kind} {} = {};", field.name, field.number);
                    PROTO.lines().any(|written| written == line)
                };
                assert!(kinds.iter().any(line), "{field:?}");
                written += 1;
            }
        }
        assert_eq!(PROTO.matches(" = ").count(), written + 1, "all, and the syntax");
    }
}

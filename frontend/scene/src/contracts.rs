//! What two contracts make of the same bytes: of a gRPC message in a run whose service has the changed
//! contract, what its writer meant by each field and what its reader takes.

use trace::event::Kind;
use trace::grpc::{Grpc, Wire};
use trace::ids::Seq;
use trace::span::Side;
use wire::protobuf::against::{self, Field, How, Missing, Taken};
use wire::protobuf::changed::{self, Both};
use wire::protobuf::contract::Method;

use crate::model::Model;

/// Messages that took more bytes than this on their way are not looked into.
const MOST: u64 = 128 * 1024;

/// The most bytes of a field behind its tag that are shown.
const SHOWN: usize = 16;

/// A message by both contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Its entry.
    pub seq: Seq,
    /// The call's name.
    pub method: &'static str,
    /// Who wrote it.
    pub from: Side,
    /// Bytes of it, without the five before it.
    pub len: usize,
    /// Its fields, in their order on the wire.
    pub rows: Vec<Row>,
    /// What the reader makes of it; none where its contract has no such method.
    pub reader: Option<Taken>,
    /// What the reader's contract has and the writer's has not, and so is not on the wire.
    pub lacking: Vec<Missing>,
}

/// A field on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The bytes of its tag, in hexadecimal.
    pub tag: String,
    /// The bytes behind it, in hexadecimal, cut where they are many.
    pub value: String,
    /// As its writer's contract has it.
    pub wrote: Field,
    /// As its reader's contract has it; none where that has no such method.
    pub read: Option<Field>,
}

/// A message by both contracts; none where the run's service has the one that its clients have, where the
/// call is none of the chat's, or where the bytes are not at hand.
#[must_use]
pub fn of(model: &Model, seq: Seq) -> Option<Compared> {
    if model.header.word("contract") != Some("v2") {
        return None;
    }
    let event = model.event(seq).filter(|event| event.evidence.len() <= MOST)?;
    let Kind::Grpc(Grpc::Message(message)) = &event.kind else { return None };
    let Both { first, second } = changed::both(&message.path)?;
    let pieces = event.evidence.0.iter();
    let carried: Vec<u8> =
        pieces.flat_map(|span| model.bytes(event.conn, event.dir(), *span)).collect();
    let bytes = wire::grpc::payload(message, &carried)?;
    let from = event.from;
    let (writer, reader) = match from {
        Side::Client => (first, second),
        Side::Server => (second.unwrap_or(first), Some(first)),
    };
    let take = |method: &'static Method| against::take(&bytes, method.said(from));
    let (wrote, read) = (take(writer), reader.map(take));
    let row = |(index, wrote): (usize, Field)| {
        let read = read.as_ref().and_then(|read| read.fields.get(index).cloned());
        Row::of(&bytes, wrote, read)
    };
    let rows = wrote.fields.into_iter().enumerate().map(row).collect();
    let missing = read.iter().flat_map(|read| &read.missing);
    let lacking = missing.filter(|it| writer.said(from).field(it.number).is_none());
    let lacking = lacking.cloned().collect();
    let (method, len) = (first.name, bytes.len());
    Some(Compared { seq, method, from, len, rows, reader: read, lacking })
}

/// A label, and what of the message does not arrive, because its number is another in the reader's
/// contract.
pub(crate) fn marked(model: &Model, seq: Seq, label: String) -> String {
    let lost = of(model, seq).and_then(|compared| compared.lost());
    let Some(name) = lost else { return label };
    text::say("ladder-contract-lost", &[("said", (&label).into()), ("name", name.into())])
}

impl Compared {
    /// The field that the reader skips under one number, and takes as empty under another.
    #[must_use]
    pub fn lost(&self) -> Option<&'static str> {
        let (_, name) = self.skipped()?;
        self.lacking.iter().any(|lacking| lacking.name == name).then_some(name)
    }

    /// The field at which the reader stops, because there its contract has another type.
    #[must_use]
    pub fn impossible(&self) -> Option<(&Field, &'static str, Wire)> {
        self.rows.iter().find_map(|row| {
            let field = row.read.as_ref()?;
            let How::Impossible(kind, wire) = &field.how else { return None };
            Some((field, *kind, *wire))
        })
    }

    /// A field that the writer's contract has, and that the reader skips.
    #[must_use]
    pub fn skipped(&self) -> Option<(&Field, &'static str)> {
        self.rows.iter().find_map(|row| {
            let name = row.wrote.name?;
            let read = row.read.as_ref().filter(|read| read.how == How::Skipped)?;
            Some((read, name))
        })
    }
}

impl Row {
    fn of(bytes: &[u8], wrote: Field, read: Option<Field>) -> Self {
        let value = wrote.at + wrote.tag;
        let end = wrote.at + wrote.len;
        let slice = |from: usize, upto: usize| bytes.get(from..upto).unwrap_or_default();
        let mut shown = crate::bytes::as_hex(slice(value, end.min(value + SHOWN)));
        if end > value + SHOWN {
            shown.push_str(" …");
        }
        Self { tag: crate::bytes::as_hex(slice(wrote.at, value)), value: shown, wrote, read }
    }
}

#[cfg(test)]
mod tests {
    use trace::entry::{Chunk, Entry, Opened, What};
    use trace::grpc::Call;
    use trace::ids::ConnId;
    use trace::participant::Role;
    use trace::time::Micros;
    use wire::grpc::{Form, Messages};

    use super::*;
    use crate::lab_log::{header, participant};
    use crate::story::tell;

    /// A log in which one message of a call goes over, in a run with this contract.
    fn said(contract: &str, method: &str, from: Side, message: &[u8]) -> Model {
        let mut header = header("grpc", &["browser", "instance1"]);
        header.params.insert("contract".to_owned(), contract.into());
        let (conn, dir) = (ConnId(1), from.speaks());
        let path = format!("/r/abc/lifeline.v1.Chat/{method}");
        let bytes = [&[0, 0, 0, 0, message.len() as u8][..], message].concat();
        let mut events = Vec::new();
        Messages::new(conn, from, Call::Exchange(0), &path, Form::Web).content(
            &bytes,
            0,
            &mut events,
        );
        let opened = Opened {
            conn,
            client: participant("browser", "Browser", Role::Browser),
            server: participant("instance1", "Instance 1", Role::Server),
            client_addr: String::new(),
            server_addr: String::new(),
            inside: None,
        };
        let chunk = Chunk { conn, dir, offset: 0, bytes };
        let whats = [What::Opened(opened), What::Chunk(chunk)];
        let whats = whats.into_iter().chain(events.into_iter().map(What::Event));
        let entry =
            |(what, number): (What, u64)| Entry { seq: Seq(number), at_us: Micros(0), what };
        Model::of(header, whats.zip(1..).map(entry))
    }

    fn compared(method: &str, from: Side, message: &[u8]) -> Compared {
        of(&said("v2", method, from, message), Seq(3)).unwrap()
    }

    #[test]
    fn where_both_have_one_contract_nothing_is_compared() {
        let model = said("v1", "Send", Side::Client, b"\x0a\x01A");
        assert!(model.event(Seq(3)).is_some());
        assert_eq!(of(&model, Seq(3)), None);
        let model = said("v2", "Send", Side::Client, b"\x0a\x01A");
        assert_eq!(of(&model, Seq(2)), None);
    }

    #[test]
    fn an_added_field_breaks_nothing_either_way() {
        let sent = compared("Send", Side::Client, b"\x0a\x01A\x1a\x02hi");
        let bytes: Vec<_> = sent.rows.iter().map(|row| (row.tag.as_str(), &*row.value)).collect();
        assert_eq!(bytes, [("0a", "01 41"), ("1a", "02 68 69")]);
        assert_eq!(sent.lacking.len(), 1);
        assert_eq!((sent.lacking[0].number, sent.lacking[0].name), (4, "priority"));
        // What the writer could have said is missing, but not lacking.
        assert_eq!(sent.reader.as_ref().unwrap().missing.len(), 2);
        assert_eq!((sent.impossible(), sent.skipped()), (None, None));
        let answer = compared("Send", Side::Server, b"\x08\x07\x10\x96\x01");
        let (field, name) = answer.skipped().unwrap();
        assert_eq!((field.number, field.len, name), (2, 3, "sent_at_ms"));
        assert!(answer.lacking.is_empty());
    }

    #[test]
    fn another_type_another_number_and_no_method_are_told_apart() {
        let asked = compared("Subscribe", Side::Client, b"\x0a\x01B\x18\x04");
        let (field, kind, wire) = asked.impossible().unwrap();
        assert_eq!((field.at, field.wire, kind, wire), (3, Wire::Varint, "string", Wire::Len));
        assert!(asked.lacking.is_empty());
        let spoken = compared("Converse", Side::Client, b"\x0a\x01C\x1a\x03one");
        assert_eq!(spoken.skipped().map(|(field, name)| (field.number, name)), Some((3, "text")));
        assert_eq!((spoken.lacking[0].number, spoken.lacking[0].name), (5, "text"));
        let removed = compared("Upload", Side::Client, b"\x0a\x01A");
        assert!(removed.reader.is_none() && removed.rows[0].read.is_none());
        assert_eq!(removed.rows[0].wrote.name, Some("from"));
    }

    #[test]
    fn each_case_has_its_sentence() {
        let cases: [(&str, Side, &[u8], &str); 6] = [
            (
                "Send",
                Side::Client,
                b"\x0a\x01A\x1a\x02hi",
                "Instance 1 reads it by contract v2, which has one field more: 4, priority. \
                 None of the 7 bytes says it, so Instance 1 takes “0”.",
            ),
            (
                "Send",
                Side::Server,
                b"\x08\x07\x10\x96\x01",
                "Instance 1 wrote sent_at_ms as field 2, in 3 bytes. The contract of Browser has no \
                 such number: Browser skips these bytes and reads the rest.",
            ),
            (
                "Subscribe",
                Side::Client,
                b"\x0a\x01B\x18\x04",
                "By contract v2, field 3, max, is of type string and stands on the wire as LEN. The \
                 tag at byte 4 of 5 bytes says VARINT: there Instance 1 stops reading, and refuses \
                 the call.",
            ),
            (
                "Converse",
                Side::Client,
                b"\x0a\x01C\x1a\x03one",
                "Browser wrote text as field 3, in 5 bytes. The contract of Instance 1 has text as \
                 field 5 now: Instance 1 skips these bytes and takes an empty text. Nobody is told.",
            ),
            (
                "Upload",
                Side::Client,
                b"\x0a\x01A",
                "Contract v2 has no method Upload any more: Instance 1 reads none of these 3 bytes, \
                 and refuses the call.",
            ),
            ("Converse", Side::Server, b"\x08\x07\x12\x01A", ""),
        ];
        for (method, from, message, sentence) in cases {
            let model = said("v2", method, from, message);
            let told: String = model.steps.iter().map(|step| tell(&model, step).text()).collect();
            assert!(told.contains(sentence), "{told}");
            assert_eq!(told.contains("ontract"), !sentence.is_empty(), "{told}");
            let model = said("v1", method, from, message);
            let told: String = model.steps.iter().map(|step| tell(&model, step).text()).collect();
            assert!(!told.contains("ontract"), "{told}");
        }
    }

    #[test]
    fn a_label_says_what_does_not_arrive() {
        let moved = said("v2", "Converse", Side::Client, b"\x0a\x01C\x1a\x03one");
        assert_eq!(of(&moved, Seq(3)).unwrap().lost(), Some("text"));
        let label = |model: &Model| marked(model, Seq(3), "to B: one".to_owned());
        assert_eq!(label(&moved), "to B: one (text lost by contract v2)");
        for (contract, method) in [("v1", "Converse"), ("v2", "Send")] {
            let model = said(contract, method, Side::Client, b"\x0a\x01C\x1a\x03one");
            assert_eq!(label(&model), "to B: one", "{contract} {method}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        let text = [&b"\x1a\x40"[..], &[b'x'; 64]].concat();
        let sent = compared("Send", Side::Client, &text);
        assert!(sent.rows[0].value.starts_with("40 78") && sent.rows[0].value.ends_with("78 …"));
        assert_eq!(sent.rows[0].value.split(' ').count(), SHOWN + 1);
    }
}

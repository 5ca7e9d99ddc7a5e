//! Every field and fault of event streams and of RESP has its sentence, and that says what is there.

use super::*;
use crate::both::Decoder as _;
use crate::resp::Resp as RespDecoder;
use crate::sse::Sse as SseDecoder;
use trace::ids::ConnId;
use trace::span::{Dir, Side, Span, Spans};

/// Every field of what these bytes say, with its text and what is said of it.
fn told(events: &[Event], bytes: &[u8]) -> Vec<(String, Explained)> {
    let fields =
        events.iter().flat_map(|event| event.fields.iter().map(move |field| (event, field)));
    let told = fields.map(|(event, field)| {
        let (start, end) = (field.span.start as usize, field.span.end() as usize);
        let text = escape(&bytes[start..end]);
        let told = super::field(event, field, &text).unwrap();
        whole(&told);
        (text, told)
    });
    told.collect()
}

fn of_stream(content: &[u8]) -> Vec<(String, Explained)> {
    let mut sse = SseDecoder::new(ConnId(1), None);
    let mut events = Vec::new();
    sse.content(content, 0, &mut events);
    sse.end(&mut events);
    told(&events, content)
}

fn of_resp(dir: Dir, bytes: &[u8]) -> Vec<(String, Explained)> {
    let mut resp = RespDecoder::new(ConnId(1));
    let mut events = Vec::new();
    resp.feed(dir, bytes, &mut events);
    resp.end(dir, &mut events);
    told(&events, bytes)
}

/// The sentence of the first field with this text.
fn sentence(told: &[(String, Explained)], text: &str) -> String {
    let found = told.iter().find(|(shown, _)| shown == text);
    found.unwrap_or_else(|| panic!("{text}: {told:?}")).1.sentence.clone()
}

/// An id that the catalogue does not have would stand for itself.
fn whole(told: &Explained) {
    assert!(told.sentence.ends_with('.') && !told.sentence.contains("{$"), "{told:?}");
    assert!(!told.title.is_empty() && !told.title.contains('-'), "{told:?}");
    assert!(!told.source.is_empty(), "{told:?}");
}

#[test]
fn every_field_has_a_sentence_wherever_it_stands() {
    let span = Span { start: 0, len: 3 };
    for kind in [Kind::Sse(Sse::Unfinished), Kind::Resp(Resp::Malformed)] {
        let event = Event {
            conn: ConnId(1),
            from: Side::Server,
            evidence: Spans::one(span),
            kind,
            fields: Vec::new(),
            faults: Vec::new(),
        };
        for name in Name::ALL {
            whole(&field(&event, &Field { name, span }, "abc").unwrap());
        }
    }
}

#[test]
fn every_key_that_is_handed_out_has_its_title() {
    let faults = [
        Code::UnknownEventField,
        Code::EventIdNul,
        Code::BadRetry,
        Code::EventNotUtf8,
        Code::BadRespType,
        Code::BadRespLength,
        Code::BadRespEnd,
        Code::RespTooLarge,
    ];
    let told: Vec<_> = Name::ALL.into_iter().filter_map(name).collect();
    assert_eq!(told.len(), 10);
    for (key, source) in told.into_iter().chain(faults.map(|code| fault(code).unwrap())) {
        assert!(text::has(key) && text::has(&format!("{key}-title")), "{key}");
        assert!(!source.is_empty(), "{key}");
    }
}

#[test]
fn sentences_about_an_event_stream_hold_what_it_says() {
    let told = of_stream(
        b"\xEF\xBB\xBFretry: 1000\nid: 7\nevent: add\ndata: a\ndata:b\nfoo\n: ok\n\n: still\n\ndata",
    );
    assert_eq!(
        sentence(&told, "id"),
        "The id of this event: a client that comes back sends it as Last-Event-ID."
    );
    assert_eq!(sentence(&told, "7"), "The id is 7.");
    assert_eq!(sentence(&told, "1000"), "A client comes back after 1000 milliseconds.");
    assert_eq!(sentence(&told, "add"), "Listeners for add hear of this event.");
    assert_eq!(sentence(&told, "b"), sentence(&told, "a"));
    assert_eq!(sentence(&told, "foo"), "foo is none of the four names, so the line is ignored.");
    let ends: Vec<_> = told.iter().filter(|(_, told)| told.title == "End of the block").collect();
    assert_eq!(ends.len(), 2);
    assert_ne!(ends[0].1.sentence, ends[1].1.sentence);
}

#[test]
fn sentences_about_resp_hold_what_it_says() {
    let asked = of_resp(
        Dir::ToServer,
        b"*4\r\n$4\r\nxadd\r\n$1\r\ns\r\n$1\r\n*\r\n$0\r\n\r\n\r\nPING x\r\n*1\r\n$4\r\nJUMP\r\n",
    );
    assert_eq!(sentence(&asked, "xadd"), "XADD puts an entry at the end of a stream.");
    assert_eq!(sentence(&asked, "*"), "An array: the number of its elements follows.");
    let lengths: Vec<_> = asked.iter().filter(|(_, told)| told.title == "Length").collect();
    assert_eq!(lengths[0].1.sentence, "So many elements follow, or pairs of a map: 4.");
    assert_eq!(lengths[1].1.sentence, "So many bytes follow: 4.");
    assert_eq!(sentence(&asked, "JUMP"), "JUMP is the name of the command.");
    assert_eq!(
        sentence(&asked, "PING x"),
        "A command as a plain line, its words parted by spaces."
    );
    let answered =
        of_resp(Dir::ToClient, b"$-1\r\n-ERR no\r\n*2\r\n:1\r\n$2\r\nab\r\n>1\r\n$1\r\na\r\n?");
    assert_eq!(sentence(&answered, "-1"), "There is no value.");
    assert_eq!(
        sentence(&answered, "ERR no"),
        "What went wrong; by custom its first word is the kind of error."
    );
    assert_eq!(sentence(&answered, "ab"), "A string of 2 bytes.");
    assert_eq!(sentence(&answered, "a"), "What the push is about.");
    assert_eq!(sentence(&answered, "?"), "This breaks the rules of RESP; see the faults.");
}

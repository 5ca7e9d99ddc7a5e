//! What the bytes of TLS say from outside: records, alerts, both hellos, and what may be wrong with
//! them. The words are in `assets/text/en/explain_tls.ftl`.

use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::{Field, Name};
use trace::span::Side;
use trace::tls::Tls;

use super::{Explained, explained, shorten, sized};
use crate::tls::names;
use crate::transcript::unescape;

const RECORD: &str = "RFC 8446, section 5.1";
const MESSAGE: &str = "RFC 8446, section 4";
const HELLO: &str = "RFC 8446, section 4.1.2";
const VERSIONS: &str = "RFC 8446, section 4.2.1";

/// Explains a field of TLS; none for any other. `text` is the field's own text.
#[rustfmt::skip] // a table is read line by line
pub fn field(event: &Event, field: &Field, text: &str) -> Option<Explained> {
    let said = unescape(text).unwrap_or_default();
    let len = field.span.len;
    let is_tls = record(event).is_some();
    let (key, sentence, source) = match field.name {
        Name::TlsContentType => ("explain-tls-content", byte(&said).map(content), RECORD),
        Name::TlsRecordVersion => ("explain-tls-record-version", pair(&said).map(|number| version("explain-tls-record-version", number)), RECORD),
        Name::TlsRecordLength => ("explain-tls-record-length", size(&said, "explain-tls-record-length"), RECORD),
        Name::TlsFragment => ("explain-tls-fragment", Some(sized(fragment(event), len)), "RFC 8446, section 5.2"),
        Name::TlsChangeCipherSpec => ("explain-tls-change", Some(text::say("explain-tls-change", &[])), "RFC 8446, section 5"),
        Name::TlsAlertLevel => ("explain-tls-level", byte(&said).map(level), "RFC 8446, section 6"),
        Name::TlsAlertDescription => ("explain-tls-alert", byte(&said).map(alert), "RFC 8446, section 6"),
        Name::TlsMessageType => ("explain-tls-message", byte(&said).map(|kind| message(event, kind)), MESSAGE),
        Name::TlsMessageLength => ("explain-tls-message-length", size(&said, "explain-tls-message-length"), MESSAGE),
        Name::TlsMessageBody => ("explain-tls-body", Some(sized("explain-tls-body", len)), MESSAGE),
        Name::TlsMessagePiece => ("explain-tls-piece", Some(sized("explain-tls-piece", len)), RECORD),
        Name::TlsLegacyVersion => ("explain-tls-legacy-version", pair(&said).map(|number| version("explain-tls-legacy-version", number)), HELLO),
        Name::TlsRandom => ("explain-tls-random", Some(text::say(random(event), &[])), "RFC 8446, section 4.1.3"),
        Name::TlsSessionId => ("explain-tls-session", Some(sized(either(event, "explain-tls-session-client", "explain-tls-session-server"), len)), HELLO),
        Name::TlsCipherSuite => ("explain-tls-suite", numbered(&said, names::suite, either(event, "explain-tls-suite-client", "explain-tls-suite-server")), "RFC 8446, appendix B.4"),
        Name::TlsCompression => ("explain-tls-compression", Some(sized(compression(&said), len)), HELLO),
        Name::TlsLength => ("explain-tls-length", size(&said, "explain-tls-length"), "RFC 8446, section 3.4"),
        Name::TlsExtensionType => ("explain-tls-extension", pair(&said).map(extension), extension_source(&said)),
        Name::TlsExtensionData => ("explain-tls-extension-data", Some(sized("explain-tls-extension-data", len)), "RFC 8446, section 4.2"),
        Name::TlsNameType => ("explain-tls-name-type", byte(&said).map(name_type), "RFC 6066, section 3"),
        Name::TlsServerName => ("explain-tls-server-name", Some(quoted("explain-tls-server-name", text)), "RFC 6066, section 3"),
        Name::TlsProtocolName => ("explain-tls-protocol", Some(quoted(either(event, "explain-tls-protocol-client", "explain-tls-protocol-server"), text)), "RFC 7301, section 3.1"),
        Name::TlsVersion => ("explain-tls-version", numbered(&said, names::version, either(event, "explain-tls-version-client", "explain-tls-version-server")), VERSIONS),
        Name::TlsGroup => ("explain-tls-group", numbered(&said, names::group, either(event, "explain-tls-group-client", "explain-tls-group-server")), "RFC 8446, section 4.2.7"),
        Name::TlsKeyShare => ("explain-tls-share", Some(sized(either(event, "explain-tls-share-client", "explain-tls-share-server"), len)), "RFC 8446, section 4.2.8"),
        Name::MoreLines if is_tls => ("explain-tls-more", Some(sized("explain-tls-more", len)), MESSAGE),
        Name::Undecoded if is_tls => ("explain-undecoded", Some(sized("explain-undecoded", len)), RECORD),
        _ => return None,
    };
    let sentence = sentence.unwrap_or_else(|| sized("explain-tls-odd", len));
    Some(explained(key, sentence, source))
}

/// What is wrong: the key of its words, and the rule.
pub const fn fault(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::TlsBadContentType => ("explain-fault-tls-content", RECORD),
        Code::TlsRecordTooLong => ("explain-fault-tls-long", "RFC 8446, section 5.2"),
        Code::TlsBadVersion => ("explain-fault-tls-version", RECORD),
        Code::TlsBadMessage => ("explain-fault-tls-message", MESSAGE),
        Code::TlsHandshakeTooLong => ("explain-fault-tls-handshake", "Lifeline's own caps"),
        _ => return None,
    })
}

const fn record(event: &Event) -> Option<&Tls> {
    match &event.kind {
        Kind::Tls(record) => Some(record),
        _ => None,
    }
}

/// The id for the side that says it.
fn either(event: &Event, client: &'static str, server: &'static str) -> &'static str {
    match event.from {
        Side::Client => client,
        Side::Server => server,
    }
}

const fn byte(said: &[u8]) -> Option<u8> {
    match said {
        [byte] => Some(*byte),
        _ => None,
    }
}

const fn pair(said: &[u8]) -> Option<u16> {
    match said {
        [high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// A length in up to three bytes.
fn size(said: &[u8], id: &str) -> Option<String> {
    let is_length = (1..=3).contains(&said.len());
    let len = said.iter().fold(0_u64, |len, byte| (len << 8) | u64::from(*byte));
    is_length.then(|| sized(id, len))
}

/// A sentence with a number and its name.
fn named(id: &str, number: &str, name: &str) -> String {
    text::say(id, &[("number", number.into()), ("name", name.into())])
}

fn quoted(id: &str, text: &str) -> String {
    text::say(id, &[("text", (&shorten(text)).into())])
}

/// A number of two bytes that has a name, or means nothing.
fn numbered(said: &[u8], name: fn(u16) -> String, id: &str) -> Option<String> {
    let number = pair(said)?;
    let id = if names::is_grease(number) { "explain-tls-grease" } else { id };
    Some(named(id, &format!("0x{number:04x}"), &name(number)))
}

fn version(id: &str, number: u16) -> String {
    named(id, &format!("0x{number:04x}"), &names::version(number))
}

fn content(number: u8) -> String {
    let id = match number {
        20 => "explain-tls-content-change",
        21 => "explain-tls-content-alert",
        22 => "explain-tls-content-handshake",
        23 => "explain-tls-content-data",
        _ => "explain-tls-content-other",
    };
    text::say(id, &[("number", (&number.to_string()).into())])
}

fn fragment(event: &Event) -> &'static str {
    let protected = record(event).is_some_and(|record| record.protected);
    if protected { "explain-tls-fragment-protected" } else { "explain-tls-fragment" }
}

fn level(number: u8) -> String {
    let id = match number {
        1 => "explain-tls-level-warning",
        2 => "explain-tls-level-fatal",
        _ => "explain-tls-level-other",
    };
    text::say(id, &[("number", (&number.to_string()).into())])
}

fn alert(number: u8) -> String {
    let id = match number {
        0 => "explain-tls-alert-close",
        40 | 71 => "explain-tls-alert-handshake",
        42..=46 | 48 => "explain-tls-alert-trust",
        70 => "explain-tls-alert-version",
        112 => "explain-tls-alert-name",
        120 => "explain-tls-alert-protocol",
        _ => "explain-tls-alert-other",
    };
    named(id, &number.to_string(), &names::alert(number))
}

fn message(event: &Event, kind: u8) -> String {
    let id = match kind {
        1 if is_older(event) => "explain-tls-message-client-hello-1-2",
        1 => "explain-tls-message-client-hello",
        2 if is_retry(event) => "explain-tls-message-retry",
        2 if is_older(event) => "explain-tls-message-server-hello-1-2",
        2 => "explain-tls-message-server-hello",
        4 => "explain-tls-message-ticket",
        11 => "explain-tls-message-certificate",
        12 | 16 => "explain-tls-message-keys",
        14 => "explain-tls-message-done",
        20 => "explain-tls-message-finished",
        _ => "explain-tls-message-other",
    };
    named(id, &kind.to_string(), &names::message(kind))
}

/// Whether the hello of a record offers or takes nothing newer than TLS 1.2: then it has no key shares.
fn is_older(event: &Event) -> bool {
    let messages = record(event).map(|record| record.messages.as_slice()).unwrap_or_default();
    let mut hellos = messages.iter().filter(|message| matches!(message.kind, 1 | 2));
    hellos.next().is_some_and(|hello| names::is_older(&hello.versions))
}

fn is_retry(event: &Event) -> bool {
    record(event).is_some_and(|record| record.messages.iter().any(|message| message.retry))
}

fn random(event: &Event) -> &'static str {
    if is_retry(event) {
        return "explain-tls-random-retry";
    }
    either(event, "explain-tls-random-client", "explain-tls-random-server")
}

fn compression(said: &[u8]) -> &'static str {
    if said == [0] { "explain-tls-compression-none" } else { "explain-tls-compression" }
}

fn name_type(number: u8) -> String {
    let id = if number == 0 { "explain-tls-name-type-host" } else { "explain-tls-name-type" };
    text::say(id, &[("number", (&number.to_string()).into())])
}

fn extension(number: u16) -> String {
    let id = match number {
        0 => "explain-tls-extension-name",
        10 => "explain-tls-extension-groups",
        13 | 50 => "explain-tls-extension-signatures",
        16 => "explain-tls-extension-protocols",
        35 | 41 | 42 | 45 => "explain-tls-extension-resumption",
        43 => "explain-tls-extension-versions",
        51 => "explain-tls-extension-share",
        grease if names::is_grease(grease) => "explain-tls-grease",
        _ => "explain-tls-extension-other",
    };
    named(id, &number.to_string(), &names::extension(number))
}

fn extension_source(said: &[u8]) -> &'static str {
    match pair(said) {
        Some(0) => "RFC 6066, section 3",
        Some(10) => "RFC 8446, section 4.2.7",
        Some(16) => "RFC 7301, section 3.1",
        Some(43) => VERSIONS,
        Some(51) => "RFC 8446, section 4.2.8",
        Some(grease) if names::is_grease(grease) => "RFC 8701, section 2",
        _ => "RFC 8446, section 4.2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::ids::ConnId;
    use trace::span::Dir;

    use crate::both::Decoder as _;
    use crate::tls::Tls as Decoder;
    use crate::transcript::escape;

    /// What each field of the first record of a side's bytes is said to be.
    fn told(dir: Dir, said: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        Decoder::new(ConnId(1)).feed(dir, said, &mut events);
        let event = events.swap_remove(0);
        let sentences = event.fields.iter().map(|field| {
            let place = |offset: u64| usize::try_from(offset).unwrap();
            let cut = &said[place(field.span.start)..place(field.span.end())];
            super::super::field(&event, field, &escape(cut), None).sentence
        });
        sentences.collect()
    }

    #[test]
    fn sentences_say_what_these_bytes_say() {
        let sentences = told(Dir::ToClient, b"\x15\x03\x03\x00\x02\x02\x30");
        assert_eq!(sentences[2], "The record carries 2 bytes.");
        assert_eq!(sentences[3], "2, fatal: the connection ends.");
        let expected = "48, unknown_ca: this side does not trust the certificate.";
        assert_eq!(sentences[4], expected);
        let sentences = told(Dir::ToServer, b"\x17\x03\x03\x00\x03abc");
        assert!(sentences[3].starts_with("3 bytes, protected: "), "{}", sentences[3]);
        let sentences = told(Dir::ToServer, b"\x16\x03\x01\x00\x04\x18\x00\x00\x00");
        assert_eq!(sentences[3], "Type 24, KeyUpdate.");
    }

    #[test]
    fn a_hello_of_an_older_version_has_no_half_of_the_keys() {
        let body: Vec<u8> = [&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
        let len = u8::try_from(body.len()).unwrap();
        let hello = [&[0x16, 3, 3, 0, len + 4, 2, 0, 0, len][..], &body].concat();
        let sentences = told(Dir::ToClient, &hello);
        assert!(sentences[3].contains("Keys are agreed on in later messages"), "{sentences:?}");
        let newer: Vec<u8> = [&body[..], &[0, 6, 0, 43, 0, 2, 3, 4]].concat();
        let len = u8::try_from(newer.len()).unwrap();
        let hello = [&[0x16, 3, 3, 0, len + 4, 2, 0, 0, len][..], &newer].concat();
        let sentences = told(Dir::ToClient, &hello);
        assert!(sentences[3].contains("its half of the key agreement"), "{sentences:?}");
    }

    #[test]
    fn numbers_that_mean_nothing_are_told() {
        let suite = numbered(&[0x2a, 0x2a], names::suite, "explain-tls-suite-client").unwrap();
        assert!(suite.starts_with("0x2a2a means nothing (GREASE)"), "{suite}");
        let suite = numbered(&[0x13, 0x01], names::suite, "explain-tls-suite-server").unwrap();
        assert!(suite.starts_with("TLS_AES_128_GCM_SHA256 (0x1301) is taken"), "{suite}");
        assert_eq!(numbered(&[1], names::suite, "explain-tls-suite-server"), None);
    }
}

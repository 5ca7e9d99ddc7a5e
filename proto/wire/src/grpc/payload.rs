//! The bytes of a message out of those that carried it.

use trace::grpc::Message;

use super::open::{KEPT, PREFIX};
use super::quantum::Quantum;

/// A message without its prefix, from the bytes of its evidence. None where they are not all there,
/// where it is compressed or too long to be looked into, or where, in base64, its beginning lies in
/// a quantum of the message before it.
#[must_use]
pub fn payload(message: &Message, evidence: &[u8]) -> Option<Vec<u8>> {
    if message.compressed || message.len > KEPT {
        return None;
    }
    let len = usize::try_from(message.len).ok()?;
    let bytes = if message.base64 { undone(evidence)? } else { evidence.to_vec() };
    let declared = u32::try_from(len).ok()?.to_be_bytes();
    let [flag, length @ ..] = bytes.first_chunk::<PREFIX>()?;
    let payload = bytes.get(PREFIX..PREFIX + len)?;
    // Behind it only the last quantum may hold more.
    let whole = message.base64 || bytes.len() == PREFIX + len;
    (*flag == 0 && *length == declared && whole).then(|| payload.to_vec())
}

/// What quanta of base64 stand for.
fn undone(letters: &[u8]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut quantum = Quantum::default();
    for (letter, place) in letters.iter().zip(0..) {
        if quantum.push(*letter, place) {
            let (bytes, len) = std::mem::take(&mut quantum).bytes()?;
            all.extend_from_slice(bytes.get(..len)?);
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use trace::grpc::Call;

    use super::*;

    fn message(len: u64, base64: bool) -> Message {
        Message {
            call: Call::Stream(1),
            path: String::new(),
            number: 1,
            compressed: false,
            len,
            base64,
            values: Vec::new(),
        }
    }

    #[test]
    fn a_message_is_what_follows_its_prefix() {
        let evidence = b"\0\0\0\0\x02hi";
        assert_eq!(payload(&message(2, false), evidence).as_deref(), Some(&b"hi"[..]));
        assert_eq!(payload(&message(0, false), &[0; 5]).as_deref(), Some(&b""[..]));
        let others: [(u64, &[u8]); 3] =
            [(2, b"\0\0\0\0\x02h"), (3, evidence), (2, b"\0\0\0\0\x02hi!")];
        for (len, evidence) in others {
            assert_eq!(payload(&message(len, false), evidence), None, "{evidence:x?}");
        }
        assert_eq!(payload(&Message { compressed: true, ..message(2, false) }, evidence), None);
        assert_eq!(payload(&message(KEPT + 1, false), evidence), None);
    }

    #[test]
    fn in_base64_it_may_end_within_a_quantum() {
        let two = STANDARD.encode(b"\0\0\0\0\x02hi\0\0\0\0\x01x").into_bytes();
        // The first has seven bytes, and so the third of its quanta holds two of the second.
        assert_eq!(payload(&message(2, true), &two[..12]).as_deref(), Some(&b"hi"[..]));
        assert_eq!(payload(&message(1, true), &two[12..]), None);
        assert_eq!(payload(&message(2, true), b"!!!!!!!!!!!!"), None);
    }
}

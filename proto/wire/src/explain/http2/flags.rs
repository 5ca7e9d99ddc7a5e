//! The flags of a frame: which mean something is for its kind to say (RFC 9113, section 6).

use trace::http2::{Frame, FrameKind};

use crate::explain::Bits;

/// A flag that means something.
#[derive(Debug)]
struct Flag {
    /// Its place among the eight, 7 the highest.
    place: u8,
    /// The key of its name and of what is to be said where it is set.
    set: &'static str,
    /// What is to be said where it is not.
    not: &'static str,
}

const END_STREAM: Flag =
    Flag { place: 0, set: "explain-flag-end-stream", not: "explain-flag-end-stream-not" };
const END_HEADERS: Flag =
    Flag { place: 2, set: "explain-flag-end-headers", not: "explain-flag-end-headers-not" };
const PADDED: Flag = Flag { place: 3, set: "explain-flag-padded", not: "explain-flag-not" };
const PRIORITY: Flag = Flag { place: 5, set: "explain-flag-priority", not: "explain-flag-not" };
const ACK_SETTINGS: Flag =
    Flag { place: 0, set: "explain-flag-ack-settings", not: "explain-flag-ack-settings-not" };
const ACK_PING: Flag =
    Flag { place: 0, set: "explain-flag-ack-ping", not: "explain-flag-ack-ping-not" };

/// The flags of a kind, the highest first.
const fn flags(kind: FrameKind) -> &'static [Flag] {
    match kind {
        FrameKind::Data => &[PADDED, END_STREAM],
        FrameKind::Headers => &[PRIORITY, PADDED, END_HEADERS, END_STREAM],
        FrameKind::Settings => &[ACK_SETTINGS],
        FrameKind::PushPromise => &[PADDED, END_HEADERS],
        FrameKind::Ping => &[ACK_PING],
        FrameKind::Continuation => &[END_HEADERS],
        FrameKind::Priority
        | FrameKind::RstStream
        | FrameKind::Goaway
        | FrameKind::WindowUpdate
        | FrameKind::Unknown(_) => &[],
    }
}

/// What the flags say. Of a frame that never became whole the kind is not known here.
pub fn sentence(frame: Option<&Frame>, byte: u8) -> String {
    let Some(frame) = frame else { return text::say("explain-h2-flags", &[]) };
    let mut known = 0_u8;
    let mut said = Vec::new();
    for flag in flags(frame.kind) {
        known |= 1_u8 << flag.place;
        // That a field block goes on matters as much as that it ends.
        if byte & (1_u8 << flag.place) != 0 {
            said.push(text::say(flag.set, &[]));
        } else if flag.place == END_HEADERS.place {
            said.push(text::say(flag.not, &[]));
        }
    }
    if byte & !known != 0 {
        said.push(text::say("explain-h2-flags-unused", &[]));
    }
    if said.is_empty() {
        said.push(text::say("explain-h2-flags-none", &[]));
    }
    said.join(" ")
}

/// The flags one by one, those without a meaning side by side as one.
pub fn bits(frame: Option<&Frame>, byte: u8) -> Vec<Bits> {
    let Some(frame) = frame else { return Vec::new() };
    let mut all = Vec::new();
    // How many without a meaning stand above.
    let mut unused = 0_u8;
    for place in (0..8_u8).rev() {
        let flag = flags(frame.kind).iter().find(|flag| flag.place == place);
        let Some(flag) = flag else {
            unused += 1;
            continue;
        };
        all.extend(without_meaning(byte, place + 1, unused));
        unused = 0;
        let id = if byte & (1_u8 << place) == 0 { flag.not } else { flag.set };
        all.push(Bits::of(&[byte], place, 1, flag.set, text::say(id, &[])));
    }
    all.extend(without_meaning(byte, 0, unused));
    all
}

/// So many flags without a meaning, the lowest of them at a place.
fn without_meaning(byte: u8, low: u8, len: u8) -> Option<Bits> {
    let from = (low + len).checked_sub(1).filter(|_| len > 0)?;
    let bits = Bits::of(&[byte], from, len, "explain-flag-unused", String::new());
    let id = if bits.value == 0 { "explain-flag-unused" } else { "explain-flag-unused-set" };
    Some(Bits { sentence: text::say(id, &[]), ..bits })
}

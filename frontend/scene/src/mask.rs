//! What a WebSocket's client did to its payloads before they went over the wire, undone: each byte is
//! mixed with one of four (RFC 6455, section 5.3).

use trace::event::{Event, Kind};
use trace::field::Name;
use trace::span::Span;
use trace::websocket::{Frame, Websocket};

use crate::model::Model;
use crate::step::StepKind;

/// The key of a frame, and where its payload begins in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    key: [u8; 4],
    start: u64,
}

impl Mask {
    /// The byte that stands at an offset of the stream, unmasked.
    #[must_use]
    pub const fn undo(self, byte: u8, offset: u64) -> u8 {
        byte ^ self.key[(offset.wrapping_sub(self.start) % 4) as usize]
    }
}

/// Whether a field lies in a frame's payload.
#[must_use]
pub const fn is_payload(name: Name) -> bool {
    matches!(name, Name::Payload | Name::CloseCode | Name::CloseReason)
}

/// The mask over a piece of an event, if it lies in a payload that is masked.
#[must_use]
pub fn of(model: &Model, event: &Event, name: Name, span: Span) -> Option<Mask> {
    match &event.kind {
        _ if !is_payload(name) || span.is_empty() => None,
        Kind::Websocket(Websocket::Frame(frame)) => mask(event, frame),
        Kind::Websocket(Websocket::Message(_)) => {
            let (carrier, frame) = carrier(model, event, span)?;
            mask(carrier, frame)
        }
        _ => None,
    }
}

fn mask(event: &Event, frame: &Frame) -> Option<Mask> {
    Some(Mask { key: frame.mask?, start: event.evidence.end().saturating_sub(frame.len) })
}

/// The frame that carries a piece of a message.
fn carrier<'a>(model: &'a Model, event: &Event, span: Span) -> Option<(&'a Event, &'a Frame)> {
    let messages = &model.conns.get(&event.conn)?.messages[event.dir().index()];
    let place = messages.partition_point(|(end, _)| *end < span.end());
    let (_, key) = messages.get(place)?;
    let step = model.index_of(*key).and_then(|index| model.steps.get(index))?;
    let StepKind::Message { events, .. } = &step.what else { return None };
    let holds =
        |event: &&Event| event.evidence.start() <= span.start && span.end() <= event.evidence.end();
    let mut carriers = model.carriers(events).iter().filter_map(|seq| model.event(*seq));
    let carrier = carriers.rfind(holds)?;
    match &carrier.kind {
        Kind::Websocket(Websocket::Frame(frame)) => Some((carrier, frame)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_byte_is_mixed_with_its_part_of_the_key() {
        // The example of RFC 6455, section 5.7: "Hello", masked.
        let masked = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let mask = Mask { key: [0x37, 0xfa, 0x21, 0x3d], start: 6 };
        let plain: Vec<u8> =
            masked.into_iter().zip(6..).map(|(byte, offset)| mask.undo(byte, offset)).collect();
        assert_eq!(plain, b"Hello");
    }
}

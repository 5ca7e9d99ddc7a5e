//! Frames whose payload passes by as it comes: DATA, unknown kinds, and what is too long to wait.

use trace::event::Event;
use trace::fault::{Code, Fault};
use trace::field::{Field, Name};
use trace::http2::FrameKind;
use trace::span::Span;

use super::frame::{HEADER_LEN, Header};

/// A frame whose payload is under way.
#[derive(Debug)]
pub struct Passing {
    pub header: Header,
    pub padding: Option<u8>,
    pub faults: Vec<Fault>,
    /// The data, padding left out; without length where there is none.
    pub data: Span,
    /// What its data completed: it stands behind the frame.
    pub completed: Vec<Event>,
    /// What lies behind the data.
    last: Name,
}

impl Passing {
    /// Begins with what is known of a frame: its header and, where it has one, the length of its
    /// padding.
    pub fn new(header: Header, padding: Option<u8>, mut faults: Vec<Fault>) -> Self {
        let payload = header.payload();
        let from = payload.start + u64::from(padding.is_some());
        let pad = u64::from(padding.unwrap_or_default());
        let too_much = from + pad > payload.end();
        if too_much {
            let span = Some(Span { start: payload.start, len: 1 });
            faults.push(Fault { code: Code::BadPadding, span });
        }
        let is_data = header.kind == FrameKind::Data && !too_much;
        let data_end = if is_data { payload.end() - pad } else { from };
        let last = if is_data { Name::Padding } else { Name::FramePayload };
        let data = Span::between(from, data_end);
        Self { header, padding, faults, data, completed: Vec::new(), last }
    }

    /// Bytes that are read before the payload passes by.
    pub fn ahead(&self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.padding.is_some())
    }

    /// What is data of a piece that lies at offset `at`: it begins with the data or behind it.
    pub fn data_of<'a>(&self, piece: &'a [u8], at: u64) -> &'a [u8] {
        let due = self.data.end().saturating_sub(at);
        let len = usize::try_from(due).map_or(piece.len(), |due| due.min(piece.len()));
        piece.get(..len).unwrap_or_default()
    }

    /// The fields of the frame, of which came what lies before `end`.
    pub fn fields(&self, end: u64) -> Vec<Field> {
        let mut fields = self.header.tiler().fields;
        let mut start = self.header.payload().start;
        let parts = [
            (Name::PadLength, self.data.start),
            (Name::FrameData, self.data.end()),
            (self.last, self.header.payload().end()),
        ];
        for (name, upto) in parts {
            let span = Span::between(start, upto.min(end));
            if !span.is_empty() {
                fields.push(Field { name, span });
                start = span.end();
            }
        }
        fields
    }
}

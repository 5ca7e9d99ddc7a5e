//! Who listens to a content as it comes: an event stream's decoder, or that of gRPC's messages.

use trace::event::Event;

use crate::grpc::Messages;
use crate::sse::Sse;

/// A listener. It is boxed, for most bodies have none.
#[derive(Debug)]
pub enum Listener {
    /// To an event stream.
    Sse(Box<Sse>),
    /// To the messages of a call, one direction of it.
    Grpc(Box<Messages>),
}

impl Listener {
    /// Hears the next bytes of the content, which begin at an offset of the stream.
    pub fn content(&mut self, bytes: &[u8], start: u64, events: &mut Vec<Event>) {
        match self {
            Self::Sse(sse) => sse.content(bytes, start, events),
            Self::Grpc(messages) => messages.content(bytes, start, events),
        }
    }

    /// The content is over.
    pub fn end(&mut self, events: &mut Vec<Event>) {
        match self {
            Self::Sse(sse) => sse.end(events),
            Self::Grpc(messages) => messages.end(events),
        }
    }
}

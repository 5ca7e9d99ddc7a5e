//! How the model grows by what HTTP/2 and gRPC say: frames stand with the head, the content or the
//! message that they carry, stream by stream.

use trace::event::Event;
use trace::grpc::{Call, Grpc};
use trace::http2::{FrameKind, Http2, Role};
use trace::ids::Seq;
use trace::time::Micros;

use crate::model::Model;
use crate::step::Key;

impl Model {
    pub(crate) fn heard_http2(&mut self, (seq, at): (Seq, Micros), event: &Event, said: &Http2) {
        match said {
            Http2::Frame(frame) if carries(frame.kind) => {
                self.carrying((seq, at), event, frame.stream);
            }
            Http2::Head(head) => {
                let key = self.carried_whole((seq, at), event, head.stream);
                match head.role {
                    Role::Request => self.idle_over(event.conn, key.0, seq),
                    Role::Response | Role::Trailers if head.ends => self.answer_over(event, seq),
                    _ => {}
                }
            }
            Http2::Content(content) => {
                self.carried_whole((seq, at), event, content.stream);
                self.answer_over(event, seq);
            }
            Http2::Frame(_) | Http2::Preface => {
                self.housekeeping += u64::from(event.faults.is_empty());
                let stands = self.stands(event, at);
                self.message(seq, stands, event);
            }
            Http2::Partial | Http2::Rest => {
                let stands = self.stands(event, at);
                self.message(seq, stands, event);
            }
        }
    }

    pub(crate) fn heard_grpc(&mut self, (seq, at): (Seq, Micros), event: &Event, said: &Grpc) {
        let call = match said {
            Grpc::Message(message) => message.call,
            Grpc::Trailers(trailers) => trailers.call,
            Grpc::Partial(call) => *call,
        };
        match call {
            Call::Stream(stream) => {
                self.carried_whole((seq, at), event, stream);
            }
            Call::Exchange(exchange) => {
                // A call's own head stands before what it carries.
                let head = self.conn(event.conn).calls.get(&exchange).map(|head| head.0);
                let stands = self.stands(event, at).max(head.unwrap_or_default());
                self.message(seq, stands, event);
            }
        }
    }

    /// A frame that carries a piece of something: it stands with the pieces before it.
    fn carrying(&mut self, (seq, at): (Seq, Micros), event: &Event, stream: u32) {
        let place = (event.dir().index(), stream);
        let before = self.conn(event.conn).carrying.get(&place).copied();
        if let Some(key) = before.filter(|key| self.join(*key, seq)) {
            self.cover(event, key);
            return;
        }
        let stands = self.stands(event, at);
        let key = self.message(seq, stands, event);
        self.conn(event.conn).carrying.insert(place, key);
    }

    /// What frames carry is whole: it stands with them.
    fn carried_whole(&mut self, (seq, at): (Seq, Micros), event: &Event, stream: u32) -> Key {
        let place = (event.dir().index(), stream);
        let carrying = self.conn(event.conn).carrying.remove(&place);
        if let Some(key) = carrying.filter(|key| self.join(*key, seq)) {
            return key;
        }
        let stands = self.stands(event, at);
        self.message(seq, stands, event)
    }

    /// An answer has landed whole.
    fn answer_over(&mut self, event: &Event, seq: Seq) {
        if event.dir() == trace::span::Dir::ToClient {
            let landed = self.times(event).landed;
            self.last_answer = self.last_answer.max(landed);
            self.conn(event.conn).served.push(seq);
        }
    }
}

/// Whether frames of a kind carry heads or contents.
pub(crate) const fn carries(kind: FrameKind) -> bool {
    matches!(kind, FrameKind::Data | FrameKind::Headers | FrameKind::Continuation)
}

//! What may still be sent after a step, as far as its frames tell it: the windows of HTTP/2's flow
//! control (RFC 9113, section 5.2).

use std::collections::BTreeMap;

use trace::event::Kind;
use trace::http2::{Frame, FrameKind, Http2};
use trace::ids::Seq;
use trace::span::Side;

use crate::model::Model;
use crate::step::{Step, StepKind};

/// A window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The name of whoever may send.
    pub sender: String,
    /// On which stream; none for the connection as a whole.
    pub stream: Option<u32>,
    /// How many bytes; less than none where the window was made smaller behind what was sent.
    pub left: i64,
    /// The frame that tells it.
    pub from: Seq,
}

/// The windows after a step: of each sender the connection's first, then those of streams.
#[must_use]
pub fn after(model: &Model, step: &Step) -> Vec<Window> {
    let StepKind::Message { events, .. } = &step.what else { return Vec::new() };
    let Some(conn) = step.conn.and_then(|conn| model.conns.get(&conn)) else { return Vec::new() };
    let mut known: BTreeMap<(Side, Option<u32>), (i64, Seq)> = BTreeMap::new();
    for seq in events {
        let Some(event) = model.event(*seq) else { continue };
        let Kind::Http2(Http2::Frame(frame)) = &event.kind else { continue };
        let sender = sender(event.from, frame);
        for (stream, left) in told(frame) {
            known.insert((sender, stream), (left, *seq));
        }
    }
    let known = known.into_iter().map(|((side, stream), (left, from))| {
        let lane = if side == Side::Client { conn.client } else { conn.server };
        Window { sender: model.lane_name(lane).to_owned(), stream, left, from }
    });
    known.collect()
}

/// Whose windows a frame tells: who sends data has less left, all else is said to the other side.
const fn sender(from: Side, frame: &Frame) -> Side {
    match (frame.kind, from) {
        (FrameKind::Data, side) => side,
        (_, Side::Client) => Side::Server,
        (_, Side::Server) => Side::Client,
    }
}

/// The windows that a frame tells, by stream.
fn told(frame: &Frame) -> Vec<(Option<u32>, i64)> {
    let Some(windows) = frame.windows else { return Vec::new() };
    let on_stream = windows.stream.filter(|_| frame.stream != 0);
    let on_stream = on_stream.map(|left| (Some(frame.stream), left));
    [Some((None, windows.connection)), on_stream].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use trace::http2::{Says, Windows};

    use super::*;

    fn frame(kind: FrameKind, stream: u32, windows: Option<Windows>) -> Frame {
        Frame { kind, flags: 0, stream, len: 0, padding: None, says: Says::Nothing, windows }
    }

    #[test]
    fn a_frame_tells_the_windows_of_who_sends_data() {
        let data = frame(FrameKind::Data, 1, Some(Windows { connection: 7, stream: Some(-5) }));
        assert_eq!(sender(Side::Client, &data), Side::Client);
        assert_eq!(told(&data), [(None, 7), (Some(1), -5)]);
        let update =
            frame(FrameKind::WindowUpdate, 0, Some(Windows { connection: 9, stream: None }));
        assert_eq!(sender(Side::Client, &update), Side::Server);
        assert_eq!(told(&update), [(None, 9)]);
        assert!(told(&frame(FrameKind::Headers, 1, None)).is_empty());
    }
}

//! What frames do: on their stream, to the other direction's windows and limits, and as pieces of
//! heads.

use trace::event::Event;
use trace::fault::{Code, Fault};
use trace::http2::{FrameKind, Http2 as Said, Role, Says, Windows};
use trace::span::{Dir, Span, Spans};

use super::content::Ending;
use super::frame::{ACK, HEADER_LEN, Header};
use super::head::{Heard, Whole};
use super::payload::{self, Payload};
use super::{Http2, other, windows};
use crate::reader::FAULTS;

impl Http2 {
    /// What is wrong with a frame's header, for itself and in its place. Opens its stream.
    pub(super) fn judge(&mut self, dir: Dir, header: &Header) -> Vec<Fault> {
        let (half, streams) = self.split(dir);
        let mut faults = header.faults(dir, half.flow.max_frame);
        let mut fault = |code: Option<Code>, span| {
            faults.extend(code.map(|code| Fault { code, span: Some(span) }));
        };
        let first = !std::mem::replace(&mut half.begun, true);
        // Each side begins with its settings (RFC 9113, section 3.4).
        let unsettled = first && !header.is_settings();
        fault(unsettled.then_some(Code::NoSettings), header.kind_at());
        fault(half.blocks.interrupted_by(header), header.kind_at());
        fault(streams.place(dir, header), header.stream_at());
        faults
    }

    /// A frame that waited is whole.
    pub(super) fn frame(&mut self, dir: Dir, header: &Header, events: &mut Vec<Event>) {
        let mut faults = self.judge(dir, header);
        let half = self.half(dir);
        let bytes = half.reader.first(header.span().len);
        let bytes = bytes.get(HEADER_LEN..).unwrap_or_default().to_vec();
        half.reader.take(header.span().len);
        let mut read = payload::read(header, &bytes, dir);
        faults.append(&mut read.faults);
        let promised = if let Says::Promised(id) = read.says { Some(id) } else { None };
        let block = half.blocks.frame(header, promised, read.fragment);
        let windows = self.heed(dir, header, &read, &bytes, &mut faults);
        faults.truncate(FAULTS);
        let resets = matches!(read.says, Says::Reset(_));
        let said = Said::Frame(header.said(read.padding, read.says, windows));
        self.say(dir, Spans::one(header.span()), said, read.fields, faults, events);
        if resets {
            self.streams.reset(dir, header.stream, events);
        }
        if let Some(block) = block {
            self.head(dir, block, events);
        }
    }

    /// Takes to heart what a frame says to the other side. Gives the windows that it concerns.
    fn heed(
        &mut self,
        dir: Dir,
        header: &Header,
        read: &Payload<'_>,
        payload: &[u8],
        faults: &mut Vec<Fault>,
    ) -> Option<Windows> {
        let other = other(dir);
        let start = header.payload().start + u64::from(read.padding.is_some());
        let number = Span { start, len: 4 };
        match read.says {
            Says::Settings(_) => {
                let half = self.half(other);
                if header.fits()
                    && let Some(table) = half.flow.settings(payload::settings(payload))
                {
                    half.blocks.allow(table);
                }
                Some(self.windows(other, 0))
            }
            Says::Increment(by) => {
                let windows = self.grant(other, header.stream, by);
                let stream = if header.stream == 0 { None } else { windows.stream };
                let connection = (header.stream == 0).then_some(windows.connection);
                if stream.or(connection).is_some_and(|window| window > windows::WINDOW_MAX) {
                    faults.push(Fault { code: Code::WindowOverflow, span: Some(number) });
                }
                Some(windows)
            }
            Says::Promised(id) if dir == Dir::ToClient => {
                let code = self.streams.promise(id);
                faults.extend(code.map(|code| Fault { code, span: Some(number) }));
                None
            }
            _ => {
                let half = self.half(dir);
                if header.kind == FrameKind::Settings
                    && header.has(ACK)
                    && let Some(table) = half.flow.acknowledged()
                {
                    half.blocks.allow(table);
                }
                None
            }
        }
    }

    /// The sender of a direction may send more.
    fn grant(&mut self, dir: Dir, stream: u32, by: u32) -> Windows {
        let (half, streams) = self.split(dir);
        if stream == 0 {
            half.flow.grant(by);
        } else {
            streams.grant(dir, stream, by);
        }
        self.windows(dir, stream)
    }

    /// What may be sent in a direction: on the connection, and on a stream that is followed.
    pub(super) fn windows(&mut self, dir: Dir, stream: u32) -> Windows {
        let (half, streams) = self.split(dir);
        let moved = streams.moved(dir, stream);
        let stream = moved.map(|moved| half.flow.window(moved));
        Windows { connection: half.flow.connection, stream }
    }

    /// A header block is whole.
    pub(super) fn head(&mut self, dir: Dir, block: Whole, events: &mut Vec<Event>) {
        let role = if block.promises {
            Role::Promise
        } else {
            self.streams.role(dir, block.stream, block.headers())
        };
        let Heard { head, evidence, fields, faults } = block.said(role);
        self.streams.listen(dir, &head);
        let (stream, ends) = (head.stream, head.ends);
        self.say(dir, evidence, Said::Head(head), fields, faults, events);
        if ends {
            self.streams.end(dir, stream, Ending::Whole, events);
        }
    }
}

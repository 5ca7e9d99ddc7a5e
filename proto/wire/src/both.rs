//! What the decoders of a connection have in common: two directions, each read step by step.

use trace::event::Event;
use trace::fault::Code;
use trace::span::Dir;

use crate::reader::Reader;

/// One of a kind for each direction.
#[derive(Debug, Default)]
pub(crate) struct Both<T> {
    pub to_server: T,
    pub to_client: T,
}

impl<T> Both<T> {
    /// The one of a direction.
    pub const fn of(&self, dir: Dir) -> &T {
        match dir {
            Dir::ToServer => &self.to_server,
            Dir::ToClient => &self.to_client,
        }
    }

    /// The one of a direction, to change it.
    pub const fn of_mut(&mut self, dir: Dir) -> &mut T {
        match dir {
            Dir::ToServer => &mut self.to_server,
            Dir::ToClient => &mut self.to_client,
        }
    }
}

/// A decoder of both directions of a connection.
pub(crate) trait Decoder {
    /// What has come and was not read yet.
    fn reader(&mut self, dir: Dir) -> &mut Reader;

    /// Goes one state on, if there is enough for it. Says whether it did.
    fn step(&mut self, dir: Dir, events: &mut Vec<Event>) -> bool;

    /// The direction is over: whatever is open is said as it stands, and why it is not whole.
    fn finish(&mut self, dir: Dir, why: Code, events: &mut Vec<Event>);

    /// Where what is under way in a direction began in its stream, or the rest that is not decoded.
    fn open_body(&self, dir: Dir) -> Option<u64>;

    /// Takes the next bytes of a direction, and adds what they complete to `events`.
    fn feed(&mut self, dir: Dir, bytes: &[u8], events: &mut Vec<Event>) {
        self.reader(dir).push(bytes);
        while self.step(dir, events) {}
        self.reader(dir).settle();
    }

    /// The direction has no more bytes: what is open ends here.
    fn end(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.finish(dir, Code::Incomplete, events);
    }

    /// The next bytes are lost: what is open ends here, and nothing after it is decoded.
    fn lost(&mut self, dir: Dir, events: &mut Vec<Event>) {
        self.finish(dir, Code::AfterLoss, events);
    }
}

//! The header fields of a block, as many as are kept.

use trace::http2::{Header, How};

use super::string::Text;
use super::{HEADERS, KEPT};

/// What a name and a value have more as a line of HTTP/1.1: colon, space, CR LF.
const LINE: u64 = 4;

/// The header fields of a block.
#[derive(Debug, Default)]
pub struct List {
    /// Those that are kept, which are the first ones.
    pub headers: Vec<Header>,
    /// Bytes of all as lines of HTTP/1.1.
    pub plain_len: u64,
    /// Bytes of the names and values that are kept.
    kept: usize,
    /// How far it has come.
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// No header field has come.
    #[default]
    Empty,
    /// All that came are kept.
    Whole,
    /// Some that came are not kept.
    Cut,
}

impl List {
    /// Whether no header field has come.
    pub fn is_empty(&self) -> bool {
        self.state == State::Empty
    }

    /// Takes the next header field. Says whether it is the first that is not kept.
    pub fn add(&mut self, name: &Text, value: &Text, how: How, evicted: u64) -> bool {
        let plain = name.len.saturating_add(value.len).saturating_add(LINE);
        self.plain_len = self.plain_len.saturating_add(plain);
        let kept = self.kept + name.kept().len() + value.kept().len();
        let room = self.headers.len() < HEADERS && kept <= KEPT;
        match (self.state, room) {
            (State::Cut, _) => false,
            (_, false) => {
                self.state = State::Cut;
                true
            }
            (_, true) => {
                let (name, value) = (name.kept().to_owned(), value.kept().to_owned());
                self.headers.push(Header { name, value, how, evicted });
                (self.kept, self.state) = (kept, State::Whole);
                false
            }
        }
    }
}

//! What the page says on the live feed: that it has done its part, and what only it knows.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use trace::studio::Say;

/// The most that waits to be said.
const WAITING: usize = 256;

/// What is to be said on the feed of one run. Its copies say it on the same feed, which may break and
/// come back meanwhile.
#[derive(Clone, Default)]
pub struct Voice(Rc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: RefCell<VecDeque<Say>>,
    waker: RefCell<Option<Waker>>,
    done: Cell<bool>,
}

impl Voice {
    /// Says something as soon as it can be said.
    pub fn say(&self, say: Say) {
        if say == Say::Done {
            self.0.done.set(true);
        }
        {
            let mut waiting = self.0.waiting.borrow_mut();
            // Of more reports than that nobody would read the last.
            if waiting.len() >= WAITING && say != Say::Done {
                return;
            }
            waiting.push_back(say);
        }
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// What is to be said next; waits until there is something.
    pub async fn next(&self) -> Say {
        poll_fn(|context| match self.0.waiting.borrow_mut().pop_front() {
            Some(say) => Poll::Ready(say),
            None => {
                *self.0.waker.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// A new feed: that the page is done may have been lost with the old one.
    pub fn repeat(&self) {
        if self.0.done.get() && !self.0.waiting.borrow().contains(&Say::Done) {
            self.say(Say::Done);
        }
    }
}

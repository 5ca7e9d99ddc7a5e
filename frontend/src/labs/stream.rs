//! An event stream of the page's: the browser's own `EventSource`, which comes back by itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use trace::entry::Says;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

use super::part::{Part, now};
use super::sse::client;

/// An event stream. It is closed when this is dropped.
pub struct Stream {
    source: EventSource,
    ear: Rc<Ear>,
    _opened: Closure<dyn FnMut()>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _broke: Closure<dyn FnMut()>,
}

/// What the page must know of a stream.
#[derive(Default)]
struct Ear {
    /// Whether it was ever answered.
    answered: Cell<bool>,
    /// Since when it is broken off, if it is.
    broke: Cell<Option<f64>>,
    /// The last event id.
    last: RefCell<String>,
    /// The number of the event behind which nothing more comes.
    end: Cell<Option<u64>>,
}

impl Ear {
    /// The number of the last event; 0 before the first.
    fn number(&self) -> u64 {
        self.last.borrow().parse().unwrap_or(0)
    }

    /// Whether everything came that was to come.
    fn has_all(&self) -> bool {
        self.end.get().is_some_and(|end| self.number() >= end)
    }
}

impl Stream {
    /// Opens a stream.
    pub fn open(part: &Part, url: &str) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        let ear = Rc::new(Ear::default());
        let opened = {
            let ear = Rc::clone(&ear);
            Closure::<dyn FnMut()>::new(move || {
                ear.answered.set(true);
                ear.broke.set(None);
            })
        };
        let heard = {
            let ear = Rc::clone(&ear);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                *ear.last.borrow_mut() = event.last_event_id();
            })
        };
        let broke = {
            let (part, ear, source) = (part.clone(), Rc::clone(&ear), source.clone());
            Closure::<dyn FnMut()>::new(move || {
                // A browser comes back even to a stream that has ended as it should.
                if ear.has_all() {
                    return source.close();
                }
                // Each attempt to come back that fails is an error too; only the first is news.
                if !ear.answered.get() || ear.broke.get().is_some() {
                    return;
                }
                ear.broke.set(Some(now()));
                if source.ready_state() == EventSource::CONNECTING && !part.is_over() {
                    let last_event_id = ear.last.borrow().clone();
                    part.report(&client(&part), Says::StreamBroke { last_event_id });
                }
            })
        };
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        source.set_onerror(Some(broke.as_ref().unchecked_ref()));
        Some(Self { source, ear, _opened: opened, _heard: heard, _broke: broke })
    }

    /// Behind the event of this number nothing more comes: the server ends the stream there, and then
    /// it is closed here too.
    pub fn ends_with(&self, event: u64) {
        self.ear.end.set(Some(event));
    }

    /// Whether it was ever answered.
    pub fn was_answered(&self) -> bool {
        self.ear.answered.get()
    }

    /// Whether it is answered now.
    pub fn runs(&self) -> bool {
        self.source.ready_state() == EventSource::OPEN
    }

    /// Whether the browser has given it up.
    pub fn is_dead(&self) -> bool {
        self.source.ready_state() == EventSource::CLOSED
    }

    /// For how long it has been broken off, in milliseconds.
    pub fn broken_for(&self) -> f64 {
        self.ear.broke.get().map_or(0.0, |since| now() - since)
    }

    /// The number of the last event; 0 before the first.
    pub fn last(&self) -> u64 {
        self.ear.number()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

//! The page's part in a run: what was set, where its instances are, how long it goes on, and what is
//! said of it.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use trace::entry::{Report, Says};
use trace::log::Header;
use trace::participant::{Participant, Role};
use trace::studio::Say;

use crate::state::{Active, State};
use crate::voice::Voice;

/// How often the page looks whether something else is shown.
const LOOK_MS: u32 = 100;

/// The page's part in a run.
#[derive(Clone)]
pub struct Part {
    /// The root signals.
    pub state: State,
    /// What the run was made with.
    pub header: Rc<Header>,
    /// The run.
    pub active: Active,
    /// The addresses of the instances that take part.
    instances: Rc<Vec<String>>,
    voice: Voice,
    epoch: u64,
}

impl Part {
    /// The part in the run that is shown; none before its log has begun.
    pub fn of(state: State, active: &Active, voice: Voice) -> Option<Self> {
        let header = state
            .model
            .with_untracked(|model| model.as_ref().map(|model| model.header.clone()))
            .filter(|header| header.run == active.id)?;
        let servers = header.participants.iter().filter(|it| it.role == Role::Server);
        let url = |it: &Participant| active.urls.get(&it.id).cloned();
        let instances: Vec<String> = servers.filter_map(url).collect();
        Some(Self {
            state,
            header: Rc::new(header),
            active: active.clone(),
            instances: Rc::new(instances),
            voice,
            epoch: state.epoch.get_untracked(),
        })
    }

    /// A whole number among the parameters.
    pub fn number(&self, name: &str) -> u64 {
        self.header.number(name).unwrap_or_default()
    }

    /// Whether a parameter is on.
    pub fn flag(&self, name: &str) -> bool {
        self.header.params.get(name).and_then(serde_json::Value::as_bool) == Some(true)
    }

    /// How many instances take part.
    pub fn instances(&self) -> usize {
        self.instances.len()
    }

    /// The address of an instance, counted from 0 and on from the last to the first.
    pub fn instance(&self, number: usize) -> Option<&str> {
        let number = number.checked_rem(self.instances.len())?;
        self.instances.get(number).map(String::as_str)
    }

    /// Whether the run is still shown.
    pub fn is_shown(&self) -> bool {
        self.state.epoch.get_untracked() == self.epoch
    }

    /// Whether there is nothing left to do: the run is over, or something else is shown.
    pub fn is_over(&self) -> bool {
        let ended = |model: &Option<scene::model::Model>| {
            model.as_ref().is_none_or(|model| !model.state.serves())
        };
        !self.is_shown() || self.state.model.with_untracked(ended)
    }

    /// Rests. Says whether the run goes on.
    pub async fn rest(&self, millis: u64) -> bool {
        TimeoutFuture::new(u32::try_from(millis).unwrap_or(u32::MAX)).await;
        !self.is_over()
    }

    /// Waits for a moment of [`now`]. Says whether the run goes on.
    pub async fn until(&self, moment: f64) -> bool {
        loop {
            let left = moment - now();
            if left <= 0.0 || self.is_over() {
                return !self.is_over();
            }
            // In pieces, so that an end is not slept through.
            TimeoutFuture::new(left.ceil().min(1_000.0) as u32).await;
        }
    }

    /// Waits until something else is shown.
    pub async fn left(&self) {
        while self.is_shown() {
            TimeoutFuture::new(LOOK_MS).await;
        }
    }

    /// Whether the page has nothing left to do, so that the run waits for others alone.
    pub fn waits(&self, waits: bool) {
        if self.is_shown() && self.state.waits.get_untracked() != waits {
            self.state.waits.set(waits);
        }
    }

    /// For how many seconds the page stays without anything to do, before it lets the run end.
    pub fn stays(&self, seconds: Option<u64>) {
        if self.is_shown() && self.state.stays.get_untracked() != seconds {
            self.state.stays.set(seconds);
        }
    }

    /// Tells what only this page knows.
    pub fn report(&self, client: &str, says: Says) {
        self.voice.say(Say::Report(Report { client: client.to_owned(), says }));
    }

    /// The page has done its part.
    pub fn done(&self) {
        self.voice.say(Say::Done);
    }
}

/// The browser's clock, in milliseconds.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

//! The page's address: what it says is shown, and what is shown it says, so that it can be shared.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::link::Link;
use scene::player::Place;
use trace::ids::RunId;
use wasm_bindgen::JsValue;

use crate::beside::{self, Align};
use crate::pane::Which;
use crate::state::{State, Tab};
use crate::{labs, session, studio};

/// How long the address waits for the reader to come to rest.
const REST_MS: u32 = 250;

/// The lab that a page can join.
const CHAT: &str = "websocket";

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The main run and its look.
    pub link: Link,
    /// The run beside it.
    pub beside: Option<RunId>,
    /// How the two are aligned.
    pub align: Align,
    /// As whom the page joins the main run.
    pub user: Option<String>,
}

impl Address {
    /// Reads the part after `#`: `websocket?run=k3x9&beside=p2m4&align=time`. What cannot be read is
    /// left out.
    #[must_use]
    pub fn read(hash: &str) -> Self {
        let mut address = Self { link: Link::read(hash), ..Self::default() };
        let query = hash.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            // No such value has a letter that is written otherwise in an address.
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                continue;
            }
            match name {
                "beside" => address.beside = Some(RunId(value.to_owned())),
                "align" => {
                    let align = Align::ALL.into_iter().find(|align| align.id() == value);
                    address.align = align.unwrap_or_default();
                }
                "as" => address.user = Some(value.to_owned()),
                _ => {}
            }
        }
        if let Some(clock) = address.align.clock() {
            address.link.look.clock = clock;
        }
        address
    }

    /// Writes it, without what is as it always is.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = self.link.write();
        let mut add = |name: &str, value: &str| {
            let sign = if text.contains('?') { '&' } else { '?' };
            text.push(sign);
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        };
        if let Some(run) = &self.beside {
            add("beside", &run.0);
            if self.align != Align::default() {
                add("align", self.align.id());
            }
        }
        if let Some(user) = &self.user {
            add("as", user);
        }
        text
    }
}

/// What the address says.
#[must_use]
pub fn wanted() -> Address {
    Address::read(&window().location().hash().unwrap_or_default())
}

/// Shows what the address says, as far as it is there.
pub fn show(state: State) {
    let state = state.pane(Which::Main);
    let wanted = wanted();
    let link = &wanted.link;
    let known = |id: &str| state.labs.with_untracked(|labs| labs.iter().any(|lab| lab.id == id));
    if !known(&link.lab) {
        return;
    }
    show_beside(state, &wanted);
    let run = state.run.with_untracked(|run| run.as_ref().map(|run| run.id.clone()));
    if state.lab.get_untracked() != link.lab {
        show_lab(state, &link.lab);
    } else if link.run.is_none() && state.model.with_untracked(Option::is_some) {
        // The same lab anew.
        state.show_lab(&link.lab);
    }
    let Some(id) = link.run.clone().filter(|id| Some(id) != run.as_ref()) else {
        set(state, link);
        return join(state, &wanted);
    };
    spawn_local(async move {
        if session::revisit(state, id).await {
            set(state, &wanted.link);
            join(state, &wanted);
        }
    });
}

/// The run beside, as the address says. A file beside has no address: it stays while runs are visited.
fn show_beside(state: State, wanted: &Address) {
    match wanted.beside.clone() {
        Some(run) => {
            state.beside.wish.set(wanted.align);
            beside::open(state, run);
        }
        None => {
            let file = state.pane(Which::Beside).from_file.get_untracked();
            let run = state.beside.run.with_untracked(Option::is_some);
            if run || file && wanted.link.run.is_none() {
                beside::close(state);
            }
        }
    }
}

/// Joins the run that is shown, once, as the user whom the address names.
fn join(state: State, wanted: &Address) {
    let (Some(user), Some(active)) = (&wanted.user, state.run.get_untracked()) else { return };
    let meant = wanted.link.lab == CHAT && wanted.link.run.as_ref() == Some(&active.id);
    if !meant || state.joined.with_untracked(|joined| joined.as_ref() == Some(user)) {
        return;
    }
    state.joined.set(Some(user.clone()));
    labs::websocket::join(state, &active, user);
}

/// Shows a lab and fetches its lesson.
pub fn show_lab(state: State, id: &str) {
    state.show_lab(id);
    state.lesson.set(None);
    state.guesses.update(std::collections::BTreeMap::clear);
    // Who puts a run beside reads on.
    if state.which == Which::Main {
        state.tab.set(Tab::Lesson);
    }
    let id = id.to_owned();
    spawn_local(async move {
        if let Ok(lesson) = studio::lesson(&id).await
            && state.lab.get_untracked() == id
        {
            state.lesson.set(Some(lesson));
        }
    });
}

fn set(state: State, link: &Link) {
    state.look.set(link.look.clone());
    if let Some(step) = link.step {
        state.place.set(Place::Step(step - 1));
    }
    if let Some(tab) = Tab::ALL.into_iter().find(|tab| tab.id() == link.tab) {
        state.tab.set(tab);
    }
    state.marked.set(link.marked);
}

/// Lets the address say what is shown.
pub fn keep(state: State) {
    let written = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let address = now(state);
        if address.link.lab.is_empty() || state.visiting.get() {
            return;
        }
        let turn = written.get_value() + 1;
        written.set_value(turn);
        spawn_local(async move {
            TimeoutFuture::new(REST_MS).await;
            if written.try_get_value() == Some(turn)
                && let Ok(history) = window().history()
            {
                let hash = format!("#{}", address.write());
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&hash));
            }
        });
    });
}

/// What is shown, as an address.
#[must_use]
pub fn now(state: State) -> Address {
    let state = state.pane(Which::Main);
    let run = state.run.with(|run| run.as_ref().map(|run| run.id.clone()));
    let step = match state.place.get() {
        Place::Tail => None,
        Place::Step(step) => run.as_ref().map(|_| step + 1),
    };
    let tab = state.tab.get();
    let link = Link {
        lab: state.lab.get(),
        step,
        look: state.look.get(),
        tab: if tab == Tab::default() { String::new() } else { tab.id().to_owned() },
        marked: state.marked.get().filter(|_| run.is_some()),
        run,
    };
    let (beside, align, user) = (state.beside.run.get(), state.align(), state.joined.get());
    Address { link, beside, align, user }
}

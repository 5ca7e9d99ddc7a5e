//! A run as the page lives it: made, followed over one WebSocket, driven, and followed again when
//! the connection dropped.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::model::Model;
use scene::player::Place;
use trace::entry::What;
use trace::ids::RunId;
use trace::log::{self, Line};
use trace::participant::{self, Participant};
use trace::studio::{Press, Say};
use trace::time::Micros;

use crate::labs::part::Part;
use crate::state::{Active, State, Tab, Trouble};
use crate::studio::{self, Failed};
use crate::voice::Voice;
use crate::{address, kept, labs, recent, seed, toast};

/// How long lines are gathered before they are drawn: a frame.
const FRAME_MS: u32 = 16;

/// How long the page waits before it asks again for a studio that is away.
const RETRY_MS: u32 = 1_000;

/// Makes a run of the lab that is shown, and starts it.
pub fn run(state: State) {
    if state.making.get_untracked() {
        return;
    }
    let Ok(seed) = state.seed.with_untracked(|typed| seed::read(typed)) else {
        return seed::refuse(state);
    };
    // Who has predicted something waits for the answer beside it.
    if state.guesses.with_untracked(std::collections::BTreeMap::is_empty) {
        state.tab.set(Tab::Explain);
    }
    state.making.set(true);
    spawn_local(async move {
        let lab = state.lab.get_untracked();
        let params = state.params.get_untracked();
        let driven = params.get("peer").and_then(serde_json::Value::as_str) == Some("browser");
        let made = studio::create(&lab, params, seed.unwrap_or_else(seed::drawn)).await;
        state.making.set(false);
        match made {
            Ok(created) => {
                // What was shown stays until there is something new.
                state.clear();
                kept::keep_key(&created.id, &created.key);
                if driven {
                    state.mine.set(pages(&created.participants));
                }
                let key = Some(created.key);
                let active = Active { id: created.id, key, urls: created.urls };
                show(state, &active, driven);
                if state.start_paused.get_untracked() {
                    state.place.set(Place::Step(0));
                }
                start(state, &active).await;
                recent::load(state);
            }
            Err(failed) => tell(state, &failed),
        }
    });
}

/// The participants whom a page plays.
fn pages(all: &[Participant]) -> BTreeSet<String> {
    let pages = all.iter().filter(|known| known.role == participant::Role::Browser);
    pages.map(|known| known.id.clone()).collect()
}

fn show(state: State, active: &Active, drive: bool) {
    state.run.set(Some(active.clone()));
    spawn_local(follow(state, active.clone(), drive));
}

/// Shows a run that the studio keeps, whoever made it, and asks again while the studio is away.
/// Says whether it is shown: it is not where something else was asked for meanwhile.
pub async fn revisit(state: State, id: RunId) -> bool {
    // Whatever is shown or asked for meanwhile begins an epoch of its own.
    state.epoch.update(|epoch| *epoch += 1);
    let epoch = state.epoch.get_untracked();
    state.visiting.set(true);
    loop {
        let answer = studio::summary(&id).await;
        if !shown(state, epoch) {
            return false;
        }
        match answer {
            Ok(summary) => {
                if state.lab.get_untracked() == summary.lab {
                    state.clear();
                } else {
                    address::show_lab(state, &summary.lab);
                }
                state.params.set(summary.params);
                let key = kept::key(&id);
                show(state, &Active { id, key, urls: summary.urls }, false);
                return true;
            }
            Err(Failed::Away) => {
                state.trouble.set(Some(Trouble::Away));
                TimeoutFuture::new(RETRY_MS).await;
            }
            Err(Failed::Refused(..)) => {
                state.visiting.set(false);
                state.say(text::say("trouble-no-run", &[("run", (&id.0).into())]));
                return false;
            }
        }
    }
}

/// Starts a run. The studio waits a moment for the feed to say that this page drives it.
async fn start(state: State, active: &Active) {
    if let Err(failed) = studio::input(&active.id, active.key.as_deref(), &plain("start")).await {
        tell(state, &failed);
    }
}

/// A button that is about nothing but the run.
fn plain(input: &str) -> Press {
    Press { input: input.to_owned(), ..Press::default() }
}

/// Presses a button of the run that is shown.
pub fn press(state: State, input: &'static str) {
    let Some(active) = state.run.get_untracked() else { return };
    spawn_local(async move {
        match studio::input(&active.id, active.key.as_deref(), &plain(input)).await {
            // Nothing waits any more: somebody else was quicker.
            Ok(()) | Err(Failed::Refused(409, _)) => {}
            Err(failed) => tell(state, &failed),
        }
    });
}

/// Presses a button that is about something.
pub fn act(state: State, press: Press) {
    spawn_local(async move {
        acted(state, press).await;
    });
}

/// The same; says whether it was taken. What is so already is said for a moment only.
pub async fn acted(state: State, press: Press) -> bool {
    let Some(active) = state.run.get_untracked() else { return false };
    match studio::input(&active.id, active.key.as_deref(), &press).await {
        Ok(()) => return true,
        Err(Failed::Refused(409, why)) => {
            toast::say(state, in_words(state, &why), None);
        }
        Err(failed) => tell(state, &failed),
    }
    false
}

fn tell(state: State, failed: &Failed) {
    match failed {
        Failed::Away => state.trouble.set(Some(Trouble::Away)),
        Failed::Refused(..) => state.say(in_words(state, &failed.text())),
    }
}

/// What the studio says, with the names of instances for what its API calls them.
fn in_words(state: State, why: &str) -> String {
    let named = |model: &Option<Model>| model.as_ref().map(|model| model.named(why));
    state.model.with_untracked(named).unwrap_or_else(|| why.to_owned())
}

/// Whether what is shown is still what it was at this epoch.
fn shown(state: State, epoch: u64) -> bool {
    state.epoch.get_untracked() == epoch
}

/// Follows a run until it is over or another is shown, however often the connection drops.
async fn follow(state: State, active: Active, drive: bool) {
    let epoch = state.epoch.get_untracked();
    let voice = Voice::default();
    while shown(state, epoch) {
        let after = state
            .model
            .with_untracked(|model| model.as_ref().map_or(0, |model| model.last_seq().0));
        if let Ok(socket) = WebSocket::open(&studio::live_url(&active.id, after)) {
            let role = Role { drive, epoch, voice: &voice };
            listen(state, &active, socket, &role).await;
        }
        if !shown(state, epoch) || settled(state) {
            break;
        }
        state.trouble.set(Some(Trouble::Away));
        TimeoutFuture::new(RETRY_MS).await;
        if matches!(studio::summary(&active.id).await, Err(Failed::Refused(404, _)))
            && shown(state, epoch)
        {
            state.run.set(None);
            state.now.set(None);
            state.say(text::say("trouble-run-gone", &[]));
            return;
        }
    }
}

/// Whether the run is over and nothing more is to be heard of it.
fn settled(state: State) -> bool {
    state.model.with_untracked(|model| model.as_ref().is_some_and(Model::settled))
}

/// What the page is to a run.
struct Role<'a> {
    /// Whether it is the browser that the lab shows.
    drive: bool,
    /// What was shown when it began.
    epoch: u64,
    /// What it says.
    voice: &'a Voice,
}

/// Reads the feed, and says on it what is to be said.
async fn listen(state: State, active: &Active, socket: WebSocket, role: &Role<'_>) {
    let (mut say, mut lines) = socket.split();
    if let Some(key) = active.key.clone().filter(|_| role.drive) {
        if !send(&mut say, &Say::Drive { key }).await {
            return;
        }
        role.voice.repeat();
    }
    let hearing = pin!(hear(state, active, &mut lines, role));
    let speaking = pin!(speak(&mut say, role.voice));
    select(hearing, speaking).await;
}

/// Says on the feed what is to be said, until that fails.
async fn speak(feed: &mut SplitSink<WebSocket, Message>, voice: &Voice) {
    while send(feed, &voice.next().await).await {}
}

/// Says something on the feed. Says whether that could be done.
async fn send(feed: &mut SplitSink<WebSocket, Message>, say: &Say) -> bool {
    let text = serde_json::to_string(say).unwrap_or_default();
    feed.send(Message::Text(text)).await.is_ok()
}

/// Reads the feed, a frame's worth at a time.
async fn hear(state: State, active: &Active, lines: &mut SplitStream<WebSocket>, role: &Role<'_>) {
    while let Some(first) = lines.next().await {
        let mut gathered = vec![first];
        let mut frame = pin!(TimeoutFuture::new(FRAME_MS));
        while let Either::Left((Some(next), _)) = select(lines.next(), frame.as_mut()).await {
            let failed = next.is_err();
            gathered.push(next);
            if failed {
                break;
            }
        }
        if !shown(state, role.epoch) {
            return;
        }
        let mut alive = true;
        let mut started = false;
        state.model.update(|model| {
            for line in gathered {
                match line {
                    Ok(Message::Text(text)) => started |= take(model, &text),
                    Ok(Message::Bytes(_)) => {}
                    Err(_) => alive = false,
                }
            }
        });
        state.trouble.update(|trouble| {
            if *trouble == Some(Trouble::Away) {
                *trouble = None;
            }
        });
        note_now(state);
        if started
            && role.drive
            && let Some(part) = Part::of(state, active, role.voice.clone())
        {
            spawn_local(async move { labs::drive(&part).await });
        }
        if settled(state) {
            recent::load(state);
            return;
        }
        if !alive {
            return;
        }
    }
}

/// Takes a line of the feed in. Says whether it is the input `start`.
fn take(model: &mut Option<Model>, text: &str) -> bool {
    match (log::line(text), model) {
        (Ok(Line::Header(header)), model @ None) => {
            *model = Some(Model::new(*header));
            false
        }
        (Ok(Line::Entry(entry)), Some(model)) => {
            let new = entry.seq > model.last_seq();
            let start = matches!(&entry.what, What::Input(input) if input.input == "start");
            model.push(*entry);
            new && start
        }
        // A header again after a reconnection, or a line that is none.
        _ => false,
    }
}

/// Sets the clock of a live run by the last entry's moment.
fn note_now(state: State) {
    let last = state.model.with_untracked(|model| {
        let model = model.as_ref()?;
        model.state.serves().then(|| model.entries.last().map(|entry| entry.at_us))?
    });
    state.now.update(|now| *now = last.map(|last| now.unwrap_or_default().max(last)));
}

/// Lets the clock of a live run go on between entries.
pub fn tick(state: State, millis: u64) {
    // What happens on a studio that does not answer is not known.
    if state.trouble.with_untracked(|trouble| *trouble == Some(Trouble::Away)) {
        return;
    }
    state.now.update(|now| {
        if let Some(now) = now {
            *now = now.plus(Micros::from_millis(millis));
        }
    });
}

//! The page as the browsers of the lab `websocket`: each user of the chat has a socket of their own.

use std::rc::Rc;

use futures_util::future::join_all;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use trace::entry::What;
use trace::note;
use trace::studio::RunState;

use super::cast;
use super::part::{Part, now};
use super::user::{Arrived, User};
use crate::state::{Active, State};
use crate::voice::Voice;

/// How often the page looks how things stand.
const LOOK_MS: u64 = 50;

/// How long all may take to join.
const JOINS_MS: f64 = 3_000.0;

/// How long after the last was sent the messages that are missing are waited for.
const AFTER_ALL_MS: f64 = 3_000.0;

/// How long the chat stays open for a person who has written something.
const TALKS_MS: f64 = 60_000.0;

/// How long closing in order may take.
const LEAVES_MS: f64 = 3_000.0;

/// How many of a busy user's messages there are for each of somebody else's.
const BUSY: u64 = 10;

/// How many there are by their letters at most.
const LETTERS: u64 = 26;

/// Lets A and B talk, or a busy A and all others, until all has arrived that still can.
pub(crate) async fn drive(part: &Part) {
    let clients = part.number("clients").clamp(2, LETTERS);
    let arrived = Arrived::default();
    let join = |place: u64| User::join(part, &name(place), index(place), &arrived);
    let users: Vec<Rc<User>> = (0..clients).map(join).collect();
    users.iter().for_each(cast::enter);
    // Where instances keep the messages, one to somebody who is not there yet would be lost.
    let joined = now();
    while !users.iter().all(|user| user.is_open()) && now() - joined < JOINS_MS {
        if !part.rest(LOOK_MS).await {
            return;
        }
    }
    let began = now();
    let talks = (0..clients).zip(&users).map(|(place, user)| talk(part, user, place, began));
    join_all(talks).await;
    let (messages, said) = (part.number("messages"), now());
    loop {
        let all = arrived.borrow().len() as u64 >= messages || now() - said >= AFTER_ALL_MS;
        let quiet = all && cast::silent_for() >= TALKS_MS.min(now() - began);
        if quiet && !has_guests(part) {
            break;
        }
        part.waits(quiet);
        if !part.rest(LOOK_MS).await {
            return;
        }
    }
    users.iter().for_each(|user| user.leave());
    let left = now();
    while !users.iter().all(|user| user.is_gone()) && now() - left < LEAVES_MS {
        if !part.rest(LOOK_MS).await {
            return;
        }
    }
    part.done();
}

/// A user's part: each message at its turn, or as soon as the socket is back.
async fn talk(part: &Part, user: &User, place: u64, began: f64) {
    let clients = part.number("clients").clamp(2, LETTERS);
    let busy = part.header.params.get("busy") == Some(&Value::Bool(true));
    let every = part.number("message_every_ms") as f64;
    for number in 0..part.number("messages") {
        let (from, to) = turn(number, clients, busy);
        if from != place {
            continue;
        }
        if !part.until(began + every * (number + 1) as f64).await {
            return;
        }
        let text = format!("Message {}", number + 1);
        while !user.say(&name(to), &text) {
            if !part.rest(LOOK_MS).await {
                return;
            }
        }
    }
}

/// Who sends the message of this number, from 0, and to whom.
fn turn(number: u64, clients: u64, busy: bool) -> (u64, u64) {
    let others = clients - 1;
    if !busy {
        // A and B talk, in turn.
        return (number % 2, (number + 1) % 2);
    }
    // Ten of A's for each of the others'; A's go to the others in turn.
    let place = number % (BUSY * others + others);
    if place < BUSY * others { (0, 1 + place % others) } else { (1 + place - BUSY * others, 0) }
}

/// A user's name: A, B, C …
#[must_use]
pub fn name(place: u64) -> String {
    let letter = u8::try_from(place % LETTERS).unwrap_or_default();
    char::from(b'A' + letter).to_string()
}

fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or_default()
}

/// Whether somebody chats whom this page does not play: a second tab, a phone, a client of one's own.
fn has_guests(part: &Part) -> bool {
    let is_guest = |model: &scene::model::Model, what: &What| match what {
        What::Note(note::Note { conn: Some(conn), what: note::What::UserJoined { user, .. } }) => {
            model.is_open(*conn) && !cast::plays(user)
        }
        _ => false,
    };
    part.state.model.with_untracked(|model| {
        model.as_ref().is_some_and(|model| {
            let mut noted = model.notes.iter().filter_map(|(_, seq)| model.entry(*seq));
            noted.any(|entry| is_guest(model, &entry.what))
        })
    })
}

/// Joins the chat of a run as a user, as soon as its log has begun; not where this page plays them
/// already. The instance is the one whose turn it is by the first letter of the name.
pub fn join(state: State, active: &Active, user: &str) {
    let epoch = state.epoch.get_untracked();
    let (active, user) = (active.clone(), user.to_owned());
    spawn_local(async move {
        while state.epoch.get_untracked() == epoch {
            if let Some(part) = Part::of(state, &active, Voice::default()) {
                let runs = state.model.with_untracked(|model| {
                    model.as_ref().is_some_and(|model| model.state == RunState::Running)
                });
                if runs && !cast::plays(&user) {
                    let letter = user.bytes().next().unwrap_or(b'A').to_ascii_uppercase();
                    let place = usize::from(letter.saturating_sub(b'A'));
                    cast::enter(&User::join(&part, &user, place, &Arrived::default()));
                    return;
                }
                if part.is_over() || runs {
                    return;
                }
            }
            TimeoutFuture::new(100).await;
        }
    });
}

/// Whether somebody may be called so in the chat.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

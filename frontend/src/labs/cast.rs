//! Whom this page plays in the chat: the users of the lab, and those who joined from the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::part::now;
use super::user::User;

/// How often the page looks whether the run goes on.
const LOOK_MS: u64 = 100;

thread_local! {
    static CAST: RefCell<Vec<Rc<User>>> = const { RefCell::new(Vec::new()) };
    // Outside any view, so that it lives as long as the page.
    static NAMES: ArcRwSignal<Vec<String>> = ArcRwSignal::new(Vec::new());
    static SPOKE: Cell<Option<f64>> = const { Cell::new(None) };
}

/// The names of those whom this page plays.
pub fn names() -> ArcRwSignal<Vec<String>> {
    NAMES.with(ArcRwSignal::clone)
}

/// Whether this page plays a user.
pub fn plays(name: &str) -> bool {
    CAST.with_borrow(|cast| cast.iter().any(|user| user.name == name))
}

/// Somebody joined. They leave by themselves when the run is over, or something else is shown.
pub fn enter(user: &Rc<User>) {
    CAST.with_borrow_mut(|cast| cast.push(Rc::clone(user)));
    user.part.state.mine.update(|mine| {
        mine.insert(format!("user-{}", user.name));
    });
    tell();
    let user = Rc::clone(user);
    spawn_local(async move {
        while user.part.rest(LOOK_MS).await {}
        user.leave();
        CAST.with_borrow_mut(|cast| cast.retain(|other| !Rc::ptr_eq(other, &user)));
        tell();
    });
}

fn tell() {
    let known: Vec<String> =
        CAST.with_borrow(|cast| cast.iter().map(|user| user.name.clone()).collect());
    names().set(known);
}

/// Lets a user say what a person wrote. Says whether it could be sent.
pub fn say(from: &str, to: &str, text: &str) -> bool {
    SPOKE.set(Some(now()));
    CAST.with_borrow(|cast| {
        cast.iter().find(|user| user.name == from).is_some_and(|user| user.say(to, text))
    })
}

/// For how long no person has written anything, in milliseconds.
pub fn silent_for() -> f64 {
    SPOKE.get().map_or(f64::INFINITY, |spoke| now() - spoke)
}

//! Log in, shapes out. A picture is a function of log, player, selection and size (law 8); nothing
//! here touches a browser, so all of it is tested natively.
//!
//! Open first: [`model`] (the log folded into lanes, connections and steps), [`ladder`] (steps to
//! shapes), [`story`] (what a step says), [`bytes`] (an event's bytes and fields).

pub mod amount;

pub mod model;

mod build;

pub mod player;

pub mod shape;

pub mod ladder;

mod draw;

pub mod told;

pub mod story;

pub mod bytes;

#[cfg(test)]
mod tests;

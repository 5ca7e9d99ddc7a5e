//! Log in, shapes out. A picture is a function of log, player, selection and size (law 8); nothing
//! here touches a browser, so all of it is tested natively.
//!
//! Open first: [`model`] (the log folded into lanes, connections and steps), [`rows`] (where each row
//! stands), [`ladder`] (rows to shapes), [`story`] (what a step says), [`bytes`] (an event's bytes and
//! fields).

pub mod amount;

pub mod step;

pub mod model;

mod build;

pub mod look;

pub mod columns;

mod fold;

pub mod rows;

pub mod player;

pub mod seek;

pub mod shape;

pub mod ladder;

mod draw;

mod marks;

pub mod paint;

pub mod list;

pub mod told;

pub mod story;

pub mod standing;

pub mod timing;

pub mod figures;

pub mod link;

pub mod bytes;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod random_tests;

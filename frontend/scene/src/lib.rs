//! Log in, shapes out. A picture is a function of log, player, selection and size (law 8); nothing
//! here touches a browser, so all of it is tested natively.
//!
//! Open first: [`model`] (the log folded into lanes, connections and steps), [`rows`] (where each row
//! stands), [`ladder`] (rows to shapes), [`story`] (what a step says), [`standing`] (how things stand
//! after it), [`bytes`] (an event's bytes and fields).

pub mod amount;

pub mod cost;

pub mod step;

pub mod model;

mod attacks;

mod build;

mod heard;

mod multiplexed;
mod noted;

mod named;

mod stream;

pub mod tls;

mod words;

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

mod waits;

pub mod webhook;

pub mod schedule;

pub mod paint;

pub mod list;

pub mod told;

pub mod story;

pub mod standing;

pub mod timing;

pub mod figures;

pub mod ways;

pub mod link;

pub mod bytes;

mod mask;

pub mod hpack;

pub mod contracts;

pub mod windows;

pub mod streams;

#[cfg(test)]
mod attack_tests;

#[cfg(test)]
mod callback_tests;

#[cfg(test)]
mod lab_log;

#[cfg(test)]
mod lab_runs;

#[cfg(test)]
mod lab_tests;

#[cfg(test)]
mod state_tests;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod tls_tests;

#[cfg(test)]
mod webhook_tests;

#[cfg(test)]
mod random_tests;

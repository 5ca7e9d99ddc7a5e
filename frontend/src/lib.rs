//! The showing half of Lifeline: draws what the log says, and is the browser of the labs. It never
//! draws what its own callbacks told it (law 10), and decodes nothing (that is `wire`).
//!
//! Open first: [`app`] (the page), [`state`] (its root signals), [`studio`] (the only road to the
//! studio's API), [`labs`] (what the page does as a lab's browser).

pub mod app;

pub mod state;

pub mod pane;

pub mod beside;

pub mod kept;

pub mod studio;

pub mod address;

pub mod session;

pub mod seed;

pub mod by_log;

pub mod measure;

pub mod cost;

pub mod trust;

mod voice;

pub mod file;

pub mod recent;

pub mod toast;

pub mod keys;

pub mod labs;

mod bench;

mod view;

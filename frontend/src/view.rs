//! The parts of the page. Each reads the root signals and holds no state of its own.

pub mod topbar;

pub mod sidebar;

pub mod controls;

pub mod metrics;

pub mod ladder;

mod shapes;

pub mod inspector;

mod bytes;

pub mod player;

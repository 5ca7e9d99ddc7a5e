//! Support for the end-to-end tests: the real binary on free ports, runs over its API, their logs
//! held against the schema, the live feed, and a client that speaks raw bytes. It knows the server
//! only from outside.
//!
//! Open first: [`server`] (starts the binary), [`run`] (a run over the API), [`raw`] (a client).

pub mod server;

pub mod run;

pub mod log;

pub mod live;

pub mod raw;

pub mod client;

pub mod h2;

pub mod calls;

pub mod callbacks;

pub mod vouched;

pub mod browser;

pub mod redis;

pub mod streams;

pub mod blocks;

pub mod judged;

pub mod tshark;

use std::future::Future;
use std::time::Duration;

/// Waits for something that must happen within a time.
///
/// # Panics
/// When it does not.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| panic!("not within {limit:?}: {what}"))
}

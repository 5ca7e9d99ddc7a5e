//! How a callback's address becomes a connection: resolved, judged, and the very address that was judged is
//! dialled. Who resolves and who dials are traits, so that tests count both.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use trace::webhook::Outcome;

use super::guard::{Guard, Target};

/// How long one address is dialled, and how long a name is resolved.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most addresses of a name that are dialled, one after the other.
const ADDRESSES: usize = 4;

/// Who resolves names.
pub trait Resolve: Debug + Send + Sync {
    /// The addresses of a name.
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Who dials addresses.
pub trait Connect: Debug + Send + Sync {
    /// Connects to an address.
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
}

/// The system's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolve for System {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, port)));
            Ok(found.await??.collect())
        })
    }
}

impl Connect for System {
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(to)).await??;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
    }
}

/// Who resolves, and who dials.
#[derive(Debug, Clone)]
pub struct Net {
    /// Who resolves names.
    pub resolver: Arc<dyn Resolve>,
    /// Who dials addresses.
    pub connector: Arc<dyn Connect>,
}

impl Default for Net {
    fn default() -> Self {
        Self { resolver: Arc::new(System), connector: Arc::new(System) }
    }
}

/// Connects to a target, if what it resolves to now is allowed.
///
/// # Errors
/// Why there is no connection.
pub async fn reach(guard: &Guard, net: &Net, target: &Target) -> Result<TcpStream, Outcome> {
    let found = guard.addresses(target, net.resolver.as_ref()).await;
    let found = found.map_err(|not| Outcome::NotAllowed { why: not.why })?;
    for addr in found.into_iter().take(ADDRESSES) {
        if let Ok(stream) = net.connector.connect(addr).await {
            return Ok(stream);
        }
    }
    Err(Outcome::NoConnection)
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;

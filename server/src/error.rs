//! Why the server cannot start.

use std::io;
use std::net::SocketAddr;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be opened.
    #[error(
        "cannot listen on {addr} for {name}: {source}; choose other ports with --port (0 takes free ones), or another address with --host"
    )]
    Listen {
        /// What would listen there.
        name: String,
        /// Where.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// `--store` names no store.
    #[error("--store takes {0}")]
    Store(String),
    /// A listener does not know its address.
    #[error("the listener for {name} has no address: {source}")]
    Address {
        /// What listens.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

//! Why the server cannot start.

use std::io;
use std::net::SocketAddr;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be opened.
    #[error(
        "cannot listen on {addr} for {name}: {why}; choose other ports with --port (0 takes free ones), or another address with --host"
    )]
    Listen {
        /// What would listen there.
        name: String,
        /// Where.
        addr: SocketAddr,
        /// What the system said. No `source`: the message has it, and the chain would say it again.
        why: io::Error,
    },
    /// `--store` names no store.
    #[error("--store takes {0}")]
    Store(String),
    /// The folder of `--data` is none and cannot be made.
    #[error("--data takes a folder, and {folder} cannot be one: {source}")]
    Data {
        /// What was given.
        folder: String,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate authority that was kept cannot be used.
    #[error(
        "the certificate authority in {file} cannot be used: {why}; move its folder away, and a new one is made"
    )]
    Authority {
        /// The file that is at fault.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The deliveries that were kept cannot be used.
    #[error(
        "the deliveries in {file} cannot be used: {why}; move the file away, or choose another folder with --data"
    )]
    Webhooks {
        /// The file that is at fault.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The runs that were kept cannot be used.
    #[error(
        "the runs in {file} cannot be used: {why}; move the file away, or choose another folder with --data"
    )]
    Runs {
        /// The file that is at fault.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file of the runs that were kept cannot be read or written.
    #[error(
        "the runs in {file} cannot be used: {why}; make room or give the rights, or choose another folder with --data"
    )]
    File {
        /// The file.
        file: String,
        /// What the system said.
        why: io::Error,
    },
    /// Another server keeps its runs there.
    #[error(
        "{folder} is in use by another server; stop that one, or choose another folder with --data"
    )]
    InUse {
        /// The folder.
        folder: String,
    },
    /// The server cannot make its certificates.
    #[error("no certificate can be made: {0}")]
    Certificate(String),
    /// A listener does not know its address.
    #[error("the listener for {name} has no address: {why}")]
    Address {
        /// What listens.
        name: String,
        /// What the system said.
        why: io::Error,
    },
}

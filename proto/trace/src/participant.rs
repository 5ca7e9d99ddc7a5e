//! Who takes part in a run: the lanes of its diagram.

use serde::{Deserialize, Serialize};

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Its name in this log: `browser`, `agent`, `instance1`, `curl`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What kind of thing it is.
    pub role: Role,
    /// A few words more, such as a port.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
}

/// What kind of thing a participant is. A native client is never called a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The page that runs the lab.
    Browser,
    /// A client inside the server, where a browser cannot or should not be the peer.
    Agent,
    /// A client of somebody's own, such as curl.
    Client,
    /// A service of the lab.
    Server,
    /// What the services share and keep things in.
    Store,
}

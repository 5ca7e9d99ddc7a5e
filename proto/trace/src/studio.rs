//! The shapes of the studio's API that server and page share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{RunId, Seq};
use crate::metrics::Metrics;
use crate::participant::Participant;

/// A lab as `GET /api/labs` lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    /// Its name in the API: `http10`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The group in which the page lists it.
    pub group: String,
    /// What it shows, in one line.
    pub summary: String,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The inputs that its runs take: `start`, `stop`, `next`, `send` …; none where it has no runs.
    pub inputs: Vec<String>,
}

impl Lab {
    /// Whether it has runs: a lab without lanes is measured instead.
    #[must_use]
    pub fn has_runs(&self) -> bool {
        !self.inputs.is_empty()
    }
}

/// A parameter of a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name in the API.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its type, range and default.
    #[serde(flatten)]
    pub kind: ParamKind,
    /// What it does, in one line.
    pub help: String,
}

/// The type of a parameter, with its range and default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ParamKind {
    /// A whole number.
    Integer {
        /// The least that is taken.
        min: u64,
        /// The most that is taken.
        max: u64,
        /// What it is when nothing is said.
        default: u64,
        /// `s`, `ms`, `kbit/s` or nothing.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unit: String,
    },
    /// Yes or no.
    Boolean {
        /// What it is when nothing is said.
        default: bool,
    },
    /// One of some words.
    Choice {
        /// The words.
        options: Vec<String>,
        /// What it is when nothing is said.
        default: String,
    },
}

/// What `POST /api/runs` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// The lab.
    pub lab: String,
    /// Its parameters; those not named have their defaults.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// The seed of everything that is drawn by lot.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// What `POST /api/runs` gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// The run.
    pub id: RunId,
    /// The key that calls need which change it.
    pub key: String,
    /// The lab's addresses by name, each ending in `/r/{id}`.
    pub urls: BTreeMap<String, String>,
    /// Who is known to take part.
    pub participants: Vec<Participant>,
}

/// A run as `GET /api/runs/{id}` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The run.
    pub id: RunId,
    /// Its lab.
    pub lab: String,
    /// Every parameter with its value.
    pub params: Map<String, Value>,
    /// The seed.
    pub seed: u64,
    /// How far it is.
    pub state: RunState,
    /// When it was made, RFC 3339, UTC.
    pub started: String,
    /// The number of the last entry.
    pub last_seq: Seq,
    /// The lab's addresses by name.
    pub urls: BTreeMap<String, String>,
    /// The figures so far.
    pub metrics: Metrics,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Made; its addresses answer, nothing was started.
    Ready,
    /// Started.
    Running,
    /// Over.
    Finished,
    /// Over, and not as it should be.
    Failed,
}

impl RunState {
    /// Whether the run's lab addresses answer.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Ready | Self::Running)
    }
}

/// What `GET /api/origins` gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origins {
    /// Every address by name: `studio`, `instance1` …, `http10`.
    pub origins: BTreeMap<String, String>,
    /// Whether an address was given by `--lab-url`: something stands between.
    pub proxied: bool,
}

/// What `GET /api/authority` gives: who vouches for this server's names over TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Its name in certificates.
    pub name: String,
    /// SHA-256 over its certificate, in pairs of hexadecimal digits with colons between.
    pub fingerprint_sha256: String,
    /// Whether it outlives this server: `--data` was given.
    pub kept: bool,
    /// Until when it may be trusted, RFC 3339, UTC.
    pub not_after: String,
}

/// An error of the API (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of error, as an address of its explanation.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do.
    pub detail: String,
}

/// What a page says on the live feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    /// This page drives the run: it is the browser that the lab shows.
    Drive {
        /// The run's key.
        key: String,
    },
    /// The page that drives the run has done its part.
    Done,
    /// The page that drives the run tells what only it knows.
    Report(crate::entry::Report),
}

/// What `POST /api/runs/{id}/inputs` takes: a button, pressed by a person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// `start`, `stop`, `next`, `send`, `kill`, `restart`, `drop`, `pay`, `rotate`, `enable`, `replay`,
    /// `site` or `attack`.
    pub input: String,
    /// The instance to kill or restart, or through which to send.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instance: Option<String>,
    /// What to send.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// The disabled endpoint that is to be called again; without one all are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// The delivery to replay.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivery: Option<String>,
    /// How site.com is to behave.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub behaviour: Option<String>,
    /// What an attacker is to try.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
}

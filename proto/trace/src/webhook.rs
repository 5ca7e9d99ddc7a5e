//! What the services say of webhooks: how endpoints fare, why a delivery is tried, how an attempt ends, and
//! what its receiver makes of it (Standard Webhooks 1.0).

use serde::{Deserialize, Serialize};

/// The waits that Standard Webhooks 1.0 recommends, in seconds: the first attempt, then each after the
/// one before.
pub const STANDARD_WAITS_S: [u64; 10] =
    [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How an endpoint fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It took what was sent last, or nothing was sent yet.
    Healthy,
    /// What was sent last failed.
    Failing,
    /// Too much failed in a row: nothing more is sent until somebody says so.
    Disabled,
}

/// Why a delivery is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planned {
    /// Something happened that is to be told.
    First,
    /// It was tried before.
    Retry,
    /// Somebody asks for it by hand.
    Replay,
    /// It has arrived, and is to arrive once more.
    Twice,
}

/// Why a delivery is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dead {
    /// It was tried as often as it may be.
    Attempts,
    /// Its endpoint is disabled.
    Disabled,
    /// The run ended before it had arrived, and nobody is there any more who could take it.
    RunOver,
    /// Its endpoint was taken away before it had arrived.
    Removed,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answer's status was 2xx.
    Delivered,
    /// The answer had another status; redirects are not followed.
    Refused {
        /// The status.
        status: u16,
    },
    /// No answer came in time.
    TimedOut,
    /// The connection was cut off before an answer.
    Reset,
    /// No connection came about.
    NoConnection,
    /// Callbacks may not go there.
    NotAllowed {
        /// Why.
        why: String,
    },
    /// The certificate does not vouch for the name.
    BadCertificate,
}

/// What a receiver makes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is signed, in time and new.
    Good,
    /// No signature of it fits.
    BadSignature,
    /// Its timestamp is more than five minutes ago.
    TooOld,
    /// Its timestamp is more than five minutes ahead.
    TooNew,
    /// One of the three headers is missing.
    NoSignature,
    /// It fits, and its id was taken before.
    Duplicate,
}

//! The lab `job`: one long payment, and four who learn of its end each in a way of their own: by asking
//! over and over, by asking and being held, by listening, and by being told.

mod callback;
mod clients;
pub mod serve;
mod work;

use serde_json::{Value, json};
use trace::participant::Participant;
use trace::spoken;
use trace::studio::Lab;

use super::{common, integer, lab};
use crate::listen::Service;
use crate::run::{Run, client};

pub use clients::ask;
pub use work::{Job, work};

/// Who does the job, and calls back.
const PAYMENTS: &str = "payments";

/// Who is told by a webhook.
pub const SITE: &str = "site.com";

/// The services that take part, in the order of their lanes; the first answers who asks or listens.
pub const SERVICES: [&str; 3] = ["instance1", PAYMENTS, SITE];

/// The clients inside the server, by name in the log and name for people.
const POLLER: (&str, &str) = ("poller", "Short poller");
const LONG_POLLER: (&str, &str) = ("long_poller", "Long poller");
const LISTENER: (&str, &str) = ("listener", "Listener");

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("job_ms", [500, 6_000, 60_000], "ms"),
        integer("parts", [1, 5, 50], ""),
        integer("interval_ms", [50, 1_000, 60_000], "ms"),
        integer("hold_s", [1, 10, 60], "s"),
    ];
    params.extend(common());
    lab("job", "notifications", params)
}

/// The services that take part, of all that there are.
#[must_use]
pub fn services(all: &[Service]) -> Vec<Service> {
    let named = |name: &str| all.iter().find(|service| service.name == name).cloned();
    SERVICES.into_iter().filter_map(named).collect()
}

/// The clients inside the server, each with a lane of its own.
#[must_use]
pub fn clients() -> Vec<Participant> {
    [POLLER, LONG_POLLER, LISTENER].into_iter().map(|(id, name)| client(id, name)).collect()
}

/// How far a run's job is, as its answers and events say it.
pub fn state(run: &Run, done: u64) -> Value {
    json!({ "job": spoken::job_of(&run.id), "done": done, "of": run.number("parts") })
}

//! The instances over the API, for everybody: kill and restart.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Studio;
use super::guard::Caller;
use super::problem::Refused;
use super::runs_api::Answer;
use crate::instances::Unswitched;

/// `POST /api/instances/{name}/{kill,restart}`
pub async fn turn(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    Path((name, act)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let switches = &studio.switches;
    // It touches every run, so no run's key is enough.
    if !studio.trusts(&caller) {
        let why = "Only a caller on this machine may kill or restart an instance for everybody.";
        return Err(Refused::new(StatusCode::FORBIDDEN, why));
    }
    let done = match act.as_str() {
        "kill" => switches.turn(&name, false).await,
        "restart" => switches.turn(&name, true).await,
        _ => return Err(Refused::new(StatusCode::NOT_FOUND, "kill or restart is wanted.")),
    };
    match done {
        Ok(()) => {
            tracing::info!(instance = name, act, "for everybody");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(Unswitched::Unknown) => {
            let known = studio.services.iter().map(|service| service.name.as_str());
            let known: Vec<&str> = known.filter(|name| name.starts_with("instance")).collect();
            let why = format!("There is no instance {name}; there are {}.", known.join(", "));
            Err(Refused::new(StatusCode::NOT_FOUND, why))
        }
        Err(Unswitched::Already) => {
            let is = if switches.is_up(&name) { "up" } else { "down" };
            let why = format!("{name} is {is} already.");
            Err(Refused::new(StatusCode::CONFLICT, why))
        }
        Err(Unswitched::PortTaken) => {
            let why = format!("The port of {name} cannot be opened: something else has it.");
            Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, why))
        }
    }
}

//! Buttons of a run over the API, pressed by a page or a program.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use trace::note::Reach;
use trace::studio::{Press, RunState};

use super::Studio;
use super::guard::Caller;
use super::problem::Refused;
use super::runs_api::{Answer, bad_json, find};
use crate::labs::webhook::{self, Unpressed};
use crate::labs::{Kind, another_service};
use crate::run::Run;

/// `POST /api/runs/{id}/inputs`
pub async fn input(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<Press>, JsonRejection>,
) -> Answer<StatusCode> {
    let found = find(&studio, &id)?;
    caller.check_key(&studio, &found)?;
    let Json(press) = body.map_err(bad_json)?;
    let live = found.live().filter(|run| run.state().serves()).cloned();
    let Some(run) = live else {
        return Err(Refused::new(StatusCode::GONE, "This run is over; make a new one."));
    };
    let taken = Kind::named(&run.log.header.lab).map(Kind::inputs).unwrap_or_default();
    if !taken.contains(&press.input) {
        let detail = format!("input takes one of {} in this lab.", taken.join(", "));
        return Err(unprocessable(&detail));
    }
    match press.input.as_str() {
        "start" => start(&studio, &run).await?,
        "stop" => {
            run.input("stop", None);
            run.go_to(RunState::Finished, "stopped");
        }
        "next" if !run.gate.waits() => return Err(conflict("Nothing waits.")),
        "next" => {
            run.input("next", None);
            run.gate.next();
        }
        "send" => send(&studio, &run, press)?,
        "drop" => {
            run.input("drop", None);
            run.shared.drops.send_modify(|times| *times += 1);
        }
        "kill" | "restart" => turn(&run, &press)?,
        _ => webhook::press(&run, &press).map_err(|why| match why {
            Unpressed::Unclear(why) => unprocessable(&why),
            Unpressed::NotNow(why) => conflict(why),
        })?,
    }
    Ok(StatusCode::NO_CONTENT)
}

fn conflict(detail: &str) -> Refused {
    Refused::new(StatusCode::CONFLICT, detail)
}

fn unprocessable(detail: &str) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

async fn start(studio: &Studio, run: &Arc<Run>) -> Answer<()> {
    if run.state() != RunState::Ready {
        return Err(conflict("This run was started already."));
    }
    if run.word("peer") == "browser" && !driven_soon(run).await {
        let why = "No page drives this run: open it in a browser, or set peer to agent.";
        return Err(conflict(why));
    }
    // The state first: a page that reads `start` may ask at once.
    if !run.go_to(RunState::Running, "") {
        return Ok(());
    }
    run.input("start", None);
    if let Some(kind) = Kind::named(&run.log.header.lab) {
        tokio::spawn(kind.drive(Arc::clone(run), kind.services(&studio.services)));
    }
    Ok(())
}

/// Whether a page drives the run, or comes to do so in a moment: a page that has just made a run
/// presses start while its feed is still being connected.
async fn driven_soon(run: &Run) -> bool {
    for _ in 0..20 {
        if run.driven() {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    run.driven()
}

/// Kills or restarts an instance for this run.
fn turn(run: &Run, press: &Press) -> Answer<()> {
    let known: Vec<&str> = run.shared.all().map(|instance| instance.name.as_str()).collect();
    let named = press.instance.as_deref().filter(|name| known.contains(name));
    let Some(name) = named else {
        return Err(unprocessable(&format!("instance takes one of {}.", known.join(", "))));
    };
    let down = run.shared.named(name).is_some_and(|instance| instance.is_down());
    let kills = press.input == "kill";
    if down == kills {
        let is = if down { "down" } else { "up" };
        return Err(conflict(&format!("{name} is {is} already.")));
    }
    run.input(&press.input, Some(name.to_owned()));
    let done = if kills { run.kill(name, Reach::Run) } else { run.restart(name, Reach::Run) };
    if done {
        return Ok(());
    }
    let why = format!("It was killed for everybody: POST /api/instances/{name}/restart starts it.");
    Err(conflict(&why))
}

/// Lets another service send a message.
fn send(studio: &Studio, run: &Arc<Run>, press: Press) -> Answer<()> {
    let most = run.caps.message_bytes;
    let Some(text) = press.text.filter(|text| !text.is_empty() && text.len() as u64 <= most) else {
        return Err(unprocessable(&format!("text takes 1 to {most} bytes.")));
    };
    let services = Kind::named(&run.log.header.lab)
        .map(|kind| kind.services(&studio.services))
        .unwrap_or_default();
    let known: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    if press.instance.as_ref().is_some_and(|name| !known.contains(name)) {
        return Err(unprocessable(&format!("instance takes one of {}.", known.join(", "))));
    }
    let down = |name: &String| run.shared.named(name).is_some_and(|instance| instance.is_down());
    if press.instance.as_ref().is_some_and(down) {
        return Err(conflict("That instance is down: restart it, or send through another."));
    }
    run.input("send", press.instance.clone());
    tokio::spawn(another_service::send(Arc::clone(run), services, text, press.instance));
    Ok(())
}

//! `bench message`: what a delivered message costs a server in processor time on a server stream of gRPC, on
//! an event stream and on a WebSocket. The peer is a server of Node.js with `@grpc/grpc-js`, its own `http`
//! and `ws`, measured the same way in the same run: whether gRPC needs more may be the protocol's doing or
//! a library's.

use anyhow::Result;
use serde_json::{Value, json};

use super::Found;
use super::stats::{median, rounded, spread};
use super::tools::{self, Running, curl};
use crate::repo::Repo;
use crate::say::{self, Steps};

const ROUNDS: usize = 5;

/// Messages by each protocol in a round, and the length of each text. The peer's are in its script.
const MESSAGES: u32 = 2_000;
const BYTES: u32 = 64;

const PROTOCOLS: [&str; 3] = ["grpc", "sse", "websocket"];

/// Measures both in turn.
pub fn run(repo: &Repo) -> Result<Found> {
    let mut steps = Steps::new(3);
    steps.step("build", "building page and server", || tools::build(repo))?;
    let peer = steps.step("peer", "bringing grpc-js and ws", || tools::npm(repo))?;
    let rounds = steps.step("rounds", "measuring", || {
        let lifeline = Running::lifeline(repo, &[])?;
        let ask = format!("{}/api/processor_time?messages={MESSAGES}&bytes={BYTES}", lifeline.url);
        let contract = repo.root.join("proto");
        let mut rounds = Vec::new();
        for number in 1..=ROUNDS {
            let ours = || curl(&[&ask]);
            let theirs = || tools::node(&peer, "message.mjs", &contract);
            // Neither is always first.
            let (lifeline, node) = if number % 2 == 1 {
                let lifeline = ours()?;
                (lifeline, theirs()?)
            } else {
                let node = theirs()?;
                (ours()?, node)
            };
            let round = json!({"round": number, "lifeline": lifeline, "node": node});
            say::note(&format!("round {number} of {ROUNDS}: {}", told(&round)));
            rounds.push(round);
        }
        Ok(rounds)
    })?;
    let result = result(&rounds);
    Ok(Found { rounds, result })
}

/// What a round found of a protocol, in microseconds.
fn figure(round: &Value, who: &str, protocol: &str, name: &str) -> Option<f64> {
    let all = round[who]["protocols"].as_array()?;
    all.iter().find(|cost| cost["protocol"] == protocol)?[name].as_f64()
}

/// A round in one line.
fn told(round: &Value) -> String {
    let of = |who: &str| {
        let median = |protocol| figure(round, who, protocol, "median_us").unwrap_or(f64::NAN);
        PROTOCOLS.map(|protocol| format!("{protocol} {:.1} µs", median(protocol))).join(", ")
    };
    format!("{}; Node.js: {}", of("lifeline"), of("node"))
}

fn result(rounds: &[Value]) -> Value {
    let whole = |round: &Value| round["lifeline"]["whole"] == json!(true);
    json!({
        "lifeline": of(rounds, "lifeline"),
        "lifeline_heard": heard(rounds),
        "node": of(rounds, "node"),
        "versions": rounds.first().map(|round| round["node"]["versions"].clone()),
        "whole": rounds.iter().all(whole),
    })
}

/// Each protocol's figures, and how many times gRPC took what the others took.
fn of(rounds: &[Value], who: &str) -> Value {
    let all = |protocol: &str| -> Vec<f64> {
        rounds.iter().filter_map(|round| figure(round, who, protocol, "median_us")).collect()
    };
    let [grpc, sse, websocket] = PROTOCOLS.map(all);
    json!({
        "grpc_us": spread(&grpc),
        "sse_us": spread(&sse),
        "websocket_us": spread(&websocket),
        "grpc_to_sse": rounded(median(&grpc) / median(&sse)),
        "grpc_to_websocket": rounded(median(&grpc) / median(&websocket)),
    })
}

/// The same as the labs do it, heard and decoded: the peer has nothing of that kind.
fn heard(rounds: &[Value]) -> Value {
    let all = |protocol: &str| -> Vec<f64> {
        rounds.iter().filter_map(|round| figure(round, "lifeline", protocol, "heard_us")).collect()
    };
    let [grpc, sse, websocket] = PROTOCOLS.map(all);
    json!({
        "grpc_us": spread(&grpc),
        "sse_us": spread(&sse),
        "websocket_us": spread(&websocket),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(grpc: f64, whole: bool) -> Value {
        let cost = |protocol: &str, us: f64| json!({"protocol": protocol, "median_us": us, "heard_us": 2.0 * us});
        let protocols = [cost("grpc", grpc), cost("sse", 10.0), cost("websocket", 8.0)];
        let node = json!({"protocols": protocols, "versions": {"node": "v20"}});
        json!({"lifeline": {"protocols": protocols, "whole": whole}, "node": node})
    }

    #[test]
    fn grpc_is_held_against_the_others() {
        let found = result(&[round(20.0, true), round(19.0, true), round(30.0, true)]);
        assert_eq!(found["lifeline"]["grpc_to_sse"], json!(2.0));
        assert_eq!(found["node"]["grpc_to_websocket"], json!(2.5));
        assert_eq!(found["lifeline_heard"]["grpc_us"]["median"], json!(40.0));
        assert_eq!((&found["whole"], &found["versions"]["node"]), (&json!(true), &json!("v20")));
        assert_eq!(result(&[round(20.0, false)])["whole"], json!(false));
    }

    #[test]
    fn a_round_is_told_in_a_line() {
        let told = told(&round(20.0, true));
        assert!(told.starts_with("grpc 20.0 µs, sse 10.0 µs, websocket 8.0 µs; Node.js: grpc"));
    }
}

//! `bench ladder`: Lifeline's page and mermaid in the same Chromium, on as many messages: the first
//! view, the whole diagram as SVG, one more message, and frames while scrolling.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Found;
use super::log::{self, Length};
use super::stats::{all_met, at_least, at_most, median, quantile, rounded, spread, tail};
use super::tools::{self, Running};
use crate::browser::Browser;
use crate::repo::Repo;
use crate::say::Steps;

const ROUNDS: usize = 5;

/// Messages that come after a log, one by one.
const APPENDS: usize = 60;

/// A length at which both are measured.
struct Size {
    name: &'static str,
    length: Length,
    /// How often mermaid draws one message more in a round; none where it is not measured.
    peer_appends: Option<usize>,
}

const SIZES: [Size; 4] = [
    Size { name: SHORT, length: Length::Messages(100), peer_appends: Some(5) },
    Size { name: "1000 messages", length: Length::Messages(1_000), peer_appends: Some(3) },
    Size { name: LONG, length: Length::Messages(5_000), peer_appends: Some(1) },
    Size { name: HUGE, length: Length::Entries(50_000), peer_appends: None },
];

const SHORT: &str = "100 messages";
const LONG: &str = "5000 messages";
const HUGE: &str = "50000 entries";

/// A frame at 60 a second, in milliseconds.
const FRAME_MS: f64 = 16.7;

/// The most that the browser tells of a frame that is not late: its clock has steps of 0.1 ms.
const FRAME_TOLD_MS: f64 = 17.0;

/// Measures both in turn.
pub fn run(repo: &Repo) -> Result<Found> {
    let mut steps = Steps::new(4);
    steps.step("page", "building the page and the server", || tools::build(repo))?;
    let folder = steps.step("npm", "bringing mermaid along", || tools::npm(repo))?;
    let logs = repo.target.join("bench");
    let sizes = steps.step("logs", "making logs", || write_logs(&logs))?;
    let told = steps.step("rounds", "measuring", || {
        let browser = Browser::ready()?;
        let lifeline = Running::lifeline(repo, &[])?;
        let plan = json!({
            "chromium": browser.chromium,
            "lifeline": lifeline.url,
            "rounds": ROUNDS,
            "appends": APPENDS,
            "sizes": sizes,
        });
        let path = logs.join("plan.json");
        fs::write(&path, plan.to_string())?;
        tools::node(&folder, "ladder.mjs", &path)
    })?;
    let mut rounds = told["rounds"].as_array().context("there are no rounds")?.clone();
    let result = result(&sizes, &rounds, &told["versions"]);
    rounds.iter_mut().for_each(summarise);
    Ok(Found { rounds, result })
}

/// Writes each size's log, and tells what the driver needs of it.
fn write_logs(folder: &Path) -> Result<Vec<Value>> {
    fs::create_dir_all(folder)?;
    let write = |name: &str, text: &str| -> Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let mut told = Vec::new();
    for Size { name, length, peer_appends } in SIZES {
        let log = log::make(length, APPENDS)?;
        let file = name.replace(' ', "-");
        told.push(json!({
            "name": name,
            "messages": log.messages,
            "entries": log.entries,
            "bytes": log.text.len(),
            "log": write(&format!("{file}.ndjson"), &log.text)?,
            "more": write(&format!("{file}.more.json"), &json!(log.more).to_string())?,
            "peer": peer_appends.is_some(),
            "peer_appends": peer_appends.unwrap_or(0),
        }));
    }
    Ok(told)
}

/// What one of the two was measured at, over all rounds.
struct Side<'a> {
    rounds: &'a [Value],
    size: &'a str,
    who: &'a str,
}

impl Side<'_> {
    /// Every value of a kind: `shown`, `frames/drag`.
    fn all(&self, what: &str) -> Vec<f64> {
        let path = format!("/{}/{what}", self.who);
        let rounds = self.rounds.iter().filter(|round| round["size"] == json!(self.size));
        rounds.filter_map(|round| round.pointer(&path)).flat_map(numbers).collect()
    }

    fn median(&self, what: &str) -> f64 {
        median(&self.all(what))
    }

    fn told(&self) -> Value {
        if self.all("shown").is_empty() {
            return Value::Null;
        }
        json!({
            "first_view_ms": spread(&self.all("shown")),
            "svg_ms": spread(&self.all("svg")),
            "svg_bytes": self.median("svg_bytes"),
            "one_more_ms": tail(&self.all("append")),
            "wheel_frame_ms": tail(&self.all("frames/wheel")),
            "drag_frame_ms": tail(&self.all("frames/drag")),
        })
    }
}

/// A number, or those of a list.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_f64).collect(),
        value => value.as_f64().into_iter().collect(),
    }
}

fn result(sizes: &[Value], rounds: &[Value], versions: &Value) -> Value {
    let mut figures = Vec::new();
    for size in sizes {
        let name = size["name"].as_str().unwrap_or_default();
        let side = |who| Side { rounds, size: name, who };
        let (ours, theirs) = (side("lifeline"), side("mermaid"));
        let times = |what: &str| rounded(theirs.median(what) / ours.median(what));
        figures.push(json!({
            "size": name,
            "messages": size["messages"],
            "entries": size["entries"],
            "log_bytes": size["bytes"],
            "lifeline": ours.told(),
            "mermaid": theirs.told(),
            "times_faster": {
                "first_view": times("shown"),
                "svg": times("svg"),
                "one_more": times("append"),
            },
        }));
    }
    let goals = goals(rounds);
    json!({ "versions": versions, "sizes": figures, "met": all_met(&goals), "goal": goals })
}

fn goals(rounds: &[Value]) -> Vec<Value> {
    let side = |size, who| Side { rounds, size, who };
    let (short, long, huge) =
        (side(SHORT, "lifeline"), side(LONG, "lifeline"), side(HUGE, "lifeline"));
    let peer = side(LONG, "mermaid");
    let times = |what: &str| peer.median(what) / long.median(what);
    let appends = long.all("append");
    let more = median(&appends) / short.median("append");
    let mut frames = huge.all("frames/wheel");
    frames.extend(huge.all("frames/drag"));
    vec![
        at_least("first view of 5,000 messages, times faster than mermaid", 300.0, times("shown")),
        at_least("5,000 messages as SVG, times faster than mermaid", 25.0, times("svg")),
        at_most("one more message at 5,000, p99 in ms", FRAME_MS, quantile(&appends, 0.99)),
        at_most("one more message at 5,000 against one more at 100, medians", 1.5, more),
        at_most(
            "a frame while 50,000 entries scroll, p99 in ms",
            FRAME_TOLD_MS,
            quantile(&frames, 0.99),
        ),
    ]
}

/// Puts figures in the place of long lists.
fn summarise(value: &mut Value) {
    match value {
        Value::Array(_) => *value = tail(&numbers(value)),
        Value::Object(members) => members.values_mut().for_each(summarise),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(size: &str, ours: f64, theirs: f64, frame: f64) -> Value {
        let told = |ms: f64| {
            json!({
                "shown": ms,
                "svg": ms,
                "svg_bytes": 9,
                "append": [ms / 10.0, ms / 5.0],
                "frames": { "wheel": [16.7, frame], "drag": [16.7] },
            })
        };
        json!({ "round": 1, "size": size, "lifeline": told(ours), "mermaid": told(theirs) })
    }

    #[test]
    fn goals_are_judged_by_medians_and_tails() {
        let sizes = [json!({ "name": SHORT }), json!({ "name": LONG }), json!({ "name": HUGE })];
        let rounds = |frame: f64| {
            vec![
                round(SHORT, 10.0, 100.0, 16.7),
                round(LONG, 12.0, 8_000.0, 16.7),
                round(HUGE, 50.0, f64::NAN, frame),
            ]
        };
        let good = result(&sizes, &rounds(16.8), &Value::Null);
        assert_eq!(good["met"], json!(true), "{good:#}");
        assert_eq!(good["sizes"][0]["times_faster"]["first_view"], json!(10.0));
        assert!(good["sizes"][2]["mermaid"].is_null());
        let bad = result(&sizes, &rounds(33.3), &Value::Null);
        assert_eq!(bad["met"], json!(false));
    }

    #[test]
    fn long_lists_are_summed_up() {
        let mut told = round(SHORT, 10.0, 100.0, 20.0);
        summarise(&mut told);
        assert_eq!(told["lifeline"]["append"]["count"], json!(2));
        assert_eq!(told["mermaid"]["frames"]["wheel"]["max"], json!(20.0));
        assert_eq!(told["lifeline"]["shown"], json!(10.0));
    }
}

//! Our decoders hear what other people's do: frames as npm's `ws`, events as npm's
//! `eventsource-parser`, on all fixtures and on 10,000 generated streams each; 10,000 generated header
//! blocks as Python's `hpack`. `tests/src/judged.rs` says what is not compared, and why.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tests::judged::{self, Judged};
use tests::{blocks, streams, within};
use tokio::process::Command;
use trace::span::Dir;
use wire::transcript::{self, Script};

/// Generated streams of each kind.
const COUNT: usize = 10_000;

const LIMIT: Duration = Duration::from_secs(120);

/// Disagreements that are shown.
const SHOWN: usize = 5;

/// Every conversation in the fixtures that begins with HTTP/1.
fn fixtures() -> Vec<(String, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut fixtures = Vec::new();
    for kind in
        ["http1", "websocket", "sse"].into_iter().flat_map(|name| [[name, "ok"], [name, "err"]])
    {
        let folder = folder.join(kind[0]).join(kind[1]);
        let mut paths: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let script = transcript::parse(&text).unwrap_or_else(|why| panic!("{path:?}: {why}"));
            fixtures.push((format!("{}/{}", kind.join("/"), stem(&path)), script));
        }
    }
    fixtures
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A judge: JavaScript, or Python.
fn program(judge: &str) -> Command {
    if judge.ends_with(".py") {
        let python = std::env::var("LIFELINE_PYTHON").expect("cargo xtask test says which Python");
        let mut program = Command::new(python);
        program.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("py").join(judge));
        return program;
    }
    let npm = std::env::var("LIFELINE_NPM").expect("cargo xtask test says where the judges are");
    let mut program = Command::new("node");
    program.arg(Path::new(&npm).join(judge));
    program
}

/// What a judge says of each stream.
async fn verdicts(judge: &str, judged: &[Judged]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("streams.ndjson");
    let lines: Vec<String> = judged.iter().map(|judged| judged.line.to_string()).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let mut program = program(judge);
    program.arg(&file).kill_on_drop(true);
    let output = within(LIMIT, "the verdicts", program.output()).await.expect("the judge starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{judge}: {}\n{errors}", output.status);
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    let verdicts = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    verdicts.collect()
}

/// Holds ours against theirs. What we leave open, with `null`, is not compared.
async fn assert_agreed(judge: &str, judged: &[Judged]) {
    let verdicts = verdicts(judge, judged).await;
    assert_eq!(verdicts.len(), judged.len(), "{judge} judges every stream");
    let disagreed: Vec<String> = judged
        .iter()
        .zip(&verdicts)
        .filter(|(judged, theirs)| {
            let ours = &judged.ours;
            let open = ours["failed"].is_null() || ours["failed"] == theirs["failed"];
            ours["heard"] != theirs["heard"] || !open
        })
        .map(|(Judged { name, bytes, ours, .. }, theirs)| {
            let shown = transcript::escape(&bytes[..bytes.len().min(2_000)]);
            format!("{name}: {shown}\n  ours   {ours}\n  theirs {theirs}")
        })
        .collect();
    assert!(
        disagreed.is_empty(),
        "{judge} hears {} of {} otherwise:\n{}",
        disagreed.len(),
        judged.len(),
        disagreed[..disagreed.len().min(SHOWN)].join("\n")
    );
}

/// How many of all streams are like this.
fn count(judged: &[Judged], like: impl Fn(&Value) -> bool) -> usize {
    judged.iter().filter(|judged| like(&judged.ours)).count()
}

#[tokio::test]
async fn frames_are_heard_as_ws_hears_them() {
    let mut judged = Vec::new();
    for (name, script) in fixtures() {
        let sides = [Dir::ToServer, Dir::ToClient];
        judged.extend(sides.iter().filter_map(|dir| judged::websocket(&name, &script, *dir)));
    }
    assert!(judged.len() > 40, "only {} fixtures", judged.len());
    for (index, (dir, script)) in streams::websocket(COUNT).enumerate() {
        judged.extend(judged::websocket(&format!("generated {index}"), &script, dir));
    }
    // A stream that was blown up to nothing is none.
    assert!(judged.len() > COUNT - 100, "only {} streams", judged.len());
    let [good, bad, open] = [Value::Bool(false), Value::Bool(true), Value::Null]
        .map(|failed| count(&judged, |ours| ours["failed"] == failed));
    println!("{good} streams keep the rules, {bad} break one, {open} end within a frame");
    assert!(good > 4_000 && bad > 2_000 && open < 2_000);
    assert_agreed("judge-websocket.mjs", &judged).await;
}

#[tokio::test]
async fn events_are_heard_as_eventsource_parser_hears_them() {
    let mut judged = Vec::new();
    for (name, script) in fixtures() {
        judged.extend(judged::events(&name, &script));
    }
    assert!(judged.len() >= 15, "only {} fixtures", judged.len());
    for (index, script) in streams::events(COUNT).enumerate() {
        judged.extend(judged::events(&format!("generated {index}"), &script));
    }
    assert!(judged.len() > COUNT - 100, "only {} streams", judged.len());
    let silent = count(&judged, |ours| ours["heard"].as_array().is_none_or(Vec::is_empty));
    println!("nothing is heard of {silent} of {} streams", judged.len());
    assert!(silent < 3_000);
    assert_agreed("judge-events.mjs", &judged).await;
}

#[tokio::test]
async fn header_blocks_are_decoded_as_hpack_decodes_them() {
    // Behind a block that is refused no other one means anything.
    let sequences = blocks::sequences(COUNT * 3 / 2);
    let judged: Vec<Judged> = sequences
        .iter()
        .enumerate()
        .map(|(index, blocks)| judged::hpack(&format!("generated {index}"), blocks))
        .collect();
    let decoded: usize =
        judged.iter().map(|judged| judged.ours["heard"].as_array().map_or(0, Vec::len)).sum();
    let refused = count(&judged, |ours| ours["failed"] == Value::Bool(true));
    println!("{decoded} blocks are decoded; {refused} of {} sequences break a rule", judged.len());
    assert!(decoded >= COUNT && refused > 400);
    assert_agreed("judge-hpack.py", &judged).await;
}

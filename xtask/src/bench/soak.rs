//! `bench soak`: a hundred clients on each lab for ten minutes, cycle after cycle of new runs, each with
//! the same work; whether what the server holds grows. A cycle is looked at twice: while its clients
//! are connected and have done their work, and when its runs are deleted. Each cycle is done by the
//! server as it is built, of which the system tells what is resident, and by the one whose
//! allocations are counted.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Barrier;
use std::thread::{Builder, scope, sleep};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tungstenite::Message;

use super::Found;
use super::counted::{self, Counted};
use super::stats::{median, rounded};
use super::tools::{self, Running, curl};
use crate::repo::Repo;
use crate::say::{self, Steps};

const CLIENTS: usize = 100;
const LABS: [&str; 6] = ["http10", "http11", "short_polling", "long_polling", "websocket", "sse"];

/// For how long cycles begin, and from when on there is to be no growth.
const LENGTH: Duration = Duration::from_secs(600);
const WARM: Duration = Duration::from_secs(60);

/// The most that what is held may grow after that.
const GOAL: f64 = 0.02;

/// How long the server has to come to rest.
const REST: Duration = Duration::from_secs(2);

/// Requests of a client in a cycle, and messages that are put into the store for all.
const REQUESTS: usize = 8;
const MESSAGES: usize = 10;

/// So long does the answer take that a client of HTTP/1.0 does not wait for.
const SLOW_MS: u64 = 10_000;

/// The most that a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was held in a cycle: with all clients connected, and at rest.
#[derive(Debug, Clone, Copy)]
struct Held {
    busy: f64,
    rest: f64,
}

/// What both servers held in a cycle, and when it was over.
#[derive(Debug, Clone, Copy)]
struct Cycle {
    at: Duration,
    allocated: Held,
    resident: Held,
}

/// Measures cycle after cycle.
pub fn run(repo: &Repo) -> Result<Found> {
    let mut steps = Steps::new(3);
    steps.step("build", "building page and server", || tools::build(repo))?;
    steps.step("server", "building the server whose allocations are counted", || {
        counted::build(repo)
    })?;
    let cycles = steps.step("cycles", "a hundred clients on each lab, for ten minutes", || {
        let mut counted = Counted::start(repo)?;
        let built = Running::lifeline(repo, &[])?;
        let began = say::now();
        let mut cycles = Vec::new();
        while began.elapsed() < LENGTH {
            let resident = cycle(&format!("{}/api/runs", built.url), || {
                built.resident().context("the system does not tell what is resident")
            })?;
            let runs = counted.runs();
            let allocated = cycle(&runs, || counted.held())?;
            let cycle = Cycle { at: began.elapsed(), allocated, resident };
            say::note(&format!("{} s: {}", cycle.at.as_secs(), told(cycle)));
            cycles.push(cycle);
        }
        Ok(cycles)
    })?;
    let result = result(&cycles)?;
    Ok(Found { rounds: cycles.into_iter().map(told).collect(), result })
}

/// New runs, all clients at once, and away with the runs.
fn cycle(runs: &str, mut look: impl FnMut() -> Result<f64>) -> Result<Held> {
    let mut made = Vec::new();
    for lab in LABS {
        // Nobody's stream is to be cut off.
        let params = if lab == "sse" { json!({"drop_after": 0}) } else { json!({}) };
        let new = json!({"lab": lab, "params": params}).to_string();
        made.push(curl(&["-H", "content-type: application/json", "-d", &new, runs])?);
    }
    // Everybody, and this thread, which looks while nobody goes on.
    let together = Barrier::new(LABS.len() * CLIENTS + 1);
    let busy = scope(|scope| {
        let mut clients = Vec::new();
        for (lab, run) in LABS.iter().zip(&made) {
            for number in 0..CLIENTS {
                let (lab, together) = (*lab, &together);
                let client = Builder::new().stack_size(256 << 10).spawn_scoped(scope, move || {
                    let worked = work(lab, run, number);
                    // Connected until all have been looked at; who failed waits too.
                    together.wait();
                    together.wait();
                    worked.map(drop)
                });
                clients.push(client.context("no thread")?);
            }
        }
        together.wait();
        let busy = look();
        together.wait();
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        busy
    })?;
    for run in &made {
        let id = run["id"].as_str().context("the run has no name")?;
        curl(&["-X", "DELETE", &format!("{runs}/{id}")])?;
    }
    sleep(REST);
    Ok(Held { busy, rest: look()? })
}

/// A connection that stays open.
enum Open {
    Plain(TcpStream),
    Socket(Box<tungstenite::WebSocket<TcpStream>>),
}

impl Drop for Open {
    fn drop(&mut self) {
        match self {
            Self::Plain(stream) => drop(stream.shutdown(Shutdown::Both)),
            Self::Socket(socket) => drop(socket.close(None)),
        }
    }
}

/// A client's part of a cycle. Gives what it leaves open.
fn work(lab: &str, run: &Value, number: usize) -> Result<Open> {
    // The http10 run has a port of its own; the others' clients hop over the instances.
    let name = if lab == "http10" { lab.to_owned() } else { format!("instance{}", number % 3 + 1) };
    let url = run["urls"][&name].as_str().with_context(|| format!("no address of {name}"))?;
    let (host, path) = url.trim_start_matches("http://").split_once('/').context("no path")?;
    let (host, path) = (host.replace("localhost", "127.0.0.1"), format!("/{path}/"));
    let worked = match lab {
        "http10" => new_connections(&host, &path),
        "http11" => kept(&host, |_| format!("GET {path}hello HTTP/1.1\r\nHost: a\r\n\r\n")),
        "websocket" => socket(&host, &path, number),
        "sse" => events(&host, &path, number),
        _ => polls(&host, &path, number, lab == "long_polling"),
    };
    worked.with_context(|| format!("client {number} of {lab}"))
}

fn connect(host: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection for each request; the last one waits for a slow answer.
fn new_connections(host: &str, path: &str) -> Result<Open> {
    for _ in 1..REQUESTS {
        let mut stream = connect(host)?;
        stream.write_all(format!("GET {path}hello HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.0 200"), "{answer:?}");
    }
    let mut last = connect(host)?;
    let slow = format!("GET {path}page/dog.png?delay_ms={SLOW_MS} HTTP/1.0\r\n\r\n");
    last.write_all(slow.as_bytes())?;
    Ok(Open::Plain(last))
}

/// One connection for all requests.
fn kept(host: &str, ask: impl Fn(usize) -> String) -> Result<Open> {
    let mut stream = BufReader::new(connect(host)?);
    for number in 0..REQUESTS {
        stream.get_mut().write_all(ask(number).as_bytes())?;
        answer(&mut stream)?;
    }
    Ok(Open::Plain(stream.into_inner()))
}

/// Reads an answer that has a length, or no content.
fn answer(stream: &mut BufReader<TcpStream>) -> Result<()> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 20"), "{line:?}");
    let mut len = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let header = line.trim().to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            len = value.trim().parse()?;
        }
        if header.is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; len])?;
    Ok(())
}

/// Polls; the first few clients are another service too.
fn polls(host: &str, path: &str, number: usize, long: bool) -> Result<Open> {
    let wait = if long { "&wait=1" } else { "" };
    kept(host, |request| {
        if number < MESSAGES && request == 1 {
            return post(path);
        }
        format!("GET {path}messages?after={request}&max=2{wait} HTTP/1.1\r\nHost: a\r\n\r\n")
    })
}

fn post(path: &str) -> String {
    let body = r#"{"text":"abc123"}"#;
    format!(
        "POST {path}messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// An event stream, until all messages of the others have come.
fn events(host: &str, path: &str, number: usize) -> Result<Open> {
    let mut stream = BufReader::new(connect(host)?);
    stream
        .get_mut()
        .write_all(format!("GET {path}events HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())?;
    if number < MESSAGES {
        let mut other = BufReader::new(connect(host)?);
        other.get_mut().write_all(post(path).as_bytes())?;
        answer(&mut other)?;
    }
    let (mut line, mut came) = (String::new(), 0);
    while came < MESSAGES {
        line.clear();
        ensure!(stream.read_line(&mut line)? > 0, "the stream ended after {came}");
        came += usize::from(line.starts_with("data: "));
    }
    Ok(Open::Plain(stream.into_inner()))
}

/// A user of the chat, who writes to itself and reads it.
fn socket(host: &str, path: &str, number: usize) -> Result<Open> {
    let url = format!("ws://{host}{path}socket?user=U{number}");
    let (mut socket, _) = tungstenite::client(url, connect(host)?)
        .map_err(|error| anyhow::anyhow!("no handshake: {error}"))?;
    for _ in 0..REQUESTS {
        let said = json!({"to": format!("U{number}"), "text": "abc123"}).to_string();
        socket.send(Message::text(said))?;
    }
    let mut came = 0;
    while came < REQUESTS {
        came += usize::from(socket.read()?.is_text());
    }
    Ok(Open::Socket(Box::new(socket)))
}

fn told(cycle: Cycle) -> Value {
    let held = |held: Held| json!({"busy_bytes": held.busy, "rest_bytes": held.rest});
    json!({
        "at_s": cycle.at.as_secs(),
        "allocated": held(cycle.allocated),
        "resident": held(cycle.resident),
    })
}

/// The growth from the minute after the first to the last, medians of each.
fn result(cycles: &[Cycle]) -> Result<Value> {
    let end = cycles.last().context("no cycle")?.at;
    let early: Vec<_> =
        cycles.iter().filter(|cycle| (WARM..WARM * 2).contains(&cycle.at)).collect();
    let late: Vec<_> = cycles.iter().filter(|cycle| cycle.at + WARM > end).collect();
    let growth = |figure: fn(&Cycle) -> f64| {
        let of = |cycles: &[&Cycle]| {
            median(&cycles.iter().map(|cycle| figure(cycle)).collect::<Vec<_>>())
        };
        let grown = of(&late) / of(&early) - 1.0;
        json!({
            "second_minute_bytes": rounded(of(&early)),
            "last_minute_bytes": rounded(of(&late)),
            "growth_percent": rounded(grown * 100.0),
            "met": grown < GOAL,
        })
    };
    Ok(json!({
        "clients_a_lab": CLIENTS,
        "cycles": cycles.len(),
        "goal_percent": GOAL * 100.0,
        "busy_allocated": growth(|cycle| cycle.allocated.busy),
        "busy_resident": growth(|cycle| cycle.resident.busy),
        "rest_allocated": growth(|cycle| cycle.allocated.rest),
        "rest_resident": growth(|cycle| cycle.resident.rest),
    }))
}

//! One long job, learned of in four ways at once: the same moments for the same seed, each way with its
//! price and its delay, and a table that says no more than the log does.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use scene::amount;
use serde_json::{Value, json};
use tests::browser::{Browser, SIZES};
use tests::log::{assert_sound, conns, events, note, request, response};
use tests::raw::{Raw, get};
use tests::run::{Run, entries};
use tests::server::Server;
use trace::entry::{Entry, What};
use trace::event::Kind;
use trace::ids::ConnId;
use trace::metrics::ways::{self, Figures, Way};
use trace::note::What as Note;
use trace::span::Dir;
use trace::sse::Sse;
use trace::studio::RunState;
use trace::time::Micros;

const LIMIT: Duration = Duration::from_secs(30);

/// What the link delays each way.
const LINK_US: u64 = 40_000;

/// From one short poll to the next.
const INTERVAL_US: u64 = 500_000;

/// A run by the clients inside the server, from its start to its end.
async fn ran(server: &Server, seed: u64) -> Vec<Entry> {
    let params = json!({
        "job_ms": 1_800, "parts": 5, "interval_ms": INTERVAL_US / 1_000, "hold_s": 10,
        "link_ms": LINK_US / 1_000, "peer": "agent",
    });
    let run = Run::create_seeded(server, "job", params, seed).await;
    run.press("start").await;
    run.wait_state(RunState::Finished, LIMIT).await;
    let (_, entries) = run.settled().await;
    assert_sound(&entries);
    entries
}

/// When the steps were done, from the start on, in milliseconds.
fn offsets(entries: &[Entry]) -> Vec<u64> {
    let started = entries.iter().find_map(|entry| match &entry.what {
        What::Input(input) if input.input == "start" => Some(entry.at_us),
        _ => None,
    });
    let started = started.expect("the run was started");
    let steps = entries.iter().filter_map(|entry| match note(entry) {
        Some(Note::JobProgress { of: 5, .. }) => Some(entry.at_us.since(started).0 / 1_000),
        _ => None,
    });
    steps.collect()
}

fn way(ways: &[Figures], way: Way) -> &Figures {
    ways.iter().find(|it| it.way == way).unwrap_or_else(|| panic!("no {way:?} in {ways:#?}"))
}

fn delay(ways: &[Figures], wanted: Way) -> u64 {
    let way = way(ways, wanted);
    way.delay_us.unwrap_or_else(|| panic!("never learned: {way:?}")).0
}

/// When the job was done.
fn done(entries: &[Entry]) -> Micros {
    let done = entries.iter().find(|entry| matches!(note(entry), Some(Note::JobDone { .. })));
    done.expect("the job is done").at_us
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_makes_the_same_moments() {
    let server = Server::start(&[]).await;
    let runs = join_all([7, 7, 8].map(|seed| ran(&server, seed))).await;
    let all: Vec<Vec<u64>> = runs.iter().map(|entries| offsets(entries)).collect();
    println!("{all:?}");
    assert!(all.iter().all(|steps| steps.len() == 5), "{all:?}");
    let apart = |one: &[u64], other: &[u64]| {
        one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or_default()
    };
    assert!(apart(&all[0], &all[1]) <= 50, "seed 7 twice: {all:?}");
    assert!(apart(&all[0], &all[2]) > 50, "seed 8 is another: {all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_is_as_late_as_it_must_be() {
    let server = Server::start(&[]).await;
    let runs = join_all((1..=6).map(|seed| ran(&server, seed))).await;
    let mut sums = [0; 4];
    for entries in &runs {
        let ways = ways::of(entries);
        assert_eq!(ways.len(), 4, "{ways:#?}");
        assert!(ways.is_sorted_by_key(|it| it.delay_us), "who learned first stands first");
        let all = [Way::ShortPolling, Way::LongPolling, Way::Events, Way::Webhook];
        let delays = all.map(|way| delay(&ways, way));
        println!("{delays:?}");
        let [short, long, listened, told] = delays;
        // An interval, the question's way, and the answer's.
        assert!(short <= INTERVAL_US + 2 * LINK_US + 50_000, "{delays:?}");
        assert!((LINK_US..=LINK_US + 50_000).contains(&long), "{delays:?}");
        assert!((LINK_US..=LINK_US + 50_000).contains(&listened), "{delays:?}");
        // A connection has to be made first.
        assert!((3 * LINK_US..=3 * LINK_US + 250_000).contains(&told), "{delays:?}");
        for (sum, delay) in sums.iter_mut().zip(delays) {
            *sum += delay;
        }
    }
    let [short, long, listened, _] = sums;
    assert!(short > long && short > listened, "on average short polling is the slowest: {sums:?}");
}

/// The bytes of some connections, one way.
fn bytes(entries: &[Entry], conns: &BTreeSet<ConnId>, dir: Dir) -> u64 {
    let of = |entry: &Entry| match &entry.what {
        What::Chunk(chunk) if chunk.dir == dir && conns.contains(&chunk.conn) => {
            chunk.bytes.len() as u64
        }
        _ => 0,
    };
    entries.iter().map(of).sum()
}

/// What the table says of a way, counted anew in the log.
fn assert_counted(entries: &[Entry], way: &Figures, client: &str, server: &str) {
    let opened = conns(entries).into_iter();
    let its = opened.filter(|it| it.client.id == client && it.server.id == server);
    let conns: BTreeSet<ConnId> = its.map(|opened| opened.conn).collect();
    let on = |entry: &&Entry| entry.what.conn().is_some_and(|conn| conns.contains(&conn));
    let requests = entries.iter().filter(on).filter(|entry| request(entry).is_some());
    let empty = entries.iter().filter(on).filter(|entry| {
        client != "payments" && response(entry).is_some_and(|answer| answer.status == 204)
    });
    assert_eq!((way.client.as_str(), way.connections), (client, conns.len() as u64));
    assert_eq!((way.requests, way.empty), (requests.count() as u64, empty.count() as u64));
    let heard = [Dir::ToServer, Dir::ToClient].map(|dir| bytes(entries, &conns, dir));
    assert_eq!([way.bytes_to_server, way.bytes_to_client], heard, "{way:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_the_logs() {
    let server = Server::start(&[]).await;
    let entries = ran(&server, 7).await;
    let ways = ways::of(&entries);
    for (wanted, client, server) in [
        (Way::ShortPolling, "poller", "instance1"),
        (Way::LongPolling, "long_poller", "instance1"),
        (Way::Events, "listener", "instance1"),
        (Way::Webhook, "payments", "site.com"),
    ] {
        assert_counted(&entries, way(&ways, wanted), client, server);
    }
    assert_eq!(way(&ways, Way::Events).requests, 1);
    assert_eq!(way(&ways, Way::Webhook).requests, 1);
    // The stream's delay, counted anew: the chunk that ends its last event is at the client.
    let opened = conns(&entries);
    let stream = opened.iter().find(|opened| opened.client.id == "listener").expect("a stream");
    let last = events(&entries, stream.conn).into_iter().rfind(|event| {
        matches!(&event.kind, Kind::Sse(Sse::Block(block)) if block.id.as_deref() == Some("5"))
    });
    let end = last.expect("the last step is told").evidence.end();
    let landed = entries.iter().find_map(|entry| match &entry.what {
        What::Chunk(chunk) if chunk.conn == stream.conn && chunk.dir == Dir::ToClient => {
            (chunk.offset + chunk.bytes.len() as u64 >= end).then_some(entry.at_us)
        }
        _ => None,
    });
    let landed = landed.expect("it landed").since(done(&entries)).0;
    assert_eq!(delay(&ways, Way::Events), landed);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_the_job_is_can_be_asked_by_anybody() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "job", json!({ "link_ms": 0 })).await;
    for (target, status, said) in [
        ("job?after=0", 204, ""),
        ("job?after=0&wait=1", 204, ""),
        ("job?after=x", 422, "after takes a whole number"),
        ("job?wait=61", 422, "wait takes a whole number from 0 to 60"),
        ("job/steps", 404, "but not"),
    ] {
        let mut client = Raw::connect(run.at("instance1")).await;
        let answer = client.ask(&get(&run.target(target))).await;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status(), status, "{target}: {body}");
        assert!(body.contains(said), "{target}: {body}");
    }
    let post =
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", run.target("job"));
    let answer = Raw::connect(run.at("instance1")).await.ask(&post).await;
    assert_eq!(answer.status(), 405, "{}", answer.head);
    let other = Run::create(&server, "sse", json!({ "link_ms": 0 })).await;
    let answer = Raw::connect(other.at("instance1")).await.ask(&get(&other.target("job"))).await;
    assert_eq!(answer.status(), 404, "other labs have no job");
}

/// The cells of the table under the ladder, row by row, behind the name of each row's client.
async fn cells(browser: &Browser) -> Vec<Vec<String>> {
    let script = "[...document.querySelectorAll('#ways tbody tr')].map(row => \
                  [row.dataset.client, ...[...row.cells].map(cell => cell.textContent)])";
    let rows = browser.eval(script).await;
    let words = |row: &Value| -> Vec<String> {
        let cells = row.as_array().into_iter().flatten();
        cells.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    rows.as_array().into_iter().flatten().map(words).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_goes_three_ways_and_asks_site_com() {
    let server = Server::start(&[]).await;
    let browser = Browser::start(SIZES[0]).await;
    browser.open(&server.page()).await;
    browser.lab("job").await;
    browser.eval("document.querySelector('details.more')?.setAttribute('open', '')").await;
    for (knob, value) in [("job_ms", 2_000), ("interval_ms", 400)] {
        browser.knob(knob, value).await;
    }
    let run = browser.run().await;
    browser.wait("document.querySelectorAll('#ways tbody tr').length === 5").await;
    let entries = entries(&server, &run).await;
    let ways = ways::of(&entries);
    assert_eq!(ways.len(), 5, "{ways:#?}");
    let all: BTreeSet<Way> = ways.iter().map(|it| it.way).collect();
    assert_eq!(all.len(), 5, "{all:?}");
    let by_page = ways.iter().filter(|it| it.client == "browser").count();
    assert_eq!(by_page, 4, "no webhook reaches a page: {ways:#?}");
    // Only when site.com was told can the page learn it there.
    let (told, asked) = (way(&ways, Way::Webhook), way(&ways, Way::AskingSite));
    let (told, asked) = (told.learned.expect("told").1, asked.learned.expect("asked").1);
    assert!(told < asked, "{ways:#?}");
    let shown = cells(&browser).await;
    for (row, way) in shown.iter().zip(&ways) {
        let delay = way.delay_us.map(amount::millis).expect("it learned");
        let counts =
            [way.requests, way.empty, way.connections, way.bytes_to_server, way.bytes_to_client];
        let mut wanted = vec![way.client.clone(), row[1].clone(), way.learner.clone(), delay];
        wanted.extend(counts.map(amount::count));
        assert_eq!(*row, wanted);
    }
    assert_eq!(shown.len(), ways.len());
    for size in SIZES {
        let narrow = Browser::start(size).await;
        narrow.open(&format!("{}#job?run={run}", server.page())).await;
        narrow.wait("document.querySelectorAll('#ways tbody tr').length === 5").await;
        narrow.picture(&format!("job-{}", size.width)).await;
    }
}

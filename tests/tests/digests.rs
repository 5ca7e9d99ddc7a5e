//! The record is what moved: 10,000 random requests, whose clients keep every byte, against the
//! logs of their runs.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tests::log::{self, assert_decoded_again, assert_tiled, by_conn, stream};
use tests::raw::Raw;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use trace::entry::{Entry, What};
use trace::span::Dir;

/// Of this seed is one half of the requests; the other's is drawn by lot, and printed.
const SEED: u64 = 0x11fe_11fe;

/// Requests of each half that are sent whole.
const HALF: usize = 5_000;

/// How many connections that were cut off must have been compared.
const CUT_OFF: usize = 60;

const AT_ONCE: usize = 32;
const LIMIT: Duration = Duration::from_secs(60);

/// A request's number is within its first so many bytes.
const NUMBERED: usize = 200;

/// One line in so many is held against the schema here: other tests hold every line.
const HELD: usize = 10;

const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "OPTIONS"];

/// Labs and links, each with its number of runs.
const RUNS: [(&str, u64, usize); 4] =
    [("http10", 0, 8), ("http11", 0, 8), ("http10", 5, 2), ("http11", 5, 2)];

/// What a client will do.
struct Plan {
    /// Which of the runs.
    run: usize,
    /// Its requests: method and bytes.
    requests: Vec<(&'static str, Vec<u8>)>,
    leave: Leave,
    seed: u64,
}

/// How a client leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// The last answer says close, and the server closes.
    ServerCloses,
    /// It says that it sends no more, once it has the last answer.
    ClientCloses,
    /// It cuts the connection off when it has sent so much.
    Reset { after: usize },
}

/// What a client did and saw.
struct Done {
    run: usize,
    addr: String,
    sent: Vec<u8>,
    received: Vec<u8>,
    leave: Leave,
    /// Requests that were sent whole.
    whole: usize,
    /// Requests that were answered, and their bytes.
    answers: usize,
    answered: usize,
}

/// Plans until so many requests will be sent whole. Each has a number of its own.
fn plans(rng: &mut StdRng, most: usize, numbers: &mut usize, runs: &[(&str, String)]) -> Vec<Plan> {
    let (mut plans, mut planned) = (Vec::new(), 0);
    while planned < most {
        let run = rng.random_range(0..runs.len());
        let (lab, target) = &runs[run];
        let series = *lab == "http11";
        let count = if series { rng.random_range(1..=20_usize).min(most - planned) } else { 1 };
        let mut leave = match *lab {
            "http11" if rng.random_bool(0.5) => Leave::ClientCloses,
            _ => Leave::ServerCloses,
        };
        let requests: Vec<(&str, Vec<u8>)> = (1..=count)
            .map(|number| {
                let last = number == count && leave == Leave::ServerCloses;
                let version = if series { "HTTP/1.1" } else { "HTTP/1.0" };
                *numbers += 1;
                request(rng, *numbers, target, version, last)
            })
            .collect();
        planned += if rng.random_bool(0.12) {
            let total: usize = requests.iter().map(|(_, bytes)| bytes.len()).sum();
            let after = rng.random_range(1..=total);
            leave = Leave::Reset { after };
            whole(&requests, after)
        } else {
            count
        };
        plans.push(Plan { run, requests, leave, seed: rng.random() });
    }
    plans
}

/// How many requests are whole within so many bytes.
fn whole(requests: &[(&'static str, Vec<u8>)], bytes: usize) -> usize {
    let mut end = 0;
    let ends = requests.iter().map(|(_, request)| {
        end += request.len();
        end
    });
    ends.take_while(|end| *end <= bytes).count()
}

/// A request's number tells it from all others.
fn request(
    rng: &mut StdRng,
    number: usize,
    target: &str,
    version: &str,
    last: bool,
) -> (&'static str, Vec<u8>) {
    let method = METHODS[rng.random_range(0..METHODS.len())];
    let with_body = matches!(method, "POST" | "PUT") || rng.random_bool(0.1);
    let len = if with_body { rng.random_range(0..=4_096) } else { 0 };
    let chunked = with_body && rng.random_bool(0.3);
    // HTTP/1.0 has no chunks.
    let version = if chunked { "HTTP/1.1" } else { version };
    let mut head = format!(
        "{method} {target} {version}\r\nHost: lifeline.test\r\n\
         X-Number: {number}\r\n"
    );
    if last {
        head.push_str("Connection: close\r\n");
    }
    if rng.random_bool(0.3) {
        let pad = rng.random_range(1..200);
        head.push_str(&format!("X-Pad: {}\r\n", "p".repeat(pad)));
    }
    let mut body = vec![0_u8; len];
    rng.fill(&mut body[..]);
    if chunked {
        head.push_str("Transfer-Encoding: chunked\r\n");
        body = in_chunks(rng, &body);
    } else if with_body {
        head.push_str(&format!("Content-Length: {len}\r\n"));
    }
    head.push_str("\r\n");
    (method, [head.into_bytes(), body].concat())
}

fn in_chunks(rng: &mut StdRng, content: &[u8]) -> Vec<u8> {
    let (mut body, mut rest) = (Vec::new(), content);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rng.random_range(1..=rest.len()));
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
        rest = after;
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

/// Does what is planned.
async fn act(addr: std::net::SocketAddr, plan: Plan) -> Done {
    let mut raw = Raw::connect(addr).await;
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let (mut answers, mut answered) = (0, 0);
    for (method, bytes) in &plan.requests {
        if write_in_pieces(&mut raw, &mut rng, bytes, plan.leave).await == Gone::Yes {
            let (addr, leave) = (raw.addr.clone(), plan.leave);
            let (sent, received) = raw.reset();
            let whole = whole(&plan.requests, sent.len());
            return Done { run: plan.run, addr, sent, received, leave, whole, answers, answered };
        }
        let reply = raw.reply(method).await.expect("the connection is not cut off");
        let status = reply.expect("an answer comes").status();
        let due = if *method == "OPTIONS" { 204 } else { 200 };
        assert_eq!(status, due, "{method}: {}", bytes.escape_ascii());
        answers += 1;
        answered += bytes.len();
    }
    let ended = match plan.leave {
        Leave::ClientCloses => raw.finish().await,
        Leave::ServerCloses | Leave::Reset { .. } => raw.read_to_end().await,
    };
    ended.expect("the connection ends in order");
    let Raw { addr, sent, received, .. } = raw;
    let (leave, whole) = (plan.leave, plan.requests.len());
    Done { run: plan.run, addr, sent, received, leave, whole, answers, answered }
}

/// Whether a client has come to the byte after which it cuts off.
#[derive(PartialEq, Eq)]
enum Gone {
    Yes,
    No,
}

async fn write_in_pieces(raw: &mut Raw, rng: &mut StdRng, bytes: &[u8], leave: Leave) -> Gone {
    let mut rest = bytes;
    while !rest.is_empty() {
        let left = match leave {
            Leave::Reset { after } => after - raw.sent.len(),
            Leave::ServerCloses | Leave::ClientCloses => usize::MAX,
        };
        let most: usize = if rng.random_bool(0.3) { 20 } else { 3_000 };
        let len = rng.random_range(1..=most).min(rest.len()).min(left);
        let (piece, after) = rest.split_at(len);
        raw.send(piece).await;
        rest = after;
        if rng.random_bool(0.1) {
            tokio::time::sleep(Duration::from_micros(rng.random_range(1..2_000))).await;
        }
        if len == left {
            return Gone::Yes;
        }
    }
    Gone::No
}

/// How many connections and requests of a sort were compared.
#[derive(Default)]
struct Count {
    conns: usize,
    whole: usize,
    answers: usize,
    /// Cut off before the server had read a head: they are no run's.
    unseen: usize,
}

/// By SHA-256.
fn assert_same(logged: &[u8], own: &[u8], what: &str) {
    assert_eq!(Sha256::digest(logged), Sha256::digest(own), "{what}");
}

/// Of a connection that ended in order, the log's streams are what its client sent and received. Of
/// one that was cut off, the system throws away what is under way: the log's stream to the server is
/// the beginning of what was sent, with all that was answered, and what was received the beginning of
/// the log's stream to the client.
fn compare(done: &Done, conn: Option<&Vec<Entry>>, count: &mut Count) {
    let reset = matches!(done.leave, Leave::Reset { .. });
    count.whole += done.whole;
    let Some(entries) = conn else {
        let unheard = done.received.is_empty() && done.answers == 0;
        assert!(reset && unheard, "{} is in no log", done.addr);
        count.unseen += 1;
        return;
    };
    let conn = entries[0].what.conn().unwrap();
    let shown = format!("{}, connection {conn}", done.addr);
    let lost = entries.iter().find(|entry| matches!(entry.what, What::Lost(_)));
    assert!(lost.is_none(), "{shown}: {lost:?}");
    let to_server = stream(entries, conn, Dir::ToServer);
    let to_client = stream(entries, conn, Dir::ToClient);
    let (mut sent, mut passed) = (done.sent.as_slice(), to_client.as_slice());
    if reset {
        let (heard, received) = (to_server.len(), done.received.len());
        assert!(heard >= done.answered, "{shown}: {heard} bytes, {} answered", done.answered);
        sent = sent.get(..heard).expect("no more is heard than was sent");
        passed = passed.get(..received).expect("no more is received than was sent");
    }
    assert_same(&to_server, sent, &format!("{shown}: sent"));
    assert_same(passed, &done.received, &format!("{shown}: received"));
    assert_tiled(entries, conn);
    assert_decoded_again(entries, conn);
    count.conns += 1;
    count.answers += done.answers;
}

/// The connections of a log by the address of their client, each address's in order: a port is given
/// out again once it is free.
fn by_addr(entries: Vec<Entry>) -> BTreeMap<String, VecDeque<Vec<Entry>>> {
    let mut conns: BTreeMap<String, VecDeque<Vec<Entry>>> = BTreeMap::new();
    for entries in by_conn(entries).into_values() {
        let opened = log::conns(&entries);
        assert_eq!(opened.len(), 1, "a connection opens once");
        conns.entry(opened[0].client_addr.clone()).or_default().push_back(entries);
    }
    conns
}

/// The next connection of a client's address, unless it is another client's: each request has its
/// number, so nobody else's bytes begin like it.
fn take(conns: &mut BTreeMap<String, VecDeque<Vec<Entry>>>, done: &Done) -> Option<Vec<Entry>> {
    let of_address = conns.get_mut(&done.addr)?;
    let first = of_address.front()?;
    let conn = first[0].what.conn().unwrap();
    // It has a head, and with it a number; of a client that cut it off, perhaps not all it sent.
    let heard = stream(first, conn, Dir::ToServer);
    let len = heard.len().min(NUMBERED);
    if done.sent.get(..len) != Some(&heard[..len]) {
        return None;
    }
    let taken = of_address.pop_front();
    if of_address.is_empty() {
        conns.remove(&done.addr);
    }
    taken
}

/// What the clients of both halves do, in no order.
fn planned(runs: &[(&str, String)]) -> Vec<Plan> {
    let (lot, mut numbers) = (rand::random::<u64>(), 0);
    println!("seeds {SEED:#x}, and by lot {lot:#x}");
    let mut all = Vec::new();
    for seed in [SEED, lot] {
        all.extend(plans(&mut StdRng::seed_from_u64(seed), HALF, &mut numbers, runs));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_ten_thousand_requests_is_in_the_logs() {
    let server = Server::start(&[]).await;
    let mut runs = Vec::new();
    for (lab, link_ms, count) in RUNS {
        for _ in 0..count {
            let run = Run::create(&server, lab, json!({ "link_ms": link_ms })).await;
            runs.push((lab, link_ms, run));
        }
    }
    let targets: Vec<(&str, String)> =
        runs.iter().map(|(lab, _, run)| (*lab, run.target("hello"))).collect();
    let acts = planned(&targets).into_iter().map(|plan| {
        let addr = runs[plan.run].2.addr();
        async move { tokio::spawn(act(addr, plan)).await.expect("the client does as planned") }
    });
    let all = futures_util::stream::iter(acts).buffer_unordered(AT_ONCE).collect::<Vec<Done>>();
    let done = within(LIMIT, "all clients are done", all).await;

    join_all(runs.iter().map(|(_, _, run)| run.wait_settled())).await;
    let mut counts: BTreeMap<(bool, String), Count> = BTreeMap::new();
    for (index, (lab, link_ms, run)) in runs.iter().enumerate() {
        let (_, entries) = log::read(&run.log_text(0).await, HELD);
        log::assert_numbered(&entries, 1);
        let mut conns = by_addr(entries);
        for done in done.iter().filter(|done| done.run == index) {
            let reset = matches!(done.leave, Leave::Reset { .. });
            let count = counts.entry((reset, format!("{lab}, link {link_ms} ms"))).or_default();
            compare(done, take(&mut conns, done).as_ref(), count);
        }
        assert!(conns.is_empty(), "nobody made these: {:?}", conns.keys());
    }
    assert_counts(&counts);
}

/// Holds that enough of each sort was compared, those cut off and the others.
fn assert_counts(counts: &BTreeMap<(bool, String), Count>) {
    for ((reset, sort), Count { conns, whole, answers, unseen }) in counts {
        let how = if *reset { "cut off" } else { "in order" };
        println!(
            "{sort}, {how}: {conns} connections, {whole} requests, {answers} answered, {unseen} unseen"
        );
    }
    let sum = |of: fn(&Count) -> usize| counts.values().map(of).sum::<usize>();
    assert_eq!(sum(|count| count.whole), 2 * HALF, "so many requests were sent whole");
    assert!(sum(|count| count.answers) > HALF * 9 / 5, "nearly all are answered");
    let cut_off = counts.iter().filter(|((reset, _), _)| *reset).map(|(_, count)| count);
    let (compared, unseen) = cut_off
        .fold((0, 0), |(compared, unseen), count| (compared + count.conns, unseen + count.unseen));
    assert!(compared >= CUT_OFF, "{compared} that were cut off are in the logs");
    // Most that nobody heard of were cut off within their only head.
    assert!(unseen <= 2 * compared, "{unseen} that were cut off are in no log, {compared} are");
}

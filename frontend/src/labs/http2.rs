//! The page as the browser of the lab `http2`: the same resources over HTTP/1.1 and over HTTP/2, all at
//! once. How many connections it opens for them is the browser's own choice, and the ladder shows it.

use futures_util::future::try_join_all;
use trace::entry::Says;

use super::part::Part;
use super::sse::client;
use super::{NoAnswer, Target, answered, fetch, is_trusted};

/// What a small page asks for; from the seventh on it is the second again.
const RESOURCES: [&str; 6] = [
    "page/index.html",
    "page/dog.png",
    "page/style.css",
    "page/script.js",
    "page/logo.svg",
    "page/about.html",
];

/// What is asked for again and again.
const AGAIN: &str = "page/dog.png";

/// How long the last bytes have to be heard before the run is over.
const HEARD_MS: u64 = 200;

/// Asks over the one, over the other, or over the one and then over the other.
pub async fn drive(part: &Part) {
    let protocol = part.header.word("protocol").unwrap_or("both");
    if protocol != "http2" && !asks_all(part, "instance1").await {
        return;
    }
    if protocol == "http11" || part.is_over() {
        if part.rest(HEARD_MS).await {
            part.done();
        }
        return;
    }
    if is_trusted(part, "tls").await {
        if !asks_all(part, "tls").await {
            return;
        }
    } else if !part.is_over() {
        // The run ends with what it has.
        part.report(&client(part), Says::NoTrust);
    }
    if part.rest(HEARD_MS).await {
        part.done();
    }
}

/// Asks for all resources at once. Says whether all were answered; the run is over where they were not.
async fn asks_all(part: &Part, service: &str) -> bool {
    let done = match part.active.urls.get(service) {
        Some(base) => try_join_all(targets(part, base).iter().map(fetch)).await.map(|_| ()),
        None => Err(NoAnswer),
    };
    let is_done = done.is_ok();
    answered(part, done);
    is_done
}

/// The resources, in their order; one of them may be slow.
fn targets(part: &Part, base: &str) -> Vec<Target> {
    let (slow, delay_ms) = (part.number("slow"), part.number("slow_ms"));
    let target = |number: u64| {
        let place = usize::try_from(number - 1).ok();
        let known = place.and_then(|place| RESOURCES.get(place));
        // The addresses differ, because Chromium lets equal ones wait for each other.
        let mut query = Vec::from_iter(known.is_none().then_some(("n", number)));
        if number == slow && delay_ms > 0 {
            query.push(("delay_ms", delay_ms));
        }
        Target { url: format!("{base}/{}", known.unwrap_or(&AGAIN)), query }
    };
    (1..=part.number("resources")).map(target).collect()
}

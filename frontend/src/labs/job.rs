//! The page as the browser of the lab `job`: it asks, is held, and listens, all at once. What site.com is
//! told no browser can be told: the page asks that site.

use futures_util::future::join;
use serde::de::IgnoredAny;
use trace::spoken::{self, Progress};

use super::part::{Part, now};
use super::poll::ask;
use super::stream::Stream;

/// How long until it is tried again where nobody answered.
const AGAIN_MS: u64 = 200;

/// How often the page looks how its stream stands.
const LOOK_MS: u64 = 25;

/// How often site.com may fail to answer before it is given up.
const PATIENCE: u64 = 10;

/// How long the closing has to be heard before the run is over.
const CLOSES_MS: u64 = 200;

/// How long the stream's end may be behind its last step.
const END_MS: f64 = 5_000.0;

/// Who is told by a webhook.
const SITE: &str = "site.com";

/// Goes all ways until each has told that the job is over.
pub async fn drive(part: &Part) {
    let Some(base) = part.instance(0) else { return };
    let asks = join(short(part, base), long(part, base));
    join(asks, join(listen(part, base), site(part))).await;
    part.rest(CLOSES_MS).await;
    part.done();
}

/// What is new of the job after a step that the page knows.
async fn state(part: &Part, base: &str, query: &[(&str, u64)]) -> Option<Progress> {
    ask::<Progress>(part, &format!("{base}/job"), query).await.ok().flatten()
}

/// Asks at even distances. A question that takes longer covers the turns that it takes.
async fn short(part: &Part, base: &str) {
    let interval = part.number("interval_ms").max(1) as f64;
    let began = now();
    let (mut after, mut turn, mut number) = (0, 0.0, 0);
    while part.until(began + turn * interval).await {
        number += 1;
        if let Some(progress) = state(part, base, &[("after", after), ("n", number)]).await {
            if progress.is_over() {
                return;
            }
            after = progress.done;
        }
        turn = ((now() - began) / interval).ceil().max(turn + 1.0);
    }
}

/// Asks, is held, and asks again.
async fn long(part: &Part, base: &str) {
    let wait = part.number("hold_s");
    let (mut after, mut number) = (0, 0);
    while !part.is_over() {
        number += 1;
        let query = [("after", after), ("wait", wait), ("n", number)];
        let asked = ask::<Progress>(part, &format!("{base}/job"), &query).await;
        match asked {
            Ok(Some(progress)) if progress.is_over() => return,
            Ok(Some(progress)) => after = progress.done,
            Ok(None) => {}
            Err(_) => {
                part.rest(AGAIN_MS).await;
            }
        }
    }
}

/// Listens until the stream has ended, which the server does behind the last step. The browser comes back
/// by itself where it breaks off before.
async fn listen(part: &Part, base: &str) {
    let Some(stream) = Stream::open(part, &format!("{base}/job/events")) else { return };
    let steps = part.number("parts");
    stream.ends_with(steps);
    let mut all = None;
    while !stream.is_dead() {
        let ending = stream.last() >= steps;
        if ending && now() - *all.get_or_insert_with(now) > END_MS || !part.rest(LOOK_MS).await {
            return;
        }
    }
}

/// Asks site.com for the order, which holds the question until it is told.
async fn site(part: &Part) {
    let Some(base) = part.active.urls.get(SITE) else { return };
    let url = format!("{base}/orders/{}", spoken::job_of(&part.header.run));
    let (wait, mut number, mut failed) = (part.number("hold_s"), 0, 0);
    while !part.is_over() && failed < PATIENCE {
        number += 1;
        match ask::<IgnoredAny>(part, &url, &[("wait", wait), ("n", number)]).await {
            Ok(Some(_)) => return,
            Ok(None) => failed = 0,
            Err(_) => {
                failed += 1;
                part.rest(AGAIN_MS).await;
            }
        }
    }
}

//! The page as the browser of the lab `sse`: event streams that it listens to and throws away.

use trace::entry::Says;

use super::part::{Part, now};
use super::stream::Stream;

/// How often the page looks how its streams stand.
const LOOK_MS: u64 = 100;

/// After this a stream that was not answered is told of.
const PATIENCE_MS: f64 = 2_000.0;

/// How much longer than its retry time a stream that broke is waited for, where others are done.
const COMES_BACK_MS: f64 = 3_000.0;

/// How long the closing has to be heard before the run is over.
const CLOSES_MS: u64 = 200;

/// Listens on as many streams as the knob says, until each that was answered has had every event.
pub async fn drive(part: &Part) {
    let Some(base) = part.instance(0) else { return };
    let open = |number| Stream::open(part, &format!("{base}/events?n={number}"));
    let mut streams: Vec<Stream> = (1..=part.number("streams")).filter_map(open).collect();
    let began = now();
    let mut told = None;
    loop {
        let over = all_heard(part, &streams);
        let wanted = streams.len() as u64;
        let answered = streams.iter().filter(|stream| stream.was_answered()).count() as u64;
        let is_news = told.map_or(answered < wanted, |told| told != answered);
        if is_news && (over || now() - began >= PATIENCE_MS) {
            told = Some(answered);
            part.report(&client(part), Says::StreamsOpened { wanted, answered });
        }
        if over {
            break;
        }
        if !part.rest(LOOK_MS).await {
            return;
        }
    }
    // Those that wait for a place first, and a moment before the others: else one of them would
    // get the place of the first that closes.
    streams.retain(Stream::was_answered);
    part.rest(CLOSES_MS).await;
    drop(streams);
    part.rest(CLOSES_MS).await;
    part.done();
}

/// The name under which the run knows this page.
pub fn client(part: &Part) -> String {
    let first = part.header.participants.first();
    first.map_or_else(String::new, |first| first.id.clone())
}

/// Whether nothing more is to be heard: the streams that run have had every event. One that broke is
/// waited for; where all its connections are taken it may never come back.
fn all_heard(part: &Part, streams: &[Stream]) -> bool {
    let last = part.number("events");
    let patience = part.number("retry_ms") as f64 + COMES_BACK_MS;
    let mut some_heard = false;
    for stream in streams.iter().filter(|stream| stream.was_answered()) {
        let heard = stream.last() >= last;
        if !heard && (stream.runs() || stream.broken_for() < patience) {
            return false;
        }
        some_heard |= heard;
    }
    some_heard || streams.iter().all(Stream::is_dead)
}

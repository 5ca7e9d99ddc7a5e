//! The page as the browser of the lab `http11`. How many connections it opens is the browser's own
//! choice, and the ladder shows it.

use trace::entry::Says;

use super::part::Part;
use super::sse::client;
use super::{answered, fetch_all, target};

/// Asks as often as the knob says; the second request may be a slow one.
pub async fn drive(part: &Part) {
    if part.header.word("order") == Some("pipelined") {
        part.report(&client(part), Says::CannotPipeline);
    }
    let requests = part.header.number("requests").unwrap_or(1);
    let slow = part.number("slow_ms");
    let target = |number| {
        let delay_ms = if number == 2 { slow } else { 0 };
        target(&part.header, &part.active, "instance1", number, delay_ms)
    };
    let targets: Vec<_> = (1..=requests).map(target).collect();
    answered(part, fetch_all(&part.header, &targets).await);
}

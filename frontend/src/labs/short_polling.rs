//! The page as the browser of the lab `short_polling`.

use super::part::{Part, now};
use super::poll::{Polled, poll};

/// The most messages that one answer brings.
const MOST: u64 = 10;

/// Asks at even distances, whatever the answers take. Where an answer takes longer than that, the
/// turns that it covers are left out: the next poll must know what the last one brought.
pub async fn drive(part: &Part) {
    let interval = part.number("interval_ms").max(1) as f64;
    let Some(base) = part.instance(0) else { return };
    let began = now();
    let (mut after, mut turn) = (0, 0.0);
    for number in 1..=part.number("polls") {
        if !part.until(began + turn * interval).await {
            return;
        }
        let query = [("after", after), ("max", MOST), ("n", number)];
        // A poll that comes to nothing is not made up for: the next one asks for the same.
        if let Ok(Polled::News(next)) = poll(part, base, &query).await {
            after = next;
        }
        turn = ((now() - began) / interval).ceil().max(turn + 1.0);
    }
    part.done();
}

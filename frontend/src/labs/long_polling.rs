//! The page as the browser of the lab `long_polling`.

use super::NoAnswer;
use super::part::Part;
use super::poll::{Polled, poll};

/// How long until another instance is asked where one did not answer.
const AGAIN_MS: u64 = 200;

/// Polls until it has every message and nothing more came for as long as a hold lasts.
pub async fn drive(part: &Part) {
    let (batch, hold) = (part.number("batch"), part.number("hold_s"));
    let mut lots = Lots(part.header.seed);
    let (mut instance, mut after, mut number) = (0, 0, 0);
    while !part.is_over() {
        let Some(base) = part.instance(instance) else { return };
        number += 1;
        let query = [("after", after), ("max", batch), ("wait", hold), ("n", number)];
        match poll(part, base, &query).await {
            Ok(Polled::Nothing) if after >= part.number("messages") => return part.done(),
            Ok(Polled::Nothing) => {}
            Ok(Polled::News(next)) => after = next,
            Err(NoAnswer) => {
                instance += 1;
                part.rest(AGAIN_MS).await;
                continue;
            }
        }
        instance = match part.header.word("hop") {
            Some("random") => lots.draw(part.instances()),
            Some("never") => instance,
            _ => instance + 1,
        };
        part.rest(part.number("poll_delay_ms")).await;
    }
}

/// Lots that the run's seed draws (Vigna, `SplitMix64`).
struct Lots(u64);

impl Lots {
    /// A number below another.
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let lot = (mixed ^ (mixed >> 31)) % (below.max(1) as u64);
        usize::try_from(lot).unwrap_or_default()
    }
}

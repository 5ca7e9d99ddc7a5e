//! The page as the browser of the lab `http11`. How many connections it opens is the browser's own
//! choice, and the ladder shows it.

use trace::log::Header;

use super::{NoAnswer, fetch_all, target};
use crate::state::Active;

/// Asks as often as the knob says; the second request may be a slow one.
pub async fn drive(header: &Header, active: &Active) -> Result<(), NoAnswer> {
    let requests = header.number("requests").unwrap_or(1);
    let slow = header.number("slow_ms").unwrap_or(0);
    let target = |number| {
        let delay_ms = if number == 2 { slow } else { 0 };
        target(header, active, "instance1", number, delay_ms)
    };
    fetch_all(header, &(1..=requests).map(target).collect::<Vec<_>>()).await
}

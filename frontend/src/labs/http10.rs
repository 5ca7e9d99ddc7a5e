//! The page as the browser of the lab `http10`.

use trace::log::Header;

use super::{NoAnswer, fetch_all, target};
use crate::state::Active;

/// Asks as often as the knob says.
pub async fn drive(header: &Header, active: &Active) -> Result<(), NoAnswer> {
    let requests = header.number("requests").unwrap_or(1);
    let target = |number| target(header, active, "http10", number, 0);
    fetch_all(header, &(1..=requests).map(target).collect::<Vec<_>>()).await
}

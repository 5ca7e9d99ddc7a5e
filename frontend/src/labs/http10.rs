//! The page as the browser of the lab `http10`.

use trace::entry::Says;

use super::part::Part;
use super::sse::client;
use super::{answered, fetch_all, is_trusted, target};

/// Asks as often as the knob says, over TLS if that is wanted and the browser trusts the port.
pub async fn drive(part: &Part) {
    let over_tls = part.flag("tls");
    let service = if over_tls { "http10_tls" } else { "http10" };
    if over_tls && !is_trusted(part, service).await {
        if !part.is_over() {
            // Nothing can be asked: the run ends with what it has.
            part.report(&client(part), Says::NoTrust);
            part.done();
        }
        return;
    }
    let target = |number| target(&part.header, &part.active, service, number, 0);
    let targets: Vec<_> = (1..=part.header.number("requests").unwrap_or(1)).map(target).collect();
    answered(part, fetch_all(&part.header, &targets).await);
}

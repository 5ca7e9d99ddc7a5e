//! The lab `http11`: several requests on a connection that is kept alive.

use trace::http1::Version;
use trace::studio::Lab;

use super::{asking, common, integer, lab};
use crate::agent::Client;
use crate::listen::Service;
use crate::run::{Run, agent};

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("requests", [1, 3, 20], ""),
        integer("keep_alive_s", [1, 10, 60], "s"),
        integer("slow_ms", [0, 0, 10_000], "ms"),
    ];
    params.extend(asking());
    params.extend(common());
    let mut described = lab("http11", "request-response", params);
    // What all at once means is the browser's choice here.
    let order = described.params.iter_mut().find(|param| param.name == "order");
    if let Some(order) = order {
        order.help = text::say("knob-order-browser-help", &[]);
    }
    described
}

/// The agent asks: on one connection, in order, as a client without pipelining must.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let mut client = Client::connect(run, service.addr, agent()).await?;
    for number in 1..=run.number("requests") {
        let delay = match (number, run.number("slow_ms")) {
            (2, slow @ 1..) => format!("?delay_ms={slow}"),
            _ => String::new(),
        };
        let path = format!("/r/{}/{}{delay}", run.id, run.word("resource"));
        client.get(&path, Version::Http11).await?;
    }
    client.closed().await
}

//! The lab `http11`: several requests on a connection that is kept alive.

use trace::http1::Version;
use trace::studio::Lab;

use super::{asking, common, integer};
use crate::agent::Client;
use crate::listen::Service;
use crate::run::Run;

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        integer("requests", "Requests", [1, 3, 20], "", "How many times the client asks."),
        integer(
            "keep_alive_s",
            "Keep-alive",
            [1, 10, 60],
            "s",
            "How long the server leaves an idle connection open.",
        ),
        integer(
            "slow_ms",
            "Slow request",
            [0, 0, 10_000],
            "ms",
            "The second request takes this much longer to answer.",
        ),
    ];
    params.extend(asking("One after the other, or all at once: a browser then opens up to six connections. The agent asks in turn."));
    params.extend(common());
    Lab {
        id: "http11".to_owned(),
        title: "HTTP/1.1 keep-alive".to_owned(),
        group: "Request · response".to_owned(),
        summary: "One connection serves request after request, until it has been idle for its keep-alive time.".to_owned(),
        params,
    }
}

/// The agent asks: on one connection, in order, as a client without pipelining must.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let mut client = Client::connect(run, service).await?;
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

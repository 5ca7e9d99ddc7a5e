//! The lab `http11`: several requests on a connection that is kept alive.

use trace::http1::Version;
use trace::studio::{Lab, ParamKind};

use super::{asking, common, integer, lab, pipelined};
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
    // What all at once means is the browser's choice here; only the agent pipelines.
    let order = described.params.iter_mut().find(|param| param.name == "order");
    if let Some(order) = order {
        if let ParamKind::Choice { options, .. } = &mut order.kind {
            options.push("pipelined".to_owned());
        }
        order.help = text::say("knob-order-browser-help", &[]);
    }
    described
}

/// The agent asks: on one connection, in order. Without pipelining it waits for each answer.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let paths: Vec<String> = (1..=run.number("requests")).map(|number| path(run, number)).collect();
    if run.word("order") == "pipelined" {
        return pipelined::ask(run, service, &paths).await;
    }
    let mut client = Client::connect(run, service.addr, agent()).await?;
    for path in &paths {
        client.get(path, Version::Http11).await?;
    }
    client.closed().await
}

/// The target of a request, counted from 1. The second may be slow.
fn path(run: &Run, number: u64) -> String {
    let delay = match (number, run.number("slow_ms")) {
        (2, slow @ 1..) => format!("?delay_ms={slow}"),
        _ => String::new(),
    };
    format!("/r/{}/{}{delay}", run.id, run.word("resource"))
}

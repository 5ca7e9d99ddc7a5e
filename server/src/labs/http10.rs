//! The lab `http10`: each request on a connection of its own, over TLS if that is wanted.

use anyhow::Context as _;
use futures_util::future::try_join_all;
use trace::http1::Version;
use trace::studio::{Lab, ParamKind};

use super::{asking, common, integer, lab, param};
use crate::agent::Client;
use crate::listen::Service;
use crate::run::{Run, agent};

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![integer("requests", [1, 3, 20], "")];
    params.extend(asking());
    params.push(param("tls", ParamKind::Boolean { default: false }));
    params.extend(common());
    lab("http10", "request-response", params)
}

/// The agent asks.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let path = format!("/r/{}/{}", run.id, run.word("resource"));
    let door = service.door.as_ref().filter(|_| run.flag("tls"));
    let one = || async {
        let mut client = match door {
            Some(door) => Client::connect_tls(run, (service.addr, door), agent()).await?,
            None => Client::connect(run, service.addr, agent()).await?,
        };
        client.get(&path, Version::Http10).await?;
        client.closed().await
    };
    let requests = run.number("requests");
    if run.word("order") == "parallel" {
        try_join_all((0..requests).map(|_| one())).await.map(|_| ())
    } else {
        for number in 1..=requests {
            one().await.with_context(|| format!("request {number} of {requests}"))?;
        }
        Ok(())
    }
}

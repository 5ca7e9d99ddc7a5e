//! The lab `http2`: a page's resources, one of them slow, over HTTP/1.1 and over HTTP/2. A client inside the
//! server pipelines them on one connection, then asks for all at once on one connection of HTTP/2.

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use trace::studio::Lab;

use super::{choice, common, integer, lab, pipelined};
use crate::agent::{AGENT, Refused, dial};
use crate::listen::Service;
use crate::run::{Run, agent};

/// What is asked for, in order.
const RESOURCES: [&str; 6] = [
    "page/index.html",
    "page/dog.png",
    "page/style.css",
    "page/script.js",
    "page/logo.svg",
    "page/about.html",
];

/// What is asked for again and again behind them.
const FURTHER: &str = "page/dog.png";

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        choice("protocol", &["both", "http2", "http11"]),
        integer("resources", [2, 6, 20], ""),
        integer("slow", [0, 2, 20], ""),
        integer("slow_ms", [0, 2_000, 10_000], "ms"),
        integer("bandwidth_kbps", [0, 0, 100_000], "kbit/s"),
    ];
    params.extend(common());
    let mut described = lab("http2", "request-response", params);
    // Which one is slow is a knob of its own here.
    let slow = described.params.iter_mut().find(|param| param.name == "slow_ms");
    if let Some(slow) = slow {
        slow.help = text::say("knob-slow-ms-resource-help", &[]);
    }
    described
}

/// How many answers a run has before it is over.
pub fn answers(run: &Run) -> u64 {
    let protocols = if run.word("protocol") == "both" { 2 } else { 1 };
    run.number("resources") * protocols
}

/// The agent asks, over one protocol after the other.
///
/// # Errors
/// Answers that are none, or no success.
pub async fn ask(run: &Run, service: &Service) -> anyhow::Result<()> {
    let paths: Vec<String> =
        (1..=run.number("resources")).map(|number| path(run, number)).collect();
    let protocol = run.word("protocol");
    if protocol != "http2" {
        pipelined::ask(run, service, &paths).await.context("over HTTP/1.1")?;
    }
    if protocol != "http11" {
        Box::pin(at_once(run, service, &paths)).await.context("over HTTP/2")?;
    }
    Ok(())
}

/// The target of a request, counted from 1.
fn path(run: &Run, number: u64) -> String {
    let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let known = RESOURCES.get(index);
    let again = known.is_none().then(|| format!("n={number}"));
    let slow_ms = run.number("slow_ms");
    let is_slow = number == run.number("slow") && slow_ms > 0;
    let slow = is_slow.then(|| format!("delay_ms={slow_ms}"));
    let query: Vec<String> = again.into_iter().chain(slow).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/r/{}/{}{mark}{}", run.id, known.unwrap_or(&FURTHER), query.join("&"))
}

/// All at once on one connection of HTTP/2, without TLS, and with no question whether it is spoken.
async fn at_once(run: &Run, service: &Service, paths: &[String]) -> anyhow::Result<()> {
    let (stream, host) = dial(run, service.addr, agent()).await?;
    let (exec, io) = (TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, conn) = hyper::client::conn::http2::handshake(exec, io).await?;
    let mut answers = Vec::new();
    for path in paths {
        let request = Request::get(format!("http://{host}{path}"))
            .header(header::USER_AGENT, AGENT)
            .body(Empty::<Bytes>::new())?;
        answers.push(sender.send_request(request));
    }
    // Only now: what waits goes out in one go.
    let conn = tokio::spawn(conn);
    let whole = answers.into_iter().map(|answer| async move {
        let response = answer.await.context("no answer came")?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), Refused(status.as_u16()));
        response.into_body().collect().await.context("an answer was cut off")?;
        Ok::<_, anyhow::Error>(())
    });
    try_join_all(whole).await?;
    // Nobody can ask any more: it says goodbye and closes.
    drop(sender);
    if let Err(error) = conn.await? {
        tracing::debug!(run = %run.id, %error, "the connection ended");
    }
    Ok(())
}

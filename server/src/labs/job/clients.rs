//! The clients inside the server: each learns of the job's end in one way, on connections and in a lane of
//! its own, all at once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::MissedTickBehavior;
use trace::participant::Participant;
use trace::spoken::{self, Progress};

use super::{LISTENER, LONG_POLLER, PAYMENTS, POLLER, SITE, callback};
use crate::agent::Client;
use crate::listen::Service;
use crate::run::{Run, client};

/// How long until it is tried again where nobody answered.
const AGAIN: Duration = Duration::from_millis(200);

/// All clients at once, until each has learned of the job's end and site.com was told.
///
/// # Errors
/// A server without an instance.
pub async fn ask(run: &Arc<Run>, services: &[Service]) -> anyhow::Result<()> {
    let service = services.first().context("there is no instance")?;
    let told = async {
        let there = |name: &str| services.iter().any(|service| service.name == name);
        if there(PAYMENTS) && there(SITE) {
            callback::heard(run).await;
        }
    };
    tokio::join!(
        Box::pin(poll(run, service)),
        Box::pin(hold(run, service)),
        Box::pin(listen(run, service)),
        Box::pin(told),
    );
    Ok(())
}

/// A client that asks, on one connection for as long as that lasts.
struct Asker<'a> {
    run: &'a Run,
    service: &'a Service,
    who: Participant,
    open: Option<Client>,
    /// The steps that it knows of.
    after: u64,
}

impl<'a> Asker<'a> {
    fn new(run: &'a Run, service: &'a Service, (id, name): (&str, &str)) -> Self {
        Self { run, service, who: client(id, name), open: None, after: 0 }
    }

    /// Asks what is new. Says whether the job is over. A question that comes to nothing is only told to
    /// the program's own log: the next one asks for the same.
    async fn asks(&mut self, query: &str) -> Option<bool> {
        match self.try_ask(query).await {
            Ok(Some(progress)) => {
                self.after = progress.done;
                Some(progress.is_over())
            }
            Ok(None) => Some(false),
            Err(error) => {
                tracing::debug!(run = %self.run.id, %error, "a question came to nothing");
                None
            }
        }
    }

    async fn try_ask(&mut self, query: &str) -> anyhow::Result<Option<Progress>> {
        let mut client = match self.open.take().filter(Client::is_open) {
            Some(client) => client,
            None => Client::connect(self.run, self.service.addr, self.who.clone()).await?,
        };
        let path = format!("/r/{}/job?after={}&{query}", self.run.id, self.after);
        let (status, body) = client.whole(Request::get(path), Bytes::new()).await?;
        self.open = Some(client);
        if status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        spoken::progress(&body).context("an answer that is none").map(Some)
    }
}

/// Asks over and over, at even distances.
async fn poll(run: &Run, service: &Service) {
    let mut asker = Asker::new(run, service, POLLER);
    let mut turns = tokio::time::interval(Duration::from_millis(run.number("interval_ms").max(1)));
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 1_u64.. {
        turns.tick().await;
        if asker.asks(&format!("n={number}")).await == Some(true) {
            return;
        }
    }
}

/// Asks, is held, and asks again.
async fn hold(run: &Run, service: &Service) {
    let mut asker = Asker::new(run, service, LONG_POLLER);
    let wait = run.number("hold_s");
    for number in 1_u64.. {
        match asker.asks(&format!("wait={wait}&n={number}")).await {
            Some(true) => return,
            Some(false) => {}
            None => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// Listens, and comes back with the last event's id where the stream broke off.
async fn listen(run: &Run, service: &Service) {
    let mut last = String::new();
    loop {
        match hear(run, service, &mut last).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::debug!(run = %run.id, %error, "the stream broke off"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens to one stream. Says whether the job is over.
async fn hear(run: &Run, service: &Service, last: &mut String) -> anyhow::Result<bool> {
    let (id, name) = LISTENER;
    let mut stream = Client::connect(run, service.addr, client(id, name)).await?;
    let mut request = Request::get(format!("/r/{}/job/events", run.id))
        .header(http::header::ACCEPT, "text/event-stream");
    if !last.is_empty() {
        request = request.header("Last-Event-ID", last.as_str());
    }
    let response = stream.ask(request, Bytes::new()).await?;
    let mut events = response.into_body().into_data_stream().eventsource();
    let mut over = false;
    // Read to its end, which the server makes after the last step.
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                let progress = spoken::progress(event.data.as_bytes());
                over |= progress.is_some_and(|progress| progress.is_over());
                *last = event.id;
            }
            Err(_) if over => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(over)
}

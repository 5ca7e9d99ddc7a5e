//! A client that polls, inside the server.

use std::collections::BTreeMap;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Deserialize;

use crate::agent::Client;
use crate::listen::Service;
use crate::run::{Run, agent};

/// A client that polls: its connections, and how far it has read.
pub struct Poller<'a> {
    run: &'a Run,
    services: &'a [Service],
    open: BTreeMap<usize, Client>,
    /// The last message that it has.
    pub after: u64,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// There were messages.
    News,
    /// There were none.
    Nothing,
}

#[derive(Deserialize)]
struct Answer {
    next: u64,
}

impl<'a> Poller<'a> {
    /// Nothing is connected and nothing read.
    pub const fn new(run: &'a Run, services: &'a [Service]) -> Self {
        Self { run, services, open: BTreeMap::new(), after: 0 }
    }

    /// Asks an instance for what is new.
    ///
    /// # Errors
    /// An instance that does not answer, or refuses.
    pub async fn poll(&mut self, instance: usize, query: &str) -> anyhow::Result<Polled> {
        let service = self.services.get(instance).context("there is no such instance")?;
        let mut client = match self.open.remove(&instance).filter(Client::is_open) {
            Some(client) => client,
            None => Client::connect(self.run, service.addr, agent()).await?,
        };
        let path = format!("/r/{}/messages?after={}&{query}", self.run.id, self.after);
        let (status, body) = client.whole(Request::get(path), Bytes::new()).await?;
        self.open.insert(instance, client);
        if status == StatusCode::NO_CONTENT {
            return Ok(Polled::Nothing);
        }
        let answer: Answer = serde_json::from_slice(&body).context("an answer that is none")?;
        self.after = answer.next;
        Ok(Polled::News)
    }
}
